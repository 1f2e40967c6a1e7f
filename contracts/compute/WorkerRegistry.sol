// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {
    AttestationState,
    AttestationStatus,
    IAttestationRegistry,
    SwitchKind
} from "../interfaces/IAttestationRegistry.sol";
import {IWorkerRegistry} from "../interfaces/IWorkerRegistry.sol";
import {PauseLog} from "../types/PauseLog.sol";
import {CollateralPermit, Lapse, WorkerQuote, WorkerState, WorkerSubject} from "../types/Worker.sol";

/// @title WorkerRegistry
/// @notice See {IWorkerRegistry}.
/// @dev What holds:
/// 1. vPHA held here ≥ Σ collateral; equal, but for vPHA that was sent here by accident.
/// 2. Per worker: thawing + reserved may overlap, each is at most the collateral. What is paid is never reserved.
/// 3. A GPU counts as held by at most one Active worker: its slot names one worker, by the block of one attestation, and counts
///    only while that is the worker's latest. Who loses one is marked, so that its weight ends with its lease.
/// 4. `isShort` says whether collateral − thawing < required: written wherever one of the three changes.
/// 5. State only moves None → Active → Exiting → Exited and Active → Removed.
contract WorkerRegistry is IWorkerRegistry, AccessManaged {
    using PauseLog for PauseLog.Pause[];
    using SafeERC20 for IERC20;

    // TYPES

    /// @dev One slot, all that a heartbeat needs. `state` is never Lapsed here: that is what {_lapseOf} finds of an Active one.
    struct Worker {
        address operator;
        uint40 attestedBlock;
        uint16 weight;
        uint8 model;
        uint8 gpuCount;
        WorkerState state;
        bool isShort;
        bool hasLostGpu;
    }

    /// @dev One slot. `collateral` is all that is held. `exitStart`: when the exit was requested, or the worker removed.
    struct Collateral {
        uint96 collateral;
        uint96 required;
        uint40 exitStart;
    }

    /// @dev One slot, read only by whoever withdraws or slashes. `thawStart`: when `thawing` was asked for.
    struct Claims {
        uint96 thawing;
        uint96 reserved;
        uint40 thawStart;
    }

    /// @dev One slot.
    struct Gpu {
        address holder;
        uint40 attestedBlock;
    }

    /// @dev One slot. `index` is that of the name in {models}.
    struct ModelSlot {
        uint96 collateral;
        uint16 weight;
        uint8 index;
        bool isListed;
        bool isKnown;
    }

    enum SlashingRight {
        None,
        Current,
        Former
    }

    // CONSTANTS

    /// @inheritdoc IWorkerRegistry
    uint40 public constant THAW = 21 days;
    /// @inheritdoc IWorkerRegistry
    uint40 public constant DISCOVERY = 7 days;
    /// @inheritdoc IWorkerRegistry
    uint256 public constant MAX_GPUS = 8;
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
    mapping(address worker => Claims) private _claims;
    mapping(address worker => address) private _proposedOperators;
    mapping(bytes32 gpuId => Gpu) private _gpus;
    mapping(bytes32 model => ModelSlot) private _models;
    bytes32[] private _modelNames;
    /// @inheritdoc IWorkerRegistry
    address public slashing;
    mapping(address slashing => SlashingRight) private _slashingRights;
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
        uint40 validUntil;
        (worker, validUntil) = _attest(subject, quote);
        Worker memory stored = _workers[worker];
        _requireStaying(worker, stored);
        if (subject.operator != stored.operator) {
            revert WorkerRegistry_OtherOperator(subject.operator, stored.operator);
        }
        if (quote.blockNumber <= stored.attestedBlock) {
            // The attestation registry knows no older one of this key as its last.
            return worker;
        }
        Collateral memory held = _collaterals[worker];
        _describe(worker, stored, held, subject, quote.blockNumber, validUntil);
        stored.isShort = held.collateral - _claims[worker].thawing < held.required;
        _workers[worker] = stored;
        _collaterals[worker] = held;
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
        _requireStaying(worker, _workers[worker]);
        if (amount == 0) revert WorkerRegistry_ZeroAmount();
        Claims memory claims = _claims[worker];
        if (claims.thawing != 0) revert WorkerRegistry_WithdrawalOpen(claims.thawing, claims.thawStart + THAW);
        Collateral memory held = _collaterals[worker];
        uint256 surplus = held.collateral > held.required ? held.collateral - held.required : 0;
        if (amount > surplus) revert WorkerRegistry_ExceedsSurplus(amount, surplus);
        (claims.thawing, claims.thawStart) = (amount, uint40(block.timestamp));
        _claims[worker] = claims;
        emit WithdrawalRequested(worker, amount, claims.thawStart + THAW);
    }

    /// @inheritdoc IWorkerRegistry
    function cancelWithdrawal(address worker) external onlyOperator(worker) {
        _requireStaying(worker, _workers[worker]);
        Claims memory claims = _claims[worker];
        if (claims.thawing == 0) revert WorkerRegistry_NoWithdrawal(worker);
        emit WithdrawalCancelled(worker, claims.thawing);
        (claims.thawing, claims.thawStart) = (0, 0);
        _claims[worker] = claims;
        _updateShort(worker, _collaterals[worker], claims);
    }

    /// @inheritdoc IWorkerRegistry
    function finishWithdrawal(address worker, address receiver) external onlyOperator(worker) returns (uint96 amount) {
        Claims memory claims = _claims[worker];
        if (claims.thawing == 0) revert WorkerRegistry_NoWithdrawal(worker);
        _requireThawed(claims.thawStart);
        Collateral storage held = _collaterals[worker];
        uint96 free = held.collateral - claims.reserved;
        amount = claims.thawing < free ? claims.thawing : free;
        if (amount == 0) revert WorkerRegistry_AllReserved(claims.reserved);
        claims.thawing -= amount;
        if (claims.thawing == 0) claims.thawStart = 0;
        _claims[worker] = claims;
        uint96 left = held.collateral - amount;
        held.collateral = left;
        emit Withdrawn(worker, receiver, amount, left, claims.thawing);
        vpha.safeTransfer(receiver, amount);
    }

    // OPERATOR

    /// @inheritdoc IWorkerRegistry
    function proposeOperator(address worker, address proposed) external onlyOperator(worker) {
        _requireStaying(worker, _workers[worker]);
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
        _requireStaying(worker, stored);
        address oldOperator = stored.operator;
        // Nobody shakes a switch off by another name.
        if (attestation.switchedOffUntil(SwitchKind.Operator, bytes32(bytes20(oldOperator))) != 0) {
            revert WorkerRegistry_OperatorSwitchedOff(oldOperator);
        }
        delete _proposedOperators[worker];
        stored.operator = proposed;
        emit OperatorChanged(worker, oldOperator, proposed);
    }

    // EXIT

    /// @inheritdoc IWorkerRegistry
    function requestExit(address worker) external onlyOperator(worker) {
        _requireStaying(worker, _workers[worker]);
        emit ExitRequested(worker, _leave(worker, WorkerState.Exiting));
    }

    /// @inheritdoc IWorkerRegistry
    function finishExit(address worker, address receiver) external onlyOperator(worker) returns (uint96 amount) {
        Worker storage stored = _workers[worker];
        WorkerState state = stored.state;
        Collateral storage held = _collaterals[worker];
        if (state != WorkerState.Exiting && (state != WorkerState.Removed || held.exitStart == 0)) {
            revert WorkerRegistry_WrongState(worker, _stateOf(worker));
        }
        _requireThawed(held.exitStart);
        Claims memory claims = _claims[worker];
        uint96 collateral = held.collateral;
        amount = collateral - claims.reserved;
        if (amount == 0 && collateral != 0) revert WorkerRegistry_AllReserved(claims.reserved);
        if (claims.thawing != 0) {
            (claims.thawing, claims.thawStart) = (0, 0);
            _claims[worker] = claims;
        }
        if (amount == collateral) {
            delete _collaterals[worker];
            if (state == WorkerState.Exiting) stored.state = WorkerState.Exited;
        } else {
            held.collateral = claims.reserved;
        }
        emit ExitPaid(worker, receiver, amount, claims.reserved);
        if (amount != 0) vpha.safeTransfer(receiver, amount);
    }

    /// @inheritdoc IWorkerRegistry
    function remove(address worker) external {
        Worker memory stored = _workers[worker];
        _requireStaying(worker, stored);
        if (!attestation.isConfirmedOff(worker, stored.operator)) revert WorkerRegistry_NotConfirmedOff(worker);
        emit WorkerRemoved(worker, _leave(worker, WorkerState.Removed));
    }

    // SLASHING

    /// @inheritdoc IWorkerRegistry
    function reserve(address worker, uint96 amount, uint40 faultAt) external {
        if (msg.sender != slashing) revert WorkerRegistry_NotSlashing(msg.sender);
        Worker storage stored = _workers[worker];
        if (stored.state == WorkerState.None) revert WorkerRegistry_UnknownWorker(worker);
        Collateral memory held = _collaterals[worker];
        if (held.exitStart != 0 && !_isLiable(held.exitStart, faultAt)) {
            revert WorkerRegistry_NotLiable(faultAt, held.exitStart + DISCOVERY);
        }
        Claims memory claims = _claims[worker];
        uint96 atRisk_ = _atRisk(held, claims, faultAt);
        if (amount > atRisk_) revert WorkerRegistry_ExceedsAtRisk(amount, atRisk_);
        claims.reserved += amount;
        _claims[worker] = claims;
        emit CollateralReserved(worker, amount, claims.reserved);
    }

    /// @inheritdoc IWorkerRegistry
    function release(address worker, uint96 amount) external {
        Claims memory claims = _free(worker, amount);
        _claims[worker] = claims;
        emit CollateralReleased(worker, amount, claims.reserved);
    }

    /// @inheritdoc IWorkerRegistry
    function slash(address worker, uint96 amount, address receiver, uint96 bounty, address reporter) external {
        Claims memory claims = _free(worker, amount);
        Collateral memory held = _collaterals[worker];
        // What is reserved was never paid out, so it is there.
        held.collateral -= amount;
        // The slash takes what stays before what thaws: less than that, and all of the thaw goes on.
        if (claims.thawing > held.collateral) claims.thawing = held.collateral;
        _claims[worker] = claims;
        _collaterals[worker] = held;
        _updateShort(worker, held, claims);
        emit WorkerSlashed(
            worker,
            amount,
            receiver,
            bounty,
            reporter,
            held.collateral,
            claims.thawing,
            claims.reserved
        );
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
        if (former != address(0)) _slashingRights[former] = SlashingRight.Former;
        _slashingRights[slashing_] = SlashingRight.Current;
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
        if (stored.state == WorkerState.None) return view_;
        Collateral memory held = _collaterals[worker];
        Claims memory claims = _claims[worker];
        (uint40 validUntil, Lapse lapse) = _lapseOf(worker, stored);
        view_ = WorkerView({
            operator: stored.operator,
            proposedOperator: _proposedOperators[worker],
            state: lapse == Lapse.None ? stored.state : WorkerState.Lapsed,
            lapse: lapse,
            model: _modelNames[stored.model],
            gpuCount: stored.gpuCount,
            weight: stored.weight,
            attestedBlock: stored.attestedBlock,
            validUntil: validUntil,
            collateral: held.collateral,
            required: held.required,
            thawing: claims.thawing,
            withdrawableAt: claims.thawing == 0 ? 0 : claims.thawStart + THAW,
            reserved: claims.reserved,
            exitAt: held.exitStart == 0 ? 0 : held.exitStart + THAW
        });
    }

    /// @inheritdoc IWorkerRegistry
    function operatorOf(address worker) external view returns (address) {
        return _workers[worker].operator;
    }

    /// @inheritdoc IWorkerRegistry
    function standingOf(address worker) external view returns (uint16 weight, uint40 validUntil) {
        Worker memory stored = _workers[worker];
        Lapse lapse;
        (validUntil, lapse) = _lapseOf(worker, stored);
        if (stored.state == WorkerState.Active && lapse == Lapse.None) weight = stored.weight;
    }

    /// @inheritdoc IWorkerRegistry
    function atRisk(address worker, uint40 faultAt) external view returns (uint96) {
        Collateral memory held = _collaterals[worker];
        if (held.exitStart != 0 && !_isLiable(held.exitStart, faultAt)) return 0;
        return _atRisk(held, _claims[worker], faultAt);
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
        uint40 validUntil;
        (worker, validUntil) = _attest(subject, quote);
        Worker memory stored = _workers[worker];
        if (stored.state != WorkerState.None) revert WorkerRegistry_AlreadyRegistered(worker, _stateOf(worker));
        (stored.operator, stored.state) = (subject.operator, WorkerState.Active);
        emit WorkerRegistered(worker, subject.operator, msg.sender);
        Collateral memory held;
        _describe(worker, stored, held, subject, quote.blockNumber, validUntil);
        if (collateral < held.required) revert WorkerRegistry_InsufficientCollateral(collateral, held.required);
        held.collateral = collateral;
        _workers[worker] = stored;
        _collaterals[worker] = held;
        emit CollateralAdded(worker, msg.sender, collateral, collateral);
        vpha.safeTransferFrom(msg.sender, address(this), collateral);
    }

    /// @dev After it the attestation registry's record of `worker` names this subject and block, and holds.
    function _attest(
        WorkerSubject calldata subject,
        WorkerQuote calldata quote
    ) private returns (address worker, uint40 validUntil) {
        AttestationStatus memory status;
        (worker, status) = attestation.attest(
            subjectHash(subject),
            quote.blockNumber,
            quote.signedData,
            quote.signatureData
        );
        if (status.state != AttestationState.Valid) revert WorkerRegistry_AttestationNotValid(worker);
        validUntil = status.validUntil;
    }

    /// @dev Writes into `stored` and `held` what the attestation says, and takes the GPUs.
    function _describe(
        address worker,
        Worker memory stored,
        Collateral memory held,
        WorkerSubject calldata subject,
        uint40 blockNumber,
        uint40 validUntil
    ) private {
        uint256 count = subject.gpuIds.length;
        if (count == 0 || count > MAX_GPUS) revert WorkerRegistry_InvalidGpuCount(count);
        ModelSlot memory model = _models[subject.model];
        if (!model.isListed) revert WorkerRegistry_UnknownModel(subject.model);
        for (uint256 i = 0; i < count; ++i) {
            _take(subject.gpuIds[i], worker, blockNumber);
        }
        (stored.attestedBlock, stored.hasLostGpu) = (blockNumber, false);
        (stored.model, stored.gpuCount) = (model.index, uint8(count));
        // At most 8 GPUs of the largest model: far from the ends of the types.
        unchecked {
            stored.weight = uint16(count * model.weight);
            held.required = uint96(count * model.collateral);
        }
        emit WorkerAttested(
            worker,
            subject.model,
            subject.gpuIds,
            subject.evidenceHash,
            stored.weight,
            held.required,
            blockNumber,
            validUntil
        );
    }

    function _take(bytes32 gpuId, address worker, uint40 blockNumber) private {
        Gpu memory gpu = _gpus[gpuId];
        if (gpuId == 0 || (gpu.holder == worker && gpu.attestedBlock == blockNumber)) {
            revert WorkerRegistry_InvalidGpu(gpuId);
        }
        if (gpu.holder != worker && gpu.holder != address(0)) {
            Worker memory holder = _workers[gpu.holder];
            if (_isNamed(gpu, holder)) {
                if (gpu.attestedBlock >= blockNumber) {
                    (, Lapse lapse) = _lapseOf(gpu.holder, holder);
                    if (lapse == Lapse.None) revert WorkerRegistry_GpuHeld(gpuId, gpu.holder);
                }
                _workers[gpu.holder].hasLostGpu = true;
                emit GpuTaken(gpuId, gpu.holder, worker);
            }
        }
        _gpus[gpuId] = Gpu(worker, blockNumber);
    }

    /// @dev Whether the holder is a worker that stays and its latest attestation names the GPU.
    function _isNamed(Gpu memory gpu, Worker memory holder) private pure returns (bool) {
        return holder.state == WorkerState.Active && gpu.attestedBlock == holder.attestedBlock;
    }

    // PRIVATE: STATE

    /// @dev Why a worker that stays is lapsed; `None` for all others.
    function _lapseOf(address worker, Worker memory stored) private view returns (uint40 validUntil, Lapse lapse) {
        if (stored.state != WorkerState.Active) return (0, Lapse.None);
        uint40 blockNumber;
        (validUntil, blockNumber) = attestation.standingOf(worker, stored.operator);
        if (stored.hasLostGpu) lapse = Lapse.GpuTaken;
        else if (stored.isShort)
            lapse = Lapse.Collateral;
            // Another block: the key has attested to something that is not known here yet.
        else if (validUntil == 0 || blockNumber != stored.attestedBlock) lapse = Lapse.Attestation;
    }

    function _stateOf(address worker) private view returns (WorkerState) {
        Worker memory stored = _workers[worker];
        (, Lapse lapse) = _lapseOf(worker, stored);
        return lapse == Lapse.None ? stored.state : WorkerState.Lapsed;
    }

    function _requireOperator(address worker) private view {
        address operator = _workers[worker].operator;
        if (operator == address(0)) revert WorkerRegistry_UnknownWorker(worker);
        if (msg.sender != operator) revert WorkerRegistry_NotOperator(msg.sender, operator);
    }

    function _requireStaying(address worker, Worker memory stored) private pure {
        if (stored.state == WorkerState.None) revert WorkerRegistry_UnknownWorker(worker);
        if (stored.state != WorkerState.Active) revert WorkerRegistry_WrongState(worker, stored.state);
    }

    /// @dev Writes `state`, starts the thaw of everything, and returns its end.
    function _leave(address worker, WorkerState state) private returns (uint40) {
        _workers[worker].state = state;
        _collaterals[worker].exitStart = uint40(block.timestamp);
        return uint40(block.timestamp) + THAW;
    }

    // PRIVATE: COLLATERAL

    function _addCollateral(address worker, uint96 amount) private {
        _requireStaying(worker, _workers[worker]);
        if (amount == 0) revert WorkerRegistry_ZeroAmount();
        Collateral memory held = _collaterals[worker];
        held.collateral += amount;
        _collaterals[worker] = held;
        _updateShort(worker, held, _claims[worker]);
        emit CollateralAdded(worker, msg.sender, amount, held.collateral);
        vpha.safeTransferFrom(msg.sender, address(this), amount);
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

    function _updateShort(address worker, Collateral memory held, Claims memory claims) private {
        bool isShort = held.collateral - claims.thawing < held.required;
        if (_workers[worker].isShort != isShort) _workers[worker].isShort = isShort;
    }

    function _requireThawed(uint40 start) private view {
        if (block.timestamp < start + THAW) revert WorkerRegistry_Thawing(start + THAW);
    }

    /// @dev The claims of `worker` with `amount` less reserved.
    function _free(address worker, uint96 amount) private view returns (Claims memory claims) {
        if (_slashingRights[msg.sender] == SlashingRight.None) revert WorkerRegistry_NotSlashing(msg.sender);
        claims = _claims[worker];
        if (amount > claims.reserved) revert WorkerRegistry_ExceedsReserved(amount, claims.reserved);
        claims.reserved -= amount;
    }

    /// @dev All that is neither reserved nor on its way out beyond reach.
    function _atRisk(Collateral memory held, Claims memory claims, uint40 faultAt) private view returns (uint96) {
        uint96 out = claims.reserved;
        if (claims.thawing != 0 && !_isLiable(claims.thawStart, faultAt)) out += claims.thawing;
        return out < held.collateral ? held.collateral - out : 0;
    }

    /// @dev Whether what began to thaw at `start` is liable for a fault at `faultAt` that is proposed now. A fault in the second of the
    /// request counts as before it: the service ended with it.
    function _isLiable(uint40 start, uint40 faultAt) private view returns (bool) {
        return faultAt <= start && block.timestamp <= start + DISCOVERY;
    }
}
