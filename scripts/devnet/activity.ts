/**
 * A history of the suite that could have happened: holders join over time, stake, transfer, unstake, change their minds,
 * claim; somebody harvests, income comes in, streams are pulled, the guardian pauses deposits once.
 *
 * The same seed on the same chain gives the same transactions. None of them fails: what each account owns is followed from
 * the logs of every block ({@link Ledger}), and nobody uses in a block what he gets in it.
 */
import { type Address, type Hex, encodeFunctionData, isAddressEqual, maxUint256, parseSignature } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import {
  emissionVaultAbi,
  guardianMandateAbi,
  merkleDistributorAbi,
  phaAbi,
  treasuryAbi,
  vphaAbi,
  workerRewardsAbi,
} from "../../deploy/generated/abis.ts";
import { STREAMS, type Stream } from "../../model/emission.ts";
import { Broadcaster, type Order } from "./broadcast.ts";
import { chainClient, devAccounts } from "./chain.ts";
import { Ledger, type RawLog } from "./ledger.ts";
import { type Random, createRandom } from "./random.ts";

/** The stakers are accounts of the development mnemonic from this number on. */
export const FIRST_STAKER = 100;

/** What the history needs to know of a deployment; all accounts are among the first of the development mnemonic. */
export interface HistoryTarget {
  readonly contracts: {
    readonly pha: Address;
    readonly vpha: Address;
    readonly emissionVault: Address;
    readonly workerRewards: Address;
    readonly guardianMandate: Address;
    readonly treasury: Address;
    readonly merkleDistributor: Address | null;
  };
  readonly parameters: {
    readonly accounts: {
      readonly guardian: Address;
      readonly reserve: Address;
      readonly privateSale: Address;
      readonly otherRewards: Address;
    };
  };
}

/** A leaf of the distributor's tree, with its proof. */
export interface HistoryClaim {
  readonly index: bigint;
  readonly account: Address;
  readonly amount: bigint;
  readonly proof: readonly Hex[];
}

/** Somebody else's part in a history: at its own times, and in the other blocks, it says what it sends. */
export interface HistoryScript {
  /** Who sends it. */
  readonly accounts: readonly Address[];
  /** Unix seconds of blocks that there should be, in order. */
  readonly times: readonly bigint[];
  /** What it sends in the block at `now`; the chain is at the block before. */
  orders(now: bigint): Promise<Order[]>;
}

/** Several scripts as one; each sends after those before it. */
export function together(scripts: readonly (HistoryScript | undefined)[]): HistoryScript | undefined {
  const parts = scripts.filter((script) => script !== undefined);
  if (parts.length === 0) return undefined;
  return {
    accounts: parts.flatMap(({ accounts }) => accounts),
    times: parts.flatMap(({ times }) => times).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
    async orders(now) {
      const orders: Order[] = [];
      for (const part of parts) orders.push(...(await part.orders(now)));
      return orders;
    },
  };
}

/** What a script is written from. */
export interface ScriptContext {
  readonly from: bigint;
  readonly to: bigint;
  readonly bank: PrivateKeyAccount;
  /** An account of the development mnemonic. */
  readonly accountOf: (address: Address) => PrivateKeyAccount;
}

export interface HistoryOptions {
  readonly url: string;
  readonly manifest: HistoryTarget;
  readonly seed: number;
  /** Unix seconds of the first block; later than the chain's last. Default: 12 seconds after that. */
  readonly from?: bigint;
  /** Unix seconds of the last block. Default: now. */
  readonly to?: bigint;
  readonly stakers?: number;
  /** About how many transactions; a few more or less are made. */
  readonly transactions?: number;
  /** Airdrop claims to be made on the way. */
  readonly claims?: readonly HistoryClaim[];
  /** Who else takes part. */
  readonly script?: (context: ScriptContext) => Promise<HistoryScript | undefined>;
  readonly onProgress?: (progress: { done: number; total: number; timestamp: bigint }) => void;
}

export interface HistorySummary {
  readonly transactions: number;
  readonly blocks: number;
  /** Transactions by what they did. */
  readonly kinds: Readonly<Record<string, number>>;
}

const PHA = 10n ** 18n;
/** Of which most is staked: 237 million would give the reference yield, 135,000 · 40 % · 365 / 8.31 %. */
const CIRCULATION = 300_000_000n * PHA;
const SLOT = 12n;
const PER_BLOCK = 12;
const DAY = 86_400n;
/** Of the contract: between two pauses, and the least income. */
const GAP = 21n * DAY;
const MIN_FUNDING = 1_000n * PHA;

export const PERMIT = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
} as const;

/** Plays a history into the chain at `url` and returns when its last block is mined. */
export async function playHistory(options: HistoryOptions): Promise<HistorySummary> {
  const chain = await Broadcaster.connect(options.url);
  const automine = await chain.request<boolean>("anvil_getAutomine", []);
  await chain.request("evm_setAutomine", [false]);
  try {
    const history = await History.prepare(chain, options);
    return await history.play();
  } finally {
    if (automine) await chain.request("evm_setAutomine", [true]);
  }
}

/** One account of the history, and what the ledger does not know of it. */
interface Actor {
  readonly account: PrivateKeyAccount;
  readonly address: Address;
  /** Unix seconds from which it takes part. */
  readonly joins: bigint;
  /** Wei that it buys when it joins. */
  readonly purchase: bigint;
  hasJoined: boolean;
  hasStaked: boolean;
  hasApproved: boolean;
  permits: bigint;
  operator: Actor | undefined;
}

/** Those who do what only they may do; the bank is whoever holds most of what circulates. */
type Officer = "bank" | "guardian" | "otherRewards";

type Kind = keyof typeof ACTIONS;

/** What a staker does next, by weight; what is not possible at the moment is left out. */
const ACTIONS = {
  deposit: 24,
  depositWithPermit: 9,
  mint: 4,
  transferShares: 12,
  transferAssets: 10,
  requestRedeem: 17,
  requestByOperator: 2,
  cancelRedeem: 5,
  claim: 10,
  redeem: 3,
  withdraw: 3,
  setOperator: 2,
  burn: 1,
  harvest: 2,
} as const;

const KINDS = Object.keys(ACTIONS).filter((name): name is Kind => Object.hasOwn(ACTIONS, name));

/** The weights that `of` gives. */
function mapKinds(of: (kind: Kind) => number): Record<Kind, number> {
  const weights: Record<Kind, number> = { ...ACTIONS };
  for (const kind of KINDS) weights[kind] = of(kind);
  return weights;
}

class History {
  readonly #chain: Broadcaster;
  readonly #options: HistoryOptions;
  readonly #random: Random;
  readonly #ledger: Ledger;
  readonly #times: readonly bigint[];
  readonly #actors: readonly Actor[];
  readonly #officers: Readonly<Record<Officer, PrivateKeyAccount>>;
  readonly #chainId: number;
  #script: HistoryScript | undefined;
  /** What happens once its time has come, whoever else acts in that block. */
  readonly #agenda: { readonly at: bigint; readonly orders: (now: bigint) => Order[] }[] = [];
  readonly #kinds: Record<string, number> = {};
  #pausedUntil = 0n;
  /** What the bank has promised in the block that is being made. */
  #spent = 0n;

  private constructor(
    chain: Broadcaster,
    options: HistoryOptions,
    random: Random,
    ledger: Ledger,
    times: readonly bigint[],
    actors: readonly Actor[],
    officers: Readonly<Record<Officer, PrivateKeyAccount>>,
    chainId: number,
  ) {
    this.#chain = chain;
    this.#options = options;
    this.#random = random;
    this.#ledger = ledger;
    this.#times = times;
    this.#actors = actors;
    this.#officers = officers;
    this.#chainId = chainId;
  }

  static async prepare(chain: Broadcaster, options: HistoryOptions): Promise<History> {
    const { contracts, parameters } = options.manifest;
    const random = createRandom(options.seed);
    const client = chainClient(options.url);
    const latest = await chain.latestBlock();
    const from = options.from ?? latest.timestamp + SLOT;
    const to = options.to ?? BigInt(Math.floor(Date.now() / 1000));
    if (from <= latest.timestamp || to < from) {
      throw new Error(
        `a history from ${from} to ${to} does not fit after the chain's last block, of ${latest.timestamp}`,
      );
    }

    const logs = await chain.request<RawLog[]>("eth_getLogs", [
      { fromBlock: "0x0", toBlock: "latest", address: [contracts.pha, contracts.vpha] },
    ]);
    const ledger = new Ledger(contracts);
    ledger.record(logs);

    const bank =
      ledger.assetsOf(parameters.accounts.reserve) > ledger.assetsOf(parameters.accounts.privateSale)
        ? parameters.accounts.reserve
        : parameters.accounts.privateSale;
    const officers = officersOf(options.manifest, bank);

    const stakers = options.stakers ?? 200;
    const transactions = options.transactions ?? stakers * 22;
    const budget = minimum((ledger.assetsOf(bank) * 8n) / 10n, CIRCULATION);
    const accounts = devAccounts(FIRST_STAKER, stakers);
    const addresses = [...new Set([...accounts, ...Object.values(officers)].map(({ address }) => address))];
    await chain.prepare(addresses);
    const permits = await Promise.all(
      accounts.map(({ address }) =>
        client.readContract({ address: contracts.pha, abi: phaAbi, functionName: "nonces", args: [address] }),
      ),
    );

    // A few hold most, as everywhere.
    const sizes = accounts.map(() => Math.exp(3 * (random.next() + random.next() + random.next())));
    const sum = sizes.reduce((total, size) => total + size, 0);
    const actors = accounts.map((account, i): Actor => ({
      account,
      address: account.address,
      // Most come early, the first at once, the last after four fifths of the time.
      joins: i === 0 ? from : from + random.part(to - from, 0, 0.8 * random.next()),
      purchase: (budget * BigInt(Math.floor(((sizes[i] ?? 0) / sum) * 1e12))) / 10n ** 12n,
      hasJoined: false,
      hasStaked: false,
      hasApproved: false,
      permits: permits[i] ?? 0n,
      operator: undefined,
    }));

    const accountOf = (address: Address) => {
      const found = devAccounts(0, 100).find((account) => isAddressEqual(account.address, address));
      if (found === undefined) throw new Error(`${address} is not an account of the development mnemonic`);
      return found;
    };
    const script = await options.script?.({ from, to, bank: officers.bank, accountOf });
    if (script !== undefined)
      await chain.prepare([...new Set(script.accounts)].filter((one) => !addresses.includes(one)));
    const times = timesOf(random, from, to, Math.ceil(transactions / PER_BLOCK));
    const history = new History(chain, options, random, ledger, times, actors, officers, await client.getChainId());
    const pausedUntil = await client.readContract({
      address: contracts.vpha,
      abi: vphaAbi,
      functionName: "depositsPausedUntil",
    });
    history.#script = script;
    history.#pausedUntil = pausedUntil;
    const sinks = await Promise.all(
      STREAMS.map((_, stream) =>
        client.readContract({
          address: contracts.emissionVault,
          abi: emissionVaultAbi,
          functionName: "sinkOf",
          args: [stream],
        }),
      ),
    );
    history.#fillAgenda(from, to, (stream, account) => sinks[STREAMS.indexOf(stream)] === account);
    return history;
  }

  async play(): Promise<HistorySummary> {
    const total = this.#options.transactions ?? this.#actors.length * 22;
    let done = 0;
    let blocks = 0;
    const stakersTimes = new Set(this.#times);
    const all = [...new Set([...this.#times, ...(this.#script?.times ?? [])])].sort((a, b) => (a < b ? -1 : 1));
    let left = this.#times.length;
    for (const timestamp of all) {
      const scripted = (await this.#script?.orders(timestamp)) ?? [];
      const orders: Order[] = [];
      if (stakersTimes.has(timestamp)) {
        const average = (total - done) / left;
        const isLast = left-- === 1;
        const wanted = isLast ? total - done : Math.round(average * (0.4 + 1.2 * this.#random.next()));
        orders.push(...(await this.#block(timestamp, Math.min(wanted, 4 * PER_BLOCK))));
        done += orders.length;
      } else if (scripted.length === 0) continue;
      // Stakers first: what the script sends may need more gas than a block has left.
      const mined = [...orders, ...scripted];
      const receipts = await this.#chain.mine(mined, timestamp);
      for (const receipt of receipts) this.#ledger.record(receipt.logs);
      for (const { what } of mined) this.#kinds[what] = (this.#kinds[what] ?? 0) + 1;
      blocks += 1;
      this.#options.onProgress?.({ done, total, timestamp });
    }
    const transactions = Object.values(this.#kinds).reduce((sum, count) => sum + count, 0);
    return { transactions, blocks, kinds: this.#kinds };
  }

  /** About `wanted` orders for the block at `now`. */
  async #block(now: bigint, wanted: number): Promise<Order[]> {
    this.#spent = 0n;
    const orders: Order[] = [];
    while (this.#agenda[0] !== undefined && this.#agenda[0].at <= now) {
      orders.push(...(this.#agenda.shift()?.orders(now) ?? []));
    }
    for (const actor of this.#actors) {
      // Whoever joins can act from the next block on.
      if (orders.length >= wanted) break;
      if (!actor.hasJoined && actor.joins <= now) orders.push(...this.#join(actor));
    }
    const members = this.#actors.filter(
      (actor) => actor.hasJoined && this.#ledger.assetsOf(actor.address) + this.#ledger.sharesOf(actor.address) > 0n,
    );
    const busy = new Set<Actor>();
    for (let tries = 0; orders.length < wanted && members.length > 0 && tries < 4 * wanted; tries++) {
      const actor = this.#random.pick(members);
      if (busy.has(actor)) continue;
      const made = await this.#act(actor, members, busy, now);
      if (made.length > 0) busy.add(actor);
      orders.push(...made);
    }
    return orders;
  }

  async #act(actor: Actor, members: readonly Actor[], busy: Set<Actor>, now: bigint): Promise<Order[]> {
    const { contracts } = this.#options.manifest;
    const assets = this.#ledger.assetsOf(actor.address);
    const shares = this.#ledger.sharesOf(actor.address);
    const requests = this.#ledger.requestsOf(actor.address);
    const matured = requests.filter(({ maturity }) => maturity <= now);
    const waiting = requests.filter(({ maturity }) => maturity > now);
    const open = now >= this.#pausedUntil;
    const random = this.#random;
    const operator = actor.operator;
    const possible: Readonly<Record<Kind, boolean>> = {
      deposit: open && assets > 10n * PHA,
      depositWithPermit: open && assets > 10n * PHA,
      mint: open && assets > 10n * PHA,
      transferShares: shares > PHA,
      transferAssets: assets > PHA,
      requestRedeem: shares > PHA,
      requestByOperator: shares > PHA && operator !== undefined && !busy.has(operator),
      cancelRedeem: open && waiting.length > 0,
      claim: matured.length > 0,
      redeem: matured.length > 0,
      withdraw: matured.length > 0,
      setOperator: operator === undefined,
      burn: assets > 100n * PHA,
      harvest: true,
    };
    // Whoever has spent nearly all buys again now and then.
    if (assets < 100n * PHA && random.chance(0.3)) return this.#buy(actor);
    const stakesFirst = !actor.hasStaked && possible.deposit;
    const weight = (kind: Kind) => (possible[kind] ? ACTIONS[kind] : 0);
    const kind = stakesFirst
      ? random.pick(["deposit", "depositWithPermit"] as const)
      : random.weighted(mapKinds(weight));
    actor.hasStaked ||= stakesFirst;
    const stake = () => round(random, random.part(assets, stakesFirst ? 0.7 : 0.1, stakesFirst ? 0.98 : 0.7));
    const vpha = (data: Hex): Order[] => [{ from: actor.account, to: contracts.vpha, data, what: kind }];
    const pha = (data: Hex): Order[] => [{ from: actor.account, to: contracts.pha, data, what: kind }];
    switch (kind) {
      case "deposit": {
        const args = [stake(), actor.address] as const;
        return [...this.#approve(actor), ...vpha(encodeFunctionData({ abi: vphaAbi, functionName: "deposit", args }))];
      }
      case "mint": {
        // Far below what the assets could buy, whatever the price.
        const args = [round(random, random.part(assets, 0.05, 0.4)), actor.address] as const;
        return [...this.#approve(actor), ...vpha(encodeFunctionData({ abi: vphaAbi, functionName: "mint", args }))];
      }
      case "depositWithPermit":
        return this.#depositWithPermit(actor, stake(), now);
      case "transferShares":
      case "transferAssets": {
        const balance = kind === "transferShares" ? shares : assets;
        const receiver = random.pick(members).address;
        const args = [receiver, round(random, random.part(balance, 0.01, 0.3))] as const;
        const data = encodeFunctionData({ abi: phaAbi, functionName: "transfer", args });
        return kind === "transferShares" ? vpha(data) : pha(data);
      }
      case "requestRedeem":
      case "requestByOperator": {
        const amount = random.chance(0.05) ? shares : round(random, random.part(shares, 0.02, 0.35));
        const args = [amount, actor.address, actor.address] as const;
        const data = encodeFunctionData({ abi: vphaAbi, functionName: "requestRedeem", args });
        if (kind === "requestRedeem" || operator === undefined) return vpha(data);
        busy.add(operator);
        return [{ from: operator.account, to: contracts.vpha, data, what: kind }];
      }
      case "cancelRedeem": {
        const args = [random.pick(waiting).id] as const;
        return vpha(encodeFunctionData({ abi: vphaAbi, functionName: "cancelRedeem", args }));
      }
      case "claim": {
        const ids = matured.slice(0, random.integer(1, Math.min(matured.length, 5))).map(({ id }) => id);
        const args = [ids, actor.address] as const;
        return vpha(encodeFunctionData({ abi: vphaAbi, functionName: "claim", args }));
      }
      case "redeem": {
        // In part or in full: the walk pays the oldest first.
        const [oldest] = matured;
        if (oldest === undefined) return [];
        const amount = random.chance(0.5) ? oldest.shares : random.part(oldest.shares, 0.2, 0.9);
        const args = [maximum(amount, 1n), actor.address, actor.address] as const;
        return vpha(encodeFunctionData({ abi: vphaAbi, functionName: "redeem", args }));
      }
      case "withdraw": {
        const claimable = matured.slice(0, 5).reduce((sum, request) => sum + request.assets, 0n);
        const args = [maximum(random.part(claimable, 0.2, 1), 1n), actor.address, actor.address] as const;
        return vpha(encodeFunctionData({ abi: vphaAbi, functionName: "withdraw", args }));
      }
      case "setOperator": {
        const chosen = random.pick(members);
        if (chosen === actor) return [];
        actor.operator = chosen;
        const args = [chosen.address, true] as const;
        return vpha(encodeFunctionData({ abi: vphaAbi, functionName: "setOperator", args }));
      }
      case "burn": {
        const args = [random.part(assets, 0.0001, 0.002)] as const;
        return pha(encodeFunctionData({ abi: phaAbi, functionName: "burn", args }));
      }
      case "harvest":
        return vpha(encodeFunctionData({ abi: vphaAbi, functionName: "harvest" }));
    }
  }

  #join(actor: Actor): Order[] {
    actor.hasJoined = true;
    return this.#buy(actor, actor.purchase);
  }

  /** PHA from the bank: bought on an exchange, say. */
  #buy(actor: Actor, amount = this.#random.part(actor.purchase, 0.1, 0.5)): Order[] {
    const bank = this.#officers.bank;
    const left = this.#ledger.assetsOf(bank.address) - this.#spent;
    if (amount === 0n || amount > left) return [];
    this.#spent += amount;
    return [this.#transfer(bank, actor.address, amount, "buy")];
  }

  #transfer(from: PrivateKeyAccount, to: Address, amount: bigint, what: string): Order {
    const data = encodeFunctionData({ abi: phaAbi, functionName: "transfer", args: [to, amount] });
    return { from, to: this.#options.manifest.contracts.pha, data, what };
  }

  /** An unlimited allowance, the first time. */
  #approve(actor: Actor): Order[] {
    if (actor.hasApproved) return [];
    actor.hasApproved = true;
    return [this.#unlimited(actor.account)];
  }

  #unlimited(from: PrivateKeyAccount): Order {
    const { pha, vpha } = this.#options.manifest.contracts;
    const data = encodeFunctionData({ abi: phaAbi, functionName: "approve", args: [vpha, maxUint256] });
    return { from, to: pha, data, what: "approve" };
  }

  async #depositWithPermit(actor: Actor, assets: bigint, now: bigint): Promise<Order[]> {
    const { pha, vpha } = this.#options.manifest.contracts;
    const deadline = now + 3600n;
    const signature = await actor.account.signTypedData({
      domain: { name: "Phala", version: "1", chainId: this.#chainId, verifyingContract: pha },
      types: PERMIT,
      primaryType: "Permit",
      message: { owner: actor.address, spender: vpha, value: assets, nonce: actor.permits, deadline },
    });
    const { r, s, yParity } = parseSignature(signature);
    actor.permits += 1n;
    // It takes the place of an unlimited allowance, and is used up.
    actor.hasApproved = false;
    const args = [assets, actor.address, deadline, 27 + yParity, r, s] as const;
    const data = encodeFunctionData({ abi: vphaAbi, functionName: "depositWithPermit", args });
    return [{ from: actor.account, to: vpha, data, what: "depositWithPermit" }];
  }

  /** What officers and claimants do at given times. */
  #fillAgenda(from: bigint, to: bigint, isSink: (stream: Stream, account: Address) => boolean): void {
    const span = to - from;
    const random = this.#random;
    const { contracts } = this.#options.manifest;
    const { bank, guardian, otherRewards } = this.#officers;
    const vault = (account: PrivateKeyAccount, data: Hex, what: string): Order[] => [
      { from: account, to: contracts.vpha, data, what },
    ];
    /** `count` times spread over the whole history. */
    const regularly = (count: number, orders: (now: bigint) => Order[]) => {
      for (let i = 0; i < count; i++) {
        this.#agenda.push({
          at: from + (span * BigInt(i)) / BigInt(count) + random.part(span / BigInt(count), 0.2, 0.8),
          orders,
        });
      }
    };

    const incomes = Number(maximum(3n, span / (7n * DAY)));
    const most = this.#ledger.assetsOf(otherRewards.address) / BigInt(incomes);
    if (most >= MIN_FUNDING) {
      this.#agenda.push({ at: from, orders: () => [this.#unlimited(otherRewards)] });
      regularly(incomes, () => {
        const args = [
          maximum(MIN_FUNDING, minimum(round(random, random.part(most, 0.05, 0.9)), 60_000n * PHA)),
        ] as const;
        return vault(otherRewards, encodeFunctionData({ abi: vphaAbi, functionName: "fund", args }), "fund");
      });
    }

    const pulls = Number(maximum(2n, span / (15n * DAY)));
    if (isSink("treasury", contracts.treasury)) {
      const data = encodeFunctionData({ abi: treasuryAbi, functionName: "collect" });
      regularly(pulls, () => [{ from: bank, to: contracts.treasury, data, what: "collect" }]);
    }
    if (isSink("workers", contracts.workerRewards)) {
      const data = encodeFunctionData({ abi: workerRewardsAbi, functionName: "pull" });
      // Anybody may send it.
      regularly(pulls, () => [{ from: bank, to: contracts.workerRewards, data, what: "pull" }]);
    }

    const abi = guardianMandateAbi;
    const mandate = (what: string, data: Hex): Order[] => [
      { from: guardian, to: contracts.guardianMandate, data, what },
    ];
    // Once lifted early, once left to end by itself, if the time between is long enough for the contract.
    const length = minimum(DAY, span / 20n);
    for (const [start, isLifted] of [
      [from + (span * 45n) / 100n, true],
      [from + (span * 80n) / 100n, false],
    ] as const) {
      const until = start + length;
      let isPaused = false;
      this.#agenda.push({
        at: start,
        orders: (now) => {
          if (length === 0n || until <= now || (this.#pausedUntil !== 0n && now < this.#pausedUntil + GAP)) return [];
          isPaused = true;
          this.#pausedUntil = until;
          return mandate("pause", encodeFunctionData({ abi, functionName: "pauseDeposits", args: [until] }));
        },
      });
      if (!isLifted) continue;
      this.#agenda.push({
        at: start + (length * 3n) / 4n,
        orders: (now) => {
          if (!isPaused || now >= until) return [];
          this.#pausedUntil = now;
          return mandate("resume", encodeFunctionData({ abi, functionName: "resumeDeposits" }));
        },
      });
    }

    const { merkleDistributor } = contracts;
    for (const { index, account, amount, proof } of this.#options.claims ?? []) {
      if (merkleDistributor === null)
        throw new Error("there are airdrop claims, but the deployment has no distributor");
      const args = [index, account, amount, proof] as const;
      const data = encodeFunctionData({ abi: merkleDistributorAbi, functionName: "claim", args });
      this.#agenda.push({
        at: from + random.part(span, 0.05, 0.9),
        // Anybody may send it.
        orders: () => [{ from: bank, to: merkleDistributor, data, what: "airdrop" }],
      });
    }

    const harvest = encodeFunctionData({ abi: vphaAbi, functionName: "harvest" });
    this.#agenda.push({ at: to, orders: () => vault(bank, harvest, "harvest") });
    this.#agenda.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }
}

function officersOf(target: HistoryTarget, bank: Address): Readonly<Record<Officer, PrivateKeyAccount>> {
  const known = devAccounts(0, 30);
  const { guardian, otherRewards } = target.parameters.accounts;
  const find = (address: Address, role: Officer): PrivateKeyAccount => {
    const account = known.find((candidate) => isAddressEqual(candidate.address, address));
    if (account === undefined)
      throw new Error(`the ${role}, ${address}, is not an account of the development mnemonic`);
    return account;
  };
  return {
    bank: find(bank, "bank"),
    guardian: find(guardian, "guardian"),
    otherRewards: find(otherRewards, "otherRewards"),
  };
}

/** `count` different times from `from` to `to`, both included, each a multiple of {@link SLOT} after `from` but the last. */
function timesOf(random: Random, from: bigint, to: bigint, count: number): bigint[] {
  const slots = Number((to - from) / SLOT);
  const chosen = new Set<number>([0]);
  const wanted = Math.min(count - 1, Math.ceil(slots / 2));
  while (chosen.size < wanted) chosen.add(random.integer(0, slots - 1));
  const times = [...chosen].sort((a, b) => a - b).map((slot) => from + BigInt(slot) * SLOT);
  return from === to ? times : [...times, to];
}

/** Mostly whole tokens, as people choose them, and never nothing. */
function round(random: Random, amount: bigint): bigint {
  const whole = (amount / PHA) * PHA;
  return whole > 0n && random.chance(0.7) ? whole : maximum(amount, 1n);
}

function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function maximum(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
