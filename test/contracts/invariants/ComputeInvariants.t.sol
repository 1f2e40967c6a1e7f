// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ComputeCampaign} from "./ComputeCampaign.sol";

/// @title The named invariants 7 to 11 of the architecture, under random sequences of everything anybody can do
/// @notice A handler that reverts fails the run.
/// hardhat-config: invariant.failOnRevert = true
contract ComputeInvariantsTest is ComputeCampaign {
    function invariant_0_handlersExpectations() external view {
        checkExpectations();
    }

    function invariant_7_collateralIsThere() external view {
        checkCollateral();
    }

    function invariant_8_weightIsThatOfTheLeases() external view {
        checkWeight();
    }

    function invariant_9_payIsThatOfTheHours() external view {
        checkPay();
    }

    function invariant_10_noLeaseWithoutAttestation() external view {
        checkAttestation();
    }

    function invariant_11_slashesStayWithinTheirLimits() external view {
        checkSlash();
    }

    /// @notice After each random sequence: everything holds, whichever invariant it was run for, and it was not empty.
    function afterInvariant() external {
        _checkAll();
        vm.assertGt(world.successes() + world.refusals(), 0, "nothing happened in this run");
    }

    /// @notice Every action succeeds; a suite that only reverts proves nothing.
    function test_everyActionSucceeds() external {
        _drive(1, 1_200);
        _decideEverything();
        _letSwitchesLapse();
        _checkAll();
        string[57] memory actions = [
            "register",
            "reattest",
            "replay",
            "restamp",
            "addCollateral",
            "withdraw",
            "cancelWithdrawal",
            "finishWithdrawal",
            "proposeOperator",
            "acceptOperator",
            "requestExit",
            "finishExit",
            "remove",
            "waitForThaw",
            "donate",
            "heartbeat",
            "work",
            "claim",
            "closeHours",
            "pull",
            "waitForHours",
            "propose",
            "rebut",
            "reject",
            "takeBack",
            "execute",
            "waitForWindow",
            "changeLimits",
            "replaceSlashing",
            "attest",
            "replayLast",
            "restampKey",
            "clearLapsed",
            "revoke",
            "renew",
            "schedule",
            "cancel",
            "setModel",
            "removeModel",
            "setCeiling",
            "replaceSink",
            "restoreSink",
            "confirmSwitch",
            "liftSwitch",
            "allowImage",
            "allowShape",
            "removeImage",
            "removeShape",
            "raiseFloors",
            "setFloors",
            "setVerifier",
            "appoint",
            "dismiss",
            "openStream",
            "closeBudget",
            "pauseRegistrations",
            "pauseDeposits"
        ];
        for (uint256 i = 0; i < actions.length; ++i) {
            vm.assertGt(world.succeeded(actions[i]), 0, string.concat(actions[i], " never succeeded"));
        }
        vm.assertGt(world.refusals(), 50, "hardly any attack was tried");
        vm.assertGt(hours_.paid(), 0, "nobody was paid");
    }

    /// @notice The same in a loop.
    function testFuzz_everythingHoldsAfterManyActions(uint256 seed) external {
        _drive(seed, 20);
        _checkAll();
    }

    /// @dev The guardian switches something off, nobody lifts it, and somebody clears it away.
    function _letSwitchesLapse() private {
        governanceHandler.reappoint(0, 0, 0);
        for (uint256 kind = 0; kind < 4; ++kind) {
            guardianHandler.switchOff(0, 0, kind);
        }
        vm.warp(block.timestamp + 14 days);
        for (uint256 kind = 0; kind < 5; ++kind) {
            attestationHandler.clearLapsed(kind, 0, 0);
        }
    }

    function _checkAll() private {
        _looksAtAll = true;
        checkExpectations();
        checkCollateral();
        checkWeight();
        checkPay();
        checkAttestation();
        checkSlash();
        this.expectLater();
        _looksAtAll = false;
    }
}
