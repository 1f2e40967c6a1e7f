// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IWorkerRewards} from "../../../contracts/interfaces/IWorkerRewards.sol";
import {ComputeHandler} from "./ComputeHandler.sol";
import {HourLedger} from "./HourLedger.sol";
import {Vm} from "../harness/Vm.sol";

/// @title Compares what the contract says of each hour that it closes with the account of the hours
abstract contract HourWatcher is ComputeHandler {
    IWorkerRewards public immutable rewards;
    HourLedger public immutable hours_;

    constructor(IWorkerRewards rewards_, HourLedger hourLedger) {
        (rewards, hours_) = (rewards_, hourLedger);
    }

    /// @dev {_do} of what closes the hours of the rewards, with a look at each.
    function _doClosing(
        string memory action,
        address caller,
        address target,
        bytes memory data,
        bool isAllowed
    ) internal returns (bool success, bytes memory result) {
        vm.recordLogs();
        (success, result) = _do(action, caller, target, data, isAllowed);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        _lookAtLeases();
        if (!success) return (success, result);
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(rewards)) continue;
            if (logs[i].topics[0] == IWorkerRewards.HourClosed.selector) _checkHour(logs[i]);
            else if (logs[i].topics[0] == IWorkerRewards.HoursIdle.selector) _checkIdle(logs[i]);
        }
        _check(8, hours_.books().hour == block.timestamp / 3600, "an hour was not closed");
    }

    /// @dev Called after each call.
    function _lookAtLeases() internal virtual {}

    function _checkHour(Vm.Log memory log) private {
        (uint256 weight, uint256 emitted, uint256 paid, uint256 reserve, ) = abi.decode(
            log.data,
            (uint256, uint256, uint256, uint256, uint256)
        );
        uint256 ceiling = hours_.ceiling();
        (HourLedger.Closed memory closed, uint256 reserveLeft) = hours_.closeHour();
        _check(8, closed.hour == uint256(log.topics[1]), "another hour was closed");
        _check(8, closed.weight == weight, "an hour's weight is not that of the leases that cover it");
        _check(9, paid <= ceiling * closed.weight, "an hour paid more than the ceiling");
        _check(9, closed.emitted == emitted, "an hour was credited with another emission");
        _check(9, closed.paid == paid && reserveLeft == reserve, "an hour paid another amount");
    }

    function _checkIdle(Vm.Log memory log) private {
        (uint256 to, uint256 emitted, uint256 reserve) = abi.decode(log.data, (uint256, uint256, uint256));
        _check(8, hours_.books().hour == uint256(log.topics[1]), "other hours were closed");
        _check(8, to == block.timestamp / 3600, "hours were closed that are not over");
        (uint256 expected, uint256 reserveLeft, bool isIdle) = hours_.closeIdleHours();
        _check(8, isIdle, "hours with a lease were closed as idle");
        _check(9, expected == emitted && reserveLeft == reserve, "idle hours were credited with another emission");
    }
}
