/** `npm run build:web`, also of `npm start`: builds the page. */
import path from "node:path";
import { build } from "vite";

const root = path.join(import.meta.dirname, "../..");

/** Where the page is built to, unless an argument names another folder. */
const PAGE_FOLDER = path.join(root, "web/dist");

/** Builds the page into `folder`, which is emptied first. Throws what Vite has to say. */
async function buildPage(folder: string): Promise<void> {
  await build({
    root: path.join(root, "web"),
    logLevel: "warn",
    build: { outDir: folder, emptyOutDir: true },
  });
}

await buildPage(process.argv[2] === undefined ? PAGE_FOLDER : path.resolve(process.argv[2]));
