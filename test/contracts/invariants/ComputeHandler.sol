// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttestationRegistry} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {WorkerQuote, WorkerSubject} from "../../../contracts/types/Worker.sol";
import {Platform, VerifierStandIn} from "../harness/VerifierStandIn.sol";
import {AttestationLedger} from "./AttestationLedger.sol";
import {Handler} from "./Handler.sol";
import {WorkerLedger} from "./WorkerLedger.sol";
import {World} from "./World.sol";

/// @title What handlers of the compute contracts share: machines, quotes, blocks
abstract contract ComputeHandler is Handler {
    uint256 private constant _GPUS = 24;

    IWorkerRegistry public immutable registry;
    IAttestationRegistry public immutable attestation;
    WorkerLedger public immutable ledger;
    AttestationLedger public immutable attestations;

    constructor(World world_, IWorkerRegistry registry_, WorkerLedger ledger_) Handler(world_) {
        (registry, ledger) = (registry_, ledger_);
        (attestation, attestations) = (registry_.attestation(), ledger_.attestations());
    }

    /// @dev One or a few blocks later.
    function _mine(uint256 blocks) internal {
        vm.roll(block.number + blocks);
    }

    /// @dev A quote of the machine that names the subject and the last block.
    function _quote(uint256 number, WorkerSubject memory subject) internal returns (WorkerQuote memory quote) {
        _mine(1);
        quote.blockNumber = uint40(block.number - 1);
        (quote.signedData, quote.signatureData) = VerifierStandIn(address(attestation.verifier())).issue(
            _platformOf(number, subject),
            ledger.machine(number).worker,
            _commitOf(registry.subjectHash(subject), quote.blockNumber)
        );
    }

    function _commitOf(bytes32 subject, uint256 blockNumber) internal view returns (bytes32) {
        return attestation.commitOf(subject, blockNumber, blockhash(blockNumber));
    }

    /// @dev Where the quote of now that names the subject is made.
    function _platformOf(uint256 number, WorkerSubject memory subject) internal view returns (Platform memory) {
        return attestations.platformOf(number, uint256(subject.evidenceHash));
    }

    /// @dev Whether such a quote is taken for the subject's operator.
    function _isTaken(uint256 number, WorkerSubject memory subject) internal view returns (bool) {
        return attestations.accepts(_platformOf(number, subject)) && !attestations.isOperatorOff(subject.operator);
    }

    /// @dev A model of the catalog, listed or not, and one to eight of a few GPUs: mostly one to three.
    function _subject(address operator, uint256 word) internal view returns (WorkerSubject memory subject) {
        bytes32[] memory models = registry.models();
        subject.operator = operator;
        subject.model = models[word % models.length];
        uint256 count = 1 + ((word >> 8) % ((word >> 16) % 4 == 0 ? 8 : 3));
        subject.gpuIds = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            subject.gpuIds[i] = keccak256(abi.encode("gpu", ((word >> 24) + i) % _GPUS));
        }
        subject.evidenceHash = bytes32(word);
    }

    /// @dev The machine's attestation by the catalog of now.
    function _recordAttested(uint256 number, WorkerSubject memory subject, uint256 blockNumber) internal {
        address worker = ledger.machine(number).worker;
        attestations.recordAttested(worker, registry.subjectHash(subject), blockNumber, _platformOf(number, subject));
        IWorkerRegistry.Model memory model = registry.modelOf(subject.model);
        ledger.recordAttested(number, subject, blockNumber, model.collateral, model.weight);
    }

    /// @dev Somebody who is not the operator of the machine.
    function _stranger(uint256 seed, uint256 number) internal view returns (address stranger) {
        stranger = world.actor(seed);
        if (stranger == ledger.machine(number).operator) stranger = world.actorAfter(seed, 1);
    }
}
