/** The page, built as `npm start` does it. */
import path from "node:path";
import { startService } from "../../scripts/devnet/process.ts";

const root = path.join(import.meta.dirname, "../..");

/** Builds it into `folder`, which is emptied first. */
export async function builtPage(folder: string): Promise<void> {
  const service = startService({
    name: "page's build",
    command: process.execPath,
    args: [path.join(root, "scripts/web/build.ts"), folder],
    cwd: root,
    // Vitest's own would make it a build for development.
    env: { NODE_ENV: "production" },
  });
  if ((await service.ended) !== 0) throw new Error(`the page cannot be built:\n${service.output()}`);
}
