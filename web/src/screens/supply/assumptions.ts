/** The simulator's inputs, as its URL carries them. */
import { parseAmount } from "../../format/amount.ts";

export const PRESETS = {
  genesis: { name: "Genesis", budget: "175000000", circulating: "300000000" },
  published: { name: "Published", budget: "129600000", circulating: "481600000" },
  current: { name: "Current", budget: "24300000", circulating: "831483000" },
} as const;

export type PresetName = keyof typeof PRESETS;

/** Every input as it is typed; amounts in PHA, parts in percent. */
export interface Inputs {
  readonly preset: PresetName;
  readonly circulating: string;
  readonly months: string;
  readonly burn: string;
  readonly staked: string;
  readonly price: string;
  readonly unlock: string;
  readonly unlockMonths: string;
}

export const DEFAULTS: Inputs = {
  preset: "current",
  circulating: PRESETS.current.circulating,
  months: "36",
  burn: "0",
  staked: "30",
  price: "0.1",
  unlock: "0",
  unlockMonths: "12",
};

export const SCENARIOS: readonly { readonly name: string; readonly inputs: Partial<Inputs> }[] = [
  { name: "As published", inputs: {} },
  { name: "Burns of 2 % a year", inputs: { burn: "2" } },
  { name: "Half is staked", inputs: { staked: "50" } },
  { name: "1 M PHA unlock monthly", inputs: { unlock: "1000000", unlockMonths: "24" } },
];

const NAMES = Object.keys(DEFAULTS) as (keyof Inputs)[];

export function isPreset(value: string): value is PresetName {
  return Object.hasOwn(PRESETS, value);
}

/** Only what differs from the defaults, so that a URL stays short. */
export function toSearch(inputs: Inputs): string {
  const search = new URLSearchParams();
  for (const name of NAMES) if (inputs[name] !== DEFAULTS[name]) search.set(name, inputs[name]);
  return search.toString();
}

/** Inputs from a URL; what is missing is the default. */
export function fromSearch(search: string): Inputs {
  const given = new URLSearchParams(search);
  const preset = given.get("preset") ?? DEFAULTS.preset;
  const text = (name: keyof Inputs) => (given.get(name) ?? DEFAULTS[name]).slice(0, 40);
  return {
    preset: isPreset(preset) ? preset : DEFAULTS.preset,
    circulating: text("circulating"),
    months: text("months"),
    burn: text("burn"),
    staked: text("staked"),
    price: text("price"),
    unlock: text("unlock"),
    unlockMonths: text("unlockMonths"),
  };
}

export interface Parsed {
  readonly budget: bigint;
  readonly circulating: bigint;
  readonly months: number;
  readonly burnBps: bigint;
  readonly stakedBps: bigint;
  /** US dollars for 1 PHA, times 1e18. */
  readonly price: bigint;
  readonly unlock: bigint;
  readonly unlockMonths: number;
}

const UNIT = 10n ** 18n;
const MAX_SUPPLY = 1_000_000_000n * UNIT;

/** The inputs as numbers, or what is wrong with each. */
export function parseInputs(
  inputs: Inputs,
): { readonly parsed: Parsed } | { readonly problems: Partial<Record<keyof Inputs, string>> } {
  const problems: Partial<Record<keyof Inputs, string>> = {};
  const amount = (name: keyof Inputs, max: bigint): bigint => {
    const read = parseAmount(inputs[name]);
    if (read === null) problems[name] = "A number is needed.";
    else if ("problem" in read) problems[name] = read.problem;
    else if (read.wei > max) problems[name] = `At most ${max / UNIT}.`;
    else return read.wei;
    return 0n;
  };
  const count = (name: keyof Inputs, min: number, max: number): number => {
    const value = Number(inputs[name]);
    if (inputs[name].trim() !== "" && Number.isInteger(value) && value >= min && value <= max) return value;
    problems[name] = `A whole number from ${min} to ${max}.`;
    return min;
  };
  const bps = (name: keyof Inputs) => amount(name, 100n * UNIT) / (UNIT / 100n);
  const parsed: Parsed = {
    budget: BigInt(PRESETS[inputs.preset].budget) * UNIT,
    circulating: amount("circulating", MAX_SUPPLY),
    months: count("months", 1, 240),
    burnBps: bps("burn"),
    stakedBps: bps("staked"),
    price: amount("price", 1_000_000n * UNIT),
    unlock: amount("unlock", MAX_SUPPLY),
    unlockMonths: count("unlockMonths", 0, 240),
  };
  return Object.keys(problems).length === 0 ? { parsed } : { problems };
}
