// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TcbStatus} from "../../types/TcbStatus.sol";
import {Json} from "./Json.sol";
import {Memory} from "./Memory.sol";

/// @notice A list of TCB levels while it is read: level i has the key words `high[i]`, `low[i]`, what it says in `verdict[i]`
/// (status in the third lowest byte, days of its date in the lowest two) and the advisories' numbers in `advisories[i]`.
struct LevelList {
    uint256 count;
    uint256[] high;
    uint256[] low;
    uint256[] verdict;
    bytes[] advisories;
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

    // Members of a level.
    uint256 internal constant TCB = uint256(bytes32("tcb"));
    uint256 private constant _TCB_DATE = uint256(bytes32("tcbDate"));
    uint256 private constant _TCB_STATUS = uint256(bytes32("tcbStatus"));
    uint256 private constant _ADVISORY_IDS = uint256(bytes32("advisoryIDs"));

    function create() internal pure returns (LevelList memory list) {
        list.high = new uint256[](MAX);
        list.low = new uint256[](MAX);
        list.verdict = new uint256[](MAX);
        list.advisories = new bytes[](MAX);
    }

    /// @notice Reads an array of levels. `readTcb` reads the member `tcb`: the level's two key words.
    function read(
        uint256 p,
        function(uint256) pure returns (uint256, uint256, uint256) readTcb
    ) internal pure returns (LevelList memory list, uint256) {
        list = create();
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
        uint256 high;
        uint256 low;
        uint256 verdict;
        bytes memory advisories;
        uint256 seen;
        bool hasMore = true;
        p = Json.expect(p, 0x7b);
        while (hasMore) {
            uint256 name;
            (name, , p) = Json.key(p);
            uint256 member =
                name == TCB
                    ? 1
                    : name == _TCB_DATE
                        ? 2
                        : name == _TCB_STATUS
                            ? 4
                            : name == _ADVISORY_IDS
                                ? 8
                                : 0;
            if (seen & member != 0) revert Json.Json_Duplicate(p);
            seen |= member;
            if (member == 1) {
                (high, low, p) = readTcb(p);
            } else if (member == 2) {
                uint256 day;
                (day, p) = Json.date(p);
                day /= 1 days;
                if (day > type(uint16).max) revert TcbLevels_InvalidDate();
                verdict |= day;
            } else if (member == 4) {
                TcbStatus status;
                (status, p) = readStatus(p);
                verdict |= uint256(status) << 16;
            } else if (member == 8) {
                (advisories, p) = _readAdvisories(p);
            } else {
                p = Json.skip(p);
            }
            (hasMore, p) = Json.accept(p, 0x2c);
        }
        for (uint256 i = 0; i < 3; ++i) {
            if ((seen >> i) & 1 == 0) revert Json.Json_Missing(i);
        }
        _insert(list, high, low, verdict, advisories);
        return Json.expect(p, 0x7d);
    }

    function _insert(
        LevelList memory list,
        uint256 high,
        uint256 low,
        uint256 verdict,
        bytes memory advisories
    ) private pure {
        uint256 i = list.count;
        if (i == MAX) revert TcbLevels_TooMany();
        list.count = i + 1;
        // Equal ones stay in the order in which they came.
        for (; i > 0 && (high > list.high[i - 1] || (high == list.high[i - 1] && low > list.low[i - 1])); --i) {
            list.high[i] = list.high[i - 1];
            list.low[i] = list.low[i - 1];
            list.verdict[i] = list.verdict[i - 1];
            list.advisories[i] = list.advisories[i - 1];
        }
        list.high[i] = high;
        list.low[i] = low;
        list.verdict[i] = verdict;
        list.advisories[i] = advisories;
    }

    /// @notice Reads a `tcbStatus`. Their lengths differ.
    function readStatus(uint256 p) internal pure returns (TcbStatus status, uint256) {
        (uint256 start, uint256 length, uint256 next) = Json.text(p);
        bytes32 hash = Memory.hash(start, start + length);
        if (length == 8 && hash == keccak256("UpToDate")) status = TcbStatus.UpToDate;
        else if (length == 9 && hash == keccak256("OutOfDate")) status = TcbStatus.OutOfDate;
        else if (length == 7 && hash == keccak256("Revoked")) status = TcbStatus.Revoked;
        else if (length == 17 && hash == keccak256("SWHardeningNeeded")) status = TcbStatus.SWHardeningNeeded;
        else if (length == 19 && hash == keccak256("ConfigurationNeeded")) status = TcbStatus.ConfigurationNeeded;
        else if (length == 28 && hash == keccak256("OutOfDateConfigurationNeeded"))
            status = TcbStatus.OutOfDateConfigurationNeeded;
        else if (length == 33 && hash == keccak256("ConfigurationAndSWHardeningNeeded"))
            status = TcbStatus.ConfigurationAndSWHardeningNeeded;
        else revert TcbLevels_UnknownStatus();
        return (status, next);
    }

    /// @notice Reads the `tcb` of a level that has an ISV SVN only.
    function readIsvSvn(uint256 p) internal pure returns (uint256 svn, uint256 none, uint256) {
        bool isSeen;
        bool hasMore = true;
        p = Json.expect(p, 0x7b);
        while (hasMore) {
            uint256 name;
            (name, , p) = Json.key(p);
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
        uint256 length;
        bool hasMore = true;
        while (hasMore) {
            if (length == MAX * 3) revert TcbLevels_TooMany();
            uint256 advisory;
            (advisory, p) = _readAdvisory(p);
            assembly ("memory-safe") {
                mstore8(add(add(numbers, 32), length), shr(16, advisory))
                mstore8(add(add(numbers, 33), length), shr(8, advisory))
                mstore8(add(add(numbers, 34), length), advisory)
            }
            length += 3;
            (hasMore, p) = Json.accept(p, 0x2c);
        }
        assembly ("memory-safe") {
            mstore(numbers, length)
        }
        return (numbers, Json.expect(p, 0x5d));
    }

    function _readAdvisory(uint256 p) private pure returns (uint256 number, uint256) {
        (uint256 start, uint256 length, uint256 next) = Json.text(p);
        uint256 w = Memory.word(start);
        // Five digits: six and more would not be written back as they were.
        if (length != 14 || w >> 184 != uint256(uint72(bytes9("INTEL-SA-")))) return (OTHER_ADVISORY, next);
        for (uint256 i = 9; i < 14; ++i) {
            uint256 digit = (w >> (248 - 8 * i)) & 0xff;
            if (digit < 0x30 || digit > 0x39) return (OTHER_ADVISORY, next);
            number = number * 10 + digit - 0x30;
        }
        return (number, next);
    }
}
