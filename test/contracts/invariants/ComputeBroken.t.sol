// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BrokenAttestationRegistry,
    BrokenCapSlashing,
    BrokenCeilingRewards,
    BrokenCollateralRegistry,
    BrokenCountRewards,
    BrokenDelayRegistry,
    BrokenEndRewards,
    BrokenExpiryRegistry,
    BrokenLeaseRewards,
    BrokenMoveRegistry,
    BrokenRiskRegistry,
    BrokenWeightRewards
} from "../harness/BrokenCompute.sol";
import {Breaker} from "../harness/Front.sol";
import {ComputeCampaign} from "./ComputeCampaign.sol";
import {ComputeGovernanceHandler} from "./ComputeGovernanceHandler.sol";

/// @title Each of the invariants 7 to 11 can fail
/// @notice The same handlers and checks as in {ComputeInvariantsTest}, with one contract's code replaced by a broken one: the
/// check of the invariant that it breaks must fail. All of them hold before.
contract ComputeBrokenTest is ComputeCampaign, Breaker {
    uint256 private constant ACTIONS = 80;

    function setUp() public override {
        super.setUp();
        _looksAtAll = true;
        _drive(1, ACTIONS);
        checkCollateral();
        checkWeight();
        checkPay();
        checkAttestation();
        checkSlash();
    }

    function test_missingWeiOfCollateralIsFound() external {
        _break(address(registry), new BrokenCollateralRegistry(_genuine(address(registry))));
        _drive(2, ACTIONS);
        _expectFailure(this.checkCollateral);
    }

    function test_weightOfNoLeaseIsFound() external {
        _break(address(rewards), new BrokenWeightRewards(_genuine(address(rewards))));
        _drive(2, ACTIONS);
        _expectFailure(this.checkWeight);
    }

    function test_weightThatEndsEarlyIsFound() external {
        _break(address(rewards), new BrokenEndRewards(_genuine(address(rewards))));
        _workToTheEnd();
        _expectFailure(this.checkWeight);
    }

    function test_hourAboveTheCeilingIsFound() external {
        // So low that there is enough for twice as much.
        ComputeGovernanceHandler(address(_handlers[4])).setCeiling(0, 0, 0);
        _break(address(rewards), new BrokenCeilingRewards(_genuine(address(rewards))));
        _workToTheEnd();
        _expectFailure(this.checkPay);
    }

    function test_payPastTheLeaseIsFound() external {
        _break(address(rewards), new BrokenLeaseRewards(_genuine(address(rewards))));
        registryHandler.reattestEverybody(0, 0, 0);
        rewardsHandler.work(0, 0, 1);
        // Half of the workers cannot go on, and the others earn.
        for (uint256 i = 0; i < ledger.MACHINES(); i += 2) {
            attestation.setRevoked(ledger.addressOf(i), true);
        }
        _workAndClaim();
        _expectFailure(this.checkPay);
    }

    function test_uncountedPayIsFound() external {
        _break(address(rewards), new BrokenCountRewards(_genuine(address(rewards))));
        _workAndClaim();
        _expectFailure(this.checkPay);
    }

    function test_leaseWithoutAttestationIsFound() external {
        _break(address(registry), new BrokenAttestationRegistry(_genuine(address(registry))));
        _drive(2, ACTIONS);
        _expectReport(10);
        _expectFailure(this.checkAttestation);
    }

    function test_leaseBeyondTheAttestationIsFound() external {
        _break(address(registry), new BrokenExpiryRegistry(_genuine(address(registry))));
        attestation.setAge(2 hours);
        registryHandler.reattestEverybody(0, 0, 0);
        _drive(2, ACTIONS);
        _expectReport(10);
        _expectFailure(this.checkAttestation);
    }

    function test_leaseWhileTheFormerHoldersRunsIsFound() external {
        _break(address(registry), new BrokenMoveRegistry(_genuine(address(registry))));
        attestation.setAge(7 days);
        // Each takes one GPU, which was another's.
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            registryHandler.reattest(i, 1, (4 * i + 4) << 24);
            registryHandler.addCollateral(i, 0, 0);
        }
        world.requireNone(10);
        rewardsHandler.work(0, 0, 1);
        _expectReport(10);
        _expectFailure(this.checkAttestation);
    }

    function test_slashesBeyondTheCapAreFound() external {
        for (uint256 i = 0; i < slashings.length; ++i) {
            _break(address(slashings[i]), new BrokenCapSlashing(_genuine(address(slashings[i]))));
        }
        _accuse();
        _expectFailure(this.checkSlash);
    }

    function test_slashForAFaultAfterTheExitIsFound() external {
        _break(address(registry), new BrokenRiskRegistry(_genuine(address(registry))));
        _accuseWhoLeaves();
        _expectReport(11);
    }

    function test_delayOfWhatIsNotReservedIsFound() external {
        _break(address(registry), new BrokenDelayRegistry(_genuine(address(registry))));
        _accuseWhoLeaves();
        vm.warp(block.timestamp + 21 days);
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            registryHandler.finishExit(i, i, i);
        }
        _expectReport(11);
    }

    // INTERNAL

    /// @dev Everybody asks to leave, and a day later there are proposals of all kinds.
    function _accuseWhoLeaves() private {
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            registryHandler.requestExit(i, 0, 0);
        }
        vm.warp(block.timestamp + 1 days);
        world.requireNone(11);
        _accuse();
    }

    /// @dev Proposals of all kinds.
    function _accuse() private {
        for (uint256 i = 0; i < 100; ++i) {
            uint256 word = uint256(keccak256(abi.encode(i)));
            slashingHandler.propose(word, word >> 64, word >> 96);
        }
    }

    /// @dev Everybody attests, works for hours and claims.
    function _workAndClaim() private {
        registryHandler.reattestEverybody(0, 0, 0);
        for (uint256 i = 0; i < 6; ++i) {
            rewardsHandler.work(i, i, 0);
        }
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            rewardsHandler.claim(i, i, 0);
        }
    }

    /// @dev Everybody attests and works, the leases end, and somebody closes their hours.
    function _workToTheEnd() private {
        attestation.setAge(7 days);
        registryHandler.reattestEverybody(0, 0, 0);
        rewardsHandler.work(0, 0, 0);
        rewardsHandler.waitForHours(7, 1, 0);
        rewardsHandler.closeHours(0, 0, 0);
    }

    /// @dev Requires that a handler or a watcher has reported the invariant as broken.
    function _expectReport(uint256 number) private view {
        try world.requireNone(number) {
            revert("nobody reported the fault");
        } catch {}
    }
}
