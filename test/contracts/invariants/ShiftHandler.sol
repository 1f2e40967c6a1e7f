// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Handler} from "./Handler.sol";
import {Life, Machine, WorkerLedger} from "./WorkerLedger.sol";
import {WorkerRegistryHandler} from "./WorkerRegistryHandler.sol";
import {WorkerRewardsHandler} from "./WorkerRewardsHandler.sol";
import {World} from "./World.sol";

/// @title Brings life back: governance takes weeks, and an attestation lasts for one
/// @notice Uses the actions of other handlers, in the order in which an operator would.
contract ShiftHandler is Handler {
    WorkerLedger private immutable _ledger;
    WorkerRegistryHandler private immutable _registry;
    WorkerRewardsHandler private immutable _rewards;

    constructor(
        World world_,
        WorkerLedger ledger,
        WorkerRegistryHandler registry,
        WorkerRewardsHandler rewards
    ) Handler(world_) {
        (_ledger, _registry, _rewards) = (ledger, registry, rewards);
    }

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](3);
        list[0] = this.shift.selector;
        list[1] = this.shift.selector;
        list[2] = this.shift.selector;
    }

    /// @notice Everybody attests, adds the collateral that is missing, works for some hours, and somebody is paid.
    function shift(uint256 a, uint256 b, uint256 c) external {
        // Now and then somebody comes.
        if (c % 4 == 0) _registry.register(a, b, c);
        _registry.reattestEverybody(a, b, c);
        for (uint256 i = 0; i < _ledger.MACHINES(); ++i) {
            Machine memory m = _ledger.machine(i);
            bool isShort = m.life == Life.Staying && m.collateral < m.required + m.thawing;
            if (isShort) _registry.addCollateral(i, 2 * i, 1);
        }
        _rewards.work(a, b, c);
        _rewards.heartbeat(a, b, c);
        _rewards.work(a, b, c >> 8);
        _rewards.claim(a, b, c);
    }
}
