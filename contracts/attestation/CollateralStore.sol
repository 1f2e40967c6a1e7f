// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
import {CollateralKind, ICollateralStore, P256Signature, RootKey} from "../interfaces/ICollateralStore.sol";
import {Crl, RevocationList} from "./codec/Crl.sol";
import {Memory} from "./codec/Memory.sol";
import {Enclave, QeIdentityContent} from "./codec/QeIdentity.sol";
import {TcbInfoContent} from "./codec/TcbInfo.sol";
import {Certificate, X509} from "./codec/X509.sol";
import {isSignedBy} from "./P256Key.sol";
import {TcbCodec} from "./TcbCodec.sol";

/// @title CollateralStore
/// @notice See {ICollateralStore}.
/// @dev What holds:
/// 1. Everything stored was signed by a key whose chain ends at the root key, was valid when it came, and is newer than what it
///    replaced, both in its issue date and in its evaluation number.
/// 2. A revoked serial stays revoked.
/// 3. What a key that was replaced by another has signed counts no longer: CRLs of a PCK CA, TCB infos and the QE identity of a
///    TCB signing key, platforms below a PCK CA. Serials that it revoked stay revoked.
/// 4. {_heads} follows from the rest of the store: {_refreshHeads} after every change.
/// Levels are kept as the code of a contract of nothing else: read in one piece, and a monthly update that only moves dates
/// finds them there.
abstract contract CollateralStore is ICollateralStore {
    // TYPES

    /// @dev A certificate that signs. Slots: x; y; serial (16 B), notBefore, notAfter.
    struct Signer {
        bytes32 x;
        bytes32 y;
        bytes16 serial;
        uint40 notBefore;
        uint40 notAfter;
    }

    struct Dates {
        uint40 issued;
        uint40 validUntil;
        uint16 evaluation;
    }

    /// @dev A TCB info, in one slot. `signer` is the number of the TCB signing key that signed it; it counts under that key only.
    struct TcbInfoHead {
        address compiled;
        uint32 issued;
        uint32 validUntil;
        uint16 evaluation;
        uint8 signer;
    }

    /// @dev What every verification reads, in one slot. For each PCK CA: until when its CRL and the root's are current, and until
    /// when its certificate, the TCB signing certificate and the root are valid (0 if one is missing or revoked). Of the QE
    /// identity: until when it is current. `origin` counts what makes platforms show their certificate again: changes of the QE
    /// identity (not of its levels) and of the PCK CAs' keys. `signer` counts the TCB signing keys.
    struct Heads {
        uint40 platformCurrent;
        uint40 platformValid;
        uint40 processorCurrent;
        uint40 processorValid;
        uint40 qeCurrent;
        uint16 origin;
        uint32 revocationEpoch;
        uint8 signer;
    }

    // CONSTANTS

    /// @inheritdoc ICollateralStore
    uint256 public constant MAX_CRL_ENTRIES = 600;

    // Keccak-256 of Intel's names in DER: CN, and O=Intel Corporation, L=Santa Clara, ST=CA, C=US.

    /// @dev Intel SGX Root CA
    bytes32 internal constant ROOT_NAME = 0x3112c8e9428b5c08824e727e3ea896f3597c8a91caeafe57d64a4bc08df71dfb;
    /// @dev Intel SGX PCK Platform CA
    bytes32 internal constant PLATFORM_CA_NAME = 0xfc023d85bd2073504d59f24a7ab325cd1841e2aa6eb6f25512665d57128d616c;
    /// @dev Intel SGX PCK Processor CA
    bytes32 internal constant PROCESSOR_CA_NAME = 0x3e8717c2b8859b5d5e0c466dea5b49feedd67165b9ff9890405e87b6db3d2827;
    /// @dev Intel SGX TCB Signing
    bytes32 internal constant TCB_SIGNING_NAME = 0x048bd42849dc20c563977be866923795e269396947dfe4773512441b25c9d413;

    // IMMUTABLES

    bytes32 private immutable _rootX;
    bytes32 private immutable _rootY;
    uint40 private immutable _rootNotAfter;
    TcbCodec private immutable _codec;

    // STORAGE

    Heads internal _heads;
    Enclave internal _qe;
    mapping(bytes6 fmspc => TcbInfoHead) internal _tcbInfos;
    mapping(bytes16 serial => bool) internal _revoked;
    mapping(CollateralKind => Signer) internal _signers;
    mapping(CollateralKind => Dates) private _dates;

    // CONSTRUCTOR

    constructor(RootKey memory root) {
        _rootX = root.x;
        _rootY = root.y;
        _rootNotAfter = root.notAfter;
        _codec = new TcbCodec();
    }

    // UPLOADS

    /// @inheritdoc ICollateralStore
    function uploadRootCrl(bytes calldata crl) external {
        RevocationList memory list = _readCrl(crl);
        if (list.issuer != ROOT_NAME) revert CollateralStore_WrongIssuer(list.issuer);
        _storeCrl(CollateralKind.RootCrl, list, _rootX, _rootY);
    }

    /// @inheritdoc ICollateralStore
    function uploadPckCrl(bytes calldata crl) external {
        RevocationList memory list = _readCrl(crl);
        if (list.issuer != PLATFORM_CA_NAME && list.issuer != PROCESSOR_CA_NAME)
            revert CollateralStore_WrongIssuer(list.issuer);
        CollateralKind kind = list.issuer == PLATFORM_CA_NAME ? CollateralKind.PlatformCa : CollateralKind.ProcessorCa;
        Signer storage ca = _requireSigner(kind);
        _storeCrl(_crlOf(kind), list, ca.x, ca.y);
    }

    /// @inheritdoc ICollateralStore
    function uploadPckCa(bytes calldata certificate) external {
        (uint256 start, uint256 end) = Memory.load(certificate);
        Certificate memory c = X509.parse(start, end);
        if (c.subject != PLATFORM_CA_NAME && c.subject != PROCESSOR_CA_NAME)
            revert CollateralStore_WrongSubject(c.subject);
        _storeSigner(c.subject == PLATFORM_CA_NAME ? CollateralKind.PlatformCa : CollateralKind.ProcessorCa, c, true);
    }

    /// @inheritdoc ICollateralStore
    function uploadTcbSigning(bytes calldata certificate) external {
        (uint256 start, uint256 end) = Memory.load(certificate);
        Certificate memory c = X509.parse(start, end);
        if (c.subject != TCB_SIGNING_NAME) revert CollateralStore_WrongSubject(c.subject);
        _storeSigner(CollateralKind.TcbSigning, c, false);
    }

    /// @inheritdoc ICollateralStore
    function uploadTcbInfo(bytes calldata json, P256Signature calldata signature) external {
        bytes32 digest = _requireSignedText(CollateralKind.TcbInfo, json, signature);
        TcbInfoContent memory content = _codec.readTcbInfo(json);
        Dates memory dates = _requireNewer(
            CollateralKind.TcbInfo,
            _datesOf(content.fmspc),
            content.issueDate,
            content.nextUpdate,
            content.evaluation
        );
        _tcbInfos[content.fmspc] = TcbInfoHead({
            compiled: _storeCompiled(content.compiled),
            issued: uint32(dates.issued),
            // Seconds of 32 bits end in 2106, long after the root certificate.
            validUntil: dates.validUntil > type(uint32).max ? type(uint32).max : uint32(dates.validUntil),
            evaluation: dates.evaluation,
            signer: _heads.signer
        });
        _emitUpload(CollateralKind.TcbInfo, bytes32(content.fmspc), dates, digest);
    }

    /// @inheritdoc ICollateralStore
    function uploadQeIdentity(bytes calldata json, P256Signature calldata signature) external {
        bytes32 digest = _requireSignedText(CollateralKind.QeIdentity, json, signature);
        QeIdentityContent memory content = _codec.readQeIdentity(json);
        Dates memory stored = _dates[CollateralKind.QeIdentity];
        bool isChanged = !_isSameEnclave(_qe, content.enclave);
        // Once a day, so that the count of changes lasts for longer than anybody who holds the signing key.
        if (isChanged && stored.issued != 0 && content.issueDate < uint256(stored.issued) + 1 days) {
            revert CollateralStore_NotNewer(CollateralKind.QeIdentity, content.issueDate, stored.issued);
        }
        Dates memory dates = _requireNewer(
            CollateralKind.QeIdentity,
            stored,
            content.issueDate,
            content.nextUpdate,
            content.evaluation
        );
        _dates[CollateralKind.QeIdentity] = dates;
        Heads storage heads = _heads;
        heads.qeCurrent = dates.validUntil;
        if (isChanged) ++heads.origin;
        _qe = content.enclave;
        _emitUpload(CollateralKind.QeIdentity, 0, dates, digest);
    }

    // VIEWS

    /// @inheritdoc ICollateralStore
    function rootKey() external view returns (RootKey memory) {
        return RootKey({x: _rootX, y: _rootY, notAfter: _rootNotAfter});
    }

    /// @inheritdoc ICollateralStore
    function revocationEpoch() external view returns (uint32) {
        return _heads.revocationEpoch;
    }

    /// @inheritdoc ICollateralStore
    function collateral(
        CollateralKind kind,
        bytes6 fmspc
    ) external view returns (uint40 issued, uint40 validUntil, uint16 evaluation) {
        if (_isSigner(kind)) return (_signers[kind].notBefore, _signers[kind].notAfter, 0);
        Dates memory dates = kind == CollateralKind.TcbInfo ? _datesOf(fmspc) : _dates[kind];
        return (dates.issued, dates.validUntil, dates.evaluation);
    }

    /// @inheritdoc ICollateralStore
    function isRevoked(bytes16 serial) external view returns (bool) {
        return _revoked[serial];
    }

    /// @inheritdoc ICollateralStore
    function advisories(
        bytes6 fmspc,
        uint8 level,
        uint8 module,
        uint8 moduleLevel
    ) external view returns (uint24[] memory) {
        address compiled = _tcbInfos[fmspc].compiled;
        if (compiled == address(0)) revert CollateralStore_Missing(CollateralKind.TcbInfo);
        return _codec.advisories(compiled, level, module, moduleLevel);
    }

    // INTERNAL

    /// @dev The key of the deny list: the first half of Keccak-256 of the issuer's name's hash and the serial number's. Whoever is on
    /// the list cannot choose a serial, and a collision would only deny more.
    function _serialOf(bytes32 issuer, bytes32 serial) internal pure returns (bytes16) {
        return bytes16(keccak256(abi.encode(issuer, serial)));
    }

    /// @dev Until when the CRLs of a leaf's chain are current; reverts unless that is at most `grace` seconds ago and all
    /// certificates above the leaf are valid, with the error that says which one is not.
    function _requireChain(
        Heads memory heads,
        bool isProcessor,
        uint256 grace
    ) internal view returns (uint256 current) {
        uint256 valid = isProcessor ? heads.processorValid : heads.platformValid;
        current = isProcessor ? heads.processorCurrent : heads.platformCurrent;
        if (current == 0 || block.timestamp > valid || block.timestamp > current + grace) _explain(isProcessor, grace);
    }

    /// @dev Reverts if something that wants an update at `validUntil` does so for more than `grace` seconds.
    function _requireCurrent(CollateralKind kind, uint256 validUntil, uint256 grace) internal view {
        if (validUntil == 0) revert CollateralStore_Missing(kind);
        if (block.timestamp > validUntil + grace) revert CollateralStore_Expired(kind, validUntil);
    }

    // PRIVATE

    function _readCrl(bytes calldata crl) private pure returns (RevocationList memory) {
        (uint256 start, uint256 end) = Memory.load(crl);
        return Crl.parse(start, end);
    }

    /// @dev Stores a list of the issuer whose key (x, y) is.
    function _storeCrl(CollateralKind kind, RevocationList memory list, bytes32 x, bytes32 y) private {
        bytes32 digest = Memory.sha256Of(list.tbsStart, list.tbsEnd);
        if (!isSignedBy(digest, list.r, list.s, x, y)) revert CollateralStore_InvalidSignature(kind);
        Dates memory dates = _requireNewer(kind, _dates[kind], list.thisUpdate, list.nextUpdate, 0);
        _dates[kind] = dates;
        uint256 count;
        uint256 added;
        for (uint256 p = list.entriesStart; p < list.entriesEnd;) {
            if (++count > MAX_CRL_ENTRIES) revert CollateralStore_TooManyEntries();
            bytes32 serial;
            (serial, p) = Crl.readEntry(p, list.entriesEnd);
            bytes16 id = _serialOf(list.issuer, serial);
            if (!_revoked[id]) {
                _revoked[id] = true;
                emit SerialRevoked(id);
                ++added;
            }
        }
        _emitUpload(kind, 0, dates, digest);
        if (added > 0) emit CertificatesRevoked(kind, added, ++_heads.revocationEpoch);
        _refreshHeads();
    }

    function _storeSigner(CollateralKind kind, Certificate memory c, bool isAuthority) private {
        if (c.issuer != ROOT_NAME) revert CollateralStore_WrongIssuer(c.issuer);
        bytes32 digest = Memory.sha256Of(c.tbsStart, c.tbsEnd);
        if (!isSignedBy(digest, c.r, c.s, _rootX, _rootY)) revert CollateralStore_InvalidSignature(kind);
        X509.checkExtensions(c, isAuthority);
        _requireCurrent(CollateralKind.RootCrl, _dates[CollateralKind.RootCrl].validUntil, 0);
        bytes16 serial = _serialOf(ROOT_NAME, c.serial);
        if (_revoked[serial]) revert CollateralStore_Revoked(kind);
        Signer storage stored = _signers[kind];
        Dates memory dates = _requireNewer(
            kind,
            Dates({issued: stored.notBefore, validUntil: stored.notAfter, evaluation: 0}),
            c.notBefore,
            c.notAfter,
            0
        );
        if (stored.notAfter != 0 && (c.x != stored.x || c.y != stored.y)) _voidOldKey(kind);
        _signers[kind] = Signer({x: c.x, y: c.y, serial: serial, notBefore: dates.issued, notAfter: dates.validUntil});
        _emitUpload(kind, 0, dates, digest);
        _refreshHeads();
    }

    /// @dev What only the old key vouches for counts no longer, however new it says it is: the old key may be in other hands.
    function _voidOldKey(CollateralKind kind) private {
        Heads storage heads = _heads;
        if (kind == CollateralKind.TcbSigning) {
            ++heads.signer;
            heads.qeCurrent = 0;
            delete _dates[CollateralKind.QeIdentity];
        } else {
            ++heads.origin;
            delete _dates[_crlOf(kind)];
        }
    }

    function _emitUpload(CollateralKind kind, bytes32 id, Dates memory dates, bytes32 digest) private {
        emit CollateralUploaded(kind, id, dates.issued, dates.validUntil, dates.evaluation, digest);
    }

    /// @dev Whether nothing but the levels differs.
    function _isSameEnclave(Enclave memory a, Enclave memory b) private pure returns (bool) {
        return
            a.mrSigner == b.mrSigner &&
            a.attributes == b.attributes &&
            a.attributesMask == b.attributesMask &&
            a.miscselect == b.miscselect &&
            a.miscselectMask == b.miscselectMask &&
            a.isvProdId == b.isvProdId;
    }

    /// @dev The dates of a TCB info; zeros if there is none under the TCB signing key of today.
    function _datesOf(bytes6 fmspc) private view returns (Dates memory dates) {
        TcbInfoHead memory head = _tcbInfos[fmspc];
        if (head.signer == _heads.signer) {
            dates = Dates({issued: head.issued, validUntil: head.validUntil, evaluation: head.evaluation});
        }
    }

    function _requireSignedText(
        CollateralKind kind,
        bytes calldata json,
        P256Signature calldata signature
    ) private view returns (bytes32 digest) {
        Signer storage signer = _requireSigner(CollateralKind.TcbSigning);
        digest = sha256(json);
        if (!isSignedBy(digest, signature.r, signature.s, signer.x, signer.y))
            revert CollateralStore_InvalidSignature(kind);
    }

    /// @dev A signer that is there, valid and not revoked, under a root that is valid.
    function _requireSigner(CollateralKind kind) private view returns (Signer storage signer) {
        signer = _signers[kind];
        _requireCurrent(kind, signer.notAfter, 0);
        if (_revoked[signer.serial]) revert CollateralStore_Revoked(kind);
        if (block.timestamp > _rootNotAfter) revert CollateralStore_Expired(kind, _rootNotAfter);
    }

    /// @dev Requires that something is valid now, and newer than what is stored: in neither number lower, in one higher.
    function _requireNewer(
        CollateralKind kind,
        Dates memory stored,
        uint256 issued,
        uint256 validUntil,
        uint256 evaluation
    ) private view returns (Dates memory) {
        if (block.timestamp < issued) revert CollateralStore_NotYetValid(kind, issued);
        if (block.timestamp > validUntil) revert CollateralStore_Expired(kind, validUntil);
        if (
            issued < stored.issued ||
            evaluation < stored.evaluation ||
            (issued == stored.issued && evaluation == stored.evaluation)
        ) revert CollateralStore_NotNewer(kind, issued, stored.issued);
        // 40 bits hold any date that a codec can read: years end at 9999.
        return Dates({issued: uint40(issued), validUntil: uint40(validUntil), evaluation: uint16(evaluation)});
    }

    function _storeCompiled(bytes memory content) private returns (address compiled) {
        // PUSH2 size, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN; then STOP and the content.
        bytes memory code = abi.encodePacked(hex"61", uint16(content.length + 1), hex"80600a3d393df300", content);
        compiled = Create2.computeAddress(0, keccak256(code));
        if (compiled.code.length == 0) Create2.deploy(0, 0, code);
    }

    function _refreshHeads() private {
        uint256 shared = _rootNotAfter;
        uint256 signing = _validOf(CollateralKind.TcbSigning);
        if (signing < shared) shared = signing;
        uint40 root = _dates[CollateralKind.RootCrl].validUntil;
        Heads memory heads = _heads;
        heads.platformCurrent = _min(root, _dates[CollateralKind.PlatformCrl].validUntil);
        heads.platformValid = _min(shared, _validOf(CollateralKind.PlatformCa));
        heads.processorCurrent = _min(root, _dates[CollateralKind.ProcessorCrl].validUntil);
        heads.processorValid = _min(shared, _validOf(CollateralKind.ProcessorCa));
        _heads = heads;
    }

    /// @dev Until when a signer is valid; 0 if it is missing or revoked.
    function _validOf(CollateralKind kind) private view returns (uint256) {
        Signer storage signer = _signers[kind];
        return _revoked[signer.serial] ? 0 : signer.notAfter;
    }

    /// @dev Reverts with what is wrong above a leaf of this CA.
    function _explain(bool isProcessor, uint256 grace) private view {
        CollateralKind ca = isProcessor ? CollateralKind.ProcessorCa : CollateralKind.PlatformCa;
        _requireSigner(ca);
        _requireSigner(CollateralKind.TcbSigning);
        _requireCurrent(CollateralKind.RootCrl, _dates[CollateralKind.RootCrl].validUntil, grace);
        _requireCurrent(_crlOf(ca), _dates[_crlOf(ca)].validUntil, grace);
    }

    /// @dev The list of a PCK CA.
    function _crlOf(CollateralKind ca) private pure returns (CollateralKind) {
        return ca == CollateralKind.PlatformCa ? CollateralKind.PlatformCrl : CollateralKind.ProcessorCrl;
    }

    function _isSigner(CollateralKind kind) private pure returns (bool) {
        return
            kind == CollateralKind.PlatformCa ||
            kind == CollateralKind.ProcessorCa ||
            kind == CollateralKind.TcbSigning;
    }

    function _min(uint256 a, uint256 b) private pure returns (uint40) {
        return uint40(a < b ? a : b);
    }
}
