/** Workers on a stage: the whole suite with attestation and compute, and what operators and machines do. */
import { type Address, type Hex, concat, keccak256, pad, parseEventLogs, toFunctionSelector, toHex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { slashingAbi, workerRegistryAbi, workerRewardsAbi } from "../../deploy/generated/abis.ts";
import { quoteArguments } from "../../scripts/attestation/calls.ts";
import { type WorkerSubject, modelId, signHeartbeat, subjectHash } from "../../scripts/compute/calls.ts";
import { openRegistry } from "./registry.ts";
import { DAY, type Stage } from "./stage.ts";
import { type Preset, ROLE, UNIT, deploySuite, units } from "./suite.ts";

/** The catalog's models as the suite lists them: vPHA and weight (in hundredths) per GPU. */
export const MODELS = {
  H100: { collateral: units(1_250), weight: 100 },
  H200: { collateral: units(1_875), weight: 150 },
  B200: { collateral: units(2_250), weight: 180 },
} as const;

export type ModelName = keyof typeof MODELS;

/** Wei of PHA per hour and hundredth of weight: 5 PHA per hour for one H100. */
export const CEILING = UNIT / 20n;

export const LIMITS = {
  rebuttalWindow: Number(7n * DAY),
  processWindow: Number(14n * DAY),
  caps: [500, 3_000, 10_000],
} as const;

/** A machine: the key that its confidential VM holds. */
export const machineOf = (seed: number | string): PrivateKeyAccount =>
  privateKeyToAccount(keccak256(toHex(`machine ${seed}`)));

/** The id of a GPU. */
export const gpuOf = (seed: number | string): Hex => keccak256(toHex(`gpu ${seed}`));

export const EVIDENCE_HASH = keccak256(toHex("evidence"));

const GUARDIAN = ["pauseRegistrations(uint256)", "resumeRegistrations()"];

export type Compute = Awaited<ReturnType<typeof openCompute>>;

/** Deploys all of it; the workers' stream goes to WorkerRewards, and the emission begins in the stage's hour. */
export async function openCompute(stage: Stage, options: { preset?: Preset; token?: Address } = {}) {
  const suite = await deploySuite(stage, { ...options, start: false });
  const { actors, authority, emission, vpha, pha } = suite;
  const { governance, guardian, treasury, operator } = actors;
  const asGovernance = { account: governance };
  const attestation = await openRegistry(stage, authority.address);
  const registry = await stage.deploy("WorkerRegistry", workerRegistryAbi, [
    authority.address,
    vpha.address,
    attestation.registry.address,
  ]);
  const rewards = await stage.deploy("WorkerRewards", workerRewardsAbi, [
    authority.address,
    emission.address,
    vpha.address,
    registry.address,
    CEILING,
  ]);
  /** Proposes slashes; the judge is governance. */
  const slasher = stage.accounts[11] as Address;
  const slashing = await stage.deploy("Slashing", slashingAbi, [
    authority.address,
    registry.address,
    slasher,
    governance,
    treasury,
    LIMITS,
  ]);
  await registry.write.setSlashing([slashing.address], asGovernance);
  for (const [name, { collateral, weight }] of Object.entries(MODELS)) {
    await registry.write.setModel([modelId(name), collateral, weight], asGovernance);
  }
  await authority.write.setTargetFunctionRole(
    [registry.address, GUARDIAN.map((signature) => toFunctionSelector(signature)), ROLE.guardian],
    asGovernance,
  );
  await authority.write.grantRole([ROLE.guardian, guardian, 0], asGovernance);
  await emission.write.start([[vpha.address, rewards.address, treasury]], asGovernance);

  /** Gives `account` `amount` wei of vPHA (at least) and lets the registry take any amount of it. */
  const fundCollateral = async (account: Address, amount: bigint): Promise<void> => {
    await suite.stake(account, 2n * amount);
    await vpha.write.approve([registry.address, 2n ** 256n - 1n], { account });
  };

  const subject = (of: Partial<Omit<WorkerSubject, "model">> & { model?: ModelName } = {}): WorkerSubject => ({
    operator: of.operator ?? operator,
    model: modelId(of.model ?? "H100"),
    gpuIds: of.gpuIds ?? [gpuOf("0")],
    evidenceHash: of.evidenceHash ?? EVIDENCE_HASH,
  });

  /** Whether the verifier has seen the platform that made the quote. The chain is asked, since fixtures turn it back. */
  const isPlatformKnown = async (attestationKey: Hex): Promise<boolean> => {
    const [, , , , notAfterDay] = await attestation.verifier.contract.read.platformOf([keccak256(attestationKey)]);
    return notAfterDay !== 0;
  };

  /** What `register` and `reattest` take: a quote of `machine` now. The first quote of a platform is a full one. */
  const quote = async (
    machine: { address: Address },
    of: WorkerSubject,
    options: { blockNumber?: bigint; on?: typeof attestation.platform; isKnown?: boolean } = {},
  ) => {
    const on = options.on ?? attestation.platform;
    const { quote: made, blockNumber } = await attestation.quoteOf({
      key: machine.address,
      subject: subjectHash(of),
      on,
      ...(options.blockNumber !== undefined && { blockNumber: options.blockNumber }),
    });
    const isKnown = options.isKnown ?? (await isPlatformKnown(made.attestationKey));
    const [signedData, signatureData] = quoteArguments(made, { isKnown });
    return { blockNumber, signedData, signatureData };
  };

  const required = (of: WorkerSubject): bigint => {
    const model = Object.entries(MODELS).find(([name]) => modelId(name) === of.model)?.[1];
    return BigInt(of.gpuIds.length) * (model?.collateral ?? 0n);
  };

  const receiptOf = (hash: Hex) => stage.publicClient.getTransactionReceipt({ hash });

  return {
    ...suite,
    attestation,
    registry,
    rewards,
    slashing,
    slasher,
    asGovernance,
    fundCollateral,
    subject,
    quote,
    required,
    receiptOf,

    /** Registers `machine`; the operator pays exactly what is required unless told otherwise. Returns the gas. */
    register: async (
      machine: { address: Address },
      options: { of?: WorkerSubject; collateral?: bigint; payer?: Address; on?: typeof attestation.platform } = {},
    ): Promise<bigint> => {
      const of = options.of ?? subject();
      const made = await quote(machine, of, { ...(options.on && { on: options.on }) });
      const account = options.payer ?? of.operator;
      const hash = await registry.write.register([of, made, options.collateral ?? required(of)], { account });
      return (await receiptOf(hash)).gasUsed;
    },

    /** Attests `machine` anew. Returns the gas. */
    reattest: async (machine: { address: Address }, of: WorkerSubject = subject()): Promise<bigint> => {
      const hash = await registry.write.reattest([of, await quote(machine, of)], { account: of.operator });
      return (await receiptOf(hash)).gasUsed;
    },

    /** The arguments of `heartbeat`: one of each machine, of the last block unless told otherwise. */
    heartbeatOf: async (machines: readonly PrivateKeyAccount[], blockNumber?: bigint) => {
      const block = await stage.publicClient.getBlock(blockNumber === undefined ? {} : { blockNumber });
      const context = {
        chainId: await stage.publicClient.getChainId(),
        rewards: rewards.address,
        blockNumber: block.number,
        blockHash: block.hash,
      };
      const signatures = await Promise.all(machines.map((machine) => signHeartbeat(machine, context)));
      return [Number(block.number), machines.map(({ address }) => address), concat(signatures)] as const;
    },

    /** Proposes a slash for a fault of now. Returns the proposal as it was stored. */
    propose: async (
      worker: Address,
      amount: bigint,
      options: { faultClass?: number; bounty?: bigint; reporter?: Address; faultAt?: bigint } = {},
    ) => {
      const { faultClass = 2, bounty = 0n, reporter = pad("0x", { size: 20 }) } = options;
      const hash = await slashing.write.propose(
        [
          worker,
          faultClass,
          amount,
          bounty,
          reporter,
          Number(options.faultAt ?? stage.now()),
          EVIDENCE_HASH,
          "ipfs://evidence",
        ],
        { account: slasher },
      );
      const [event] = parseEventLogs({
        abi: slashingAbi,
        eventName: "SlashProposed",
        logs: (await receiptOf(hash)).logs,
      });
      if (event === undefined) throw new Error("no proposal");
      return event.args.proposal;
    },

    /** Lets `account` have PHA without staking it. */
    givePha: (account: Address, amount: bigint) => pha.write.transfer([account, amount], { account: actors.holder }),
  };
}
