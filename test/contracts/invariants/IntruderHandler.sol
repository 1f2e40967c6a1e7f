// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EmissionVault} from "../../../contracts/emission/EmissionVault.sol";
import {PhalaAuthority} from "../../../contracts/governance/PhalaAuthority.sol";
import {ISlashing} from "../../../contracts/interfaces/ISlashing.sol";
import {ITreasury} from "../../../contracts/interfaces/ITreasury.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {IWorkerRewards} from "../../../contracts/interfaces/IWorkerRewards.sol";
import {ADMIN_ROLE_ID, VETO_ROLE_ID} from "../../../contracts/types/DelayClass.sol";
import {Stream} from "../../../contracts/types/Stream.sol";
import {Handler} from "./Handler.sol";
import {World} from "./World.sol";

/// @title Accounts without any role, which try everything that governance, guardian, slasher and payees may do
/// @notice What they try has arguments that the entitled could succeed with: only who calls is wrong.
contract IntruderHandler is Handler {
    /// @notice What is governed.
    struct Targets {
        PhalaAuthority authority;
        EmissionVault vault;
        IWorkerRegistry registry;
        IWorkerRewards rewards;
        ISlashing slashing;
        ITreasury treasury;
    }

    /// @notice How many things {intrude} can try.
    uint256 public constant KINDS = 22;

    Targets private _t;
    bytes32 private immutable _graph;

    constructor(World world_, Targets memory targets) Handler(world_) {
        _t = targets;
        _graph = graph();
    }

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](3);
        list[0] = this.intrude.selector;
        list[1] = this.collect.selector;
        list[2] = this.release.selector;
    }

    /// @notice Who has which role with which delay, which function is in which class, and what is closed.
    function graph() public view returns (bytes32 hash) {
        PhalaAuthority authority = _t.authority;
        for (uint64 role = ADMIN_ROLE_ID; role <= VETO_ROLE_ID; ++role) {
            address[] memory members = authority.membersOf(role);
            hash = keccak256(
                abi.encode(hash, members, authority.getRoleAdmin(role), authority.getRoleGrantDelay(role))
            );
            for (uint256 i = 0; i < members.length; ++i) {
                (uint48 since, uint32 delay, uint32 pending, ) = authority.getAccess(role, members[i]);
                hash = keccak256(abi.encode(hash, since, delay, pending));
            }
        }
        for (uint256 kind = 0; kind < KINDS; ++kind) {
            (address target, bytes memory data) = _callOf(kind, address(1), 0);
            hash = keccak256(
                abi.encode(
                    hash,
                    authority.getTargetFunctionRole(target, bytes4(data)),
                    authority.isTargetClosed(target),
                    authority.getTargetAdminDelay(target)
                )
            );
        }
        return keccak256(abi.encode(hash, authority.isSealed(), authority.expiration()));
    }

    /// @notice 12. Nothing of it has changed.
    function checkGraph() external view {
        vm.assertTrue(graph() == _graph, "a role, a class or a delay has changed");
    }

    // ACTIONS

    function intrude(uint256 a, uint256 b, uint256 c) external {
        address intruder = world.actor(a);
        (address target, bytes memory data) = _callOf(b % KINDS, intruder, c);
        _mustFail(12, "somebody without a role did what needs one", intruder, target, data);
    }

    /// @notice Anybody brings the treasury's stream in.
    function collect(uint256 a, uint256, uint256) external {
        (bool success, ) = _do(
            "collect",
            world.actor(a),
            address(_t.treasury),
            abi.encodeCall(_t.treasury.collect, ())
        );
        _check(2, success, "the treasury could not pull its stream");
    }

    /// @notice Anybody has the stream of a budget paid: to its payee, and no more than has accrued.
    function release(uint256 a, uint256, uint256) external {
        uint256 due = _t.treasury.due("salaries");
        bytes memory data = abi.encodeCall(_t.treasury.release, ("salaries"));
        (bool success, bytes memory result) = _do("release", world.actor(a), address(_t.treasury), data);
        if (success) _check(12, abi.decode(result, (uint256)) <= due, "a budget paid more than was due");
    }

    function _callOf(uint256 kind, address intruder, uint256 c) private view returns (address, bytes memory) {
        if (kind < 10) return (address(_t.authority), _authorityCall(kind, intruder, c));
        if (kind < 13) return (address(_t.registry), _registryCall(kind - 10, intruder));
        if (kind == 13) return (address(_t.rewards), abi.encodeCall(_t.rewards.setCeiling, (1 + (c % 1e18))));
        if (kind < 17) return (address(_t.slashing), _slashingCall(kind - 14, intruder));
        if (kind == 17) return (address(_t.vault), abi.encodeCall(_t.vault.replaceSink, (Stream.Workers, intruder)));
        if (kind == 18) return (address(_t.vault), abi.encodeCall(_t.vault.replaceSink, (Stream.Treasury, intruder)));
        return (address(_t.treasury), _treasuryCall(kind - 19, intruder));
    }

    function _authorityCall(uint256 kind, address intruder, uint256 c) private view returns (bytes memory) {
        PhalaAuthority authority = _t.authority;
        uint64 role = uint64(c % (VETO_ROLE_ID + 1));
        bytes4[] memory functions = new bytes4[](1);
        functions[0] = IWorkerRegistry.setSlashing.selector;
        address registry = address(_t.registry);
        bytes memory data = abi.encodeCall(_t.registry.setSlashing, (intruder));
        if (kind == 0) return abi.encodeCall(authority.grantRole, (role, intruder, 180 days));
        if (kind == 1) return abi.encodeCall(authority.revokeRole, (role, authority.membersOf(ADMIN_ROLE_ID)[0]));
        if (kind == 2) return abi.encodeCall(authority.setTargetFunctionRole, (registry, functions, 1));
        if (kind == 3) return abi.encodeCall(authority.setTargetClosed, (registry, true));
        if (kind == 4) return abi.encodeCall(authority.setTargetAdminDelay, (registry, 0));
        if (kind == 5) return abi.encodeCall(authority.setGrantDelay, (role, 0));
        if (kind == 6) return abi.encodeCall(authority.updateAuthority, (registry, intruder));
        if (kind == 7) return abi.encodeCall(authority.seal, ());
        if (kind == 8) return abi.encodeCall(authority.execute, (registry, data));
        return abi.encodeCall(authority.schedule, (registry, data, 0));
    }

    function _registryCall(uint256 kind, address intruder) private view returns (bytes memory) {
        if (kind == 0) return abi.encodeCall(_t.registry.setModel, ("X", 100e18, 100));
        if (kind == 1) return abi.encodeCall(_t.registry.setSlashing, (intruder));
        return abi.encodeCall(_t.registry.pauseRegistrations, (block.timestamp + 1 days));
    }

    function _slashingCall(uint256 kind, address intruder) private view returns (bytes memory) {
        if (kind == 0) return abi.encodeCall(_t.slashing.setSlasher, (intruder));
        if (kind == 1) return abi.encodeCall(_t.slashing.setJudge, (intruder));
        return abi.encodeCall(_t.slashing.setTreasury, (intruder));
    }

    function _treasuryCall(uint256 kind, address intruder) private view returns (bytes memory) {
        if (kind == 0) return abi.encodeCall(_t.treasury.pay, ("grants", intruder, 1, "p", "m"));
        if (kind == 1) return abi.encodeCall(_t.treasury.closeBudget, ("grants"));
        IERC20 pha = _t.vault.token();
        (uint40 start, uint40 end) = (uint40(block.timestamp), uint40(block.timestamp + 1 days));
        return abi.encodeCall(_t.treasury.openStream, ("mine", pha, intruder, 1e18, start, end, "p", "m"));
    }
}
