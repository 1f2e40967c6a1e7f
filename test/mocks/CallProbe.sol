// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Says what comes of a call, refused or not. An `eth_call` through it never fails itself, so that the simulated chain
/// draws no stack trace, which takes far longer than the call.
contract CallProbe {
    function outcome(address target, bytes calldata data) external returns (bool isDone, bytes memory result) {
        return target.call(data);
    }
}
