// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// A role is a delay class: who holds it may do what is in the class, after at least the class's delay.
// Class n has the role n + 1, since 0 is the admin of OpenZeppelin's AccessManager.

/// @dev Changes roles, classes and delays. Its floor is that of the slowest class.
uint64 constant ADMIN_ROLE_ID = 0;
/// @dev Class 0: the guardian's powers, each limited by the contract that grants it. No delay.
uint64 constant GUARDIAN_ROLE_ID = 1;
/// @dev Class 1: bounded parameters, workloads, confirming or lifting a switch, floors.
uint64 constant PARAMETERS_ROLE_ID = 2;
/// @dev Class 2: treasury budgets.
uint64 constant TREASURY_ROLE_ID = 3;
/// @dev Class 3: replacement of periphery.
uint64 constant PERIPHERY_ROLE_ID = 4;
/// @dev Class 4: sinks, whoever may slash, roles, delays.
uint64 constant CORE_ROLE_ID = 5;

/// @dev Class 1, too, for what only tightens whom to trust: revoke what is believed, end a guardian. It cannot be vetoed.
uint64 constant TIGHTENING_ROLE_ID = 6;
/// @dev No class: may cancel what waits in any class but {TIGHTENING_ROLE_ID}. For {VetoLock}.
uint64 constant VETO_ROLE_ID = 7;

uint32 constant PARAMETERS_DELAY = 7 days;
uint32 constant TREASURY_DELAY = 14 days;
uint32 constant PERIPHERY_DELAY = 30 days;
/// @dev An operator's 21 days of thaw, 30 more, and one to notice.
uint32 constant CORE_DELAY = 52 days;

/// @notice Whether functions can belong to `roleId`: the five classes, and the part of class 1 that cannot be vetoed.
function isClassRole(uint64 roleId) pure returns (bool) {
    return roleId >= GUARDIAN_ROLE_ID && roleId <= TIGHTENING_ROLE_ID;
}
