/** What Ponder's package has for itself only: the JavaScript and its types are apart there. */
declare module "*/ponder/dist/esm/graphql/index.js" {
  // A module that is declared cannot import by a relative name.
  // oxlint-disable-next-line typescript/consistent-type-imports
  type Engine = typeof import("../node_modules/ponder/dist/types/graphql/index.js");
  export const buildDataLoaderCache: Engine["buildDataLoaderCache"];
  export const buildGraphQLSchema: Engine["buildGraphQLSchema"];
}
