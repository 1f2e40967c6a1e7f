// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPHA} from "../../../contracts/interfaces/IPHA.sol";
import {
    BrokenBooksVPHA,
    BrokenClockVPHA,
    BrokenConversionVPHA,
    BrokenExitPHA,
    BrokenLeakyVault,
    BrokenMaturityVPHA,
    BrokenPriceVPHA,
    BrokenSupplyPHA
} from "../harness/Broken.sol";
import {BrokenReplayAttestation, BrokenStandingAttestation} from "../harness/BrokenAttestation.sol";
import {
    BrokenCancelAuthority,
    BrokenClosingAuthority,
    BrokenGrantAuthority,
    BrokenHasteAuthority
} from "../harness/BrokenAuthority.sol";
import {
    BrokenAttestationRegistry,
    BrokenCapSlashing,
    BrokenCollateralRegistry,
    BrokenCountRewards,
    BrokenWeightRewards
} from "../harness/BrokenCompute.sol";
import {Breaker} from "../harness/Front.sol";
import {SystemCampaign} from "./SystemCampaign.sol";

/// @title Each of the thirteen invariants can fail in the system as a whole
/// @notice The same handlers and checks as in {SystemInvariantsTest}. Each test drives the genuine contracts first, and its check holds;
/// then the same drive goes over the same contracts but for one that is wrong in one way, and the check fails for that reason.
contract SystemBrokenTest is SystemCampaign, Breaker {
    uint256 private constant _ROUNDS = 15;
    uint256 private constant _ACTIONS = 10;
    /// @dev Slot of `VPHA._redemptions`: see snapshots/VPHA.txt.
    uint256 private constant _REDEMPTIONS = 12;

    function setUp() public override {
        super.setUp();
        _looksAtAll = true;
    }

    // THE THIRTEEN

    function test_1_mintingIsFound() external {
        address broken = address(new BrokenSupplyPHA(_toNobody()));
        _prove(address(pha), broken, this.transfer, this.checkSupply, "supply rose");
    }

    function test_2_leakOfOneWeiIsFound() external {
        address broken = address(new BrokenLeakyVault(address(authority), pha, BUDGET));
        _prove(address(vault), broken, this.leak, this.checkEmission, "tokens left the vault on another way");
    }

    function test_3_incomeThatIsNotThereIsFound() external {
        address broken = address(new BrokenBooksVPHA(_genuine(address(vpha))));
        _prove(address(vpha), broken, this.fund, this.checkSolvency, "solvency is not what was donated");
        checkClock();
        checkPrice();
    }

    function test_4_fallOfThePriceIsFound() external {
        address broken = address(new BrokenPriceVPHA(address(authority), vault));
        _prove(address(vpha), broken, this.drive, this.checkPrice, "price fell in a call");
    }

    function test_5_pausedExitIsFound() external {
        address broken = address(new BrokenExitPHA(_toNobody()));
        _prove(address(pha), broken, this.pause, this.checkExit, "matured request could not be claimed");
    }

    function test_6_changedMaturityIsFound() external {
        address broken = address(new BrokenMaturityVPHA(address(authority), vault));
        _prove(address(vpha), broken, this.delayRequests, this.checkClock, "another maturity");
    }

    function test_6_earlyPaymentIsFound() external {
        address broken = address(new BrokenClockVPHA(address(authority), vault));
        _prove(address(vpha), broken, this.drive, this.checkClock, "PHA left on another way");
    }

    function test_7_missingWeiOfCollateralIsFound() external {
        address broken = address(new BrokenCollateralRegistry(_genuine(address(registry))));
        _prove(address(registry), broken, this.drive, this.checkCollateral, "vPHA came or left on another way");
    }

    function test_8_weightOfNoLeaseIsFound() external {
        address broken = address(new BrokenWeightRewards(_genuine(address(rewards))));
        _prove(address(rewards), broken, this.work, this.checkWeight, "weight is not that of");
    }

    function test_9_uncountedPayIsFound() external {
        address broken = address(new BrokenCountRewards(_genuine(address(rewards))));
        _prove(address(rewards), broken, this.work, this.checkPay, "another amount was paid than workers got");
    }

    function test_10_standingInSpiteOfADecisionIsFound() external {
        address broken = address(new BrokenStandingAttestation(_genuine(address(attestation))));
        string memory reason = "a lease was granted without a valid attestation";
        _prove(address(attestation), broken, this.workInSpite, this.checkAttestation, reason);
    }

    function test_10_oldQuoteIsFound() external {
        address broken = address(new BrokenReplayAttestation(_genuine(address(attestation))));
        string memory reason = "an old quote was taken again";
        _prove(address(attestation), broken, this.replay, this.checkAttestation, reason);
    }

    function test_10_leaseWithoutAttestationIsFound() external {
        address broken = address(new BrokenAttestationRegistry(_genuine(address(registry))));
        string memory reason = "a lease was granted without a valid attestation";
        _prove(address(registry), broken, this.workInSpite, this.checkAttestation, reason);
    }

    function test_11_slashesBeyondTheCapAreFound() external {
        address target = address(slashings[slashingHandler.current()]);
        address broken = address(new BrokenCapSlashing(_genuine(target)));
        _prove(target, broken, this.accuse, this.checkSlash, "than the caps allow");
    }

    function test_12_closingByAnybodyIsFound() external {
        address broken = address(new BrokenClosingAuthority(_genuine(address(authority))));
        string memory reason = "somebody without a role did what needs one";
        _prove(address(authority), broken, this.intrude, this.checkRoles, reason);
    }

    function test_12_roleForTheAskingIsFound() external {
        address broken = address(new BrokenGrantAuthority(_genuine(address(authority))));
        _prove(address(authority), broken, this.askForRole, this.checkRoles, "somebody has a role that nobody gave");
    }

    function test_12_hasteIsFound() external {
        address broken = address(new BrokenHasteAuthority(_genuine(address(authority))));
        _prove(address(authority), broken, this.schedule, this.checkRoles, "scheduled for another time");
    }

    function test_12_cancellingByAnybodyIsFound() external {
        address broken = address(new BrokenCancelAuthority(_genuine(address(authority))));
        string memory reason = "somebody meddled with what governance has scheduled";
        _prove(address(authority), broken, this.meddle, this.checkRoles, reason);
    }

    function test_13_conversionThatRoundsUpIsFound() external {
        address broken = address(new BrokenConversionVPHA(_genuine(address(vpha))));
        _prove(address(vpha), broken, this.drive, this.checkRounding, "shares grow by conversion");
        checkPrice();
    }

    // ACTS

    /// @notice Anything. What is broken may break a handler, too: then these actions did not happen.
    function drive() external {
        for (uint256 i = 0; i < _ROUNDS; ++i) {
            try this.driveOn(2 + i) {} catch {}
        }
    }

    function driveOn(uint256 seed) external {
        _drive(seed, _ACTIONS);
    }

    function transfer() external {
        for (uint256 i = 0; i < 200; ++i) {
            phaHandler.transfer(i, i + 1, uint256(keccak256(abi.encode(i))));
        }
    }

    function leak() external {
        _try(address(vault), abi.encodeCall(BrokenLeakyVault.leak, (address(1))));
        this.drive();
    }

    function fund() external {
        for (uint256 i = 0; i < 8; ++i) {
            stakerHandler.fund(i, i, i);
        }
    }

    /// @notice Somebody asks to leave.
    function pause() external {
        _try(address(pha), abi.encodeCall(BrokenExitPHA.setStakers, (address(vpha))));
        // So that there is a pause left.
        vm.warp(block.timestamp + 365 days);
        for (uint256 i = 0; i < 8; ++i) {
            stakerHandler.requestRedeem(i, 1, 0);
        }
    }

    function delayRequests() external {
        for (uint256 i = 0; i < 8; ++i) {
            stakerHandler.requestRedeem(i, 1, 0);
        }
        for (uint256 i = 0; i < stakerHandler.ledgerLength(); ++i) {
            if (!stakerHandler.isOpen(i)) continue;
            uint256 id = stakerHandler.ledgerEntry(i).id;
            _try(address(vpha), abi.encodeCall(BrokenMaturityVPHA.delayRequest, (id, _REDEMPTIONS)));
        }
    }

    /// @notice Everybody attests, works for hours and claims.
    function work() external {
        registryHandler.reattestEverybody(0, 0, (1 << 64) | (1 << 80));
        for (uint256 i = 0; i < 6; ++i) {
            rewardsHandler.work(i, i, 0);
        }
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            rewardsHandler.claim(i, i, 0);
        }
    }

    /// @notice All certificates are revoked while everybody works.
    function workInSpite() external {
        attestations.setAge(30 days);
        registryHandler.reattestEverybody(0, 0, (1 << 64) | (1 << 80));
        rewardsHandler.work(0, 0, 0);
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            attestationHandler.revoke(i, 0, 0);
        }
        rewardsHandler.work(0, 0, 0);
    }

    /// @notice Old quotes come again.
    function replay() external {
        attestations.setAge(30 days);
        for (uint256 i = 0; i < 4 * ledger.MACHINES(); ++i) {
            attestationHandler.attest(i, 0, i | (1 << 64) | (1 << 80));
        }
        for (uint256 i = 0; i < 4 * ledger.MACHINES(); ++i) {
            attestationHandler.replay(0, i, 0);
        }
    }

    function accuse() external {
        for (uint256 i = 0; i < 100; ++i) {
            uint256 word = uint256(keccak256(abi.encode(i)));
            slashingHandler.propose(word, word >> 64, word >> 96);
        }
    }

    function intrude() external {
        for (uint256 kind = 0; kind < intruderHandler.KINDS(); ++kind) {
            intruderHandler.intrude(kind, kind, kind);
        }
    }

    function askForRole() external {
        _try(address(authority), abi.encodeCall(authority.grantRole, (1, address(1), 0)));
    }

    function schedule() external {
        for (uint256 i = 0; i < 20; ++i) {
            governanceHandler.schedule(i, i, i | (7 << 200));
        }
    }

    function meddle() external {
        this.schedule();
        for (uint256 i = 0; i < 20; ++i) {
            intruderHandler.meddle(i, i, 1);
        }
    }

    /// @dev Only the code of such a token is used.
    function _toNobody() private pure returns (IPHA.Allocation[] memory allocations) {
        allocations = new IPHA.Allocation[](1);
        allocations[0] = IPHA.Allocation(address(1), SUPPLY);
    }
}
