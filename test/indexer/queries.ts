/** The queries that people are shown: the files of `ponder/queries`, and the blocks of the documents. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";

/** The files that answer the ten commonest questions of dashboards. */
export const RECIPES: readonly string[] = [
  "position.graphql",
  "vault.graphql",
  "vault-days.graphql",
  "requests.graphql",
  "history.graphql",
  "emission.graphql",
  "supply.graphql",
  "compute-models.graphql",
  "compute-worker.graphql",
  "governance.graphql",
];

const ROOT = path.join(import.meta.dirname, "../..");

/** The files of `ponder/queries`; those that need a registry, workers or votes are called `attestation-…`, `compute-…`, `governance-…`. */
export function sampleQueries(
  part?: "suite" | "attestation" | "compute" | "governance",
): { name: string; text: string }[] {
  const partOf = (name: string) => /^(attestation|compute|governance)-/.exec(name)?.[1] ?? "suite";
  const folder = path.join(ROOT, "ponder/queries");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".graphql"))
    .filter((name) => part === undefined || partOf(name) === part)
    .map((name) => ({ name, text: readFileSync(path.join(folder, name), "utf8").trim() }));
}

/** Every block marked `graphql` in README.md and docs/graphql.md. */
export function documentedQueries(): { file: string; place: string; text: string }[] {
  return ["README.md", "docs/graphql.md"]
    .filter((file) => existsSync(path.join(ROOT, file)))
    .flatMap((file) => {
      const blocks = readFileSync(path.join(ROOT, file), "utf8").matchAll(/^```graphql\n(.*?)^```/gms);
      return [...blocks].map(([, text = ""], i) => ({ file, place: `${file}, block ${i + 1}`, text: text.trim() }));
    });
}
