/**
 * Collateral: what Intel publishes and signs about platforms, in the form its Provisioning Certification Service gives
 * it. Source: Intel, PCS API v4, "TCB info" (TDX, version 3) and "QE identity" (TD_QE, version 2).
 */

/** The collateral of one platform type. The JSON texts are the exact signed strings; signatures are r ‖ s, hex. */
export interface CollateralFile {
  /** PEM: PCK CA, root CA. */
  readonly pck_crl_issuer_chain: string;
  /** DER, hex without 0x. */
  readonly root_ca_crl: string;
  /** DER, hex without 0x. */
  readonly pck_crl: string;
  /** PEM: TCB signing certificate, root CA. */
  readonly tcb_info_issuer_chain: string;
  readonly tcb_info: string;
  readonly tcb_info_signature: string;
  /** PEM: TCB signing certificate, root CA. */
  readonly qe_identity_issuer_chain: string;
  readonly qe_identity: string;
  readonly qe_identity_signature: string;
  /** PEM: leaf, PCK CA, root CA. */
  readonly pck_certificate_chain?: string;
}

/** Statuses that a TCB level of a platform may have. */
export const PLATFORM_STATUSES = [
  "UpToDate",
  "SWHardeningNeeded",
  "ConfigurationNeeded",
  "ConfigurationAndSWHardeningNeeded",
  "OutOfDate",
  "OutOfDateConfigurationNeeded",
  "Revoked",
] as const;
export type PlatformStatus = (typeof PLATFORM_STATUSES)[number];

/** Statuses that a TCB level of a TDX module or of the QE may have. */
export const MODULE_STATUSES = ["UpToDate", "OutOfDate", "Revoked"] as const;
export type ModuleStatus = (typeof MODULE_STATUSES)[number];

/** What a verification may say. The last two come from the relaunch check of TD 1.5 reports. */
export type TcbStatus = PlatformStatus | "TdRelaunchAdvised" | "TdRelaunchAdvisedConfigurationNeeded";

export interface TcbComponent {
  readonly svn: number;
  readonly category?: string;
  readonly type?: string;
}

export interface TcbLevel {
  readonly tcb: {
    /** 16 of them. */
    readonly sgxtcbcomponents: readonly TcbComponent[];
    readonly pcesvn: number;
    /** 16 of them. */
    readonly tdxtcbcomponents: readonly TcbComponent[];
  };
  /** ISO 8601. */
  readonly tcbDate: string;
  readonly tcbStatus: PlatformStatus;
  readonly advisoryIDs?: readonly string[];
}

/** A level of a TDX module or of the QE. */
export interface IsvLevel {
  readonly tcb: { readonly isvsvn: number };
  /** ISO 8601. */
  readonly tcbDate: string;
  readonly tcbStatus: ModuleStatus;
  readonly advisoryIDs?: readonly string[];
}

/** Hex, upper case, without 0x. */
export interface TdxModule {
  readonly mrsigner: string;
  readonly attributes: string;
  readonly attributesMask: string;
}

export interface TdxModuleIdentity extends TdxModule {
  /** `TDX_` and the module's version, two hex digits. */
  readonly id: string;
  readonly tcbLevels: readonly IsvLevel[];
}

/** Members in Intel's order. */
export interface TcbInfo {
  readonly id: string;
  readonly version: number;
  readonly issueDate: string;
  readonly nextUpdate: string;
  readonly fmspc: string;
  readonly pceId: string;
  readonly tcbType: number;
  readonly tcbEvaluationDataNumber: number;
  readonly tdxModule: TdxModule;
  readonly tdxModuleIdentities?: readonly TdxModuleIdentity[];
  readonly tcbLevels: readonly TcbLevel[];
}

/** Members in Intel's order. Hex, upper case, without 0x. */
export interface QeIdentity {
  readonly id: string;
  readonly version: number;
  readonly issueDate: string;
  readonly nextUpdate: string;
  readonly tcbEvaluationDataNumber: number;
  readonly miscselect: string;
  readonly miscselectMask: string;
  readonly attributes: string;
  readonly attributesMask: string;
  readonly mrsigner: string;
  readonly isvprodid: number;
  readonly tcbLevels: readonly IsvLevel[];
}

/** Unix seconds as Intel writes them: `2026-08-13T10:45:38Z`. */
export const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(".000", "");

const levelText = ({ tcb, tcbDate, tcbStatus, advisoryIDs }: TcbLevel | IsvLevel): object => ({
  tcb: "isvsvn" in tcb ? { isvsvn: tcb.isvsvn } : platformTcb(tcb),
  tcbDate,
  tcbStatus,
  advisoryIDs,
});

const component = ({ svn, category, type }: TcbComponent): object => ({ svn, category, type });

const platformTcb = (tcb: TcbLevel["tcb"]): object => ({
  sgxtcbcomponents: tcb.sgxtcbcomponents.map(component),
  pcesvn: tcb.pcesvn,
  tdxtcbcomponents: tcb.tdxtcbcomponents.map(component),
});

const moduleText = ({ mrsigner, attributes, attributesMask }: TdxModule): object => ({
  mrsigner,
  attributes,
  attributesMask,
});

/** The text of a TCB info as Intel writes it: members in Intel's order, no white space. */
export const tcbInfoText = (info: TcbInfo): string =>
  JSON.stringify({
    id: info.id,
    version: info.version,
    issueDate: info.issueDate,
    nextUpdate: info.nextUpdate,
    fmspc: info.fmspc,
    pceId: info.pceId,
    tcbType: info.tcbType,
    tcbEvaluationDataNumber: info.tcbEvaluationDataNumber,
    tdxModule: moduleText(info.tdxModule),
    tdxModuleIdentities: info.tdxModuleIdentities?.map((module) => ({
      id: module.id,
      ...moduleText(module),
      tcbLevels: module.tcbLevels.map(levelText),
    })),
    tcbLevels: info.tcbLevels.map(levelText),
  });

/** The text of a QE identity as Intel writes it. */
export const qeIdentityText = (identity: QeIdentity): string =>
  JSON.stringify({
    id: identity.id,
    version: identity.version,
    issueDate: identity.issueDate,
    nextUpdate: identity.nextUpdate,
    tcbEvaluationDataNumber: identity.tcbEvaluationDataNumber,
    miscselect: identity.miscselect,
    miscselectMask: identity.miscselectMask,
    attributes: identity.attributes,
    attributesMask: identity.attributesMask,
    mrsigner: identity.mrsigner,
    isvprodid: identity.isvprodid,
    tcbLevels: identity.tcbLevels.map(levelText),
  });
