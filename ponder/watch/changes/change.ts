/** A change in one of Ponder's files. */
export interface Change {
  /** The file, as its URL ends. */
  readonly file: string;
  readonly what: string;
  readonly replacements: readonly (readonly [before: string, after: string])[];
  /** Where Ponder is not run without it, since the data could be wrong. */
  readonly isNeeded?: "always" | "on PGlite";
}

/** What loads settings, schema, handlers and API. */
export const BUILDER = "/ponder/dist/esm/build/index.js";
