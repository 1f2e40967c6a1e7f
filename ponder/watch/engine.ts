/**
 * What is changed in Ponder while it is loaded: what costs too much time or memory, where no setting changes it, a limit, whom it asks, and
 * that PGlite has transactions and none is done twice. See `docs/decisions/0032-changes-in-ponder.md`.
 *
 * Each change names the text that it replaces. A version of Ponder that has another text there runs unchanged, and says so; it does not
 * run where the data could be wrong.
 */
import { findPackageJSON, registerHooks } from "node:module";
import path from "node:path";
import { BUILDER, type Change } from "./changes/change.ts";
import { loadingChanges } from "./changes/loading.ts";
import { readingChanges } from "./changes/reading.ts";
import { rowChanges } from "./changes/rows.ts";
import { transactionChanges } from "./changes/transactions.ts";
import { log } from "./log.ts";

/** The file of Ponder's at `name`, within its package. */
export function engineFile(name: string): string {
  const manifest = findPackageJSON("ponder", import.meta.url);
  if (manifest === undefined) throw new Error("the package `ponder` is not installed: run `npm ci`");
  return path.join(path.dirname(manifest), name);
}

/** Ponder's command line. */
export const engineProgram = (): string => engineFile("dist/esm/bin/ponder.js");

const CHANGES: readonly Change[] = [...readingChanges, ...rowChanges, ...transactionChanges, ...loadingChanges];

/** `source` with every replacement, or null where one of them does not occur exactly once. */
export function changed(source: string, { replacements }: Pick<Change, "replacements">): string | null {
  let text = source;
  for (const [before, after] of replacements) {
    if (text.split(before).length !== 2) return null;
    text = text.replace(before, () => after);
  }
  return text;
}

/** Why Ponder is not run where `change` does not fit; null where it is. */
export function refusal({ file, what, isNeeded }: Omit<Change, "replacements">, isPglite: boolean): string | null {
  if (isNeeded === undefined || (isNeeded === "on PGlite" && !isPglite)) return null;
  const where = isNeeded === "always" ? "" : " on PGlite";
  const remedy = isNeeded === "always" ? "Run `npm ci`." : "Run `npm ci`, or set DATABASE_URL.";
  return `This version of Ponder cannot be run${where}: ${file} is another one, and ${what} cannot be had of it. ${remedy}`;
}

/** The changes, for the test that compares them with the version that is installed. */
export const engineChanges = CHANGES;

/** What stands in for Vite and its parts where Ponder's builder imports them. */
const LOADER = new URL("modules.ts", import.meta.url).href;
const isVite = (specifier: string): boolean => /^vite(-node|-tsconfig-paths)?($|\/)/.test(specifier);

/** What stands in for all chains that viem knows, where Ponder imports them. */
const CHAINS = new URL("chains.ts", import.meta.url).href;
/** The one file of Ponder's that does. */
export const CHAINS_IMPORTER = "dist/esm/utils/chains.js";

/** What is run instead of what `parent` imports, if anything is. */
function replacementOf(specifier: string, parent = ""): string | undefined {
  if (isVite(specifier) && parent.endsWith(BUILDER)) return LOADER;
  if (specifier === "viem/chains" && parent.endsWith(`/ponder/${CHAINS_IMPORTER}`)) return CHAINS;
  return undefined;
}

/**
 * Remembers of which kind the JavaScript in a folder of a package is: its files are imported by the hundred, and Node would look
 * for the `package.json` above each.
 */
function rememberingFolders() {
  const formats = new Map<string, string>();
  const folderOf = (url: string) => url.slice(0, url.lastIndexOf("/"));
  return {
    /** The file at a relative `specifier`, where files beside it are known. One that is not there fails when it is loaded. */
    known(specifier: string, parent: string | undefined) {
      if (!/^\.\.?\/.*\.js$/.test(specifier) || parent?.includes("/node_modules/") !== true) return undefined;
      const { href } = new URL(specifier, parent);
      const format = formats.get(folderOf(href));
      return format === undefined ? undefined : { url: href, format, shortCircuit: true };
    },
    note({ url, format }: { readonly url: string; readonly format?: string | null | undefined }): void {
      if (format === "module" && url.endsWith(".js")) formats.set(folderOf(url), format);
    },
  };
}

/** Changes Ponder's files as they are loaded, until what it returns is called. Some of what Ponder imports is replaced. */
export function adjustEngine(): () => void {
  const folders = rememberingFolders();
  const hooks = registerHooks({
    resolve(specifier, context, nextResolve) {
      const known = folders.known(specifier, context.parentURL);
      if (known !== undefined) return known;
      const resolved = nextResolve(replacementOf(specifier, context.parentURL) ?? specifier, context);
      folders.note(resolved);
      return resolved;
    },
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const changes = CHANGES.filter(({ file }) => url.endsWith(file));
      if (changes.length === 0 || loaded.source === undefined) return loaded;
      let source = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
      for (const change of changes) {
        const text = changed(source, change);
        const reason = text === null ? refusal(change, Reflect.has(globalThis, "PHALA_PGLITE")) : null;
        if (reason !== null) throw new Error(reason);
        if (text === null) log("warn", "This version of Ponder is run as it is", { without: change.what });
        source = text ?? source;
      }
      return { ...loaded, source };
    },
  });
  return () => hooks.deregister();
}
