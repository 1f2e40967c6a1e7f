/** Genuine quotes and Intel's collateral through the contract: each verdict must be the expected one. */
import { describe, expect, it } from "vitest";
import { TCB_STATUS_NAMES, advisoryId, dayText } from "../../scripts/attestation/calls.ts";
import { readQuote } from "../../scripts/attestation/quote.ts";
import { deployVerifier } from "../helpers/attestation.ts";
import { fixtures, sayWhatIsSkipped } from "../helpers/dcap.ts";
import { expectRevert } from "../helpers/errors.ts";
import { openStage } from "../helpers/stage.ts";

const data = fixtures();
if (data === undefined) sayWhatIsSkipped("genuine quotes verified on chain");

describe.skipIf(data === undefined)("genuine quotes on chain", () => {
  for (const vector of data?.vectors ?? []) {
    for (const expected of vector.expected.filter(({ usable }) => usable)) {
      it(`${vector.name} by ${expected.collateral}: ${expected.error ?? expected.status ?? "?"}`, async () => {
        if (data === undefined) return;
        const stage = await openStage({ initialDate: new Date(expected.validFrom * 1000) });
        const verifier = await deployVerifier(stage);
        await verifier.upload(data.collateral(expected.collateral));
        const quote = readQuote(data.quote(vector.name));
        if (expected.error !== undefined) {
          await expectRevert(verifier.judge(quote), "TdxVerifier_TcbNotSupported");
          return;
        }
        const verdict = await verifier.judge(quote);
        const advisories = await verifier.contract.read.advisories([
          verdict.fmspc,
          verdict.level,
          verdict.module,
          verdict.moduleLevel,
        ]);
        expect({
          status: TCB_STATUS_NAMES[verdict.status],
          module: TCB_STATUS_NAMES[verdict.moduleStatus],
          qe: TCB_STATUS_NAMES[verdict.qeStatus],
          tcbDate: dayText(verdict.tcbDay),
          advisoryIds: advisories.map(advisoryId),
          fmspc: verdict.fmspc,
          ppid: verdict.ppid,
        }).toEqual({
          status: expected.status,
          module: expected.module,
          qe: expected.qe,
          tcbDate: expected.tcbDate,
          advisoryIds: expected.advisoryIds,
          fmspc: `0x${vector.fmspc}`,
          ppid: `0x${vector.ppid}`,
        });
        await verifier.verify(quote);
        await verifier.verify(quote, { isKnown: true });
        // The platform was remembered with all that the verdict rests on.
        expect(await verifier.judge(quote, { isKnown: true })).toEqual(await verifier.judge(quote));
      });
    }
  }
});
