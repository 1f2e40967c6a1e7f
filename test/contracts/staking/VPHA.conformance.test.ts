/** VPHA by the standards that it claims. */
import { maxUint256 } from "viem";
import { describe } from "vitest";
import { shouldBehaveLikeERC165 } from "../behaviours/erc165.ts";
import { shouldBehaveLikeERC20 } from "../behaviours/erc20.ts";
import { shouldBehaveLikeERC2612 } from "../behaviours/erc2612.ts";
import { shouldBehaveLikeERC4626Deposits } from "../behaviours/erc4626.ts";
import { shouldBehaveLikeERC7540Redeem } from "../behaviours/erc7540.ts";
import { DAY, fixture } from "../../helpers/stage.ts";
import { deploySuite, units } from "../../helpers/suite.ts";

/** Five days after the first deposit, with a price that is not one to one. */
const load = fixture(async (stage) => {
  const suite = await deploySuite(stage);
  const { actors, fundAccount, stake, pha, vpha } = suite;
  await stake(actors.holder, units(50_000));
  for (const account of [actors.alice, actors.bob]) await fundAccount(account, units(1_000));
  await pha.write.transfer([actors.carol, units(1_000)], { account: actors.holder });
  await stage.travel(5n * DAY);
  return {
    stage,
    vault: vpha.address,
    token: vpha.address,
    unbonding: 21n * DAY,
    alice: actors.alice,
    bob: actors.bob,
    carol: actors.carol,
    holder: actors.holder,
    spender: actors.operator,
    receiver: actors.stranger,
    other: actors.mallory,
  };
});

describe("VPHA", () => {
  shouldBehaveLikeERC20(load);
  shouldBehaveLikeERC2612(load);
  shouldBehaveLikeERC4626Deposits(load);
  shouldBehaveLikeERC7540Redeem(load);
  shouldBehaveLikeERC165(load);
});

/** The same, at a time when the last exit has left too little supply: income waits, and emission is banked. */
const loadSmall = fixture(async (stage) => {
  const suite = await deploySuite(stage);
  const { actors, fundAccount, pha, vpha, stake, request } = suite;
  await stake(actors.holder, units(5_000));
  await pha.write.approve([vpha.address, maxUint256], { account: actors.holder });
  await vpha.write.fund([units(7_777)], { account: actors.holder });
  for (const account of [actors.alice, actors.bob]) await fundAccount(account, units(20_000));
  await pha.write.transfer([actors.carol, units(20_000)], { account: actors.holder });
  await stage.travel(3n * DAY + 7n);
  await request(actors.holder, units(4_500));
  await stage.travel(DAY);
  return {
    stage,
    vault: vpha.address,
    unbonding: 21n * DAY,
    alice: actors.alice,
    bob: actors.bob,
    carol: actors.carol,
  };
});

describe("VPHA with little supply, where the price stands still", () => {
  shouldBehaveLikeERC4626Deposits(loadSmall);
  shouldBehaveLikeERC7540Redeem(loadSmall);
});
