/** dstack's guest agent: derives keys and makes quotes for the guest, by HTTP over a Unix socket. */
import { request } from "node:http";
import { type Hex, isHex } from "viem";

export interface Guest {
  /** A secp256k1 key that follows from the application and `path`. A secret. */
  deriveKey(path: string): Promise<Hex>;
  /** The raw quote, as hex, of 64 bytes of report data. */
  quote(reportData: Hex): Promise<Hex>;
  /** What tells this instance from others of the same application. */
  instanceId(): Promise<string>;
}

const TIMEOUT_MS = 60_000;
/** Quotes have 5 kB, event logs some 100 kB. */
const MAX_BYTES = 16_000_000;

/** The guest agent gave no answer, or none that can be used. */
export class GuestError extends Error {
  override readonly name = "GuestError";
}

/** POSTs JSON to the socket; the body of the answer. */
function post(socketPath: string, path: string, body: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const refuse = (why: string) => reject(new GuestError(`dstack's guest agent (${socketPath}${path}): ${why}`));
    // A connection for each call: one that is kept would be gone after the guest agent's restart.
    const call = request(
      {
        socketPath,
        path,
        agent: false,
        method: "POST",
        headers: { "content-type": "application/json", host: "dstack" },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          if (text.length > MAX_BYTES) call.destroy(new Error("the answer does not end"));
        });
        response.on("error", (error) => refuse(error.message));
        response.on("end", () => {
          if (response.statusCode === 200) resolve(text);
          else refuse(`status ${response.statusCode ?? "?"}: ${text.slice(0, 200)}`);
        });
      },
    );
    call.setTimeout(TIMEOUT_MS, () => call.destroy(new Error("no answer in time")));
    call.on("error", (error) => refuse(error.message));
    call.end(JSON.stringify(body));
  });
}

/** The member of an answer, as text. Never shows the answer: it may hold a key. */
function member(answer: string, name: string): string {
  let value: unknown;
  try {
    value = JSON.parse(answer);
  } catch {
    throw new GuestError("dstack's guest agent: the answer is not JSON");
  }
  const found: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  if (typeof found !== "string" || found === "")
    throw new GuestError(`dstack's guest agent: the answer has no ${name}`);
  return found;
}

const prefixed = (digits: string): string => (digits.startsWith("0x") ? digits : `0x${digits}`);

/** The guest agent behind `socketPath`. */
export function connectGuest(socketPath: string): Guest {
  return {
    async deriveKey(path) {
      const body = { path, purpose: "worker", algorithm: "secp256k1" };
      const key = prefixed(member(await post(socketPath, "/GetKey", body), "key"));
      if (!isHex(key) || key.length !== 66) throw new GuestError("dstack's guest agent: the key has not 32 bytes");
      return key;
    },
    async quote(reportData) {
      const answer = await post(socketPath, "/GetQuote", { report_data: reportData.slice(2) });
      const quote = prefixed(member(answer, "quote"));
      if (!isHex(quote)) throw new GuestError("dstack's guest agent: the quote is not hex");
      return quote;
    },
    async instanceId() {
      return member(await post(socketPath, "/Info", {}), "instance_id");
    },
  };
}
