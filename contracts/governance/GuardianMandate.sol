// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAttestationRegistry, SwitchKind} from "../interfaces/IAttestationRegistry.sol";
import {IGuardianMandate} from "../interfaces/IGuardianMandate.sol";
import {IVPHA} from "../interfaces/IVPHA.sol";
import {IWorkerRegistry} from "../interfaces/IWorkerRegistry.sol";

/// @title GuardianMandate
/// @notice See {IGuardianMandate}.
/// @dev A new mandate contract, not a new target, follows a replaced registry: which functions the guardian role opens is then decided
/// once, by the same slowest class that replaces the holder of the role.
contract GuardianMandate is IGuardianMandate, AccessManaged {
    // CONSTANTS

    /// @inheritdoc IGuardianMandate
    uint256 public constant MAX_TERM = 366 days;

    // IMMUTABLES

    /// @inheritdoc IGuardianMandate
    IVPHA public immutable vpha;
    /// @inheritdoc IGuardianMandate
    IWorkerRegistry public immutable workerRegistry;
    /// @inheritdoc IGuardianMandate
    IAttestationRegistry public immutable attestationRegistry;

    // STORAGE

    /// @inheritdoc IGuardianMandate
    address public guardian;
    /// @inheritdoc IGuardianMandate
    uint40 public end;

    // CONSTRUCTOR

    /// @param authority The {PhalaAuthority} that decides who appoints and dismisses.
    /// @param term Seconds from now that the first mandate lasts, at most {MAX_TERM}.
    constructor(
        address authority,
        address guardian_,
        uint40 term,
        IVPHA vpha_,
        IWorkerRegistry workerRegistry_,
        IAttestationRegistry attestationRegistry_
    ) AccessManaged(authority) {
        vpha = vpha_;
        workerRegistry = workerRegistry_;
        attestationRegistry = attestationRegistry_;
        _appoint(guardian_, uint40(block.timestamp) + term);
    }

    // BY THE GUARDIAN

    modifier onlyGuardian() {
        _checkGuardian();
        _;
    }

    /// @inheritdoc IGuardianMandate
    function pauseDeposits(uint256 until) external onlyGuardian {
        vpha.pauseDeposits(until);
    }

    /// @inheritdoc IGuardianMandate
    function resumeDeposits() external onlyGuardian {
        vpha.resumeDeposits();
    }

    /// @inheritdoc IGuardianMandate
    function pauseRegistrations(uint256 until) external onlyGuardian {
        workerRegistry.pauseRegistrations(until);
    }

    /// @inheritdoc IGuardianMandate
    function resumeRegistrations() external onlyGuardian {
        workerRegistry.resumeRegistrations();
    }

    /// @inheritdoc IGuardianMandate
    function switchOff(SwitchKind kind, bytes32 id, uint40 until) external onlyGuardian {
        attestationRegistry.switchOff(kind, id, until);
    }

    /// @inheritdoc IGuardianMandate
    function liftOwnSwitch(SwitchKind kind, bytes32 id) external onlyGuardian {
        attestationRegistry.liftOwnSwitch(kind, id);
    }

    /// @inheritdoc IGuardianMandate
    function resign() external onlyGuardian {
        _end();
    }

    // BY GOVERNANCE

    /// @inheritdoc IGuardianMandate
    function appoint(address newGuardian, uint40 newEnd) external restricted {
        _appoint(newGuardian, newEnd);
    }

    /// @inheritdoc IGuardianMandate
    function dismiss() external restricted {
        if (block.timestamp >= end) revert GuardianMandate_Ended(end);
        _end();
    }

    // INTERNAL

    function _checkGuardian() private view {
        if (msg.sender != guardian) revert GuardianMandate_NotGuardian(msg.sender);
        if (block.timestamp >= end) revert GuardianMandate_Ended(end);
    }

    function _appoint(address newGuardian, uint40 newEnd) private {
        if (newGuardian == address(0)) revert GuardianMandate_ZeroGuardian();
        uint256 latest = block.timestamp + MAX_TERM;
        if (newEnd <= block.timestamp || newEnd > latest) revert GuardianMandate_InvalidEnd(newEnd, latest);
        guardian = newGuardian;
        end = newEnd;
        emit GuardianAppointed(newGuardian, newEnd);
    }

    function _end() private {
        end = uint40(block.timestamp);
        emit GuardianDismissed(guardian);
    }
}
