// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPhalaAuthority} from "./IPhalaAuthority.sol";
import {IVPHA} from "./IVPHA.sol";

/// @title The veto of the vPHA holders
/// @notice vPHA that is locked against a scheduled operation, a tenth of the supply at any time before it is executed, cancels it. Locked vPHA
/// goes on earning. It stays until the operation is gone (executed, cancelled or expired) and {COOLDOWN} longer, so that a share counts against one
/// operation only. Operations of the class tightening cannot be vetoed.
///
/// A veto is about a function: for {BARRED} after it, whatever the same caller had scheduled or schedules anew for the same function of the same
/// target can be cancelled by anyone ({bar}). Solidity ignores bytes after the arguments, so that one call has any number of ids; and the shares of
/// the first veto are free again before a second call is ready.
///
/// An operation is named by its id, Keccak-256 of (caller, target, data), and the nonce that the authority gave it when it was
/// scheduled; the same call scheduled again is another operation.
interface IVetoLock {
    // EVENTS

    /// @notice `account` has locked `amount` more; `total` is locked against the operation now.
    event Locked(
        bytes32 indexed operationId,
        uint32 indexed nonce,
        address indexed account,
        uint256 amount,
        uint256 total
    );
    /// @notice The operation was cancelled: `total` of `supply` were locked against it.
    event Vetoed(bytes32 indexed operationId, uint32 indexed nonce, uint256 total, uint256 supply);
    /// @notice The operation was cancelled because a veto of {BARRED} ago at most was about the same function.
    event Barred(bytes32 indexed operationId, uint32 indexed nonce);
    /// @notice The operation is known to be gone: what is locked is free from `freeAt` (unix seconds) on.
    event Ended(bytes32 indexed operationId, uint32 indexed nonce, uint256 freeAt);
    /// @notice `account` has taken its `amount` back.
    event Unlocked(bytes32 indexed operationId, uint32 indexed nonce, address indexed account, uint256 amount);

    // ERRORS

    error VetoLock_ZeroAmount();
    /// @notice Nothing of that id waits: it was never scheduled, or is executed, cancelled or expired.
    error VetoLock_NotScheduled(bytes32 operationId);
    /// @notice The class of the function cannot be vetoed.
    error VetoLock_NotVetoable(address target, bytes4 selector);
    /// @notice `locked` is less than the `needed` tenth of the supply.
    error VetoLock_BelowThreshold(uint256 locked, uint256 needed);
    /// @notice No veto of this function reaches what was scheduled at `scheduledAt`; the last one reaches until `barredUntil`.
    error VetoLock_NotBarred(uint256 scheduledAt, uint256 barredUntil);
    /// @notice The operation still waits.
    error VetoLock_StillScheduled(bytes32 operationId, uint32 nonce);
    /// @notice What is locked is free from `freeAt` (unix seconds) on.
    error VetoLock_StillLocked(uint256 freeAt);
    error VetoLock_NothingLocked(bytes32 operationId, uint32 nonce, address account);

    // ACTIONS

    /// @notice Locks `amount` of the caller's vPHA against the operation that `caller` scheduled: a call of `target` with `data`. Cancels it if
    /// that reaches the threshold.
    /// @return operationId The operation. @return nonce Which of those with this id.
    function lock(
        address caller,
        address target,
        bytes calldata data,
        uint256 amount
    ) external returns (bytes32 operationId, uint32 nonce);

    /// @notice {lock} with an ERC-2612 permit of the caller's vPHA; an absent or used one does no harm if the allowance is there.
    function lockWithPermit(
        address caller,
        address target,
        bytes calldata data,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (bytes32 operationId, uint32 nonce);

    /// @notice Cancels the operation. By anyone, when what is locked reaches the threshold because the supply has fallen.
    function veto(address caller, address target, bytes calldata data) external;

    /// @notice Cancels an operation that was scheduled before {barredUntil} of its function. By anyone; no share is needed.
    function bar(address caller, address target, bytes calldata data) external;

    /// @notice Records that the operation is gone: {COOLDOWN} runs from now, or from when it expired if that was earlier. By anyone, once.
    function end(bytes32 operationId, uint32 nonce) external;

    /// @notice Sends `receiver` what the caller has locked; records first that the operation is gone, if nobody has.
    /// @return amount Zero if the time only begins to run now.
    function unlock(bytes32 operationId, uint32 nonce, address receiver) external returns (uint256 amount);

    // VIEWS

    /// @notice Seconds for which vPHA stays locked after its operation is gone.
    function COOLDOWN() external view returns (uint256);

    /// @notice Seconds after a veto in which its caller cannot put the function on the schedule again.
    function BARRED() external view returns (uint256);

    /// @notice What `caller` has scheduled for the function until then (unix seconds) can be cancelled; zero if no veto was about it.
    function barredUntil(address caller, address target, bytes4 selector) external view returns (uint256);

    function authority() external view returns (IPhalaAuthority);

    function vpha() external view returns (IVPHA);

    /// @notice Wei of vPHA that cancel an operation now: a tenth of the supply, rounded up.
    function threshold() external view returns (uint256);

    /// @notice Wei of vPHA locked against the operation.
    function lockedAgainst(bytes32 operationId, uint32 nonce) external view returns (uint256);

    /// @notice Wei of vPHA that `account` has locked against it.
    function lockedBy(bytes32 operationId, uint32 nonce, address account) external view returns (uint256);

    /// @notice When what is locked is free (unix seconds), at the latest; earlier if {end} is called earlier.
    function freeAt(bytes32 operationId, uint32 nonce) external view returns (uint256);
}
