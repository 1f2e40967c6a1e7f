// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ImageMeasurements} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {Verdict} from "../../../contracts/interfaces/ITdxVerifier.sol";
import {TcbStatus} from "../../../contracts/types/TcbStatus.sol";

/// @notice What a quote shows of where it was made. @param image The image's number: see {VerifierStandIn-measurementsOf}.
struct Platform {
    bytes8 ppid;
    bytes6 fmspc;
    bytes8 tdxModule;
    uint256 image;
}

/// @title A verifier that believes every quote: its verdict is what the quote brings in place of a signature
/// @notice Nothing in Solidity can make a quote of TDX. What is signed has the genuine layout, which the attestation registry reads.
contract VerifierStandIn {
    uint32 public constant revocationEpoch = 0;

    function isRevoked(bytes16) external pure returns (bool) {
        return false;
    }

    function verify(bytes calldata, bytes calldata signatureData, uint40) external pure returns (Verdict memory) {
        return abi.decode(signatureData, (Verdict));
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

    /// @notice An UpToDate quote of `platform`, of the shape with RTMR0 zero, that binds `key` to `commit`.
    function quoteOf(
        Platform calldata platform,
        address key,
        bytes32 commit
    ) external view returns (bytes memory signedData, bytes memory signatureData) {
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
        verdict.status = TcbStatus.UpToDate;
        verdict.collateralUntil = uint40(block.timestamp + 30 days);
        verdict.leafUntil = verdict.collateralUntil;
        (verdict.ppid, verdict.fmspc) = (platform.ppid, platform.fmspc);
        signatureData = abi.encode(verdict);
    }
}
