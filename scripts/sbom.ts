/**
 * `npm run sbom`: writes what the suite is made of, from the lockfile: `sbom/suite.cdx.json` with everything,
 * `sbom/WORKSPACE.cdx.json` with what a part ships, `docs/licences.md`. npm itself lists the packages (CycloneDX 1.5).
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import {
  FOLDER,
  LICENCES,
  ROOT,
  readManifest,
  renderLicences,
  renderSbom,
  sbomFile,
  suiteSbom,
  workspaceSbom,
  workspaces,
} from "./dependencies/sbom.ts";

const npm = process.env["npm_execpath"];
if (npm === undefined) throw new Error("started without npm: use `npm run sbom`");

const written = execFileSync(process.execPath, [npm, "sbom", "--sbom-format=cyclonedx", "--package-lock-only"], {
  cwd: ROOT,
  encoding: "utf8",
  maxBuffer: 1 << 26,
  stdio: ["ignore", "pipe", "inherit"],
});
const suite = suiteSbom(written, readManifest().name);
const parts = new Map(workspaces().map((name) => [name, workspaceSbom(suite, readManifest(name))] as const));

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER);
writeFileSync(sbomFile("suite"), renderSbom(suite));
for (const [name, part] of parts) writeFileSync(sbomFile(name), renderSbom(part));
writeFileSync(LICENCES, renderLicences(suite, parts));
