// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttestationRegistry} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {Front} from "./Front.sol";

// Attestation registries that are wrong on purpose: the check of invariant 10 must find each. See {Front}.

/// @notice Breaks invariant 10: whoever asks for a worker is told the end of its attestation, whatever was decided since.
contract BrokenStandingAttestation is Front {
    constructor(address genuine) Front(genuine) {}

    function standingOf(address key, address) external {
        (, uint40 blockNumber, uint32 epoch) = abi.decode(_genuinely(msg.data), (uint40, uint40, uint32));
        uint40 validUntil = IAttestationRegistry(address(this)).statusOf(key).validUntil;
        _returnAs(abi.encode(validUntil < block.timestamp ? 0 : validUntil, blockNumber, epoch));
    }
}

/// @notice Breaks invariant 10: a key's last block is forgotten, so that an older quote is taken after it.
/// @dev Slot 3: records by key; bits 64–103 of the first word are the block.
contract BrokenReplayAttestation is Front {
    constructor(address genuine) Front(genuine) {}

    function attest(bytes32, uint40, bytes calldata signedData, bytes calldata) external {
        bytes32 slot = _slotOf(address(bytes20(signedData[signedData.length - 64:])), 3);
        assembly ("memory-safe") {
            sstore(slot, and(sload(slot), not(shl(64, 0xffffffffff))))
        }
        _returnAs(_genuinely(msg.data));
    }
}
