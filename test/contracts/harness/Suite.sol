// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EmissionVault} from "../../../contracts/emission/EmissionVault.sol";
import {PhalaAuthority} from "../../../contracts/governance/PhalaAuthority.sol";
import {IPHA} from "../../../contracts/interfaces/IPHA.sol";
import {IVPHA} from "../../../contracts/interfaces/IVPHA.sol";
import {VPHA} from "../../../contracts/staking/VPHA.sol";
import {PHA} from "../../../contracts/token/PHA.sol";
import {ADMIN_ROLE_ID, GUARDIAN_ROLE_ID} from "../../../contracts/types/DelayClass.sol";
import {STREAM_COUNT} from "../../../contracts/types/Stream.sol";
import {Test} from "./Test.sol";

/// @title The suite, deployed with the `genesis` preset
/// @notice The vault holds the whole budget from the first second; the rest of the supply goes to `holders`. What is deployed is
/// the bytecode of the deployment; overriding one of the `_new…` functions puts another contract in the place of a genuine one.
abstract contract Suite is Test {
    uint256 internal constant SUPPLY = 1_000_000_000e18;
    /// @dev What epoch 0 emits: four times that is 70 % of the supply.
    uint256 internal constant BUDGET = 175_000_000e18;
    uint256 internal constant CAP = 4 * BUDGET;
    /// @dev Not on a full hour, so that the start is rounded.
    uint256 internal constant GENESIS = 1_800_000_123;

    address internal immutable governance = address(0x60);
    address internal immutable guardian = address(0x61);
    address internal immutable workersSink = address(0x62);
    address internal immutable treasurySink = address(0x63);

    PhalaAuthority internal authority;
    PHA internal pha;
    EmissionVault internal vault;
    VPHA internal vpha;

    /// @notice Deploys everything; what the vault does not need is shared evenly by `holders`, who approve the vPHA.
    function _deploySuite(address[] memory holders) internal {
        vm.warp(GENESIS);
        authority = PhalaAuthority(_create("governance", "PhalaAuthority", abi.encode(_firstAdmin())));
        IPHA.Allocation[] memory allocations = new IPHA.Allocation[](holders.length + 1);
        uint256 each = (SUPPLY - CAP) / holders.length;
        for (uint256 i = 0; i < holders.length; ++i) {
            allocations[i] = IPHA.Allocation(holders[i], each);
        }
        allocations[holders.length] = IPHA.Allocation(address(this), SUPPLY - each * holders.length);
        pha = _newPHA(allocations);
        vault = _newVault();
        pha.transfer(address(vault), CAP);
        vpha = _newVPHA();
        // What does not divide evenly.
        pha.transfer(holders[0], pha.balanceOf(address(this)));
        for (uint256 i = 0; i < holders.length; ++i) {
            vm.prank(holders[i]);
            pha.approve(address(vpha), type(uint256).max);
        }
        _assignRoles();
    }

    /// @notice Starts the emission; returns the second from which it runs.
    function _startEmission() internal returns (uint256) {
        vm.prank(governance);
        vault.start(_sinks());
        return vault.startTime();
    }

    function _sinks() internal view returns (address[STREAM_COUNT] memory) {
        return [address(vpha), workersSink, treasurySink];
    }

    /// @dev Who sets the authority up.
    function _firstAdmin() internal view virtual returns (address) {
        return address(this);
    }

    function _newPHA(IPHA.Allocation[] memory allocations) internal virtual returns (PHA) {
        return PHA(_create("token", "PHA", abi.encode(allocations)));
    }

    function _newVault() internal virtual returns (EmissionVault) {
        return EmissionVault(_create("emission", "EmissionVault", abi.encode(authority, pha, BUDGET)));
    }

    function _newVPHA() internal virtual returns (VPHA) {
        return VPHA(_create("staking", "VPHA", abi.encode(authority, vault)));
    }

    /// @dev From the artifact: with the settings of the deployment, which the compiler of the tests does not have.
    function _create(
        string memory folder,
        string memory name,
        bytes memory arguments
    ) internal returns (address created) {
        bytes memory code = vm.getCode(string.concat("contracts/", folder, "/", name, ".sol:", name));
        code = bytes.concat(code, arguments);
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
        }
        require(created != address(0), name);
    }

    /// @dev Not sealed: as an admin, governance starts the emission and replaces sinks at once.
    function _assignRoles() internal virtual {
        authority.grantRole(ADMIN_ROLE_ID, governance, 0);
        bytes4[] memory selectors = new bytes4[](2);
        (selectors[0], selectors[1]) = (IVPHA.pauseDeposits.selector, IVPHA.resumeDeposits.selector);
        authority.setTargetFunctionRole(address(vpha), selectors, GUARDIAN_ROLE_ID);
        authority.grantRole(GUARDIAN_ROLE_ID, guardian, 0);
    }
}
