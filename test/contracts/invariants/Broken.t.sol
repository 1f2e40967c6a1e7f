// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EmissionVault} from "../../../contracts/emission/EmissionVault.sol";
import {IPHA} from "../../../contracts/interfaces/IPHA.sol";
import {VPHA} from "../../../contracts/staking/VPHA.sol";
import {PHA} from "../../../contracts/token/PHA.sol";
import {
    BrokenClockVPHA,
    BrokenCurveVault,
    BrokenExitPHA,
    BrokenLeakyVault,
    BrokenMaturityVPHA,
    BrokenPriceVPHA,
    BrokenSupplyPHA
} from "../harness/Broken.sol";
import {Campaign} from "./Campaign.sol";

/// @title Every invariant can fail
/// @notice The same handlers and checks as in {InvariantsTest} against suites with one broken part: the check of the
/// invariant it breaks must fail, after a few hundred random actions.
abstract contract BrokenCampaign is Campaign {
    uint256 internal constant ACTIONS = 250;
}

contract BrokenSupplyTest is BrokenCampaign {
    function _newPHA(IPHA.Allocation[] memory allocations) internal override returns (PHA) {
        return new BrokenSupplyPHA(allocations);
    }

    function test_mintingIsFound() external {
        _drive(1, ACTIONS);
        _expectFailure(this.checkSupply);
    }
}

contract BrokenLeakTest is BrokenCampaign {
    function _newVault() internal override returns (EmissionVault) {
        return new BrokenLeakyVault(address(authority), pha, BUDGET);
    }

    function test_leakOfOneWeiIsFound() external {
        _drive(1, ACTIONS);
        this.checkEmission();
        BrokenLeakyVault(address(vault)).leak(address(1));
        _expectFailure(this.checkEmission);
    }
}

contract BrokenCurveTest is BrokenCampaign {
    function _newVault() internal override returns (EmissionVault) {
        return new BrokenCurveVault(address(authority), pha, BUDGET);
    }

    function test_movedStartIsFound() external {
        _drive(1, ACTIONS);
        this.checkEmission();
        BrokenCurveVault(address(vault)).moveStart(1);
        _expectFailure(this.checkEmission);
        // An earlier start would let the streams be pulled beyond the curve.
        BrokenCurveVault(address(vault)).moveStart(-2);
        _expectFailure(this.checkEmission);
    }
}

contract BrokenPriceTest is BrokenCampaign {
    function _newVPHA() internal override returns (VPHA) {
        return new BrokenPriceVPHA(address(authority), vault);
    }

    function test_fallOfThePriceIsFound() external {
        _drive(1, ACTIONS);
        _expectFailure(this.checkPrice);
        // The same mistake rounds against the pool.
        _expectFailure(this.checkRounding);
    }
}

contract BrokenClockTest is BrokenCampaign {
    function _newVPHA() internal override returns (VPHA) {
        return new BrokenClockVPHA(address(authority), vault);
    }

    function test_earlyPaymentIsFound() external {
        _drive(1, ACTIONS);
        _expectFailure(this.checkClock);
        _expectFailure(this.checkSolvency);
    }
}

contract BrokenMaturityTest is BrokenCampaign {
    function _newVPHA() internal override returns (VPHA) {
        return new BrokenMaturityVPHA(address(authority), vault);
    }

    function test_changedMaturityIsFound() external {
        _drive(1, ACTIONS);
        this.checkClock();
        for (uint256 i = 0; i < vphaHandler.ledgerLength(); ++i) {
            if (vphaHandler.isOpen(i)) _delay(vphaHandler.ledgerEntry(i).id);
        }
        _expectFailure(this.checkClock);
    }

    /// @dev The mapping's slot is not the contract's business to tell: whichever of the first sixty-four it is.
    function _delay(uint256 requestId) private {
        for (uint256 slot = 0; slot < 64; ++slot) {
            BrokenMaturityVPHA(address(vpha)).delayRequest(requestId, slot);
        }
    }
}

contract BrokenExitTest is BrokenCampaign {
    function _newPHA(IPHA.Allocation[] memory allocations) internal override returns (PHA) {
        return new BrokenExitPHA(allocations);
    }

    function setUp() public override {
        super.setUp();
        BrokenExitPHA(address(pha)).setStakers(address(vpha));
    }

    function test_pausedExitIsFound() external {
        _drive(1, ACTIONS);
        _expectFailure(this.checkExit);
    }
}
