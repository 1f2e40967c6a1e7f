/** The supply simulator: its emission is the contract's, whatever is assumed besides. */
import { parseAbi } from "viem";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EPOCH_COUNT, EPOCH_LENGTH, emissionCap, emitted } from "../../model/emission.ts";
import { fixture } from "../helpers/stage.ts";
import { BUDGETS, deploySuite } from "../helpers/suite.ts";
import { type Assumptions, MONTH, simulateSupply } from "../../model/supply.ts";
import {
  DEFAULTS,
  PRESETS,
  SCENARIOS,
  fromSearch,
  parseInputs,
  toSearch,
} from "../../web/src/screens/supply/assumptions.ts";

const probeAbi = parseAbi(["function curve(address vault, uint256[] timestamps) view returns (uint256[4][])"]);

const UNIT = 10n ** 18n;
const assumed: Assumptions = {
  budget: 24_300_000n * UNIT,
  elapsed: 0n,
  months: 240,
  circulating: 831_483_000n * UNIT,
  burnBps: 0n,
  stakedBps: 3_000n,
  unlock: 0n,
  unlockMonths: 0,
};

describe.each(Object.keys(PRESETS) as (keyof typeof PRESETS)[])("preset %s", (preset) => {
  const load = fixture(async (stage) => {
    const { emission } = await deploySuite(stage, { preset });
    const probe = await stage.deploy("EmissionProbe", probeAbi, []);
    return { emission, probe, start: await emission.read.startTime() };
  });

  test("every month's emission is the contract's, to the wei", async () => {
    const { emission, probe, start } = await load();
    const budget = BigInt(PRESETS[preset].budget) * UNIT;
    expect(budget).toBe(BUDGETS[preset]);
    const rows = simulateSupply({ ...assumed, budget });
    const totals = await probe.read.curve([emission.address, rows.map(({ end }) => start + end)]);
    let before = 0n;
    for (const [i, row] of rows.entries()) {
      const total = totals[i]?.[0];
      expect(row.emission).toBe((total ?? 0n) - before);
      before = total ?? 0n;
    }
    expect(before).toBeGreaterThan(0n);
  });
});

test("what is emitted, unlocked and burnt is all that changes the supply", () => {
  const inputs = fc.record({
    burnBps: fc.bigInt({ min: 0n, max: 10_000n }),
    unlock: fc.bigInt({ min: 0n, max: 10n ** 26n }),
    unlockMonths: fc.integer({ min: 0, max: 240 }),
    months: fc.integer({ min: 1, max: 240 }),
  });
  fc.assert(
    fc.property(inputs, (change) => {
      const rows = simulateSupply({ ...assumed, ...change });
      let { circulating } = assumed;
      for (const row of rows) {
        circulating += row.emission + row.unlocked - row.burnt;
        expect(row.circulating).toBe(circulating);
        expect(row.circulating).toBeGreaterThanOrEqual(0n);
      }
      expect(rows.reduce((sum, { emission }) => sum + emission, 0n)).toBe(
        emitted(assumed.budget, BigInt(change.months) * MONTH),
      );
    }),
  );
});

test("six months are an epoch, and each epoch emits a quarter less", () => {
  expect(6n * MONTH).toBe(EPOCH_LENGTH);
  const rows = simulateSupply({ ...assumed, months: 12 });
  const sum = (from: number) => rows.slice(from, from + 6).reduce((total, { emission }) => total + emission, 0n);
  expect(sum(0)).toBe(assumed.budget);
  expect(sum(6)).toBe((assumed.budget * 3n) / 4n);
  expect(emitted(assumed.budget, EPOCH_COUNT * EPOCH_LENGTH)).toBe(emissionCap(assumed.budget));
});

describe("the URL", () => {
  test("carries all inputs, and only what is not the default", () => {
    expect(toSearch(DEFAULTS)).toBe("");
    expect(fromSearch("")).toEqual(DEFAULTS);
    const text = fc.string({ maxLength: 40 });
    fc.assert(
      fc.property(
        fc.record({
          ...Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, text])),
          preset: fc.constantFrom("genesis", "published", "current"),
        }),
        (given) => {
          const inputs = { ...DEFAULTS, ...given };
          expect(fromSearch(toSearch(inputs))).toEqual(inputs);
        },
      ),
    );
  });

  test.each(SCENARIOS)("$name can be simulated", ({ inputs }) => {
    expect(parseInputs({ ...DEFAULTS, ...inputs })).toHaveProperty("parsed");
  });

  test("what is wrong is said field by field", () => {
    expect(parseInputs({ ...DEFAULTS, months: "0", burn: "101", price: "x", unlock: "" })).toEqual({
      problems: {
        months: "A whole number from 1 to 240.",
        burn: "At most 100.",
        price: "This is not a number.",
        unlock: "A number is needed.",
      },
    });
  });
});
