// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EmissionReference} from "../harness/EmissionReference.sol";

/// @title An account of the leases and of the pay, hour by hour and worker by worker
/// @notice No accumulator and no buckets: a table of who weighs what in which hour, and for each hour plain division. Hours
/// are closed when the contract closes them, since a sink that was replaced gets what is left at that time.
contract HourLedger {
    /// @dev All hours before `hour` are closed. `shared` is what they paid in all.
    struct Books {
        uint256 hour;
        uint256 credited;
        uint256 reserve;
        uint256 shared;
    }

    struct Closed {
        uint256 hour;
        uint256 weight;
        uint256 emitted;
        uint256 paid;
    }

    uint256 private constant _LEASE = 6;
    uint256 private immutable _budget;
    uint256 private immutable _start;
    uint256 private immutable _machines;

    Books private _books;
    /// @notice Weight of a worker in an hour.
    mapping(uint256 hour => mapping(uint256 number => uint256)) public weightIn;
    /// @notice Wei that a worker has earned in closed hours, each hour rounded up; and how many hours these were.
    mapping(uint256 number => uint256) public earned;
    mapping(uint256 number => uint256) public hoursOf;
    mapping(uint256 number => uint256) public claimed;
    mapping(uint256 number => uint256) public lastBlock;

    uint256 public ceiling;
    uint256 public paid;
    uint256 public donated;
    /// @notice Whether the workers' stream comes in.
    bool public isSink = true;
    uint256 private _cameBefore;
    uint256 private _streamBefore;

    constructor(uint256 budget, uint256 start, uint256 ceiling_, uint256 machines) {
        (_budget, _start, ceiling, _machines) = (budget, start, ceiling_, machines);
        _books.hour = block.timestamp / 3600;
    }

    // VIEWS

    function books() external view returns (Books memory) {
        return _books;
    }

    /// @notice Weight of all leases that cover the hour.
    function weightOf(uint256 hour) public view returns (uint256 total) {
        for (uint256 i = 0; i < _machines; ++i) {
            total += weightIn[hour][i];
        }
    }

    /// @notice All wei that came or are owed until now.
    function available() public view returns (uint256) {
        return isSink ? _cameBefore + _stream(block.timestamp) - _streamBefore : _cameBefore;
    }

    /// @notice The end of the worker's lease, 0 if it has none.
    function endOf(uint256 number) public view returns (uint256) {
        uint256 now_ = block.timestamp / 3600;
        for (uint256 hour = now_ + _LEASE; hour >= now_; --hour) {
            if (weightIn[hour][number] != 0) return hour + 1;
        }
        return 0;
    }

    /// @notice What the books come to when all hours are closed, and what that makes of one worker's earnings and hours.
    function closedNow(uint256 number) external view returns (Books memory all, uint256 earnedNow, uint256 hoursNow) {
        all = _books;
        (earnedNow, hoursNow) = (earned[number], hoursOf[number]);
        uint256 now_ = block.timestamp / 3600;
        uint256 limit = available();
        for (uint256 i = 0; i <= _LEASE && all.hour < now_; ++i) {
            Closed memory closed = _close(all, limit);
            uint256 weight = weightIn[closed.hour][number];
            if (weight == 0) continue;
            earnedNow += _share(closed, weight);
            ++hoursNow;
        }
        if (all.hour < now_) _closeIdle(all, limit, now_);
    }

    // RECORD

    /// @notice A heartbeat of now: `weight` from the next hour on, to the sixth or to the last full one of the attestation. It
    /// lengthens what is there at the same weight, and takes the place of what is there at another.
    function grant(uint256 number, uint256 weight, uint256 validUntil, uint256 blockNumber) external {
        uint256 now_ = block.timestamp / 3600;
        uint256 end = endOfGrant(validUntil);
        for (uint256 hour = now_ + 1; hour <= now_ + _LEASE; ++hour) {
            if (hour < end) weightIn[hour][number] = weight;
            else if (weightIn[hour][number] != weight) weightIn[hour][number] = 0;
        }
        lastBlock[number] = blockNumber;
    }

    function endOfGrant(uint256 validUntil) public view returns (uint256) {
        uint256 end = block.timestamp / 3600 + _LEASE;
        return end < validUntil / 3600 ? end : validUntil / 3600;
    }

    /// @notice Closes one hour and shares its pay.
    function closeHour() external returns (Closed memory closed, uint256 reserve) {
        Books memory all = _books;
        closed = _close(all, available());
        for (uint256 i = 0; i < _machines; ++i) {
            uint256 weight = weightIn[closed.hour][i];
            if (weight == 0) continue;
            earned[i] += _share(closed, weight);
            ++hoursOf[i];
        }
        _books = all;
        reserve = all.reserve;
    }

    /// @notice Closes all hours until now as such without a lease.
    /// @return emitted Of these hours. @return isIdle Whether they have no lease indeed.
    function closeIdleHours() external returns (uint256 emitted, uint256 reserve, bool isIdle) {
        Books memory all = _books;
        isIdle = true;
        for (uint256 hour = all.hour; hour <= all.hour + _LEASE && hour < block.timestamp / 3600; ++hour) {
            if (weightOf(hour) != 0) isIdle = false;
        }
        emitted = _closeIdle(all, available(), block.timestamp / 3600);
        _books = all;
        reserve = all.reserve;
    }

    function setCeiling(uint256 ceiling_) external {
        ceiling = ceiling_;
    }

    function setSink(bool isSink_) external {
        if (isSink) _cameBefore += _stream(block.timestamp) - _streamBefore;
        (isSink, _streamBefore) = (isSink_, _stream(block.timestamp));
    }

    function recordClaimed(uint256 number, uint256 amount) external {
        claimed[number] += amount;
        paid += amount;
    }

    function recordDonated(uint256 amount) external {
        donated += amount;
    }

    // PRIVATE

    /// @dev The hour gets its emission as far as that has come, and pays from it and the reserve up to the ceiling.
    function _close(Books memory all, uint256 limit) private view returns (Closed memory closed) {
        closed.hour = all.hour;
        closed.weight = weightOf(all.hour);
        closed.emitted = _credit(all, limit, all.hour + 1);
        closed.paid = ceiling * closed.weight;
        if (closed.paid > all.reserve) closed.paid = all.reserve;
        all.reserve -= closed.paid;
        all.shared += closed.paid;
    }

    function _closeIdle(Books memory all, uint256 limit, uint256 hour) private view returns (uint256) {
        return _credit(all, limit, hour);
    }

    /// @dev Credits what was emitted before `hour`, and moves the books there.
    function _credit(Books memory all, uint256 limit, uint256 hour) private view returns (uint256 emitted) {
        emitted = _stream(hour * 3600) - _stream(all.hour * 3600);
        uint256 left = limit > all.credited ? limit - all.credited : 0;
        if (emitted > left) emitted = left;
        all.credited += emitted;
        all.reserve += emitted;
        all.hour = hour;
    }

    /// @dev Rounded up: more than that is too much.
    function _share(Closed memory closed, uint256 weight) private pure returns (uint256) {
        return (closed.paid * weight + closed.weight - 1) / closed.weight;
    }

    function _stream(uint256 timestamp) private view returns (uint256) {
        if (timestamp < _start) return 0;
        return EmissionReference.streamOf(1, EmissionReference.emitted(_budget, timestamp - _start));
    }
}
