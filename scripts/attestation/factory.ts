/**
 * A test authority in Intel's place: a root CA, PCK CAs, a TCB signer, collateral, platforms and quotes with real
 * signatures, in the form and size of the genuine ones. For tests and the devnet; what it signs is worth nothing under
 * Intel's root. Everything follows from a seed, so lengths and gas are the same in every run.
 */
import { createHash } from "node:crypto";
import { bytesToHex, concat, hexToBytes, padHex, type Hex } from "viem";
import {
  isoTime,
  qeIdentityText,
  tcbInfoText,
  type CollateralFile,
  type IsvLevel,
  type QeIdentity,
  type TcbComponent,
  type TcbInfo,
  type TcbLevel,
} from "./collateral.ts";
import { keyFromSeed, sign, type P256Key, type SignatureForm } from "./p256.ts";
import { encodePem } from "./pem.ts";
import { encodeHeader, encodeQuote, encodeSignedData, type QuoteParts } from "./quote.ts";
import {
  encodeBody,
  encodeEnclaveReport,
  u16,
  type BodyType,
  type EnclaveReport,
  type Measurements,
} from "./report.ts";
import {
  authorityKeyId,
  basicConstraints,
  COMMON_NAME,
  crlDistributionPoint,
  encodeCertificate,
  encodeCrl,
  keyIdOf,
  keyUsage,
  pckExtension,
  subjectKeyId,
  type CertificateParts,
  type CrlParts,
  type Extension,
  type PckExtension,
} from "./x509.ts";

const DAY = 86_400;
const YEAR = 365 * DAY;

/** The platform type of the factory's platforms. */
export const DEFAULT_FMSPC: Hex = "0xb0c06f000000";

/** Bytes of a genuine quote with what a TD's driver leaves after it. */
const QUOTE_FILE_SIZE = 5006;

const ROOT_CRL_URI = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der";
const pckCrlUri = (ca: CaKind): string =>
  `https://api.trustedservices.intel.com/sgx/certification/v4/pckcrl?ca=${ca}&encoding=der`;

/** The two CAs that issue PCK certificates: of several processors, or of one. */
export type CaKind = "platform" | "processor";

/** A certificate of the authority with the key behind it. */
export interface Issued {
  readonly name: string;
  readonly key: P256Key;
  readonly keyId: Hex;
  /** DER. */
  readonly certificate: Hex;
}

/** Any part of a certificate, to make one that does not fit. */
export interface CertificateOverrides extends Partial<CertificateParts> {
  /** Extensions instead of those with the same object identifiers. */
  readonly changedExtensions?: readonly Extension[];
  /** Object identifiers of extensions to leave out. */
  readonly withoutExtensions?: readonly string[];
  /** Extensions after the others. */
  readonly extraExtensions?: readonly Extension[];
}

/** Any part of a CRL. */
export type CrlOverrides = Partial<CrlParts>;

/** `length` bytes that `seed` names. */
export function seededBytes(seed: string, length: number): Hex {
  let bytes: Hex = "0x";
  for (let i = 0; (bytes.length - 2) / 2 < length; i++) {
    bytes = concat([bytes, bytesToHex(createHash("sha256").update(`${seed} ${i}`).digest())]);
  }
  return `0x${bytes.slice(2, 2 + 2 * length)}`;
}

/** A serial from 20 bytes. Its first bit is 0, so that every one has the same length in DER. */
export const serialFrom = (bytes: Hex): Hex => `0x4${bytes.slice(3)}`;

function certificate(parts: CertificateParts, overrides: CertificateOverrides): Hex {
  const { changedExtensions = [], withoutExtensions = [], extraExtensions = [], ...rest } = overrides;
  const all = { ...parts, ...rest };
  const extensions = all.extensions
    .filter(({ oid }) => !withoutExtensions.includes(oid))
    .map((extension) => changedExtensions.find(({ oid }) => oid === extension.oid) ?? extension);
  return encodeCertificate({ ...all, extensions: [...extensions, ...extraExtensions] });
}

const componentTypes: Record<"sgx" | "tdx", Record<number, Omit<TcbComponent, "svn">>> = {
  sgx: {
    0: { category: "BIOS", type: "Early Microcode Update" },
    1: { category: "OS/VMM", type: "SGX Late Microcode Update" },
    2: { category: "OS/VMM", type: "TXT SINIT" },
    3: { category: "BIOS" },
    4: { category: "BIOS" },
    5: { category: "BIOS" },
    7: { category: "OS/VMM", type: "SEAMLDR ACM" },
  },
  tdx: {
    0: { category: "OS/VMM", type: "TDX Module" },
    1: { category: "OS/VMM", type: "TDX Module" },
    2: { category: "OS/VMM", type: "TDX Late Microcode Update" },
  },
};

/** Sixteen components with Intel's categories; those not given are 0. */
export const tcbComponents = (kind: "sgx" | "tdx", svns: readonly number[]): TcbComponent[] =>
  Array.from({ length: 16 }, (_, index) => ({ svn: svns[index] ?? 0, ...componentTypes[kind][index] }));

/** A level of a platform in short: component SVNs, PCE SVN, status. */
export function tcbLevel(level: {
  sgx: readonly number[];
  pceSvn: number;
  tdx: readonly number[];
  status: TcbLevel["tcbStatus"];
  date?: string;
  advisoryIds?: readonly string[];
}): TcbLevel {
  return {
    tcb: {
      sgxtcbcomponents: tcbComponents("sgx", level.sgx),
      pcesvn: level.pceSvn,
      tdxtcbcomponents: tcbComponents("tdx", level.tdx),
    },
    tcbDate: level.date ?? "2025-08-13T00:00:00Z",
    tcbStatus: level.status,
    ...(level.advisoryIds && { advisoryIDs: level.advisoryIds }),
  };
}

/** A level of a TDX module or of the QE in short. */
export const isvLevel = (
  isvsvn: number,
  tcbStatus: IsvLevel["tcbStatus"],
  advisoryIDs?: readonly string[],
  tcbDate = "2025-08-13T00:00:00Z",
): IsvLevel => ({ tcb: { isvsvn }, tcbDate, tcbStatus, ...(advisoryIDs && { advisoryIDs }) });

/** SVNs of a platform that is up to date by `defaultTcbInfo`. */
export const DEFAULT_SVNS = {
  sgx: [4, 4, 2, 2, 4, 1, 0, 5],
  pceSvn: 13,
  teeTcbSvn: padHex("0x0b0104", { size: 16, dir: "right" }),
} as const;

const MODULE = { mrsigner: "00".repeat(48), attributes: "00".repeat(8), attributesMask: "FF".repeat(8) };
const OLD_ADVISORIES = ["INTEL-SA-00837", "INTEL-SA-01036", "INTEL-SA-01079", "INTEL-SA-01099"];
const OLDEST_ADVISORIES = [
  "INTEL-SA-00106",
  "INTEL-SA-00115",
  "INTEL-SA-00135",
  "INTEL-SA-00203",
  "INTEL-SA-00220",
  "INTEL-SA-00233",
  "INTEL-SA-00270",
  "INTEL-SA-00293",
  "INTEL-SA-00320",
  "INTEL-SA-00329",
  "INTEL-SA-00381",
  "INTEL-SA-00389",
];
const LATE_ADVISORIES = ["INTEL-SA-01192", "INTEL-SA-01245", "INTEL-SA-01312"];

/** A TCB info with four levels and two modules, as large as a genuine one. Dates are Unix seconds. */
export const defaultTcbInfo = (fmspc: Hex, issued: number, next: number): TcbInfo => ({
  id: "TDX",
  version: 3,
  issueDate: isoTime(issued),
  nextUpdate: isoTime(next),
  fmspc: fmspc.slice(2).toUpperCase(),
  pceId: "0000",
  tcbType: 0,
  tcbEvaluationDataNumber: 20,
  tdxModule: MODULE,
  tdxModuleIdentities: [
    {
      id: "TDX_03",
      ...MODULE,
      tcbLevels: [isvLevel(5, "UpToDate"), isvLevel(3, "OutOfDate", LATE_ADVISORIES.slice(1), "2025-05-14T00:00:00Z")],
    },
    {
      id: "TDX_01",
      ...MODULE,
      tcbLevels: [
        isvLevel(11, "UpToDate"),
        isvLevel(6, "OutOfDate", LATE_ADVISORIES, "2025-05-14T00:00:00Z"),
        isvLevel(4, "OutOfDate", [...OLD_ADVISORIES, ...LATE_ADVISORIES], "2024-03-13T00:00:00Z"),
        isvLevel(2, "OutOfDate", [...OLD_ADVISORIES, ...LATE_ADVISORIES], "2023-08-09T00:00:00Z"),
      ],
    },
  ],
  tcbLevels: [
    tcbLevel({ sgx: [4, 4, 2, 2, 4, 1, 0, 5], pceSvn: 11, tdx: [5, 0, 4], status: "UpToDate" }),
    tcbLevel({
      sgx: [3, 3, 2, 2, 4, 1, 0, 5],
      pceSvn: 11,
      tdx: [5, 0, 3],
      status: "OutOfDate",
      date: "2025-05-14T00:00:00Z",
      advisoryIds: [...LATE_ADVISORIES, "INTEL-SA-01313"],
    }),
    tcbLevel({
      sgx: [2, 2, 2, 2, 3, 1, 0, 5],
      pceSvn: 11,
      tdx: [5, 0, 2],
      status: "OutOfDate",
      date: "2024-03-13T00:00:00Z",
      advisoryIds: [...OLD_ADVISORIES, ...LATE_ADVISORIES, "INTEL-SA-01313"],
    }),
    tcbLevel({
      sgx: [2, 2, 2, 2, 3, 1, 0, 5],
      pceSvn: 5,
      tdx: [5, 0, 2],
      status: "OutOfDate",
      date: "2018-01-04T00:00:00Z",
      advisoryIds: [...OLDEST_ADVISORIES, ...OLD_ADVISORIES, ...LATE_ADVISORIES, "INTEL-SA-01313"],
    }),
  ],
});

/** Who signs QEs in the factory: Intel's own MRSIGNER, so that collateral has the same text. */
const QE_SIGNER: Hex = "0xdc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5";

/** The TD QE's identity. Dates are Unix seconds. */
export const defaultQeIdentity = (issued: number, next: number): QeIdentity => ({
  id: "TD_QE",
  version: 2,
  issueDate: isoTime(issued),
  nextUpdate: isoTime(next),
  tcbEvaluationDataNumber: 19,
  miscselect: "00000000",
  miscselectMask: "FFFFFFFF",
  attributes: "11000000000000000000000000000000",
  attributesMask: "FBFFFFFFFFFFFFFF0000000000000000",
  mrsigner: QE_SIGNER.slice(2).toUpperCase(),
  isvprodid: 2,
  tcbLevels: [isvLevel(4, "UpToDate", undefined, "2025-05-14T00:00:00Z")],
});

/** `text` signed as collateral is: r ‖ s, hex without 0x. */
export const signText = (text: string, key: P256Key, form?: SignatureForm): string =>
  sign(new TextEncoder().encode(text), key, form).slice(2);

/** Options of a test authority. */
export interface AuthorityOptions {
  readonly seed: string;
  /** Unix seconds: what is made by default is valid from a day before. */
  readonly now: number;
  /** Parts of its certificates that differ. */
  readonly root?: CertificateOverrides;
  readonly platformCa?: CertificateOverrides;
  readonly processorCa?: CertificateOverrides;
  readonly tcbSigner?: CertificateOverrides;
}

/** Options of a collateral file; what is not given is in order and up to date. */
export interface CollateralOptions {
  /** Which CA's CRL; the platform CA's by default. */
  readonly ca?: CaKind;
  readonly fmspc?: Hex;
  /** Unix seconds. */
  readonly issued?: number;
  /** Unix seconds; 30 days after `issued` by default. */
  readonly nextUpdate?: number;
  readonly tcbInfo?: Partial<TcbInfo> | ((info: TcbInfo) => TcbInfo);
  /** The text to sign instead of the one made from `tcbInfo`. */
  readonly tcbInfoText?: string | ((text: string) => string);
  readonly qeIdentity?: Partial<QeIdentity> | ((identity: QeIdentity) => QeIdentity);
  readonly qeIdentityText?: string | ((text: string) => string);
  readonly rootCrl?: CrlOverrides;
  readonly pckCrl?: CrlOverrides;
  /** Who signs TCB info and QE identity instead of the authority's signer. */
  readonly signer?: Issued;
  readonly signatureForm?: SignatureForm;
}

/** Options of a platform. */
export interface PlatformOptions extends Partial<PckExtension> {
  readonly seed?: string;
  readonly ca?: CaKind;
  /** Parts of its PCK certificate that differ. */
  readonly certificate?: CertificateOverrides;
}

/** Options of a quote. */
export interface QuoteOptions extends Partial<Pick<QuoteParts, "header" | "qeAuthData" | "certificationChain">> {
  readonly version?: 4 | 5;
  /** 3 in a quote v5 and 2 in a quote v4 by default. */
  readonly bodyType?: BodyType;
  readonly measurements?: Partial<Measurements>;
  readonly attestationKey?: P256Key;
  /** Fields of the QE report; its report data binds the attestation key unless given. */
  readonly qe?: Partial<EnclaveReport>;
  /** Another signature over the quote or the QE report. */
  readonly signature?: Hex;
  readonly qeReportSignature?: Hex;
  readonly signatureForm?: SignatureForm;
  /** Who signs the QE report instead of the leaf's key. */
  readonly qeSigner?: P256Key;
  /** Zero bytes after the quote; as many as make 5,006 bytes by default, like the genuine ones. */
  readonly trailing?: number;
}

const change = <T extends object>(value: T, by: Partial<T> | ((value: T) => T) | undefined): T =>
  typeof by === "function" ? by(value) : { ...value, ...by };

const changeText = (text: string, by: string | ((text: string) => string) | undefined): string =>
  typeof by === "function" ? by(text) : (by ?? text);

/** Measurements of a default TD: SEPT_VE_DISABLE set, not debuggable, no service TD. */
const defaultMeasurements = (seed: string, bodyType: BodyType): Partial<Measurements> => ({
  teeTcbSvn: DEFAULT_SVNS.teeTcbSvn,
  mrSeam: seededBytes(`${seed} mrSeam`, 48),
  tdAttributes: "0x0000001000000000",
  xfam: "0xe702060000000000",
  mrTd: seededBytes(`${seed} mrTd`, 48),
  mrConfigId: seededBytes(`${seed} mrConfigId`, 48),
  rtMr0: seededBytes(`${seed} rtMr0`, 48),
  rtMr1: seededBytes(`${seed} rtMr1`, 48),
  rtMr2: seededBytes(`${seed} rtMr2`, 48),
  rtMr3: seededBytes(`${seed} rtMr3`, 48),
  ...(bodyType === 3 && { teeTcbSvn2: DEFAULT_SVNS.teeTcbSvn }),
});

/** A test authority: see the file's head. */
export type Authority = ReturnType<typeof createAuthority>;

/** A platform of a test authority. */
export type Platform = ReturnType<Authority["platform"]>;

/** Makes a test authority. */
export function createAuthority(options: AuthorityOptions) {
  const { seed, now } = options;
  const rootKey = keyFromSeed(`${seed} root`);
  const rootKeyId = keyIdOf(rootKey);

  const issue = (
    name: string,
    keySeed: string,
    validity: { from: number; to: number },
    kind: { usage: "ca" | "signer"; pathLength?: number },
    overrides: CertificateOverrides = {},
  ): Issued => {
    const key = keyFromSeed(`${seed} ${keySeed}`);
    const keyId = keyIdOf(key);
    const parts: CertificateParts = {
      // As in Intel's CA certificates, the serial comes from the key id.
      serial: serialFrom(keyId),
      issuer: COMMON_NAME.root,
      notBefore: validity.from,
      notAfter: validity.to,
      subject: name,
      publicKey: key.raw,
      extensions: [
        authorityKeyId(rootKeyId),
        crlDistributionPoint(ROOT_CRL_URI),
        subjectKeyId(keyId),
        keyUsage(kind.usage),
        basicConstraints(kind.pathLength),
      ],
      signer: rootKey,
    };
    return { name, key, keyId, certificate: certificate(parts, overrides) };
  };

  const from = now - YEAR;
  const root = issue(
    COMMON_NAME.root,
    "root",
    { from, to: Date.UTC(2049, 11, 31, 23, 59, 59) / 1000 },
    { usage: "ca", pathLength: 1 },
    options.root,
  );
  const ca = { usage: "ca", pathLength: 0 } as const;
  const cas: Record<CaKind, Issued> = {
    platform: issue(COMMON_NAME.platform, "platform CA", { from, to: now + 14 * YEAR }, ca, options.platformCa),
    processor: issue(COMMON_NAME.processor, "processor CA", { from, to: now + 14 * YEAR }, ca, options.processorCa),
  };
  const tcbSigner = issue(
    COMMON_NAME.tcbSigner,
    "TCB signer",
    { from, to: now + 6 * YEAR },
    { usage: "signer" },
    options.tcbSigner,
  );

  /** The root CA's CRL in DER. */
  const rootCrl = (overrides: CrlOverrides = {}): Hex =>
    encodeCrl({
      issuer: root.name,
      signer: root.key,
      authorityKeyId: root.keyId,
      thisUpdate: now - DAY,
      nextUpdate: now - DAY + YEAR,
      revoked: [],
      number: 1,
      ...overrides,
    });

  /** A PCK CA's CRL in DER. */
  const pckCrl = (kind: CaKind, overrides: CrlOverrides = {}): Hex =>
    encodeCrl({
      issuer: cas[kind].name,
      signer: cas[kind].key,
      authorityKeyId: cas[kind].keyId,
      thisUpdate: now - DAY,
      nextUpdate: now + 29 * DAY,
      revoked: [],
      number: 1,
      ...overrides,
    });

  /** Everything that a quote of a platform type is judged by. */
  const collateral = (given: CollateralOptions = {}): CollateralFile => {
    const { ca: kind = "platform", fmspc = DEFAULT_FMSPC, issued = now - DAY, signer = tcbSigner } = given;
    const next = given.nextUpdate ?? issued + 30 * DAY;
    const info = changeText(tcbInfoText(change(defaultTcbInfo(fmspc, issued, next), given.tcbInfo)), given.tcbInfoText);
    const identity = changeText(
      qeIdentityText(change(defaultQeIdentity(issued, next), given.qeIdentity)),
      given.qeIdentityText,
    );
    const signerChain = encodePem([signer.certificate, root.certificate]);
    return {
      pck_crl_issuer_chain: encodePem([cas[kind].certificate, root.certificate]),
      root_ca_crl: rootCrl(given.rootCrl).slice(2),
      pck_crl: pckCrl(kind, given.pckCrl).slice(2),
      tcb_info_issuer_chain: signerChain,
      tcb_info: info,
      tcb_info_signature: signText(info, signer.key, given.signatureForm),
      qe_identity_issuer_chain: signerChain,
      qe_identity: identity,
      qe_identity_signature: signText(identity, signer.key, given.signatureForm),
    };
  };

  /** A platform with its PCK certificate. */
  const platform = (given: PlatformOptions = {}) => {
    const { seed: name = "platform", ca: kind = "platform", certificate: overrides = {}, ...pck } = given;
    const platformSeed = `${seed} ${name}`;
    const key = keyFromSeed(`${platformSeed} PCK`);
    const issuer = cas[kind];
    const components = Array.from({ length: 16 }, (_, i) => pck.components?.[i] ?? DEFAULT_SVNS.sgx[i] ?? 0);
    const extension: PckExtension = {
      ppid: seededBytes(`${platformSeed} PPID`, 16),
      pceSvn: DEFAULT_SVNS.pceSvn,
      cpuSvn: bytesToHex(Uint8Array.from(components)),
      pceId: "0x0000",
      fmspc: DEFAULT_FMSPC,
      ...(kind === "platform"
        ? {
            sgxType: 1,
            platformInstanceId: seededBytes(`${platformSeed} instance`, 16),
            configuration: { dynamicPlatform: true, cachedKeys: true, smtEnabled: true },
          }
        : { sgxType: 0 }),
      ...pck,
      components,
    };
    const parts: CertificateParts = {
      serial: serialFrom(seededBytes(`${platformSeed} serial`, 20)),
      issuer: issuer.name,
      notBefore: now - 30 * DAY,
      notAfter: now - 30 * DAY + 7 * YEAR,
      subject: COMMON_NAME.leaf,
      publicKey: key.raw,
      extensions: [
        authorityKeyId(issuer.keyId),
        crlDistributionPoint(pckCrlUri(kind)),
        subjectKeyId(keyIdOf(key)),
        keyUsage("signer"),
        basicConstraints(),
        pckExtension(extension),
      ],
      signer: issuer.key,
    };
    const leaf = certificate(parts, overrides);
    const chain: readonly Hex[] = [leaf, issuer.certificate, root.certificate];

    /** The parts of a quote of this platform, signed. */
    const quoteParts = (wanted: QuoteOptions = {}): QuoteParts => {
      const { version = 4, attestationKey = keyFromSeed(`${platformSeed} attestation`), signatureForm } = wanted;
      const bodyType = wanted.bodyType ?? (version === 5 ? 3 : 2);
      const header = wanted.header ?? encodeHeader(version, seededBytes(`${platformSeed} QE id`, 20));
      const body = encodeBody(bodyType, { ...defaultMeasurements(seed, bodyType), ...wanted.measurements });
      const qeAuthData = wanted.qeAuthData ?? bytesToHex(Uint8Array.from({ length: 32 }, (_, index) => index));
      const binding = createHash("sha256")
        .update(hexToBytes(concat([attestationKey.raw, qeAuthData])))
        .digest();
      const qeReport = encodeEnclaveReport({
        cpuSvn: extension.cpuSvn,
        attributes: "0x1500000000000000e700000000000000",
        mrEnclave: seededBytes(`${seed} QE`, 32),
        mrSigner: QE_SIGNER,
        isvProdId: u16(2),
        isvSvn: u16(4),
        reportData: padHex(bytesToHex(binding), { size: 64, dir: "right" }),
        ...wanted.qe,
      });
      return {
        header,
        bodyType,
        body,
        signature:
          wanted.signature ??
          sign(hexToBytes(encodeSignedData({ header, bodyType, body })), attestationKey, signatureForm),
        attestationKey: attestationKey.raw,
        qeReport,
        qeReportSignature:
          wanted.qeReportSignature ?? sign(hexToBytes(qeReport), wanted.qeSigner ?? key, signatureForm),
        qeAuthData,
        certificationChain: wanted.certificationChain ?? chain,
      };
    };

    /** A signed raw quote of this platform. */
    const quote = (wanted: QuoteOptions = {}): Uint8Array => {
      const bytes = encodeQuote(quoteParts(wanted));
      const padded = new Uint8Array(bytes.length + (wanted.trailing ?? Math.max(0, QUOTE_FILE_SIZE - bytes.length)));
      padded.set(bytes);
      return padded;
    };

    return { ...extension, key, leaf, chain, serial: parts.serial, quoteParts, quote };
  };

  return {
    root,
    platformCa: cas.platform,
    processorCa: cas.processor,
    tcbSigner,
    /** Issues another certificate under the root, say a second TCB signer. */
    issue,
    rootCrl,
    pckCrl,
    collateral,
    platform,
  };
}
