/**
 * What Ponder imports of Vite, replaced: it has its files (settings, schema, handlers, API) transformed and run by a development
 * server of Vite's. Node itself runs TypeScript whose types can be erased, such as these files: it keeps what it has compiled,
 * imports cost handlers nothing, and server, compiler and bundler are not loaded. See `docs/decisions/0032-changes-in-ponder.md`.
 *
 * What is exported has the names and as much of the behaviour as `start` and `serve` of Ponder use.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** As far as Ponder's own plugin is concerned: it has the source of the modules that Ponder makes up. */
interface Plugin {
  readonly name?: string;
  load?(id: string): string | null;
}

interface ServerOptions {
  readonly root: string;
  readonly plugins: readonly Plugin[];
}

/** What the made-up modules are called: `ponder:registry`, `ponder:schema`, `ponder:api`. */
const MADE_UP = "ponder:";

/** Serves the modules that Ponder makes up to whoever imports them; as if they were in `root`, from where they import others. */
export function createServer({ root, plugins }: ServerOptions) {
  const own = plugins.find(({ name }) => name === "ponder");
  const urlOf = (id: string) => `${pathToFileURL(path.join(root, id.replace(":", "-"))).href}.mjs`;
  const sources = new Map<string, string>();
  registerHooks({
    resolve(specifier, context, nextResolve) {
      // The schema's path is absolute, and not a URL.
      const isMadeUp = context.parentURL !== undefined && sources.has(context.parentURL);
      if (isMadeUp && path.isAbsolute(specifier)) return nextResolve(pathToFileURL(specifier).href, context);
      const source = specifier.startsWith(MADE_UP) ? own?.load?.(specifier) : null;
      if (source === null || source === undefined) return nextResolve(specifier, context);
      const url = urlOf(specifier);
      sources.set(url, source);
      return { url, format: "module", shortCircuit: true };
    },
    load(url, context, nextLoad) {
      const source = sources.get(url);
      return source === undefined ? nextLoad(url, context) : { source, format: "module", shortCircuit: true };
    },
  });
  return {
    config: { root },
    pluginContainer: { buildStart: () => Promise.resolve() },
    close: () => Promise.resolve(),
  };
}

/** Runs files and made-up modules. */
export class ViteNodeRunner {
  /** What `file` exports, in the order of its text: Ponder makes views in that order, and one may ask another that is before it. */
  async executeFile(file: string): Promise<object> {
    const exported = (await import(pathToFileURL(file).href)) as object;
    const inOrder = exportedNames(file).map((name) => [name, Reflect.get(exported, name)] as const);
    return { ...Object.fromEntries(inOrder), ...exported };
  }

  async executeId(id: string): Promise<unknown> {
    return import(id);
  }
}

/** The constants that a file exports, its own and others'; Node has them in the order of the alphabet. */
function exportedNames(file: string): string[] {
  const exports = readFileSync(file, "utf8").matchAll(/^export (?:const (\w+)|\* from "(\.[^"]+)")/gm);
  return [...exports].flatMap(([, name, from = ""]) => name ?? exportedNames(path.resolve(path.dirname(file), from)));
}

/** What the runner would ask for transformed files. */
export class ViteNodeServer {
  readonly getSourceMap = (): null => null;
}

/** Erased types leave every other character in its place: there is nothing to map. */
export function installSourcemapsSupport(): void {}

/** No plugin of Vite's has anything to do. */
export default (): Plugin => ({});

const unused = (name: string) => (): never => {
  throw new Error(`${name} is for \`ponder dev\`, which this indexer does not run`);
};

export const normalizeModuleId = unused("normalizeModuleId");
export const toFilePath = unused("toFilePath");
