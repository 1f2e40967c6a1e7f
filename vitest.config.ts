import { defineConfig } from "vitest/config";

/** One project per part of the house; `npx vitest run --project NAME` runs one. */
const project = (name: string, include: string[], timeout: number) => ({
  test: { name, include, testTimeout: timeout, hookTimeout: timeout, pool: "forks" as const },
});

export default defineConfig({
  test: {
    // Two cores: more workers only wait for each other.
    maxWorkers: 2,
    projects: [
      project("contracts", ["test/contracts/**/*.test.ts", "test/model/**/*.test.ts"], 60_000),
      project("attestation", ["test/attestation/**/*.test.ts"], 60_000),
      project("deploy", ["test/deploy/**/*.test.ts", "test/scripts/**/*.test.ts"], 120_000),
      project("indexer", ["test/indexer/**/*.test.ts"], 180_000),
      project("integration", ["test/integration/**/*.test.ts"], 240_000),
    ],
  },
});
