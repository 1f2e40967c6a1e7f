/**
 * Certificates and CRLs as Intel issues them for SGX and TDX: written for tests and the devnet, read for both.
 * Sources: RFC 5280; Intel, "SGX PCK Certificate and CRL Profile Specification".
 */
import { createHash } from "node:crypto";
import { bytesToHex, concat, hexToBytes, numberToHex, size, slice, type Hex } from "viem";
import {
  bitString,
  boolean,
  childrenOf,
  context,
  DerError,
  encode,
  expectTag,
  integer,
  octetString,
  oid,
  printableString,
  readBitString,
  readBoolean,
  readDer,
  readInteger,
  readNumber,
  readOid,
  readText,
  readTime,
  sequence,
  set,
  TAG,
  time,
  utf8String,
  type DerNode,
} from "./der.ts";
import { sign, signatureFromDer, signatureToDer, verifySignature, type P256Key, type SignatureForm } from "./p256.ts";

/** Object identifiers in these certificates. */
export const OID = {
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  locality: "2.5.4.7",
  state: "2.5.4.8",
  country: "2.5.4.6",
  ecPublicKey: "1.2.840.10045.2.1",
  prime256v1: "1.2.840.10045.3.1.7",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  basicConstraints: "2.5.29.19",
  crlNumber: "2.5.29.20",
  reasonCode: "2.5.29.21",
  crlDistributionPoints: "2.5.29.31",
  authorityKeyId: "2.5.29.35",
  sgx: "1.2.840.113741.1.13.1",
} as const;

/** Common names in Intel's certificates. */
export const COMMON_NAME = {
  root: "Intel SGX Root CA",
  platform: "Intel SGX PCK Platform CA",
  processor: "Intel SGX PCK Processor CA",
  tcbSigner: "Intel SGX TCB Signing",
  leaf: "Intel SGX PCK Certificate",
} as const;

const ALGORITHM = sequence(oid(OID.ecdsaWithSha256));

/** A name as Intel writes it, in Intel's order; only the common name differs. */
export const intelName = (commonName: string): Uint8Array =>
  sequence(
    ...(
      [
        [OID.commonName, utf8String(commonName)],
        [OID.organization, utf8String("Intel Corporation")],
        [OID.locality, utf8String("Santa Clara")],
        [OID.state, utf8String("CA")],
        [OID.country, printableString("US")],
      ] as const
    ).map(([type, value]) => set(sequence(oid(type), value))),
  );

/** A common name, or a whole name in DER. */
export type Name = string | Uint8Array;
const nameBytes = (name: Name): Uint8Array => (typeof name === "string" ? intelName(name) : name);

/** SHA-1 of the point: what RFC 5280, §4.2.1.2 (1) proposes as key id. */
export const keyIdOf = ({ raw }: Pick<P256Key, "raw">): Hex =>
  bytesToHex(
    createHash("sha1")
      .update(hexToBytes(concat(["0x04", raw])))
      .digest(),
  );

/** An extension: its value in DER goes into the OCTET STRING. */
export interface Extension {
  readonly oid: string;
  readonly critical?: boolean;
  readonly value: Uint8Array;
}

const encodeExtension = ({ oid: id, critical = false, value }: Extension): Uint8Array =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));

export const authorityKeyId = (keyId: Hex): Extension => ({
  oid: OID.authorityKeyId,
  value: sequence(context(0, [hexToBytes(keyId)], false)),
});

export const subjectKeyId = (keyId: Hex): Extension => ({
  oid: OID.subjectKeyId,
  value: octetString(hexToBytes(keyId)),
});

export const crlDistributionPoint = (uri: string): Extension => ({
  oid: OID.crlDistributionPoints,
  value: sequence(sequence(context(0, [context(0, [context(6, [new TextEncoder().encode(uri)], false)])]))),
});

/** Certificate and CRL signing for a CA; signing and non-repudiation for the others. */
export const keyUsage = (usage: "ca" | "signer"): Extension => ({
  oid: OID.keyUsage,
  critical: true,
  value: usage === "ca" ? bitString(Uint8Array.of(0x06), 1) : bitString(Uint8Array.of(0xc0), 6),
});

/** A CA over at most `pathLength` more CAs, or no CA. */
export const basicConstraints = (pathLength?: number): Extension => ({
  oid: OID.basicConstraints,
  critical: true,
  value: pathLength === undefined ? sequence() : sequence(boolean(true), integer(pathLength)),
});

/** The SGX extension of a PCK certificate. */
export interface PckExtension {
  /** 16 bytes. */
  readonly ppid: Hex;
  /** SVNs of the 16 SGX components, each 0 to 255. */
  readonly components: readonly number[];
  readonly pceSvn: number;
  /** 16 bytes. */
  readonly cpuSvn: Hex;
  /** 2 bytes. */
  readonly pceId: Hex;
  /** 6 bytes. */
  readonly fmspc: Hex;
  /** 0 standard, 1 scalable, 2 scalable with integrity. */
  readonly sgxType: number;
  /** 16 bytes; platform CA only. */
  readonly platformInstanceId?: Hex;
  /** Platform CA only. */
  readonly configuration?: { dynamicPlatform: boolean; cachedKeys: boolean; smtEnabled: boolean };
}

/** The SGX extension in Intel's order. */
export function pckExtension(pck: PckExtension): Extension {
  const field = (path: string, value: Uint8Array): Uint8Array => sequence(oid(`${OID.sgx}.${path}`), value);
  const bytes = (value: Hex): Uint8Array => octetString(hexToBytes(value));
  const { configuration, platformInstanceId } = pck;
  return {
    oid: OID.sgx,
    value: sequence(
      field("1", bytes(pck.ppid)),
      field(
        "2",
        sequence(
          ...pck.components.map((svn, index) => field(`2.${index + 1}`, integer(svn))),
          field("2.17", integer(pck.pceSvn)),
          field("2.18", bytes(pck.cpuSvn)),
        ),
      ),
      field("3", bytes(pck.pceId)),
      field("4", bytes(pck.fmspc)),
      field("5", integer(pck.sgxType, TAG.enumerated)),
      ...(platformInstanceId === undefined ? [] : [field("6", bytes(platformInstanceId))]),
      ...(configuration === undefined
        ? []
        : [
            field(
              "7",
              sequence(
                field("7.1", boolean(configuration.dynamicPlatform)),
                field("7.2", boolean(configuration.cachedKeys)),
                field("7.3", boolean(configuration.smtEnabled)),
              ),
            ),
          ]),
    ),
  };
}

/** Values of a list of (oid, value), without `prefix`. An oid twice is an error. */
function fieldsOf(node: DerNode, prefix: string): Map<string, DerNode> {
  const fields = new Map<string, DerNode>();
  for (const child of childrenOf(node)) {
    const [id, value, ...rest] = childrenOf(child);
    const path = readOid(id);
    if (value === undefined || rest.length > 0 || !path.startsWith(prefix)) throw new DerError(`field ${path}`);
    if (fields.has(path)) throw new DerError(`field ${path} twice`);
    fields.set(path.slice(prefix.length), value);
  }
  return fields;
}

/** The SGX extension, read. */
export function readPckExtension(value: Uint8Array): PckExtension {
  const fields = fieldsOf(readDer(value), `${OID.sgx}.`);
  const bytes = (from: Map<string, DerNode>, path: string, length: number): Hex => {
    const { content } = expectTag(from.get(path), TAG.octetString);
    if (content.length !== length) throw new DerError(`field ${path} has ${content.length} bytes, not ${length}`);
    return bytesToHex(content);
  };
  const tcbNode = expectTag(fields.get("2"), TAG.sequence);
  const tcb = fieldsOf(tcbNode, `${OID.sgx}.2.`);
  const configurationNode = fields.get("7");
  const configuration = configurationNode ? fieldsOf(configurationNode, `${OID.sgx}.7.`) : undefined;
  const flag = (path: string): boolean => {
    const node = configuration?.get(path);
    return node !== undefined && readBoolean(node);
  };
  return {
    ppid: bytes(fields, "1", 16),
    components: Array.from({ length: 16 }, (_, index) => readNumber(tcb.get(`${index + 1}`), 255)),
    pceSvn: readNumber(tcb.get("17")),
    cpuSvn: bytes(tcb, "18", 16),
    pceId: bytes(fields, "3", 2),
    fmspc: bytes(fields, "4", 6),
    sgxType: Number(readInteger(fields.get("5"), TAG.enumerated)),
    ...(fields.has("6") && { platformInstanceId: bytes(fields, "6", 16) }),
    ...(configuration && {
      configuration: { dynamicPlatform: flag("1"), cachedKeys: flag("2"), smtEnabled: flag("3") },
    }),
  };
}

/** What a certificate is written from; `signer` and `issuer` need not fit each other. */
export interface CertificateParts {
  readonly serial: Hex;
  readonly issuer: Name;
  /** Unix seconds. */
  readonly notBefore: number;
  /** Unix seconds. */
  readonly notAfter: number;
  readonly subject: Name;
  /** x ‖ y of the subject. */
  readonly publicKey: Hex;
  readonly extensions: readonly Extension[];
  readonly signer: P256Key;
  readonly signatureForm?: SignatureForm;
}

/** The signed `tbs`: a certificate or a CRL. */
export const signed = (tbs: Uint8Array, signer: P256Key, form?: SignatureForm): Hex =>
  bytesToHex(sequence(tbs, ALGORITHM, bitString(signatureToDer(sign(tbs, signer, form)))));

/** An X.509 v3 certificate in DER. */
export const encodeCertificate = (parts: CertificateParts): Hex =>
  signed(
    sequence(
      context(0, [integer(2)]),
      integer(BigInt(parts.serial)),
      ALGORITHM,
      nameBytes(parts.issuer),
      sequence(time(parts.notBefore), time(parts.notAfter)),
      nameBytes(parts.subject),
      sequence(
        sequence(oid(OID.ecPublicKey), oid(OID.prime256v1)),
        bitString(hexToBytes(concat(["0x04", parts.publicKey]))),
      ),
      context(3, [sequence(...parts.extensions.map(encodeExtension))]),
    ),
    parts.signer,
    parts.signatureForm,
  );

/** An entry of a CRL. */
export interface RevokedCertificate {
  readonly serial: Hex;
  /** Unix seconds; the CRL's date unless told. */
  readonly date?: number;
  /** RFC 5280, §5.3.1; 1 (key compromise) unless told, as in Intel's. */
  readonly reason?: number;
}

/** What a CRL is written from. */
export interface CrlParts {
  readonly issuer: Name;
  readonly signer: P256Key;
  readonly authorityKeyId: Hex;
  /** Unix seconds. */
  readonly thisUpdate: number;
  /** Unix seconds. */
  readonly nextUpdate: number;
  readonly revoked: readonly RevokedCertificate[];
  readonly number: bigint | number;
  readonly extraExtensions?: readonly Extension[];
  readonly signatureForm?: SignatureForm;
}

/** An X.509 CRL v2 in DER. */
export function encodeCrl(parts: CrlParts): Hex {
  const entries = parts.revoked.map(({ serial, date = parts.thisUpdate, reason = 1 }) =>
    sequence(
      integer(BigInt(serial)),
      time(date),
      sequence(encodeExtension({ oid: OID.reasonCode, value: integer(reason, TAG.enumerated) })),
    ),
  );
  const extensions: Extension[] = [
    { oid: OID.crlNumber, value: integer(parts.number) },
    authorityKeyId(parts.authorityKeyId),
    ...(parts.extraExtensions ?? []),
  ];
  const tbs = sequence(
    integer(1),
    ALGORITHM,
    nameBytes(parts.issuer),
    time(parts.thisUpdate),
    time(parts.nextUpdate),
    ...(entries.length === 0 ? [] : [encode(TAG.sequence, ...entries)]),
    context(0, [sequence(...extensions.map(encodeExtension))]),
  );
  return signed(tbs, parts.signer, parts.signatureForm);
}

/** What the readers of certificates and CRLs have in common. */
interface Signed {
  /** The bytes that the signature covers. */
  readonly tbs: Uint8Array;
  /** r ‖ s. */
  readonly signature: Hex;
  /** The issuer's name in DER. */
  readonly issuer: Hex;
  readonly issuerCommonName: string;
  readonly extensions: ReadonlyMap<string, { critical: boolean; value: Uint8Array }>;
  /** Key id of the issuer as the extension says, if it does. */
  readonly authorityKeyId: Hex | undefined;
}

/** A certificate, read. */
export interface Certificate extends Signed {
  readonly der: Hex;
  /** 20 bytes at most, without leading zeros. */
  readonly serial: Hex;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly subject: Hex;
  readonly subjectCommonName: string;
  /** x ‖ y. */
  readonly publicKey: Hex;
  readonly subjectKeyId: Hex | undefined;
  /** Whether the basic constraints name a CA, and over how many more. */
  readonly ca: boolean;
  readonly pathLength: number | undefined;
  /** The first byte of the key usage. */
  readonly keyUsage: number | undefined;
}

/** A CRL, read. */
export interface Crl extends Signed {
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly number: bigint | undefined;
  readonly revoked: ReadonlyMap<Hex, { date: number; reason: number | undefined }>;
}

const isAlgorithm = (node: DerNode | undefined): void => {
  if (node === undefined || bytesToHex(node.raw) !== bytesToHex(ALGORITHM))
    throw new DerError("not ECDSA with SHA-256");
};

function readExtensions(node: DerNode | undefined): Map<string, { critical: boolean; value: Uint8Array }> {
  const extensions = new Map<string, { critical: boolean; value: Uint8Array }>();
  for (const extension of childrenOf(node)) {
    const parts = childrenOf(extension);
    const id = readOid(parts[0]);
    if (extensions.has(id)) throw new DerError(`extension ${id} twice`);
    const critical = parts.length === 3 && readBoolean(parts[1]);
    const value = expectTag(parts.at(-1), TAG.octetString).content;
    if (parts.length < 2 || parts.length > 3) throw new DerError(`extension ${id}`);
    extensions.set(id, { critical, value });
  }
  return extensions;
}

function commonNameOf(name: DerNode): string {
  for (const relative of childrenOf(name)) {
    for (const attribute of childrenOf(relative, TAG.set)) {
      const [type, value] = childrenOf(attribute);
      if (readOid(type) === OID.commonName) return readText(value);
    }
  }
  return "";
}

function readSerial(node: DerNode | undefined): Hex {
  const serial = readInteger(node);
  if (serial < 0n || serial >= 1n << 160n) throw new DerError("the serial is not from 0 to 2^160 - 1");
  return serialHex(serial);
}

/** A serial as the readers return it. */
export const serialHex = (serial: bigint): Hex => {
  const short = numberToHex(serial);
  return short.length % 2 === 0 ? short : `0x0${short.slice(2)}`;
};

function keyIds(extensions: Signed["extensions"]): { authorityKeyId: Hex | undefined; subjectKeyId: Hex | undefined } {
  const authority = extensions.get(OID.authorityKeyId);
  const subject = extensions.get(OID.subjectKeyId);
  const authorityNode = authority && childrenOf(readDer(authority.value)).find(({ tag }) => tag === 0x80);
  return {
    authorityKeyId: authorityNode && bytesToHex(authorityNode.content),
    subjectKeyId: subject && bytesToHex(expectTag(readDer(subject.value), TAG.octetString).content),
  };
}

function readSigned(der: Hex): { tbs: DerNode; fields: DerNode[]; signature: Hex } {
  const [tbs, algorithm, signature, ...rest] = childrenOf(readDer(hexToBytes(der)));
  isAlgorithm(algorithm);
  if (tbs === undefined || rest.length > 0) throw new DerError("not a signed structure");
  return { tbs, fields: childrenOf(tbs), signature: signatureFromDer(readBitString(signature)) };
}

/** Reads a certificate. */
export function readCertificate(der: Hex): Certificate {
  const { tbs, fields, signature } = readSigned(der);
  const [version, serial, algorithm, issuer, validity, subject, keyInfo, extensionsNode, ...rest] = fields;
  isAlgorithm(algorithm);
  if (readInteger(childrenOf(version, 0xa0)[0]) !== 2n || rest.length > 0) throw new DerError("not X.509 v3");
  if (issuer === undefined || subject === undefined) throw new DerError("no name");
  const [notBefore, notAfter] = childrenOf(validity);
  const [keyAlgorithm, point] = childrenOf(keyInfo);
  const [keyType, curve] = childrenOf(keyAlgorithm);
  const publicKey = bytesToHex(readBitString(point));
  if (readOid(keyType) !== OID.ecPublicKey || readOid(curve) !== OID.prime256v1) throw new DerError("not a P-256 key");
  if (size(publicKey) !== 65 || !publicKey.startsWith("0x04")) throw new DerError("not an uncompressed point");
  const extensions = readExtensions(childrenOf(extensionsNode, 0xa3)[0]);
  const constraints = extensions.get(OID.basicConstraints);
  const [isCa, pathLength] = constraints ? childrenOf(readDer(constraints.value)) : [];
  const usage = extensions.get(OID.keyUsage);
  return {
    der,
    tbs: tbs.raw,
    signature,
    serial: readSerial(serial),
    issuer: bytesToHex(issuer.raw),
    issuerCommonName: commonNameOf(issuer),
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    subject: bytesToHex(subject.raw),
    subjectCommonName: commonNameOf(subject),
    publicKey: slice(publicKey, 1),
    extensions,
    ...keyIds(extensions),
    ca: isCa !== undefined && readBoolean(isCa),
    pathLength: pathLength && readNumber(pathLength),
    keyUsage: usage && expectTag(readDer(usage.value), TAG.bitString).content[1],
  };
}

/** Reads a CRL. */
export function readCrl(der: Hex): Crl {
  const { tbs, fields, signature } = readSigned(der);
  const [version, algorithm, issuer, thisUpdate, nextUpdate, ...rest] = fields;
  isAlgorithm(algorithm);
  if (readInteger(version) !== 1n || issuer === undefined) throw new DerError("not a CRL v2");
  const entries = rest[0]?.tag === TAG.sequence ? childrenOf(rest.shift()) : [];
  const extensions = readExtensions(childrenOf(rest.shift(), 0xa0)[0]);
  if (rest.length > 0) throw new DerError("values follow the extensions");
  const revoked = new Map<Hex, { date: number; reason: number | undefined }>();
  for (const entry of entries) {
    const [serial, date, entryExtensions] = childrenOf(entry);
    const reason = entryExtensions && readExtensions(entryExtensions).get(OID.reasonCode);
    revoked.set(readSerial(serial), {
      date: readTime(date),
      reason: reason && Number(readInteger(readDer(reason.value), TAG.enumerated)),
    });
  }
  const number = extensions.get(OID.crlNumber);
  return {
    tbs: tbs.raw,
    signature,
    issuer: bytesToHex(issuer.raw),
    issuerCommonName: commonNameOf(issuer),
    thisUpdate: readTime(thisUpdate),
    nextUpdate: readTime(nextUpdate),
    extensions,
    authorityKeyId: keyIds(extensions).authorityKeyId,
    number: number && readInteger(readDer(number.value)),
    revoked,
  };
}

/** Whether `signed` is by the key `publicKey` (x ‖ y). */
export const isSignedBy = ({ tbs, signature }: Pick<Signed, "tbs" | "signature">, publicKey: Hex): boolean =>
  verifySignature(tbs, signature, publicKey);
