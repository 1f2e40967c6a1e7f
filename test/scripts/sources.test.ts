/** Constants that came from outside, each against another source than our own word: see docs/sources.md. */
import { X509Certificate, createECDH } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { getSingletonFactoryInfo } from "@safe-global/safe-singleton-factory";
import {
  type Hex,
  bytesToHex,
  hexToBigInt,
  hexToBytes,
  keccak256,
  parseEther,
  slice,
  toFunctionSelector,
  toHex,
} from "viem";
import { describe, expect, it } from "vitest";
import { FACTORY } from "../../deploy/factory.ts";
import { PRESETS, readParameters } from "../../deploy/parameters/parameters.ts";
import { oid } from "../../scripts/attestation/der.ts";
import { INTEL_ROOT } from "../../scripts/attestation/files.ts";
import { P256_ORDER } from "../../scripts/attestation/p256.ts";
import { decodePem } from "../../scripts/attestation/pem.ts";
import { INTEL_ROOT_KEY } from "../../scripts/attestation/reference.ts";
import { COMMON_NAME, OID, intelName, readCertificate } from "../../scripts/attestation/x509.ts";
import { fixtures } from "../helpers/dcap.ts";

const ROOT = path.join(import.meta.dirname, "../..");

/** Intel's root certificate, and what begins its quotes, as another verifier, of npm, has them. */
const { TRUSTED_ROOT_CA_DER, INTEL_QE_VENDOR_ID } = createRequire(import.meta.url)(
  "@phala/dcap-qvl/src/constants.js",
) as Readonly<Record<"TRUSTED_ROOT_CA_DER" | "INTEL_QE_VENDOR_ID", Uint8Array>>;

/** SHA-256 of that certificate, as Intel's service and every list of it name it. */
const ROOT_FINGERPRINT = "44A0196B2B99F889B8E149E95B807A350E7424964399E885A7CBB8CCFAB674D3";

/** The value of a constant in a contract's source. */
function constantOf(source: string, name: string): Hex {
  const text = readFileSync(path.join(ROOT, "contracts", `${source}.sol`), "utf8");
  const [, value] = new RegExp(`\\b${name} = (0x[0-9a-f]+);`).exec(text) ?? [];
  if (value === undefined) throw new Error(`contracts/${source}.sol has no constant ${name}`);
  return value as Hex;
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

  it.each([
    ["attestation/CollateralStore", "ROOT_NAME", COMMON_NAME.root],
    ["attestation/CollateralStore", "PLATFORM_CA_NAME", COMMON_NAME.platform],
    ["attestation/CollateralStore", "PROCESSOR_CA_NAME", COMMON_NAME.processor],
    ["attestation/CollateralStore", "TCB_SIGNING_NAME", COMMON_NAME.tcbSigner],
    ["attestation/TdxVerifier", "_LEAF_NAME", COMMON_NAME.leaf],
  ])("%s: %s is the hash of %s, as Intel writes names", (source, name, commonName) => {
    expect(keccak256(intelName(commonName))).toBe(constantOf(source, name));
  });

  it("writes its own name as we write it", () => {
    expect(readCertificate(bytesToHex(TRUSTED_ROOT_CA_DER)).subject).toBe(bytesToHex(intelName(COMMON_NAME.root)));
  });

  const data = fixtures();
  it.skipIf(data === undefined)("signs its collateral under the same root and names", () => {
    if (data === undefined) return;
    const used = data.vectors.flatMap(({ expected }) => expected.map(({ collateral }) => collateral));
    const names = new Set<string>();
    for (const collateral of new Set(used)) {
      const { pck_crl_issuer_chain, tcb_info_issuer_chain } = data.collateral(collateral);
      const chains = [pck_crl_issuer_chain, tcb_info_issuer_chain].map((chain) =>
        decodePem(chain).map(readCertificate),
      );
      for (const chain of chains) {
        expect(chain.at(-1)?.publicKey).toBe(INTEL_ROOT_KEY);
        for (const { subject } of chain) names.add(keccak256(subject));
      }
    }
    expect(names).toContain(constantOf("attestation/CollateralStore", "ROOT_NAME"));
    expect(names).toContain(constantOf("attestation/CollateralStore", "PLATFORM_CA_NAME"));
    expect(names).toContain(constantOf("attestation/CollateralStore", "TCB_SIGNING_NAME"));
  });

  it("the QE vendor is Intel's", () => {
    expect(constantOf("attestation/TdxVerifier", "_INTEL_QE_VENDOR")).toBe(bytesToHex(INTEL_QE_VENDOR_ID));
  });
});

describe("standards", () => {
  /** The content of an OID, without tag and length. */
  const contentOf = (dotted: string) => bytesToHex(oid(dotted).subarray(2));

  it.each([
    ["attestation/codec/X509", "_KEY_USAGE", contentOf(OID.keyUsage)],
    ["attestation/codec/X509", "_BASIC_CONSTRAINTS", contentOf(OID.basicConstraints)],
    ["attestation/codec/X509", "_SGX_EXTENSION", contentOf("1.2.840.113741.1.13.1")],
    ["attestation/codec/X509", "_ECDSA_WITH_SHA256", `0x300a${bytesToHex(oid("1.2.840.10045.4.3.2")).slice(2)}`],
    ["attestation/codec/Crl", "_CRL_NUMBER", bytesToHex(oid("2.5.29.20"))],
    ["attestation/codec/Crl", "_AUTHORITY_KEY_ID", bytesToHex(oid("2.5.29.35"))],
  ])("%s: %s is the DER of its object identifier", (source, name, wanted) => {
    expect(constantOf(source, name)).toBe(wanted);
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
  it.each([
    ["genesis", "700000000"],
    ["published", "518400000"],
    ["current", "97200000"],
  ] as const)("the preset %s emits %s PHA in all", (preset, sum) => {
    expect(4n * parseEther(PRESETS[preset])).toBe(parseEther(sum));
  });

  it("collateral and weight are what Phala publishes for each model", () => {
    const { compute } = readParameters(path.join(ROOT, "deploy/parameters/local.json"), "genesis");
    const listed = compute.models.map(({ name, collateral, weight }) => [name, Number(collateral), weight / 100]);
    expect(listed).toEqual([
      ["H100", 1_250, 1],
      ["H200", 1_875, 1.5],
      ["B200", 2_250, 1.8],
    ]);
  });
});
