// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RequestIds, RequestId} from "../../../contracts/types/RequestId.sol";
import {IVPHA} from "../../../contracts/interfaces/IVPHA.sol";
import {Stream} from "../../../contracts/types/Stream.sol";
import {Pulls} from "../../formal/Emission.sol";
import {Clock, Cursor, Order, Payments} from "../../formal/Requests.sol";
import {Suite} from "../harness/Suite.sol";

// The state machines that `npm run prove` proves walk beside the contracts that they stand for: the same steps, and after each the same
// state, and the same refusals. Their state is internal; here it can be read.

contract PaymentsModel is Payments {
    function state() external view returns (uint256 fixed_, uint256 assets, uint256 shares, uint256 paid) {
        return (_fixed, _assets, _shares, _paid);
    }
}

contract ClockModel is Clock {
    function state() external view returns (uint256 now_, uint256 maturity) {
        return (_now, _maturity);
    }
}

contract OrderModel is Order {
    function state() external view returns (uint256 now_, uint256 lastMaturity) {
        return (_now, _lastMaturity);
    }
}

contract CursorModel is Cursor {
    function state() external view returns (uint256 count, uint256 cursor) {
        return (_count, _cursor);
    }
}

contract PullsModel is Pulls {
    function state() external view returns (uint256 emitted, uint256 pulled) {
        return (_emitted, _pulled);
    }
}

/// @title What `npm run prove` proves of one request, and of a list of them, is what {VPHA} does
contract RedemptionModelsTest is Suite {
    address private constant STAKER = address(0xA000);
    address private constant RECEIVER = address(0xB000);

    /// @dev Of `VPHA._queues`: see snapshots/VPHA.txt.
    uint256 private constant QUEUES_SLOT = 13;
    uint256 private constant STEPS = 24;
    uint256 private constant UNBONDING = 21 days;

    /// @dev What this test believes of each request of the list: whether it is open.
    bool[] private _isOpen;

    function setUp() public {
        address[] memory holders = new address[](1);
        holders[0] = STAKER;
        _deploySuite(holders);
        _startEmission();
        vm.prank(STAKER);
        vpha.deposit(100_000_000e18, STAKER);
        vm.warp(block.timestamp + 400 days);
    }

    // PAYMENTS

    /// @notice Parts in shares, parts in assets and the rest by its id, in any order: what {VPHA} pays and keeps is the model's.
    function testFuzz_payments(uint256 seed, uint256 size) external {
        PaymentsModel model = new PaymentsModel();
        uint256 id = _request(_anySize(size));
        (uint256 assets, uint256 shares) = _held(id);
        model.request(assets, shares);
        vm.warp(block.timestamp + UNBONDING);
        for (uint256 i = 0; i < STEPS && assets != 0; ++i) {
            uint256 word = _word(seed, i);
            uint256 before = pha.balanceOf(RECEIVER);
            if (word % 3 == 0) _redeem(model, spread(word >> 8, 1, shares));
            else if (word % 3 == 1) _withdraw(model, spread(word >> 8, 1, assets));
            else if (word % 24 == 2) _claimAll(model, id);
            (uint256 fixed_, uint256 assetsLeft, uint256 sharesLeft, uint256 paid) = model.state();
            vm.assertEq(pha.balanceOf(RECEIVER) - before, assets - assetsLeft, "another amount was paid");
            vm.assertEq(pha.balanceOf(RECEIVER), paid, "another sum was paid");
            (assets, shares) = _held(id);
            vm.assertEq(assets, assetsLeft, "other assets are left");
            vm.assertEq(shares, sharesLeft, "other shares are left");
            vm.assertEq(vpha.pendingRedemptions(), fixed_ - paid, "the pool owes something else");
            model.check();
        }
    }

    /// @notice A cancellation puts all of it back.
    function testFuzz_cancellation(uint256 size, uint256 seconds_) external {
        PaymentsModel model = new PaymentsModel();
        uint256 id = _request(_anySize(size));
        (uint256 assets, uint256 shares) = _held(id);
        model.request(assets, shares);
        vm.warp(block.timestamp + spread(seconds_, 0, UNBONDING - 1));
        uint256 held = vpha.totalAssets();
        if (vpha.convertToShares(assets) == 0) return;
        vm.prank(STAKER);
        vpha.cancelRedeem(id);
        model.cancel();
        (, uint256 assetsLeft, uint256 sharesLeft, uint256 paid) = model.state();
        (assets, shares) = _held(id);
        vm.assertEq(assets, assetsLeft, "other assets are left");
        vm.assertEq(shares, sharesLeft, "other shares are left");
        vm.assertEq(vpha.totalAssets() - held, paid, "another amount went back");
        vm.assertEq(vpha.pendingRedemptions(), 0, "something is owed");
        model.check();
    }

    function _redeem(PaymentsModel model, uint256 amount) private {
        vm.prank(STAKER);
        model.redeem(amount, vpha.redeem(amount, RECEIVER, STAKER));
    }

    function _withdraw(PaymentsModel model, uint256 amount) private {
        vm.prank(STAKER);
        model.withdraw(amount, vpha.withdraw(amount, RECEIVER, STAKER));
    }

    function _claimAll(PaymentsModel model, uint256 id) private {
        (, uint256 shares) = _held(id);
        vm.prank(STAKER);
        model.redeem(shares, vpha.claim(_one(id), RECEIVER));
    }

    // CLOCK

    /// @notice {VPHA} pays, by whatever function, and gives back in the very seconds in which the model does.
    function testFuzz_clock(uint256 seed) external {
        ClockModel model = new ClockModel();
        // Its first second is 1.
        uint256 started = block.timestamp - 1;
        uint256 id;
        for (uint256 i = 0; i < STEPS; ++i) {
            uint256 word = _word(seed, i);
            uint256 gap = _gap(word >> 8, id);
            vm.warp(block.timestamp + gap);
            model.wait(gap);
            (uint256 now_, uint256 maturity) = model.state();
            vm.assertEq(block.timestamp, started + now_, "the clocks differ");
            if (maturity == 0) {
                id = _request(1e18);
                model.request();
                (, maturity) = model.state();
                vm.assertEq(_maturityOf(id), started + maturity, "another maturity");
            } else if (word % 4 == 0) {
                // In just those seconds in which nothing is paid. Another request begins another life.
                bool isCancelled = _try(address(vpha), abi.encodeCall(IVPHA.cancelRedeem, (id)));
                bool isMature = _try(address(model), abi.encodeCall(Clock.claim, ()));
                vm.assertTrue(isCancelled != isMature, "cancelled or not");
                if (isCancelled) (model, started) = (new ClockModel(), block.timestamp - 1);
            } else {
                // A part each time, so that the request stays.
                bytes memory call =
                    word % 4 == 1
                        ? abi.encodeCall(vpha.redeem, (1e9, RECEIVER, STAKER))
                        : abi.encodeCall(vpha.withdraw, (1e9, RECEIVER, STAKER));
                bool isPaid = _try(address(vpha), call);
                vm.assertTrue(isPaid == _try(address(model), abi.encodeCall(Clock.claim, ())), "paid or not");
                // A claim by id pays in the same seconds: to refuse it does no harm to the request.
                if (!isPaid)
                    vm.assertFalse(_try(address(vpha), abi.encodeCall(IVPHA.claim, (_one(id), RECEIVER))), "paid");
            }
            model.check();
        }
    }

    /// @dev Seconds to wait: a second before the maturity of `id`, that second, or any time.
    function _gap(uint256 word, uint256 id) private view returns (uint256) {
        uint256 maturity = id == 0 ? 0 : _maturityOf(id);
        if (maturity > block.timestamp && word % 4 == 0) return maturity - block.timestamp - 1;
        if (maturity > block.timestamp && word % 4 == 1) return maturity - block.timestamp;
        return spread(word >> 8, 0, 30 days);
    }

    // ORDER

    /// @notice Each request of a list matures when the model says, none before the one that was made before it.
    function testFuzz_order(uint256 seed) external {
        OrderModel model = new OrderModel();
        // Its first second is 1.
        uint256 started = block.timestamp - 1;
        uint256 previous;
        for (uint256 i = 0; i < STEPS; ++i) {
            uint256 gap = spread(_word(seed, i), 0, 40 days);
            vm.warp(block.timestamp + gap);
            model.wait(gap);
            uint256 maturity = _maturityOf(_request(1e18));
            model.request();
            (, uint256 expected) = model.state();
            vm.assertEq(maturity, started + expected, "another maturity");
            vm.assertGe(maturity, previous, "out of order");
            previous = maturity;
            model.check();
        }
    }

    // CURSOR

    /// @notice The cursor goes over what is settled, as far as the model's, and no further.
    function testFuzz_cursor(uint256 seed) external {
        CursorModel model = new CursorModel();
        for (uint256 i = 0; i < STEPS; ++i) {
            uint256 word = _word(seed, i);
            (uint256 count, uint256 cursor) = model.state();
            if (word % 4 == 0 || count == 0) {
                _request(1e18);
                _isOpen.push(true);
                model.request();
            } else if (word % 4 == 1) {
                _settle((word >> 8) % count);
            } else if (word % 4 == 2) {
                // Never asks for more than the model is told of: fewer, as many, or beyond the end.
                uint256 most = spread(word >> 8, 0, count + 2);
                uint256 settled = _settledFrom(cursor);
                vpha.skipSettled(STAKER, most);
                model.move(settled < most ? settled : most);
            } else {
                _walkAll(model);
            }
            (count, cursor) = model.state();
            (uint256 realCount, uint256 realCursor) = _queue();
            vm.assertEq(realCount, count, "another count");
            vm.assertEq(realCursor, cursor, "another cursor");
            vm.assertEq(vpha.requestCount(STAKER), count, "another number of requests");
            model.check();
        }
    }

    /// @dev By its id, where it is open: matured or not, this leaves the cursor alone.
    function _settle(uint256 index) private {
        if (!_isOpen[index]) return;
        uint256 id = RequestId.unwrap(RequestIds.pack(STAKER, index));
        bool isMature = block.timestamp >= _maturityOf(id);
        vm.prank(STAKER);
        if (isMature) vpha.claim(_one(id), RECEIVER);
        else vpha.cancelRedeem(id);
        _isOpen[index] = false;
    }

    /// @dev Redeems all that has matured then: the walk ends behind the last of what it pays.
    function _walkAll(CursorModel model) private {
        vm.warp(block.timestamp + UNBONDING);
        uint256 claimable = vpha.maxRedeem(STAKER);
        if (claimable == 0) return;
        vm.prank(STAKER);
        vpha.redeem(claimable, RECEIVER, STAKER);
        (, uint256 cursor) = model.state();
        uint256 last = cursor;
        for (uint256 i = cursor; i < _isOpen.length; ++i) {
            if (!_isOpen[i]) continue;
            _isOpen[i] = false;
            last = i + 1;
        }
        model.move(last - cursor);
    }

    function _settledFrom(uint256 cursor) private view returns (uint256 settled) {
        while (cursor + settled < _isOpen.length && !_isOpen[cursor + settled]) ++settled;
    }

    function _queue() private view returns (uint256 count, uint256 cursor) {
        uint256 word = uint256(vm.load(address(vpha), keccak256(abi.encode(STAKER, QUEUES_SLOT))));
        return (uint96(word), uint96(word >> 96));
    }

    // INTERNAL

    function _word(uint256 seed, uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, i)));
    }

    function _one(uint256 id) private pure returns (uint256[] memory ids) {
        ids = new uint256[](1);
        ids[0] = id;
    }

    /// @dev Of any size: from two wei of shares to half of all.
    function _anySize(uint256 word) private view returns (uint256) {
        return spread(word, 2, vpha.balanceOf(STAKER) / 2);
    }

    function _request(uint256 shares) private returns (uint256 id) {
        vm.prank(STAKER);
        return vpha.requestRedeem(shares, STAKER, STAKER);
    }

    /// @dev Whether the staker's call succeeds.
    function _try(address target, bytes memory data) private returns (bool isDone) {
        vm.prank(STAKER);
        (isDone, ) = target.call(data);
    }

    /// @dev What {VPHA} says of a request: nothing once it is settled.
    function _find(uint256 id) private view returns (IVPHA.RedemptionRequest memory found) {
        IVPHA.RedemptionRequest[] memory requests = vpha.requestsOf(STAKER, uint96(id), 1);
        if (requests.length == 1) found = requests[0];
    }

    function _held(uint256 id) private view returns (uint256 assets, uint256 shares) {
        IVPHA.RedemptionRequest memory found = _find(id);
        return (found.assets, found.shares);
    }

    function _maturityOf(uint256 id) private view returns (uint256) {
        return _find(id).maturity;
    }
}

/// @title What `npm run prove` proves of a stream's books is what {EmissionVault} does
contract PullsModelTest is Suite {
    uint256 private constant STEPS = 24;

    function setUp() public {
        address[] memory holders = new address[](1);
        holders[0] = address(0xA000);
        _deploySuite(holders);
    }

    /// @notice Over the whole life of the emission and beyond, whoever pulls whenever: the stakers' stream has paid what the model says.
    function testFuzz_pulls(uint256 seed) external {
        PullsModel model = new PullsModel();
        vm.warp(_startEmission());
        for (uint256 i = 0; i < STEPS; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            vm.warp(block.timestamp + spread(word >> 8, 0, 5 * 365 days));
            (uint256 emitted, ) = model.state();
            model.emitMore(vault.emitted(block.timestamp) - emitted);
            if (word % 2 == 0) {
                vpha.harvest();
                model.pull();
            } else if (word % 4 == 1) {
                // Another stream's sink: nothing of the stakers' is moved.
                vm.prank(workersSink);
                vault.pull(Stream.Workers);
            }
            uint256 pulled;
            (emitted, pulled) = model.state();
            vm.assertEq(vault.emitted(block.timestamp), emitted, "another emission");
            vm.assertEq(vault.pulled(Stream.Stakers), pulled, "another sum was pulled");
            vm.assertEq(pha.balanceOf(address(vpha)), pulled, "another sum was paid");
            model.check();
        }
    }
}
