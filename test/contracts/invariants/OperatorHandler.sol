// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAttestationRegistry, SwitchKind} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {WorkerQuote, WorkerSubject} from "../../../contracts/types/Worker.sol";
import {Platform, VerifierStandIn} from "../harness/VerifierStandIn.sol";
import {Handler} from "./Handler.sol";
import {World} from "./World.sol";

/// @title Operators whose workers come when they can, and leave whenever they like
contract OperatorHandler is Handler {
    struct Machine {
        address worker;
        address operator;
        Platform platform;
        uint256 collateral;
        uint256 thawing;
        uint256 thawedAt;
        uint256 exitAt;
    }

    uint256 private constant _MACHINES = 8;

    IWorkerRegistry private immutable _registry;
    IAttestationRegistry private immutable _attestation;
    IERC20 private immutable _vpha;
    VerifierStandIn private immutable _verifier;
    bytes32 private immutable _model;
    /// @dev Collateral of a machine.
    uint256 private immutable _required;
    /// @dev By kind, two each: what workers are on, and what the guardian switches off.
    bytes32[][] private _switchIds;
    /// @dev Those that have not left.
    Machine[] private _machines;
    uint256 private _count;

    constructor(World world_, IWorkerRegistry registry, bytes32[][] memory switchIds) Handler(world_) {
        (_registry, _switchIds) = (registry, switchIds);
        (_attestation, _vpha) = (registry.attestation(), registry.vpha());
        _verifier = VerifierStandIn(address(_attestation.verifier()));
        _model = registry.models()[0];
        _required = registry.modelOf(_model).collateral;
    }

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](5);
        list[0] = this.register.selector;
        list[1] = this.withdraw.selector;
        list[2] = this.finishWithdrawal.selector;
        list[3] = this.requestExit.selector;
        list[4] = this.finishExit.selector;
    }

    // COMING

    /// @notice A new machine each time, with one GPU of its own, by an actor who has vPHA.
    function register(uint256 a, uint256 b, uint256 c) external {
        Machine memory m;
        uint256 balance;
        for (uint256 i = 0; balance < _required; ++i) {
            if (_machines.length == _MACHINES || i == world.actors().length) return;
            m.operator = world.actor((a % _MACHINES) + i);
            balance = _vpha.balanceOf(m.operator);
        }
        m.worker = address(uint160(uint256(keccak256(abi.encode("worker", ++_count)))));
        m.platform = Platform({
            ppid: bytes8(_idOf(SwitchKind.Ppid, c)),
            fmspc: bytes6(_idOf(SwitchKind.Fmspc, c >> 1)),
            tdxModule: bytes8(_idOf(SwitchKind.TdxModule, c >> 2)),
            image: (c >> 3) % 2,
            serial: 0,
            tcbDay: 0,
            until: uint40(block.timestamp + 30 days)
        });
        m.collateral = _required + spread(b, 0, balance < 2 * _required ? balance - _required : _required);
        // Attestations end in 2106.
        bool isAllowed =
            block.timestamp >= _registry.registrationsPausedUntil() &&
                !_isOff(m) &&
                block.timestamp <= type(uint32).max;
        (WorkerSubject memory subject, WorkerQuote memory quote) = _quote(m);
        bytes memory data = abi.encodeCall(_registry.register, (subject, quote, uint96(m.collateral)));
        (bool success, ) = _do("register", m.operator, address(_registry), data, isAllowed);
        if (success) _machines.push(m);
    }

    // LEAVING

    /// @notice Of what is more than required, some.
    function withdraw(uint256 a, uint256 b, uint256) external {
        for (uint256 i = 0; i < _machines.length; ++i) {
            Machine storage m = _machines[((a % _machines.length) + i) % _machines.length];
            if (m.exitAt != 0 || m.thawing != 0 || m.collateral <= _required) continue;
            uint256 amount = spread(b, 1, m.collateral - _required);
            bytes memory data = abi.encodeCall(_registry.withdraw, (m.worker, uint96(amount)));
            (bool success, ) = _do(_name("withdraw", m), m.operator, address(_registry), data, true);
            _check(5, success, "collateral could not be withdrawn");
            if (success) (m.thawing, m.thawedAt) = (amount, block.timestamp + 21 days);
            return;
        }
    }

    /// @notice The first that has thawed.
    function finishWithdrawal(uint256, uint256, uint256) external {
        for (uint256 i = 0; i < _machines.length; ++i) {
            Machine storage m = _machines[i];
            if (m.thawing == 0 || block.timestamp < m.thawedAt) continue;
            bytes memory data = abi.encodeCall(_registry.finishWithdrawal, (m.worker, m.operator));
            if (_payOut("finishWithdrawal", m, data, m.thawing))
                (m.collateral, m.thawing) = (m.collateral - m.thawing, 0);
            return;
        }
    }

    /// @notice Not always, so that there are workers.
    function requestExit(uint256 a, uint256 b, uint256) external {
        if (b % 2 != 0) return;
        for (uint256 i = 0; i < _machines.length; ++i) {
            Machine storage m = _machines[((a % _machines.length) + i) % _machines.length];
            if (m.exitAt != 0) continue;
            _requestExit(m);
            return;
        }
    }

    /// @notice The first that is due.
    function finishExit(uint256, uint256, uint256) external {
        for (uint256 i = 0; i < _machines.length; ++i) {
            Machine storage m = _machines[i];
            if (m.exitAt == 0 || block.timestamp < m.exitAt) continue;
            bytes memory data = abi.encodeCall(_registry.finishExit, (m.worker, m.operator));
            if (!_payOut("finishExit", m, data, m.collateral)) return;
            _machines[i] = _machines[_machines.length - 1];
            _machines.pop();
            return;
        }
    }

    /// @notice Lets every worker leave, with all of its collateral. For a caller that undoes it.
    function leaveAll() external {
        uint256 count = _machines.length;
        for (uint256 i = 0; i < count; ++i) {
            if (_machines[i].exitAt == 0) _requestExit(_machines[i]);
        }
        vm.warp(block.timestamp + 21 days);
        for (uint256 i = 0; i < count; ++i) {
            this.finishWithdrawal(0, 0, 0);
        }
        for (uint256 i = 0; i < count; ++i) {
            this.finishExit(0, 0, 0);
        }
        vm.assertEq(_machines.length, 0, "a worker is left");
        vm.assertEq(_vpha.balanceOf(address(_registry)), 0, "collateral is left");
    }

    // INTERNAL

    function _requestExit(Machine storage m) private {
        bytes memory data = abi.encodeCall(_registry.requestExit, (m.worker));
        (bool success, ) = _do(_name("requestExit", m), m.operator, address(_registry), data, true);
        _check(5, success, "a worker's exit could not be requested");
        if (success) m.exitAt = block.timestamp + 21 days;
    }

    /// @dev What is due is paid, to the wei.
    function _payOut(
        string memory action,
        Machine storage m,
        bytes memory data,
        uint256 amount
    ) private returns (bool success) {
        uint256 before = _vpha.balanceOf(m.operator);
        (success, ) = _do(_name(action, m), m.operator, address(_registry), data, true);
        bool isPaid = _vpha.balanceOf(m.operator) == before + amount;
        _check(5, success && isPaid, "collateral that had thawed was not paid, or another amount");
    }

    /// @dev A quote that names the last block.
    function _quote(Machine memory m) private returns (WorkerSubject memory subject, WorkerQuote memory quote) {
        vm.roll(block.number + 1);
        subject.operator = m.operator;
        subject.model = _model;
        subject.gpuIds = new bytes32[](1);
        subject.gpuIds[0] = keccak256(abi.encode("gpu", _count));
        quote.blockNumber = uint40(block.number - 1);
        bytes32 hash = _registry.subjectHash(subject);
        bytes32 commit = _attestation.commitOf(hash, quote.blockNumber, blockhash(quote.blockNumber));
        (quote.signedData, quote.signatureData) = _verifier.issue(m.platform, m.worker, commit);
    }

    /// @dev Successes are counted apart while the worker is switched off, or registrations are paused.
    function _name(string memory action, Machine memory m) private view returns (string memory) {
        if (_isOff(m)) return string.concat(action, "UnderSwitch");
        if (block.timestamp < _registry.registrationsPausedUntil()) return string.concat(action, "UnderPause");
        return action;
    }

    /// @dev Whether anything that its quote shows, or its operator, is switched off.
    function _isOff(Machine memory m) private view returns (bool) {
        return
            _isOff(SwitchKind.Ppid, m.platform.ppid) ||
            _isOff(SwitchKind.Fmspc, m.platform.fmspc) ||
            _isOff(SwitchKind.TdxModule, m.platform.tdxModule) ||
            _isOff(SwitchKind.Workload, _idOf(SwitchKind.Workload, m.platform.image)) ||
            _isOff(SwitchKind.Operator, bytes20(m.operator));
    }

    function _isOff(SwitchKind kind, bytes32 id) private view returns (bool) {
        return _attestation.switchedOffUntil(kind, id) != 0;
    }

    function _idOf(SwitchKind kind, uint256 seed) private view returns (bytes32) {
        return _switchIds[uint8(kind)][seed % 2];
    }
}
