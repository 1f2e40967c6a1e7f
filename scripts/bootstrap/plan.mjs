/** What the bootstrap decides, apart from what it does. Plain JavaScript without dependencies: nothing is installed yet. */
import { createHash } from "node:crypto";
import path from "node:path";

/** Older ones cannot run the bootstrap itself. */
export const MINIMUM_NODE = "20.0.0";

/** npm skips the simulated chain's native binding, silently, when an older Node runs it. */
export const INSTALLER_NODE = "22.13.0";

/** Whether version `a` is `b` or later. Both "1.2.3", with or without a leading "v"; what follows a hyphen is ignored. */
export function isAtLeast(a, b) {
  const [left, right] = [a, b].map((version) => version.replace(/^v/, "").split("-")[0].split(".").map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** What `node_modules` was installed from and for: it has to be installed again when any of it differs. */
export function stampOf({ lockfile, platform, arch, node }) {
  return createHash("sha256").update(JSON.stringify({ lockfile, platform, arch, node })).digest("hex");
}

/** Where the wanted Node is after an installation. Not `.bin/node`, which is a shell script on Windows. */
export function installedNode(root, platform) {
  return path.join(root, "node_modules", "node", "bin", platform === "win32" ? "node.exe" : "node");
}

/** Whether `file` is in `folder` or below it. */
export function isInside(file, folder) {
  const relative = path.relative(folder, file);
  return relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
}

/** The places where npm's own script can be, best first. `npm_execpath` may belong to another package manager. */
export function npmCandidates({ npmExecPath, execPath, searchPath }) {
  const beside = path.dirname(execPath);
  const script = path.join("node_modules", "npm", "bin", "npm-cli.js");
  return [
    ...(npmExecPath !== undefined && path.basename(npmExecPath) === "npm-cli.js" ? [npmExecPath] : []),
    path.join(beside, script),
    path.join(beside, "..", "lib", script),
    // A link to npm-cli.js, or a script that has it in a folder beside it.
    ...searchPath
      .split(path.delimiter)
      .filter((folder) => folder !== "")
      .flatMap((folder) => [path.join(folder, script), path.join(folder, "npm")]),
  ];
}

/** The arguments for `node` that install what the lockfile says, with a newer Node in front if the running one is too old. */
export function installArguments({ running, wanted, npm }) {
  const install = [npm, "ci", "--prefer-offline", "--no-audit", "--no-fund"];
  if (isAtLeast(running, INSTALLER_NODE)) return install;
  return [npm, "exec", "--yes", "--prefer-offline", `--package=node@${wanted}`, "--", "node", ...install];
}

/**
 * Packages of the lockfile that would run a script at installation and that `allowScripts` of package.json says nothing of. Not every
 * npm keeps to that list by itself.
 */
export function unnamedScripts(lockfile, allowed) {
  return Object.entries(lockfile.packages ?? {})
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([place]) => place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length))
    .filter((name) => !Object.hasOwn(allowed, name));
}

/** The exit code of a shell for a process that ended with `code`, or by signal number `signal`. */
export function exitCodeOf(code, signal) {
  return code ?? 128 + (signal ?? 1);
}
