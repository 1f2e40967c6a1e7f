// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {PhalaAuthority} from "../../../contracts/governance/PhalaAuthority.sol";
import {PhalaGovernor} from "../../../contracts/governance/PhalaGovernor.sol";
import {VetoLock} from "../../../contracts/governance/VetoLock.sol";
import {VotingVPHA} from "../../../contracts/governance/VotingVPHA.sol";
import {IVPHA} from "../../../contracts/interfaces/IVPHA.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {TIGHTENING_ROLE_ID} from "../../../contracts/types/DelayClass.sol";
import {Handler} from "./Handler.sol";
import {Decision, Operation, OperationLedger, OperationState} from "./OperationLedger.sol";
import {World} from "./World.sol";

/// @title Stakers who vote, and lock their shares against what waits
/// @notice What they vote on is the catalog of models; what they veto is anything that was scheduled, by whomever.
contract VoteHandler is Handler {
    struct Vote {
        uint256 id;
        address[] targets;
        uint256[] values;
        bytes[] calls;
        bytes32 description;
        /// @dev Number, plus one, of the operation that came of it.
        uint256 operation;
    }

    struct Lock {
        uint256 operation;
        address account;
        uint256 amount;
    }

    /// @notice With what they do it.
    struct Tools {
        PhalaAuthority authority;
        PhalaGovernor governor;
        VetoLock vetoLock;
        VotingVPHA voting;
        IVPHA vpha;
        IWorkerRegistry registry;
        OperationLedger operations;
    }

    uint256 private constant _COOLDOWN = 7 days;
    uint256 private constant _BARRED = 8 days;
    uint256 private constant _WINDOW = 14 days;

    Tools private _t;
    Vote[] private _votes;
    Lock[] private _locks;
    /// @dev What is locked against an operation, by number.
    mapping(uint256 operation => uint256) private _lockedAgainst;
    /// @dev When an operation was first seen to be gone, by number.
    mapping(uint256 operation => uint256) private _endedAt;
    mapping(address caller => mapping(address target => mapping(bytes4 selector => uint256))) private _barredUntil;

    constructor(World world_, Tools memory tools) Handler(world_) {
        _t = tools;
    }

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](11);
        list[0] = this.wrap.selector;
        list[1] = this.unwrap.selector;
        list[2] = this.propose.selector;
        list[3] = this.vote.selector;
        list[4] = this.queue.selector;
        list[5] = this.execute.selector;
        list[6] = this.waitForVote.selector;
        list[7] = this.carry.selector;
        list[8] = this.lock.selector;
        list[9] = this.bar.selector;
        list[10] = this.unlock.selector;
    }

    // VOTES

    function wrap(uint256 a, uint256 b, uint256) external {
        address staker = world.actor(a);
        uint256 amount = spread(b, 0, _t.vpha.balanceOf(staker) / 2);
        _do("wrap", staker, address(_t.voting), abi.encodeCall(_t.voting.depositFor, (staker, amount)), true);
    }

    function unwrap(uint256 a, uint256 b, uint256) external {
        address staker = world.actor(a);
        uint256 amount = spread(b, 0, _t.voting.balanceOf(staker));
        _do("unwrap", staker, address(_t.voting), abi.encodeCall(_t.voting.withdrawTo, (staker, amount)), true);
    }

    /// @notice Another model, or another price of one.
    function propose(uint256 a, uint256 b, uint256 c) public {
        address staker = world.actor(a);
        Vote memory v;
        (v.targets, v.values, v.calls) = (new address[](1), new uint256[](1), new bytes[](1));
        v.targets[0] = address(_t.registry);
        bytes32 model = bytes32(bytes.concat("V", bytes1(uint8(48 + (b % 4)))));
        uint16 weight = uint16(spread(c, 9, 1_000));
        v.calls[0] = abi.encodeCall(_t.registry.setModel, (model, uint96(spread(b >> 8, 100e18, 5_000e18)), weight));
        string memory description = string(abi.encode(_votes.length));
        v.description = keccak256(bytes(description));
        // One vote in a thousand shares, a second ago.
        uint256 votes = _t.voting.getPastVotes(staker, block.timestamp - 1);
        bool isAllowed = votes * 1_000 >= _t.vpha.totalSupply();
        bytes memory data = abi.encodeCall(_t.governor.propose, (v.targets, v.values, v.calls, description));
        (bool success, bytes memory result) = _do("proposeVote", staker, address(_t.governor), data, isAllowed);
        _check(12, isAllowed || !success, "somebody without votes proposed");
        if (!success) return;
        v.id = abi.decode(result, (uint256));
        _votes.push(v);
    }

    /// @notice Mostly for it, on the last proposal or another.
    function vote(uint256 a, uint256 b, uint256 c) public {
        if (_votes.length == 0) return;
        Vote memory v = _voteAt(b);
        address staker = world.actor(a);
        bool isActive = _t.governor.state(v.id) == IGovernor.ProposalState.Active;
        bool isAllowed = isActive && !_t.governor.hasVoted(v.id, staker);
        bytes memory data = abi.encodeCall(_t.governor.castVote, (v.id, uint8(c % 4 == 0 ? 0 : 1)));
        _do("vote", staker, address(_t.governor), data, isAllowed);
    }

    /// @notice By anybody, once it has passed: the operation waits as any of its class.
    function queue(uint256 a, uint256 b, uint256) public {
        if (_votes.length == 0) return;
        uint256 number = _numberAt(b);
        Vote memory v = _votes[number];
        uint256 readyAt = block.timestamp + 7 days;
        bytes32 id = _t.operations.idOf(address(_t.governor), v.targets[0], v.calls[0]);
        bool isThere = _t.operations.scheduleOf(id) != 0;
        bool isAllowed = _t.governor.state(v.id) == IGovernor.ProposalState.Succeeded && !isThere;
        bytes memory data = abi.encodeCall(_t.governor.queue, (v.targets, v.values, v.calls, v.description));
        (bool success, ) = _do("queueVote", world.actor(a), address(_t.governor), data, isAllowed);
        _check(12, isAllowed || !success, "a vote that has not passed was queued");
        if (!success) return;
        uint256 added = _t.operations.add(Decision.SetModel, address(_t.governor), v.targets[0], v.calls[0], readyAt);
        _votes[number].operation = added + 1;
    }

    /// @notice By anybody, once it has waited.
    function execute(uint256 a, uint256 b, uint256) public {
        if (_votes.length == 0) return;
        Vote memory v = _voteAt(b);
        bool isReady = v.operation != 0 && _t.operations.isReady(v.operation - 1);
        bytes memory data = abi.encodeCall(_t.governor.execute, (v.targets, v.values, v.calls, v.description));
        bool isAllowed = isReady && _isAccepted(v.calls[0]);
        (bool success, ) = _do("executeVote", world.actor(a), address(_t.governor), data, isAllowed);
        _check(12, isReady || !success, "a vote was executed before its time, or after it");
        if (success) _t.operations.setState(v.operation - 1, OperationState.Executed);
    }

    /// @notice To the begin of a vote, to its end, or to the second from which it can be executed; or beside them.
    function waitForVote(uint256 a, uint256 b, uint256) public {
        if (_votes.length == 0) return;
        Vote memory v = _voteAt(a);
        uint256 end = _t.governor.proposalSnapshot(v.id);
        if (end < block.timestamp) end = _t.governor.proposalDeadline(v.id);
        if (end < block.timestamp && v.operation != 0) end = _t.operations.operation(v.operation - 1).readyAt;
        end += b % 3;
        if (end <= block.timestamp) return;
        _pass(end - block.timestamp);
        world.countSuccess("waitForVote");
    }

    /// @notice A proposal from the first share to the last call, by all who have a share.
    function carry(uint256 a, uint256 b, uint256 c) external {
        if (a % 2 == 0) return;
        this.wrap(b, c, 0);
        _pass(1);
        uint256 before = _votes.length;
        propose(b, c, b >> 8);
        if (_votes.length == before) return;
        _pass(2 days + 1);
        uint256 stakers = world.actors().length;
        for (uint256 i = 0; i < stakers; ++i) {
            vote(i, 1, 1);
        }
        _pass(7 days);
        queue(a, 1, 0);
        _pass(7 days);
        execute(a, 1, 0);
    }

    // VETO

    /// @notice As much as somebody has, or less: with a tenth of all shares it is cancelled.
    function lock(uint256 a, uint256 b, uint256 c) external {
        (bool found, uint256 i) = _t.operations.findWaiting(b);
        if (!found) return;
        address staker = world.actor(a);
        Operation memory o = _t.operations.operation(i);
        uint256 amount = spread(c, 0, _t.vpha.balanceOf(staker));
        bool isVetoable = _t.authority.getTargetFunctionRole(o.target, bytes4(o.data)) != TIGHTENING_ROLE_ID;
        bytes memory data = abi.encodeCall(_t.vetoLock.lock, (o.caller, o.target, o.data, amount));
        (bool success, ) = _do("lock", staker, address(_t.vetoLock), data, isVetoable && amount != 0);
        _check(12, isVetoable || !success, "what tightens was vetoed");
        if (!success) return;
        _lockedAgainst[i] += amount;
        _locks.push(Lock(i, staker, amount));
        bool isVetoed = _lockedAgainst[i] * 10 >= _t.vpha.totalSupply();
        _check(12, (_t.authority.getSchedule(o.id) == 0) == isVetoed, "a veto of less than a tenth, or none of more");
        if (!isVetoed) return;
        _end(i);
        _t.operations.setState(i, OperationState.Cancelled);
        _barredUntil[o.caller][o.target][bytes4(o.data)] = block.timestamp + _BARRED;
        world.countSuccess("veto");
    }

    /// @notice What was vetoed and scheduled again too soon is cancelled by anybody.
    function bar(uint256 a, uint256 b, uint256) external {
        (bool found, uint256 i) = _t.operations.findWaiting(b);
        if (!found) return;
        Operation memory o = _t.operations.operation(i);
        bool isBarred = o.scheduledAt <= _barredUntil[o.caller][o.target][bytes4(o.data)];
        bytes memory data = abi.encodeCall(_t.vetoLock.bar, (o.caller, o.target, o.data));
        (bool success, ) = _do("bar", world.actor(a), address(_t.vetoLock), data, isBarred);
        _check(12, isBarred || !success, "what was not vetoed was barred");
        if (!success) return;
        if (_lockedAgainst[i] != 0) _end(i);
        _t.operations.setState(i, OperationState.Cancelled);
    }

    /// @notice Everything, once the operation is gone and a week has passed.
    function unlock(uint256 a, uint256 b, uint256) external {
        if (_locks.length == 0) return;
        uint256 number = a % _locks.length;
        Lock memory l = _locks[number];
        uint256 amount = _lockedBy(l.operation, l.account);
        Operation memory o = _t.operations.operation(l.operation);
        bool isGone = !_t.operations.isWaiting(l.operation);
        bool isSeen = _endedAt[l.operation] != 0;
        bool isFree = isGone && block.timestamp >= (isSeen ? _endedAt[l.operation] : _endOf(o)) + _COOLDOWN;
        address receiver = world.actor(b);
        uint256 before = _t.vpha.balanceOf(receiver);
        bytes memory data = abi.encodeCall(_t.vetoLock.unlock, (o.id, uint32(o.nonce), receiver));
        // The first time it is seen to be gone, that alone is recorded.
        bool isAllowed = amount != 0 && isGone && (isFree || !isSeen);
        (bool success, ) = _do(isFree ? "unlock" : "seeTheEnd", l.account, address(_t.vetoLock), data, isAllowed);
        if (!success) return;
        if (!isSeen) _end(l.operation);
        _check(12, _t.vpha.balanceOf(receiver) == before + (isFree ? amount : 0), "another amount was unlocked");
        if (isFree) _forget(l.operation, l.account);
    }

    // CHECKS

    /// @notice What is locked is there.
    function checkLocks() external view {
        uint256 total;
        for (uint256 i = 0; i < _locks.length; ++i) {
            total += _locks[i].amount;
        }
        vm.assertEq(_t.vpha.balanceOf(address(_t.vetoLock)), total, "locked shares left, or others came");
        uint256 wrapped = _t.vpha.balanceOf(address(_t.voting));
        vm.assertEq(_t.voting.totalSupply(), wrapped, "votes that nobody has paid for");
    }

    // PRIVATE

    /// @dev The last one every second time.
    function _numberAt(uint256 seed) private view returns (uint256) {
        return seed % 2 == 0 ? (seed >> 8) % _votes.length : _votes.length - 1;
    }

    function _voteAt(uint256 seed) private view returns (Vote memory) {
        return _votes[_numberAt(seed)];
    }

    /// @dev Whether the registry takes the model now.
    function _isAccepted(bytes memory call) private view returns (bool) {
        bytes memory data = new bytes(call.length - 4);
        for (uint256 i = 0; i < data.length; ++i) {
            data[i] = call[i + 4];
        }
        (bytes32 model, uint256 collateral, uint256 weight) = abi.decode(data, (bytes32, uint256, uint256));
        IWorkerRegistry.Model memory m = _t.registry.modelOf(model);
        return weight >= 10 && !(m.isListed && m.collateral == collateral && m.weight == weight);
    }

    /// @dev Gone for whatever reason, it is over at its expiry at the latest.
    function _endOf(Operation memory o) private view returns (uint256) {
        uint256 expiry = o.readyAt + _WINDOW;
        return block.timestamp < expiry ? block.timestamp : expiry;
    }

    function _end(uint256 operation) private {
        if (_endedAt[operation] == 0) _endedAt[operation] = _endOf(_t.operations.operation(operation));
    }

    function _lockedBy(uint256 operation, address account) private view returns (uint256 total) {
        for (uint256 i = 0; i < _locks.length; ++i) {
            if (_locks[i].operation == operation && _locks[i].account == account) total += _locks[i].amount;
        }
    }

    function _forget(uint256 operation, address account) private {
        for (uint256 i = 0; i < _locks.length; ++i) {
            if (_locks[i].operation != operation || _locks[i].account != account) continue;
            _lockedAgainst[operation] -= _locks[i].amount;
            _locks[i].amount = 0;
        }
    }
}
