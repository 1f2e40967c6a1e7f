// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TcbStatus} from "../types/TcbStatus.sol";
import {ICollateralStore} from "./ICollateralStore.sol";

/// @notice What Intel's rules say of a quote.
/// @param status The status of the whole. Never `Revoked`: that is an error.
/// @param moduleStatus That of the TDX module, `UpToDate` for modules of version 0. @param qeStatus That of the quoting enclave.
/// @param tcbDay Day (from 1970-01-01) of the TCB date of the platform's level. @param moduleDay That of the module's level; the
/// platform's for modules of version 0.
/// @param qeIsvSvn ISV SVN of the quoting enclave. @param level Index of the platform's level. @param module Index of the module's
/// identity, 255 for version 0. @param moduleLevel Index of its level.
/// @param collateralUntil When the first of the CRLs, the TCB info and the QE identity wants an update (unix seconds).
/// @param leafUntil End of the PCK certificate's validity, at most a day early (unix seconds).
/// @param revocationEpoch {ICollateralStore.revocationEpoch} of this verdict. @param platform The attestation key's hash. @param serial What {ICollateralStore.isRevoked} takes.
struct Verdict {
    TcbStatus status;
    TcbStatus moduleStatus;
    TcbStatus qeStatus;
    uint16 tcbDay;
    uint16 moduleDay;
    uint16 qeIsvSvn;
    uint8 level;
    uint8 module;
    uint8 moduleLevel;
    uint40 collateralUntil;
    uint40 leafUntil;
    uint32 revocationEpoch;
    bytes6 fmspc;
    bytes16 ppid;
    bytes16 serial;
    bytes32 platform;
}

/// @title Intel's verification of TDX quotes, on chain
/// @notice Computes what Intel's rules say of a quote from the collateral of {ICollateralStore}. What of it is accepted, and for
/// which workload, is the caller's policy.
///
/// A full quote leaves its platform behind, found by its attestation key; later quotes of that key need neither the QE report
/// nor the certificate, and are judged by the collateral of their day all the same.
///
/// Source of the rules: Intel SGX/TDX DCAP Quote Verification Library; Intel TDX DCAP Quoting Library API, appendix 3.
interface ITdxVerifier is ICollateralStore {
    // EVENTS

    /// @notice A platform was verified by its PCK certificate.
    event PlatformVerified(
        bytes32 indexed platform,
        bytes6 indexed fmspc,
        bytes16 indexed ppid,
        bytes16 serial,
        uint128 components,
        uint16 pceSvn,
        uint16 qeIsvSvn,
        uint16 notBeforeDay,
        uint16 notAfterDay
    );

    // ERRORS

    error TdxVerifier_MalformedQuote();
    error TdxVerifier_UnsupportedVersion(uint16 version);
    /// @notice An SGX quote.
    error TdxVerifier_SgxQuote();
    error TdxVerifier_UnsupportedTee(uint32 teeType);
    error TdxVerifier_UnsupportedBody(uint16 bodyType);
    error TdxVerifier_UnsupportedKeyType(uint16 keyType);
    error TdxVerifier_UnknownQeVendor(bytes16 vendor);
    /// @notice The TD can be debugged: its host sees everything.
    error TdxVerifier_DebugTd();
    /// @notice SEPT_VE_DISABLE is off: its host can inject exceptions.
    error TdxVerifier_SeptVeEnabled();
    /// @notice A service TD could have been bound to it.
    error TdxVerifier_ServiceTd();
    error TdxVerifier_InvalidQuoteSignature();
    error TdxVerifier_InvalidQeReportSignature();
    /// @notice The QE report does not bind the attestation key.
    error TdxVerifier_QeReportMismatch();
    error TdxVerifier_InvalidLeafSignature();
    error TdxVerifier_UnknownLeafIssuer(bytes32 issuer);
    error TdxVerifier_WrongLeafSubject(bytes32 subject);
    error TdxVerifier_LeafExpired(uint256 notAfter);
    error TdxVerifier_LeafNotYetValid(uint256 notBefore);
    error TdxVerifier_LeafRevoked(bytes16 serial);
    /// @notice The platform was verified before with a higher SVN, its own or the quoting enclave's, or with a newer PCK certificate of
    /// the same SVNs.
    error TdxVerifier_LeafOutdated(uint256 notBeforeDay, uint256 knownNotBeforeDay);
    error TdxVerifier_UnsupportedPce(bytes2 pceId);
    /// @notice No full quote of this attestation key has been verified.
    error TdxVerifier_UnknownPlatform(bytes32 platform);
    /// @notice Intel changed the QE's identity or a PCK CA's key since: the full quote is needed once.
    error TdxVerifier_OutdatedPlatform(bytes32 platform);
    error TdxVerifier_QeIdentityMismatch();
    error TdxVerifier_TdxModuleMismatch(uint8 version);
    /// @notice The platform, its TDX module or its QE is below all levels that Intel names.
    error TdxVerifier_TcbNotSupported();
    /// @notice Intel has revoked the level of the platform, its TDX module or its QE.
    error TdxVerifier_TcbRevoked();

    /// @notice Verifies a quote, and remembers its platform if the quote is full.
    /// @param signedData What the attestation key signs. v4: header (48 B) and TD report (584 B). v5: header, body type (2 B), body
    /// size (4 B), TD report (584 or 648 B).
    /// @param signatureData As in the quote: signature (64 B) and attestation key (64 B). That is all where the platform is known.
    /// Otherwise what certifies the key follows, also as in the quote, but for headers and for the chain above the leaf: QE report
    /// (384 B), its signature (64 B), size of the QE authentication data (2 B, little-endian), that data, PCK certificate (DER).
    /// @param grace Seconds for which collateral is taken that wants an update already.
    function verify(
        bytes calldata signedData,
        bytes calldata signatureData,
        uint40 grace
    ) external returns (Verdict memory);

    /// @notice What is remembered of a platform; zeros if nothing is.
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
        );
}
