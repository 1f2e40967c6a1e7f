// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Proved by `npm run prove`: no `assert` of a contract `…Proof` can fail, for any arguments and after any sequence of calls, and
// each in the text of a `…Wrong` can, or one of those that it inherits.

/// @notice The arithmetic of {EmissionSchedule} once more, without what the SMTChecker cannot read: assembly, powers of variables,
/// value types. {EmissionArithmeticTest} shows that both are equal.
library EmissionArithmetic {
    uint256 internal constant EPOCH_LENGTH = 180 days;

    /// @notice `EmissionSchedule._interpolate`.
    function interpolate(uint256 before, uint256 next, uint256 seconds_) internal pure returns (uint256) {
        return within(before, (next - before) * seconds_);
    }

    /// @notice {interpolate} where `product` is (next − before)·seconds_.
    function within(uint256 before, uint256 product) internal pure returns (uint256) {
        return before + product / EPOCH_LENGTH;
    }

    /// @notice What is left of the cap where 4B·3^k is `quotient` times 4^k and `rest`: rounded up, as in C(k).
    function left(uint256 quotient, uint256 rest) internal pure returns (uint256) {
        return rest == 0 ? quotient : quotient + 1;
    }

    /// @notice `EmissionSchedule.share` of stakers, workers and treasury.
    function shares(uint256 total) internal pure returns (uint256, uint256, uint256) {
        return ((2 * total) / 5, (4 * total) / 5 - (2 * total) / 5, total - (4 * total) / 5);
    }
}

/// @notice Within an epoch the curve never falls: not in any second.
contract InterpolationProof {
    /// @dev `product` is (next − before)·seconds_, one of the multiples of `rise` = next − before, as {interpolate} has it.
    function neverFallsInASecond(uint256 before, uint256 rise, uint256 product) external pure {
        require(before < 2 ** 92 && rise < 2 ** 92 && product < 2 ** 116);
        uint256 now_ = EmissionArithmetic.within(before, product);
        uint256 aSecondLater = EmissionArithmetic.within(before, product + rise);
        assert(before <= now_);
        assert(now_ <= aSecondLater);
    }
}

/// @notice An epoch ends where the next one begins: with {InterpolationProof}, the curve is never above that.
contract EndOfEpochProof {
    function isTheBeginningOfTheNext(uint256 before, uint256 next) external pure {
        require(before <= next && next < 2 ** 92);
        assert(EmissionArithmetic.interpolate(before, next, 0) == before);
        assert(EmissionArithmetic.interpolate(before, next, EmissionArithmetic.EPOCH_LENGTH) == next);
    }
}

/// @notice From epoch to epoch what is left never grows, so that C(k) never falls: with n = 4B·3^k and q = 4^k, ⌈3n / 4q⌉ ≤ ⌈n / q⌉.
/// @dev n = a·q + r and 3n = b·4q + s, as divisions give them. Products are arguments of which only what is needed is said, so that
/// all is linear.
contract EpochsProof {
    /// @dev b > a is impossible: b·q would be a·q and at least one q more.
    function quotientDoesNotGrow(uint256 q, uint256 aq, uint256 r, uint256 more, uint256 s) external pure {
        require(q < 2 ** 240 && aq < 2 ** 240 && r < q && more < 2 ** 240 && s < 4 * q);
        require(3 * (aq + r) == 4 * (aq + more) + s);
        assert(more < q);
    }

    /// @dev b = a: what is rounded up after the epoch was rounded up before it. (With b < a, rounding up reaches a at most.)
    function roundingDoesNotGrow(uint256 q, uint256 a, uint256 aq, uint256 r, uint256 s) external pure {
        require(q < 2 ** 240 && a < 2 ** 94 && aq < 2 ** 240 && r < q && s < 4 * q);
        require(3 * (aq + r) == 4 * aq + s);
        assert(EmissionArithmetic.left(a, s) <= EmissionArithmetic.left(a, r));
    }
}

/// @notice What is left is between nothing and the cap 4B, so that C(k) = 4B − left is too: with {EndOfEpochProof}, so is every second.
/// @dev n = a·q + r is 4B·p, where p = 3^k ≤ q = 4^k. Products are arguments, as in {EpochsProof}.
contract CapProof {
    /// @dev a > 4B is impossible: a·q would be 4B·q and at least one q more.
    function leftIsWithinTheCap(
        uint256 q,
        uint256 capTimesQ,
        uint256 capTimesP,
        uint256 more,
        uint256 r
    ) external pure {
        require(q < 2 ** 240 && capTimesQ < 2 ** 240 && more < 2 ** 240 && r < q && capTimesP <= capTimesQ);
        require(capTimesQ + more + r == capTimesP);
        assert(more < q);
    }

    /// @dev a = 4B leaves no rest: a·q would be 4B·q already, which is no less than n.
    function allOfTheCapHasNoRest(uint256 q, uint256 capTimesQ, uint256 capTimesP, uint256 r) external pure {
        require(q < 2 ** 240 && capTimesQ < 2 ** 240 && r < q && capTimesP <= capTimesQ);
        require(capTimesQ + r == capTimesP);
        assert(r == 0);
    }

    /// @dev Rounded up, too.
    function roundedUpIsWithinTheCap(uint256 cap, uint256 a, uint256 r) external pure {
        require(cap < 2 ** 92 && a <= cap && (a < cap || r == 0));
        assert(EmissionArithmetic.left(a, r) <= cap);
    }
}

/// @notice The streams sum to the whole, and none falls while the whole does not.
contract StreamsProof {
    function sumAndNeverFall(uint256 from, uint256 to) external pure {
        require(from <= to && to < 2 ** 92);
        (uint256 stakers, uint256 workers, uint256 treasury) = EmissionArithmetic.shares(from);
        (uint256 laterStakers, uint256 laterWorkers, uint256 laterTreasury) = EmissionArithmetic.shares(to);
        assert(laterStakers + laterWorkers + laterTreasury == to);
        assert(stakers <= laterStakers && workers <= laterWorkers && treasury <= laterTreasury);
    }
}

/// @notice The vault's books of a stream: whatever is emitted and pulled in whatever order, the stream gets its part and no more.
/// With {StreamsProof}, all streams together get no more than what was emitted.
abstract contract Pulls {
    uint256 internal _emitted;
    uint256 internal _pulled;

    /// @dev Time passes: the curve rises, below its cap.
    function emitMore(uint256 amount) external {
        require(amount < 2 ** 92 && _emitted + amount < 2 ** 92);
        _emitted += amount;
    }

    function pull() external virtual {
        _pulled += (2 * _emitted) / 5 - _pulled;
    }

    function check() external view {
        assert(_pulled <= (2 * _emitted) / 5);
    }
}

contract PullsProof is Pulls {}

// WRONG ON PURPOSE

/// @notice Rounds up in one second and down in the next: whoever asks twice sees less.
contract InterpolationWrong {
    function neverFallsInASecond(uint256 before, uint256 rise, uint256 product) external pure {
        require(before < 2 ** 92 && rise < 2 ** 92 && product < 2 ** 116);
        uint256 now_ = EmissionArithmetic.within(before, product + EmissionArithmetic.EPOCH_LENGTH - 1);
        assert(now_ <= EmissionArithmetic.within(before, product + rise));
    }
}

/// @notice Rounds up within an epoch.
contract EndOfEpochWrong {
    function isTheBeginningOfTheNext(uint256 before, uint256 next) external pure {
        require(before <= next && next < 2 ** 92);
        assert(EmissionArithmetic.interpolate(before, next, EmissionArithmetic.EPOCH_LENGTH) + 1 == next);
    }
}

contract EpochsWrong {
    /// @notice An epoch adds a quarter to what is left.
    function quotientDoesNotGrow(uint256 q, uint256 aq, uint256 r, uint256 more, uint256 s) external pure {
        require(q < 2 ** 240 && aq < 2 ** 240 && r < q && more < 2 ** 240 && s < 4 * q);
        require(5 * (aq + r) == 4 * (aq + more) + s);
        assert(more < q);
    }

    /// @notice Rounds down at the beginning of an epoch and up at its end.
    function roundingDoesNotGrow(uint256 q, uint256 a, uint256 aq, uint256 r, uint256 s) external pure {
        require(q < 2 ** 240 && a < 2 ** 94 && aq < 2 ** 240 && r < q && s < 4 * q);
        require(3 * (aq + r) == 4 * aq + s);
        assert(EmissionArithmetic.left(a, s) <= EmissionArithmetic.left(a, 0));
    }
}

contract CapWrong {
    /// @notice p may be more than q: as if epochs before the first one counted.
    function leftIsWithinTheCap(
        uint256 q,
        uint256 capTimesQ,
        uint256 capTimesP,
        uint256 more,
        uint256 r
    ) external pure {
        require(q < 2 ** 240 && capTimesQ < 2 ** 240 && more < 2 ** 240 && r < q);
        require(capTimesQ + more + r == capTimesP);
        assert(more < q);
    }

    /// @notice The same.
    function allOfTheCapHasNoRest(uint256 q, uint256 capTimesQ, uint256 capTimesP, uint256 r) external pure {
        require(q < 2 ** 240 && capTimesQ < 2 ** 240 && r < q);
        require(capTimesQ + r == capTimesP);
        assert(r == 0);
    }

    /// @notice Rounds up what is the whole cap already.
    function roundedUpIsWithinTheCap(uint256 cap, uint256 a, uint256 r) external pure {
        require(cap < 2 ** 92 && a <= cap);
        assert(EmissionArithmetic.left(a, r) <= cap);
    }
}

/// @notice Each stream is rounded by itself, so that a wei or two are nobody's.
contract StreamsWrong {
    function sumAndNeverFall(uint256 total) external pure {
        require(total < 2 ** 92);
        uint256 stakers = (2 * total) / 5;
        uint256 workers = (2 * total) / 5;
        uint256 treasury = total / 5;
        assert(stakers + workers + treasury == total);
    }
}

/// @notice Pays a wei more than was emitted.
contract PullsWrong is Pulls {
    function pull() external override {
        _pulled += (2 * _emitted) / 5 + 1 - _pulled;
    }
}
