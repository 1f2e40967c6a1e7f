// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EmissionSchedule} from "../../../contracts/emission/EmissionSchedule.sol";
import {EPOCH_LENGTH, Epoch} from "../../../contracts/types/Epoch.sol";
import {Stream} from "../../../contracts/types/Stream.sol";
import {EmissionArithmetic} from "../../formal/Emission.sol";
import {RedemptionArithmetic} from "../../formal/Parts.sol";
import {Suite} from "../harness/Suite.sol";
import {Test} from "../harness/Test.sol";

/// @title What `npm run prove` proves is the arithmetic of {EmissionSchedule}
contract EmissionArithmeticTest is Test {
    uint256 private constant MAX_BUDGET = type(uint256).max / (4 * 3 ** 104);

    function testFuzz_left(uint256 budget, uint256 k) external pure {
        budget = bound(budget, 1, MAX_BUDGET);
        k = bound(k, 0, 104);
        uint256 numerator = 4 * budget * 3 ** k;
        uint256 left = EmissionArithmetic.left(numerator / 4 ** k, numerator % 4 ** k);
        vm.assertEq(EmissionSchedule.emittedBefore(budget, Epoch.wrap(k)), 4 * budget - left, "another rounding");
    }

    function testFuzz_interpolation(uint256 budget, uint256 k, uint256 seconds_) external pure {
        budget = bound(budget, 1, MAX_BUDGET);
        k = bound(k, 0, 103);
        seconds_ = bound(seconds_, 0, EPOCH_LENGTH - 1);
        uint256 expected = EmissionArithmetic.interpolate(
            EmissionSchedule.emittedBefore(budget, Epoch.wrap(k)),
            EmissionSchedule.emittedBefore(budget, Epoch.wrap(k + 1)),
            seconds_
        );
        vm.assertEq(EmissionSchedule.emitted(budget, k * EPOCH_LENGTH + seconds_), expected, "another interpolation");
    }

    function testFuzz_shares(uint256 total) external pure {
        total = bound(total, 0, 4 * MAX_BUDGET);
        (uint256 stakers, uint256 workers, uint256 treasury) = EmissionArithmetic.shares(total);
        vm.assertEq(EmissionSchedule.share(Stream.Stakers, total), stakers, "another share of stakers");
        vm.assertEq(EmissionSchedule.share(Stream.Workers, total), workers, "another share of workers");
        vm.assertEq(EmissionSchedule.share(Stream.Treasury, total), treasury, "another share of the treasury");
    }
}

/// @title What `npm run prove` proves is the arithmetic of {VPHA}'s redemptions
contract RedemptionArithmeticTest is Suite {
    address private constant STAKER = address(0xA000);

    function setUp() public {
        address[] memory holders = new address[](1);
        holders[0] = STAKER;
        _deploySuite(holders);
        _startEmission();
    }

    function testFuzz_partInShares(uint256 deposit, uint256 seconds_, uint256 amount) external {
        (uint256 assets, uint256 shares) = _request(deposit, seconds_);
        if (shares < 2) return;
        amount = spread(amount, 1, shares - 1);
        uint256 expected = RedemptionArithmetic.assetsOf(amount, assets, shares);
        vm.prank(STAKER);
        vm.assertEq(vpha.redeem(amount, STAKER, STAKER), expected, "a part was paid another amount");
    }

    function testFuzz_partInAssets(uint256 deposit, uint256 seconds_, uint256 amount) external {
        (uint256 assets, uint256 shares) = _request(deposit, seconds_);
        if (assets < 2) return;
        amount = spread(amount, 1, assets - 1);
        uint256 expected = RedemptionArithmetic.sharesOf(amount, assets, shares);
        vm.prank(STAKER);
        vm.assertEq(vpha.withdraw(amount, STAKER, STAKER), expected, "a part took other shares");
    }

    /// @dev Deposits much, waits, and asks for as many shares as `size` says. Returns what matured.
    function _request(uint256 size, uint256 seconds_) private returns (uint256 assets, uint256 shares) {
        vm.startPrank(STAKER);
        vpha.deposit(100_000_000e18, STAKER);
        vm.warp(block.timestamp + 3600 + spread(seconds_, 1, 3650 days));
        shares = spread(size, 1, vpha.balanceOf(STAKER) / 2);
        vpha.requestRedeem(shares, STAKER, STAKER);
        vm.stopPrank();
        vm.warp(block.timestamp + 21 days);
        assets = vpha.maxWithdraw(STAKER);
    }
}
