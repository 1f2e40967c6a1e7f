/** Constants that came from outside, each against another source than our own word: see docs/sources.md. */
import { Buffer } from "node:buffer";
import { X509Certificate, createECDH, generateKeyPairSync } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { getSingletonFactoryInfo } from "@safe-global/safe-singleton-factory";
import {
  type Hex,
  bytesToHex,
  concat,
  hexToBigInt,
  hexToBytes,
  keccak256,
  parseEther,
  size,
  slice,
  toFunctionSelector,
  toHex,
} from "viem";
import { describe, expect, it } from "vitest";
import { FACTORY } from "../../deploy/factory.ts";
import { PRESETS, readParameters } from "../../deploy/parameters/parameters.ts";
import { TOTAL_SUPPLY } from "../../deploy/parameters/validate.ts";
import { INTEL_ROOT } from "../../scripts/attestation/files.ts";
import { P256_ORDER } from "../../scripts/attestation/p256.ts";
import { INTEL_ROOT_KEY } from "../../scripts/attestation/reference.ts";
import { COMMON_NAME, intelName, readCertificate } from "../../scripts/attestation/x509.ts";
import { fixtures } from "../helpers/dcap.ts";

const ROOT = path.join(import.meta.dirname, "../..");

const theirs = createRequire(import.meta.url);

/** Another verifier, of npm, has Intel's root certificate, what begins its quotes, and the sizes of their parts. */
const SIZES = theirs("@phala/dcap-qvl/src/constants.js") as Readonly<
  Record<"TRUSTED_ROOT_CA_DER" | "INTEL_QE_VENDOR_ID", Uint8Array> & Record<SizeName, number>
>;
const { TRUSTED_ROOT_CA_DER, INTEL_QE_VENDOR_ID } = SIZES;
type SizeName =
  | "HEADER_BYTE_LEN"
  | "TD_REPORT10_BYTE_LEN"
  | "TD_REPORT15_BYTE_LEN"
  | "ENCLAVE_REPORT_BYTE_LEN"
  | "ECDSA_SIGNATURE_BYTE_LEN"
  | "ECDSA_PUBKEY_BYTE_LEN"
  | "QE_REPORT_SIG_BYTE_LEN"
  | "QE_AUTH_DATA_SIZE_BYTE_LEN";

/** Its object identifiers of the SGX extension, dotted. */
const SGX_OIDS = theirs("@phala/dcap-qvl/src/oids.js") as Readonly<
  Record<"SGX_EXTENSION" | "PPID" | "TCB" | "PCEID" | "FMSPC" | "PCESVN" | "CPUSVN", string>
>;

/** How it ranks and merges statuses. */
const { tcbStatusSeverity, TcbStatus: OtherStatus } = theirs("@phala/dcap-qvl/src/tcb_info.js") as {
  tcbStatusSeverity: (status: string) => number;
  TcbStatus: new (status: string, advisoryIds: readonly string[]) => OtherTcbStatus;
};
interface OtherTcbStatus {
  readonly status: string;
  merge(other: OtherTcbStatus): OtherTcbStatus;
}

/** How it reads a TD report and a QE report. */
const { BinaryReader, TDReport15, EnclaveReport } = theirs("@phala/dcap-qvl/src/quote.js") as {
  BinaryReader: new (bytes: Uint8Array) => object;
  TDReport15: { decode(reader: object): { readonly base: OtherReport } & OtherReport };
  EnclaveReport: { decode(reader: object): OtherReport };
};
/** Integers as numbers, all else as bytes. */
type OtherReport = Readonly<Record<string, Uint8Array | number | undefined>>;

/** What the contracts call a field, and what the other verifier does. */
const TD_FIELDS = [
  ["TEE_TCB_SVN", "teeTcbSvn"],
  ["MR_SEAM", "mrSeam"],
  ["MR_SIGNER_SEAM", "mrSignerSeam"],
  ["SEAM_ATTRIBUTES", "seamAttributes"],
  ["TD_ATTRIBUTES", "tdAttributes"],
  ["MR_CONFIG_ID", "mrConfigId"],
  ["RT_MR0", "rtMr0"],
  ["RT_MR1", "rtMr1"],
  ["RT_MR3", "rtMr3"],
  ["REPORT_DATA", "reportData"],
  ["TEE_TCB_SVN_2", "teeTcbSvn2"],
  ["MR_SERVICE_TD", "mrServiceTd"],
] as const;
const QE_FIELDS = [
  ["QE_MISC_SELECT", "miscSelect"],
  ["QE_ATTRIBUTES", "attributes"],
  ["QE_MR_SIGNER", "mrSigner"],
  ["QE_ISV_PROD_ID", "isvProdId"],
  ["QE_REPORT_DATA", "reportData"],
] as const;
/** What is a size of the signature data, or follows from them. */
const SIZE_NAMES: ReadonlySet<string> = new Set([
  ...["HEADER_SIZE", "SIZE_10", "SIZE_15", "KEY", "KEY_SIZE", "CERTIFICATION"],
  ...["QE_SIGNATURE", "QE_AUTH_SIZE", "QE_AUTH_DATA"],
]);

/** SHA-256 of that certificate, as Intel's service and every list of it name it. */
const ROOT_FINGERPRINT = "44A0196B2B99F889B8E149E95B807A350E7424964399E885A7CBB8CCFAB674D3";

/** The value of a constant in a contract's source. */
function constantOf(source: string, name: string): Hex {
  const text = readFileSync(path.join(ROOT, "contracts", `${source}.sol`), "utf8");
  const [, value] = new RegExp(`\\b${name} = (0x[0-9a-f]+);`).exec(text) ?? [];
  if (value === undefined) throw new Error(`contracts/${source}.sol has no constant ${name}`);
  return value as Hex;
}

/** The contracts' hashes of names, and the common name of each, by Intel's profile of certificates. */
const NAMES = [
  ["attestation/CollateralStore", "ROOT_NAME", "Intel SGX Root CA"],
  ["attestation/CollateralStore", "PLATFORM_CA_NAME", "Intel SGX PCK Platform CA"],
  ["attestation/CollateralStore", "PROCESSOR_CA_NAME", "Intel SGX PCK Processor CA"],
  ["attestation/CollateralStore", "TCB_SIGNING_NAME", "Intel SGX TCB Signing"],
  ["attestation/TdxVerifier", "_LEAF_NAME", "Intel SGX PCK Certificate"],
] as const;

/** A name in DER with another common name: each value that holds the text grows by what that is longer. */
function renamed(name: Hex, from: string, to: string): Hex {
  const [before, rest, ...others] = name.split(toHex(from).slice(2));
  if (before === undefined || rest === undefined || others.length > 0) throw new Error(`${from} is not there once`);
  const bytes = hexToBytes(before as Hex);
  const growth = to.length - from.length;
  // SEQUENCE (the name), SET, SEQUENCE, and the string itself, whose length is the last byte.
  for (const at of [1, 3, 5, bytes.length - 1]) bytes[at] = (bytes[at] ?? 0) + growth;
  return concat([bytesToHex(bytes), toHex(to), `0x${rest}`]);
}

/** The certificates in a text, as Node reads them. */
const pemsIn = (text: string): X509Certificate[] =>
  [...text.matchAll(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g)].map(
    ([pem]) => new X509Certificate(pem),
  );

/** The numbers among the constants of a contract's source. */
function constantsOf(source: string): ReadonlyMap<string, number> {
  const text = readFileSync(path.join(ROOT, "contracts", `${source}.sol`), "utf8");
  return new Map(
    [...text.matchAll(/^ *uint256 (?:internal )?constant (\w+) = (0x[0-9a-f]+|\d+);/gm)].map(([, name = "", value]) => [
      name,
      Number(value),
    ]),
  );
}

describe("Intel", () => {
  it("Intel's root key is that of Intel's certificate", () => {
    const certificate = new X509Certificate(TRUSTED_ROOT_CA_DER);
    expect(certificate.fingerprint256.replaceAll(":", "")).toBe(ROOT_FINGERPRINT);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    const read = readCertificate(bytesToHex(TRUSTED_ROOT_CA_DER));
    expect(read.publicKey).toBe(INTEL_ROOT_KEY);
    expect(INTEL_ROOT).toEqual({
      x: slice(read.publicKey, 0, 32),
      y: slice(read.publicKey, 32, 64),
      notAfter: Date.parse(certificate.validTo) / 1000,
    });
    expect(keccak256(read.subject)).toBe(constantOf("attestation/CollateralStore", "ROOT_NAME"));
  });

  it.each(NAMES)("%s: %s is the name of Intel's root with %s for its common name", (source, name, commonName) => {
    // Types, order and string types are the genuine certificate's: only the common name is put in, and the lengths around it.
    const genuine = readCertificate(bytesToHex(TRUSTED_ROOT_CA_DER)).subject;
    expect(keccak256(renamed(genuine, "Intel SGX Root CA", commonName))).toBe(constantOf(source, name));
  });

  it("writes its own name as we write it", () => {
    expect(readCertificate(bytesToHex(TRUSTED_ROOT_CA_DER)).subject).toBe(bytesToHex(intelName(COMMON_NAME.root)));
  });

  const data = fixtures();
  it.skipIf(data === undefined)("has these names in its certificates, each of them signed up to the same root", () => {
    if (data === undefined) return;
    const root = new X509Certificate(TRUSTED_ROOT_CA_DER);
    const texts = data.vectors.flatMap(({ name, expected }) => [
      Buffer.from(data.quote(name).trim().replace(/^0x/, ""), "hex").toString("latin1"),
      ...expected.map(({ collateral }) => JSON.stringify(data.collateral(collateral)).replaceAll("\\n", "\n")),
    ]);
    const certificates = new Map(texts.flatMap(pemsIn).map((each) => [each.fingerprint256, each]));
    const found = new Map<string, Set<Hex>>();
    for (const certificate of certificates.values()) {
      let [last, links] = [certificate, 0];
      for (; last.fingerprint256 !== root.fingerprint256 && links < 3; ++links) {
        const child = last;
        const issuer = [...certificates.values()].find(
          (each) => child.checkIssued(each) && child.verify(each.publicKey),
        );
        expect(issuer, child.subject).toBeDefined();
        last = issuer ?? child;
      }
      expect(last.fingerprint256, certificate.subject).toBe(root.fingerprint256);
      const [, commonName = ""] = /^CN=(.*)$/m.exec(certificate.subject) ?? [];
      const { subject } = readCertificate(bytesToHex(certificate.raw));
      found.set(commonName, (found.get(commonName) ?? new Set()).add(keccak256(subject)));
    }
    // Node's reader says whose certificate it is; the bytes of the name are those that the contract compares.
    const wanted = NAMES.map(
      ([source, name, commonName]) => [commonName, new Set([constantOf(source, name)])] as const,
    );
    expect(new Map([...found].sort())).toEqual(new Map(wanted.toSorted()));
  });

  it("the QE vendor is Intel's", () => {
    expect(constantOf("attestation/TdxVerifier", "_INTEL_QE_VENDOR")).toBe(bytesToHex(INTEL_QE_VENDOR_ID));
  });

  it("quotes have the sizes that the other verifier reads", () => {
    const layout = constantsOf("attestation/codec/TdReport");
    expect(layout.get("HEADER_SIZE")).toBe(SIZES.HEADER_BYTE_LEN);
    expect(layout.get("SIZE_10")).toBe(SIZES.TD_REPORT10_BYTE_LEN);
    expect(layout.get("SIZE_15")).toBe(SIZES.TD_REPORT15_BYTE_LEN);
    const key = SIZES.ECDSA_SIGNATURE_BYTE_LEN;
    expect(layout.get("KEY")).toBe(key);
    expect(layout.get("KEY_SIZE")).toBe(SIZES.ECDSA_PUBKEY_BYTE_LEN);
    expect(layout.get("CERTIFICATION")).toBe(key + SIZES.ECDSA_PUBKEY_BYTE_LEN);
    const signature = Number(layout.get("QE_SIGNATURE"));
    expect(signature).toBe(key + SIZES.ECDSA_PUBKEY_BYTE_LEN + SIZES.ENCLAVE_REPORT_BYTE_LEN);
    expect(layout.get("QE_AUTH_SIZE")).toBe(signature + SIZES.QE_REPORT_SIG_BYTE_LEN);
    expect(layout.get("QE_AUTH_DATA")).toBe(
      signature + SIZES.QE_REPORT_SIG_BYTE_LEN + SIZES.QE_AUTH_DATA_SIZE_BYTE_LEN,
    );
  });

  it("quotes have their fields where the other verifier reads them", () => {
    // Every two bytes tell their place.
    const places = (length: number): Uint8Array => {
      const bytes = Buffer.alloc(length);
      for (let at = 0; at < length; at += 2) bytes.writeUInt16LE(at, at);
      return Uint8Array.from(bytes);
    };
    const layout = constantsOf("attestation/codec/TdReport");
    const { base, ...added } = TDReport15.decode(new BinaryReader(places(SIZES.TD_REPORT15_BYTE_LEN)));
    const td: OtherReport = { ...base, ...added };
    const qe = EnclaveReport.decode(new BinaryReader(places(SIZES.ENCLAVE_REPORT_BYTE_LEN)));
    const placeOf = (value: Uint8Array | number | undefined): number | undefined =>
      typeof value === "object" ? Buffer.from(value).readUInt16LE(0) : value && value & 0xffff;
    for (const [name, field] of TD_FIELDS) expect([name, layout.get(name)]).toEqual([name, placeOf(td[field])]);
    for (const [name, field] of QE_FIELDS) expect([name, layout.get(name)]).toEqual([name, placeOf(qe[field])]);
    // All of them, so that none is added without.
    const named = [...layout.keys()].filter((name) => !SIZE_NAMES.has(name));
    expect([...TD_FIELDS, ...QE_FIELDS].map(([name]) => name).sort()).toEqual(named.sort());
  });
});

describe("Intel's statuses", () => {
  /** As the contract numbers them. */
  const text = readFileSync(path.join(ROOT, "contracts/types/TcbStatus.sol"), "utf8");
  const [, list = ""] = /enum TcbStatus \{([^}]*)\}/.exec(text) ?? [];
  const names = list.split(",").map((name) => name.trim());
  const setOf = (wanted: (name: string) => boolean): number =>
    names.reduce((set, name, i) => (i !== 0 && wanted(name) ? set | (1 << i) : set), 0);
  const constants = constantsOf("types/TcbStatus");
  const isRelaunch = (name: string) => name.startsWith("TdRelaunchAdvised");
  const isOutOfDate = (name: string) => name.startsWith("OutOfDate");
  const needsConfiguration = (name: string) => /Configuration/.test(name);

  it("are those that the other verifier knows, and two of the relaunch check", () => {
    const unknown = tcbStatusSeverity("no status");
    expect(names.filter((name) => tcbStatusSeverity(name) === unknown).sort()).toEqual(
      ["None", "TdRelaunchAdvised", "TdRelaunchAdvisedConfigurationNeeded"].sort(),
    );
  });

  const data = fixtures();
  it.skipIf(data === undefined)("are the only ones in genuine TCB infos and QE identities", () => {
    if (data === undefined) return;
    const files = new Set(data.vectors.flatMap(({ expected }) => expected.map(({ collateral }) => collateral)));
    const seen = [...files].flatMap((file) => {
      const { tcb_info, qe_identity } = data.collateral(file);
      return [...`${tcb_info}${qe_identity}`.matchAll(/"tcbStatus":"(\w+)"/g)].map(([, name = ""]) => name);
    });
    expect(seen.length).toBeGreaterThan(20);
    expect([...new Set(seen)].filter((name) => !names.includes(name) || isRelaunch(name))).toEqual([]);
  });

  it("are in the sets that their names say", () => {
    expect(constants.get("RELAUNCH_TD_SET")).toBe(setOf(isOutOfDate));
    expect(constants.get("RELAUNCH_PLATFORM_SET")).toBe(
      setOf((name) => !isOutOfDate(name) && !isRelaunch(name) && name !== "Revoked"),
    );
    expect(constants.get("CONFIGURATION_SET")).toBe(setOf(needsConfiguration));
    // A module or a QE is what its SVN is: nothing to configure, nothing to harden.
    expect(constants.get("MODULE_SET")).toBe(setOf((name) => ["UpToDate", "OutOfDate", "Revoked"].includes(name)));
  });

  it("become with an old module or QE what Intel's rule says: out of date, and what was to be configured stays to be", () => {
    const rule = (name: string): string => {
      if (name === "None" || name === "Revoked" || isRelaunch(name)) return name;
      return needsConfiguration(name) ? "OutOfDateConfigurationNeeded" : "OutOfDate";
    };
    const table = names.reduce((sum, name, i) => sum | (BigInt(names.indexOf(rule(name))) << BigInt(4 * i)), 0n);
    expect(/WITH_OUT_OF_DATE_TABLE = (0x[0-9a-f]+);/.exec(text)?.[1]).toBe(toHex(table));
    // The other verifier ranks by severity, which is the same where nothing is to be configured.
    for (const name of names.slice(1).filter((each) => !needsConfiguration(each) && !isRelaunch(each))) {
      const { status } = new OtherStatus(name, []).merge(new OtherStatus("OutOfDate", []));
      expect(rule(name), name).toBe(status);
    }
  });
});

describe("standards", () => {
  /** The content of an OID by its definition (X.690, 8.19): two arcs in the first number, each number in sevens of bits. */
  const contentOf = (dotted: string): Hex => {
    const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
    const sevens = (arc: number): number[] => (arc < 128 ? [arc] : [...sevens(Math.floor(arc / 128)), arc % 128]);
    const marked = (arc: number) => sevens(arc).map((part, i, all) => (i < all.length - 1 ? part | 0x80 : part));
    return bytesToHex(Uint8Array.from([40 * first + second, ...rest].flatMap(marked)));
  };
  const bytesOf = (dotted: string): Hex =>
    concat(["0x06", toHex(size(contentOf(dotted)), { size: 1 }), contentOf(dotted)]);
  /** As in RFC 5280, RFC 5480 and RFC 5758; Intel's as the other verifier has it. */
  const KEY_USAGE = "2.5.29.15";
  const BASIC_CONSTRAINTS = "2.5.29.19";
  const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
  const CRL_NUMBER = "2.5.29.20";
  const AUTHORITY_KEY_ID = "2.5.29.35";

  it.each([
    ["attestation/codec/X509", "_KEY_USAGE", contentOf(KEY_USAGE)],
    ["attestation/codec/X509", "_BASIC_CONSTRAINTS", contentOf(BASIC_CONSTRAINTS)],
    ["attestation/codec/X509", "_SGX_EXTENSION", contentOf(SGX_OIDS.SGX_EXTENSION)],
    ["attestation/codec/X509", "_COMPONENT", concat(["0x3010", "0x060b", contentOf(SGX_OIDS.TCB)])],
    ["attestation/codec/X509", "_ECDSA_WITH_SHA256", concat(["0x300a", bytesOf(ECDSA_WITH_SHA256)])],
    ["attestation/codec/Crl", "_CRL_NUMBER", bytesOf(CRL_NUMBER)],
    ["attestation/codec/Crl", "_AUTHORITY_KEY_ID", bytesOf(AUTHORITY_KEY_ID)],
  ])("%s: %s is the DER of its object identifier", (source, name, wanted) => {
    expect(constantOf(source, name)).toBe(wanted);
  });

  it("each arc below Intel's is read as the other verifier reads it", () => {
    const text = readFileSync(path.join(ROOT, "contracts/attestation/codec/X509.sol"), "utf8");
    const members = [...text.matchAll(/arc == (\d+)\) \{\s+(?:sgx\.(\w+)|_parse(\w+)\()/g)];
    const read = new Map(members.map(([, arc, field, part]) => [arc, (field ?? part ?? "").toUpperCase()]));
    const theirs = Object.entries(SGX_OIDS)
      .map(([name, dotted]) => [name, dotted.slice(SGX_OIDS.SGX_EXTENSION.length + 1)] as const)
      .filter(([, arc]) => /^[1-4]$/.test(arc));
    expect(read).toEqual(new Map(theirs.map(([name, arc]) => [arc, name])));
    expect([SGX_OIDS.PCESVN, SGX_OIDS.CPUSVN]).toEqual([`${SGX_OIDS.TCB}.17`, `${SGX_OIDS.TCB}.18`]);
    expect(text).toContain("the PCE SVN (17) and the CPU SVN (18)");
  });

  it("the beginning of a key on P-256 is that of every key that OpenSSL writes", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const spki = bytesToHex(publicKey.export({ type: "spki", format: "der" }));
    const prefix = constantOf("attestation/codec/X509", "_P256_KEY");
    expect(slice(spki, 0, size(prefix))).toBe(prefix);
    expect(size(spki) - size(prefix)).toBe(64);
  });

  it("OpenSSL takes the same bytes in Intel's root for signature algorithm, constraints and version", () => {
    const genuine = bytesToHex(TRUSTED_ROOT_CA_DER);
    const read = (der: Hex) => new X509Certificate(hexToBytes(der));
    const algorithm = constantOf("attestation/codec/X509", "_ECDSA_WITH_SHA256").slice(2);
    const constraints = `0603${constantOf("attestation/codec/X509", "_BASIC_CONSTRAINTS").slice(2)}`;
    const version = constantOf("attestation/codec/X509", "_VERSION_3").slice(2);
    for (const bytes of [algorithm, constraints, version]) expect(genuine).toContain(bytes);
    const root = read(genuine);
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    // With another OID there, OpenSSL finds no constraints, and no algorithm by which the signature would be one.
    expect(read(genuine.replace(constraints, "0603551d7f") as Hex).ca).toBe(false);
    const other = read(genuine.replaceAll(algorithm, algorithm.replace(/02$/, "03")) as Hex);
    expect(other.verify(root.publicKey)).toBe(false);
  });

  it("the order of P-256 is that of OpenSSL's curve", () => {
    // Order times generator is the point at infinity: the key ‑1 has the generator's x, and the other y.
    const publicKey = (secret: bigint) => {
      const key = createECDH("prime256v1");
      key.setPrivateKey(hexToBytes(toHex(secret, { size: 32 })));
      return bytesToHex(key.getPublicKey());
    };
    const [one, minusOne] = [publicKey(1n), publicKey(P256_ORDER - 1n)];
    expect(slice(minusOne, 1, 33)).toBe(slice(one, 1, 33));
    expect(slice(minusOne, 33)).not.toBe(slice(one, 33));
    expect(() => publicKey(P256_ORDER)).toThrow();
  });

  it.each([
    ["ERC-7540 operators", "0xe3bc4e65", ["setOperator(address,bool)", "isOperator(address,address)"]],
    [
      "ERC-7540 redemption",
      "0x620ee8e4",
      [
        "requestRedeem(uint256,address,address)",
        "pendingRedeemRequest(uint256,address)",
        "claimableRedeemRequest(uint256,address)",
      ],
    ],
    [
      "ERC-7575 vaults",
      "0x2f0a18c5",
      [
        ...["asset()", "share()", "convertToShares(uint256)", "convertToAssets(uint256)", "totalAssets()"],
        ...["maxDeposit(address)", "previewDeposit(uint256)", "deposit(uint256,address)"],
        ...["maxMint(address)", "previewMint(uint256)", "mint(uint256,address)"],
        ...["maxWithdraw(address)", "previewWithdraw(uint256)", "withdraw(uint256,address,address)"],
        ...["maxRedeem(address)", "previewRedeem(uint256)", "redeem(uint256,address,address)"],
      ],
    ],
  ])("%s has the id %s: its selectors, one over the other", (_name, id, functions) => {
    const all = functions.reduce((sum, signature) => sum ^ hexToBigInt(toFunctionSelector(signature)), 0n);
    expect(toHex(all, { size: 4 })).toBe(id);
    expect(readFileSync(path.join(ROOT, "contracts/staking/VPHA.sol"), "utf8")).toContain(`interfaceId == ${id}`);
  });

  it("the factory of CREATE2 is the one that Safe publishes for Ethereum, Sepolia and the local chain", () => {
    for (const chainId of [1, 11_155_111, 31_337]) expect(getSingletonFactoryInfo(chainId)?.address).toBe(FACTORY);
  });
});

describe("Phala", () => {
  const PHA = parseEther("1");
  /** Days of an epoch, and how many first epochs the infinite sum is: each has three quarters of the one before. */
  const [EPOCH_DAYS, EPOCHS] = [180n, 4n];

  it.each([
    // 70 % of what there is.
    ["genesis", (70n * TOTAL_SUPPLY) / 100n],
    // 720,000 PHA a day, and 135,000 of now.
    ["published", 720_000n * EPOCH_DAYS * EPOCHS * PHA],
    ["current", 135_000n * EPOCH_DAYS * EPOCHS * PHA],
  ] as const)("the preset %s emits what its published rate sums up to", (preset, sum) => {
    expect(EPOCHS * parseEther(PRESETS[preset])).toBe(sum);
  });

  it("the published presets fit into the allocation, and the current one into what does not circulate yet", () => {
    const sumOf = (preset: keyof typeof PRESETS) => EPOCHS * parseEther(PRESETS[preset]);
    expect(sumOf("published")).toBeLessThan(sumOf("genesis"));
    // 831,483,000 PHA circulate.
    expect(sumOf("current")).toBeLessThan(TOTAL_SUPPLY - 831_483_000n * PHA);
    // 972,222 PHA a day in the first epoch, as the announcement rounds it.
    expect(parseEther(PRESETS.genesis) / EPOCH_DAYS / PHA).toBe(972_222n);
  });

  const files = readdirSync(path.join(ROOT, "deploy/parameters")).filter((file) => file.endsWith(".json"));
  it.each(files)("%s: collateral and weight are what Phala publishes for each model", (file) => {
    const { compute } = readParameters(path.join(ROOT, "deploy/parameters", file), "genesis");
    const listed = compute.models.map(({ name, collateral, weight }) => [name, Number(collateral), weight / 100]);
    expect(listed).toEqual([
      ["H100", 1_250, 1],
      ["H200", 1_875, 1.5],
      ["B200", 2_250, 1.8],
    ]);
    // The two lists were published apart, and agree: each model's collateral is an H100's times its weight.
    for (const { collateral, weight } of compute.models)
      expect(BigInt(collateral) * 100n).toBe(1_250n * BigInt(weight));
  });

  it("the guide for operators has the same table", () => {
    const guide = readFileSync(path.join(ROOT, "docs/operators.md"), "utf8");
    const rows = [...guide.matchAll(/^\| (\w+) +\| +([\d,]+) vPHA \| +([\d.]+) \|$/gm)];
    const { compute } = readParameters(path.join(ROOT, "deploy/parameters/local.json"), "genesis");
    expect(
      rows.map(([, name, collateral = "", weight]) => [name, Number(collateral.replace(",", "")), Number(weight)]),
    ).toEqual(compute.models.map(({ name, collateral, weight }) => [name, Number(collateral), weight / 100]));
  });
});
