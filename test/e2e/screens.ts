/** Every screen of the page, and what has to be there before it is looked at. */
import type { Browser, BrowserContext, Page } from "playwright-core";

export interface Screen {
  readonly name: string;
  /** After the page's own address. */
  readonly path: string;
  /** Heading of the screen. */
  readonly heading: string;
}

/** All of them; `worker` is one to look at. */
export const screensOf = (worker: string): readonly Screen[] => [
  { name: "stake", path: "#/", heading: "Stake PHA" },
  { name: "position", path: "#/position", heading: "Position" },
  { name: "vault", path: "#/vault", heading: "Vault" },
  { name: "supply", path: "#/supply", heading: "Emission and supply" },
  { name: "workers", path: "#/workers", heading: "Workers" },
  { name: "worker", path: `#/workers/${worker.toLowerCase()}`, heading: "Worker" },
  { name: "operate", path: "#/operate", heading: "Operate" },
  { name: "register", path: "#/operate/register", heading: "Register a worker" },
  { name: "network", path: "#/network", heading: "Network" },
  { name: "governance", path: "#/governance", heading: "Governance" },
];

export const THEMES = ["light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** A context of its own, in a theme and of a width. */
export const openContext = (browser: Browser, theme: Theme, width: number): Promise<BrowserContext> =>
  browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: theme,
    reducedMotion: "reduce",
    locale: "en-GB",
  });

/** Goes to the screen and waits until nothing on it is still to come. */
export async function show(page: Page, base: string, { path, heading }: Screen): Promise<void> {
  await page.goto(`${base}/${path}`);
  await page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
  await page.locator(".skeleton").first().waitFor({ state: "detached" });
}

/** Connects the wallet that the context has. */
export async function connect(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Connect wallet" }).click();
  await page.getByRole("button", { name: "Test wallet" }).click();
  await page.getByRole("button", { name: /^0x\w{4}…\w{4}$/ }).waitFor();
}
