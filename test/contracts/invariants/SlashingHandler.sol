// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {FaultClass, ISlashing, Proposal, ProposalState} from "../../../contracts/interfaces/ISlashing.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {ComputeHandler} from "./ComputeHandler.sol";
import {Life, Machine, WorkerLedger} from "./WorkerLedger.sol";
import {World} from "./World.sol";

/// @title Proposes slashes and sees them through, by either of two slashing contracts; tries what nobody may do
/// @notice Keeps every proposal, and sums over the list where the contract keeps counters.
contract SlashingHandler is ComputeHandler {
    struct Entry {
        uint256 book;
        uint256 number;
        ProposalState state;
        Proposal proposal;
    }

    /// @dev The cap of a worker's window: the most that was at risk in it.
    struct Window {
        uint256 start;
        uint256 base;
    }

    IERC20 public immutable vpha;
    ISlashing[2] private _books;
    Entry[] private _entries;
    mapping(uint256 book => mapping(uint256 number => Window)) private _windows;
    /// @notice Which of the two the registry listens to.
    uint256 public current;

    constructor(
        World world_,
        IWorkerRegistry registry_,
        WorkerLedger ledger_,
        ISlashing[2] memory books
    ) ComputeHandler(world_, registry_, ledger_) {
        (vpha, _books) = (registry_.vpha(), books);
    }

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](9);
        list[0] = this.propose.selector;
        list[1] = this.propose.selector;
        list[2] = this.rebut.selector;
        list[3] = this.reject.selector;
        list[4] = this.takeBack.selector;
        list[5] = this.execute.selector;
        list[6] = this.execute.selector;
        list[7] = this.waitForWindow.selector;
        list[8] = this.attack.selector;
    }

    // VIEWS

    function entriesLength() external view returns (uint256) {
        return _entries.length;
    }

    function entry(uint256 i) external view returns (Entry memory) {
        return _entries[i];
    }

    /// @notice What open proposals hold of a worker.
    function heldOf(uint256 number) external view returns (uint256 total) {
        for (uint256 i = 0; i < _entries.length; ++i) {
            if (_entries[i].number == number && _isPending(_entries[i].state)) total += _entries[i].proposal.amount;
        }
    }

    function windowOf(uint256 book, uint256 number) external view returns (Window memory) {
        return _windows[book][number];
    }

    /// @notice What proposals since `start` take of a worker, or have taken.
    function usedSince(uint256 book, uint256 number, uint256 start) public view returns (uint256 total) {
        for (uint256 i = 0; i < _entries.length; ++i) {
            Entry storage e = _entries[i];
            bool counts = e.state == ProposalState.Executed || _isPending(e.state);
            if (counts && e.book == book && e.number == number && e.proposal.proposedAt >= start) {
                total += e.proposal.amount;
            }
        }
    }

    // PROCESS

    function propose(uint256 a, uint256 b, uint256 c) external {
        Proposal memory p;
        uint256 number = a % ledger.MACHINES();
        Machine memory m = ledger.machine(number);
        p.worker = m.worker;
        p.faultClass = FaultClass(b % 3);
        p.faultAt = uint40(block.timestamp - spread(b >> 8, 0, 31 days));
        // Sometimes exactly when the thaw began, or a second later.
        if ((b >> 4) % 4 == 0 && m.exitStart != 0) p.faultAt = uint40(m.exitStart + ((b >> 6) % 2));
        p.amount = uint96(spread(c, 0, (m.collateral * 11) / 10));
        if (c % 2 == 0) p.amount = uint96((ledger.atRisk(number, p.faultAt) * ((c >> 8) % 5)) / 100);
        if ((c >> 128) % 2 == 0) (p.bounty, p.reporter) = (p.amount / 10, world.actor(c));
        if (p.bounty == 0) p.reporter = address(0);
        p.evidenceHash = bytes32(c);
        _propose(number, p);
    }

    function _propose(uint256 number, Proposal memory p) private {
        ISlashing book = _books[current];
        ISlashing.Limits memory limits = book.limits();
        Window memory window = _windows[current][number];
        if (block.timestamp >= window.start + 30 days) window = Window(block.timestamp, 0);
        uint256 base = ledger.atRisk(number, p.faultAt) + usedSince(current, number, window.start);
        if (base > window.base) window.base = base;
        bytes memory data = abi.encodeCall(
            book.propose,
            (p.worker, p.faultClass, p.amount, p.bounty, p.reporter, p.faultAt, p.evidenceHash, "")
        );
        bool allowed = _isAllowed(number, p, window, limits.caps[uint256(p.faultClass)]);
        (bool success, bytes memory result) = _do("propose", book.slasher(), address(book), data, allowed);
        _check(11, allowed || !success, "more was reserved than is at risk, or than the caps allow");
        if (!success) return;
        (, p) = abi.decode(result, (bytes32, Proposal));
        _check(11, p.rebuttalUntil == block.timestamp + limits.rebuttalWindow, "another time to rebut");
        _check(11, p.judgementUntil == block.timestamp + limits.processWindow, "another time to judge");
        _windows[current][number] = window;
        _entries.push(Entry(current, number, ProposalState.Open, p));
        ledger.recordReserved(number, p.amount);
    }

    function _isAllowed(
        uint256 number,
        Proposal memory p,
        Window memory window,
        uint256 capBps
    ) private view returns (bool) {
        return
            p.amount != 0 &&
            ledger.machine(number).life != Life.None &&
            p.faultAt <= block.timestamp &&
            p.faultAt + 30 days >= block.timestamp &&
            p.amount <= ledger.atRisk(number, p.faultAt) &&
            p.amount <= (window.base * capBps) / 10_000 &&
            usedSince(current, number, window.start) + p.amount <= (window.base * capBps) / 10_000;
    }

    function rebut(uint256 a, uint256 b, uint256) external {
        (bool found, uint256 i) = _find(a);
        if (!found || b % 2 != 0) return;
        Entry memory e = _entries[i];
        bool allowed = e.state == ProposalState.Open && block.timestamp < e.proposal.rebuttalUntil;
        bytes memory data = abi.encodeCall(ISlashing.rebut, (e.proposal, bytes32(b), ""));
        (bool success, ) = _do("rebut", ledger.machine(e.number).operator, address(_books[e.book]), data, allowed);
        _check(11, success == allowed, "an operator could not rebut, or too late");
        if (success) _entries[i].state = ProposalState.Rebutted;
    }

    function reject(uint256 a, uint256 b, uint256) external {
        if (b % 2 == 0) _giveBack("reject", a, ProposalState.Rejected);
    }

    function takeBack(uint256 a, uint256 b, uint256) external {
        if (b % 2 == 0) _giveBack("takeBack", a, ProposalState.Withdrawn);
    }

    function _giveBack(string memory action, uint256 seed, ProposalState state) private {
        (bool found, uint256 i) = _find(seed);
        if (!found) return;
        Entry memory e = _entries[i];
        ISlashing book = _books[e.book];
        bool isRejection = state == ProposalState.Rejected;
        (bool success, ) = _do(
            action,
            isRejection ? book.judge() : book.slasher(),
            address(book),
            isRejection ? abi.encodeCall(book.reject, (e.proposal)) : abi.encodeCall(book.withdraw, (e.proposal)),
            true
        );
        _check(11, success, "an open proposal could not be ended");
        if (!success) return;
        _entries[i].state = state;
        ledger.recordReleased(e.number, e.proposal.amount);
    }

    /// @notice Anybody, once the windows are over.
    function execute(uint256 a, uint256 b, uint256) external {
        (bool found, uint256 i) = _find(a);
        if (!found) return;
        Entry memory e = _entries[i];
        ISlashing book = _books[e.book];
        uint256 before = vpha.balanceOf(book.treasury());
        uint256 reporterBefore = vpha.balanceOf(e.proposal.reporter);
        bytes memory data = abi.encodeCall(book.execute, (e.proposal));
        bool allowed = block.timestamp >= _executableAt(e);
        (bool success, ) = _do("execute", world.actor(b), address(book), data, allowed);
        _check(11, success == allowed, "executed too early, or not in time");
        if (!success) return;
        _entries[i].state = ProposalState.Executed;
        ledger.recordSlashed(e.number, e.proposal.amount);
        uint256 bounty = e.proposal.bounty;
        uint256 taken = vpha.balanceOf(book.treasury()) - before;
        _check(11, taken == e.proposal.amount - bounty, "other proceeds than were proposed");
        if (bounty == 0) return;
        _check(11, vpha.balanceOf(e.proposal.reporter) == reporterBefore + bounty, "another bounty than was proposed");
    }

    /// @notice To the end of a window of a proposal, or a second before it.
    function waitForWindow(uint256 a, uint256 b, uint256) external {
        (bool found, uint256 i) = _find(a);
        if (!found) return;
        uint256 end = _executableAt(_entries[i]) - (b % 2);
        if (end <= block.timestamp) return;
        _pass(end - block.timestamp);
        world.countSuccess("waitForWindow");
    }

    // GOVERNANCE

    /// @notice The other contract slashes now. The former one finishes what it has begun, and begins nothing.
    function recordReplaced() external {
        current = 1 - current;
    }

    // ATTACKS

    /// @notice By strangers, twice, too early, with another amount, or by the contract that was replaced.
    function attack(uint256 a, uint256 b, uint256 c) external {
        if (_entries.length == 0) return;
        Entry memory e = _entries[b % _entries.length];
        Proposal memory p = e.proposal;
        ISlashing book = _books[e.book];
        address thief = _stranger(a, e.number);
        uint256 kind = (c >> 8) % 8;
        bytes memory data;
        if (kind == 0) data = abi.encodeCall(book.rebut, (p, 0, ""));
        else if (kind == 1) data = abi.encodeCall(book.reject, (p));
        else if (kind == 2) data = abi.encodeCall(book.withdraw, (p));
        else if (kind == 3) data = abi.encodeCall(book.setSlasher, (thief));
        else if (kind == 4) data = _proposalLike(p);
        else if (kind == 5) {
            data = _proposalLike(p);
            (thief, book) = (book.slasher(), _books[1 - current]);
        } else {
            if (kind == 6) p.amount += 1;
            else if (_isPending(e.state) && block.timestamp >= _executableAt(e)) p.rebuttalUntil -= 1;
            data = abi.encodeCall(book.execute, (p));
        }
        _mustFail(11, "a slash by who has no right to it", thief, address(book), data);
    }

    // PRIVATE

    function _proposalLike(Proposal memory p) private view returns (bytes memory) {
        return
            abi.encodeCall(
                ISlashing.propose,
                (p.worker, p.faultClass, 1, 0, address(0), uint40(block.timestamp), p.evidenceHash, "")
            );
    }

    /// @dev The first pending proposal from a random one on.
    function _find(uint256 seed) private view returns (bool, uint256) {
        for (uint256 i = 0; i < _entries.length; ++i) {
            uint256 index = ((seed % _entries.length) + i) % _entries.length;
            if (_isPending(_entries[index].state)) return (true, index);
        }
        return (false, 0);
    }

    function _executableAt(Entry memory e) private pure returns (uint256) {
        return e.state == ProposalState.Open ? e.proposal.rebuttalUntil : e.proposal.judgementUntil;
    }

    function _isPending(ProposalState state) private pure returns (bool) {
        return state == ProposalState.Open || state == ProposalState.Rebutted;
    }
}
