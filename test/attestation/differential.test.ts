/**
 * The reference beside `@phala/dcap-qvl`, another verifier of the same quotes. The package differs from Intel's rules
 * in known ways, each of which has a test below:
 * - it compares all TDX SVNs from index 0, the module's too, whatever the module's version;
 * - it does not judge TDX module identities, nor advise a relaunch;
 * - it takes the worse of platform and QE by severity instead of converging them;
 * - it takes levels in the order of the file.
 * Also, it refuses what is Revoked, and it applies policy to debug TDs, which the reference leaves alone.
 */
import { hexToBytes, type Hex } from "viem";
import { describe, expect, it } from "vitest";
import { PLATFORM_STATUSES, type CollateralFile, type ModuleStatus } from "../../scripts/attestation/collateral.ts";
import { createAuthority, isvLevel, tcbLevel } from "../../scripts/attestation/factory.ts";
import { readQuote } from "../../scripts/attestation/quote.ts";
import { INTEL_ROOT_KEY, verifyReference } from "../../scripts/attestation/reference.ts";
import { sortIsvLevels, sortLevels } from "../../scripts/attestation/tcb.ts";
import { fixtures, sayWhatIsSkipped } from "../helpers/dcap.ts";
import { MODULE, svns } from "../helpers/levels.ts";
import { type PlainVerdict, REFUSED, createOtherVerifier } from "../helpers/otherVerifier.ts";
import { createRandom } from "../helpers/random.ts";

const now = 1_786_700_000;
const authority = createAuthority({ seed: "differential", now });
const custom = createOtherVerifier(authority.root.certificate);
const production = createOtherVerifier();

/** The package's verdict. */
const theirs = (quote: Uint8Array, collateral: CollateralFile, time = now, verifier = custom) =>
  verifier(quote, collateral, time);

/** The reference's, with what is revoked refused. */
function ours(
  quote: Uint8Array,
  collateral: CollateralFile,
  time = now,
  root: Hex = authority.root.key.raw,
): PlainVerdict | typeof REFUSED {
  const verdict = verifyReference({ quote, collateral, time, root });
  if (!verdict.ok || verdict.status === "Revoked") return REFUSED;
  return { status: verdict.status, advisoryIds: verdict.advisoryIds };
}

describe("both verifiers agree", () => {
  it("on random platforms, levels and statuses", () => {
    const random = createRandom(4);
    const upTo = (max: number): number => Number(random.between(0n, BigInt(max)));
    const platforms = Array.from({ length: 6 }, (_, index) =>
      authority.platform({ seed: `platform ${index}`, components: [upTo(3), upTo(3), upTo(3)], pceSvn: upTo(3) }),
    );
    const seen = new Map<string, number>();
    for (let run = 0; run < 150; run++) {
      const levels = Array.from({ length: 1 + upTo(4) }, () =>
        tcbLevel({
          sgx: [upTo(3), upTo(2), upTo(1)],
          pceSvn: upTo(3),
          tdx: [upTo(2), 0, upTo(2)],
          status: random.pick([...PLATFORM_STATUSES]),
          ...(upTo(1) === 0 && { advisoryIds: [`INTEL-SA-${upTo(9)}`] }),
        }),
      );
      const parts: ModuleStatus[] = ["UpToDate", "UpToDate", "OutOfDate", "Revoked"];
      const qeLevels = [isvLevel(5, "UpToDate"), isvLevel(3 + upTo(2), parts[upTo(3)] ?? "UpToDate")];
      const collateral = authority.collateral({
        tcbInfo: { tcbLevels: sortLevels(levels) },
        qeIdentity: { tcbLevels: sortIsvLevels(qeLevels) },
      });
      // No module version: what the package leaves out has no part.
      const measurements = { teeTcbSvn: svns(upTo(3), 0, upTo(3)), reportData: `0x${"ab".repeat(64)}` as const };
      const version = random.pick<4 | 5>([4, 5]);
      const quote = (platforms[upTo(5)] ?? authority.platform()).quote({ version, measurements });
      const mine = ours(quote, collateral);
      const other = theirs(quote, collateral);
      const label = mine === REFUSED ? REFUSED : mine.status;
      seen.set(label, (seen.get(label) ?? 0) + 1);
      // By severity a QE that is out of date hides that configuration is needed.
      const isHidden = mine !== REFUSED && mine.status === "OutOfDateConfigurationNeeded" && other !== REFUSED;
      if (isHidden && other.status === "OutOfDate") expect(other.advisoryIds).toEqual(mine.advisoryIds);
      else expect({ run, ...wrap(other) }).toEqual({ run, ...wrap(mine) });
    }
    expect(seen.size).toBeGreaterThanOrEqual(6);
  });

  it("on flipped bytes of what is signed", () => {
    const random = createRandom(5);
    const platform = authority.platform();
    const collateral = authority.collateral();
    for (const version of [4, 5] as const) {
      const quote = platform.quote({ version });
      const { size } = readQuote(quote);
      expect(ours(quote, collateral)).toMatchObject({ status: "UpToDate" });
      expect(theirs(quote, collateral)).toMatchObject({ status: "UpToDate" });
      for (let run = 0; run < 60; run++) {
        // Up to the end of the QE auth data: header, body, signatures, keys, QE report.
        const at = Number(random.between(0n, BigInt(size - 3700)));
        const flipped = Uint8Array.from(quote);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << Number(random.between(0n, 7n)));
        expect([at, ours(flipped, collateral)]).toEqual([at, REFUSED]);
        expect([at, theirs(flipped, collateral)]).toEqual([at, REFUSED]);
      }
    }
  });
});

const wrap = (verdict: PlainVerdict | typeof REFUSED): object => (verdict === REFUSED ? { refused: true } : verdict);

describe("known differences", () => {
  const level = { sgx: [1], pceSvn: 1 } as const;

  it("the first two TDX SVNs of a module with a version", () => {
    const quote = authority.platform().quote({ measurements: { teeTcbSvn: svns(3, 1, 4) } });
    const tcbInfo = {
      tcbLevels: [tcbLevel({ ...level, tdx: [5, 0, 4], status: "UpToDate" })],
      tdxModuleIdentities: [{ id: "TDX_01", ...MODULE, tcbLevels: [isvLevel(3, "UpToDate")] }],
    };
    const collateral = authority.collateral({ tcbInfo });
    expect(ours(quote, collateral)).toMatchObject({ status: "UpToDate" });
    expect(theirs(quote, collateral)).toBe(REFUSED);
  });

  it("module identities", () => {
    const quote = authority.platform().quote();
    for (const [status, expected] of [
      ["OutOfDate", { status: "OutOfDate", advisoryIds: ["INTEL-SA-1"] }],
      ["Revoked", REFUSED],
    ] as const) {
      const tdxModuleIdentities = [{ id: "TDX_01", ...MODULE, tcbLevels: [isvLevel(3, status, ["INTEL-SA-1"])] }];
      const collateral = authority.collateral({ tcbInfo: { tdxModuleIdentities } });
      expect(ours(quote, collateral)).toEqual(expected);
      expect(theirs(quote, collateral)).toEqual({ status: "UpToDate", advisoryIds: [] });
    }
  });

  it("a platform that needs configuration with an old QE", () => {
    const quote = authority.platform().quote();
    const tcbInfo = { tcbLevels: [tcbLevel({ ...level, tdx: [], status: "ConfigurationNeeded" })] };
    const collateral = authority.collateral({ tcbInfo, qeIdentity: { tcbLevels: [isvLevel(4, "OutOfDate")] } });
    expect(ours(quote, collateral)).toMatchObject({ status: "OutOfDateConfigurationNeeded" });
    expect(theirs(quote, collateral)).toMatchObject({ status: "OutOfDate" });
  });

  it("levels in another order", () => {
    const quote = authority.platform().quote();
    const low = tcbLevel({ ...level, tdx: [], status: "OutOfDate" });
    const high = tcbLevel({ sgx: [4], pceSvn: 11, tdx: [], status: "UpToDate" });
    const collateral = authority.collateral({ tcbInfo: { tcbLevels: [low, high] } });
    expect(ours(quote, collateral)).toMatchObject({ status: "UpToDate" });
    expect(theirs(quote, collateral)).toMatchObject({ status: "OutOfDate" });
  });
});

describe("genuine quotes", () => {
  const genuine = fixtures();
  if (genuine === undefined) {
    sayWhatIsSkipped("the other verifier's verdicts on them");
    it.skip("are not here");
    return;
  }
  const cases = genuine.vectors.flatMap(({ name, expected }) =>
    expected.filter(({ usable }) => usable).map((verdict) => [name, verdict.collateral, verdict.validFrom] as const),
  );
  it.each(cases)("%s with %s", (name, file, time) => {
    const quote = hexToBytes(`0x${genuine.quote(name).trim().replace(/^0x/, "")}`);
    const collateral = genuine.collateral(file);
    expect(ours(quote, collateral, time, INTEL_ROOT_KEY)).toEqual(theirs(quote, collateral, time, production));
  });
});
