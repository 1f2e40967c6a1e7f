import { graphql } from "./client.ts";

export const VAULT = graphql(`
  query Vault {
    vaults {
      items {
        totalAssets
        shares
        rate
        apr
        apy
        stakers
        pendingAssets
        pendingRequests
        banked
        block
        timestamp
      }
    }
    vaultDays(orderBy: "start", orderDirection: "desc", limit: 1) {
      items {
        inflation
        realisedApr
        end
      }
    }
  }
`);

export const VAULT_DAYS = graphql(`
  query VaultDays($from: BigInt!, $after: String) {
    vaultDays(where: { start_gte: $from }, orderBy: "start", limit: 1000, after: $after) {
      items {
        end
        totalAssets
        rate
        apr
        apy
        inflation
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);
