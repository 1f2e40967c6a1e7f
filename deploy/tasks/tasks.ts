/** All tasks, by the names of their folders. */
import { existsSync } from "node:fs";
import path from "node:path";
import { readFile } from "../parameters/parameters.ts";
import { genesisTask } from "./0001-genesis/task.ts";
import { catalogChange } from "./0002-catalog-change/task.ts";
import { attestationPolicy } from "./0003-attestation-policy/task.ts";
import { replaceWorkersSink } from "./0004-replace-workers-sink/task.ts";
import type { Task } from "./task.ts";

const TASKS: Readonly<Record<string, (input: unknown) => Task>> = {
  "0001-genesis": genesisTask,
  "0002-catalog-change": catalogChange,
  "0003-attestation-policy": attestationPolicy,
  "0004-replace-workers-sink": replaceWorkersSink,
};

export const TASK_NAMES = Object.keys(TASKS);

/** The task `name`, or the one with this number, with the parameters in `input` (default: those beside it). */
export function loadTask(name: string, input?: string): Task {
  const [found, ...others] = TASK_NAMES.filter((known) => known === name || known.startsWith(`${name}-`));
  const create = found === undefined ? undefined : TASKS[found];
  if (found === undefined || create === undefined || others.length !== 0) {
    throw new Error(`${name} is no task: there are ${TASK_NAMES.join(", ")}`);
  }
  const file = input ?? path.join(import.meta.dirname, found, "parameters.json");
  if (!existsSync(file)) throw new Error(`${file}: there are no such parameters; name them with --input`);
  return readFile(file, create);
}
