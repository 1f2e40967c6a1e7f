// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PauseReference} from "../properties/PauseReference.sol";

/// @title The pauses of one contract, as they should be
contract PauseLedger is PauseReference {
    /// @notice Whether a pause from now until `end` is within all limits.
    function isAllowed(uint256 end) external view returns (bool) {
        return _isAllowed(block.timestamp, end);
    }

    function add(uint256 end) external {
        _spans.push(Span(block.timestamp, end));
    }

    /// @notice Ends the last one now.
    function cut() external {
        _spans[_spans.length - 1].end = block.timestamp;
    }

    function isRunning() external view returns (bool) {
        return _spans.length != 0 && block.timestamp < _spans[_spans.length - 1].end;
    }
}
