// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IEmissionVault} from "../interfaces/IEmissionVault.sol";
import {IWorkerRegistry} from "../interfaces/IWorkerRegistry.sol";
import {IWorkerRewards} from "../interfaces/IWorkerRewards.sol";
import {Hour, hourAt} from "../types/Hour.sol";
import {Stream} from "../types/Stream.sol";
import {Lapse, Standing, WorkerState} from "../types/Worker.sol";

/// @title WorkerRewards
/// @notice See {IWorkerRewards}.
/// @dev What holds:
/// 1. Weight: the weight of an hour is Σ of the leases that cover it. A lease adds to `starting` where it begins and to its last
///    hour's `ending` where it ends, and to nothing else.
/// 2. No lease ends later than {LEASE_HOURS} after the last interaction, so that closing the hours since then looks at no more
///    than so many buckets, however many hours it were.
/// 3. credited = Σ paid out of hours + reserve ≤ what came from the emission vault + what that owes. An hour is never credited
///    with more than it emitted, and never pays more than ceiling × weight.
/// 4. Σ claimed ≤ Σ paid out of hours, since each share rounds down; and Σ claimed ≤ Σ pulled, in {_requirePulled}.
/// 5. Hours that are closed never change; the weight of the hour that runs only changes by leases that count from the next.
contract WorkerRewards is IWorkerRewards, AccessManaged, EIP712, ReentrancyGuardTransient {
    using Math for uint256;
    using SafeERC20 for IERC20;

    // TYPES

    /// @dev One slot. `weight` counts in the hours `from` … `end` − 1, `carry` in the one before `from` (a weight that changed).
    /// What was earned before that is in `accrued`.
    struct Lease {
        Hour from;
        Hour end;
        uint16 weight;
        uint16 carry;
        uint40 blockNumber;
        uint96 accrued;
    }

    /// @dev One slot per hour. `accumulator`: wei per hundredth of weight, times 2^64, when the hour begins. `isUsed` keeps the slot
    /// from becoming empty when leases move on, since the accumulator is to come.
    struct Bucket {
        uint184 accumulator;
        bool isUsed;
        uint64 ending;
    }

    /// @dev One slot. All hours before `hour` are closed. `weight` counts in `hour`, `starting` is added after it.
    struct Running {
        Hour hour;
        uint64 weight;
        uint64 starting;
    }

    /// @dev One slot. `credited` of the emission went into hours or into the reserve.
    struct Pot {
        uint96 credited;
        uint96 reserve;
        uint64 ceiling;
    }

    /// @dev One slot.
    struct Flow {
        uint96 received;
        uint96 paid;
    }

    /// @dev One hour that is over, with what {HourClosed} says of it.
    struct ClosedHour {
        uint64 weight;
        uint96 emitted;
        uint96 paid;
        uint96 reserve;
        uint184 accumulator;
    }

    /// @dev What a batch of heartbeats adds up to, so that the books are written once. `moves[i]`, 0 to {LEASE_HOURS}: weight that ends i hours after
    /// `hour`, more or less than before. `extended`: the first `count` have a lease that went on until `end`.
    struct Batch {
        Hour hour;
        Hour end;
        uint40 blockNumber;
        int256 starting;
        int256[7] moves;
        uint256 count;
        address[] extended;
    }

    /// @dev What closing hours comes to: the first `count` hours from `first` on, one by one, then `idle` ones with nobody, all
    /// that they emitted in one sum. `accumulator` is that of `first` when it begins.
    struct Closing {
        Running running;
        Pot pot;
        Hour first;
        uint184 accumulator;
        uint256 count;
        ClosedHour[] hours_;
        uint96 idleEmission;
    }

    // CONSTANTS

    /// @inheritdoc IWorkerRewards
    uint32 public constant LEASE_HOURS = 6;
    /// @inheritdoc IWorkerRewards
    uint256 public constant MIN_CEILING = 0.0001e18;
    /// @inheritdoc IWorkerRewards
    uint256 public constant MAX_CEILING = 10e18;

    bytes32 private constant _HEARTBEAT_TYPEHASH = keccak256(
        "Heartbeat(address worker,uint256 blockNumber,bytes32 blockHash)"
    );
    uint256 private constant _BLOCKS = 256;
    uint256 private constant _SIGNATURE_SIZE = 64;

    // IMMUTABLES

    /// @inheritdoc IWorkerRewards
    IERC20 public immutable token;
    /// @inheritdoc IWorkerRewards
    IERC4626 public immutable vpha;
    /// @inheritdoc IWorkerRewards
    IEmissionVault public immutable emissionVault;
    /// @inheritdoc IWorkerRewards
    IWorkerRegistry public immutable workerRegistry;

    // STORAGE

    Running private _running;
    Pot private _pot;
    Flow private _flow;
    mapping(Hour hour => Bucket) private _buckets;
    mapping(address worker => Lease) private _leases;

    // CONSTRUCTOR

    /// @param authority Decides by the classes of PhalaAuthority. @param emissionVault_ Whose workers' stream this is to be the sink of.
    /// @param vpha_ Pays the rewards. @param workerRegistry_ Knows the workers. @param ceiling_ Wei of PHA per hour and hundredth of weight.
    constructor(
        address authority,
        IEmissionVault emissionVault_,
        IERC4626 vpha_,
        IWorkerRegistry workerRegistry_,
        uint256 ceiling_
    ) AccessManaged(authority) EIP712("Phala WorkerRewards", "1") {
        (emissionVault, vpha, workerRegistry) = (emissionVault_, vpha_, workerRegistry_);
        token = emissionVault_.token();
        _running.hour = hourAt(block.timestamp);
        _setCeiling(ceiling_);
        token.forceApprove(address(vpha_), type(uint256).max);
    }

    // HEARTBEATS

    /// @inheritdoc IWorkerRewards
    function heartbeat(
        uint40 blockNumber,
        address[] calldata workers,
        bytes calldata signatures
    ) external nonReentrant returns (HeartbeatResult[] memory results) {
        if (workers.length == 0 || signatures.length != workers.length * _SIGNATURE_SIZE) {
            revert WorkerRewards_InvalidBatch(workers.length, signatures.length);
        }
        bytes32 blockHash = blockhash(blockNumber);
        if (blockHash == 0 || block.number > blockNumber + _BLOCKS) revert WorkerRewards_UnknownBlock(blockNumber);

        Running memory running = _closeHours();
        Standing[] memory standings = workerRegistry.standingsOf(workers);
        results = new HeartbeatResult[](workers.length);
        Batch memory batch;
        (batch.hour, batch.end, batch.blockNumber) = (running.hour, running.hour.plus(LEASE_HOURS), blockNumber);
        batch.extended = new address[](workers.length);
        bytes32 domain = _domainSeparatorV4();
        bool isGranted;
        for (uint256 i = 0; i < workers.length; ++i) {
            address worker = workers[i];
            bytes32 hash = _heartbeatHash(domain, worker, blockNumber, blockHash);
            HeartbeatResult result =
                _isSigned(worker, hash, signatures[i * _SIGNATURE_SIZE:])
                    ? _grant(worker, standings[i], batch)
                    : HeartbeatResult.BadSignature;
            results[i] = result;
            if (result == HeartbeatResult.Granted) isGranted = true;
        }
        if (!isGranted) revert WorkerRewards_NothingGranted(results[0]);
        _write(batch, running);
    }

    // REWARDS

    /// @inheritdoc IWorkerRewards
    function claim(
        address[] calldata workers,
        address receiver
    ) external nonReentrant returns (uint256 assets, uint256 shares) {
        Hour hour = _closeHours().hour;
        for (uint256 i = 0; i < workers.length; ++i) {
            address worker = workers[i];
            if (workerRegistry.operatorOf(worker) != msg.sender) {
                revert WorkerRewards_NotOperator(worker, msg.sender);
            }
            Lease memory lease = _leases[worker];
            _settle(lease, hour);
            uint96 amount = lease.accrued;
            if (amount == 0) continue;
            lease.accrued = 0;
            _leases[worker] = lease;
            assets += amount;
            emit RewardsClaimed(worker, msg.sender, amount);
        }
        if (assets == 0) revert WorkerRewards_NothingToClaim();
        _requirePulled(assets);
        shares = vpha.deposit(assets, receiver);
        emit RewardsPaid(msg.sender, receiver, uint96(assets), shares);
    }

    /// @inheritdoc IWorkerRewards
    function closeHours() external nonReentrant {
        _closeHours();
    }

    /// @inheritdoc IWorkerRewards
    function pull() external nonReentrant returns (uint256 amount) {
        Flow memory flow = _flow;
        amount = _pull(flow);
        _flow = flow;
    }

    /// @inheritdoc IWorkerRewards
    function setCeiling(uint256 ceiling_) external restricted {
        if (ceiling_ == _pot.ceiling) revert WorkerRewards_NothingChanges();
        // What is over was earned under the old one.
        _closeHours();
        _setCeiling(ceiling_);
    }

    // VIEWS

    /// @inheritdoc IWorkerRewards
    function ceiling() external view returns (uint256) {
        return _pot.ceiling;
    }

    /// @inheritdoc IWorkerRewards
    function stateOf(address worker) external view returns (WorkerState state, Lapse lapse) {
        IWorkerRegistry.WorkerView memory view_ = workerRegistry.workerOf(worker);
        (state, lapse) = (view_.state, view_.lapse);
        if (state == WorkerState.Active && _leases[worker].end <= hourAt(block.timestamp)) {
            (state, lapse) = (WorkerState.Lapsed, Lapse.Heartbeat);
        }
    }

    /// @inheritdoc IWorkerRewards
    function leaseOf(address worker) external view returns (LeaseView memory) {
        Lease memory lease = _leases[worker];
        return LeaseView(lease.from, lease.end, lease.weight, lease.blockNumber);
    }

    /// @inheritdoc IWorkerRewards
    function rewardsOf(address worker) external view returns (uint256) {
        Closing memory closing = _closing(_running);
        Lease memory lease = _leases[worker];
        _settleBy(lease, closing);
        return lease.accrued;
    }

    /// @inheritdoc IWorkerRewards
    function totals()
        external
        view
        returns (uint256 weight, uint256 nextWeight, uint256 reserve, uint256 credited, uint256 received, uint256 paid)
    {
        Closing memory closing = _closing(_running);
        Running memory running = closing.running;
        (weight, reserve, credited) = (running.weight, closing.pot.reserve, closing.pot.credited);
        nextWeight = weight + running.starting - _buckets[running.hour.plus(1)].ending;
        (received, paid) = (_flow.received, _flow.paid);
    }

    /// @inheritdoc IWorkerRewards
    function heartbeatHash(address worker, uint256 blockNumber, bytes32 blockHash) public view returns (bytes32) {
        return _heartbeatHash(_domainSeparatorV4(), worker, blockNumber, blockHash);
    }

    // PRIVATE: LEASES

    function _heartbeatHash(
        bytes32 domain,
        address worker,
        uint256 blockNumber,
        bytes32 blockHash
    ) private pure returns (bytes32) {
        bytes32 structHash = keccak256(abi.encode(_HEARTBEAT_TYPEHASH, worker, blockNumber, blockHash));
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }

    function _isSigned(address worker, bytes32 hash, bytes calldata signature) private pure returns (bool) {
        (address signer, ECDSA.RecoverError error, ) = ECDSA.tryRecover(
            hash,
            bytes32(signature),
            bytes32(signature[32:])
        );
        return error == ECDSA.RecoverError.NoError && signer == worker;
    }

    /// @dev Moves the end of the worker's lease, or begins one with the next full hour.
    function _grant(address worker, Standing standing, Batch memory batch) private returns (HeartbeatResult) {
        Lease memory lease = _leases[worker];
        if (batch.blockNumber <= lease.blockNumber) return HeartbeatResult.Stale;
        uint16 weight = standing.weight();
        if (weight == 0) return HeartbeatResult.NotActive;
        Hour hour = batch.hour;
        Hour end = batch.end.min(hourAt(standing.validUntil()));
        if (end <= hour.plus(1)) return HeartbeatResult.Expiring;

        lease.blockNumber = batch.blockNumber;
        if (hour < lease.end && lease.weight == weight) {
            _extend(worker, lease, end, batch);
        } else {
            _settle(lease, hour);
            _begin(lease, weight, end, batch);
            emit LeaseGranted(worker, lease.from, lease.end, weight);
        }
        _leases[worker] = lease;
        return HeartbeatResult.Granted;
    }

    /// @dev The lease goes on with the weight that it has. An end that is earlier than the one it has changes nothing.
    function _extend(address worker, Lease memory lease, Hour end, Batch memory batch) private {
        if (lease.end < end) {
            _move(batch, lease.end, -int256(uint256(lease.weight)));
            _move(batch, end, int256(uint256(lease.weight)));
            lease.end = end;
        }
        if (lease.end == batch.end) batch.extended[batch.count++] = worker;
        else emit LeaseGranted(worker, lease.from, lease.end, lease.weight);
    }

    /// @dev Another weight, or the first one after a gap, counts from the next full hour; until then what there was.
    function _begin(Lease memory lease, uint16 weight, Hour end, Batch memory batch) private pure {
        Hour next = batch.hour.plus(1);
        int256 before = int256(uint256(lease.weight));
        if (batch.hour < lease.end) {
            _move(batch, lease.end, -before);
            if (lease.from <= batch.hour) {
                _move(batch, next, before);
                lease.carry = lease.weight;
            } else {
                // It had not begun to count.
                batch.starting -= before;
            }
        }
        batch.starting += int256(uint256(weight));
        _move(batch, end, int256(uint256(weight)));
        (lease.from, lease.end, lease.weight) = (next, end, weight);
    }

    function _move(Batch memory batch, Hour end, int256 weight) private pure {
        batch.moves[end.unwrap() - batch.hour.unwrap()] += weight;
    }

    /// @dev Writes the books of a batch, and tells whose lease went on.
    function _write(Batch memory batch, Running memory running) private {
        for (uint256 i = 1; i <= LEASE_HOURS; ++i) {
            if (batch.moves[i] == 0) continue;
            Bucket storage bucket = _buckets[batch.hour.plus(uint32(i))];
            (bucket.ending, bucket.isUsed) = (_sum(bucket.ending, batch.moves[i]), true);
        }
        if (batch.starting != 0) _running.starting = _sum(running.starting, batch.starting);
        if (batch.count == 0) return;
        address[] memory extended = batch.extended;
        uint256 count = batch.count;
        // Shortens the array to what was used of it.
        assembly ("memory-safe") {
            mstore(extended, count)
        }
        emit LeasesExtended(batch.end, extended);
    }

    /// @dev Weights that end or begin are part of what was added before, so that no sum is negative.
    function _sum(uint64 weight, int256 change) private pure returns (uint64) {
        return uint64(uint256(int256(uint256(weight)) + change));
    }

    /// @dev Moves into `accrued` what the lease has earned before `hour`, up to which all hours are closed. Rounds down, twice at most.
    function _settle(Lease memory lease, Hour hour) private view {
        if (hour < lease.from) return;
        uint256 accumulator = _buckets[lease.from].accumulator;
        if (lease.carry != 0) {
            _accrue(lease, lease.carry, accumulator - _buckets[Hour.wrap(Hour.unwrap(lease.from) - 1)].accumulator);
            lease.carry = 0;
        }
        Hour to = lease.end.min(hour);
        if (lease.from < to) {
            _accrue(lease, lease.weight, _buckets[to].accumulator - accumulator);
            lease.from = to;
        }
    }

    /// @dev {_settle} as if `closing` had been written.
    function _settleBy(Lease memory lease, Closing memory closing) private view {
        Hour hour = closing.running.hour;
        if (hour < lease.from) return;
        uint256 accumulator = _accumulatorAt(lease.from, closing);
        if (lease.carry != 0) {
            Hour before = Hour.wrap(Hour.unwrap(lease.from) - 1);
            _accrue(lease, lease.carry, accumulator - _accumulatorAt(before, closing));
        }
        Hour to = lease.end.min(hour);
        if (lease.from < to) _accrue(lease, lease.weight, _accumulatorAt(to, closing) - accumulator);
    }

    function _accrue(Lease memory lease, uint256 weight, uint256 difference) private pure {
        // The sum of all is at most the workers' stream, which fits.
        lease.accrued += uint96((weight * difference) >> 64);
    }

    /// @dev That of `hour`, not after the last one of `closing`, when it begins.
    function _accumulatorAt(Hour hour, Closing memory closing) private view returns (uint256) {
        if (hour <= closing.first || closing.count == 0) return _buckets[hour].accumulator;
        uint256 i = hour.unwrap() - closing.first.unwrap();
        return closing.hours_[i.min(closing.count) - 1].accumulator;
    }

    // PRIVATE: HOURS

    /// @dev Closes all hours that are over, and writes it.
    function _closeHours() private returns (Running memory running) {
        running = _running;
        if (running.hour == hourAt(block.timestamp)) return running;
        Closing memory closing = _closing(running);
        running = closing.running;
        uint184 accumulator = closing.accumulator;
        Hour hour = closing.first;
        for (uint256 i = 0; i < closing.count; ++i) {
            ClosedHour memory closed = closing.hours_[i];
            accumulator = closed.accumulator;
            emit HourClosed(hour, closed.weight, closed.emitted, closed.paid, closed.reserve, accumulator);
            hour = hour.plus(1);
            _buckets[hour].accumulator = accumulator;
        }
        if (hour < running.hour) {
            emit HoursIdle(hour, running.hour, closing.idleEmission, closing.pot.reserve);
            _buckets[running.hour].accumulator = accumulator;
        }
        (_running, _pot) = (running, closing.pot);
    }

    /// @dev What closing all hours that are over comes to, from `running` on. Every lease ends at most {LEASE_HOURS} after the
    /// hour of `running`, since nobody has been here after it: so many rounds at most.
    function _closing(Running memory running) private view returns (Closing memory closing) {
        Hour now_ = hourAt(block.timestamp);
        Pot memory pot = _pot;
        (closing.running, closing.pot, closing.first) = (running, pot, running.hour);
        uint184 accumulator = _buckets[running.hour].accumulator;
        closing.accumulator = accumulator;
        if (running.hour == now_) return closing;

        closing.hours_ = new ClosedHour[](LEASE_HOURS);
        uint256 left = (_flow.received + _owed()).saturatingSub(pot.credited);
        uint256 emittedBefore = _emittedBefore(running.hour);
        while (running.hour < now_ && running.weight + running.starting != 0) {
            Hour next = running.hour.plus(1);
            uint256 emittedAfter = _emittedBefore(next);
            ClosedHour memory closed = closing.hours_[closing.count++];
            uint256 emitted = left.min(emittedAfter - emittedBefore);
            left -= emitted;
            emittedBefore = emittedAfter;
            closed.emitted = uint96(emitted);
            pot.credited += closed.emitted;
            pot.reserve += closed.emitted;
            closed.weight = running.weight;
            if (closed.weight != 0) {
                uint256 share = (uint256(pot.reserve).min(uint256(pot.ceiling) * closed.weight) << 64) / closed.weight;
                // What the shares do not divide stays in the reserve, but for a wei.
                closed.paid = uint96((share * closed.weight).ceilDiv(1 << 64));
                pot.reserve -= closed.paid;
                accumulator += uint184(share);
            }
            (closed.reserve, closed.accumulator) = (pot.reserve, accumulator);
            running.weight = running.weight + running.starting - _buckets[next].ending;
            (running.hour, running.starting) = (next, 0);
        }
        if (running.hour < now_) {
            closing.idleEmission = uint96(left.min(_emittedBefore(now_) - emittedBefore));
            pot.credited += closing.idleEmission;
            pot.reserve += closing.idleEmission;
            running.hour = now_;
        }
    }

    /// @dev Wei of the workers' stream before `hour`.
    function _emittedBefore(Hour hour) private view returns (uint256) {
        return emissionVault.emittedTo(Stream.Workers, hour.timestamp());
    }

    // PRIVATE: TOKENS

    /// @dev Wei that {_pull} would bring now.
    function _owed() private view returns (uint256) {
        return
            emissionVault.sinkOf(Stream.Workers) == address(this)
                ? emissionVault.due(Stream.Workers)
                : emissionVault.settledOf(Stream.Workers, address(this));
    }

    function _pull(Flow memory flow) private returns (uint256 amount) {
        amount = emissionVault.pull(Stream.Workers);
        // At most the workers' stream.
        flow.received += uint96(amount);
        emit RewardsPulled(uint96(amount), flow.received);
    }

    /// @dev Counts `assets` as paid, and brings them in if they are not here.
    function _requirePulled(uint256 assets) private {
        Flow memory flow = _flow;
        flow.paid += uint96(assets);
        if (flow.paid > flow.received) _pull(flow);
        // What was credited is here or owed by the emission vault.
        assert(flow.paid <= flow.received);
        _flow = flow;
    }

    function _setCeiling(uint256 ceiling_) private {
        if (ceiling_ < MIN_CEILING || ceiling_ > MAX_CEILING) {
            revert WorkerRewards_InvalidCeiling(ceiling_, MIN_CEILING, MAX_CEILING);
        }
        _pot.ceiling = uint64(ceiling_);
        emit CeilingChanged(ceiling_);
    }
}
