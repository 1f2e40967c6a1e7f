// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CollateralKind, RootKey} from "../interfaces/ICollateralStore.sol";
import {ITdxVerifier, Verdict} from "../interfaces/ITdxVerifier.sol";
import {
    CONFIGURATION_SET,
    RELAUNCH_PLATFORM_SET,
    RELAUNCH_TD_SET,
    TcbStatus,
    converge,
    isIn
} from "../types/TcbStatus.sol";
import {CollateralStore} from "./CollateralStore.sol";
import {Memory} from "./codec/Memory.sol";
import {Enclave, QeIdentity} from "./codec/QeIdentity.sol";
import {TcbInfo} from "./codec/TcbInfo.sol";
import {TdReport} from "./codec/TdReport.sol";
import {Certificate, SgxExtension, X509} from "./codec/X509.sol";
import {isSignedBy} from "./P256Key.sol";

/// @title TdxVerifier
/// @notice See {ITdxVerifier}.
contract TdxVerifier is ITdxVerifier, CollateralStore {
    // TYPES

    /// @dev Two slots. 1: components 128 | pceSvn 16 | fmspc 48 | notBeforeDay 16 | notAfterDay 16 | qeIsvSvn 16 | source 16, where
    /// source is {Heads.origin} when it was verified, times two, plus one for the processor CA.
    /// 2: ppid 128 | serial 128.
    struct Platform {
        uint128 components;
        uint16 pceSvn;
        bytes6 fmspc;
        uint16 notBeforeDay;
        uint16 notAfterDay;
        uint16 qeIsvSvn;
        uint16 source;
        bytes16 ppid;
        bytes16 serial;
    }

    // CONSTANTS

    /// @dev Keccak-256 of the name CN=Intel SGX PCK Certificate, O=Intel Corporation, L=Santa Clara, ST=CA, C=US in DER.
    bytes32 private constant _LEAF_NAME = 0x1d435d94385294e93f12fbdc7f8d92f361ea0fe81070c14312155af11b5fa596;
    bytes16 private constant _INTEL_QE_VENDOR = 0x939a7233f79c4ca9940a0db3957f0607;
    bytes2 private constant _PCE_ID = 0x0000;
    /// @dev The lowest bit of every other byte's upper neighbour, for comparisons of 16 bytes at once.
    uint256 private constant _EVEN_BYTES = 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
    uint256 private constant _GUARDS = 0x0100010001000100010001000100010001000100010001000100010001000100;

    // STORAGE

    mapping(bytes32 attestationKeyHash => Platform) private _platforms;

    // CONSTRUCTOR

    /// @param root The root of trust, for ever.
    constructor(RootKey memory root) CollateralStore(root) {}

    // VERIFICATION

    /// @inheritdoc ITdxVerifier
    function verify(
        bytes calldata signedData,
        bytes calldata signatureData,
        uint40 grace
    ) external returns (Verdict memory v) {
        (uint256 start, uint256 end) = Memory.load(signedData);
        (uint256 report, bool is15) = _requireTdQuote(start, end);
        bytes32 digest = Memory.sha256Of(start, end);
        (start, end) = Memory.load(signatureData);
        uint256 certification = start + TdReport.CERTIFICATION;
        if (end < certification) revert TdxVerifier_MalformedQuote();
        uint256 key = start + TdReport.KEY;
        if (!_isSignedBy(digest, start, bytes32(Memory.word(key)), bytes32(Memory.word(key + 32)))) {
            revert TdxVerifier_InvalidQuoteSignature();
        }
        v.platform = Memory.hash(key, certification);
        Heads memory heads = _heads;
        _requireCurrent(CollateralKind.QeIdentity, heads.qeCurrent, grace);
        Platform memory platform =
            end == certification
                ? _knownPlatform(v.platform, heads.origin)
                : _newPlatform(v.platform, start, end, heads, grace);
        _judgeChain(v, platform, heads, grace);
        v.qeStatus = _judgeQe(platform.qeIsvSvn);
        _judgeTcb(v, platform, report, is15, _tcbInfo(v, platform.fmspc, heads.signer, grace));
    }

    // VIEWS

    /// @inheritdoc ITdxVerifier
    function platformOf(
        bytes32 platform
    )
        external
        view
        returns (
            uint128 components,
            uint16 pceSvn,
            bytes6 fmspc,
            uint16 notBeforeDay,
            uint16 notAfterDay,
            uint16 qeIsvSvn,
            bytes16 ppid,
            bytes16 serial
        )
    {
        Platform storage p = _platforms[platform];
        return (p.components, p.pceSvn, p.fmspc, p.notBeforeDay, p.notAfterDay, p.qeIsvSvn, p.ppid, p.serial);
    }

    // THE QUOTE

    /// @dev Where the TD report begins, and whether it is one of TDX 1.5.
    function _requireTdQuote(uint256 start, uint256 end) private pure returns (uint256 report, bool is15) {
        unchecked {
            uint256 size = end - start;
            if (size < TdReport.HEADER_SIZE) revert TdxVerifier_MalformedQuote();
            uint256 w = Memory.word(start);
            uint256 version = _littleEndian16(w >> 240);
            // Numbers are little-endian: 0x81 is TDX, 0 SGX.
            uint256 teeType = (w >> 192) & 0xffffffff;
            if (teeType == 0) revert TdxVerifier_SgxQuote();
            if (version != 4 && version != 5) revert TdxVerifier_UnsupportedVersion(uint16(version));
            if (teeType != 0x81000000) revert TdxVerifier_UnsupportedTee(uint32(_littleEndian32(teeType)));
            uint256 keyType = _littleEndian16((w >> 224) & 0xffff);
            if (keyType != 2) revert TdxVerifier_UnsupportedKeyType(uint16(keyType));
            bytes16 vendor = bytes16(bytes32(Memory.word(start + 12)));
            if (vendor != _INTEL_QE_VENDOR) revert TdxVerifier_UnknownQeVendor(vendor);
            report = start + TdReport.HEADER_SIZE;
            if (version == 5) {
                if (size < TdReport.HEADER_SIZE + 6) revert TdxVerifier_MalformedQuote();
                w = Memory.word(report);
                uint256 bodyType = _littleEndian16(w >> 240);
                if (bodyType != 2 && bodyType != 3) revert TdxVerifier_UnsupportedBody(uint16(bodyType));
                is15 = bodyType == 3;
                report += 6;
                if (_littleEndian32((w >> 208) & 0xffffffff) != end - report) revert TdxVerifier_MalformedQuote();
            }
            if (end - report != (is15 ? TdReport.SIZE_15 : TdReport.SIZE_10)) revert TdxVerifier_MalformedQuote();
            uint256 attributes = Memory.word(report + TdReport.TD_ATTRIBUTES);
            // The lowest byte (TUD) is all about debugging; SEPT_VE_DISABLE is bit 28. The number is little-endian.
            if (attributes >> 248 != 0) revert TdxVerifier_DebugTd();
            if ((attributes >> 224) & 0x10 == 0) revert TdxVerifier_SeptVeEnabled();
            if (is15) {
                uint256 service = report + TdReport.MR_SERVICE_TD;
                if (Memory.word(service) | (Memory.word(service + 16)) != 0) revert TdxVerifier_ServiceTd();
            }
        }
    }

    // THE PLATFORM

    function _knownPlatform(bytes32 id, uint16 origin) private view returns (Platform memory platform) {
        platform = _platforms[id];
        if (platform.notAfterDay == 0) revert TdxVerifier_UnknownPlatform(id);
        if (platform.source >> 1 != origin) revert TdxVerifier_OutdatedPlatform(id);
        uint256 notAfter = uint256(platform.notAfterDay) * 1 days;
        if (block.timestamp > notAfter) revert TdxVerifier_LeafExpired(notAfter);
    }

    /// @dev Verifies who vouches for the attestation key, by the signature data from `start` to `end`: leaf, QE report, QE identity.
    /// Remembers the platform.
    function _newPlatform(
        bytes32 id,
        uint256 start,
        uint256 end,
        Heads memory heads,
        uint256 grace
    ) private returns (Platform memory platform) {
        uint256 authEnd = start + TdReport.QE_AUTH_DATA;
        if (end < authEnd) revert TdxVerifier_MalformedQuote();
        authEnd += _littleEndian16(Memory.word(start + TdReport.QE_AUTH_SIZE) >> 240);
        if (end < authEnd) revert TdxVerifier_MalformedQuote();
        Certificate memory leaf = X509.parse(authEnd, end);
        SgxExtension memory sgx = X509.parseSgxExtension(leaf);
        bool isProcessor = leaf.issuer == PROCESSOR_CA_NAME;
        if (!isProcessor && leaf.issuer != PLATFORM_CA_NAME) revert TdxVerifier_UnknownLeafIssuer(leaf.issuer);
        if (leaf.subject != _LEAF_NAME) revert TdxVerifier_WrongLeafSubject(leaf.subject);
        if (block.timestamp < leaf.notBefore) revert TdxVerifier_LeafNotYetValid(leaf.notBefore);
        if (block.timestamp > leaf.notAfter) revert TdxVerifier_LeafExpired(leaf.notAfter);
        if (sgx.pceId != _PCE_ID) revert TdxVerifier_UnsupportedPce(sgx.pceId);
        _requireChain(heads, isProcessor, grace);
        {
            Signer storage ca = _signers[isProcessor ? CollateralKind.ProcessorCa : CollateralKind.PlatformCa];
            if (!isSignedBy(Memory.sha256Of(leaf.tbsStart, leaf.tbsEnd), leaf.r, leaf.s, ca.x, ca.y)) {
                revert TdxVerifier_InvalidLeafSignature();
            }
        }
        uint256 qeIsvSvn = _requireQe(start, authEnd, leaf);
        // Days fit 16 bits until 2149.
        uint256 notAfterDay = leaf.notAfter / 1 days;
        platform = Platform({
            components: sgx.components,
            pceSvn: sgx.pceSvn,
            fmspc: sgx.fmspc,
            notBeforeDay: uint16(leaf.notBefore / 1 days),
            notAfterDay: notAfterDay > type(uint16).max ? type(uint16).max : uint16(notAfterDay),
            qeIsvSvn: uint16(qeIsvSvn),
            source: (heads.origin << 1) | (isProcessor ? 1 : 0),
            ppid: sgx.ppid,
            serial: _serialOf(leaf.issuer, leaf.serial)
        });
        _remember(id, platform);
    }

    function _remember(bytes32 id, Platform memory platform) private {
        Platform storage known = _platforms[id];
        // Old quotes are public: whoever sends one again must not bring back what the platform was. What was verified under another
        // origin holds nobody up: a stolen CA key may have vouched for it.
        if (known.source >> 1 == platform.source >> 1) {
            bool isLower =
                platform.pceSvn < known.pceSvn ||
                    platform.qeIsvSvn < known.qeIsvSvn ||
                    _lacks(platform.components, known.components) != 0;
            bool isHigher =
                platform.pceSvn > known.pceSvn ||
                    platform.qeIsvSvn > known.qeIsvSvn ||
                    platform.components != known.components;
            if (isLower || (platform.notBeforeDay < known.notBeforeDay && !isHigher)) {
                revert TdxVerifier_LeafOutdated(platform.notBeforeDay, known.notBeforeDay);
            }
        }
        _platforms[id] = platform;
        emit PlatformVerified(
            id,
            platform.fmspc,
            platform.ppid,
            platform.serial,
            platform.components,
            platform.pceSvn,
            platform.qeIsvSvn,
            platform.notBeforeDay,
            platform.notAfterDay
        );
    }

    /// @dev The QE report: signed by the leaf, binding the attestation key, of the enclave that the identity names.
    function _requireQe(uint256 start, uint256 authEnd, Certificate memory leaf) private view returns (uint256 isvSvn) {
        uint256 qe = start + TdReport.CERTIFICATION;
        uint256 signature = start + TdReport.QE_SIGNATURE;
        if (!_isSignedBy(Memory.sha256Of(qe, signature), signature, leaf.x, leaf.y)) {
            revert TdxVerifier_InvalidQeReportSignature();
        }
        // The report binds key ‖ authentication data: the key's copy goes in front of it, over the signature that is done with.
        uint256 key = start + TdReport.QE_AUTH_DATA - TdReport.KEY_SIZE;
        Memory.copy(start + TdReport.KEY, key, TdReport.KEY_SIZE);
        bytes32 bound = Memory.sha256Of(key, authEnd);
        if (bytes32(Memory.word(qe + TdReport.QE_REPORT_DATA)) != bound) revert TdxVerifier_QeReportMismatch();

        Enclave memory wanted = _qe;
        bytes16 attributes = bytes16(bytes32(Memory.word(qe + TdReport.QE_ATTRIBUTES)));
        bytes4 miscselect = bytes4(bytes32(Memory.word(qe + TdReport.QE_MISC_SELECT)));
        uint256 isv = Memory.word(qe + TdReport.QE_ISV_PROD_ID) >> 224;
        if (
            bytes32(Memory.word(qe + TdReport.QE_MR_SIGNER)) != wanted.mrSigner ||
            attributes & wanted.attributesMask != wanted.attributes ||
            miscselect & wanted.miscselectMask != wanted.miscselect ||
            _littleEndian16(isv >> 16) != wanted.isvProdId
        ) revert TdxVerifier_QeIdentityMismatch();
        return _littleEndian16(isv & 0xffff);
    }

    // THE VERDICT

    /// @dev The chain above the platform, and the platform's own certificate.
    function _judgeChain(Verdict memory v, Platform memory platform, Heads memory heads, uint256 grace) private view {
        uint256 current = _requireChain(heads, platform.source & 1 == 1, grace);
        v.collateralUntil = current < heads.qeCurrent ? uint40(current) : heads.qeCurrent;
        v.revocationEpoch = heads.revocationEpoch;
        if (_revoked[platform.serial]) revert TdxVerifier_LeafRevoked(platform.serial);
        v.leafUntil = uint40(uint256(platform.notAfterDay) * 1 days);
        (v.fmspc, v.ppid, v.serial, v.qeIsvSvn) = (platform.fmspc, platform.ppid, platform.serial, platform.qeIsvSvn);
    }

    function _judgeQe(uint256 isvSvn) private view returns (TcbStatus status) {
        for (uint256 levels = uint256(bytes32(_qe.levels)); levels != 0; levels <<= 8 * QeIdentity.LEVEL_SIZE) {
            if (isvSvn < levels >> 240) continue;
            status = TcbStatus((levels >> 232) & 0xff);
            if (status == TcbStatus.Revoked) revert TdxVerifier_TcbRevoked();
            return status;
        }
        revert TdxVerifier_TcbNotSupported();
    }

    /// @dev The platform's TCB info, compiled.
    function _tcbInfo(Verdict memory v, bytes6 fmspc, uint8 signer, uint256 grace) private view returns (uint256 info) {
        TcbInfoHead memory head = _tcbInfos[fmspc];
        _requireCurrent(CollateralKind.TcbInfo, head.signer == signer ? head.validUntil : 0, grace);
        if (head.validUntil < v.collateralUntil) v.collateralUntil = head.validUntil;
        (info, ) = Memory.loadCode(head.compiled);
    }

    function _judgeTcb(
        Verdict memory v,
        Platform memory platform,
        uint256 report,
        bool is15,
        uint256 info
    ) private pure {
        uint256 svns = Memory.word(report + TdReport.TEE_TCB_SVN) >> 128;
        TcbStatus platformStatus = _judgeLevel(v, platform, svns, info);
        _judgeModule(v, svns, report, info);
        TcbStatus status = converge(v.status, v.moduleStatus);
        if (status == TcbStatus.Revoked) revert TdxVerifier_TcbRevoked();
        if (
            is15 &&
            v.qeStatus == TcbStatus.UpToDate &&
            v.moduleStatus == TcbStatus.OutOfDate &&
            isIn(platformStatus, RELAUNCH_PLATFORM_SET) &&
            isIn(status, RELAUNCH_TD_SET) &&
            _isCurrentAfterRelaunch(Memory.word(report + TdReport.TEE_TCB_SVN_2) >> 128, info)
        ) {
            status =
                isIn(platformStatus, CONFIGURATION_SET) || isIn(status, CONFIGURATION_SET)
                    ? TcbStatus.TdRelaunchAdvisedConfigurationNeeded
                    : TcbStatus.TdRelaunchAdvised;
        }
        v.status = converge(status, v.qeStatus);
    }

    /// @dev The first level that the platform reaches with all its SVNs goes into the verdict; returned is the status of the first
    /// that it reaches with its SGX components and PCE SVN (TcbLevelCheck.cpp).
    function _judgeLevel(
        Verdict memory v,
        Platform memory platform,
        uint256 svns,
        uint256 info
    ) private pure returns (TcbStatus platformStatus) {
        unchecked {
            uint256 have = (uint256(platform.components) << 128) | svns;
            // A module with a version is judged by its identity: its first two SVNs do not count here.
            uint256 counted = (svns >> 112) & 0xff == 0 ? type(uint256).max : ~(uint256(0xffff) << 112);
            uint256 count = Memory.octet(info);
            uint256 p = info + TcbInfo.HEAD_SIZE;
            for (uint256 i = 0; i < count; ++i) {
                uint256 wanted = Memory.word(p) & counted;
                uint256 rest = Memory.word(p + 32);
                p += TcbInfo.LEVEL_SIZE;
                uint256 missing = _lacks(have, wanted);
                if (platform.pceSvn < rest >> 240 || missing >> 128 != 0) continue;
                TcbStatus status = TcbStatus((rest >> 232) & 0xff);
                if (platformStatus == TcbStatus.None) platformStatus = status;
                if (missing == 0) {
                    v.status = status;
                    v.tcbDay = uint16(rest >> 216);
                    v.level = uint8(i);
                    return platformStatus;
                }
            }
        }
        revert TdxVerifier_TcbNotSupported();
    }

    /// @dev Not zero in the upper half if a byte of the upper half of `have` is below that of `wanted`; the same of the lower half.
    function _lacks(uint256 have, uint256 wanted) private pure returns (uint256) {
        unchecked {
            // A guard bit above each byte survives the subtraction if nothing was borrowed.
            uint256 even = ((have & _EVEN_BYTES) | _GUARDS) - (wanted & _EVEN_BYTES);
            uint256 odd = (((have >> 8) & _EVEN_BYTES) | _GUARDS) - ((wanted >> 8) & _EVEN_BYTES);
            return (~even | ~odd) & _GUARDS;
        }
    }

    /// @dev The TDX module by its version (TdxModuleCheck.cpp): signer, attributes, and level.
    function _judgeModule(Verdict memory v, uint256 svns, uint256 report, uint256 info) private pure {
        uint256 version = (svns >> 112) & 0xff;
        uint256 signer = report + TdReport.MR_SIGNER_SEAM;
        bytes32 identity = Memory.hash(signer, signer + 56);
        // SEAMATTRIBUTES have to be zero, whatever the identity says (QuoteVerifier.cpp).
        if (Memory.word(report + TdReport.SEAM_ATTRIBUTES) >> 192 != 0)
            revert TdxVerifier_TdxModuleMismatch(uint8(version));
        if (version == 0) {
            if (bytes32(Memory.word(info + 2)) != identity) revert TdxVerifier_TdxModuleMismatch(0);
            v.moduleStatus = TcbStatus.UpToDate;
            v.moduleDay = v.tcbDay;
            v.module = TcbInfo.NO_MODULE;
            return;
        }
        (uint256 p, uint256 index) = _findModule(version, info);
        if (bytes32(Memory.word(p + 2)) != identity) revert TdxVerifier_TdxModuleMismatch(uint8(version));
        v.module = uint8(index);
        uint256 count = Memory.octet(p + 1);
        p += TcbInfo.MODULE_SIZE;
        for (uint256 i = 0; i < count; ++i) {
            uint256 w = Memory.word(p);
            if (svns >> 120 >= w >> 248) {
                v.moduleStatus = TcbStatus((w >> 240) & 0xff);
                v.moduleDay = uint16(w >> 224);
                v.moduleLevel = uint8(i);
                return;
            }
            p += TcbInfo.MODULE_LEVEL_SIZE;
        }
        revert TdxVerifier_TcbNotSupported();
    }

    function _findModule(uint256 version, uint256 info) private pure returns (uint256 p, uint256 index) {
        uint256 count = Memory.octet(info + 1);
        p = info + TcbInfo.HEAD_SIZE + Memory.octet(info) * TcbInfo.LEVEL_SIZE;
        for (; index < count; ++index) {
            if (Memory.octet(p) == version) return (p, index);
            p += TcbInfo.MODULE_SIZE + Memory.octet(p + 1) * TcbInfo.MODULE_LEVEL_SIZE;
        }
        revert TdxVerifier_TdxModuleMismatch(uint8(version));
    }

    /// @dev Whether the TDX module that runs now, by the second SVNs of a TD 1.5 report, is the latest (TDRelaunchCheck.cpp).
    function _isCurrentAfterRelaunch(uint256 svns, uint256 info) private pure returns (bool) {
        uint256 latest = Memory.word(info + TcbInfo.HEAD_SIZE);
        uint256 version = (svns >> 112) & 0xff;
        uint256 wanted = (latest >> 120) & 0xff;
        if (version != 0) {
            (uint256 p, ) = _findModule(version, info);
            if (Memory.octet(p + 1) == 0) revert TdxVerifier_TcbNotSupported();
            wanted = Memory.octet(p + TcbInfo.MODULE_SIZE);
        }
        return svns >> 120 >= wanted && (svns >> 104) & 0xff >= (latest >> 104) & 0xff;
    }

    /// @dev Whether the signature r ‖ s in memory at `signature` is one of `digest` by this key.
    function _isSignedBy(bytes32 digest, uint256 signature, bytes32 x, bytes32 y) private view returns (bool) {
        return isSignedBy(digest, bytes32(Memory.word(signature)), bytes32(Memory.word(signature + 32)), x, y);
    }

    // NUMBERS

    function _littleEndian16(uint256 w) private pure returns (uint256) {
        return ((w & 0xff) << 8) | (w >> 8);
    }

    function _littleEndian32(uint256 w) private pure returns (uint256) {
        return (_littleEndian16(w & 0xffff) << 16) | _littleEndian16(w >> 16);
    }
}
