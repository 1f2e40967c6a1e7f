/** Workers and the network they make. */
import { graphql } from "./client.ts";

export const NETWORK = graphql(`
  query Network($from: BigInt!) {
    computeNetworks {
      items {
        workers
        active
        lapsed
        exiting
        exited
        removed
        attested
        heldGpus
        attestedGpus
        activeGpus
        activeWeight
        collateral
        required
        pendingWithdrawals
        reserved
        slashedCumulative
        registrationsPausedUntil
      }
    }
    rewardsPools {
      items {
        hour
        weight
        ceiling
        reserve
        emittedCumulative
        earnedCumulative
        claimedCumulative
      }
    }
    gpuModels(orderBy: "name", limit: 100) {
      items {
        model
        name
        isListed
        collateral
        weight
        heldGpus
        attestedGpus
        activeGpus
        activeWorkers
      }
    }
    computeDays(where: { start_gte: $from }, orderBy: "start", limit: 1000) {
      items {
        end
        activeGpus
        heldGpus
        active
        lapsed
        collateral
        earned
        emitted
      }
    }
    attestedKeyTotals(limit: 200) {
      items {
        state
        keys
      }
    }
    collaterals(orderBy: "validUntil", limit: 50) {
      items {
        verifier
        kind
        fmspc
        issued
        validUntil
        evaluation
      }
    }
  }
`);

/** As long as a page can be. */
export const WORKERS_PAGE = 1_000;

export const WORKERS = graphql(`
  query Workers($after: String) {
    workers(orderBy: "worker", limit: 1000, after: $after) {
      items {
        worker
        operator
        state
        lapse
        gpuCount
        weight
        collateral
        required
        reserved
        slashedCumulative
        leaseEnd
        validUntil
        registeredAt
        dayHoursCumulative
        modelRow {
          name
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const STANDINGS = graphql(`
  query Standings($offset: Int!) {
    workerStandings(orderBy: "worker", limit: 1000, offset: $offset) {
      items {
        worker
        isAttested
        attestation
        switchKind
        floor
        rewards
        earnedCumulative
      }
    }
  }
`);

export const MODELS = graphql(`
  query Models {
    gpuModels(orderBy: "name", limit: 100) {
      items {
        model
        name
        isListed
      }
    }
  }
`);

export const OPERATOR = graphql(`
  query Operator($operator: String!) {
    operator(operator: $operator) {
      workers
      active
      lapsed
      collateral
      required
      slashedCumulative
    }
    operatorStandings(where: { operator: $operator }) {
      items {
        rewards
        earnedCumulative
      }
    }
    workers(where: { operator: $operator }, orderBy: "registeredAt", limit: 1000) {
      items {
        worker
        state
        lapse
        gpuCount
        collateral
        required
        pendingWithdrawal
        withdrawableAt
        exitAt
        leaseEnd
        validUntil
        modelRow {
          name
        }
      }
    }
    workerStandings(where: { operator: $operator }, limit: 1000) {
      items {
        worker
        isAttested
        attestation
        switchKind
        floor
        rewards
      }
    }
    slashProposals(
      where: { operator: $operator, state_in: [open, rebutted] }
      orderBy: "proposedAt"
      orderDirection: "desc"
      limit: 100
    ) {
      items {
        id
        worker
        faultClass
        state
        amount
        rebuttalUntil
        executableAt
        evidenceUri
      }
    }
  }
`);

export const WORKER = graphql(`
  query Worker($worker: String!) {
    worker(worker: $worker) {
      operator
      proposedOperator
      state
      lapse
      stateSince
      gpuCount
      gpuIds
      evidenceHash
      weight
      collateral
      required
      pendingWithdrawal
      withdrawableAt
      reserved
      exitAt
      slashedCumulative
      claimedCumulative
      heartbeats
      lastHeartbeatAt
      leaseEnd
      validUntil
      attestedAt
      registeredAt
      transaction
      modelRow {
        name
      }
      attestedKey {
        image
        status
        tcbDate
        fmspc
        ppid
        tdxModule
        qeIsvSvn
        subject
        blockNumber
        imageRow {
          isAllowed
          tdAttributes
          xfam
          mrTd
          mrConfigId
          rtMr1
          rtMr2
          rtMr3
          shapes(where: { isAllowed: true }, limit: 20) {
            items {
              rtMr0
            }
          }
        }
      }
    }
    workerStandings(where: { worker: $worker }) {
      items {
        isAttested
        attestation
        switchKind
        floor
        rewards
        earnedCumulative
        timestamp
      }
    }
    workerDays(where: { worker: $worker }, orderBy: "start", orderDirection: "desc", limit: 90) {
      items {
        end
        hoursUp
        earned
        claimed
      }
    }
    workerEvents(where: { worker: $worker }, orderBy: "id", orderDirection: "desc", limit: 50) {
      items {
        id
        kind
        state
        lapse
        amount
        account
        attestation
        until
        timestamp
        transaction
      }
    }
    slashProposals(where: { worker: $worker }, orderBy: "proposedAt", orderDirection: "desc", limit: 50) {
      items {
        id
        faultClass
        state
        amount
        evidenceHash
        evidenceUri
        rebuttalUri
        rebuttalUntil
        executableAt
        proposedAt
      }
    }
  }
`);
