// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {IMerkleDistributor} from "../interfaces/IMerkleDistributor.sol";

/// @title MerkleDistributor
/// @notice See {IMerkleDistributor}.
contract MerkleDistributor is IMerkleDistributor {
    using BitMaps for BitMaps.BitMap;
    using SafeERC20 for IERC20;

    // IMMUTABLES

    /// @inheritdoc IMerkleDistributor
    IERC20 public immutable token;
    /// @inheritdoc IMerkleDistributor
    bytes32 public immutable root;
    /// @inheritdoc IMerkleDistributor
    uint256 public immutable deadline;
    /// @inheritdoc IMerkleDistributor
    address public immutable treasury;

    // STORAGE

    BitMaps.BitMap private _claimed;

    // CONSTRUCTOR

    constructor(IERC20 token_, bytes32 root_, uint256 deadline_, address treasury_) {
        if (
            address(token_) == address(0) ||
            root_ == bytes32(0) ||
            deadline_ <= block.timestamp ||
            treasury_ == address(0)
        ) revert MerkleDistributor_InvalidConfiguration();
        token = token_;
        root = root_;
        deadline = deadline_;
        treasury = treasury_;
    }

    // VIEWS

    /// @inheritdoc IMerkleDistributor
    function isClaimed(uint256 index) public view returns (bool) {
        return _claimed.get(index);
    }

    // CLAIM

    /// @inheritdoc IMerkleDistributor
    function claim(uint256 index, address account, uint256 amount, bytes32[] calldata proof) external {
        if (block.timestamp >= deadline) revert MerkleDistributor_DeadlinePassed(deadline);
        if (isClaimed(index)) revert MerkleDistributor_AlreadyClaimed(index);
        // Hashed twice, so that no inner node can pass for a leaf.
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(index, account, amount))));
        if (!MerkleProof.verifyCalldata(proof, root, leaf)) {
            revert MerkleDistributor_InvalidProof(index, account, amount);
        }
        _claimed.set(index);
        emit Claimed(index, account, amount);
        token.safeTransfer(account, amount);
    }

    // SWEEP

    /// @inheritdoc IMerkleDistributor
    function sweep() external returns (uint256 amount) {
        if (block.timestamp < deadline) revert MerkleDistributor_DeadlineNotPassed(deadline);
        amount = token.balanceOf(address(this));
        emit Swept(treasury, amount);
        token.safeTransfer(treasury, amount);
    }
}
