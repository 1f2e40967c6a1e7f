import { graphql } from "./client.ts";

/** Up to which block the vault is indexed. */
export const STATUS = graphql(`
  query Status {
    vaults {
      items {
        block
        timestamp
      }
    }
  }
`);
