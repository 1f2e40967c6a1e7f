// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EmissionVault} from "../../../contracts/emission/EmissionVault.sol";
import {IPHA} from "../../../contracts/interfaces/IPHA.sol";
import {VPHA} from "../../../contracts/staking/VPHA.sol";
import {PHA} from "../../../contracts/token/PHA.sol";
import {
    BrokenClockVPHA,
    BrokenExitPHA,
    BrokenLeakyVault,
    BrokenMaturityVPHA,
    BrokenPriceVPHA,
    BrokenSupplyPHA
} from "../harness/Broken.sol";
import {BrokenClosingAuthority, BrokenGrantAuthority} from "../harness/BrokenAuthority.sol";
import {
    BrokenAttestationRegistry,
    BrokenCapSlashing,
    BrokenCollateralRegistry,
    BrokenCountRewards,
    BrokenWeightRewards
} from "../harness/BrokenCompute.sol";
import {Breaker} from "../harness/Front.sol";
import {SystemCampaign} from "./SystemCampaign.sol";

// Each of the thirteen invariants can fail in the system as a whole: the same handlers and checks as in {SystemInvariantsTest}, with
// one contract that is wrong in one way. Its check fails.

abstract contract SystemBroken is SystemCampaign, Breaker {
    uint256 internal constant ACTIONS = 250;

    function setUp() public virtual override {
        super.setUp();
        _looksAtAll = true;
    }
}

contract SystemBrokenSupplyTest is SystemBroken {
    function _newPHA(IPHA.Allocation[] memory allocations) internal override returns (PHA) {
        return new BrokenSupplyPHA(allocations);
    }

    function test_1_mintingIsFound() external {
        _drive(1, ACTIONS);
        _expectFailure(this.checkSupply);
    }
}

contract SystemBrokenVaultTest is SystemBroken {
    function _newVault() internal override returns (EmissionVault) {
        return new BrokenLeakyVault(address(authority), pha, BUDGET);
    }

    function test_2_leakOfOneWeiIsFound() external {
        _drive(1, ACTIONS);
        this.checkEmission();
        BrokenLeakyVault(address(vault)).leak(address(1));
        _expectFailure(this.checkEmission);
    }
}

contract SystemBrokenClockTest is SystemBroken {
    function _newVPHA() internal override returns (VPHA) {
        return new BrokenClockVPHA(address(authority), vault);
    }

    function test_3_6_earlyPaymentIsFound() external {
        _drive(1, ACTIONS);
        _expectFailure(this.checkSolvency);
        _expectFailure(this.checkClock);
    }
}

contract SystemBrokenPriceTest is SystemBroken {
    function _newVPHA() internal override returns (VPHA) {
        return new BrokenPriceVPHA(address(authority), vault);
    }

    function test_4_13_fallOfThePriceIsFound() external {
        _drive(1, ACTIONS);
        _expectFailure(this.checkPrice);
        _expectFailure(this.checkRounding);
    }
}

contract SystemBrokenExitTest is SystemBroken {
    function _newPHA(IPHA.Allocation[] memory allocations) internal override returns (PHA) {
        return new BrokenExitPHA(allocations);
    }

    function setUp() public override {
        super.setUp();
        BrokenExitPHA(address(pha)).setStakers(address(vpha));
    }

    function test_5_pausedExitIsFound() external {
        _drive(1, ACTIONS);
        _expectFailure(this.checkExit);
    }
}

contract SystemBrokenMaturityTest is SystemBroken {
    /// @dev Slot of `VPHA._redemptions`: see snapshots/VPHA.txt.
    uint256 private constant REDEMPTIONS = 12;

    function _newVPHA() internal override returns (VPHA) {
        return new BrokenMaturityVPHA(address(authority), vault);
    }

    function test_6_changedMaturityIsFound() external {
        _drive(1, ACTIONS);
        this.checkClock();
        for (uint256 i = 0; i < stakerHandler.ledgerLength(); ++i) {
            if (!stakerHandler.isOpen(i)) continue;
            BrokenMaturityVPHA(address(vpha)).delayRequest(stakerHandler.ledgerEntry(i).id, REDEMPTIONS);
        }
        _expectFailure(this.checkClock);
    }
}

/// @notice What takes another's place while everything goes on.
contract SystemBrokenPartsTest is SystemBroken {
    uint256 private constant ROUNDS = 25;

    function setUp() public override {
        super.setUp();
        _drive(1, 100);
        checkCollateral();
        checkWeight();
        checkPay();
        checkAttestation();
        checkSlash();
        checkRoles();
    }

    function test_7_missingWeiOfCollateralIsFound() external {
        _break(address(registry), new BrokenCollateralRegistry(_genuine(address(registry))));
        _driveUntilFound(this.checkCollateral);
    }

    function test_8_weightOfNoLeaseIsFound() external {
        _break(address(rewards), new BrokenWeightRewards(_genuine(address(rewards))));
        _driveUntilFound(this.checkWeight);
    }

    function test_9_uncountedPayIsFound() external {
        _break(address(rewards), new BrokenCountRewards(_genuine(address(rewards))));
        _driveUntilFound(this.checkPay);
    }

    function test_10_leaseWithoutAttestationIsFound() external {
        _break(address(registry), new BrokenAttestationRegistry(_genuine(address(registry))));
        _driveUntilFound(this.checkAttestation);
    }

    function test_11_slashesBeyondTheCapAreFound() external {
        for (uint256 i = 0; i < slashings.length; ++i) {
            _break(address(slashings[i]), new BrokenCapSlashing(_genuine(address(slashings[i]))));
        }
        for (uint256 i = 0; i < 100; ++i) {
            uint256 word = uint256(keccak256(abi.encode(i)));
            slashingHandler.propose(word, word >> 64, word >> 96);
        }
        _expectFailure(this.checkSlash);
    }

    function test_12_closingByAnybodyIsFound() external {
        _break(address(authority), new BrokenClosingAuthority(_genuine(address(authority))));
        for (uint256 kind = 0; kind < intruderHandler.KINDS(); ++kind) {
            intruderHandler.intrude(kind, kind, kind);
        }
        _expectFailure(this.checkRoles);
    }

    function test_12_roleForTheAskingIsFound() external {
        _break(address(authority), new BrokenGrantAuthority(_genuine(address(authority))));
        authority.grantRole(1, address(1), 0);
        _expectFailure(this.checkRoles);
    }

    /// @dev A few actions at a time. What is broken may break the handlers, too: then these actions did not happen.
    function _driveUntilFound(function() external check) private {
        for (uint256 i = 0; i < ROUNDS; ++i) {
            try this.drive(2 + i, ACTIONS / ROUNDS) {} catch {}
            try check() {} catch {
                return;
            }
        }
        revert("the check did not find the fault");
    }

    function drive(uint256 seed, uint256 steps) external {
        _drive(seed, steps);
    }
}
