// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The TCB status of Intel's attestation, as in the TCB info and QE identity of Intel's PCS API v4, with the two that
/// only the relaunch check of TD 1.5 reports gives. `None` is no status.
enum TcbStatus {
    None,
    UpToDate,
    SWHardeningNeeded,
    ConfigurationNeeded,
    ConfigurationAndSWHardeningNeeded,
    OutOfDate,
    OutOfDateConfigurationNeeded,
    Revoked,
    TdRelaunchAdvised,
    TdRelaunchAdvisedConfigurationNeeded
}

// Intel's rules for statuses as tables: the nibble at place n, from the right, stands for status n.
// Source: Intel SGX/TDX DCAP Quote Verification Library, Verifiers/Checks: TdxModuleCheck.cpp, TcbLevelCheck.cpp, TDRelaunchCheck.cpp.

/// @dev What a platform's status becomes when its TDX module or its QE is OutOfDate.
uint256 constant WITH_OUT_OF_DATE_TABLE = 0x9876566550;
/// @dev Statuses with which the platform itself (its SGX components) allows that a relaunch is advised: 1, 2, 3, 4.
uint256 constant RELAUNCH_PLATFORM_SET = 0x1e;
/// @dev Statuses of the TD that a relaunch can repair: 5, 6.
uint256 constant RELAUNCH_TD_SET = 0x60;
/// @dev Statuses that say that configuration is needed: 3, 4, 6, 9.
uint256 constant CONFIGURATION_SET = 0x258;

/// @dev Statuses that a TDX module can have: 1, 5, 7.
uint256 constant MODULE_SET = 0xa2;

/// @notice The status of the whole where the TDX module or the QE has status `part` (Intel's convergence rules).
function converge(TcbStatus whole, TcbStatus part) pure returns (TcbStatus) {
    if (part == TcbStatus.Revoked) return TcbStatus.Revoked;
    if (part != TcbStatus.OutOfDate) return whole;
    return TcbStatus((WITH_OUT_OF_DATE_TABLE >> (4 * uint256(whole))) & 0xf);
}

/// @notice Whether `status` is in a set of bits, bit n for status n.
function isIn(TcbStatus status, uint256 set) pure returns (bool) {
    return (set >> uint256(status)) & 1 == 1;
}
