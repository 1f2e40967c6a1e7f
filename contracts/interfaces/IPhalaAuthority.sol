// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

/// @title The one authority that decides for all contracts of the suite
/// @notice OpenZeppelin's AccessManager in which a role is a delay class with a floor in code. Roles: 0 admin (52 days),
/// 1 guardian (none, but limited by each contract), 2 parameters (7 days), 3 treasury (14), 4 periphery (30), 5 core (52),
/// 6 tightening (7 days, cannot be vetoed), 7 veto (no functions: may cancel what waits).
///
/// What waits can be cancelled by who scheduled it and by the veto role, but for the class tightening; by nobody else. An
/// admin could otherwise cancel its own removal, and hold its office against everybody for ever.
///
/// No class is ever held with less than its delay. Until {seal}, governance sets the suite up as an admin without one; from
/// then on the admin role has its floor, too, no function moves to a faster class, no role gets another admin and no contract
/// another authority. Operations can be executed for 14 days after they became ready, then they are void.
interface IPhalaAuthority is IAccessManager {
    /// @notice The admin role has its floor, too, from now on, and what is set up can only get slower.
    event Sealed();

    /// @notice {seal} was called before.
    error PhalaAuthority_AlreadySealed();
    /// @notice Operations can be scheduled once the authority is sealed; until then governance acts at once.
    error PhalaAuthority_NotSealed();
    /// @notice The operation would be ready later than `latest` (unix seconds).
    error PhalaAuthority_TooFarAhead(uint48 when, uint256 latest);
    /// @notice `account` would hold `roleId` with a delay (seconds) under the class's floor.
    error PhalaAuthority_DelayBelowFloor(uint64 roleId, address account, uint32 delay, uint32 floor);
    /// @notice `account` would hold `roleId` with a delay (seconds) that is longer than an operation can wait.
    error PhalaAuthority_DelayAboveCeiling(uint64 roleId, address account, uint32 delay, uint32 ceiling);
    /// @notice Nobody can drop a role at once: it is revoked, as any.
    error PhalaAuthority_NoRenouncing(uint64 roleId);
    /// @notice The function has a slower class already.
    error PhalaAuthority_FasterClass(address target, bytes4 selector, uint64 current, uint64 requested);
    /// @notice Only the roles 0 to 7 exist, and functions belong to the roles 1 to 6.
    error PhalaAuthority_UnknownRole(uint64 roleId);
    /// @notice The authority's own functions are the admin role's, for ever.
    error PhalaAuthority_OwnFunction(bytes4 selector);
    /// @notice A function that could be vetoed stays so.
    error PhalaAuthority_LosesVeto(address target, bytes4 selector);
    /// @notice Who may cancel a role's operations is fixed: the veto role, and for tightening nobody.
    error PhalaAuthority_FixedRoleGuardian(uint64 roleId);
    /// @notice All roles are administered by the admin role, for ever.
    error PhalaAuthority_FixedRoleAdmin(uint64 roleId);
    /// @notice `account` is the only admin: make another one first, since without any nothing could ever be changed again.
    error PhalaAuthority_LastAdmin(address account);
    /// @notice The authority of a contract cannot be changed.
    error PhalaAuthority_FixedAuthority(address target);

    /// @notice Ends the set-up. Once, by an admin, as the last step of genesis; at once, whatever the admin's delay.
    /// @dev Reverts with {AccessManagerUnauthorizedAccount}, {PhalaAuthority_AlreadySealed}, and with
    /// {PhalaAuthority_DelayBelowFloor} if any admin has less than 52 days.
    function seal() external;

    /// @notice Whether {seal} was called.
    function isSealed() external view returns (bool);

    /// @notice When the operation was last scheduled (unix seconds); zero if it never was.
    function scheduledAt(bytes32 operationId) external view returns (uint48);

    /// @notice The shortest delay, in seconds, with which `roleId` can be held: a class always, the admin role from {seal} on.
    function delayFloor(uint64 roleId) external pure returns (uint32);

    /// @notice All accounts that hold `roleId`, or will once their grant takes effect.
    function membersOf(uint64 roleId) external view returns (address[] memory);
}
