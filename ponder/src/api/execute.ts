/**
 * Executes GraphQL: Ponder's schema and resolvers over the tables, by graphql-js. Ponder's own middleware would do it, but parses and
 * validates a text each time that it comes, and reads whole rows whatever is asked for.
 */
import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  execute as executeDocument,
  getNamedType,
  isObjectType,
  validate,
} from "graphql";
import tables from "ponder:schema";
import type {} from "../../../node_modules/ponder/dist/types/build/index.js";
import { buildDataLoaderCache, buildGraphQLSchema } from "../../../node_modules/ponder/dist/esm/graphql/index.js";
import { type Request, isKept, keepDocument } from "./bounds.ts";
import { type Table, narrowed } from "./narrow.ts";

/** How the type of a list is named, after the table. */
const PAGE = /^(?!__)(.+)Page$/;

const schema = withNarrowLists(buildGraphQLSchema({ schema: tables }));

/** What Ponder says of a question that makes no sense, by its first words: the asker is to know. */
const OF_THE_QUESTION = /^(Invalid (query|limit)|Unknown column|Cannot specify)/;

/** What resolvers read with. */
interface Context {
  readonly qb: typeof PONDER_DATABASE.readonlyQB;
  readonly getDataLoader: ReturnType<typeof buildDataLoaderCache>;
}

export interface Answer {
  /** JSON, as GraphQL over HTTP has it. */
  readonly text: string;
  readonly hasErrors: boolean;
}

/** Answers `request`, whose text is `document`. */
export async function execute(document: DocumentNode, request: Request): Promise<Answer> {
  if (!isKept(request.query)) {
    const errors = validate(schema, document);
    if (errors.length > 0) return answerOf({ errors });
    keepDocument(request.query, document);
  }
  const qb = withoutRetries(PONDER_DATABASE.readonlyQB);
  return answerOf(
    await executeDocument({
      schema,
      document,
      variableValues: request.variables,
      operationName: request.operationName,
      contextValue: { qb, getDataLoader: buildDataLoaderCache(qb) } satisfies Context,
    }),
  );
}

function answerOf({ data, errors = [] }: ExecutionResult): Answer {
  const hasErrors = errors.length > 0;
  // One failed statement may be the error of many rows.
  for (const error of new Set(errors.filter(isSecret).map(({ originalError }) => originalError))) {
    console.error("GraphQL:", error);
  }
  return { text: JSON.stringify(hasErrors ? { data, errors: errors.map(told) } : { data }), hasErrors };
}

/** Whether it is what the database said, which names tables and values. A cursor that is none is a SyntaxError. */
function isSecret({ originalError, path }: GraphQLError): boolean {
  if (path === undefined || originalError === undefined || originalError instanceof SyntaxError) return false;
  return !OF_THE_QUESTION.test(originalError.message);
}

function told(error: GraphQLError): GraphQLError {
  if (!isSecret(error)) return error;
  const message = "The database gave no answer; the log of the indexer says why. Try again.";
  return new GraphQLError(message, { nodes: error.nodes ?? null, path: error.path ?? null });
}

/** `qb`, such that what fails has failed: nobody waits for the tenth try of a statement that is wrong. */
function withoutRetries(qb: Context["qb"]): Context["qb"] {
  const wrap = (...args: readonly unknown[]): unknown => {
    const run = args.find((arg) => typeof arg === "function") as (db: unknown) => unknown;
    return run(qb.raw);
  };
  return { ...qb, wrap } as Context["qb"];
}

/** `schema`, such that its lists read only the columns that they are asked for. */
function withNarrowLists(schema: GraphQLSchema): GraphQLSchema {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  for (const field of types.flatMap((type) => Object.values(type.getFields()))) {
    const [, name] = PAGE.exec(getNamedType(field.type).name) ?? [];
    const { resolve } = field;
    if (name === undefined || resolve === undefined) continue;
    field.resolve = (parent, args: { readonly orderBy?: string }, context: Context, info) => {
      const all: Readonly<Record<string, Table | undefined>> = context.qb.raw._.schema ?? {};
      const table = all[name];
      // Views are no tables of drizzle's; they are as narrow as they are.
      const qb = table === undefined ? context.qb : narrowed(context.qb, info, table, args);
      return resolve(parent, args, { ...context, qb }, info);
    };
  }
  return schema;
}
