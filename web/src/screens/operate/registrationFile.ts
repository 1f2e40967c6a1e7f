/** A worker's registration as a file brings it, or a person types it. */
import { type Hex, isAddress, isHex, size } from "viem";
import { type Quote, readQuote } from "../../../../scripts/attestation/quote.ts";
import { type WorkerSubject, modelId } from "../../../../scripts/compute/calls.ts";

/** What a person types, or a file brings. */
export interface Fields {
  readonly operator: string;
  readonly model: string;
  /** Ids, separated by white space or commas. */
  readonly gpus: string;
  readonly evidence: string;
  readonly block: string;
}

export interface Registration {
  readonly quote: Quote;
  readonly subject: WorkerSubject;
  /** The block that the quote names. */
  readonly blockNumber: bigint;
}

/** Something in the file or the fields cannot be used; the message says what. */
export class InvalidRegistration extends Error {}

const members = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

/**
 * Reads a file: a quote alone (binary, hex or base64), or JSON with `quote`, `blockNumber` and `subject` (`operator`, `model`, `gpuIds`,
 * `evidenceHash`). Throws if the quote does not come apart.
 */
export function readRegistrationFile(bytes: Uint8Array): { readonly quote: Quote; readonly fields: Partial<Fields> } {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return { quote: readQuote(bytes), fields: {} };
  }
  const file = members(json);
  if (typeof file["quote"] !== "string") throw new InvalidRegistration("The file is JSON without a `quote`.");
  const subject = members(file["subject"]);
  const gpuIds: readonly unknown[] = Array.isArray(subject["gpuIds"]) ? subject["gpuIds"] : [];
  return {
    quote: readQuote(file["quote"]),
    fields: {
      operator: textOf(subject["operator"]),
      model: textOf(subject["model"]),
      gpus: gpuIds.map(textOf).join("\n"),
      evidence: textOf(subject["evidenceHash"]),
      block: textOf(file["blockNumber"]),
    },
  };
}

function word(text: string, what: string): Hex {
  const hex = text.trim();
  if (isHex(hex) && size(hex) === 32) return hex;
  throw new InvalidRegistration(`${what} must be 32 bytes in hex, not ${JSON.stringify(text)}.`);
}

/** The fields as the contracts take them. Throws {@link InvalidRegistration}, which names the field. */
export function parseFields(quote: Quote, fields: Fields): Registration {
  const operator = fields.operator.trim();
  if (!isAddress(operator)) throw new InvalidRegistration("The operator must be an address.");
  if (!/^\d{1,15}$/.test(fields.block.trim())) throw new InvalidRegistration("The block must be a number.");
  const gpuIds = fields.gpus.split(/[\s,]+/).filter((id) => id !== "");
  if (!/^[\x21-\x7e]{1,32}$/.test(fields.model)) throw new InvalidRegistration("Choose the model of the GPUs.");
  return {
    quote,
    subject: {
      operator,
      model: modelId(fields.model),
      gpuIds: gpuIds.map((id) => word(id, "A GPU's id")),
      evidenceHash: word(fields.evidence, "The hash of the evidence"),
    },
    blockNumber: BigInt(fields.block.trim()),
  };
}
