/** What a deployment leaves behind: who may do what, who holds what, and what it refuses. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Address, encodeFunctionData, parseEther } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chainReader } from "../../deploy/executors/account.ts";
import { emissionVaultAbi, phaAbi, phalaAuthorityAbi, vphaAbi } from "../../deploy/generated/abis.ts";
import { addresses } from "../../deploy/generated/addresses.ts";
import type { Manifest } from "../../deploy/manifest.ts";
import { planSuite } from "../../deploy/modules/suite.ts";
import { parametersFor } from "../../deploy/parameters/parameters.ts";
import { readStatus } from "../../deploy/status.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { createChain } from "../helpers/chain.ts";
import { expectRevert } from "../helpers/errors.ts";

const DAY = 86_400;
const parameters = parametersFor("local", "current");
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
    expect(manifest.contracts).toEqual(addresses[31337].current);
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
    await expect(pause(parameters.accounts.guardian)).resolves.toBeDefined();
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
        manifestPath,
        onStep: ({ description }) => {
          if (description === stopAt) throw new Error("killed");
        },
      });
    await expect(run({}, "grant guardian (delay 0 days) to the guardian")).rejects.toThrow("killed");
    await expect(run({ guardian: devAccount(9).address })).rejects.toThrow(/holds the role guardian/);
    await expect(run({}, "start the emission")).rejects.toThrow("killed");
    await expect(run({ workers: devAccount(9).address })).rejects.toThrow(/started with the sinks/);
    await expect(run({})).resolves.toBeDefined();
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
});
