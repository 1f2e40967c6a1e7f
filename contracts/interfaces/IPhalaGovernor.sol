// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVPHA} from "./IVPHA.sol";

/// @title The governor of the vPHA holders
/// @notice Proposals by whoever has 0.1 % of all vPHA as votes; 2 days until the vote, 7 days of it, 2 more if the quorum comes late. What passed is
/// scheduled in {IPhalaAuthority} and waits for the delay of its class, exactly as the multisig's operations do, and can be vetoed
/// exactly as they can.
///
/// This is what it has beyond OpenZeppelin's IGovernor. None of its numbers can be changed: another governor takes its place in the roles, by the slowest class.
interface IPhalaGovernor {
    /// @notice The governor's numbers are constants.
    error PhalaGovernor_FixedSetting();

    /// @notice The staked token by whose supply threshold and quorum are measured.
    function vpha() external view returns (IVPHA);

    /// @notice The least quorum of proposals with that snapshot (unix seconds): 2 % of the vPHA there were when they were made.
    function quorumFloor(uint256 snapshot) external view returns (uint256);
}
