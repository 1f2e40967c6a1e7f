/**
 * Genuine quotes and Intel-signed collateral, which are no part of this project: from `DCAP_FIXTURES`, or from
 * `../shared/dcap` beside it.
 */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Hex } from "viem";
import type { CollateralFile } from "../../scripts/attestation/collateral.ts";

/** What a genuine quote must come to with one collateral. */
export interface ExpectedVerdict {
  readonly collateral: string;
  /** Unix seconds: the window in which everything is valid. */
  readonly validFrom: number;
  readonly validUntil: number;
  /** False if there is no such window. */
  readonly usable: boolean;
  readonly error?: string;
  readonly status?: string;
  readonly advisoryIds?: readonly string[];
  readonly tcbDate?: string;
  readonly module?: string;
  readonly qe?: string;
}

/** A genuine quote and what is known of it. Hex without 0x. */
export interface Vector {
  readonly name: string;
  readonly version: number;
  readonly tee: "TDX" | "SGX";
  readonly bodyType: number;
  readonly fmspc: string;
  readonly ppid: string;
  readonly tdAttributes?: string;
  readonly mrServiceTd?: string;
  readonly reportData?: string;
  readonly bytes: number;
  readonly expected: readonly ExpectedVerdict[];
}

/** The folder's content. */
export interface Fixtures {
  readonly folder: string;
  readonly vectors: readonly Vector[];
  /** The file's text: a raw quote as hex. */
  quote(name: string): string;
  collateral(name: string): CollateralFile;
  /** A PCK CRL in DER, by its number of entries. */
  crl(entries: 57 | 129): Hex;
}

/** The genuine quotes and collateral, if they are there. */
export function fixtures(): Fixtures | undefined {
  const folder = resolve(process.env["DCAP_FIXTURES"] ?? resolve(import.meta.dirname, "../../../shared/dcap"));
  if (!existsSync(resolve(folder, "vectors.json"))) return undefined;
  const read = (path: string): string => readFileSync(resolve(folder, path), "utf8");
  return {
    folder,
    vectors: JSON.parse(read("vectors.json")) as Vector[],
    quote: (name) => read(`quotes/${name}.hex`),
    collateral: (name) => JSON.parse(read(`collateral/${name}.json`)) as CollateralFile,
    crl: (entries) => `0x${read(`crl/platform-${entries}-20260716.hex`).trim().replace(/^0x/, "")}`,
  };
}

/** Says in one line what a run without the fixtures leaves out. */
export function sayWhatIsSkipped(what: string): void {
  console.log(`Skipped without genuine quotes (DCAP_FIXTURES or ../shared/dcap): ${what}`);
}
