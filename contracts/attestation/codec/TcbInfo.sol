// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;
// JSON is compared as it is written, double quotes included: the literals that hold them are in single ones.
// solhint-disable quotes

import {MODULE_SET, TcbStatus, isIn} from "../../types/TcbStatus.sol";
import {Json} from "./Json.sol";
import {Level, LevelList, TcbLevels} from "./TcbLevels.sol";
import {Memory} from "./Memory.sol";

/// @notice What a TCB info says, its levels compiled for the verifier (see {TcbInfo}). Times are unix seconds.
struct TcbInfoContent {
    uint256 issueDate;
    uint256 nextUpdate;
    uint256 evaluation;
    bytes6 fmspc;
    bytes compiled;
}

/// @title TcbInfo
/// @notice Reads the TCB info of a TDX platform (Intel PCS API v4, TcbInfoV3) and compiles it to the bytes that a check needs:
///
///     1  number of platform levels n          n × 37  platform levels, highest first:
///     1  number of modules m                            16 SGX component SVNs, 16 TDX component SVNs,
///    32  module identity of version 0                   2 PCE SVN, 1 status, 2 day of the TCB date
///                                             m × …   modules: 1 version, 1 number of levels l, 32 module identity,
///                                                       l × { 1 ISV SVN, 1 status, 2 day of the TCB date }
///                                             advisories of each platform level, then of each module level:
///                                                       1 count, count × 3 number
///
/// A module identity is Keccak-256 of MRSIGNERSEAM ‖ SEAMATTRIBUTES, which lie next to each other in a TD report.
/// Days are counted from 1970-01-01.
library TcbInfo {
    /// @notice It is for SGX, of another version, another `tcbType` or another PCE than the one that Intel has.
    error TcbInfo_Unsupported(bytes32 member);
    /// @notice There is no such level or module.
    error TcbInfo_UnknownLevel();

    /// @notice In place of a module's index: version 0, which has no levels.
    uint8 internal constant NO_MODULE = 255;
    uint256 internal constant HEAD_SIZE = 34;
    uint256 internal constant LEVEL_SIZE = 37;
    uint256 internal constant MODULE_SIZE = 34;
    uint256 internal constant MODULE_LEVEL_SIZE = 4;

    struct Module {
        uint256 version;
        bytes32 identity;
        LevelList levels;
    }

    /// @dev `slots` holds pointers, as in {LevelList}.
    struct Modules {
        uint256 count;
        uint256[] slots;
    }

    /// @notice Reads the text between `p` and `end`, which zeros must follow ({Memory.load}).
    function compile(uint256 p, uint256 end) internal pure returns (TcbInfoContent memory content) {
        LevelList memory levels;
        Modules memory modules;
        Module memory legacy;
        uint256 seen;
        bool hasMore = true;
        p = Json.expect(p, 0x7b);
        while (hasMore) {
            uint256 name;
            (name, p) = Json.key(p);
            uint256 member = _member(name);
            if (member != 0) {
                if (seen & (1 << member) != 0) revert Json.Json_Duplicate(p);
                seen |= 1 << member;
            }
            if (member == 11) (levels, p) = TcbLevels.read(p, _readTcb);
            else if (member == 10) (modules, p) = _readModules(p);
            else if (member == 9) (legacy, p) = _readModule(p, true);
            else if (member != 0) p = _readHead(content, member, p);
            else p = Json.skip(p);
            (hasMore, p) = Json.accept(p, 0x2c);
        }
        p = Json.expect(p, 0x7d);
        if (Json.skipSpace(p) != end) revert Json.Json_Unexpected(p);
        // Only the module identities may be missing: a platform with modules of version 0 alone.
        for (uint256 i = 1; i < 12; ++i) {
            if ((seen >> i) & 1 == 0 && i != 10) revert Json.Json_Missing(i - 1);
        }
        content.compiled = _pack(levels, modules, legacy.identity);
    }

    /// @notice The advisories of a platform level and of a module's level ({NO_MODULE} for none), in ascending order, each once.
    /// @param p Where the compiled form begins.
    function advisories(
        uint256 p,
        uint256 level,
        uint256 module,
        uint256 moduleLevel
    ) internal pure returns (uint24[] memory numbers) {
        uint256 levelCount = Memory.octet(p);
        uint256 moduleCount = Memory.octet(p + 1);
        // Lists lie behind all levels: those of the platform's levels, then those of each module's.
        uint256 moduleList = module == NO_MODULE ? type(uint256).max : levelCount + moduleLevel;
        bool isKnown = level < levelCount && (module == NO_MODULE || module < moduleCount);
        uint256 q = p + HEAD_SIZE + levelCount * LEVEL_SIZE;
        uint256 lists = levelCount;
        for (uint256 i = 0; i < moduleCount; ++i) {
            uint256 count = Memory.octet(q + 1);
            if (i < module && module != NO_MODULE) moduleList += count;
            if (i == module && moduleLevel >= count) isKnown = false;
            lists += count;
            q += MODULE_SIZE + count * MODULE_LEVEL_SIZE;
        }
        if (!isKnown) revert TcbInfo_UnknownLevel();
        numbers = new uint24[](2 * TcbLevels.MAX);
        uint256 length;
        for (uint256 i = 0; i < lists; ++i) {
            uint256 count = Memory.octet(q);
            ++q;
            for (uint256 j = 0; j < count && (i == level || i == moduleList); ++j) {
                length = _insertSorted(numbers, length, uint24(Memory.word(q + 3 * j) >> 232));
            }
            q += 3 * count;
        }
        assembly ("memory-safe") {
            mstore(numbers, length)
        }
    }

    // PRIVATE

    function _member(uint256 name) private pure returns (uint256) {
        if (name == uint256(bytes32("id"))) return 1;
        if (name == uint256(bytes32("version"))) return 2;
        if (name == uint256(bytes32("issueDate"))) return 3;
        if (name == uint256(bytes32("nextUpdate"))) return 4;
        if (name == uint256(bytes32("fmspc"))) return 5;
        if (name == uint256(bytes32("pceId"))) return 6;
        if (name == uint256(bytes32("tcbType"))) return 7;
        if (name == uint256(bytes32("tcbEvaluationDataNumber"))) return 8;
        if (name == uint256(bytes32("tdxModule"))) return 9;
        if (name == uint256(bytes32("tdxModuleIdentities"))) return 10;
        if (name == uint256(bytes32("tcbLevels"))) return 11;
        return 0;
    }

    function _readHead(TcbInfoContent memory content, uint256 member, uint256 p) private pure returns (uint256) {
        uint256 value;
        if (member == 1) {
            (value, p) = Json.quoted(p);
            if (bytes5(bytes32(value)) != '"TDX"') revert TcbInfo_Unsupported("id");
            p += 5;
        } else if (member == 2) {
            (value, p) = Json.number(p, type(uint32).max);
            if (value != 3) revert TcbInfo_Unsupported("version");
        } else if (member == 3) {
            (content.issueDate, p) = Json.date(p);
        } else if (member == 4) {
            (content.nextUpdate, p) = Json.date(p);
        } else if (member == 5) {
            (value, p) = Json.hexadecimal(p, 6);
            content.fmspc = bytes6(uint48(value));
        } else if (member == 6) {
            (value, p) = Json.hexadecimal(p, 2);
            if (value != 0) revert TcbInfo_Unsupported("pceId");
        } else if (member == 7) {
            (value, p) = Json.number(p, type(uint32).max);
            if (value != 0) revert TcbInfo_Unsupported("tcbType");
        } else {
            (content.evaluation, p) = Json.number(p, type(uint16).max);
        }
        return p;
    }

    function _readModules(uint256 p) private pure returns (Modules memory modules, uint256) {
        modules.slots = new uint256[](TcbLevels.MAX);
        p = Json.expect(p, 0x5b);
        bool hasMore;
        (hasMore, p) = Json.accept(p, 0x5d);
        if (hasMore) return (modules, p);
        hasMore = true;
        while (hasMore) {
            uint256 i = modules.count;
            if (i == TcbLevels.MAX) revert TcbLevels.TcbLevels_TooMany();
            Module memory module;
            (module, p) = _readModule(p, false);
            uint256 slot;
            assembly ("memory-safe") {
                slot := module
            }
            modules.slots[i] = slot;
            modules.count = i + 1;
            (hasMore, p) = Json.accept(p, 0x2c);
        }
        return (modules, Json.expect(p, 0x5d));
    }

    /// @dev A `tdxModule` (no id, no levels) or one of `tdxModuleIdentities`. Intel's rule wants SEAMATTRIBUTES equal and zero, so
    /// that the mask changes nothing.
    function _readModule(uint256 p, bool isLegacy) private pure returns (Module memory module, uint256) {
        uint256[4] memory parts;
        uint256 seen;
        bool hasMore = true;
        p = Json.expect(p, 0x7b);
        while (hasMore) {
            uint256 name;
            (name, p) = Json.key(p);
            uint256 member = _moduleMember(name, isLegacy);
            if (seen & member != 0) revert Json.Json_Duplicate(p);
            seen |= member;
            if (member == 1) (module.version, p) = _readModuleId(p);
            else if (member == 2) p = _readSigner(parts, p);
            else if (member == 4) (parts[3], p) = Json.hexadecimal(p, 8);
            else if (member == 8) (module.levels, p) = TcbLevels.read(p, TcbLevels.readIsvSvn);
            else p = Json.skip(p);
            (hasMore, p) = Json.accept(p, 0x2c);
        }
        for (uint256 i = 0; i < 4; ++i) {
            if ((seen >> i) & 1 == 0 && !(isLegacy && (i == 0 || i == 3))) revert Json.Json_Missing(i);
        }
        module.identity = keccak256(
            abi.encodePacked(uint128(parts[0]), uint128(parts[1]), uint128(parts[2]), uint64(parts[3]))
        );
        return (module, Json.expect(p, 0x7d));
    }

    function _moduleMember(uint256 name, bool isLegacy) private pure returns (uint256) {
        if (name == uint256(bytes32("mrsigner"))) return 2;
        if (name == uint256(bytes32("attributes"))) return 4;
        if (isLegacy) return 0;
        if (name == uint256(bytes32("id"))) return 1;
        if (name == uint256(bytes32("tcbLevels"))) return 8;
        return 0;
    }

    /// @dev `TDX_` and the version in two hexadecimal digits.
    function _readModuleId(uint256 p) private pure returns (uint256 version, uint256) {
        uint256 w;
        (w, p) = Json.quoted(p);
        if (bytes5(bytes32(w)) != '"TDX_' || (w >> 192) & 0xff != 0x22) {
            revert TcbInfo_Unsupported("tdxModuleIdentities");
        }
        return (Json.hexAt(p + 5, 1), p + 8);
    }

    function _readSigner(uint256[4] memory parts, uint256 p) private pure returns (uint256) {
        uint256 start = Json.expect(p, 0x22);
        if (Memory.octet(start + 96) != 0x22) revert Json.Json_Unexpected(start);
        parts[0] = Json.hexAt(start, 16);
        parts[1] = Json.hexAt(start + 32, 16);
        parts[2] = Json.hexAt(start + 64, 16);
        return start + 97;
    }

    /// @dev A platform level's `tcb`: high is SGX components ‖ PCE SVN, low the TDX components.
    function _readTcb(uint256 p) private pure returns (uint256 high, uint256 low, uint256) {
        uint256 seen;
        bool hasMore = true;
        p = Json.expect(p, 0x7b);
        while (hasMore) {
            uint256 name;
            (name, p) = Json.key(p);
            uint256 member =
                name == uint256(bytes32("sgxtcbcomponents"))
                    ? 1
                    : name == uint256(bytes32("pcesvn"))
                        ? 2
                        : name == uint256(bytes32("tdxtcbcomponents"))
                            ? 4
                            : 0;
            if (seen & member != 0) revert Json.Json_Duplicate(p);
            seen |= member;
            uint256 value;
            if (member == 1) {
                (value, p) = _readComponents(p);
                high |= value << 16;
            } else if (member == 2) {
                (value, p) = Json.number(p, type(uint16).max);
                high |= value;
            } else if (member == 4) {
                (low, p) = _readComponents(p);
            } else {
                p = Json.skip(p);
            }
            (hasMore, p) = Json.accept(p, 0x2c);
        }
        for (uint256 i = 0; i < 3; ++i) {
            if ((seen >> i) & 1 == 0) revert Json.Json_Missing(i);
        }
        return (high, low, Json.expect(p, 0x7d));
    }

    /// @dev Sixteen objects with an `svn`, as sixteen bytes.
    function _readComponents(uint256 p) private pure returns (uint256 components, uint256) {
        unchecked {
            p = Json.expect(p, 0x5b);
            for (uint256 i = 0; i < 16; ++i) {
                if (i > 0) p = Json.expect(p, 0x2c);
                bytes32 w = bytes32(Memory.word(p));
                uint256 svn;
                if (bytes7(w) != '{"svn":') {
                    (svn, p) = _readComponent(Json.expect(p, 0x7b), false, 0);
                } else if (uint8(w[7]) ^ 0x30 < 10 && w[8] == "}") {
                    // As Intel writes most of them: {"svn":n}
                    svn = uint8(w[7]) ^ 0x30;
                    p += 9;
                } else {
                    (svn, p) = Json.number(p + 7, 255);
                    bool hasMore;
                    (hasMore, p) = Json.accept(p, 0x2c);
                    if (hasMore) (svn, p) = _readComponent(p, true, svn);
                    else p = Json.expect(p, 0x7d);
                }
                components = (components << 8) | svn;
            }
            return (components, Json.expect(p, 0x5d));
        }
    }

    /// @dev The members of a component from `p` on; of an `svn` that is `isSeen` already, there must be no second one.
    function _readComponent(uint256 p, bool isSeen, uint256 seenSvn) private pure returns (uint256 svn, uint256) {
        svn = seenSvn;
        bool hasMore = true;
        while (hasMore) {
            // What Intel says beside the SVN.
            bytes32 w = bytes32(Memory.word(p));
            uint256 name;
            if (bytes11(w) == '"category":') p += 11;
            else if (bytes7(w) == '"type":') p += 7;
            else (name, p) = Json.key(p);
            if (name == uint256(bytes32("svn"))) {
                if (isSeen) revert Json.Json_Duplicate(p);
                isSeen = true;
                (svn, p) = Json.number(p, 255);
            } else {
                p = Json.skip(p);
            }
            (hasMore, p) = Json.accept(p, 0x2c);
        }
        if (!isSeen) revert Json.Json_Missing(0);
        return (svn, Json.expect(p, 0x7d));
    }

    function _pack(
        LevelList memory levels,
        Modules memory modules,
        bytes32 legacyModule
    ) private pure returns (bytes memory packed) {
        uint256 size = HEAD_SIZE + levels.count * LEVEL_SIZE + _advisoriesSize(levels);
        for (uint256 i = 0; i < modules.count; ++i) {
            LevelList memory list = _at(modules, i).levels;
            size += MODULE_SIZE + list.count * MODULE_LEVEL_SIZE + _advisoriesSize(list);
        }
        // One word more: what is put behind the last byte goes there.
        packed = new bytes(size + 32);
        (uint256 p, ) = Memory.bounds(packed);
        p = Memory.put(p, levels.count, 1);
        p = Memory.put(p, modules.count, 1);
        p = Memory.put(p, uint256(legacyModule), 32);
        for (uint256 i = 0; i < levels.count; ++i) {
            Level memory level = TcbLevels.levelAt(levels, i);
            p = Memory.put(p, level.high >> 16, 16);
            p = Memory.put(p, level.low, 16);
            p = Memory.put(p, level.high, 2);
            p = Memory.put(p, level.verdict, 3);
        }
        for (uint256 i = 0; i < modules.count; ++i) {
            Module memory module = _at(modules, i);
            p = Memory.put(p, module.version, 1);
            p = Memory.put(p, module.levels.count, 1);
            p = Memory.put(p, uint256(module.identity), 32);
            for (uint256 j = 0; j < module.levels.count; ++j) {
                Level memory level = TcbLevels.levelAt(module.levels, j);
                if (level.high > type(uint8).max) revert TcbInfo_Unsupported("isvsvn");
                // UpToDate, OutOfDate and Revoked are all that a module can be (Intel's VALID_MODULE_TCB_STATUSES).
                if (!isIn(TcbStatus(level.verdict >> 16), MODULE_SET)) revert TcbLevels.TcbLevels_UnknownStatus();
                p = Memory.put(p, level.high, 1);
                p = Memory.put(p, level.verdict, 3);
            }
        }
        p = _putAdvisories(p, levels);
        for (uint256 i = 0; i < modules.count; ++i) {
            p = _putAdvisories(p, _at(modules, i).levels);
        }
        assembly ("memory-safe") {
            mstore(packed, size)
        }
    }

    function _advisoriesSize(LevelList memory levels) private pure returns (uint256 size) {
        size = levels.count;
        for (uint256 i = 0; i < levels.count; ++i) {
            size += TcbLevels.levelAt(levels, i).advisories.length;
        }
    }

    function _putAdvisories(uint256 p, LevelList memory levels) private pure returns (uint256) {
        for (uint256 i = 0; i < levels.count; ++i) {
            (uint256 start, uint256 end) = Memory.bounds(TcbLevels.levelAt(levels, i).advisories);
            p = Memory.put(p, (end - start) / 3, 1);
            Memory.copy(start, p, end - start);
            p += end - start;
        }
        return p;
    }

    function _at(Modules memory modules, uint256 i) private pure returns (Module memory module) {
        uint256 slot = modules.slots[i];
        assembly ("memory-safe") {
            module := slot
        }
    }

    /// @dev Puts `number` where it belongs among the first `length`, if it is not there.
    function _insertSorted(uint24[] memory numbers, uint256 length, uint24 number) private pure returns (uint256) {
        uint256 i = length;
        for (; i > 0 && numbers[i - 1] >= number; --i) {
            if (numbers[i - 1] == number) return length;
        }
        for (uint256 j = length; j > i; --j) {
            numbers[j] = numbers[j - 1];
        }
        numbers[i] = number;
        return length + 1;
    }
}
