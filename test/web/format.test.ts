/** What the page makes of amounts, rates, times and files. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cellOf } from "../../ponder/src/api/csv.ts";
import { calendarOf } from "../../web/src/format/calendar.ts";
import { compactAmount, exactAmount, formatAmount, parseAmount } from "../../web/src/format/amount.ts";
import { csvOf } from "../../web/src/format/csv.ts";
import { fisher, formatPercent } from "../../web/src/format/rate.ts";
import { formatSpan } from "../../web/src/format/time.ts";

const UNIT = 10n ** 18n;
const wei = fc.bigInt({ min: 0n, max: 10n ** 27n });

describe("amounts", () => {
  test("what is shown exactly is what is typed back", () => {
    fc.assert(
      fc.property(wei, (amount) => {
        expect(parseAmount(exactAmount(amount))).toEqual({ wei: amount });
      }),
    );
  });

  test("a shown amount is never more than there is, and less by under one digit", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 10n ** 16n, max: 10n ** 27n }), (amount) => {
        const parsed = parseAmount(formatAmount(amount, 2));
        if (parsed === null || "problem" in parsed) throw new Error("not a number");
        expect(parsed.wei).toBeLessThanOrEqual(amount);
        expect(amount - parsed.wei).toBeLessThan(10n ** 16n);
      }),
    );
  });

  test("something is never shown as nothing", () => {
    expect(formatAmount(1n)).toBe("<0.01");
    expect(formatAmount(-1n)).toBe("−<0.01");
    expect(formatAmount(UNIT - 1n, 0)).toBe("<1");
    expect(formatAmount(0n)).toBe("0.00");
  });

  test.each([
    [999n * UNIT, "999.00"],
    [1_130_000n * UNIT, "1.13\u202fM"],
    [1_999_999n * UNIT, "1.99\u202fM"],
    [-1_130_000n * UNIT, "−1.13\u202fM"],
    [10n ** 9n * UNIT, "1\u202fB"],
  ])("%s wei are %s in short, cut off", (amount, text) => {
    expect(compactAmount(amount)).toBe(text);
  });

  test("thousands are apart", () => {
    expect(formatAmount(1_234_567n * UNIT + UNIT / 2n)).toBe("1\u202f234\u202f567.50");
  });

  test.each([
    ["", null],
    [" 1 000,5 ", { wei: 1_000n * UNIT + UNIT / 2n }],
    [".5", { wei: UNIT / 2n }],
    ["5.", { wei: 5n * UNIT }],
    [".", { problem: "This is not a number." }],
    ["-1", { problem: "This is not a number." }],
    ["1e3", { problem: "This is not a number." }],
    ["1.2.3", { problem: "This is not a number." }],
    ["0x10", { problem: "This is not a number." }],
    ["0,125", { wei: UNIT / 8n }],
    ["1,000", { problem: "No commas between thousands, please." }],
    ["12,000,000", { problem: "No commas between thousands, please." }],
    ["1,234.5", { problem: "No commas between thousands, please." }],
    [`0.${"1".repeat(19)}`, { problem: "At most 18 decimals." }],
  ])("%s is read as it is meant, or refused", (typed, expected) => {
    expect(parseAmount(typed)).toEqual(expected);
  });
});

describe("rates", () => {
  test("rounded to the nearest", () => {
    expect(formatPercent(83_149_999_999_999_999n)).toBe("8.31 %");
    expect(formatPercent(83_150_000_000_000_000n)).toBe("8.32 %");
    expect(formatPercent(-50_000_000_000_000_000n)).toBe("−5.00 %");
    expect(formatPercent(0n)).toBe("0.00 %");
  });

  test("the reference yield: 8.31 % at 5 % inflation is 3.15 % by the Fisher formula", () => {
    expect(formatPercent(fisher(83_100_000_000_000_000n, 50_000_000_000_000_000n))).toBe("3.15 %");
  });
});

test.each([
  [0, "0 s"],
  [59, "59 s"],
  [60, "1 min"],
  [3_661, "1 h 1 min"],
  [86_400 * 20 + 4 * 3_600 + 59, "20 d 4 h"],
  [86_400 * 730 + 86_400 * 3 + 59, "2 y 3 d"],
  [-5, "0 s"],
])("a span of %i s is %s", (seconds, text) => {
  expect(formatSpan(seconds)).toBe(text);
});

describe("CSV", () => {
  /** A reader of its own, by RFC 4180. */
  function read(text: string): string[][] {
    const rows: string[][] = [];
    let row: string[] = [];
    let cell = "";
    let isQuoted = false;
    for (let i = 0; i < text.length; i++) {
      const sign = text[i];
      if (isQuoted) {
        if (sign !== '"') cell += sign ?? "";
        else if (text[i + 1] === '"') {
          cell += '"';
          i++;
        } else isQuoted = false;
      } else if (sign === '"') isQuoted = true;
      else if (sign === ",") {
        row.push(cell);
        cell = "";
      } else if (sign === "\r" && text[i + 1] === "\n") {
        rows.push([...row, cell]);
        row = [];
        cell = "";
        i++;
      } else cell += sign ?? "";
    }
    return rows;
  }

  test("whatever is written is read back, but for the sign that makes formulas harmless", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), { minLength: 1 }), (rows) => {
        const back = read(csvOf(rows));
        expect(back.map((row) => row.map((cell) => cell.replace(/^'(?=[=+\-@\t\r])/, "")))).toEqual(
          rows.map((row) => row.map((cell) => cell.replace(/^'(?=[=+\-@\t\r])/, ""))),
        );
      }),
    );
  });

  test.each(["=1+1", "+SUM(A1)", "-2+3", "@x", "\t=1", "\r=1", '=HYPERLINK("x")'])(
    "%j is no formula any more",
    (text) => {
      expect(cellOf(text).replace(/^"/, "")[0]).toBe("'");
    },
  );

  test.each([
    [-5n, "-5"],
    ["-1.25", "-1.25"],
    ["+3", "+3"],
    [null, ""],
  ])("numbers stay numbers: %s", (value, text) => {
    expect(cellOf(value)).toBe(text);
  });
});

test("a calendar has a reminder for each claim, with lines that fit", () => {
  const text = calendarOf([
    {
      uid: "1-2@phala",
      title: "Claim 1,5 PHA; soon",
      text: "x".repeat(200),
      at: 1_790_000_000n,
      createdAt: 1_788_000_000n,
    },
  ]);
  expect(text).toContain("DTSTART:20260921T141320Z\r\n");
  expect(text).toContain("SUMMARY:Claim 1\\,5 PHA\\; soon\r\n");
  for (const line of text.split("\r\n")) expect(line.length).toBeLessThanOrEqual(75);
  expect(text.endsWith("END:VCALENDAR\r\n")).toBe(true);
});
