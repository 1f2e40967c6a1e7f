// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Handler} from "./Handler.sol";

/// @title Runs handlers: by the invariant runner, or in a loop
/// @notice The same actions either way, so that a test can show that they succeed, and that a fault is found.
abstract contract Driver {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler[] internal _handlers;

    /// @notice The contracts that the invariant runner calls.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](_handlers.length);
        for (uint256 i = 0; i < targets.length; ++i) {
            targets[i] = address(_handlers[i]);
        }
    }

    /// @notice The functions that the invariant runner calls.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](_handlers.length);
        for (uint256 i = 0; i < targets.length; ++i) {
            targets[i] = FuzzSelector(address(_handlers[i]), _handlers[i].selectors());
        }
    }

    /// @dev Calls `steps` actions at random, each as likely as any other.
    function _drive(uint256 seed, uint256 steps) internal {
        FuzzSelector[] memory targets = this.targetSelectors();
        uint256 count;
        for (uint256 i = 0; i < targets.length; ++i) {
            count += targets[i].selectors.length;
        }
        for (uint256 step = 0; step < steps; ++step) {
            bytes32 word = keccak256(abi.encode(seed, step));
            uint256 pick = uint256(word) % count;
            uint256 handler;
            while (pick >= targets[handler].selectors.length) pick -= targets[handler++].selectors.length;
            _act(targets[handler].addr, targets[handler].selectors[pick], word);
        }
    }

    function _act(address handler, bytes4 selector, bytes32 word) private {
        (uint256 a, uint256 b, uint256 c) = (_word(word, "a"), _word(word, "b"), _word(word, "c"));
        (bool success, bytes memory reason) = handler.call(abi.encodeWithSelector(selector, a, b, c));
        if (success) return;
        // An action that reverts is a mistake of the handler: the contracts' reverts are caught in it.
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }

    function _word(bytes32 word, string memory name) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(word, name)));
    }
}
