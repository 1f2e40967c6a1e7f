/** Verifies a quote by the contract itself, on a chain of its own inside this process, at any time. */
import path from "node:path";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import {
  type Hex,
  createPublicClient,
  createWalletClient,
  custom,
  encodeDeployData,
  encodeFunctionData,
  numberToHex,
} from "viem";
import { hardhat } from "viem/chains";
import { tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import { TCB_STATUS_NAMES, advisoryId, dayText, quoteArguments, uploadsOf, type Upload } from "./calls.ts";
import type { CollateralFile } from "./collateral.ts";
import type { RootKey } from "./files.ts";
import { nameOf } from "./names.ts";
import type { Quote } from "./quote.ts";
import { refusalOf } from "./refusal.ts";
import type { Measurements } from "./report.ts";

/** What a genuine quote comes to. */
export interface Verification {
  readonly status: (typeof TCB_STATUS_NAMES)[number];
  readonly advisoryIds: readonly string[];
  /** Of the platform's TCB level, ISO 8601. */
  readonly tcbDate: string;
  readonly fmspc: Hex;
  readonly ppid: Hex;
  /** The fields of the TD report but its report data. */
  readonly measurements: Omit<Measurements, "reportData">;
  readonly reportData: Hex;
  /** Gas of transactions: all uploads and the verification, and each on its own. */
  readonly gas: {
    readonly total: number;
    readonly verify: number;
    readonly uploads: Readonly<Record<string, number>>;
  };
}

export interface VerifyOptions {
  /** Creation bytecode of TdxVerifier. */
  readonly code: Hex;
  readonly root: RootKey;
  readonly quote: Quote;
  readonly collateral: CollateralFile;
  /** Unix seconds: the timestamp of every block. */
  readonly time: number;
}

/** Enough for any upload, below the limit of one transaction (EIP-7825). */
const GAS = 16_000_000n;

/** What an upload holds, for people. */
export const UPLOAD_TEXT: Record<Upload["functionName"], string> = {
  uploadRootCrl: "root CA CRL (root_ca_crl)",
  uploadPckCa: "PCK CA certificate (pck_crl_issuer_chain)",
  uploadPckCrl: "PCK CRL (pck_crl)",
  uploadTcbSigning: "TCB signing certificate (tcb_info_issuer_chain)",
  uploadTcbInfo: "TCB info (tcb_info)",
  uploadQeIdentity: "QE identity (qe_identity)",
};

/** A chain inside this process whose every block has the timestamp `time`. */
async function openChainAt(time: number) {
  const { network } = await createHardhatRuntimeEnvironment({
    networks: { default: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" } },
    // None are there: Hardhat would read all artifacts for its traces, which takes longer than the verification.
    paths: { artifacts: path.join(import.meta.dirname, "artifacts") },
  });
  const { provider } = await network.create({
    network: "default",
    override: { initialDate: new Date(time * 1000), allowBlocksWithSameTimestamp: true },
  });
  const transport = custom(provider, { retryCount: 0 });
  const reader = createPublicClient({ chain: hardhat, transport, pollingInterval: 5, cacheTime: 0 });
  const wallet = createWalletClient({ chain: hardhat, transport });
  const [account] = await wallet.getAddresses();
  if (account === undefined) throw new Error("the in-process chain has no account");
  return {
    reader,
    account,

    /** Sends a transaction; its receipt. A refusal of `what` is thrown as such. */
    send: async (request: { to?: Hex; data: Hex }, what: string) => {
      await provider.request({ method: "evm_setNextBlockTimestamp", params: [numberToHex(time)] });
      try {
        const hash = await wallet.sendTransaction({ account, gas: GAS, ...request });
        return await reader.getTransactionReceipt({ hash });
      } catch (error) {
        throw refusalOf(error, what);
      }
    },
  };
}

/**
 * Deploys a verifier under `root`, uploads the collateral and verifies the quote without grace, in blocks of exactly `time`.
 * @throws Refusal by the contract's error, of the collateral or of the quote.
 */
export async function verifyQuote(options: VerifyOptions): Promise<Verification> {
  const { quote, root } = options;
  const { reader, account, send } = await openChainAt(options.time);
  const abi = tdxVerifierAbi;
  const deployed = await send(
    { data: encodeDeployData({ abi, bytecode: options.code, args: [root] }) },
    "the deployment of the verifier",
  );
  const address = deployed.contractAddress;
  if (address == null) throw new Error("the verifier was not deployed");

  const uploads: Record<string, number> = {};
  for (const upload of uploadsOf(options.collateral)) {
    const { gasUsed } = await send(
      { to: address, data: encodeFunctionData({ abi, ...upload }) },
      UPLOAD_TEXT[upload.functionName],
    );
    uploads[upload.functionName] = Number(gasUsed);
  }

  const full = [...quoteArguments(quote), 0] as const;
  const { result: verdict } = await reader
    .simulateContract({ abi, address, account, functionName: "verify", args: full })
    .catch((error: unknown) => {
      throw refusalOf(error, "PCK certificate");
    });
  const numbers = await reader.readContract({
    abi,
    address,
    functionName: "advisories",
    args: [verdict.fmspc, verdict.level, verdict.module, verdict.moduleLevel],
  });
  const { gasUsed } = await send(
    { to: address, data: encodeFunctionData({ abi, functionName: "verify", args: full }) },
    "PCK certificate",
  );
  const verify = Number(gasUsed);
  const { reportData, ...measurements } = quote.measurements;
  return {
    status: nameOf(TCB_STATUS_NAMES, verdict.status),
    advisoryIds: numbers.map(advisoryId),
    tcbDate: dayText(verdict.tcbDay),
    fmspc: verdict.fmspc,
    ppid: verdict.ppid,
    measurements,
    reportData,
    gas: {
      total: Object.values(uploads).reduce((sum, gas) => sum + gas, verify),
      verify,
      uploads,
    },
  };
}
