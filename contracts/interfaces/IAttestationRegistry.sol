// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TcbStatus} from "../types/TcbStatus.sol";
import {ITdxVerifier} from "./ITdxVerifier.sol";

/// @notice What a kill switch names: a platform (its PPID), a platform type (FMSPC), a TDX module (the first 8 bytes of MRSEAM), a
/// workload (an image's id), or an operator (an address).
enum SwitchKind {
    Ppid,
    Fmspc,
    TdxModule,
    Workload,
    Operator
}

/// @notice A floor of the policy.
enum Floor {
    None,
    MinTcbDate,
    MinQeIsvSvn,
    AllowedStatuses
}

/// @notice What an attestation has come to.
enum AttestationState {
    Never,
    Valid,
    Expired,
    SwitchedOff,
    BelowFloor,
    Revoked
}

/// @param validUntil Unix seconds; zero if there never was an attestation. @param kind The switch, if `SwitchedOff`.
/// @param floor The floor, if `BelowFloor`.
struct AttestationStatus {
    AttestationState state;
    uint40 validUntil;
    SwitchKind kind;
    Floor floor;
}

/// @param minTcbDay Day (from 1970-01-01) that the TCB dates of whatever is not UpToDate must reach.
/// @param minQeIsvSvn ISV SVN that the quoting enclave must reach. @param allowedStatuses Bit n stands for status n of {TcbStatus}.
struct Floors {
    uint16 minTcbDay;
    uint16 minQeIsvSvn;
    uint16 allowedStatuses;
}

/// @notice What identifies an image: all that is measured but RTMR0, which differs by machine shape.
/// @param rtMr3 Its value (48 B), or empty if any will do, which needs an `mrConfigId` that is not zero.
struct ImageMeasurements {
    bytes8 tdAttributes;
    bytes8 xfam;
    bytes mrTd;
    bytes mrConfigId;
    bytes rtMr1;
    bytes rtMr2;
    bytes rtMr3;
}

/// @title Attestation registry
/// @notice Remembers which keys are held by a genuine, listed, up-to-date confidential VM, and for how long.
///
/// A quote binds by its report data: key address (20 B) ‖ commit (32 B) ‖ 12 zero bytes, with
/// commit = keccak256(abi.encode(chainid, this registry, subject, blockNumber, blockHash)). The subject is whatever the consumer
/// defines; it is never opened here. The quote is the authorisation: anyone may submit it.
///
/// What governance and the guardian decide bumps one epoch. A record stamped with the current epoch is valid without further
/// reads; another one is judged again, by its switches, the floors, its expiry and its platform's serial.
interface IAttestationRegistry {
    // EVENTS

    /// @notice A quote was accepted. Days count from 1970-01-01. PPID, FMSPC and QE ISV SVN are those of the last
    /// {ITdxVerifier.PlatformVerified} of `platform`.
    event Attested(
        address indexed key,
        bytes32 indexed subject,
        bytes32 indexed image,
        bytes32 platform,
        uint40 validUntil,
        TcbStatus status,
        uint16 tcbDay,
        uint40 blockNumber,
        bytes8 tdxModule
    );
    /// @notice The record was judged again and is valid at `epoch`.
    event Restamped(address indexed key, uint32 epoch);
    event FloorsChanged(uint16 minTcbDay, uint16 minQeIsvSvn, uint16 allowedStatuses, uint32 policyEpoch);
    event ImageAllowed(bytes32 indexed image, ImageMeasurements measurements, uint32 policyEpoch);
    /// @notice The image is off the list, and all of its shapes.
    event ImageRemoved(bytes32 indexed image, uint32 policyEpoch);
    event ShapeAllowed(bytes32 indexed image, bytes rtMr0, uint32 policyEpoch);
    event ShapeRemoved(bytes32 indexed image, bytes rtMr0, uint32 policyEpoch);
    /// @notice `until` is the end of a guardian's switch; the highest number there is once governance has confirmed it.
    event SwitchedOff(SwitchKind indexed kind, bytes32 indexed id, uint40 until, uint32 policyEpoch);
    event SwitchLifted(SwitchKind indexed kind, bytes32 indexed id, uint32 policyEpoch);
    /// @notice A switch that had lapsed before was forgotten; nothing changes.
    event SwitchCleared(SwitchKind indexed kind, bytes32 indexed id);
    event VerifierReplaced(ITdxVerifier indexed verifier, uint32 policyEpoch);

    // ERRORS

    error AttestationRegistry_MalformedQuote();
    /// @notice The key attested at a block as high before.
    error AttestationRegistry_StaleBlock(uint256 blockNumber, uint256 lastBlockNumber);
    /// @notice The block is not one of the last 256.
    error AttestationRegistry_UnknownBlock(uint256 blockNumber);
    /// @notice The report data does not bind this chain, registry, subject and block.
    error AttestationRegistry_BindingMismatch(bytes32 found, bytes32 wanted);
    error AttestationRegistry_UnknownWorkload(bytes32 image, bytes rtMr0);
    error AttestationRegistry_SwitchedOff(SwitchKind kind);
    error AttestationRegistry_BelowFloor(Floor floor, TcbStatus status, uint16 tcbDay, uint16 qeIsvSvn);
    error AttestationRegistry_NotValid(AttestationState state);
    error AttestationRegistry_FloorsNotRaised();
    error AttestationRegistry_InvalidFloors();
    /// @notice One is not 48 bytes long, or RTMR3 is pinned to zeros, which stand for any value.
    error AttestationRegistry_InvalidMeasurements();
    /// @notice An image without MRCONFIGID must pin RTMR3: otherwise any application on it could attest anything.
    error AttestationRegistry_UnpinnedApplication();
    /// @notice TDs of the image could be debugged, be given exceptions by their host (no SEPT_VE_DISABLE), or be migrated.
    error AttestationRegistry_UnsafeImage();
    error AttestationRegistry_UnknownImage(bytes32 image);
    error AttestationRegistry_TooManyShapes(bytes32 image);
    error AttestationRegistry_NothingChanges();
    error AttestationRegistry_SwitchTooLong(uint256 until, uint256 latest);
    /// @notice The guardian has used its switches; the next one is free at `freeAt`.
    error AttestationRegistry_NoSwitchesLeft(uint256 freeAt);
    error AttestationRegistry_SwitchConfirmed(SwitchKind kind, bytes32 id);
    /// @notice No verifier is there.
    error AttestationRegistry_InvalidVerifier(address verifier);

    // ATTESTING

    /// @notice Verifies a quote and remembers its key, for at most seven days. What was accepted before is a no-op that returns
    /// the status, so that a copied transaction cannot block its owner; nothing of that quote is looked at but its key.
    /// @param subject What the quote's commit names. @param blockNumber The block that it names.
    /// @param signedData As in {ITdxVerifier.verify}. @param signatureData As there: its first 128 bytes where the platform is known.
    /// @return key The quote's key, whose record names this subject and this block now.
    /// @return status Its status.
    function attest(
        bytes32 subject,
        uint40 blockNumber,
        bytes calldata signedData,
        bytes calldata signatureData
    ) external returns (address key, AttestationStatus memory status);

    /// @notice Judges a record again, and stamps it with the current epoch if it is valid. Open to all.
    function restamp(address key) external;

    // POLICY

    /// @notice Raises floors: no number falls, no status is added. Class: parameters.
    function raiseFloors(Floors calldata floors) external;

    /// @notice Sets the floors, lower ones too. Class: periphery.
    function setFloors(Floors calldata floors) external;

    /// @notice Lists an image. Class: parameters.
    function allowImage(ImageMeasurements calldata measurements) external returns (bytes32 image);

    /// @notice Takes an image off the list, with its shapes: it bites at the next attestation. Class: parameters.
    function removeImage(bytes32 image) external;

    /// @notice Lists a machine shape, by its RTMR0 (48 B), for an image; at most {MAX_SHAPES}. Class: parameters.
    function allowShape(bytes32 image, bytes calldata rtMr0) external;

    /// @notice Takes a machine shape off an image's list. Class: parameters.
    function removeShape(bytes32 image, bytes calldata rtMr0) external;

    /// @notice Replaces the verifier. Records stay, and are judged by the new one's revocations: upload them to it before. Class: periphery.
    function setVerifier(ITdxVerifier verifier) external;

    // KILL SWITCHES

    /// @notice Switches off for at most {MAX_SWITCH}, at most {SWITCHES_PER_YEAR} times in 365 days. Class: guardian.
    /// @param id Left-aligned; longer than what the kind has, the rest is ignored.
    function switchOff(SwitchKind kind, bytes32 id, uint40 until) external;

    /// @notice Takes back what the guardian switched off. Class: guardian.
    function liftOwnSwitch(SwitchKind kind, bytes32 id) external;

    /// @notice Switches off, or keeps off, until it is lifted. Class: parameters.
    function confirmSwitch(SwitchKind kind, bytes32 id) external;

    /// @notice Ends a switch. Class: parameters.
    function liftSwitch(SwitchKind kind, bytes32 id) external;

    /// @notice Forgets a switch that has lapsed: while none is set, attesting costs less. Open to all.
    function clearLapsed(SwitchKind kind, bytes32 id) external;

    // VIEWS

    function MAX_AGE() external view returns (uint256);
    function GRACE() external view returns (uint40);
    function MAX_SWITCH() external view returns (uint256);
    function SWITCHES_PER_YEAR() external view returns (uint256);
    function MAX_SHAPES() external view returns (uint256);

    /// @notice Whether the key's attestation holds now, whoever its operator is.
    function isValid(address key) external view returns (bool);

    /// @notice The same, unless the operator is switched off.
    function isValidFor(address key, address operator) external view returns (bool);

    /// @notice Until when it holds, zero if it does not, the block that it names, and {epoch}: as long as that stays, so does the
    /// answer, until it expires.
    function standingOf(
        address key,
        address operator
    ) external view returns (uint40 validUntil, uint40 blockNumber, uint32 epoch);

    /// @notice Whether governance has confirmed a switch of the operator or of anything that the key's record names.
    function isConfirmedOff(address key, address operator) external view returns (bool);

    /// @notice Why it holds or not.
    function statusOf(address key) external view returns (AttestationStatus memory);

    /// @notice The subject that the key's last attestation names; zero if there is none.
    function subjectOf(address key) external view returns (bytes32);

    /// @notice The block that the key's last attestation names.
    function blockOf(address key) external view returns (uint40);

    function floors() external view returns (Floors memory);
    function verifier() external view returns (ITdxVerifier);

    /// @notice Rises with every decision, here and by Intel's revocations.
    function epoch() external view returns (uint32);

    function isImageAllowed(bytes32 image) external view returns (bool);
    function isShapeAllowed(bytes32 image, bytes calldata rtMr0) external view returns (bool);

    /// @notice Until when it is switched off: 0 if it is not, the highest number if governance confirmed it.
    function switchedOffUntil(SwitchKind kind, bytes32 id) external view returns (uint40);

    /// @notice The id of an image.
    function imageOf(ImageMeasurements calldata measurements) external pure returns (bytes32);

    /// @notice What a quote's report data must commit to.
    function commitOf(bytes32 subject, uint256 blockNumber, bytes32 blockHash) external view returns (bytes32);
}
