// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ImageMeasurements} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {ITdxVerifier, Verdict} from "../../../contracts/interfaces/ITdxVerifier.sol";
import {TcbStatus} from "../../../contracts/types/TcbStatus.sol";

/// @notice What a quote shows of where it was made. @param image The image's number: see {VerifierStandIn-measurementsOf}.
/// @param serial Of the PCK certificate. @param tcbDay Zero: UpToDate. Otherwise OutOfDate, with a TCB of this day.
/// @param until End of the PCK certificate (unix seconds).
struct Platform {
    bytes8 ppid;
    bytes6 fmspc;
    bytes8 tdxModule;
    uint256 image;
    bytes16 serial;
    uint16 tcbDay;
    uint40 until;
}

/// @title A verifier that believes the quotes that it has given out, and no others
/// @notice Nothing in Solidity can make a quote of TDX: here hardware is who calls {issue}. What is signed has the genuine layout, which
/// the attestation registry reads; in place of a signature there is the verdict. Certificates end and are revoked as Intel's.
contract VerifierStandIn {
    uint32 public revocationEpoch;
    mapping(bytes16 serial => bool) public isRevoked;
    mapping(bytes32 quoteHash => bool) private _isIssued;

    error VerifierStandIn_NotIssued();

    function verify(
        bytes calldata signedData,
        bytes calldata signatureData,
        uint40
    ) external view returns (Verdict memory verdict) {
        if (!_isIssued[_hash(signedData, signatureData)]) revert VerifierStandIn_NotIssued();
        verdict = abi.decode(signatureData, (Verdict));
        if (block.timestamp > verdict.leafUntil) revert ITdxVerifier.TdxVerifier_LeafExpired(verdict.leafUntil);
        if (isRevoked[verdict.serial]) revert ITdxVerifier.TdxVerifier_LeafRevoked(verdict.serial);
        verdict.revocationEpoch = revocationEpoch;
    }

    // WHAT A TEST DECIDES

    /// @notice Puts a certificate on the CRL.
    function revoke(bytes16 serial) external {
        isRevoked[serial] = true;
        ++revocationEpoch;
    }

    /// @notice A quote of `platform` that binds `key` to `commit`.
    function issue(
        Platform calldata platform,
        address key,
        bytes32 commit
    ) external returns (bytes memory signedData, bytes memory signatureData) {
        (signedData, signatureData) = quoteOf(platform, key, commit);
        _isIssued[_hash(signedData, signatureData)] = true;
    }

    // QUOTES

    /// @notice What is listed of the image with this number, and what its quotes measure.
    function measurementsOf(uint256 image) public pure returns (ImageMeasurements memory measurements) {
        // SEPT_VE_DISABLE, and no debugging.
        measurements.tdAttributes = 0x0000001000000000;
        measurements.mrTd = abi.encodePacked("image", image, new bytes(11));
        measurements.mrConfigId = abi.encodePacked("application", new bytes(37));
        (measurements.rtMr1, measurements.rtMr2) = (new bytes(48), new bytes(48));
    }

    /// @notice What such a quote would be, of the shape with RTMR0 zero: nobody has given it out.
    function quoteOf(
        Platform calldata platform,
        address key,
        bytes32 commit
    ) public pure returns (bytes memory signedData, bytes memory signatureData) {
        ImageMeasurements memory measured = measurementsOf(platform.image);
        bytes memory measurements = bytes.concat(
            measured.tdAttributes,
            measured.xfam,
            measured.mrTd,
            measured.mrConfigId,
            // MROWNER, MROWNERCONFIG, RTMR0
            new bytes(144),
            measured.rtMr1,
            measured.rtMr2,
            new bytes(48)
        );
        // Header and TEE_TCB_SVN before MRSEAM; MRSIGNERSEAM and SEAMATTRIBUTES behind.
        signedData = bytes.concat(new bytes(64), platform.tdxModule, new bytes(40), new bytes(56), measurements);
        signedData = bytes.concat(signedData, bytes20(key), commit, new bytes(12));
        Verdict memory verdict;
        verdict.status = platform.tcbDay == 0 ? TcbStatus.UpToDate : TcbStatus.OutOfDate;
        (verdict.tcbDay, verdict.moduleDay) = (platform.tcbDay, platform.tcbDay);
        (verdict.collateralUntil, verdict.leafUntil) = (platform.until, platform.until);
        (verdict.ppid, verdict.fmspc, verdict.serial) = (platform.ppid, platform.fmspc, platform.serial);
        signatureData = abi.encode(verdict);
    }

    function _hash(bytes memory signedData, bytes memory signatureData) private pure returns (bytes32) {
        return keccak256(abi.encode(signedData, signatureData));
    }
}
