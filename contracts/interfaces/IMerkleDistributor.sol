// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Distribution of a fixed list of amounts: an airdrop, or balances migrated from elsewhere
/// @notice A Merkle tree of `(uint256 index, address account, uint256 amount)` with double-hashed leaves, as the standard tree
/// of OpenZeppelin's merkle-tree package has them. Anyone may submit a claim; the tokens go to the account of the leaf.
/// After the deadline whatever is left goes to the treasury. No owner.
interface IMerkleDistributor {
    /// @notice Leaf `index` was paid.
    event Claimed(uint256 indexed index, address indexed account, uint256 amount);

    /// @notice The deadline has passed and `amount` went to the treasury.
    event Swept(address indexed treasury, uint256 amount);

    /// @notice A constructor argument makes no sense: zero address, empty root, or a deadline in the past.
    error MerkleDistributor_InvalidConfiguration();
    /// @notice The leaf was paid before.
    error MerkleDistributor_AlreadyClaimed(uint256 index);
    /// @notice The proof does not lead from this leaf to the root.
    error MerkleDistributor_InvalidProof(uint256 index, address account, uint256 amount);
    /// @notice Claims ended at `deadline`.
    error MerkleDistributor_DeadlinePassed(uint256 deadline);
    /// @notice The rest can be swept from `deadline` on.
    error MerkleDistributor_DeadlineNotPassed(uint256 deadline);

    /// @notice The distributed token.
    function token() external view returns (IERC20);

    /// @notice Root of the tree.
    function root() external view returns (bytes32);

    /// @notice Claims are open before this second, {sweep} from it on.
    function deadline() external view returns (uint256);

    /// @notice Who gets what nobody claimed.
    function treasury() external view returns (address);

    /// @notice Whether leaf `index` was paid.
    function isClaimed(uint256 index) external view returns (bool);

    /// @notice Pays `amount` wei to `account`. Open to all.
    /// @dev Reverts with {MerkleDistributor_DeadlinePassed}, {MerkleDistributor_AlreadyClaimed}, {MerkleDistributor_InvalidProof}.
    function claim(uint256 index, address account, uint256 amount, bytes32[] calldata proof) external;

    /// @notice Sends the rest to the treasury, after the deadline. Open to all.
    /// @dev Reverts with {MerkleDistributor_DeadlineNotPassed}.
    function sweep() external returns (uint256 amount);
}
