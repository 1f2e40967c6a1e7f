/** Every status that a quote can come to, and random TCB tables: the contract beside the reference and the other verifier. */
import { concat } from "viem";
import { describe, expect, it } from "vitest";
import { TCB_STATUS_NAMES, advisoryId } from "../../scripts/attestation/calls.ts";
import {
  PLATFORM_STATUSES,
  type IsvLevel,
  type ModuleStatus,
  type PlatformStatus,
} from "../../scripts/attestation/collateral.ts";
import {
  type CollateralOptions,
  type QuoteOptions,
  DEFAULT_FMSPC,
  createAuthority,
  isvLevel,
  tcbLevel,
} from "../../scripts/attestation/factory.ts";
import { type Quote, readQuote } from "../../scripts/attestation/quote.ts";
import { fromLittleEndian, readEnclaveReport, u16 } from "../../scripts/attestation/report.ts";
import { matchIsvLevel } from "../../scripts/attestation/tcb.ts";
import { readCertificate } from "../../scripts/attestation/x509.ts";
import { expectRevert } from "../helpers/errors.ts";
import { MODULE, modules, single, svns } from "../helpers/levels.ts";
import { REFUSED, createOtherVerifier } from "../helpers/otherVerifier.ts";
import { createRandom } from "../helpers/random.ts";
import { STAGE_START, type Stage, fixture } from "../helpers/stage.ts";
import { openTrial, referenceVerdict } from "../helpers/trial.ts";

const NOW = STAGE_START.getTime() / 1000;
const TEXTS = ["uploadTcbInfo", "uploadQeIdentity"] as const;
const authority = createAuthority({ seed: "statuses", now: NOW });
const theirs = createOtherVerifier(authority.root.certificate);
const platform = authority.platform();

const load = fixture(async (stage: Stage) => {
  const trial = await openTrial(stage, authority.root.key.raw);
  await trial.upload(authority.collateral());
  return trial;
});

/** Both texts issued a little later each time, so that they may follow each other. */
let issued = NOW - 43_200;
const texts = (options: CollateralOptions) => authority.collateral({ ...options, issued: ++issued });

describe("each status", () => {
  const advisories = ["INTEL-SA-00837", "INTEL-SA-01313"];
  const old = modules([12, "UpToDate"], [2, "OutOfDate", ["INTEL-SA-01313", "INTEL-SA-01500"]]);
  /** A TD that started with an old module, on a platform whose module was updated since. */
  const updated: QuoteOptions = {
    version: 5,
    measurements: { teeTcbSvn: svns(11, 1, 4), teeTcbSvn2: svns(12, 1, 4) },
  };
  const legacy: QuoteOptions = { measurements: { teeTcbSvn: svns(1, 0, 1) } };
  const cases: { status: string; collateral: CollateralOptions; quote: QuoteOptions; isComparable: boolean }[] = [
    ...PLATFORM_STATUSES.filter((status) => status !== "Revoked").map((status) => ({
      status,
      collateral: { tcbInfo: single(status, advisories) },
      quote: legacy,
      isComparable: true,
    })),
    {
      status: "TdRelaunchAdvised",
      collateral: { tcbInfo: { ...single("SWHardeningNeeded", advisories), ...old } },
      quote: updated,
      isComparable: false,
    },
    {
      status: "TdRelaunchAdvisedConfigurationNeeded",
      collateral: { tcbInfo: { ...single("ConfigurationNeeded", advisories), ...old } },
      quote: updated,
      isComparable: false,
    },
  ];

  it("has a case", () => {
    expect([...cases.map(({ status }) => status), "None", "Revoked"].sort()).toEqual([...TCB_STATUS_NAMES].sort());
  });

  it.each(cases)("$status", async ({ status, collateral, quote, isComparable }) => {
    const trial = await load();
    const file = texts(collateral);
    await trial.upload(file, TEXTS);
    const raw = platform.quote(quote);
    const verdict = await trial.verdict(readQuote(raw));
    expect(verdict).toMatchObject({ status });
    expect(verdict).toEqual(referenceVerdict(authority, readQuote(raw), file, NOW));
    if (isComparable) expect(theirs(raw, file, NOW)).toEqual({ status, advisoryIds: advisories });
  });

  it("Revoked, which all three refuse", async () => {
    const trial = await load();
    const file = texts({ tcbInfo: single("Revoked") });
    await trial.upload(file, TEXTS);
    const raw = platform.quote(legacy);
    expect(await trial.verdict(readQuote(raw))).toEqual({ refused: "TdxVerifier_TcbRevoked" });
    expect(referenceVerdict(authority, readQuote(raw), file, NOW)).toEqual({ refused: "TdxVerifier_TcbRevoked" });
    expect(theirs(raw, file, NOW)).toBe(REFUSED);
  });

  it("of a QE that is neither UpToDate nor Revoked is OutOfDate; levels of one status are one", async () => {
    const trial = await load();
    // Statuses of platforms: Intel gives a QE three.
    const others = PLATFORM_STATUSES.filter((status) => !["UpToDate", "Revoked"].includes(status));
    const lower = Array.from({ length: 12 }, (_, i) =>
      isvLevel(20 - i, (others[i % others.length] ?? "OutOfDate") as IsvLevel["tcbStatus"]),
    );
    await trial.upload(texts({ qeIdentity: { tcbLevels: [isvLevel(21, "UpToDate"), ...lower] } }), TEXTS);
    const of = (isvSvn: number) => trial.verdict(readQuote(platform.quote({ qe: { isvSvn: u16(isvSvn) } })));
    expect(await of(21)).toMatchObject({ status: "UpToDate", qeStatus: "UpToDate" });
    for (const isvSvn of [20, 15, 9]) {
      expect(await of(isvSvn)).toMatchObject({ status: "OutOfDate", qeStatus: "OutOfDate" });
    }
    expect(await of(8)).toEqual({ refused: "TdxVerifier_TcbNotSupported" });
  });

  it("of a TD that no relaunch repairs stays what it is", async () => {
    const trial = await load();
    const file = texts({ tcbInfo: { ...single("UpToDate"), ...old } });
    await trial.upload(file, TEXTS);
    const withModule = (teeTcbSvn2: `0x${string}`, version: 4 | 5 = 5) =>
      readQuote(
        platform.quote({
          version,
          measurements: { teeTcbSvn: svns(11, 1, 4), ...(version === 5 && { teeTcbSvn2 }) },
        }),
      );
    for (const quote of [
      withModule(svns(11, 1, 4)),
      withModule(svns(12, 1, 0)),
      withModule(svns(0, 0, 1)),
      withModule(svns(), 4),
    ]) {
      const verdict = await trial.verdict(quote);
      expect(verdict).toMatchObject({ status: "OutOfDate" });
      expect(verdict).toEqual(referenceVerdict(authority, quote, file, NOW));
    }
    // One that Intel names, and gives no level.
    const bare = texts({
      tcbInfo: {
        ...single("UpToDate"),
        tdxModuleIdentities: (old.tdxModuleIdentities ?? []).map((module) =>
          module.id === "TDX_03" ? { ...module, tcbLevels: [] } : module,
        ),
      },
    });
    await trial.upload(bare, TEXTS);
    const relaunched = withModule(svns(12, 3, 4));
    expect(await trial.verdict(relaunched)).toEqual({ refused: "TdxVerifier_TcbNotSupported" });
    expect(referenceVerdict(authority, relaunched, bare, NOW)).toEqual({ refused: "TdxVerifier_TcbNotSupported" });
    await trial.upload(texts({ tcbInfo: { ...single("UpToDate"), ...old } }), TEXTS);

    const unknown = withModule(svns(12, 2, 4));
    expect(await trial.verdict(unknown)).toEqual({ refused: "TdxVerifier_TdxModuleMismatch" });
    expect(referenceVerdict(authority, unknown, file, NOW)).toEqual({ refused: "TdxVerifier_TdxModuleMismatch" });
  });
});

describe("what the contract remembers of collateral", () => {
  it("the root's key, and the advisories of each level", async () => {
    const trial = await load();
    const { x, y, notAfter } = await trial.contract.read.rootKey();
    expect(concat([x, y])).toBe(authority.root.key.raw);
    expect(notAfter).toBe(readCertificate(authority.root.certificate).notAfter);

    const list = ["INTEL-SA-00837", "INTEL-SA-01313"];
    const tcbInfo = { ...single("OutOfDate", list), ...modules([1, "OutOfDate", ["INTEL-SA-98765", ...list]]) };
    await trial.upload(texts({ tcbInfo }), TEXTS);
    const none = 255;
    const of = (level: number, module: number, moduleLevel = 0) =>
      trial.contract.read.advisories([DEFAULT_FMSPC, level, module, moduleLevel]);
    expect((await of(0, none)).map(advisoryId)).toEqual(list);
    for (const module of [0, 1]) expect((await of(0, module)).map(advisoryId)).toEqual([...list, "INTEL-SA-98765"]);
    for (const [level, module, moduleLevel] of [
      [1, none, 0],
      [0, 2, 0],
      [0, 1, 1],
    ] as const) {
      await expectRevert(of(level, module, moduleLevel), "TcbInfo_UnknownLevel");
    }
    await expectRevert(trial.contract.read.advisories(["0x000000000000", 0, none, 0]), "CollateralStore_Missing");
  });
});

describe("random tables", () => {
  let random = createRandom(11);
  const upTo = (max: number): number => Number(random.between(0n, BigInt(max)));
  const list = <T>(length: number, make: (index: number) => T): T[] =>
    Array.from({ length }, (_, index) => make(index));
  /** Sixteen SVNs: small ones that often meet each other, and at times the highest in one place. */
  const components = (max: number): number[] => {
    const all = list(16, (index) => (index < 3 || upTo(5) === 0 ? upTo(max) : 0));
    if (upTo(30) === 0) all[upTo(15)] = 255;
    return all;
  };
  const parts = (): ModuleStatus =>
    random.pick(["UpToDate", "UpToDate", "UpToDate", "OutOfDate", "OutOfDate", "Revoked"]);
  const date = (): string => `20${20 + upTo(5)}-0${1 + upTo(8)}-1${upTo(9)}T00:00:00Z`;
  const advisoryIds = (): string[] => list(upTo(2), () => `INTEL-SA-0000${upTo(9)}`);
  const isvLevels = (max: number) => list(1 + upTo(2), () => isvLevel(upTo(max), parts(), advisoryIds(), date()));
  /** Mostly statuses of platforms as they are, so that not everything ends as OutOfDate. */
  const level = (index: number) => {
    const status = random.pick<PlatformStatus>([
      ...PLATFORM_STATUSES,
      "UpToDate",
      "SWHardeningNeeded",
      "ConfigurationNeeded",
    ]);
    const low = index === 0 ? 0 : 3;
    const sgx = components(low);
    const tdx = [upTo(low), 0, upTo(low)];
    return tcbLevel({ sgx, pceSvn: upTo(low), tdx, status, date: date(), advisoryIds: advisoryIds() });
  };
  const shuffled = <T>(items: readonly T[]): T[] =>
    items
      .map((item) => ({ item, place: random.next() }))
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item);
  const platforms = list(8, (index) => {
    const high = list(16, () => 1 + upTo(3));
    return authority.platform({ seed: `platform ${index}`, components: high, pceSvn: 1 + upTo(3) });
  });
  const tee = () => svns(upTo(4), random.pick([0, 0, 1, 1, 1, 3, 2]), upTo(3));
  const quote = () => {
    const version = random.pick<4 | 5>([4, 5, 5]);
    const measurements = { teeTcbSvn: tee(), ...(version === 5 && { teeTcbSvn2: tee() }) };
    const qe = { isvSvn: u16(2 + upTo(3)) };
    return readQuote(random.pick([platform, ...platforms]).quote({ version, measurements, qe }));
  };

  /** A revoked QE is refused before anything else is judged; the reference names what is not supported first. */
  const isQeRevoked = ({ qeReport }: Quote, levels: readonly IsvLevel[]): boolean =>
    matchIsvLevel(levels, fromLittleEndian(readEnclaveReport(qeReport).isvSvn))?.tcbStatus === "Revoked";

  it("come to the same by contract and reference", async () => {
    // The same ones whenever it runs.
    random = createRandom(13);
    const trial = await load();
    const seen = new Map<string, number>();
    for (let run = 0; run < 160; run++) {
      const tdxModuleIdentities = ["TDX_01", "TDX_03"].map((id) => ({ id, ...MODULE, tcbLevels: isvLevels(4) }));
      const tcbLevels = shuffled(list(1 + upTo(5), level));
      const qeLevels = isvLevels(4);
      const file = texts({ tcbInfo: { tcbLevels, tdxModuleIdentities }, qeIdentity: { tcbLevels: qeLevels } });
      await trial.upload(file, TEXTS);
      for (const candidate of list(3, quote)) {
        const verdict = await trial.verdict(candidate);
        const expected = isQeRevoked(candidate, qeLevels)
          ? { refused: "TdxVerifier_TcbRevoked" }
          : referenceVerdict(authority, candidate, file, NOW);
        expect({ run, ...verdict }).toEqual({ run, ...expected });
        const label = verdict.refused ?? verdict.status ?? "";
        seen.set(label, (seen.get(label) ?? 0) + 1);
      }
    }
    // All statuses and all refusals of a TCB occur.
    expect([...seen.keys()].sort()).toEqual(
      [
        ...TCB_STATUS_NAMES.filter((name) => name !== "None" && name !== "Revoked"),
        "TdxVerifier_TcbNotSupported",
        "TdxVerifier_TcbRevoked",
        "TdxVerifier_TdxModuleMismatch",
      ].sort(),
    );
  }, 120_000);
});
