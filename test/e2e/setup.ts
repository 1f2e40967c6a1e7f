/** What all files of the suite run on, started once. */
import type { TestProject } from "vitest/node";
import { CHROMIUM, NO_CHROMIUM } from "./chromium.ts";
import { type Running, startAll } from "./start.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly running: Running;
  }
}

/** As many as governance's part of the history takes: what it shows has rows of every kind. */
const DAYS = 160;

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (CHROMIUM === null) {
    console.warn(NO_CHROMIUM);
    return undefined;
  }
  const { running, stop } = await startAll({ days: DAYS, stakers: 8, transactions: 300, blockTime: 1 });
  project.provide("running", running);
  return stop;
}
