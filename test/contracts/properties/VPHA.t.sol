// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EmissionReference} from "../harness/EmissionReference.sol";
import {Suite} from "../harness/Suite.sol";
import {PauseReference} from "./PauseReference.sol";

/// @title Properties of vPHA's price, income and pause
contract VPHATest is Suite, PauseReference {
    uint256 private constant MIN_SUPPLY = 1_000e18;
    uint256 private constant WEEK = 7 days;

    address private immutable _staker = address(0xA1);
    address private immutable _other = address(0xA2);
    address private immutable _funder = address(0xA3);

    function setUp() external {
        address[] memory holders = new address[](3);
        (holders[0], holders[1], holders[2]) = (_staker, _other, _funder);
        _deploySuite(holders);
    }

    // ROUNDING

    /// @notice With little supply and any price, a hundred round trips of any small size do not move the price up, and
    /// leave whoever goes around poorer.
    function testFuzz_roundTripsAtLowSupply(uint256 kept, uint256 size, uint256 seconds_) external {
        _makeOddPrice(seconds_);
        kept = spread(kept, 0, MIN_SUPPLY - 1);
        _leave(_staker, vpha.balanceOf(_staker) - kept);
        (uint256 assets, uint256 shares) = (vpha.totalAssets() + 1, vpha.totalSupply() + 1);

        size = spread(size, 1, 1e18);
        uint256 paid;
        uint256 got;
        for (uint256 i = 0; i < 100; ++i) {
            uint256 amount = size + (i % 7);
            if (vpha.previewDeposit(amount) == 0) continue;
            vm.prank(_other);
            uint256 bought = vpha.deposit(amount, _other);
            uint256 pendingBefore = vpha.pendingRedemptions();
            _leave(_other, bought);
            paid += amount;
            got += vpha.pendingRedemptions() - pendingBefore;
            vm.assertLe((vpha.totalAssets() + 1) * shares, assets * (vpha.totalSupply() + 1), "the price rose");
        }
        vm.assertLe(got, paid, "going around paid");
        vm.assertEq(vpha.totalSupply() + 1, shares, "shares were left");
    }

    /// @notice Above the minimum supply, dust loops lift the price by less than they cost.
    function testFuzz_dustNeverPays(uint256 size, uint256 seconds_) external {
        _makeOddPrice(seconds_);
        uint256 worth = vpha.convertToAssets(vpha.balanceOf(_staker));
        size = spread(size, 2, 1e20);
        uint256 paid;
        uint256 before = vpha.pendingRedemptions();
        for (uint256 i = 0; i < 50; ++i) {
            if (vpha.previewDeposit(size + i) == 0) continue;
            vm.prank(_other);
            uint256 bought = vpha.deposit(size + i, _other);
            _leave(_other, bought);
            paid += size + i;
        }
        uint256 got = vpha.pendingRedemptions() - before;
        vm.assertLe(got, paid, "going around paid");
        uint256 gain = vpha.convertToAssets(vpha.balanceOf(_staker)) - worth;
        vm.assertLe(gain, paid - got + 1, "somebody gained more than was lost");
    }

    /// @notice A mint costs at least what the same assets would buy by deposit, at any price.
    function testFuzz_mintCostsNoLessThanDeposit(uint256 shares, uint256 seconds_) external {
        _makeOddPrice(seconds_);
        shares = spread(shares, 1, 1e24);
        uint256 cost = vpha.previewMint(shares);
        vm.assertGe(vpha.previewDeposit(cost), shares, "mint is cheaper");
        vm.assertLt(vpha.previewDeposit(cost - 1), shares, "mint takes a wei too much");
        vm.prank(_other);
        vm.assertEq(vpha.mint(shares, _other), cost, "the preview was wrong");
    }

    // BOUNDS

    /// @notice All PHA outside of the vault is staked, and half a century of emission comes on top: the books hold it.
    function testFuzz_wholeSupply(uint256 seconds_) external {
        _startEmission();
        _giveAll(_other, _staker);
        _giveAll(_funder, _staker);
        uint256 all = pha.balanceOf(_staker);
        vm.assertEq(all, SUPPLY - CAP, "not all is there");
        vm.prank(_staker);
        vpha.deposit(all, _staker);
        vm.warp(block.timestamp + spread(seconds_, 0, 60 * 365 days));
        uint256 emitted = EmissionReference.streamOf(0, _emittedNow());
        vm.assertEq(vpha.totalAssets(), all + emitted, "assets are not deposit and emission");
        _leave(_staker, vpha.balanceOf(_staker));
        vm.warp(block.timestamp + 21 days);
        uint256 pending = vpha.pendingRedemptions();
        vm.prank(_staker);
        vpha.withdraw(pending, _staker, _staker);
        vm.assertEq(pha.balanceOf(_staker), pending, "the exit was not paid");
        vm.assertGe(pending + 1, all, "less than was staked");
        vm.assertEq(vpha.solvency(), int256(0), "not solvent to the wei");
    }

    /// @notice The whole billion in one deposit (an emission that has not started keeps nothing back).
    function test_wholeBillion() external {
        _giveAll(address(vault), _staker);
        _giveAll(_other, _staker);
        _giveAll(_funder, _staker);
        vm.startPrank(_staker);
        vpha.deposit(SUPPLY, _staker);
        vm.assertEq(vpha.totalAssets(), SUPPLY, "not all was taken");
        vpha.requestRedeem(SUPPLY, _staker, _staker);
        vm.warp(block.timestamp + 21 days);
        vpha.redeem(SUPPLY, _staker, _staker);
        vm.stopPrank();
        vm.assertEq(pha.balanceOf(_staker), SUPPLY, "not all came back");
    }

    // INCOME

    /// @notice Whatever is funded vests to the wei, not before its time and within seven days of the last funding.
    function testFuzz_incomeVestsExactly(uint256[8] calldata amounts, uint256[8] calldata gaps) external {
        _stake(_staker, 10_000e18);
        uint256 assets = vpha.totalAssets();
        uint256 funded;
        for (uint256 i = 0; i < amounts.length; ++i) {
            uint256 amount = spread(amounts[i], 1_000e18, 10_000_000e18);
            uint256 vestedBefore = vpha.totalAssets();
            _fund(amount);
            vm.assertEq(vpha.totalAssets(), vestedBefore, "funding moved the price");
            funded += amount;
            (uint256 unvested, uint256 secondsLeft) = vpha.incomeStream();
            vm.assertLe(secondsLeft, WEEK, "the end is more than seven days away");
            vm.assertEq(vpha.totalAssets() + unvested, assets + funded, "income was lost or made");
            vm.warp(block.timestamp + spread(gaps[i], 0, 9 days));
            (unvested, ) = vpha.incomeStream();
            vm.assertEq(vpha.totalAssets() + unvested, assets + funded, "income was lost or made on the way");
        }
        vm.warp(block.timestamp + WEEK);
        vm.assertEq(vpha.totalAssets(), assets + funded, "not all has vested after seven days");
    }

    /// @notice Many smallest fundings do not hold up an income by more than their weight: the end never moves by more
    /// than (minimum / unvested) × 7 days, rounded up, for each.
    function testFuzz_stretchingIsBounded(uint256 income, uint256 count, uint256 gap) external {
        _stake(_staker, 10_000e18);
        _fund(spread(income, 1_000_000e18, 50_000_000e18));
        gap = spread(gap, 0, 1 hours);
        count = bound(count, 1, 60);
        for (uint256 i = 0; i < count; ++i) {
            vm.warp(block.timestamp + gap);
            (uint256 unvested, uint256 left) = vpha.incomeStream();
            if (unvested == 0) return;
            _fund(1_000e18);
            (, uint256 leftAfter) = vpha.incomeStream();
            vm.assertLe(leftAfter, left + (1_000e18 * (WEEK - left)) / (unvested + 1_000e18) + 1, "stretched too far");
            vm.assertLe(leftAfter, WEEK, "beyond seven days");
        }
    }

    // ACCRUAL

    /// @notice Touching the pool often or once leaves the same assets to the wei: emission and income are exact.
    function testFuzz_accrualDoesNotDependOnPokes(uint256 start, uint256 gap, uint256 pokes, uint256 income) external {
        _stake(_staker, 2_000_000e18);
        vm.warp(_startEmission() + spread(start, 0, 60 * 365 days));
        _fund(spread(income, 1_000e18, 1_000_000e18));
        gap = spread(gap, 1, 4 days);
        pokes = bound(pokes, 1, 40);

        uint256 began = block.timestamp;
        vm.warp(began + gap * pokes);
        uint256 atOnce = vpha.totalAssets();
        vm.warp(began);
        for (uint256 i = 0; i < pokes; ++i) {
            vm.warp(block.timestamp + gap);
            // A deposit writes the pool; what it brings is counted apart.
            uint256 before = vpha.totalAssets();
            _stake(_other, 1e18);
            atOnce += vpha.totalAssets() - before;
        }
        vm.assertEq(vpha.totalAssets(), atOnce, "how often it was touched matters");
    }

    /// @notice The same second by second, over an epoch's boundary and the end of an income.
    function test_accrualSecondBySecond() external {
        _stake(_staker, 2_000_000e18);
        uint256 boundary = _startEmission() + 180 days;
        vm.warp(boundary - WEEK);
        _fund(123_456e18 + 789);
        vm.warp(boundary - 100);
        uint256 began = block.timestamp;
        vm.warp(began + 200);
        uint256 expected = vpha.totalAssets() + 200 * 1e18;
        vm.warp(began);
        for (uint256 i = 1; i <= 200; ++i) {
            vm.warp(began + i);
            _stake(_other, 1e18);
        }
        vm.assertEq(vpha.totalAssets(), expected, "how often it was touched matters");
    }

    /// @notice While the supply is too small, emission is banked to the wei, and all of it vests once it is back.
    function testFuzz_silenceIsBanked(uint256 kept, uint256 silence) external {
        _stake(_staker, 5_000e18);
        _startEmission();
        vm.warp(block.timestamp + 30 days);
        kept = spread(kept, 0, MIN_SUPPLY - 1);
        _leave(_staker, vpha.balanceOf(_staker) - kept);
        uint256 assets = vpha.totalAssets();
        vm.warp(block.timestamp + spread(silence, 1, 3 * 365 days));
        vm.assertEq(vpha.totalAssets(), assets, "the price moved in the silence");

        _stake(_other, 3_000_000e18);
        vm.assertEq(vpha.banked(), 0, "the bank was not emptied");
        vm.warp(block.timestamp + WEEK);
        uint256 total = vpha.totalAssets() + vpha.pendingRedemptions();
        uint256 emitted = EmissionReference.streamOf(0, _emittedNow());
        vm.assertEq(total, 5_000e18 + 3_000_000e18 + emitted, "something of the silence was lost");
    }

    // PAUSE

    /// @notice Any sequence of pauses and resumptions stays within the limits, and whatever is within them is granted.
    function testFuzz_pauseLimits(uint256 seed) external {
        for (uint256 i = 0; i < 60; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            vm.warp(block.timestamp + _gap(word));
            _tryPause(block.timestamp + spread(word >> 64, 0, 9 days));
            if ((word >> 128) % 4 == 0) _tryResume(spread(word >> 136, 0, WEEK));
        }
        for (uint256 i = 0; i < _spans.length; ++i) {
            vm.assertLe(_spans[i].end - _spans[i].start, WEEK, "longer than seven days");
            vm.assertLe(_pausedInTheYearBefore(_spans[i].end), 21 days, "more than 21 days in a year");
            vm.assertLe(_pausedInTheYearBefore(_spans[i].start + 365 days), 21 days, "more than 21 days in a year");
            if (i != 0) vm.assertGe(_spans[i].start, _spans[i - 1].end + 21 days, "gap below 21 days");
        }
        vm.assertGt(_spans.length, 0, "no pause succeeded");
    }

    /// @dev Mostly around the shortest gap, sometimes a long time.
    function _gap(uint256 word) private pure returns (uint256) {
        if (word % 4 == 0) return spread(word >> 8, 0, 200 days);
        return 20 days + spread(word >> 8, 0, 3 days);
    }

    function _tryPause(uint256 until) private {
        vm.prank(guardian);
        try vpha.pauseDeposits(until) {
            vm.assertTrue(_isAllowed(block.timestamp, until), "a pause beyond the limits was granted");
            _spans.push(Span(block.timestamp, until));
            vm.assertEq(vpha.depositsPausedUntil(), until, "another end");
            vm.assertEq(vpha.maxDeposit(_staker), 0, "deposits are not paused");
        } catch {
            vm.assertFalse(_isAllowed(block.timestamp, until), "a pause within the limits was refused");
        }
    }

    function _tryResume(uint256 later) private {
        vm.warp(block.timestamp + later);
        uint256 count = _spans.length;
        bool isPaused = count != 0 && block.timestamp < _spans[count - 1].end;
        vm.prank(guardian);
        try vpha.resumeDeposits() {
            vm.assertTrue(isPaused, "resumed what was not paused");
            _spans[count - 1].end = block.timestamp;
        } catch {
            vm.assertFalse(isPaused, "a pause could not be ended");
        }
    }

    // INTERNAL

    /// @dev Stakers, emission and income of some time: a price that no division is even with.
    function _makeOddPrice(uint256 seconds_) private {
        _stake(_staker, 2_000_000e18 + 1_234_567);
        vm.warp(_startEmission() + spread(seconds_, 0, 2 * 365 days));
        _fund(1_000e18 + 7_654_321);
        vm.warp(block.timestamp + spread(seconds_ >> 8, 0, 8 days));
    }

    function _giveAll(address from, address to) private {
        uint256 balance = pha.balanceOf(from);
        vm.prank(from);
        pha.transfer(to, balance);
    }

    function _stake(address staker, uint256 amount) private {
        vm.prank(staker);
        vpha.deposit(amount, staker);
    }

    function _leave(address staker, uint256 shares) private {
        vm.prank(staker);
        vpha.requestRedeem(shares, staker, staker);
    }

    function _fund(uint256 amount) private {
        vm.prank(_funder);
        vpha.fund(amount);
    }

    function _emittedNow() private view returns (uint256) {
        uint256 start = vault.startTime();
        return block.timestamp < start ? 0 : EmissionReference.emitted(BUDGET, block.timestamp - start);
    }
}
