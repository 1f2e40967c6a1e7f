/** The team's share: nothing before the cliff, then the straight line from the start. */
import { describe, expect, it } from "vitest";
import { phaAbi, teamVestingAbi } from "../../../deploy/generated/abis.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { DAY, YEAR, fixture } from "../../helpers/stage.ts";
import { actorsOf, units } from "../../helpers/suite.ts";

const SHARE = units(50_000_000);
const DURATION = 4n * YEAR;

const load = fixture(async (stage) => {
  const actors = actorsOf(stage);
  const pha = await stage.deploy("PHA", phaAbi, [[{ account: actors.holder, amount: units(1_000_000_000) }]]);
  const start = stage.now() + DAY;
  const vesting = await stage.deploy("TeamVesting", teamVestingAbi, [actors.alice, start, DURATION, YEAR]);
  await pha.write.transfer([vesting.address, SHARE], { account: actors.holder });
  const release = () => vesting.write.release([pha.address], { account: actors.stranger });
  return { stage, actors, pha, vesting, start, release, paid: () => pha.read.balanceOf([actors.alice]) };
});

describe("TeamVesting", () => {
  it("pays nothing until the second before the cliff, and a year's part in the next", async () => {
    const { stage, start, vesting, release, paid } = await load();
    expect(await vesting.read.cliff()).toBe(start + YEAR);
    await stage.travelTo(start + YEAR - 1n);
    await release();
    expect(await paid()).toBe(0n);
    await stage.travel(1n);
    await release();
    expect(await paid()).toBe(SHARE / 4n);
  });

  it("vests linearly, however often it is released", async () => {
    const { stage, start, release, paid } = await load();
    for (const elapsed of [YEAR + 1n, YEAR + 12_345_678n, 2n * YEAR, 3n * YEAR + 7n, DURATION - 1n]) {
      await stage.travelTo(start + elapsed);
      await release();
      expect(await paid()).toBe((SHARE * elapsed) / DURATION);
    }
    await stage.travelTo(start + DURATION);
    await release();
    expect(await paid()).toBe(SHARE);
    await stage.travel(YEAR);
    await release();
    expect(await paid()).toBe(SHARE);
  });

  it("belongs to the beneficiary, who alone can pass it on", async () => {
    const { stage, actors, pha, vesting, start, release } = await load();
    const { alice, bob, mallory } = actors;
    await expectRevert(vesting.write.transferOwnership([mallory], { account: mallory }), "OwnableUnauthorizedAccount", [
      mallory,
    ]);
    await vesting.write.transferOwnership([bob], { account: alice });
    await stage.travelTo(start + 2n * YEAR);
    await release();
    expect(await pha.read.balanceOf([bob])).toBe(SHARE / 2n);
  });

  it("with a cliff after its end is refused", async () => {
    const { stage, actors, start } = await load();
    await expectRevert(
      stage.deploy("TeamVesting", teamVestingAbi, [actors.alice, start, YEAR, YEAR + 1n]),
      "InvalidCliffDuration",
      [YEAR + 1n, YEAR],
    );
  });
});
