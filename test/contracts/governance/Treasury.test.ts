/** The treasury: what leaves it leaves by a named budget, no more than that is worth and no faster than it may. */
import { type Address, type Hex, encodeFunctionData, erc20Abi, keccak256, parseAbi, stringToHex, toHex } from "viem";
import { describe, expect, it } from "vitest";
import { treasuryAbi } from "../../../deploy/generated/abis.ts";
import { expectRefusal, expectRevert } from "../../helpers/errors.ts";
import { eventsOf, expectEvent } from "../../helpers/events.ts";
import { type Governance, type Operation, openGovernance, operationOf } from "../../helpers/governance.ts";
import { createRandom } from "../../helpers/random.ts";
import { DAY, fixture } from "../../helpers/stage.ts";
import { STREAM, units } from "../../helpers/suite.ts";
import { NOBODY } from "../../helpers/workers.ts";

const KIND = { allowance: 1, stream: 2 } as const;
const EMPTY: Hex = `0x${"0".repeat(64)}`;
const PROPOSAL = keccak256(toHex("proposal 7"));
const MEMO = keccak256(toHex("memo"));
const MONTH = 30n * DAY;

const nameOf = (text: string): Hex => stringToHex(text, { size: 32 });
const GRANTS = nameOf("grants");
const SALARY = nameOf("salary");

/** A treasury with 1,000,000 PHA. */
const load = fixture(async (stage) => {
  const g = await openGovernance(stage);
  await g.givePha(g.treasury.address, units(1_000_000));
  return g;
});

interface Terms {
  readonly name?: Hex;
  readonly token?: Address;
  readonly payee?: Address;
  readonly total?: bigint;
  /** Seconds from when the budget is opened. */
  readonly start?: bigint;
  readonly end?: bigint;
  readonly proposalId?: Hex;
  readonly memoHash?: Hex;
}

/** Of a budget that is opened 14 days from now. */
const termsOf = (g: Governance, of: Terms) => {
  const openedAt = g.stage.now() + 14n * DAY;
  return {
    token: of.token ?? g.pha.address,
    payee: of.payee ?? g.actors.bob,
    total: of.total ?? units(1_200),
    start: Number(openedAt + (of.start ?? 0n)),
    end: Number(openedAt + (of.end ?? 12n * MONTH)),
    reasons: [of.proposalId ?? PROPOSAL, of.memoHash ?? MEMO],
  } as const;
};

const stream = (g: Governance, of: Terms = {}): Operation => {
  const { token, payee, total, start, end, reasons } = termsOf(g, of);
  return operationOf(g.treasury, "openStream", [of.name ?? SALARY, token, payee, total, start, end, ...reasons]);
};

const allowance = (
  g: Governance,
  { limit = units(300), window = MONTH, ...of }: Terms & { limit?: bigint; window?: bigint } = {},
): Operation => {
  const { token, payee, total, start, end, reasons } = termsOf(g, of);
  const args = [of.name ?? GRANTS, token, payee, total, start, end, limit, Number(window), ...reasons] as const;
  return operationOf(g.treasury, "openAllowance", args);
};

const release = (g: Governance, name = SALARY) => g.treasury.write.release([name], { account: g.actors.stranger });
const pay = (
  g: Governance,
  amount: bigint,
  { to = g.actors.carol, account = g.actors.bob, name = GRANTS, proposalId = PROPOSAL, memoHash = MEMO } = {},
) => g.treasury.write.pay([name, to, amount, proposalId, memoHash], { account });
const due = (g: Governance, name: Hex) => g.treasury.read.due([name]);
const close = (g: Governance, name: Hex) => g.act(operationOf(g.treasury, "closeBudget", [name]));
const balanceOf = (g: Governance, account: Address) => g.pha.read.balanceOf([account]);

describe("budgets", () => {
  it("are opened and closed by governance, after 14 days, and by nobody else", async () => {
    const g = await load();
    const { stage, treasury, actors, pha } = g;
    const operation = stream(g);
    for (const account of [actors.bob, actors.mallory, actors.guardian]) {
      for (const { target, data } of [operation, allowance(g), operationOf(treasury, "closeBudget", [SALARY])]) {
        await expectRevert(stage.wallet.sendTransaction({ account, to: target, data }), "AccessManagedUnauthorized", [
          account,
        ]);
      }
    }
    await g.schedule(operation);
    await stage.travel(14n * DAY - 1n);
    await expectRevert(g.execute(operation), "AccessManagerNotReady");
    await stage.travel(1n);
    const budget = {
      kind: KIND.stream,
      token: pha.address,
      payee: actors.bob,
      total: units(1_200),
      paid: 0n,
      start: Number(stage.now()),
      end: Number(stage.now() + 12n * MONTH),
      rateLimit: 0n,
      rateWindow: 0,
    };
    await expectEvent(stage, g.execute(operation), treasury, "BudgetOpened", {
      name: SALARY,
      budget,
      proposalId: PROPOSAL,
      memoHash: MEMO,
    });
    expect(await treasury.read.budgetOf([SALARY])).toEqual(budget);
  });

  it("make sense, or are not opened", async () => {
    const g = await load();
    const { treasury } = g;
    const senseless: readonly Terms[] = [
      { token: NOBODY },
      { payee: NOBODY },
      { payee: treasury.address },
      { total: 0n },
      { start: 5n, end: 5n },
      { start: 6n, end: 5n },
      { start: -DAY, end: 0n },
    ];
    const refused: (readonly [Operation, string])[] = [
      ...senseless.flatMap((of) => [
        [stream(g, of), "Treasury_InvalidBudget"] as const,
        [allowance(g, of), "Treasury_InvalidBudget"] as const,
      ]),
      [allowance(g, { limit: 0n }), "Treasury_InvalidBudget"],
      [allowance(g, { window: 0n }), "Treasury_InvalidBudget"],
      ...[stream(g, { name: EMPTY }), allowance(g, { name: EMPTY })].map(
        (operation) => [operation, "Treasury_EmptyName"] as const,
      ),
      ...[stream(g, { proposalId: EMPTY }), allowance(g, { memoHash: EMPTY })].map(
        (operation) => [operation, "Treasury_Unexplained"] as const,
      ),
      [operationOf(treasury, "closeBudget", [GRANTS]), "Treasury_UnknownBudget"],
    ];
    for (const [operation] of refused) await g.schedule(operation);
    await g.stage.travel(14n * DAY);
    for (const [operation, name] of refused) await expectRevert(g.execute(operation), name);
    await expectRevert(treasury.read.budgetOf([GRANTS]), "Treasury_UnknownBudget", [GRANTS]);
    await expectRevert(due(g, SALARY), "Treasury_UnknownBudget", [SALARY]);
    await expectRevert(release(g), "Treasury_UnknownBudget", [SALARY]);
    await expectRevert(pay(g, 1n), "Treasury_UnknownBudget", [GRANTS]);
  });

  it("never share a name, not even with one that is closed or has ended", async () => {
    const g = await load();
    await g.act(stream(g));
    await g.act(allowance(g, { end: DAY }));
    await close(g, SALARY);
    for (const operation of [stream(g), allowance(g), stream(g, { name: GRANTS }), allowance(g, { name: SALARY })]) {
      await expectRevert(g.act(operation), "Treasury_NameTaken");
    }
  });

  it("are spent as their kind is, and closed once", async () => {
    const g = await load();
    await g.act(stream(g));
    await g.act(allowance(g, { end: 20n * DAY }));
    await expectRevert(release(g, GRANTS), "Treasury_WrongKind", [GRANTS, KIND.allowance]);
    await expectRevert(pay(g, 1n, { name: SALARY }), "Treasury_WrongKind", [SALARY, KIND.stream]);
    await close(g, SALARY);
    await expectRevert(close(g, SALARY), "Treasury_NotOpen");
    await expectRevert(close(g, GRANTS), "Treasury_NotOpen");
  });

  it("can be closed until the second before their end", async () => {
    for (const early of [1n, 0n]) {
      const g = await load();
      await g.act(allowance(g, { end: 60n * DAY }));
      const { start, end } = await g.treasury.read.budgetOf([GRANTS]);
      const at = BigInt(end) - early;
      const closing = operationOf(g.treasury, "closeBudget", [GRANTS]);
      await g.schedule(closing, at);
      await g.stage.travelTo(at);
      if (early === 0n) await expectRevert(g.execute(closing), "Treasury_NotOpen", [GRANTS, start, end]);
      else await expectEvent(g.stage, g.execute(closing), g.treasury, "BudgetClosed", { name: GRANTS });
    }
  });
});

describe("a stream", () => {
  it("accrues by the second, from its start to its end, and is paid to its payee by anyone", async () => {
    const g = await load();
    const { stage, treasury, actors } = g;
    const before = await balanceOf(g, actors.bob);
    await g.act(stream(g, { start: DAY, end: DAY + 7n, total: 100n }));
    const opened = stage.now();
    await stage.travelTo(opened + DAY);
    expect(await due(g, SALARY)).toBe(0n);
    await expectRevert(release(g), "Treasury_ZeroAmount", []);
    let paid = 0n;
    for (const [second, accrued] of [14n, 28n, 42n, 57n, 71n, 85n, 100n].entries()) {
      await stage.travelTo(opened + DAY + BigInt(second) + 1n);
      expect(await due(g, SALARY)).toBe(accrued - paid);
      // Some seconds are left out: what is not paid waits.
      if (second % 2 === 0) {
        await expectEvent(stage, release(g), treasury, "Paid", {
          name: SALARY,
          paymentId: BigInt(second / 2 + 1),
          to: actors.bob,
          token: g.pha.address,
          amount: accrued - paid,
          paid: accrued,
          proposalId: PROPOSAL,
          memoHash: MEMO,
        });
        paid = accrued;
      }
    }
    await stage.travel(MONTH);
    expect(await due(g, SALARY)).toBe(0n);
    await expectRevert(release(g), "Treasury_ZeroAmount", []);
    expect(await balanceOf(g, actors.bob)).toBe(before + 100n);
    expect(await treasury.read.paymentCount()).toBe(4n);
  });

  it("keeps what has accrued when it is closed midway, and accrues no more", async () => {
    const g = await load();
    const { stage, treasury, actors } = g;
    const before = await balanceOf(g, actors.bob);
    await g.act(stream(g, { end: 28n * DAY }));
    await stage.travel(7n * DAY);
    await release(g);
    const closing = operationOf(treasury, "closeBudget", [SALARY]);
    await g.schedule(closing);
    await stage.travel(14n * DAY);
    const total = (units(1_200) * 21n) / 28n;
    await expectEvent(stage, g.execute(closing), treasury, "BudgetClosed", { name: SALARY, total });
    await stage.travel(MONTH);
    expect(await due(g, SALARY)).toBe(total - units(300));
    await release(g);
    expect(await balanceOf(g, actors.bob)).toBe(before + total);
    await expectRevert(release(g), "Treasury_ZeroAmount");
  });

  it("that is closed before its start is worth nothing", async () => {
    const g = await load();
    await g.act(stream(g, { start: 2n * MONTH }));
    await close(g, SALARY);
    const { total, start, end } = await g.treasury.read.budgetOf([SALARY]);
    expect([total, start, end]).toEqual([0n, Number(g.stage.now()), Number(g.stage.now())]);
    await g.stage.travel(3n * MONTH);
    await expectRevert(release(g), "Treasury_ZeroAmount");
  });

  it("is paid in part where there is less, and the rest when there is more", async () => {
    const g = await load();
    const { stage, treasury, actors, pha } = g;
    const before = await balanceOf(g, actors.bob);
    const held = await balanceOf(g, treasury.address);
    await g.act(stream(g, { total: 2n * held, end: DAY }));
    await stage.travel(DAY);
    expect(await due(g, SALARY)).toBe(held);
    await release(g);
    expect(await balanceOf(g, treasury.address)).toBe(0n);
    await expectRevert(release(g), "Treasury_ZeroAmount");
    await pha.write.transfer([treasury.address, 7n], { account: actors.holder });
    await release(g);
    await pha.write.transfer([treasury.address, 2n * held], { account: actors.holder });
    await release(g);
    expect(await balanceOf(g, actors.bob)).toBe(before + 2n * held);
    expect(await balanceOf(g, treasury.address)).toBe(held + 7n);
  });
});

describe("an allowance", () => {
  it("is spent by its payee, from its start on and before its end, with reasons", async () => {
    const g = await load();
    const { stage, treasury, actors } = g;
    const before = await balanceOf(g, actors.carol);
    await g.act(allowance(g, { start: DAY, end: 2n * DAY }));
    const { start, end } = await treasury.read.budgetOf([GRANTS]);
    await stage.travelTo(BigInt(start) - 1n);
    expect(await due(g, GRANTS)).toBe(0n);
    await expectRevert(pay(g, 1n), "Treasury_NotOpen", [GRANTS, start, end]);
    await stage.travel(1n);
    expect(await due(g, GRANTS)).toBe(units(300));
    for (const account of [actors.mallory, actors.governance, actors.carol]) {
      await expectRevert(pay(g, 1n, { account }), "Treasury_NotPayee", [GRANTS, account]);
    }
    await expectRevert(pay(g, 0n), "Treasury_ZeroAmount", []);
    for (const to of [NOBODY, treasury.address]) {
      await expectRevert(pay(g, 1n, { to }), "Treasury_InvalidReceiver", [to]);
    }
    await expectRevert(pay(g, 1n, { proposalId: EMPTY }), "Treasury_Unexplained", []);
    await expectRevert(pay(g, 1n, { memoHash: EMPTY }), "Treasury_Unexplained", []);
    const [proposalId, memoHash] = [keccak256(toHex("another")), keccak256(toHex("other memo"))];
    await expectEvent(stage, pay(g, units(5), { proposalId, memoHash }), treasury, "Paid", {
      name: GRANTS,
      paymentId: 1n,
      to: actors.carol,
      token: g.pha.address,
      amount: units(5),
      paid: units(5),
      proposalId,
      memoHash,
    });
    expect(await balanceOf(g, actors.carol)).toBe(before + units(5));
    await stage.travelTo(BigInt(end) - 1n);
    await pay(g, 1n);
    await stage.travel(1n);
    expect(await due(g, GRANTS)).toBe(0n);
    await expectRevert(pay(g, 1n), "Treasury_NotOpen", [GRANTS, start, end]);
  });

  it("allows several equal payments in a month: each is one of its own", async () => {
    const g = await load();
    const { stage, treasury, actors } = g;
    await g.act(allowance(g));
    const before = await balanceOf(g, actors.carol);
    const ids: bigint[] = [];
    for (let i = 0; i < 3; i++) {
      for (const { args } of await eventsOf(stage, await pay(g, units(50)), treasury, "Paid")) ids.push(args.paymentId);
    }
    await stage.travel(DAY);
    for (const { args } of await eventsOf(stage, await pay(g, units(50)), treasury, "Paid")) ids.push(args.paymentId);
    expect(ids).toEqual([1n, 2n, 3n, 4n]);
    expect(await balanceOf(g, actors.carol)).toBe(before + units(200));
    expect(await treasury.read.paymentCount()).toBe(4n);
  });

  it("ends with its total, whatever the rate", async () => {
    const g = await load();
    await g.act(allowance(g, { total: units(100), limit: units(500) }));
    expect(await due(g, GRANTS)).toBe(units(100));
    await expectRevert(pay(g, units(100) + 1n), "Treasury_ExceedsBudget", [GRANTS, units(100) + 1n, units(100)]);
    await pay(g, units(60));
    expect(await due(g, GRANTS)).toBe(units(40));
    await pay(g, units(40));
    await g.stage.travel(2n * MONTH);
    await expectRevert(pay(g, 1n), "Treasury_ExceedsBudget", [GRANTS, 1n, 0n]);
  });

  it("is over when it is closed", async () => {
    const g = await load();
    await g.act(allowance(g));
    await pay(g, units(30));
    await close(g, GRANTS);
    expect((await g.treasury.read.budgetOf([GRANTS])).total).toBe(units(30));
    expect(await due(g, GRANTS)).toBe(0n);
    await expectRevert(pay(g, 1n), "Treasury_NotOpen");
  });

  it("is free again to the second in which a payment leaves the window", async () => {
    const g = await load();
    const { stage } = g;
    await g.act(allowance(g));
    await pay(g, units(200));
    await stage.travel(10n);
    await pay(g, units(100));
    await expectRevert(pay(g, 1n), "Treasury_ExceedsRate", [GRANTS, 1n, 0n]);
    await stage.travel(MONTH - 11n);
    await expectRevert(pay(g, 1n), "Treasury_ExceedsRate", [GRANTS, 1n, 0n]);
    await stage.travel(1n);
    await expectRevert(pay(g, units(200) + 1n), "Treasury_ExceedsRate", [GRANTS, units(200) + 1n, units(200)]);
    await pay(g, units(200));
    await stage.travel(10n);
    await pay(g, units(100));
    await expectRevert(pay(g, 1n), "Treasury_ExceedsRate", [GRANTS, 1n, 0n]);
  });

  it.each([1, 2, 3])("never pays more than its limit in any window: random payments, seed %i", async (seed) => {
    const g = await load();
    const { stage } = g;
    const random = createRandom(seed);
    const [limit, window, total] = [1_000n, 100n, 20_000n];
    await g.act(allowance(g, { limit, window, total }));
    const payments: { readonly at: bigint; readonly amount: bigint }[] = [];
    const paidSince = (from: bigint) =>
      payments.filter(({ at }) => at > from).reduce((sum, { amount }) => sum + amount, 0n);
    for (let i = 0; i < 80; i++) {
      await stage.travel(random.pick([0n, 0n, 1n, 9n, 50n, 99n, 100n, 101n, random.between(0n, 300n)]));
      const now = stage.now();
      const [inWindow, left] = [limit - paidSince(now - window), total - paidSince(0n)];
      const free = inWindow < left ? inWindow : left;
      expect(await due(g, GRANTS)).toBe(free);
      const amount = random.pick([1n, free, free + 1n, random.between(1n, limit)]);
      if (amount === 0n) continue;
      if (amount > free) {
        const error = amount > left ? "Treasury_ExceedsBudget" : "Treasury_ExceedsRate";
        await expectRevert(pay(g, amount), error, [GRANTS, amount, amount > left ? left : inWindow]);
      } else {
        await pay(g, amount);
        payments.push({ at: now, amount });
      }
    }
    expect(payments.length).toBeGreaterThan(20);
    // Every window that begins with a payment, which are the fullest.
    for (const { at } of payments) {
      const sum = payments
        .filter((payment) => payment.at >= at && payment.at < at + window)
        .reduce((all, { amount }) => all + amount, 0n);
      expect(sum).toBeLessThanOrEqual(limit);
    }
  });
});

const hostileAbi = parseAbi([
  "constructor(address holder, uint256 supply)",
  "function balanceOf(address) view returns (uint256)",
  "function refuse(address receiver, bool refused)",
  "function run(address target, bytes data) returns (bytes)",
  "function arm(address target, bytes data)",
  "function attempt() view returns (bool done, bool success, bytes result)",
]);
const feeAbi = parseAbi([
  "constructor(address holder, uint256 supply)",
  "function balanceOf(address) view returns (uint256)",
]);

describe("hostile tokens", () => {
  /** A token that calls back, all of which the treasury has; it is itself the payee. */
  const loadHostile = fixture(async (stage) => {
    const g = await openGovernance(stage);
    const token = await stage.deploy("HostileToken", hostileAbi, [g.treasury.address, 1_000n]);
    const of = { token: token.address, payee: token.address };
    const operations = [
      stream(g, { ...of, total: 100n, end: 100n }),
      allowance(g, { ...of, total: 90n, limit: 60n }),
    ] as const;
    for (const operation of operations) await g.schedule(operation);
    await stage.travel(14n * DAY);
    for (const operation of operations) await g.execute(operation);
    return { ...g, token };
  });
  const payment = (to: Address, amount: bigint): Hex =>
    encodeFunctionData({ abi: treasuryAbi, functionName: "pay", args: [GRANTS, to, amount, PROPOSAL, MEMO] });

  it("get no more out by calling back into a payment", async () => {
    const g = await loadHostile();
    const { token, treasury, actors } = g;
    const by = { account: actors.mallory };
    await token.write.arm([treasury.address, payment(actors.mallory, 1n)], by);
    await token.write.run([treasury.address, payment(actors.mallory, 60n)], by);
    expect((await token.read.attempt()).slice(0, 2)).toEqual([true, false]);
    expect(await token.read.balanceOf([actors.mallory])).toBe(60n);
    // Within the limits, a payment in a payment is just another one.
    await g.stage.travel(MONTH);
    await token.write.arm([treasury.address, payment(actors.mallory, 10n)], by);
    await token.write.run([treasury.address, payment(actors.mallory, 20n)], by);
    expect((await token.read.attempt()).slice(0, 2)).toEqual([true, true]);
    expect(await token.read.balanceOf([actors.mallory])).toBe(90n);
    expect((await treasury.read.budgetOf([GRANTS])).paid).toBe(90n);
  });

  it("get no more out by calling back into a release", async () => {
    const g = await loadHostile();
    const { token, treasury, actors, stage } = g;
    const again = encodeFunctionData({ abi: treasuryAbi, functionName: "release", args: [SALARY] });
    await stage.travel(50n);
    await token.write.arm([treasury.address, again], { account: actors.mallory });
    await release(g);
    expect((await token.read.attempt()).slice(0, 2)).toEqual([true, false]);
    expect(await token.read.balanceOf([token.address])).toBe(50n);
    expect(await treasury.read.paymentCount()).toBe(1n);
  });

  it("that refuse a receiver cost nothing of the budget", async () => {
    const g = await loadHostile();
    const { token, treasury, actors, stage } = g;
    const by = { account: actors.mallory };
    await token.write.refuse([token.address, true], by);
    await stage.travel(100n);
    await expectRevert(release(g), "HostileToken_Refused", [token.address]);
    expect((await treasury.read.budgetOf([SALARY])).paid).toBe(0n);
    await token.write.refuse([token.address, false], by);
    await release(g);
    expect(await token.read.balanceOf([token.address])).toBe(100n);
  });

  it("that keep a fee: the budget counts what leaves, and the other budgets lose nothing", async () => {
    const g = await load();
    const { stage, treasury, actors } = g;
    const token = await stage.deploy("FeeToken", feeAbi, [treasury.address, 1_000n]);
    await g.act(allowance(g, { token: token.address, total: 500n }));
    await pay(g, 400n);
    expect(await token.read.balanceOf([actors.carol])).toBe(396n);
    expect(await token.read.balanceOf([treasury.address])).toBe(600n);
    expect(await due(g, GRANTS)).toBe(100n);
  });
});

describe("nothing else leaves", () => {
  it("whatever anybody calls: these are all functions, and budgets alone pay", async () => {
    const g = await load();
    const { treasury, actors, pha, stage, authority } = g;
    const changing = treasuryAbi.flatMap((item) =>
      item.type === "function" && item.stateMutability !== "view" ? [item.name] : [],
    );
    expect(new Set(changing)).toEqual(
      new Set(["closeBudget", "collect", "openAllowance", "openStream", "pay", "release", "setAuthority"]),
    );
    const kinds: readonly string[] = treasuryAbi.map(({ type }) => type);
    expect(kinds).not.toContain("receive");
    expect(kinds).not.toContain("fallback");
    const account = actors.mallory;
    await expectRevert(treasury.write.setAuthority([account], { account }), "AccessManagedUnauthorized", [account]);
    await expectRefusal(stage.wallet.sendTransaction({ account, to: treasury.address, value: 1n }), "native currency");
    // No call through the authority, or from another, makes the treasury send or approve.
    const transfer = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [account, 1n] });
    await expectRefusal(g.act({ target: treasury.address, data: transfer }), "no such function");
    await expectRevert(
      pha.write.transferFrom([treasury.address, account, 1n], { account }),
      "ERC20InsufficientAllowance",
    );
    for (const spender of [authority.address, actors.governance, g.governor.address, account]) {
      expect(await pha.read.allowance([treasury.address, spender])).toBe(0n);
    }
  });
});

describe("collecting", () => {
  it("brings in what the emission owes, by anyone", async () => {
    const g = await load();
    const { stage, treasury, emission, actors } = g;
    const before = await balanceOf(g, treasury.address);
    expect(await emission.read.sinkOf([STREAM.treasury])).toBe(treasury.address);
    await stage.travel(10n * DAY);
    const owed = await emission.read.due([STREAM.treasury]);
    expect(owed).toBeGreaterThan(0n);
    await treasury.write.collect({ account: actors.stranger });
    expect(await balanceOf(g, treasury.address)).toBe(before + owed);
    await treasury.write.collect({ account: actors.stranger });
    expect(await balanceOf(g, treasury.address)).toBe(before + owed);
  });

  it("brings in what was reserved for it, too, once it is no longer the sink", async () => {
    const g = await load();
    const { stage, treasury, emission, actors } = g;
    const before = await balanceOf(g, treasury.address);
    await g.act(operationOf(emission, "replaceSink", [STREAM.treasury, actors.bob]));
    const settled = await emission.read.settledOf([STREAM.treasury, treasury.address]);
    expect(settled).toBeGreaterThan(0n);
    await stage.travel(10n * DAY);
    await treasury.write.collect({ account: actors.stranger });
    expect(await balanceOf(g, treasury.address)).toBe(before + settled);
    await expectRevert(treasury.write.collect({ account: actors.stranger }), "EmissionVault_NotSink", [
      STREAM.treasury,
      treasury.address,
    ]);
  });
});
