/** The Safe that governs: where it is, what its owners sign, and that nothing else goes through. */
import {
  type Hex,
  concatHex,
  encodeAbiParameters,
  encodeFunctionData,
  keccak256,
  padHex,
  parseEther,
  stringToHex,
  zeroAddress,
} from "viem";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { accountExecutor, chainReader } from "../../deploy/executors/account.ts";
import { safeExecutor } from "../../deploy/executors/safe.ts";
import { phaAbi, phalaAuthorityAbi, safeAbi } from "../../deploy/generated/abis.ts";
import { parseParameters } from "../../deploy/parameters/parameters.ts";
import { type SafeState, readSafe, safeAddress } from "../../deploy/safe/account.ts";
import { SAFE_CONTRACTS } from "../../deploy/safe/contracts.ts";
import {
  type SafeTransaction,
  confirmedHash,
  executionCall,
  safeHashes,
  safeTransaction,
  signatures,
} from "../../deploy/safe/transaction.ts";
import { readStatus } from "../../deploy/status.ts";
import { verifySuite } from "../../deploy/verify/verify.ts";
import { planSuite } from "../../deploy/modules/suite.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { type Chain, createChain } from "../helpers/chain.ts";
import { CONTEXT, DEPLOYER, OWNERS, deployUnderSafe, safeParameters } from "../helpers/safe.ts";

const { parameters } = CONTEXT;
const governance = parameters.accounts.governance;
const domain = { chainId: parameters.network.chainId, safe: governance };

it("the Safe's contracts are at the addresses that Safe publishes for v1.5.0", () => {
  expect(Object.values(SAFE_CONTRACTS).map(({ name, address }) => [name, address])).toEqual([
    ["Safe", "0xFf51A5898e281Db6DfC7855790607438dF2ca44b"],
    ["SafeProxyFactory", "0x14F2982D601c9458F93bd70B218933A6f8165e7b"],
    ["CompatibilityFallbackHandler", "0x3EfCBb83A4A7AfcB4F68D501E2c2203a38be77f4"],
    ["MultiSendCallOnly", "0xA83c336B20401Af773B6219BA5027174338D1836"],
  ]);
});

describe("parameters", () => {
  const file = () => JSON.parse(JSON.stringify(safeParameters())) as Record<string, unknown>;
  const owners = OWNERS.map(({ address }) => address);

  it("name the address of the Safe that is to govern", () => {
    expect(parseParameters(file()).safe).toEqual(parameters.safe);
    const other = { owners, threshold: 4, saltNonce: 0 };
    expect(() => parseParameters({ ...file(), safe: other })).toThrow(
      `accounts.governance: must be the Safe of these owners, ${safeAddress(other)}`,
    );
  });

  it("may leave the Safe out", () => {
    expect(parseParameters({ ...file(), safe: null }).safe).toBeNull();
    const { safe, ...without } = file();
    expect(safe).toBeDefined();
    expect(parseParameters(without).safe).toBeNull();
  });

  it.each([
    [{ owners: [], threshold: 1, saltNonce: 0 }, /safe\.owners: must hold at least one/],
    [{ owners: [owners[0], owners[0]], threshold: 1, saltNonce: 0 }, /safe\.owners: .*none twice/],
    [{ owners, threshold: 6, saltNonce: 0 }, /safe\.threshold: must be an integer from 1 to 5/],
    [{ owners, threshold: 0, saltNonce: 0 }, /safe\.threshold/],
    [{ owners, threshold: 3, saltNonce: -1 }, /safe\.saltNonce/],
  ])("refuse %j", (safe, message) => {
    expect(() => parseParameters({ ...file(), safe })).toThrow(message);
  });
});

describe("a Safe of 3 of 5", () => {
  let chain: Chain;
  let genesisSteps: string[];
  let snapshot: Hex;

  beforeAll(async () => {
    chain = await createChain();
    genesisSteps = [];
    await deployUnderSafe(chain, { onStep: (description) => genesisSteps.push(description) });
  });
  beforeEach(async () => {
    snapshot = await chain.clock.snapshot();
  });
  afterEach(async () => {
    await chain.clock.revert({ id: snapshot });
  });

  const state = async (): Promise<SafeState> => {
    const found = await readSafe(chain.publicClient, governance, await chain.publicClient.getBlockNumber());
    if (found === undefined) throw new Error("there is no Safe");
    return found;
  };
  const executor = async (owners: typeof OWNERS) =>
    safeExecutor({
      transport: chain.transport,
      safe: governance,
      owners,
      payer: DEPLOYER,
      chainId: domain.chainId,
      blockNumber: await chain.publicClient.getBlockNumber(),
    });
  const approval = (amount: string) => ({
    to: CONTEXT.contracts.pha,
    value: 0n,
    data: encodeFunctionData({ abi: phaAbi, functionName: "approve", args: [DEPLOYER.address, parseEther(amount)] }),
    description: `approve ${amount} PHA`,
  });
  const allowance = () =>
    chain.publicClient.readContract({
      abi: phaAbi,
      address: CONTEXT.contracts.pha,
      functionName: "allowance",
      args: [governance, DEPLOYER.address],
    });
  const send = async (transaction: SafeTransaction, signed: Hex) =>
    accountExecutor({
      transport: chain.transport,
      account: DEPLOYER,
      chainId: domain.chainId,
      blockNumber: await chain.publicClient.getBlockNumber(),
    }).send({ ...executionCall(governance, transaction, signed, "execute"), gas: 1_000_000n });

  it("is what the parameters say, and went through genesis in one batch", async () => {
    expect(await state()).toEqual({
      address: governance,
      singleton: SAFE_CONTRACTS.singleton.address,
      owners: OWNERS.map(({ address }) => address),
      threshold: 3,
      nonce: 1n,
      modules: [],
      guard: zeroAddress,
      moduleGuard: zeroAddress,
      fallbackHandler: SAFE_CONTRACTS.fallbackHandler.address,
    });
    expect(genesisSteps.filter((step) => /Safe|MultiSend|Fallback/.test(step))).toHaveLength(5);
    expect(genesisSteps.at(-1)).toMatch(/^\d+ calls in one batch$/);
    const status = await readStatus(chainReader(chain.transport), parameters, planSuite(parameters), 0n);
    expect(status.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(status.complete).toBe(true);
  });

  it("owners sign a hash that viem, the Safe and an encoding by hand agree on", async () => {
    const { nonce } = await state();
    for (const calls of [[approval("1")], [approval("1"), approval("2")]]) {
      const transaction = safeTransaction(calls, nonce);
      const { to, data, operation } = transaction;
      const word = { type: "bytes32" } as const;
      const domainHash = keccak256(
        encodeAbiParameters(
          [word, { type: "uint256" }, { type: "address" }],
          [
            keccak256(stringToHex("EIP712Domain(uint256 chainId,address verifyingContract)")),
            BigInt(domain.chainId),
            governance,
          ],
        ),
      );
      const type =
        "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)";
      const zero: Hex = `0x${"00".repeat(32)}`;
      const messageHash = keccak256(
        encodeAbiParameters(
          [word, { type: "address" }, word, word, { type: "uint8" }, word, word, word, word, word, { type: "uint256" }],
          [keccak256(stringToHex(type)), to, zero, keccak256(data), operation, zero, zero, zero, zero, zero, nonce],
        ),
      );
      const byHand = keccak256(concatHex(["0x1901", domainHash, messageHash]));
      expect(safeHashes(domain, transaction)).toEqual({
        domain: domainHash,
        message: messageHash,
        transaction: byHand,
      });
      expect(await confirmedHash(chain.publicClient, domain, transaction)).toBe(byHand);
    }
  });

  it("makes one call directly, and several through MultiSendCallOnly, all or none", async () => {
    const [single, several] = [
      safeTransaction([approval("1")], 0n),
      safeTransaction([approval("1"), approval("2")], 0n),
    ];
    expect([single.to, single.operation]).toEqual([CONTEXT.contracts.pha, 0]);
    expect([several.to, several.operation]).toEqual([SAFE_CONTRACTS.multiSendCallOnly.address, 1]);
    // The order in which owners sign here does not matter.
    await (
      await executor([OWNERS[4], OWNERS[0], OWNERS[2]].flatMap((owner) => owner ?? []))
    ).execute([approval("1"), approval("2")]);
    expect(await allowance()).toBe(parseEther("2"));
    const failing = {
      ...approval("3"),
      data: encodeFunctionData({ abi: phaAbi, functionName: "transfer", args: [DEPLOYER.address, parseEther("1")] }),
      description: "transfer 1 PHA",
    };
    await expect((await executor(OWNERS.slice(0, 3))).execute([approval("3"), failing])).rejects.toThrow(
      /does not execute this batch: refused with ERC20InsufficientBalance\(.*approve 3 PHA; transfer 1 PHA/,
    );
    expect(await allowance()).toBe(parseEther("2"));
  });

  it("an error of the Safe or of a contract comes in words, before anything is sent", async () => {
    const before = await chain.publicClient.getBlockNumber();
    await expect((await executor(OWNERS.slice(0, 2))).execute([approval("1")])).rejects.toThrow(
      /needs the signatures of 3 owners, but 2 sign here/,
    );
    const stranger = devAccount(9);
    const [first, second] = OWNERS;
    if (first === undefined || second === undefined) throw new Error("the Safe has five owners");
    const strangers = safeExecutor({
      transport: chain.transport,
      safe: governance,
      owners: [first, second, stranger],
      payer: DEPLOYER,
      chainId: domain.chainId,
      blockNumber: before,
    });
    await expect(strangers.execute([approval("1")])).rejects.toThrow(`${stranger.address} is no owner of the Safe`);
    const seal = {
      to: CONTEXT.contracts.phalaAuthority,
      value: 0n,
      data: encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "seal" }),
      description: "seal again",
    };
    await expect((await executor(OWNERS)).execute([seal])).rejects.toThrow(
      /PhalaAuthority_AlreadySealed\(\) \(seal again\)/,
    );
    expect(await chain.publicClient.getBlockNumber()).toBe(before);
  });

  it("the Safe itself refuses too few signatures, another's, a changed byte, and a second execution", async () => {
    const { nonce } = await state();
    const transaction = safeTransaction([approval("1")], nonce);
    const owners = OWNERS.slice(0, 3);
    const signed = await signatures(owners, domain, transaction);
    const refused = async (changed: SafeTransaction, bytes: Hex) => {
      await expect(send(changed, bytes)).rejects.toThrow(/revert|GS0/);
      expect(await allowance()).toBe(0n);
    };
    await refused(transaction, await signatures(owners.slice(0, 2), domain, transaction));
    await refused(transaction, await signatures([...owners.slice(0, 2), devAccount(9)], domain, transaction));
    await refused({ ...transaction, data: approval("2").data }, signed);
    await refused({ ...transaction, to: CONTEXT.contracts.vpha }, signed);
    await refused({ ...transaction, operation: 1 }, signed);
    await refused(transaction, await signatures(owners, { ...domain, chainId: 1 }, transaction));

    await send(transaction, signed);
    expect(await allowance()).toBe(parseEther("1"));
    await expect(send(transaction, signed)).rejects.toThrow(/revert|GS026/);
    expect((await state()).nonce).toBe(nonce + 1n);
  });

  it("a guard of any kind, and another fallback handler, are seen", async () => {
    const other = devAccount(9).address;
    const slots = {
      "safe.guard": "0x4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8",
      "safe.moduleGuard": "0xb104e0b93118902c651344349b610029d694cfdec91c589c91ebafbcd0289947",
      "safe.fallbackHandler": "0x6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5",
    } as const;
    for (const index of Object.values(slots)) {
      await chain.clock.setStorageAt({ address: governance, index, value: padHex(other, { size: 32 }) });
    }
    const plan = planSuite(parameters);
    const status = await readStatus(chainReader(chain.transport), parameters, plan, 0n);
    const wrong = status.checks.filter(({ ok }) => !ok);
    expect(wrong.map(({ name, found }) => [name, found])).toEqual(Object.keys(slots).map((name) => [name, other]));
    const { findings } = await verifySuite(chainReader(chain.transport), parameters, plan, 0n);
    expect(findings.filter(({ kind }) => kind === "fail").map(({ name }) => name)).toEqual(Object.keys(slots));
  });

  it("a Safe with other code is refused, whatever version it says", async () => {
    const address = devAccount(9).address;
    const code = await chain.publicClient.getCode({ address: SAFE_CONTRACTS.singleton.address });
    await chain.clock.setCode({ address, bytecode: code ?? "0x" });
    await chain.clock.setStorageAt({ address: governance, index: 0, value: padHex(address, { size: 32 }) });
    await expect(state()).rejects.toThrow(`${governance} is a Safe with the code of ${address}, but these tasks are`);
  });

  it("a Safe of another version is refused, and so is what is no Safe", async () => {
    const block = await chain.publicClient.getBlockNumber();
    await expect(readSafe(chain.publicClient, CONTEXT.contracts.pha, block)).rejects.toThrow(/is no Safe/);
    expect(await readSafe(chain.publicClient, devAccount(9).address, block)).toBeUndefined();
    const version = await chain.publicClient.readContract({
      address: governance,
      abi: safeAbi,
      functionName: "VERSION",
    });
    expect(version).toBe("1.5.0");
  });
});

it("an installation that dies after any transaction goes on where it was", async () => {
  const chain = await createChain();
  const seen: string[] = [];
  for (let isComplete = false; !isComplete;) {
    let steps = 0;
    try {
      await deployUnderSafe(chain, {
        onStep: (description) => {
          seen.push(description);
          if (++steps === 1) throw new Error("killed");
        },
      });
      isComplete = true;
    } catch (error) {
      if (!(error instanceof Error && error.message === "killed")) throw error;
    }
  }
  expect(new Set(seen).size).toBe(seen.length);
  const status = await readStatus(chainReader(chain.transport), parameters, planSuite(parameters), 0n);
  expect(status.complete).toBe(true);
  const again: string[] = [];
  await deployUnderSafe(chain, { onStep: (description) => again.push(description) });
  expect(again).toEqual([]);
});
