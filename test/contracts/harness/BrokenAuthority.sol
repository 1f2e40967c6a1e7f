// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Front} from "./Front.sol";

// Authorities that are wrong on purpose: the check of invariant 12 must find each. See {Front}.

/// @notice Breaks invariant 12: anybody's wish to close a contract is taken.
contract BrokenClosingAuthority is Front {
    constructor(address genuine) Front(genuine) {}

    function setTargetClosed(address, bool) external {}
}

/// @notice Breaks invariant 12: whoever asks for a role is listed as its member.
/// @dev Slot 6: members by role, each an array and a mapping; the array's length is in the first word.
contract BrokenGrantAuthority is Front {
    constructor(address genuine) Front(genuine) {}

    function grantRole(uint64 role, address account, uint32) external {
        bytes32 length = keccak256(abi.encode(role, 6));
        uint256 first = uint256(keccak256(abi.encode(length)));
        assembly ("memory-safe") {
            let count := sload(length)
            sstore(add(first, count), account)
            sstore(length, add(count, 1))
        }
    }
}

/// @notice Breaks invariant 12: whatever is scheduled is ready an hour before its time.
/// @dev Slot 2: schedules by operation; bits 0–47 are the time.
contract BrokenHasteAuthority is Front {
    constructor(address genuine) Front(genuine) {}

    function schedule(address, bytes calldata, uint48) external {
        bytes memory result = _genuinely(msg.data);
        (bytes32 id, ) = abi.decode(result, (bytes32, uint32));
        bytes32 slot = keccak256(abi.encode(id, 2));
        assembly ("memory-safe") {
            sstore(slot, sub(sload(slot), 3600))
        }
        _returnAs(result);
    }
}

/// @notice Breaks invariant 12: anybody cancels what waits.
/// @dev See {BrokenHasteAuthority}.
contract BrokenCancelAuthority is Front {
    constructor(address genuine) Front(genuine) {}

    function cancel(address caller, address target, bytes calldata data) external {
        bytes32 slot = keccak256(abi.encode(keccak256(abi.encode(caller, target, data)), 2));
        assembly ("memory-safe") {
            sstore(slot, shl(48, shr(48, sload(slot))))
        }
    }
}
