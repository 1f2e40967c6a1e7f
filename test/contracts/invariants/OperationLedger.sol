// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What governance may decide here.
enum Decision {
    SetModel,
    RemoveModel,
    SetCeiling,
    ReplaceSink,
    SetSlashing,
    SetLimits,
    ConfirmSwitch,
    LiftSwitch,
    AllowImage,
    AllowShape,
    RemoveImage,
    RemoveShape,
    RaiseFloors,
    SetFloors,
    SetVerifier,
    Appoint,
    Dismiss,
    OpenStream,
    CloseBudget
}

enum OperationState {
    Waiting,
    Executed,
    Cancelled
}

/// @notice A call that waits, or has waited. `nonce` counts how often it was scheduled.
struct Operation {
    Decision decision;
    OperationState state;
    address caller;
    address target;
    bytes data;
    bytes32 id;
    uint256 nonce;
    uint256 scheduledAt;
    uint256 readyAt;
}

/// @title An account of all that was scheduled
/// @notice Kept by the handlers from what they did; it never asks the authority.
contract OperationLedger {
    uint256 private constant _WINDOW = 1_209_600;

    Operation[] private _operations;
    /// @notice How often an operation was scheduled.
    mapping(bytes32 id => uint256) public nonceOf;
    /// @dev Number, plus one, of the operation that was scheduled last with this id.
    mapping(bytes32 id => uint256) private _lastOf;

    function length() external view returns (uint256) {
        return _operations.length;
    }

    function operation(uint256 i) external view returns (Operation memory) {
        return _operations[i];
    }

    /// @notice As the authority names it.
    function idOf(address caller, address target, bytes memory data) public pure returns (bytes32) {
        return keccak256(abi.encode(caller, target, data));
    }

    /// @notice Whether it is scheduled, ready or not.
    function isWaiting(uint256 i) public view returns (bool) {
        Operation storage o = _operations[i];
        return o.state == OperationState.Waiting && block.timestamp < o.readyAt + _WINDOW;
    }

    /// @notice Whether it may be executed.
    function isReady(uint256 i) external view returns (bool) {
        return isWaiting(i) && block.timestamp >= _operations[i].readyAt;
    }

    /// @notice When an operation with this id will be ready; zero if none is scheduled.
    function scheduleOf(bytes32 id) public view returns (uint256) {
        uint256 last = _lastOf[id];
        return last == 0 || !isWaiting(last - 1) ? 0 : _operations[last - 1].readyAt;
    }

    /// @notice The first that waits, from a random one on.
    function findWaiting(uint256 seed) external view returns (bool, uint256) {
        for (uint256 i = 0; i < _operations.length; ++i) {
            uint256 number = ((seed % _operations.length) + i) % _operations.length;
            if (isWaiting(number)) return (true, number);
        }
        return (false, 0);
    }

    /// @notice The first that is over and is not scheduled again, from a random one on.
    function findGone(uint256 seed) external view returns (bool, uint256) {
        for (uint256 i = 0; i < _operations.length; ++i) {
            uint256 number = ((seed % _operations.length) + i) % _operations.length;
            if (scheduleOf(_operations[number].id) == 0) return (true, number);
        }
        return (false, 0);
    }

    // RECORD

    function add(
        Decision decision,
        address caller,
        address target,
        bytes memory data,
        uint256 readyAt
    ) external returns (uint256 number) {
        bytes32 id = idOf(caller, target, data);
        number = _operations.length;
        _lastOf[id] = number + 1;
        _operations.push(
            Operation({
                decision: decision,
                state: OperationState.Waiting,
                caller: caller,
                target: target,
                data: data,
                id: id,
                nonce: ++nonceOf[id],
                scheduledAt: block.timestamp,
                readyAt: readyAt
            })
        );
    }

    function setState(uint256 i, OperationState state) external {
        _operations[i].state = state;
    }
}
