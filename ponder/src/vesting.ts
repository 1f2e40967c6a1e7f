/** The team's vesting wallet: its schedule, its beneficiary, and what was released. */
import { ponder } from "ponder:registry";
import { vestingRelease, vestingWallet } from "ponder:schema";
import { zeroAddress } from "viem";
import { teamVestingAbi } from "../../deploy/generated/abis.ts";
import { setParameters } from "./parameters.ts";
import { insist } from "./reads.ts";
import { advance } from "./series.ts";

ponder.on("TeamVesting:OwnershipTransferred", async ({ event, context }) => {
  const { address } = event.log;
  const { newOwner: beneficiary, previousOwner } = event.args;
  const { timestamp: updatedAt } = event.block;
  const { client, db } = context;
  await advance(context, event.block);
  await setParameters(context, event, { beneficiary });
  if (previousOwner !== zeroAddress) {
    await db.update(vestingWallet, { address }).set({ beneficiary, updatedAt });
    return;
  }
  // Its constructor says nothing of the schedule, which never changes.
  const read = { address, abi: teamVestingAbi, cache: "immutable" } as const;
  await db.insert(vestingWallet).values({
    address,
    beneficiary,
    start: await insist(() => client.readContract({ ...read, functionName: "start" })),
    cliff: await insist(() => client.readContract({ ...read, functionName: "cliff" })),
    end: await insist(() => client.readContract({ ...read, functionName: "end" })),
    ...{ releasedCumulative: 0n, etherReleasedCumulative: 0n },
    updatedAt,
  });
});

ponder.on("TeamVesting:ERC20Released", async ({ event, context }) => {
  const { token, amount } = event.args;
  const { address } = event.log;
  const { number: block, timestamp } = event.block;
  const transaction = event.transaction.hash;
  await advance(context, event.block);
  if (token === context.contracts.PHA.address) {
    await context.db
      .update(vestingWallet, { address })
      .set((row) => ({ releasedCumulative: row.releasedCumulative + amount, updatedAt: timestamp }));
  }
  await context.db
    .insert(vestingRelease)
    .values({ id: event.id, wallet: address, token, amount, block, timestamp, transaction });
});

ponder.on("TeamVesting:EtherReleased", async ({ event, context }) => {
  const { amount } = event.args;
  const { timestamp: updatedAt } = event.block;
  await advance(context, event.block);
  await context.db
    .update(vestingWallet, { address: event.log.address })
    .set((row) => ({ etherReleasedCumulative: row.etherReleasedCumulative + amount, updatedAt }));
});
