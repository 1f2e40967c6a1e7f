/** A payment after an approval: on a node that lags behind the one that had the approval, and with less approved than asked for. */
import {
  ContractFunctionExecutionError,
  ContractFunctionRevertedError,
  type Hex,
  decodeFunctionData,
  encodeErrorResult,
  numberToHex,
  padHex,
} from "viem";
import { expect, test } from "vitest";
import type { CreateConnectorFn } from "wagmi";
import { connect } from "wagmi/actions";
import { phaAbi, vphaAbi } from "../../deploy/generated/abis.ts";
import { pay } from "../../web/src/chain/payment.ts";
import type { Sent } from "../../web/src/chain/send.ts";
import { CHAIN, type Question, requestOf, wagmiOn } from "./node.ts";

const [token, owner, spender] = [1, 2, 3].map((n) => padHex(numberToHex(n), { size: 20 })) as [Hex, Hex, Hex];
const APPROVED_IN = 7n;
const amount = 100n;
const sent = (hash: Hex): Sent => ({ hash, again: () => Promise.resolve() });
const [approval, payment] = [padHex("0x0a"), padHex("0x0b")];

/** What the vault says when it may not take the tokens. */
function missing(): Error {
  const data = encodeErrorResult({ abi: vphaAbi, errorName: "VPHA_InsufficientAllowance", args: [0n, amount] });
  const reverted = new ContractFunctionRevertedError({ abi: vphaAbi, data, functionName: "deposit" });
  return new ContractFunctionExecutionError(reverted, { abi: vphaAbi, functionName: "deposit", args: [amount, owner] });
}

/** A contract's account, so that there are no permits. `approved` wei are in the block, which the first `lag` reads of it do not find. */
async function setUp({ approved, lag }: { approved: bigint; lag: number }) {
  let reads = 0;
  const answer = ({ method, params }: Question): unknown => {
    const [first, block] = Array.isArray(params) ? (params as readonly unknown[]) : [];
    switch (method) {
      case "eth_getCode":
        return "0x60";
      case "eth_call": {
        const { functionName } = decodeFunctionData({ abi: phaAbi, data: (first as { data: Hex }).data });
        if (functionName !== "allowance") return padHex("0x01");
        if (block !== numberToHex(APPROVED_IN)) return padHex("0x00");
        if (reads++ < lag) throw Object.assign(new Error("header not found"), { code: -32_000 });
        return numberToHex(approved, { size: 32 });
      }
      case "eth_chainId":
        return numberToHex(CHAIN.id);
      case "eth_accounts":
      case "eth_requestAccounts":
        return [owner];
      case "eth_sendTransaction":
        return approval;
      default:
        throw new Error(method);
    }
  };
  const nothing = () => Promise.resolve();
  const wallet: CreateConnectorFn = () => ({
    id: "test",
    name: "Test",
    type: "test",
    connect: () => Promise.resolve({ accounts: [owner] as never, chainId: CHAIN.id }),
    getAccounts: () => Promise.resolve([owner]),
    getChainId: () => Promise.resolve(CHAIN.id),
    getProvider: () => Promise.resolve({ request: requestOf(answer) }),
    isAuthorized: () => Promise.resolve(true),
    disconnect: nothing,
    onAccountsChanged: () => undefined,
    onChainChanged: () => undefined,
    onDisconnect: () => undefined,
  });
  const wagmi = wagmiOn(answer, [wallet]);
  await connect(wagmi, { connector: wallet });
  const steps = {
    at: () => undefined,
    approved: ({ hash }: Sent) => {
      expect(hash).toBe(approval);
      return Promise.resolve(APPROVED_IN);
    },
  };
  /** Tries the payment, whose first `refusals` the contract refuses. */
  return async (refusals: number) => {
    let tries = 0;
    const paid = pay(wagmi, { chainId: CHAIN.id, token, owner, spender, amount }, steps, (permit) => {
      expect(permit).toBeNull();
      return tries++ < refusals ? Promise.reject(missing()) : Promise.resolve(sent(payment));
    });
    return { paid: await paid.catch((error: unknown) => error), tries };
  };
}

test("is made", async () => {
  const paying = await setUp({ approved: amount, lag: 0 });
  expect(await paying(0)).toMatchObject({ paid: { hash: payment }, tries: 1 });
});

test.each([0, 2])("is made once the node knows of the approval, which it says it does not %i times", async (lag) => {
  const paying = await setUp({ approved: amount, lag });
  expect(await paying(4)).toMatchObject({ paid: { hash: payment }, tries: 5 });
});

test("is refused where less was approved than it takes", async () => {
  const paying = await setUp({ approved: amount - 1n, lag: 0 });
  const { paid, tries } = await paying(99);
  expect(String(paid)).toContain("VPHA_InsufficientAllowance");
  expect(tries).toBe(2);
});

test("is given up on a node that never gets the block", async () => {
  const paying = await setUp({ approved: amount, lag: 99 });
  expect(String((await paying(99)).paid)).toContain("VPHA_InsufficientAllowance");
});
