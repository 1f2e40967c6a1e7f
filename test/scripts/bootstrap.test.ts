import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import {
  exitCodeOf,
  installArguments,
  isAtLeast,
  isInside,
  npmCandidates,
  stampOf,
  unnamedScripts,
} from "../../scripts/bootstrap/plan.mjs";

const root = path.join(import.meta.dirname, "../..");
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A checkout of nothing but the bootstrap, with an npm that does what `npm` says instead of installing. */
function checkout(npm: string): {
  folder: string;
  run: (args: readonly string[]) => SpawnSyncReturns<string>;
} {
  const folder = mkdtempSync(path.join(os.tmpdir(), "bootstrap-test-"));
  folders.push(folder);
  cpSync(path.join(root, "scripts/bootstrap"), path.join(folder, "scripts/bootstrap"), { recursive: true });
  cpSync(path.join(root, "scripts/bootstrap.mjs"), path.join(folder, "scripts/bootstrap.mjs"));
  const wanted = process.version.slice(1);
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ devDependencies: { node: wanted } }));
  writeFileSync(path.join(folder, "package-lock.json"), "{}");
  writeFileSync(path.join(folder, "target.mjs"), "console.log('ran', ...process.argv.slice(2)); process.exit(7);");
  const npmFile = path.join(folder, "npm-cli.js");
  writeFileSync(npmFile, npm);
  return {
    folder,
    run: (args) =>
      spawnSync(process.execPath, [path.join(folder, "scripts/bootstrap.mjs"), ...args], {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, npm_execpath: npmFile },
      }),
  };
}

/** Installs this test's own Node where the bootstrap expects it, and counts the installations. */
const INSTALL = `
  const fs = require("fs");
  fs.appendFileSync("installations", "x");
  fs.mkdirSync("node_modules/node/bin", { recursive: true });
  fs.symlinkSync(${JSON.stringify(process.execPath)}, "node_modules/node/bin/node");
`;

describe("the decision", () => {
  test("versions are compared by number", () => {
    expect(isAtLeast("v20.0.0", "20.0.0")).toBe(true);
    expect(isAtLeast("v9.11.2", "20.0.0")).toBe(false);
    expect(isAtLeast("22.9.0", "22.13.0")).toBe(false);
    expect(isAtLeast("22.13.0-nightly", "22.13.0")).toBe(true);
    expect(isAtLeast("24.0.0", "22.13.9")).toBe(true);
  });

  test("a stamp differs with lockfile, platform, architecture and Node", () => {
    const base = { lockfile: "a", platform: "linux", arch: "x64", node: "24.21.0" };
    const stamps = [
      base,
      { ...base, lockfile: "b" },
      { ...base, platform: "darwin" },
      { ...base, arch: "arm64" },
      { ...base, node: "24.22.0" },
    ];
    expect(new Set(stamps.map(stampOf)).size).toBe(stamps.length);
    expect(stampOf({ ...base })).toBe(stampOf(base));
  });

  test("an old Node installs through a newer one, a new one by itself", () => {
    const at = (running: string) => installArguments({ running, wanted: "24.21.0", npm: "/npm-cli.js" });
    expect(at("v22.12.0").slice(0, 8)).toEqual([
      "/npm-cli.js",
      "exec",
      "--yes",
      "--prefer-offline",
      "--package=node@24.21.0",
      "--",
      "node",
      "/npm-cli.js",
    ]);
    expect(at("v22.13.0").slice(0, 2)).toEqual(["/npm-cli.js", "ci"]);
  });

  test("packages with a script at installation are named, or nothing is installed", () => {
    const packages = {
      "": {},
      "node_modules/quiet": {},
      "node_modules/loud": { hasInstallScript: true },
      "node_modules/a/node_modules/@b/loud": { hasInstallScript: true },
    };
    expect(unnamedScripts({ packages }, { loud: false })).toEqual(["@b/loud"]);
    expect(unnamedScripts({ packages }, { loud: false, "@b/loud": true })).toEqual([]);
    expect(unnamedScripts({ packages }, {})).toEqual(["loud", "@b/loud"]);
  });

  test("another package manager is not taken for npm", () => {
    const from = { execPath: "/usr/bin/node", searchPath: "" };
    expect(npmCandidates({ ...from, npmExecPath: "/lib/yarn.js" })).not.toContain("/lib/yarn.js");
    expect(npmCandidates({ ...from, npmExecPath: "/lib/npm-cli.js" })[0]).toBe("/lib/npm-cli.js");
  });

  test("a folder is not inside another by its name's beginning", () => {
    expect(isInside("/a/node_modules/node/bin/node", "/a/node_modules")).toBe(true);
    expect(isInside("/a/node_modules2/node", "/a/node_modules")).toBe(false);
  });

  test("a signal becomes the shell's exit code", () => {
    expect(exitCodeOf(3, undefined)).toBe(3);
    expect(exitCodeOf(null, 15)).toBe(143);
  });
});

describe.skipIf(process.platform === "win32")("the bootstrap", () => {
  test("installs once, hands arguments over and the exit code back", () => {
    const { folder, run } = checkout(INSTALL);
    const first = run(["target.mjs", "--flag", "two words"]);
    expect(first.stdout).toBe("ran --flag two words\n");
    expect(first.status).toBe(7);
    expect(run(["target.mjs"]).status).toBe(7);
    expect(readFileSync(path.join(folder, "installations"), "utf8")).toBe("x");

    writeFileSync(path.join(folder, "package-lock.json"), '{"changed":1}');
    expect(run(["target.mjs"]).status).toBe(7);
    expect(readFileSync(path.join(folder, "installations"), "utf8")).toBe("xx");
  });

  test("does not take a failed installation for a finished one", () => {
    const { folder, run } = checkout(`${INSTALL}; process.exit(3);`);
    const { status, stderr, stdout } = run(["target.mjs"]);
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("error: npm could not install the dependencies (exit code 3)");
    expect(run(["target.mjs"]).status).toBe(1);
    expect(readFileSync(path.join(folder, "installations"), "utf8")).toBe("xx");
    expect(existsSync(path.join(folder, ".devnet/install.lock"))).toBe(false);
  });

  test("takes over the lock of one that was killed", () => {
    const { folder, run } = checkout(INSTALL);
    mkdirSync(path.join(folder, ".devnet"));
    // The largest process id of Linux is 4194304.
    writeFileSync(path.join(folder, ".devnet/install.lock"), "99999999");
    expect(run(["target.mjs"]).status).toBe(7);
  });

  test("says what is missing", () => {
    const { run } = checkout(INSTALL);
    expect(run(["absent.ts"]).stderr).toContain("error: there is no absent.ts.");
    expect(run([]).stderr).toContain("usage:");
  });
});
