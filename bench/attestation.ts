/**
 * Gas of attestation: the registry on factory quotes of the same lengths as genuine ones, Intel's documents, and the verifier on
 * genuine quotes where `../shared/dcap` is there.
 */
import { type Address, type Hex, encodeFunctionData, getAddress, pad, toFunctionSelector, toHex } from "viem";
import { attestationRegistryAbi, phalaAuthorityAbi, tdxVerifierAbi } from "../deploy/generated/abis.ts";
import { type Upload, commitOf, quoteArguments, reportDataOf, uploadsOf } from "../scripts/attestation/calls.ts";
import type { CollateralFile } from "../scripts/attestation/collateral.ts";
import { type CrlOverrides, createAuthority } from "../scripts/attestation/factory.ts";
import { INTEL_ROOT, rootKey } from "../scripts/attestation/files.ts";
import { readQuote } from "../scripts/attestation/quote.ts";
import { INTEL_ROOT_KEY } from "../scripts/attestation/reference.ts";
import { fixtures } from "../test/helpers/dcap.ts";
import { createBenchChain } from "./chain.ts";
import type { Measured, Variant } from "./rows.ts";

const START = new Date("2026-01-01T00:00:00Z");
const NOW = START.getTime() / 1000;
const DAY = 86_400;
const GUARDIAN_ROLE = 1n;
const FMSPC_SWITCH = 1;
/** Quotes bind a block among the last 256. */
const REFRESH = 200;

/** Whether a row needs genuine quotes. */
export const isGenuine = (action: string): boolean => action.includes("genuine");

/** A chain with a verifier under `root`. */
async function openVerifier(root: Hex, date: Date) {
  const chain = await createBenchChain(date);
  const from = chain.accounts[0] as Address;
  const verifier = await chain.deploy("TdxVerifier", tdxVerifierAbi, [rootKey(root, INTEL_ROOT.notAfter)]);
  const call = async (data: Hex): Promise<number> => (await chain.send(from, verifier, data)).gas;
  /** Uploads a collateral file, or the parts of it that `only` names. Returns the gas of each. */
  const upload = async (file: CollateralFile, only?: readonly Upload["functionName"][]) => {
    const gas = new Map<Upload["functionName"], number>();
    for (const { functionName, args } of uploadsOf(file)) {
      if (only?.includes(functionName) === false) continue;
      const data = encodeFunctionData({ abi: tdxVerifierAbi, functionName, args });
      gas.set(functionName, await call(data));
    }
    return gas;
  };
  return { chain, verifier, call, upload };
}

/** Gas of the registry's functions with `crowd` attested keys. */
export async function measureAttestation(crowd: number): Promise<Measured> {
  const gas: Measured = new Map();
  const authority = createAuthority({ seed: "bench", now: NOW });
  const { chain, verifier, upload } = await openVerifier(authority.root.key.raw, START);
  await upload(authority.collateral());
  const [, governance, guardian, operator] = chain.accounts as [Address, Address, Address, Address];
  const manager = await chain.deploy("PhalaAuthority", phalaAuthorityAbi, [governance]);
  const registry = await chain.deploy("AttestationRegistry", attestationRegistryAbi, [
    manager,
    verifier,
    { minTcbDay: 0, minQeIsvSvn: 0, allowedStatuses: 0 },
  ]);
  const rule = async (from: Address, data: Hex): Promise<number> => (await chain.send(from, registry, data)).gas;

  const switchOff = toFunctionSelector("switchOff(uint8,bytes32,uint40)");
  for (const data of [
    encodeFunctionData({
      abi: phalaAuthorityAbi,
      functionName: "setTargetFunctionRole",
      args: [registry, [switchOff], GUARDIAN_ROLE],
    }),
    encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "grantRole", args: [GUARDIAN_ROLE, guardian, 0] }),
  ])
    await chain.send(governance, manager, data);

  const subject = pad("0x5b", { size: 32 });
  const platform = authority.platform({ seed: "one" });
  let block = await chain.lastBlock();
  let age = 0;
  const attest = async (index: number, on = platform, isKnown = true): Promise<number> => {
    if (++age > REFRESH) [block, age] = [await chain.lastBlock(), 0];
    const key = getAddress(pad(toHex(0x10000 + index), { size: 20 }));
    const commit = commitOf({ chainId: 31337, registry, subject, blockNumber: block.number, blockHash: block.hash });
    const quote = readQuote(on.quote({ measurements: { reportData: reportDataOf(key, commit) } }));
    const args = [subject, Number(block.number), ...quoteArguments(quote, { isKnown })] as const;
    return rule(operator, encodeFunctionData({ abi: attestationRegistryAbi, functionName: "attest", args }));
  };

  const { measurements } = readQuote(platform.quote());
  const image = { ...measurements, rtMr3: "0x" } as const;
  await rule(
    governance,
    encodeFunctionData({ abi: attestationRegistryAbi, functionName: "allowImage", args: [image] }),
  );
  const id = await chain.read(registry, attestationRegistryAbi, "imageOf", [image]);
  await rule(
    governance,
    encodeFunctionData({
      abi: attestationRegistryAbi,
      functionName: "allowShape",
      args: [id as Hex, measurements.rtMr0],
    }),
  );

  await attest(0, platform, false);
  for (let i = 1; i < crowd; ++i) await attest(i);

  block = await chain.lastBlock();
  gas.set("attest, new platform first", await attest(crowd, authority.platform({ seed: "two" }), false));
  gas.set("attest, known platform first", await attest(crowd + 1));
  block = await chain.lastBlock();
  gas.set("attest again repeat", await attest(crowd + 1));
  const until = NOW + 10 * DAY;
  const fmspc = pad("0x010203040506", { size: 32, dir: "right" });
  gas.set(
    "switch off first",
    await rule(
      guardian,
      encodeFunctionData({
        abi: attestationRegistryAbi,
        functionName: "switchOff",
        args: [FMSPC_SWITCH, fmspc, until],
      }),
    ),
  );
  const restamp = encodeFunctionData({
    abi: attestationRegistryAbi,
    functionName: "restamp",
    args: [getAddress(pad(toHex(0x10000 + crowd + 1), { size: 20 }))],
  });
  gas.set("restamp, a switch set repeat", await rule(operator, restamp));
  block = await chain.lastBlock();
  gas.set("attest again, a switch set repeat", await attest(crowd + 1));
  return gas;
}

/** Gas of Intel's documents, of the sizes that Intel's have, and of asking for a revoked serial. */
export async function measureDocuments(): Promise<Measured> {
  const gas: Measured = new Map();
  const authority = createAuthority({ seed: "bench", now: NOW });
  const { call, chain, upload } = await openVerifier(authority.root.key.raw, START);
  const revoked = (count: number): NonNullable<CrlOverrides["revoked"]> =>
    Array.from({ length: count }, (_, i) => ({ serial: pad(toHex(0x1234_5600 + i), { size: 20, dir: "right" }) }));
  const ask = encodeFunctionData({
    abi: tdxVerifierAbi,
    functionName: "isRevoked",
    args: ["0x11111111111111111111111111111111"],
  });
  const record = (uploads: ReadonlyMap<Upload["functionName"], number>, variant: Variant, serials: number) => {
    gas.set(`TCB info ${variant}`, uploads.get("uploadTcbInfo") ?? Number.NaN);
    gas.set(`QE identity ${variant}`, uploads.get("uploadQeIdentity") ?? Number.NaN);
    gas.set(`PCK CRL, ${serials} serials ${variant}`, uploads.get("uploadPckCrl") ?? Number.NaN);
  };
  record(await upload(authority.collateral({ pckCrl: { revoked: revoked(57) } })), "first", 57);
  gas.set("revoked serial?, 57 on the list repeat", await call(ask));
  // A month later: the same levels with new dates, and more serials.
  await chain.wait(29 * DAY);
  const later = NOW + 29 * DAY - 3600;
  const file = authority.collateral({
    issued: later,
    pckCrl: { thisUpdate: later, nextUpdate: later + 30 * DAY, revoked: revoked(129) },
  });
  record(await upload(file, ["uploadPckCrl", "uploadTcbInfo", "uploadQeIdentity"]), "repeat", 129);
  gas.set("revoked serial?, 129 on the list repeat", await call(ask));
  return gas;
}

/** Gas of the verifier on a genuine quote and Intel's collateral for it; empty where there are none. */
export async function measureGenuine(): Promise<Measured> {
  const gas: Measured = new Map();
  const data = fixtures();
  const vector = data?.vectors.find(({ name }) => name === "phala-dcap-qvl-tdx-quote");
  const expected = vector?.expected.find(({ usable, error }) => usable && error === undefined);
  if (data === undefined || vector === undefined || expected === undefined) {
    console.log("skipped: genuine quotes, since ../shared/dcap is not there");
    return gas;
  }
  const { call, upload } = await openVerifier(INTEL_ROOT_KEY, new Date(expected.validFrom * 1000));
  const uploads = await upload(data.collateral(expected.collateral));
  gas.set("TCB info, genuine first", uploads.get("uploadTcbInfo") ?? Number.NaN);
  gas.set("PCK CRL, genuine first", uploads.get("uploadPckCrl") ?? Number.NaN);
  const quote = readQuote(data.quote(vector.name));
  for (const variant of ["first", "repeat"] as const) {
    const args = [...quoteArguments(quote, { isKnown: variant === "repeat" }), 0] as const;
    gas.set(
      `verify, genuine quote ${variant}`,
      await call(encodeFunctionData({ abi: tdxVerifierAbi, functionName: "verify", args })),
    );
  }
  return gas;
}
