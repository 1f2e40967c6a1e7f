/** What axe-core says of a page as it stands, and whether it fits its window. */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { THEMES } from "./screens.ts";

/** Narrow and wide. */
export const WIDTHS = [360, 1280] as const;

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What is wrong with the page as it is: nothing, if all is well. */
export async function problemsOf(page: Page): Promise<string[]> {
  if ((await page.evaluate("typeof window.axe")) === "undefined") await page.evaluate(AXE);
  const { violations } = await page.evaluate<{ violations: readonly Violation[] }>(
    "axe.run(document, { resultTypes: ['violations'] })",
  );
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}\n${html}\n${failureSummary}`),
  );
  const [width, room] = await page.evaluate<[number, number]>(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  );
  return width > room ? [...found, `${width} px wide, in ${room} px`] : found;
}

/** The same of the state that the page is in, in both themes, narrow and wide, without leaving it. */
export async function audit(page: Page): Promise<string[]> {
  const size = page.viewportSize();
  const theme = await page.evaluate<string>("document.documentElement.dataset.theme");
  const dress = (name: string) => page.evaluate(`document.documentElement.dataset.theme = ${JSON.stringify(name)}`);
  const found: string[] = [];
  for (const name of THEMES) {
    await dress(name);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      found.push(...(await problemsOf(page)).map((problem) => `${name}, ${width} px: ${problem}`));
    }
  }
  await dress(theme);
  if (size !== null) await page.setViewportSize(size);
  return found;
}
