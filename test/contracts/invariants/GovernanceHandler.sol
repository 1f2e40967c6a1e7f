// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PhalaAuthority} from "../../../contracts/governance/PhalaAuthority.sol";
import {Floors, ImageMeasurements, SwitchKind} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {IEmissionVault} from "../../../contracts/interfaces/IEmissionVault.sol";
import {IGuardianMandate} from "../../../contracts/interfaces/IGuardianMandate.sol";
import {ISlashing} from "../../../contracts/interfaces/ISlashing.sol";
import {ITdxVerifier} from "../../../contracts/interfaces/ITdxVerifier.sol";
import {ITreasury} from "../../../contracts/interfaces/ITreasury.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {IWorkerRewards} from "../../../contracts/interfaces/IWorkerRewards.sol";
import {Stream} from "../../../contracts/types/Stream.sol";
import {RoleGraph} from "../harness/RoleGraph.sol";
import {VerifierStandIn} from "../harness/VerifierStandIn.sol";
import {ComputeHandler} from "./ComputeHandler.sol";
import {HourLedger} from "./HourLedger.sol";
import {HourWatcher} from "./HourWatcher.sol";
import {Decision, Operation, OperationLedger, OperationState} from "./OperationLedger.sol";
import {SlashingHandler} from "./SlashingHandler.sol";
import {SystemGuardianHandler} from "./SystemGuardianHandler.sol";
import {WorkerLedger} from "./WorkerLedger.sol";
import {World} from "./World.sol";

/// @notice Whom governance governs, and who has to hear of it.
struct Realm {
    address governance;
    PhalaAuthority authority;
    RoleGraph roles;
    IEmissionVault vault;
    ITreasury treasury;
    IGuardianMandate mandate;
    ISlashing[2] slashings;
    VerifierStandIn[2] verifiers;
    OperationLedger operations;
    SlashingHandler slashingHandler;
    SystemGuardianHandler guardianHandler;
}

/// @title Governance decides whatever it may: each decision is scheduled, waits for the delay of its class, and is executed within two
/// weeks, or never
/// @notice What a decision means is accounted for when it is executed, by the ledgers of what it concerns.
contract GovernanceHandler is HourWatcher {
    uint256 private constant _MAX_AHEAD = 180 days;
    address private constant _PAYEE = address(0x70);

    Realm private _r;
    /// @dev By kind: what there is to switch off.
    bytes32[][] private _switchIds;
    uint256 private _streams;

    constructor(
        World world_,
        IWorkerRegistry registry_,
        WorkerLedger ledger_,
        IWorkerRewards rewards_,
        HourLedger hourLedger,
        Realm memory realm,
        bytes32[][] memory switchIds
    ) ComputeHandler(world_, registry_, ledger_) HourWatcher(rewards_, hourLedger) {
        (_r, _switchIds) = (realm, switchIds);
    }

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](9);
        list[0] = this.schedule.selector;
        list[1] = this.schedule.selector;
        list[2] = this.execute.selector;
        list[3] = this.execute.selector;
        list[4] = this.decide.selector;
        list[5] = this.waitForOperation.selector;
        list[6] = this.cancel.selector;
        list[7] = this.repeat.selector;
        list[8] = this.reappoint.selector;
    }

    // OPERATIONS

    /// @notice Mostly for as soon as possible, sometimes for later, or too early, or too late.
    function schedule(uint256 a, uint256 b, uint256 c) external {
        uint256 kind = (c >> 200) % 8;
        Decision decision = _decisionAt(a);
        uint256 delay = delayOf(decision);
        uint256 when;
        if (kind == 0) when = block.timestamp + delay - 1;
        else if (kind == 1) when = block.timestamp + delay;
        else if (kind == 2) when = block.timestamp + delay + spread(c >> 208, 0, 200 days);
        _schedule(decision, b, c, when);
    }

    /// @notice Whichever waits: too early it is refused.
    function execute(uint256 a, uint256 b, uint256) external {
        (bool found, uint256 i) = _r.operations.findWaiting(a);
        if (found) _execute(i, b % 2 == 0);
    }

    /// @notice From the first thought to the last call, with nothing between.
    function decide(uint256 a, uint256 b, uint256 c) external {
        (bool success, uint256 i) = _schedule(_decisionAt(a), b, c, 0);
        if (!success) return;
        _pass(_r.operations.operation(i).readyAt - block.timestamp);
        _execute(i, b % 2 == 0);
    }

    /// @notice There is somebody in office for most of the time.
    function reappoint(uint256 a, uint256 b, uint256 c) external {
        if (_r.guardianHandler.end() < block.timestamp + 60 days) {
            this.decide(uint256(Decision.Appoint), (b << 2) | 1, a ^ c);
        }
    }

    /// @notice To the second from which an operation can be executed, or to its last one, or beside them.
    function waitForOperation(uint256 a, uint256 b, uint256) external {
        (bool found, uint256 i) = _r.operations.findWaiting(a);
        if (!found) return;
        uint256 end = _r.operations.operation(i).readyAt + (b % 4 == 0 ? 14 days : 0) + ((b >> 8) % 3) - 1;
        if (end <= block.timestamp) return;
        _pass(end - block.timestamp);
        world.countSuccess("waitForOperation");
    }

    /// @notice By who has scheduled it.
    function cancel(uint256 a, uint256 b, uint256) external {
        (bool found, uint256 i) = _r.operations.findWaiting(a);
        if (!found || b % 4 != 0) return;
        Operation memory o = _r.operations.operation(i);
        if (o.caller != _r.governance) return;
        bytes memory data = abi.encodeCall(_r.authority.cancel, (o.caller, o.target, o.data));
        (bool success, ) = _do("cancel", o.caller, address(_r.authority), data, true);
        if (success) _r.operations.setState(i, OperationState.Cancelled);
    }

    /// @notice What was executed, was cancelled or has expired cannot be executed, again or at all.
    function repeat(uint256 a, uint256 b, uint256) external {
        (bool found, uint256 i) = _r.operations.findGone(a);
        if (!found) return;
        Operation memory o = _r.operations.operation(i);
        bytes memory data = abi.encodeCall(_r.authority.execute, (o.target, o.data));
        address target = b % 2 == 0 ? address(_r.authority) : o.target;
        _mustFail(12, "an operation that is over was executed", o.caller, target, b % 2 == 0 ? data : o.data);
    }

    // CHECKS

    /// @notice 12. Each operation is scheduled for when it should be, or not at all.
    function checkOperations() external view {
        uint256 length = _r.operations.length();
        for (uint256 i = 0; i < length; ++i) {
            bytes32 id = _r.operations.operation(i).id;
            uint256 readyAt = _r.authority.getSchedule(id);
            vm.assertEq(readyAt, _r.operations.scheduleOf(id), "an operation is scheduled for another time");
            vm.assertEq(uint256(_r.authority.getNonce(id)), _r.operations.nonceOf(id), "scheduled by somebody else");
        }
    }

    /// @notice Seconds that a decision waits.
    function delayOf(Decision decision) public view returns (uint256) {
        (address target, bytes memory data) = _callOf(decision, 0, 0);
        return _r.roles.delayOf(_r.roles.roleOf(target, bytes4(data)));
    }

    // PRIVATE: OPERATIONS

    function _schedule(Decision decision, uint256 b, uint256 c, uint256 when) private returns (bool, uint256) {
        (address target, bytes memory data) = _callOf(decision, b, c);
        uint256 earliest = block.timestamp + delayOf(decision);
        bool isSoon = when != 0 && when < earliest;
        bool success = _announce(target, data, when, isSoon);
        _check(12, !success || !isSoon, "an operation was scheduled for too early");
        if (!success) return (false, 0);
        if (when == 0) when = earliest;
        return (true, _r.operations.add(decision, _r.governance, target, data, when));
    }

    function _announce(address target, bytes memory data, uint256 when, bool isSoon) private returns (bool success) {
        bool isThere = _r.operations.scheduleOf(_r.operations.idOf(_r.governance, target, data)) != 0;
        bool isAllowed = !isThere && !isSoon && when <= block.timestamp + _MAX_AHEAD;
        data = abi.encodeCall(_r.authority.schedule, (target, data, uint48(when)));
        (success, ) = _do("schedule", _r.governance, address(_r.authority), data, isAllowed);
    }

    /// @dev By the authority, or at the target itself.
    function _execute(uint256 i, bool isDirect) private {
        Operation memory o = _r.operations.operation(i);
        // Others execute what they have scheduled.
        if (o.caller != _r.governance) return;
        bool isReady = _r.operations.isReady(i);
        bool isAllowed = isReady && _isAccepted(o);
        bytes memory data = isDirect ? o.data : abi.encodeCall(_r.authority.execute, (o.target, o.data));
        address target = isDirect ? o.target : address(_r.authority);
        bool success;
        // What is over was earned under the old ceiling: the ledger closes its hours before.
        if (o.decision == Decision.SetCeiling) {
            (success, ) = _doClosing(nameOf(o.decision), o.caller, target, data, isAllowed);
        } else {
            (success, ) = _do(nameOf(o.decision), o.caller, target, data, isAllowed);
        }
        _check(12, !success || isReady, "an operation was executed before its time, or after it");
        if (!success) return;
        _r.operations.setState(i, OperationState.Executed);
        _record(o);
    }

    // PRIVATE: DECISIONS

    function _decisionAt(uint256 seed) private pure returns (Decision) {
        return Decision(seed % (uint256(type(Decision).max) + 1));
    }

    /// @notice Successes are counted under it.
    function nameOf(Decision decision) public pure returns (string memory) {
        return
            [
                "setModel",
                "removeModel",
                "setCeiling",
                "replaceSink",
                "replaceSlashing",
                "changeLimits",
                "confirmSwitch",
                "liftSwitch",
                "allowImage",
                "allowShape",
                "removeImage",
                "removeShape",
                "raiseFloors",
                "setFloors",
                "setVerifier",
                "appoint",
                "dismiss",
                "openStream",
                "closeBudget"
            ][uint8(decision)];
    }

    function _callOf(Decision decision, uint256 b, uint256 c) private view returns (address, bytes memory) {
        if (decision <= Decision.RemoveModel) return (address(registry), _modelCall(decision, b, c));
        if (decision == Decision.SetCeiling) {
            return (address(rewards), abi.encodeCall(rewards.setCeiling, (spread(b, 0.0001e18, 10e18))));
        }
        if (decision == Decision.ReplaceSink) {
            // Mostly it is here.
            address sink = hours_.isSink() && b % 2 == 0 ? address(uint160(0x5200 + (c % 2))) : address(rewards);
            return (address(_r.vault), abi.encodeCall(_r.vault.replaceSink, (Stream.Workers, sink)));
        }
        if (decision == Decision.SetSlashing) {
            uint256 other = b % 4 == 0 ? c % 2 : 1 - _r.slashingHandler.current();
            return (address(registry), abi.encodeCall(registry.setSlashing, (address(_r.slashings[other]))));
        }
        if (decision == Decision.SetLimits) return (address(_r.slashings[b % 2]), _limitsCall(b, c));
        if (decision <= Decision.SetVerifier) return (address(attestation), _policyCall(decision, b, c));
        if (decision <= Decision.Dismiss) return (address(_r.mandate), _mandateCall(decision, b, c));
        return (address(_r.treasury), _budgetCall(decision, b, c));
    }

    /// @dev One of the models, or a new one, sometimes beyond the bounds.
    function _modelCall(Decision decision, uint256 b, uint256 c) private view returns (bytes memory) {
        bytes32[] memory models = registry.models();
        if (decision == Decision.RemoveModel) {
            return abi.encodeCall(registry.removeModel, (models[b % models.length]));
        }
        bytes32 model = bytes32(bytes.concat("M", bytes1(uint8(48 + (b % 4)))));
        if (b % 2 == 0) model = models[(b >> 8) % 3];
        uint256 collateral = spread(b >> 16, c % 16 == 1 ? 99e18 : 100e18, c % 16 == 0 ? 100_001e18 : 5_000e18);
        return abi.encodeCall(registry.setModel, (model, uint96(collateral), uint16(spread(c >> 8, 9, 1_001))));
    }

    function _limitsCall(uint256 b, uint256 c) private pure returns (bytes memory) {
        uint32 process = uint32(spread(b >> 8, 3 days, 14 days + 1));
        uint32 rebuttal = uint32(spread(c, 3 days - 1, process));
        uint16[3] memory caps = [uint16(c % 1_001), uint16((c >> 16) % 5_001), uint16((c >> 32) % 10_002)];
        return abi.encodeCall(ISlashing.setLimits, (ISlashing.Limits(rebuttal, process, caps)));
    }

    function _policyCall(Decision decision, uint256 b, uint256 c) private view returns (bytes memory) {
        if (decision <= Decision.LiftSwitch) {
            (SwitchKind kind, bytes32 id) = _switchAt(b, decision == Decision.LiftSwitch);
            return
                decision == Decision.LiftSwitch
                    ? abi.encodeCall(attestation.liftSwitch, (kind, id))
                    : abi.encodeCall(attestation.confirmSwitch, (kind, id));
        }
        if (decision <= Decision.RemoveShape) return _imageCall(decision, b, c);
        if (decision == Decision.SetVerifier) {
            uint256 other = address(attestation.verifier()) == address(_r.verifiers[0]) ? 1 : 0;
            return abi.encodeCall(attestation.setVerifier, (ITdxVerifier(address(_r.verifiers[other]))));
        }
        // Mostly some days ago, sometimes one that is to come; mostly OutOfDate is taken.
        uint256 day = block.timestamp / 1 days + 60 - ((b >> 8) % 600);
        Floors memory floors = Floors(uint16(day), 0, c % 4 == 0 ? 0x02 : 0x22);
        return
            decision == Decision.SetFloors
                ? abi.encodeCall(attestation.setFloors, (floors))
                : abi.encodeCall(attestation.raiseFloors, (floors));
    }

    /// @dev Rarely what is listed is removed, mostly what is not listed is.
    function _imageCall(Decision decision, uint256 b, uint256 c) private view returns (bytes memory) {
        bool isRemoval = decision >= Decision.RemoveImage;
        bool isOfImage = decision == Decision.AllowImage || decision == Decision.RemoveImage;
        uint256 count = _switchIds[uint8(SwitchKind.Workload)].length;
        uint256 image = b % count;
        for (uint256 i = 0; i < count && c % 4 != 0; ++i) {
            uint256 number = (image + i) % count;
            bool isListed = isOfImage ? attestations.isImage(number) : attestations.isShape(number);
            if (isListed != isRemoval) continue;
            image = number;
            break;
        }
        bytes32 id = attestations.imageIds(image);
        if (decision == Decision.AllowImage) {
            return abi.encodeCall(attestation.allowImage, (_r.verifiers[0].measurementsOf(image)));
        }
        if (decision == Decision.RemoveImage) return abi.encodeCall(attestation.removeImage, (id));
        if (isRemoval) return abi.encodeCall(attestation.removeShape, (id, new bytes(48)));
        return abi.encodeCall(attestation.allowShape, (id, new bytes(48)));
    }

    /// @dev Mostly for as long as can be.
    function _mandateCall(Decision decision, uint256 b, uint256 c) private view returns (bytes memory) {
        if (decision == Decision.Dismiss) return abi.encodeCall(_r.mandate.dismiss, ());
        uint256 end = block.timestamp + 52 days + (b % 4 == 0 ? spread(c, 0, 400 days) : 366 days);
        return abi.encodeCall(_r.mandate.appoint, (world.actor(b >> 8), uint40(end)));
    }

    function _budgetCall(Decision decision, uint256 b, uint256 c) private view returns (bytes memory) {
        if (decision == Decision.CloseBudget) {
            // Mostly the last one.
            uint256 number = b % 4 == 0 || _streams == 0 ? b >> 8 : _streams - 1;
            return abi.encodeCall(_r.treasury.closeBudget, (_streamAt(number)));
        }
        (uint40 start, uint40 end) = (
            uint40(block.timestamp),
            uint40(block.timestamp + 60 days + spread(b, 0, 1000 days))
        );
        uint128 total = uint128(spread(c, 1, 1_000_000e18));
        return
            abi.encodeCall(
                _r.treasury.openStream,
                (_streamAt(_streams), rewards.token(), _PAYEE, total, start, end, "p", "m")
            );
    }

    /// @dev Those that were opened have numbers from 0 on.
    function _streamAt(uint256 seed) private view returns (bytes32) {
        return keccak256(abi.encode("stream", seed % (_streams + 1)));
    }

    /// @dev For lifting, rather one that is set.
    function _switchAt(uint256 seed, bool isSet) private view returns (SwitchKind kind, bytes32 id) {
        for (uint256 i = 0; i < 2 * _switchIds.length; ++i) {
            kind = SwitchKind(((seed % _switchIds.length) + i) % _switchIds.length);
            bytes32[] storage ids = _switchIds[uint8(kind)];
            for (uint256 j = 0; j < ids.length; ++j) {
                id = ids[((seed >> 128) + j) % ids.length];
                if (!isSet || attestations.isOff(kind, id)) return (kind, id);
            }
        }
    }

    // PRIVATE: WHAT A DECISION MEANS

    /// @dev Whether the contract takes it now.
    function _isAccepted(Operation memory o) private view returns (bool) {
        (Decision decision, bytes memory data) = (o.decision, _argumentsOf(o.data));
        if (decision <= Decision.SetLimits) return _isComputeAccepted(decision, o.target, data);
        if (decision <= Decision.SetVerifier) return _isPolicyAccepted(decision, data);
        if (decision == Decision.Appoint) {
            (, uint256 end) = abi.decode(data, (address, uint256));
            return end > block.timestamp && end <= block.timestamp + 366 days;
        }
        if (decision == Decision.Dismiss) return block.timestamp < _r.guardianHandler.end();
        if (decision == Decision.CloseBudget) {
            bytes32 name = abi.decode(data, (bytes32));
            for (uint256 i = 0; i < _streams; ++i) {
                if (name == _streamAt(i)) return block.timestamp < _r.treasury.budgetOf(name).end;
            }
            return false;
        }
        (bytes32 stream, , , , , uint256 until) = abi.decode(
            data,
            (bytes32, address, address, uint256, uint256, uint256)
        );
        return stream == _streamAt(_streams) && until > block.timestamp;
    }

    function _isComputeAccepted(Decision decision, address target, bytes memory data) private view returns (bool) {
        if (decision == Decision.SetModel) {
            (bytes32 model, uint256 collateral, uint256 weight) = abi.decode(data, (bytes32, uint256, uint256));
            bool isValid = collateral >= 100e18 && collateral <= 100_000e18 && weight >= 10 && weight <= 1_000;
            IWorkerRegistry.Model memory m = registry.modelOf(model);
            return isValid && !(m.isListed && m.collateral == collateral && m.weight == weight);
        }
        if (decision == Decision.RemoveModel) return registry.modelOf(abi.decode(data, (bytes32))).isListed;
        if (decision == Decision.SetCeiling) return abi.decode(data, (uint256)) != hours_.ceiling();
        if (decision == Decision.ReplaceSink) {
            (, address sink) = abi.decode(data, (Stream, address));
            return sink != _r.vault.sinkOf(Stream.Workers);
        }
        if (decision == Decision.SetSlashing) {
            return abi.decode(data, (address)) != address(_r.slashings[_r.slashingHandler.current()]);
        }
        ISlashing.Limits memory limits = abi.decode(data, (ISlashing.Limits));
        bool isInBounds =
            limits.rebuttalWindow >= 3 days &&
                limits.rebuttalWindow <= limits.processWindow &&
                limits.processWindow <= 14 days &&
                limits.caps[2] <= 10_000;
        return isInBounds && keccak256(abi.encode(limits)) != keccak256(abi.encode(ISlashing(target).limits()));
    }

    function _isPolicyAccepted(Decision decision, bytes memory data) private view returns (bool) {
        if (decision <= Decision.LiftSwitch) {
            (SwitchKind kind, bytes32 id) = abi.decode(data, (SwitchKind, bytes32));
            return
                decision == Decision.LiftSwitch
                    ? attestations.isOff(kind, id)
                    : attestations.offUntil(kind, id) != attestations.CONFIRMED();
        }
        if (decision <= Decision.RemoveShape) {
            uint256 image = _imageIn(decision, data);
            if (decision == Decision.AllowImage) return !attestations.isImage(image);
            if (decision == Decision.RemoveImage) return attestations.isImage(image);
            if (decision == Decision.RemoveShape) return attestations.isShape(image);
            return attestations.isImage(image) && !attestations.isShape(image);
        }
        if (decision == Decision.SetVerifier) return abi.decode(data, (address)) != address(attestation.verifier());
        Floors memory floors = abi.decode(data, (Floors));
        if (floors.minTcbDay > block.timestamp / 1 days) return false;
        if (decision == Decision.SetFloors) return true;
        bool isNarrower = attestations.takesOutOfDate() || floors.allowedStatuses == 0x02;
        return isNarrower && floors.minTcbDay >= attestations.minTcbDay();
    }

    /// @dev The number of the image that it is about.
    function _imageIn(Decision decision, bytes memory data) private view returns (uint256 image) {
        bytes32 id =
            decision == Decision.AllowImage
                ? attestation.imageOf(abi.decode(data, (ImageMeasurements)))
                : abi.decode(data, (bytes32));
        while (attestations.imageIds(image) != id) ++image;
    }

    /// @dev It was executed.
    function _record(Operation memory o) private {
        (Decision decision, bytes memory data) = (o.decision, _argumentsOf(o.data));
        if (decision == Decision.SetCeiling) hours_.setCeiling(abi.decode(data, (uint256)));
        else if (decision == Decision.ReplaceSink) _recordSink(data);
        else if (decision == Decision.SetSlashing) _r.slashingHandler.recordReplaced();
        else if (decision == Decision.Dismiss) {
            _r.guardianHandler.recordMandate(_r.guardianHandler.guardian(), block.timestamp);
        } else if (decision == Decision.Appoint) {
            (address guardian, uint256 end) = abi.decode(data, (address, uint256));
            _r.guardianHandler.recordMandate(guardian, end);
        } else if (decision == Decision.OpenStream) ++_streams;
        else if (decision >= Decision.ConfirmSwitch && decision <= Decision.SetVerifier) _recordPolicy(decision, data);
    }

    function _recordSink(bytes memory data) private {
        (, address sink) = abi.decode(data, (Stream, address));
        bool isSink = sink == address(rewards);
        // From one of the others to the next it stays away.
        if (isSink != hours_.isSink()) hours_.setSink(isSink);
        if (isSink) world.countSuccess("restoreSink");
    }

    function _recordPolicy(Decision decision, bytes memory data) private {
        if (decision <= Decision.LiftSwitch) {
            (SwitchKind kind, bytes32 id) = abi.decode(data, (SwitchKind, bytes32));
            attestations.recordSwitch(kind, id, decision == Decision.LiftSwitch ? 0 : attestations.CONFIRMED());
        } else if (decision == Decision.AllowImage || decision == Decision.RemoveImage) {
            attestations.recordImage(_imageIn(decision, data), decision == Decision.AllowImage);
        } else if (decision <= Decision.RemoveShape) {
            attestations.recordShape(_imageIn(decision, data), decision == Decision.AllowShape);
        } else if (decision == Decision.SetVerifier) {
            attestations.recordVerifier();
        } else {
            Floors memory floors = abi.decode(data, (Floors));
            attestations.recordFloors(floors.minTcbDay, floors.allowedStatuses == 0x22);
        }
    }

    /// @dev What is behind the selector.
    function _argumentsOf(bytes memory call) private pure returns (bytes memory data) {
        data = new bytes(call.length - 4);
        for (uint256 i = 0; i < data.length; ++i) {
            data[i] = call[i + 4];
        }
    }
}
