/** What workers post, weigh, earn and can lose: the parameters, and the contracts' form of them. */
import { type Hex, formatEther, parseEther } from "viem";
import { WEIGHT_UNIT, modelId } from "../../scripts/compute/calls.ts";
import { InvalidParameter, integer, list, members, pha } from "./validate.ts";

const DAY = 86_400;

/** What the contracts take: `MIN_CEILING` and `MAX_CEILING` per 1.0 of weight, the bounds of models, of windows. */
const CEILING = { min: parseEther("0.01"), max: parseEther("1000") };
const COLLATERAL = { min: parseEther("100"), max: parseEther("100000") };
const WEIGHT = { min: 10, max: 1_000 };
const REBUTTAL_DAYS = { min: 3, max: 14 };
const BPS = 10_000;

export interface ModelParameters {
  /** ASCII: "H100". */
  readonly name: string;
  /** vPHA per GPU. */
  readonly collateral: string;
  /** Hundredths per GPU: 100 is 1.0. */
  readonly weight: number;
}

export interface ComputeParameters {
  /** PHA that an hour pays at most per 1.0 of weight. */
  readonly ceiling: string;
  /** The catalog to begin with; governance can change it. */
  readonly models: readonly ModelParameters[];
  readonly slashing: {
    /** Within which an operator can rebut. */
    readonly rebuttalDays: number;
    /** After which a rebutted proposal stands. */
    readonly processDays: number;
    /** What a fault of the class takes at most, in basis points of what was at risk. */
    readonly caps: { readonly unavailability: number; readonly misreporting: number; readonly breach: number };
  };
}

/** The ceiling as WorkerRewards takes it: wei of PHA per hour and hundredth of weight. */
export function ceilingOf({ ceiling }: ComputeParameters): bigint {
  return parseEther(ceiling) / BigInt(WEIGHT_UNIT);
}

/** A model as WorkerRegistry's `setModel` takes it. */
export function modelOf({ name, collateral, weight }: ModelParameters): readonly [Hex, bigint, number] {
  return [modelId(name), parseEther(collateral), weight];
}

/** The windows and caps as Slashing takes them. */
export function slashingLimitsOf({ slashing: { rebuttalDays, processDays, caps } }: ComputeParameters) {
  return {
    rebuttalWindow: rebuttalDays * DAY,
    processWindow: processDays * DAY,
    caps: [caps.unavailability, caps.misreporting, caps.breach],
  } as const;
}

/** Checks the member `compute` of a parameter file. Throws {@link InvalidParameter}. */
export function parseCompute(value: unknown): ComputeParameters {
  const file = members(value, "compute", ["ceiling", "models", "slashing"]);
  const models = parseModels(file.models, "compute.models");
  const ceiling = within(file.ceiling, "compute.ceiling", CEILING);
  if (parseEther(ceiling) % BigInt(WEIGHT_UNIT) !== 0n) {
    throw new InvalidParameter("compute.ceiling", "must be a multiple of 100 wei");
  }
  return { ceiling, models, slashing: parseSlashing(file.slashing) };
}

/** Checks a list of models. Throws {@link InvalidParameter}. */
export function parseModels(value: unknown, field: string): ModelParameters[] {
  const models = list(value, field, parseModel);
  const twice = models.findIndex(({ name }, i) => models.findIndex((other) => other.name === name) !== i);
  if (twice !== -1) throw new InvalidParameter(`${field}[${twice}].name`, "is listed twice");
  return models;
}

function parseModel(value: unknown, field: string): ModelParameters {
  const model = members(value, field, ["name", "collateral", "weight"]);
  const { name } = model;
  if (typeof name !== "string") throw new InvalidParameter(`${field}.name`, "must be a text");
  try {
    modelId(name);
  } catch {
    throw new InvalidParameter(`${field}.name`, "must have 1 to 32 printable ASCII characters and no blank");
  }
  return {
    name,
    collateral: within(model.collateral, `${field}.collateral`, COLLATERAL),
    weight: integer(model.weight, `${field}.weight`, WEIGHT.min, WEIGHT.max),
  };
}

function parseSlashing(value: unknown): ComputeParameters["slashing"] {
  const field = "compute.slashing";
  const slashing = members(value, field, ["rebuttalDays", "processDays", "caps"]);
  const caps = members(slashing.caps, `${field}.caps`, ["unavailability", "misreporting", "breach"]);
  const cap = (name: keyof typeof caps) => integer(caps[name], `${field}.caps.${name}`, 0, BPS);
  const { min, max } = REBUTTAL_DAYS;
  const rebuttalDays = integer(slashing.rebuttalDays, `${field}.rebuttalDays`, min, max);
  return {
    rebuttalDays,
    processDays: integer(slashing.processDays, `${field}.processDays`, rebuttalDays, max),
    caps: { unavailability: cap("unavailability"), misreporting: cap("misreporting"), breach: cap("breach") },
  };
}

/** An amount from `min` to `max` wei. */
function within(value: unknown, field: string, { min, max }: { readonly min: bigint; readonly max: bigint }): string {
  const amount = pha(value, field);
  if (parseEther(amount) < min || parseEther(amount) > max) {
    throw new InvalidParameter(field, `must be from ${formatEther(min)} to ${formatEther(max)}`);
  }
  return amount;
}
