/** The flags of `npm start`. */
import { parseArgs } from "node:util";
import { PRESETS, type Preset } from "../../deploy/parameters/parameters.ts";

export interface StartOptions {
  readonly chainPort: number;
  readonly indexerPort: number;
  readonly preset: Preset;
  readonly seed: number;
  readonly stakers: number;
  /** Days of history. */
  readonly days: number;
  readonly transactions: number;
  readonly hasHistory: boolean;
  /** Whether the history looks for trouble: one that may fail, and after which nobody goes on. */
  readonly isTroubled: boolean;
  readonly hasIndexer: boolean;
  readonly webPort: number;
  readonly hasPage: boolean;
  /** Seconds between two blocks while nobody sends transactions. */
  readonly blockTime: number;
  /** Begins anew, whatever is there. */
  readonly isReset: boolean;
  /** Folder of everything that is kept between two starts. */
  readonly folder: string;
}

export const HELP = `Starts the suite on this machine: local chain, contracts, a history, indexer, page. Ctrl-C ends it.

  npm start -- [flags]

  --chain-port N      JSON-RPC of the chain, on 127.0.0.1          (8545)
  --indexer-port N    GraphQL of the indexer, on 127.0.0.1         (42069)
  --web-port N        the page, on 127.0.0.1                       (4173)
  --preset NAME       emission: ${Object.keys(PRESETS).join(", ")}${" ".repeat(Math.max(1, 35 - Object.keys(PRESETS).join(", ").length))}(current)
  --seed N            which history is played                      (1)
  --days N            days of history, ending now                  (200)
  --stakers N         accounts that stake in it                    (200)
  --transactions N    transactions in it, about                    (22 per staker)
  --trouble           a history that looks for trouble, as the tests play it: all contracts, no agents afterwards
  --no-history        only the deployment
  --no-indexer        without the indexer
  --no-page           without the page
  --block-time N      seconds between blocks while nobody sends    (5)
  --reset             forget what an earlier start has kept
  --folder PATH       where that is kept                           (.devnet)
  --help              this text

What is there already is not done again: a chain with the same flags and contracts goes on where it ended.
Exit codes: 0 ended by Ctrl-C once ready, or already running; 1 failed; 2 wrong flags; 130 ended by Ctrl-C before it was ready,
or, from npm, where its shell is ended by Ctrl-C itself.`;

/** A flag is wrong: the message says which and what it takes. */
export class WrongFlag extends Error {}

/** Reads the flags of `npm start`; null if help is wanted. Throws {@link WrongFlag}. */
export function parseStartOptions(args: readonly string[]): StartOptions | null {
  const flags = read(args);
  if (flags.help) return null;
  const stakers = integer("stakers", flags.stakers, 2, 2_000);
  const transactions = integer("transactions", flags.transactions ?? String(stakers * 22), 1, 100_000);
  const chainPort = integer("chain-port", flags["chain-port"], 1, 65_535);
  const indexerPort = integer("indexer-port", flags["indexer-port"], 1, 65_535);
  const webPort = integer("web-port", flags["web-port"], 1, 65_535);
  if (new Set([chainPort, indexerPort, webPort]).size < 3) {
    throw new WrongFlag("--chain-port, --indexer-port and --web-port must differ.");
  }
  return {
    chainPort,
    indexerPort,
    webPort,
    preset: preset(flags.preset),
    seed: integer("seed", flags.seed, 0, 2 ** 32 - 1),
    stakers,
    days: integer("days", flags.days, 1, 3_650),
    transactions,
    hasHistory: !flags["no-history"],
    isTroubled: flags.trouble,
    hasIndexer: !flags["no-indexer"],
    hasPage: !flags["no-page"],
    blockTime: integer("block-time", flags["block-time"], 1, 3_600),
    isReset: flags.reset,
    folder: flags.folder,
  };
}

function read(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        "chain-port": { type: "string", default: "8545" },
        "indexer-port": { type: "string", default: "42069" },
        "web-port": { type: "string", default: "4173" },
        preset: { type: "string", default: "current" },
        seed: { type: "string", default: "1" },
        days: { type: "string", default: "200" },
        stakers: { type: "string", default: "200" },
        transactions: { type: "string" },
        trouble: { type: "boolean", default: false },
        "no-history": { type: "boolean", default: false },
        "no-indexer": { type: "boolean", default: false },
        "no-page": { type: "boolean", default: false },
        "block-time": { type: "string", default: "5" },
        reset: { type: "boolean", default: false },
        folder: { type: "string", default: ".devnet" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return values;
  } catch (error) {
    // Node's message goes on with advice about positionals.
    const message =
      error instanceof Error ? (error.message.split(/\. (?=To specify|If this)/)[0] ?? "") : String(error);
    throw new WrongFlag(`${message.replace(/\.$/, "")}. \`npm start -- --help\` lists the flags.`);
  }
}

function integer(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < min || value > max) {
    throw new WrongFlag(`--${name} must be an integer from ${min} to ${max}, not ${JSON.stringify(text)}.`);
  }
  return value;
}

function preset(text: string): Preset {
  const found = Object.keys(PRESETS).find((name): name is Preset => name === text);
  if (found === undefined) {
    throw new WrongFlag(`--preset must be one of ${Object.keys(PRESETS).join(", ")}, not ${JSON.stringify(text)}.`);
  }
  return found;
}
