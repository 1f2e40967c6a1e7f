// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {WorkerQuote, WorkerSubject} from "../../../contracts/types/Worker.sol";
import {ComputeHandler} from "./ComputeHandler.sol";
import {WorkerLedger} from "./WorkerLedger.sol";
import {World} from "./World.sol";

/// @title Attestations end, come back, are switched off, and name what the registry does not know
contract AttestationHandler is ComputeHandler {
    constructor(
        World world_,
        IWorkerRegistry registry_,
        WorkerLedger ledger_
    ) ComputeHandler(world_, registry_, ledger_) {}

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](5);
        list[0] = this.revoke.selector;
        list[1] = this.switchOperator.selector;
        list[2] = this.confirmSwitch.selector;
        list[3] = this.attestElsewhere.selector;
        list[4] = this.changeAge.selector;
    }

    /// @notice Twice as often lifted as set.
    function revoke(uint256 a, uint256 b, uint256) external {
        bool isRevoked = b % 3 == 0;
        if (isRevoked) attestation.setRevoked(ledger.machine(a % ledger.MACHINES()).worker, true);
        for (uint256 i = 0; i < ledger.MACHINES() && !isRevoked; ++i) {
            attestation.setRevoked(ledger.machine(i).worker, false);
        }
        world.countSuccess(isRevoked ? "revoke" : "lift");
    }

    function switchOperator(uint256 a, uint256 b, uint256) external {
        attestation.switchOperatorOff(world.actor(a), uint40(block.timestamp + spread(b, 0, 14 days)));
        world.countSuccess("switchOperator");
    }

    /// @notice Rarely: who is confirmed off does not come back.
    function confirmSwitch(uint256 a, uint256 b, uint256) external {
        if (b % 12 != 0) return;
        attestation.setConfirmed(ledger.machine(a % ledger.MACHINES()).worker);
        world.countSuccess("confirmSwitch");
    }

    /// @notice A quote that the attestation registry takes and the worker registry has not seen.
    function attestElsewhere(uint256 a, uint256, uint256 c) external {
        uint256 number = a % ledger.MACHINES();
        WorkerSubject memory subject = _subject(ledger.machine(number).operator, c);
        WorkerQuote memory quote = _quote(number, subject);
        bytes32 hash = registry.subjectHash(subject);
        bytes memory data = abi.encodeCall(attestation.attest, (hash, quote.blockNumber, quote.signedData, ""));
        _do("attestElsewhere", world.actor(c), address(attestation), data);
    }

    /// @notice From an hour to the seven days that there are.
    function changeAge(uint256 a, uint256, uint256) external {
        attestation.setAge(a % 2 == 0 ? 7 days : uint40(spread(a >> 8, 1 hours, 7 days)));
        world.countSuccess("changeAge");
    }
}
