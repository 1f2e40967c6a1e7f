// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calendar} from "./Calendar.sol";
import {Memory} from "./Memory.sol";

/// @title Json
/// @notice A strict reader of JSON (RFC 8259) in memory: each function takes the pointer to a value and returns the one behind it.
/// @dev The text must be followed by a word of zeros ({Memory.load}): a zero is no character of JSON, so no reader gets past the
/// end. White space is looked for only where something else was expected, so that Intel's compact texts do not pay for it.
library Json {
    /// @notice The text is no JSON, or not what was expected, at byte `offset`.
    error Json_Unexpected(uint256 offset);
    /// @notice A string that has to be known contains an escape.
    error Json_Escape(uint256 offset);
    /// @notice A number is above `max`, negative or no integer.
    error Json_NumberOutOfRange(uint256 offset, uint256 max);
    /// @notice Values lie deeper in each other than {MAX_DEPTH}.
    error Json_TooDeep(uint256 offset);
    /// @notice The same member twice in one object.
    error Json_Duplicate(uint256 offset);
    /// @notice Member number `member` (in the order of the codec's table) is not there.
    error Json_Missing(uint256 member);

    uint256 internal constant MAX_DEPTH = 32;

    uint256 private constant _LOW = 0x0101010101010101010101010101010101010101010101010101010101010101;
    uint256 private constant _HIGH = 0x8080808080808080808080808080808080808080808080808080808080808080;
    /// @dev The quotes and separators of `"yyyy-mm-ddThh:mm:ssZ"`, and where they stand.
    uint256 private constant _DATE_FORM = 0x22000000002d00002d00005400003a00003a00005a2200000000000000000000;
    uint256 private constant _DATE_MASK = 0xff00000000ff0000ff0000ff0000ff0000ff0000ffff00000000000000000000;

    // STRUCTURE

    /// @notice Behind the character `wanted`, white space before it skipped.
    function expect(uint256 p, uint256 wanted) internal pure returns (uint256) {
        unchecked {
            if (Memory.octet(p) != wanted) {
                p = skipSpace(p);
                if (Memory.octet(p) != wanted) revert Json_Unexpected(p);
            }
            return p + 1;
        }
    }

    /// @notice Whether the next character is `wanted`; the pointer is behind it if so.
    function accept(uint256 p, uint256 wanted) internal pure returns (bool, uint256) {
        unchecked {
            uint256 found = Memory.octet(p);
            if (found <= 0x20) {
                p = skipSpace(p);
                found = Memory.octet(p);
            }
            return found == wanted ? (true, p + 1) : (false, p);
        }
    }

    function skipSpace(uint256 p) internal pure returns (uint256) {
        unchecked {
            while (true) {
                uint256 c = Memory.octet(p);
                if (c != 0x20 && c != 0x0a && c != 0x0d && c != 0x09) return p;
                ++p;
            }
            return p;
        }
    }

    /// @notice The name of a member: its first 32 bytes with zeros behind them; behind its colon.
    function key(uint256 p) internal pure returns (uint256 name, uint256) {
        unchecked {
            uint256 start;
            uint256 length;
            (start, length, p) = text(p);
            name = Memory.word(start);
            if (length < 32) {
                uint256 rest = 256 - length * 8;
                name = (name >> rest) << rest;
            }
            return (name, expect(p, 0x3a));
        }
    }

    // VALUES

    /// @notice A string without escapes: where it starts and how long it is; behind its closing quote.
    function text(uint256 p) internal pure returns (uint256 start, uint256 length, uint256) {
        unchecked {
            start = expect(p, 0x22);
            uint256 end = _stringEnd(start);
            if (Memory.octet(end) != 0x22) revert Json_Escape(end);
            return (start, end - start, end + 1);
        }
    }

    /// @notice Where a string begins that fits a word with its quotes, and that word, for comparing it with what is expected.
    function quoted(uint256 p) internal pure returns (uint256 w, uint256) {
        if (Memory.octet(p) != 0x22) p = skipSpace(p);
        return (Memory.word(p), p);
    }

    /// @notice A non-negative integer of at most `max` (which is below 2^64), without leading zeros.
    function number(uint256 p, uint256 max) internal pure returns (uint256 value, uint256) {
        // Cannot overflow: `value` stays under ten times `max` + 10.
        unchecked {
            uint256 w = Memory.word(p);
            uint256 c = w >> 248;
            if (c <= 0x20) {
                p = skipSpace(p);
                w = Memory.word(p);
                c = w >> 248;
            }
            if (c < 0x30 || c > 0x39) {
                if (c == 0x2d) revert Json_NumberOutOfRange(p, max);
                revert Json_Unexpected(p);
            }
            uint256 start = p;
            value = c - 0x30;
            ++p;
            // One digit and a comma or a brace behind it, as most are.
            c = (w >> 240) & 0xff;
            if ((c == 0x2c || c == 0x7d) && value <= max) return (value, p);
            while (c >= 0x30 && c <= 0x39) {
                value = value * 10 + c - 0x30;
                if (value > max) break;
                c = Memory.octet(++p);
            }
            // A fraction or an exponent: a number, but no integer.
            if (value > max || c == 0x2e || c == 0x65 || c == 0x45) revert Json_NumberOutOfRange(start, max);
            if (p - start > 1 && w >> 248 == 0x30) revert Json_Unexpected(start);
        }
        return (value, p);
    }

    /// @notice `count` bytes (at most 16) in hexadecimal of either case, as the lowest bytes of `value`.
    function hexadecimal(uint256 p, uint256 count) internal pure returns (uint256 value, uint256) {
        unchecked {
            uint256 start = expect(p, 0x22);
            uint256 end = start + count * 2;
            if (Memory.octet(end) != 0x22) revert Json_Unexpected(start);
            return (hexAt(start, count), end + 1);
        }
    }

    /// @notice `count` bytes (at most 16) from the 2 · `count` hexadecimal digits at `p`, as the lowest bytes of `value`.
    /// @dev All digits at once, one in each byte of a word. A digit is checked by writing its value back as a lower-case digit.
    function hexAt(uint256 p, uint256 count) internal pure returns (uint256 value) {
        unchecked {
            uint256 digits = Memory.word(p);
            // Missing ones in front are zeros.
            digits = digits >> (256 - count * 16);
            if (count < 16) digits |= (_LOW * 0x30) << (count * 16);
            uint256 isLetter = (digits >> 6) & _LOW;
            value = (digits & (_LOW * 0x0f)) + isLetter * 9;
            uint256 aboveNine = ((value + _LOW * 6) >> 4) & _LOW;
            uint256 written = value + _LOW * 0x30 + aboveNine * 0x27;
            if ((digits & _HIGH) | (value & (_LOW * 0xf0)) | (written ^ (digits | (isLetter << 5))) != 0) {
                revert Json_Unexpected(p);
            }
            value =
                ((value >> 4) & 0x00f000f000f000f000f000f000f000f000f000f000f000f000f000f000f000f0) |
                (value & 0x000f000f000f000f000f000f000f000f000f000f000f000f000f000f000f000f);
            value = (value | (value >> 8)) & 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
            value = (value | (value >> 16)) & 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
            value = (value | (value >> 32)) & 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff;
            value = (value | (value >> 64)) & 0xffffffffffffffffffffffffffffffff;
        }
    }

    /// @notice Seconds since 1970 of a date as Intel writes it: `2026-08-13T10:45:38Z`.
    function date(uint256 p) internal pure returns (uint256 timestamp, uint256) {
        uint256 w;
        (w, p) = quoted(p);
        if (w & _DATE_MASK != _DATE_FORM) revert Json_Unexpected(p);
        timestamp = Calendar.timestamp({
            year: Calendar.twoDigits(w, 1) * 100 + Calendar.twoDigits(w, 3),
            month: Calendar.twoDigits(w, 6),
            day: Calendar.twoDigits(w, 9),
            hour: Calendar.twoDigits(w, 12),
            minute: Calendar.twoDigits(w, 15),
            second: Calendar.twoDigits(w, 18)
        });
        return (timestamp, p + 22);
    }

    /// @notice Behind any well-formed value.
    function skip(uint256 p) internal pure returns (uint256) {
        // A string, as most are.
        if (Memory.octet(p) == 0x22) return _skipString(p + 1);
        // Bit n is whether the container at depth n is an object.
        uint256 isObject;
        uint256 depth;
        while (true) {
            // A value.
            uint256 c = Memory.octet(p);
            if (c <= 0x20) {
                p = skipSpace(p);
                c = Memory.octet(p);
            }
            bool isDone = true;
            if (c == 0x22) {
                p = _skipString(p + 1);
            } else if (c == 0x7b || c == 0x5b) {
                if (++depth > MAX_DEPTH) revert Json_TooDeep(p);
                isObject = (isObject << 1) | (c == 0x7b ? 1 : 0);
                bool isEmpty;
                (isEmpty, p) = accept(p + 1, c + 2);
                if (isEmpty) {
                    --depth;
                    isObject >>= 1;
                } else {
                    isDone = false;
                    if (c == 0x7b) p = _skipName(p);
                }
            } else {
                p = _skipScalar(p, c);
            }
            // What follows it.
            while (isDone) {
                if (depth == 0) return p;
                bool isNext;
                (isNext, p) = accept(p, 0x2c);
                if (isNext) {
                    if (isObject & 1 == 1) p = _skipName(p);
                    isDone = false;
                } else {
                    p = expect(p, isObject & 1 == 1 ? 0x7d : 0x5d);
                    --depth;
                    isObject >>= 1;
                }
            }
        }
        return p;
    }

    // PRIVATE

    function _skipName(uint256 p) private pure returns (uint256) {
        return expect(_skipString(expect(p, 0x22)), 0x3a);
    }

    /// @dev Behind the closing quote of the string whose first character is at `p`, escapes checked.
    function _skipString(uint256 p) private pure returns (uint256) {
        unchecked {
            while (true) {
                p = _stringEnd(p);
                if (Memory.octet(p) == 0x22) return p + 1;
                uint256 escaped = Memory.octet(p + 1);
                if (escaped == 0x75) {
                    hexAt(p + 2, 2);
                    p += 6;
                } else if (
                    escaped == 0x22 ||
                    escaped == 0x5c ||
                    escaped == 0x2f ||
                    escaped == 0x62 ||
                    escaped == 0x66 ||
                    escaped == 0x6e ||
                    escaped == 0x72 ||
                    escaped == 0x74
                ) {
                    p += 2;
                } else {
                    revert Json_Unexpected(p + 1);
                }
            }
            return p;
        }
    }

    /// @dev The next quote or backslash from `p` on; a control character before it is refused. A word at a time.
    function _stringEnd(uint256 p) private pure returns (uint256) {
        unchecked {
            while (true) {
                // The highest bit of each byte of `others` says that it is neither a quote nor a backslash nor below 0x20: of the
                // lower seven bits, the sums reach it; any byte above 0x7f has it.
                uint256 w = Memory.word(p);
                uint256 low = w & ~_HIGH;
                uint256 others =
                    (((low ^ (_LOW * 0x22)) + ~_HIGH) & ((low ^ (_LOW * 0x5c)) + ~_HIGH) & (low + _LOW * 0x60)) | w;
                uint256 found = ~others & _HIGH;
                if (found == 0) {
                    p += 32;
                    continue;
                }
                p += _firstByte(found);
                if (Memory.octet(p) < 0x20) revert Json_Unexpected(p);
                return p;
            }
        }
        return p;
    }

    /// @dev How many bytes are before the first whose highest bit is set; no other bits are, and one at least.
    function _firstByte(uint256 w) private pure returns (uint256) {
        unchecked {
            // Set it in all bytes behind, too, and count them: 256 is 1 modulo 255.
            w |= w >> 8;
            w |= w >> 16;
            w |= w >> 32;
            w |= w >> 64;
            w |= w >> 128;
            return 32 - ((w >> 7) % 255);
        }
    }

    function _skipScalar(uint256 p, uint256 c) private pure returns (uint256) {
        uint256 w = Memory.word(p);
        if (w >> 224 == 0x74727565 || w >> 224 == 0x6e756c6c) return p + 4;
        if (w >> 216 == 0x66616c7365) return p + 5;
        if (c == 0x2d) c = Memory.octet(++p);
        if (c == 0x30) {
            c = Memory.octet(++p);
        } else {
            (c, p) = _skipDigits(p);
        }
        if (c == 0x2e) (c, p) = _skipDigits(p + 1);
        if (c == 0x65 || c == 0x45) {
            c = Memory.octet(++p);
            if (c == 0x2b || c == 0x2d) ++p;
            (c, p) = _skipDigits(p);
        }
        return p;
    }

    /// @dev One digit or more; the character behind them.
    function _skipDigits(uint256 p) private pure returns (uint256 c, uint256) {
        uint256 start = p;
        c = Memory.octet(p);
        while (c >= 0x30 && c <= 0x39) c = Memory.octet(++p);
        if (p == start) revert Json_Unexpected(p);
        return (c, p);
    }
}
