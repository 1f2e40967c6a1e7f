// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title PHA: the token that pays for, secures and governs Phala
/// @notice ERC-20 with 18 decimals, ERC-2612 permit and burning by holders. One billion, minted once by the constructor:
/// no owner, no minter, no pause, no upgrade. The total supply only ever falls.
interface IPHA {
    /// @notice One holder of the initial supply.
    struct Allocation {
        address account;
        uint256 amount;
    }

    /// @notice The allocations must sum to exactly the initial supply.
    error PHA_InvalidAllocation(uint256 sum, uint256 required);

    /// @notice Wei minted by the constructor: 1e27, one billion PHA.
    function INITIAL_SUPPLY() external view returns (uint256);
}
