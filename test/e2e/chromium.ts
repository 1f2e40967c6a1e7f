/** The browser of the tests: the one that the machine has. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Null where there is none. */
export const CHROMIUM = PLACES.find((place) => place !== undefined && place !== "" && existsSync(place)) ?? null;

/** Where there is none, this is said once, and the tests count as skipped. */
export const NO_CHROMIUM =
  "The tests of the page in a browser are skipped: there is no Chromium on this machine. Debian: apt-get install chromium; or let CHROMIUM name one.";

/** Everything that would ask somebody outside is off. */
const ARGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync", "--no-first-run", "--disable-features=Translate,MediaRouter"],
];

/** Starts it. `debuggingPort`: for programs that bring their own protocol. */
export async function startChromium(debuggingPort?: number): Promise<Browser> {
  if (CHROMIUM === null) throw new Error(NO_CHROMIUM);
  const args = debuggingPort === undefined ? ARGS : [...ARGS, `--remote-debugging-port=${debuggingPort}`];
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args });
}
