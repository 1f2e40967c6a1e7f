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

export const EXCUSED: readonly Excuse[] = [];

/** Tests that instrumented contracts fail, by file, with their whole names. What they run counts all the same. */
export const FAILING: Readonly<Record<string, { readonly tests: readonly string[]; readonly reason: string }>> = {};
