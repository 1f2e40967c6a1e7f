/** What the page says that a deposit and a request give, beside what the vault says. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { toAssets, toShares } from "../../web/src/chain/pool.ts";
import { DAY, fixture } from "../helpers/stage.ts";
import { deploySuite, units } from "../helpers/suite.ts";

const load = fixture(async (stage) => {
  const suite = await deploySuite(stage);
  await suite.stake(suite.actors.alice, units(12_345));
  await stage.travel(100n * DAY);
  return suite;
});

test("is the vault's own number, to the wei", async () => {
  const { vpha } = await load();
  const [assets, shares] = await Promise.all([vpha.read.totalAssets(), vpha.read.totalSupply()]);
  const pool = { assets, shares };
  await fc.assert(
    fc.asyncProperty(fc.bigInt({ min: 0n, max: 10n ** 27n }), async (amount) => {
      expect(toShares(pool, amount)).toBe(await vpha.read.convertToShares([amount]));
      expect(toAssets(pool, amount)).toBe(await vpha.read.convertToAssets([amount]));
    }),
    { numRuns: 50 },
  );
});
