/**
 * Operators and machines that look for trouble: heartbeats of many and of few, forged ones, attestations past the registry of workers,
 * GPUs that move, collateral that is short, slashes in all their courses, exits, removals, another operator, and the guardian.
 */
import {
  type Hex,
  decodeEventLog,
  encodeEventTopics,
  isAddressEqual,
  keccak256,
  maxUint256,
  padHex,
  parseEther,
  toHex,
  zeroAddress,
} from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import {
  attestationRegistryAbi,
  guardianMandateAbi,
  phaAbi,
  slashingAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "../../../deploy/generated/abis.ts";
import { isStaying, subjectHash } from "../../compute/calls.ts";
import { devAccounts } from "../chain.ts";
import { type Machine, type NamedBlock, createFleet, heartbeatOf, quoteOf, subjectOf } from "../fleet.ts";
import type { RawLog } from "../ledger.ts";
import { DAY, type Deed, HOUR, type Part, type Stage, deed, sized } from "./part.ts";

/** Number of the account of the development mnemonic that relays heartbeats. */
const RELAY = 9;
const STAKE = parseEther("2000000");
/** Enough for the first quote of a platform with eight GPUs, and for a heartbeat of all. */
const GAS = 12_000_000n;
const SWITCHES = { ppid: 0, fmspc: 1, operator: 4 } as const;

/** What is done, by weight. */
const ACTIONS = {
  register: 6,
  beat: 10,
  forge: 0.5,
  reattest: 5,
  moveGpu: 1.5,
  attestPast: 1,
  restamp: 1,
  proposeOperator: 0.6,
  acceptOperator: 0.6,
  addCollateral: 3,
  withdraw: 2,
  cancelWithdrawal: 0.7,
  finishWithdrawal: 1,
  requestExit: 0.25,
  finishExit: 1,
  remove: 0.5,
  claim: 4,
  closeHours: 1,
  propose: 1.5,
  rebut: 0.8,
  withdrawSlash: 0.3,
  reject: 0.5,
  execute: 1,
  pauseRegistrations: 0.2,
  resumeRegistrations: 0.2,
  switchOff: 0.3,
  liftOwnSwitch: 0.3,
  clearLapsed: 0.3,
} as const;

/** What is known of a machine: what it was told last, which is not always what the chain has. */
interface Worker {
  readonly machine: Machine;
  operator: PrivateKeyAccount;
  proposed: PrivateKeyAccount | undefined;
  gpuIds: readonly Hex[];
  model: Machine["model"];
  isRegistered: boolean;
  hasLeft: boolean;
  /** Unix second until which it is attested, if nothing happens. */
  validUntil: bigint;
}

interface Slash {
  readonly worker: Worker;
  /** As it was stored. */
  readonly proposal: ReturnType<typeof proposalIn>;
}

export interface WorkersPart extends Part {
  /** Kill switches that may be confirmed or lifted: kind and id. */
  readonly switches: () => readonly (readonly [number, Hex])[];
  /** What a judge may reject: the data of the call. */
  readonly openSlashes: () => readonly Slash["proposal"][];
}

/** @param slasher Whoever may propose slashes now. */
export function createWorkers(stage: Stage, slasher: () => PrivateKeyAccount): WorkersPart {
  const { contracts, random, ledger, bank, parameters, chainId } = stage;
  const { pha, vpha, workerRegistry, workerRewards, slashing, attestationRegistry, guardianMandate } = contracts;
  const guardian = stage.accountOf(parameters.accounts.guardian);
  const [relay] = devAccounts(RELAY, 1);
  if (relay === undefined) throw new Error("there is no relay");
  const fleet = createFleet();
  const operators = [...new Map(fleet.map(({ operator }) => [operator.address, operator])).values()];
  const workers = fleet.map((machine): Worker => ({
    machine,
    operator: machine.operator,
    proposed: undefined,
    gpuIds: machine.gpuIds,
    model: machine.model,
    isRegistered: false,
    hasLeft: false,
    validUntil: 0n,
  }));
  const known = new Set<Machine["platform"]>();
  const switches: (readonly [number, Hex])[] = [];
  const slashes: Slash[] = [];

  const ofRegistry = (from: PrivateKeyAccount, name: string, args: readonly unknown[], onDone?: Deed["onDone"]) =>
    deed(from, workerRegistry, workerRegistryAbi, name, args, { gas: GAS, ...(onDone && { onDone }) });
  const ofSlashing = (from: PrivateKeyAccount, name: string, args: readonly unknown[], onDone?: Deed["onDone"]) =>
    deed(from, slashing, slashingAbi, name, args, { what: `${name} slash`, ...(onDone && { onDone }) });
  const ofGuardian = (name: string, args: readonly unknown[], onDone?: Deed["onDone"]) =>
    deed(guardian, guardianMandate, guardianMandateAbi, name, args, { ...(onDone && { onDone }) });
  const staying = () => workers.filter(({ isRegistered, hasLeft }) => isRegistered && !hasLeft);
  const registered = () => workers.filter(({ isRegistered }) => isRegistered);
  const some = <T>(list: readonly T[], then: (one: T) => Deed[]): Deed[] =>
    list.length === 0 ? [] : then(random.pick(list));

  const subject = ({ machine, operator, model, gpuIds }: Worker, ids = gpuIds) =>
    subjectOf({ ...machine, operator, model }, ids);
  const quote = ({ machine }: Worker, of: ReturnType<typeof subject>, block: NamedBlock) =>
    quoteOf(machine, of, block, { chainId, registry: attestationRegistry, isKnown: known.has(machine.platform) });
  const required = ({ model, gpuIds }: Worker): bigint => {
    const found = parameters.compute.models.find(({ name }) => name === model);
    return parseEther(found?.collateral ?? "0") * BigInt(gpuIds.length);
  };
  const attested =
    (worker: Worker): NonNullable<Deed["onDone"]> =>
    (_, now) => {
      known.add(worker.machine.platform);
      worker.isRegistered = true;
      worker.validUntil = now + 7n * DAY;
    };
  /** It may be that the platform is not known any more. */
  const refused = ({ machine }: Worker) => known.delete(machine.platform);

  const register = (worker: Worker, block: NamedBlock): Deed => {
    const own = subject(worker);
    const collateral = random.chance(0.1)
      ? required(worker) - 1n
      : required(worker) + random.part(required(worker), 0, 1);
    const args = [own, quote(worker, own, block), collateral];
    return { ...ofRegistry(worker.operator, "register", args, attested(worker)), onFailed: () => refused(worker) };
  };
  const reattest = (worker: Worker, block: NamedBlock, gpuIds = worker.gpuIds, model = worker.model): Deed => {
    const own = subject({ ...worker, model }, gpuIds);
    const onDone: Deed["onDone"] = (logs, now) => {
      attested(worker)(logs, now);
      [worker.gpuIds, worker.model] = [gpuIds, model];
    };
    const args = [own, quote(worker, own, block)];
    return { ...ofRegistry(relay, "reattest", args, onDone), onFailed: () => refused(worker) };
  };
  const beat = async (beating: readonly Worker[], block: NamedBlock): Promise<Deed[]> => {
    if (beating.length === 0) return [];
    const machines = beating.map(({ machine }) => machine);
    const args = await heartbeatOf(machines, block, { chainId, rewards: workerRewards });
    return [deed(relay, workerRewards, workerRewardsAbi, "heartbeat", args, { gas: GAS })];
  };
  const close = (slash: Slash) => () => {
    const i = slashes.indexOf(slash);
    if (i >= 0) slashes.splice(i, 1);
  };

  const act = async (now: bigint, block: NamedBlock): Promise<Deed[]> => {
    const action = random.weighted(ACTIONS);
    switch (action) {
      case "register": {
        const left = workers.filter(({ isRegistered }) => !isRegistered);
        return some(left, (worker) => {
          const { operator } = worker;
          // Deposits were paused when it came.
          const isPoor = ledger.sharesOf(operator.address) < 2n * required(worker);
          const assets = ledger.assetsOf(operator.address);
          if (!isPoor || assets === 0n) return [register(worker, block)];
          return [deed(operator, vpha, vphaAbi, "deposit", [assets, operator.address])];
        });
      }
      case "beat":
        return beat(
          staying().filter(() => random.chance(0.9)),
          block,
        );
      case "forge": {
        const [one, other] = [random.pick(workers), random.pick(workers)];
        const context = { chainId, rewards: workerRewards };
        const [number, , signature] = await heartbeatOf([other.machine], block, context);
        const args = [number, [one.machine.key.address], signature];
        return [deed(relay, workerRewards, workerRewardsAbi, "heartbeat", args, { what: action })];
      }
      case "reattest":
        return some(staying(), (worker) => {
          const fewer = worker.gpuIds.length > 1 && random.chance(0.15) ? worker.gpuIds.slice(1) : undefined;
          const model = random.chance(0.03) ? random.pick(["H100", "H200", "B200"] as const) : worker.model;
          return [reattest(worker, block, fewer, model)];
        });
      case "moveGpu":
        return some(staying(), (worker) =>
          some(staying(), ({ gpuIds: [gpu] }) => {
            if (gpu === undefined || worker.gpuIds.includes(gpu)) return [];
            return [{ ...reattest(worker, block, [gpu, ...worker.gpuIds.slice(1)].sort()), what: action }];
          }),
        );
      case "attestPast":
        return some(registered(), (worker) => {
          const other = subject(worker, random.chance(0.3) ? worker.gpuIds : worker.gpuIds.slice(0, 1));
          const { blockNumber, signedData, signatureData } = quote(worker, other, block);
          const args = [subjectHash(other), blockNumber, signedData, signatureData];
          return [deed(relay, attestationRegistry, attestationRegistryAbi, "attest", args, { what: action, gas: GAS })];
        });
      case "restamp": {
        const chosen = registered().filter(() => random.chance(0.2));
        return chosen.length === 0
          ? []
          : [ofRegistry(relay, action, [chosen.map(({ machine }) => machine.key.address)])];
      }
      case "proposeOperator":
        return some(staying(), (worker) => {
          const other = random.pick(operators);
          const done = () => (worker.proposed = other);
          return [ofRegistry(worker.operator, action, [worker.machine.key.address, other.address], done)];
        });
      case "acceptOperator":
        return some(
          staying().filter(({ proposed }) => proposed !== undefined),
          (worker) => {
            const { proposed = worker.operator } = worker;
            const done = () => ([worker.operator, worker.proposed] = [proposed, undefined]);
            return [ofRegistry(proposed, action, [worker.machine.key.address], done)];
          },
        );
      case "addCollateral":
      case "withdraw":
        return some(registered(), (worker) => {
          const args = [worker.machine.key.address, sized(random, required(worker) / 2n)];
          return [ofRegistry(worker.operator, action, args)];
        });
      case "cancelWithdrawal":
        return some(registered(), ({ machine, operator }) => [ofRegistry(operator, action, [machine.key.address])]);
      case "finishWithdrawal":
      case "finishExit":
        return some(
          action === "finishExit" ? workers.filter(({ hasLeft }) => hasLeft) : registered(),
          ({ machine, operator }) => [ofRegistry(operator, action, [machine.key.address, operator.address])],
        );
      case "requestExit": {
        // Half of them stay.
        if (staying().length * 2 < workers.length) return [];
        return some(staying(), (worker) => [
          ofRegistry(worker.operator, action, [worker.machine.key.address], () => (worker.hasLeft = true)),
        ]);
      }
      case "remove":
        return some(registered(), (worker) => [
          ofRegistry(relay, action, [worker.machine.key.address], () => (worker.hasLeft = true)),
        ]);
      case "claim": {
        const operator = random.pick(operators);
        const own = registered().filter((worker) => worker.operator === operator && random.chance(0.8));
        const args = [own.map(({ machine }) => machine.key.address), operator.address];
        const what = "claim rewards";
        return own.length === 0
          ? []
          : [deed(operator, workerRewards, workerRewardsAbi, action, args, { what, gas: GAS })];
      }
      case "closeHours":
        return [deed(relay, workerRewards, workerRewardsAbi, action, [])];
      case "propose":
        return some(registered(), (worker) => {
          const faultClass = random.integer(0, 2);
          const amount = random.part(required(worker), 0.001, [0.04, 0.2, 0.6][faultClass] ?? 0);
          const bounty = random.chance(0.5) ? amount / 10n : 0n;
          const evidence = `evidence ${random.integer(1, 1e9)}`;
          const args = [
            worker.machine.key.address,
            faultClass,
            amount,
            bounty,
            bounty === 0n ? zeroAddress : relay.address,
            Number(now - BigInt(random.integer(0, 3 * 86_400))),
            keccak256(toHex(evidence)),
            `ipfs://${evidence}`,
          ];
          const done = (logs: readonly RawLog[]) => void slashes.push({ worker, proposal: proposalIn(logs) });
          return [ofSlashing(slasher(), action, args, done)];
        });
      case "rebut":
        return some(slashes, ({ worker, proposal }) => [
          ofSlashing(worker.operator, action, [proposal, keccak256(toHex("rebuttal")), "ipfs://rebuttal"]),
        ]);
      case "withdrawSlash":
        return some(slashes, (slash) => [ofSlashing(slasher(), "withdraw", [slash.proposal], close(slash))]);
      case "reject":
        // Where the judge is an account.
        return some(slashes, (slash) => [ofSlashing(bank, action, [slash.proposal], close(slash))]);
      case "execute": {
        const ripe = slashes.filter(({ proposal }) => BigInt(proposal.rebuttalUntil) <= now);
        return some(ripe, (slash) => [ofSlashing(relay, action, [slash.proposal], close(slash))]);
      }
      case "pauseRegistrations":
        return [ofGuardian(action, [now + BigInt(random.integer(3_600, 5 * 86_400))])];
      case "resumeRegistrations":
        return [ofGuardian(action, [])];
      case "switchOff": {
        const { machine, operator } = random.pick(workers);
        const chosen: readonly (readonly [number, Hex])[] = [
          [SWITCHES.ppid, padHex(machine.platform.ppid, { size: 32, dir: "right" })],
          [SWITCHES.operator, padHex(operator.address, { size: 32, dir: "right" })],
          [SWITCHES.fmspc, padHex(random.chance(0.2) ? machine.platform.fmspc : "0x0102", { size: 32, dir: "right" })],
        ];
        const [kind, id] = random.pick(chosen);
        const until = Number(now + BigInt(random.integer(1_800, 14 * 86_400 - 60)));
        // A whole platform type is never switched off for good.
        const done = () => {
          if (kind !== SWITCHES.fmspc) switches.push([kind, id]);
        };
        return [ofGuardian(action, [kind, id, until], done)];
      }
      case "liftOwnSwitch":
        return some(switches, ([kind, id]) => [ofGuardian(action, [kind, id])]);
      case "clearLapsed":
        return some(switches, ([kind, id]) => [
          deed(relay, attestationRegistry, attestationRegistryAbi, action, [kind, id]),
        ]);
    }
  };

  let beatAt = 0n;
  return {
    accounts: [...operators, relay, guardian].map(({ address }) => address),
    switches: () => switches,
    openSlashes: () => slashes.map(({ proposal }) => proposal),
    opening: () =>
      operators.flatMap((operator) => [
        deed(bank, pha, phaAbi, "transfer", [operator.address, STAKE], { what: "buy" }),
        deed(operator, pha, phaAbi, "approve", [vpha, maxUint256]),
        deed(operator, vpha, vphaAbi, "deposit", [STAKE, operator.address]),
        deed(operator, vpha, phaAbi, "approve", [workerRegistry, maxUint256]),
      ]),
    /** Most machines beat and attest again in time; now and then, all of them forget. */
    due: async (now, block) => {
      if (now < beatAt) return [];
      beatAt = now + HOUR * BigInt(random.integer(1, 8));
      const ending = staying().filter(({ validUntil }) => validUntil < now + DAY && random.chance(0.8));
      const beating = staying().filter(({ validUntil }) => validUntil > now && random.chance(0.97));
      return [...ending.slice(0, 10).map((worker) => reattest(worker, block)), ...(await beat(beating, block))];
    },
    act,
    resume: async () => {
      const views = await Promise.all(
        workers.map(({ machine }) =>
          stage.client.readContract({
            ...{ address: workerRegistry, abi: workerRegistryAbi },
            functionName: "workerOf",
            args: [machine.key.address],
          }),
        ),
      );
      for (const [i, worker] of workers.entries()) {
        const view = views[i];
        if (view === undefined) continue;
        worker.isRegistered = view.state !== 0;
        worker.hasLeft = view.state !== 0 && !isStaying(view.state);
        worker.validUntil = BigInt(view.validUntil);
        worker.operator =
          operators.find(({ address }) => isAddressEqual(address, view.operator)) ?? worker.machine.operator;
      }
      // Every platform shows all it has again: what it had shown may be gone.
      known.clear();
      beatAt = 0n;
    },
  };
}

const PROPOSED = encodeEventTopics({ abi: slashingAbi, eventName: "SlashProposed" })[0];

/** The proposal that `logs` tell of. */
function proposalIn(logs: readonly RawLog[]) {
  const log = logs.find(({ topics }) => topics[0] === PROPOSED);
  const [signature, ...rest] = log?.topics ?? [];
  if (log === undefined || signature === undefined) throw new Error("nothing was proposed");
  const { args } = decodeEventLog({
    ...{ abi: slashingAbi, eventName: "SlashProposed", data: log.data },
    topics: [signature, ...rest],
  });
  return args.proposal;
}

export type Proposal = ReturnType<typeof proposalIn>;
