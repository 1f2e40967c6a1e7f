// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttestationRegistry, SwitchKind} from "./IAttestationRegistry.sol";
import {IVPHA} from "./IVPHA.sol";
import {IWorkerRegistry} from "./IWorkerRegistry.sol";

/// @title The guardian's mandate
/// @notice Holds the guardian role of {IPhalaAuthority} and lends it to one account until a date: pause deposits and registrations, set a
/// kill switch, lift its own. Each within the limits of the contract it is about; nothing else, and nothing once the mandate has ended.
/// Who holds the account cannot stop an exit, move a token, or make its own mandate longer.
interface IGuardianMandate {
    // EVENTS

    /// @notice `guardian` acts until `end` (unix seconds).
    event GuardianAppointed(address indexed guardian, uint40 end);
    /// @notice The mandate ended before its date: governance dismissed the guardian, or it resigned.
    event GuardianDismissed(address indexed guardian);

    // ERRORS

    /// @notice `caller` is not the guardian.
    error GuardianMandate_NotGuardian(address caller);
    /// @notice The mandate ended at `end`.
    error GuardianMandate_Ended(uint40 end);
    /// @notice A mandate ends later than now, and at `latest` at the latest.
    error GuardianMandate_InvalidEnd(uint40 end, uint256 latest);
    /// @notice The zero address cannot be guardian: {dismiss} ends a mandate.
    error GuardianMandate_ZeroGuardian();

    // BY THE GUARDIAN

    /// @notice As {IVPHA-pauseDeposits}.
    function pauseDeposits(uint256 until) external;

    /// @notice As {IVPHA-resumeDeposits}.
    function resumeDeposits() external;

    /// @notice As {IWorkerRegistry-pauseRegistrations}.
    function pauseRegistrations(uint256 until) external;

    /// @notice As {IWorkerRegistry-resumeRegistrations}.
    function resumeRegistrations() external;

    /// @notice As {IAttestationRegistry-switchOff}.
    function switchOff(SwitchKind kind, bytes32 id, uint40 until) external;

    /// @notice As {IAttestationRegistry-liftOwnSwitch}.
    function liftOwnSwitch(SwitchKind kind, bytes32 id) external;

    /// @notice Ends the mandate now. What was paused ends by its own date.
    function resign() external;

    // BY GOVERNANCE

    /// @notice Makes `newGuardian` the guardian until `newEnd`, at most {MAX_TERM} from now. Class core.
    function appoint(address newGuardian, uint40 newEnd) external;

    /// @notice Ends the mandate now. Class tightening: after 7 days, and not to be vetoed.
    function dismiss() external;

    // VIEWS

    /// @notice The longest mandate, in seconds.
    function MAX_TERM() external view returns (uint256);

    /// @notice The account that acts until {end}.
    function guardian() external view returns (address);

    /// @notice From this second on (unix) the guardian may do nothing.
    function end() external view returns (uint40);

    /// @notice Whose deposits can be paused.
    function vpha() external view returns (IVPHA);

    /// @notice Whose registrations can be paused.
    function workerRegistry() external view returns (IWorkerRegistry);

    /// @notice Whose kill switches can be set.
    function attestationRegistry() external view returns (IAttestationRegistry);
}
