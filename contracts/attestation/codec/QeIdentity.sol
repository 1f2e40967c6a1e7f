// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TcbStatus} from "../../types/TcbStatus.sol";
import {Json} from "./Json.sol";
import {Level, LevelList, TcbLevels} from "./TcbLevels.sol";
import {Memory} from "./Memory.sol";

/// @notice What a QE identity says. Times are unix seconds; `identity` is {QeIdentity}'s first part, `levels` its second.
struct QeIdentityContent {
    uint256 issueDate;
    uint256 nextUpdate;
    uint256 evaluation;
    bytes identity;
    bytes32 levels;
}

/// @title QeIdentity
/// @notice Reads the identity of Intel's TD quoting enclave (Intel PCS API v4, EnclaveIdentityV2, id TD_QE) and compiles it:
///
///     identity, 74 bytes: 32 MRSIGNER, 16 ATTRIBUTES, 16 their mask, 4 MISCSELECT, 4 its mask, 2 ISV product id
///     levels, highest first, 3 bytes each: 2 ISV SVN, 1 status; neighbours of the same effect as one, zeros behind the last
///
/// A quoting enclave is UpToDate, Revoked or OutOfDate: all other statuses count as the last (Intel's EnclaveReportVerifier.cpp).
library QeIdentity {
    /// @notice It is for another enclave, or of another version.
    error QeIdentity_Unsupported(bytes32 member);

    uint256 internal constant IDENTITY_SIZE = 74;
    uint256 internal constant LEVEL_SIZE = 3;
    uint256 private constant _MAX_LEVELS = 10;

    struct Fields {
        uint256 miscselect;
        uint256 miscselectMask;
        uint256 attributes;
        uint256 attributesMask;
        uint256 mrSignerHigh;
        uint256 mrSignerLow;
        uint256 isvProdId;
    }

    /// @notice Reads the text between `p` and `end`, which zeros must follow ({Memory.load}).
    function compile(uint256 p, uint256 end) internal pure returns (QeIdentityContent memory content) {
        Fields memory fields;
        LevelList memory levels;
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
            if (member == 12) (levels, p) = TcbLevels.read(p, TcbLevels.readIsvSvn);
            else if (member > 5) p = _readField(fields, member, p);
            else if (member != 0) p = _readHead(content, member, p);
            else p = Json.skip(p);
            (hasMore, p) = Json.accept(p, 0x2c);
        }
        p = Json.expect(p, 0x7d);
        if (Json.skipSpace(p) != end) revert Json.Json_Unexpected(p);
        for (uint256 i = 1; i < 13; ++i) {
            if ((seen >> i) & 1 == 0) revert Json.Json_Missing(i - 1);
        }
        content.identity = abi.encodePacked(
            uint128(fields.mrSignerHigh),
            uint128(fields.mrSignerLow),
            uint128(fields.attributes),
            uint128(fields.attributesMask),
            uint32(fields.miscselect),
            uint32(fields.miscselectMask),
            uint16(fields.isvProdId)
        );
        content.levels = _pack(levels);
    }

    // PRIVATE

    function _member(uint256 name) private pure returns (uint256) {
        if (name == uint256(bytes32("id"))) return 1;
        if (name == uint256(bytes32("version"))) return 2;
        if (name == uint256(bytes32("issueDate"))) return 3;
        if (name == uint256(bytes32("nextUpdate"))) return 4;
        if (name == uint256(bytes32("tcbEvaluationDataNumber"))) return 5;
        if (name == uint256(bytes32("miscselect"))) return 6;
        if (name == uint256(bytes32("miscselectMask"))) return 7;
        if (name == uint256(bytes32("attributes"))) return 8;
        if (name == uint256(bytes32("attributesMask"))) return 9;
        if (name == uint256(bytes32("mrsigner"))) return 10;
        if (name == uint256(bytes32("isvprodid"))) return 11;
        if (name == uint256(bytes32("tcbLevels"))) return 12;
        return 0;
    }

    function _readHead(QeIdentityContent memory content, uint256 member, uint256 p) private pure returns (uint256) {
        uint256 value;
        if (member == 1) {
            (value, p) = Json.quoted(p);
            if (bytes7(bytes32(value)) != '"TD_QE"') revert QeIdentity_Unsupported("id");
            p += 7;
        } else if (member == 2) {
            (value, p) = Json.number(p, type(uint32).max);
            if (value != 2) revert QeIdentity_Unsupported("version");
        } else if (member == 3) {
            (content.issueDate, p) = Json.date(p);
        } else if (member == 4) {
            (content.nextUpdate, p) = Json.date(p);
        } else {
            (content.evaluation, p) = Json.number(p, type(uint16).max);
        }
        return p;
    }

    function _readField(Fields memory fields, uint256 member, uint256 p) private pure returns (uint256) {
        if (member == 6) (fields.miscselect, p) = Json.hexadecimal(p, 4);
        else if (member == 7) (fields.miscselectMask, p) = Json.hexadecimal(p, 4);
        else if (member == 8) (fields.attributes, p) = Json.hexadecimal(p, 16);
        else if (member == 9) (fields.attributesMask, p) = Json.hexadecimal(p, 16);
        else if (member == 10) {
            uint256 start = Json.expect(p, 0x22);
            if (Memory.octet(start + 64) != 0x22) revert Json.Json_Unexpected(start);
            fields.mrSignerHigh = Json.hexAt(start, 16);
            fields.mrSignerLow = Json.hexAt(start + 32, 16);
            p = start + 65;
        } else (fields.isvProdId, p) = Json.number(p, type(uint16).max);
        return p;
    }

    function _pack(LevelList memory levels) private pure returns (bytes32) {
        uint256 packed;
        uint256 count;
        TcbStatus last;
        for (uint256 i = 0; i < levels.count; ++i) {
            Level memory level = TcbLevels.levelAt(levels, i);
            TcbStatus status = TcbStatus(level.verdict >> 16);
            if (status != TcbStatus.UpToDate && status != TcbStatus.Revoked) status = TcbStatus.OutOfDate;
            if (status != last) {
                if (count == _MAX_LEVELS) revert TcbLevels.TcbLevels_TooMany();
                ++count;
                last = status;
            }
            // The last one reaches down to the lowest SVN of this status.
            uint256 shift = 256 - 8 * LEVEL_SIZE * count;
            packed = (packed & ~(uint256(0xffffff) << shift)) | (((level.high << 8) | uint256(status)) << shift);
        }
        return bytes32(packed);
    }
}
