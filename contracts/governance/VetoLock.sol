// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IPhalaAuthority} from "../interfaces/IPhalaAuthority.sol";
import {IVPHA} from "../interfaces/IVPHA.sol";
import {IVetoLock} from "../interfaces/IVetoLock.sol";
import {VETO_ROLE_ID} from "../types/DelayClass.sol";

/// @title VetoLock
/// @notice See {IVetoLock}. Nobody has any power over it.
/// @dev What holds:
/// 1. Its vPHA is at least Σ of what accounts have locked.
/// 2. A share is locked against one operation until that is gone and {COOLDOWN} longer, whether it was vetoed or not.
/// 3. Whatever happens to the authority, all is free {COOLDOWN} after the operation would have expired.
contract VetoLock is IVetoLock {
    using SafeERC20 for IERC20;

    /// @dev Two slots. `expiry` is when the operation expires, `endedAt` when it was seen to be gone; unix seconds.
    struct Tally {
        uint256 locked;
        uint48 expiry;
        uint48 endedAt;
    }

    // CONSTANTS

    /// @inheritdoc IVetoLock
    uint256 public constant COOLDOWN = 7 days;
    /// @inheritdoc IVetoLock
    uint256 public constant BARRED = COOLDOWN + 1 days;
    /// @dev 10 % of the supply.
    uint256 private constant _THRESHOLD_DIVISOR = 10;

    // IMMUTABLES

    /// @inheritdoc IVetoLock
    IPhalaAuthority public immutable authority;
    /// @inheritdoc IVetoLock
    IVPHA public immutable vpha;

    // STORAGE

    mapping(bytes32 operationId => mapping(uint32 nonce => Tally)) private _tallies;
    /// @inheritdoc IVetoLock
    mapping(bytes32 operationId => mapping(uint32 nonce => mapping(address account => uint256))) public lockedBy;

    /// @inheritdoc IVetoLock
    mapping(address caller => mapping(address target => mapping(bytes4 selector => uint256))) public barredUntil;

    // CONSTRUCTOR

    constructor(IPhalaAuthority authority_, IVPHA vpha_) {
        authority = authority_;
        vpha = vpha_;
    }

    // VIEWS

    /// @inheritdoc IVetoLock
    function threshold() public view returns (uint256) {
        return Math.ceilDiv(vpha.totalSupply(), _THRESHOLD_DIVISOR);
    }

    /// @inheritdoc IVetoLock
    function lockedAgainst(bytes32 operationId, uint32 nonce) external view returns (uint256) {
        return _tallies[operationId][nonce].locked;
    }

    /// @inheritdoc IVetoLock
    function freeAt(bytes32 operationId, uint32 nonce) external view returns (uint256) {
        return _freeAt(_tallies[operationId][nonce]);
    }

    // ACTIONS

    /// @inheritdoc IVetoLock
    function lockWithPermit(
        address caller,
        address target,
        bytes calldata data,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (bytes32 operationId, uint32 nonce) {
        // Whoever submitted it first did the caller's work; what counts is the allowance.
        try IERC20Permit(address(vpha)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        return lock(caller, target, data, amount);
    }

    /// @inheritdoc IVetoLock
    function lock(
        address caller,
        address target,
        bytes calldata data,
        uint256 amount
    ) public returns (bytes32 operationId, uint32 nonce) {
        if (amount == 0) revert VetoLock_ZeroAmount();
        uint48 readyAt;
        (operationId, nonce, readyAt) = _scheduled(caller, target, data);
        uint64 roleId = authority.getTargetFunctionRole(target, bytes4(data));
        if (authority.getRoleGuardian(roleId) != VETO_ROLE_ID) revert VetoLock_NotVetoable(target, bytes4(data));

        Tally storage tally = _tallies[operationId][nonce];
        if (tally.expiry == 0) tally.expiry = readyAt + authority.expiration();
        uint256 total = tally.locked + amount;
        tally.locked = total;
        lockedBy[operationId][nonce][msg.sender] += amount;
        IERC20(address(vpha)).safeTransferFrom(msg.sender, address(this), amount);
        emit Locked(operationId, nonce, msg.sender, amount, total);

        uint256 supply = vpha.totalSupply();
        if (total >= Math.ceilDiv(supply, _THRESHOLD_DIVISOR)) _veto(caller, target, data, operationId, nonce);
    }

    /// @inheritdoc IVetoLock
    function veto(address caller, address target, bytes calldata data) external {
        (bytes32 operationId, uint32 nonce, ) = _scheduled(caller, target, data);
        uint256 locked = _tallies[operationId][nonce].locked;
        uint256 needed = threshold();
        if (locked < needed || locked == 0) revert VetoLock_BelowThreshold(locked, needed);
        _veto(caller, target, data, operationId, nonce);
    }

    /// @inheritdoc IVetoLock
    function bar(address caller, address target, bytes calldata data) external {
        (bytes32 operationId, uint32 nonce, ) = _scheduled(caller, target, data);
        uint256 scheduledAt = authority.scheduledAt(operationId);
        uint256 until = barredUntil[caller][target][bytes4(data)];
        if (scheduledAt > until) revert VetoLock_NotBarred(scheduledAt, until);
        authority.cancel(caller, target, data);
        emit Barred(operationId, nonce);
        _end(_tallies[operationId][nonce], operationId, nonce);
    }

    /// @inheritdoc IVetoLock
    function end(bytes32 operationId, uint32 nonce) external {
        Tally storage tally = _tallies[operationId][nonce];
        if (!_end(tally, operationId, nonce)) revert VetoLock_StillScheduled(operationId, nonce);
    }

    /// @inheritdoc IVetoLock
    function unlock(bytes32 operationId, uint32 nonce, address receiver) external returns (uint256 amount) {
        amount = lockedBy[operationId][nonce][msg.sender];
        if (amount == 0) revert VetoLock_NothingLocked(operationId, nonce, msg.sender);
        Tally storage tally = _tallies[operationId][nonce];
        bool wasKnown = tally.endedAt != 0;
        if (!_end(tally, operationId, nonce)) revert VetoLock_StillScheduled(operationId, nonce);
        uint256 free = _freeAt(tally);
        if (block.timestamp < free) {
            if (wasKnown) revert VetoLock_StillLocked(free);
            // The time begins to run: that must not be undone.
            return 0;
        }
        delete lockedBy[operationId][nonce][msg.sender];
        tally.locked -= amount;
        IERC20(address(vpha)).safeTransfer(receiver, amount);
        emit Unlocked(operationId, nonce, msg.sender, amount);
    }

    // INTERNAL

    function _veto(address caller, address target, bytes calldata data, bytes32 operationId, uint32 nonce) private {
        authority.cancel(caller, target, data);
        barredUntil[caller][target][bytes4(data)] = block.timestamp + BARRED;
        Tally storage tally = _tallies[operationId][nonce];
        emit Vetoed(operationId, nonce, tally.locked, vpha.totalSupply());
        _end(tally, operationId, nonce);
    }

    /// @dev Whether the operation is gone; records when, the first time it is seen.
    function _end(Tally storage tally, bytes32 operationId, uint32 nonce) private returns (bool) {
        if (tally.endedAt != 0) return true;
        // Never locked against: nothing to record.
        if (tally.expiry == 0) return false;
        bool isThere = authority.getNonce(operationId) == nonce && authority.getSchedule(operationId) != 0;
        if (isThere) return false;
        tally.endedAt = uint48(Math.min(block.timestamp, tally.expiry));
        emit Ended(operationId, nonce, _freeAt(tally));
        return true;
    }

    function _freeAt(Tally storage tally) private view returns (uint256) {
        if (tally.expiry == 0) return 0;
        return (tally.endedAt == 0 ? tally.expiry : tally.endedAt) + COOLDOWN;
    }

    function _scheduled(
        address caller,
        address target,
        bytes calldata data
    ) private view returns (bytes32 operationId, uint32 nonce, uint48 readyAt) {
        operationId = authority.hashOperation(caller, target, data);
        readyAt = authority.getSchedule(operationId);
        if (readyAt == 0) revert VetoLock_NotScheduled(operationId);
        nonce = authority.getNonce(operationId);
    }
}
