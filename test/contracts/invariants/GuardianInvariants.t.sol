// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GuardianCampaign} from "./GuardianCampaign.sol";

/// @title Under every sequence of what a guardian can do: the limits, the exits and the powers hold
/// @notice A handler that reverts fails the run.
/// hardhat-config: invariant.failOnRevert = true
contract GuardianInvariantsTest is GuardianCampaign {
    function invariant_0_nothingIsDarkBeyondTheLimits() external view {
        checkLimits();
    }

    function invariant_3_solvency() external view {
        vm.assertGe(vpha.solvency(), int256(0), "the vPHA owes more than it has");
    }

    function invariant_5_exitsGoOnUnderEveryPause() external {
        checkExits();
    }

    function invariant_12_nobodyHasAPowerThatIsNotHis() external view {
        checkPowers();
    }

    /// @notice After each random sequence: everything holds, whichever invariant it was run for, and it was not empty.
    function afterInvariant() external {
        _checkAll();
        vm.assertGt(world.successes() + world.refusals(), 0, "nothing happened in this run");
    }

    /// @notice Every action succeeds, and every exit under a pause, too.
    function test_everyActionSucceeds() external {
        _drive(1, 3_000);
        _checkAll();
        string[30] memory actions = [
            "pauseDeposits",
            "resumeDeposits",
            "pauseRegistrations",
            "resumeRegistrations",
            "switchOffPpid",
            "switchOffFmspc",
            "switchOffTdxModule",
            "switchOffWorkload",
            "switchOffOperator",
            "liftOwnSwitch",
            "resign",
            "dismiss",
            "appoint",
            "deposit",
            "requestRedeem",
            "requestRedeemUnderPause",
            "transferSharesUnderPause",
            "claim",
            "claimUnderPause",
            "register",
            "withdraw",
            "finishWithdrawal",
            "finishWithdrawalUnderPause",
            "finishWithdrawalUnderSwitch",
            "requestExit",
            "requestExitUnderPause",
            "requestExitUnderSwitch",
            "finishExit",
            "finishExitUnderPause",
            "finishExitUnderSwitch"
        ];
        for (uint256 i = 0; i < actions.length; ++i) {
            vm.assertGt(world.succeeded(actions[i]), 1, string.concat(actions[i], " hardly ever succeeded"));
        }
        vm.assertGt(world.refusals(), 50, "hardly any attack was tried");
    }

    /// @notice The same in a loop.
    function testFuzz_everythingHoldsAfterManyActions(uint256 seed) external {
        _drive(seed, 50);
        _checkAll();
    }

    function _checkAll() private {
        checkLimits();
        checkExits();
        checkPowers();
    }
}
