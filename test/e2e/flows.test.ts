/**
 * What people do with the page, in a real browser, on the chain, indexer and workers of `npm start`. The wallet is the test's; all
 * else is what runs anywhere. The tests follow each other on one chain.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import {
  type Address,
  type Hex,
  bytesToHex,
  encodeFunctionData,
  keccak256,
  parseEther,
  stringToHex,
  toHex,
  zeroAddress,
} from "viem";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import {
  phaAbi,
  phalaAuthorityAbi,
  slashingAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "../../deploy/generated/abis.ts";
import { safeAddress, safeCalls } from "../../deploy/safe/account.ts";
import { commitOf, reportDataOf } from "../../scripts/attestation/calls.ts";
import { modelId, subjectHash } from "../../scripts/compute/calls.ts";
import { devAccount, devAccounts } from "../../scripts/devnet/chain.ts";
import { devnetAuthority } from "../../scripts/devnet/attestation.ts";
import { createFleet, heartbeatOf } from "../../scripts/devnet/fleet.ts";
import { Multisig } from "../../scripts/devnet/multisig.ts";
import { exactAmount } from "../../web/src/format/amount.ts";
import { audit } from "./axe.ts";
import { CHROMIUM, startChromium } from "./chromium.ts";
import { connect, openContext } from "./screens.ts";
import { type Stack, servePage } from "./stack.ts";
import { Wallet } from "./wallet.ts";

const DAY = 86_400;
const HOUR = 3_600;

describe.skipIf(CHROMIUM === null)("in a browser", () => {
  const files = mkdtempSync(path.join(tmpdir(), "phala-e2e-files-"));
  // Nobody in the history: it has approved nothing.
  const staker = devAccount(901);
  let stack: Stack;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let wallet: Wallet;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    stack = await servePage(inject("running"));
    closing.push(() => stack.stop());
    browser = await startChromium();
    closing.push(() => browser.close());
    context = await openContext(browser, "light", 1280);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const { chainId } = stack.manifest;
    wallet = new Wallet({ account: staker, rpcUrl: stack.rpcUrl, chainId });
    await wallet.install(context);
    page = await context.newPage();
    // After weeks at once, the indexer has hours to close.
    page.setDefaultTimeout(60_000);
    // Whoever plays stakes and operates, with what the private sale has.
    const { privateSale } = stack.manifest.parameters.accounts;
    await stack.client.impersonateAccount({ address: privateSale });
    for (const address of [privateSale, staker.address]) {
      await stack.client.setBalance({ address, value: parseEther("10") });
    }
    await write(privateSale, stack.manifest.contracts.pha, phaAbi, "transfer", [staker.address, parseEther("20000")]);
    await page.goto(stack.url);
  });

  afterAll(async () => {
    for (const close of closing.reverse()) await close();
    rmSync(files, { recursive: true, force: true });
  });

  /** A transaction of an account of the chain's own. */
  async function write(
    from: Address,
    to: Address,
    abi: Parameters<typeof encodeFunctionData>[0]["abi"],
    functionName: string,
    args: readonly unknown[],
  ) {
    await transact(from, to, encodeFunctionData({ abi, functionName, args }));
  }

  async function transact(from: Address, to: Address, data: Hex) {
    const hash = await stack.client.sendTransaction({ account: from, to, data, chain: null });
    const receipt = await stack.client.waitForTransactionReceipt({ hash });
    if (receipt.status !== "success") throw new Error(`${to} reverted`);
  }

  async function travel(seconds: number): Promise<void> {
    await stack.client.increaseTime({ seconds });
    await stack.client.mine({ blocks: 1 });
  }

  const read = {
    pha: (account: Address) =>
      stack.client.readContract({
        address: stack.manifest.contracts.pha,
        abi: phaAbi,
        functionName: "balanceOf",
        args: [account],
      }),
    shares: (account: Address) =>
      stack.client.readContract({
        address: stack.manifest.contracts.vpha,
        abi: vphaAbi,
        functionName: "balanceOf",
        args: [account],
      }),
  };

  const go = async (name: string) => {
    await page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name, exact: true }).click();
  };
  const card = (name: string) => page.getByRole("region", { name, exact: true });
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
  const count = (rows: Locator, wanted: number) =>
    expect.poll(() => rows.count(), { timeout: 60_000, interval: 50 }).toBe(wanted);
  const shown = (text: string | RegExp) => page.getByText(text).first().waitFor();

  /** Types an amount on the first screen and presses the button. */
  async function order(kind: "Stake" | "Request to unstake", amount: string): Promise<void> {
    await go("Stake");
    const isStake = kind === "Stake";
    await page
      .getByRole("group", { name: "Direction" })
      .getByRole("button", { name: isStake ? "Stake" : "Unstake", exact: true })
      .click();
    await page.getByLabel(isStake ? "Amount to stake" : "Amount to unstake").fill(amount);
    await page.locator('button[type="submit"]').click();
  }

  test("connects a wallet that announces itself, and switches it from another chain in one click", async () => {
    await page.getByText("Connect a wallet to stake.").waitFor();
    await connect(page);
    await wallet.switchTo(page, 1);
    await page.getByText("Your wallet is on another chain.").waitFor();
    await page.locator("main").getByRole("button", { name: "Switch to Local chain" }).click();
    await page.getByText("Your wallet is on another chain.").waitFor({ state: "detached" });
  });

  test("what is declined is said, and nothing is sent", async () => {
    wallet.mood = "declines";
    const before = await read.pha(staker.address);
    await order("Stake", "1000");
    await shown("You declined it in the wallet. Nothing was sent.");
    expect(await read.pha(staker.address)).toBe(before);
    wallet.mood = "agrees";
  });

  test("stakes with one signature and one transaction", async () => {
    const [pha, shares] = [await read.pha(staker.address), await read.shares(staker.address)];
    wallet.asked.length = 0;
    await order("Stake", "8000.5");
    await shown("Your PHA are staked.");
    expect(wallet.asked).toEqual(["permit", "transaction"]);
    expect(await read.pha(staker.address)).toBe(pha - parseEther("8000.5"));
    expect(await read.shares(staker.address)).toBeGreaterThan(shares);
  });

  test("approves first where the wallet cannot sign permits", async () => {
    wallet.signsTypedData = false;
    wallet.asked.length = 0;
    await order("Stake", "100");
    await shown("Your PHA are staked.");
    expect(wallet.asked).toEqual(["permit", "transaction", "transaction"]);
    wallet.signsTypedData = true;
  });

  test("a declined transaction after an approval leaves the approval, and says so", async () => {
    wallet.signsTypedData = false;
    wallet.mood = "agrees once";
    await order("Stake", "2");
    await shown("You declined it in the wallet. The approval before it stands.");
    wallet.signsTypedData = true;
    wallet.mood = "agrees";
    // What is approved is used.
    wallet.asked.length = 0;
    await order("Stake", "2");
    await shown("Your PHA are staked.");
    expect(wallet.asked).toEqual(["transaction"]);
  });

  test("another account sees nothing of what the first one did", async () => {
    await shown("Your PHA are staked.");
    await wallet.become(page, devAccount(950));
    await page.getByText("Your PHA are staked.").waitFor({ state: "detached" });
    await shown("Balance: 0.0000 PHA");
    await wallet.become(page, staker);
    await shown("Your PHA are staked.");
  });

  test("a Safe stakes by approval and deposit, and sees its position", async () => {
    const owners = [staker, devAccount(902)];
    const parameters = { owners: owners.map(({ address }) => address), threshold: owners.length, saltNonce: 0 };
    const calls = await safeCalls(stack.client, parameters, await stack.client.getBlockNumber());
    for (const { to, data } of calls) await transact(devAccount(0).address, to, data);
    const safe = await Multisig.connect(stack.rpcUrl, safeAddress(parameters), owners);
    const { privateSale } = stack.manifest.parameters.accounts;
    await write(privateSale, stack.manifest.contracts.pha, phaAbi, "transfer", [safe.address, parseEther("500")]);

    const other = await openContext(browser, "light", 1280);
    const signed = new Wallet({ account: staker, safe, rpcUrl: stack.rpcUrl, chainId: stack.manifest.chainId });
    await signed.install(other);
    const theirs = await other.newPage();
    theirs.setDefaultTimeout(60_000);
    await theirs.goto(stack.url);
    await connect(theirs);
    await theirs.getByLabel("Amount to stake").fill("400");
    await theirs.locator('button[type="submit"]').click();
    await theirs.getByText("Approve in your wallet").waitFor();
    await theirs.getByText("Your PHA are staked.").waitFor();
    expect(signed.asked).toEqual(["transaction", "transaction"]);
    expect(await read.pha(safe.address)).toBe(parseEther("100"));
    const shares = await read.shares(safe.address);
    expect(shares).toBeGreaterThan(0n);
    await theirs.getByRole("link", { name: "Position", exact: true }).first().click();
    await theirs.getByTitle(`${exactAmount(shares)} vPHA`).waitFor();
    await other.close();
  });

  test("too much is refused before anything is signed", async () => {
    await go("Stake");
    await page.getByLabel("Amount to stake").fill("999999999");
    await shown(/^You have .* PHA\.$/);
    expect(await page.locator('button[type="submit"]').isDisabled()).toBe(true);
    await button("Max").click();
    const typed = parseEther(await page.getByLabel("Amount to stake").inputValue());
    expect(typed).toBe(await read.pha(staker.address));
  });

  test("says that the node is away, and goes on when it is back", async () => {
    await stack.relay.cut();
    try {
      await shown("the node does not answer");
      await order("Stake", "1");
      await shown("The chain's node does not answer. Check your connection and try again.");
      await shown("It did not work.");
    } finally {
      await stack.relay.open();
    }
    await page.getByText("the node does not answer").first().waitFor({ state: "detached" });
    await page.locator('button[type="submit"]').click();
    await shown("Your PHA are staked.");
  });

  test("unstakes, shows each request with its date, cancels one", async () => {
    for (const amount of ["10", "20", "30", "40"]) {
      await order("Request to unstake", amount);
      await shown("Your request is made.");
    }
    await go("Position");
    const requests = card("On the way out").getByRole("row");
    await requests.nth(3).waitFor();
    const vault = { address: stack.manifest.contracts.vpha, abi: vphaAbi } as const;
    const made = await stack.client.readContract({
      ...vault,
      functionName: "requestsOf",
      args: [staker.address, 0n, 1_000n],
    });
    await count(requests, made.length + 1);
    const format = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
    expect(await requests.last().innerText()).toContain(format.format(Number(made.at(-1)?.maturity ?? 0n) * 1000));
    expect(await requests.last().innerText()).toMatch(/in (20 d 23 h|21 d)/);

    const [calendar] = await Promise.all([page.waitForEvent("download"), button("Calendar (.ics)").click()]);
    const ics = readFileSync(await calendar.path(), "utf8");
    expect(ics.match(/BEGIN:VEVENT/g)?.length).toBeGreaterThanOrEqual(3);
    expect(ics).toContain("SUMMARY:Claim ");

    await requests.last().getByRole("button", { name: "Cancel" }).click();
    await count(requests, made.length);
    await card("Closed requests").getByText("cancelled").first().waitFor();
  });

  test("claims after 21 days, one and then all", async () => {
    await travel(21 * DAY + 60);
    const claims = card("On the way out").getByRole("button", { name: "Claim", exact: true });
    await claims.nth(1).waitFor({ timeout: 60_000 });
    const before = await read.pha(staker.address);
    const open = await card("On the way out").getByRole("row").count();
    // Claimed by somebody else's click first: it fails in a block, with the contract's reason.
    wallet.mood = "comes too late";
    await claims.first().click();
    await shown("This request is closed already: it was claimed or cancelled.");
    wallet.mood = "agrees";
    await count(card("On the way out").getByRole("row"), open - 1);
    const first = await read.pha(staker.address);
    expect(first).toBeGreaterThan(before);
    await claims.first().click();
    await count(card("On the way out").getByRole("row"), open - 2);
    await button(/^Claim all/).click();
    await shown("Nothing waits.");
    expect(await read.pha(staker.address)).toBeGreaterThan(first);
  });

  test("the history is a file, with all rows", async () => {
    await card("History").getByRole("cell", { name: "claim", exact: true }).first().waitFor();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      card("History").getByRole("button", { name: "CSV" }).click(),
    ]);
    const lines = readFileSync(await file.path(), "utf8")
      .split("\r\n")
      .filter((line) => line !== "");
    expect(lines[0]).toBe("time,kind,PHA,vPHA,rate,counterparty,request,block,transaction");
    const kinds = lines.slice(1).map((line) => line.split(",")[1]);
    for (const kind of ["deposit", "request", "cancel", "claim"]) expect(kinds).toContain(kind);
    const rows = await card("History").getByRole("row").count();
    expect(lines.length).toBeGreaterThanOrEqual(rows);
  });

  describe("a worker", () => {
    const platform = devnetAuthority().platform({ seed: "e2e host" });
    const [key] = devAccounts(900, 1);
    const [like] = createFleet();
    if (key === undefined || like === undefined) throw new Error("there is no machine");
    const machine = { ...like, key };
    const gpuIds = [0, 1].map((i) => keccak256(toHex(`e2e GPU ${i}`))).sort();

    /** The file of a registration for the newest block. */
    async function registrationFile(): Promise<string> {
      const block = await stack.client.getBlock();
      const subject = {
        operator: staker.address,
        model: modelId("H100"),
        gpuIds,
        evidenceHash: keccak256(toHex("e2e evidence")),
      };
      const commit = commitOf({
        chainId: stack.manifest.chainId,
        registry: stack.manifest.contracts.attestationRegistry,
        subject: subjectHash(subject),
        blockNumber: block.number,
        blockHash: block.hash,
      });
      const quote = platform.quote({ measurements: { reportData: reportDataOf(machine.key.address, commit) } });
      const file = path.join(files, `registration-${block.number}.json`);
      writeFileSync(
        file,
        JSON.stringify({
          quote: bytesToHex(quote),
          blockNumber: Number(block.number),
          subject: { ...subject, model: "H100" },
        }),
      );
      return file;
    }

    test("is registered from a quote's file, after every check", async () => {
      await go("Operate");
      await page.getByRole("link", { name: "Register a worker" }).first().click();
      await page.getByLabel("File: a raw quote").setInputFiles(await registrationFile());
      // Another operator than the one that the quote names.
      const operator = page.getByLabel("Operator", { exact: true });
      await operator.fill(devAccount(1).address);
      await button("Check").click();
      await shown("The quote's report data is that of something else");
      expect(await page.locator(".checks [data-state=passed]").count()).toBe(2);
      expect(await audit(page)).toEqual([]);
      await operator.fill(staker.address);
      await button("Check").click();
      await button("Register").waitFor();
      expect(await page.locator(".checks [data-state=passed]").count()).toBe(9);
      expect(await audit(page)).toEqual([]);
      wallet.asked.length = 0;
      await button("Register").click();
      await shown("The worker is registered.");
      expect(wallet.asked).toEqual(["permit", "transaction"]);
      const view = await stack.client.readContract({
        address: stack.manifest.contracts.workerRegistry,
        abi: workerRegistryAbi,
        functionName: "workerOf",
        args: [machine.key.address],
      });
      expect(view).toMatchObject({ operator: staker.address, collateral: parseEther("2500"), gpuCount: 2 });
      await page.getByRole("link", { name: "Its page" }).click();
      await card("Now").getByText("2 × H100").waitFor();
    });

    test("is active with a heartbeat, and lapsed when its lease has ended", async () => {
      const { number, hash } = await stack.client.getBlock({ blockNumber: (await stack.client.getBlockNumber()) - 1n });
      const args = await heartbeatOf(
        [machine],
        { number, hash },
        {
          chainId: stack.manifest.chainId,
          rewards: stack.manifest.contracts.workerRewards,
        },
      );
      await write(devAccount(0).address, stack.manifest.contracts.workerRewards, workerRewardsAbi, "heartbeat", args);
      await card("Now").getByText("active", { exact: true }).waitFor();
      await travel(7 * HOUR);
      await card("Now").getByText("lapsed", { exact: true }).waitFor({ timeout: 60_000 });
      await shown(/no heartbeat/);
    });

    test("a slash that is proposed is seen, with its evidence as text", async () => {
      const { timestamp } = await stack.client.getBlock();
      const { slasher } = stack.manifest.parameters.accounts;
      await stack.client.impersonateAccount({ address: slasher });
      await stack.client.setBalance({ address: slasher, value: parseEther("1") });
      const uri = "javascript:alert('<b>markup</b>')";
      await write(slasher, stack.manifest.contracts.slashing, slashingAbi, "propose", [
        machine.key.address,
        0,
        parseEther("10"),
        0n,
        zeroAddress,
        Number(timestamp - 60n),
        keccak256(stringToHex(uri)),
        uri,
      ]);
      const row = card("Slashes").getByRole("row").nth(1);
      await row.waitFor();
      expect(await row.innerText()).toContain(uri);
      expect(await row.getByRole("link").count()).toBe(0);
      await go("Operate");
      await card("What is at risk").getByText("10.00 vPHA").waitFor();
      await card("What is due")
        .getByText(/Lapsed: no heartbeat/)
        .waitFor();
    });
  });

  test("an operation is scheduled, becomes ready, and is executed", async () => {
    const { contracts, parameters } = stack.manifest;
    const [payer] = devAccounts(5, 1);
    if (payer === undefined) throw new Error("nobody pays");
    const multisig = await Multisig.connect(stack.rpcUrl, parameters.accounts.governance);
    const data = encodeFunctionData({
      abi: workerRegistryAbi,
      functionName: "setModel",
      args: [modelId("L40S"), parseEther("500"), 40],
    });
    const decide = async (functionName: "schedule" | "execute") => {
      const call: Hex =
        functionName === "schedule"
          ? encodeFunctionData({ abi: phalaAuthorityAbi, functionName, args: [contracts.workerRegistry, data, 0] })
          : encodeFunctionData({ abi: phalaAuthorityAbi, functionName, args: [contracts.workerRegistry, data] });
      const order = await multisig.order(payer, functionName, [{ to: contracts.phalaAuthority, data: call }]);
      const hash = await stack.client.sendTransaction({
        account: payer,
        to: order.to,
        data: order.data,
        gas: 2_000_000n,
        chain: null,
      });
      expect((await stack.client.waitForTransactionReceipt({ hash })).status).toBe("success");
    };
    await go("Governance");
    await decide("schedule");
    const first = page.locator(".operation").first();
    await first.getByText("WorkerRegistry.setModel").waitFor();
    await first.getByText(/ready in (6 d 23 h|7 d)/).waitFor();
    await first.getByRole("button", { name: "Copy as Safe batch" }).click();
    await first.getByText("Copied").waitFor();
    const batch = JSON.parse(String(await page.evaluate("navigator.clipboard.readText()"))) as {
      transactions: readonly { to: Address; data: Hex }[];
    };
    expect(batch.transactions).toMatchObject([
      {
        to: contracts.phalaAuthority,
        data: encodeFunctionData({
          abi: phalaAuthorityAbi,
          functionName: "execute",
          args: [contracts.workerRegistry, data],
        }),
      },
    ]);
    await travel(7 * DAY);
    await first.getByText("ready", { exact: true }).waitFor({ timeout: 60_000 });
    await decide("execute");
    await first.getByText("executed", { exact: true }).first().waitFor();
    await go("Network");
    await card("GPU models").getByText("L40S").waitFor();
  });

  test("the simulator's address carries its inputs to somebody else", async () => {
    await go("Supply");
    await page.getByLabel(/^Burnt per year/).fill("2.5");
    await page.getByRole("textbox", { name: /^Months/ }).fill("24");
    const table = page.getByRole("group", { name: "Months" });
    await count(table.getByRole("row"), 25);
    const url = page.url();
    const other = await browser.newContext();
    const guest = await other.newPage();
    await guest.goto(url);
    const theirs = guest.getByRole("group", { name: "Months" });
    await count(theirs.getByRole("row"), 25);
    expect(await theirs.innerText()).toBe(await table.innerText());
    await other.close();
  });

  test("stakes, asks to unstake and takes that back by keyboard alone", async () => {
    const other = await openContext(browser, "dark", 1280);
    const mine = new Wallet({ account: staker, rpcUrl: stack.rpcUrl, chainId: stack.manifest.chainId });
    await mine.install(other);
    const keys = await other.newPage();
    await keys.goto(stack.url);
    await keys.getByRole("button", { name: "Connect wallet" }).waitFor();
    /** Tabs until the element with this name has the focus. */
    const reach = async (name: RegExp) => {
      for (let i = 0; i < 60; i++) {
        await keys.keyboard.press("Tab");
        const label = String(
          await keys.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).textContent ?? ''"),
        );
        if (name.test(label.trim())) return;
      }
      throw new Error(`no Tab leads to ${String(name)}`);
    };
    await reach(/^Connect wallet$/);
    await keys.keyboard.press("Enter");
    await reach(/^Test wallet$/);
    await keys.keyboard.press("Enter");
    await keys.getByRole("button", { name: /^0x/ }).waitFor();
    await reach(/^Amount to stake$/);
    await keys.keyboard.type("12.5");
    await keys.keyboard.press("Enter");
    await keys.getByText("Your PHA are staked.").waitFor();

    await reach(/^Unstake$/);
    await keys.keyboard.press("Enter");
    await reach(/^Amount to unstake$/);
    await keys.keyboard.type("7");
    await keys.keyboard.press("Enter");
    await keys.getByText("Your request is made.").first().waitFor();

    await reach(/^Position$/);
    await keys.keyboard.press("Enter");
    const waiting = keys.getByRole("region", { name: "On the way out", exact: true });
    await waiting.getByRole("button", { name: "Cancel" }).waitFor();
    await reach(/^Cancel$/);
    await keys.keyboard.press("Enter");
    await waiting.getByText("Nothing waits.").waitFor();
    await other.close();
  });
});
