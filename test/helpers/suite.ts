/** The suite on a stage: every contract deployed and started, and the actors that use it. */
import { type Address, erc20Abi, toFunctionSelector } from "viem";
import { emissionVaultAbi, phaAbi, phalaAuthorityAbi, vphaAbi } from "../../deploy/generated/abis.ts";
import { ROLES as ROLE } from "../../deploy/roles.ts";
import type { Stage } from "./stage.ts";

/** One whole PHA or vPHA, in wei. */
export const UNIT = 10n ** 18n;

/** `amount` whole PHA or vPHA, in wei. */
export const units = (amount: number | bigint): bigint => BigInt(amount) * UNIT;

/** What epoch 0 emits, in wei, by preset. */
export const BUDGETS = {
  genesis: units(175_000_000),
  published: units(518_400_000) / 4n,
  current: units(97_200_000) / 4n,
} as const;

export type Preset = keyof typeof BUDGETS;

/** Numbers of the streams in calls. */
export const STREAM = { stakers: 0, workers: 1, treasury: 2 } as const;

/** Numbers of the roles of the authority. */
export { ROLE };

/** Names for the stage's accounts. The holder owns the whole supply at first. */
export function actorsOf(stage: Stage) {
  const account = (index: number): Address => {
    const address = stage.accounts[index];
    if (address === undefined) throw new Error(`no account ${index}`);
    return address;
  };
  return {
    holder: account(0),
    governance: account(1),
    guardian: account(2),
    workers: account(3),
    treasury: account(4),
    alice: account(5),
    bob: account(6),
    carol: account(7),
    mallory: account(8),
    operator: account(9),
    stranger: account(10),
  };
}

export type Suite = Awaited<ReturnType<typeof deploySuite>>;

/**
 * Deploys the suite and starts the emission, in the hour in which the stage stands. The authority is not sealed: as an
 * admin without a delay, governance calls at once what has no class, `replaceSink` and `start` included.
 *
 * @param options.preset Emission preset; default `current`.
 * @param options.token Adopts this token, of which the holder has the budget, instead of deploying PHA.
 * @param options.start False leaves the emission vault funded and not started.
 */
export async function deploySuite(stage: Stage, options: { preset?: Preset; token?: Address; start?: boolean } = {}) {
  const budget = BUDGETS[options.preset ?? "current"];
  const actors = actorsOf(stage);
  const { holder, governance, guardian, workers, treasury } = actors;
  const asGovernance = { account: governance };

  const authority = await stage.deploy("PhalaAuthority", phalaAuthorityAbi, [governance]);
  const token =
    options.token ?? (await stage.deploy("PHA", phaAbi, [[{ account: holder, amount: units(1_000_000_000) }]])).address;
  const pha = stage.at(erc20Abi, token);
  const emission = await stage.deploy("EmissionVault", emissionVaultAbi, [authority.address, token, budget]);
  const vpha = await stage.deploy("VPHA", vphaAbi, [authority.address, emission.address]);
  await pha.write.transfer([emission.address, 4n * budget], { account: holder });

  const selector = (signature: string) => toFunctionSelector(signature);
  await authority.write.setTargetFunctionRole(
    [vpha.address, [selector("pauseDeposits(uint256)"), selector("resumeDeposits()")], ROLE.guardian],
    asGovernance,
  );
  await authority.write.grantRole([ROLE.guardian, guardian, 0], asGovernance);
  if (options.start !== false) await emission.write.start([[vpha.address, workers, treasury]], asGovernance);

  return {
    stage,
    actors,
    budget,
    pha,
    emission,
    vpha,
    authority,

    /** Gives `account` `amount` wei of PHA and lets vPHA take any amount of it. */
    fundAccount: async (account: Address, amount: bigint): Promise<void> => {
      await pha.write.transfer([account, amount], { account: holder });
      await pha.write.approve([vpha.address, 2n ** 256n - 1n], { account });
    },

    /** Gives `account` `amount` wei of PHA and stakes all of it. */
    stake: async (account: Address, amount: bigint): Promise<void> => {
      await pha.write.transfer([account, amount], { account: holder });
      await pha.write.approve([vpha.address, amount], { account });
      await vpha.write.deposit([amount, account], { account });
    },

    /** Requests `shares` of `account` for itself. Returns the request's id. */
    request: async (account: Address, shares: bigint): Promise<bigint> => {
      const index = await vpha.read.requestCount([account]);
      await vpha.write.requestRedeem([shares, account, account], { account });
      return (BigInt(account) << 96n) | index;
    },

    /** The price as a fraction, with the virtual share and the virtual asset. */
    price: async (): Promise<{ assets: bigint; shares: bigint }> => {
      return { assets: (await vpha.read.totalAssets()) + 1n, shares: (await vpha.read.totalSupply()) + 1n };
    },
  };
}
