/** Submits a quote to the registry: checks what it binds, and sends no more of it than the platform needs. */
import {
  type Account,
  type Address,
  type Hex,
  concat,
  encodeAbiParameters,
  encodeFunctionData,
  getAddress,
  hexToBytes,
  keccak256,
  parseAbiParameters,
  parseEventLogs,
  slice,
} from "viem";
import {
  accountExecutor,
  addressOf,
  chainReader,
  waitUntilIdle,
  type ChainReader,
} from "../../deploy/executors/account.ts";
import { attestationRegistryAbi, tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import { QUOTE_BLOCKS, TCB_STATUS_NAMES, commitOf, quoteArguments, reportDataOf } from "./calls.ts";
import { nameOf, type AttestationState } from "./names.ts";
import type { Quote } from "./quote.ts";
import { fromLittleEndian, readEnclaveReport } from "./report.ts";
import { Refusal, refusalOf } from "./refusal.ts";
import { statusOfKey, type RegistryAt } from "./status.ts";
import { readCertificate, type Certificate } from "./x509.ts";

/** What came of a submitted quote. */
export interface Submission {
  readonly key: Address;
  readonly status: AttestationState;
  /** ISO 8601. */
  readonly validUntil: string | null;
  /** The quote as it was sent; null: it had been accepted before, and nothing was sent. */
  readonly form: "full" | "short" | null;
  readonly tcbStatus?: (typeof TCB_STATUS_NAMES)[number];
  readonly transaction?: Hex;
  readonly gas?: number;
}

export interface SubmitOptions extends RegistryAt {
  /** Pays; anyone may. An address must be unlocked at the endpoint. */
  readonly account: Account | Address;
  readonly quote: Quote;
  /** 32 bytes that the quote's commit names. */
  readonly subject: Hex;
  /** The block that it names. */
  readonly blockNumber: bigint;
}

/** How long to wait for a block after the one that the quote names. */
const NEXT_BLOCK_MS = 60_000;

/** `serial` of {@link ICollateralStore.isRevoked}: what the verifier remembers of a certificate. */
export function serialIdOf({ issuer, serial }: Pick<Certificate, "issuer" | "serial">): Hex {
  const bytes = hexToBytes(serial);
  // In DER, a number whose first bit is set has a zero in front.
  const contents = (bytes[0] ?? 0) >= 0x80 ? concat(["0x00", serial]) : serial;
  const parts = [keccak256(issuer), keccak256(contents)] as const;
  return slice(keccak256(encodeAbiParameters(parseAbiParameters("bytes32, bytes32"), parts)), 0, 16);
}

/**
 * Whether the verifier has to see the certificate and QE report of `quote`: the platform is unknown, or has newer ones than
 * those that are remembered, by which its TCB level would be judged.
 */
export async function needsFull(reader: ChainReader, verifier: Address, quote: Quote): Promise<boolean> {
  const [, , , notBeforeDay, notAfterDay, qeIsvSvn, , serial] = await reader.readContract({
    address: verifier,
    abi: tdxVerifierAbi,
    functionName: "platformOf",
    args: [keccak256(quote.attestationKey)],
  });
  if (notAfterDay === 0) return true;
  const leaf = readCertificate(quote.leaf);
  if (Math.floor(leaf.notBefore / 86_400) < notBeforeDay) return false;
  return serial !== serialIdOf(leaf) || qeIsvSvn !== fromLittleEndian(readEnclaveReport(quote.qeReport).isvSvn);
}

/** What a quote has to bind. */
export type Binding = Pick<SubmitOptions, "quote" | "registry" | "subject" | "blockNumber">;

/** The key that a quote binds to these; refuses one that binds something else, or a block that is too old. */
export async function boundKey(reader: ChainReader, options: Binding): Promise<Address> {
  const { quote, registry, subject, blockNumber } = options;
  const [chainId, head] = await Promise.all([reader.getChainId(), reader.getBlockNumber()]);
  if (blockNumber > head || blockNumber + QUOTE_BLOCKS <= head) {
    const why = blockNumber > head ? "is not there yet" : "is not among the last 256";
    throw new Refusal(
      "AttestationRegistry_UnknownBlock",
      `Block ${blockNumber} ${why}; the chain is at ${head}. Make a quote for a block of now and submit it at once.`,
    );
  }
  const { hash: blockHash } = await reader.getBlock({ blockNumber });
  const { reportData } = quote.measurements;
  const key = getAddress(slice(reportData, 0, 20));
  const wanted = reportDataOf(key, commitOf({ chainId, registry, subject, blockNumber, blockHash }));
  if (reportData.toLowerCase() !== wanted.toLowerCase()) {
    throw new Refusal(
      "AttestationRegistry_BindingMismatch",
      `The quote's report data is not that of chain ${chainId}, registry ${registry}, subject ${subject} and block ${blockNumber} (${blockHash}): ${reportData} instead of ${wanted}.`,
    );
  }
  return key;
}

/** Whether the key has attested by this quote; refuses one that is older than its last. */
async function isAccepted(reader: ChainReader, { registry, subject, blockNumber }: SubmitOptions, key: Address) {
  const read = { address: registry, abi: attestationRegistryAbi, args: [key] } as const;
  const [last, known] = await Promise.all([
    reader.readContract({ ...read, functionName: "blockOf" }),
    reader.readContract({ ...read, functionName: "subjectOf" }),
  ]);
  if (last === 0 || blockNumber > BigInt(last)) return false;
  if (blockNumber === BigInt(last) && known === subject.toLowerCase()) return true;
  throw new Refusal(
    "AttestationRegistry_StaleBlock",
    `${key} has attested at block ${last} before; a quote has to name a higher one than ${blockNumber}.`,
  );
}

/** Waits for a block above `blockNumber`; false if none comes. */
export async function waitForBlockAfter(reader: ChainReader, blockNumber: bigint): Promise<boolean> {
  const deadline = Date.now() + NEXT_BLOCK_MS;
  while (Date.now() < deadline) {
    if ((await reader.getBlockNumber()) > blockNumber) return true;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return false;
}

/**
 * Sends `attest`, with the short form of the quote where that is enough.
 * @throws Refusal by the contract's error, before anything is sent.
 */
export async function submitQuote(options: SubmitOptions): Promise<Submission> {
  const { transport, account, registry, quote, subject, blockNumber } = options;
  const reader = chainReader(transport);
  await waitUntilIdle(reader, addressOf(account));
  const [chainId, head] = await Promise.all([reader.getChainId(), reader.getBlockNumber()]);
  const key = await boundKey(reader, options);
  const outcome = async () => {
    const { state, validUntil } = await statusOfKey(options, key);
    return { key, status: state, validUntil };
  };
  if (await isAccepted(reader, options, key)) return { ...(await outcome()), form: null };

  const callOf = (isKnown: boolean): Hex =>
    encodeFunctionData({
      abi: attestationRegistryAbi,
      functionName: "attest",
      args: [subject, Number(blockNumber), ...quoteArguments(quote, { isKnown })],
    });
  const refusal = async (isKnown: boolean): Promise<Refusal | undefined> => {
    try {
      await reader.estimateGas({ account, to: registry, data: callOf(isKnown) });
      return undefined;
    } catch (failure) {
      const error = refusalOf(failure, "PCK certificate");
      if (error instanceof Refusal) return error;
      throw failure;
    }
  };
  const verifier = await reader.readContract({
    address: registry,
    abi: attestationRegistryAbi,
    functionName: "verifier",
  });
  let isKnown = !(await needsFull(reader, verifier, quote));
  let refused = await refusal(isKnown);
  // Some nodes estimate in the last block, which does not see its own hash yet.
  if (refused?.error === "AttestationRegistry_UnknownBlock" && (await waitForBlockAfter(reader, blockNumber))) {
    refused = await refusal(isKnown);
  }
  if (isKnown && refused?.error === "TdxVerifier_OutdatedPlatform") {
    isKnown = false;
    refused = await refusal(isKnown);
  }
  if (refused !== undefined) throw refused;

  const executor = accountExecutor({ transport, account, chainId, blockNumber: head });
  const hash = await executor.send({ to: registry, data: callOf(isKnown), value: 0n, description: "attest" });
  const { gasUsed, logs } = await reader.getTransactionReceipt({ hash });
  const [attested] = parseEventLogs({ abi: attestationRegistryAbi, eventName: "Attested", logs });
  return {
    ...(await outcome()),
    form: isKnown ? "short" : "full",
    ...(attested === undefined ? {} : { tcbStatus: nameOf(TCB_STATUS_NAMES, attested.args.status) }),
    transaction: hash,
    gas: Number(gasUsed),
  };
}
