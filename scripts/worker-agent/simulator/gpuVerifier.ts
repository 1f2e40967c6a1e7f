/**
 * Stands in for NVIDIA's `nvattest … attest` where there are no GPUs:
 *
 *     node gpuVerifier.ts --nonce HEX [--seed TEXT] [--count N] [--model TEXT] [--fault-file FILE]
 *
 * Prints the claims of `count` GPUs whose identities follow from the seed. If there is a fault file, its content says what is
 * wrong: `exit`, `garbage`, `result`, `nonce`, `measurement`, `debug`, `signature` or `twice`.
 */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { gpuIdentity } from "./identity.ts";

const { values } = parseArgs({
  options: {
    nonce: { type: "string", default: "" },
    seed: { type: "string", default: "devnet" },
    count: { type: "string", default: "1" },
    model: { type: "string", default: "GH100 A01 GSP BROM" },
    "fault-file": { type: "string" },
  },
});
const file = values["fault-file"];
const fault = file !== undefined && existsSync(file) ? readFileSync(file, "utf8").trim() : "";

const claims = Array.from({ length: Number(values.count) }, (_, index) => ({
  "x-nvidia-device-type": "gpu",
  eat_nonce: fault === "nonce" ? "00".repeat(32) : values.nonce,
  hwmodel: values.model,
  ueid: gpuIdentity(values.seed, fault === "twice" ? 0 : index),
  oemid: "5703",
  measres: fault === "measurement" ? "failure" : "success",
  secboot: true,
  dbgstat: fault === "debug" ? "enabled" : "disabled",
  "x-nvidia-gpu-driver-version": "575.32",
  "x-nvidia-gpu-vbios-version": "96.00.AF.00.01",
  "x-nvidia-gpu-arch-check": true,
  "x-nvidia-gpu-attestation-report-cert-chain-fwid-match": true,
  "x-nvidia-gpu-attestation-report-nonce-match": fault !== "nonce",
  "x-nvidia-gpu-attestation-report-parsed": true,
  "x-nvidia-gpu-attestation-report-signature-verified": fault !== "signature",
  "x-nvidia-gpu-driver-rim-signature-verified": true,
  "x-nvidia-gpu-vbios-rim-signature-verified": true,
}));

if (fault === "exit") {
  console.error("no NVIDIA driver is loaded");
  process.exitCode = 1;
} else if (fault === "garbage") {
  console.log("attestation: ok");
} else {
  const isWrong = fault === "result";
  const result = { result_code: isWrong ? 700 : 0, result_message: isWrong ? "Evidence is not verified" : "Ok" };
  console.log(JSON.stringify({ ...result, claims, detached_eat: [] }));
}
