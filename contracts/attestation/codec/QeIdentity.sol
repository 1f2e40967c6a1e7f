// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;
// JSON is compared as it is written, double quotes included: the literals that hold them are in single ones.
// solhint-disable quotes

import {TcbStatus} from "../../types/TcbStatus.sol";
import {Json} from "./Json.sol";
import {Level, LevelList, TcbLevels} from "./TcbLevels.sol";
import {Memory} from "./Memory.sol";

/// @notice What the quoting enclave must be, in three slots: MRSIGNER; ATTRIBUTES and their mask; MISCSELECT, its mask, ISV product
/// id and the levels ({QeIdentity}).
struct Enclave {
    bytes32 mrSigner;
    bytes16 attributes;
    bytes16 attributesMask;
    bytes4 miscselect;
    bytes4 miscselectMask;
    uint16 isvProdId;
    bytes21 levels;
}

/// @notice What a QE identity says. Times are unix seconds.
struct QeIdentityContent {
    uint256 issueDate;
    uint256 nextUpdate;
    uint256 evaluation;
    Enclave enclave;
}

/// @title QeIdentity
/// @notice Reads the identity of Intel's TD quoting enclave (Intel PCS API v4, EnclaveIdentityV2, id TD_QE).
///
/// Its levels are compiled to 3 bytes each, highest first: 2 ISV SVN, 1 status; neighbours of the same effect as one, zeros behind
/// the last. A quoting enclave is UpToDate, Revoked or OutOfDate: all other statuses count as the last (Intel's
/// EnclaveReportVerifier.cpp).
library QeIdentity {
    /// @notice It is for another enclave, or of another version.
    error QeIdentity_Unsupported(bytes32 member);

    uint256 internal constant LEVEL_SIZE = 3;
    uint256 private constant _MAX_LEVELS = 7;

    /// @notice Reads the text between `p` and `end`, which zeros must follow ({Memory.load}).
    function compile(uint256 p, uint256 end) internal pure returns (QeIdentityContent memory content) {
        LevelList memory levels;
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
            if (member == 12) (levels, p) = TcbLevels.read(p, TcbLevels.readIsvSvn);
            else if (member > 5) p = _readField(content.enclave, member, p);
            else if (member != 0) p = _readHead(content, member, p);
            else p = Json.skip(p);
            (hasMore, p) = Json.accept(p, 0x2c);
        }
        p = Json.expect(p, 0x7d);
        if (Json.skipSpace(p) != end) revert Json.Json_Unexpected(p);
        for (uint256 i = 1; i < 13; ++i) {
            if ((seen >> i) & 1 == 0) revert Json.Json_Missing(i - 1);
        }
        content.enclave.levels = _pack(levels);
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

    function _readField(Enclave memory enclave, uint256 member, uint256 p) private pure returns (uint256) {
        uint256 value;
        if (member == 6) {
            (value, p) = Json.hexadecimal(p, 4);
            enclave.miscselect = bytes4(uint32(value));
        } else if (member == 7) {
            (value, p) = Json.hexadecimal(p, 4);
            enclave.miscselectMask = bytes4(uint32(value));
        } else if (member == 8) {
            (value, p) = Json.hexadecimal(p, 16);
            enclave.attributes = bytes16(uint128(value));
        } else if (member == 9) {
            (value, p) = Json.hexadecimal(p, 16);
            enclave.attributesMask = bytes16(uint128(value));
        } else if (member == 10) {
            uint256 start = Json.expect(p, 0x22);
            if (Memory.octet(start + 64) != 0x22) revert Json.Json_Unexpected(start);
            enclave.mrSigner = bytes32((Json.hexAt(start, 16) << 128) | Json.hexAt(start + 32, 16));
            p = start + 65;
        } else {
            (value, p) = Json.number(p, type(uint16).max);
            enclave.isvProdId = uint16(value);
        }
        return p;
    }

    function _pack(LevelList memory levels) private pure returns (bytes21) {
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
        return bytes21(bytes32(packed));
    }
}
