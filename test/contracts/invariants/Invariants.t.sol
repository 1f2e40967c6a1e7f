// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Campaign} from "./Campaign.sol";

/// @title The named invariants 1 to 6 and 13 of the architecture, under random sequences of everything anybody can do
/// @notice A handler that reverts fails the run.
/// hardhat-config: invariant.failOnRevert = true
contract InvariantsTest is Campaign {
    function invariant_0_handlersExpectations() external view {
        checkExpectations();
    }

    function invariant_1_supplyOnlyFallsByBurns() external view {
        checkSupply();
    }

    function invariant_2_emissionFollowsTheCurve() external view {
        checkEmission();
    }

    function invariant_3_solvency() external view {
        checkSolvency();
    }

    function invariant_4_priceNeverFalls() external view {
        checkPrice();
    }

    function invariant_5_maturedRequestsCanBeClaimed() external {
        checkExit();
    }

    function invariant_6_nobodyLeavesEarly() external view {
        checkClock();
    }

    function invariant_13_roundingFavoursThePool() external view {
        checkRounding();
    }

    /// @notice After each random sequence: everything holds, whichever invariant it was run for, and it was not empty.
    function afterInvariant() external {
        _checkAll();
        vm.assertGt(world.successes() + world.refusals(), 0, "nothing happened in this run");
    }

    /// @notice Every action succeeds, in every important circumstance; a suite that only reverts proves nothing.
    function test_everyActionSucceeds() external {
        _drive(1, 1_000);
        _checkAll();
        string[27] memory actions = [
            "transfer",
            "burn",
            "donate",
            "pull",
            "pullSettled",
            "replaceSink",
            "restoreSink",
            "deposit",
            "mint",
            "requestRedeem",
            "requestRedeemByOperator",
            "massExit",
            "cancelRedeem",
            "claim",
            "claimUnderPause",
            "redeem",
            "withdraw",
            "waitForMaturity",
            "roundTrip",
            "transferShares",
            "setOperator",
            "skipSettled",
            "harvest",
            "fund",
            "pauseDeposits",
            "resumeDeposits",
            "wait"
        ];
        for (uint256 i = 0; i < actions.length; ++i) {
            vm.assertGt(world.succeeded(actions[i]), 1, string.concat(actions[i], " hardly ever succeeded"));
        }
        vm.assertEq(world.succeeded("start"), 1, "emission did not start");
        vm.assertGt(world.refusals(), 100, "hardly any attack was tried");
    }

    /// @notice The same in a loop.
    function testFuzz_everythingHoldsAfterManyActions(uint256 seed) external {
        _drive(seed, 50);
        _checkAll();
    }

    function _checkAll() private {
        checkExpectations();
        checkSupply();
        checkEmission();
        checkSolvency();
        checkPrice();
        checkExit();
        checkClock();
        checkRounding();
    }
}
