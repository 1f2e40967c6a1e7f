// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IAttestationRegistry, SwitchKind} from "../interfaces/IAttestationRegistry.sol";
import {IWorkerRegistry} from "../interfaces/IWorkerRegistry.sol";
import {PauseLog} from "../types/PauseLog.sol";
import {
    CollateralPermit,
    Lapse,
    Standing,
    Standings,
    WorkerQuote,
    WorkerState,
    WorkerSubject
} from "../types/Worker.sol";
import {hourAt} from "../types/Hour.sol";

/// @title WorkerRegistry
/// @notice See {IWorkerRegistry}.
/// @dev What holds:
/// 1. vPHA held here ≥ Σ collateral; equal, but for vPHA that was sent here by accident.
/// 2. Per worker: thawing + reserved may overlap, each is at most the collateral. What is paid is never reserved.
/// 3. A GPU counts as held by at most one Active worker: its slot names one worker, by the block of one attestation, and counts
///    only while that is the worker's latest. Who loses one is marked, so that its weight ends with its lease.
/// 4. `SHORT` says whether collateral − thawing < required: written wherever one of the three changes.
/// 5. State only moves None → Active → Exiting → Exited and Active → Removed.
contract WorkerRegistry is IWorkerRegistry, AccessManaged {
    using PauseLog for PauseLog.Pause[];
    using SafeERC20 for IERC20;

    // TYPES

    /// @dev One slot, all that a heartbeat needs. `state` is never Lapsed here: that is what {_lapseOf} finds of an Active one.
    /// `validUntil` is the full hour until which the attestation holds, if it is judged at `epoch` (its last 16 bits: an attestation
    /// lasts seven days, and nobody decides 65,536 times in those).
    struct Worker {
        address operator;
        uint32 attestedBlock;
        uint24 validUntil;
        uint16 epoch;
        uint16 weight;
        Status status;
    }

    /// @dev A state, and what keeps an Active worker from a lease, in one byte.
    enum Status {
        None,
        Active,
        Moved,
        Short,
        Lost,
        Exiting,
        Exited,
        Removed
    }

    /// @dev One slot. `collateral` is all that is held.
    struct Collateral {
        uint80 collateral;
        uint80 required;
        uint80 reserved;
        uint8 model;
        uint8 gpuCount;
    }

    /// @dev One slot. `thawStart`: when `thawing` was asked for. `exitStart`: when the exit was requested, or the worker removed.
    /// `leaseFrom`: no lease before it, since a GPU came from another worker; asked only of who is `Moved`.
    struct Thaw {
        uint80 thawing;
        uint40 thawStart;
        uint40 exitStart;
        uint40 leaseFrom;
    }

    /// @dev One slot.
    struct Gpu {
        address holder;
        uint32 attestedBlock;
    }

    /// @dev One slot. `index` is that of the name in {models}.
    struct ModelSlot {
        uint96 collateral;
        uint16 weight;
        uint8 index;
        bool isListed;
        bool isKnown;
    }

    // CONSTANTS

    /// @inheritdoc IWorkerRegistry
    uint40 public constant THAW = 21 days;
    /// @inheritdoc IWorkerRegistry
    uint40 public constant DISCOVERY = 7 days;
    /// @inheritdoc IWorkerRegistry
    uint40 public constant GPU_MOVE = 6 hours;
    /// @inheritdoc IWorkerRegistry
    uint256 public constant MAX_GPUS = 8;
    /// @inheritdoc IWorkerRegistry
    uint96 public constant MAX_COLLATERAL = type(uint80).max;
    /// @inheritdoc IWorkerRegistry
    uint96 public constant MIN_MODEL_COLLATERAL = 100e18;
    /// @inheritdoc IWorkerRegistry
    uint96 public constant MAX_MODEL_COLLATERAL = 100_000e18;
    /// @inheritdoc IWorkerRegistry
    uint16 public constant MIN_MODEL_WEIGHT = 10;
    /// @inheritdoc IWorkerRegistry
    uint16 public constant MAX_MODEL_WEIGHT = 1_000;

    // IMMUTABLES

    /// @inheritdoc IWorkerRegistry
    IERC20 public immutable vpha;
    /// @inheritdoc IWorkerRegistry
    IAttestationRegistry public immutable attestation;

    // STORAGE

    mapping(address worker => Worker) private _workers;
    mapping(address worker => Collateral) private _collaterals;
    mapping(address worker => Thaw) private _thaws;
    mapping(address worker => address) private _proposedOperators;
    mapping(bytes32 gpuId => Gpu) private _gpus;
    mapping(bytes32 model => ModelSlot) private _models;
    bytes32[] private _modelNames;
    /// @inheritdoc IWorkerRegistry
    address public slashing;
    /// @dev The present one, and all before it: these finish what they have reserved.
    mapping(address slashing => bool) private _isSlashing;
    /// @inheritdoc IWorkerRegistry
    uint256 public registrationsPausedUntil;
    PauseLog.Pause[] private _pauses;

    // CONSTRUCTOR

    /// @param authority Decides by the classes of PhalaAuthority. @param vpha_ The collateral.
    /// @param attestation_ Says whose key is held by a genuine, listed confidential VM.
    constructor(address authority, IERC20 vpha_, IAttestationRegistry attestation_) AccessManaged(authority) {
        vpha = vpha_;
        attestation = attestation_;
    }

    // MODIFIERS

    modifier onlyOperator(address worker) {
        _requireOperator(worker);
        _;
    }

    // REGISTERING AND ATTESTING

    /// @inheritdoc IWorkerRegistry
    function register(
        WorkerSubject calldata subject,
        WorkerQuote calldata quote,
        uint96 collateral
    ) external returns (address worker) {
        return _register(subject, quote, collateral);
    }

    /// @inheritdoc IWorkerRegistry
    function registerWithPermit(
        WorkerSubject calldata subject,
        WorkerQuote calldata quote,
        uint96 collateral,
        CollateralPermit calldata permit
    ) external returns (address worker) {
        _permit(collateral, permit);
        return _register(subject, quote, collateral);
    }

    /// @inheritdoc IWorkerRegistry
    function reattest(WorkerSubject calldata subject, WorkerQuote calldata quote) external returns (address worker) {
        Worker memory stored;
        (worker, stored) = _attest(subject, quote);
        Worker memory before = _workers[worker];
        _requireStaying(worker, before.status);
        if (subject.operator != before.operator) {
            revert WorkerRegistry_OtherOperator(subject.operator, before.operator);
        }
        // The attestation registry takes no block before a key's last: it is the one that is known here.
        if (stored.attestedBlock == before.attestedBlock) return worker;
        Collateral memory held = _collaterals[worker];
        _describe(worker, stored, held, subject);
        stored.status = _statusOf(worker, held, _thaws[worker].thawing);
        _workers[worker] = stored;
        _collaterals[worker] = held;
    }

    /// @inheritdoc IWorkerRegistry
    function restamp(address[] calldata workers) external {
        for (uint256 i = 0; i < workers.length; ++i) {
            Worker memory stored = _workers[workers[i]];
            (uint40 validUntil, uint40 blockNumber, uint32 epoch) = attestation.standingOf(workers[i], stored.operator);
            if (validUntil == 0 || blockNumber != stored.attestedBlock || uint16(epoch) == stored.epoch) continue;
            _workers[workers[i]].epoch = uint16(epoch);
            emit WorkerRestamped(workers[i], epoch);
        }
    }

    // COLLATERAL

    /// @inheritdoc IWorkerRegistry
    function addCollateral(address worker, uint96 amount) external {
        _addCollateral(worker, amount);
    }

    /// @inheritdoc IWorkerRegistry
    function addCollateralWithPermit(address worker, uint96 amount, CollateralPermit calldata permit) external {
        _permit(amount, permit);
        _addCollateral(worker, amount);
    }

    /// @inheritdoc IWorkerRegistry
    function withdraw(address worker, uint96 amount) external onlyOperator(worker) {
        _requireStaying(worker, _workers[worker].status);
        if (amount == 0) revert WorkerRegistry_ZeroAmount();
        Thaw memory thaw = _thaws[worker];
        if (thaw.thawing != 0) revert WorkerRegistry_WithdrawalOpen(thaw.thawing, thaw.thawStart + THAW);
        Collateral memory held = _collaterals[worker];
        uint256 surplus = held.collateral > held.required ? held.collateral - held.required : 0;
        if (amount > surplus) revert WorkerRegistry_ExceedsSurplus(amount, surplus);
        (thaw.thawing, thaw.thawStart) = (uint80(amount), uint40(block.timestamp));
        _thaws[worker] = thaw;
        emit WithdrawalRequested(worker, amount, thaw.thawStart + THAW);
    }

    /// @inheritdoc IWorkerRegistry
    function cancelWithdrawal(address worker) external onlyOperator(worker) {
        _requireStaying(worker, _workers[worker].status);
        Thaw storage thaw = _thaws[worker];
        uint80 thawing = thaw.thawing;
        if (thawing == 0) revert WorkerRegistry_NoWithdrawal(worker);
        (thaw.thawing, thaw.thawStart) = (0, 0);
        _updateStatus(worker, _collaterals[worker], 0);
        emit WithdrawalCancelled(worker, thawing);
    }

    /// @inheritdoc IWorkerRegistry
    function finishWithdrawal(address worker, address receiver) external onlyOperator(worker) returns (uint96 amount) {
        Thaw memory thaw = _thaws[worker];
        if (thaw.thawing == 0) revert WorkerRegistry_NoWithdrawal(worker);
        _requireThawed(thaw.thawStart);
        Collateral memory held = _collaterals[worker];
        uint80 free = held.collateral - held.reserved;
        uint80 paid = thaw.thawing < free ? thaw.thawing : free;
        if (paid == 0) revert WorkerRegistry_AllReserved(held.reserved);
        thaw.thawing -= paid;
        if (thaw.thawing == 0) thaw.thawStart = 0;
        _thaws[worker] = thaw;
        held.collateral -= paid;
        _collaterals[worker] = held;
        emit Withdrawn(worker, receiver, paid, held.collateral, thaw.thawing);
        vpha.safeTransfer(receiver, paid);
        return paid;
    }

    // OPERATOR

    /// @inheritdoc IWorkerRegistry
    function proposeOperator(address worker, address proposed) external onlyOperator(worker) {
        _requireStaying(worker, _workers[worker].status);
        if (proposed == msg.sender) revert WorkerRegistry_InvalidOperator(proposed);
        if (proposed == _proposedOperators[worker]) revert WorkerRegistry_NothingChanges();
        _proposedOperators[worker] = proposed;
        emit OperatorProposed(worker, msg.sender, proposed);
    }

    /// @inheritdoc IWorkerRegistry
    function acceptOperator(address worker) external {
        address proposed = _proposedOperators[worker];
        if (msg.sender != proposed) revert WorkerRegistry_NotProposedOperator(msg.sender, proposed);
        Worker storage stored = _workers[worker];
        _requireStaying(worker, stored.status);
        address oldOperator = stored.operator;
        // Nobody shakes a switch off by another name, and the stamp of now has not seen the new one's.
        _requireSwitchedOn(oldOperator);
        _requireSwitchedOn(proposed);
        delete _proposedOperators[worker];
        stored.operator = proposed;
        emit OperatorChanged(worker, oldOperator, proposed);
    }

    // EXIT

    /// @inheritdoc IWorkerRegistry
    function requestExit(address worker) external onlyOperator(worker) {
        _requireStaying(worker, _workers[worker].status);
        emit ExitRequested(worker, _leave(worker, Status.Exiting));
    }

    /// @inheritdoc IWorkerRegistry
    function finishExit(address worker, address receiver) external onlyOperator(worker) returns (uint96 amount) {
        Thaw memory thaw = _thaws[worker];
        Worker storage stored = _workers[worker];
        if (thaw.exitStart == 0) revert WorkerRegistry_WrongState(worker, _stateOf(worker));
        _requireThawed(thaw.exitStart);
        Collateral memory held = _collaterals[worker];
        uint80 paid = held.collateral - held.reserved;
        if (paid == 0 && held.reserved != 0) revert WorkerRegistry_AllReserved(held.reserved);
        if (held.reserved == 0) {
            (held.collateral, held.required) = (0, 0);
            _collaterals[worker] = held;
            delete _thaws[worker];
            if (stored.status == Status.Exiting) stored.status = Status.Exited;
        } else {
            held.collateral = held.reserved;
            _collaterals[worker] = held;
            if (thaw.thawing != 0) {
                (thaw.thawing, thaw.thawStart) = (0, 0);
                _thaws[worker] = thaw;
            }
        }
        emit ExitPaid(worker, receiver, paid, held.reserved);
        if (paid != 0) vpha.safeTransfer(receiver, paid);
        return paid;
    }

    /// @inheritdoc IWorkerRegistry
    function remove(address worker) external {
        Worker memory stored = _workers[worker];
        _requireStaying(worker, stored.status);
        if (!attestation.isConfirmedOff(worker, stored.operator)) revert WorkerRegistry_NotConfirmedOff(worker);
        emit WorkerRemoved(worker, _leave(worker, Status.Removed));
    }

    // SLASHING

    /// @inheritdoc IWorkerRegistry
    function reserve(address worker, uint96 amount, uint40 faultAt) external {
        if (msg.sender != slashing) revert WorkerRegistry_NotSlashing(msg.sender);
        if (_workers[worker].status == Status.None) revert WorkerRegistry_UnknownWorker(worker);
        Thaw memory thaw = _thaws[worker];
        if (thaw.exitStart != 0 && !_isLiable(thaw.exitStart, faultAt)) {
            revert WorkerRegistry_NotLiable(faultAt, thaw.exitStart + DISCOVERY);
        }
        Collateral memory held = _collaterals[worker];
        uint96 atRisk_ = _atRisk(held, thaw, faultAt);
        if (amount > atRisk_) revert WorkerRegistry_ExceedsAtRisk(amount, atRisk_);
        // At most the collateral.
        held.reserved += uint80(amount);
        _collaterals[worker] = held;
        emit CollateralReserved(worker, amount, held.reserved);
    }

    /// @inheritdoc IWorkerRegistry
    function release(address worker, uint96 amount) external {
        Collateral memory held = _free(worker, amount);
        _collaterals[worker] = held;
        emit CollateralReleased(worker, amount, held.reserved);
    }

    /// @inheritdoc IWorkerRegistry
    function slash(address worker, uint96 amount, address receiver, uint96 bounty, address reporter) external {
        Collateral memory held = _free(worker, amount);
        // What is reserved was never paid out, so it is there.
        held.collateral -= uint80(amount);
        _collaterals[worker] = held;
        // The slash takes what stays before what thaws: less than that, and all of the thaw goes on.
        uint80 thawing = _thaws[worker].thawing;
        if (thawing > held.collateral) {
            thawing = held.collateral;
            _thaws[worker].thawing = thawing;
        }
        _updateStatus(worker, held, thawing);
        emit WorkerSlashed(worker, amount, receiver, bounty, reporter, held.collateral, thawing, held.reserved);
        if (bounty != 0) vpha.safeTransfer(reporter, bounty);
        if (amount != bounty) vpha.safeTransfer(receiver, amount - bounty);
    }

    // GOVERNANCE

    /// @inheritdoc IWorkerRegistry
    function setModel(bytes32 model, uint96 collateral, uint16 weight) external restricted {
        if (
            model == 0 ||
            collateral < MIN_MODEL_COLLATERAL ||
            collateral > MAX_MODEL_COLLATERAL ||
            weight < MIN_MODEL_WEIGHT ||
            weight > MAX_MODEL_WEIGHT
        ) revert WorkerRegistry_InvalidModel(model, collateral, weight);
        ModelSlot memory slot = _models[model];
        if (slot.isListed && slot.collateral == collateral && slot.weight == weight) {
            revert WorkerRegistry_NothingChanges();
        }
        if (!slot.isKnown) {
            if (_modelNames.length == type(uint8).max) revert WorkerRegistry_TooManyModels();
            slot.index = uint8(_modelNames.length);
            _modelNames.push(model);
        }
        _models[model] = ModelSlot(collateral, weight, slot.index, true, true);
        emit ModelChanged(model, collateral, weight);
    }

    /// @inheritdoc IWorkerRegistry
    function removeModel(bytes32 model) external restricted {
        if (!_models[model].isListed) revert WorkerRegistry_UnknownModel(model);
        _models[model].isListed = false;
        emit ModelRemoved(model);
    }

    /// @inheritdoc IWorkerRegistry
    function setSlashing(address slashing_) external restricted {
        address former = slashing;
        if (slashing_ == former) revert WorkerRegistry_NothingChanges();
        // It takes what is reserved, so it has to be a contract, whose rules can be read.
        if (slashing_.code.length == 0) revert WorkerRegistry_InvalidSlashing(slashing_);
        _isSlashing[slashing_] = true;
        slashing = slashing_;
        emit SlashingChanged(former, slashing_);
    }

    /// @inheritdoc IWorkerRegistry
    function pauseRegistrations(uint256 until) external restricted {
        _pauses.start(until);
        registrationsPausedUntil = until;
        emit RegistrationsPaused(msg.sender, until);
    }

    /// @inheritdoc IWorkerRegistry
    function resumeRegistrations() external restricted {
        if (block.timestamp >= registrationsPausedUntil) revert WorkerRegistry_NotPaused();
        _pauses.end();
        registrationsPausedUntil = block.timestamp;
        emit RegistrationsResumed(msg.sender);
    }

    // VIEWS

    /// @inheritdoc IWorkerRegistry
    function workerOf(address worker) external view returns (WorkerView memory view_) {
        Worker memory stored = _workers[worker];
        if (stored.status == Status.None) return view_;
        Collateral memory held = _collaterals[worker];
        Thaw memory thaw = _thaws[worker];
        uint32 epoch = attestation.epoch();
        (uint40 validUntil, Lapse lapse) = _lapseOf(worker, stored, epoch);
        view_ = WorkerView({
            operator: stored.operator,
            proposedOperator: _proposedOperators[worker],
            state: _stateOf(stored.status, lapse),
            lapse: lapse,
            model: _modelNames[held.model],
            gpuCount: held.gpuCount,
            weight: stored.weight,
            attestedBlock: stored.attestedBlock,
            validUntil: validUntil,
            collateral: held.collateral,
            required: held.required,
            thawing: thaw.thawing,
            withdrawableAt: thaw.thawing == 0 ? 0 : thaw.thawStart + THAW,
            reserved: held.reserved,
            exitAt: thaw.exitStart == 0 ? 0 : thaw.exitStart + THAW,
            isStamped: stored.epoch == uint16(epoch)
        });
    }

    /// @inheritdoc IWorkerRegistry
    function operatorOf(address worker) external view returns (address) {
        return _workers[worker].operator;
    }

    /// @inheritdoc IWorkerRegistry
    function standingsOf(address[] calldata workers) external view returns (Standing[] memory standings) {
        standings = new Standing[](workers.length);
        uint32 epoch = attestation.epoch();
        for (uint256 i = 0; i < workers.length; ++i) {
            standings[i] = _standingOf(workers[i], epoch);
        }
    }

    /// @inheritdoc IWorkerRegistry
    function standingOf(address worker) external view returns (uint16 weight, uint40 validUntil) {
        Standing standing = _standingOf(worker, attestation.epoch());
        return (standing.weight(), standing.validUntil());
    }

    /// @inheritdoc IWorkerRegistry
    function atRisk(address worker, uint40 faultAt) external view returns (uint96) {
        Thaw memory thaw = _thaws[worker];
        if (thaw.exitStart != 0 && !_isLiable(thaw.exitStart, faultAt)) return 0;
        return _atRisk(_collaterals[worker], thaw, faultAt);
    }

    /// @inheritdoc IWorkerRegistry
    function holderOf(bytes32 gpuId) external view returns (address worker, uint40 blockNumber, bool isHeld) {
        Gpu memory gpu = _gpus[gpuId];
        return (gpu.holder, gpu.attestedBlock, _isNamed(gpu, _workers[gpu.holder]));
    }

    /// @inheritdoc IWorkerRegistry
    function modelOf(bytes32 model) external view returns (Model memory) {
        ModelSlot memory slot = _models[model];
        return Model(slot.collateral, slot.weight, slot.isListed);
    }

    /// @inheritdoc IWorkerRegistry
    function models() external view returns (bytes32[] memory) {
        return _modelNames;
    }

    /// @inheritdoc IWorkerRegistry
    function subjectHash(WorkerSubject calldata subject) public pure returns (bytes32) {
        return keccak256(abi.encode(subject.operator, subject.model, subject.gpuIds, subject.evidenceHash));
    }

    // PRIVATE: ATTESTING

    function _register(
        WorkerSubject calldata subject,
        WorkerQuote calldata quote,
        uint96 collateral
    ) private returns (address worker) {
        if (block.timestamp < registrationsPausedUntil) {
            revert WorkerRegistry_RegistrationsPaused(registrationsPausedUntil);
        }
        if (subject.operator == address(0)) revert WorkerRegistry_InvalidOperator(address(0));
        Worker memory stored;
        (worker, stored) = _attest(subject, quote);
        if (_workers[worker].status != Status.None) revert WorkerRegistry_AlreadyRegistered(worker);
        emit WorkerRegistered(worker, subject.operator, msg.sender);
        Collateral memory held;
        _describe(worker, stored, held, subject);
        if (collateral < held.required) revert WorkerRegistry_InsufficientCollateral(collateral, held.required);
        held.collateral = _fit(collateral);
        _workers[worker] = stored;
        _collaterals[worker] = held;
        emit CollateralAdded(worker, msg.sender, collateral, collateral);
        vpha.safeTransferFrom(msg.sender, address(this), collateral);
    }

    /// @dev After it the attestation registry's record of `worker` names this subject and block, and holds for the operator.
    function _attest(
        WorkerSubject calldata subject,
        WorkerQuote calldata quote
    ) private returns (address worker, Worker memory stored) {
        (worker, ) = attestation.attest(subjectHash(subject), quote.blockNumber, quote.signedData, quote.signatureData);
        (uint40 validUntil, , uint32 epoch) = attestation.standingOf(worker, subject.operator);
        if (validUntil == 0) revert WorkerRegistry_AttestationNotValid(worker);
        stored.operator = subject.operator;
        // Blocks of 300 years.
        stored.attestedBlock = uint32(quote.blockNumber);
        stored.epoch = uint16(epoch);
        stored.validUntil = uint24(hourAt(validUntil).unwrap());
    }

    /// @dev Writes into `stored` and `held` what the subject says by today's catalog, and takes the GPUs.
    function _describe(
        address worker,
        Worker memory stored,
        Collateral memory held,
        WorkerSubject calldata subject
    ) private {
        uint256 count = subject.gpuIds.length;
        if (count == 0 || count > MAX_GPUS) revert WorkerRegistry_InvalidGpuCount(count);
        ModelSlot memory model = _models[subject.model];
        if (!model.isListed) revert WorkerRegistry_UnknownModel(subject.model);
        bool isMoved;
        for (uint256 i = 0; i < count; ++i) {
            if (_take(subject.gpuIds[i], worker, stored.attestedBlock)) isMoved = true;
        }
        if (isMoved) _thaws[worker].leaseFrom = uint40(block.timestamp) + GPU_MOVE;
        stored.status = isMoved ? Status.Moved : Status.Active;
        (held.model, held.gpuCount) = (model.index, uint8(count));
        // At most 8 GPUs of the largest model: far from the ends of the types.
        unchecked {
            stored.weight = uint16(count * model.weight);
            held.required = uint80(count * model.collateral);
        }
        emit WorkerAttested(
            worker,
            subject.model,
            subject.gpuIds,
            subject.evidenceHash,
            stored.weight,
            held.required,
            stored.attestedBlock,
            uint40(uint256(stored.validUntil) * 1 hours)
        );
    }

    /// @dev Returns whether another worker had it.
    function _take(bytes32 gpuId, address worker, uint32 attestedBlock) private returns (bool isMoved) {
        Gpu memory gpu = _gpus[gpuId];
        if (gpuId == 0 || (gpu.holder == worker && gpu.attestedBlock == attestedBlock)) {
            revert WorkerRegistry_InvalidGpu(gpuId);
        }
        isMoved = gpu.holder != worker && gpu.holder != address(0);
        if (isMoved) _takeFrom(gpuId, gpu, worker, attestedBlock);
        _gpus[gpuId] = Gpu(worker, attestedBlock);
    }

    /// @dev Marks the holder, if it is one still; refuses if its attestation is as new, and holds.
    function _takeFrom(bytes32 gpuId, Gpu memory gpu, address taker, uint32 attestedBlock) private {
        Worker memory holder = _workers[gpu.holder];
        if (!_isNamed(gpu, holder)) return;
        if (gpu.attestedBlock >= attestedBlock) {
            (, Lapse lapse) = _lapseOf(gpu.holder, holder, attestation.epoch());
            // One that waits has it as well.
            if (lapse == Lapse.None || lapse == Lapse.GpuMoved) revert WorkerRegistry_GpuHeld(gpuId, gpu.holder);
        }
        _workers[gpu.holder].status = Status.Lost;
        emit GpuTaken(gpuId, gpu.holder, taker);
    }

    /// @dev Whether the holder is a worker that stays and its latest attestation names the GPU.
    function _isNamed(Gpu memory gpu, Worker memory holder) private pure returns (bool) {
        return _isStaying(holder.status) && gpu.attestedBlock == holder.attestedBlock;
    }

    // PRIVATE: STATE

    function _isStaying(Status status) private pure returns (bool) {
        return status >= Status.Active && status <= Status.Lost;
    }

    function _standingOf(address worker, uint32 epoch) private view returns (Standing) {
        Worker memory stored = _workers[worker];
        if (stored.status != Status.Active && (stored.status != Status.Moved || _isWaiting(worker))) {
            return Standing.wrap(0);
        }
        uint40 validUntil = _validUntil(worker, stored, epoch);
        return validUntil == 0 ? Standing.wrap(0) : Standings.pack(stored.weight, validUntil);
    }

    /// @dev Why a worker that stays is lapsed; `None` for all others.
    function _lapseOf(
        address worker,
        Worker memory stored,
        uint32 epoch
    ) private view returns (uint40 validUntil, Lapse lapse) {
        if (!_isStaying(stored.status)) return (0, Lapse.None);
        validUntil = _validUntil(worker, stored, epoch);
        if (stored.status == Status.Lost) lapse = Lapse.GpuTaken;
        else if (stored.status == Status.Short) lapse = Lapse.Collateral;
        else if (validUntil == 0) lapse = Lapse.Attestation;
        else if (stored.status == Status.Moved && _isWaiting(worker)) lapse = Lapse.GpuMoved;
    }

    /// @dev Until when the attestation holds, in full hours; 0 if it does not. What was judged at another epoch is judged again.
    function _validUntil(address worker, Worker memory stored, uint32 epoch) private view returns (uint40) {
        uint40 until = uint40(uint256(stored.validUntil) * 1 hours);
        if (block.timestamp >= until) return 0;
        if (stored.epoch == uint16(epoch)) return until;
        (uint40 validUntil, uint40 blockNumber, ) = attestation.standingOf(worker, stored.operator);
        // Another block: what holds is something that is not known here yet.
        return validUntil == 0 || blockNumber != stored.attestedBlock ? 0 : until;
    }

    function _stateOf(address worker) private view returns (WorkerState) {
        Worker memory stored = _workers[worker];
        (, Lapse lapse) = _lapseOf(worker, stored, attestation.epoch());
        return _stateOf(stored.status, lapse);
    }

    function _stateOf(Status status, Lapse lapse) private pure returns (WorkerState) {
        if (lapse != Lapse.None) return WorkerState.Lapsed;
        if (status == Status.Active || status == Status.Moved) return WorkerState.Active;
        if (status == Status.Exiting) return WorkerState.Exiting;
        if (status == Status.Exited) return WorkerState.Exited;
        return status == Status.Removed ? WorkerState.Removed : WorkerState.None;
    }

    function _requireOperator(address worker) private view {
        address operator = _workers[worker].operator;
        if (operator == address(0)) revert WorkerRegistry_UnknownWorker(worker);
        if (msg.sender != operator) revert WorkerRegistry_NotOperator(msg.sender, operator);
    }

    function _requireStaying(address worker, Status status) private pure {
        if (status == Status.None) revert WorkerRegistry_UnknownWorker(worker);
        if (!_isStaying(status)) revert WorkerRegistry_WrongState(worker, _stateOf(status, Lapse.None));
    }

    function _requireSwitchedOn(address operator) private view {
        if (attestation.switchedOffUntil(SwitchKind.Operator, bytes32(bytes20(operator))) != 0) {
            revert WorkerRegistry_OperatorSwitchedOff(operator);
        }
    }

    /// @dev Writes `status`, starts the thaw of everything, and returns its end.
    function _leave(address worker, Status status) private returns (uint40) {
        _workers[worker].status = status;
        _thaws[worker].exitStart = uint40(block.timestamp);
        return uint40(block.timestamp) + THAW;
    }

    // PRIVATE: COLLATERAL

    function _addCollateral(address worker, uint96 amount) private {
        _requireStaying(worker, _workers[worker].status);
        if (amount == 0) revert WorkerRegistry_ZeroAmount();
        Collateral memory held = _collaterals[worker];
        held.collateral = _fit(uint256(held.collateral) + amount);
        _collaterals[worker] = held;
        _updateStatus(worker, held, _thaws[worker].thawing);
        emit CollateralAdded(worker, msg.sender, amount, held.collateral);
        vpha.safeTransferFrom(msg.sender, address(this), amount);
    }

    function _fit(uint256 collateral) private pure returns (uint80) {
        if (collateral > MAX_COLLATERAL) revert WorkerRegistry_TooMuchCollateral(collateral);
        return uint80(collateral);
    }

    /// @dev Whatever the permit does, the allowance decides: it may have been used already by somebody who saw it.
    function _permit(uint96 amount, CollateralPermit calldata permit) private {
        try
            IERC20Permit(address(vpha)).permit(
                msg.sender,
                address(this),
                amount,
                permit.deadline,
                permit.v,
                permit.r,
                permit.s
            )
        {} catch {}
        uint256 allowed = vpha.allowance(msg.sender, address(this));
        if (allowed < amount) revert WorkerRegistry_InsufficientAllowance(allowed, amount);
    }

    /// @dev That of a worker that stays and has its GPUs. While another's lease on one of them runs on, it waits, whatever is attested.
    function _statusOf(address worker, Collateral memory held, uint80 thawing) private view returns (Status) {
        if (held.collateral - thawing < held.required) return Status.Short;
        return _isWaiting(worker) ? Status.Moved : Status.Active;
    }

    /// @dev To be called when collateral changes. Who lost a GPU stays lost until it attests anew.
    function _updateStatus(address worker, Collateral memory held, uint80 thawing) private {
        Status status = _workers[worker].status;
        if (!_isStaying(status) || status == Status.Lost) return;
        Status updated = _statusOf(worker, held, thawing);
        if (updated != status) _workers[worker].status = updated;
    }

    /// @dev Whether a GPU came from another worker not long ago.
    function _isWaiting(address worker) private view returns (bool) {
        return block.timestamp < _thaws[worker].leaseFrom;
    }

    function _requireThawed(uint40 start) private view {
        if (block.timestamp < start + THAW) revert WorkerRegistry_Thawing(start + THAW);
    }

    /// @dev The collateral of `worker` with `amount` less reserved.
    function _free(address worker, uint96 amount) private view returns (Collateral memory held) {
        if (!_isSlashing[msg.sender]) revert WorkerRegistry_NotSlashing(msg.sender);
        held = _collaterals[worker];
        if (amount > held.reserved) revert WorkerRegistry_ExceedsReserved(amount, held.reserved);
        held.reserved -= uint80(amount);
    }

    /// @dev All that is neither reserved nor on its way out beyond reach.
    function _atRisk(Collateral memory held, Thaw memory thaw, uint40 faultAt) private view returns (uint96) {
        uint256 out = held.reserved;
        if (thaw.thawing != 0 && !_isLiable(thaw.thawStart, faultAt)) out += thaw.thawing;
        return out < held.collateral ? uint96(held.collateral - out) : 0;
    }

    /// @dev Whether what began to thaw at `start` is liable for a fault at `faultAt` that is proposed now. A fault in the second of the
    /// request counts as before it: the service ended with it.
    function _isLiable(uint40 start, uint40 faultAt) private view returns (bool) {
        return faultAt <= start && block.timestamp <= start + DISCOVERY;
    }
}
