/** GPU workers of the suite that is indexed: what operators, their machines, the slasher and governance do. */
import {
  type Abi,
  type Address,
  type Hex,
  concat,
  encodeFunctionData,
  keccak256,
  maxUint256,
  padHex,
  parseEther,
  parseEventLogs,
  toHex,
  zeroAddress,
} from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import {
  attestationRegistryAbi,
  guardianMandateAbi,
  phalaAuthorityAbi,
  slashingAbi,
  tdxVerifierAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "../../deploy/generated/abis.ts";
import { claimOf } from "../../deploy/merkle.ts";
import { commitOf, quoteArguments, reportDataOf, uploadsOf } from "../../scripts/attestation/calls.ts";
import type { Platform } from "../../scripts/attestation/factory.ts";
import { readQuote } from "../../scripts/attestation/quote.ts";
import { type WorkerSubject, modelId, signHeartbeat, subjectHash } from "../../scripts/compute/calls.ts";
import { devnetAuthority } from "../../scripts/devnet/attestation.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { callsOf } from "./calls.ts";
import type { Suite } from "./suite.ts";

const DAY = 86_400n;
/** Enough for any call here, and below the limit of one transaction. */
const GAS = 16_000_000n;
const BLOCK_TIME = 12n;

const addressOf = (index: number): Address => devAccount(index).address;

/** Who acts. */
export const ACTORS = {
  governance: addressOf(1),
  guardian: addressOf(2),
  slasher: addressOf(4),
  alice: addressOf(10),
  bob: addressOf(11),
  stranger: addressOf(12),
  reporter: addressOf(13),
  staker: addressOf(20),
} as const;

/** A machine: the key that its confidential VM holds. */
export const machineOf = (seed: string): PrivateKeyAccount => privateKeyToAccount(keccak256(toHex(`machine ${seed}`)));

/** The id of a GPU. */
export const gpuOf = (seed: string): Hex => keccak256(toHex(`gpu ${seed}`));

/** A subject of `operator` with GPUs of one model. */
export const subjectOf = (operator: Address, model: string, ...gpus: readonly string[]): WorkerSubject => ({
  operator,
  model: modelId(model),
  gpuIds: gpus.map(gpuOf),
  evidenceHash: keccak256(toHex(`evidence of ${gpus.join()}`)),
});

export type Workers = Awaited<ReturnType<typeof startWorkers>>;

/** Uploads the test authority's collateral, and gives both operators vPHA that the registry may take. */
export async function startWorkers(suite: Suite) {
  const { client, contracts, mine } = suite;
  const authority = devnetAuthority();
  const call = callsOf(suite);
  const chainId = await client.getChainId();
  const at = {
    registry: { address: contracts.workerRegistry, abi: workerRegistryAbi },
    rewards: { address: contracts.workerRewards, abi: workerRewardsAbi },
    slashing: { address: contracts.slashing, abi: slashingAbi },
    attestation: { address: contracts.attestationRegistry, abi: attestationRegistryAbi },
    mandate: { address: contracts.guardianMandate, abi: guardianMandateAbi },
  } as const;

  /** Every transaction has a block of its own, 12 seconds after the last unless told otherwise. */
  const send = async (
    { address, abi }: { readonly address: Address; readonly abi: Abi },
    account: Address,
    functionName: string,
    args: readonly unknown[],
    timestamp?: bigint,
  ) => {
    const hash = await client.writeContract({ address, abi, functionName, args, account, gas: GAS });
    await client.setNextBlockTimestamp({ timestamp: timestamp ?? (await suite.now()) + BLOCK_TIME });
    await client.mine({ blocks: 1 });
    const receipt = await client.getTransactionReceipt({ hash });
    if (receipt.status !== "success") {
      await client.simulateContract({ address, abi, functionName, args, account });
      throw new Error(`${functionName} failed`);
    }
    return receipt;
  };

  /** Lists and TCB data of today. */
  const renew = async (): Promise<void> => {
    const now = Number(await suite.now());
    const issued = now - (now % Number(DAY));
    const dates = { thisUpdate: issued, nextUpdate: issued + 30 * Number(DAY) };
    const verifier = { address: contracts.tdxVerifier, abi: tdxVerifierAbi };
    for (const { functionName, args } of uploadsOf(authority.collateral({ issued, rootCrl: dates, pckCrl: dates }))) {
      await send(verifier, ACTORS.stranger, functionName, args).catch((error: unknown) => {
        // Certificates are there already.
        if (known.size === 0) throw error;
      });
    }
  };

  const known = new Set<Platform>();
  const platforms = { one: authority.platform({ seed: "worker 1" }), two: authority.platform({ seed: "worker 2" }) };
  const quoteOf = async (machine: PrivateKeyAccount, subject: WorkerSubject, on: Platform) => {
    const { number: blockNumber, hash: blockHash } = await client.getBlock();
    const hash = subjectHash(subject);
    const commit = commitOf({
      chainId,
      registry: contracts.attestationRegistry,
      subject: hash,
      blockNumber,
      blockHash,
    });
    const quote = readQuote(on.quote({ measurements: { reportData: reportDataOf(machine.address, commit) } }));
    const [signedData, signatureData] = quoteArguments(quote, { isKnown: known.has(on) });
    known.add(on);
    return { blockNumber: Number(blockNumber), signedData, signatureData };
  };

  const { alice, bob, staker } = ACTORS;
  const amount = parseEther("90000000");
  await mine((await suite.now()) + BLOCK_TIME, [
    call.claimAirdrop(staker, claimOf(suite.tree.tree, staker)),
    call.approve(staker, maxUint256),
    call.deposit(staker, amount / 2n),
    ...[alice, bob].map((operator) => call.transferShares(staker, operator, parseEther("100000"))),
  ]);
  for (const account of [alice, bob]) {
    const vpha = { address: contracts.vpha, abi: vphaAbi };
    await send(vpha, account, "approve", [contracts.workerRegistry, maxUint256]);
  }
  await renew();

  return {
    at,
    platforms,
    renew,
    /** A call of the registry, of the rewards, of slashing, or of the guardian's mandate. */
    call: (contract: keyof typeof at, account: Address, functionName: string, ...args: readonly unknown[]) =>
      send(at[contract], account, functionName, args),

    /** Registers; the operator pays `collateral`. */
    register: async (
      machine: PrivateKeyAccount,
      subject: WorkerSubject,
      collateral: bigint,
      on: Platform = platforms.one,
    ) => {
      const quote = await quoteOf(machine, subject, on);
      await send(at.registry, subject.operator, "register", [subject, quote, collateral]);
    },
    reattest: async (machine: PrivateKeyAccount, subject: WorkerSubject, on: Platform = platforms.one) => {
      const quote = await quoteOf(machine, subject, on);
      await send(at.registry, ACTORS.stranger, "reattest", [subject, quote]);
    },
    /** Attests past the registry of workers. */
    attest: async (machine: PrivateKeyAccount, subject: WorkerSubject, on: Platform = platforms.one) => {
      const { blockNumber, signedData, signatureData } = await quoteOf(machine, subject, on);
      const args = [subjectHash(subject), blockNumber, signedData, signatureData];
      await send(at.attestation, ACTORS.stranger, "attest", args);
    },
    /** A heartbeat of each, of the last block, in the block at `timestamp`. */
    beat: async (machines: readonly PrivateKeyAccount[], timestamp?: bigint) => {
      const { number: blockNumber, hash: blockHash } = await client.getBlock();
      const context = { chainId, rewards: contracts.workerRewards, blockNumber, blockHash };
      const signatures = await Promise.all(machines.map((machine) => signHeartbeat(machine, context)));
      const args = [Number(blockNumber), machines.map(({ address }) => address), concat(signatures)];
      await send(at.rewards, ACTORS.stranger, "heartbeat", args, timestamp);
    },
    claim: (operator: Address, machines: readonly PrivateKeyAccount[]) =>
      send(at.rewards, operator, "claim", [machines.map(({ address }) => address), operator]),

    /** Proposes a slash for a fault of now. Returns the proposal as it was stored. */
    propose: async (
      machine: PrivateKeyAccount,
      amount: bigint,
      options: { faultClass?: number; bounty?: bigint; faultAt?: bigint } = {},
    ) => {
      const { faultClass = 2, bounty = 0n, faultAt = await suite.now() } = options;
      const reporter = bounty === 0n ? zeroAddress : ACTORS.reporter;
      const evidence = [keccak256(toHex("evidence")), "ipfs://evidence"];
      const args = [machine.address, faultClass, amount, bounty, reporter, Number(faultAt), ...evidence];
      const { logs } = await send(at.slashing, ACTORS.slasher, "propose", args);
      const [event] = parseEventLogs({ abi: slashingAbi, eventName: "SlashProposed", logs });
      if (event === undefined) throw new Error("no proposal");
      return event.args.proposal;
    },
    /** The guardian switches `id` off for `seconds`. */
    switchOff: async (kind: number, id: Hex, seconds: bigint) => {
      const until = Number((await suite.now()) + BLOCK_TIME + seconds);
      await send(at.mandate, ACTORS.guardian, "switchOff", [kind, padHex(id, { size: 32, dir: "right" }), until]);
      return BigInt(until);
    },
    /** Schedules a call of governance; what it returns executes it, `delay` later or later still. */
    schedule: async (contract: keyof typeof at, delay: bigint, functionName: string, ...args: readonly unknown[]) => {
      const { address, abi } = at[contract];
      const data = encodeFunctionData<Abi, string>({ abi, functionName, args });
      const manager = { address: contracts.phalaAuthority, abi: phalaAuthorityAbi };
      const when = Number((await suite.now()) + BLOCK_TIME + delay);
      await send(manager, ACTORS.governance, "schedule", [address, data, when]);
      return () => send(manager, ACTORS.governance, "execute", [address, data]);
    },
    /** An empty block at `timestamp`. */
    passTo: async (timestamp: bigint) => {
      await client.setNextBlockTimestamp({ timestamp });
      await client.mine({ blocks: 1 });
    },
  };
}
