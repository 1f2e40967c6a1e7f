import { defineConfig } from "vitest/config";

/**
 * One project per part of the house; `npx vitest run --project NAME` runs one. A process runs many files without loading anything
 * anew, which would take longer than most of the tests: what a file leaves behind, it clears away itself.
 */
const project = (name: string, include: string[], timeout: number, exclude: string[] = []) => ({
  test: { name, include, exclude, testTimeout: timeout, hookTimeout: timeout, pool: "forks" as const, isolate: false },
});

/** What measures seconds, or loads the machine: run one file after the other, with nothing beside it but e2e, which mostly waits. */
const OPERATIONS = ["faults", "reorgs", "takeover", "watch"].map((name) => `test/indexer/${name}.test.ts`);

export default defineConfig({
  test: {
    // Two cores: more workers only wait for each other.
    maxWorkers: 2,
    projects: [
      project("contracts", ["test/contracts/**/*.test.ts", "test/model/**/*.test.ts"], 60_000),
      project("attestation", ["test/attestation/**/*.test.ts"], 60_000),
      project("deploy", ["test/deploy/**/*.test.ts", "test/scripts/**/*.test.ts"], 120_000),
      project("web", ["test/web/**/*.test.ts"], 60_000),
      // One chain, one browser: the files follow each other.
      {
        test: {
          ...project("e2e", ["test/e2e/**/*.test.ts"], 180_000).test,
          globalSetup: "test/e2e/setup.ts",
          isolate: true,
        },
      },
      project("indexer", ["test/indexer/**/*.test.ts"], 180_000, OPERATIONS),
      project("operations", OPERATIONS, 180_000),
      project("integration", ["test/integration/**/*.test.ts"], 240_000),
    ],
  },
});
