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
/// @notice The same handlers and checks as in {GuardianInvariantsTest}, with one contract's code replaced by a broken one. All of them
/// hold before.
contract GuardianBrokenTest is GuardianCampaign, Breaker {
    uint256 private constant ACTIONS = 250;

    function setUp() public override {
        super.setUp();
        _drive(1, ACTIONS);
        checkLimits();
        checkExits();
        checkPowers();
    }

    function test_honestFrontsAreNotFound() external {
        address[4] memory targets = [address(vpha), address(registry), address(attestation), address(mandate)];
        for (uint256 i = 0; i < targets.length; ++i) {
            _break(targets[i], new HonestFront(_genuine(targets[i])));
        }
        _drive(2, 2 * ACTIONS);
        checkLimits();
        checkExits();
        checkPowers();
    }

    function test_exitThatIsPausedIsFound() external {
        _break(address(vpha), new BrokenRequestVPHA(_genuine(address(vpha))));
        _drive(2, 2 * ACTIONS);
        _expectFailure(this.checkExits);
    }

    function test_transferThatIsPausedIsFound() external {
        _break(address(vpha), new BrokenTransferVPHA(_genuine(address(vpha))));
        _drive(2, 2 * ACTIONS);
        _expectFailure(this.checkExits);
    }

    function test_workersExitThatIsPausedIsFound() external {
        _break(address(registry), new BrokenRequestExitRegistry(_genuine(address(registry))));
        _drive(2, 4 * ACTIONS);
        _expectFailure(this.checkExits);
    }

    function test_workersExitThatIsSwitchedOffIsFound() external {
        _break(address(registry), new BrokenFinishExitRegistry(_genuine(address(registry))));
        _drive(2, 8 * ACTIONS);
        _expectFailure(this.checkExits);
    }

    function test_withdrawalThatIsPausedIsFound() external {
        _break(address(registry), new BrokenFinishWithdrawalRegistry(_genuine(address(registry))));
        _drive(2, 4 * ACTIONS);
        _expectFailure(this.checkExits);
    }

    function test_forgottenPausesAreFound() external {
        _break(address(registry), new BrokenPauseRegistry(_genuine(address(registry))));
        _drive(2, ACTIONS);
        _expectFailure(this.checkLimits);
    }

    function test_uncountedSwitchesAreFound() external {
        _break(address(attestation), new BrokenSwitchRegistry(_genuine(address(attestation))));
        _drive(2, 4 * ACTIONS);
        _expectFailure(this.checkLimits);
    }

    function test_guardianWhoStaysIsFound() external {
        _break(address(mandate), new BrokenResignMandate(_genuine(address(mandate))));
        _drive(2, ACTIONS);
        _expectFailure(this.checkPowers);
    }
}
