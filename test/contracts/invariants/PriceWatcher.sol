// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {VPHA} from "../../../contracts/staking/VPHA.sol";
import {IWatcher, World} from "./World.sol";

/// @title Watches the price of a vPHA across every call and every time jump
/// @notice Reports invariant 4 as broken unless, compared with the last look and without any division:
/// - across time, the supply stays, and the assets grow (supply ≥ 1,000 vPHA) or stay (below);
/// - across a call in one second, the price does not fall, and rises by no more than what rounding to a wei explains
///   (less than one share's price on the whole pool): nothing that a caller does moves it;
/// - where the supply is or comes below 1,000 vPHA, the price does not rise at all, and falls by less than a wei on the
///   whole pool;
/// - it is never below one PHA per share.
contract PriceWatcher is IWatcher {
    uint256 private constant MIN_SUPPLY = 1_000e18;

    World private immutable _world;
    VPHA private immutable _vpha;

    /// @dev Assets and supply at the last look, each with its virtual wei, and when that was.
    uint256 private _assets;
    uint256 private _shares;
    uint256 private _at;

    constructor(World world, VPHA vpha) {
        _world = world;
        _vpha = vpha;
        (_assets, _shares, _at) = (vpha.totalAssets() + 1, vpha.totalSupply() + 1, block.timestamp);
    }

    function observe() external {
        uint256 assets = _vpha.totalAssets() + 1;
        uint256 shares = _vpha.totalSupply() + 1;
        if (block.timestamp != _at) _acrossTime(assets, shares);
        else _acrossCall(assets, shares);
        _require(assets >= shares, "price below one");
        (_assets, _shares, _at) = (assets, shares, block.timestamp);
    }

    function _acrossTime(uint256 assets, uint256 shares) private {
        _require(shares == _shares, "supply changed by itself");
        if (shares > MIN_SUPPLY) _require(assets >= _assets, "price fell with time");
        else _require(assets == _assets, "price moved with time at low supply");
    }

    function _acrossCall(uint256 assets, uint256 shares) private {
        uint256 priceNow = assets * _shares;
        uint256 priceThen = _assets * shares;
        if (shares > MIN_SUPPLY && _shares > MIN_SUPPLY) {
            _require(priceNow >= priceThen, "price fell in a call");
            uint256 rounding = _assets > _shares ? _assets : _shares;
            _require(priceNow < priceThen + rounding, "price rose in a call");
        } else {
            _require(priceNow <= priceThen, "price rose in a call at low supply");
            _require(priceNow + _shares > priceThen, "price fell in a call at low supply");
        }
    }

    function _require(bool condition, string memory reason) private {
        if (!condition) _world.report(4, reason);
    }
}
