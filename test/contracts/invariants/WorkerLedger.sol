// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {WorkerSubject} from "../../../contracts/types/Worker.sol";
import {Test} from "../harness/Test.sol";
import {AttestationLedger} from "./AttestationLedger.sol";

enum Life {
    None,
    Staying,
    Exiting,
    Exited,
    Removed
}

/// @notice All that should be known of one worker.
struct Machine {
    address worker;
    address operator;
    address proposed;
    Life life;
    bool hasLostGpu;
    uint256 weight;
    uint256 required;
    uint256 attestedBlock;
    uint256 validUntil;
    uint256 stamp;
    uint256 leaseFrom;
    uint256 collateral;
    uint256 thawing;
    uint256 thawStart;
    uint256 reserved;
    uint256 exitStart;
}

/// @title An account of the workers, kept by the handlers from what they did
/// @notice Written in plain steps, and shared by all handlers of the compute contracts: slashes change what the operators get.
contract WorkerLedger is Test {
    uint256 public constant MACHINES = 10;
    uint256 private constant _THAW = 1_814_400;
    uint256 private constant _DISCOVERY = 604_800;
    uint256 private constant _GPU_MOVE = 21_600;

    AttestationLedger public immutable attestations;

    Machine[] private _machines;
    uint256[] private _keys;
    mapping(address worker => uint256) public numberOf;
    mapping(uint256 number => bytes32[]) private _gpuIds;
    /// @dev Number of the machine that the GPU belongs to, plus one.
    mapping(bytes32 gpuId => uint256) private _ownerOf;
    /// @dev Number of the machine that attested the GPU last, plus one: whatever has become of it.
    mapping(bytes32 gpuId => uint256) private _lastOf;

    /// @notice vPHA sent to the registry without being asked for.
    uint256 public donated;

    constructor(AttestationLedger attestations_) {
        attestations = attestations_;
        for (uint256 i = 0; i < MACHINES; ++i) {
            _keys.push(uint256(keccak256(abi.encode("machine", i))));
            _machines.push().worker = vm.addr(_keys[i]);
            numberOf[_machines[i].worker] = i;
        }
    }

    // VIEWS

    function machine(uint256 number) public view returns (Machine memory) {
        return _machines[number];
    }

    function addressOf(uint256 number) external view returns (address) {
        return _machines[number].worker;
    }

    function keyOf(uint256 number) external view returns (uint256) {
        return _keys[number];
    }

    function gpuIdsOf(uint256 number) external view returns (bytes32[] memory) {
        return _gpuIds[number];
    }

    /// @notice The first machine in this state of life, from a random one on.
    function find(uint256 seed, Life life) external view returns (bool, uint256) {
        for (uint256 i = 0; i < MACHINES; ++i) {
            uint256 number = ((seed % MACHINES) + i) % MACHINES;
            if (_machines[number].life == life) return (true, number);
        }
        return (false, 0);
    }

    function collateralOfAll() external view returns (uint256 total) {
        for (uint256 i = 0; i < MACHINES; ++i) {
            total += _machines[i].collateral;
        }
    }

    /// @notice Whether nothing is decided against the machine and `operator`, stamped or not.
    function isTrusted(uint256 number, address operator) public view returns (bool) {
        return attestations.isOn(_machines[number].worker, operator);
    }

    /// @notice Whether the attestation that the worker registry knows holds, and until when. A newer one that it has not seen
    /// counts against the machine once there was a decision.
    function attestationOf(uint256 number) public view returns (bool holds, uint256 validUntil) {
        Machine memory m = _machines[number];
        validUntil = m.validUntil;
        bool isLatest = isStamped(number) || _isNamed(m);
        holds = block.timestamp < validUntil && isLatest && isTrusted(number, m.operator);
    }

    /// @notice Whether there was no decision since the attestation was judged.
    function isStamped(uint256 number) public view returns (bool) {
        return _machines[number].life != Life.None && _machines[number].stamp == attestations.epoch();
    }

    /// @notice Whether a GPU came from another machine less than six hours ago.
    function isWaiting(uint256 number) public view returns (bool) {
        return block.timestamp < _machines[number].leaseFrom;
    }

    /// @notice Whether a worker may have a lease.
    function isActive(uint256 number) public view returns (bool) {
        Machine memory m = _machines[number];
        (bool holds, ) = attestationOf(number);
        bool isCovered = m.collateral >= m.required + m.thawing;
        return m.life == Life.Staying && holds && !m.hasLostGpu && isCovered && !isWaiting(number);
    }

    /// @notice Whether an attestation at `blockNumber` gets all of these GPUs.
    function canTake(uint256 number, bytes32[] memory gpuIds, uint256 blockNumber) external view returns (bool) {
        for (uint256 i = 0; i < gpuIds.length; ++i) {
            uint256 owner = _ownerOf[gpuIds[i]];
            if (owner == 0 || owner == number + 1 || _machines[owner - 1].life != Life.Staying) continue;
            if (_machines[owner - 1].attestedBlock >= blockNumber && isActive(owner - 1)) return false;
        }
        return true;
    }

    /// @notice What a fault at `faultAt` can still take: what is held, less what other proposals hold, less what was on its way out
    /// before the fault, or for longer than a week.
    function atRisk(uint256 number, uint256 faultAt) external view returns (uint256) {
        Machine memory m = _machines[number];
        if (m.exitStart != 0 && !_isLiable(m.exitStart, faultAt)) return 0;
        uint256 free = m.reserved;
        if (m.thawing != 0 && !_isLiable(m.thawStart, faultAt)) free += m.thawing;
        return free >= m.collateral ? 0 : m.collateral - free;
    }

    /// @notice What an exit or a removal pays now: all that is not reserved, once it has thawed.
    function exitPayment(uint256 number) external view returns (bool allowed, uint256 amount) {
        Machine memory m = _machines[number];
        if (m.exitStart == 0 || block.timestamp < m.exitStart + _THAW) return (false, 0);
        amount = m.collateral - m.reserved;
        allowed = amount != 0 || m.collateral == 0;
    }

    /// @notice What a withdrawal pays now.
    function withdrawalPayment(uint256 number) external view returns (bool allowed, uint256 amount) {
        Machine memory m = _machines[number];
        if (m.thawing == 0 || block.timestamp < m.thawStart + _THAW) return (false, 0);
        amount = m.collateral - m.reserved;
        if (amount > m.thawing) amount = m.thawing;
        allowed = amount != 0;
    }

    // RECORD

    function recordRegistered(uint256 number, address operator, uint256 collateral) external {
        Machine storage m = _machines[number];
        (m.operator, m.life, m.collateral) = (operator, Life.Staying, collateral);
    }

    function recordAttested(
        uint256 number,
        WorkerSubject memory subject,
        uint256 blockNumber,
        uint256 collateralPerGpu,
        uint256 weightPerGpu
    ) external {
        uint256 count = subject.gpuIds.length;
        bytes32[] memory before = _gpuIds[number];
        for (uint256 i = 0; i < before.length; ++i) {
            if (_ownerOf[before[i]] == number + 1) _ownerOf[before[i]] = 0;
        }
        Machine storage m = _machines[number];
        for (uint256 i = 0; i < count; ++i) {
            bytes32 gpuId = subject.gpuIds[i];
            if (_ownerOf[gpuId] != 0) _machines[_ownerOf[gpuId] - 1].hasLostGpu = true;
            if (_lastOf[gpuId] != 0 && _lastOf[gpuId] != number + 1) m.leaseFrom = block.timestamp + _GPU_MOVE;
            (_ownerOf[gpuId], _lastOf[gpuId]) = (number + 1, number + 1);
        }
        _gpuIds[number] = subject.gpuIds;
        uint256 until = attestations.evidenceOf(m.worker).validUntil;
        // Full hours only.
        (m.validUntil, m.stamp) = (until - (until % 1 hours), attestations.epoch());
        (m.attestedBlock, m.hasLostGpu) = (blockNumber, false);
        (m.required, m.weight) = (count * collateralPerGpu, count * weightPerGpu);
    }

    /// @notice What is judged again: the latest attestation, if nothing is decided against it.
    function recordRestamped(uint256 number) external {
        Machine storage m = _machines[number];
        bool holds = attestations.holds(m.worker) && !attestations.isOperatorOff(m.operator);
        if (holds && _isNamed(m)) m.stamp = attestations.epoch();
    }

    function recordAdded(uint256 number, uint256 amount) external {
        _machines[number].collateral += amount;
    }

    function recordThaw(uint256 number, uint256 amount) external {
        (_machines[number].thawing, _machines[number].thawStart) = (amount, amount == 0 ? 0 : block.timestamp);
    }

    function recordWithdrawn(uint256 number, uint256 amount) external {
        Machine storage m = _machines[number];
        m.collateral -= amount;
        m.thawing -= amount;
        if (m.thawing == 0) m.thawStart = 0;
    }

    function recordProposedOperator(uint256 number, address proposed) external {
        _machines[number].proposed = proposed;
    }

    function recordOperator(uint256 number) external {
        (_machines[number].operator, _machines[number].proposed) = (_machines[number].proposed, address(0));
    }

    function recordLeft(uint256 number, Life life) external {
        (_machines[number].life, _machines[number].exitStart) = (life, block.timestamp);
        bytes32[] memory gpuIds = _gpuIds[number];
        for (uint256 i = 0; i < gpuIds.length; ++i) {
            if (_ownerOf[gpuIds[i]] == number + 1) _ownerOf[gpuIds[i]] = 0;
        }
    }

    function recordExitPaid(uint256 number, uint256 amount) external {
        Machine storage m = _machines[number];
        m.collateral -= amount;
        (m.thawing, m.thawStart) = (0, 0);
        if (m.collateral != 0) return;
        m.exitStart = 0;
        m.required = 0;
        if (m.life == Life.Exiting) m.life = Life.Exited;
    }

    function recordReserved(uint256 number, uint256 amount) external {
        _machines[number].reserved += amount;
    }

    function recordReleased(uint256 number, uint256 amount) external {
        _machines[number].reserved -= amount;
    }

    function recordSlashed(uint256 number, uint256 amount) external {
        Machine storage m = _machines[number];
        m.reserved -= amount;
        m.collateral -= amount;
        if (m.thawing > m.collateral) m.thawing = m.collateral;
    }

    function recordDonated(uint256 amount) external {
        donated += amount;
    }

    /// @dev Whether the last quote that was taken is that of the machine's latest attestation here.
    function _isNamed(Machine memory m) private view returns (bool) {
        return attestations.evidenceOf(m.worker).blockNumber == m.attestedBlock;
    }

    function _isLiable(uint256 start, uint256 faultAt) private view returns (bool) {
        return faultAt <= start && block.timestamp <= start + _DISCOVERY;
    }
}
