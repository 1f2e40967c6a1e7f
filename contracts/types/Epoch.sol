// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Number of an emission epoch: 0 for the first 180 days after the start, 1 for the next, and so on.
type Epoch is uint256;

using {next} for Epoch global;

/// @dev Length of one epoch in seconds: after each one the emission rate falls by 25 %.
uint256 constant EPOCH_LENGTH = 180 days;

/// @dev Number of epochs that emit by the curve; at their end (about 51 years) what is left is emitted at once.
uint256 constant EPOCH_COUNT = 104;

/// @notice The epoch that contains a moment `elapsed` seconds after the start.
function epochAt(uint256 elapsed) pure returns (Epoch) {
    return Epoch.wrap(elapsed / EPOCH_LENGTH);
}

/// @notice The epoch after `epoch`.
function next(Epoch epoch) pure returns (Epoch) {
    // Unchecked: the number of 180-day spans in any number of seconds is far from the end of the type.
    unchecked {
        return Epoch.wrap(Epoch.unwrap(epoch) + 1);
    }
}
