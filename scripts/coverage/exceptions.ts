/** What coverage leaves out, each by name and with its reason. */

/** A statement that no test runs, and why that is right. */
export interface Excuse {
  /** Below `contracts/`. */
  readonly file: string;
  /** The function that it is in. */
  readonly within: string;
  /** On one line, without comments. */
  readonly statement: string;
  readonly reason: string;
}

const AFTER_A_LOOP = ["skipSpace", "skip", "_skipString", "_stringEnd"].map((within) => ({
  file: "attestation/codec/Json.sol",
  within,
  statement: "return p;",
  reason:
    "never reached, since the loop before it only ends by returning; without it, the compiler warns of a missing value",
}));

export const EXCUSED: readonly Excuse[] = [
  ...AFTER_A_LOOP,
  {
    file: "staking/VPHA.sol",
    within: "_walk",
    statement: "revert VPHA_MustSkip(controller);",
    reason:
      "takes thousands of settled requests, too many for instrumented contracts; tested by VPHA.claim.test.ts on genuine ones",
  },
];

/** Tests that instrumented contracts fail, by file, with their whole names. What they run counts all the same. */
export const FAILING: Readonly<Record<string, { readonly tests: readonly string[]; readonly reason: string }>> = {};
