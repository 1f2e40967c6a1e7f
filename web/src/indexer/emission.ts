import { graphql } from "./client.ts";

export const EMISSION = graphql(`
  query Emission {
    emissions {
      items {
        budget
        cap
        start
        end
        emittedCumulative
        emittedStakersCumulative
        emittedWorkersCumulative
        emittedTreasuryCumulative
        block
        timestamp
      }
    }
    emissionStreams {
      items {
        stream
        sink
        pulledCumulative
        pendingSettled
      }
    }
    emissionEpochs(orderBy: "epoch", limit: 24) {
      items {
        epoch
        start
        end
        budget
        emittedBefore
      }
    }
    tokens {
      items {
        totalSupply
        circulating
        staked
        burnedCumulative
        holders
        block
      }
    }
  }
`);

export const SUPPLY = graphql(`
  query Supply($from: BigInt!) {
    supplyBuckets(orderBy: "balance", orderDirection: "desc", limit: 50) {
      items {
        address
        name
        balance
      }
    }
    supplyDays(where: { start_gte: $from }, orderBy: "start", limit: 1000) {
      items {
        end
        totalSupply
        circulating
        staked
      }
    }
    emissionDays(where: { start_gte: $from }, orderBy: "start", limit: 1000) {
      items {
        end
        emittedStakers
        emittedWorkers
        emittedTreasury
      }
    }
  }
`);
