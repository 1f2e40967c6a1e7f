// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";

/// @notice Does what the genuine code does, but for what a contract that derives from it does wrong. Its code takes the place of the
/// genuine contract's, which is called on the same storage.
abstract contract Front {
    address private immutable _genuine;

    constructor(address genuine) {
        _genuine = genuine;
    }

    fallback() external {
        _returnAs(_genuinely(msg.data));
    }

    function _genuinely(bytes memory data) internal returns (bytes memory result) {
        bool success;
        (success, result) = _genuine.delegatecall(data);
        if (success) return result;
        assembly ("memory-safe") {
            revert(add(result, 0x20), mload(result))
        }
    }

    function _returnAs(bytes memory result) internal pure {
        assembly ("memory-safe") {
            return(add(result, 0x20), mload(result))
        }
    }

    /// @dev The slot of `key`'s value in the mapping at `slot`.
    function _slotOf(address key, uint256 slot) internal pure returns (bytes32) {
        return keccak256(abi.encode(key, slot));
    }

    function _add(bytes32 slot, uint256 value) internal {
        assembly ("memory-safe") {
            sstore(slot, add(sload(slot), value))
        }
    }
}

/// @notice Puts other code in the place of a contract's, and shows that it is what a check finds.
abstract contract Breaker is Test {
    /// @dev Carries out of {tryGenuine} that the check held, and undoes all that was done.
    error Breaker_Holds();

    /// @dev Where the genuine code of `target` is now.
    function _genuine(address target) internal returns (address copy) {
        copy = address(uint160(uint256(keccak256(abi.encode("genuine", target)))));
        vm.etch(copy, target.code);
    }

    function _break(address target, address broken) internal {
        vm.etch(target, broken.code);
    }

    /// @dev Requires that after `act` the check holds with the genuine code of `target`, and with that of `broken` in its place
    /// fails for `reason`.
    function _prove(
        address target,
        address broken,
        function() external act,
        function() external check,
        string memory reason
    ) internal {
        _expectHolds(act, check);
        _break(target, broken);
        act();
        _expectFailure(check, reason);
    }

    /// @dev A call that only what is broken takes.
    function _try(address target, bytes memory data) internal {
        (bool success, ) = target.call(data);
        success;
    }

    function _expectHolds(function() external act, function() external check) internal {
        (uint256 timestamp, uint256 blockNumber) = (block.timestamp, block.number);
        try this.tryGenuine(act, check) {
            revert("unreachable");
        } catch (bytes memory found) {
            vm.warp(timestamp);
            vm.roll(blockNumber);
            if (bytes4(found) == Breaker_Holds.selector) return;
            assembly ("memory-safe") {
                revert(add(found, 0x20), mload(found))
            }
        }
    }

    /// @notice Always reverts: with {Breaker_Holds} if the check holds after `act`.
    function tryGenuine(function() external act, function() external check) external {
        act();
        check();
        revert Breaker_Holds();
    }

    /// @dev Requires that `check` fails, and says `reason`.
    function _expectFailure(function() external check, string memory reason) internal {
        try check() {
            revert(string.concat("the check did not find the fault: ", reason));
        } catch (bytes memory found) {
            if (_contains(found, bytes(reason))) return;
            assembly ("memory-safe") {
                revert(add(found, 0x20), mload(found))
            }
        }
    }

    /// @dev Errors carry their reason as it is.
    function _contains(bytes memory text, bytes memory part) private pure returns (bool) {
        for (uint256 i = 0; i + part.length <= text.length; ++i) {
            uint256 length;
            while (length < part.length && text[i + length] == part[length]) ++length;
            if (length == part.length) return true;
        }
        return false;
    }
}
