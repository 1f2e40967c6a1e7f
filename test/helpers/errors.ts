/** What a call is expected to be refused with. */
import { type Abi, type Hex, decodeErrorResult, isHex, parseAbi, toFunctionSelector } from "viem";
import { expect } from "vitest";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  guardianMandateAbi,
  merkleDistributorAbi,
  phaAbi,
  phalaAuthorityAbi,
  phalaGovernorAbi,
  slashingAbi,
  stateAssertionAbi,
  tcbCodecAbi,
  tdxVerifierAbi,
  teamVestingAbi,
  treasuryAbi,
  vetoLockAbi,
  votingVphaAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "../../deploy/generated/abis.ts";
import { revertData } from "../../scripts/attestation/refusal.ts";

export { revertData };

const MOCK_ERRORS = parseAbi([
  "error EnforcedPause()",
  "error HostileToken_Refused(address receiver)",
  "error Specimen_Refused()",
]);

/** Every custom error of the suite and of its mocks, once each. */
const ERRORS: Abi = [
  ...new Map(
    [
      vphaAbi,
      emissionVaultAbi,
      merkleDistributorAbi,
      phaAbi,
      phalaAuthorityAbi,
      attestationRegistryAbi,
      tdxVerifierAbi,
      tcbCodecAbi,
      teamVestingAbi,
      workerRegistryAbi,
      workerRewardsAbi,
      slashingAbi,
      guardianMandateAbi,
      phalaGovernorAbi,
      stateAssertionAbi,
      treasuryAbi,
      vetoLockAbi,
      votingVphaAbi,
      MOCK_ERRORS,
    ]
      .flatMap((abi): Abi => abi)
      .flatMap((item) => (item.type === "error" ? [item] : []))
      .map((item) => [`${item.name}(${item.inputs.map((input) => input.type).join()})`, item]),
  ).values(),
];

/** The name and the arguments of the error that `data` encodes. */
export function decodeRevert(data: Hex): { name: string; args: readonly unknown[] } {
  if (data === "0x") return { name: "(no data)", args: [] };
  const { errorName, args } = decodeErrorResult({ abi: ERRORS, data });
  return { name: errorName, args: Array.isArray(args) ? args : [] };
}

/**
 * Expects `call` to be refused with the custom error `name` and, where given, exactly these arguments.
 * `Error` and `Panic` are those of Solidity; `(no data)` is a revert that says nothing.
 */
export async function expectRevert(call: Promise<unknown>, name: string, args?: readonly unknown[]): Promise<void> {
  const failure = await failureOf(call);
  if (failure === undefined) throw new Error(`expected ${name}, but the call succeeded`);
  const found = decodeRevert(revertData(failure) ?? "0x");
  if (found.name === "(no data)" && name !== found.name) throw failure;
  expect({ error: found.name, args: args === undefined ? undefined : plain(found.args) }).toEqual({
    error: name,
    args: args === undefined ? undefined : plain(args),
  });
}

/** Expects `call` to be refused, by whatever error. */
export async function expectRefusal(call: Promise<unknown>, what: string): Promise<void> {
  const failure = await failureOf(call);
  if (failure === undefined) throw new Error(`expected to be refused: ${what}`);
  if (revertData(failure) === undefined && !failure.message.includes("revert")) throw failure;
}

/** What `call` fails with; undefined if it does not. */
async function failureOf(call: Promise<unknown>): Promise<Error | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error("the call failed with what is no error", { cause: error });
  }
}

/** The id of ERC-165 for an interface with these functions. */
export function interfaceId(signatures: readonly string[]): Hex {
  const id = signatures.reduce((sum, signature) => sum ^ BigInt(toFunctionSelector(signature)), 0n);
  return `0x${id.toString(16).padStart(8, "0")}`;
}

/** With addresses and hashes in lower case, so that their spelling does not matter. */
export function plain(value: unknown): unknown {
  if (typeof value === "string") return isHex(value) ? value.toLowerCase() : value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  }
  return value;
}
