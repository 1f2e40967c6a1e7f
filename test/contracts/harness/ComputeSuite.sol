// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISlashing} from "../../../contracts/interfaces/ISlashing.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {IWorkerRewards} from "../../../contracts/interfaces/IWorkerRewards.sol";
import {GUARDIAN_ROLE_ID} from "../../../contracts/types/DelayClass.sol";
import {AttestationStandIn} from "./AttestationStandIn.sol";
import {Suite} from "./Suite.sol";

/// @title The suite with the compute contracts, as they are built to be deployed
/// @notice The workers' stream goes to the rewards from the first second. There are two slashing contracts, so that one can
/// take the other's place.
abstract contract ComputeSuite is Suite {
    uint256 internal constant CEILING = 0.05e18;
    uint256 internal constant STAKE = 10_000_000e18;

    address internal immutable slasher = address(0x64);
    address internal immutable judge = address(0x65);
    address internal immutable proceeds = address(0x66);

    AttestationStandIn internal attestation;
    IWorkerRegistry internal registry;
    IWorkerRewards internal rewards;
    ISlashing[2] internal slashings;

    /// @notice Deploys everything; `holders` have vPHA, and let the registry take it.
    function _deployCompute(address[] memory holders) internal {
        _deploySuite(holders);
        // So that there are blocks to name.
        vm.roll(1_000);
        attestation = new AttestationStandIn();
        registry = IWorkerRegistry(_create("compute", "WorkerRegistry", abi.encode(authority, vpha, attestation)));
        rewards = IWorkerRewards(
            _create("compute", "WorkerRewards", abi.encode(authority, vault, vpha, registry, CEILING))
        );
        ISlashing.Limits memory limits = ISlashing.Limits(7 days, 14 days, [uint16(500), 3_000, 10_000]);
        for (uint256 i = 0; i < slashings.length; ++i) {
            bytes memory arguments = abi.encode(authority, registry, slasher, judge, proceeds, limits);
            slashings[i] = ISlashing(_create("compute", "Slashing", arguments));
        }
        bytes4[] memory selectors = new bytes4[](2);
        selectors[0] = IWorkerRegistry.pauseRegistrations.selector;
        selectors[1] = IWorkerRegistry.resumeRegistrations.selector;
        authority.setTargetFunctionRole(address(registry), selectors, GUARDIAN_ROLE_ID);
        vm.startPrank(governance);
        registry.setSlashing(address(slashings[0]));
        registry.setModel("H100", 1_250e18, 100);
        registry.setModel("H200", 1_875e18, 150);
        registry.setModel("B200", 2_250e18, 180);
        vault.start([address(vpha), address(rewards), treasurySink]);
        vm.stopPrank();
        for (uint256 i = 0; i < holders.length; ++i) {
            vm.startPrank(holders[i]);
            vpha.deposit(STAKE, holders[i]);
            vpha.approve(address(registry), type(uint256).max);
            vm.stopPrank();
        }
    }
}
