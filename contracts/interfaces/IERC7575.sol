// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The part of ERC-7575 that it adds to ERC-4626
/// @notice The ERC-165 id of the whole standard is 0x2f0a18c5. Source: EIP-7575.
interface IERC7575 {
    /// @notice The token that represents shares of the vault.
    function share() external view returns (address);
}
