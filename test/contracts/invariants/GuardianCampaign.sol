// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GuardianMandate} from "../../../contracts/governance/GuardianMandate.sol";
import {
    Floors,
    IAttestationRegistry,
    ImageMeasurements,
    SwitchKind
} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {GUARDIAN_ROLE_ID} from "../../../contracts/types/DelayClass.sol";
import {Suite} from "../harness/Suite.sol";
import {VerifierStandIn} from "../harness/VerifierStandIn.sol";
import {DarkWatcher} from "./DarkWatcher.sol";
import {Driver} from "./Driver.sol";
import {GuardianHandler} from "./GuardianHandler.sol";
import {Handler} from "./Handler.sol";
import {OperatorHandler} from "./OperatorHandler.sol";
import {PauseLedger} from "./PauseLedger.sol";
import {StakerHandler} from "./StakerHandler.sol";
import {TimeHandler} from "./TimeHandler.sol";
import {World} from "./World.sol";

/// @title A guardian who does whatever he can, and stakers and operators who come and go
/// @notice All of it through the mandate's contract, which alone has the guardian's role.
abstract contract GuardianCampaign is Suite, Driver {
    World internal world;
    GuardianMandate internal mandate;
    IWorkerRegistry internal registry;
    IAttestationRegistry internal attestation;
    GuardianHandler internal guardianHandler;
    StakerHandler internal stakerHandler;
    OperatorHandler internal operatorHandler;

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
        VerifierStandIn verifier = new VerifierStandIn();
        attestation = IAttestationRegistry(
            _create("attestation", "AttestationRegistry", abi.encode(authority, verifier, floors))
        );
        registry = IWorkerRegistry(_create("compute", "WorkerRegistry", abi.encode(authority, vpha, attestation)));
        mandate = new GuardianMandate(address(authority), actors[0], 366 days, vpha, registry, attestation);
        _assignGuardian();

        bytes32[][] memory switchIds = _openCompute(actors, verifier);
        world = new World(actors);
        world.watch(new DarkWatcher(world, vpha, registry, attestation, switchIds));
        PauseLedger[2] memory ledgers = [new PauseLedger(), new PauseLedger()];
        guardianHandler = new GuardianHandler(world, mandate, governance, switchIds, ledgers);
        stakerHandler = new StakerHandler(world, vpha, pha);
        operatorHandler = new OperatorHandler(world, registry, switchIds);
        _handlers = [Handler(guardianHandler), stakerHandler, operatorHandler, new TimeHandler(world)];
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
        operatorHandler.leaveAll();
        stakerHandler.leaveAll();
        world.requireNone(5);
        revert GuardianCampaign_Left();
    }

    /// @notice 12. Nobody has a power that he was not given, or any after it has ended.
    function checkPowers() public view {
        world.requireNone(12);
        guardianHandler.checkMandate();
    }

    /// @dev Lists what workers need, and lets the registry take the actors' vPHA. Returns what a switch can name: by kind, two each.
    function _openCompute(
        address[] memory actors,
        VerifierStandIn verifier
    ) private returns (bytes32[][] memory switchIds) {
        // So that there are blocks to name.
        vm.roll(1_000);
        switchIds = new bytes32[][](5);
        for (uint256 kind = 0; kind < switchIds.length; ++kind) {
            switchIds[kind] = new bytes32[](2);
            (switchIds[kind][0], switchIds[kind][1]) = ("one", "two");
        }
        for (uint256 i = 0; i < 2; ++i) {
            switchIds[uint8(SwitchKind.Operator)][i] = bytes20(actors[i]);
            ImageMeasurements memory measurements = verifier.measurementsOf(i);
            vm.startPrank(governance);
            bytes32 image = attestation.allowImage(measurements);
            attestation.allowShape(image, new bytes(48));
            vm.stopPrank();
            switchIds[uint8(SwitchKind.Workload)][i] = image;
        }
        vm.prank(governance);
        registry.setModel("H100", 100e18, 100);
        for (uint256 i = 0; i < actors.length; ++i) {
            vm.prank(actors[i]);
            vpha.approve(address(registry), type(uint256).max);
        }
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
