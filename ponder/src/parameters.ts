/** Parameters and their history: see `schema/parameters.ts`. Each contract's handlers tell of theirs. */
import { type Context, ponder } from "ponder:registry";
import { authority, operation, parameter, parameterChange, roleName, suiteContract } from "ponder:schema";
import { type Hex, parseEther } from "viem";
import { nameOf } from "./maths/names.ts";
import { advance } from "./series.ts";
import type { Logged } from "./suiteContracts.ts";

type Value = bigint | number | boolean | string;

/** Constants of the contracts: between them governance can set a parameter. */
const BOUNDS: readonly (readonly [name: RegExp, bounds: { readonly min?: bigint; readonly max?: bigint }])[] = [
  [/^ceiling$/, { min: parseEther("0.0001"), max: parseEther("10") }],
  [/^model\..+\.collateral$/, { min: parseEther("100"), max: parseEther("100000") }],
  [/^model\..+\.weight$/, { min: 10n, max: 1_000n }],
  [/^rebuttalWindow$/, { min: 3n * 86_400n }],
  [/^processWindow$/, { max: 14n * 86_400n }],
  [/^cap\./, { max: 10_000n }],
];

/** Writes down what `event` sets in its contract. What is what it was before is left out. */
export async function setParameters(
  context: Context,
  { id, block, log, transaction }: Logged,
  values: Readonly<Record<string, Value>>,
  since = block.timestamp,
): Promise<void> {
  const { db } = context;
  const contract = log.address;
  const contractName = (await db.find(suiteContract, { address: contract }))?.name;
  if (contractName === undefined) throw new Error(`${contract} has parameters, but is no contract of the suite`);
  const by = await operationBehind(context, contract, transaction.hash);
  const at = { block: block.number, timestamp: block.timestamp, transaction: transaction.hash };
  for (const [name, each] of Object.entries(values)) {
    const value = typeof each === "boolean" ? String(Number(each)) : String(each);
    const found = await db.find(parameter, { contract, name });
    if (found?.value === value && (since === at.timestamp || since === found.since)) continue;
    const oldValue = found?.value ?? null;
    const set = {
      ...{ value, since, ...by },
      ...{ updatedAt: at.timestamp, updatedBlock: at.block, transaction: at.transaction },
    };
    await db
      .insert(parameter)
      .values({ contract, name, contractName, changes: 1, ...boundsOf(name), ...set })
      .onConflictDoUpdate((row) => ({ ...set, changes: row.changes + 1 }));
    await db
      .insert(parameterChange)
      .values({ id: `${id}-${name}`, contract, name, contractName, oldValue, newValue: value, since, ...by, ...at });
  }
}

function boundsOf(name: string) {
  const bounds = BOUNDS.find(([pattern]) => pattern.test(name))?.[1];
  return { min: bounds?.min?.toString() ?? null, max: bounds?.max?.toString() ?? null };
}

/** The operation on `target` that the transaction has begun last: it says so before its call says anything. */
async function operationBehind({ db, contracts }: Context, target: Hex, transaction: Hex) {
  const none = { operationHash: null, operationNonce: null };
  const row = await db.find(authority, { address: contracts.PhalaAuthority.address });
  if (row === null || row.executedTransaction !== transaction) return none;
  const { executedHash: hash, executedNonce: nonce } = row;
  if (hash === null || nonce === null) return none;
  const last = await db.find(operation, { hash, nonce });
  return last?.target === target ? { operationHash: hash, operationNonce: nonce } : none;
}

// WHOM IT OBEYS

for (const name of [
  "EmissionVault:AuthorityUpdated",
  "VPHA:AuthorityUpdated",
  "AttestationRegistry:AuthorityUpdated",
  "WorkerRegistry:AuthorityUpdated",
  "WorkerRewards:AuthorityUpdated",
  "Treasury:AuthorityUpdated",
] as const) {
  ponder.on(name, async ({ event, context }) => {
    await advance(context, event.block);
    await setParameters(context, event, { authority: event.args.authority });
  });
}

// THE AUTHORITY

ponder.on("PhalaAuthority:RoleAdminChanged", async ({ event, context }) => {
  const { roleId, admin } = event.args;
  await advance(context, event.block);
  await setParameters(context, event, { [`role.${roleOf(roleId)}.admin`]: roleOf(admin) });
});

ponder.on("PhalaAuthority:RoleGuardianChanged", async ({ event, context }) => {
  const { roleId, guardian } = event.args;
  await advance(context, event.block);
  await setParameters(context, event, { [`role.${roleOf(roleId)}.guardian`]: roleOf(guardian) });
});

ponder.on("PhalaAuthority:RoleLabel", async ({ event, context }) => {
  const { roleId, label } = event.args;
  await advance(context, event.block);
  await setParameters(context, event, { [`role.${roleOf(roleId)}.label`]: label });
});

ponder.on("PhalaAuthority:RoleGrantDelayChanged", async ({ event, context }) => {
  const { roleId, delay, since } = event.args;
  await advance(context, event.block);
  await setParameters(context, event, { [`role.${roleOf(roleId)}.grantDelay`]: delay }, BigInt(since));
});

ponder.on("PhalaAuthority:TargetClosed", async ({ event, context }) => {
  const { target, closed } = event.args;
  await advance(context, event.block);
  await setParameters(context, event, { [`target.${target}.isClosed`]: closed });
});

ponder.on("PhalaAuthority:TargetAdminDelayUpdated", async ({ event, context }) => {
  const { target, delay, since } = event.args;
  await advance(context, event.block);
  await setParameters(context, event, { [`target.${target}.adminDelay`]: delay }, BigInt(since));
});

/** The role's name; its number where the suite has no name for it. */
function roleOf(id: bigint): string {
  return id < BigInt(roleName.enumValues.length) ? nameOf(roleName, Number(id)) : String(id);
}

// THE GOVERNOR

ponder.on("PhalaGovernor:LateQuorumVoteExtensionSet", async ({ event, context }) => {
  await advance(context, event.block);
  await setParameters(context, event, { lateQuorumVoteExtension: event.args.newVoteExtension });
});

ponder.on("PhalaGovernor:BaseDelaySet", async ({ event, context }) => {
  await advance(context, event.block);
  await setParameters(context, event, { baseDelay: event.args.newBaseDelaySeconds });
});

ponder.on("PhalaGovernor:AccessManagerIgnoredSet", async ({ event, context }) => {
  const { target, selector, ignored } = event.args;
  await advance(context, event.block);
  await setParameters(context, event, { [`ignored.${target}.${selector}`]: ignored });
});
