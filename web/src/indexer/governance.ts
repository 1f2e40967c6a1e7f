/** Who decides what, and what has been decided. */
import { graphql } from "./client.ts";

export const OPERATIONS = graphql(`
  query Operations($after: String) {
    operations(orderBy: "scheduledAt", orderDirection: "desc", limit: 50, after: $after) {
      items {
        hash
        nonce
        state
        role
        caller
        proposalId
        target
        data
        contract
        signature
        arguments
        scheduledAt
        readyAt
        expiresAt
        closedAt
        lockedAgainst
        scheduleTransaction
        closeTransaction
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const ROLES = graphql(`
  query Roles {
    roleMembers(limit: 200) {
      items {
        role
        name
        account
        isMember
        delay
        since
      }
    }
    functionRoles(limit: 500) {
      items {
        contract
        signature
        target
        selector
        role
        name
      }
    }
    guardianMandates(orderBy: "id", orderDirection: "desc", limit: 1) {
      items {
        mandate
        guardian
        end
        isDismissed
      }
    }
  }
`);

export const PROPOSALS = graphql(`
  query Proposals($after: String) {
    proposals(orderBy: "proposedAt", orderDirection: "desc", limit: 20, after: $after) {
      items {
        id
        state
        proposer
        description
        voteStart
        voteEnd
        forVotes
        againstVotes
        abstainVotes
        quorum
        quorumFloor
        readyAt
        calls(limit: 20) {
          items {
            index
            target
            contract
            signature
            arguments
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const VOTES = graphql(`
  query Votes {
    votingTokens {
      items {
        totalSupply
        holders
      }
    }
    vaults {
      items {
        shares
      }
    }
  }
`);

export const LOCKS = graphql(`
  query Locks($account: String!) {
    vetoLockers(where: { account: $account, locked_gt: "0" }, limit: 100) {
      items {
        hash
        nonce
        locked
        operation {
          state
          lockedUntil
          contract
          signature
        }
      }
    }
  }
`);

export const PARAMETERS = graphql(`
  query Parameters {
    parameters(orderBy: "contractName", limit: 1000) {
      items {
        contract
        contractName
        name
        value
        min
        max
        since
        changes
        updatedAt
        transaction
      }
    }
  }
`);
