// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPHA} from "../../../contracts/interfaces/IPHA.sol";
import {
    BrokenBooksVPHA,
    BrokenClockVPHA,
    BrokenConversionVPHA,
    BrokenCurveVault,
    BrokenExitPHA,
    BrokenLeakyVault,
    BrokenMaturityVPHA,
    BrokenPriceVPHA,
    BrokenSupplyPHA
} from "../harness/Broken.sol";
import {Breaker} from "../harness/Front.sol";
import {Campaign} from "./Campaign.sol";

/// @title Each of the invariants 1 to 6 and 13 can fail
/// @notice The same handlers and checks as in {InvariantsTest}. Each test drives the genuine contracts first, and its check holds;
/// then the same drive goes over the same contracts but for one that is wrong in one way, and the check fails for that reason.
contract BrokenTest is Campaign, Breaker {
    uint256 private constant ACTIONS = 250;

    function setUp() public override {
        super.setUp();
        _drive(1, 100);
        vaultHandler.start(0, 0, 0);
    }

    function test_mintingIsFound() external {
        address broken = address(new BrokenSupplyPHA(_toNobody()));
        _prove(address(pha), broken, this.drive, this.checkSupply, "supply rose");
    }

    function test_leakOfOneWeiIsFound() external {
        address broken = address(new BrokenLeakyVault(address(authority), pha, BUDGET));
        _prove(address(vault), broken, this.leak, this.checkEmission, "tokens left the vault on another way");
    }

    function test_laterStartIsFound() external {
        address broken = address(new BrokenCurveVault(address(authority), pha, BUDGET));
        _prove(address(vault), broken, this.startLater, this.checkEmission, "the start moved");
    }

    /// @notice The streams could be pulled beyond the curve.
    function test_earlierStartIsFound() external {
        address broken = address(new BrokenCurveVault(address(authority), pha, BUDGET));
        _prove(address(vault), broken, this.startEarlier, this.checkEmission, "the start moved");
    }

    function test_incomeThatIsNotThereIsFound() external {
        address broken = address(new BrokenBooksVPHA(_genuine(address(vpha))));
        _prove(address(vpha), broken, this.drive, this.checkSolvency, "solven");
        checkClock();
        checkPrice();
    }

    function test_fallOfThePriceIsFound() external {
        address broken = address(new BrokenPriceVPHA(address(authority), vault));
        _prove(address(vpha), broken, this.drive, this.checkPrice, "price fell in a call");
        // The same mistake rounds against the pool.
        _expectFailure(this.checkRounding, "a round trip paid");
    }

    function test_earlyPaymentIsFound() external {
        address broken = address(new BrokenClockVPHA(address(authority), vault));
        _prove(address(vpha), broken, this.drive, this.checkClock, "PHA left on another way");
    }

    function test_changedMaturityIsFound() external {
        address broken = address(new BrokenMaturityVPHA(address(authority), vault));
        _prove(address(vpha), broken, this.delayRequests, this.checkClock, "another maturity");
    }

    function test_pausedExitIsFound() external {
        address broken = address(new BrokenExitPHA(_toNobody()));
        _prove(address(pha), broken, this.driveWithPauses, this.checkExit, "matured request");
    }

    function test_conversionThatRoundsUpIsFound() external {
        address broken = address(new BrokenConversionVPHA(_genuine(address(vpha))));
        _prove(address(vpha), broken, this.drive, this.checkRounding, "shares grow by conversion");
        checkPrice();
    }

    // ACTS

    function drive() public {
        _drive(2, ACTIONS);
    }

    function leak() external {
        drive();
        _try(address(vault), abi.encodeCall(BrokenLeakyVault.leak, (address(1))));
    }

    function startLater() external {
        drive();
        _try(address(vault), abi.encodeCall(BrokenCurveVault.moveStart, (1)));
    }

    function startEarlier() external {
        drive();
        _try(address(vault), abi.encodeCall(BrokenCurveVault.moveStart, (-1)));
    }

    function delayRequests() external {
        drive();
        for (uint256 i = 0; i < vphaHandler.ledgerLength(); ++i) {
            if (vphaHandler.isOpen(i)) _delay(vphaHandler.ledgerEntry(i).id);
        }
    }

    function driveWithPauses() external {
        _try(address(pha), abi.encodeCall(BrokenExitPHA.setStakers, (address(vpha))));
        drive();
    }

    /// @dev The mapping's slot is not the contract's business to tell: whichever of the first sixty-four it is.
    function _delay(uint256 requestId) private {
        for (uint256 slot = 0; slot < 64; ++slot) {
            _try(address(vpha), abi.encodeCall(BrokenMaturityVPHA.delayRequest, (requestId, slot)));
        }
    }

    /// @dev Only the code of such a token is used.
    function _toNobody() private pure returns (IPHA.Allocation[] memory allocations) {
        allocations = new IPHA.Allocation[](1);
        allocations[0] = IPHA.Allocation(address(1), SUPPLY);
    }
}
