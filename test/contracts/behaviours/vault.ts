/** What the behaviour suites of ERC-4626 and ERC-7540 know of a vault: the functions of the standards, and no more. */
import { type Address, erc20Abi, parseAbi } from "viem";
import type { Stage } from "../../helpers/stage.ts";

export interface VaultSubject {
  readonly stage: Stage;
  readonly vault: Address;
  /** Accounts that own at least 10^21 wei of the asset each, of which the vault may take any amount, and no shares. */
  readonly alice: Address;
  readonly bob: Address;
  /** An account that owns assets and has approved nothing. */
  readonly carol: Address;
  /** Seconds from a request until it can be claimed. */
  readonly unbonding: bigint;
}

export const vaultAbi = parseAbi([
  "function asset() view returns (address)",
  "function share() view returns (address)",
  "function totalAssets() view returns (uint256)",
  "function convertToShares(uint256 assets) view returns (uint256)",
  "function convertToAssets(uint256 shares) view returns (uint256)",
  "function maxDeposit(address receiver) view returns (uint256)",
  "function maxMint(address receiver) view returns (uint256)",
  "function maxRedeem(address controller) view returns (uint256)",
  "function maxWithdraw(address controller) view returns (uint256)",
  "function previewDeposit(uint256 assets) view returns (uint256)",
  "function previewMint(uint256 shares) view returns (uint256)",
  "function previewRedeem(uint256 shares) view returns (uint256)",
  "function previewWithdraw(uint256 assets) view returns (uint256)",
  "function deposit(uint256 assets, address receiver) returns (uint256 shares)",
  "function mint(uint256 shares, address receiver) returns (uint256 assets)",
  "function redeem(uint256 shares, address receiver, address controller) returns (uint256 assets)",
  "function withdraw(uint256 assets, address receiver, address controller) returns (uint256 shares)",
  "function requestRedeem(uint256 shares, address controller, address owner) returns (uint256 requestId)",
  "function pendingRedeemRequest(uint256 requestId, address controller) view returns (uint256)",
  "function claimableRedeemRequest(uint256 requestId, address controller) view returns (uint256)",
  "function setOperator(address operator, bool approved) returns (bool)",
  "function isOperator(address controller, address operator) view returns (bool)",
  "event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares)",
  "event Withdraw(address indexed sender, address indexed receiver, address indexed owner, uint256 assets, uint256 shares)",
  "event OperatorSet(address indexed controller, address indexed operator, bool approved)",
  "event RedeemRequest(address indexed controller, address indexed owner, uint256 indexed requestId, address sender, uint256 shares)",
]);

/** The vault of a subject, its share token and its asset. */
export async function openVault({ stage, vault: address }: VaultSubject) {
  const vault = stage.at(vaultAbi, address);
  const share = stage.at(erc20Abi, await vault.read.share());
  const asset = stage.at(erc20Abi, await vault.read.asset());
  return { vault, share, asset };
}
