// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {ERC20Wrapper} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Wrapper.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";
import {IVotingVPHA} from "../interfaces/IVotingVPHA.sol";

/// @title VotingVPHA
/// @notice See {IVotingVPHA}.
contract VotingVPHA is IVotingVPHA, ERC20, ERC20Permit, ERC20Votes, ERC20Wrapper {
    /// @param vpha What is wrapped.
    constructor(
        IERC20 vpha
    ) ERC20("Voting Vault PHA", "votingVPHA") ERC20Permit("Voting Vault PHA") ERC20Wrapper(vpha) {}

    /// @inheritdoc IVotingVPHA
    function depositForWithPermit(
        address account,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (bool) {
        // Whoever submitted it first did the caller's work; what counts is the allowance.
        try IERC20Permit(address(underlying())).permit(msg.sender, address(this), value, deadline, v, r, s) {} catch {}
        return depositFor(account, value);
    }

    /// @inheritdoc IVotingVPHA
    function depositFor(address account, uint256 value) public override(IVotingVPHA, ERC20Wrapper) returns (bool) {
        if (delegates(account) == address(0)) _delegate(account, account);
        return super.depositFor(account, value);
    }

    /// @inheritdoc IVotingVPHA
    function withdrawTo(address account, uint256 value) public override(IVotingVPHA, ERC20Wrapper) returns (bool) {
        return super.withdrawTo(account, value);
    }

    /// @notice Unix seconds (ERC-6372).
    function clock() public view override returns (uint48) {
        return Time.timestamp();
    }

    /// @notice ERC-6372.
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @inheritdoc ERC20Permit
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    /// @notice As many as vPHA has.
    function decimals() public view override(ERC20, ERC20Wrapper) returns (uint8) {
        return super.decimals();
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }
}
