// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EmissionVault} from "../../../contracts/emission/EmissionVault.sol";
import {IEmissionVault} from "../../../contracts/interfaces/IEmissionVault.sol";
import {VPHA} from "../../../contracts/staking/VPHA.sol";
import {PHA} from "../../../contracts/token/PHA.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Front} from "./Front.sol";

// Contracts that are wrong on purpose, each in one way: the checks of the invariants must find every one of them. They
// derive from the genuine ones and misbehave in the hook that token movements pass through, or stand before them: see {Front}.

/// @notice Breaks invariant 1: now and then a transfer mints a wei.
contract BrokenSupplyPHA is PHA {
    constructor(Allocation[] memory allocations) PHA(allocations) {}

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0) && value % 16 == 3) super._update(address(0), to, 1);
    }
}

/// @notice Breaks invariant 2: whoever asks gets a little of the budget, on no stream's account.
contract BrokenLeakyVault is EmissionVault {
    constructor(address authority, IERC20 token_, uint256 budget_) EmissionVault(authority, token_, budget_) {}

    function leak(address receiver) external {
        token.transfer(receiver, 1);
    }
}

/// @notice Breaks invariant 2: the start can be moved.
contract BrokenCurveVault is EmissionVault {
    constructor(address authority, IERC20 token_, uint256 budget_) EmissionVault(authority, token_, budget_) {}

    function moveStart(int256 seconds_) external {
        startTime = uint256(int256(startTime) + seconds_);
    }
}

/// @notice Breaks invariant 3, and no other: income is booked with a wei more than comes in.
/// @dev Slot 10: bits 0–95 are the income that vests.
contract BrokenBooksVPHA is Front {
    constructor(address genuine) Front(genuine) {}

    function fund(uint256) external {
        _genuinely(msg.data);
        _add(bytes32(uint256(10)), 1);
    }
}

/// @notice Breaks invariant 13, and no other: whoever asks is told of two wei of shares more than assets are worth.
contract BrokenConversionVPHA is Front {
    constructor(address genuine) Front(genuine) {}

    function convertToShares(uint256) external {
        uint256 shares = abi.decode(_genuinely(msg.data), (uint256));
        _returnAs(abi.encode(shares + 2));
    }
}

/// @notice Breaks invariant 4: whoever enters gets a hundred-thousandth more than the price says.
contract BrokenPriceVPHA is VPHA {
    constructor(address authority, IEmissionVault vault) VPHA(authority, vault) {}

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, from == address(0) ? value + value / 100_000 : value);
    }
}

/// @notice Breaks invariant 6, and 3 with it: a thousandth of what is asked for is paid at once.
contract BrokenClockVPHA is VPHA {
    constructor(address authority, IEmissionVault vault) VPHA(authority, vault) {}

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (to == address(0)) IERC20(asset()).transfer(from, value / 1_000);
    }
}

/// @notice Breaks invariant 6: anybody can delay a request by a second.
/// @dev Requests live in a mapping; bits 192–255 of the word are the maturity.
contract BrokenMaturityVPHA is VPHA {
    constructor(address authority, IEmissionVault vault) VPHA(authority, vault) {}

    function delayRequest(uint256 requestId, uint256 mappingSlot) external {
        bytes32 slot = keccak256(abi.encode(requestId, mappingSlot));
        assembly ("memory-safe") {
            let word := sload(slot)
            if word {
                sstore(slot, add(word, shl(192, 1)))
            }
        }
    }
}

/// @notice Breaks invariant 5: the token does not leave the vPHA while its deposits are paused.
contract BrokenExitPHA is PHA {
    address public stakers;

    constructor(Allocation[] memory allocations) PHA(allocations) {}

    function setStakers(address stakers_) external {
        stakers = stakers_;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(from != stakers || from == address(0) || block.timestamp >= VPHA(from).depositsPausedUntil(), "paused");
        super._update(from, to, value);
    }
}
