/**
 * Governance that looks for trouble: the multisig and the holders schedule whatever governance may do, of which some is executed, some
 * cancelled, vetoed or left to expire; budgets are opened, paid out, closed; votes are wrapped, delegated, cast, unwrapped.
 */
import {
  type Abi,
  type Address,
  type Hex,
  concat,
  decodeEventLog,
  encodeEventTopics,
  encodeFunctionData,
  keccak256,
  maxUint256,
  padHex,
  parseEther,
  stringToHex,
  toFunctionSelector,
  toHex,
} from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  guardianMandateAbi,
  phaAbi,
  phalaAuthorityAbi,
  phalaGovernorAbi,
  slashingAbi,
  treasuryAbi,
  vetoLockAbi,
  votingVphaAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "../../../deploy/generated/abis.ts";
import { measurementsOf } from "../../../deploy/parameters/attestation.ts";
import { DELAYS, ROLES } from "../../../deploy/roles.ts";
import { STREAMS } from "../../../model/emission.ts";
import { modelId } from "../../compute/calls.ts";
import type { Multisig } from "../multisig.ts";
import type { RawLog } from "../ledger.ts";
import { DAY, type Deed, HOUR, type Part, type Stage, deed, sized } from "./part.ts";
import type { Proposal as Slash } from "./workers.ts";

const GAS = 3_000_000n;
/** What each of them has to begin with, in wei: enough to propose and, together, to veto. */
const STAKE = parseEther("4000000");
/** How many stakers vote, veto and are paid. */
const CITIZENS = 6;
/** Tries until somebody gives up. */
const TRIES = 4;

/** What is decided, by weight. */
const DECISIONS = {
  setModel: 10,
  removeModel: 3,
  setCeiling: 6,
  confirmSwitch: 3,
  liftSwitch: 4,
  raiseFloors: 1,
  setFloors: 3,
  allowImage: 4,
  removeImage: 3,
  allowShape: 4,
  removeShape: 3,
  openAllowance: 8,
  openStream: 8,
  closeBudget: 4,
  replaceSink: 2,
  setSlasher: 1,
  setJudge: 1,
  setTreasury: 1,
  setLimits: 2,
  grantRole: 3,
  revokeRole: 2,
  setTargetFunctionRole: 0.5,
  appoint: 2,
  dismiss: 0.4,
} as const;

type DecisionName = keyof typeof DECISIONS;

/** What is done, by weight. */
const ACTIONS = {
  schedule: 10,
  execute: 14,
  cancel: 1.5,
  lock: 3,
  veto: 4,
  bar: 1,
  unlock: 4,
  end: 1,
  propose: 4,
  vote: 8,
  queue: 4,
  executeProposal: 4,
  cancelProposal: 0.4,
  wrap: 4,
  unwrap: 1,
  transferVotes: 2,
  delegate: 3,
  pay: 6,
  release: 5,
  collect: 2,
  rejectSlash: 1,
  resign: 0.05,
} as const;

/** A call of governance. */
interface Decision {
  readonly name: DecisionName;
  readonly target: Address;
  readonly data: Hex;
  /** What follows from it, once it is executed. */
  readonly onDone?: () => void;
}

interface Operation extends Decision {
  readonly id: Hex;
  readonly nonce: number;
  readonly readyAt: bigint;
  readonly isExecuted: boolean;
  tries: number;
}

interface Ballot {
  readonly decision: Decision;
  readonly id: bigint;
  readonly description: string;
  readonly voteStart: bigint;
  readonly voteEnd: bigint;
  readonly voted: Set<Address>;
  state: "proposed" | "queued";
  tries: number;
}

interface Budget {
  readonly name: Hex;
  readonly payee: PrivateKeyAccount;
  readonly total: bigint;
}

export interface GovernorsPart extends Part {
  readonly slasher: () => PrivateKeyAccount;
}

export function createGovernors(
  stage: Stage,
  options: {
    /** Connects with the multisig as it is now. */
    readonly connect: () => Promise<Multisig>;
    readonly switches: () => readonly (readonly [number, Hex])[];
    readonly slashes: () => readonly Slash[];
  },
): GovernorsPart {
  const { contracts, parameters, random, ledger, bank, stakers } = stage;
  const { phalaAuthority, phalaGovernor, vetoLock, votingVpha, treasury, vpha } = contracts;
  const { governance } = parameters.accounts;
  const citizens = stakers.slice(0, CITIZENS);
  const slashers = [stage.accountOf(parameters.accounts.slasher), bank] as const;
  let slasher: PrivateKeyAccount = slashers[0];
  let multisig: Multisig | undefined;
  let counter = 0;
  const operations: Operation[] = [];
  const past: Decision[] = [];
  const ballots: Ballot[] = [];
  const budgets: Budget[] = [];
  const streams: Budget[] = [];
  const locks: { readonly id: Hex; readonly nonce: number; readonly by: PrivateKeyAccount }[] = [];
  const models = [...parameters.compute.models.map(({ name }) => name), "A100", "L40S", "GB200"];
  const images: { readonly id: Hex; readonly measured: ReturnType<typeof measurementsOf> }[] = [];

  const some = <T>(list: readonly T[], then: (one: T) => Deed[]): Deed[] =>
    list.length === 0 ? [] : then(random.pick(list));
  const remove = <T>(list: T[], one: T) => {
    const i = list.indexOf(one);
    if (i >= 0) list.splice(i, 1);
  };
  const unique = (text: string) => keccak256(toHex(`${text} ${++counter}`));
  const reason = () => [unique("proposal"), unique("memo")] as const;
  const citizen = () => random.pick(citizens);

  const decision = (
    name: DecisionName,
    target: Address,
    abi: Abi,
    args: readonly unknown[],
    onDone?: () => void,
  ): Decision => ({
    name,
    target,
    data: encodeFunctionData({ abi, functionName: name, args }),
    ...(onDone && { onDone }),
  });

  /** One of {@link DECISIONS}, if it makes sense now. */
  function decide(now: bigint): Decision | undefined {
    const name = random.weighted(DECISIONS);
    const ofWorkers = (...args: readonly unknown[]) =>
      decision(name, contracts.workerRegistry, workerRegistryAbi, args);
    const ofRegistry = (...args: readonly unknown[]) =>
      decision(name, contracts.attestationRegistry, attestationRegistryAbi, args);
    const ofSlashing = (args: readonly unknown[], onDone?: () => void) =>
      decision(name, contracts.slashing, slashingAbi, args, onDone);
    switch (name) {
      case "setModel": {
        const collateral = parseEther(String(random.integer(100, 3_000)));
        return ofWorkers(modelId(random.pick(models)), collateral, random.integer(10, 300));
      }
      case "removeModel":
        return ofWorkers(modelId(random.pick(models)));
      case "setCeiling":
        return decision(name, contracts.workerRewards, workerRewardsAbi, [
          parseEther(String(random.integer(1, 1_000))) / 10_000n,
        ]);
      case "confirmSwitch":
      case "liftSwitch": {
        const switches = options.switches();
        return switches.length === 0 ? undefined : ofRegistry(...random.pick(switches));
      }
      case "raiseFloors":
      case "setFloors":
        return ofRegistry({
          minTcbDay: random.pick([19_795, 19_795, 20_222, 20_313]),
          minQeIsvSvn: random.integer(3, 4),
          // UpToDate, with OutOfDate or without.
          allowedStatuses: random.chance(0.7) ? 0b10_0010 : 0b10,
        });
      case "allowImage": {
        const [workload] = parameters.attestation.workloads;
        if (workload === undefined) return undefined;
        const rtMr3 = concat([unique("rtMr3"), padHex("0x", { size: 16 })]);
        const measured = { ...measurementsOf(workload), rtMr3 };
        const { tdAttributes, xfam, mrTd, mrConfigId, rtMr1, rtMr2 } = measured;
        const id = keccak256(concat([tdAttributes, xfam, mrTd, mrConfigId, rtMr1, rtMr2, rtMr3]));
        const onDone = () => void images.push({ id, measured });
        return decision(name, contracts.attestationRegistry, attestationRegistryAbi, [measured], onDone);
      }
      case "removeImage":
        return images.length === 0 ? undefined : ofRegistry(random.pick(images).id);
      case "allowShape":
      case "removeShape": {
        if (images.length === 0) return undefined;
        const shape = padHex(toHex(random.integer(1, 3)), { size: 48 });
        return ofRegistry(random.pick(images).id, shape);
      }
      case "openAllowance":
      case "openStream": {
        const payee = citizen();
        const title = stringToHex(`budget ${++counter}`, { size: 32 });
        const total = parseEther(String(random.integer(10, 300_000)));
        const start = now + BigInt(random.integer(-20, 60)) * DAY;
        const end = start + BigInt(random.integer(1, 200)) * DAY;
        const rate = [total / BigInt(random.integer(1, 10)), Number(DAY) * random.integer(1, 40)];
        const isStream = name === "openStream";
        const args = [
          ...[title, contracts.pha, payee.address, total, Number(start), Number(end)],
          ...(isStream ? [] : rate),
          ...reason(),
        ];
        const onDone = () => void (isStream ? streams : budgets).push({ name: title, payee, total });
        return decision(name, treasury, treasuryAbi, args, onDone);
      }
      case "closeBudget": {
        const open = [...budgets, ...streams];
        return open.length === 0 ? undefined : decision(name, treasury, treasuryAbi, [random.pick(open).name]);
      }
      case "replaceSink": {
        const stream = random.pick(["workers", "treasury"] as const);
        const sink = random.chance(0.4)
          ? bank.address
          : { workers: contracts.workerRewards, treasury: contracts.treasury }[stream];
        return decision(name, contracts.emissionVault, emissionVaultAbi, [STREAMS.indexOf(stream), sink]);
      }
      case "setSlasher": {
        const next = random.pick(slashers);
        return ofSlashing([next.address], () => (slasher = next));
      }
      case "setJudge":
        return ofSlashing([random.chance(0.5) ? governance : bank.address]);
      case "setTreasury":
        return ofSlashing([random.chance(0.6) ? treasury : bank.address]);
      case "setLimits": {
        const rebuttalWindow = random.integer(3, 10) * Number(DAY);
        const processWindow = rebuttalWindow + random.integer(0, 4) * Number(DAY);
        const caps = [random.integer(1, 10) * 100, random.integer(10, 50) * 100, 10_000];
        return ofSlashing([{ rebuttalWindow, processWindow, caps }]);
      }
      case "grantRole":
      case "revokeRole": {
        const role = random.pick(["parameters", "treasury", "periphery", "tightening"] as const);
        const args = [ROLES[role], citizen().address];
        const delay = DELAYS[role] + random.integer(0, 5) * Number(DAY);
        return decision(name, phalaAuthority, phalaAuthorityAbi, name === "grantRole" ? [...args, delay] : args);
      }
      case "setTargetFunctionRole": {
        const selector = toFunctionSelector("setCeiling(uint256)");
        return decision(name, phalaAuthority, phalaAuthorityAbi, [
          contracts.workerRewards,
          [selector],
          ROLES.periphery,
        ]);
      }
      case "appoint": {
        const end = Number(now + 53n * DAY + BigInt(random.integer(10, 300)) * DAY);
        return decision(name, contracts.guardianMandate, guardianMandateAbi, [parameters.accounts.guardian, end]);
      }
      case "dismiss":
        return decision(name, contracts.guardianMandate, guardianMandateAbi, []);
    }
  }

  const ofVotes = (from: PrivateKeyAccount, name: string, ...args: readonly unknown[]) =>
    deed(from, votingVpha, votingVphaAbi, name, args, { what: `${name} votes` });
  const ofTreasury = (from: PrivateKeyAccount, name: string, args: readonly unknown[]) =>
    deed(from, treasury, treasuryAbi, name, args);
  const ofVeto = (from: PrivateKeyAccount, name: string, args: readonly unknown[], onDone?: Deed["onDone"]) =>
    deed(from, vetoLock, vetoLockAbi, name, args, { ...(onDone && { onDone }) });
  const ofGovernor = (
    from: PrivateKeyAccount,
    name: string,
    args: readonly unknown[],
    rest: Pick<Deed, "onDone" | "onFailed"> = {},
  ) => deed(from, phalaGovernor, phalaGovernorAbi, name, args, { what: `${name} by governor`, gas: GAS, ...rest });

  /** The multisig makes one call. It signs for its next number: one that fails leaves the number as it was. */
  async function byMultisig(
    call: { readonly to: Address; readonly data: Hex },
    what: string,
    rest: Pick<Deed, "onDone" | "onFailed"> = {},
  ): Promise<Deed[]> {
    multisig ??= await options.connect();
    const order = await multisig.order(bank, what, [call]);
    return [
      {
        ...order,
        ...rest,
        onFailed: () => {
          multisig = undefined;
          rest.onFailed?.();
        },
      },
    ];
  }

  const schedule = (made: Decision) =>
    byMultisig(
      {
        to: phalaAuthority,
        data: encodeFunctionData({
          ...{ abi: phalaAuthorityAbi, functionName: "schedule", args: [made.target, made.data, 0] },
        }),
      },
      "schedule",
      {
        onDone: (logs) => {
          const { operationId: id, nonce, schedule: readyAt } = scheduledIn(logs);
          const isExecuted = random.chance(0.7);
          past.push(made);
          operations.push({ ...made, id, nonce, readyAt: BigInt(readyAt), isExecuted, tries: 0 });
        },
      },
    );
  const execute = (operation: Operation) =>
    byMultisig(
      {
        to: phalaAuthority,
        data: encodeFunctionData({
          ...{ abi: phalaAuthorityAbi, functionName: "execute", args: [operation.target, operation.data] },
        }),
      },
      operation.name,
      {
        onDone: () => {
          remove(operations, operation);
          operation.onDone?.();
        },
        onFailed: () => {
          if (++operation.tries >= TRIES) remove(operations, operation);
        },
      },
    );
  const passed = ({ decision: { target, data }, description }: Ballot) =>
    [[target], [0n], [data], keccak256(toHex(description))] as const;
  const giveUp = (ballot: Ballot) => () => {
    if (++ballot.tries >= TRIES) remove(ballots, ballot);
  };
  /** The multisig's next number is one order's of a block. */
  let decidedAt = 0n;
  const isTaken = (now: bigint): boolean => {
    if (decidedAt === now) return true;
    decidedAt = now;
    return false;
  };

  const act = async (now: bigint): Promise<readonly Deed[]> => {
    const action = random.weighted(ACTIONS);
    const by = citizen();
    switch (action) {
      case "schedule": {
        // Now and then, what was decided before.
        const made = random.chance(0.1) && past.length > 0 ? random.pick(past) : decide(now);
        return made === undefined || isTaken(now) ? [] : schedule(made);
      }
      case "execute": {
        const ready = operations.find(({ readyAt, isExecuted }) => isExecuted && readyAt <= now);
        return ready === undefined || isTaken(now) ? [] : execute(ready);
      }
      case "cancel": {
        if (operations.length === 0 || isTaken(now)) return [];
        const operation = random.pick(operations);
        const args = [governance, operation.target, operation.data] as const;
        const data = encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "cancel", args });
        return byMultisig({ to: phalaAuthority, data }, action, { onDone: () => remove(operations, operation) });
      }
      case "lock":
        return some(operations, ({ id, nonce, target, data }) => {
          const amount = sized(random, ledger.sharesOf(by.address));
          const done = () => void locks.push({ id, nonce, by });
          return [ofVeto(by, action, [governance, target, data, amount], done)];
        });
      case "veto":
        // All that the citizens have, against one.
        return some(operations, ({ id, nonce, target, data }) => [
          ...citizens
            .filter((each) => ledger.sharesOf(each.address) > 0n)
            .map((each) => {
              const args = [governance, target, data, ledger.sharesOf(each.address)];
              return ofVeto(each, "lock", args, () => void locks.push({ id, nonce, by: each }));
            }),
          ofVeto(by, action, [governance, target, data]),
        ]);
      case "bar":
        // What is scheduled again soon after a veto.
        return some(operations, ({ target, data }) => [ofVeto(by, action, [governance, target, data])]);
      case "unlock":
        return some(locks, (lock) => [
          ofVeto(lock.by, action, [lock.id, lock.nonce, lock.by.address], (logs) => {
            // The first one of an operation that is gone only tells when its locks are free.
            if (logs.some(({ topics }) => topics[0] === UNLOCKED)) remove(locks, lock);
          }),
        ]);
      case "end":
        return some(locks, ({ id, nonce }) => [ofVeto(by, action, [id, nonce])]);
      case "propose": {
        const made = decide(now);
        if (made === undefined) return [];
        const description = `Proposal ${++counter}: ${made.name}`;
        const onDone: Deed["onDone"] = (logs) => {
          const { proposalId: id, voteStart, voteEnd } = proposedIn(logs);
          const state = "proposed";
          ballots.push({ decision: made, id, description, voteStart, voteEnd, voted: new Set(), state, tries: 0 });
        };
        return [ofGovernor(by, action, [[made.target], [0n], [made.data], description], { onDone })];
      }
      case "vote": {
        const open = ballots.filter(({ voteStart, voteEnd }) => voteStart < now && now <= voteEnd);
        return some(open, ({ id, voted }) => {
          const left = citizens.filter(({ address }) => !voted.has(address) && random.chance(0.7));
          return left.map((each) => {
            const onDone = () => void voted.add(each.address);
            const support = random.pick([1, 1, 1, 1, 0, 2]);
            return random.chance(0.3)
              ? ofGovernor(each, "castVoteWithReason", [id, support, `because ${++counter}`], { onDone })
              : ofGovernor(each, "castVote", [id, support], { onDone });
          });
        });
      }
      case "queue":
        return some(
          ballots.filter(({ state, voteEnd }) => state === "proposed" && voteEnd < now),
          (ballot) => {
            const onDone = () => void (ballot.state = "queued");
            return [ofGovernor(by, action, passed(ballot), { onDone, onFailed: giveUp(ballot) })];
          },
        );
      case "executeProposal":
        return some(
          ballots.filter(({ state }) => state === "queued"),
          (ballot) => {
            const onDone = () => {
              remove(ballots, ballot);
              ballot.decision.onDone?.();
            };
            // Before its time, it only fails.
            return [ofGovernor(by, "execute", passed(ballot), { onDone })];
          },
        );
      case "cancelProposal":
        return some(ballots, (ballot) => [
          ofGovernor(by, "cancel", passed(ballot), { onDone: () => remove(ballots, ballot) }),
        ]);
      case "wrap":
        return [
          ofVotes(by, "depositFor", random.pick(citizens).address, sized(random, ledger.sharesOf(by.address) / 4n)),
        ];
      case "unwrap":
        return [ofVotes(by, "withdrawTo", by.address, parseEther(String(random.integer(1, 500))))];
      case "transferVotes":
        return [ofVotes(by, "transfer", citizen().address, parseEther(String(random.integer(1, 500))))];
      case "delegate":
        return [ofVotes(by, action, random.chance(0.1) ? padHex("0x", { size: 20 }) : citizen().address)];
      case "pay":
        return some(budgets, ({ name, payee, total }) => [
          ofTreasury(payee, action, [name, citizen().address, sized(random, total / 5n) + 1n, ...reason()]),
        ]);
      case "release":
        return some(streams, ({ name }) => [ofTreasury(by, action, [name])]);
      case "collect":
        return [ofTreasury(by, action, [])];
      case "rejectSlash": {
        const open = options.slashes();
        if (open.length === 0 || isTaken(now)) return [];
        const args = [random.pick(open)] as const;
        const data = encodeFunctionData({ abi: slashingAbi, functionName: "reject", args });
        return byMultisig({ to: contracts.slashing, data }, "reject slash");
      }
      case "resign": {
        const guardian = stage.accountOf(parameters.accounts.guardian);
        return [deed(guardian, contracts.guardianMandate, guardianMandateAbi, action, [])];
      }
    }
  };

  return {
    accounts: [...citizens, bank, ...slashers].map(({ address }) => address),
    slasher: () => slasher,
    opening: () =>
      citizens.flatMap((each) => [
        deed(bank, contracts.pha, phaAbi, "transfer", [each.address, STAKE], { what: "buy" }),
        deed(each, vpha, vphaAbi, "deposit", [STAKE, each.address]),
        ...[vetoLock, votingVpha].map((spender) => deed(each, vpha, phaAbi, "approve", [spender, maxUint256])),
        ofVotes(each, "delegate", each.address),
        ofVotes(each, "depositFor", each.address, STAKE / 20n),
      ]),
    /** What is ready is executed soon, before it expires. */
    due: async (now) => {
      const late = operations.find(({ readyAt, isExecuted }) => isExecuted && readyAt + 2n * HOUR <= now);
      const gone = operations.filter(({ readyAt, isExecuted }) => !isExecuted && readyAt + 14n * DAY < now);
      for (const each of gone) remove(operations, each);
      return late === undefined || isTaken(now) ? [] : execute(late);
    },
    act,
    resume: () => {
      multisig = undefined;
      return Promise.resolve();
    },
  };
}

const UNLOCKED = encodeEventTopics({ abi: vetoLockAbi, eventName: "Unlocked" })[0];
const SCHEDULED = encodeEventTopics({ abi: phalaAuthorityAbi, eventName: "OperationScheduled" })[0];
const PROPOSED = encodeEventTopics({ abi: phalaGovernorAbi, eventName: "ProposalCreated" })[0];

/** The first log of the event with `topic`. */
function logOf(logs: readonly RawLog[], topic: Hex) {
  const log = logs.find(({ topics }) => topics[0] === topic);
  const [signature, ...rest] = log?.topics ?? [];
  if (log === undefined || signature === undefined) throw new Error(`there is no log of ${topic}`);
  const topics: [Hex, ...Hex[]] = [signature, ...rest];
  return { data: log.data, topics };
}

const scheduledIn = (logs: readonly RawLog[]) =>
  decodeEventLog({ abi: phalaAuthorityAbi, eventName: "OperationScheduled", ...logOf(logs, SCHEDULED) }).args;

const proposedIn = (logs: readonly RawLog[]) =>
  decodeEventLog({ abi: phalaGovernorAbi, eventName: "ProposalCreated", ...logOf(logs, PROPOSED) }).args;
