// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEmissionVault} from "../interfaces/IEmissionVault.sol";
import {STREAM_COUNT, Stream} from "../types/Stream.sol";
import {EmissionSchedule} from "./EmissionSchedule.sol";

/// @title EmissionVault
/// @notice See {IEmissionVault}.
/// @dev What holds:
/// 1. Σ pulled ≤ E(now) ≤ 4B, and per stream: {pull} moves `pulled` exactly to the stream's E(now), {replaceSink} to that
///    less what was reserved for the new sink. `pulled` is at all times what was paid plus what is reserved.
/// 2. The balance covers 4B − Σ paid: it is required at {start}, and only {pull} takes from it.
/// 3. A token that calls back finds the books already written.
contract EmissionVault is IEmissionVault, AccessManaged {
    using SafeERC20 for IERC20;

    /// @dev One slot: bits 0–159 sink, bits 160–255 pulled.
    struct StreamState {
        address sink;
        uint96 pulled;
    }

    // IMMUTABLES

    /// @inheritdoc IEmissionVault
    IERC20 public immutable token;
    /// @inheritdoc IEmissionVault
    uint256 public immutable budget;

    // STORAGE

    /// @inheritdoc IEmissionVault
    uint256 public startTime;
    StreamState[STREAM_COUNT] private _streams;
    mapping(Stream stream => mapping(address sink => uint256)) private _settled;

    // CONSTRUCTOR

    /// @param authority The {PhalaAuthority} that decides who may start and replace sinks.
    /// @param token_ PHA.
    /// @param budget_ Wei emitted in epoch 0. What is valid keeps the cap, 4 times that, below 2^92: `pulled` can hold it.
    constructor(address authority, IERC20 token_, uint256 budget_) AccessManaged(authority) {
        EmissionSchedule.requireValidBudget(budget_);
        token = token_;
        budget = budget_;
    }

    // VIEWS

    /// @inheritdoc IEmissionVault
    function emitted(uint256 timestamp) public view returns (uint256) {
        uint256 start_ = startTime;
        if (start_ == 0 || timestamp <= start_) return 0;
        // Unchecked: `timestamp` is after the start.
        unchecked {
            return EmissionSchedule.emitted(budget, timestamp - start_);
        }
    }

    /// @inheritdoc IEmissionVault
    function emittedTo(Stream stream, uint256 timestamp) public view returns (uint256) {
        return EmissionSchedule.share(stream, emitted(timestamp));
    }

    /// @inheritdoc IEmissionVault
    function pulled(Stream stream) public view returns (uint256) {
        return _streams[uint256(stream)].pulled;
    }

    /// @inheritdoc IEmissionVault
    function due(Stream stream) external view returns (uint256) {
        return emittedTo(stream, block.timestamp) - pulled(stream);
    }

    /// @inheritdoc IEmissionVault
    function sinkOf(Stream stream) public view returns (address) {
        return _streams[uint256(stream)].sink;
    }

    /// @inheritdoc IEmissionVault
    function settledOf(Stream stream, address sink) external view returns (uint256) {
        return _settled[stream][sink];
    }

    // PULL

    /// @inheritdoc IEmissionVault
    function pull(Stream stream) external returns (uint256 amount) {
        StreamState memory state = _streams[uint256(stream)];
        if (msg.sender != state.sink) return _pullSettled(stream);

        amount = _settle(stream, state);
        emit Pulled(stream, msg.sender, amount, state.pulled);
        if (amount != 0) token.safeTransfer(msg.sender, amount);
    }

    // GOVERNANCE

    /// @inheritdoc IEmissionVault
    function start(address[STREAM_COUNT] calldata sinks) external restricted {
        if (startTime != 0) revert EmissionVault_AlreadyStarted(startTime);
        uint256 held = token.balanceOf(address(this));
        uint256 required = EmissionSchedule.cap(budget);
        if (held < required) revert EmissionVault_Underfunded(held, required);

        uint256 start_ = Math.ceilDiv(block.timestamp, 1 hours) * 1 hours;
        startTime = start_;
        for (uint256 i = 0; i < STREAM_COUNT; ++i) {
            _requireValidSink(sinks[i]);
            if (i != 0 && sinks[i] == sinks[0]) revert EmissionVault_StakersSink(sinks[i]);
            _streams[i].sink = sinks[i];
        }
        emit Started(start_, budget, sinks);
    }

    /// @inheritdoc IEmissionVault
    function replaceSink(Stream stream, address newSink) external restricted {
        if (stream == Stream.Stakers) revert EmissionVault_FixedSink(stream);
        if (startTime == 0) revert EmissionVault_NotStarted();
        _requireValidSink(newSink);
        if (newSink == sinkOf(Stream.Stakers)) revert EmissionVault_StakersSink(newSink);
        StreamState storage stored = _streams[uint256(stream)];
        StreamState memory state = stored;
        address oldSink = state.sink;
        if (newSink == oldSink) revert EmissionVault_SameSink(newSink);

        state.sink = newSink;
        uint256 amount = _settle(stream, state);
        _settled[stream][oldSink] = amount;

        // Who was the sink before finds among its due what it had not pulled then.
        uint256 reserved = _settled[stream][newSink];
        if (reserved != 0) {
            delete _settled[stream][newSink];
            // At most 96 bits: it is a part of what was pulled.
            state.pulled -= uint96(reserved);
            stored.pulled = state.pulled;
        }
        emit SinkReplaced(stream, oldSink, newSink, amount, state.pulled);
    }

    // INTERNAL

    /// @dev Writes the stream's state, moved to this second. Returns what that owes the sink that it had until now.
    function _settle(Stream stream, StreamState memory state) private returns (uint256 amount) {
        uint256 total = emittedTo(stream, block.timestamp);
        // Unchecked: the stream never falls, and total ≤ cap < 2^92 by {EmissionSchedule.requireValidBudget}.
        unchecked {
            amount = total - state.pulled;
            state.pulled = uint96(total);
        }
        _streams[uint256(stream)] = state;
    }

    function _pullSettled(Stream stream) private returns (uint256 amount) {
        amount = _settled[stream][msg.sender];
        if (amount == 0) revert EmissionVault_NotSink(stream, msg.sender);
        delete _settled[stream][msg.sender];
        emit SettledPulled(stream, msg.sender, amount);
        token.safeTransfer(msg.sender, amount);
    }

    function _requireValidSink(address sink) private view {
        if (sink == address(0) || sink == address(this)) revert EmissionVault_InvalidSink(sink);
    }
}
