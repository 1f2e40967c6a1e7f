/** What the indexer has of workers, compared with what the contracts say in the same block, or would have said in a second without one. */
import type { Address, Hex } from "viem";
import { expect } from "vitest";
import { slashingAbi, vphaAbi, workerRegistryAbi, workerRewardsAbi } from "../../deploy/generated/abis.ts";
import { LAPSES, PROPOSAL_STATES, WORKER_STATES } from "../../scripts/compute/calls.ts";
import { OPERATOR, OPERATOR_DAY, reconcileOperators } from "./operatorRows.ts";
import { type Indexer, type Row, type Suite, big, lower, rowOf, rowsOf } from "./suite.ts";

const HOUR = 3_600n;

const COMPUTE_PERIOD = `start end active lapsed exiting exited removed attested heldGpus attestedGpus activeGpus activeWeight collateral
  required pendingWithdrawals reserved weight reserve ceiling weightHours emitted earned claimed slashed weightHoursCumulative
  emittedCumulative earnedCumulative claimedCumulative slashedCumulative`;

const GPU_MODEL_PERIOD =
  "model start end name heldGpus attestedWorkers attestedGpus activeGpus activeWorkers activeWeight";

/** Columns of each table: all there are. */
export const TABLES = {
  computeNetworks: `address models workers active lapsed exiting exited removed attested heldGpus attestedGpus activeGpus activeWeight collateral required
    pendingWithdrawals reserved addedCumulative paidCumulative slashedCumulative slashing registrationsPausedUntil updatedAt`,
  computeHours: COMPUTE_PERIOD,
  computeDays: COMPUTE_PERIOD,
  gpuModels: `model name isListed collateral weight heldGpus attestedWorkers attestedGpus activeGpus activeWorkers activeWeight updatedAt transaction`,
  gpuModelChanges: "id model isListed collateral weight block timestamp transaction",
  gpuModelHours: GPU_MODEL_PERIOD,
  gpuModelDays: GPU_MODEL_PERIOD,
  workers: `worker operator proposedOperator state lapse stateSince hasLostGpu isShort isAttested gpuMovedUntil model gpuCount gpuIds
    evidenceHash weight required attestedBlock validUntil stampedEpoch attestedAt attestations collateral pendingWithdrawal
    withdrawableAt reserved exitAt paidCumulative slashedCumulative leaseFrom leaseEnd leaseWeight carryWeight heartbeats
    lastHeartbeatAt accrued claimedCumulative creditedCumulative lastClaimedAt settledHoursCumulative dayEarnedCumulative
    dayClaimedCumulative dayHoursCumulative registeredAt registeredBlock transaction updatedAt`,
  workerEvents: `id worker kind state lapse isTransition amount account gpu attestation weight until block timestamp
    transaction`,
  workerDays:
    "worker start end state lapse hoursUp earned claimed hoursUpCumulative earnedCumulative claimedCumulative",
  operators: OPERATOR,
  operatorDays: OPERATOR_DAY,
  gpus: "id worker isHeld since model attestedBlock firstSeenAt",
  gpuEvents: "id gpu kind worker former model block timestamp transaction",
  rewardsPools: `address hour weights leaseEnds weight nextWeight ceiling reserve emittedCumulative earnedCumulative claimedCumulative
    payouts receivedCumulative pendingSettled weightHoursCumulative accumulator updatedAt`,
  rewardsHours: "start end weight emitted paid reserve accumulator paidCumulative weightHoursCumulative",
  rewardsClaims: "id worker operator amount block timestamp transaction",
  rewardsPayouts: "id operator receiver assets shares block timestamp transaction",
  ceilingChanges: "id ceiling block timestamp transaction",
  slashingRules: `address slasher judge treasury rebuttalWindow processWindow capUnavailability capMisreporting capBreach
    updatedAt`,
  slashProposals: `id slashing worker operator faultClass state amount bounty reporter faultAt evidenceHash evidenceUri proposedAt
    proposeTransaction rebuttalUntil rebuttalHash rebuttalUri rebuttedAt rebutTransaction judgementUntil executableAt
    closedAt closeTransaction`,
  slashWindows: "slashing worker start end base used",
} as const;

const STANDING = `worker operator state lapse isAttested attestation switchKind floor validUntil weight leaseEnd rewards
  earnedCumulative timestamp`;

/** A chain, and its contracts, that only reads are made of. */
export interface ReadSuite {
  readonly client: Pick<
    Suite["client"],
    "readContract" | "getContractEvents" | "getLogs" | "getBlock" | "getBlockNumber" | "call"
  >;
  readonly contracts: Suite["contracts"];
}

/** What is compared. */
export interface Indexed {
  readonly suite: ReadSuite;
  readonly indexer: Indexer;
}

/** What is compared, as of a block that is indexed. */
export interface Reconciled extends Indexed {
  readonly blockNumber: bigint;
  readonly timestamp: bigint;
}

/** Views have no cursor: one page is enough here. */
export async function standings(indexer: Indexer, args = ""): Promise<Row[]> {
  const { workerStandings } = await indexer.query(`{ workerStandings(limit: 1000 ${args}) { items { ${STANDING} } } }`);
  return rowsOf(rowOf(workerStandings)["items"]);
}

/** Names as the indexer writes them: "GpuTaken" is "gpu_taken". */
export const snake = (name: string | undefined): string | undefined =>
  name?.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

/** Reads of the contracts in a block; `time` lets the block be in another second than it was. */
export function chainAt({ client, contracts }: ReadSuite, blockNumber: bigint, time?: bigint) {
  const at = { blockNumber, ...(time !== undefined && { blockOverrides: { time } }) };
  const registry = { ...at, address: contracts.workerRegistry, abi: workerRegistryAbi } as const;
  const rewards = { ...at, address: contracts.workerRewards, abi: workerRewardsAbi } as const;
  const slashing = { ...at, address: contracts.slashing, abi: slashingAbi } as const;
  return {
    workerOf: (worker: Address) => client.readContract({ ...registry, functionName: "workerOf", args: [worker] }),
    holderOf: (gpu: Hex) => client.readContract({ ...registry, functionName: "holderOf", args: [gpu] }),
    modelOf: (model: Hex) => client.readContract({ ...registry, functionName: "modelOf", args: [model] }),
    models: () => client.readContract({ ...registry, functionName: "models" }),
    slashing: () => client.readContract({ ...registry, functionName: "slashing" }),
    pausedUntil: () => client.readContract({ ...registry, functionName: "registrationsPausedUntil" }),
    stateOf: async (worker: Address) => {
      const [state, lapse] = await client.readContract({ ...rewards, functionName: "stateOf", args: [worker] });
      return { state: snake(WORKER_STATES[state]), lapse: lapse === 0 ? null : snake(LAPSES[lapse]) };
    },
    leaseOf: (worker: Address) => client.readContract({ ...rewards, functionName: "leaseOf", args: [worker] }),
    rewardsOf: (worker: Address) => client.readContract({ ...rewards, functionName: "rewardsOf", args: [worker] }),
    totals: () => client.readContract({ ...rewards, functionName: "totals" }),
    ceiling: () => client.readContract({ ...rewards, functionName: "ceiling" }),
    proposalState: (id: Hex) => client.readContract({ ...slashing, functionName: "stateOf", args: [id] }),
    windowOf: (worker: Address) => client.readContract({ ...slashing, functionName: "windowOf", args: [worker] }),
    limits: () => client.readContract({ ...slashing, functionName: "limits" }),
    rules: async () => ({
      slasher: lower(await client.readContract({ ...slashing, functionName: "slasher" })),
      judge: lower(await client.readContract({ ...slashing, functionName: "judge" })),
      treasury: lower(await client.readContract({ ...slashing, functionName: "treasury" })),
    }),
    held: () =>
      client.readContract({
        ...{ ...at, address: contracts.vpha, abi: vphaAbi },
        functionName: "balanceOf",
        args: [contracts.workerRegistry],
      }),
  };
}

export type Chain = ReturnType<typeof chainAt>;

/** Waits for the last block, and compares every row of now with what the contracts say in it. Returns state and lapse of each worker. */
export async function reconcile(indexed: Indexed): Promise<Record<Address, string>> {
  const { suite, indexer } = indexed;
  const { number, timestamp } = await suite.client.getBlock();
  await indexer.reach(number, 170_000);
  const chain = chainAt(suite, number);
  const workers = await indexer.rows("workers", TABLES.workers);
  const standing = await standings(indexer);
  const { epoch } = await indexer.row("attestationPolicys", "epoch");
  expect(standing).toHaveLength(workers.length);
  await Promise.all(
    workers.map((row) =>
      reconcileWorker(
        chain,
        row,
        standing.find(({ worker }) => worker === row["worker"]),
        row["stampedEpoch"] === epoch,
      ),
    ),
  );
  await reconcileGpus(indexed, chain);
  await reconcileNetwork(indexed, chain, workers);
  await reconcileBooks(indexed, chain, workers, timestamp);
  await reconcileOperators(indexed, workers);
  await reconcileSlashes(indexed, chain);
  return Object.fromEntries(
    workers.map((row) => [hex(row, "worker"), row["lapse"] === null ? text(row, "state") : text(row, "lapse")]),
  );
}

async function reconcileWorker(chain: Chain, row: Row, standing: Row | undefined, isStamped: boolean): Promise<void> {
  const key = hex(row, "worker");
  const view = await chain.workerOf(key);
  const isStaying = row["state"] === "active" || row["state"] === "lapsed";
  const isValid = isStaying && standing?.["attestation"] === null;
  expect(view.isStamped, key).toBe(isStamped);
  expect(
    {
      operator: row["operator"],
      proposedOperator: row["proposedOperator"] ?? `0x${"0".repeat(40)}`,
      model: row["model"],
      gpuCount: row["gpuCount"],
      weight: row["weight"],
      attestedBlock: Number(big(row, "attestedBlock")),
      collateral: big(row, "collateral"),
      required: big(row, "required"),
      thawing: big(row, "pendingWithdrawal"),
      withdrawableAt: Number(big(row, "withdrawableAt")),
      reserved: big(row, "reserved"),
      exitAt: Number(big(row, "exitAt")),
      validUntil: Number(isValid ? big(row, "validUntil") : 0n),
    },
    key,
  ).toEqual({
    operator: lower(view.operator),
    proposedOperator: lower(view.proposedOperator),
    model: view.model,
    gpuCount: view.gpuCount,
    weight: view.weight,
    attestedBlock: view.attestedBlock,
    collateral: view.collateral,
    required: view.required,
    thawing: view.thawing,
    withdrawableAt: view.withdrawableAt,
    reserved: view.reserved,
    exitAt: view.exitAt,
    validUntil: view.validUntil,
  });
  const state = await chain.stateOf(key);
  expect({ state: row["state"], lapse: row["lapse"] }, key).toEqual(state);
  expect({ state: standing?.["state"], lapse: standing?.["lapse"] }, key).toEqual(state);
  expect([standing?.["validUntil"], standing?.["isAttested"]], key).toEqual([
    row["validUntil"],
    standing?.["attestation"] === null,
  ]);
  if (isStaying) expect(row["isAttested"], key).toBe(isValid);
  const lease = await chain.leaseOf(key);
  expect([big(row, "leaseFrom"), big(row, "leaseEnd"), row["leaseWeight"]], key).toEqual([
    BigInt(lease.from) * HOUR,
    BigInt(lease.end) * HOUR,
    lease.weight,
  ]);
  expect(big(standing, "rewards"), `rewards of ${key}`).toBe(await chain.rewardsOf(key));
  expect(big(standing, "earnedCumulative")).toBe(big(standing, "rewards") + big(row, "claimedCumulative"));
}

async function reconcileGpus({ indexer }: Indexed, chain: Chain): Promise<void> {
  const gpus = await indexer.rows("gpus", TABLES.gpus);
  const events = await indexer.rows("gpuEvents", "gpu kind worker", `orderBy: "id"`);
  const last = new Map(events.map((row) => [row["gpu"], row]));
  await Promise.all(
    gpus.map(async (row) => {
      const [worker, blockNumber, isHeld] = await chain.holderOf(hex(row, "id"));
      expect([row["worker"], big(row, "attestedBlock"), row["isHeld"]], hex(row, "id")).toEqual([
        lower(worker),
        BigInt(blockNumber),
        isHeld,
      ]);
      const event = last.get(row["id"]);
      expect([event?.["worker"], event?.["kind"] !== "released"]).toEqual([row["worker"], row["isHeld"]]);
    }),
  );
  const models = await indexer.rows("gpuModels", TABLES.gpuModels);
  expect(models.map(({ model }) => model).sort()).toEqual([...(await chain.models())].sort());
  for (const row of models) {
    const { collateral, weight, isListed } = await chain.modelOf(hex(row, "model"));
    expect([big(row, "collateral"), row["weight"], row["isListed"]]).toEqual([collateral, weight, isListed]);
    expect(row["heldGpus"]).toBe(gpus.filter((each) => each["isHeld"] && each["model"] === row["model"]).length);
  }
}

/** The sums are those of the workers, and of the vPHA that is there. */
async function reconcileNetwork({ suite, indexer }: Indexed, chain: Chain, workers: readonly Row[]): Promise<void> {
  const row = await indexer.row("computeNetworks", TABLES.computeNetworks);
  const count = (state: string) => workers.filter((each) => each["state"] === state).length;
  for (const state of ["active", "lapsed", "exiting", "exited", "removed"]) {
    expect(row[state], state).toBe(count(state));
  }
  expect(row["workers"]).toBe(workers.length);
  const sum = (column: string, of: readonly Row[] = workers) => of.reduce((all, each) => all + big(each, column), 0n);
  const staying = workers.filter(({ state }) => state === "active" || state === "lapsed");
  expect(big(row, "collateral")).toBe(sum("collateral"));
  expect(big(row, "collateral")).toBe(await chain.held());
  expect(big(row, "required")).toBe(sum("required", staying));
  expect(big(row, "pendingWithdrawals")).toBe(sum("pendingWithdrawal"));
  expect(big(row, "reserved")).toBe(sum("reserved"));
  expect(big(row, "addedCumulative") - big(row, "paidCumulative") - big(row, "slashedCumulative")).toBe(
    big(row, "collateral"),
  );
  expect(sum("paidCumulative")).toBe(big(row, "paidCumulative"));
  expect(sum("slashedCumulative")).toBe(big(row, "slashedCumulative"));
  expect(row["slashing"]).toBe(lower(await chain.slashing()));
  expect(row["models"]).toEqual(await chain.models());
  expect(big(row, "registrationsPausedUntil")).toBe(await chain.pausedUntil());

  const active = workers.filter(({ state }) => state === "active");
  const total = (column: string, of: readonly Row[]) => of.reduce((all, each) => all + Number(each[column]), 0);
  expect([row["activeGpus"], row["activeWeight"]]).toEqual([total("gpuCount", active), total("weight", active)]);
  // Each row's own flag is compared with what the contract says.
  const attested = staying.filter(({ isAttested }) => isAttested === true);
  expect([row["attested"], row["attestedGpus"]]).toEqual([attested.length, total("gpuCount", attested)]);
  const models = await indexer.rows("gpuModels", TABLES.gpuModels);
  expect(total("heldGpus", models)).toBe(row["heldGpus"]);
  for (const each of models) {
    const own = active.filter(({ model }) => model === each["model"]);
    expect([each["activeWorkers"], each["activeGpus"], each["activeWeight"]]).toEqual([
      own.length,
      total("gpuCount", own),
      total("weight", own),
    ]);
    const ownAttested = attested.filter(({ model }) => model === each["model"]);
    expect([each["attestedWorkers"], each["attestedGpus"]]).toEqual([
      ownAttested.length,
      total("gpuCount", ownAttested),
    ]);
  }
  await reconcileLogs({ suite, indexer });
}

/** Hours and sums of the rewards, and that the shares never exceed what the hours paid. */
async function reconcileBooks(
  { suite, indexer }: Indexed,
  chain: Chain,
  workers: readonly Row[],
  timestamp: bigint,
): Promise<void> {
  const pool = await indexer.row("rewardsPools", TABLES.rewardsPools);
  const [weight, nextWeight, reserve, credited, received, paid] = await chain.totals();
  expect(
    {
      hour: big(pool, "hour"),
      weight: BigInt(Number(pool["weight"])),
      nextWeight: BigInt(Number(pool["nextWeight"])),
      reserve: big(pool, "reserve"),
      credited: big(pool, "emittedCumulative"),
      received: big(pool, "receivedCumulative"),
      paid: big(pool, "claimedCumulative"),
      ceiling: big(pool, "ceiling"),
    },
    `the books at ${timestamp}`,
  ).toEqual({
    ...{ hour: timestamp - (timestamp % HOUR), weight, nextWeight, reserve, credited, received, paid },
    ceiling: await chain.ceiling(),
  });
  const leaseEnds = Array.from({ length: 6 }, (_, i) => {
    const end = big(pool, "hour") + BigInt(i + 1) * HOUR;
    return workers.filter((row) => big(row, "leaseEnd") === end).length;
  });
  expect(pool["leaseEnds"]).toEqual(leaseEnds);
  expect(big(pool, "earnedCumulative") + big(pool, "reserve")).toBe(big(pool, "emittedCumulative"));
  const claimed = workers.reduce((sum, row) => sum + big(row, "claimedCumulative"), 0n);
  expect(claimed).toBe(paid);
  const earned = (await standings(indexer)).reduce((sum, row) => sum + big(row, "earnedCumulative"), 0n);
  expect(earned).toBeLessThanOrEqual(big(pool, "earnedCumulative"));

  // Every hour that the contract has closed is what it said.
  const hours = await indexer.rows("rewardsHours", TABLES.rewardsHours, `orderBy: "start"`);
  for (const [i, row] of hours.entries()) expect(big(row, "start")).toBe(big(hours[0], "start") + BigInt(i) * HOUR);
  const { address, abi } = { address: suite.contracts.workerRewards, abi: workerRewardsAbi };
  const closed = await suite.client.getContractEvents({ address, abi, eventName: "HourClosed", fromBlock: 0n });
  const byStart = new Map(hours.map((row) => [big(row, "start"), row]));
  for (const { args } of closed) {
    const row = byStart.get(BigInt(args.hour ?? 0) * HOUR);
    expect([row?.["weight"], ...["emitted", "paid", "reserve", "accumulator"].map((name) => big(row, name))]).toEqual([
      Number(args.weight),
      ...[args.emitted, args.paid, args.reserve, args.accumulator],
    ]);
  }
}

async function reconcileSlashes({ indexer }: Indexed, chain: Chain): Promise<void> {
  const slashes = await indexer.rows("slashProposals", TABLES.slashProposals);
  const check = async (row: Row): Promise<void> => {
    const state = await chain.proposalState(hex(row, "id"));
    expect(row["state"]).toBe(snake(PROPOSAL_STATES[state]));
    const isOpen = row["state"] === "open" || row["state"] === "rebutted";
    expect([row["closedAt"] === null, row["closeTransaction"] === null]).toEqual([isOpen, isOpen]);
    const last = row["rebuttedAt"] === null ? "rebuttalUntil" : "judgementUntil";
    expect(row["executableAt"]).toBe(row[last]);
  };
  await Promise.all(slashes.map(check));
  for (const row of await indexer.rows("slashWindows", TABLES.slashWindows)) {
    const [start, base, used] = await chain.windowOf(hex(row, "worker"));
    expect([big(row, "start"), big(row, "base"), big(row, "used")]).toEqual([BigInt(start), base, used]);
  }
  const rules = await indexer.row("slashingRules", TABLES.slashingRules);
  const { rebuttalWindow, processWindow, caps } = await chain.limits();
  expect(rules).toMatchObject({ ...(await chain.rules()), rebuttalWindow, processWindow });
  expect([rules["capUnavailability"], rules["capMisreporting"], rules["capBreach"]]).toEqual(caps);
}

/** Nothing is missing: as many rows as there are logs. */
async function reconcileLogs({ suite, indexer }: Indexed): Promise<void> {
  const range = { fromBlock: 0n } as const;
  const { workerRegistry, workerRewards } = suite.contracts;
  const registry = await suite.client.getContractEvents({ address: workerRegistry, abi: workerRegistryAbi, ...range });
  const rewards = await suite.client.getContractEvents({ address: workerRewards, abi: workerRewardsAbi, ...range });
  const countOf = (logs: readonly { readonly eventName: string }[], ...names: readonly string[]) =>
    logs.filter(({ eventName }) => names.includes(eventName)).length;
  const OTHERS = [
    "AuthorityUpdated",
    "ModelChanged",
    "ModelRemoved",
    "SlashingChanged",
    "RegistrationsPaused",
    "RegistrationsResumed",
  ];
  const own = await indexer.rows(
    "workerEvents",
    "id",
    "where: { kind_not_in: [attestation_ended, attestation_restored, gpu_move_ended, lease_granted, lease_ended] }",
  );
  expect(own).toHaveLength(registry.length - countOf(registry, ...OTHERS));
  expect(await indexer.rows("gpuModelChanges", "id")).toHaveLength(countOf(registry, "ModelChanged", "ModelRemoved"));
  expect(await indexer.rows("rewardsClaims", "id")).toHaveLength(countOf(rewards, "RewardsClaimed"));
  expect(await indexer.rows("rewardsPayouts", "id")).toHaveLength(countOf(rewards, "RewardsPaid"));
  expect(await indexer.rows("ceilingChanges", "id")).toHaveLength(countOf(rewards, "CeilingChanged"));
  const beats = (await indexer.rows("workers", "heartbeats")).reduce((sum, row) => sum + Number(row["heartbeats"]), 0);
  const extended = await suite.client.getContractEvents({
    ...{ address: workerRewards, abi: workerRewardsAbi, eventName: "LeasesExtended", strict: true, ...range },
  });
  const prolonged = extended.reduce((sum, { args }) => sum + args.workers.length, 0);
  expect(beats).toBe(countOf(rewards, "LeaseGranted") + prolonged);
}

export function hex(row: Row, column: string): Hex {
  const value = row[column];
  if (typeof value !== "string" || !value.startsWith("0x")) throw new Error(`${column} is no hex`);
  return `0x${value.slice(2)}`;
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new Error(`${column} is no text`);
  return value;
}
