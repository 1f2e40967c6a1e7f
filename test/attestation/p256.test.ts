/** Signatures with the P-256 precompile (osaka) and without it (prague, where OpenZeppelin's Solidity takes its place). */
import { type Hex, concat, slice } from "viem";
import { describe, expect, it } from "vitest";
import { createAuthority, type PlatformOptions, type QuoteOptions } from "../../scripts/attestation/factory.ts";
import { P256_ORDER, keyFromSeed, malleate } from "../../scripts/attestation/p256.ts";
import { readQuote } from "../../scripts/attestation/quote.ts";
import { single } from "../helpers/levels.ts";
import { STAGE_START, type Stage, fixture } from "../helpers/stage.ts";
import { openTrial } from "../helpers/trial.ts";

const NOW = STAGE_START.getTime() / 1000;
const authority = createAuthority({ seed: "p256", now: NOW });
const stranger = keyFromSeed("stranger");
const PRECOMPILE = "0x0000000000000000000000000000000000000100";
/** C2SP Wycheproof, ecdsa_secp256r1_sha256_p1363_test, "123400": r = 5, s = 1. */
const KNOWN_GOOD = concat([
  "0xbb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023",
  `0x${"5".padStart(64, "0")}`,
  `0x${"1".padStart(64, "0")}`,
  "0xa71af64de5126a4a4e02b7922d66ce9415ce88a4c9d25514d91082c8725ac957",
  "0x5d47723c8fbe580bb369fec9c2665d8e30a435b9932645482e7c9f11e872296b",
]);

const open = async (stage: Stage) => {
  const trial = await openTrial(stage, authority.root.key.raw);
  await trial.upload(authority.collateral());
  return { ...trial, stage };
};
const chains = {
  osaka: fixture(open),
  prague: fixture(open, { hardfork: "prague" }),
};

const quoteOf = (platform: PlatformOptions = {}, quote: QuoteOptions = {}) =>
  readQuote(authority.platform(platform).quote(quote));
const good = quoteOf();
const word = (value: bigint): Hex => `0x${value.toString(16).padStart(64, "0")}`;
const [r, s] = [slice(good.signature, 0, 32), slice(good.signature, 32, 64)];

/** A call and what must come of it, whoever checks signatures. */
const cases: [string, ReturnType<typeof quoteOf>, string | undefined][] = [
  ["a quote in order", good, undefined],
  ["high-S", quoteOf({ certificate: { signatureForm: "highS" } }, { signatureForm: "highS" }), undefined],
  ["low-S", quoteOf({ certificate: { signatureForm: "lowS" } }, { signatureForm: "lowS" }), undefined],
  ["the other S of the same signature", { ...good, signature: malleate(good.signature) }, undefined],
  ["r and s exchanged", { ...good, signature: concat([s, r]) }, "TdxVerifier_InvalidQuoteSignature"],
  [
    "r + n",
    { ...good, signature: concat([word((BigInt(r) + P256_ORDER) % 2n ** 256n), s]) },
    "TdxVerifier_InvalidQuoteSignature",
  ],
  ["r = 0", { ...good, signature: concat([word(0n), s]) }, "TdxVerifier_InvalidQuoteSignature"],
  ["s = 0", { ...good, signature: concat([r, word(0n)]) }, "TdxVerifier_InvalidQuoteSignature"],
  ["s = n", { ...good, signature: concat([r, word(P256_ORDER)]) }, "TdxVerifier_InvalidQuoteSignature"],
  ["of another message", { ...good, signature: good.qeReportSignature }, "TdxVerifier_InvalidQuoteSignature"],
  ["another key", { ...good, attestationKey: stranger.raw }, "TdxVerifier_InvalidQuoteSignature"],
  ["a key off the curve", { ...good, attestationKey: concat([r, s]) }, "TdxVerifier_InvalidQuoteSignature"],
  ["a key of zeros", { ...good, attestationKey: `0x${"00".repeat(64)}` }, "TdxVerifier_InvalidQuoteSignature"],
  [
    "a leaf key off the curve",
    quoteOf({ certificate: { publicKey: concat([r, s]) } }),
    "TdxVerifier_InvalidQeReportSignature",
  ],
  ["a leaf of a stranger", quoteOf({ certificate: { signer: stranger } }), "TdxVerifier_InvalidLeafSignature"],
  ["a QE report of a stranger", quoteOf({}, { qeSigner: stranger }), "TdxVerifier_InvalidQeReportSignature"],
];

describe.each(Object.entries(chains))("on %s, which has the precompile or has not", (hardfork, load) => {
  it("the precompile is there, or not", async () => {
    const { stage } = await load();
    const { data } = await stage.publicClient.call({ to: PRECOMPILE, data: KNOWN_GOOD });
    expect(data).toBe(hardfork === "osaka" ? word(1n) : undefined);
  });

  it.each(cases)("%s", async (_name, quote, refused) => {
    const { judge } = await load();
    const outcome = await judge(quote);
    if (refused === undefined) expect(outcome).toMatchObject({ value: { status: 1 } });
    else expect(outcome).toEqual({ refused, args: [] });
  });

  it("what is revoked is refused, for a known platform too", async () => {
    const trial = await load();
    await trial.verify(good);
    await trial.upload(authority.collateral({ issued: NOW - 1, tcbInfo: single("Revoked") }), ["uploadTcbInfo"]);
    for (const isKnown of [false, true]) {
      expect(await trial.judge(good, { isKnown })).toEqual({ refused: "TdxVerifier_TcbRevoked", args: [] });
    }
  });
});

it("the precompile makes each of the three signatures of a quote cheaper by more than 150,000 gas", async () => {
  const [osaka, prague] = [await chains.osaka(), await chains.prague()];
  const saved = (await prague.verify(good)) - (await osaka.verify(good));
  expect(saved).toBeGreaterThan(3 * 150_000);
  const savedOfKnown = (await prague.verify(good, { isKnown: true })) - (await osaka.verify(good, { isKnown: true }));
  expect(savedOfKnown).toBeGreaterThan(150_000);
  expect(savedOfKnown).toBeLessThan(saved);
  // EIP-7951: 6,900 gas for a verification.
  expect(await osaka.verify(good, { isKnown: true })).toBeLessThan(150_000);
});
