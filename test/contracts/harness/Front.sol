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

/// @notice Puts a {Front} before a contract.
abstract contract Breaker is Test {
    /// @dev Where the genuine code of `target` is now.
    function _genuine(address target) internal returns (address copy) {
        copy = address(uint160(uint256(keccak256(abi.encode("genuine", target)))));
        vm.etch(copy, target.code);
    }

    function _break(address target, Front front) internal {
        vm.etch(target, address(front).code);
    }
}
