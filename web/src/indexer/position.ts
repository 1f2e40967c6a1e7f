/** What the indexer knows of one account. */
import type { ResultOf } from "gql.tada";
import { toAssets } from "../chain/pool.ts";
import { graphql } from "./client.ts";

export const POSITION = graphql(`
  query Position($account: String!) {
    position(account: $account) {
      shares
      cost
      realisedReward
    }
    vaults {
      items {
        block
        totalAssets
        shares
      }
    }
  }
`);

/**
 * What an account has paid for what it holds, and what it has earned, both in wei of PHA and of one block: the value of its shares is
 * the indexer's, too. Nobody has a row before he has staked.
 */
export function earningsOf({ position, vaults }: ResultOf<typeof POSITION>) {
  const vault = vaults.items[0];
  if (position === null || vault === undefined) return { cost: 0n, earned: 0n };
  const pool = { assets: BigInt(vault.totalAssets), shares: BigInt(vault.shares) };
  const cost = BigInt(position.cost);
  return { cost, earned: BigInt(position.realisedReward) + toAssets(pool, BigInt(position.shares)) - cost };
}

export const CLOSED_REQUESTS = graphql(`
  query ClosedRequests($account: String!, $after: String) {
    redemptionRequests(
      where: { controller: $account, state_in: [claimed, cancelled] }
      orderBy: "id"
      orderDirection: "desc"
      limit: 50
      after: $after
    ) {
      items {
        id
        state
        assets
        requestedAt
        maturity
        closedAt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const HISTORY = graphql(`
  query History($account: String!, $limit: Int!, $after: String) {
    stakingEvents(
      where: { OR: [{ account: $account }, { counterparty: $account }] }
      orderBy: "id"
      orderDirection: "desc"
      limit: $limit
      after: $after
    ) {
      items {
        id
        kind
        account
        assets
        shares
        rate
        counterparty
        requestId
        block
        timestamp
        transaction
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);
