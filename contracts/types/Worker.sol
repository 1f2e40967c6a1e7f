// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a worker is. `Active` and `Lapsed` are two sides of one stored state: a lapsed worker earns no further lease and
/// is revived by mending what made it lapse. `Exited` and `Removed` are final.
enum WorkerState {
    None,
    Active,
    Lapsed,
    Exiting,
    Exited,
    Removed
}

/// @notice Why a worker is lapsed.
/// `GpuMoved`: a GPU came from another worker, whose lease may still run. `Heartbeat` is known to {IWorkerRewards} alone: it has no lease.
enum Lapse {
    None,
    GpuTaken,
    Collateral,
    Attestation,
    Heartbeat,
    GpuMoved
}

/// @notice What a worker's attestation is bound to: its Keccak-256 is the attestation's subject.
/// @param operator Whose worker it is. @param model The GPUs' model, all the same: ASCII, left-aligned (`"H100"`).
/// @param gpuIds One id per GPU (1–8), none twice: the hash of its device identity. @param evidenceHash Of the GPUs' evidence
/// that the measured guest has checked.
struct WorkerSubject {
    address operator;
    bytes32 model;
    bytes32[] gpuIds;
    bytes32 evidenceHash;
}

/// @notice A TDX quote as {IAttestationRegistry-attest} takes it.
struct WorkerQuote {
    uint40 blockNumber;
    bytes signedData;
    bytes signatureData;
}

/// @notice An ERC-2612 permit for the collateral.
struct CollateralPermit {
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @notice What a lease needs to know of a worker, in one word: bits 0–15 the weight, 0 for whoever gets no lease; 16–55 until when
/// the attestation holds (unix seconds).
type Standing is uint256;

using Standings for Standing global;

library Standings {
    function pack(uint256 weight_, uint256 validUntil_) internal pure returns (Standing) {
        return Standing.wrap(weight_ | (validUntil_ << 16));
    }

    /// @notice In hundredths.
    function weight(Standing standing) internal pure returns (uint16) {
        return uint16(Standing.unwrap(standing));
    }

    /// @notice Unix seconds.
    function validUntil(Standing standing) internal pure returns (uint40) {
        return uint40(Standing.unwrap(standing) >> 16);
    }
}

/// @dev A weight of 1.0 in the units of the books.
uint256 constant WEIGHT_UNIT = 100;
