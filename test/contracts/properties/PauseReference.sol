// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The limits of a pause a second time: a list of what was paused, and plain sums over it
abstract contract PauseReference {
    struct Span {
        uint256 start;
        uint256 end;
    }

    Span[] internal _spans;

    /// @dev Seconds paused in the 365 days that end at `moment`.
    function _pausedInTheYearBefore(uint256 moment) internal view returns (uint256 total) {
        uint256 yearStart = moment - 31_536_000;
        for (uint256 i = 0; i < _spans.length; ++i) {
            uint256 start = _spans[i].start > yearStart ? _spans[i].start : yearStart;
            uint256 end = _spans[i].end < moment ? _spans[i].end : moment;
            if (end > start) total += end - start;
        }
    }

    /// @dev Whether a pause from `start` to `end` is within all limits.
    function _isAllowed(uint256 start, uint256 end) internal view returns (bool) {
        if (end <= start || end - start > 604_800) return false;
        uint256 count = _spans.length;
        if (count != 0 && start < _spans[count - 1].end + 1_814_400) return false;
        return _pausedInTheYearBefore(end) + (end - start) <= 1_814_400;
    }
}
