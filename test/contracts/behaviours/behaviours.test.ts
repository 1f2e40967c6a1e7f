/**
 * The behaviour suites themselves: a vault unlike VPHA passes them, and with one fault built in it fails the check that is
 * about that fault. A suite that passes everything would be found here.
 */
import { erc20Abi, parseAbi } from "viem";
import { describe, expect, it } from "vitest";
import { phaAbi } from "../../../deploy/generated/abis.ts";
import { DAY, fixture } from "../../helpers/stage.ts";
import { actorsOf, units } from "../../helpers/suite.ts";
import type { Checks } from "./behaviour.ts";
import { erc165Checks, shouldBehaveLikeERC165 } from "./erc165.ts";
import { erc20Checks, shouldBehaveLikeERC20 } from "./erc20.ts";
import { erc2612Checks, shouldBehaveLikeERC2612 } from "./erc2612.ts";
import { erc4626DepositChecks, shouldBehaveLikeERC4626Deposits } from "./erc4626.ts";
import { erc7540RedeemChecks, shouldBehaveLikeERC7540Redeem } from "./erc7540.ts";

/** In the order of the mock's enum. */
const FAULTS = [
  "none",
  "previewRedeem answers",
  "deposit rounds up",
  "mint rounds down",
  "maxDeposit reverts",
  "deposit emits nothing",
  "preview ignores the price",
  "anyone requests",
  "allowance is kept",
  "anyone claims",
  "claimable at once",
  "maxRedeem counts pending requests",
  "a foreign id answers",
  "request emits nothing",
  "an operator cannot be dismissed",
  "ERC-165 says yes to all",
  "a permit works twice",
  "a transfer creates shares",
  "ERC-165 forgets the operators",
] as const;

type Fault = (typeof FAULTS)[number];

const specimenAbi = parseAbi(["constructor(address asset, uint8 fault)"]);

const loadWith = (fault: Fault) =>
  fixture(async (stage) => {
    const actors = actorsOf(stage);
    const { holder, alice, bob, carol } = actors;
    const pha = await stage.deploy("PHA", phaAbi, [[{ account: holder, amount: units(1_000_000_000) }]]);
    const vault = await stage.deploy("SpecimenVault", specimenAbi, [pha.address, FAULTS.indexOf(fault)]);
    const specimen = stage.at(
      [...erc20Abi, ...parseAbi(["function deposit(uint256 assets, address receiver)"])],
      vault.address,
    );
    for (const account of [holder, alice, bob]) {
      await pha.write.transfer([account, units(10_000)], { account: holder });
      await pha.write.approve([vault.address, 2n ** 256n - 1n], { account });
    }
    await pha.write.transfer([carol, units(1_000)], { account: holder });
    await specimen.write.deposit([units(333), holder], { account: holder });
    // The price of this vault is its balance: a gift makes it uneven.
    await pha.write.transfer([vault.address, units(77) + 13n], { account: holder });
    return {
      stage,
      vault: vault.address,
      token: vault.address,
      unbonding: DAY,
      alice,
      bob,
      carol,
      holder,
      spender: actors.operator,
      receiver: actors.stranger,
      other: actors.mallory,
    };
  });

describe("a vault that conforms in another way", () => {
  const load = loadWith("none");
  shouldBehaveLikeERC20(load);
  shouldBehaveLikeERC2612(load);
  shouldBehaveLikeERC4626Deposits(load);
  shouldBehaveLikeERC7540Redeem(load);
  shouldBehaveLikeERC165(load);
});

type Subject = Awaited<ReturnType<ReturnType<typeof loadWith>>>;
type FaultCase = readonly [fault: Fault, checks: Checks<Subject>, notices: string];

/** The check that each fault must fail. */
const CASES: readonly FaultCase[] = [
  ["previewRedeem answers", erc7540RedeemChecks, "previewRedeem and previewWithdraw revert for every input and caller"],
  [
    "deposit rounds up",
    erc4626DepositChecks,
    "a deposit rounds against the depositor: its shares are never worth more than it",
  ],
  [
    "mint rounds down",
    erc4626DepositChecks,
    "a mint rounds against the minter: its shares never cost less than they are worth",
  ],
  [
    "maxDeposit reverts",
    erc4626DepositChecks,
    "max functions, totalAssets and asset never revert, whatever the amount",
  ],
  [
    "deposit emits nothing",
    erc4626DepositChecks,
    "deposit gives what previewDeposit said and takes exactly the assets",
  ],
  [
    "preview ignores the price",
    erc4626DepositChecks,
    "deposit gives what previewDeposit said and takes exactly the assets",
  ],
  ["anyone requests", erc7540RedeemChecks, "a stranger can neither request nor claim"],
  ["allowance is kept", erc7540RedeemChecks, "a spender can request with an allowance of the shares, which is used up"],
  ["anyone claims", erc7540RedeemChecks, "a stranger can neither request nor claim"],
  ["claimable at once", erc7540RedeemChecks, "nothing can be claimed early"],
  [
    "maxRedeem counts pending requests",
    erc7540RedeemChecks,
    "a request is pending until its time and claimable from then on, never both",
  ],
  ["a foreign id answers", erc7540RedeemChecks, "the id answers for its controller only"],
  ["request emits nothing", erc7540RedeemChecks, "a request takes the shares at once and tells of itself"],
  [
    "an operator cannot be dismissed",
    erc7540RedeemChecks,
    "an operator can request and claim for its controller until it is dismissed",
  ],
  ["ERC-165 says yes to all", erc165Checks, "supports neither 0xffffffff nor asynchronous deposits nor an unknown id"],
  ["a permit works twice", erc2612Checks, "anybody can submit a permit, once"],
  ["a transfer creates shares", erc20Checks, "transfer moves exactly the amount and tells of it"],
  ["ERC-165 forgets the operators", erc165Checks, "supports operators, 0xe3bc4e65"],
];

describe("a vault with one fault fails the check that is about it", () => {
  it.each(CASES)("%s", async (fault, checks, notices) => {
    const check = checks[notices];
    if (check === undefined) throw new Error(`no check is called "${notices}"`);
    const subject = await loadWith(fault)();
    await expect(check(subject)).rejects.toThrow();
  });

  it("every fault has its case", () => {
    expect(CASES.map(([fault]) => fault)).toEqual(FAULTS.slice(1));
  });
});
