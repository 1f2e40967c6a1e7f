// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hour, hourAt} from "../../../contracts/types/Hour.sol";
import {Test} from "../harness/Test.sol";

/// @title Hours contain their seconds, and are ordered as these are
contract HourTest is Test {
    /// @dev The first second that no hour can name.
    uint256 private constant END = 2 ** 32 * 1 hours;

    function testFuzz_containsItsSecond(uint256 at) external pure {
        at = spread(at, 0, END - 1);
        uint256 begins = hourAt(at).timestamp();
        vm.assertLe(begins, at, "begins after the second");
        vm.assertLt(at, begins + 1 hours, "ends before the second");
        vm.assertEq(begins % 1 hours, 0, "not a full hour");
        vm.assertEq(hourAt(begins).unwrap(), hourAt(at).unwrap(), "begins in another hour");
    }

    function testFuzz_orderIsThatOfTime(uint256 a, uint256 b) external pure {
        // As often in the same hour or the next one as far apart.
        a = spread(a, 0, END - 8 hours);
        b = b % 2 == 0 ? spread(b, 0, END - 1) : a + (b % 2 hours);
        (Hour first, Hour second) = (hourAt(a), hourAt(b));
        (uint256 x, uint256 y) = (a / 3600, b / 3600);
        vm.assertTrue((first < second) == (x < y), "before");
        vm.assertTrue((first <= second) == (x <= y), "not after");
        vm.assertTrue((first == second) == (x == y), "equal");
        vm.assertEq(first.min(second).unwrap(), x < y ? x : y, "the earlier of two");
        vm.assertEq(second.min(first).unwrap(), x < y ? x : y, "the earlier of two, the other way round");
    }

    function testFuzz_plusIsAsManyHoursLater(uint256 at, uint32 hours_) external pure {
        at = spread(at, 0, END - 1);
        uint256 later = at + uint256(hours_) * 1 hours;
        if (later >= END) return;
        vm.assertEq(hourAt(at).plus(hours_).unwrap(), hourAt(later).unwrap(), "another hour");
    }

    /// @notice Beyond the last hour there is no wrap to the first one.
    function testFuzz_plusDoesNotWrap(uint32 hour, uint32 hours_) external {
        if (uint256(hour) + hours_ < 2 ** 32) return;
        vm.expectRevert();
        this.plus(hour, hours_);
    }

    function plus(uint32 hour, uint32 hours_) external pure returns (Hour) {
        return Hour.wrap(hour).plus(hours_);
    }
}
