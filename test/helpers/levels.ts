/** TCB infos in short, for tests of levels and statuses. */
import { type Hex, padHex } from "viem";
import type { ModuleStatus, PlatformStatus, TcbInfo } from "../../scripts/attestation/collateral.ts";
import { isvLevel, tcbLevel } from "../../scripts/attestation/factory.ts";

/** What TDX modules are known by: Intel's, all zero. */
export const MODULE = {
  mrsigner: "00".repeat(48),
  attributes: "00".repeat(8),
  attributesMask: "FF".repeat(8),
} as const;

/** 16 bytes of SVNs, those not given 0. */
export const svns = (...values: readonly number[]): Hex =>
  padHex(`0x${values.map((value) => value.toString(16).padStart(2, "0")).join("")}`, { size: 16, dir: "right" });

/** One level of `status` with advisory ids. */
export const single = (status: PlatformStatus, advisoryIds: readonly string[] = []): Partial<TcbInfo> => ({
  tcbLevels: [tcbLevel({ sgx: [1], pceSvn: 1, tdx: [1, 0, 1], status, advisoryIds, date: "2024-03-13T00:00:00Z" })],
});

/** A TCB info whose modules have these levels. */
export const modules = (...levels: [svn: number, status: ModuleStatus, advisories?: string[]][]): Partial<TcbInfo> => ({
  tdxModuleIdentities: ["TDX_03", "TDX_01"].map((id) => ({
    id,
    ...MODULE,
    tcbLevels: levels.map(([svn, status, advisories]) => isvLevel(svn, status, advisories)),
  })),
});
