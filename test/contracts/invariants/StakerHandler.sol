// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {VPHA} from "../../../contracts/staking/VPHA.sol";
import {PHA} from "../../../contracts/token/PHA.sol";
import {Handler} from "./Handler.sol";
import {World} from "./World.sol";

/// @title Stakers who come when they can, and leave whenever they like
contract StakerHandler is Handler {
    struct Request {
        address owner;
        uint256 id;
        uint256 assets;
        uint256 maturity;
    }

    VPHA private immutable _vpha;
    PHA private immutable _pha;
    Request[] private _requests;

    constructor(World world_, VPHA vpha, PHA pha) Handler(world_) {
        (_vpha, _pha) = (vpha, pha);
    }

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](4);
        list[0] = this.deposit.selector;
        list[1] = this.requestRedeem.selector;
        list[2] = this.transferShares.selector;
        list[3] = this.claim.selector;
    }

    function deposit(uint256 a, uint256 b, uint256) external {
        address staker = world.actor(a);
        uint256 assets = spread(b, 2e18, 1_000_000e18);
        bool isAllowed = block.timestamp >= _vpha.depositsPausedUntil() && assets <= _pha.balanceOf(staker);
        bytes memory data = abi.encodeCall(_vpha.deposit, (assets, staker));
        _do("deposit", staker, address(_vpha), data, isAllowed);
    }

    function requestRedeem(uint256 a, uint256 b, uint256) external {
        address staker = world.actor(a);
        if (_vpha.balanceOf(staker) == 0) return;
        uint256 shares = spread(b, 1, _vpha.balanceOf(staker));
        uint256 index = _vpha.requestCount(staker);
        bytes memory data = abi.encodeCall(_vpha.requestRedeem, (shares, staker, staker));
        (bool success, bytes memory result) = _do(_name("requestRedeem"), staker, address(_vpha), data, true);
        _check(5, success, "an exit could not be requested");
        if (!success) return;
        uint256 assets = _vpha.requestsOf(staker, index, 1)[0].assets;
        _requests.push(Request(staker, abi.decode(result, (uint256)), assets, block.timestamp + 21 days));
    }

    function transferShares(uint256 a, uint256 b, uint256 c) external {
        address staker = world.actor(a);
        bytes memory data = abi.encodeCall(_vpha.transfer, (world.actor(b), spread(c, 0, _vpha.balanceOf(staker))));
        (bool success, ) = _do(_name("transferShares"), staker, address(_vpha), data, true);
        _check(5, success, "shares could not be transferred");
    }

    /// @notice The oldest that has matured.
    function claim(uint256 a, uint256, uint256) external {
        for (uint256 i = 0; i < _requests.length; ++i) {
            Request memory request = _requests[i];
            if (request.assets == 0 || block.timestamp < request.maturity) continue;
            address receiver = world.actor(a);
            uint256 before = _pha.balanceOf(receiver);
            bytes memory data = abi.encodeCall(_vpha.claim, (_only(request.id), receiver));
            (bool success, ) = _do(_name("claim"), request.owner, address(_vpha), data, true);
            _check(5, success, "a matured request could not be claimed");
            if (!success) return;
            _check(
                5,
                _pha.balanceOf(receiver) == before + request.assets,
                "a claim paid another amount than was fixed"
            );
            _requests[i].assets = 0;
            return;
        }
    }

    /// @notice Lets every staker leave with all that he has, and claim it when it has matured. For a caller that undoes it.
    function leaveAll() external {
        address[] memory actors = world.actors();
        for (uint256 i = 0; i < actors.length; ++i) {
            this.requestRedeem(i, 1, 0);
        }
        for (uint256 round = 0; round < 2; ++round) {
            for (uint256 i = 0; i < _requests.length; ++i) {
                this.claim(0, 0, 0);
            }
            vm.warp(block.timestamp + 21 days);
        }
        for (uint256 i = 0; i < _requests.length; ++i) {
            vm.assertEq(_requests[i].assets, 0, "a request is left");
        }
    }

    /// @dev Successes are counted apart while deposits are paused.
    function _name(string memory action) private view returns (string memory) {
        return block.timestamp < _vpha.depositsPausedUntil() ? string.concat(action, "UnderPause") : action;
    }

    function _only(uint256 id) private pure returns (uint256[] memory ids) {
        ids = new uint256[](1);
        ids[0] = id;
    }
}
