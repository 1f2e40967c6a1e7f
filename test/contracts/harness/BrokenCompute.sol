// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {IWorkerRewards} from "../../../contracts/interfaces/IWorkerRewards.sol";
import {Lapse, Standing, Standings} from "../../../contracts/types/Worker.sol";
import {Front} from "./Front.sol";

// Compute contracts that are wrong on purpose, each in one way: the checks of the invariants must find every one of them.
// See {Front}.

/// @notice Breaks invariant 7: a wei of what is added goes back to the payer.
contract BrokenCollateralRegistry is Front {
    constructor(address genuine) Front(genuine) {}

    function addCollateral(address, uint96) external {
        _genuinely(msg.data);
        IWorkerRegistry(address(this)).vpha().transfer(msg.sender, 1);
    }
}

/// @notice Breaks invariant 8: a batch of heartbeats adds a hundredth of weight that is no lease's.
/// @dev Slot 3: bits 96–159 are the weight that counts from the next hour.
contract BrokenWeightRewards is Front {
    constructor(address genuine) Front(genuine) {}

    function heartbeat(uint40, address[] calldata, bytes calldata) external {
        bytes memory result = _genuinely(msg.data);
        _add(bytes32(uint256(3)), 1 << 96);
        _returnAs(result);
    }
}

/// @notice Breaks invariant 8: of each batch, one lease that begins or is moved ends an hour before its time, for the sum alone.
/// @dev Slot 6: buckets by hour; bits 192–255 are the weight that ends.
contract BrokenEndRewards is Front {
    constructor(address genuine) Front(genuine) {}

    function heartbeat(uint40, address[] calldata workers, bytes calldata) external {
        uint256[] memory before = new uint256[](workers.length);
        for (uint256 i = 0; i < workers.length; ++i) {
            before[i] = _endOf(workers[i]);
        }
        bytes memory result = _genuinely(msg.data);
        for (uint256 i = 0; i < workers.length; ++i) {
            uint256 end = _endOf(workers[i]);
            if (end == before[i] || end <= block.timestamp / 3600 + 2) continue;
            uint256 weight = uint256(IWorkerRewards(address(this)).leaseOf(workers[i]).weight) << 192;
            _add(keccak256(abi.encode(end - 1, 6)), weight);
            unchecked {
                _add(keccak256(abi.encode(end, 6)), 0 - weight);
            }
            break;
        }
        _returnAs(result);
    }

    function _endOf(address worker) private view returns (uint256) {
        return IWorkerRewards(address(this)).leaseOf(worker).end.unwrap();
    }
}

/// @notice Breaks invariant 9: hours that somebody closes for himself pay twice the ceiling.
/// @dev Slot 4: bits 192–255 are the ceiling.
contract BrokenCeilingRewards is Front {
    constructor(address genuine) Front(genuine) {}

    function closeHours() external {
        uint256 ceiling = IWorkerRewards(address(this)).ceiling() << 192;
        _add(bytes32(uint256(4)), ceiling);
        _genuinely(msg.data);
        assembly ("memory-safe") {
            sstore(4, sub(sload(4), ceiling))
        }
    }
}

/// @notice Breaks invariant 9: who claims after its lease is paid for another hour, at the ceiling.
/// @dev Slot 7: leases by worker; bits 136–231 are what it has accrued.
contract BrokenLeaseRewards is Front {
    constructor(address genuine) Front(genuine) {}

    function claim(address[] calldata workers, address) external {
        IWorkerRewards self = IWorkerRewards(address(this));
        for (uint256 i = 0; i < workers.length; ++i) {
            IWorkerRewards.LeaseView memory lease = self.leaseOf(workers[i]);
            if (lease.end.unwrap() > block.timestamp / 3600) continue;
            _add(_slotOf(workers[i], 7), (self.ceiling() * lease.weight) << 136);
        }
        _returnAs(_genuinely(msg.data));
    }
}

/// @notice Breaks invariant 9: a wei that is paid is not counted.
/// @dev Slot 5: bits 96–191 are what was paid.
contract BrokenCountRewards is Front {
    constructor(address genuine) Front(genuine) {}

    function claim(address[] calldata, address) external {
        bytes memory result = _genuinely(msg.data);
        assembly ("memory-safe") {
            sstore(5, sub(sload(5), shl(96, 1)))
        }
        _returnAs(result);
    }
}

/// @notice Breaks invariant 10: whose attestation has ended gets leases as before.
contract BrokenAttestationRegistry is Front {
    constructor(address genuine) Front(genuine) {}

    function standingsOf(address[] calldata workers) external {
        Standing[] memory standings = abi.decode(_genuinely(msg.data), (Standing[]));
        for (uint256 i = 0; i < workers.length; ++i) {
            IWorkerRegistry.WorkerView memory found = IWorkerRegistry(address(this)).workerOf(workers[i]);
            if (found.lapse == Lapse.Attestation) standings[i] = Standings.pack(found.weight, block.timestamp + 7 days);
        }
        _returnAs(abi.encode(standings));
    }
}

/// @notice Breaks invariant 10: an attestation counts for a day longer than it holds.
contract BrokenExpiryRegistry is Front {
    constructor(address genuine) Front(genuine) {}

    function standingsOf(address[] calldata) external {
        Standing[] memory standings = abi.decode(_genuinely(msg.data), (Standing[]));
        for (uint256 i = 0; i < standings.length; ++i) {
            if (standings[i].weight() == 0) continue;
            standings[i] = Standings.pack(standings[i].weight(), uint256(standings[i].validUntil()) + 1 days);
        }
        _returnAs(abi.encode(standings));
    }
}

/// @notice Breaks invariant 10: who takes a GPU gets a lease while the other's runs.
contract BrokenMoveRegistry is Front {
    constructor(address genuine) Front(genuine) {}

    function standingsOf(address[] calldata workers) external {
        Standing[] memory standings = abi.decode(_genuinely(msg.data), (Standing[]));
        for (uint256 i = 0; i < workers.length; ++i) {
            IWorkerRegistry.WorkerView memory found = IWorkerRegistry(address(this)).workerOf(workers[i]);
            if (found.lapse == Lapse.GpuMoved) standings[i] = Standings.pack(found.weight, found.validUntil);
        }
        _returnAs(abi.encode(standings));
    }
}

/// @notice Breaks invariant 11: each proposal begins a window of its own.
/// @dev Slot 5: windows by worker.
contract BrokenCapSlashing is Front {
    constructor(address genuine) Front(genuine) {}

    function propose(address worker, uint8, uint96, uint96, address, uint40, bytes32, string calldata) external {
        bytes32 slot = _slotOf(worker, 5);
        assembly ("memory-safe") {
            sstore(slot, 0)
        }
        _returnAs(_genuinely(msg.data));
    }
}

/// @notice Breaks invariant 11: who leaves is liable for faults after the exit, too.
contract BrokenRiskRegistry is Front {
    constructor(address genuine) Front(genuine) {}

    function reserve(address worker, uint96 amount, uint40) external {
        _genuinely(abi.encodeCall(IWorkerRegistry.reserve, (worker, amount, 0)));
    }
}

/// @notice Breaks invariant 11: who has an open proposal cannot leave at all.
contract BrokenDelayRegistry is Front {
    constructor(address genuine) Front(genuine) {}

    function finishExit(address worker, address) external {
        require(IWorkerRegistry(address(this)).workerOf(worker).reserved == 0, "reserved");
        _returnAs(_genuinely(msg.data));
    }
}
