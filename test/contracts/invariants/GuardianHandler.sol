// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAttestationRegistry, SwitchKind} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {IGuardianMandate} from "../../../contracts/interfaces/IGuardianMandate.sol";
import {IPhalaAuthority} from "../../../contracts/interfaces/IPhalaAuthority.sol";
import {IVPHA} from "../../../contracts/interfaces/IVPHA.sol";
import {CORE_DELAY, CORE_ROLE_ID, GUARDIAN_ROLE_ID} from "../../../contracts/types/DelayClass.sol";
import {Handler} from "./Handler.sol";
import {PauseLedger} from "./PauseLedger.sol";
import {World} from "./World.sol";

/// @title Whatever a guardian can do, in any order, well-meaning or not; and who tries without a mandate
contract GuardianHandler is Handler {
    IGuardianMandate private immutable _mandate;
    IVPHA private immutable _vpha;
    IAttestationRegistry private immutable _attestation;
    IPhalaAuthority private immutable _authority;
    address private immutable _governance;
    /// @dev By kind: what there is to switch off.
    bytes32[][] private _switchIds;

    /// @notice Who should be the guardian, and until when.
    address public guardian;
    uint256 public end;

    PauseLedger private immutable _deposits;
    PauseLedger private immutable _registrations;
    uint256[] private _switchedAt;
    mapping(SwitchKind kind => mapping(bytes32 id => uint256)) private _switchedUntil;
    /// @dev What was switched off last.
    SwitchKind private _lastKind;
    bytes32 private _lastId;

    /// @param ledgers The pauses of deposits and of registrations.
    constructor(
        World world_,
        IGuardianMandate mandate,
        address governance,
        bytes32[][] memory switchIds,
        PauseLedger[2] memory ledgers
    ) Handler(world_) {
        (_mandate, _governance, _switchIds) = (mandate, governance, switchIds);
        (_deposits, _registrations) = (ledgers[0], ledgers[1]);
        (_vpha, _attestation) = (mandate.vpha(), mandate.attestationRegistry());
        _authority = IPhalaAuthority(IAccessManaged(address(mandate)).authority());
        (guardian, end) = (mandate.guardian(), mandate.end());
    }

    function selectors() external pure virtual override returns (bytes4[] memory list) {
        list = new bytes4[](11);
        list[0] = this.pauseDeposits.selector;
        list[1] = this.resumeDeposits.selector;
        list[2] = this.pauseRegistrations.selector;
        list[3] = this.resumeRegistrations.selector;
        list[4] = this.switchOff.selector;
        list[5] = this.liftOwnSwitch.selector;
        list[6] = this.resign.selector;
        list[7] = this.dismiss.selector;
        list[8] = this.appoint.selector;
        list[9] = this.intrude.selector;
        list[10] = this.linger.selector;
    }

    // BY THE GUARDIAN

    function pauseDeposits(uint256 a, uint256 b, uint256) external {
        uint256 until = _soon(a, b, 7 days);
        bool isAllowed = _isInForce() && _deposits.isAllowed(until);
        if (_act("pauseDeposits", abi.encodeCall(_mandate.pauseDeposits, (until)), isAllowed)) _deposits.add(until);
    }

    /// @notice Not always, so that pauses last.
    function resumeDeposits(uint256 a, uint256, uint256) external {
        if (a % 4 != 0) return;
        bool isAllowed = _isInForce() && _deposits.isRunning();
        if (_act("resumeDeposits", abi.encodeCall(_mandate.resumeDeposits, ()), isAllowed)) _deposits.cut();
    }

    function pauseRegistrations(uint256 a, uint256 b, uint256) external {
        uint256 until = _soon(a, b, 7 days);
        bool isAllowed = _isInForce() && _registrations.isAllowed(until);
        bytes memory data = abi.encodeCall(_mandate.pauseRegistrations, (until));
        if (_act("pauseRegistrations", data, isAllowed)) _registrations.add(until);
    }

    function resumeRegistrations(uint256 a, uint256, uint256) external {
        if (a % 4 != 0) return;
        bool isAllowed = _isInForce() && _registrations.isRunning();
        bytes memory data = abi.encodeCall(_mandate.resumeRegistrations, ());
        if (_act("resumeRegistrations", data, isAllowed)) _registrations.cut();
    }

    function switchOff(uint256 a, uint256 b, uint256 c) external {
        (SwitchKind kind, bytes32 id) = _switchAt(c);
        uint256 until = _soon(a, b, 14 days);
        uint256 used = _switchedAt.length;
        bool isFree = used < 4 || block.timestamp >= _switchedAt[used - 4] + 365 days;
        bool isShort = until > block.timestamp && until <= block.timestamp + 14 days;
        bytes memory data = abi.encodeCall(_mandate.switchOff, (kind, id, uint40(until)));
        if (!_act(_nameOf(kind), data, _isInForce() && isFree && isShort && !_isForGood(kind, id))) return;
        _switchedAt.push(block.timestamp);
        _recordSwitch(kind, id, until);
        (_lastKind, _lastId) = (kind, id);
    }

    /// @notice Mostly the last one.
    function liftOwnSwitch(uint256 a, uint256 b, uint256 c) external {
        if (a % 4 != 0) return;
        (SwitchKind kind, bytes32 id) = b % 4 == 0 ? _switchAt(c) : (_lastKind, _lastId);
        bool isAllowed = _isInForce() && block.timestamp < _offUntil(kind, id) && !_isForGood(kind, id);
        bytes memory data = abi.encodeCall(_mandate.liftOwnSwitch, (kind, id));
        if (_act("liftOwnSwitch", data, isAllowed)) _recordSwitch(kind, id, block.timestamp);
    }

    function resign(uint256 a, uint256, uint256) external {
        if (a % 8 != 0) return;
        if (_act("resign", abi.encodeCall(_mandate.resign, ()), _isInForce())) end = block.timestamp;
    }

    // BY GOVERNANCE

    function dismiss(uint256 a, uint256, uint256) external {
        if (a % 8 != 0) return;
        bool isAllowed = _isInForce();
        bytes memory data = abi.encodeCall(_mandate.dismiss, ());
        (bool success, ) = _do("dismiss", _governance, address(_mandate), data, isAllowed);
        if (success) end = block.timestamp;
    }

    /// @notice Governance is an admin without a delay here. Mostly for a long term, so that there is somebody to act.
    function appoint(uint256 a, uint256 b, uint256 c) external {
        address next = world.actor(a);
        uint256 until = block.timestamp + (b % 4 == 0 ? spread(c, 0, 400 days) : 366 days);
        bool isAllowed = until > block.timestamp && until <= block.timestamp + 366 days;
        bytes memory data = abi.encodeCall(_mandate.appoint, (next, uint40(until)));
        (bool success, ) = _do("appoint", _governance, address(_mandate), data, isAllowed);
        if (success) (guardian, end) = (next, until);
    }

    // ATTACKS

    /// @notice Without a mandate nobody gets anything, and the guardian gets nothing without the mandate's contract.
    function intrude(uint256 a, uint256 b, uint256 c) external {
        address intruder = world.actor(a);
        uint256 kind = b % 8;
        address target = address(_mandate);
        bytes memory data;
        if (kind == 0) data = abi.encodeCall(_mandate.pauseDeposits, (block.timestamp + 1 days));
        else if (kind == 1) {
            (SwitchKind switchKind, bytes32 id) = _switchAt(c);
            data = abi.encodeCall(_mandate.switchOff, (switchKind, id, uint40(block.timestamp + 1)));
        } else if (kind == 2) data = abi.encodeCall(_mandate.resign, ());
        else intruder = guardian;
        if (kind < 3 && intruder == guardian) return;
        if (kind == 3) data = abi.encodeCall(_mandate.appoint, (guardian, uint40(block.timestamp + 366 days)));
        else if (kind == 4) data = abi.encodeCall(_mandate.dismiss, ());
        else if (kind > 4) (target, data) = _beside(kind, c);
        _mustFail(12, "somebody had a power that is not his", intruder, target, data);
    }

    /// @dev What the guardian might do beside the mandate.
    function _beside(uint256 kind, uint256 c) private view returns (address, bytes memory) {
        if (kind == 5) return (address(_vpha), abi.encodeCall(_vpha.pauseDeposits, (block.timestamp + 1)));
        if (kind == 6) {
            (SwitchKind switchKind, bytes32 id) = _switchAt(c);
            return (address(_attestation), abi.encodeCall(_attestation.confirmSwitch, (switchKind, id)));
        }
        return (address(_authority), abi.encodeCall(_authority.grantRole, (CORE_ROLE_ID, guardian, CORE_DELAY)));
    }

    // TIME

    /// @notice Not for long, so that much happens in a pause.
    function linger(uint256 a, uint256, uint256) external {
        _pass(spread(a, 1, 3 days));
        world.countSuccess("linger");
    }

    // CHECKS

    /// @notice Whether the mandate is what was decided, and the guardian's role is its alone.
    function checkMandate() external view {
        vm.assertEq(_mandate.guardian(), guardian, "another guardian");
        vm.assertEq(uint256(_mandate.end()), end, "another end of the mandate");
        address[] memory members = _authority.membersOf(GUARDIAN_ROLE_ID);
        vm.assertEq(members.length, 1, "more have the guardian's role");
        vm.assertEq(members[0], address(_mandate), "another has the guardian's role");
    }

    // INTERNAL

    /// @dev Until when something is switched off.
    function _offUntil(SwitchKind kind, bytes32 id) internal view virtual returns (uint256) {
        return _switchedUntil[kind][id];
    }

    function _recordSwitch(SwitchKind kind, bytes32 id, uint256 until) internal virtual {
        _switchedUntil[kind][id] = until;
    }

    function _setMandate(address guardian_, uint256 end_) internal {
        (guardian, end) = (guardian_, end_);
    }

    /// @dev Governance has confirmed it: nothing of it is the guardian's any more.
    function _isForGood(SwitchKind kind, bytes32 id) private view returns (bool) {
        return _offUntil(kind, id) == type(uint40).max;
    }

    function _act(string memory action, bytes memory data, bool isAllowed) private returns (bool success) {
        (success, ) = _do(action, guardian, address(_mandate), data, isAllowed);
    }

    function _isInForce() private view returns (bool) {
        return block.timestamp < end;
    }

    function _switchAt(uint256 seed) private view returns (SwitchKind kind, bytes32 id) {
        kind = SwitchKind(seed % _switchIds.length);
        bytes32[] storage ids = _switchIds[uint8(kind)];
        id = ids[(seed >> 128) % ids.length];
    }

    function _nameOf(SwitchKind kind) private pure returns (string memory) {
        return
            ["switchOffPpid", "switchOffFmspc", "switchOffTdxModule", "switchOffWorkload", "switchOffOperator"][
                uint8(kind)
            ];
    }

    /// @dev Half of the time as long as possible, sometimes longer.
    function _soon(uint256 a, uint256 b, uint256 longest) private view returns (uint256) {
        if (b % 2 == 0) return block.timestamp + longest;
        return block.timestamp + spread(a, 0, b % 16 == 1 ? 2 * longest : longest);
    }
}
