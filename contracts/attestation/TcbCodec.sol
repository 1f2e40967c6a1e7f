// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Memory} from "./codec/Memory.sol";
import {QeIdentity, QeIdentityContent} from "./codec/QeIdentity.sol";
import {TcbInfo, TcbInfoContent} from "./codec/TcbInfo.sol";

/// @title TcbCodec
/// @notice The readers of Intel's JSON as a contract of their own, without storage: beside the verifier, since both together exceed
/// the size that a contract may have (EIP-170).
contract TcbCodec {
    /// @notice Reads a TDX TCB info; see {TcbInfo} for the compiled form and the errors.
    function readTcbInfo(bytes calldata json) external pure returns (TcbInfoContent memory) {
        (uint256 start, uint256 end) = Memory.load(json);
        return TcbInfo.compile(start, end);
    }

    /// @notice {ICollateralStore.advisories} of the compiled form that is the code of `compiled`.
    function advisories(
        address compiled,
        uint8 level,
        uint8 module,
        uint8 moduleLevel
    ) external view returns (uint24[] memory) {
        (uint256 start, ) = Memory.loadCode(compiled);
        return TcbInfo.advisories(start, level, module, moduleLevel);
    }

    /// @notice Reads a TD QE identity; see {QeIdentity} for the compiled form and the errors.
    function readQeIdentity(bytes calldata json) external pure returns (QeIdentityContent memory) {
        (uint256 start, uint256 end) = Memory.load(json);
        return QeIdentity.compile(start, end);
    }
}
