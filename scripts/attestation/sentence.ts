/** Errors of contracts as sentences: a template for each, with the arguments written as people read them. */
import { type Abi, type Hex, decodeErrorResult } from "viem";

/**
 * Sentences by the name of an error. An argument is written `{name}` or `{name:format}`; `{what}` is what was being read.
 * Errors without a sentence are written as they are.
 */
export interface Phrasebook {
  readonly abi: Abi;
  readonly sentences: Readonly<Record<string, string>>;
  readonly formats: Readonly<Record<string, (value: unknown) => string>>;
}

/** The sentence for the error that `data` encodes; `what` is what was being read, such as "TCB info". */
export function sentenceOf(
  { abi, sentences, formats }: Phrasebook,
  data: Hex,
  what: string,
): { error: string; sentence: string } {
  const { abiItem, errorName: error, args = [] } = decodeErrorResult({ abi, data });
  const values = Array.isArray(args) ? args.map((value: unknown) => value) : [];
  const template = sentences[error];
  if (template === undefined || abiItem.type !== "error") {
    return { error, sentence: `${what}: refused with ${error}(${values.map(String).join(", ")}).` };
  }
  const sentence = template.replace(/\{(\w+)(?::(\w+))?\}/g, (whole, name: string, format?: string) => {
    if (name === "what") return what;
    const index = abiItem.inputs.findIndex((input) => input.name === name);
    const write = format === undefined ? String : formats[format];
    if (index < 0 || write === undefined) throw new Error(`${error}: ${whole} stands for nothing`);
    return write(values[index]);
  });
  return { error, sentence };
}
