// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Standing, Standings} from "../../contracts/types/Worker.sol";
import {IWorkerRewards} from "../../contracts/interfaces/IWorkerRewards.sol";

/// @notice Stands in for the worker registry where only weights and expiries matter: says of a worker what it was told.
contract WorkerRegistryProbe {
    struct Said {
        uint16 weight;
        uint40 validUntil;
    }

    mapping(address worker => Said) public standingOf;
    mapping(address worker => address) public operatorOf;

    function setStanding(address worker, uint16 weight, uint40 validUntil) external {
        standingOf[worker] = Said(weight, validUntil);
    }

    function setOperator(address[] calldata workers, address operator) external {
        for (uint256 i = 0; i < workers.length; ++i) operatorOf[workers[i]] = operator;
    }

    function standingsOf(address[] calldata workers) external view returns (Standing[] memory standings) {
        standings = new Standing[](workers.length);
        for (uint256 i = 0; i < workers.length; ++i) {
            Said memory said = standingOf[workers[i]];
            standings[i] = said.weight == 0 ? Standing.wrap(0) : Standings.pack(said.weight, said.validUntil);
        }
    }

    /// @notice All that `rewards` says of itself and of `workers`, in one call.
    function books(
        IWorkerRewards rewards,
        address[] calldata workers
    )
        external
        view
        returns (uint256[6] memory totals, uint256[] memory earned, IWorkerRewards.LeaseView[] memory leases)
    {
        (totals[0], totals[1], totals[2], totals[3], totals[4], totals[5]) = rewards.totals();
        earned = new uint256[](workers.length);
        leases = new IWorkerRewards.LeaseView[](workers.length);
        for (uint256 i = 0; i < workers.length; ++i) {
            (earned[i], leases[i]) = (rewards.rewardsOf(workers[i]), rewards.leaseOf(workers[i]));
        }
    }
}
