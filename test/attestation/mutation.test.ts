/** Changed inputs under unchanged signatures: everything is refused, with an error that has a name. */
import { type Hex, concat, slice } from "viem";
import { describe, expect, it } from "vitest";
import { type Upload, quoteArguments, uploadsOf } from "../../scripts/attestation/calls.ts";
import type { CollateralFile } from "../../scripts/attestation/collateral.ts";
import { createAuthority } from "../../scripts/attestation/factory.ts";
import { type Quote, readQuote } from "../../scripts/attestation/quote.ts";
import { INTEL_ROOT_KEY } from "../../scripts/attestation/reference.ts";
import { fixtures, sayWhatIsSkipped } from "../helpers/dcap.ts";
import { type Mutant, mutantsOf } from "../helpers/mutation.ts";
import { createRandom } from "../helpers/random.ts";
import { STAGE_START, openStage } from "../helpers/stage.ts";
import { type Outcome, openTrial } from "../helpers/trial.ts";

/** What is mutated: genuine where the fixtures are here, of a test authority otherwise. */
interface Specimen {
  readonly name: string;
  readonly root: Hex;
  /** Unix seconds. */
  readonly time: number;
  readonly collateral: CollateralFile;
  readonly quote: Quote;
}

const NOW = STAGE_START.getTime() / 1000;

function made(version: 4 | 5): Specimen {
  const authority = createAuthority({ seed: "mutation", now: NOW });
  return {
    name: `a test quote v${version}`,
    root: authority.root.key.raw,
    time: NOW,
    collateral: authority.collateral({ pckCrl: { revoked: [{ serial: "0x1234" }, { serial: "0xabcd" }] } }),
    quote: readQuote(authority.platform().quote({ version })),
  };
}

function specimens(): Specimen[] {
  const genuine = fixtures();
  if (genuine === undefined) {
    sayWhatIsSkipped("mutations of them; those of test quotes run instead");
    return [made(4), made(5)];
  }
  return ([4, 5] as const).map((wanted) => {
    for (const { name, version, expected } of genuine.vectors) {
      const good = expected.find(({ usable, error }) => usable && error === undefined);
      if (version !== wanted || good === undefined) continue;
      const collateral = genuine.collateral(good.collateral);
      return { name, root: INTEL_ROOT_KEY, time: good.validFrom, collateral, quote: readQuote(genuine.quote(name)) };
    }
    return made(wanted);
  });
}

const NAMED = /^(TdxVerifier|CollateralStore|Der|X509|Json|Calendar|TcbInfo|TcbLevels|QeIdentity)_[A-Z]/;

/** Parts of a quote with how many mutations each gets; the rest of the signature data has one for each stretch. */
const QUOTE_PARTS = [
  { part: "signedData", count: 200 },
  { part: "signature", count: 64, isFixedSize: true },
  { part: "attestationKey", count: 64, isFixedSize: true },
  { part: "qeReport", count: 120, isFixedSize: true },
  { part: "qeReportSignature", count: 64, isFixedSize: true },
  { part: "qeAuthData", count: 32 },
  { part: "leaf", count: 200 },
] as const;
const SIGNATURE_DATA_COUNT = 150;

const UPLOADS: Record<Upload["functionName"], number> = {
  uploadRootCrl: 60,
  uploadPckCa: 100,
  uploadPckCrl: 80,
  uploadTcbSigning: 100,
  uploadTcbInfo: 60,
  uploadQeIdentity: 60,
};

/** The upload with its content changed, and, for texts, with its signature changed. */
function* changed(upload: Upload, random: ReturnType<typeof createRandom>): Generator<Mutant & { upload: Upload }> {
  const { functionName, args } = upload;
  const count = UPLOADS[functionName];
  if (functionName !== "uploadTcbInfo" && functionName !== "uploadQeIdentity") {
    for (const mutant of mutantsOf(args[0], count, random))
      yield { ...mutant, upload: { functionName, args: [mutant.bytes] } };
    return;
  }
  const [text, signature] = args;
  for (const mutant of mutantsOf(text, count, random)) {
    yield { ...mutant, upload: { functionName, args: [mutant.bytes, signature] } };
  }
  for (const mutant of mutantsOf(concat([signature.r, signature.s]), 32, random, { isFixedSize: true })) {
    const other = { r: slice(mutant.bytes, 0, 32), s: slice(mutant.bytes, 32, 64) };
    yield { ...mutant, upload: { functionName, args: [text, other] } };
  }
}

describe.each(specimens().map((specimen, index) => ({ ...specimen, seed: 21 + index })))(
  "$name",
  ({ root, time, collateral, quote, seed }) => {
    it("is refused by name with any byte changed", async () => {
      const trial = await openTrial(await openStage({ initialDate: new Date(time * 1000) }), root);
      const random = createRandom(seed);
      const errors = new Map<string, number>();
      const expectRefusal = (outcome: Outcome<unknown>, what: string): void => {
        const name = outcome.refused ?? "accepted";
        if (!NAMED.test(name)) expect.fail(`${what}: ${name}`);
        errors.set(name, (errors.get(name) ?? 0) + 1);
      };
      for (const upload of uploadsOf(collateral)) {
        // Nothing is there yet that something newer is asked for.
        for (const { what, upload: other } of changed(upload, random)) {
          expectRefusal(await trial.tryUpload(other), `${upload.functionName}: ${what}`);
        }
        expect(await trial.tryUpload(upload)).toEqual({ value: "0x" });
        await trial.upload(collateral, [upload.functionName]);
      }
      for (const { part, count, ...options } of QUOTE_PARTS) {
        for (const { what, bytes } of mutantsOf(quote[part], count, random, options)) {
          expectRefusal(await trial.judge({ ...quote, [part]: bytes }), `${part}: ${what}`);
        }
      }
      const [signedData, signatureData] = quoteArguments(quote);
      for (const { what, bytes } of mutantsOf(signatureData, SIGNATURE_DATA_COUNT, random)) {
        expectRefusal(await trial.judgeBytes(signedData, bytes), `signature data: ${what}`);
      }
      expect(await trial.judge(quote)).toHaveProperty("value");
      const count = [...errors.values()].reduce((sum, times) => sum + times, 0);
      expect(count).toBeGreaterThan(1_300);
      // Not all for the same reason: readers, chain, signatures and content each have their say.
      expect(errors.size).toBeGreaterThan(9);
      if (process.env["SHOW_ERRORS"] !== undefined) console.log(count, Object.fromEntries(errors));
    }, 120_000);
  },
);
