/**
 * `npm run e2e:screens`: pictures of every screen, in both themes, narrow and wide, for people to look at. They go to `.screens`, or
 * to the folder that is named.
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { type Browser } from "playwright-core";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { FIRST_OPERATOR, createFleet } from "../../scripts/devnet/fleet.ts";
import { startChromium } from "./chromium.ts";
import { THEMES, connect, openContext, screensOf, show } from "./screens.ts";
import { type Stack, servePage } from "./stack.ts";
import { startAll } from "./start.ts";
import { Wallet } from "./wallet.ts";

const WIDTHS = [360, 1440] as const;

/** Takes all pictures as an operator, who stakes, too. */
async function shoot(browser: Browser, stack: Pick<Stack, "url" | "rpcUrl" | "manifest">, folder: string) {
  mkdirSync(folder, { recursive: true });
  const worker = createFleet().find(({ operator }) => operator.address === devAccount(FIRST_OPERATOR).address);
  if (worker === undefined) throw new Error("the operator has no worker");
  for (const theme of THEMES) {
    for (const width of WIDTHS) {
      const context = await openContext(browser, theme, width);
      const { chainId } = stack.manifest;
      await new Wallet({ account: devAccount(FIRST_OPERATOR), rpcUrl: stack.rpcUrl, chainId }).install(context);
      const page = await context.newPage();
      await page.goto(stack.url);
      await connect(page);
      for (const screen of screensOf(worker.key.address)) {
        await show(page, stack.url, screen);
        await page.screenshot({ path: path.join(folder, `${screen.name}-${theme}-${width}.png`), fullPage: true });
      }
      await context.close();
    }
  }
}

const folder = path.resolve(process.argv[2] ?? ".screens");
const { running, stop } = await startAll({ days: 160, stakers: 60, transactions: 1_200, blockTime: 5 });
try {
  const stack = await servePage(running);
  try {
    const browser = await startChromium();
    try {
      await shoot(browser, stack, folder);
    } finally {
      await browser.close();
    }
  } finally {
    await stack.stop();
  }
  console.log(`The pictures are in ${folder}`);
} finally {
  await stop();
}
