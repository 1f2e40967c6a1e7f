// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The three streams that the mining budget is split into: 40 % stakers, 40 % GPU workers, 20 % treasury.
enum Stream {
    Stakers,
    Workers,
    Treasury
}

/// @dev Number of members of {Stream}.
uint256 constant STREAM_COUNT = 3;
