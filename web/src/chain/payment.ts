/** How a contract gets the tokens that somebody pays it: by allowance, by permit, or by an approval first. */
import { type Address, ContractFunctionExecutionError, encodeFunctionData } from "viem";
import type { Config } from "wagmi";
import { getBlock, getBytecode, readContract, readContracts, signTypedData } from "wagmi/actions";
import { phaAbi } from "../../../deploy/generated/abis.ts";
import { PERMIT_SECONDS, type SignedPermit, permitMessage, splitSignature } from "./permit.ts";
import { isRejection, refusalOf } from "./reasons.ts";
import { type Sent, send } from "./send.ts";
import type { Steps } from "./transaction.ts";

export interface Payment {
  readonly chainId: number;
  /** PHA or vPHA. */
  readonly token: Address;
  readonly owner: Address;
  readonly spender: Address;
  /** Wei. */
  readonly amount: bigint;
}

/**
 * Has `payWith` make a payment: with the allowance there is, else with a permit in the same transaction, else (a contract wallet, a
 * token without permits, a wallet that cannot sign them) after an approval. It simulates before it asks the
 * wallet, so that what would fail is not sent.
 */
export async function pay(
  wagmi: Config,
  payment: Payment,
  steps: Steps,
  payWith: (permit: SignedPermit | null) => Promise<Sent>,
): Promise<Sent> {
  const { chainId, token, owner, spender, amount } = payment;
  const at = { address: token, abi: phaAbi, chainId } as const;
  const allowed = { functionName: "allowance", args: [owner, spender] } as const;
  const allowance = await readContract(wagmi, { ...at, ...allowed });
  if (allowance >= amount) return payWith(null);

  const permit = await signPermit(wagmi, payment, steps);
  if (permit !== null) {
    try {
      return await payWith(permit);
    } catch (error) {
      // The token did not take the signature, of which the simulation has told: nothing was sent.
      if (!isAllowanceMissing(error)) throw error;
    }
  }

  const data = encodeFunctionData({ abi: phaAbi, functionName: "approve", args: [spender, amount] });
  const approval = await send({ wagmi, chainId, account: owner, steps }, { to: token, abi: phaAbi, data }, "approval");
  const blockNumber = await steps.approved(approval);
  for (let tries = 1; ; tries++) {
    try {
      return await payWith(null);
    } catch (error) {
      if (!isAllowanceMissing(error) || tries === MOST_TRIES) throw error;
    }
    // Either less was approved in the wallet, or this was another node behind the same address, which has not got the block yet.
    const approved = await readContract(wagmi, { ...at, ...allowed, blockNumber }).catch(() => amount);
    if (approved < amount) return payWith(null);
    await new Promise((resolve) => setTimeout(resolve, wagmi.getClient({ chainId }).pollingInterval));
  }
}

/** So often a payment is tried on nodes that do not know of its approval yet, a block apart. */
const MOST_TRIES = 10;

/** Whether the contract refused because of the allowance. */
const isAllowanceMissing = (error: unknown) => /InsufficientAllowance$/.test(refusalOf(error)?.data?.errorName ?? "");

/** Whether the account is a contract that signs in its own way; one that only delegates (EIP-7702) signs as before. */
async function isContractWallet(wagmi: Config, { owner, chainId }: Payment): Promise<boolean> {
  const code = await getBytecode(wagmi, { address: owner, chainId });
  return code !== undefined && !code.startsWith("0xef0100");
}

/** Name, version and nonce that the token's permits need; null where it has none. */
async function permitDomain(wagmi: Config, { token, chainId, owner }: Payment) {
  const at = { address: token, abi: phaAbi, chainId } as const;
  try {
    const [[, name, version], nonce] = await readContracts(wagmi, {
      allowFailure: false,
      contracts: [
        { ...at, functionName: "eip712Domain" },
        { ...at, functionName: "nonces", args: [owner] },
      ],
    });
    return { name, version, nonce };
  } catch (error) {
    if (error instanceof ContractFunctionExecutionError) return null;
    throw error;
  }
}

/** A permit; null where the account or the token cannot give one. Throws if the person declines. */
async function signPermit(wagmi: Config, payment: Payment, steps: Steps): Promise<SignedPermit | null> {
  if (await isContractWallet(wagmi, payment)) return null;
  const domain = await permitDomain(wagmi, payment);
  if (domain === null) return null;
  const { chainId, token, owner, spender, amount: value } = payment;
  const { timestamp } = await getBlock(wagmi, { chainId });
  const deadline = timestamp + PERMIT_SECONDS;
  steps.at("permit");
  try {
    const message = permitMessage({ token, chainId, owner, spender, value, deadline, ...domain });
    const signature = splitSignature(await signTypedData(wagmi, { account: owner, ...message }));
    return signature === null ? null : { deadline, ...signature };
  } catch (error) {
    if (isRejection(error)) throw error;
    // The wallet cannot sign typed data.
    return null;
  }
}
