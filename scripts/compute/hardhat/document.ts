/** Hashes of documents that the contracts name: evidence and rebuttals. */
import { readFileSync } from "node:fs";
import { type Hex, keccak256 } from "viem";
import { bytes32Option, given } from "../../attestation/hardhat/command.ts";
import { invalidInput } from "../../attestation/refusal.ts";

/** The Keccak-256 of the file that `--option` names, or what `--option-hash` gives. */
export function documentHash(file: string | undefined, hash: string | undefined, option: string): Hex {
  if (file !== undefined && hash !== undefined)
    throw invalidInput(`--${option} and --${option}-hash exclude each other.`);
  if (hash !== undefined) return bytes32Option(hash, `${option}-hash`);
  const name = given(file, option);
  try {
    return keccak256(readFileSync(name));
  } catch (cause) {
    throw invalidInput(`${name} cannot be read.`, cause);
  }
}
