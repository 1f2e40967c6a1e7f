/**
 * A seeded history that looks for trouble: amounts from a wei to thousands of PHA, a supply that crosses 1,000 vPHA both
 * ways again and again, several transactions in a block, blocks exactly on the hour and on the day, and time that jumps by
 * seconds, hours, days and whole epochs. Transactions may fail; what happened is what the chain says.
 */
import { type Address, maxUint256, parseEther } from "viem";
import { phaAbi, vphaAbi } from "../../deploy/generated/abis.ts";
import { claimOf } from "../../deploy/merkle.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { type Random, createRandom } from "../../scripts/devnet/random.ts";
import { callsOf } from "./calls.ts";
import type { Order, Suite } from "./suite.ts";

const HOUR = 3_600n;
const DAY = 86_400n;
const EPOCH = 180n * DAY;

/** What is done, by weight. */
const ACTIONS = {
  deposit: 26,
  mint: 6,
  transferShares: 14,
  transferAssets: 6,
  request: 16,
  requestForOther: 4,
  cancel: 8,
  claim: 8,
  redeem: 6,
  withdraw: 6,
  fund: 4,
  harvest: 3,
  pull: 4,
  burn: 2,
  pause: 2,
  resume: 1,
  claimAirdrop: 1,
  exodus: 3,
} as const;

type Action = keyof typeof ACTIONS;

export interface Played {
  /** How many transactions succeeded, by action, and how many failed. */
  readonly done: Readonly<Partial<Record<Action, number>>>;
  readonly succeeded: number;
  readonly failed: number;
  /** How often the supply rose to 1,000 vPHA, and fell below. */
  readonly rises: number;
  readonly falls: number;
}

/** The accounts that stake. */
export function stakers(count = 10): Address[] {
  return Array.from({ length: count }, (_, i) => devAccount(10 + i).address);
}

/** Plays blocks into the chain of `suite` until `transactions` have succeeded. */
export async function playTrouble(suite: Suite, seed: number, transactions: number): Promise<Played> {
  const random = createRandom(seed);
  const call = callsOf(suite);
  const { client, contracts, mine } = suite;
  const { accounts } = suite.parameters;
  const actors = stakers();
  let now = await suite.now();

  await mine((now += 60n), [
    ...actors.map((actor) => call.transfer(accounts.reserve, actor, parseEther("3000000"))),
    ...actors.map((actor) => call.approve(actor, maxUint256)),
    ...actors.map((actor, i) => call.setOperator(actor, actors[(i + 1) % actors.length] ?? actor)),
    call.approve(accounts.otherRewards, maxUint256),
  ]);

  const read = {
    assets: (owner: Address) =>
      client.readContract({ address: contracts.pha, abi: phaAbi, functionName: "balanceOf", args: [owner] }),
    shares: (owner: Address) =>
      client.readContract({ address: contracts.vpha, abi: vphaAbi, functionName: "balanceOf", args: [owner] }),
    requests: (owner: Address) =>
      client.readContract({
        address: contracts.vpha,
        abi: vphaAbi,
        functionName: "requestsOf",
        args: [owner, 0n, 10_000n],
      }),
    supply: () => client.readContract({ address: contracts.vpha, abi: vphaAbi, functionName: "totalSupply" }),
  };

  async function ordersOf(action: Action, at: bigint): Promise<Order[]> {
    const actor = random.pick(actors);
    const other = random.pick(actors);
    switch (action) {
      case "deposit":
        return [call.deposit(actor, sized(random, await read.assets(actor)), random.chance(0.1) ? other : actor)];
      case "mint":
        return [call.mint(actor, sized(random, (await read.assets(actor)) / 2n))];
      case "transferShares":
        return [call.transferShares(actor, other, sized(random, await read.shares(actor)))];
      case "transferAssets":
        return [call.transfer(actor, other, sized(random, await read.assets(actor)))];
      case "request":
        return [call.request(actor, sized(random, await read.shares(actor)))];
      case "requestForOther": {
        // Everyone is operator of the one before.
        const before = actors[(actors.indexOf(actor) + actors.length - 1) % actors.length] ?? actor;
        return [call.request(actor, sized(random, await read.shares(actor)), before)];
      }
      case "cancel": {
        const waiting = (await read.requests(actor)).filter(({ maturity }) => maturity > at);
        return waiting.length === 0 ? [] : [call.cancel(actor, random.pick(waiting).requestId)];
      }
      case "claim": {
        const matured = (await read.requests(actor)).filter(({ maturity }) => maturity <= at);
        const ids = matured.filter(() => random.chance(0.7)).map(({ requestId }) => requestId);
        return ids.length === 0 ? [] : [call.claim(actor, ids, other)];
      }
      case "redeem":
      case "withdraw": {
        const matured = (await read.requests(actor)).filter(({ maturity }) => maturity <= at).slice(0, 32);
        const sum = (of: "assets" | "shares") => matured.reduce((total, request) => total + request[of], 0n);
        if (matured.length === 0) return [];
        return action === "redeem"
          ? [call.redeem(actor, sized(random, sum("shares")), other)]
          : [call.withdraw(actor, sized(random, sum("assets")), other)];
      }
      case "fund":
        return [call.fund(accounts.otherRewards, parseEther("1000") + sized(random, parseEther("500")))];
      case "harvest":
        return [call.harvest(actor)];
      case "pull": {
        return [random.chance(0.5) ? call.collect(actor) : call.pullWorkers(actor)];
      }
      case "burn":
        return [call.burn(actor, sized(random, (await read.assets(actor)) / 100n))];
      case "pause":
        return [call.pause(accounts.guardian, at + BigInt(random.integer(1, 7 * 86_400)))];
      case "resume":
        return [call.resume(accounts.guardian)];
      case "claimAirdrop":
        return [call.claimAirdrop(actor, claimOf(suite.tree.tree, actor))];
      case "exodus":
        return Promise.all(
          actors.slice(random.integer(0, 2)).map(async (each) => call.request(each, await read.shares(each))),
        );
    }
  }

  const done: Partial<Record<Action, number>> = {};
  let [succeeded, failed, rises, falls] = [0, 0, 0, 0];
  let enough = false;
  while (succeeded < transactions) {
    now = nextTime(random, now);
    const planned: { action: Action; order: Order }[] = [];
    for (let i = random.integer(1, 3); i > 0; i--) {
      const action = random.weighted(ACTIONS);
      for (const order of await ordersOf(action, now)) planned.push({ action, order });
    }
    const receipts = await mine(
      now,
      planned.map(({ order }) => order),
      true,
    );
    for (const [i, { status }] of receipts.entries()) {
      const action = planned[i]?.action;
      if (status === "success" && action !== undefined) {
        done[action] = (done[action] ?? 0) + 1;
        succeeded++;
      } else failed++;
    }
    const isEnough = (await read.supply()) >= parseEther("1000");
    if (isEnough && !enough) rises++;
    if (!isEnough && enough) falls++;
    enough = isEnough;
  }
  return { done, succeeded, failed, rises, falls };
}

/** Mostly minutes and hours; sometimes the exact end of an hour or day, weeks, or an epoch. */
function nextTime(random: Random, now: bigint): bigint {
  const step = random.weighted({ seconds: 20, hours: 20, hourEnd: 10, dayEnd: 4, days: 8, weeks: 2, epoch: 0.4 });
  switch (step) {
    case "seconds":
      return now + BigInt(random.integer(1, 900));
    case "hours":
      return now + BigInt(random.integer(1_000, 20_000));
    case "hourEnd":
      return now - (now % HOUR) + HOUR * BigInt(random.integer(1, 5));
    case "dayEnd":
      return now - (now % DAY) + DAY;
    case "days":
      return now + BigInt(random.integer(1, 5)) * DAY + BigInt(random.integer(0, 9_999));
    case "weeks":
      return now + BigInt(random.integer(14, 25)) * DAY;
    case "epoch":
      return now + EPOCH + BigInt(random.integer(0, 999));
  }
}

/** All of `amount`, a wei or two, or something in between on a logarithmic scale. */
function sized(random: Random, amount: bigint): bigint {
  if (random.chance(0.1)) return amount;
  if (random.chance(0.05)) return BigInt(random.integer(1, 2));
  return random.part(amount, 0, 10 ** (-4 * random.next()));
}
