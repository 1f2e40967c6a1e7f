// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;
// JSON is compared as it is written, double quotes included: the literals that hold them are in single ones.
// solhint-disable quotes

import {TcbStatus} from "../../types/TcbStatus.sol";
import {Json} from "./Json.sol";
import {Memory} from "./Memory.sol";

/// @notice A TCB level: its key, what it says (status in the third lowest byte, days of its date in the lowest two) and the numbers
/// of its advisories, three bytes each.
struct Level {
    uint256 high;
    uint256 low;
    uint256 verdict;
    bytes advisories;
}

/// @notice TCB levels, highest key first. `slots` holds pointers ({TcbLevels.levelAt}): an array of structs would be filled with empty ones.
struct LevelList {
    uint256 count;
    uint256[] slots;
}

/// @title TcbLevels
/// @notice What TCB info and QE identity have in common: levels with a status, a date and advisories, highest first.
library TcbLevels {
    /// @notice A `tcbStatus` that Intel's PCS API v4 does not name.
    error TcbLevels_UnknownStatus();
    /// @notice More levels, modules or advisories than {MAX}.
    error TcbLevels_TooMany();
    /// @notice Intel dates a level before 1970 or after 2149.
    error TcbLevels_InvalidDate();

    uint256 internal constant MAX = 64;
    /// @notice The number of an advisory whose id is not `INTEL-SA-` and a number: its name is in the signed text only.
    uint256 internal constant OTHER_ADVISORY = 0xffffff;

    // Members of a level, as Intel writes them.
    bytes6 private constant _TCB = '"tcb":';
    bytes10 private constant _TCB_DATE = '"tcbDate":';
    bytes12 private constant _TCB_STATUS = '"tcbStatus":';
    bytes14 private constant _ADVISORY_IDS = '"advisoryIDs":';

    /// @notice Level number `i` of a list.
    function levelAt(LevelList memory list, uint256 i) internal pure returns (Level memory level) {
        uint256 slot = list.slots[i];
        assembly ("memory-safe") {
            level := slot
        }
    }

    /// @notice Reads an array of levels. `readTcb` reads the member `tcb`: the level's two key words.
    function read(
        uint256 p,
        function(uint256) pure returns (uint256, uint256, uint256) readTcb
    ) internal pure returns (LevelList memory list, uint256) {
        list.slots = new uint256[](MAX);
        p = Json.expect(p, 0x5b);
        bool isEmpty;
        (isEmpty, p) = Json.accept(p, 0x5d);
        if (isEmpty) return (list, p);
        bool hasMore = true;
        while (hasMore) {
            p = _readLevel(list, p, readTcb);
            (hasMore, p) = Json.accept(p, 0x2c);
        }
        return (list, Json.expect(p, 0x5d));
    }

    /// @dev Reads one level and puts it where it belongs: Intel compares levels highest first, whatever order they came in.
    function _readLevel(
        LevelList memory list,
        uint256 p,
        function(uint256) pure returns (uint256, uint256, uint256) readTcb
    ) private pure returns (uint256) {
        Level memory level;
        uint256 seen;
        bool hasMore = true;
        p = Json.expect(p, 0x7b);
        while (hasMore) {
            uint256 member;
            (member, p) = _member(p);
            if (seen & member != 0) revert Json.Json_Duplicate(p);
            seen |= member;
            if (member == 1) {
                (level.high, level.low, p) = readTcb(p);
            } else if (member == 2) {
                uint256 day;
                (day, p) = Json.date(p);
                day /= 1 days;
                if (day > type(uint16).max) revert TcbLevels_InvalidDate();
                level.verdict |= day;
            } else if (member == 4) {
                TcbStatus status;
                (status, p) = _readStatus(p);
                level.verdict |= uint256(status) << 16;
            } else if (member == 8) {
                (level.advisories, p) = _readAdvisories(p);
            } else {
                p = Json.skip(p);
            }
            (hasMore, p) = Json.accept(p, 0x2c);
        }
        for (uint256 i = 0; i < 3; ++i) {
            if ((seen >> i) & 1 == 0) revert Json.Json_Missing(i);
        }
        _insert(list, level);
        return Json.expect(p, 0x7d);
    }

    /// @dev The bit of the member at `p`, 0 if it is none of these; behind its colon.
    function _member(uint256 p) private pure returns (uint256, uint256) {
        bytes32 w = bytes32(Memory.word(p));
        if (bytes6(w) == _TCB) return (1, p + 6);
        if (bytes10(w) == _TCB_DATE) return (2, p + 10);
        if (bytes12(w) == _TCB_STATUS) return (4, p + 12);
        if (bytes14(w) == _ADVISORY_IDS) return (8, p + 14);
        // Another one, or white space around it.
        uint256 name;
        (name, p) = Json.key(p);
        if (name == uint256(bytes32("tcb"))) return (1, p);
        if (name == uint256(bytes32("tcbDate"))) return (2, p);
        if (name == uint256(bytes32("tcbStatus"))) return (4, p);
        return (name == uint256(bytes32("advisoryIDs")) ? 8 : 0, p);
    }

    function _insert(LevelList memory list, Level memory level) private pure {
        uint256 i = list.count;
        if (i == MAX) revert TcbLevels_TooMany();
        list.count = i + 1;
        // Equal ones stay in the order in which they came.
        for (; i > 0; --i) {
            Level memory above = levelAt(list, i - 1);
            if (level.high < above.high || (level.high == above.high && level.low <= above.low)) break;
            list.slots[i] = list.slots[i - 1];
        }
        uint256 slot;
        assembly ("memory-safe") {
            slot := level
        }
        list.slots[i] = slot;
    }

    function _readStatus(uint256 p) private pure returns (TcbStatus, uint256) {
        uint256 word;
        (word, p) = Json.quoted(p);
        bytes32 w = bytes32(word);
        if (bytes10(w) == '"UpToDate"') return (TcbStatus.UpToDate, p + 10);
        if (bytes11(w) == '"OutOfDate"') return (TcbStatus.OutOfDate, p + 11);
        if (bytes9(w) == '"Revoked"') return (TcbStatus.Revoked, p + 9);
        if (bytes19(w) == '"SWHardeningNeeded"') return (TcbStatus.SWHardeningNeeded, p + 19);
        if (bytes21(w) == '"ConfigurationNeeded"') return (TcbStatus.ConfigurationNeeded, p + 21);
        if (bytes30(w) == '"OutOfDateConfigurationNeeded"') return (TcbStatus.OutOfDateConfigurationNeeded, p + 30);
        if (w == '"ConfigurationAndSWHardeningNeed' && bytes3(bytes32(Memory.word(p + 32))) == 'ed"') {
            return (TcbStatus.ConfigurationAndSWHardeningNeeded, p + 35);
        }
        revert TcbLevels_UnknownStatus();
    }

    /// @notice Reads the `tcb` of a level that has an ISV SVN only.
    function readIsvSvn(uint256 p) internal pure returns (uint256 svn, uint256 none, uint256) {
        bool isSeen;
        bool hasMore = true;
        p = Json.expect(p, 0x7b);
        while (hasMore) {
            uint256 name;
            (name, p) = Json.key(p);
            if (name == uint256(bytes32("isvsvn"))) {
                if (isSeen) revert Json.Json_Duplicate(p);
                isSeen = true;
                (svn, p) = Json.number(p, type(uint16).max);
            } else {
                p = Json.skip(p);
            }
            (hasMore, p) = Json.accept(p, 0x2c);
        }
        if (!isSeen) revert Json.Json_Missing(0);
        return (svn, none, Json.expect(p, 0x7d));
    }

    /// @dev The numbers of `INTEL-SA-nnnnn`, three bytes each.
    function _readAdvisories(uint256 p) private pure returns (bytes memory numbers, uint256) {
        p = Json.expect(p, 0x5b);
        bool isEmpty;
        (isEmpty, p) = Json.accept(p, 0x5d);
        if (isEmpty) return (numbers, p);
        numbers = new bytes(MAX * 3);
        uint256 end;
        uint256 q;
        (q, end) = Memory.bounds(numbers);
        bool hasMore = true;
        while (hasMore) {
            if (q == end) revert TcbLevels_TooMany();
            uint256 advisory;
            (advisory, p) = _readAdvisory(p);
            // The three lowest bytes; what is behind them is overwritten by the next, or cut off.
            q = Memory.put(q, advisory, 3);
            (hasMore, p) = Json.accept(p, 0x2c);
        }
        assembly ("memory-safe") {
            mstore(numbers, sub(q, add(numbers, 32)))
        }
        return (numbers, Json.expect(p, 0x5d));
    }

    function _readAdvisory(uint256 p) private pure returns (uint256 number, uint256) {
        unchecked {
            (uint256 w, uint256 start) = Json.quoted(p);
            // Five digits: six and more would not be written back as they were.
            if (bytes10(bytes32(w)) == '"INTEL-SA-' && (w >> 128) & 0xff == 0x22) {
                uint256 digits = ((w >> 136) & 0xffffffffff) ^ 0x3030303030;
                if ((digits | (digits + 0x0606060606)) & 0xf0f0f0f0f0 == 0) {
                    number =
                        (digits >> 32) * 10_000 +
                        ((digits >> 24) & 0xff) * 1_000 +
                        ((digits >> 16) & 0xff) * 100 +
                        ((digits >> 8) & 0xff) * 10 +
                        (digits & 0xff);
                    return (number, start + 16);
                }
            }
        }
        (, , p) = Json.text(p);
        return (OTHER_ADVISORY, p);
    }
}
