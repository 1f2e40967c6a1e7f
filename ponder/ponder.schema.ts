/**
 * The data, column by column. This file and those in `schema/`, which it exports, are its documentation; `docs/graphql.md`
 * shows how to ask for it.
 *
 * Conventions:
 * - Amounts are integers in wei: 1e-18 PHA ("assets", "cost", "reward") or 1e-18 vPHA ("shares").
 * - Rates and yields are integers times 1e18: 83100000000000000 is 8.31 %.
 * - Times are unix seconds, blocks are numbers, addresses and hashes are lower-case hex.
 * - `…Cumulative` only ever grows; `pending…` is on its way out and not paid yet; any other amount is the current one, as
 *   of the row's `timestamp` or, in a series, of the period's `end`.
 * - A period is [start, end): what happens in the second `end` belongs to the next one. Rows of series exist for closed
 *   periods only, without gaps; the period that is still open is the difference between a table's cumulative columns and
 *   those of the last closed row.
 * - The id of an event orders as events happened: order by `id`, and use it as a cursor.
 */
import {
  type PgColumnsBuilders,
  bigint,
  hex,
  index,
  onchainEnum,
  onchainTable,
  onchainView,
  primaryKey,
  relations,
  sql,
} from "ponder";
import { operator } from "./schema/computeOperators.ts";
import { vestingWallet } from "./schema/distribution.ts";
import { vetoLocker } from "./schema/governance.ts";
import { voter } from "./schema/governanceVotes.ts";

export * from "./schema/attestation.ts";
export * from "./schema/attestationViews.ts";
export * from "./schema/compute.ts";
export * from "./schema/computeOperators.ts";
export * from "./schema/computeRewards.ts";
export * from "./schema/computeSlashing.ts";
export * from "./schema/computeViews.ts";
export * from "./schema/computeWorkers.ts";
export * from "./schema/contracts.ts";
export * from "./schema/distribution.ts";
export * from "./schema/governance.ts";
export * from "./schema/governanceTreasury.ts";
export * from "./schema/governanceVotes.ts";
export * from "./schema/parameters.ts";
export * from "./schema/supply.ts";

// CLOCK ---------------------------------------------------------------------------------------------------------------

/** One row, "clock": up to where the series are closed. */
export const clock = onchainTable("clock", (t) => ({
  id: t.text().primaryKey(),
  /** Start of the hour that is open: every series has its rows up to here. */
  hour: t.bigint().notNull(),
  /** Start of the day that is open (UTC). */
  day: t.bigint().notNull(),
  /** When the next attestation or kill switch ends by time alone, so that workers are looked at again: not later than that. */
  review: t.bigint().notNull(),
}));

/** Blocks that were indexed lately, with the hashes that they had: what the watchdog compares with the chain. */
export const indexedBlock = onchainTable(
  "indexed_block",
  (t) => ({
    /** Place in a ring: the oldest block makes room for the newest. */
    slot: t.integer().primaryKey(),
    number: t.bigint().notNull(),
    hash: t.hex().notNull(),
  }),
  (table) => ({ byNumber: index().on(table.number) }),
);

// TOKEN ---------------------------------------------------------------------------------------------------------------

/** Accounts that ever held PHA or staked. */
export const account = onchainTable(
  "account",
  (t) => ({
    address: t.hex().primaryKey(),
    /** PHA held now. */
    balance: t.bigint().notNull(),
    /** PHA ever received, and sent or burnt; transfers to oneself count in both. */
    receivedCumulative: t.bigint().notNull(),
    sentCumulative: t.bigint().notNull(),
    /** When the account first appeared. */
    createdAt: t.bigint().notNull(),
    createdBlock: t.bigint().notNull(),
    /** When its balance last changed. */
    updatedAt: t.bigint().notNull(),
  }),
  (table) => ({ byBalance: index().on(table.balance) }),
);

// EMISSION ------------------------------------------------------------------------------------------------------------

/** The three parts of the mining budget: 40 % stakers, 40 % GPU workers, 20 % treasury. */
export const stream = onchainEnum("stream", ["stakers", "workers", "treasury"]);

/** The emission vault, by its address; the row exists from the start of the emission on. */
export const emission = onchainTable("emission", (t) => ({
  address: t.hex().primaryKey(),
  /** PHA that epoch 0 emits, and that all epochs together emit. */
  budget: t.bigint().notNull(),
  cap: t.bigint().notNull(),
  /** When the emission starts, and when it has emitted everything. */
  start: t.bigint().notNull(),
  end: t.bigint().notNull(),
  /** PHA emitted until `timestamp`, pulled or not. */
  emittedCumulative: t.bigint().notNull(),
  emittedStakersCumulative: t.bigint().notNull(),
  emittedWorkersCumulative: t.bigint().notNull(),
  emittedTreasuryCumulative: t.bigint().notNull(),
  block: t.bigint().notNull(),
  timestamp: t.bigint().notNull(),
}));

/** What happened to each stream. */
export const emissionStream = onchainTable("emission_stream", (t) => ({
  stream: stream().primaryKey(),
  /** Who may pull it. */
  sink: t.hex().notNull(),
  /** PHA that left the books of the stream: paid, or reserved for a former sink. As `pulled` of the contract. */
  pulledCumulative: t.bigint().notNull(),
  /** PHA reserved for former sinks, which they have not pulled yet. */
  pendingSettled: t.bigint().notNull(),
  pulls: t.integer().notNull(),
  updatedAt: t.bigint().notNull(),
}));

/** The 104 epochs, from the start of the emission on; each lasts 180 days and emits 25 % less than the one before. */
export const emissionEpoch = onchainTable(
  "emission_epoch",
  (t) => ({
    epoch: t.integer().primaryKey(),
    start: t.bigint().notNull(),
    end: t.bigint().notNull(),
    /** PHA that the epoch emits, together and by stream. What rounding leaves of the cap is emitted when the last one ends, and is not in it. */
    budget: t.bigint().notNull(),
    budgetStakers: t.bigint().notNull(),
    budgetWorkers: t.bigint().notNull(),
    budgetTreasury: t.bigint().notNull(),
    /** PHA that all epochs before this one emit. */
    emittedBefore: t.bigint().notNull(),
  }),
  (table) => ({ byStart: index().on(table.start) }),
);

/** Columns of a period of the emission. */
const emissionPeriod = (t: PgColumnsBuilders) => ({
  start: t.bigint().primaryKey(),
  end: t.bigint().notNull(),
  /** PHA emitted in the period, together and by stream. */
  emitted: t.bigint().notNull(),
  emittedStakers: t.bigint().notNull(),
  emittedWorkers: t.bigint().notNull(),
  emittedTreasury: t.bigint().notNull(),
  /** PHA emitted from the start of the emission until the end of the period. */
  emittedCumulative: t.bigint().notNull(),
  /** PHA pulled in the period (or reserved for a former sink), by stream, and ever. */
  pulledStakers: t.bigint().notNull(),
  pulledWorkers: t.bigint().notNull(),
  pulledTreasury: t.bigint().notNull(),
  pulledStakersCumulative: t.bigint().notNull(),
  pulledWorkersCumulative: t.bigint().notNull(),
  pulledTreasuryCumulative: t.bigint().notNull(),
});

/** Emission by hour. */
export const emissionHour = onchainTable("emission_hour", emissionPeriod);

/** Emission by day (UTC). */
export const emissionDay = onchainTable("emission_day", emissionPeriod);

/** `pull`: paid to the sink. `settle`: reserved for the sink that was replaced. `pull_settled`: paid out of what was reserved. */
export const emissionPullKind = onchainEnum("emission_pull_kind", ["pull", "settle", "pull_settled"]);

/** Every movement of a stream. */
export const emissionPull = onchainTable(
  "emission_pull",
  (t) => ({
    id: t.text().primaryKey(),
    stream: stream().notNull(),
    kind: emissionPullKind().notNull(),
    /** Whom it is for. */
    sink: t.hex().notNull(),
    amount: t.bigint().notNull(),
    /** The stream's `pulledCumulative` after it. */
    pulledCumulative: t.bigint().notNull(),
    block: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ byStream: index().on(table.stream, table.id), byTime: index().on(table.timestamp) }),
);

// STAKING -------------------------------------------------------------------------------------------------------------

/**
 * The vPHA vault, by its address. Its price at any second t ≥ `accruedAt` follows from the columns under "as of the last
 * interaction", the emission and the closed form; what it is now is under "as of `timestamp`".
 */
export const vault = onchainTable("vault", (t) => ({
  address: t.hex().primaryKey(),
  /** PHA, the token that is staked. */
  asset: t.hex().notNull(),
  /** vPHA that exist. */
  shares: t.bigint().notNull(),

  // As of `timestamp`: of the last block that touched the vault or that the head was looked at.
  /** PHA of the holders of vPHA. */
  totalAssets: t.bigint().notNull(),
  /** PHA for 1 vPHA, times 1e18. A position is worth shares · (totalAssets + 1) / (vault.shares + 1), rounded down. */
  rate: t.bigint().notNull(),
  /** As `apr()` of the contract: what emission adds to the assets per year of 365 days, without compounding, times 1e18. */
  apr: t.bigint().notNull(),
  /** `apr` compounded daily, times 1e18: (1 + apr / 365)^365 − 1; at most 1e36, where next to nothing is staked. */
  apy: t.bigint().notNull(),
  block: t.bigint().notNull(),
  timestamp: t.bigint().notNull(),

  // As of the last interaction, at `accruedAt`: the state of the contract.
  poolAssets: t.bigint().notNull(),
  /** PHA that wait for the supply to reach 1,000 vPHA. */
  banked: t.bigint().notNull(),
  /** Other income: `incomeAmount` PHA vest linearly from `incomeStart` to `incomeEnd`; while it waits for supply, the start is 0 and the end the seconds that it will take. */
  incomeAmount: t.bigint().notNull(),
  incomeStart: t.bigint().notNull(),
  incomeEnd: t.bigint().notNull(),
  accruedAt: t.bigint().notNull(),
  /** Emission as announced by its vault, which the closed form needs: PHA of epoch 0, and the start; 0 before that is known. */
  emissionBudget: t.bigint().notNull(),
  emissionStart: t.bigint().notNull(),

  /** PHA of open redemption requests, and how many there are. */
  pendingAssets: t.bigint().notNull(),
  pendingRequests: t.integer().notNull(),
  /** Accounts that hold vPHA. */
  stakers: t.integer().notNull(),
  /** When the last pause of deposits ends or ended; 0 if there was none. */
  depositsPausedUntil: t.bigint().notNull(),

  /** PHA deposited, requested back, deposited again by cancelling, claimed, and funded as other income. What came in from the emission is `pulledCumulative` of the stakers' stream. */
  depositedCumulative: t.bigint().notNull(),
  requestedCumulative: t.bigint().notNull(),
  cancelledCumulative: t.bigint().notNull(),
  claimedCumulative: t.bigint().notNull(),
  fundedCumulative: t.bigint().notNull(),
  /** How many deposits, requests, cancellations and claims (one per request paid) there were. */
  deposits: t.integer().notNull(),
  requests: t.integer().notNull(),
  cancellations: t.integer().notNull(),
  claims: t.integer().notNull(),
}));

/**
 * What an account has in the vault, at average cost:
 * - a deposit adds its assets to the cost;
 * - shares that are transferred take their part of the sender's cost along (cost · shares / shares held, rounded down; the
 *   last share takes all that is left), which becomes cost of the receiver: a transfer realises nothing;
 * - a request takes its part of the cost out in the same way, and realises its assets less that part, for the owner of the
 *   shares: from then on they earn nothing, so this reward is final;
 * - a cancelled request is a deposit of the request's assets by its controller: they are the new cost, and what was
 *   realised stays realised. So reward in total = realisedReward + (value of the shares − cost), before and after.
 *
 * vPHA that is posted as collateral, wrapped for votes or locked for a veto is, for the vault, a transfer to that contract, and so is its way
 * back: its cost goes along, is averaged with that of all others there, and comes back as that average. Nothing is realised on the
 * way, and the sum of all costs stays what was paid. Whose that vPHA is meanwhile, `holdings` says.
 */
export const position = onchainTable(
  "position",
  (t) => ({
    account: t.hex().primaryKey(),
    /** vPHA held now. */
    shares: t.bigint().notNull(),
    /** What they cost, in PHA. */
    cost: t.bigint().notNull(),
    /** PHA earned with shares that were requested back. Rounding can make it negative by some wei. */
    realisedReward: t.bigint().notNull(),
    /** PHA of the account's open requests, and how many there are. */
    pendingAssets: t.bigint().notNull(),
    pendingRequests: t.integer().notNull(),
    /** PHA deposited for the account; requested back with its shares; deposited again and claimed by its requests. */
    depositedCumulative: t.bigint().notNull(),
    requestedCumulative: t.bigint().notNull(),
    cancelledCumulative: t.bigint().notNull(),
    claimedCumulative: t.bigint().notNull(),
    /** vPHA that came and went by transfer. */
    transferredInCumulative: t.bigint().notNull(),
    transferredOutCumulative: t.bigint().notNull(),
    /** When it first held vPHA, and when the position last changed. */
    createdAt: t.bigint().notNull(),
    updatedAt: t.bigint().notNull(),
  }),
  (table) => ({ byShares: index().on(table.shares) }),
);

/**
 * `pending`: nothing has been paid; claimable if the time is `maturity` or later. `partially_claimed`: a part has been
 * paid, the rest is claimable. `claimed`, `cancelled`: closed.
 */
export const requestState = onchainEnum("request_state", ["pending", "partially_claimed", "claimed", "cancelled"]);

/** Every redemption request. */
export const redemptionRequest = onchainTable(
  "redemption_request",
  (t) => ({
    /** As on chain: controller · 2^96 + number. */
    id: t.bigint().primaryKey(),
    /** Who may claim and cancel it, and the request's number among the controller's, from 0. */
    controller: t.hex().notNull(),
    number: t.bigint().notNull(),
    /** Whose shares were burnt, and who sent the request. */
    owner: t.hex().notNull(),
    sender: t.hex().notNull(),
    state: requestState().notNull(),
    /** vPHA burnt, and the PHA fixed for them. */
    shares: t.bigint().notNull(),
    assets: t.bigint().notNull(),
    /** What the shares had cost their owner, and what was earned with them: assets − cost. */
    cost: t.bigint().notNull(),
    realisedReward: t.bigint().notNull(),
    /** What has not been claimed or cancelled. */
    pendingAssets: t.bigint().notNull(),
    pendingShares: t.bigint().notNull(),
    claimedCumulative: t.bigint().notNull(),
    /** vPHA minted when it was cancelled; null otherwise. */
    cancelledShares: t.bigint(),
    requestedAt: t.bigint().notNull(),
    requestedBlock: t.bigint().notNull(),
    requestTransaction: t.hex().notNull(),
    /** From when on it can be claimed: 21 days later. */
    maturity: t.bigint().notNull(),
    /** When nothing of it was left, and by which transaction; null while it is open. */
    closedAt: t.bigint(),
    closeTransaction: t.hex(),
  }),
  (table) => ({
    byController: index().on(table.controller, table.id),
    byOwner: index().on(table.owner),
    byMaturity: index().on(table.state, table.maturity),
    byTime: index().on(table.requestedAt),
  }),
);

/**
 * - `deposit`: `account` received the shares, `counterparty` paid.
 * - `request`: `account` is the controller, `counterparty` the owner of the shares.
 * - `cancel`: `account` is the controller.
 * - `claim`: one request, in full or in part; `account` is the controller.
 * - `payout`: the sum of a transaction's claims; `account` is the controller, `counterparty` received the PHA.
 * - `transfer`: of vPHA, from `account` to `counterparty`.
 * - `fund`: `account` gave other income. `harvest`: emission was brought in, by a transaction of `account`; it moves no price.
 * - `pause`, `resume`: `account` paused deposits or ended the pause.
 */
export const stakingEventKind = onchainEnum("staking_event_kind", [
  "deposit",
  "request",
  "cancel",
  "claim",
  "payout",
  "transfer",
  "fund",
  "harvest",
  "pause",
  "resume",
]);

/** Everything that happened to the vault, in order. */
export const stakingEvent = onchainTable(
  "staking_event",
  (t) => ({
    id: t.text().primaryKey(),
    kind: stakingEventKind().notNull(),
    account: t.hex().notNull(),
    counterparty: t.hex(),
    /** PHA and vPHA that the event is about; null where it has none. */
    assets: t.bigint(),
    shares: t.bigint(),
    requestId: t.bigint(),
    /** `pause`: until when. */
    until: t.bigint(),
    /** The vault after it. */
    totalAssets: t.bigint().notNull(),
    totalShares: t.bigint().notNull(),
    rate: t.bigint().notNull(),
    block: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({
    byAccount: index().on(table.account, table.id),
    byCounterparty: index().on(table.counterparty, table.id),
    byKind: index().on(table.kind, table.id),
    byRequest: index().on(table.requestId),
    byTime: index().on(table.timestamp),
    byTransaction: index().on(table.transaction),
  }),
);

/** Who may act for whom (ERC-7540). */
export const operatorApproval = onchainTable(
  "operator_approval",
  (t) => ({
    controller: t.hex().notNull(),
    operator: t.hex().notNull(),
    approved: t.boolean().notNull(),
    updatedAt: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.controller, table.operator] }),
    byOperator: index().on(table.operator),
  }),
);

/** Columns of a period of the vault. */
const vaultPeriod = (t: PgColumnsBuilders) => ({
  start: t.bigint().primaryKey(),
  end: t.bigint().notNull(),

  // At `end`, by the closed form.
  totalAssets: t.bigint().notNull(),
  shares: t.bigint().notNull(),
  /** PHA for 1 vPHA, times 1e18. */
  rate: t.bigint().notNull(),
  pendingAssets: t.bigint().notNull(),
  pendingRequests: t.integer().notNull(),
  /** PHA that wait for supply, and other income that has not vested. */
  banked: t.bigint().notNull(),
  unvestedIncome: t.bigint().notNull(),
  stakers: t.integer().notNull(),
  /** As `vault.apr` and `vault.apy`. */
  apr: t.bigint().notNull(),
  apy: t.bigint().notNull(),

  // Within the period.
  /** What the rate rose, other income included, per year of 365 days without compounding, times 1e18; 0 in the first period. */
  realisedApr: t.bigint().notNull(),
  /** Emission of all streams per year of 365 days, in parts of the PHA that exist at `end`, times 1e18. */
  inflation: t.bigint().notNull(),
  /** PHA emitted to stakers, and to all streams. */
  emittedStakers: t.bigint().notNull(),
  emitted: t.bigint().notNull(),
  deposited: t.bigint().notNull(),
  requested: t.bigint().notNull(),
  cancelled: t.bigint().notNull(),
  claimed: t.bigint().notNull(),
  funded: t.bigint().notNull(),

  // From the beginning until `end`.
  depositedCumulative: t.bigint().notNull(),
  requestedCumulative: t.bigint().notNull(),
  cancelledCumulative: t.bigint().notNull(),
  claimedCumulative: t.bigint().notNull(),
  fundedCumulative: t.bigint().notNull(),
});

/** The vault by hour. */
export const vaultHour = onchainTable("vault_hour", vaultPeriod);

/** The vault by day (UTC). */
export const vaultDay = onchainTable("vault_day", vaultPeriod);

// VIEWS ---------------------------------------------------------------------------------------------------------------

/** All vPHA that is an account's, wherever it is. */
export const holding = onchainView("holding", {
  account: hex("account").notNull(),
  /** Held by the account itself, as `positions.shares`. */
  shares: bigint("shares").notNull(),
  /** Posted for the workers of which it is the operator, what is on its way out included. */
  collateral: bigint("collateral").notNull(),
  /** Wrapped for votes. */
  wrapped: bigint("wrapped").notNull(),
  /** Locked for vetoes. */
  locked: bigint("locked").notNull(),
  /** All of it. */
  total: bigint("total").notNull(),
}).as(sql`
  SELECT
    held.account, held.shares, held.collateral, held.wrapped, held.locked,
    held.shares + held.collateral + held.wrapped + held.locked AS total
  FROM (
    SELECT
      who.account,
      coalesce(p.shares, 0) AS shares,
      coalesce(o.collateral, 0) AS collateral,
      coalesce(v.balance, 0) AS wrapped,
      coalesce((SELECT sum(l.locked) FROM ${vetoLocker} l WHERE l.account = who.account), 0) AS locked
    FROM (
      SELECT account FROM ${position}
      UNION SELECT account FROM ${voter}
      UNION SELECT operator FROM ${operator}
      UNION SELECT account FROM ${vetoLocker}
    ) who
    LEFT JOIN ${position} p ON p.account = who.account
    LEFT JOIN ${operator} o ON o.operator = who.account
    LEFT JOIN ${voter} v ON v.account = who.account
  ) held`);

/** What each vesting wallet has vested of its PHA, and can release, at `timestamp`. */
export const vestingStanding = onchainView("vesting_standing", {
  address: hex("address").notNull(),
  /** PHA held. */
  balance: bigint("balance").notNull(),
  /** PHA vested from the beginning, released or not; as `vestedAmount` of the contract. */
  vestedCumulative: bigint("vested_cumulative").notNull(),
  /** As `releasable` of the contract. */
  releasable: bigint("releasable").notNull(),
  /** When this is what the contract answers. */
  timestamp: bigint("timestamp").notNull(),
}).as(sql`
  SELECT
    vested.address, vested.balance, vested.amount AS vested_cumulative,
    vested.amount - vested.released AS releasable, vested.timestamp
  FROM (
    SELECT
      w.address, coalesce(a.balance, 0) AS balance, w.released_cumulative AS released, v.timestamp,
      CASE
        WHEN v.timestamp < greatest(w.cliff, w.start) THEN 0
        WHEN v.timestamp >= w."end" THEN coalesce(a.balance, 0) + w.released_cumulative
        ELSE div((coalesce(a.balance, 0) + w.released_cumulative) * (v.timestamp - w.start), w."end" - w.start)
      END AS amount
    FROM ${vestingWallet} w
    CROSS JOIN ${vault} v
    LEFT JOIN ${account} a ON a.address = w.address
  ) vested`);

// RELATIONS -----------------------------------------------------------------------------------------------------------

export const accountRelations = relations(account, ({ one, many }) => ({
  position: one(position, { fields: [account.address], references: [position.account] }),
  requests: many(redemptionRequest),
  events: many(stakingEvent),
}));

export const positionRelations = relations(position, ({ one }) => ({
  accountRow: one(account, { fields: [position.account], references: [account.address] }),
}));

export const redemptionRequestRelations = relations(redemptionRequest, ({ one }) => ({
  controllerRow: one(account, { fields: [redemptionRequest.controller], references: [account.address] }),
}));

export const stakingEventRelations = relations(stakingEvent, ({ one }) => ({
  accountRow: one(account, { fields: [stakingEvent.account], references: [account.address] }),
}));
