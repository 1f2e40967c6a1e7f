// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Number of a full hour since 1970-01-01 UTC. The emission starts on a full hour, so that hours and epochs align.
type Hour is uint32;

using {unwrap, timestamp, plus, min} for Hour global;
using {isEqual as ==, isBefore as <, isNotAfter as <=} for Hour global;

/// @notice The hour that contains the unix second `second`.
function hourAt(uint256 second) pure returns (Hour) {
    // Half a million years of hours fit.
    return Hour.wrap(uint32(second / 1 hours));
}

/// @notice Its number.
function unwrap(Hour hour) pure returns (uint256) {
    return Hour.unwrap(hour);
}

/// @notice The unix second in which it begins.
function timestamp(Hour hour) pure returns (uint256) {
    return unwrap(hour) * 1 hours;
}

/// @notice The hour `hours_` later.
function plus(Hour hour, uint32 hours_) pure returns (Hour) {
    return Hour.wrap(Hour.unwrap(hour) + hours_);
}

/// @notice The earlier of two.
function min(Hour a, Hour b) pure returns (Hour) {
    return a < b ? a : b;
}

function isEqual(Hour a, Hour b) pure returns (bool) {
    return Hour.unwrap(a) == Hour.unwrap(b);
}

function isBefore(Hour a, Hour b) pure returns (bool) {
    return Hour.unwrap(a) < Hour.unwrap(b);
}

function isNotAfter(Hour a, Hour b) pure returns (bool) {
    return Hour.unwrap(a) <= Hour.unwrap(b);
}
