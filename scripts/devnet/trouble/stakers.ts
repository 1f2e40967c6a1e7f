/**
 * Stakers who look for trouble: amounts from a wei to all there is, a supply that falls below 1,000 vPHA and rises again as long as
 * nobody else holds any, requests for others, claims in part, pauses, claims from the distributor until it is swept.
 */
import { type Address, maxUint256, parseEther, parseSignature } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import {
  emissionVaultAbi,
  guardianMandateAbi,
  merkleDistributorAbi,
  phaAbi,
  teamVestingAbi,
  treasuryAbi,
  vphaAbi,
  workerRewardsAbi,
} from "../../../deploy/generated/abis.ts";
import { STREAMS } from "../../../model/emission.ts";
import { PERMIT } from "../activity.ts";
import { type Deed, type Part, type Stage, deed, sized } from "./part.ts";

/** What each begins with, in wei. */
const PURCHASE = parseEther("1000000");

const REFILL = parseEther("20000");

/** What is done, by weight. */
const ACTIONS = {
  deposit: 24,
  depositWithPermit: 3,
  mint: 6,
  transferShares: 14,
  transferAssets: 6,
  request: 16,
  requestForOther: 4,
  cancel: 8,
  claim: 8,
  redeem: 6,
  withdraw: 6,
  setOperator: 2,
  fund: 3,
  harvest: 2,
  pull: 3,
  burn: 2,
  pause: 1,
  resume: 1,
  claimAirdrop: 2,
  sweep: 0.3,
  release: 0.5,
  exodus: 4,
} as const;

/** What needs vPHA. */
const SELLING: readonly (keyof typeof ACTIONS)[] = ["transferShares", "request", "requestForOther"];

/** Stakers, and the officers of the token and the vault. `isAlone`: as long as it says so, all leave together now and then. */
export function createStakers(stage: Stage, isAlone: () => boolean): Part {
  const { contracts, random, ledger, bank, stakers, claims, parameters, chainId } = stage;
  const { pha, vpha } = contracts;
  const guardian = stage.accountOf(parameters.accounts.guardian);
  const otherRewards = stage.accountOf(parameters.accounts.otherRewards);
  const permits = new Map<Address, bigint>();
  const waiting = [...claims];

  const ofPha = (from: PrivateKeyAccount, name: string, ...args: readonly unknown[]) =>
    deed(from, pha, phaAbi, name, args);
  const ofVpha = (from: PrivateKeyAccount, name: string, ...args: readonly unknown[]) =>
    deed(from, vpha, vphaAbi, name, args, { gas: 2_000_000n });
  const sum = (of: readonly bigint[]) => of.reduce((total, each) => total + each, 0n);
  const neighbour = (of: PrivateKeyAccount, by: number) =>
    stakers[(stakers.indexOf(of) + by + stakers.length) % stakers.length] ?? of;
  /** The next claim: each is sent once. */
  const claimAirdrop = (): Deed[] => {
    const claim = waiting.shift();
    if (claim === undefined || contracts.merkleDistributor === null) return [];
    const { index, account, amount, proof } = claim;
    return [deed(bank, contracts.merkleDistributor, merkleDistributorAbi, "claim", [index, account, amount, proof])];
  };

  const permitted = async (actor: PrivateKeyAccount, assets: bigint, now: bigint): Promise<Deed> => {
    const deadline = now + 3_600n;
    const nonce = permits.get(actor.address) ?? 0n;
    const signature = await actor.signTypedData({
      domain: { name: "Phala", version: "1", chainId, verifyingContract: pha },
      types: PERMIT,
      primaryType: "Permit",
      message: { owner: actor.address, spender: vpha, value: assets, nonce, deadline },
    });
    const { r, s, yParity } = parseSignature(signature);
    const args = [assets, actor.address, deadline, 27 + yParity, r, s];
    const onDone = () => void permits.set(actor.address, nonce + 1n);
    return deed(actor, vpha, vphaAbi, "depositWithPermit", args, { onDone });
  };

  const act = async (now: bigint): Promise<Deed[]> => {
    const actor = random.pick(stakers);
    const other = random.pick(stakers);
    const assets = ledger.assetsOf(actor.address);
    const shares = ledger.sharesOf(actor.address);
    const requests = ledger.requestsOf(actor.address);
    const matured = requests.filter(({ maturity }) => maturity <= now);
    const action = random.weighted(ACTIONS);
    // Whoever has nothing buys, mostly.
    if (assets === 0n && random.chance(0.7))
      return [{ ...ofPha(bank, "transfer", actor.address, REFILL), what: "buy" }];
    if (shares === 0n && SELLING.includes(action) && random.chance(0.9)) return [];
    switch (action) {
      case "deposit": {
        const receiver = random.chance(0.1) ? other : actor;
        // The allowance is what a deposit with a permit leaves of it.
        return [
          ofPha(actor, "approve", vpha, maxUint256),
          ofVpha(actor, action, sized(random, assets), receiver.address),
        ].slice(random.chance(0.2) ? 0 : 1);
      }
      case "depositWithPermit":
        return [await permitted(actor, sized(random, assets), now)];
      case "mint":
        return [ofVpha(actor, action, sized(random, assets / 2n), actor.address)];
      case "transferShares":
        return [ofVpha(actor, "transfer", other.address, sized(random, shares))];
      case "transferAssets":
        return [ofPha(actor, "transfer", other.address, sized(random, assets))];
      case "request":
        return [ofVpha(actor, "requestRedeem", sized(random, shares), actor.address, actor.address)];
      case "requestForOther": {
        // Everyone is operator of the one before.
        const controller = neighbour(actor, -1);
        return [ofVpha(actor, "requestRedeem", sized(random, shares), controller.address, actor.address)];
      }
      case "setOperator":
        return [ofVpha(actor, action, neighbour(actor, 1).address, random.chance(0.8))];
      case "cancel": {
        const open = requests.filter(({ maturity }) => maturity > now);
        return open.length === 0 ? [] : [ofVpha(actor, "cancelRedeem", random.pick(open).id)];
      }
      case "claim": {
        const ids = matured.filter(() => random.chance(0.7)).map(({ id }) => id);
        return ids.length === 0 ? [] : [ofVpha(actor, action, ids.slice(0, 8), other.address)];
      }
      case "redeem":
      case "withdraw": {
        const first = matured.slice(0, 8);
        if (first.length === 0) return [];
        const whole = sum(first.map((request) => (action === "redeem" ? request.shares : request.assets)));
        return [ofVpha(actor, action, sized(random, whole), other.address, actor.address)];
      }
      case "fund":
        return [ofVpha(otherRewards, action, parseEther("1000") + sized(random, parseEther("500")))];
      case "harvest":
        return [ofVpha(actor, action)];
      case "pull": {
        if (random.chance(0.5)) return [deed(actor, contracts.treasury, treasuryAbi, "collect", [])];
        if (random.chance(0.7)) return [deed(actor, contracts.workerRewards, workerRewardsAbi, "pull", [])];
        // Whoever was a sink once.
        const stream = random.integer(0, STREAMS.length - 1);
        return [deed(bank, contracts.emissionVault, emissionVaultAbi, "pull", [stream])];
      }
      case "burn":
        return [ofPha(actor, action, sized(random, assets / 100n))];
      case "pause": {
        const until = now + BigInt(random.integer(1, 7 * 86_400));
        return [deed(guardian, contracts.guardianMandate, guardianMandateAbi, "pauseDeposits", [until])];
      }
      case "resume":
        return [deed(guardian, contracts.guardianMandate, guardianMandateAbi, "resumeDeposits", [])];
      case "claimAirdrop":
        return claimAirdrop();
      case "sweep":
        if (contracts.merkleDistributor === null) return [];
        return [deed(actor, contracts.merkleDistributor, merkleDistributorAbi, action, [])];
      case "release":
        if (contracts.teamVesting === null) return [];
        return [deed(actor, contracts.teamVesting, teamVestingAbi, action, [pha])];
      case "exodus": {
        if (!isAlone()) return [];
        return stakers.slice(random.integer(0, 2)).flatMap((each) => {
          const all = ledger.sharesOf(each.address);
          return all === 0n
            ? []
            : [{ ...ofVpha(each, "requestRedeem", all, each.address, each.address), what: action }];
        });
      }
    }
  };

  return {
    accounts: [...stakers, guardian, otherRewards, bank].map(({ address }) => address),
    opening: () => [
      ...stakers.flatMap((actor) => [
        ofPha(bank, "transfer", actor.address, PURCHASE),
        ofPha(actor, "approve", vpha, maxUint256),
        ofVpha(actor, "setOperator", neighbour(actor, 1).address, true),
      ]),
      ofPha(otherRewards, "approve", vpha, maxUint256),
    ],
    due: () => Promise.resolve([]),
    act,
    resume: async () => {
      const nonces = await Promise.all(
        stakers.map(({ address }) =>
          stage.client.readContract({ address: pha, abi: phaAbi, functionName: "nonces", args: [address] }),
        ),
      );
      for (const [i, { address }] of stakers.entries()) permits.set(address, nonces[i] ?? 0n);
    },
  };
}
