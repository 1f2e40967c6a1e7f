/** ERC-165 of a vault with asynchronous redemption; the ids are computed from the interfaces. */
import { type Address, parseAbi } from "viem";
import { expect } from "vitest";
import { interfaceId } from "../../helpers/errors.ts";
import type { Stage } from "../../helpers/stage.ts";
import { type Checks, registerChecks } from "./behaviour.ts";

export interface Erc165Subject {
  readonly stage: Stage;
  readonly vault: Address;
}

const abi = parseAbi(["function supportsInterface(bytes4 id) view returns (bool)"]);

/** The functions that make up each interface: EIP-165, EIP-7540, EIP-7575. */
const INTERFACES = {
  erc165: { id: "0x01ffc9a7", functions: ["supportsInterface(bytes4)"] },
  operators: { id: "0xe3bc4e65", functions: ["setOperator(address,bool)", "isOperator(address,address)"] },
  redemption: {
    id: "0x620ee8e4",
    functions: [
      "requestRedeem(uint256,address,address)",
      "pendingRedeemRequest(uint256,address)",
      "claimableRedeemRequest(uint256,address)",
    ],
  },
  vault: {
    id: "0x2f0a18c5",
    functions: [
      "asset()",
      "share()",
      "convertToAssets(uint256)",
      "convertToShares(uint256)",
      "totalAssets()",
      "maxDeposit(address)",
      "previewDeposit(uint256)",
      "deposit(uint256,address)",
      "maxMint(address)",
      "previewMint(uint256)",
      "mint(uint256,address)",
      "maxRedeem(address)",
      "previewRedeem(uint256)",
      "redeem(uint256,address,address)",
      "maxWithdraw(address)",
      "previewWithdraw(uint256)",
      "withdraw(uint256,address,address)",
    ],
  },
} as const;

const supports = ({ stage, vault }: Erc165Subject, id: `0x${string}`) =>
  stage.at(abi, vault).read.supportsInterface([id]);

export const erc165Checks: Checks<Erc165Subject> = {
  ...Object.fromEntries(
    Object.entries(INTERFACES).map(([name, { id, functions }]) => [
      `supports ${name}, ${id}`,
      async (subject: Erc165Subject) => {
        expect(interfaceId(functions)).toBe(id);
        expect(await supports(subject, id)).toBe(true);
      },
    ]),
  ),
  "supports neither 0xffffffff nor asynchronous deposits nor an unknown id": async (subject) => {
    expect(await supports(subject, "0xffffffff")).toBe(false);
    expect(await supports(subject, "0xce3bbe50")).toBe(false);
    expect(await supports(subject, "0x12345678")).toBe(false);
  },
};

/** Tests ERC-165 on what `load` returns. */
export const shouldBehaveLikeERC165 = (load: () => Promise<Erc165Subject>): void =>
  registerChecks("behaves like ERC-165", erc165Checks, load);
