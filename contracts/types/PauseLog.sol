// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev The longest single pause.
uint256 constant MAX_PAUSE_LENGTH = 7 days;
/// @dev The shortest time between the end of one and the start of the next.
uint256 constant MIN_PAUSE_GAP = 21 days;
/// @dev The longest time in any 365 days.
uint256 constant PAUSE_YEAR_BUDGET = 21 days;

/// @notice All pauses that there were, and the limits within which the guardian may add one.
library PauseLog {
    using Math for uint256;

    /// @dev One slot. `end` moves to an earlier time when the pause is lifted.
    struct Pause {
        uint40 start;
        uint40 end;
    }

    /// @notice A pause must end later than now and at most {MAX_PAUSE_LENGTH} from now.
    error PauseLog_InvalidPause(uint256 until, uint256 latest);
    /// @notice The next pause may start {MIN_PAUSE_GAP} after the end of the last one, at `earliest`.
    error PauseLog_PauseTooSoon(uint256 earliest);
    /// @notice The pause would exceed what is `left` of {PAUSE_YEAR_BUDGET} in the 365 days that end with it.
    error PauseLog_PauseBudgetExceeded(uint256 requested, uint256 left);

    /// @notice Adds a pause from now until `until`.
    function start(Pause[] storage pauses, uint256 until) internal {
        uint256 latest = block.timestamp + MAX_PAUSE_LENGTH;
        if (until <= block.timestamp || until > latest) revert PauseLog_InvalidPause(until, latest);
        uint256 count = pauses.length;
        if (count != 0) {
            uint256 earliest = pauses[count - 1].end + MIN_PAUSE_GAP;
            if (block.timestamp < earliest) revert PauseLog_PauseTooSoon(earliest);
        }
        uint256 left = PAUSE_YEAR_BUDGET - _since(pauses, until - 365 days);
        if (until - block.timestamp > left) revert PauseLog_PauseBudgetExceeded(until - block.timestamp, left);
        pauses.push(Pause({start: uint40(block.timestamp), end: uint40(until)}));
    }

    /// @notice Ends the last pause, which is in force, now.
    function end(Pause[] storage pauses) internal {
        pauses[pauses.length - 1].end = uint40(block.timestamp);
    }

    /// @dev Seconds of pause after `since`. The gap between pauses bounds the loop to 18 rounds.
    function _since(Pause[] storage pauses, uint256 since) private view returns (uint256 total) {
        for (uint256 i = pauses.length; i != 0; --i) {
            Pause memory pause = pauses[i - 1];
            if (pause.end <= since) break;
            total += pause.end - since.max(pause.start);
        }
    }
}
