/** What the agent takes from outside: settings, keys, the guest agent's answers, the GPU verifier's. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { keccak256, toHex } from "viem";
import { afterAll, describe, expect, it } from "vitest";
import { createAuthority } from "../../scripts/attestation/factory.ts";
import { readQuote } from "../../scripts/attestation/quote.ts";
import { parseConfig } from "../../scripts/worker-agent/config.ts";
import { connectGuest } from "../../scripts/worker-agent/guest.ts";
import { GpuRefusal, gpuIdOf, gpuNonce, readVerdict, verifyGpus } from "../../scripts/worker-agent/gpus.ts";
import { keyInFile, loadKeys } from "../../scripts/worker-agent/keys.ts";
import { Secrets } from "../../scripts/worker-agent/log.ts";
import { SettingsError, environmentName } from "../../scripts/worker-agent/settings.ts";
import { startGuestAgent } from "../../scripts/worker-agent/simulator/guestAgent.ts";

const folder = mkdtempSync(path.join(tmpdir(), "agent-inputs-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ADDRESS = "0x1111111111111111111111111111111111111111";
const NEEDED = {
  rpcUrls: ["http://127.0.0.1:8545"],
  chainId: 1,
  registry: ADDRESS,
  rewards: ADDRESS,
  operator: ADDRESS,
  model: "H100",
};

const problemsOf = (file: unknown, environment = {}): readonly string[] => {
  try {
    parseConfig(file, environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
};

describe("settings", () => {
  it("have defaults that fit a dstack guest", () => {
    const config = parseConfig(NEEDED);
    expect(config).toMatchObject({
      key: { source: "dstack" },
      payer: { source: "dstack" },
      guestAgent: "/var/run/dstack.sock",
      collateral: null,
      heartbeat: { blockEvery: 16 },
    });
    expect(config.gpu.command.join(" ")).toBe(
      "nvattest --format json attest --device gpu --verifier local --nonce {nonce}",
    );
  });

  it("are replaced by the environment, one by one", () => {
    expect(environmentName("heartbeat.blockEvery")).toBe("WORKER_AGENT_HEARTBEAT_BLOCK_EVERY");
    const key = "ab".repeat(32);
    const config = parseConfig(
      { ...NEEDED, gpu: { count: 1 }, collateral: "required" },
      {
        WORKER_AGENT_GPU_COUNT: "8",
        WORKER_AGENT_RPC_URLS: "https://one.example,https://two.example",
        WORKER_AGENT_COLLATERAL: "1250.5",
        WORKER_AGENT_PAYER_KEY: key,
      },
    );
    expect(config.gpu.count).toBe(8);
    expect(config.rpcUrls).toEqual(["https://one.example", "https://two.example"]);
    expect(config.collateral).toBe(1_250_500_000_000_000_000_000n);
    expect(config.payer).toEqual({ source: "environment", privateKey: `0x${key}` });
  });

  it("that cannot be used are named, all at once, without what they hold", () => {
    expect(problemsOf(NEEDED)).toEqual([]);
    const bad = { ...NEEDED, chainId: "one", gpu: { count: 9, cuont: 1 }, key: { source: "file" }, model: "H 100" };
    const problems = problemsOf(bad, { WORKER_AGENT_PAYER_KEY: "0xsecret" });
    const named = ["chainId", "model", "key.file", "payer.key", "gpu.count", "gpu.cuont"];
    expect(problems.map((problem) => problem.split(/[ :]/)[0]).sort()).toEqual(named.sort());
    expect(problems.join()).not.toContain("secret");
    expect(problemsOf([])[0]).toBe("the file has to hold a JSON object");
    expect(problemsOf({ ...NEEDED, operator: `0x${"00".repeat(20)}` })[0]).toMatch(/^operator .*not zero/);
    expect(problemsOf({ ...NEEDED, gpu: { command: ["nvattest"] } })[0]).toMatch(/^gpu.command .*\{nonce\}/);
  });
});

describe("keys", () => {
  it("in a file are made once, and for their owner alone", () => {
    const file = path.join(folder, "deep", "worker.key");
    const key = keyInFile(file);
    expect(key).toMatch(/^0x[0-9a-f]{64}$/);
    expect(keyInFile(file)).toBe(key);
    if (process.platform !== "win32") {
      expect(statSync(file).mode & 0o777).toBe(0o600);
      chmodSync(file, 0o644);
      expect(() => keyInFile(file)).toThrow(/can be read by others/);
    }
    writeFileSync(path.join(folder, "other"), "no key", { mode: 0o600 });
    expect(() => keyInFile(path.join(folder, "other"))).toThrow(/holds no private key/);
  });

  it("derived by dstack differ by instance, and are kept out of logs", async () => {
    const platform = createAuthority({ seed: "inputs", now: 1_767_225_600 }).platform();
    const socket = path.join(folder, "guest.sock");
    const load = async (seed: string) => {
      const guest = await startGuestAgent({ socket, platform, seed });
      try {
        const secrets = new Secrets();
        const config = parseConfig(NEEDED);
        const keys = await loadKeys(config, connectGuest(socket), secrets);
        const { path: where } = config.key.source === "dstack" ? config.key : { path: "" };
        const client = connectGuest(socket);
        const secret = await client.deriveKey(`${where}/${await client.instanceId()}`);
        expect(secrets.scrub(secret)).toBe("0x***");
        return keys;
      } finally {
        await guest.stop();
      }
    };
    const [one, again, other] = [await load("a"), await load("a"), await load("b")];
    expect(again.worker.address).toBe(one.worker.address);
    expect(other.worker.address).not.toBe(one.worker.address);
    expect(one.payer.address).not.toBe(one.worker.address);
  });
});

describe("the guest agent", () => {
  const socket = path.join(folder, "answers.sock");
  const answering = async (
    status: number,
    body: string,
    ask: (guest: ReturnType<typeof connectGuest>) => Promise<unknown>,
  ) => {
    const server = createServer((_, response) => {
      response.writeHead(status);
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    try {
      return await ask(connectGuest(socket)).then(
        (value) => value,
        (error: unknown) => (error instanceof Error ? error.message : error),
      );
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  };

  it("is asked for 64 bytes and gives a quote of them", async () => {
    const platform = createAuthority({ seed: "inputs", now: 1_767_225_600 }).platform();
    const guest = await startGuestAgent({ socket, platform, seed: "x" });
    const reportData = toHex(new Uint8Array(64).fill(7));
    const quote = readQuote(await connectGuest(socket).quote(reportData));
    await guest.stop();
    expect(quote.measurements.reportData).toBe(reportData);
  });

  it("is refused when it answers with an error, or with something else; keys are never shown", async () => {
    expect(await answering(500, "no TDX", (guest) => guest.quote("0x00"))).toMatch(/GetQuote\): status 500: no TDX/);
    expect(await answering(200, "<html>", (guest) => guest.quote("0x00"))).toMatch(/not JSON/);
    expect(await answering(200, "{}", (guest) => guest.quote("0x00"))).toMatch(/has no quote/);
    const short = JSON.stringify({ key: "5ec4e7" });
    const said = await answering(200, short, (guest) => guest.deriveKey("p"));
    expect(said).toMatch(/has not 32 bytes/);
    expect(said).not.toContain("5ec4e7");
  });
});

describe("GPU evidence", () => {
  const script = path.join(import.meta.dirname, "../../scripts/worker-agent/simulator/gpuVerifier.ts");
  const fault = path.join(folder, "fault");
  const gpu = {
    command: [process.execPath, script, "--nonce", "{nonce}", "--count", "3", "--fault-file", fault],
    count: null,
    hwModel: null,
    timeoutSeconds: 60,
    evidenceFolder: path.join(folder, "evidence"),
  };
  const nonce = gpuNonce(ADDRESS, 5n, keccak256("0x05"));
  const { signal } = new AbortController();
  const verify = async (differs: Partial<typeof gpu> | { count: number } | { hwModel: string } = {}, broken = "") => {
    writeFileSync(fault, broken);
    return verifyGpus({ ...gpu, ...differs }, nonce, signal);
  };

  it("gives one id per GPU in order, and is kept by its hash", async () => {
    const { gpuIds, evidenceHash } = await verify({ count: 3, hwModel: "GH100" });
    expect(new Set(gpuIds).size).toBe(3);
    expect([...gpuIds].sort()).toEqual(gpuIds);
    const kept = readFileSync(path.join(gpu.evidenceFolder, `${evidenceHash}.json`));
    expect(keccak256(kept)).toBe(evidenceHash);
    const verdict: unknown = JSON.parse(kept.toString());
    expect(JSON.stringify(verdict)).toContain(nonce.slice(2));
    const again = await verify();
    expect(again.gpuIds).toEqual(gpuIds);
  });

  it("is of one key and one block", () => {
    const all = [
      nonce,
      gpuNonce("0x2222222222222222222222222222222222222222", 5n, keccak256("0x05")),
      gpuNonce(ADDRESS, 6n, keccak256("0x05")),
      gpuNonce(ADDRESS, 5n, keccak256("0x06")),
    ];
    expect(new Set(all).size).toBe(4);
  });

  it.each([
    ["exit", /no NVIDIA driver is loaded/],
    ["garbage", /not JSON/],
    ["result", /Evidence is not verified/],
    ["nonce", /not of this nonce/],
    ["measurement", /measres/],
    ["debug", /can be debugged/],
    ["signature", /signature-verified is not true/],
    ["twice", /the same GPU twice/],
  ])("is refused: %s", async (broken, why) => {
    await expect(verify({}, broken)).rejects.toThrow(why);
    await expect(verify({}, broken)).rejects.toBeInstanceOf(GpuRefusal);
  });

  it("is refused for another number of GPUs, another model, a verifier that is missing or does not end", async () => {
    await expect(verify({ count: 8 })).rejects.toThrow(/3 GPUs instead of 8/);
    await expect(verify({ hwModel: "GB100" })).rejects.toThrow(/does not begin with GB100/);
    await expect(verify({ command: ["/nowhere/nvattest"] })).rejects.toThrow(/nvattest: failed \(ENOENT\)/);
    const endless = [process.execPath, "-e", "setInterval(() => {}, 1000)", "{nonce}"];
    await expect(verify({ command: endless, timeoutSeconds: 1 })).rejects.toThrow(/no result within 1 s/);
  });

  it("is refused when any claim of a GPU is false or missing", () => {
    const good = {
      ...{ "x-nvidia-device-type": "gpu", eat_nonce: nonce, measres: "Success", secboot: true, dbgstat: "disabled" },
      ...{ hwmodel: "GH100", ueid: "1" },
      "x-nvidia-gpu-attestation-report-nonce-match": true,
      "x-nvidia-gpu-attestation-report-parsed": true,
      "x-nvidia-gpu-attestation-report-signature-verified": true,
      "x-nvidia-gpu-arch-check": true,
    };
    const verdict = (claims: object) =>
      readVerdict(JSON.stringify({ result_code: 0, claims: [claims] }), nonce, { count: null, hwModel: null });
    expect(verdict(good).gpuIds).toEqual([gpuIdOf("1")]);
    for (const name of Object.keys(good)) {
      if (name === "hwmodel") continue;
      expect(() => verdict({ ...good, [name]: false }), name).toThrow(GpuRefusal);
      if (name !== "x-nvidia-gpu-arch-check")
        expect(() => verdict({ ...good, [name]: undefined }), name).toThrow(GpuRefusal);
    }
  });
});
