/** Services: processes that are started, watched and ended together. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { startService } from "../../scripts/devnet/process.ts";

const PROCESS = new URL("../../scripts/devnet/process.ts", import.meta.url).href;
const PRINT = 'console.log(process.getBuiltinModule("os").getPriority())';

/** Prints its own priority, then that of a service that it starts itself, without a word about priorities. */
const OUTER = `${PRINT};
  const { startService } = await import(${JSON.stringify(PROCESS)});
  await startService({
    name: "inner",
    command: process.execPath,
    args: ["--eval", ${JSON.stringify(PRINT)}],
    onLine: (line) => console.log(line),
  }).ended;`;

describe.skipIf(process.platform === "win32")("a service", () => {
  test("stands back as far as it is told to, with all that it starts", async () => {
    const lines: string[] = [];
    const service = startService({
      name: "outer",
      command: process.execPath,
      args: ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", OUTER],
      // Further than the suite that this test is of.
      niceness: 15,
      onLine: (line) => lines.push(line),
    });
    expect(await service.ended).toBe(0);
    expect(lines).toEqual(["15", "15"]);
  });

  test("ends with what it was ended by, and leaves nothing of its own behind", async () => {
    const lines: string[] = [];
    const grandchild = `process.getBuiltinModule("child_process").spawn(process.execPath, ["--eval", "setInterval(() => 0, 1000)"])`;
    const service = startService({
      name: "parent",
      command: process.execPath,
      args: ["--eval", `console.log(${grandchild}.pid); setInterval(() => 0, 1000)`],
      onLine: (line) => lines.push(line),
    });
    await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(1);
    await service.stop();
    expect(await service.ended).toBe("SIGTERM");
    await expect.poll(() => isRunning(Number(lines[0])), { timeout: 5_000 }).toBe(false);
  });
});

/** Whether it works. An entry of the system's stays where nobody asks how the process ended. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
