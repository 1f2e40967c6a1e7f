// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GuardianMandate} from "../../../contracts/governance/GuardianMandate.sol";
import {Floors, IAttestationRegistry} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {GUARDIAN_ROLE_ID} from "../../../contracts/types/DelayClass.sol";
import {Suite} from "../harness/Suite.sol";
import {VerifierStandIn} from "../harness/VerifierStandIn.sol";
import {DarkWatcher} from "./DarkWatcher.sol";
import {Driver} from "./Driver.sol";
import {GuardianHandler} from "./GuardianHandler.sol";
import {Handler} from "./Handler.sol";
import {PauseLedger} from "./PauseLedger.sol";
import {StakerHandler} from "./StakerHandler.sol";
import {TimeHandler} from "./TimeHandler.sol";
import {World} from "./World.sol";

/// @title A guardian who does whatever he can, and stakers
/// @notice All of it through the mandate's contract, which alone has the guardian's role.
abstract contract GuardianCampaign is Suite, Driver {
    World internal world;
    GuardianMandate internal mandate;
    IWorkerRegistry internal registry;
    IAttestationRegistry internal attestation;
    GuardianHandler internal guardianHandler;
    StakerHandler internal stakerHandler;

    /// @dev Carries the success out of {tryToLeave}, and undoes all that it did.
    error GuardianCampaign_Left();

    function setUp() public virtual {
        address[] memory actors = new address[](4);
        for (uint160 i = 0; i < actors.length; ++i) {
            actors[i] = address(0xA000 + i);
        }
        _deploySuite(actors);
        _startEmission();
        Floors memory floors;
        attestation = IAttestationRegistry(
            _create("attestation", "AttestationRegistry", abi.encode(authority, new VerifierStandIn(), floors))
        );
        registry = IWorkerRegistry(_create("compute", "WorkerRegistry", abi.encode(authority, vpha, attestation)));
        mandate = new GuardianMandate(address(authority), actors[0], 366 days, vpha, registry, attestation);
        _assignGuardian();

        bytes32[] memory workloads = new bytes32[](2);
        (workloads[0], workloads[1]) = ("one", "two");
        world = new World(actors);
        world.watch(new DarkWatcher(world, vpha, registry, attestation, workloads));
        PauseLedger[2] memory ledgers = [new PauseLedger(), new PauseLedger()];
        guardianHandler = new GuardianHandler(world, mandate, governance, workloads, ledgers);
        stakerHandler = new StakerHandler(world, vpha, pha);
        _handlers = [Handler(guardianHandler), stakerHandler, new TimeHandler(world)];
    }

    // CHECKS

    /// @notice 0. Every call succeeds within the limits, and none beyond; nothing is dark for longer than they say.
    function checkLimits() public view {
        world.requireNone(0);
    }

    /// @notice 5. Exits go on, whatever is paused: each that was tried, and everybody's now.
    function checkExits() public {
        world.requireNone(5);
        try this.tryToLeave() {
            revert("nobody tried");
        } catch (bytes memory reason) {
            vm.assertTrue(bytes4(reason) == GuardianCampaign_Left.selector, "not everybody could leave");
        }
    }

    /// @notice Everybody leaves. Always reverts.
    function tryToLeave() external {
        stakerHandler.leaveAll();
        world.requireNone(5);
        revert GuardianCampaign_Left();
    }

    /// @notice 12. Nobody has a power that he was not given, or any after it has ended.
    function checkPowers() public view {
        world.requireNone(12);
        guardianHandler.checkMandate();
    }

    function _assignGuardian() private {
        authority.revokeRole(GUARDIAN_ROLE_ID, guardian);
        authority.grantRole(GUARDIAN_ROLE_ID, address(mandate), 0);
        bytes4[] memory selectors = new bytes4[](2);
        (selectors[0], selectors[1]) = (
            IWorkerRegistry.pauseRegistrations.selector,
            IWorkerRegistry.resumeRegistrations.selector
        );
        authority.setTargetFunctionRole(address(registry), selectors, GUARDIAN_ROLE_ID);
        (selectors[0], selectors[1]) = (
            IAttestationRegistry.switchOff.selector,
            IAttestationRegistry.liftOwnSwitch.selector
        );
        authority.setTargetFunctionRole(address(attestation), selectors, GUARDIAN_ROLE_ID);
    }
}
