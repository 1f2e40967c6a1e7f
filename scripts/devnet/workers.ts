/**
 * A history of workers that could have happened, in its last weeks: operators buy and stake collateral, 40 machines come one
 * after the other, beat, attest again, earn and claim; some lapse and come back, one GPU moves to another machine, two are
 * proposed for a slash, the guardian switches an operator off for a day, some leave.
 *
 * Plays along with the stakers' history ({@link HistoryScript}): it has times of its own, and transactions in them.
 */
import { type Abi, type Address, type Hex, encodeFunctionData, keccak256, maxUint256, parseEther, toHex } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import {
  guardianMandateAbi,
  phaAbi,
  slashingAbi,
  tdxVerifierAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "../../deploy/generated/abis.ts";
import type { Contracts } from "../../deploy/modules/module.ts";
import type { ComputeParameters } from "../../deploy/parameters/compute.ts";
import { uploadsOf } from "../attestation/calls.ts";
import type { HistoryScript } from "./activity.ts";
import { devnetAuthority } from "./attestation.ts";
import type { Order } from "./broadcast.ts";
import { chainClient, devAccounts } from "./chain.ts";
import type { Multisig } from "./multisig.ts";
import { AHEAD, type Machine, type NamedBlock, createFleet, heartbeatOf, quoteOf, subjectOf } from "./fleet.ts";

const HOUR = 3_600n;
const DAY = 86_400n;

/** How long before the end the first machine comes: an exit (21 days) fits. */
const SPAN = 25n * DAY;
/** Between two heartbeats: leases last six hours. */
const BEAT = 5n * HOUR;
const STAKE = parseEther("150000");
const GAS = 2_000_000n;

const FAULT = { unavailability: 0, misreporting: 1 } as const;
const SWITCH_OPERATOR = 4;

/** Number of the account of the development mnemonic that relays heartbeats. */
const RELAY = 9;

/** What happens to single machines, by their numbers, in days after the first one came. */
const STORY = {
  /** Its power fails. */
  dark: { machine: 3, from: 9, to: 11 },
  /** Its attestation ends and nobody renews it. */
  unattested: { machine: 7, from: 4, to: 16 },
  /** Proposed for a slash it contradicts. */
  rebutted: { machine: 11, proposed: 8, rebutted: 9, rejected: 11 },
  /** Proposed for a slash that is executed; posts what it lacks then. */
  slashed: { machine: 12, proposed: 9, executed: 17, restored: 18 },
  leavers: [
    { machine: 1, requested: 2, finished: 24 },
    { machine: 21, requested: 20, finished: null },
    { machine: 30, requested: 22, finished: null },
  ],
  /** The guardian switches this operator off, and on again. */
  switched: { operator: 5, from: 13, to: 14 },
  /** A GPU of the first is built into the second. */
  moved: { from: 13, to: 14, at: 19, mended: 20 },
  /** Posts more than it needs and takes some back. */
  surplus: { machine: 2, added: 6, withdrawn: 8 },
} as const;

interface Worker {
  readonly machine: Machine;
  gpuIds: readonly Hex[];
  /** Unix second in which it comes. */
  readonly joins: bigint;
  isRegistered: boolean;
  hasLeft: boolean;
  validUntil: bigint;
}

interface Act {
  readonly at: bigint;
  readonly make: () => Order[] | Promise<Order[]>;
}

export interface WorkersTarget {
  readonly contracts: Contracts;
  readonly parameters: {
    readonly accounts: { readonly slasher: Address; readonly guardian: Address };
    readonly compute: Pick<ComputeParameters, "models">;
  };
}

/** The script of a history that ends at `to`; none if that is too short for it. */
export async function scriptWorkers(options: {
  readonly url: string;
  readonly manifest: WorkersTarget;
  readonly from: bigint;
  readonly to: bigint;
  /** Has the PHA that operators buy. */
  readonly bank: PrivateKeyAccount;
  /** Judges slashes. */
  readonly multisig: Multisig;
  /** Signs for the accounts of the parameters. */
  readonly accountOf: (address: Address) => PrivateKeyAccount;
}): Promise<HistoryScript | undefined> {
  if (options.to - options.from < SPAN + DAY) return undefined;
  const client = chainClient(options.url);
  return new WorkersScript(options, client, await client.getChainId());
}

class WorkersScript implements HistoryScript {
  readonly accounts: readonly Address[];
  readonly times: readonly bigint[];
  readonly #options: Parameters<typeof scriptWorkers>[0];
  readonly #client: ReturnType<typeof chainClient>;
  readonly #chainId: number;
  /** Sends what anybody may send. */
  readonly #relay: PrivateKeyAccount;
  readonly #begin: bigint;
  readonly #workers: readonly Worker[];
  readonly #operators: readonly PrivateKeyAccount[];
  readonly #acts: Act[];
  readonly #platforms = new Set<unknown>();
  #nextBeat: bigint;

  constructor(options: Parameters<typeof scriptWorkers>[0], client: ReturnType<typeof chainClient>, chainId: number) {
    this.#options = options;
    this.#client = client;
    this.#chainId = chainId;
    const [relay] = devAccounts(RELAY, 1);
    if (relay === undefined) throw new Error("there is no relay");
    this.#relay = relay;
    const fleet = createFleet();
    this.#begin = options.to - SPAN;
    this.#nextBeat = this.#begin;
    this.#workers = fleet.map((machine, i) => ({
      machine,
      gpuIds: machine.gpuIds,
      // Two thirds in the first day, the others over twelve.
      joins: this.#begin + 2n * HOUR + (i < 26 ? BigInt(i) * 1_800n : BigInt(i - 25) * 20n * HOUR),
      isRegistered: false,
      hasLeft: false,
      validUntil: 0n,
    }));
    this.#operators = [...new Map(fleet.map(({ operator }) => [operator.address, operator])).values()];
    this.#acts = this.#story().sort((a, b) => Number(a.at - b.at));
    this.accounts = [
      ...this.#operators.map(({ address }) => address),
      ...[options.manifest.parameters.accounts.slasher, options.manifest.parameters.accounts.guardian],
      this.#relay.address,
    ];
    const times: bigint[] = [];
    for (let at = this.#begin; at < options.to; at += BEAT) times.push(at, at + 12n);
    this.times = times;
  }

  /** What is due at `now`. */
  async orders(now: bigint): Promise<Order[]> {
    if (now < this.#begin) return [];
    const orders: Order[] = [];
    while (this.#acts[0] !== undefined && this.#acts[0].at <= now) {
      orders.push(...((await this.#acts.shift()?.make()) ?? []));
    }
    if (orders.length !== 0) return orders;
    const { number, hash } = await this.#client.getBlock();
    const block = { number, hash };
    const joining = this.#workers.filter(({ joins, isRegistered }) => !isRegistered && joins <= now).slice(0, 4);
    if (joining.length !== 0) return joining.map((worker) => this.#attest(worker, block, now));
    if (now < this.#nextBeat) return [];
    this.#nextBeat = now + BEAT - HOUR;
    const expiring = this.#workers.filter(
      (worker) =>
        this.#isUp(worker) &&
        worker.validUntil < now + AHEAD &&
        !this.#isWithin(worker, "unattested", now) &&
        !this.#isSwitchedOff(worker, now),
    );
    return [
      ...expiring.slice(0, 8).map((worker) => this.#attest(worker, block, now)),
      ...(await this.#beat(block, now)),
      ...(await this.#claims(now)),
    ];
  }

  #isUp({ isRegistered, hasLeft }: Worker): boolean {
    return isRegistered && !hasLeft;
  }

  #isWithin({ machine }: Worker, chapter: "dark" | "unattested", now: bigint): boolean {
    const { machine: index, from, to } = STORY[chapter];
    return machine.index === index && now >= this.#day(from) && now < this.#day(to);
  }

  #isSwitchedOff({ machine }: Worker, now: bigint): boolean {
    const { operator, from, to } = STORY.switched;
    return machine.operator === this.#operators[operator] && now >= this.#day(from) && now <= this.#day(to) + HOUR;
  }

  #day(days: number): bigint {
    return this.#begin + BigInt(days) * DAY;
  }

  #worker(index: number): Worker {
    const worker = this.#workers[index];
    if (worker === undefined) throw new Error(`there is no worker ${index}`);
    return worker;
  }

  /** `register`, or `reattest` for whoever is there. */
  #attest(worker: Worker, block: NamedBlock, now: bigint): Order {
    const { machine } = worker;
    const { workerRegistry, attestationRegistry } = this.#options.manifest.contracts;
    const subject = subjectOf(machine, worker.gpuIds);
    const isKnown = this.#platforms.has(machine.platform);
    this.#platforms.add(machine.platform);
    const quote = quoteOf(machine, subject, block, { chainId: this.#chainId, registry: attestationRegistry, isKnown });
    worker.validUntil = now + 7n * DAY;
    if (worker.isRegistered) {
      const data = encodeFunctionData({ abi: workerRegistryAbi, functionName: "reattest", args: [subject, quote] });
      return this.#order(this.#relay, workerRegistry, data, "reattest");
    }
    worker.isRegistered = true;
    const model = this.#options.manifest.parameters.compute.models.find(({ name }) => name === machine.model);
    if (model === undefined) throw new Error(`the catalog has no ${machine.model}`);
    const collateral = parseEther(model.collateral) * BigInt(worker.gpuIds.length);
    const args = [subject, quote, collateral] as const;
    const data = encodeFunctionData({ abi: workerRegistryAbi, functionName: "register", args });
    return this.#order(machine.operator, workerRegistry, data, "register");
  }

  async #beat(block: NamedBlock, now: bigint): Promise<Order[]> {
    const beating = this.#workers.filter(
      (worker) => this.#isUp(worker) && worker.validUntil > now && !this.#isWithin(worker, "dark", now),
    );
    if (beating.length === 0) return [];
    const { workerRewards } = this.#options.manifest.contracts;
    const machines = beating.map(({ machine }) => machine);
    const args = await heartbeatOf(machines, block, { chainId: this.#chainId, rewards: workerRewards });
    const data = encodeFunctionData({ abi: workerRewardsAbi, functionName: "heartbeat", args });
    return [this.#order(this.#relay, workerRewards, data, "heartbeat")];
  }

  /** Every operator claims about every three days, unless deposits are paused. */
  async #claims(now: bigint): Promise<Order[]> {
    const { workerRewards, vpha } = this.#options.manifest.contracts;
    const turn = Number((now - this.#begin) / BEAT);
    const operator = this.#operators[turn % (2 * this.#operators.length)];
    if (operator === undefined || turn < this.#operators.length) return [];
    const pausedUntil = await this.#read(vpha, vphaAbi, "depositsPausedUntil", []);
    const own = this.#workers.filter(({ machine, isRegistered }) => isRegistered && machine.operator === operator);
    const keys = own.map(({ machine }) => machine.key.address);
    const due = await Promise.all(keys.map((key) => this.#read(workerRewards, workerRewardsAbi, "rewardsOf", [key])));
    if (BigInt(String(pausedUntil)) > now || due.every((amount) => amount === 0n)) return [];
    const args = [keys, operator.address] as const;
    const data = encodeFunctionData({ abi: workerRewardsAbi, functionName: "claim", args });
    return [this.#order(operator, workerRewards, data, "claim rewards")];
  }

  #read(address: Address, abi: Abi, functionName: string, args: readonly unknown[]): Promise<unknown> {
    return this.#client.readContract({ address, abi, functionName, args });
  }

  #order(from: PrivateKeyAccount, to: Address, data: Hex, what: string): Order {
    return { from, to, data, what, gas: GAS };
  }

  /** What officers and single operators do. */
  #story(): Act[] {
    const { contracts, parameters } = this.#options.manifest;
    const { pha, vpha, workerRegistry, slashing, tdxVerifier, guardianMandate } = contracts;
    const { accountOf, bank, multisig } = this.#options;
    const [slasher, guardian] = [accountOf(parameters.accounts.slasher), accountOf(parameters.accounts.guardian)];
    const acts: Act[] = [];
    const at = (time: bigint, make: Act["make"]) => acts.push({ at: time, make });
    const registry = (index: number, functionName: RegistryFunction, ...rest: readonly unknown[]) => {
      const { key, operator } = this.#worker(index).machine;
      const args = [key.address, ...rest];
      const abi: Abi = workerRegistryAbi;
      const data = encodeFunctionData({ abi, functionName, args });
      return [this.#order(operator, workerRegistry, data, functionName)];
    };

    // The authority's documents of that day, and what the operators stake.
    at(this.#begin, () => {
      const authority = devnetAuthority();
      const issued = Number(this.#begin - (this.#begin % DAY));
      const dates = { thisUpdate: issued, nextUpdate: issued + 30 * Number(DAY) };
      const uploads = uploadsOf(authority.collateral({ issued, rootCrl: dates, pckCrl: dates }));
      return [
        ...uploads.map(({ functionName, args }) =>
          this.#order(
            this.#relay,
            tdxVerifier,
            encodeFunctionData({ abi: tdxVerifierAbi, functionName, args }),
            functionName,
          ),
        ),
        ...this.#operators.map(({ address }) =>
          this.#order(
            bank,
            pha,
            encodeFunctionData({ abi: phaAbi, functionName: "transfer", args: [address, STAKE] }),
            "buy",
          ),
        ),
      ];
    });
    at(this.#begin + HOUR, () =>
      this.#operators.flatMap((operator) => {
        const approve = (spender: Address) =>
          encodeFunctionData({ abi: phaAbi, functionName: "approve", args: [spender, maxUint256] });
        const deposit = encodeFunctionData({ abi: vphaAbi, functionName: "deposit", args: [STAKE, operator.address] });
        return [
          this.#order(operator, pha, approve(vpha), "approve"),
          this.#order(operator, vpha, deposit, "deposit"),
          this.#order(operator, vpha, approve(workerRegistry), "approve"),
        ];
      }),
    );

    for (const { machine, requested, finished } of STORY.leavers) {
      at(this.#day(requested), () => {
        this.#worker(machine).hasLeft = true;
        return registry(machine, "requestExit");
      });
      if (finished !== null) {
        at(this.#day(finished), () => registry(machine, "finishExit", this.#worker(machine).machine.operator.address));
      }
    }
    const { surplus, moved, switched, rebutted, slashed } = STORY;
    at(this.#day(surplus.added), () => registry(surplus.machine, "addCollateral", parseEther("3000")));
    at(this.#day(surplus.withdrawn), () => registry(surplus.machine, "withdraw", parseEther("2000")));
    at(this.#day(slashed.restored), () => registry(slashed.machine, "addCollateral", parseEther("3000")));

    // The GPU is taken out of one machine and named by the other; the first attests anew without it a day later.
    const namedBy = (index: number, gpuIds: (worker: Worker) => readonly Hex[]) => async () => {
      const worker = this.#worker(index);
      worker.gpuIds = gpuIds(worker);
      const { number, hash, timestamp } = await this.#client.getBlock();
      return [this.#attest(worker, { number, hash }, timestamp)];
    };
    const gpu = this.#worker(moved.from).gpuIds[0];
    if (gpu === undefined) throw new Error("the machine has no GPU");
    at(
      this.#day(moved.at),
      namedBy(moved.to, (worker) => [gpu, ...worker.gpuIds.slice(1)]),
    );
    at(
      this.#day(moved.mended),
      namedBy(moved.from, (worker) => worker.gpuIds.filter((id) => id !== gpu)),
    );

    const switchedOperator = this.#operators[switched.operator];
    if (switchedOperator === undefined) throw new Error("there is no such operator");
    const id: Hex = `0x${switchedOperator.address.slice(2)}${"0".repeat(24)}`;
    const until = Number(this.#day(switched.to) + DAY);
    at(this.#day(switched.from), () => {
      const args = [SWITCH_OPERATOR, id, until] as const;
      const data = encodeFunctionData({ abi: guardianMandateAbi, functionName: "switchOff", args });
      return [this.#order(guardian, guardianMandate, data, "switchOff")];
    });
    at(this.#day(switched.to), () => {
      const args = [SWITCH_OPERATOR, id] as const;
      const data = encodeFunctionData({ abi: guardianMandateAbi, functionName: "liftOwnSwitch", args });
      return [this.#order(guardian, guardianMandate, data, "liftOwnSwitch")];
    });

    const propose = (index: number, fault: number, amount: string, bounty: string) => () => {
      const { key } = this.#worker(index).machine;
      const evidence = `devnet evidence against machine ${index}`;
      const args = [
        key.address,
        fault,
        parseEther(amount),
        parseEther(bounty),
        this.#relay.address,
        Number(this.#begin + 7n * DAY),
        keccak256(toHex(evidence)),
        `ipfs://devnet/evidence-${index}`,
      ] as const;
      const data = encodeFunctionData({ abi: slashingAbi, functionName: "propose", args });
      return [this.#order(slasher, slashing, data, "propose slash")];
    };
    /** The proposal about a machine, as the chain has it. */
    const proposalOf = async (index: number) => {
      const [event] = await this.#client.getContractEvents({
        address: slashing,
        abi: slashingAbi,
        eventName: "SlashProposed",
        args: { worker: this.#worker(index).machine.key.address },
        fromBlock: 0n,
        strict: true,
      });
      if (event === undefined) throw new Error(`machine ${index} was not proposed`);
      return event.args.proposal;
    };
    at(this.#day(rebutted.proposed), propose(rebutted.machine, FAULT.unavailability, "50", "5"));
    at(this.#day(rebutted.rebutted), async () => {
      const args = [
        await proposalOf(rebutted.machine),
        keccak256(toHex("devnet rebuttal")),
        "ipfs://devnet/rebuttal",
      ] as const;
      const data = encodeFunctionData({ abi: slashingAbi, functionName: "rebut", args });
      return [this.#order(this.#worker(rebutted.machine).machine.operator, slashing, data, "rebut slash")];
    });
    at(this.#day(rebutted.rejected), async () => {
      const args = [await proposalOf(rebutted.machine)] as const;
      const data = encodeFunctionData({ abi: slashingAbi, functionName: "reject", args });
      return [await multisig.order(bank, "reject slash", [{ to: slashing, data }])];
    });
    at(this.#day(slashed.proposed), propose(slashed.machine, FAULT.misreporting, "500", "50"));
    at(this.#day(slashed.executed), async () => {
      const args = [await proposalOf(slashed.machine)] as const;
      const data = encodeFunctionData({ abi: slashingAbi, functionName: "execute", args });
      return [this.#order(this.#relay, slashing, data, "execute slash")];
    });
    return acts;
  }
}

type RegistryFunction = "requestExit" | "finishExit" | "addCollateral" | "withdraw";
