// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Looks at a contract before and after everything that happens, and reports what must not be.
interface IWatcher {
    function observe() external;
}

/// @title What handlers share: the actors, who watches, what succeeded, and what went wrong
/// @notice Handlers never revert on a violation, since the runner discards the state of a call that reverts: they
/// report it here, and the invariant reads it.
contract World {
    address[] private _actors;
    IWatcher[] private _watchers;
    mapping(bytes32 action => uint256) private _succeeded;
    mapping(uint256 invariantNumber => string) private _violations;

    /// @notice Successful actions of all handlers.
    uint256 public successes;
    /// @notice Calls that had to fail, and did.
    uint256 public refusals;

    error World_Violation(uint256 invariantNumber, string reason);

    constructor(address[] memory actors_) {
        _actors = actors_;
    }

    // ACTORS

    /// @notice An actor chosen by `seed`.
    function actor(uint256 seed) external view returns (address) {
        return _actors[seed % _actors.length];
    }

    /// @notice The one who comes `places` after the actor chosen by `seed`.
    function actorAfter(uint256 seed, uint256 places) external view returns (address) {
        return _actors[((seed % _actors.length) + places) % _actors.length];
    }

    function actors() external view returns (address[] memory) {
        return _actors;
    }

    // WATCHERS

    function watch(IWatcher watcher) external {
        _watchers.push(watcher);
    }

    /// @notice Lets every watcher look. Handlers call it before and after each call, and on both sides of a time jump.
    function observe() external {
        for (uint256 i = 0; i < _watchers.length; ++i) {
            _watchers[i].observe();
        }
    }

    // RECORD

    function countSuccess(string calldata action) external {
        ++_succeeded[keccak256(bytes(action))];
        ++successes;
    }

    function countRefusal() external {
        ++refusals;
    }

    /// @notice How often `action` succeeded.
    function succeeded(string calldata action) external view returns (uint256) {
        return _succeeded[keccak256(bytes(action))];
    }

    /// @notice Records that invariant number `invariantNumber` was seen broken. The first reason is kept.
    function report(uint256 invariantNumber, string calldata reason) external {
        if (bytes(_violations[invariantNumber]).length == 0) _violations[invariantNumber] = reason;
    }

    /// @notice Reverts with the reason if invariant number `invariantNumber` was ever seen broken.
    function requireNone(uint256 invariantNumber) external view {
        string memory reason = _violations[invariantNumber];
        if (bytes(reason).length != 0) revert World_Violation(invariantNumber, reason);
    }
}
