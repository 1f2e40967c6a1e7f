// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Handler} from "./Handler.sol";
import {World} from "./World.sol";

/// @title Lets time pass: from one second to three years, and to the corners of the calendar
contract TimeHandler is Handler {
    uint256 private immutable _genesis = block.timestamp;

    constructor(World world_) Handler(world_) {}

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](2);
        list[0] = this.wait.selector;
        list[1] = this.waitForHour.selector;
    }

    /// @notice Any order of magnitude of time. The books count in 40 bits, and 32 between two interactions; a century
    /// in all is far beyond the end of the curve.
    function wait(uint256 a, uint256, uint256) external {
        if (block.timestamp > _genesis + 36_500 days) return;
        _pass(spread(a, 1, 3 * 365 days));
        world.countSuccess("wait");
    }

    /// @notice To the next full hour or one second beside it: where emission may start.
    function waitForHour(uint256 a, uint256, uint256) external {
        _pass(3600 - (block.timestamp % 3600) + (a % 3) - 1);
        world.countSuccess("waitForHour");
    }
}
