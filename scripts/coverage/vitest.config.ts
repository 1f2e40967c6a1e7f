/** The tests that mutations are tried on, and one more: each contract's own, in the chain of their own process, which says what was run. */
import { defineConfig } from "vitest/config";
import { GROUPS } from "../mutation/groups.ts";

export default defineConfig({
  test: {
    include: [...Object.values(GROUPS).flatMap(({ tests }) => tests), "test/attestation/signed-der.test.ts"],
    // Random input, and thousands of requests, run the same lines again and again, for minutes where each statement makes a call.
    exclude: ["test/contracts/compute/differential.test.ts", "test/contracts/staking/VPHA.differential.test.ts"],
    testNamePattern: /^(?!random (?:changes|tables)|skipSettled\W+is what thousands)/,
    setupFiles: ["scripts/coverage/setup.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
