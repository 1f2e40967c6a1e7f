// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Operators of ERC-7540: accounts that may manage all requests of another
/// @notice ERC-165 id 0xe3bc4e65. Source: EIP-7540.
interface IERC7540Operator {
    /// @notice `controller` approved or dismissed `operator`.
    event OperatorSet(address indexed controller, address indexed operator, bool approved);

    /// @notice Approves or dismisses `operator` for the caller's requests and shares.
    /// @return True.
    function setOperator(address operator, bool approved) external returns (bool);

    /// @notice Whether `operator` may act for `controller`.
    function isOperator(address controller, address operator) external view returns (bool);
}

/// @title Asynchronous redemption of ERC-7540
/// @notice ERC-165 id 0x620ee8e4. Source: EIP-7540.
interface IERC7540Redeem is IERC7540Operator {
    /// @notice `sender` asked for the redemption of `shares` of `owner` on behalf of `controller`.
    event RedeemRequest(
        address indexed controller,
        address indexed owner,
        uint256 indexed requestId,
        address sender,
        uint256 shares
    );

    /// @notice Takes `shares` from `owner` and opens a redemption request under the control of `controller`.
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId);

    /// @notice Shares of the request that are not claimable yet.
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);

    /// @notice Shares of the request that can be claimed.
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);
}
