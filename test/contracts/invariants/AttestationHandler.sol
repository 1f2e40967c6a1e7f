// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AttestationState, AttestationStatus, SwitchKind} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {WorkerQuote, WorkerSubject} from "../../../contracts/types/Worker.sol";
import {Platform, VerifierStandIn} from "../harness/VerifierStandIn.sol";
import {Evidence} from "./AttestationLedger.sol";
import {ComputeHandler} from "./ComputeHandler.sol";
import {WorkerLedger} from "./WorkerLedger.sol";
import {World} from "./World.sol";

/// @title Quotes that go straight to the attestation registry: new ones, old ones, another's, false ones; and what Intel decides
contract AttestationHandler is ComputeHandler {
    /// @dev What was once taken.
    struct Taken {
        uint256 number;
        bytes32 subject;
        WorkerQuote quote;
    }

    VerifierStandIn[2] private _verifiers;
    /// @dev By kind: what there is to switch off.
    bytes32[][] private _switchIds;
    Taken[] private _taken;

    constructor(
        World world_,
        IWorkerRegistry registry_,
        WorkerLedger ledger_,
        VerifierStandIn[2] memory verifiers,
        bytes32[][] memory switchIds
    ) ComputeHandler(world_, registry_, ledger_) {
        (_verifiers, _switchIds) = (verifiers, switchIds);
    }

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](9);
        list[0] = this.attest.selector;
        list[1] = this.replay.selector;
        list[2] = this.relay.selector;
        list[3] = this.forge.selector;
        list[4] = this.revoke.selector;
        list[5] = this.renew.selector;
        list[6] = this.restampKey.selector;
        list[7] = this.clearLapsed.selector;
        list[8] = this.changeAge.selector;
    }

    // ATTESTING

    /// @notice A quote that the worker registry has not seen, brought by anybody.
    function attest(uint256 a, uint256 b, uint256 c) external {
        uint256 number = a % ledger.MACHINES();
        WorkerSubject memory subject = _subject(ledger.machine(number).operator, c);
        WorkerQuote memory quote = _quote(number, subject);
        bytes32 hash = registry.subjectHash(subject);
        bool isAllowed = attestations.accepts(_platformOf(number, subject));
        (bool success, ) = _attest("attest", world.actor(b), hash, quote, isAllowed);
        _check(10, isAllowed || !success, "a quote was taken that the policy refuses");
        if (!success) return;
        attestations.recordAttested(
            ledger.machine(number).worker,
            hash,
            quote.blockNumber,
            _platformOf(number, subject)
        );
        _taken.push(Taken(number, hash, quote));
    }

    /// @notice The last quote of a key changes nothing, and says how it is with it; an older one is refused.
    function replay(uint256 a, uint256 b, uint256) external {
        if (_taken.length == 0) return;
        Taken memory taken = _taken[a % 4 == 0 ? b % _taken.length : _taken.length - 1];
        address key = ledger.addressOf(taken.number);
        Evidence memory evidence = attestations.evidenceOf(key);
        bool isLast = taken.quote.blockNumber == evidence.blockNumber && taken.subject == evidence.subject;
        string memory action = isLast ? "replayLast" : "replayOld";
        (bool success, bytes memory result) = _attest(action, world.actor(b), taken.subject, taken.quote, isLast);
        _check(10, isLast || !success, "an old quote was taken again");
        if (!success) return;
        (, AttestationStatus memory status) = abi.decode(result, (address, AttestationStatus));
        bool isValid = status.state == AttestationState.Valid;
        _check(10, isValid == attestations.holds(key), "a replay told something else than what holds");
        _check(10, attestation.blockOf(key) == evidence.blockNumber, "a replay changed the block of a key");
    }

    /// @notice A genuine quote, for another subject, of another key's machine, of a block that is too old or not there yet.
    function relay(uint256 a, uint256 b, uint256 c) external {
        uint256 number = a % ledger.MACHINES();
        address thief = world.actor(b);
        WorkerSubject memory subject = _subject(thief, c);
        WorkerQuote memory quote = _quote(number, subject);
        bytes32 hash = registry.subjectHash(subject);
        uint256 kind = (c >> 32) % 4;
        if (kind == 0) {
            hash = keccak256(abi.encode(hash));
        } else if (kind == 1) {
            subject.evidenceHash = ~subject.evidenceHash;
            quote.signatureData = _quote((number + 1) % ledger.MACHINES(), subject).signatureData;
        } else {
            quote.blockNumber = uint40(kind == 2 ? block.number - 257 - (b % 500) : block.number + (b % 2));
            (quote.signedData, quote.signatureData) = VerifierStandIn(address(attestation.verifier())).issue(
                _platformOf(number, subject),
                ledger.addressOf(number),
                _commitOf(hash, quote.blockNumber)
            );
        }
        _mustFail(10, "a quote was taken for what it does not name", thief, address(attestation), _call(hash, quote));
    }

    /// @notice A quote that no hardware has given out.
    function forge(uint256 a, uint256 b, uint256 c) external {
        uint256 number = a % ledger.MACHINES();
        address thief = world.actor(b);
        WorkerSubject memory subject = _subject(thief, c);
        _mine(1);
        WorkerQuote memory quote;
        quote.blockNumber = uint40(block.number - 1);
        bytes32 hash = registry.subjectHash(subject);
        Platform memory platform = _platformOf(number, subject);
        // Beyond what any genuine one says.
        platform.until += 1;
        (quote.signedData, quote.signatureData) = _verifiers[0].quoteOf(
            platform,
            ledger.addressOf(number),
            _commitOf(hash, quote.blockNumber)
        );
        _mustFail(10, "a false quote was taken", thief, address(attestation), _call(hash, quote));
    }

    /// @notice By anybody, of any key.
    function restampKey(uint256 a, uint256 b, uint256) external {
        address key = ledger.addressOf(a % ledger.MACHINES());
        bool holds = attestations.holds(key);
        bytes memory data = abi.encodeCall(attestation.restamp, (key));
        (bool success, ) = _do("restampKey", world.actor(b), address(attestation), data, holds);
        _check(10, holds || !success, "an attestation was stamped that does not hold");
    }

    /// @notice By anybody: a switch that has lapsed is forgotten, and no other.
    function clearLapsed(uint256 a, uint256 b, uint256 c) external {
        SwitchKind kind = SwitchKind(a % _switchIds.length);
        bytes32[] storage ids = _switchIds[uint8(kind)];
        for (uint256 i = 0; i < ids.length; ++i) {
            bytes32 id = ids[((b % ids.length) + i) % ids.length];
            bool isLapsed = attestations.offUntil(kind, id) != 0 && !attestations.isOff(kind, id);
            // Mostly one that can be.
            if (!isLapsed && i + 1 < ids.length) continue;
            bytes memory data = abi.encodeCall(attestation.clearLapsed, (kind, id));
            (bool success, ) = _do("clearLapsed", world.actor(c), address(attestation), data, isLapsed);
            _check(10, isLapsed || !success, "a switch was cleared that is set");
            if (success) attestations.recordCleared(kind, id);
            return;
        }
    }

    // INTEL

    /// @notice The certificate of a machine goes on the CRL, of whichever verifier.
    function revoke(uint256 a, uint256 b, uint256) external {
        uint256 number = a % ledger.MACHINES();
        if (b % 3 != 0 || attestations.isRevoked(attestations.serialOf(number))) return;
        for (uint256 i = 0; i < _verifiers.length; ++i) {
            _verifiers[i].revoke(attestations.serialOf(number));
        }
        attestations.recordRevoked(number);
        world.countSuccess("revoke");
    }

    /// @notice Machines whose certificate is revoked get another.
    function renew(uint256, uint256, uint256) external {
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            if (!attestations.isRevoked(attestations.serialOf(i))) continue;
            attestations.renew(i);
            world.countSuccess("renew");
        }
    }

    /// @notice Certificates end within hours, or outlast every attestation.
    function changeAge(uint256 a, uint256, uint256) external {
        attestations.setAge(a % 2 == 0 ? 30 days : spread(a >> 8, 0, 8 days));
        world.countSuccess("changeAge");
    }

    // PRIVATE

    function _attest(
        string memory action,
        address caller,
        bytes32 subject,
        WorkerQuote memory quote,
        bool isAllowed
    ) private returns (bool, bytes memory) {
        return _do(action, caller, address(attestation), _call(subject, quote), isAllowed);
    }

    function _call(bytes32 subject, WorkerQuote memory quote) private view returns (bytes memory) {
        return abi.encodeCall(attestation.attest, (subject, quote.blockNumber, quote.signedData, quote.signatureData));
    }
}
