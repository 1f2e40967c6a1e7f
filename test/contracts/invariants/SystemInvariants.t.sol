// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SystemCampaign} from "./SystemCampaign.sol";

/// @title All thirteen invariants of the architecture over all contracts together
contract SystemInvariantsTest is SystemCampaign {
    function invariant_1_2_3_token_emission_solvency() external view {
        checkSupply();
        checkEmission();
        checkSolvency();
    }

    function invariant_4_5_6_13_price_exit_clock_rounding() external {
        checkPrice();
        checkExit();
        checkClock();
        checkRounding();
    }

    function invariant_7_8_9_10_11_collateral_weight_pay_attestation_slash() external view {
        checkCollateral();
        checkWeight();
        checkPay();
        checkAttestation();
        checkSlash();
    }

    function invariant_0_12_expectations_roles() external view {
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
        _checkAll();
        string[14] memory actions = [
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
            "release"
        ];
        for (uint256 i = 0; i < actions.length; ++i) {
            vm.assertGt(world.succeeded(actions[i]), 0, string.concat(actions[i], " never succeeded"));
        }
        vm.assertGt(world.refusals(), 50, "hardly any attack was tried");
        vm.assertGt(hours_.paid(), 0, "no worker was paid");
        vm.assertGt(stakerHandler.paidOut(), 0, "no staker was paid");
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
