// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EmissionVault} from "../../../contracts/emission/EmissionVault.sol";
import {STREAM_COUNT, Stream} from "../../../contracts/types/Stream.sol";
import {EmissionReference} from "../harness/EmissionReference.sol";
import {Handler} from "./Handler.sol";
import {World} from "./World.sol";

/// @title Starts the emission, pulls it, and replaces sinks
/// @notice The stakers' sink is a contract that another handler drives; the other two streams go to plain accounts.
contract EmissionVaultHandler is Handler {
    EmissionVault public immutable vault;
    address public immutable governance;

    address private immutable _stakersSink;
    uint256 private immutable _budget;
    /// @dev Whoever has been, or may become, the sink of the workers' or the treasury's stream.
    address[] private _candidates;

    /// @notice Ghost: the second from which the emission runs; 0 before the start.
    uint256 public startTime;
    /// @notice Ghost: wei that accounts received from a stream, measured at their balances.
    mapping(uint256 stream => uint256) public received;
    /// @notice Ghost: wei of a stream that were reserved for former sinks and not paid to them yet.
    mapping(uint256 stream => uint256) public reserved;
    /// @notice Ghost: what is reserved for each of them.
    mapping(uint256 stream => mapping(address sink => uint256)) public reservedFor;
    /// @notice Ghost: who the sink of a stream is.
    mapping(uint256 stream => address) public sinkOf;
    /// @notice Ghost: wei of a stream that are with its sinks, or reserved for former ones. The rest is its sink's due.
    mapping(uint256 stream => uint256) public closed;
    /// @dev Ghost: who the sink of a stream was before.
    mapping(uint256 stream => address) private _previousSink;

    constructor(World world_, EmissionVault vault_, address governance_, address stakersSink) Handler(world_) {
        vault = vault_;
        governance = governance_;
        _stakersSink = stakersSink;
        _budget = vault_.budget();
        for (uint160 i = 0; i < 4; ++i) {
            _candidates.push(address(0x5100 + i));
        }
    }

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](6);
        list[0] = this.start.selector;
        list[1] = this.pull.selector;
        list[2] = this.pullSettled.selector;
        list[3] = this.replaceSink.selector;
        list[4] = this.restoreSink.selector;
        list[5] = this.attack.selector;
    }

    // REFERENCE

    /// @notice What all streams together should have emitted until `timestamp`.
    function expectedEmission(uint256 timestamp) public view returns (uint256) {
        if (startTime == 0 || timestamp < startTime) return 0;
        return EmissionReference.emitted(_budget, timestamp - startTime);
    }

    /// @notice What stream number `stream` should have emitted until `timestamp`.
    function expectedEmissionTo(uint256 stream, uint256 timestamp) public view returns (uint256) {
        return EmissionReference.streamOf(stream, expectedEmission(timestamp));
    }

    // ACTIONS

    function start(uint256, uint256, uint256) external {
        address[STREAM_COUNT] memory sinks = [_stakersSink, _candidates[0], _candidates[1]];
        bytes memory data = abi.encodeCall(vault.start, (sinks));
        (bool success, ) = _do("start", governance, address(vault), data, startTime == 0);
        if (!success) return;
        _check(2, startTime == 0, "emission started twice");
        startTime = ((block.timestamp + 3599) / 3600) * 3600;
        for (uint256 i = 0; i < STREAM_COUNT; ++i) {
            sinkOf[i] = sinks[i];
        }
    }

    /// @notice The sink pulls the workers' or the treasury's stream: it must always succeed, and bring what is due.
    function pull(uint256 a, uint256, uint256) external {
        if (startTime == 0) return;
        uint256 stream = 1 + (a % 2);
        address sink = sinkOf[stream];
        uint256 before = vault.token().balanceOf(sink);
        (bool success, ) = _do("pull", sink, address(vault), abi.encodeCall(vault.pull, (Stream(stream))), true);
        _check(2, success, "the sink could not pull");
        uint256 amount = vault.token().balanceOf(sink) - before;
        uint256 total = expectedEmissionTo(stream, block.timestamp);
        _check(2, amount == total - closed[stream], "the sink did not receive what was due");
        received[stream] += amount;
        closed[stream] = total;
    }

    /// @notice A former sink pulls what was reserved for it.
    function pullSettled(uint256 a, uint256 b, uint256) external {
        uint256 stream = 1 + (a % 2);
        address former = _candidates[b % _candidates.length];
        if (former == sinkOf[stream] || reservedFor[stream][former] == 0) return;
        uint256 before = vault.token().balanceOf(former);
        bytes memory data = abi.encodeCall(vault.pull, (Stream(stream)));
        (bool success, ) = _do("pullSettled", former, address(vault), data, true);
        _check(2, success, "a former sink could not pull");
        uint256 amount = vault.token().balanceOf(former) - before;
        _check(2, amount == reservedFor[stream][former], "a former sink did not receive what was reserved");
        received[stream] += amount;
        reserved[stream] -= amount;
        reservedFor[stream][former] = 0;
    }

    function replaceSink(uint256 a, uint256 b, uint256) external {
        _replace("replaceSink", 1 + (a % 2), _candidates[b % _candidates.length]);
    }

    /// @notice The sink goes back to the one before: what that had not pulled must be due to it.
    function restoreSink(uint256 a, uint256, uint256) external {
        uint256 stream = 1 + (a % 2);
        if (_previousSink[stream] != address(0)) _replace("restoreSink", stream, _previousSink[stream]);
    }

    function _replace(string memory action, uint256 stream, address newSink) private {
        bytes memory data = abi.encodeCall(vault.replaceSink, (Stream(stream), newSink));
        bool isAllowed = startTime != 0 && newSink != sinkOf[stream];
        (bool success, ) = _do(action, governance, address(vault), data, isAllowed);
        if (!success) return;
        address oldSink = sinkOf[stream];
        uint256 settled = expectedEmissionTo(stream, block.timestamp) - closed[stream];
        uint256 returned = reservedFor[stream][newSink];
        reservedFor[stream][oldSink] = settled;
        reservedFor[stream][newSink] = 0;
        reserved[stream] = reserved[stream] + settled - returned;
        closed[stream] = closed[stream] + settled - returned;
        (_previousSink[stream], sinkOf[stream]) = (oldSink, newSink);
        _check(2, vault.due(Stream(stream)) == returned, "a sink that came back is not due what was reserved for it");
        _check(2, vault.settledOf(Stream(stream), newSink) == 0, "something is reserved for the current sink");
        _check(2, vault.settledOf(Stream(stream), oldSink) == settled, "the old sink's due was not reserved");
    }

    /// @notice What nobody may do: pull as a stranger, start or redirect without the right, redirect the stakers' stream,
    /// or another one to their sink.
    function attack(uint256 a, uint256 b, uint256) external {
        address thief = world.actor(a);
        Stream stream = Stream(b % STREAM_COUNT);
        uint256 kind = (b >> 8) % 6;
        bytes memory data;
        if (kind == 0) data = abi.encodeCall(vault.pull, (stream));
        else if (kind == 1) data = abi.encodeCall(vault.start, ([thief, thief, thief]));
        else if (kind == 2) data = abi.encodeCall(vault.replaceSink, (stream, thief));
        else if (kind == 3) data = abi.encodeCall(vault.replaceSink, (Stream.Stakers, thief));
        else if (kind == 5) data = abi.encodeCall(vault.replaceSink, (Stream.Workers, _stakersSink));
        else data = abi.encodeCall(vault.start, ([thief, thief, thief]));

        if (kind == 3 || kind == 5) thief = governance;
        // Governance itself cannot start a second time; the first time is an action of its own.
        if (kind == 4 && startTime != 0) thief = governance;
        _mustFail(2, "a stranger pulled, started or redirected a stream", thief, address(vault), data);
    }
}
