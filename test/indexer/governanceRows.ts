/** What the indexer has of the authority, votes, vetoes and the treasury, compared with what the contracts say in the same block. */
import type { Address } from "viem";
import { expect } from "vitest";
import {
  guardianMandateAbi,
  phaAbi,
  phalaAuthorityAbi,
  phalaGovernorAbi,
  treasuryAbi,
  vetoLockAbi,
  votingVphaAbi,
} from "../../deploy/generated/abis.ts";
import { ROLES, ROLE_NAMES } from "../../deploy/roles.ts";
import { sum } from "./stakingRows.ts";
import { type Row, big, lower } from "./suite.ts";
import { type Reconciled, hex, text } from "./workerRows.ts";

const WINDOW = 14n * 86_400n;
/** `ProposalState` of the governor, by its number. */
const PENDING = { pending: 0, active: 1, cancelled: 2, defeated: 3, succeeded: 4, queued: 5, expired: 6, executed: 7 };

/** Who has which role, and which role may call what. */
export async function reconcileRoles({ suite, indexer, blockNumber }: Reconciled): Promise<void> {
  const { client, contracts } = suite;
  const at = { address: contracts.phalaAuthority, abi: phalaAuthorityAbi, blockNumber } as const;
  const authority = await indexer.row("authoritys", "address sealedAt operations review");
  expect(authority["sealedAt"] !== null).toBe(await client.readContract({ ...at, functionName: "isSealed" }));

  const members = await indexer.rows("roleMembers", "role account name isMember since delay");
  await Promise.all(
    members.map(async (row) => {
      const args = [big(row, "role"), hex(row, "account")] as const;
      const name = `${text(row, "name")} of ${args[1]}`;
      const [since, current, pending, effect] = await client.readContract({ ...at, functionName: "getAccess", args });
      expect(row["isMember"], name).toBe(since !== 0);
      if (since === 0) return;
      // A changed delay is the row's at once, with the second in which it takes effect.
      expect(big(row, "delay"), name).toBe(BigInt(effect === 0 ? current : pending));
      if (effect !== 0) expect(big(row, "since"), name).toBe(BigInt(effect));
    }),
  );
  for (const name of ROLE_NAMES) {
    const onChain = await client.readContract({ ...at, functionName: "membersOf", args: [ROLES[name]] });
    const own = members.filter((row) => row["name"] === name && row["isMember"] === true);
    expect(own.map(({ account }) => account).sort(), name).toEqual(onChain.map(lower).sort());
    for (const row of own) expect(big(row, "role")).toBe(ROLES[name]);
  }

  const functions = await indexer.rows("functionRoles", "target selector role name");
  await Promise.all(
    functions.map(async (row) => {
      const args = [hex(row, "target"), hex(row, "selector")] as const;
      const role = await client.readContract({ ...at, functionName: "getTargetFunctionRole", args });
      expect([big(row, "role"), row["name"]], args.join()).toEqual([role, ROLE_NAMES[Number(role)]]);
    }),
  );
  const updates = await client.getContractEvents({
    ...{ ...at, eventName: "TargetFunctionRoleUpdated", strict: true, fromBlock: 0n, toBlock: blockNumber },
  });
  expect(functions).toHaveLength(new Set(updates.map(({ args }) => `${args.target} ${args.selector}`)).size);
}

/** Operations, in the state in which they are, and vPHA locked against them. */
export async function reconcileOperations({ suite, indexer, blockNumber, timestamp }: Reconciled): Promise<void> {
  const { client, contracts } = suite;
  const at = { address: contracts.phalaAuthority, abi: phalaAuthorityAbi, blockNumber } as const;
  const range = { fromBlock: 0n, toBlock: blockNumber } as const;
  const locks = { address: contracts.vetoLock, abi: vetoLockAbi, blockNumber } as const;
  const rows = await indexer.rows(
    "operations",
    "hash nonce state caller target data readyAt expiresAt closedAt lockedAgainst lockedUntil",
  );
  const logs = await client.getContractEvents({ ...at, ...range, strict: true });
  const said = (names: readonly string[]) =>
    logs.flatMap((log) =>
      (log.eventName === "OperationScheduled" ||
        log.eventName === "OperationExecuted" ||
        log.eventName === "OperationCanceled") &&
      names.includes(log.eventName)
        ? [`${log.args.operationId} ${log.args.nonce}`]
        : [],
    );
  const [scheduled, executed, cancelled] = ["OperationScheduled", "OperationExecuted", "OperationCanceled"].map(
    (name) => said([name]),
  ) as [string[], string[], string[]];
  const vetoes = await client.getContractEvents({ ...locks, ...range, strict: true });
  const vetoed = vetoes.flatMap((log) =>
    log.eventName === "Vetoed" || log.eventName === "Barred" ? [`${log.args.operationId} ${log.args.nonce}`] : [],
  );
  const idOf = (row: Row) => `${hex(row, "hash")} ${Number(row["nonce"])}`;
  expect(rows.map(idOf).sort()).toEqual([...scheduled].sort());
  const { operations } = await indexer.row("authoritys", "operations");
  expect(operations).toBe(rows.length);

  const lockers = await indexer.rows("vetoLockers", "hash nonce account locked lockedCumulative");
  await Promise.all(
    rows.map(async (row) => {
      const id = idOf(row);
      const key = [hex(row, "hash"), Number(row["nonce"])] as const;
      const hash = [hex(row, "caller"), hex(row, "target"), hex(row, "data")] as const;
      expect(await client.readContract({ ...at, functionName: "hashOperation", args: hash })).toBe(key[0]);
      const [readyAt, nonce] = await Promise.all([
        client.readContract({ ...at, functionName: "getSchedule", args: [key[0]] }),
        client.readContract({ ...at, functionName: "getNonce", args: [key[0]] }),
      ]);
      const isLatest = nonce === key[1];
      const isPending = row["state"] === "scheduled" || row["state"] === "ready";
      expect(big(row, "expiresAt")).toBe(big(row, "readyAt") + WINDOW);
      if (isPending) expect([isLatest, big(row, "readyAt")], id).toEqual([true, BigInt(readyAt)]);
      const hasExpired = big(row, "expiresAt") <= timestamp && !executed.includes(id);
      const state = executed.includes(id)
        ? "executed"
        : vetoed.includes(id)
          ? "vetoed"
          : cancelled.includes(id) && row["state"] !== "expired"
            ? "cancelled"
            : hasExpired
              ? "expired"
              : big(row, "readyAt") <= timestamp
                ? "ready"
                : "scheduled";
      expect(row["state"], id).toBe(state);
      expect(row["closedAt"] === null, id).toBe(isPending);
      if (state === "expired") expect(big(row, "closedAt"), id).toBe(big(row, "expiresAt"));

      const locked = await client.readContract({ ...locks, functionName: "lockedAgainst", args: key });
      expect(big(row, "lockedAgainst"), id).toBe(locked);
      const own = lockers.filter((each) => idOf(each) === id);
      expect(sum(own, "locked"), id).toBe(locked);
      if (row["lockedUntil"] === null) expect(own, id).toEqual([]);
      else {
        const freeAt = await client.readContract({ ...locks, functionName: "freeAt", args: key });
        expect(big(row, "lockedUntil"), id).toBe(freeAt);
      }
    }),
  );
  await Promise.all(
    lockers.map(async (row) => {
      const args = [hex(row, "hash"), Number(row["nonce"]), hex(row, "account")] as const;
      expect(big(row, "locked"), args.join()).toBe(
        await client.readContract({ ...locks, functionName: "lockedBy", args }),
      );
      const total = vetoes.reduce(
        (all, log) =>
          log.eventName === "Locked" &&
          log.args.operationId === args[0] &&
          log.args.nonce === args[1] &&
          lower(log.args.account) === args[2]
            ? all + log.args.amount
            : all,
        0n,
      );
      expect(big(row, "lockedCumulative"), args.join()).toBe(total);
    }),
  );
}

/** The guardian's mandates: the last one is the contract's. */
export async function reconcileMandates({ suite, indexer, blockNumber }: Reconciled): Promise<void> {
  const { client, contracts } = suite;
  const at = { address: contracts.guardianMandate, abi: guardianMandateAbi, blockNumber } as const;
  const rows = await indexer.rows("guardianMandates", "mandate guardian appointedAt end isDismissed", `orderBy: "id"`);
  const range = { fromBlock: 0n, toBlock: blockNumber, strict: true } as const;
  const appointed = await client.getContractEvents({ ...at, ...range, eventName: "GuardianAppointed" });
  const dismissed = await client.getContractEvents({ ...at, ...range, eventName: "GuardianDismissed" });
  expect(rows.map(({ guardian }) => guardian)).toEqual(appointed.map(({ args }) => lower(args.guardian)));
  expect(rows.filter(({ isDismissed }) => isDismissed === true)).toHaveLength(dismissed.length);
  const last = rows.at(-1);
  expect([last?.["mandate"], last?.["guardian"], big(last, "end")]).toEqual([
    lower(contracts.guardianMandate),
    lower(await client.readContract({ ...at, functionName: "guardian" })),
    BigInt(await client.readContract({ ...at, functionName: "end" })),
  ]);
}

/** Wrapped vPHA, proposals and votes. */
export async function reconcileVotes({ suite, indexer, blockNumber, timestamp }: Reconciled): Promise<void> {
  const { client, contracts } = suite;
  const ofToken = { address: contracts.votingVpha, abi: votingVphaAbi, blockNumber } as const;
  const voters = await indexer.rows("voters", "account balance votes delegate");
  await Promise.all(
    voters.map(async (row) => {
      const args = [hex(row, "account")] as const;
      const [balance, votes, delegate] = await Promise.all([
        client.readContract({ ...ofToken, functionName: "balanceOf", args }),
        client.readContract({ ...ofToken, functionName: "getVotes", args }),
        client.readContract({ ...ofToken, functionName: "delegates", args }),
      ]);
      expect([big(row, "balance"), big(row, "votes"), row["delegate"]], args[0]).toEqual([
        balance,
        votes,
        BigInt(delegate) === 0n ? null : lower(delegate),
      ]);
    }),
  );
  const supply = await client.readContract({ ...ofToken, functionName: "totalSupply" });
  expect(sum(voters, "balance")).toBe(supply);
  const [token] = await indexer.rows("votingTokens", "totalSupply holders");
  expect(token === undefined ? 0n : big(token, "totalSupply")).toBe(supply);
  expect(token?.["holders"] ?? 0).toBe(voters.filter((row) => big(row, "balance") > 0n).length);

  const at = { address: contracts.phalaGovernor, abi: phalaGovernorAbi, blockNumber } as const;
  const range = { fromBlock: 0n, toBlock: blockNumber, strict: true } as const;
  const created = await client.getContractEvents({ ...at, ...range, eventName: "ProposalCreated" });
  const cast = await client.getContractEvents({ ...at, ...range, eventName: "VoteCast" });
  const proposals = await indexer.rows(
    "proposals",
    `id governor state proposer description voteStart voteEnd forVotes againstVotes abstainVotes voters quorum quorumFloor readyAt
     closedAt`,
  );
  const calls = await indexer.rows("proposalCalls", "proposalId index target value data");
  const votes = await indexer.rows("votes", "proposalId voter support weight reason");
  expect(proposals.map(({ id }) => id).sort()).toEqual(created.map(({ args }) => String(args.proposalId)).sort());
  expect(votes).toHaveLength(cast.length);
  for (const { args } of cast) {
    expect(votes).toContainEqual({
      ...{ proposalId: String(args.proposalId), voter: lower(args.voter), reason: args.reason },
      ...{ support: ["against", "for", "abstain"][args.support], weight: String(args.weight) },
    });
  }
  await Promise.all(
    proposals.map(async (row) => {
      const id = text(row, "id");
      const args = [BigInt(id)] as const;
      const event = created.find((each) => each.args.proposalId === args[0])?.args;
      expect([row["description"], row["proposer"]], id).toEqual([event?.description, lower(event?.proposer ?? "0x")]);
      const own = calls.filter(({ proposalId }) => proposalId === id);
      expect(
        own.sort((a, b) => Number(a["index"]) - Number(b["index"])).map((call) => [call["target"], call["data"]]),
      ).toEqual(event?.targets.map((target, i) => [lower(target), event.calldatas[i]]));
      const [against, inFavour, abstain] = await client.readContract({ ...at, functionName: "proposalVotes", args });
      expect([big(row, "againstVotes"), big(row, "forVotes"), big(row, "abstainVotes")], id).toEqual([
        against,
        inFavour,
        abstain,
      ]);
      expect(row["voters"]).toBe(votes.filter(({ proposalId }) => proposalId === id).length);
      const snapshot = await client.readContract({ ...at, functionName: "proposalSnapshot", args });
      expect(big(row, "voteStart"), id).toBe(snapshot);
      expect(big(row, "voteEnd"), id).toBe(
        await client.readContract({ ...at, functionName: "proposalDeadline", args }),
      );
      if (snapshot >= timestamp) expect(row["quorum"], id).toBeNull();
      else {
        expect(big(row, "quorum"), id).toBe(
          await client.readContract({ ...at, functionName: "quorum", args: [snapshot] }),
        );
      }
      const state = await client.readContract({ ...at, functionName: "state", args });
      const found = text(row, "state");
      const { pending, active, cancelled, defeated, succeeded, queued, expired, executed } = PENDING;
      const possible: Record<string, readonly number[]> = {
        proposed: [pending, active, defeated, succeeded, expired],
        queued: [queued, succeeded],
        executed: [executed],
        cancelled: [cancelled],
        vetoed: [cancelled, queued],
        expired: [expired, queued],
      };
      expect(possible[found], `${id}: ${found}, on chain ${state}`).toContain(state);
      if (found === "queued") {
        expect(big(row, "readyAt"), id).toBe(await client.readContract({ ...at, functionName: "proposalEta", args }));
      }
    }),
  );
}

/** Budgets and payments, every wei that left. */
export async function reconcileTreasury({ suite, indexer, blockNumber, timestamp }: Reconciled): Promise<void> {
  const { client, contracts } = suite;
  const at = { address: contracts.treasury, abi: treasuryAbi, blockNumber } as const;
  const range = { fromBlock: 0n, toBlock: blockNumber, strict: true } as const;
  const rows = await indexer.rows(
    "budgets",
    "name kind token payee total paid payments start end rateLimit rateWindow closedAt",
  );
  const opened = await client.getContractEvents({ ...at, ...range, eventName: "BudgetOpened" });
  expect(rows.map(({ name }) => name).sort()).toEqual(opened.map(({ args }) => args.name).sort());
  const payments = await indexer.rows("payments", "id budget to token amount");
  await Promise.all(
    rows.map(async (row) => {
      const name = hex(row, "name");
      const found = await client.readContract({ ...at, functionName: "budgetOf", args: [name] });
      expect(row).toMatchObject({
        kind: ["none", "allowance", "stream"][found.kind],
        token: lower(found.token),
        payee: lower(found.payee),
        total: String(found.total),
        paid: String(found.paid),
        start: String(found.start),
        end: String(found.end),
        rateLimit: String(found.rateLimit),
        rateWindow: String(found.rateWindow),
      });
      const own = payments.filter(({ budget }) => budget === name);
      expect([row["payments"], big(row, "paid")]).toEqual([own.length, sum(own, "amount")]);
      if (row["kind"] !== "stream") return;
      // What has accrued of a stream follows from its columns.
      const [start, end] = [big(row, "start"), big(row, "end")];
      const until = timestamp < end ? timestamp : end;
      const accrued =
        until <= start ? 0n : until >= end ? big(row, "total") : (big(row, "total") * (until - start)) / (end - start);
      expect(accrued - big(row, "paid"), name).toBe(
        await client.readContract({ ...at, functionName: "due", args: [name] }),
      );
    }),
  );
  const count = await client.readContract({ ...at, functionName: "paymentCount" });
  expect(payments.map((row) => big(row, "id")).sort((a, b) => (a < b ? -1 : 1))).toEqual(
    Array.from({ length: Number(count) }, (_, i) => BigInt(i + 1)),
  );

  const balance = { address: contracts.pha, abi: phaAbi, functionName: "balanceOf", blockNumber } as const;
  const moved = async (args: { from?: Address; to?: Address }): Promise<bigint> => {
    const logs = await client.getContractEvents({
      ...{ address: contracts.pha, abi: phaAbi, eventName: "Transfer", args, ...range },
    });
    return logs.reduce((all, log) => all + log.args.value, 0n);
  };
  const paid = payments.filter((row): row is Row => row["token"] === lower(contracts.pha));
  expect(sum(paid, "amount")).toBe(await moved({ from: contracts.treasury }));
  expect((await moved({ to: contracts.treasury })) - sum(paid, "amount")).toBe(
    await client.readContract({ ...balance, args: [contracts.treasury] }),
  );
}
