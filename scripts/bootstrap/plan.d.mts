export declare const MINIMUM_NODE: string;
export declare const INSTALLER_NODE: string;
export declare function isAtLeast(a: string, b: string): boolean;
export declare function stampOf(from: { lockfile: string; platform: string; arch: string; node: string }): string;
export declare function installedNode(root: string, platform: string): string;
export declare function isInside(file: string, folder: string): boolean;
export declare function npmCandidates(from: {
  npmExecPath: string | undefined;
  execPath: string;
  searchPath: string;
}): string[];
export declare function installArguments(from: { running: string; wanted: string; npm: string }): string[];
export declare function exitCodeOf(code: number | null, signal: number | undefined): number;
export declare function unnamedScripts(
  lockfile: { readonly packages?: Readonly<Record<string, { readonly hasInstallScript?: boolean }>> },
  allowed: Readonly<Record<string, boolean>>,
): string[];
