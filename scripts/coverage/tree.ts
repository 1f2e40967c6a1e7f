/**
 * The tree in which coverage is measured: a copy of the sources with artifacts of its own, so that those of the other tests
 * are never instrumented. It stays in `coverage/tree`, with the compiler's cache.
 */
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import config from "../../hardhat.config.ts";
import { NEEDED } from "../mutation/groups.ts";

const ROOT = path.join(import.meta.dirname, "../..");

/** What is written here is ignored by git. */
export const FOLDER = path.join(ROOT, "coverage");
const TREE = path.join(FOLDER, "tree");

const SOURCES = [...NEEDED, "deployments", "docs", "snapshots", "hardhat.config.ts"];

/** The optimizer's first steps, without its loops: in a fraction of the time, and no contract is too deep for the stack. */
const optimizer = {
  enabled: true,
  runs: 200,
  details: { yul: true, yulDetails: { stackAllocation: true, optimizerSteps: "dhfoDgvulfnTUtnIf:" } },
};

/** Copies what has changed or not, and leaves nothing that has gone. Returns the folder. */
export function copyTree(): string {
  mkdirSync(TREE, { recursive: true });
  for (const name of SOURCES) {
    rmSync(path.join(TREE, name), { recursive: true, force: true });
    if (existsSync(path.join(ROOT, name))) cpSync(path.join(ROOT, name), path.join(TREE, name), { recursive: true });
  }
  const modules = path.join(TREE, "node_modules");
  if (!existsSync(modules)) symlinkSync(path.join(ROOT, "node_modules"), modules);
  rmSync(path.join(TREE, "coverage"), { recursive: true, force: true });
  return TREE;
}

/** Compiles the tree with Hardhat's instrumentation. Returns the environment, which knows every statement. */
export async function buildTree(tree: string) {
  const hre = await createHardhatRuntimeEnvironment(
    { ...config, solidity: settings(), coverage: { skipFiles: ["test/**"] } },
    { coverage: true },
    tree,
  );
  await hre.tasks.getTask("build").run({ quiet: true });
  return hre;
}

/** The compilers of the suite. Those contracts that have settings of their own are compiled by way of the IR, all alike. */
function settings() {
  const { solidity } = config;
  if (typeof solidity !== "object" || !("profiles" in solidity)) throw new Error("hardhat.config.ts has no profiles");
  const build = solidity.profiles["default"];
  if (build === undefined || !("overrides" in build)) throw new Error("the default profile has no overrides");
  const overrides = Object.entries(build.overrides ?? {}).map(([source, compiler]) => {
    return [source, { ...compiler, settings: { ...(compiler.settings as object), viaIR: true, optimizer } }] as const;
  });
  return { profiles: { default: { ...build, overrides: Object.fromEntries(overrides) } } };
}
