// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Epoch, EPOCH_COUNT, EPOCH_LENGTH, epochAt} from "../types/Epoch.sol";
import {Stream} from "../types/Stream.sol";

/// @title Emission schedule: disinflationary, −25 % every 180 days, in closed form
/// @notice With `D` = 180 days, `B` = the budget of epoch 0, `k = elapsed / D` and `x = elapsed % D`:
///
///     C(k) = 4B − ⌈4B·3^k / 4^k⌉
///     E    = C(k) + (C(k+1) − C(k))·x / D     for k ≤ 103, and 4B from 104·D on
///
/// What holds, for every B that {requireValidBudget} accepts:
/// 1. E depends on `elapsed` alone: nothing drifts, nothing depends on how often or by whom it is asked.
/// 2. E never falls: C is non-decreasing, and between two epochs E rises linearly from one to the other.
/// 3. E ≤ 4B always and E = 4B in the end: the sum of the geometric series is the cap.
/// 4. The three streams sum to E exactly and none ever falls: they are differences of ⌊2E/5⌋ ≤ ⌊4E/5⌋ ≤ E, each of
///    which rises by at least 0 and at most the rise of the next.
/// 5. No step overflows: the largest product, 4B·3^104, is required to fit into 256 bits.
library EmissionSchedule {
    /// @dev ⌊(2^256 − 1) / (4·3^104)⌋: with it, 4B·3^104 is the largest number that occurs anywhere.
    uint256 private constant _MAX_BUDGET = type(uint256).max / (4 * 3 ** 104);

    /// @notice The budget is zero, or so large that `4B·3^104` does not fit into 256 bits.
    error EmissionSchedule_InvalidBudget(uint256 budget);

    /// @notice Total that is ever emitted, in wei: 4 times the first epoch's budget.
    function cap(uint256 budget) internal pure returns (uint256) {
        return 4 * budget;
    }

    /// @notice Reverts unless every function here is exact for `budget` (wei emitted in epoch 0).
    function requireValidBudget(uint256 budget) internal pure {
        if (budget == 0 || budget > _MAX_BUDGET) {
            revert EmissionSchedule_InvalidBudget(budget);
        }
    }

    /// @notice Wei emitted by all streams together in the first `elapsed` seconds. Rounds down within an epoch.
    function emitted(uint256 budget, uint256 elapsed) internal pure returns (uint256) {
        Epoch epoch = epochAt(elapsed);
        if (Epoch.unwrap(epoch) >= EPOCH_COUNT) return cap(budget);
        return _interpolate(emittedBefore(budget, epoch), emittedBefore(budget, epoch.next()), elapsed % EPOCH_LENGTH);
    }

    /// @notice {emitted} at two moments, `from` ≤ `to`, for little more than the price of one where they share an epoch.
    function emittedAtBoth(
        uint256 budget,
        uint256 from,
        uint256 to
    ) internal pure returns (uint256 atFrom, uint256 atTo) {
        // Unchecked: seconds and epoch numbers are far from the end of the type.
        unchecked {
            Epoch epoch = epochAt(from);
            uint256 start = Epoch.unwrap(epoch) * EPOCH_LENGTH;
            if (Epoch.unwrap(epoch) >= EPOCH_COUNT || to >= start + EPOCH_LENGTH) {
                return (emitted(budget, from), emitted(budget, to));
            }
            uint256 before = emittedBefore(budget, epoch);
            uint256 next = emittedBefore(budget, epoch.next());
            return (_interpolate(before, next, from - start), _interpolate(before, next, to - start));
        }
    }

    /// @notice Wei emitted by all epochs before `epoch`: C(k). `epoch` ≤ 104.
    function emittedBefore(uint256 budget, Epoch epoch) internal pure returns (uint256) {
        uint256 k = Epoch.unwrap(epoch);
        // Unchecked: 4B·3^k ≤ 4B·3^104 fits into 256 bits by {requireValidBudget}, 4^104 does, and the quotient is at
        // most 4B. Unchecked exponentiation is one opcode instead of a loop.
        unchecked {
            uint256 total = 4 * budget;
            uint256 left = total * 3 ** k;
            return total - (left >> (2 * k)) - SafeCast.toUint(left & ((1 << (2 * k)) - 1) != 0);
        }
    }

    /// @dev What has been emitted `seconds_` after the start of an epoch that begins with `before` and ends with `next`.
    /// The difference is below 2^92 and the seconds below 2^24: unchecked.
    function _interpolate(uint256 before, uint256 next, uint256 seconds_) private pure returns (uint256) {
        unchecked {
            return before + ((next - before) * seconds_) / EPOCH_LENGTH;
        }
    }

    /// @notice The part of `total` emitted wei that belongs to `stream`.
    function share(Stream stream, uint256 total) internal pure returns (uint256) {
        // Unchecked: `total` is at most the cap, which {requireValidBudget} keeps below 2^92.
        unchecked {
            if (stream == Stream.Stakers) return (2 * total) / 5;
            if (stream == Stream.Workers) return (4 * total) / 5 - (2 * total) / 5;
            return total - (4 * total) / 5;
        }
    }
}
