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
import {Decision} from "./OperationLedger.sol";

/// @title Each of the invariants 7 to 11 can fail
/// @notice The same handlers and checks as in {ComputeInvariantsTest}. Each test drives the genuine contracts first, and its check holds;
/// then the same drive goes over the same contracts but for one that is wrong in one way, and the check fails for that reason.
contract ComputeBrokenTest is ComputeCampaign, Breaker {
    uint256 private constant ACTIONS = 80;

    function setUp() public override {
        super.setUp();
        _looksAtAll = true;
    }

    function test_missingWeiOfCollateralIsFound() external {
        address broken = address(new BrokenCollateralRegistry(_genuine(address(registry))));
        _prove(address(registry), broken, this.drive, this.checkCollateral, "vPHA came or left on another way");
    }

    function test_weightOfNoLeaseIsFound() external {
        address broken = address(new BrokenWeightRewards(_genuine(address(rewards))));
        _prove(address(rewards), broken, this.work, this.checkWeight, "weight is not that of");
    }

    function test_weightThatEndsEarlyIsFound() external {
        address broken = address(new BrokenEndRewards(_genuine(address(rewards))));
        string memory reason = "weight is not that of";
        _prove(address(rewards), broken, this.workToTheEnd, this.checkWeight, reason);
    }

    function test_hourAboveTheCeilingIsFound() external {
        // So low that there is enough for twice as much.
        governanceHandler.decide(uint256(Decision.SetCeiling), 0, 0);
        address broken = address(new BrokenCeilingRewards(_genuine(address(rewards))));
        _prove(address(rewards), broken, this.workToTheEnd, this.checkPay, "an hour paid more than the ceiling");
    }

    function test_payPastTheLeaseIsFound() external {
        address broken = address(new BrokenLeaseRewards(_genuine(address(rewards))));
        _prove(address(rewards), broken, this.workWithHalf, this.checkPay, "another amount was paid than was earned");
    }

    function test_uncountedPayIsFound() external {
        address broken = address(new BrokenCountRewards(_genuine(address(rewards))));
        _prove(address(rewards), broken, this.work, this.checkPay, "another amount was paid than workers got");
    }

    function test_leaseWithoutAttestationIsFound() external {
        address broken = address(new BrokenAttestationRegistry(_genuine(address(registry))));
        string memory reason = "a lease was granted without a valid attestation";
        _prove(address(registry), broken, this.workWithHalf, this.checkAttestation, reason);
    }

    function test_leaseBeyondTheAttestationIsFound() external {
        address broken = address(new BrokenExpiryRegistry(_genuine(address(registry))));
        string memory reason = "a lease goes beyond the attestation";
        _prove(address(registry), broken, this.workBriefly, this.checkAttestation, reason);
    }

    function test_leaseWhileTheFormerHoldersRunsIsFound() external {
        address broken = address(new BrokenMoveRegistry(_genuine(address(registry))));
        string memory reason = "a lease was granted while a GPU may still have another";
        _prove(address(registry), broken, this.moveGpus, this.checkAttestation, reason);
    }

    function test_slashesBeyondTheCapAreFound() external {
        address target = address(slashings[slashingHandler.current()]);
        address broken = address(new BrokenCapSlashing(_genuine(target)));
        _prove(target, broken, this.accuse, this.checkSlash, "than the caps allow");
    }

    function test_slashForAFaultAfterTheExitIsFound() external {
        address broken = address(new BrokenRiskRegistry(_genuine(address(registry))));
        _prove(address(registry), broken, this.accuseWhoLeaves, this.checkSlash, "more was reserved than is at risk");
    }

    function test_delayOfWhatIsNotReservedIsFound() external {
        address broken = address(new BrokenDelayRegistry(_genuine(address(registry))));
        string memory reason = "a slash delayed what it had not reserved";
        _prove(address(registry), broken, this.leave, this.checkSlash, reason);
    }

    // ACTS

    function drive() external {
        _drive(2, 2 * ACTIONS);
    }

    /// @notice Everybody attests, works for hours and claims.
    function work() external {
        _attestEverybody();
        for (uint256 i = 0; i < 6; ++i) {
            rewardsHandler.work(i, i, 0);
        }
        _claim();
    }

    /// @notice Everybody attests and works, the leases end, and somebody closes their hours.
    function workToTheEnd() external {
        _attestEverybody();
        rewardsHandler.work(0, 0, 0);
        rewardsHandler.waitForHours(7, 1, 0);
        rewardsHandler.closeHours(0, 0, 0);
    }

    /// @notice Half of the workers cannot go on, and the others earn.
    function workWithHalf() external {
        _attestEverybody();
        rewardsHandler.work(0, 0, 1);
        for (uint256 i = 0; i < ledger.MACHINES(); i += 2) {
            attestationHandler.revoke(i, 0, 0);
        }
        for (uint256 i = 0; i < 6; ++i) {
            rewardsHandler.work(i, i, 0);
        }
        _claim();
    }

    function workBriefly() external {
        _attestEverybody();
        attestations.setAge(2 hours);
        registryHandler.reattestEverybody(0, 0, (1 << 64) | (1 << 80));
        rewardsHandler.work(0, 0, 1);
    }

    /// @notice Each takes one GPU, which was another's.
    function moveGpus() external {
        _attestEverybody();
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            registryHandler.reattest(i, 1, ((4 * i + 4) << 24) | (1 << 64) | (1 << 80));
            registryHandler.addCollateral(i, 0, 0);
        }
        rewardsHandler.work(0, 0, 1);
    }

    /// @notice Proposals of all kinds.
    function accuse() public {
        for (uint256 i = 0; i < 100; ++i) {
            uint256 word = uint256(keccak256(abi.encode(i)));
            slashingHandler.propose(word, word >> 64, word >> 96);
        }
    }

    /// @notice Everybody asks to leave, and a day later there are proposals of all kinds.
    function accuseWhoLeaves() public {
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            registryHandler.requestExit(i, 0, 0);
        }
        vm.warp(block.timestamp + 1 days);
        accuse();
    }

    /// @notice Everybody leaves, accused or not.
    function leave() external {
        accuseWhoLeaves();
        vm.warp(block.timestamp + 20 days);
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            registryHandler.finishExit(i, i, i);
        }
    }

    function _attestEverybody() private {
        attestations.setAge(30 days);
        // On the usual image, UpToDate.
        registryHandler.reattestEverybody(0, 0, (1 << 64) | (1 << 80));
    }

    function _claim() private {
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            rewardsHandler.claim(i, i, 0);
        }
    }
}
