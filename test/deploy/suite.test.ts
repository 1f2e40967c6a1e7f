/** What a deployment leaves behind: who may do what, who holds what, and what it refuses. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Abi, type Address, type Hex, custom, encodeFunctionData, parseEther, stringToHex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountExecutor, chainReader } from "../../deploy/executors/account.ts";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  phaAbi,
  phalaAuthorityAbi,
  tdxVerifierAbi,
  treasuryAbi,
  vphaAbi,
  workerRegistryAbi,
} from "../../deploy/generated/abis.ts";
import { addresses } from "../../deploy/generated/addresses.ts";
import { type Manifest, readManifest } from "../../deploy/manifest.ts";
import { deploymentCalls, planSuite } from "../../deploy/modules/suite.ts";
import { floorsOf, imageIdOf, measurementsOf, rootKeyOf } from "../../deploy/parameters/attestation.ts";
import { readStatus } from "../../deploy/status.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { createChain } from "../helpers/chain.ts";
import { expectRevert } from "../helpers/errors.ts";
import { parametersFor } from "../../deploy/parameters/parameters.ts";
import { accountGoverned } from "../helpers/parameters.ts";

const DAY = 86_400;
const parameters = accountGoverned();
const [deployer, governance] = [devAccount(0), devAccount(1)];
const folder = mkdtempSync(path.join(tmpdir(), "suite-"));
const manifestPath = path.join(folder, "manifest.json");

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("after genesis", () => {
  let chain: Awaited<ReturnType<typeof createChain>>;
  let manifest: Manifest;

  beforeAll(async () => {
    chain = await createChain();
    manifest = await deploySuite({ transport: chain.transport, parameters, deployer, governance, manifestPath });
  });

  const authority = () => ({ abi: phalaAuthorityAbi, address: manifest.contracts.phalaAuthority }) as const;
  const replaceSink = (newSink: Address) =>
    encodeFunctionData({ abi: emissionVaultAbi, functionName: "replaceSink", args: [1, newSink] });

  it("the contracts are where parameters and bytecode say", () => {
    expect(manifest.contracts).toEqual(planSuite(parameters).contracts);
    // What is generated is of the local parameters, which a Safe governs.
    expect(planSuite(parametersFor("local", "current")).contracts).toEqual(addresses[31337].current);
  });

  it("the deployer has had no role and no token at any block", async () => {
    const all = { fromBlock: 0n, toBlock: "latest" } as const;
    const granted = await chain.publicClient.getContractEvents({ ...authority(), eventName: "RoleGranted", ...all });
    expect(granted.length).toBeGreaterThan(5);
    expect(granted.map(({ args }) => args.account)).not.toContain(deployer.address);
    const received = await chain.publicClient.getContractEvents({
      abi: phaAbi,
      address: manifest.contracts.pha,
      eventName: "Transfer",
      args: { to: deployer.address },
      ...all,
    });
    expect(received).toEqual([]);
  });

  it("every PHA is where the allocation puts it", async () => {
    const { accounts } = parameters;
    const { contracts } = manifest;
    const balance = (account: Address | null) =>
      chain.publicClient.readContract({
        abi: phaAbi,
        address: contracts.pha,
        functionName: "balanceOf",
        args: [account ?? "0x"],
      });
    expect(await balance(contracts.emissionVault)).toBe(parseEther("97200000"));
    expect(await balance(accounts.reserve)).toBe(parseEther("602800000"));
    expect(await balance(contracts.teamVesting)).toBe(parseEther("50000000"));
    expect(await balance(contracts.merkleDistributor)).toBe(parseEther("90000000"));
    expect(await balance(accounts.privateSale)).toBe(parseEther("150000000"));
    expect(await balance(accounts.otherRewards)).toBe(parseEther("10000000"));
    expect(await balance(governance.address)).toBe(0n);
  });

  it("the registry has the verifier, the floors and the workloads of the parameters", async () => {
    const { tdxVerifier, attestationRegistry, phalaAuthority } = manifest.contracts;
    const registry = { abi: attestationRegistryAbi, address: attestationRegistry } as const;
    const { publicClient } = chain;
    const rootKey = publicClient.readContract({ abi: tdxVerifierAbi, address: tdxVerifier, functionName: "rootKey" });
    expect(await rootKey).toEqual(rootKeyOf(parameters.attestation));
    expect(await publicClient.readContract({ ...registry, functionName: "verifier" })).toBe(tdxVerifier);
    expect(await publicClient.readContract({ ...registry, functionName: "authority" })).toBe(phalaAuthority);
    const floors = await publicClient.readContract({ ...registry, functionName: "floors" });
    expect(floors).toEqual(floorsOf(parameters.attestation));
    for (const workload of parameters.attestation.workloads) {
      const args = [measurementsOf(workload)] as const;
      const image = await publicClient.readContract({ ...registry, functionName: "imageOf", args });
      expect(image).toBe(imageIdOf(workload));
      for (const rtMr0 of workload.shapes) {
        const shape = { functionName: "isShapeAllowed", args: [image, rtMr0] } as const;
        expect(await publicClient.readContract({ ...registry, ...shape })).toBe(true);
      }
    }
  });

  it("the registry's guardian can switch off, and only the parameters' class, later, list an image", async () => {
    const registry = { abi: attestationRegistryAbi, address: manifest.contracts.attestationRegistry } as const;
    const { timestamp } = await chain.publicClient.getBlock();
    const id = `0x${"11".repeat(32)}` as const;
    const switchOff = (account: Address) =>
      chain.publicClient.simulateContract({
        ...registry,
        account,
        functionName: "switchOff",
        args: [0, id, Number(timestamp) + DAY],
      });
    await expect(switchOff(manifest.contracts.guardianMandate)).resolves.toBeDefined();
    await expectRevert(switchOff(governance.address), "AccessManagedUnauthorized");
    const remove = chain.publicClient.simulateContract({
      ...registry,
      account: governance.address,
      functionName: "removeImage",
      args: [id],
    });
    await expectRevert(remove, "AccessManagerNotScheduled");
  });

  it("governance can do nothing at once, and what it scheduled only in its window", async () => {
    const { publicClient, wallet, clock } = chain;
    const from = { account: governance.address };
    const data = replaceSink(devAccount(9).address);
    const target = manifest.contracts.emissionVault;
    const schedule = async (delay: number) => {
      const { timestamp } = await publicClient.getBlock();
      return publicClient.simulateContract({
        ...authority(),
        ...from,
        functionName: "schedule",
        args: [target, data, Number(timestamp) + delay],
      });
    };
    const execute = () =>
      publicClient.simulateContract({ ...authority(), ...from, functionName: "execute", args: [target, data] });

    await expectRevert(
      publicClient.simulateContract({
        abi: emissionVaultAbi,
        address: target,
        ...from,
        functionName: "replaceSink",
        args: [1, devAccount(9).address],
      }),
      "AccessManagerNotScheduled",
    );
    await expectRevert(
      publicClient.simulateContract({
        ...authority(),
        ...from,
        functionName: "grantRole",
        args: [5n, devAccount(9).address, 52 * DAY],
      }),
      "AccessManagerNotScheduled",
    );
    await expectRevert(schedule(51 * DAY), "AccessManagerUnauthorizedCall");

    const id = await clock.snapshot();
    await wallet.writeContract((await schedule(52 * DAY + 60)).request);
    await expectRevert(execute(), "AccessManagerNotReady");
    await clock.increaseTime({ seconds: 52 * DAY + 120 });
    await clock.mine({ blocks: 1 });
    await expect(execute()).resolves.toBeDefined();
    await clock.increaseTime({ seconds: 14 * DAY });
    await clock.mine({ blocks: 1 });
    await expectRevert(execute(), "AccessManagerExpired");
    await clock.revert({ id });
  });

  it("the guardian can pause deposits, and governance cannot", async () => {
    const { timestamp } = await chain.publicClient.getBlock();
    const pause = (account: Address) =>
      chain.publicClient.simulateContract({
        abi: vphaAbi,
        address: manifest.contracts.vpha,
        account,
        functionName: "pauseDeposits",
        args: [timestamp + BigInt(DAY)],
      });
    await expect(pause(manifest.contracts.guardianMandate)).resolves.toBeDefined();
    await expectRevert(pause(governance.address), "AccessManagedUnauthorized");
  });
});

describe("on the way", () => {
  const plan = planSuite(parameters);

  it("status says what is missing, from nothing to everything", async () => {
    const chain = await createChain();
    const reader = chainReader(chain.transport);
    const remaining = async () => (await readStatus(reader, parameters, plan, 0n)).remaining.join("\n");
    expect(await remaining()).toContain("deploy vpha");
    await deploySuite({ transport: chain.transport, parameters, deployer, governance: null, manifestPath });
    expect(await remaining()).not.toContain("deploy vpha");
    expect(await remaining()).toContain("seal the authority");
    await deploySuite({ transport: chain.transport, parameters, deployer, governance, manifestPath });
    expect(await remaining()).toBe("");
  });

  it("dust that a stranger sends to the contracts does not stop genesis", async () => {
    const chain = await createChain();
    await deploySuite({ transport: chain.transport, parameters, deployer, governance: null, manifestPath });
    const stranger = parameters.accounts.otherRewards;
    for (const to of [plan.contracts.emissionVault, plan.contracts.merkleDistributor]) {
      if (to === null) throw new Error("the suite has a distributor");
      await chain.wallet.writeContract({
        abi: phaAbi,
        address: plan.contracts.pha,
        account: stranger,
        functionName: "transfer",
        args: [to, 1n],
      });
    }
    await deploySuite({ transport: chain.transport, parameters, deployer, governance, manifestPath });
    const { remaining } = await readStatus(chainReader(chain.transport), parameters, plan, 0n);
    expect(remaining).toEqual([]);
  });

  it("genesis does not seal a role or a sink that the parameters do not name", async () => {
    const chain = await createChain();
    const { accounts } = parameters;
    const run = (changed: Partial<typeof accounts>, stopAt?: string) =>
      deploySuite({
        transport: chain.transport,
        parameters: { ...parameters, accounts: { ...accounts, ...changed } },
        deployer,
        governance,
        manifestPath: path.join(folder, `${changed.guardian ?? "own"}.json`),
        onStep: ({ description }) => {
          if (description === stopAt) throw new Error("killed");
        },
      });
    await expect(run({}, "grant guardian (delay 0 days) to guardianMandate")).rejects.toThrow("killed");
    await expect(run({ guardian: devAccount(9).address })).rejects.toThrow(/holds the role guardian/);
    await expect(run({}, "start the emission")).rejects.toThrow("killed");
    await expect(run({})).resolves.toBeDefined();
  });

  it("a record of a suite on the chain is not replaced by that of another", async () => {
    const chain = await createChain();
    const file = path.join(folder, "recorded.json");
    const run = (ceiling: string, to: string) =>
      deploySuite({
        transport: chain.transport,
        parameters: { ...parameters, compute: { ...parameters.compute, ceiling } },
        deployer,
        governance: null,
        manifestPath: to,
      });
    const { ceiling } = parameters.compute;
    await run(ceiling, file);
    const before = await chain.publicClient.getBlockNumber();
    await expect(run("8", file)).rejects.toThrow(/recorded\.json records .* workerRewards would be at .*--manifest/);
    expect(await chain.publicClient.getBlockNumber()).toBe(before);
    expect(readManifest(file).contracts).toEqual(plan.contracts);
    const second = await run("8", path.join(folder, "second.json"));
    expect(second.contracts.phalaAuthority).toBe(plan.contracts.phalaAuthority);
    await expect(run(ceiling, file)).resolves.toBeDefined();
  });

  it("genesis refuses replacements", async () => {
    const chain = await createChain();
    const replaced = { ...parameters, replaced: { slashing: devAccount(9).address } };
    await expect(
      deploySuite({ transport: chain.transport, parameters: replaced, deployer, governance, manifestPath }),
    ).rejects.toThrow(/replaced\.slashing: .* leave it out/);
  });

  it("another deployer gets the same addresses", async () => {
    const chain = await createChain();
    const other = devAccount(5);
    const { contracts } = await deploySuite({
      transport: chain.transport,
      parameters,
      deployer: other,
      governance,
      manifestPath,
    });
    expect(contracts).toEqual(plan.contracts);
  });

  it("a chain with another id, and another governance, are refused before anything is sent", async () => {
    const chain = await createChain();
    const elsewhere = { ...parameters, network: { ...parameters.network, chainId: 1 } };
    const options = { transport: chain.transport, deployer, manifestPath };
    await expect(deploySuite({ ...options, parameters: elsewhere, governance })).rejects.toThrow(/chainId is 1/);
    await expect(deploySuite({ ...options, parameters, governance: devAccount(3) })).rejects.toThrow(
      /accounts\.governance/,
    );
    expect(await chain.publicClient.getBlockNumber()).toBe(0n);
  });

  it("governance as deployer, and a vesting that is over, are refused before anything is sent", async () => {
    const chain = await createChain();
    const options = { transport: chain.transport, manifestPath, governance };
    await expect(deploySuite({ ...options, parameters, deployer: governance })).rejects.toThrow(
      /accounts\.governance: must not be the deployer/,
    );
    const { team } = parameters;
    if (team === null) throw new Error("the local parameters have a team");
    const over = { ...parameters, team: { ...team, start: "2020-01-01T00:00:00Z" } };
    await expect(deploySuite({ ...options, parameters: over, deployer })).rejects.toThrow(/team\.durationDays/);
    const { attestation } = parameters;
    const future = {
      ...parameters,
      attestation: { ...attestation, floors: { ...attestation.floors, minTcbDate: "2100-01-01" } },
    };
    await expect(deploySuite({ ...options, parameters: future, deployer })).rejects.toThrow(
      /attestation\.floors\.minTcbDate: 2100-01-01 is later/,
    );
    const other = accountGoverned("genesis");
    await expect(deploySuite({ ...options, parameters: other, deployer })).rejects.toThrow(/preset: genesis is not/);
    expect(await chain.publicClient.getBlockNumber()).toBe(0n);
  });

  it("nothing goes out when the account has sent something since the state was read", async () => {
    const chain = await createChain();
    const to = devAccount(9).address;
    const blockNumber = await chain.publicClient.getBlockNumber();
    await chain.wallet.sendTransaction({ account: deployer.address, to, value: 1n });
    const before = await chain.publicClient.getBalance({ address: to });
    const executor = accountExecutor({ transport: chain.transport, account: deployer, chainId: 31337, blockNumber });
    await expect(executor.execute([{ to, data: "0x", value: 1n, description: "send 1 wei" }])).rejects.toThrow(
      /nonce/i,
    );
    expect(await chain.publicClient.getBalance({ address: to })).toBe(before);
  });

  it("a governance that waits longer than it must is left so", async () => {
    const chain = await createChain();
    const run = (stopAt?: string) =>
      deploySuite({
        transport: chain.transport,
        parameters,
        deployer,
        governance,
        manifestPath,
        onStep: ({ description }) => {
          if (description === stopAt) throw new Error("killed");
        },
      });
    await expect(run("put emissionVault.start into the class core")).rejects.toThrow("killed");
    await chain.wallet.writeContract({
      abi: phalaAuthorityAbi,
      address: plan.contracts.phalaAuthority,
      account: governance.address,
      functionName: "grantRole",
      args: [0n, governance.address, 60 * DAY],
    });
    await run();
    const status = await readStatus(chainReader(chain.transport), parameters, plan, 0n);
    expect(status.roles["admin"]).toContainEqual({ account: governance.address, delay: 60 * DAY });
    expect(status.complete).toBe(true);
  });

  it("genesis does not seal settings that it does not make", async () => {
    const chain = await createChain();
    const run = (signer: typeof governance | null) =>
      deploySuite({ transport: chain.transport, parameters, deployer, governance: signer, manifestPath });
    await run(null);
    const { vpha, phalaAuthority } = plan.contracts;
    const cases = [
      { functionName: "setGrantDelay", args: [2n, DAY], undo: [2n, 0], message: /grant delay of role 2 \(86400\)/ },
      { functionName: "setTargetClosed", args: [vpha, true], undo: [vpha, false], message: /closed target 0x/ },
      {
        functionName: "setTargetAdminDelay",
        args: [vpha, DAY],
        undo: [vpha, 0],
        message: /admin delay of target 0x\w+ \(86400\)/,
      },
    ] as const;
    const abi: Abi = phalaAuthorityAbi;
    for (const { functionName, args, undo, message } of cases) {
      const send = async (values: readonly unknown[]) =>
        chain.wallet.sendTransaction({
          account: governance.address,
          to: phalaAuthority,
          data: encodeFunctionData({ abi, functionName, args: values }),
        });
      await send(args);
      await expect(run(governance)).rejects.toThrow(message);
      await send(undo);
    }
    await expect(run(governance)).resolves.toBeDefined();
    const { remaining, complete } = await readStatus(chainReader(chain.transport), parameters, plan, 0n);
    expect({ remaining, complete }).toEqual({ remaining: [], complete: true });
  });

  it("genesis does not seal what somebody has added beside the parameters", async () => {
    const chain = await createChain();
    const run = (signer: typeof governance | null) =>
      deploySuite({ transport: chain.transport, parameters, deployer, governance: signer, manifestPath });
    await run(null);
    const { timestamp } = await chain.publicClient.getBlock();
    const { attestationRegistry, workerRegistry, treasury, pha } = plan.contracts;
    const [workload] = parameters.attestation.workloads;
    if (workload === undefined) throw new Error("the local parameters have a workload");
    const other = { ...workload, image: { ...workload.image, mrTd: `0x${"ab".repeat(48)}` as const } };
    const name = stringToHex("extra", { size: 32 });
    const end = Number(timestamp) + DAY;
    const cases = [
      {
        to: attestationRegistry,
        abi: attestationRegistryAbi,
        add: { functionName: "allowImage", args: [measurementsOf(other)] },
        undo: { functionName: "removeImage", args: [imageIdOf(other)] },
        message: /listed, but not in these parameters: attestationRegistry\.image 0x/,
      },
      {
        to: workerRegistry,
        abi: workerRegistryAbi,
        add: { functionName: "setModel", args: [name, parseEther("100"), 100] },
        undo: { functionName: "removeModel", args: [name] },
        message: /listed, but not in these parameters: workerRegistry\.model extra/,
      },
      {
        to: treasury,
        abi: treasuryAbi,
        add: { functionName: "openStream", args: [name, pha, deployer.address, 1n, end, end + DAY, name, name] },
        undo: { functionName: "closeBudget", args: [name] },
        message: /the treasury has open budgets: extra: close them/,
      },
    ] as const;
    for (const { to, add, undo, message, ...contract } of cases) {
      const abi: Abi = contract.abi;
      const send = (call: { readonly functionName: string; readonly args: readonly unknown[] }) =>
        chain.wallet.sendTransaction({
          account: governance.address,
          to,
          data: encodeFunctionData({ abi, ...call }),
        });
      await send(add);
      await expect(run(governance)).rejects.toThrow(message);
      await send(undo);
    }
    await expect(run(governance)).resolves.toBeDefined();
  });

  it("genesis lists what of the workloads is missing, and does not seal another verifier", async () => {
    const chain = await createChain();
    const run = (stopAt?: string) =>
      deploySuite({
        transport: chain.transport,
        parameters,
        deployer,
        governance,
        manifestPath,
        onStep: ({ description }) => {
          if (stopAt !== undefined && description.startsWith(stopAt)) throw new Error("killed");
        },
      });
    const reader = chainReader(chain.transport);
    const listing = async () =>
      (await readStatus(reader, parameters, plan, 0n)).remaining.filter((step) => /^list the (image|shape)/.test(step));
    const setVerifier = (verifier: Address) =>
      chain.wallet.writeContract({
        abi: attestationRegistryAbi,
        address: plan.contracts.attestationRegistry,
        account: governance.address,
        functionName: "setVerifier",
        args: [verifier],
      });
    await expect(run("list the image")).rejects.toThrow("killed");
    expect(await listing()).toEqual([expect.stringMatching(/^list the shape 0x/)]);

    const underIntel = { ...parameters, attestation: { ...parameters.attestation, root: "intel" as const } };
    const other = planSuite(underIntel).deployments.find(({ name }) => name === "tdxVerifier");
    if (other === undefined) throw new Error("the suite has a verifier");
    expect(other.address).not.toBe(plan.contracts.tdxVerifier);
    const [creation] = deploymentCalls({ ...plan, deployments: [other] }, () => false);
    await chain.wallet.sendTransaction({ account: deployer.address, to: creation?.to, data: creation?.data });
    await setVerifier(other.address);
    await expect(run()).rejects.toThrow(/the registry's verifier is 0x\w+, not the suite's own/);
    await setVerifier(plan.contracts.tdxVerifier);
    await run();
    expect(await listing()).toEqual([]);
  });

  it("status is not complete where governance has changed what the parameters say", async () => {
    const chain = await createChain();
    await deploySuite({ transport: chain.transport, parameters, deployer, governance, manifestPath });
    const changed = { ...parameters, accounts: { ...parameters.accounts, slasher: devAccount(9).address } };
    const { checks, complete } = await readStatus(chainReader(chain.transport), changed, plan, 0n);
    expect(checks.filter(({ ok }) => !ok)).toMatchObject([{ name: "slashing.slasher", changeable: true }]);
    expect(complete).toBe(false);
  });

  it("without past states and manifest, a start block has to be named", async () => {
    const chain = await createChain();
    await deploySuite({ transport: chain.transport, parameters, deployer, governance, manifestPath });
    const pruned = custom(
      {
        request: async ({ method, params }: { method: string; params?: unknown }) => {
          const head = `0x${(await chain.publicClient.getBlockNumber()).toString(16)}`;
          if (method === "eth_getCode" && Array.isArray(params) && params[1] !== head && params[1] !== "latest") {
            throw new Error("missing trie node");
          }
          const answer: unknown = await chain.provider.request({ method, params: params as unknown[] });
          return answer;
        },
      },
      { retryCount: 0 },
    );
    const options = { transport: pruned, parameters, deployer, governance };
    const other = path.join(folder, "other.json");
    await expect(deploySuite({ ...options, manifestPath: other })).rejects.toThrow(
      /keeps no past states .*missing trie node.*--start-block/,
    );
    await expect(deploySuite({ ...options, manifestPath: other, startBlock: 1_000n })).rejects.toThrow(/1000/);
    expect((await deploySuite({ ...options, manifestPath: other, startBlock: 1n })).startBlock).toBe(1);
  });

  it("an adopted token with other decimals is refused before anything is sent", async () => {
    const chain = await createChain();
    // Returns 6, whatever it is asked.
    const code: Hex = "0x600660005260206000f3";
    const token = devAccount(8).address;
    await chain.provider.request({ method: "hardhat_setCode", params: [token, code] });
    const adopting = { ...parameters, token: { adopt: token }, team: null, distributor: null };
    await expect(
      deploySuite({ transport: chain.transport, parameters: adopting, deployer, governance, manifestPath }),
    ).rejects.toThrow(/token\.adopt: .* has 6 decimals/);
    expect(await chain.publicClient.getBlockNumber()).toBe(0n);
  });
});
