// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPhalaAuthority} from "../../../contracts/interfaces/IPhalaAuthority.sol";
import {Test} from "./Test.sol";

/// @title Who should have which role with which delay, and which function should belong to whom
/// @notice Filled from the tables of the deployment (deploy/role-graph.json). It is what genesis sets up, and what must be found as long
/// as governance decides nothing else.
contract RoleGraph is Test {
    struct Function {
        address target;
        bytes4 selector;
        uint64 role;
    }

    struct Holder {
        uint64 role;
        address account;
        uint32 delay;
    }

    uint64 private constant _ROLES = 8;
    uint64 private constant _TIGHTENING = 6;
    uint64 private constant _VETO = 7;

    Function[] private _functions;
    Holder[] private _holders;

    function addFunction(address target, bytes4 selector, uint64 role) external {
        _functions.push(Function(target, selector, role));
    }

    function addHolder(uint64 role, address account) external {
        _holders.push(Holder(role, account, uint32(delayOf(role))));
    }

    function functions() external view returns (Function[] memory) {
        return _functions;
    }

    function holders() external view returns (Holder[] memory) {
        return _holders;
    }

    /// @notice The shortest delay of a role: by the architecture, written out.
    function delayOf(uint64 role) public pure returns (uint256) {
        return [uint256(52 days), 0, 7 days, 14 days, 30 days, 52 days, 7 days, 0][role];
    }

    /// @notice The class of a function; reverts if it has none.
    function roleOf(address target, bytes4 selector) external view returns (uint64) {
        for (uint256 i = 0; i < _functions.length; ++i) {
            if (_functions[i].target == target && _functions[i].selector == selector) return _functions[i].role;
        }
        revert("a function without a class");
    }

    /// @notice Requires that the authority says so, too, and nothing more.
    function check(IPhalaAuthority authority) external view {
        vm.assertTrue(authority.isSealed(), "the authority is not sealed");
        vm.assertEq(uint256(authority.expiration()), 14 days, "operations live for another time");
        for (uint64 role = 0; role < _ROLES; ++role) {
            _checkMembers(authority, role);
            vm.assertEq(uint256(authority.getRoleAdmin(role)), 0, "a role has another admin");
            vm.assertEq(uint256(authority.getRoleGrantDelay(role)), 0, "a role is granted with a delay");
            uint64 guardian = authority.getRoleGuardian(role);
            vm.assertEq(uint256(guardian), role == _TIGHTENING ? 0 : _VETO, "another may cancel what waits");
        }
        for (uint256 i = 0; i < _functions.length; ++i) {
            Function memory f = _functions[i];
            vm.assertEq(
                uint256(authority.getTargetFunctionRole(f.target, f.selector)),
                uint256(f.role),
                "a function has another class"
            );
            if (i != 0 && _functions[i - 1].target == f.target) continue;
            vm.assertFalse(authority.isTargetClosed(f.target), "a contract is closed");
            vm.assertEq(uint256(authority.getTargetAdminDelay(f.target)), 0, "a contract has an admin's delay");
        }
    }

    function _checkMembers(IPhalaAuthority authority, uint64 role) private view {
        uint256 count;
        for (uint256 i = 0; i < _holders.length; ++i) {
            if (_holders[i].role != role) continue;
            ++count;
            (bool isMember, uint32 delay) = authority.hasRole(role, _holders[i].account);
            vm.assertTrue(isMember, "a role was lost");
            vm.assertEq(uint256(delay), uint256(_holders[i].delay), "another delay of a role");
            (, , uint32 pending, uint48 effect) = authority.getAccess(role, _holders[i].account);
            vm.assertEq(uint256(pending) + effect, 0, "another delay of a role is announced");
        }
        vm.assertEq(authority.membersOf(role).length, count, "somebody has a role that nobody gave");
    }
}
