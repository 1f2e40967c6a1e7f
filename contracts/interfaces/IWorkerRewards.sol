// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {Hour} from "../types/Hour.sol";
import {Lapse, WorkerState} from "../types/Worker.sol";
import {IEmissionVault} from "./IEmissionVault.sol";
import {IWorkerRegistry} from "./IWorkerRegistry.sol";

/// @title What GPU workers earn: weight × uptime, by the hour
/// @notice The sink of the workers' stream. A heartbeat is a lease: it moves the end of a worker's weight to at most {LEASE_HOURS}
/// hours from now. Each full hour's emission is shared among the leases that cover it, by weight, but at most the ceiling per
/// unit of weight: the rest, and all of the hours without a lease, is the reserve, which tops later hours up to the ceiling.
/// So neither the first nor the only worker wins a jackpot, and nothing is lost.
///
/// Rewards accrue in PHA and are paid in vPHA by one deposit. Weights are in hundredths, amounts in wei, hours since 1970.
interface IWorkerRewards {
    /// @notice What became of one worker's heartbeat.
    enum HeartbeatResult {
        Granted,
        BadSignature,
        Stale,
        NotActive,
        Expiring
    }

    /// @notice A lease: `weight` counts in the hours `from` … `end` − 1.
    struct LeaseView {
        Hour from;
        Hour end;
        uint16 weight;
        uint40 blockNumber;
    }

    // EVENTS

    /// @notice The worker's weight counts in the hours `from` … `end` − 1; in hours before `from`, what was granted before. A lease
    /// that only goes on for {LEASE_HOURS} is in {LeasesExtended}.
    event LeaseGranted(address indexed worker, Hour from, Hour end, uint16 weight);
    /// @notice These leases go on, with the weights that they have, until `end`.
    event LeasesExtended(Hour indexed end, address[] workers);
    /// @notice The hour is over: `paid` wei were shared by leases of `weight`, `emitted` came in, `reserve` is left.
    /// @param accumulator Wei per hundredth of weight since ever, times 2^64, at the end of the hour.
    event HourClosed(
        Hour indexed hour,
        uint64 weight,
        uint96 emitted,
        uint96 paid,
        uint96 reserve,
        uint184 accumulator
    );
    /// @notice The hours `from` … `to` − 1 had no lease: all that they emitted is in the reserve.
    event HoursIdle(Hour indexed from, Hour to, uint96 emitted, uint96 reserve);
    event RewardsClaimed(address indexed worker, address indexed operator, uint96 amount);
    /// @notice One claim, of one or more workers: `assets` of PHA were deposited for `shares` of vPHA.
    event RewardsPaid(address indexed operator, address indexed receiver, uint96 assets, uint256 shares);
    /// @notice `amount` of PHA came from the emission vault; `received` is all that ever came.
    event RewardsPulled(uint96 amount, uint96 received);
    event CeilingChanged(uint256 ceiling);

    // ERRORS

    /// @notice The block is not one of the last 256.
    error WorkerRewards_UnknownBlock(uint256 blockNumber);
    error WorkerRewards_InvalidBatch(uint256 workers, uint256 signatureBytes);
    /// @notice No worker of the batch was granted anything; `result` is that of the first.
    error WorkerRewards_NothingGranted(HeartbeatResult result);
    error WorkerRewards_NotOperator(address worker, address caller);
    error WorkerRewards_NothingToClaim();
    error WorkerRewards_InvalidCeiling(uint256 ceiling, uint256 min, uint256 max);
    error WorkerRewards_NothingChanges();

    // HEARTBEATS

    /// @notice Takes one heartbeat of each of `workers`, all of one block: the EIP-712 signature, by the worker's key, of
    /// `Heartbeat(address worker,uint256 blockNumber,bytes32 blockHash)`. The hash cannot be known ahead, so that nothing can be
    /// signed ahead. Whoever gets nothing does not keep the others from theirs. Open to all.
    /// @param blockNumber One of the last 256, higher than the one of the worker's last heartbeat.
    /// @param signatures 64 bytes each (EIP-2098), in the order of `workers`.
    /// @return results What became of each.
    function heartbeat(
        uint40 blockNumber,
        address[] calldata workers,
        bytes calldata signatures
    ) external returns (HeartbeatResult[] memory results);

    // REWARDS

    /// @notice Pays what the caller's workers have earned until the last full hour, as vPHA. While deposits are paused it reverts
    /// and everything stays.
    /// @return assets Wei of PHA. @return shares Wei of vPHA that they bought for `receiver`.
    function claim(address[] calldata workers, address receiver) external returns (uint256 assets, uint256 shares);

    /// @notice Closes all hours that are over. Everything here does so first; for whoever wants to see it done. Open to all.
    function closeHours() external;

    /// @notice Brings in what the emission vault owes. Open to all; changes nobody's rewards.
    function pull() external returns (uint256 amount);

    /// @notice Sets the ceiling from this hour on. Class: parameters.
    /// @param ceiling Wei of PHA per hour and hundredth of weight, {MIN_CEILING} to {MAX_CEILING}.
    function setCeiling(uint256 ceiling) external;

    // VIEWS

    /// @notice 6: how long a lease can last.
    function LEASE_HOURS() external view returns (uint32);
    function MIN_CEILING() external view returns (uint256);
    function MAX_CEILING() external view returns (uint256);
    function token() external view returns (IERC20);
    function vpha() external view returns (IERC4626);
    function emissionVault() external view returns (IEmissionVault);
    function workerRegistry() external view returns (IWorkerRegistry);

    /// @notice Wei of PHA per hour and hundredth of weight.
    function ceiling() external view returns (uint256);

    /// @notice The state with heartbeats: `Lapsed` by {Lapse-Heartbeat} is an Active worker without a lease.
    function stateOf(address worker) external view returns (WorkerState, Lapse);

    function leaseOf(address worker) external view returns (LeaseView memory);

    /// @notice Wei of PHA that the worker has earned until the last full hour and not claimed.
    function rewardsOf(address worker) external view returns (uint256);

    /// @notice As if all hours had been closed now: the weight of this hour and of the next, the reserve, what was credited of the
    /// emission, what came of it and what was paid (all in wei).
    function totals()
        external
        view
        returns (uint256 weight, uint256 nextWeight, uint256 reserve, uint256 credited, uint256 received, uint256 paid);

    /// @notice What a worker's key has to sign.
    function heartbeatHash(address worker, uint256 blockNumber, bytes32 blockHash) external view returns (bytes32);
}
