// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AttestationState,
    AttestationStatus,
    IAttestationRegistry,
    SwitchKind
} from "../../../contracts/interfaces/IAttestationRegistry.sol";

/// @title What the compute contracts ask of {IAttestationRegistry}, without quotes
/// @notice Nothing in Solidity can make a quote of TDX. Here a quote is what {issue} has given out, and a test decides what
/// holds; blocks, replays and expiry follow the genuine rules.
contract AttestationStandIn {
    struct Record {
        uint40 validUntil;
        uint40 blockNumber;
        bytes32 subject;
    }

    mapping(bytes32 quoteHash => bool) private _issued;
    mapping(address key => Record) private _records;
    /// @notice Until when operators are switched off.
    mapping(address operator => uint40) public offUntil;

    /// @notice Keys whose attestation does not hold, for whatever reason there may be.
    mapping(address key => bool) public isRevoked;
    /// @notice Keys of which governance has confirmed a switch.
    mapping(address key => bool) public isConfirmed;
    /// @notice Rises with every decision.
    uint32 public epoch;
    /// @notice How long attestations to come hold, in seconds.
    uint40 public age = 7 days;

    // WHAT A TEST DECIDES

    /// @notice A quote of `key` that names `subject` and the block.
    function issue(address key, bytes32 subject, uint40 blockNumber) external returns (bytes memory quote) {
        quote = abi.encode(key, subject, blockNumber);
        _issued[keccak256(quote)] = true;
    }

    function setAge(uint40 age_) external {
        age = age_;
    }

    function setRevoked(address key, bool revoked) external {
        isRevoked[key] = revoked;
        ++epoch;
    }

    function setConfirmed(address key) external {
        isConfirmed[key] = true;
        ++epoch;
    }

    function switchOperatorOff(address operator, uint40 until) external {
        offUntil[operator] = until;
        ++epoch;
    }

    // IAttestationRegistry

    function attest(
        bytes32 subject,
        uint40 blockNumber,
        bytes calldata signedData,
        bytes calldata
    ) external returns (address key, AttestationStatus memory status) {
        bytes32 named;
        uint40 namedBlock;
        (key, named, namedBlock) = abi.decode(signedData, (address, bytes32, uint40));
        Record storage record = _records[key];
        uint40 last = record.blockNumber;
        if (blockNumber > last) {
            if (!_issued[keccak256(signedData)] || named != subject || namedBlock != blockNumber) {
                revert IAttestationRegistry.AttestationRegistry_BindingMismatch(named, subject);
            }
            if (blockhash(blockNumber) == 0) revert IAttestationRegistry.AttestationRegistry_UnknownBlock(blockNumber);
            if (!_holds(key)) revert IAttestationRegistry.AttestationRegistry_SwitchedOff(SwitchKind.Ppid);
            _records[key] = Record(uint40(block.timestamp) + age, blockNumber, subject);
        } else if (blockNumber != last || subject != record.subject) {
            revert IAttestationRegistry.AttestationRegistry_StaleBlock(blockNumber, last);
        }
        status.validUntil = record.validUntil;
        if (!_holds(key)) status.state = AttestationState.SwitchedOff;
        else if (block.timestamp > record.validUntil) status.state = AttestationState.Expired;
        else status.state = AttestationState.Valid;
    }

    function standingOf(
        address key,
        address operator
    ) external view returns (uint40 validUntil, uint40 blockNumber, uint32 current) {
        current = epoch;
        Record memory record = _records[key];
        blockNumber = record.blockNumber;
        bool isOff = block.timestamp < offUntil[operator] || !_holds(key);
        if (!isOff && block.timestamp <= record.validUntil) validUntil = record.validUntil;
    }

    function isConfirmedOff(address key, address) external view returns (bool) {
        return isConfirmed[key];
    }

    function switchedOffUntil(SwitchKind kind, bytes32 id) external view returns (uint40) {
        uint40 until = offUntil[address(bytes20(id))];
        return kind == SwitchKind.Operator && block.timestamp < until ? until : 0;
    }

    function _holds(address key) private view returns (bool) {
        return !isRevoked[key] && !isConfirmed[key];
    }
}
