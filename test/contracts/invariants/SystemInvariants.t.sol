// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SystemCampaign} from "./SystemCampaign.sol";

/// @title All thirteen invariants of the architecture over all contracts together, as they are deployed
/// @notice Each function checks some of them in full after each call, and of all others whether a handler or a watcher has seen one
/// broken; after each sequence, all are checked in full. The functions differ in the sequences that they run, and share the cores.
/// hardhat-config: invariant.failOnRevert = true
contract SystemInvariantsTest is SystemCampaign {
    function invariant_1_2_3_token_emission_solvency() external view {
        _checkReports();
        checkSupply();
        checkEmission();
        checkSolvency();
    }

    function invariant_4_5_6_13_price_exit_clock_rounding() external {
        _checkReports();
        checkPrice();
        checkExit();
        checkClock();
        checkRounding();
    }

    function invariant_7_8_9_10_11_collateral_weight_pay_attestation_slash() external view {
        _checkReports();
        checkCollateral();
        checkWeight();
        checkPay();
        checkAttestation();
        checkSlash();
    }

    function invariant_0_12_expectations_roles() external view {
        _checkReports();
        checkExpectations();
        checkRoles();
    }

    /// @notice After each random sequence: everything holds, whichever invariant it was run for, and it was not empty.
    function afterInvariant() external {
        _checkAll();
        vm.assertGt(world.successes() + world.refusals(), 0, "nothing happened in this run");
    }

    /// @notice Actions of each part succeed, and attacks on each part were tried.
    function test_everyPartActs() external {
        _drive(1, 600);
        _letStakersVeto();
        _decideEverything();
        _checkAll();
        string[25] memory actions = [
            "transfer",
            "burn",
            "donate",
            "deposit",
            "requestRedeem",
            "claim",
            "fund",
            "register",
            "heartbeat",
            "work",
            "propose",
            "setModel",
            "collect",
            "release",
            "attest",
            "revoke",
            "confirmSwitch",
            "setVerifier",
            "pauseDeposits",
            "wrap",
            "vote",
            "queueVote",
            "executeVote",
            "veto",
            "unlock"
        ];
        for (uint256 i = 0; i < actions.length; ++i) {
            vm.assertGt(world.succeeded(actions[i]), 0, string.concat(actions[i], " never succeeded"));
        }
        vm.assertGt(world.refusals(), 50, "hardly any attack was tried");
        vm.assertGt(hours_.paid(), 0, "no worker was paid");
        vm.assertGt(stakerHandler.paidOut(), 0, "no staker was paid");
    }

    /// @dev All lock all that they have against what governance wants, and get it back.
    function _letStakersVeto() private {
        for (uint256 i = 0; i < 8; ++i) {
            governanceHandler.schedule(i, i, i | (7 << 200));
        }
        uint256 stakers = world.actors().length;
        for (uint256 i = 0; i < 8 * stakers; ++i) {
            voteHandler.lock(i % stakers, i / stakers, 1);
        }
        vm.warp(block.timestamp + 60 days);
        for (uint256 i = 0; i < 16 * stakers; ++i) {
            voteHandler.unlock(i, i, 0);
        }
    }

    /// @dev What was seen broken of any of the thirteen, or of what handlers expect.
    function _checkReports() private view {
        for (uint256 i = 0; i <= 13; ++i) {
            world.requireNone(i);
        }
    }

    function _checkAll() private {
        _looksAtAll = true;
        checkExpectations();
        checkSupply();
        checkEmission();
        checkSolvency();
        checkPrice();
        checkExit();
        checkClock();
        checkCollateral();
        checkWeight();
        checkPay();
        checkAttestation();
        checkSlash();
        checkRoles();
        checkRounding();
        this.expectLater();
        _looksAtAll = false;
    }
}
