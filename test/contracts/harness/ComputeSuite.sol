// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GuardianMandate} from "../../../contracts/governance/GuardianMandate.sol";
import {PhalaGovernor} from "../../../contracts/governance/PhalaGovernor.sol";
import {Treasury} from "../../../contracts/governance/Treasury.sol";
import {VetoLock} from "../../../contracts/governance/VetoLock.sol";
import {VotingVPHA} from "../../../contracts/governance/VotingVPHA.sol";
import {Floors, IAttestationRegistry} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {IEmissionVault} from "../../../contracts/interfaces/IEmissionVault.sol";
import {IGuardianMandate} from "../../../contracts/interfaces/IGuardianMandate.sol";
import {ISlashing} from "../../../contracts/interfaces/ISlashing.sol";
import {ITreasury} from "../../../contracts/interfaces/ITreasury.sol";
import {IVPHA} from "../../../contracts/interfaces/IVPHA.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {IWorkerRewards} from "../../../contracts/interfaces/IWorkerRewards.sol";
import {
    ADMIN_ROLE_ID,
    CORE_ROLE_ID,
    GUARDIAN_ROLE_ID,
    PARAMETERS_ROLE_ID,
    PERIPHERY_ROLE_ID,
    TIGHTENING_ROLE_ID,
    TREASURY_ROLE_ID,
    VETO_ROLE_ID
} from "../../../contracts/types/DelayClass.sol";
import {RoleGraph} from "./RoleGraph.sol";
import {Suite} from "./Suite.sol";
import {VerifierStandIn} from "./VerifierStandIn.sol";

/// @title The whole house as it is deployed, through genesis to the seal
/// @notice Only the verifier is a stand-in. There are two of it, and of the slashing contract, so that one can take the other's
/// place.
abstract contract ComputeSuite is Suite {
    uint256 internal constant CEILING = 0.05e18;
    uint256 internal constant STAKE = 10_000_000e18;
    /// @dev Listed from the beginning.
    uint256 internal constant IMAGES = 3;

    address internal immutable slasher = address(0x64);

    VerifierStandIn[2] internal verifiers;
    IAttestationRegistry internal attestation;
    IWorkerRegistry internal registry;
    IWorkerRewards internal rewards;
    ISlashing[2] internal slashings;
    Treasury internal treasury;
    GuardianMandate internal mandate;
    VotingVPHA internal voting;
    PhalaGovernor internal governor;
    VetoLock internal vetoLock;
    RoleGraph internal roles;

    /// @notice Deploys everything; `holders` have vPHA, and let the registry take it.
    function _deployCompute(address[] memory holders) internal {
        _deploySuite(holders);
        // So that there are blocks to name.
        vm.roll(1_000);
        _deployRegistries();
        _deployGovernance();
        roles = new RoleGraph();
        _listFunctions();
        _listHolders();
        vm.startPrank(governance);
        _genesis();
        vm.stopPrank();
        for (uint256 i = 0; i < holders.length; ++i) {
            vm.startPrank(holders[i]);
            vpha.deposit(STAKE, holders[i]);
            vpha.approve(address(registry), type(uint256).max);
            vm.stopPrank();
        }
    }

    /// @notice Governance schedules a call, waits, and makes it.
    function _govern(address target, bytes memory data) internal {
        vm.prank(governance);
        (bytes32 id, ) = authority.schedule(target, data, 0);
        vm.warp(authority.getSchedule(id));
        vm.prank(governance);
        authority.execute(target, data);
    }

    function _firstAdmin() internal view override returns (address) {
        return governance;
    }

    /// @dev Genesis gives them, once there is everything.
    function _assignRoles() internal pure override {}

    // DEPLOYMENT

    function _deployRegistries() private {
        Floors memory floors;
        for (uint256 i = 0; i < verifiers.length; ++i) {
            verifiers[i] = new VerifierStandIn();
        }
        attestation = IAttestationRegistry(
            _create("attestation", "AttestationRegistry", abi.encode(authority, verifiers[0], floors))
        );
        registry = IWorkerRegistry(_create("compute", "WorkerRegistry", abi.encode(authority, vpha, attestation)));
        rewards = IWorkerRewards(
            _create("compute", "WorkerRewards", abi.encode(authority, vault, vpha, registry, CEILING))
        );
        treasury = Treasury(_create("governance", "Treasury", abi.encode(authority, vault)));
        ISlashing.Limits memory limits = ISlashing.Limits(7 days, 14 days, [uint16(500), 3_000, 10_000]);
        for (uint256 i = 0; i < slashings.length; ++i) {
            bytes memory arguments = abi.encode(authority, registry, slasher, governance, treasury, limits);
            slashings[i] = ISlashing(_create("compute", "Slashing", arguments));
        }
    }

    function _deployGovernance() private {
        bytes memory arguments = abi.encode(authority, guardian, 366 days, vpha, registry, attestation);
        mandate = GuardianMandate(_create("governance", "GuardianMandate", arguments));
        voting = VotingVPHA(_create("governance", "VotingVPHA", abi.encode(vpha)));
        governor = PhalaGovernor(payable(_create("governance", "PhalaGovernor", abi.encode(authority, voting, vpha))));
        vetoLock = VetoLock(_create("governance", "VetoLock", abi.encode(authority, vpha)));
    }

    // ROLES

    /// @dev As in deploy/role-graph.json, which a test compares.
    function _listFunctions() private {
        roles.addFunction(address(vpha), IVPHA.pauseDeposits.selector, GUARDIAN_ROLE_ID);
        roles.addFunction(address(vpha), IVPHA.resumeDeposits.selector, GUARDIAN_ROLE_ID);
        roles.addFunction(address(vault), IEmissionVault.replaceSink.selector, CORE_ROLE_ID);
        roles.addFunction(address(vault), IEmissionVault.start.selector, CORE_ROLE_ID);
        roles.addFunction(address(attestation), IAttestationRegistry.switchOff.selector, GUARDIAN_ROLE_ID);
        roles.addFunction(address(attestation), IAttestationRegistry.liftOwnSwitch.selector, GUARDIAN_ROLE_ID);
        roles.addFunction(address(attestation), IAttestationRegistry.confirmSwitch.selector, TIGHTENING_ROLE_ID);
        roles.addFunction(address(attestation), IAttestationRegistry.liftSwitch.selector, PARAMETERS_ROLE_ID);
        roles.addFunction(address(attestation), IAttestationRegistry.raiseFloors.selector, TIGHTENING_ROLE_ID);
        roles.addFunction(address(attestation), IAttestationRegistry.allowImage.selector, PARAMETERS_ROLE_ID);
        roles.addFunction(address(attestation), IAttestationRegistry.removeImage.selector, TIGHTENING_ROLE_ID);
        roles.addFunction(address(attestation), IAttestationRegistry.allowShape.selector, PARAMETERS_ROLE_ID);
        roles.addFunction(address(attestation), IAttestationRegistry.removeShape.selector, TIGHTENING_ROLE_ID);
        roles.addFunction(address(attestation), IAttestationRegistry.setFloors.selector, PERIPHERY_ROLE_ID);
        roles.addFunction(address(attestation), IAttestationRegistry.setVerifier.selector, PERIPHERY_ROLE_ID);
        roles.addFunction(address(registry), IWorkerRegistry.pauseRegistrations.selector, GUARDIAN_ROLE_ID);
        roles.addFunction(address(registry), IWorkerRegistry.resumeRegistrations.selector, GUARDIAN_ROLE_ID);
        roles.addFunction(address(registry), IWorkerRegistry.setModel.selector, PARAMETERS_ROLE_ID);
        roles.addFunction(address(registry), IWorkerRegistry.removeModel.selector, PARAMETERS_ROLE_ID);
        roles.addFunction(address(registry), IWorkerRegistry.setSlashing.selector, CORE_ROLE_ID);
        roles.addFunction(address(rewards), IWorkerRewards.setCeiling.selector, PARAMETERS_ROLE_ID);
        for (uint256 i = 0; i < slashings.length; ++i) {
            roles.addFunction(address(slashings[i]), ISlashing.setSlasher.selector, CORE_ROLE_ID);
            roles.addFunction(address(slashings[i]), ISlashing.setJudge.selector, CORE_ROLE_ID);
            roles.addFunction(address(slashings[i]), ISlashing.setTreasury.selector, CORE_ROLE_ID);
            roles.addFunction(address(slashings[i]), ISlashing.setLimits.selector, CORE_ROLE_ID);
        }
        roles.addFunction(address(treasury), ITreasury.openAllowance.selector, TREASURY_ROLE_ID);
        roles.addFunction(address(treasury), ITreasury.openStream.selector, TREASURY_ROLE_ID);
        roles.addFunction(address(treasury), ITreasury.closeBudget.selector, TREASURY_ROLE_ID);
        roles.addFunction(address(mandate), IGuardianMandate.appoint.selector, CORE_ROLE_ID);
        roles.addFunction(address(mandate), IGuardianMandate.dismiss.selector, TIGHTENING_ROLE_ID);
    }

    /// @dev Those of the admin role come last: who holds it with its delay can do nothing at once any more.
    function _listHolders() private {
        roles.addHolder(GUARDIAN_ROLE_ID, address(mandate));
        for (uint64 role = PARAMETERS_ROLE_ID; role <= TIGHTENING_ROLE_ID; ++role) {
            roles.addHolder(role, governance);
            roles.addHolder(role, address(governor));
        }
        roles.addHolder(VETO_ROLE_ID, address(vetoLock));
        roles.addHolder(ADMIN_ROLE_ID, address(governor));
        roles.addHolder(ADMIN_ROLE_ID, governance);
    }

    // GENESIS

    /// @dev By governance, in the order of deploy/tasks/0001-genesis.
    function _genesis() private {
        for (uint256 i = 0; i < IMAGES; ++i) {
            attestation.allowShape(attestation.allowImage(verifiers[0].measurementsOf(i)), new bytes(48));
        }
        registry.setSlashing(address(slashings[0]));
        registry.setModel("H100", 1_250e18, 100);
        registry.setModel("H200", 1_875e18, 150);
        registry.setModel("B200", 2_250e18, 180);
        _assignFunctions(false);
        RoleGraph.Holder[] memory holders = roles.holders();
        for (uint256 i = 0; i + 1 < holders.length; ++i) {
            authority.grantRole(holders[i].role, holders[i].account, holders[i].delay);
        }
        vault.start([address(vpha), address(rewards), address(treasury)]);
        _assignFunctions(true);
        authority.grantRole(ADMIN_ROLE_ID, governance, uint32(roles.delayOf(ADMIN_ROLE_ID)));
        authority.seal();
    }

    /// @dev {IEmissionVault-start} gets its class when it has been called: in it, it waits for 52 days.
    function _assignFunctions(bool isStart) private {
        RoleGraph.Function[] memory functions = roles.functions();
        bytes4[] memory selectors = new bytes4[](1);
        for (uint256 i = 0; i < functions.length; ++i) {
            selectors[0] = functions[i].selector;
            if ((selectors[0] == IEmissionVault.start.selector) != isStart) continue;
            authority.setTargetFunctionRole(functions[i].target, selectors, functions[i].role);
        }
    }
}
