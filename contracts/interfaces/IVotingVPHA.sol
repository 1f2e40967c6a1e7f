// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Voting vPHA
/// @notice vPHA wrapped 1:1 into votes by timestamp (ERC-20, ERC-2612, ERC-5805, ERC-6372), and back at any time. The wrapped share
/// goes on earning: its price is the vPHA's. Whoever stakes without wrapping pays nothing for votes that he does not cast.
///
/// Who wraps for the first time votes himself; {IVotes-delegate} names somebody else.
interface IVotingVPHA is IERC20 {
    /// @notice Takes `value` vPHA from the caller, and gives `account` as many votes.
    function depositFor(address account, uint256 value) external returns (bool);

    /// @notice {depositFor} with an ERC-2612 permit of the caller's vPHA. A permit that was used by somebody else before, or is absent,
    /// does no harm if the allowance is there.
    function depositForWithPermit(
        address account,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (bool);

    /// @notice Burns `value` of the caller's votes and sends `account` as much vPHA.
    function withdrawTo(address account, uint256 value) external returns (bool);
}
