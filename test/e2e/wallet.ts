/**
 * A wallet with one key, whose owner the test is: what the page's provider asks is answered here, by the local chain. Of a Safe, it
 * shows the Safe's address, and has the Safe make what it is asked to send.
 */
import path from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import {
  type Address,
  type Hex,
  type LocalAccount,
  createWalletClient,
  hexToBigInt,
  hexToNumber,
  http,
  isAddress,
  isHex,
  numberToHex,
} from "viem";
import { anvil } from "viem/chains";
import type { Multisig } from "../../scripts/devnet/multisig.ts";

/** What the owner does with the next question. */
export type Mood =
  | "agrees"
  | "declines"
  /** Then declines. */
  | "agrees once"
  /** Sends everything twice, and names the second one. */
  | "comes too late"
  /** Until the mood changes. */
  | "takes its time";

/** An error as EIP-1193 has it. */
class ProviderError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

export class Wallet {
  account: LocalAccount;
  mood: Mood = "agrees";
  signsTypedData = true;
  /** What was signed or sent, in order. */
  readonly asked: string[] = [];
  /** Whether the page may know the account. */
  #isConnected = false;
  #chainId: number;
  readonly #rpcUrl: string;
  readonly #safe: Multisig | null;

  constructor(options: {
    /** Pays for what a Safe executes. */
    readonly account: LocalAccount;
    readonly safe?: Multisig;
    readonly rpcUrl: string;
    readonly chainId: number;
  }) {
    this.account = options.account;
    this.#safe = options.safe ?? null;
    this.#rpcUrl = options.rpcUrl;
    this.#chainId = options.chainId;
  }

  /** What the page knows it by. */
  get address(): Address {
    return this.#safe?.address ?? this.account.address;
  }

  /** Gives the pages of `context` this wallet. */
  async install(context: BrowserContext): Promise<void> {
    await context.exposeBinding("walletRequest", async ({ page }, method: string, params: unknown[]) =>
      this.#answer(page, method, params),
    );
    await context.addInitScript({ path: path.join(import.meta.dirname, "wallet.init.js") });
  }

  /** Switches to another chain, as its owner would in the wallet itself. */
  async switchTo(page: Page, chainId: number): Promise<void> {
    this.#chainId = chainId;
    await page.evaluate(`window.walletEmit("chainChanged", ${JSON.stringify(numberToHex(chainId))})`);
  }

  /** Shows another account, as its owner would choose in the wallet itself. */
  async become(page: Page, account: LocalAccount): Promise<void> {
    this.account = account;
    await page.evaluate(`window.walletEmit("accountsChanged", ${JSON.stringify([account.address])})`);
  }

  async #answer(page: Page, method: string, params: readonly unknown[]): Promise<Answer> {
    try {
      return { result: await this.#perform(page, method, params) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { error: { code: error instanceof ProviderError ? error.code : -32603, message } };
    }
  }

  async #perform(page: Page, method: string, params: readonly unknown[]): Promise<unknown> {
    switch (method) {
      case "eth_requestAccounts":
        await this.#consent();
        this.#isConnected = true;
        return [this.address];
      case "eth_accounts":
        return this.#isConnected ? [this.address] : [];
      case "eth_chainId":
        return numberToHex(this.#chainId);
      case "wallet_switchEthereumChain": {
        await this.switchTo(page, hexToNumber(hexMember(params[0], "chainId")));
        return null;
      }
      case "eth_signTypedData_v4": {
        this.asked.push("permit");
        if (!this.signsTypedData) throw new ProviderError(4200, "The wallet does not support this method.");
        await this.#consent();
        return this.account.signTypedData(
          JSON.parse(String(params[1])) as Parameters<LocalAccount["signTypedData"]>[0],
        );
      }
      case "eth_sendTransaction": {
        this.asked.push("transaction");
        await this.#consent();
        const hash = await this.#send(params[0]);
        if (this.mood === "agrees once") this.mood = "declines";
        return hash;
      }
      case "wallet_requestPermissions":
      case "wallet_revokePermissions":
        return [];
      default:
        return this.#forward(method, params);
    }
  }

  async #consent(): Promise<void> {
    while (this.mood === "takes its time") await new Promise((resolve) => setTimeout(resolve, 50));
    if (this.mood === "declines") throw new ProviderError(4001, "User rejected the request.");
  }

  async #send(request: unknown): Promise<Hex> {
    const client = createWalletClient({ account: this.account, chain: anvil, transport: http(this.#rpcUrl) });
    const to = member(request, "to");
    if (typeof to !== "string" || !isAddress(to)) throw new Error("a transaction without a receiver");
    const data = hexMember(request, "data");
    if (this.#safe !== null) {
      const order = await this.#safe.order(this.account, "what the page asks for", [{ to, data }]);
      return client.sendTransaction({ to: order.to, data: order.data, gas: order.gas });
    }
    const value = member(request, "value");
    const transaction = { to, data, value: isHex(value) ? hexToBigInt(value) : 0n };
    if (this.mood !== "comes too late") return client.sendTransaction(transaction);
    await client.sendTransaction({ ...transaction, gas: 1_000_000n });
    return client.sendTransaction({ ...transaction, gas: 1_000_000n });
  }

  async #forward(method: string, params: readonly unknown[]): Promise<unknown> {
    const response = await fetch(this.#rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const answer: unknown = await response.json();
    const failure = member(answer, "error");
    if (failure !== undefined) throw new Error(String(member(failure, "message")));
    return member(answer, "result");
  }
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

function hexMember(value: unknown, name: string): Hex {
  const found = member(value, name);
  if (!isHex(found)) throw new Error(`${name} is not hex: ${String(found)}`);
  return found;
}
