// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The emission curve a second time, by another way: epoch by epoch, with the fraction kept exact
/// @notice Shares no code with {EmissionSchedule}: constants are written out, powers are products, and the streams come
/// from their percentages. Slow on purpose.
library EmissionReference {
    uint256 private constant _EPOCH = 15_552_000;
    uint256 private constant _EPOCHS = 104;

    /// @notice Wei emitted by all streams in the first `elapsed` seconds, when epoch 0 emits `budget`.
    function emitted(uint256 budget, uint256 elapsed) internal pure returns (uint256 total) {
        uint256 cap = budget + budget + budget + budget;
        // What is left is cap · 3^k / 4^k, rounded up to whole wei at the end of each epoch.
        uint256 numerator = cap;
        uint256 denominator = 1;
        uint256 leftBefore = cap;
        for (uint256 epoch = 0; epoch < _EPOCHS; ++epoch) {
            numerator *= 3;
            denominator *= 4;
            uint256 leftAfter = numerator / denominator;
            if (leftAfter * denominator < numerator) ++leftAfter;
            uint256 inEpoch = leftBefore - leftAfter;
            if (elapsed < _EPOCH) return total + (inEpoch * elapsed) / _EPOCH;
            total += inEpoch;
            elapsed -= _EPOCH;
            leftBefore = leftAfter;
        }
        // After the last epoch the remainder comes out at once.
        return total + leftBefore;
    }

    /// @notice The part of stream 0 (stakers, 40 %), 1 (workers, 40 %) or 2 (treasury, the rest) in `total`.
    function streamOf(uint256 stream, uint256 total) internal pure returns (uint256) {
        uint256 stakers = (total * 40) / 100;
        uint256 stakersAndWorkers = (total * 80) / 100;
        if (stream == 0) return stakers;
        if (stream == 1) return stakersAndWorkers - stakers;
        return total - stakersAndWorkers;
    }
}
