// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../harness/Test.sol";
import {IWatcher, World} from "./World.sol";

/// @title What drives one contract in a stateful test
/// @notice Every action has the signature `(uint256, uint256, uint256)` and is listed by {selectors}, so that any set of
/// handlers can be combined, by the runner or by a loop. Actions turn the three words into something that makes sense
/// most of the time, never revert themselves, and keep what they know in ghosts: an account of what should be the case,
/// computed without the contract under test. Each says before each call whether it must succeed.
abstract contract Handler is Test, IWatcher {
    World public immutable world;

    constructor(World world_) {
        world = world_;
    }

    /// @notice The actions that a runner may call.
    function selectors() external view virtual returns (bytes4[] memory);

    /// @notice Does nothing unless a handler watches something.
    function observe() public virtual {}

    /// @dev Calls `target` as `caller`; counts a success under `action`. Reports expectation 0 as broken unless it succeeds exactly if
    /// `isAllowed`.
    function _do(
        string memory action,
        address caller,
        address target,
        bytes memory data,
        bool isAllowed
    ) internal returns (bool success, bytes memory result) {
        world.observe();
        vm.prank(caller);
        (success, result) = target.call(data);
        world.observe();
        if (success) world.countSuccess(action);
        if (success && !isAllowed) world.report(0, string.concat(action, " succeeded, though it must not"));
        if (!success && isAllowed) world.report(0, string.concat(action, " was refused: ", _nameOf(result)));
    }

    /// @dev Calls `target` as `caller` and reports invariant `number` as broken if that succeeds.
    function _mustFail(
        uint256 number,
        string memory reason,
        address caller,
        address target,
        bytes memory data
    ) internal {
        world.observe();
        vm.prank(caller);
        (bool success, ) = target.call(data);
        world.observe();
        if (success) world.report(number, reason);
        else world.countRefusal();
    }

    /// @dev Reports invariant `number` as broken unless `condition`.
    function _check(uint256 number, bool condition, string memory reason) internal {
        if (!condition) world.report(number, reason);
    }

    /// @dev Lets `seconds_` pass.
    function _pass(uint256 seconds_) internal {
        world.observe();
        vm.warp(block.timestamp + seconds_);
        world.observe();
    }

    /// @dev The selector of an error, in hexadecimal digits.
    function _nameOf(bytes memory reason) private pure returns (string memory) {
        bytes memory digits = new bytes(8);
        for (uint256 i = 0; i < 8 && i / 2 < reason.length; ++i) {
            digits[i] = bytes16("0123456789abcdef")[uint8(reason[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15];
        }
        return string.concat("0x", string(digits));
    }
}
