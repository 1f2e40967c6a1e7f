// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BrokenFinishExitRegistry,
    BrokenFinishWithdrawalRegistry,
    BrokenPauseRegistry,
    BrokenRequestExitRegistry,
    BrokenRequestVPHA,
    BrokenResignMandate,
    BrokenSwitchRegistry,
    BrokenTransferVPHA,
    HonestFront
} from "../harness/BrokenGovernance.sol";
import {Breaker} from "../harness/Front.sol";
import {GuardianCampaign} from "./GuardianCampaign.sol";

/// @title Each check of the guardian's campaign can fail
/// @notice The same handlers and checks as in {GuardianInvariantsTest}. Each test drives the genuine contracts first, and its check
/// holds; then the same drive goes over the same contracts but for one that is wrong in one way, and the check fails for that reason.
contract GuardianBrokenTest is GuardianCampaign, Breaker {
    uint256 private constant ACTIONS = 250;

    function setUp() public override {
        super.setUp();
        _drive(1, ACTIONS);
    }

    function test_honestFrontsAreNotFound() external {
        address[4] memory targets = [address(vpha), address(registry), address(attestation), address(mandate)];
        for (uint256 i = 0; i < targets.length; ++i) {
            _break(targets[i], address(new HonestFront(_genuine(targets[i]))));
        }
        this.drive();
        checkLimits();
        checkExits();
        checkPowers();
    }

    function test_exitThatIsPausedIsFound() external {
        address broken = address(new BrokenRequestVPHA(_genuine(address(vpha))));
        _prove(address(vpha), broken, this.drive, this.checkExits, "an exit could not be requested");
    }

    function test_transferThatIsPausedIsFound() external {
        address broken = address(new BrokenTransferVPHA(_genuine(address(vpha))));
        _prove(address(vpha), broken, this.drive, this.checkExits, "shares could not be transferred");
    }

    function test_workersExitThatIsPausedIsFound() external {
        address broken = address(new BrokenRequestExitRegistry(_genuine(address(registry))));
        _prove(address(registry), broken, this.driveOn, this.checkExits, "a worker's exit could not be requested");
    }

    function test_workersExitThatIsSwitchedOffIsFound() external {
        address broken = address(new BrokenFinishExitRegistry(_genuine(address(registry))));
        _prove(address(registry), broken, this.driveFar, this.checkExits, "collateral that had thawed was not paid");
    }

    function test_withdrawalThatIsPausedIsFound() external {
        address broken = address(new BrokenFinishWithdrawalRegistry(_genuine(address(registry))));
        _prove(address(registry), broken, this.driveOn, this.checkExits, "collateral that had thawed was not paid");
    }

    function test_forgottenPausesAreFound() external {
        address broken = address(new BrokenPauseRegistry(_genuine(address(registry))));
        _prove(address(registry), broken, this.drive, this.checkLimits, "pauseRegistrations succeeded");
    }

    function test_uncountedSwitchesAreFound() external {
        address broken = address(new BrokenSwitchRegistry(_genuine(address(attestation))));
        _prove(address(attestation), broken, this.driveOn, this.checkLimits, "succeeded, though it must not");
    }

    function test_guardianWhoStaysIsFound() external {
        address broken = address(new BrokenResignMandate(_genuine(address(mandate))));
        _prove(address(mandate), broken, this.drive, this.checkPowers, "somebody had a power that is not his");
    }

    // ACTS

    function drive() external {
        _drive(2, 2 * ACTIONS);
    }

    function driveOn() external {
        _drive(2, 4 * ACTIONS);
    }

    function driveFar() external {
        _drive(2, 8 * ACTIONS);
    }
}
