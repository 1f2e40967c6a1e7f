/** Uploads collateral to a verifier: what the chain does not have yet, each after what it needs. */
import { type Account, type Address, type Hex, type Transport, encodeFunctionData, hexToString, isHex } from "viem";
import {
  type ChainReader,
  accountExecutor,
  addressOf,
  chainReader,
  waitUntilIdle,
} from "../../deploy/executors/account.ts";
import { tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import { uploadsOf, type Upload } from "./calls.ts";
import { isoTime, type CollateralFile, type QeIdentity, type TcbInfo } from "./collateral.ts";
import { DerError } from "./der.ts";
import { COLLATERAL_KINDS, COLLATERAL_TEXT, type CollateralKind } from "./names.ts";
import { invalidInput, refusalOf } from "./refusal.ts";
import { COMMON_NAME, readCertificate, readCrl } from "./x509.ts";

/** How new a piece of collateral is: issue date (unix seconds) and TCB evaluation data number. */
interface Age {
  readonly issued: number;
  readonly evaluation: number;
}

/** A piece of a collateral file. */
export interface CollateralItem extends Age {
  readonly kind: CollateralKind;
  /** Of a TCB info; zeros otherwise. */
  readonly fmspc: Hex;
  readonly upload: Upload;
}

/** What became of a piece. */
export interface UploadedItem {
  readonly kind: CollateralKind;
  /** `uploaded`; `present`: the chain had it; `newerOnChain`: the chain has something newer. */
  readonly result: "uploaded" | "present" | "newerOnChain";
  /** ISO 8601: issue date of the piece (a certificate's notBefore). */
  readonly issued: string;
  /** TCB evaluation data number; 0 where there is none. */
  readonly evaluation: number;
  /** What the chain had before; null if nothing. */
  readonly onChain: { readonly issued: string; readonly evaluation: number } | null;
  readonly fmspc?: Hex;
  readonly transaction?: Hex;
  readonly gas?: number;
}

const NO_FMSPC: Hex = "0x000000000000";

const seconds = (date: string): number => {
  const time = Date.parse(date) / 1000;
  if (!Number.isSafeInteger(time)) throw new SyntaxError(`${date} is no date`);
  return time;
};

/** Head of a TCB info or of a QE identity. */
function headOf(text: Hex): Age & { fmspc: Hex } {
  const head = JSON.parse(hexToString(text)) as Partial<TcbInfo & QeIdentity>;
  const { issueDate, tcbEvaluationDataNumber: evaluation, fmspc } = head;
  if (typeof issueDate !== "string" || typeof evaluation !== "number") {
    throw new SyntaxError("no issueDate or tcbEvaluationDataNumber");
  }
  const id = fmspc === undefined ? NO_FMSPC : `0x${fmspc.toLowerCase()}`;
  if (!isHex(id) || id.length !== NO_FMSPC.length) throw new SyntaxError("fmspc is not 6 bytes of hex");
  return { issued: seconds(issueDate), evaluation, fmspc: id };
}

function itemOf(upload: Upload): CollateralItem {
  const { functionName } = upload;
  const [content] = upload.args;
  const undated = { evaluation: 0, fmspc: NO_FMSPC, upload };
  if (functionName === "uploadRootCrl" || functionName === "uploadPckCrl") {
    const { thisUpdate: issued, issuerCommonName } = readCrl(content);
    const pck = issuerCommonName === COMMON_NAME.processor ? "ProcessorCrl" : "PlatformCrl";
    return { ...undated, kind: functionName === "uploadRootCrl" ? "RootCrl" : pck, issued };
  }
  if (functionName === "uploadPckCa" || functionName === "uploadTcbSigning") {
    const { notBefore: issued, subjectCommonName } = readCertificate(content);
    const pck = subjectCommonName === COMMON_NAME.processor ? "ProcessorCa" : "PlatformCa";
    return { ...undated, kind: functionName === "uploadTcbSigning" ? "TcbSigning" : pck, issued };
  }
  return { ...headOf(content), kind: functionName === "uploadTcbInfo" ? "TcbInfo" : "QeIdentity", upload };
}

/** The pieces of a collateral file in the order of their uploads. Throws a refusal that names what cannot be read. */
export function itemsOf(file: CollateralFile): CollateralItem[] {
  return uploadsOf(file).map((upload) => {
    try {
      return itemOf(upload);
    } catch (error) {
      if (!(error instanceof DerError || error instanceof SyntaxError)) throw error;
      throw invalidInput(`What ${upload.functionName} takes cannot be read: ${error.message}.`, error);
    }
  });
}

/** The contract's rule: in neither number lower, in one higher. */
function compare(item: Age, stored: Age): ComparedItem["result"] {
  if (item.issued === stored.issued && item.evaluation === stored.evaluation) return "present";
  return item.issued < stored.issued || item.evaluation < stored.evaluation ? "newerOnChain" : "missing";
}

const fmspcOf = ({ kind, fmspc }: CollateralItem) => (kind === "TcbInfo" ? { fmspc } : {});

/** A piece beside what the chain has of it. */
export interface ComparedItem {
  readonly item: CollateralItem;
  readonly onChain: Age;
  readonly result: Exclude<UploadedItem["result"], "uploaded"> | "missing";
}

/** What the chain has of a piece. */
async function compareWithChain(reader: ChainReader, address: Address, item: CollateralItem): Promise<ComparedItem> {
  const args = [COLLATERAL_KINDS.indexOf(item.kind), item.fmspc] as const;
  const [issued, , evaluation] = await reader.readContract({
    address,
    abi: tdxVerifierAbi,
    functionName: "collateral",
    args,
  });
  const onChain = { issued, evaluation };
  return { item, onChain, result: compare(item, onChain) };
}

/** The pieces of `file` that `verifier` lacks, by kind. A new signer voids what the old one signed: then it is more. */
export async function missingCollateral(
  reader: ChainReader,
  verifier: Address,
  file: CollateralFile,
): Promise<CollateralKind[]> {
  const compared = await Promise.all(itemsOf(file).map((item) => compareWithChain(reader, verifier, item)));
  return compared.filter(({ result }) => result === "missing").map(({ item }) => item.kind);
}

export interface UploadOptions {
  readonly transport: Transport;
  /** Pays. An address must be unlocked at the endpoint. */
  readonly account: Account | Address;
  readonly verifier: Address;
  readonly file: CollateralFile;
  /** Told of each piece before the next one is sent. */
  readonly onItem?: (item: UploadedItem) => void;
}

/**
 * Uploads what the chain does not have. Safe to run again at any time: what was done is seen on the chain.
 * @throws Refusal by the contract's error; what came before it is uploaded.
 */
export async function uploadCollateral(options: UploadOptions): Promise<UploadedItem[]> {
  const { transport, account, verifier: address, onItem } = options;
  const items = itemsOf(options.file);
  const reader = chainReader(transport);
  // A run that was stopped may have left an upload on its way.
  await waitUntilIdle(reader, addressOf(account));
  const [chainId, blockNumber] = await Promise.all([reader.getChainId(), reader.getBlockNumber()]);
  const done: UploadedItem[] = [];
  const executor = accountExecutor({ transport, account, chainId, blockNumber });
  for (const item of items) {
    // Asked for each when its turn has come: a new signer voids what the old one signed.
    const { onChain: on, result: found } = await compareWithChain(reader, address, item);
    let sent: Pick<UploadedItem, "transaction" | "gas"> = {};
    if (found === "missing") {
      const data = encodeFunctionData({ abi: tdxVerifierAbi, ...item.upload });
      const description = `upload the ${COLLATERAL_TEXT[item.kind]}`;
      // Before it is sent: of a transaction that was reverted, a chain does not say why.
      await reader.estimateGas({ account, to: address, data }).catch((error: unknown) => {
        throw refusalOf(error, COLLATERAL_TEXT[item.kind]);
      });
      const transaction = await executor.send({ to: address, data, value: 0n, description });
      const { gasUsed } = await reader.getTransactionReceipt({ hash: transaction });
      sent = { transaction, gas: Number(gasUsed) };
    }
    const result: UploadedItem = {
      kind: item.kind,
      result: found === "missing" ? "uploaded" : found,
      issued: isoTime(item.issued),
      evaluation: item.evaluation,
      onChain: on.issued === 0 ? null : { issued: isoTime(on.issued), evaluation: on.evaluation },
      ...fmspcOf(item),
      ...sent,
    };
    done.push(result);
    onItem?.(result);
  }
  return done;
}
