/**
 * dstack's guest agent of a simulated guest: the same socket and answers, with quotes of a test authority's platform in place
 * of a TDX module's. For the devnet and tests; what it signs is worth nothing under Intel's root.
 */
import { rmSync } from "node:fs";
import { type IncomingMessage, createServer } from "node:http";
import { type Hex, bytesToHex, isHex, padHex, size } from "viem";
import type { Platform, QuoteOptions } from "../../attestation/factory.ts";
import { applicationId, derivedKey, instanceId } from "./identity.ts";

export interface SimulatedGuest {
  /** Path of the socket. */
  readonly socket: string;
  /** Where the guest runs: guests on the same platform share its attestation key. */
  readonly platform: Platform;
  /** Its keys and its instance id follow from it. */
  readonly seed: string;
  /** What else its quotes say, such as the measurements of another image. */
  readonly quote?: QuoteOptions;
}

export interface RunningGuest {
  /** Changes what quotes say from now on. */
  measure(quote: QuoteOptions): void;
  stop(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  let text = "";
  request.setEncoding("utf8");
  for await (const chunk of request) text += String(chunk);
  const body: unknown = JSON.parse(text === "" ? "{}" : text);
  return typeof body === "object" && body !== null ? { ...body } : {};
}

/** Starts the agent of a guest. Its socket is there when this returns. */
export async function startGuestAgent(guest: SimulatedGuest): Promise<RunningGuest> {
  const { socket, platform, seed } = guest;
  let options = guest.quote ?? {};

  const answers: Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => object>> = {
    "/GetKey": ({ path }) => ({ key: derivedKey(seed, String(path)).slice(2), signature_chain: [] }),
    "/GetQuote": ({ report_data }) => {
      const reportData: Hex = `0x${String(report_data).replace(/^0x/, "")}`;
      if (!isHex(reportData) || size(reportData) > 64) throw new Error("report_data: up to 64 bytes of hex");
      const measurements = { ...options.measurements, reportData: padHex(reportData, { size: 64, dir: "right" }) };
      const quote = bytesToHex(platform.quote({ ...options, measurements })).slice(2);
      return { quote, event_log: "[]", report_data: reportData.slice(2), vm_config: "{}" };
    },
    "/Info": () => ({ app_id: applicationId(seed), instance_id: instanceId(seed) }),
  };

  rmSync(socket, { force: true });
  const server = createServer((request, response) => {
    const send = (status: number, body: object) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    const answer = answers[request.url ?? ""];
    if (answer === undefined) return send(404, { error: "no such call" });
    bodyOf(request).then(
      (body) => {
        try {
          send(200, answer(body));
        } catch (error) {
          send(400, { error: error instanceof Error ? error.message : "?" });
        }
      },
      () => send(400, { error: "not JSON" }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, resolve);
  });
  return {
    measure(quote) {
      options = quote;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
