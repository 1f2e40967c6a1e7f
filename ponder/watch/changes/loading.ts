/** What is loaded, opened and shown when it starts. */
import { BUILDER, type Change } from "./change.ts";

/** Frames of an error with paths of files, from which Ponder takes lines, instead of the URLs that Node has in them. */
const FRAMES: readonly [before: string, after: string] = [
  'import { parse as parseStackTrace } from "stacktrace-parser";',
  `import { fileURLToPath } from "node:url";
import { parse } from "stacktrace-parser";
const parseStackTrace = (stack) => parse(stack).map((frame) =>
    frame.file?.startsWith("file:") ? { ...frame, file: fileURLToPath(frame.file) } : frame);`,
];

export const loadingChanges: readonly Change[] = [
  {
    file: "/ponder/dist/esm/build/stacktrace.js",
    what: "errors of settings, schema and API show the line that they are of",
    replacements: [FRAMES],
  },
  {
    file: "/ponder/dist/esm/indexing/addStackTrace.js",
    what: "errors of handlers show the line that they are of",
    replacements: [FRAMES],
  },
  {
    file: "/ponder/dist/esm/index.js",
    // `src/api/graphql.ts` serves instead. Ponder's own brings three hundred files.
    what: "its GraphQL server is not loaded",
    replacements: [
      [
        "export { graphql } from './graphql/middleware.js';",
        'export const graphql = () => { throw new Error("This indexer serves GraphQL by its own executor."); };',
      ],
    ],
  },
  // To open PGlite takes seconds. Ponder does so twice, the first time to see whether it can.
  {
    file: "/ponder/dist/esm/utils/pglite.js",
    what: "PGlite is opened once",
    isNeeded: "on PGlite",
    replacements: [["return new PGlite(options);", "return globalThis.PHALA_PGLITE ?? new PGlite(options);"]],
  },
  {
    file: BUILDER,
    what: "PGlite stays open once it has been tried",
    isNeeded: "on PGlite",
    replacements: [["await driver.close();", "if (driver !== globalThis.PHALA_PGLITE) await driver.close();"]],
  },
];
