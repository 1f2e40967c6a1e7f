/**
 * The GPUs' evidence, checked by NVIDIA's verifier. What is read is the output of `nvattest … attest`:
 *
 *     { "result_code": 0, "result_message": "Ok", "claims": [{ "x-nvidia-device-type": "gpu", … }], "detached_eat": […] }
 *
 * One set of claims per GPU; whatever is missing or false refuses all of it.
 */
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Address, type Hex, encodeAbiParameters, keccak256, parseAbiParameters, stringToHex, toHex } from "viem";
import type { AgentConfig } from "./config.ts";

/** What the attestation names of the GPUs. */
export interface GpuEvidence {
  /** In ascending order. */
  readonly gpuIds: readonly Hex[];
  /** Keccak-256 of the verifier's output. */
  readonly evidenceHash: Hex;
}

/** The evidence is not accepted: `message` says why. */
export class GpuRefusal extends Error {
  override readonly name = "GpuRefusal";
}

/** The nonce of GPU evidence for `key` at a block: older evidence, or that of another worker, does not fit. */
export const gpuNonce = (key: Address, blockNumber: bigint, blockHash: Hex): Hex =>
  keccak256(
    encodeAbiParameters(parseAbiParameters("string, address, uint256, bytes32"), [
      "Phala worker GPU evidence",
      key,
      blockNumber,
      blockHash,
    ]),
  );

/** A GPU's id: of the identity that its certificate names. */
export const gpuIdOf = (ueid: string): Hex => keccak256(stringToHex(ueid));

/** Claims that have to be there and be true, beside all others that say whether something holds. */
const NEEDED = [
  "secboot",
  "x-nvidia-gpu-attestation-report-nonce-match",
  "x-nvidia-gpu-attestation-report-parsed",
  "x-nvidia-gpu-attestation-report-signature-verified",
] as const;

type Claims = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Claims =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function checkClaims(claims: Claims, nonce: Hex, hwModel: string | null): string {
  const refuse = (why: string): never => {
    throw new GpuRefusal(`NVIDIA's verifier: ${why}`);
  };
  const same = (found: unknown, wanted: string): boolean =>
    typeof found === "string" && found.toLowerCase().replace(/^0x/, "") === wanted.toLowerCase();
  if (!same(claims["x-nvidia-device-type"], "gpu")) refuse("a device is not a GPU");
  if (!same(claims["eat_nonce"], nonce.slice(2))) refuse("the evidence is not of this nonce");
  if (!same(claims["measres"], "success")) refuse("the GPU's measurements are not NVIDIA's (measres)");
  if (!same(claims["dbgstat"], "disabled")) refuse("the GPU can be debugged (dbgstat)");
  for (const name of NEEDED) if (claims[name] !== true) refuse(`${name} is not true`);
  for (const [name, value] of Object.entries(claims)) {
    if (name.startsWith("x-nvidia-gpu-") && value === false) refuse(`${name} is false`);
  }
  const model = claims["hwmodel"];
  if (hwModel !== null && !(typeof model === "string" && model.startsWith(hwModel))) {
    refuse(`the GPU's hwmodel is ${String(model)}, which does not begin with ${hwModel}`);
  }
  const ueid = claims["ueid"];
  return typeof ueid === "string" && ueid !== "" ? ueid : refuse("the GPU has no identity (ueid)");
}

/** What the verifier's output vouches for. @throws GpuRefusal */
export function readVerdict(
  output: string,
  nonce: Hex,
  wanted: Pick<AgentConfig["gpu"], "count" | "hwModel">,
): GpuEvidence {
  let verdict: unknown;
  try {
    verdict = JSON.parse(output);
  } catch {
    throw new GpuRefusal("NVIDIA's verifier: the output is not JSON");
  }
  if (!isRecord(verdict) || verdict["result_code"] !== 0) {
    const message = isRecord(verdict) ? verdict["result_message"] : undefined;
    throw new GpuRefusal(`NVIDIA's verifier: ${typeof message === "string" ? message : "no result"}`);
  }
  const claims: unknown = verdict["claims"];
  const all: readonly unknown[] = Array.isArray(claims) ? claims : [];
  if (all.length < 1 || all.length > 8) throw new GpuRefusal(`NVIDIA's verifier: ${all.length} GPUs, not 1 to 8`);
  if (wanted.count !== null && all.length !== wanted.count) {
    throw new GpuRefusal(`NVIDIA's verifier: ${all.length} GPUs instead of ${wanted.count}`);
  }
  const ids = all.map((one) => {
    if (!isRecord(one)) throw new GpuRefusal("NVIDIA's verifier: claims that are no object");
    return gpuIdOf(checkClaims(one, nonce, wanted.hwModel));
  });
  if (new Set(ids).size !== ids.length) throw new GpuRefusal("NVIDIA's verifier: the same GPU twice");
  return { gpuIds: ids.sort(), evidenceHash: keccak256(toHex(output)) };
}

/** What a verifier that failed says of it, if its output is what it should be. */
function resultMessage(output: string): string | undefined {
  try {
    const verdict: unknown = JSON.parse(output);
    const message = isRecord(verdict) ? verdict["result_message"] : undefined;
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}

/** Runs the verifier. It gets no secrets by its environment. */
function run(command: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<string> {
  const [program = "", ...args] = command;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("WORKER_AGENT_")));
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      { timeout: timeoutMs, maxBuffer: 64_000_000, env, signal, killSignal: "SIGKILL" },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const words = resultMessage(stdout) ?? stderr.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
        const why = error.killed === true ? `no result within ${timeoutMs / 1000} s` : `failed (${String(error.code)})`;
        reject(new GpuRefusal(`NVIDIA's verifier, ${program}: ${why}${words === "" ? "" : `: ${words}`}`));
      },
    );
  });
}

/** Has all GPUs' evidence made for `nonce` and checked. @throws GpuRefusal */
export async function verifyGpus(gpu: AgentConfig["gpu"], nonce: Hex, signal: AbortSignal): Promise<GpuEvidence> {
  const command = gpu.command.map((word) => word.replaceAll("{nonce}", nonce.slice(2)));
  const output = await run(command, gpu.timeoutSeconds * 1000, signal);
  const evidence = readVerdict(output, nonce, gpu);
  if (gpu.evidenceFolder !== null) {
    mkdirSync(gpu.evidenceFolder, { recursive: true });
    writeFileSync(path.join(gpu.evidenceFolder, `${evidence.evidenceHash}.json`), output);
  }
  return evidence;
}
