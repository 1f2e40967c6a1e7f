// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {VPHA} from "../../../contracts/staking/VPHA.sol";
import {PHA} from "../../../contracts/token/PHA.sol";
import {Handler} from "./Handler.sol";
import {PauseLedger} from "./PauseLedger.sol";
import {PriceWatcher} from "./PriceWatcher.sol";
import {RedemptionLedger} from "./RedemptionLedger.sol";
import {World} from "./World.sol";

/// @title Stakes, unstakes, claims, funds and pauses, and tries what nobody may do
contract VPHAHandler is Handler, RedemptionLedger {
    VPHA public immutable vpha;
    PHA public immutable pha;
    address public immutable guardian;

    uint256 private constant MIN_FUNDING = 1_000e18;

    /// @notice Ghost: PHA that entered by deposits and mints.
    uint256 public depositedIn;
    /// @notice Ghost: PHA that entered by {VPHA.fund}.
    uint256 public fundedIn;
    /// @notice Ghost: PHA that was paid for matured requests.
    uint256 public paidOut;
    /// @dev Ghost: when deposits were paused.
    PauseLedger private immutable _pauses = new PauseLedger();

    /// @dev Price at one moment: assets and supply, each with its virtual wei.
    struct Price {
        uint256 assets;
        uint256 shares;
    }

    constructor(World world_, VPHA vpha_, PHA pha_, address guardian_) Handler(world_) {
        vpha = vpha_;
        pha = pha_;
        guardian = guardian_;
        world_.watch(new PriceWatcher(world_, vpha_));
    }

    function selectors() external pure virtual override returns (bytes4[] memory list) {
        list = new bytes4[](19);
        list[0] = this.deposit.selector;
        list[1] = this.mint.selector;
        list[2] = this.requestRedeem.selector;
        list[3] = this.requestRedeemByOperator.selector;
        list[4] = this.cancelRedeem.selector;
        list[5] = this.claim.selector;
        list[6] = this.redeem.selector;
        list[7] = this.withdraw.selector;
        list[8] = this.waitForMaturity.selector;
        list[9] = this.massExit.selector;
        list[10] = this.roundTrip.selector;
        list[11] = this.transferShares.selector;
        list[12] = this.setOperator.selector;
        list[13] = this.harvest.selector;
        list[14] = this.fund.selector;
        list[15] = this.pauseDeposits.selector;
        list[16] = this.resumeDeposits.selector;
        list[17] = this.skipSettled.selector;
        list[18] = this.attack.selector;
    }

    // ENTRIES

    function deposit(uint256 a, uint256 b, uint256 c) external {
        address staker = world.actor(a);
        _deposit(staker, world.actor(b), spread(c, 0, pha.balanceOf(staker)));
    }

    function mint(uint256 a, uint256 b, uint256 c) external {
        address staker = world.actor(a);
        _mint(staker, world.actor(b), spread(c, 0, vpha.convertToShares(pha.balanceOf(staker))));
    }

    // EXITS

    function requestRedeem(uint256 a, uint256 b, uint256) external {
        address owner = world.actor(a);
        _request(owner, owner, owner, spread(b, 0, vpha.balanceOf(owner)));
    }

    /// @notice An operator (approved for everything) or a spender (with an allowance) requests; the request is the
    /// owner's or the caller's own.
    function requestRedeemByOperator(uint256 a, uint256 b, uint256 c) external {
        address owner = world.actor(a);
        address caller = world.actor(b);
        uint256 shares = spread(c, 0, vpha.balanceOf(owner) / 2);
        bool byAllowance = (c >> 8) % 2 == 0;
        if (byAllowance) {
            vm.prank(owner);
            vpha.approve(caller, shares);
        } else if (!vpha.isOperator(owner, caller)) {
            _setOperator(owner, caller, true);
        }
        _request(caller, byAllowance ? caller : owner, owner, shares);
        if (byAllowance) {
            vm.prank(owner);
            vpha.approve(caller, 0);
        } else if ((c >> 9) % 2 == 0) {
            _setOperator(owner, caller, false);
        }
    }

    /// @notice Everybody leaves: the supply goes to zero.
    function massExit(uint256 a, uint256, uint256) external {
        // Rare: the price stands still as long as nobody is back.
        if (a % 4 != 0) return;
        address[] memory everybody = world.actors();
        for (uint256 i = 0; i < everybody.length; ++i) {
            uint256 shares = vpha.balanceOf(everybody[i]);
            if (shares != 0) _request(everybody[i], everybody[i], everybody[i], shares);
        }
        _check(3, vpha.totalSupply() == 0, "shares that nobody holds");
        world.countSuccess("massExit");
    }

    function cancelRedeem(uint256 a, uint256, uint256) external {
        (bool found, uint256 number) = _find(a, false);
        if (!found) return;
        Request memory request = ledgerEntry(number);
        Price memory price = _price();
        bytes memory data = abi.encodeCall(vpha.cancelRedeem, (request.id));
        (bool success, bytes memory result) = _do(
            "cancelRedeem",
            request.controller,
            address(vpha),
            data,
            !hasMatured(number) && !_isPaused() && (request.assets * price.shares) / price.assets != 0
        );
        if (!success) return;
        _check(6, !hasMatured(number), "matured request cancelled");
        _checkEntry(price, request.assets, abi.decode(result, (uint256)));
        _recordSettled(number);
    }

    /// @notice Claims one matured request and up to three more of the same controller, by id and in any order.
    function claim(uint256 a, uint256 b, uint256) external {
        (bool found, uint256 number) = _find(a, true);
        if (!found) return;
        address controller = ledgerEntry(number).controller;
        uint256[] memory numbers = _claimableNumbers(controller, number, b % 4);
        uint256[] memory ids = new uint256[](numbers.length);
        uint256 expected;
        for (uint256 i = 0; i < numbers.length; ++i) {
            ids[i] = ledgerEntry(numbers[i]).id;
            expected += ledgerEntry(numbers[i]).assets;
        }
        address receiver = world.actor(b >> 8);
        uint256 before = pha.balanceOf(receiver);
        bytes memory data = abi.encodeCall(vpha.claim, (ids, receiver));
        (bool success, ) = _do(_isPaused() ? "claimUnderPause" : "claim", controller, address(vpha), data, true);
        _check(5, success, "matured request could not be claimed");
        if (!success) return;
        _check(6, pha.balanceOf(receiver) == before + expected, "claim paid another amount than was fixed");
        for (uint256 i = 0; i < numbers.length; ++i) {
            _recordSettled(numbers[i]);
        }
        paidOut += expected;
    }

    function redeem(uint256 a, uint256 b, uint256 c) external {
        _walk(world.actor(a), world.actor(c), b, true);
    }

    function withdraw(uint256 a, uint256 b, uint256 c) external {
        _walk(world.actor(a), world.actor(c), b, false);
    }

    /// @notice To a request's maturity, or one second beside it.
    function waitForMaturity(uint256 a, uint256 b, uint256) external {
        (bool found, uint256 number) = _find(a, false);
        if (!found) return;
        uint256 target = ledgerEntry(number).createdAt + UNBONDING + (b % 3) - 1;
        if (target > block.timestamp) _pass(target - block.timestamp);
        world.countSuccess("waitForMaturity");
    }

    // ROUNDING

    /// @notice In and out again within a second, up to eight times: it never pays.
    function roundTrip(uint256 a, uint256 b, uint256 c) external {
        address staker = world.actor(a);
        uint256 assets = spread(b, 1, pha.balanceOf(staker) / 8 + 1);
        for (uint256 i = 0; i <= c % 8; ++i) {
            uint256 held = vpha.balanceOf(staker);
            uint256 put = c % 2 == 0 ? _deposit(staker, staker, assets) : _mint(staker, staker, assets);
            uint256 shares = vpha.balanceOf(staker) - held;
            if (put == 0 || shares == 0) return;
            (bool success, uint256 got) = _request(staker, staker, staker, shares);
            _check(13, success && got <= put, "a round trip paid");
        }
        world.countSuccess("roundTrip");
    }

    // THE REST OF THE HOUSE

    function transferShares(uint256 a, uint256 b, uint256 c) external {
        address from = world.actor(a);
        bytes memory data = abi.encodeCall(vpha.transfer, (world.actor(b), spread(c, 0, vpha.balanceOf(from))));
        (bool success, ) = _do("transferShares", from, address(vpha), data, true);
        _check(5, success, "shares could not be transferred");
    }

    function setOperator(uint256 a, uint256 b, uint256 c) external {
        _setOperator(world.actor(a), world.actor(b), c % 2 == 0);
    }

    /// @notice Anybody moves anybody's cursor: it must succeed, and change nothing that can be claimed.
    function skipSettled(uint256 a, uint256 b, uint256 c) external {
        address controller = world.actor(b);
        bytes memory data = abi.encodeCall(vpha.skipSettled, (controller, spread(c, 0, type(uint256).max)));
        _do("skipSettled", world.actor(a), address(vpha), data, true);
        (uint256 assets, uint256 shares) = claimableOf(controller);
        _check(5, vpha.maxWithdraw(controller) == assets, "a skip changed the assets that can be claimed");
        _check(5, vpha.maxRedeem(controller) == shares, "a skip changed the shares that can be claimed");
    }

    function harvest(uint256 a, uint256, uint256) external {
        bool isStarted = vpha.emissionVault().startTime() != 0;
        _do("harvest", world.actor(a), address(vpha), abi.encodeCall(vpha.harvest, ()), isStarted);
    }

    function fund(uint256 a, uint256 b, uint256) external {
        address funder = world.actor(a);
        uint256 balance = pha.balanceOf(funder) / 4;
        if (balance < MIN_FUNDING) return;
        uint256 amount = spread(b, MIN_FUNDING, balance);
        (bool success, ) = _do("fund", funder, address(vpha), abi.encodeCall(vpha.fund, (amount)), true);
        if (success) fundedIn += amount;
    }

    function pauseDeposits(uint256 a, uint256, uint256) external {
        uint256 until = block.timestamp + spread(a, 1, 7 days);
        bytes memory data = abi.encodeCall(vpha.pauseDeposits, (until));
        (bool success, ) = _do("pauseDeposits", guardian, address(vpha), data, _pauses.isAllowed(until));
        if (success) _pauses.add(until);
    }

    function resumeDeposits(uint256 a, uint256, uint256) external {
        // Not always, so that pauses last.
        if (a % 2 != 0) return;
        bytes memory data = abi.encodeCall(vpha.resumeDeposits, ());
        (bool success, ) = _do("resumeDeposits", guardian, address(vpha), data, _pauses.isRunning());
        if (success) _pauses.cut();
    }

    // ATTACKS

    /// @notice What nobody may do, by somebody who is approved for nothing.
    function attack(uint256 a, uint256 b, uint256 c) external {
        address thief = world.actor(a);
        address victim = world.actorAfter(a, 1 + (b % (world.actors().length - 1)));
        if (vpha.isOperator(victim, thief)) _setOperator(victim, thief, false);
        uint256 kind = (b >> 64) % 4;
        if (kind == 0) _attackShares(thief, victim, c);
        else if (kind == 1) _attackForeignRequest(thief, c);
        else if (kind == 2) _attackOwnRequest(c);
        else _attackPauseAndIncome(thief, c);
    }

    function _attackShares(address thief, address victim, uint256 c) private {
        uint256 shares = spread(c, 1, vpha.balanceOf(victim) + 1);
        bytes memory data;
        if ((c >> 32) % 3 == 0) {
            data = abi.encodeCall(vpha.transferFrom, (victim, thief, shares));
        } else if ((c >> 32) % 3 == 1) {
            data = abi.encodeCall(vpha.requestRedeem, (shares, thief, victim));
        } else {
            // Own shares, but into the victim's list.
            data = abi.encodeCall(vpha.requestRedeem, (spread(c, 1, vpha.balanceOf(thief) + 1), victim, thief));
        }
        _mustFail(6, "shares of another were moved, or his list lengthened", thief, address(vpha), data);
    }

    function _attackForeignRequest(address thief, uint256 c) private {
        (bool found, uint256 number) = _find(c, (c >> 32) % 2 == 0);
        if (!found) return;
        Request memory request = ledgerEntry(number);
        if (request.controller == thief || vpha.isOperator(request.controller, thief)) return;
        bytes memory data;
        uint256 kind = (c >> 33) % 4;
        if (kind == 0) data = abi.encodeCall(vpha.claim, (_ids(request.id, 1), thief));
        else if (kind == 1) data = abi.encodeCall(vpha.cancelRedeem, (request.id));
        else if (kind == 2) data = abi.encodeCall(vpha.redeem, (1, thief, request.controller));
        else data = abi.encodeCall(vpha.withdraw, (1, thief, request.controller));
        _mustFail(6, "a foreign request was claimed or cancelled", thief, address(vpha), data);
    }

    /// @dev A controller with his own request: twice, too early, or (cancelling) too late.
    function _attackOwnRequest(uint256 c) private {
        uint256 length = ledgerLength();
        if (length == 0) return;
        uint256 number = c % length;
        Request memory request = ledgerEntry(number);
        uint256[] memory ids = _ids(request.id, isClaimable(number) ? 2 : 1);
        bytes memory data = abi.encodeCall(vpha.claim, (ids, request.controller));
        _mustFail(6, "claimed twice or too early", request.controller, address(vpha), data);
        if (request.assets != 0 && !hasMatured(number)) return;
        data = abi.encodeCall(vpha.cancelRedeem, (request.id));
        _mustFail(6, "a matured or settled request was cancelled", request.controller, address(vpha), data);
    }

    function _attackPauseAndIncome(address thief, uint256 c) private {
        uint256 kind = c % 5;
        bytes memory data;
        if (kind == 0) data = abi.encodeCall(vpha.pauseDeposits, (block.timestamp + 1));
        else if (kind == 1) data = abi.encodeCall(vpha.resumeDeposits, ());
        else if (kind == 2) data = abi.encodeCall(vpha.fund, (spread(c >> 8, 0, MIN_FUNDING - 1)));
        else data = abi.encodeCall(vpha.pauseDeposits, (block.timestamp + 7 days + spread(c >> 8, 1, 365 days)));
        if (kind == 3) thief = guardian;
        _mustFail(0, "paused without right or limit, or funded with dust", thief, address(vpha), data);
    }

    // INTERNAL

    /// @dev Returns what the staker paid; 0 if he could not deposit.
    function _deposit(address staker, address receiver, uint256 assets) private returns (uint256) {
        Price memory price = _price();
        bool allowed = !_isPaused() && (assets * price.shares) / price.assets != 0 && assets <= pha.balanceOf(staker);
        bytes memory data = abi.encodeCall(vpha.deposit, (assets, receiver));
        (bool success, bytes memory result) = _do("deposit", staker, address(vpha), data, allowed);
        if (!success) return 0;
        _checkEntry(price, assets, abi.decode(result, (uint256)));
        depositedIn += assets;
        return assets;
    }

    function _mint(address staker, address receiver, uint256 shares) private returns (uint256 assets) {
        Price memory price = _price();
        uint256 before = pha.balanceOf(staker);
        bytes memory data = abi.encodeCall(vpha.mint, (shares, receiver));
        bool isCovered = shares * price.assets <= before * price.shares;
        (bool success, ) = _do("mint", staker, address(vpha), data, !_isPaused() && shares != 0 && isCovered);
        if (!success) return 0;
        assets = before - pha.balanceOf(staker);
        _checkEntry(price, assets, shares);
        // A deposit of the same assets buys at least as many shares.
        _check(13, (assets * price.shares) / price.assets >= shares, "mint was cheaper than deposit");
        depositedIn += assets;
    }

    function _request(
        address caller,
        address controller,
        address owner,
        uint256 shares
    ) private returns (bool success, uint256 assets) {
        Price memory price = _price();
        uint256 held = vpha.balanceOf(owner);
        bytes memory result;
        (success, result) = _do(
            caller == owner ? "requestRedeem" : "requestRedeemByOperator",
            caller,
            address(vpha),
            abi.encodeCall(vpha.requestRedeem, (shares, controller, owner)),
            shares != 0
        );
        _check(5, success || shares == 0, "an exit was refused");
        if (!success) return (false, 0);
        _check(6, vpha.balanceOf(owner) == held - shares, "shares were not burnt");
        uint256 id = abi.decode(result, (uint256));
        assets = (shares * price.assets) / price.shares;
        _check(13, assets * price.shares <= shares * price.assets, "an exit was paid above the price");
        _recordRequest(id, controller, assets, shares);
    }

    function _walk(address controller, address receiver, uint256 b, bool inShares) private {
        (uint256 assets, uint256 shares) = claimableOf(controller);
        _check(5, vpha.maxWithdraw(controller) == assets, "maxWithdraw is not what has matured");
        _check(5, vpha.maxRedeem(controller) == shares, "maxRedeem is not what has matured");
        uint256 amount = inShares ? shares : assets;
        if (amount == 0) return;
        amount = spread(b, 1, amount);

        uint256 before = pha.balanceOf(receiver);
        bytes memory data =
            inShares
                ? abi.encodeCall(vpha.redeem, (amount, receiver, controller))
                : abi.encodeCall(vpha.withdraw, (amount, receiver, controller));
        (bool success, ) = _do(inShares ? "redeem" : "withdraw", controller, address(vpha), data, true);
        _check(5, success, "matured requests could not be redeemed or withdrawn");
        if (!success) return;
        uint256 paid = _recordWalk(controller, amount, inShares);
        _check(6, pha.balanceOf(receiver) == before + paid, "another amount was paid than was fixed");
        paidOut += paid;
    }

    function _setOperator(address controller, address operator, bool approved) private {
        bytes memory data = abi.encodeCall(vpha.setOperator, (operator, approved));
        _do("setOperator", controller, address(vpha), data, true);
    }

    /// @dev An entry buys no more shares than its assets are worth.
    function _checkEntry(Price memory price, uint256 assets, uint256 shares) private {
        _check(13, shares * price.assets <= assets * price.shares, "an entry bought below the price");
    }

    function _price() private view returns (Price memory) {
        return Price(vpha.totalAssets() + 1, vpha.totalSupply() + 1);
    }

    function _isPaused() internal view virtual returns (bool) {
        return _pauses.isRunning();
    }

    /// @dev The first open request from a random place on; only a matured one if `matured`.
    function _find(uint256 seed, bool matured) private view returns (bool, uint256) {
        uint256 length = ledgerLength();
        for (uint256 i = 0; i < length; ++i) {
            uint256 number = ((seed % length) + i) % length;
            if (matured ? isClaimable(number) : isOpen(number)) return (true, number);
        }
        return (false, 0);
    }

    /// @dev `first`, then up to `more` other claimable requests of the controller, newest first.
    function _claimableNumbers(
        address controller,
        uint256 first,
        uint256 more
    ) private view returns (uint256[] memory numbers) {
        uint256[] memory all = ledgerOf(controller);
        numbers = new uint256[](1 + more);
        numbers[0] = first;
        uint256 found = 1;
        for (uint256 i = all.length; i != 0 && found <= more; --i) {
            if (all[i - 1] != first && isClaimable(all[i - 1])) numbers[found++] = all[i - 1];
        }
        assembly ("memory-safe") {
            mstore(numbers, found)
        }
    }

    function _ids(uint256 id, uint256 times) private pure returns (uint256[] memory ids) {
        ids = new uint256[](times);
        for (uint256 i = 0; i < times; ++i) {
            ids[i] = id;
        }
    }
}
