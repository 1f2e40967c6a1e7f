// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EmissionSchedule} from "../../../contracts/emission/EmissionSchedule.sol";
import {Epoch, epochAt} from "../../../contracts/types/Epoch.sol";
import {Stream} from "../../../contracts/types/Stream.sol";
import {EmissionReference} from "../harness/EmissionReference.sol";
import {Test} from "../harness/Test.sol";

/// @title Properties of the emission curve, for any budget that it accepts and any time
contract EmissionScheduleTest is Test {
    uint256 private constant D = 180 days;
    uint256 private constant END = 104 * D;
    /// @dev ⌊(2^256 − 1) / (4·3^104)⌋, by division alone.
    uint256 private immutable _maxBudget;

    constructor() {
        uint256 limit = type(uint256).max / 4;
        for (uint256 i = 0; i < 104; ++i) {
            limit /= 3;
        }
        _maxBudget = limit;
    }

    function testFuzz_equalsTheReference(uint256 budget, uint256 elapsed) external view {
        (budget, elapsed) = (_budget(budget), _elapsed(elapsed));
        uint256 expected = EmissionReference.emitted(budget, elapsed);
        vm.assertEq(EmissionSchedule.emitted(budget, elapsed), expected, "another curve");
    }

    function testFuzz_monotoneAndWithinTheCap(uint256 budget, uint256 from, uint256 to) external view {
        (budget, from, to) = _span(budget, from, to);
        uint256 atFrom = EmissionSchedule.emitted(budget, from);
        uint256 atTo = EmissionSchedule.emitted(budget, to);
        vm.assertLe(atFrom, atTo, "emission fell");
        vm.assertLe(atTo, 4 * budget, "more than the cap");
    }

    function testFuzz_streamsSumExactlyAndNeverFall(uint256 budget, uint256 from, uint256 to) external view {
        (budget, from, to) = _span(budget, from, to);
        uint256 sum;
        for (uint256 i = 0; i < 3; ++i) {
            uint256 atTo = _share(i, budget, to);
            vm.assertLe(_share(i, budget, from), atTo, "a stream fell");
            sum += atTo;
        }
        vm.assertEq(sum, EmissionSchedule.emitted(budget, to), "the streams do not sum to the emission");
    }

    function testFuzz_bothAtOnceEqualsOneByOne(uint256 budget, uint256 from, uint256 to) external view {
        (budget, from, to) = _span(budget, from, to);
        (uint256 atFrom, uint256 atTo) = EmissionSchedule.emittedAtBoth(budget, from, to);
        vm.assertEq(atFrom, EmissionSchedule.emitted(budget, from), "first");
        vm.assertEq(atTo, EmissionSchedule.emitted(budget, to), "second");
    }

    /// @notice Whoever collects in two steps gets in each stream what he gets in one: call frequency does not matter.
    function testFuzz_splitAtAnyPoint(uint256 budget, uint256 from, uint256 middle, uint256 to) external view {
        (budget, from, to) = _span(budget, from, to);
        middle = bound(middle, from, to);
        for (uint256 i = 0; i < 3; ++i) {
            uint256 steps = _between(i, budget, from, middle) + _between(i, budget, middle, to);
            vm.assertEq(steps, _between(i, budget, from, to), "the split point matters");
        }
    }

    /// @notice Around every boundary between two epochs the curve has no jump, and each epoch emits no more than the one
    /// before, but for the wei that rounding moves from one to the next.
    function testFuzz_everyBoundary(uint256 budget) external view {
        budget = _budget(budget);
        uint256 inEpochBefore = budget;
        for (uint256 k = 1; k < 104; ++k) {
            uint256 at = EmissionSchedule.emitted(budget, k * D);
            vm.assertEq(Epoch.unwrap(epochAt(k * D - 1)), k - 1, "the second before is in another epoch");
            vm.assertEq(Epoch.unwrap(epochAt(k * D)), k, "the boundary is in another epoch");
            uint256 inEpoch = EmissionSchedule.emittedBefore(budget, Epoch.wrap(k + 1)) - at;
            vm.assertLe(inEpoch, inEpochBefore + 1, "an epoch emits more than the one before");
            uint256 step = at - EmissionSchedule.emitted(budget, k * D - 1);
            vm.assertLe(step, inEpochBefore / D + 1, "a jump before the boundary");
            step = EmissionSchedule.emitted(budget, k * D + 1) - at;
            vm.assertLe(step, inEpoch / D + 1, "a jump after the boundary");
            inEpochBefore = inEpoch;
        }
    }

    /// @notice At its end the curve emits what is left, under a trillionth of the cap, and then nothing.
    function testFuzz_end(uint256 budget, uint256 later) external view {
        budget = _budget(budget);
        uint256 lastSecond = EmissionSchedule.emitted(budget, END - 1);
        vm.assertEq(EmissionSchedule.emitted(budget, END), 4 * budget, "the end is not the cap");
        vm.assertLe(4 * budget - lastSecond, (4 * budget) / 1e12 + 2, "too much is left for the end");
        vm.assertEq(
            EmissionSchedule.emitted(budget, spread(later, END, type(uint256).max)),
            4 * budget,
            "after the end"
        );
    }

    function testFuzz_budgetLimit(uint256 budget) external {
        if (budget == 0 || budget > _maxBudget) {
            vm.expectRevert(abi.encodeWithSelector(EmissionSchedule.EmissionSchedule_InvalidBudget.selector, budget));
        }
        this.requireValidBudget(budget);
    }

    function test_budgetLimitIsExact() external {
        this.requireValidBudget(1);
        this.requireValidBudget(_maxBudget);
        uint256 beyond = _maxBudget + 1;
        vm.expectRevert(abi.encodeWithSelector(EmissionSchedule.EmissionSchedule_InvalidBudget.selector, beyond));
        this.requireValidBudget(beyond);
        vm.expectRevert(abi.encodeWithSelector(EmissionSchedule.EmissionSchedule_InvalidBudget.selector, 0));
        this.requireValidBudget(0);
    }

    function requireValidBudget(uint256 budget) external pure {
        EmissionSchedule.requireValidBudget(budget);
    }

    // INTERNAL

    function _budget(uint256 word) private view returns (uint256) {
        return spread(word, 1, _maxBudget);
    }

    /// @dev A random time, or an epoch's boundary and the seconds beside it, up to well after the end.
    function _elapsed(uint256 word) private pure returns (uint256) {
        uint256 random = spread(word, 0, END + 10 * D);
        if (word % 3 != 0) return random;
        return (1 + (random % 105)) * D + (word % 5) / 2 - 1;
    }

    function _span(
        uint256 budget,
        uint256 from,
        uint256 to
    ) private view returns (uint256 budget_, uint256 earlier, uint256 later) {
        budget_ = _budget(budget);
        (earlier, later) = (_elapsed(from), _elapsed(to));
        if (to % 4 == 0) later = earlier + (to % D);
        if (earlier > later) (earlier, later) = (later, earlier);
    }

    function _share(uint256 stream, uint256 budget, uint256 elapsed) private pure returns (uint256) {
        return EmissionSchedule.share(Stream(stream), EmissionSchedule.emitted(budget, elapsed));
    }

    function _between(uint256 stream, uint256 budget, uint256 from, uint256 to) private pure returns (uint256) {
        return _share(stream, budget, to) - _share(stream, budget, from);
    }
}
