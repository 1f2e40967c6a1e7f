// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IWorkerRewards} from "../../../contracts/interfaces/IWorkerRewards.sol";
import {Life, WorkerLedger} from "./WorkerLedger.sol";
import {IWatcher, World} from "./World.sol";

/// @title Watches every lease across every call and every time jump
/// @notice Reports invariant 10 as broken if a lease begins, grows or changes while the worker's attestation does not hold, or
/// if it then goes beyond six hours or beyond the attestation.
contract LeaseWatcher is IWatcher {
    World private immutable _world;
    WorkerLedger private immutable _ledger;
    IWorkerRewards private immutable _rewards;

    mapping(uint256 number => bytes32) private _last;

    constructor(World world, WorkerLedger ledger, IWorkerRewards rewards) {
        (_world, _ledger, _rewards) = (world, ledger, rewards);
    }

    function observe() external {
        uint256 machines = _ledger.MACHINES();
        for (uint256 i = 0; i < machines; ++i) {
            IWorkerRewards.LeaseView memory lease = _rewards.leaseOf(_ledger.addressOf(i));
            bytes32 hash = keccak256(abi.encode(lease.end, lease.weight, lease.blockNumber));
            if (hash == _last[i] || lease.blockNumber == 0) continue;
            _last[i] = hash;
            (bool holds, uint256 validUntil) = _ledger.attestationOf(i);
            if (!holds || _ledger.machine(i).life != Life.Staying) {
                _world.report(10, "a lease was granted without a valid attestation");
            }
            uint256 end = lease.end.unwrap();
            if (end > block.timestamp / 3600 + 6) _world.report(10, "a lease is longer than six hours");
            if (end * 3600 > validUntil) _world.report(10, "a lease goes beyond the attestation");
        }
    }
}
