// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {
    AttestationState,
    AttestationStatus,
    Floor,
    Floors,
    IAttestationRegistry,
    ImageMeasurements,
    SwitchKind
} from "../interfaces/IAttestationRegistry.sol";
import {ICollateralStore} from "../interfaces/ICollateralStore.sol";
import {ITdxVerifier, Verdict} from "../interfaces/ITdxVerifier.sol";
import {TcbStatus, isIn} from "../types/TcbStatus.sol";
import {TdReport} from "./codec/TdReport.sol";

/// @title AttestationRegistry
/// @notice See {IAttestationRegistry}.
/// @dev What holds:
/// 1. A record exists only by a quote that the verifier took and the policy of its block accepted.
/// 2. A record is valid only before its expiry, and if its stamp is the epoch, or its switches, the floors and its serial allow it
///    now. Nothing but the passing of time makes a stamped record valid or invalid without a new epoch, and switches only
///    lapse with time.
/// 3. The epoch never falls: each decision adds to it, and a new verifier starts above all that was.
/// 4. A key's block number only rises.
contract AttestationRegistry is IAttestationRegistry, AccessManaged {
    // TYPES

    /// @dev Three slots. 1: expiry 32 | epoch 32 | blockNumber 40 | fmspc 48 | tdxModule 64 | tcbDay 16 | qeIsvSvn 16 | status 8.
    /// 2: subject. 3: serial 128 | ppid 64 | image 64. The keys of deny lists are cut to what makes a slot: a collision would only
    /// switch off more. `tcbDay` is the earlier of the platform's and the module's.
    struct Record {
        uint32 expiry;
        uint32 epoch;
        uint40 blockNumber;
        bytes6 fmspc;
        bytes8 tdxModule;
        uint16 tcbDay;
        uint16 qeIsvSvn;
        TcbStatus status;
        bytes32 subject;
        bytes16 serial;
        bytes8 ppid;
        bytes8 image;
    }

    /// @dev One slot: verifier 160 | policyEpoch 32 | floors 3 × 16 | switches 16. `switches` counts those that are set, lapsed or
    /// not: none of them is read while there is none.
    struct Policy {
        ITdxVerifier verifier;
        uint32 epoch;
        uint16 minTcbDay;
        uint16 minQeIsvSvn;
        uint16 allowedStatuses;
        uint16 switches;
    }

    // CONSTANTS

    /// @inheritdoc IAttestationRegistry
    uint256 public constant MAX_AGE = 7 days;
    /// @inheritdoc IAttestationRegistry
    uint40 public constant GRACE = 14 days;
    /// @inheritdoc IAttestationRegistry
    uint256 public constant MAX_SWITCH = 14 days;
    /// @inheritdoc IAttestationRegistry
    uint256 public constant SWITCHES_PER_YEAR = 4;
    /// @inheritdoc IAttestationRegistry
    uint256 public constant MAX_SHAPES = 64;

    uint256 private constant _BLOCKS = 256;
    uint40 private constant _CONFIRMED = type(uint40).max;
    /// @dev UpToDate, and OutOfDate above the TCB date.
    uint16 private constant _DEFAULT_STATUSES = 0x22;
    /// @dev None and Revoked are never accepted.
    uint256 private constant _ACCEPTABLE_STATUSES = 0x37e;

    // STORAGE

    Policy private _policy;
    uint40[SWITCHES_PER_YEAR] private _guardianSwitches;
    mapping(address key => Record) private _records;
    mapping(bytes32 image => bool) public isImageAllowed;
    /// @dev Keccak-256 of image ‖ RTMR0. Only an allowed image has shapes, so that one look answers for both.
    mapping(bytes32 workload => bool) private _isWorkload;
    mapping(bytes32 image => bytes32[] workloads) private _workloads;
    mapping(SwitchKind => mapping(bytes32 id => uint40)) private _switches;

    // CONSTRUCTOR

    /// @param authority Decides by the classes of PhalaAuthority. @param verifier_ The verifier.
    /// @param floors_ The floors to begin with; `allowedStatuses` 0 stands for UpToDate and OutOfDate.
    constructor(address authority, ITdxVerifier verifier_, Floors memory floors_) AccessManaged(authority) {
        if (floors_.allowedStatuses == 0) floors_.allowedStatuses = _DEFAULT_STATUSES;
        _requireVerifier(verifier_);
        _policy.verifier = verifier_;
        emit VerifierReplaced(verifier_, 0);
        _setFloors(floors_);
    }

    // ATTESTING

    /// @inheritdoc IAttestationRegistry
    function attest(
        bytes32 subject,
        uint40 blockNumber,
        bytes calldata signedData,
        bytes calldata signatureData
    ) external returns (address key, AttestationStatus memory status) {
        bytes calldata report = _reportOf(signedData);
        key = address(bytes20(report[TdReport.REPORT_DATA:]));
        Record storage record = _records[key];
        {
            uint40 last = record.blockNumber;
            if (blockNumber <= last) {
                if (blockNumber == last && subject == record.subject) return (key, statusOf(key));
                revert AttestationRegistry_StaleBlock(blockNumber, last);
            }
        }
        _requireBinding(report, subject, blockNumber);
        Policy memory policy = _policy;
        Verdict memory verdict = policy.verifier.verify(signedData, signatureData, GRACE);
        bytes32 image = _requireWorkload(report);
        Record memory made = Record({
            expiry: _expiryOf(verdict),
            epoch: _add(policy.epoch, verdict.revocationEpoch),
            blockNumber: blockNumber,
            fmspc: verdict.fmspc,
            tdxModule: bytes8(report[TdReport.MR_SEAM:]),
            tcbDay: verdict.moduleDay < verdict.tcbDay ? verdict.moduleDay : verdict.tcbDay,
            qeIsvSvn: verdict.qeIsvSvn,
            status: verdict.status,
            subject: subject,
            serial: verdict.serial,
            ppid: bytes8(verdict.ppid),
            image: bytes8(image)
        });
        _requireAccepted(made, policy);
        _records[key] = made;
        emit Attested(
            key,
            subject,
            image,
            verdict.platform,
            made.expiry,
            made.status,
            made.tcbDay,
            blockNumber,
            made.tdxModule
        );
        status = AttestationStatus(AttestationState.Valid, made.expiry, SwitchKind.Ppid, Floor.None);
    }

    /// @inheritdoc IAttestationRegistry
    function restamp(address key) external {
        AttestationState state = statusOf(key).state;
        if (state != AttestationState.Valid) revert AttestationRegistry_NotValid(state);
        uint32 current = epoch();
        _records[key].epoch = current;
        emit Restamped(key, current);
    }

    // POLICY

    /// @inheritdoc IAttestationRegistry
    function raiseFloors(Floors calldata floors_) external restricted {
        Floors memory current = floors();
        if (
            floors_.minTcbDay < current.minTcbDay ||
            floors_.minQeIsvSvn < current.minQeIsvSvn ||
            floors_.allowedStatuses & ~current.allowedStatuses != 0
        ) revert AttestationRegistry_FloorsNotRaised();
        _setFloors(floors_);
    }

    /// @inheritdoc IAttestationRegistry
    function setFloors(Floors calldata floors_) external restricted {
        _setFloors(floors_);
    }

    /// @inheritdoc IAttestationRegistry
    function allowImage(ImageMeasurements calldata measurements) external restricted returns (bytes32 image) {
        image = imageOf(measurements);
        // The attributes are little-endian: debugging is in the first byte, SEPT_VE_DISABLE is bit 28, MIGRATABLE bit 29.
        uint64 attributes = uint64(measurements.tdAttributes);
        if (attributes >> 56 != 0 || (attributes >> 32) & 0x30 != 0x10) revert AttestationRegistry_UnsafeImage();
        if (measurements.rtMr3.length == 0 && keccak256(measurements.mrConfigId) == keccak256(new bytes(48))) {
            revert AttestationRegistry_UnpinnedApplication();
        }
        if (isImageAllowed[image]) revert AttestationRegistry_NothingChanges();
        isImageAllowed[image] = true;
        emit ImageAllowed(image, measurements, _bump());
    }

    /// @inheritdoc IAttestationRegistry
    function removeImage(bytes32 image) external restricted {
        if (!isImageAllowed[image]) revert AttestationRegistry_UnknownImage(image);
        isImageAllowed[image] = false;
        bytes32[] storage workloads = _workloads[image];
        for (uint256 i = workloads.length; i > 0; --i) {
            _isWorkload[workloads[i - 1]] = false;
            workloads.pop();
        }
        emit ImageRemoved(image, _bump());
    }

    /// @inheritdoc IAttestationRegistry
    function allowShape(bytes32 image, bytes calldata rtMr0) external restricted {
        if (rtMr0.length != 48) revert AttestationRegistry_InvalidMeasurements();
        if (!isImageAllowed[image]) revert AttestationRegistry_UnknownImage(image);
        bytes32 workload = _workloadOf(image, rtMr0);
        if (_isWorkload[workload]) revert AttestationRegistry_NothingChanges();
        if (_workloads[image].length == MAX_SHAPES) revert AttestationRegistry_TooManyShapes(image);
        _isWorkload[workload] = true;
        _workloads[image].push(workload);
        emit ShapeAllowed(image, rtMr0, _bump());
    }

    /// @inheritdoc IAttestationRegistry
    function removeShape(bytes32 image, bytes calldata rtMr0) external restricted {
        bytes32 workload = _workloadOf(image, rtMr0);
        if (!_isWorkload[workload]) revert AttestationRegistry_NothingChanges();
        _isWorkload[workload] = false;
        bytes32[] storage workloads = _workloads[image];
        uint256 i;
        while (workloads[i] != workload) ++i;
        workloads[i] = workloads[workloads.length - 1];
        workloads.pop();
        emit ShapeRemoved(image, rtMr0, _bump());
    }

    /// @inheritdoc IAttestationRegistry
    function setVerifier(ITdxVerifier verifier_) external restricted {
        Policy storage policy = _policy;
        if (address(verifier_) == address(policy.verifier)) revert AttestationRegistry_NothingChanges();
        _requireVerifier(verifier_);
        // The new one's revocations count from wherever they are: the old sum is left behind, so that no old stamp fits again.
        policy.epoch = _add(epoch(), 1);
        policy.verifier = verifier_;
        emit VerifierReplaced(verifier_, policy.epoch);
    }

    // KILL SWITCHES

    /// @inheritdoc IAttestationRegistry
    function switchOff(SwitchKind kind, bytes32 id, uint40 until) external restricted {
        uint256 latest = block.timestamp + MAX_SWITCH;
        if (until > latest || until <= block.timestamp) revert AttestationRegistry_SwitchTooLong(until, latest);
        bytes32 name = _cut(kind, id);
        if (_switches[kind][name] == _CONFIRMED) revert AttestationRegistry_SwitchConfirmed(kind, name);
        _countGuardianSwitch();
        _switchOff(kind, name, until);
    }

    /// @inheritdoc IAttestationRegistry
    function liftOwnSwitch(SwitchKind kind, bytes32 id) external restricted {
        bytes32 name = _cut(kind, id);
        if (_switches[kind][name] == _CONFIRMED) revert AttestationRegistry_SwitchConfirmed(kind, name);
        _lift(kind, name);
    }

    /// @inheritdoc IAttestationRegistry
    function confirmSwitch(SwitchKind kind, bytes32 id) external restricted {
        bytes32 name = _cut(kind, id);
        if (_switches[kind][name] == _CONFIRMED) revert AttestationRegistry_NothingChanges();
        _switchOff(kind, name, _CONFIRMED);
    }

    /// @inheritdoc IAttestationRegistry
    function liftSwitch(SwitchKind kind, bytes32 id) external restricted {
        _lift(kind, _cut(kind, id));
    }

    /// @inheritdoc IAttestationRegistry
    function clearLapsed(SwitchKind kind, bytes32 id) external {
        bytes32 name = _cut(kind, id);
        if (_switches[kind][name] == 0 || _isOff(kind, name)) revert AttestationRegistry_NothingChanges();
        _forget(kind, name);
        emit SwitchCleared(kind, name);
    }

    // VIEWS

    /// @inheritdoc IAttestationRegistry
    function isValid(address key) external view returns (bool) {
        return _isValid(key, epoch());
    }

    /// @inheritdoc IAttestationRegistry
    function isValidFor(address key, address operator) external view returns (bool) {
        return _isValid(key, epoch()) && !_isOperatorOff(operator);
    }

    /// @inheritdoc IAttestationRegistry
    function standingOf(
        address key,
        address operator
    ) external view returns (uint40 validUntil, uint40 blockNumber, uint32 current) {
        Record storage record = _records[key];
        blockNumber = record.blockNumber;
        current = epoch();
        if (_isValid(key, current) && !_isOperatorOff(operator)) validUntil = record.expiry;
    }

    /// @inheritdoc IAttestationRegistry
    function isConfirmedOff(address key, address operator) external view returns (bool) {
        Record memory record = _records[key];
        return
            _switches[SwitchKind.Operator][bytes32(bytes20(operator))] == _CONFIRMED ||
            _switches[SwitchKind.Ppid][record.ppid] == _CONFIRMED ||
            _switches[SwitchKind.Fmspc][record.fmspc] == _CONFIRMED ||
            _switches[SwitchKind.TdxModule][record.tdxModule] == _CONFIRMED ||
            _switches[SwitchKind.Workload][record.image] == _CONFIRMED;
    }

    /// @inheritdoc IAttestationRegistry
    function statusOf(address key) public view returns (AttestationStatus memory status) {
        Record memory record = _records[key];
        if (record.expiry == 0) return status;
        status.validUntil = record.expiry;
        Policy memory policy = _policy;
        (bool isOff, SwitchKind kind) = _switchOf(record, policy.switches);
        if (isOff) {
            (status.state, status.kind) = (AttestationState.SwitchedOff, kind);
        } else if (block.timestamp > record.expiry) {
            status.state = AttestationState.Expired;
        } else if (policy.verifier.isRevoked(record.serial)) {
            status.state = AttestationState.Revoked;
        } else {
            status.floor = _floorOf(record, policy);
            status.state = status.floor == Floor.None ? AttestationState.Valid : AttestationState.BelowFloor;
        }
    }

    /// @inheritdoc IAttestationRegistry
    function subjectOf(address key) external view returns (bytes32) {
        return _records[key].subject;
    }

    /// @inheritdoc IAttestationRegistry
    function blockOf(address key) external view returns (uint40) {
        return _records[key].blockNumber;
    }

    /// @inheritdoc IAttestationRegistry
    function floors() public view returns (Floors memory) {
        Policy memory policy = _policy;
        return Floors(policy.minTcbDay, policy.minQeIsvSvn, policy.allowedStatuses);
    }

    /// @inheritdoc IAttestationRegistry
    function verifier() external view returns (ITdxVerifier) {
        return _policy.verifier;
    }

    /// @inheritdoc IAttestationRegistry
    function epoch() public view returns (uint32) {
        Policy memory policy = _policy;
        return _add(policy.epoch, policy.verifier.revocationEpoch());
    }

    /// @inheritdoc IAttestationRegistry
    function isShapeAllowed(bytes32 image, bytes calldata rtMr0) external view returns (bool) {
        return _isWorkload[_workloadOf(image, rtMr0)];
    }

    /// @inheritdoc IAttestationRegistry
    function switchedOffUntil(SwitchKind kind, bytes32 id) external view returns (uint40) {
        bytes32 name = _cut(kind, id);
        return _isOff(kind, name) ? _switches[kind][name] : 0;
    }

    /// @inheritdoc IAttestationRegistry
    function imageOf(ImageMeasurements calldata m) public pure returns (bytes32) {
        if (
            m.mrTd.length != 48 ||
            m.mrConfigId.length != 48 ||
            m.rtMr1.length != 48 ||
            m.rtMr2.length != 48 ||
            (m.rtMr3.length != 48 && m.rtMr3.length != 0)
        ) revert AttestationRegistry_InvalidMeasurements();
        bytes memory rtMr3 = new bytes(48);
        if (m.rtMr3.length != 0) {
            // Zeros stand for any value: no image is pinned to them.
            if (keccak256(m.rtMr3) == keccak256(rtMr3)) revert AttestationRegistry_InvalidMeasurements();
            rtMr3 = m.rtMr3;
        }
        return keccak256(abi.encodePacked(m.tdAttributes, m.xfam, m.mrTd, m.mrConfigId, m.rtMr1, m.rtMr2, rtMr3));
    }

    /// @inheritdoc IAttestationRegistry
    function commitOf(bytes32 subject, uint256 blockNumber, bytes32 blockHash) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), subject, blockNumber, blockHash));
    }

    // PRIVATE: ATTESTING

    function _isValid(address key, uint32 current) private view returns (bool) {
        Record storage record = _records[key];
        if (block.timestamp > record.expiry) return false;
        return record.epoch == current || statusOf(key).state == AttestationState.Valid;
    }

    /// @dev The TD report in what is signed: behind 48 bytes in a quote v4, behind 54 in one v5. The verifier checks the rest.
    function _reportOf(bytes calldata signedData) private pure returns (bytes calldata) {
        uint256 head =
            signedData.length == TdReport.HEADER_SIZE + TdReport.SIZE_10
                ? TdReport.HEADER_SIZE
                : TdReport.HEADER_SIZE + 6;
        if (signedData.length < head + TdReport.SIZE_10) revert AttestationRegistry_MalformedQuote();
        return signedData[head:];
    }

    function _requireBinding(bytes calldata report, bytes32 subject, uint256 blockNumber) private view {
        // BLOCKHASH knows the last 256 blocks and gives zero for all others.
        bytes32 blockHash = blockhash(blockNumber);
        if (blockHash == 0 || block.number > blockNumber + _BLOCKS)
            revert AttestationRegistry_UnknownBlock(blockNumber);
        bytes32 wanted = commitOf(subject, blockNumber, blockHash);
        bytes32 found = bytes32(report[TdReport.REPORT_DATA + 20:]);
        if (found != wanted || bytes12(report[TdReport.REPORT_DATA + 52:]) != 0) {
            revert AttestationRegistry_BindingMismatch(found, wanted);
        }
    }

    /// @dev The listed image that the report shows: with RTMR3 left open if that is listed (never without MRCONFIGID), or pinned.
    function _requireWorkload(bytes calldata report) private view returns (bytes32 image) {
        bytes memory measured = bytes.concat(
            report[TdReport.TD_ATTRIBUTES:TdReport.MR_CONFIG_ID + 48],
            report[TdReport.RT_MR1:TdReport.RT_MR3],
            new bytes(48)
        );
        bytes calldata rtMr0 = report[TdReport.RT_MR0:TdReport.RT_MR1];
        image = keccak256(measured);
        if (_isWorkload[_workloadOf(image, rtMr0)]) return image;
        bytes calldata rtMr3 = report[TdReport.RT_MR3:TdReport.RT_MR3 + 48];
        assembly ("memory-safe") {
            calldatacopy(add(measured, 240), rtMr3.offset, 48)
        }
        image = keccak256(measured);
        if (!_isWorkload[_workloadOf(image, rtMr0)]) revert AttestationRegistry_UnknownWorkload(image, rtMr0);
    }

    function _workloadOf(bytes32 image, bytes calldata rtMr0) private pure returns (bytes32) {
        return keccak256(bytes.concat(image, rtMr0));
    }

    function _requireAccepted(Record memory record, Policy memory policy) private view {
        Floor floor = _floorOf(record, policy);
        if (floor != Floor.None) {
            revert AttestationRegistry_BelowFloor(floor, record.status, record.tcbDay, record.qeIsvSvn);
        }
        (bool isOff, SwitchKind kind) = _switchOf(record, policy.switches);
        if (isOff) revert AttestationRegistry_SwitchedOff(kind);
    }

    function _expiryOf(Verdict memory verdict) private view returns (uint32) {
        uint256 expiry = block.timestamp + MAX_AGE;
        if (verdict.leafUntil < expiry) expiry = verdict.leafUntil;
        if (verdict.collateralUntil + GRACE < expiry) expiry = verdict.collateralUntil + GRACE;
        // The end of a certificate is cut to its day.
        if (expiry < block.timestamp) revert AttestationRegistry_NotValid(AttestationState.Expired);
        // Good until 2106; later ones end in 2106.
        return expiry > type(uint32).max ? type(uint32).max : uint32(expiry);
    }

    // PRIVATE: POLICY

    /// @dev It must answer what each read asks it: with one that does not, nothing could ever be changed again.
    function _requireVerifier(ITdxVerifier verifier_) private view {
        _requireAnswer(verifier_, abi.encodeCall(ICollateralStore.revocationEpoch, ()), type(uint32).max / 2);
        _requireAnswer(verifier_, abi.encodeCall(ICollateralStore.isRevoked, (bytes16(0))), 1);
    }

    /// @dev One word of at most `max`.
    function _requireAnswer(ITdxVerifier verifier_, bytes memory question, uint256 max) private view {
        (bool isAnswered, bytes memory answer) = address(verifier_).staticcall(question);
        if (!isAnswered || answer.length != 32 || uint256(bytes32(answer)) > max) {
            revert AttestationRegistry_InvalidVerifier(address(verifier_));
        }
    }

    function _setFloors(Floors memory floors_) private {
        if (
            floors_.allowedStatuses & ~_ACCEPTABLE_STATUSES != 0 ||
            !isIn(TcbStatus.UpToDate, floors_.allowedStatuses) ||
            floors_.minTcbDay > block.timestamp / 1 days
        ) revert AttestationRegistry_InvalidFloors();
        Policy storage policy = _policy;
        (policy.minTcbDay, policy.minQeIsvSvn) = (floors_.minTcbDay, floors_.minQeIsvSvn);
        policy.allowedStatuses = floors_.allowedStatuses;
        emit FloorsChanged(floors_.minTcbDay, floors_.minQeIsvSvn, floors_.allowedStatuses, _bump());
    }

    /// @dev UpToDate needs no date: it is the newest that Intel names.
    function _floorOf(Record memory record, Policy memory policy) private pure returns (Floor) {
        if (!isIn(record.status, policy.allowedStatuses)) return Floor.AllowedStatuses;
        if (record.status != TcbStatus.UpToDate && record.tcbDay < policy.minTcbDay) return Floor.MinTcbDate;
        if (record.qeIsvSvn < policy.minQeIsvSvn) return Floor.MinQeIsvSvn;
        return Floor.None;
    }

    function _bump() private returns (uint32) {
        return _policy.epoch = _add(_policy.epoch, 1);
    }

    function _add(uint32 a, uint32 b) private pure returns (uint32) {
        // More decisions than 32 bits count are none that anybody could pay for.
        unchecked {
            return a + b;
        }
    }

    // PRIVATE: SWITCHES

    function _countGuardianSwitch() private {
        // Oldest first: the ring turns by one place with each switch.
        uint40[SWITCHES_PER_YEAR] memory times = _guardianSwitches;
        uint256 freeAt = times[0] == 0 ? 0 : uint256(times[0]) + 365 days;
        if (block.timestamp < freeAt) revert AttestationRegistry_NoSwitchesLeft(freeAt);
        for (uint256 i = 1; i < SWITCHES_PER_YEAR; ++i) {
            times[i - 1] = times[i];
        }
        times[SWITCHES_PER_YEAR - 1] = uint40(block.timestamp);
        _guardianSwitches = times;
    }

    function _switchOff(SwitchKind kind, bytes32 name, uint40 until) private {
        if (_switches[kind][name] == 0) ++_policy.switches;
        _switches[kind][name] = until;
        emit SwitchedOff(kind, name, until, _bump());
    }

    function _forget(SwitchKind kind, bytes32 name) private {
        delete _switches[kind][name];
        --_policy.switches;
    }

    function _lift(SwitchKind kind, bytes32 name) private {
        if (!_isOff(kind, name)) revert AttestationRegistry_NothingChanges();
        _forget(kind, name);
        emit SwitchLifted(kind, name, _bump());
    }

    function _switchOf(Record memory record, uint16 switches) private view returns (bool, SwitchKind) {
        if (switches == 0) return (false, SwitchKind.Operator);
        if (_isOff(SwitchKind.Ppid, record.ppid)) return (true, SwitchKind.Ppid);
        if (_isOff(SwitchKind.Fmspc, record.fmspc)) return (true, SwitchKind.Fmspc);
        if (_isOff(SwitchKind.TdxModule, record.tdxModule)) return (true, SwitchKind.TdxModule);
        if (_isOff(SwitchKind.Workload, record.image)) return (true, SwitchKind.Workload);
        return (false, SwitchKind.Operator);
    }

    /// @dev No switch is read while there is none.
    function _isOperatorOff(address operator) private view returns (bool) {
        return _policy.switches != 0 && _isOff(SwitchKind.Operator, bytes32(bytes20(operator)));
    }

    function _isOff(SwitchKind kind, bytes32 name) private view returns (bool) {
        return block.timestamp < _switches[kind][name];
    }

    /// @dev As much of an id as records keep of it.
    function _cut(SwitchKind kind, bytes32 id) private pure returns (bytes32) {
        if (kind == SwitchKind.Fmspc) return bytes6(id);
        if (kind == SwitchKind.Operator) return bytes20(id);
        return bytes8(id);
    }
}
