/** What the contracts take: a quote in components, and a collateral file as uploads in the order in which they depend on each other. */
import {
  type Address,
  type Hex,
  concat,
  encodeAbiParameters,
  keccak256,
  parseAbiParameters,
  size,
  slice,
  stringToHex,
  toHex,
} from "viem";
import type { CollateralFile } from "./collateral.ts";
import { decodePem } from "./pem.ts";
import type { Quote } from "./quote.ts";

/** r and s of a signature of 64 bytes. */
const signatureOf = (bytes: Hex): { r: Hex; s: Hex } => ({ r: slice(bytes, 0, 32), s: slice(bytes, 32, 64) });

/** The size of `bytes` as two bytes, little-endian. */
const sizeOf = (bytes: Hex): Hex => toHex(Uint8Array.of(size(bytes) & 0xff, size(bytes) >> 8));

/** `signedData` and `signatureData` of {@link ITdxVerifier.verify}: whole, or without what a known platform has shown before. */
export function quoteArguments(quote: Quote, options: { isKnown?: boolean } = {}): readonly [Hex, Hex] {
  const { signedData, signature, attestationKey, qeReport, qeReportSignature, qeAuthData, leaf } = quote;
  const shown = [signature, attestationKey];
  if (options.isKnown !== true) shown.push(qeReport, qeReportSignature, sizeOf(qeAuthData), qeAuthData, leaf);
  return [signedData, concat(shown)];
}

/** One upload: a function of the collateral store and its arguments. */
export type Upload =
  | {
      readonly functionName: "uploadRootCrl" | "uploadPckCa" | "uploadPckCrl" | "uploadTcbSigning";
      readonly args: readonly [Hex];
    }
  | {
      readonly functionName: "uploadTcbInfo" | "uploadQeIdentity";
      readonly args: readonly [Hex, { r: Hex; s: Hex }];
    };

const hexOf = (digits: string): Hex => `0x${digits.trim().replace(/^0x/, "")}`;

/** The first certificate of a PEM chain: the one that signs. */
function signerOf(chain: string, member: string): Hex {
  const [certificate] = decodePem(chain);
  if (certificate === undefined) throw new Error(`${member} holds no certificate`);
  return certificate;
}

/** A collateral file as uploads, each after what it needs. */
export function uploadsOf(file: CollateralFile): Upload[] {
  return [
    { functionName: "uploadRootCrl", args: [hexOf(file.root_ca_crl)] },
    { functionName: "uploadPckCa", args: [signerOf(file.pck_crl_issuer_chain, "pck_crl_issuer_chain")] },
    { functionName: "uploadPckCrl", args: [hexOf(file.pck_crl)] },
    { functionName: "uploadTcbSigning", args: [signerOf(file.tcb_info_issuer_chain, "tcb_info_issuer_chain")] },
    {
      functionName: "uploadTcbInfo",
      args: [stringToHex(file.tcb_info), signatureOf(hexOf(file.tcb_info_signature))],
    },
    {
      functionName: "uploadQeIdentity",
      args: [stringToHex(file.qe_identity), signatureOf(hexOf(file.qe_identity_signature))],
    },
  ];
}

/** Names of `TcbStatus` in the contracts, by number. */
export const TCB_STATUS_NAMES = [
  "None",
  "UpToDate",
  "SWHardeningNeeded",
  "ConfigurationNeeded",
  "ConfigurationAndSWHardeningNeeded",
  "OutOfDate",
  "OutOfDateConfigurationNeeded",
  "Revoked",
  "TdRelaunchAdvised",
  "TdRelaunchAdvisedConfigurationNeeded",
] as const;

/** What the contracts keep of an advisory whose id has another form. */
const OTHER_ADVISORY = 0xffffff;

/** The id of an advisory as Intel writes it; `other` for one of another form, of which the contracts keep no more. */
export const advisoryId = (number: number): string =>
  number === OTHER_ADVISORY ? "other" : `INTEL-SA-${String(number).padStart(5, "0")}`;

/** The date of a day counted from 1970-01-01, as Intel writes TCB dates. */
export const dayText = (day: number): string => `${new Date(day * 86_400_000).toISOString().slice(0, 10)}T00:00:00Z`;

/** How many blocks behind the one it names a quote can be attested. */
export const QUOTE_BLOCKS = 256n;

/** What a quote must commit to: `commitOf` of the registry. */
export const commitOf = (binding: {
  readonly chainId: number;
  readonly registry: Address;
  readonly subject: Hex;
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
}): Hex =>
  keccak256(
    encodeAbiParameters(parseAbiParameters("uint256, address, bytes32, uint256, bytes32"), [
      BigInt(binding.chainId),
      binding.registry,
      binding.subject,
      binding.blockNumber,
      binding.blockHash,
    ]),
  );

/** The report data of a quote that binds `key`: key (20 B) ‖ commit (32 B) ‖ 12 zero bytes. */
export const reportDataOf = (key: Address, commit: Hex): Hex => concat([key, commit, `0x${"00".repeat(12)}`]);
