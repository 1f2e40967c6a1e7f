/**
 * Intel's rules for the state of a platform, in plain TypeScript: which TCB level matches, and what the statuses of
 * platform, TDX module and quoting enclave come to together. An independent check of the contracts: it shares no code
 * and no tables with them.
 *
 * Source: intel/SGX-TDX-DCAP-QuoteVerificationLibrary, Src/AttestationLibrary/src/Verifiers: Checks/TcbLevelCheck.cpp,
 * Checks/TdxModuleCheck.cpp, Checks/TDRelaunchCheck.cpp, EnclaveReportVerifier.cpp.
 */
import type {
  IsvLevel,
  ModuleStatus,
  PlatformStatus,
  TcbComponent,
  TcbInfo,
  TcbLevel,
  TcbStatus,
  TdxModuleIdentity,
} from "./collateral.ts";

const svnsOf = (components: readonly TcbComponent[]): number[] => components.map(({ svn }) => svn);

/** What levels are ordered by: SGX components, PCE SVN, TDX components. */
const orderOf = ({ tcb }: TcbLevel): number[] => [
  ...svnsOf(tcb.sgxtcbcomponents),
  tcb.pcesvn,
  ...svnsOf(tcb.tdxtcbcomponents),
];

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The levels, the highest first. */
export const sortLevels = (levels: readonly TcbLevel[]): TcbLevel[] =>
  [...levels].sort((a, b) => compare(orderOf(b), orderOf(a)));

/** The levels of a module or of the QE, the highest first. */
export const sortIsvLevels = (levels: readonly IsvLevel[]): IsvLevel[] =>
  [...levels].sort((a, b) => b.tcb.isvsvn - a.tcb.isvsvn);

const reaches = (svns: readonly number[], needed: readonly number[], from = 0): boolean =>
  needed.every((svn, index) => index < from || (svns[index] ?? 0) >= svn);

/** A platform's SVNs: from its PCK certificate, and from the TD report. */
export interface PlatformSvns {
  readonly components: readonly number[];
  readonly pceSvn: number;
  readonly teeTcbSvn: readonly number[];
}

/**
 * The levels that match: by the PCK certificate alone, and by certificate and TD report together. With a module version
 * (`teeTcbSvn[1]`) the first two TDX components are the module's, which `tdxModuleIdentities` judge.
 */
export function matchLevels(
  levels: readonly TcbLevel[],
  svns: PlatformSvns,
): { sgx: TcbLevel | undefined; tdx: TcbLevel | undefined } {
  const from = (svns.teeTcbSvn[1] ?? 0) > 0 ? 2 : 0;
  const reached = sortLevels(levels).filter(
    ({ tcb }) => reaches(svns.components, svnsOf(tcb.sgxtcbcomponents)) && svns.pceSvn >= tcb.pcesvn,
  );
  return {
    sgx: reached[0],
    tdx: reached.find(({ tcb }) => reaches(svns.teeTcbSvn, svnsOf(tcb.tdxtcbcomponents), from)),
  };
}

/** The highest level that `isvSvn` reaches. */
export const matchIsvLevel = (levels: readonly IsvLevel[], isvSvn: number): IsvLevel | undefined =>
  sortIsvLevels(levels).find(({ tcb }) => isvSvn >= tcb.isvsvn);

/** The identity of modules of `version`: `TDX_01` for 1. */
export const findModule = (info: TcbInfo, version: number): TdxModuleIdentity | undefined =>
  info.tdxModuleIdentities?.find(
    ({ id }) => id.toUpperCase() === `TDX_${version.toString(16).toUpperCase().padStart(2, "0")}`,
  );

/** The platform's status together with that of the module or of the QE. */
export function converge<Status extends TcbStatus>(
  platform: Status,
  part: ModuleStatus,
): Status | "OutOfDate" | "OutOfDateConfigurationNeeded" | "Revoked" {
  if (part === "Revoked") return "Revoked";
  if (part === "OutOfDate") {
    if (platform === "UpToDate" || platform === "SWHardeningNeeded") return "OutOfDate";
    if (platform === "ConfigurationNeeded" || platform === "ConfigurationAndSWHardeningNeeded") {
      return "OutOfDateConfigurationNeeded";
    }
  }
  return platform;
}

const needsConfiguration = (status: TcbStatus): boolean =>
  status === "ConfigurationNeeded" ||
  status === "OutOfDateConfigurationNeeded" ||
  status === "ConfigurationAndSWHardeningNeeded" ||
  status === "TdRelaunchAdvisedConfigurationNeeded";

/** What the relaunch check looks at. */
export interface RelaunchInput {
  readonly info: TcbInfo;
  /** Of the module that is loaded now. */
  readonly teeTcbSvn2: readonly number[];
  /** Of the level that the PCK certificate alone matches. */
  readonly sgxStatus: PlatformStatus;
  /** After convergence with the module. */
  readonly tdxStatus: PlatformStatus;
  readonly moduleStatus: ModuleStatus;
  readonly qeStatus: ModuleStatus;
}

/**
 * Whether a TD that is only out of date because its module was updated after it had started should be started anew.
 * `noModule` if the loaded module is unknown, `noLevel` if it has no levels.
 */
export function relaunchStatus(input: RelaunchInput): TcbStatus | "noModule" | "noLevel" {
  const { info, teeTcbSvn2, sgxStatus, tdxStatus, moduleStatus, qeStatus } = input;
  const onlyTheModule =
    qeStatus === "UpToDate" &&
    moduleStatus === "OutOfDate" &&
    sgxStatus !== "OutOfDate" &&
    sgxStatus !== "OutOfDateConfigurationNeeded" &&
    sgxStatus !== "Revoked" &&
    (tdxStatus === "OutOfDate" || tdxStatus === "OutOfDateConfigurationNeeded");
  if (!onlyTheModule) return tdxStatus;

  const latest = sortLevels(info.tcbLevels)[0];
  if (latest === undefined) return "noLevel";
  const needed = svnsOf(latest.tcb.tdxtcbcomponents);
  const [isvSvn = 0, version = 0, microcode = 0] = teeTcbSvn2;
  let neededIsvSvn = needed[0] ?? 0;
  if (version > 0) {
    const module = findModule(info, version);
    if (module === undefined) return "noModule";
    const level = sortIsvLevels(module.tcbLevels)[0];
    if (level === undefined) return "noLevel";
    neededIsvSvn = level.tcb.isvsvn;
  }
  if (isvSvn < neededIsvSvn || microcode < (needed[2] ?? 0)) return tdxStatus;
  return needsConfiguration(sgxStatus) || needsConfiguration(tdxStatus)
    ? "TdRelaunchAdvisedConfigurationNeeded"
    : "TdRelaunchAdvised";
}
