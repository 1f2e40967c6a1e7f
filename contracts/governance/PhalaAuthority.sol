// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IPhalaAuthority} from "../interfaces/IPhalaAuthority.sol";
import {
    ADMIN_ROLE_ID,
    GUARDIAN_ROLE_ID,
    PARAMETERS_ROLE_ID,
    TREASURY_ROLE_ID,
    PERIPHERY_ROLE_ID,
    PARAMETERS_DELAY,
    TREASURY_DELAY,
    PERIPHERY_DELAY,
    CORE_DELAY,
    TIGHTENING_ROLE_ID,
    VETO_ROLE_ID,
    isClassRole
} from "../types/DelayClass.sol";

/// @title PhalaAuthority
/// @notice See {IPhalaAuthority}.
/// @dev What holds once {seal} has been called, for ever:
/// 1. Nobody has a role with less than its class's delay: {_grantRole} checks every member, {seal} the admins from before.
/// 2. A function never gets faster, nor free of the veto: {_setTargetFunctionRole} compares; only a function that never had
///    a class may get any, by the slowest path.
/// 3. All of it is changed by the admin role alone, after {CORE_DELAY}: no role gets another admin, or another guardian.
/// 4. A contract never gets another authority: neither by {updateAuthority} nor by executing its `setAuthority`.
/// 5. No operation was scheduled before.
/// 6. The admin role has a member ({_revokeRole}, from the constructor on).
/// 7. What waits is cancelled by who scheduled it or by the veto, never by another admin ({cancel}).
contract PhalaAuthority is IPhalaAuthority, AccessManager {
    using EnumerableSet for EnumerableSet.AddressSet;

    // CONSTANTS

    /// @dev How long an operation can be executed after it became ready.
    uint32 private constant _WINDOW = 14 days;
    /// @dev How far ahead an operation can be put, by its caller or his delay: what is locked against it stays until it is gone.
    uint32 private constant _MAX_AHEAD = 180 days;

    // STORAGE

    /// @inheritdoc IPhalaAuthority
    bool public isSealed;
    /// @inheritdoc IPhalaAuthority
    mapping(bytes32 operationId => uint48) public scheduledAt;
    mapping(uint64 roleId => EnumerableSet.AddressSet) private _members;

    // CONSTRUCTOR

    /// @param initialAdmin Governance: admin without a delay until {seal}.
    constructor(address initialAdmin) AccessManager(initialAdmin) {}

    // VIEWS

    /// @inheritdoc IPhalaAuthority
    function delayFloor(uint64 roleId) public pure returns (uint32) {
        if (roleId == GUARDIAN_ROLE_ID || roleId == VETO_ROLE_ID) return 0;
        if (roleId == PARAMETERS_ROLE_ID || roleId == TIGHTENING_ROLE_ID) return PARAMETERS_DELAY;
        if (roleId == TREASURY_ROLE_ID) return TREASURY_DELAY;
        if (roleId == PERIPHERY_ROLE_ID) return PERIPHERY_DELAY;
        return CORE_DELAY;
    }

    /// @inheritdoc IPhalaAuthority
    function membersOf(uint64 roleId) external view returns (address[] memory) {
        return _members[roleId].values();
    }

    /// @notice Who may cancel what waits in `roleId`: the veto role, but nobody (the admin role, which {cancel} refuses) for what
    /// only tightens.
    function getRoleGuardian(uint64 roleId) public pure override(AccessManager, IAccessManager) returns (uint64) {
        return roleId == TIGHTENING_ROLE_ID ? ADMIN_ROLE_ID : VETO_ROLE_ID;
    }

    /// @notice How long an operation can be executed after it became ready: 14 days.
    function expiration() public pure override(AccessManager, IAccessManager) returns (uint32) {
        return _WINDOW;
    }

    // SEALING

    /// @inheritdoc IPhalaAuthority
    function seal() external {
        // Whatever the caller's delay: it only ties hands, and {_requireAdminFloor} wants it raised before.
        (bool isAdmin, ) = hasRole(ADMIN_ROLE_ID, msg.sender);
        if (!isAdmin) revert AccessManagerUnauthorizedAccount(msg.sender, ADMIN_ROLE_ID);
        if (isSealed) revert PhalaAuthority_AlreadySealed();
        _requireAdminFloor();
        isSealed = true;
        emit Sealed();
    }

    // GUARDS

    /// @notice As in AccessManager, but only once the floors are in force: what is scheduled has waited for a full delay. Whoever
    /// names a time names one within 180 days.
    /// @dev Before {seal} nothing has to be scheduled, and a schedule from then would survive it with too short a wait.
    function schedule(
        address target,
        bytes calldata data,
        uint48 when
    ) public override(AccessManager, IAccessManager) returns (bytes32 operationId, uint32 nonce) {
        if (!isSealed) revert PhalaAuthority_NotSealed();
        uint256 latest = block.timestamp + _MAX_AHEAD;
        if (when > latest) revert PhalaAuthority_TooFarAhead(when, latest);
        (operationId, nonce) = super.schedule(target, data, when);
        scheduledAt[operationId] = uint48(block.timestamp);
    }

    /// @notice As in AccessManager, but an admin cancels only what it scheduled itself, and the veto nothing that only tightens.
    function cancel(
        address caller,
        address target,
        bytes calldata data
    ) public override(AccessManager, IAccessManager) returns (uint32) {
        if (msg.sender != caller) {
            (bool canVeto, ) = hasRole(VETO_ROLE_ID, msg.sender);
            // Not left to the library, which would let an account that has both this role and the admin's cancel anything.
            bool isVetoable = getTargetFunctionRole(target, bytes4(data)) != TIGHTENING_ROLE_ID;
            if (!canVeto || !isVetoable) {
                revert AccessManagerUnauthorizedCancel(msg.sender, caller, target, bytes4(data));
            }
        }
        return super.cancel(caller, target, data);
    }

    /// @notice As in AccessManager, but nobody may ever call a contract's `setAuthority`.
    function canCall(
        address caller,
        address target,
        bytes4 selector
    ) public view override(AccessManager, IAccessManager) returns (bool immediate, uint32 delay) {
        if (selector == IAccessManaged.setAuthority.selector) return (false, 0);
        return super.canCall(caller, target, selector);
    }

    /// @notice As in AccessManager, but not once the authority is sealed: {revokeRole} waits for the admins' delay, and can be vetoed.
    function renounceRole(uint64 roleId, address callerConfirmation) public override(AccessManager, IAccessManager) {
        if (isSealed) revert PhalaAuthority_NoRenouncing(roleId);
        super.renounceRole(roleId, callerConfirmation);
    }

    /// @notice Always reverts: who decides over a contract is fixed when it is deployed.
    function updateAuthority(address target, address) public pure override(AccessManager, IAccessManager) {
        revert PhalaAuthority_FixedAuthority(target);
    }

    function _grantRole(
        uint64 roleId,
        address account,
        uint32 grantDelay,
        uint32 executionDelay
    ) internal override returns (bool) {
        if (roleId > VETO_ROLE_ID) revert PhalaAuthority_UnknownRole(roleId);
        // Until {seal}, governance sets up as an admin without a delay; the classes have their floors from the beginning.
        bool isExempt = roleId == ADMIN_ROLE_ID && !isSealed;
        if (!isExempt && executionDelay < delayFloor(roleId)) {
            revert PhalaAuthority_DelayBelowFloor(roleId, account, executionDelay, delayFloor(roleId));
        }
        if (executionDelay > _MAX_AHEAD) {
            revert PhalaAuthority_DelayAboveCeiling(roleId, account, executionDelay, _MAX_AHEAD);
        }
        _members[roleId].add(account);
        return super._grantRole(roleId, account, grantDelay, executionDelay);
    }

    function _revokeRole(uint64 roleId, address account) internal override returns (bool) {
        EnumerableSet.AddressSet storage members = _members[roleId];
        if (roleId == ADMIN_ROLE_ID && members.length() == 1 && members.contains(account)) {
            revert PhalaAuthority_LastAdmin(account);
        }
        members.remove(account);
        return super._revokeRole(roleId, account);
    }

    function _setRoleAdmin(uint64 roleId, uint64) internal pure override {
        revert PhalaAuthority_FixedRoleAdmin(roleId);
    }

    function _setRoleGuardian(uint64 roleId, uint64) internal pure override {
        revert PhalaAuthority_FixedRoleGuardian(roleId);
    }

    function _setTargetFunctionRole(address target, bytes4 selector, uint64 roleId) internal override {
        if (!isClassRole(roleId)) revert PhalaAuthority_UnknownRole(roleId);
        // AccessManager asks for the admin role whatever is set here, but who may veto would follow it.
        if (target == address(this)) revert PhalaAuthority_OwnFunction(selector);
        uint64 current = getTargetFunctionRole(target, selector);
        // A function of the admin role has never been given a class.
        if (isSealed && current != ADMIN_ROLE_ID && current != roleId) {
            if (delayFloor(roleId) < delayFloor(current)) {
                revert PhalaAuthority_FasterClass(target, selector, current, roleId);
            }
            if (roleId == TIGHTENING_ROLE_ID) revert PhalaAuthority_LosesVeto(target, selector);
        }
        super._setTargetFunctionRole(target, selector, roleId);
    }

    /// @dev Both an admin's delay in force and one that was announced must reach the floor.
    function _requireAdminFloor() private view {
        EnumerableSet.AddressSet storage admins = _members[ADMIN_ROLE_ID];
        for (uint256 i = 0; i < admins.length(); ++i) {
            address admin = admins.at(i);
            (, uint32 current, uint32 pending, uint48 effect) = getAccess(ADMIN_ROLE_ID, admin);
            uint32 delay = effect != 0 && pending < current ? pending : current;
            if (delay < CORE_DELAY) revert PhalaAuthority_DelayBelowFloor(ADMIN_ROLE_ID, admin, delay, CORE_DELAY);
        }
    }
}
