// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calendar} from "./Calendar.sol";
import {Memory} from "./Memory.sol";

/// @title Der
/// @notice A strict reader of DER (ITU-T X.690) in memory: definite, minimal lengths, nothing beyond the end of what contains it.
/// @dev Unchecked: pointers are positions in memory and lengths have 16 bits at most, so that no sum overflows.
library Der {
    /// @notice What is at byte `pointer` of memory is not the DER that was expected.
    error Der_Unexpected(uint256 pointer);

    uint256 internal constant BOOLEAN = 0x01;
    uint256 internal constant INTEGER = 0x02;
    uint256 internal constant BIT_STRING = 0x03;
    uint256 internal constant OCTET_STRING = 0x04;
    uint256 internal constant OID = 0x06;
    uint256 internal constant UTC_TIME = 0x17;
    uint256 internal constant GENERALIZED_TIME = 0x18;
    uint256 internal constant SEQUENCE = 0x30;

    /// @notice The contents of the element at `p`, whose tag must be `tag` and which must end at or before `limit`.
    /// @return start Where the contents begin. @return end Where they end, and the next element begins.
    function read(uint256 p, uint256 limit, uint256 tag) internal pure returns (uint256 start, uint256 end) {
        uint256 w = Memory.word(p);
        if (w >> 248 != tag || p >= limit) revert Der_Unexpected(p);
        unchecked {
            uint256 length = (w >> 240) & 0xff;
            if (length < 0x80) {
                start = p + 2;
            } else if (length == 0x81) {
                length = (w >> 232) & 0xff;
                start = p + 3;
                if (length < 0x80) revert Der_Unexpected(p);
            } else if (length == 0x82) {
                length = (w >> 224) & 0xffff;
                start = p + 4;
                if (length < 0x100) revert Der_Unexpected(p);
            } else {
                revert Der_Unexpected(p);
            }
            end = start + length;
        }
        if (end > limit) revert Der_Unexpected(p);
    }

    /// @notice The same for an element that fills what contains it.
    function readLast(uint256 p, uint256 limit, uint256 tag) internal pure returns (uint256 start, uint256 end) {
        (start, end) = read(p, limit, tag);
        if (end != limit) revert Der_Unexpected(end);
    }

    /// @notice Whether the element at `p` has `tag`.
    function isAt(uint256 p, uint256 limit, uint256 tag) internal pure returns (bool) {
        return p < limit && Memory.octet(p) == tag;
    }

    /// @notice Requires the `length` bytes (at most 32) at `p` to be `wanted`, given as the lowest bytes of a word.
    function expectBytes(
        uint256 p,
        uint256 limit,
        uint256 wanted,
        uint256 length
    ) internal pure returns (uint256 next) {
        unchecked {
            next = p + length;
            if (next > limit || Memory.word(p) >> (256 - 8 * length) != wanted) revert Der_Unexpected(p);
        }
    }

    /// @notice The contents of a non-negative, minimally encoded INTEGER, its sign octet included.
    function readInteger(uint256 p, uint256 limit) internal pure returns (uint256 start, uint256 end) {
        unchecked {
            (start, end) = read(p, limit, INTEGER);
            uint256 w = Memory.word(start);
            // Empty, negative, or with a zero in front that no sign bit asks for.
            if (end == start || w >> 255 == 1) revert Der_Unexpected(p);
            if (w >> 248 == 0 && end - start > 1 && (w >> 240) & 0x80 == 0) revert Der_Unexpected(p);
        }
    }

    /// @notice A non-negative INTEGER of at most `max`; `max` is below 2^248.
    function readUint(uint256 p, uint256 limit, uint256 max) internal pure returns (uint256 value, uint256 next) {
        unchecked {
            uint256 start;
            (start, next) = readInteger(p, limit);
            if (next - start > 32) revert Der_Unexpected(p);
            value = Memory.word(start) >> (256 - 8 * (next - start));
            if (value > max) revert Der_Unexpected(p);
        }
    }

    /// @notice A positive INTEGER of at most 256 bits, as `r` and `s` of a signature are.
    function readScalar(uint256 p, uint256 limit) internal pure returns (uint256 value, uint256 next) {
        unchecked {
            uint256 start;
            (start, next) = readInteger(p, limit);
            // The 33rd is the sign octet.
            if (next - start == 33 && Memory.octet(start) == 0) ++start;
            if (next - start > 32) revert Der_Unexpected(p);
            value = Memory.word(start) >> (256 - 8 * (next - start));
        }
    }

    /// @notice `UTCTime` or `GeneralizedTime` as RFC 5280 (4.1.2.5) allows them, as unix seconds.
    function readTime(uint256 p, uint256 limit) internal pure returns (uint256 timestamp, uint256 next) {
        unchecked {
            bool isUtc = isAt(p, limit, UTC_TIME);
            uint256 start;
            (start, next) = read(p, limit, isUtc ? UTC_TIME : GENERALIZED_TIME);
            if (next - start != (isUtc ? 13 : 15) || Memory.octet(next - 1) != 0x5a) revert Der_Unexpected(p);
            uint256 w = Memory.word(start);
            uint256 year = Calendar.twoDigits(w, 0);
            if (isUtc) {
                year += year < 50 ? 2000 : 1900;
            } else {
                year = year * 100 + Calendar.twoDigits(w, 2);
                w <<= 16;
            }
            timestamp = Calendar.timestamp({
                year: year,
                month: Calendar.twoDigits(w, 2),
                day: Calendar.twoDigits(w, 4),
                hour: Calendar.twoDigits(w, 6),
                minute: Calendar.twoDigits(w, 8),
                second: Calendar.twoDigits(w, 10)
            });
        }
    }
}
