// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An account that makes many calls in one transaction, and says by events what came of each: so a differential test
/// can afford thousands of steps.
contract CallBatch {
    struct Call {
        address target;
        bytes data;
    }

    event Called(bool isDone, bytes result);

    function run(Call[] calldata calls) external {
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool isDone, bytes memory result) = calls[i].target.call(calls[i].data);
            emit Called(isDone, result);
        }
    }
}
