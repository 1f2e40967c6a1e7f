/** ERC-2612 permits. */
import { type Address, type Hex, parseAbi, parseSignature } from "viem";
import type { Stage } from "./stage.ts";

const abi = parseAbi([
  "function nonces(address owner) view returns (uint256)",
  "function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)",
]);

export interface Permit {
  readonly owner: Address;
  readonly spender: Address;
  readonly value: bigint;
  readonly deadline: bigint;
}

export interface SignedPermit extends Permit {
  readonly v: number;
  readonly r: Hex;
  readonly s: Hex;
}

/** Signs `permit` for `token` as its owner (or as `signer`), with the owner's next nonce (or `nonce`). */
export async function signPermit(
  stage: Stage,
  token: Address,
  permit: Permit,
  options: { signer?: Address; nonce?: bigint; domain?: { name: string; version: string } } = {},
): Promise<SignedPermit> {
  const contract = stage.at(abi, token);
  const { name, version } = options.domain ?? (await readDomain(stage, token));
  const signature = await stage.wallet.signTypedData({
    account: options.signer ?? permit.owner,
    domain: { name, version, chainId: stage.wallet.chain.id, verifyingContract: token },
    types: {
      Permit: [
        { name: "owner", type: "address" },
        { name: "spender", type: "address" },
        { name: "value", type: "uint256" },
        { name: "nonce", type: "uint256" },
        { name: "deadline", type: "uint256" },
      ],
    },
    primaryType: "Permit",
    message: {
      owner: permit.owner,
      spender: permit.spender,
      value: permit.value,
      nonce: options.nonce ?? (await contract.read.nonces([permit.owner])),
      deadline: permit.deadline,
    },
  });
  const { r, s, yParity } = parseSignature(signature);
  return { ...permit, v: 27 + yParity, r, s };
}

async function readDomain(stage: Stage, token: Address): Promise<{ name: string; version: string }> {
  const [, name, version] = await stage.at(abi, token).read.eip712Domain();
  return { name, version };
}
