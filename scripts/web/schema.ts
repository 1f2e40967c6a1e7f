/**
 * Writes what the page's types are made of, from the indexer's tables: the GraphQL schema, `ponder/generated/schema.graphql`, and its
 * types, `web/src/indexer/schema.d.ts`. Neither is in git.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { minifyIntrospection, outputIntrospectionFile } from "gql.tada/internal";
import { introspectionFromSchema, printSchema } from "graphql";
// As the indexer builds it; its package exports it to itself only.
import { buildGraphQLSchema } from "../../node_modules/ponder/dist/esm/graphql/index.js";
import * as tables from "../../ponder/ponder.schema.ts";

const root = path.join(import.meta.dirname, "../..");

/** Writes the file unless it is so already, so that nobody builds again for nothing. */
function emit(name: string, content: string): void {
  const file = path.join(root, name);
  try {
    if (readFileSync(file, "utf8") === content) return;
  } catch {
    mkdirSync(path.dirname(file), { recursive: true });
  }
  writeFileSync(file, content);
}

/** Writes both files. */
export function writeSchema(): void {
  const schema = buildGraphQLSchema({ schema: tables });
  emit("ponder/generated/schema.graphql", `${printSchema(schema)}\n`);
  const introspection = minifyIntrospection(introspectionFromSchema(schema));
  emit(
    "web/src/indexer/schema.d.ts",
    outputIntrospectionFile(introspection, { fileType: ".d.ts", shouldPreprocess: true }),
  );
}
