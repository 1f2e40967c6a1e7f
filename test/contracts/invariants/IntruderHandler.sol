// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EmissionVault} from "../../../contracts/emission/EmissionVault.sol";
import {PhalaAuthority} from "../../../contracts/governance/PhalaAuthority.sol";
import {PhalaGovernor} from "../../../contracts/governance/PhalaGovernor.sol";
import {Floors, IAttestationRegistry, SwitchKind} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {IGuardianMandate} from "../../../contracts/interfaces/IGuardianMandate.sol";
import {ISlashing} from "../../../contracts/interfaces/ISlashing.sol";
import {ITdxVerifier} from "../../../contracts/interfaces/ITdxVerifier.sol";
import {ITreasury} from "../../../contracts/interfaces/ITreasury.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {IWorkerRewards} from "../../../contracts/interfaces/IWorkerRewards.sol";
import {ADMIN_ROLE_ID, VETO_ROLE_ID} from "../../../contracts/types/DelayClass.sol";
import {Stream} from "../../../contracts/types/Stream.sol";
import {RoleGraph} from "../harness/RoleGraph.sol";
import {Handler} from "./Handler.sol";
import {Operation, OperationLedger} from "./OperationLedger.sol";
import {World} from "./World.sol";

/// @title Accounts without any role, which try everything that governance, guardian, slasher and payees may do
/// @notice What they try has arguments that the entitled could succeed with: only who calls is wrong. Governance is here, too: it tries
/// to do at once what has to wait.
contract IntruderHandler is Handler {
    /// @notice What is governed.
    struct Targets {
        address governance;
        PhalaAuthority authority;
        PhalaGovernor governor;
        IGuardianMandate mandate;
        EmissionVault vault;
        IAttestationRegistry attestation;
        IWorkerRegistry registry;
        IWorkerRewards rewards;
        ISlashing slashing;
        ITreasury treasury;
        RoleGraph roles;
        OperationLedger operations;
    }

    /// @notice How many things {intrude} can try.
    uint256 public constant KINDS = 38;
    uint256 private constant _OF_AUTHORITY = 17;

    Targets private _t;

    constructor(World world_, Targets memory targets) Handler(world_) {
        _t = targets;
    }

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](6);
        list[0] = this.intrude.selector;
        list[1] = this.intrude.selector;
        list[2] = this.meddle.selector;
        list[3] = this.hurry.selector;
        list[4] = this.collect.selector;
        list[5] = this.release.selector;
    }

    /// @notice 12. Nobody has a role, a delay or a function that he did not get at genesis.
    function checkGraph() external view {
        _t.roles.check(_t.authority);
    }

    // ATTACKS

    function intrude(uint256 a, uint256 b, uint256 c) external {
        address intruder = world.actor(a);
        (address target, bytes memory data) = _callOf(b % KINDS, intruder, c);
        _mustFail(12, "somebody without a role did what needs one", intruder, target, data);
    }

    /// @notice With what waits: to execute, cancel, schedule or use up another's operation.
    function meddle(uint256 a, uint256 b, uint256 c) external {
        (bool found, uint256 i) = _t.operations.findWaiting(b);
        if (!found) return;
        Operation memory o = _t.operations.operation(i);
        uint256 kind = c % 5;
        address target = address(_t.authority);
        bytes memory data = o.data;
        if (kind == 0) data = abi.encodeCall(_t.authority.execute, (o.target, o.data));
        else if (kind == 1) data = abi.encodeCall(_t.authority.cancel, (o.caller, o.target, o.data));
        else if (kind == 2) data = abi.encodeCall(_t.authority.schedule, (o.target, o.data, 0));
        else if (kind == 3) data = abi.encodeCall(_t.authority.consumeScheduledOp, (o.caller, o.data));
        else target = o.target;
        _mustFail(12, "somebody meddled with what governance has scheduled", world.actor(a), target, data);
    }

    /// @notice Governance, without having scheduled it.
    function hurry(uint256, uint256 b, uint256 c) external {
        (address target, bytes memory data) = _callOf(b % KINDS, world.actor(c), c);
        // It may schedule, and what it has scheduled it may execute.
        if (bytes4(data) == _t.authority.schedule.selector) return;
        if (_t.operations.scheduleOf(_t.operations.idOf(_t.governance, target, data)) != 0) return;
        _mustFail(12, "governance did at once what has to wait", _t.governance, target, data);
    }

    // WHAT ANYBODY MAY

    /// @notice Anybody brings the treasury's stream in.
    function collect(uint256 a, uint256, uint256) external {
        bytes memory data = abi.encodeCall(_t.treasury.collect, ());
        (bool success, ) = _do("collect", world.actor(a), address(_t.treasury), data, true);
        _check(2, success, "the treasury could not pull its stream");
    }

    /// @notice Anybody has the stream of a budget paid: to its payee, and no more than has accrued.
    function release(uint256 a, uint256, uint256) external {
        uint256 due = _t.treasury.due("salaries");
        bytes memory data = abi.encodeCall(_t.treasury.release, ("salaries"));
        (bool success, bytes memory result) = _do("release", world.actor(a), address(_t.treasury), data, due != 0);
        if (success) _check(12, abi.decode(result, (uint256)) <= due, "a budget paid more than was due");
    }

    // PRIVATE

    function _callOf(uint256 kind, address intruder, uint256 c) private view returns (address, bytes memory) {
        if (kind < _OF_AUTHORITY) return (address(_t.authority), _authorityCall(kind, intruder, c));
        kind -= _OF_AUTHORITY;
        if (kind < 3) return (address(_t.registry), _registryCall(kind, intruder));
        if (kind == 3) return (address(_t.rewards), abi.encodeCall(_t.rewards.setCeiling, (1e14 + (c % 1e18))));
        if (kind < 7) return (address(_t.slashing), _slashingCall(kind - 4, intruder));
        if (kind == 7) return (address(_t.vault), abi.encodeCall(_t.vault.replaceSink, (Stream.Workers, intruder)));
        if (kind == 8) return (address(_t.vault), abi.encodeCall(_t.vault.replaceSink, (Stream.Treasury, intruder)));
        if (kind < 12) return (address(_t.treasury), _treasuryCall(kind - 9, intruder));
        if (kind < 17) return (address(_t.attestation), _attestationCall(kind - 12, intruder));
        if (kind < 19) return (address(_t.mandate), _mandateCall(kind - 17, intruder));
        return (address(_t.governor), _governorCall(kind - 19, intruder));
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
        if (kind == 8) return abi.encodeCall(authority.schedule, (registry, data, 0));
        if (kind == 9) return abi.encodeCall(authority.execute, (registry, data));
        if (kind == 10) return abi.encodeCall(authority.renounceRole, (role, intruder));
        if (kind == 11) return abi.encodeCall(authority.setRoleAdmin, (role, 0));
        if (kind == 12) return abi.encodeCall(authority.setRoleGuardian, (role, VETO_ROLE_ID));
        if (kind == 13) return abi.encodeCall(authority.labelRole, (role, "mine"));
        if (kind == 14) return abi.encodeCall(authority.grantRole, (role, _t.governance, 0));
        if (kind == 15) {
            data = abi.encodeCall(IAccessManaged.setAuthority, (intruder));
            return abi.encodeCall(authority.execute, (registry, data));
        }
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(authority.grantRole, (role, intruder, 52 days));
        return abi.encodeCall(authority.multicall, (calls));
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

    function _attestationCall(uint256 kind, address intruder) private view returns (bytes memory) {
        bytes32 id = bytes20(intruder);
        SwitchKind operators = SwitchKind.Operator;
        uint40 until = uint40(block.timestamp + 1 days);
        if (kind == 0) return abi.encodeCall(_t.attestation.setVerifier, (ITdxVerifier(intruder)));
        if (kind == 1) return abi.encodeCall(_t.attestation.setFloors, (Floors(0, 0, 0x22)));
        if (kind == 2) return abi.encodeCall(_t.attestation.switchOff, (operators, id, until));
        if (kind == 3) return abi.encodeCall(_t.attestation.confirmSwitch, (operators, id));
        return abi.encodeCall(_t.attestation.liftSwitch, (operators, id));
    }

    function _mandateCall(uint256 kind, address intruder) private view returns (bytes memory) {
        if (kind == 0) return abi.encodeCall(_t.mandate.appoint, (intruder, uint40(block.timestamp + 366 days)));
        return abi.encodeCall(_t.mandate.dismiss, ());
    }

    /// @dev The governor calls whatever its votes decide, and nothing else.
    function _governorCall(uint256 kind, address intruder) private view returns (bytes memory) {
        bytes memory grant = abi.encodeCall(_t.authority.grantRole, (ADMIN_ROLE_ID, intruder, 52 days));
        if (kind == 0) return abi.encodeCall(_t.governor.relay, (address(_t.authority), 0, grant));
        (address[] memory targets, uint256[] memory values) = (new address[](1), new uint256[](1));
        bytes[] memory calls = new bytes[](1);
        (targets[0], calls[0]) = (address(_t.authority), grant);
        return abi.encodeCall(_t.governor.execute, (targets, values, calls, keccak256("no vote")));
    }
}
