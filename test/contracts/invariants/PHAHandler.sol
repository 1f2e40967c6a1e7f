// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PHA} from "../../../contracts/token/PHA.sol";
import {Handler} from "./Handler.sol";
import {World} from "./World.sol";

/// @title Moves, burns and gives away PHA
contract PHAHandler is Handler {
    uint256 private constant SUPPLY = 1e27;

    PHA public immutable pha;

    /// @dev Contracts that somebody may send PHA to by mistake or with a plan.
    address[] private _donees;
    uint256 private _lastSupply;

    /// @notice Ghost: all PHA that was ever burnt.
    uint256 public burnt;
    /// @notice Ghost: PHA sent to a contract without being asked for.
    mapping(address donee => uint256) public donated;

    constructor(World world_, PHA pha_, address[] memory donees_) Handler(world_) {
        pha = pha_;
        _donees = donees_;
        _lastSupply = pha_.totalSupply();
    }

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](4);
        list[0] = this.transfer.selector;
        list[1] = this.burn.selector;
        list[2] = this.donate.selector;
        list[3] = this.attack.selector;
    }

    /// @notice Invariant 1: the supply never rises.
    function observe() public override {
        uint256 supply = pha.totalSupply();
        _check(1, supply <= _lastSupply, "supply rose");
        _lastSupply = supply;
    }

    function transfer(uint256 a, uint256 b, uint256 c) external {
        address from = world.actor(a);
        uint256 amount = spread(c, 0, pha.balanceOf(from) / 4);
        _do("transfer", from, address(pha), abi.encodeCall(pha.transfer, (world.actor(b), amount)), true);
    }

    /// @notice Burns at most a tenth of a balance, so that later calls have something left.
    function burn(uint256 a, uint256 b, uint256) external {
        address from = world.actor(a);
        uint256 amount = spread(b, 0, pha.balanceOf(from) / 10);
        (bool success, ) = _do("burn", from, address(pha), abi.encodeCall(pha.burn, (amount)), true);
        if (success) burnt += amount;
    }

    /// @notice Sends PHA straight to a contract, which must not matter to it.
    function donate(uint256 a, uint256 b, uint256 c) external {
        address from = world.actor(a);
        address donee = _donees[b % _donees.length];
        uint256 amount = spread(c, 1, pha.balanceOf(from) / 20 + 1);
        bytes memory data = abi.encodeCall(pha.transfer, (donee, amount));
        (bool success, ) = _do("donate", from, address(pha), data, amount <= pha.balanceOf(from));
        if (success) donated[donee] += amount;
    }

    /// @notice Takes or burns what belongs to another, or what is not there.
    function attack(uint256 a, uint256 b, uint256 c) external {
        address thief = world.actor(a);
        address victim = b % 2 == 0 ? world.actorAfter(a, 1) : _donees[b % _donees.length];
        uint256 amount = spread(c, 1, SUPPLY);
        bytes memory data;
        if (b % 3 == 0) data = abi.encodeCall(pha.transferFrom, (victim, thief, amount));
        else if (b % 3 == 1) data = abi.encodeCall(pha.burnFrom, (victim, amount));
        else data = abi.encodeCall(pha.burn, (pha.balanceOf(thief) + amount));
        _mustFail(1, "foreign PHA was taken or burnt", thief, address(pha), data);
    }
}
