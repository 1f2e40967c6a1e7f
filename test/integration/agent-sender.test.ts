/** The agent's transactions on a chain that leaves them lying. */
import { keccak256, toHex, zeroAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalChain, chainClient, startChain } from "../../scripts/devnet/chain.ts";
import { openChain, transportTo } from "../../scripts/worker-agent/chain.ts";
import { Secrets, createLog } from "../../scripts/worker-agent/log.ts";
import { openSender } from "../../scripts/worker-agent/sender.ts";

const payer = privateKeyToAccount(keccak256(toHex("sender")));
const step = { to: "0x1111111111111111111111111111111111111111", data: "0x", what: "test" } as const;
let chain: LocalChain;

beforeAll(async () => {
  chain = await startChain();
  const client = chainClient(chain.url);
  await client.setBalance({ address: payer.address, value: 10n ** 18n });
  await client.setAutomine(false);
});

afterAll(() => chain.stop());

describe("a transaction", () => {
  it("that is not mined is replaced by a dearer one with the same nonce, also after a restart", async () => {
    const client = chainClient(chain.url);
    const lines: string[] = [];
    const open = () =>
      openSender({
        chain: openChain(
          { chainId: 31_337, registry: zeroAddress, rewards: zeroAddress, confirmations: 0 },
          transportTo([chain.url]),
          { worker: payer.address, payer: payer.address },
        ),
        chainId: 31_337,
        payer,
        log: createLog({ secrets: new Secrets(), write: (line) => lines.push(line) }),
        signal: new AbortController().signal,
        patienceMs: 1_500,
      });
    const sent = () =>
      lines
        .filter((line) => line.includes("transaction.sent"))
        .map((line) => (JSON.parse(line) as { hash: `0x${string}` }).hash);

    await expect(open().send(step)).rejects.toThrow(/not mined yet/);
    const [first = "0x"] = sent();
    const { nonce, maxFeePerGas = 0n } = await client.getTransaction({ hash: first });
    const second = open().send(step);
    while (sent().length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    await client.mine({ blocks: 1 });
    const receipt = await second;
    const replaced = await client.getTransaction({ hash: receipt.transactionHash });
    expect(replaced.nonce).toBe(nonce);
    expect(replaced.maxFeePerGas).toBeGreaterThan(maxFeePerGas);
    expect(await client.getTransactionCount({ address: payer.address })).toBe(nonce + 1);
    expect(lines.join()).toContain("transaction.stuck");
  });
});
