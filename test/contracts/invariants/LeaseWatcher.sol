// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IWorkerRewards} from "../../../contracts/interfaces/IWorkerRewards.sol";
import {Life, WorkerLedger} from "./WorkerLedger.sol";
import {World} from "./World.sol";

/// @title Watches every lease across every call of the rewards
/// @notice Reports invariant 10 as broken if a lease begins, grows or changes, or a heartbeat is taken, while the worker's
/// attestation does not hold, or a GPU's former holder may still have a lease; or if a lease then goes beyond six hours or beyond
/// the attestation.
contract LeaseWatcher {
    World private immutable _world;
    WorkerLedger private immutable _ledger;
    IWorkerRewards private immutable _rewards;

    mapping(uint256 number => IWorkerRewards.LeaseView) private _last;

    constructor(World world, WorkerLedger ledger, IWorkerRewards rewards) {
        (_world, _ledger, _rewards) = (world, ledger, rewards);
    }

    function observe() external {
        uint256 machines = _ledger.MACHINES();
        for (uint256 i = 0; i < machines; ++i) {
            IWorkerRewards.LeaseView memory lease = _rewards.leaseOf(_ledger.addressOf(i));
            IWorkerRewards.LeaseView memory last = _last[i];
            bool isSame = lease.weight == last.weight && lease.end == last.end;
            if (isSame && lease.blockNumber == last.blockNumber) continue;
            _last[i] = lease;
            (bool holds, uint256 validUntil) = _ledger.attestationOf(i);
            if (!holds || _ledger.machine(i).life != Life.Staying) {
                _world.report(10, "a lease was granted without a valid attestation");
            }
            if (_ledger.isWaiting(i)) _world.report(10, "a lease was granted while a GPU may still have another");
            // A heartbeat takes nothing back of what an attestation gave that held longer.
            if (isSame) continue;
            uint256 end = lease.end.unwrap();
            if (end > block.timestamp / 3600 + 6) _world.report(10, "a lease is longer than six hours");
            if (end * 3600 > validUntil) _world.report(10, "a lease goes beyond the attestation");
        }
    }
}
