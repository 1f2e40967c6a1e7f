// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Calendar
/// @notice Dates of the Gregorian calendar, in UTC, as unix seconds.
library Calendar {
    /// @notice There is no such date, or its digits are none.
    error Calendar_InvalidDate();

    /// @notice Unix seconds of a date and a time of day, from 1970 to 9999.
    function timestamp(
        uint256 year,
        uint256 month,
        uint256 day,
        uint256 hour,
        uint256 minute,
        uint256 second
    ) internal pure returns (uint256) {
        if (
            year < 1970 ||
            year > 9999 ||
            month == 0 ||
            month > 12 ||
            day == 0 ||
            day > daysIn(year, month) ||
            hour > 23 ||
            minute > 59 ||
            second > 59
        ) revert Calendar_InvalidDate();
        // Cannot overflow: everything is small and the year at least 1970.
        unchecked {
            // Years begin in March, so that the leap day is the last; 719,468 days lie between 0000-03-01 and 1970-01-01.
            if (month < 3) {
                month += 12;
                --year;
            }
            uint256 dayCount =
                365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day - 1 - 719468;
            return ((dayCount * 24 + hour) * 60 + minute) * 60 + second;
        }
    }

    function daysIn(uint256 year, uint256 month) internal pure returns (uint256) {
        if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
    }

    /// @notice The number in the two decimal digits at byte `i` of `w`.
    function twoDigits(uint256 w, uint256 i) internal pure returns (uint256) {
        unchecked {
            // A character below "0" wraps around to far above 9.
            uint256 tens = ((w >> (248 - 8 * i)) & 0xff) - 0x30;
            uint256 ones = ((w >> (240 - 8 * i)) & 0xff) - 0x30;
            if (tens > 9 || ones > 9) revert Calendar_InvalidDate();
            return tens * 10 + ones;
        }
    }
}
