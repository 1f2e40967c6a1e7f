// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {GovernorTimelockAccess} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockAccess.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IPhalaAuthority} from "../interfaces/IPhalaAuthority.sol";
import {IPhalaGovernor} from "../interfaces/IPhalaGovernor.sol";
import {IVPHA} from "../interfaces/IVPHA.sol";

/// @title PhalaGovernor
/// @notice See {IPhalaGovernor}.
/// @dev OpenZeppelin's governor over AccessManager, with its settings made constants, and with {state} telling what became of the
/// operations that a queued proposal has scheduled: the library would call it queued for ever.
contract PhalaGovernor is
    IPhalaGovernor,
    GovernorCountingSimple,
    GovernorVotes,
    GovernorPreventLateQuorum,
    GovernorTimelockAccess
{
    /// @dev An operation that a proposal has scheduled; the nonce tells it from a later one with the same id.
    struct Scheduled {
        bytes32 operationId;
        uint32 nonce;
    }

    // CONSTANTS

    uint256 private constant _VOTING_DELAY = 2 days;
    uint256 private constant _VOTING_PERIOD = 7 days;
    /// @dev After the quorum was reached there are at least so many seconds to vote.
    uint48 private constant _LATE_QUORUM_EXTENSION = 2 days;
    /// @dev 0.1 % of all vPHA.
    uint256 private constant _THRESHOLD_DIVISOR = 1_000;
    /// @dev 10 % of all votes.
    uint256 private constant _QUORUM_DIVISOR = 10;
    /// @dev 2 % of all vPHA.
    uint256 private constant _QUORUM_FLOOR_DIVISOR = 50;

    // IMMUTABLES

    /// @inheritdoc IPhalaGovernor
    IVPHA public immutable vpha;

    // STORAGE

    /// @inheritdoc IPhalaGovernor
    mapping(uint256 snapshot => uint256) public quorumFloor;
    mapping(uint256 proposalId => Scheduled[]) private _scheduled;

    // CONSTRUCTOR

    /// @param authority What passed is scheduled and executed there.
    /// @param votes Wrapped vPHA.
    /// @param vpha_ What `votes` wraps.
    constructor(
        IPhalaAuthority authority,
        IVotes votes,
        IVPHA vpha_
    )
        Governor("Phala Governor")
        GovernorVotes(votes)
        GovernorPreventLateQuorum(_LATE_QUORUM_EXTENSION)
        GovernorTimelockAccess(address(authority), 0)
    {
        vpha = vpha_;
    }

    // VIEWS

    /// @notice Seconds from the proposal to its snapshot, when the vote begins: 2 days to get votes.
    function votingDelay() public pure override returns (uint256) {
        return _VOTING_DELAY;
    }

    /// @notice Seconds of the vote: 7 days.
    function votingPeriod() public pure override returns (uint256) {
        return _VOTING_PERIOD;
    }

    /// @notice Votes that it takes to propose: 0.1 % of all vPHA, rounded up.
    function proposalThreshold() public view override returns (uint256) {
        return Math.ceilDiv(vpha.totalSupply(), _THRESHOLD_DIVISOR);
    }

    /// @notice Votes for and abstaining that a proposal with this snapshot needs: 10 % of all votes, at least {quorumFloor}, rounded up.
    function quorum(uint256 snapshot) public view override returns (uint256) {
        return Math.max(Math.ceilDiv(token().getPastTotalSupply(snapshot), _QUORUM_DIVISOR), quorumFloor[snapshot]);
    }

    /// @notice As in the library, but a queued proposal is Canceled once one of its operations was (by a veto, or was used up), and
    /// Expired once they are; and so is one that passed and was not queued for as long as operations can be executed.
    function state(uint256 proposalId) public view override returns (ProposalState) {
        ProposalState current = super.state(proposalId);
        IPhalaAuthority authority = _authority();
        // What was decided and left is not brought back years later, by whoever likes it then.
        if (current == ProposalState.Succeeded) {
            bool isLeft = block.timestamp >= proposalDeadline(proposalId) + authority.expiration();
            return isLeft ? ProposalState.Expired : current;
        }
        if (current != ProposalState.Queued) return current;

        uint256 count = _scheduled[proposalId].length;
        // Of operations that expired, too, the schedule is forgotten: so this comes first.
        if (count != 0 && block.timestamp >= proposalEta(proposalId) + authority.expiration()) {
            return ProposalState.Expired;
        }
        for (uint256 i = 0; i < count; ++i) {
            Scheduled memory operation = _scheduled[proposalId][i];
            bool isThere =
                authority.getSchedule(operation.operationId) != 0 &&
                    authority.getNonce(operation.operationId) == operation.nonce;
            if (!isThere) return ProposalState.Canceled;
        }
        return current;
    }

    /// @inheritdoc IGovernor
    function proposalDeadline(
        uint256 proposalId
    ) public view override(Governor, GovernorPreventLateQuorum) returns (uint256) {
        return super.proposalDeadline(proposalId);
    }

    /// @inheritdoc IGovernor
    function proposalNeedsQueuing(
        uint256 proposalId
    ) public view override(Governor, GovernorTimelockAccess) returns (bool) {
        return super.proposalNeedsQueuing(proposalId);
    }

    /// @notice Unix seconds (ERC-6372).
    function clock() public view override(Governor, GovernorVotes) returns (uint48) {
        return super.clock();
    }

    /// @notice ERC-6372.
    function CLOCK_MODE() public view override(Governor, GovernorVotes) returns (string memory) {
        return super.CLOCK_MODE();
    }

    // PROPOSALS

    /// @inheritdoc IGovernor
    function propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description
    ) public override(Governor, GovernorTimelockAccess) returns (uint256 proposalId) {
        proposalId = super.propose(targets, values, calldatas, description);
        // Proposals of one second share a snapshot; the higher floor is for both.
        uint256 snapshot = proposalSnapshot(proposalId);
        quorumFloor[snapshot] = Math.max(
            quorumFloor[snapshot],
            Math.ceilDiv(vpha.totalSupply(), _QUORUM_FLOOR_DIVISOR)
        );
    }

    // FIXED SETTINGS

    /// @notice Always reverts.
    function setLateQuorumVoteExtension(uint48) public pure override {
        revert PhalaGovernor_FixedSetting();
    }

    /// @notice Always reverts.
    function setBaseDelaySeconds(uint32) public pure override {
        revert PhalaGovernor_FixedSetting();
    }

    /// @notice Always reverts: every restricted call goes through the authority.
    function setAccessManagerIgnored(address, bytes4[] calldata, bool) public pure override {
        revert PhalaGovernor_FixedSetting();
    }

    // INTERNAL

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockAccess) returns (uint48 eta) {
        eta = super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
        IPhalaAuthority authority = _authority();
        (, , bool[] memory withDelay) = proposalExecutionPlan(proposalId);
        for (uint256 i = 0; i < targets.length; ++i) {
            if (!withDelay[i]) continue;
            bytes32 operationId = authority.hashOperation(address(this), targets[i], calldatas[i]);
            _scheduled[proposalId].push(Scheduled(operationId, authority.getNonce(operationId)));
        }
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockAccess) {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockAccess) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _tallyUpdated(uint256 proposalId) internal override(Governor, GovernorPreventLateQuorum) {
        super._tallyUpdated(proposalId);
    }

    function _authority() private view returns (IPhalaAuthority) {
        return IPhalaAuthority(address(accessManager()));
    }
}
