// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MODULE_SET, TcbStatus, isIn} from "../../types/TcbStatus.sol";
import {Json} from "./Json.sol";
import {LevelList, TcbLevels} from "./TcbLevels.sol";
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

    uint256 internal constant HEAD_SIZE = 34;
    uint256 internal constant LEVEL_SIZE = 37;
    uint256 internal constant MODULE_SIZE = 34;
    uint256 internal constant MODULE_LEVEL_SIZE = 4;

    struct Modules {
        uint256 count;
        uint256[] versions;
        bytes32[] identities;
        LevelList[] levels;
    }

    /// @notice Reads the text between `p` and `end`, which zeros must follow ({Memory.load}).
    function compile(uint256 p, uint256 end) internal pure returns (TcbInfoContent memory content) {
        LevelList memory levels;
        Modules memory modules;
        bytes32 legacyModule;
        uint256 seen;
        bool hasMore = true;
        p = Json.expect(p, 0x7b);
        while (hasMore) {
            uint256 name;
            (name, , p) = Json.key(p);
            uint256 member = _member(name);
            if (member != 0) {
                if (seen & (1 << member) != 0) revert Json.Json_Duplicate(p);
                seen |= 1 << member;
            }
            if (member == 11) (levels, p) = TcbLevels.read(p, _readTcb);
            else if (member == 10) (modules, p) = _readModules(p);
            else if (member == 9) (, legacyModule, , p) = _readModule(p, true);
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
        content.compiled = _pack(levels, modules, legacyModule);
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
            uint256 length;
            (value, length, p) = Json.text(p);
            if (length != 3 || Memory.word(value) >> 232 != uint24(bytes3("TDX"))) revert TcbInfo_Unsupported("id");
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
        modules.versions = new uint256[](TcbLevels.MAX);
        modules.identities = new bytes32[](TcbLevels.MAX);
        modules.levels = new LevelList[](TcbLevels.MAX);
        p = Json.expect(p, 0x5b);
        bool hasMore;
        (hasMore, p) = Json.accept(p, 0x5d);
        if (hasMore) return (modules, p);
        hasMore = true;
        while (hasMore) {
            uint256 i = modules.count;
            if (i == TcbLevels.MAX) revert TcbLevels.TcbLevels_TooMany();
            (modules.versions[i], modules.identities[i], modules.levels[i], p) = _readModule(p, false);
            modules.count = i + 1;
            (hasMore, p) = Json.accept(p, 0x2c);
        }
        return (modules, Json.expect(p, 0x5d));
    }

    /// @dev A `tdxModule` (no id, no levels) or one of `tdxModuleIdentities`. Intel's rule wants SEAMATTRIBUTES equal and zero, so
    /// that the mask changes nothing.
    function _readModule(
        uint256 p,
        bool isLegacy
    ) private pure returns (uint256 version, bytes32 identity, LevelList memory levels, uint256) {
        uint256[4] memory parts;
        uint256 seen;
        bool hasMore = true;
        p = Json.expect(p, 0x7b);
        while (hasMore) {
            uint256 name;
            (name, , p) = Json.key(p);
            uint256 member = _moduleMember(name, isLegacy);
            if (seen & member != 0) revert Json.Json_Duplicate(p);
            seen |= member;
            if (member == 1) (version, p) = _readModuleId(p);
            else if (member == 2) p = _readSigner(parts, p);
            else if (member == 4) (parts[3], p) = Json.hexadecimal(p, 8);
            else if (member == 8) (levels, p) = TcbLevels.read(p, TcbLevels.readIsvSvn);
            else p = Json.skip(p);
            (hasMore, p) = Json.accept(p, 0x2c);
        }
        for (uint256 i = 0; i < 4; ++i) {
            if ((seen >> i) & 1 == 0 && !(isLegacy && (i == 0 || i == 3))) revert Json.Json_Missing(i);
        }
        identity = keccak256(
            abi.encodePacked(uint128(parts[0]), uint128(parts[1]), uint128(parts[2]), uint64(parts[3]))
        );
        return (version, identity, levels, Json.expect(p, 0x7d));
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
        (uint256 start, uint256 length, uint256 next) = Json.text(p);
        if (length != 6 || Memory.word(start) >> 224 != uint32(bytes4("TDX_")))
            revert TcbInfo_Unsupported("tdxModuleIdentities");
        return (Json.hexAt(start + 4, 1), next);
    }

    function _readSigner(uint256[4] memory parts, uint256 p) private pure returns (uint256) {
        (uint256 start, uint256 length, uint256 next) = Json.text(p);
        if (length != 96) revert Json.Json_Unexpected(start);
        parts[0] = Json.hexAt(start, 16);
        parts[1] = Json.hexAt(start + 32, 16);
        parts[2] = Json.hexAt(start + 64, 16);
        return next;
    }

    /// @dev A platform level's `tcb`: high is SGX components ‖ PCE SVN, low the TDX components.
    function _readTcb(uint256 p) private pure returns (uint256 high, uint256 low, uint256) {
        uint256 seen;
        bool hasMore = true;
        p = Json.expect(p, 0x7b);
        while (hasMore) {
            uint256 name;
            (name, , p) = Json.key(p);
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
        p = Json.expect(p, 0x5b);
        for (uint256 i = 0; i < 16; ++i) {
            if (i > 0) p = Json.expect(p, 0x2c);
            uint256 svn;
            // As Intel writes most of them: {"svn":n}
            if (Memory.word(p) >> 200 == 0x7b2273766e223a) {
                uint256 next;
                (svn, next) = Json.number(p + 7, 255);
                if (Memory.octet(next) == 0x7d) p = next + 1;
                else (svn, p) = _readComponent(p);
            } else {
                (svn, p) = _readComponent(p);
            }
            components = (components << 8) | svn;
        }
        return (components, Json.expect(p, 0x5d));
    }

    function _readComponent(uint256 p) private pure returns (uint256 svn, uint256) {
        bool isSeen;
        bool hasMore = true;
        p = Json.expect(p, 0x7b);
        while (hasMore) {
            uint256 name;
            (name, , p) = Json.key(p);
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
        bytes memory advisories;
        packed = abi.encodePacked(uint8(levels.count), uint8(modules.count), legacyModule);
        for (uint256 i = 0; i < levels.count; ++i) {
            uint256 high = levels.high[i];
            packed = abi.encodePacked(
                packed,
                uint128(high >> 16),
                uint128(levels.low[i]),
                uint16(high),
                uint24(levels.verdict[i])
            );
            advisories = abi.encodePacked(advisories, uint8(levels.advisories[i].length / 3), levels.advisories[i]);
        }
        for (uint256 i = 0; i < modules.count; ++i) {
            LevelList memory list = modules.levels[i];
            packed = abi.encodePacked(packed, uint8(modules.versions[i]), uint8(list.count), modules.identities[i]);
            for (uint256 j = 0; j < list.count; ++j) {
                if (list.high[j] > type(uint8).max) revert TcbInfo_Unsupported("isvsvn");
                // UpToDate, OutOfDate and Revoked are all that a module can be (Intel's VALID_MODULE_TCB_STATUSES).
                if (!isIn(TcbStatus(list.verdict[j] >> 16), MODULE_SET)) revert TcbLevels.TcbLevels_UnknownStatus();
                packed = abi.encodePacked(packed, uint8(list.high[j]), uint24(list.verdict[j]));
                advisories = abi.encodePacked(advisories, uint8(list.advisories[j].length / 3), list.advisories[j]);
            }
        }
        return bytes.concat(packed, advisories);
    }
}
