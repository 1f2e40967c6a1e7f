// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The key at the root of trust: Intel's SGX Root CA in production, a test root in tests.
/// @param x Public key on P-256. @param y Public key on P-256. @param notAfter Unix seconds until which the root is valid.
struct RootKey {
    bytes32 x;
    bytes32 y;
    uint40 notAfter;
}

/// @notice A signature on P-256, in its high-S or low-S form.
struct P256Signature {
    bytes32 r;
    bytes32 s;
}

/// @notice What Intel signs, in the order in which it depends on each other.
enum CollateralKind {
    RootCrl,
    PlatformCa,
    ProcessorCa,
    PlatformCrl,
    ProcessorCrl,
    TcbSigning,
    TcbInfo,
    QeIdentity
}

/// @title Collateral of Intel's attestation, on chain
/// @notice Anyone uploads what Intel has signed; it is verified up to the root key, and only ever replaced by something newer.
/// Each upload is refused if it is expired, not valid yet, or not newer than what is there.
///
/// Source of the formats and rules: Intel SGX Provisioning Certification Service API v4; RFC 5280.
/// All times are unix seconds.
interface ICollateralStore {
    // EVENTS

    /// @notice A version of a piece of collateral was stored. `id` is the FMSPC of a TCB info and zero otherwise; `issued` and
    /// `validUntil` are its issue date (a certificate's notBefore) and next update (a certificate's notAfter); `evaluation` is the
    /// TCB evaluation data number, zero where there is none; `digest` is SHA-256 of what is signed.
    event CollateralUploaded(
        CollateralKind indexed kind,
        bytes32 indexed id,
        uint40 issued,
        uint40 validUntil,
        uint16 evaluation,
        bytes32 digest
    );
    /// @notice `serial` is revoked, and was not before: what {isRevoked} takes. {CertificatesRevoked} follows the last of a CRL.
    event SerialRevoked(bytes16 indexed serial);
    /// @notice `count` certificates are revoked that were not before; what was valid has to be judged again.
    event CertificatesRevoked(CollateralKind indexed kind, uint256 count, uint32 revocationEpoch);

    // ERRORS

    error CollateralStore_InvalidSignature(CollateralKind kind);
    error CollateralStore_WrongIssuer(bytes32 issuer);
    error CollateralStore_WrongSubject(bytes32 subject);
    error CollateralStore_Missing(CollateralKind kind);
    error CollateralStore_Expired(CollateralKind kind, uint256 validUntil);
    error CollateralStore_NotYetValid(CollateralKind kind, uint256 validFrom);
    error CollateralStore_Revoked(CollateralKind kind);
    /// @notice Something as new as it, or newer, is there; or the QE identity is another one than that of less than a day before.
    error CollateralStore_NotNewer(CollateralKind kind, uint256 issued, uint256 storedIssued);
    /// @notice The list has more entries than {MAX_CRL_ENTRIES}, which is what one transaction can store.
    error CollateralStore_TooManyEntries();

    // UPLOADS

    /// @notice Intel's root CA CRL, in DER.
    function uploadRootCrl(bytes calldata crl) external;

    /// @notice The certificate of one of the two PCK CAs, in DER. Needs the root CRL.
    function uploadPckCa(bytes calldata certificate) external;

    /// @notice The CRL of one of the two PCK CAs, in DER. Needs that CA.
    /// @dev What leaves a list stays revoked.
    function uploadPckCrl(bytes calldata crl) external;

    /// @notice The certificate that signs TCB info and QE identity, in DER. Needs the root CRL.
    function uploadTcbSigning(bytes calldata certificate) external;

    /// @notice A TDX TCB info: the exact text that is signed. Needs the TCB signing certificate.
    function uploadTcbInfo(bytes calldata json, P256Signature calldata signature) external;

    /// @notice The TD QE identity: the exact text that is signed. Needs the TCB signing certificate.
    function uploadQeIdentity(bytes calldata json, P256Signature calldata signature) external;

    // VIEWS

    function MAX_CRL_ENTRIES() external view returns (uint256);

    /// @notice The root of trust.
    function rootKey() external view returns (RootKey memory);

    /// @notice Rises whenever a certificate is revoked.
    function revocationEpoch() external view returns (uint32);

    /// @notice Issue date, end of validity and evaluation number of what is stored; zeros if nothing is.
    /// @param fmspc Of a TCB info; ignored for other kinds.
    function collateral(
        CollateralKind kind,
        bytes6 fmspc
    ) external view returns (uint40 issued, uint40 validUntil, uint16 evaluation);

    /// @notice Whether the certificate is revoked. `serial` is the first half of Keccak-256 of its issuer's hash and its serial's.
    function isRevoked(bytes16 serial) external view returns (bool);

    /// @notice The numbers of the advisories (`INTEL-SA-nnnnn`) that apply to a platform level and a module level, as
    /// {ITdxVerifier.Verdict} names them, in ascending order; 0xffffff stands for an id of another form.
    function advisories(
        bytes6 fmspc,
        uint8 level,
        uint8 module,
        uint8 moduleLevel
    ) external view returns (uint24[] memory numbers);
}
