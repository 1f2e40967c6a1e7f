/** What the connected account has. */
import { type Address, zeroAddress } from "viem";
import { useConnection } from "wagmi";
import { readContracts } from "wagmi/actions";
import { phaAbi, vphaAbi } from "../../../deploy/generated/abis.ts";
import { useConfig } from "../config/context.ts";
import { type Pool, toAssets } from "./pool.ts";
import { useReading } from "./reading.ts";

export interface AccountState {
  readonly pha: bigint;
  readonly shares: bigint;
  /** PHA that the shares are worth; rounded down. */
  readonly value: bigint;
  /** PHA that the vault may take. */
  readonly allowance: bigint;
  /** The vault, to convert by: see {@link toShares} and {@link toAssets}. */
  readonly pool: Pool;
  /** PHA for 1 vPHA, wei. */
  readonly rate: bigint;
  /** Unix seconds until which deposits are paused; 0 if they never were. */
  readonly pausedUntil: bigint;
}

const ONE = 10n ** 18n;

/** The account that is connected to the right chain; undefined otherwise. */
export function useAccountAddress(): Address | undefined {
  const { address, chainId } = useConnection();
  const { chain } = useConfig();
  return chainId === chain.id ? address : undefined;
}

/** Balances of the connected account and the vault's rate. Without an account, balances are 0. */
export function useAccountState() {
  const { contracts } = useConfig();
  const owner = useAccountAddress() ?? zeroAddress;
  const pha = { address: contracts.pha, abi: phaAbi } as const;
  const vpha = { address: contracts.vpha, abi: vphaAbi } as const;
  return useReading(["account", owner], async (wagmi, blockNumber): Promise<AccountState> => {
    const [balance, shares, allowance, rate, assets, supply, pausedUntil] = await readContracts(wagmi, {
      allowFailure: false,
      blockNumber,
      contracts: [
        { ...pha, functionName: "balanceOf", args: [owner] },
        { ...vpha, functionName: "balanceOf", args: [owner] },
        { ...pha, functionName: "allowance", args: [owner, contracts.vpha] },
        { ...vpha, functionName: "convertToAssets", args: [ONE] },
        { ...vpha, functionName: "totalAssets" },
        { ...vpha, functionName: "totalSupply" },
        { ...vpha, functionName: "depositsPausedUntil" },
      ],
    });
    const pool = { assets, shares: supply };
    return { pha: balance, shares, pool, value: toAssets(pool, shares), allowance, rate, pausedUntil };
  });
}
