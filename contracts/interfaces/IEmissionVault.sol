// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {STREAM_COUNT, Stream} from "../types/Stream.sol";

/// @title The vault that holds the whole mining budget and lets it out by the curve
/// @notice The budget is here before the first second accrues. Each of three streams grows with time by the closed form
/// of {EmissionSchedule} and is pulled by its sink, never pushed. Nothing sets the curve; nothing else leaves the vault.
/// All amounts are in wei of PHA, all times in unix seconds.
interface IEmissionVault {
    /// @notice Emission started: it accrues from `startTime` on.
    event Started(uint256 startTime, uint256 budget, address[STREAM_COUNT] sinks);

    /// @notice `amount` left the vault for `sink`; `pulled` is the stream's cumulative total after it.
    event Pulled(Stream indexed stream, address indexed sink, uint256 amount, uint256 pulled);

    /// @notice `newSink` receives `stream` from now on. `settled` is what the old sink had not pulled yet: it stays
    /// reserved for it; `pulled` is the stream's total after it. What had been reserved for `newSink` is due again: it is
    /// `settled` plus the total before less the total after.
    event SinkReplaced(
        Stream indexed stream,
        address indexed oldSink,
        address indexed newSink,
        uint256 settled,
        uint256 pulled
    );

    /// @notice `amount` that had been reserved for a former sink was paid to it.
    event SettledPulled(Stream indexed stream, address indexed sink, uint256 amount);

    /// @notice {start} was called before.
    error EmissionVault_AlreadyStarted(uint256 startTime);
    /// @notice The emission has not been started yet.
    error EmissionVault_NotStarted();
    /// @notice The vault must hold the whole budget before it starts; send the difference first.
    error EmissionVault_Underfunded(uint256 held, uint256 required);
    /// @notice A sink must be an account other than zero and the vault itself.
    error EmissionVault_InvalidSink(address sink);
    /// @notice The stream has this sink already.
    error EmissionVault_SameSink(address sink);
    /// @notice The stakers' sink takes no other stream: it could not pull it.
    error EmissionVault_StakersSink(address sink);
    /// @notice The stakers' sink is fixed for ever.
    error EmissionVault_FixedSink(Stream stream);
    /// @notice The caller is not, and has not been, the sink of this stream, or has nothing reserved.
    error EmissionVault_NotSink(Stream stream, address caller);

    /// @notice The emitted token, PHA.
    function token() external view returns (IERC20);

    /// @notice Wei that epoch 0 emits, `B`; all epochs together emit exactly 4 times that.
    function budget() external view returns (uint256);

    /// @notice When emission starts or started: always on a full hour. 0 before {start}.
    function startTime() external view returns (uint256);

    /// @notice Wei emitted by all streams from the start until `timestamp`; 0 before the start.
    function emitted(uint256 timestamp) external view returns (uint256);

    /// @notice Wei emitted by `stream` from the start until `timestamp`. The three sum exactly to {emitted}.
    function emittedTo(Stream stream, uint256 timestamp) external view returns (uint256);

    /// @notice Wei of `stream` that were paid out or are reserved for a former sink. Falls when a former sink is the sink
    /// again, by what was reserved for it.
    function pulled(Stream stream) external view returns (uint256);

    /// @notice Wei that `stream`'s sink could pull now, all that it is owed.
    function due(Stream stream) external view returns (uint256);

    /// @notice The account that may pull `stream`.
    function sinkOf(Stream stream) external view returns (address);

    /// @notice Wei of `stream` reserved for the former sink `sink`; 0 for the current one.
    function settledOf(Stream stream, address sink) external view returns (uint256);

    /// @notice Starts the emission at the next full hour (now, if it is one). Once, by governance, in
    /// genesis: before the authority is sealed, which is its last step.
    /// @param sinks The sinks in the order of {Stream}; the stakers' is fixed from then on.
    /// @dev Reverts with {EmissionVault_AlreadyStarted}, {EmissionVault_Underfunded}, {EmissionVault_InvalidSink},
    /// {EmissionVault_StakersSink}.
    function start(address[STREAM_COUNT] calldata sinks) external;

    /// @notice Sends the caller what `stream` owes it: all that is due for the current sink, what was reserved for a former one.
    /// @return amount Wei sent; 0 where the current sink has nothing due.
    /// @dev Reverts with {EmissionVault_NotSink}; before the start there are no sinks.
    function pull(Stream stream) external returns (uint256 amount);

    /// @notice Directs `stream` (workers or treasury) to `newSink`. The old sink's due is settled to the second and stays
    /// reserved until it pulls it: a sink is never pushed to, so that its books and its hostility cannot matter here.
    /// A former sink that comes back is due, at once, what is reserved for it.
    /// @dev By governance, in the slowest class. Reverts with {EmissionVault_FixedSink}, {EmissionVault_NotStarted},
    /// {EmissionVault_InvalidSink}, {EmissionVault_StakersSink}, {EmissionVault_SameSink}.
    function replaceSink(Stream stream, address newSink) external;
}
