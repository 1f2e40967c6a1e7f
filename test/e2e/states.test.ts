/**
 * What people meet besides full screens: dialogs, the stages of a transaction, nothing, something that does not answer, and answers
 * that nobody should trust. All of it accessible, in both themes, narrow and wide; and the page goes on.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { type LocalAccount, encodeFunctionData, parseEther } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { phalaAuthorityAbi, phalaGovernorAbi, workerRegistryAbi } from "../../deploy/generated/abis.ts";
import { modelId } from "../../scripts/compute/calls.ts";
import { FIRST_STAKER } from "../../scripts/devnet/activity.ts";
import { devAccount, devAccounts } from "../../scripts/devnet/chain.ts";
import { FIRST_OPERATOR, createFleet } from "../../scripts/devnet/fleet.ts";
import { FIRST_CITIZEN } from "../../scripts/devnet/governance.ts";
import { Multisig } from "../../scripts/devnet/multisig.ts";
import { audit } from "./axe.ts";
import { CHROMIUM, startChromium } from "./chromium.ts";
import { connect, openContext, screensOf, show } from "./screens.ts";
import { type Stack, servePage } from "./stack.ts";
import { Wallet } from "./wallet.ts";

describe.skipIf(CHROMIUM === null)("the page", () => {
  const [worker, another] = createFleet().map(({ key }) => key.address.toLowerCase());
  if (worker === undefined || another === undefined) throw new Error("there are no workers");
  let stack: Stack;
  let browser: Browser;
  const closing: (() => Promise<void>)[] = [];
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    stack = await servePage(inject("running"));
    closing.push(() => stack.stop());
    browser = await startChromium();
    closing.push(() => browser.close());
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  /** A page, with a wallet of `account` if there is one, not connected yet. */
  async function open(account?: LocalAccount): Promise<{ page: Page; wallet: Wallet | null }> {
    const context = await openContext(browser, "light", 1280);
    contexts.push(context);
    const { chainId } = stack.manifest;
    const wallet = account === undefined ? null : new Wallet({ account, rpcUrl: stack.rpcUrl, chainId });
    await wallet?.install(context);
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(stack.url);
    return { page, wallet };
  }

  async function connected(account: LocalAccount): Promise<{ page: Page; wallet: Wallet }> {
    const { page, wallet } = await open(account);
    if (wallet === null) throw new Error("there is no wallet");
    await connect(page);
    return { page, wallet };
  }

  const at = (path: string, heading: string) => ({ name: path, path, heading });
  const governance = at("#/governance", "Governance");
  const dialogButton = (page: Page, name: RegExp) => page.getByRole("banner").getByRole("button", { name });

  describe("without an account", () => {
    test("says what a wallet is needed for, and that there is none", async () => {
      const { page } = await open();
      for (const screen of [at("#/position", "Position"), at("#/operate", "Operate")]) {
        await show(page, stack.url, screen);
        await page
          .locator("main")
          .getByText(/^Connect a wallet/)
          .waitFor();
        expect(await audit(page)).toEqual([]);
      }
      await dialogButton(page, /^Connect wallet$/).click();
      await page.getByText("No wallet was found in this browser.").waitFor();
      expect(await audit(page)).toEqual([]);
    });

    test("says that there is no such worker, and no such screen", async () => {
      const { page } = await open();
      await page.goto(`${stack.url}/#/workers/0x00000000000000000000000000000000000000aa`);
      await page.getByText("has never registered").waitFor();
      expect(await audit(page)).toEqual([]);
      await page.goto(`${stack.url}/#/%E0%A4%A`);
      await page.getByText("There is no such screen").waitFor();
      expect(await audit(page)).toEqual([]);
    });
  });

  describe("with a wallet", () => {
    test("its dialogs open, close, and give the focus back", async () => {
      const { page, wallet } = await open(devAccount(FIRST_STAKER));
      await dialogButton(page, /^Connect wallet$/).click();
      await page.getByRole("button", { name: "Test wallet" }).waitFor();
      expect(await audit(page)).toEqual([]);
      if (wallet !== null) wallet.mood = "declines";
      await page.getByRole("button", { name: "Test wallet" }).click();
      await page.getByText("You declined it in the wallet.").waitFor();
      expect(await audit(page)).toEqual([]);
      // A click on the dialog's own edge is none beside it.
      await page.getByRole("dialog").click({ position: { x: 4, y: 4 } });
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      expect(await page.evaluate("document.activeElement.textContent")).toBe("Connect wallet");
      if (wallet !== null) wallet.mood = "agrees";
      await connect(page);
      await dialogButton(page, /^0x/).click();
      await page.getByRole("button", { name: "Disconnect" }).waitFor();
      expect(await audit(page)).toEqual([]);
    });

    test("on another chain, every screen says so, with the way back", async () => {
      const { page, wallet } = await connected(devAccount(FIRST_STAKER));
      await wallet.switchTo(page, 1);
      for (const screen of [
        at("#/", "Stake PHA"),
        at("#/position", "Position"),
        at("#/operate/register", "Register a worker"),
      ]) {
        await show(page, stack.url, screen);
        await page.getByText("Your wallet is on another chain.").waitFor();
        expect(await audit(page)).toEqual([]);
      }
    });

    test("nothing yet: no stake, no worker", async () => {
      const { page } = await connected(devAccount(950));
      for (const screen of [at("#/position", "Position"), at("#/operate", "Operate")]) {
        await show(page, stack.url, screen);
        expect(await audit(page)).toEqual([]);
      }
      await show(page, stack.url, at("#/workers", "Workers"));
      await page.getByRole("button", { name: "Mine" }).click();
      await page.getByText("No worker fits.").waitFor();
      expect(await audit(page)).toEqual([]);
    });

    test("the stages of a transaction, until it is declined", async () => {
      const { page, wallet } = await connected(devAccount(FIRST_STAKER));
      await page.getByRole("button", { name: "Unstake", exact: true }).click();
      await page.getByLabel("Amount to unstake").fill("999999999999");
      await page.getByText(/^You have .* vPHA\.$/).waitFor();
      expect(await audit(page)).toEqual([]);
      await page.getByLabel("Amount to unstake").fill("0.001");
      wallet.mood = "takes its time";
      await page.locator('button[type="submit"]').click();
      await page.getByText("Confirm the transaction in your wallet").waitFor();
      expect(await audit(page)).toEqual([]);
      wallet.mood = "declines";
      await page.getByText("You declined it in the wallet. Nothing was sent.").waitFor();
      expect(await audit(page)).toEqual([]);
    });

    test("a file that is no quote", async () => {
      const { page } = await connected(devAccount(FIRST_OPERATOR));
      await show(page, stack.url, at("#/operate/register", "Register a worker"));
      const file = page.getByLabel("File: a raw quote");
      await file.setInputFiles({ name: "quote.bin", mimeType: "", buffer: Buffer.alloc(1_000_001) });
      await page.getByText("The file is too large to be a quote.").waitFor();
      await file.setInputFiles({ name: "quote.json", mimeType: "", buffer: Buffer.from("{}") });
      await page.getByText("The file is JSON without a `quote`.").waitFor();
      expect(await audit(page)).toEqual([]);
    });
  });

  describe("governance", () => {
    const citizen = devAccount(FIRST_CITIZEN);
    /** One word without an end, and a sign that turns the direction of what follows. */
    const description = `Proposal \u202e${"x".repeat(300)}\n<img src=x onerror=alert(1)>`;

    beforeAll(async () => {
      const { contracts } = stack.manifest;
      await stack.client.impersonateAccount({ address: citizen.address });
      await stack.client.setBalance({ address: citizen.address, value: parseEther("10") });
      const data = encodeFunctionData({
        abi: workerRegistryAbi,
        functionName: "setModel",
        args: [modelId("MI300"), parseEther("900"), 70],
      });
      const hash = await stack.client.sendTransaction({
        account: citizen.address,
        chain: null,
        to: contracts.phalaGovernor,
        data: encodeFunctionData({
          abi: phalaGovernorAbi,
          functionName: "propose",
          args: [[contracts.workerRegistry], [0n], [data], description],
        }),
      });
      expect((await stack.client.waitForTransactionReceipt({ hash })).status).toBe("success");

      // One that waits: what the history has left may be over by now.
      const [payer] = devAccounts(5, 1);
      if (payer === undefined) throw new Error("nobody pays");
      const multisig = await Multisig.connect(stack.rpcUrl, stack.manifest.parameters.accounts.governance);
      const schedule = encodeFunctionData({
        abi: phalaAuthorityAbi,
        functionName: "schedule",
        args: [contracts.workerRegistry, data, 0],
      });
      const order = await multisig.order(payer, "schedule", [{ to: contracts.phalaAuthority, data: schedule }]);
      const batch = { account: payer, chain: null, to: order.to, data: order.data, gas: 2_000_000n };
      const receipt = await stack.client.waitForTransactionReceipt({ hash: await stack.client.sendTransaction(batch) });
      expect(receipt.status).toBe("success");
    });

    test("operations in every state, a proposal that waits, a lock against what waits", async () => {
      const { page } = await connected(citizen);
      await show(page, stack.url, governance);
      await page.getByText(/begins in/).waitFor();
      const operations = page.getByRole("region", { name: "Operations" }).locator(".operation");
      const states = await operations.locator(".badge").allInnerTexts();
      expect(states).toEqual(expect.arrayContaining(["scheduled", "executed", "expired", "vetoed"]));
      const votes = page.getByRole("region", { name: "Votes" });
      expect(await votes.locator(".operation .badge").allInnerTexts()).toEqual(["pending", "executed"]);
      // The text is one line of text, whatever it holds.
      expect(await page.locator("img[src=x]").count()).toBe(0);

      const waiting = operations.first();
      await page.getByLabel("vPHA to wrap or unwrap").fill("5");
      await page.getByRole("button", { name: "Unwrap" }).click();
      await votes.getByText("Done.").waitFor();
      await waiting.getByRole("button", { name: "Lock vPHA against it" }).click();
      await waiting.getByLabel(/^vPHA to lock/).fill("5");
      expect(await audit(page)).toEqual([]);
      await waiting.getByRole("button", { name: "Lock", exact: true }).click();
      await waiting.getByText("Locked.").waitFor();
      await page.getByRole("heading", { name: "What you have locked" }).waitFor();
      await waiting.getByText(/5\.00 vPHA locked against it/).waitFor();
      expect(await audit(page)).toEqual([]);
    });
  });

  test("a link leads to the beginning of a screen; the way back, to where one was", async () => {
    const { page } = await open();
    await show(page, stack.url, at("#/workers", "Workers"));
    const last = page.getByRole("table").getByRole("link").last();
    await last.scrollIntoViewIfNeeded();
    const before = await page.evaluate<number>("scrollY");
    expect(before).toBeGreaterThan(0);
    await last.click();
    await page.getByRole("heading", { level: 1, name: "Worker", exact: true }).waitFor();
    expect(await page.evaluate("scrollY")).toBe(0);
    expect(await page.evaluate("document.activeElement.tagName")).toBe("MAIN");
    await page.goBack();
    await last.waitFor();
    await expect.poll(() => page.evaluate("scrollY")).toBeGreaterThan(0);
  });

  test("one worker's answer is never shown as another's", async () => {
    const { page } = await open();
    await show(page, stack.url, at(`#/workers/${worker}`, "Worker"));
    // The second answer does not come.
    await page.route("**/graphql", (route) =>
      route.request().postData()?.includes(another) === true ? undefined : route.continue(),
    );
    await page.evaluate(`location.hash = "#/workers/${another}"`);
    await page.locator("main .skeleton").first().waitFor();
    expect(await page.getByRole("heading", { name: "Attestation" }).count()).toBe(0);
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });

  describe("what does not answer", () => {
    test("the indexer: every screen says so, and what the chain knows stays", async () => {
      const { page } = await connected(devAccount(FIRST_STAKER));
      await page.route("**/graphql", (route) => route.abort());
      await page.getByText("does not answer", { exact: true }).waitFor();
      for (const screen of screensOf(worker)) {
        await page.goto(`${stack.url}/${screen.path}`);
        await page.getByRole("heading", { level: 1, name: screen.heading, exact: true }).waitFor();
        if (!["stake", "register"].includes(screen.name)) {
          await page
            .getByText(/cannot be shown/)
            .first()
            .waitFor();
          await page.getByRole("button", { name: "Try again" }).first().waitFor();
        }
        expect(await audit(page), screen.name).toEqual([]);
      }
      await page.goto(`${stack.url}/#/position`);
      await page.getByRole("region", { name: "In the vault" }).getByText("vPHA").first().waitFor();
    });

    test("the indexer, while somebody types what needs none", async () => {
      const { page } = await connected(devAccount(FIRST_STAKER));
      await page.route("**/graphql", (route) => route.abort());
      for (const [screen, label] of [
        [at("#/supply", "Emission and supply"), "Emission"],
        [at("#/governance", "Governance"), "vPHA to wrap or unwrap"],
      ] as const) {
        await page.goto(`${stack.url}/${screen.path}`);
        await page
          .getByText(/cannot be shown/)
          .first()
          .waitFor();
        const field = page.getByLabel(label, { exact: true });
        await field.focus();
        const id = await field.getAttribute("id");
        // It is asked again with every block.
        for (let looks = 0; looks < 30; looks++) {
          await page.waitForTimeout(100);
          expect(await page.evaluate<string>("document.activeElement.id")).toBe(id);
          expect(await page.getByText(/cannot be shown/).count()).toBeGreaterThan(0);
        }
      }
    });

    test("the node", async () => {
      const { page } = await connected(devAccount(FIRST_STAKER));
      await stack.relay.cut();
      try {
        await page.getByText("the node does not answer").waitFor();
        for (const screen of [at("#/", "Stake PHA"), at("#/position", "Position"), at("#/vault", "Vault")]) {
          await page.goto(`${stack.url}/${screen.path}`);
          await page.getByText("The chain's node does not answer.").first().waitFor();
          expect(await audit(page), screen.path).toEqual([]);
        }
      } finally {
        await stack.relay.open();
      }
      await page.getByText("the node does not answer").waitFor({ state: "detached" });
    });
  });

  test.each([
    ["an empty answer", '{"data":{}}'],
    ["markup", "<html><script>alert(1)</script></html>"],
    [
      "lists of null",
      '{"data":{"vaults":null,"workers":null,"operations":null,"parameters":null,"tokens":{"items":[null]}}}',
    ],
    ["an error that is none", '{"errors":"broken","data":{"vaults":{"items":{}}}}'],
  ])("an indexer that answers with %s breaks no more than a screen", async (_, body) => {
    const { page } = await connected(devAccount(FIRST_STAKER));
    await page.route("**/graphql", (route) => route.fulfill({ body, contentType: "application/json" }));
    for (const screen of screensOf(worker)) {
      await page.goto(`${stack.url}/${screen.path}`);
      await page.reload();
      await page.getByRole("navigation", { name: "Screens" }).waitFor();
      await page
        .locator("main")
        .getByText(/cannot be shown|Stake PHA|Register a worker/)
        .first()
        .waitFor();
    }
  });

  test("asks for nothing more often than there can be a block", async () => {
    const seconds = 8;
    const { page } = await connected(devAccount(FIRST_STAKER));
    await show(page, stack.url, at("#/position", "Position"));
    const asked = new Map<string, number>();
    page.on("request", (request) => {
      const body = request.postData() ?? "";
      // Blocks aside, the same question again.
      const question = body.replace(/"(id|jsonrpc)":\s*("[^"]*"|\d+),?/g, "").replace(/0x[0-9a-f]{1,8}"/g, '"');
      asked.set(question, (asked.get(question) ?? 0) + 1);
    });
    await page.waitForTimeout(seconds * 1_000);
    expect(asked.size).toBeGreaterThan(0);
    for (const [question, times] of asked) {
      if (question.includes("query "))
        expect(times, question).toBeLessThanOrEqual(seconds / inject("running").blockTime + 1);
    }
  });
});
