// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {IWorkerRewards} from "../../../contracts/interfaces/IWorkerRewards.sol";
import {VPHA} from "../../../contracts/staking/VPHA.sol";
import {ComputeHandler} from "./ComputeHandler.sol";
import {HourLedger} from "./HourLedger.sol";
import {HourWatcher} from "./HourWatcher.sol";
import {LeaseWatcher} from "./LeaseWatcher.sol";
import {WorkerLedger} from "./WorkerLedger.sol";
import {World} from "./World.sol";

/// @title Sends heartbeats, claims, closes hours and pulls; tries what nobody may do
contract WorkerRewardsHandler is HourWatcher {
    /// @dev One batch of heartbeats, with what is expected of each.
    struct Batch {
        uint40 blockNumber;
        address[] workers;
        bytes signatures;
        uint256[] numbers;
        IWorkerRewards.HeartbeatResult[] expected;
        bool isGranted;
    }

    /// @dev One claim, with what is expected of it.
    struct Claim {
        address[] workers;
        uint256[] amounts;
        uint256 sum;
        address receiver;
        uint256 assetsBefore;
        uint256 sharesBefore;
    }

    VPHA private immutable _vpha;
    IERC20 private immutable _pha;
    LeaseWatcher private immutable _leases;

    constructor(
        World world_,
        IWorkerRegistry registry_,
        WorkerLedger ledger_,
        IWorkerRewards rewards_,
        HourLedger hourLedger
    ) ComputeHandler(world_, registry_, ledger_) HourWatcher(rewards_, hourLedger) {
        (_vpha, _pha) = (VPHA(address(rewards_.vpha())), rewards_.token());
        _leases = new LeaseWatcher(world_, ledger_, rewards_);
    }

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](10);
        list[0] = this.heartbeat.selector;
        list[1] = this.heartbeat.selector;
        list[2] = this.work.selector;
        list[3] = this.work.selector;
        list[4] = this.claim.selector;
        list[5] = this.closeHours.selector;
        list[6] = this.pull.selector;
        list[7] = this.waitForHours.selector;
        list[8] = this.donate.selector;
        list[9] = this.attack.selector;
    }

    function _lookAtLeases() internal override {
        _leases.observe();
    }

    // HEARTBEATS

    /// @notice Any workers, some twice, some with a wrong signature; of the last block, an older one, or one too old.
    function heartbeat(uint256 a, uint256 b, uint256 c) external {
        _mine(1 + (b % 3));
        uint256 count = 1 + (a % ledger.MACHINES());
        uint256[] memory numbers = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            numbers[i] = uint256(keccak256(abi.encode(a, i))) % ledger.MACHINES();
        }
        uint256 back = (c >> 32) % 4 == 0 ? spread(c, 1, 300) : 1;
        _beat("heartbeat", world.actor(b), block.number - back, numbers, c);
    }

    /// @notice All workers work for some hours: a heartbeat of everybody from time to time.
    function work(uint256 a, uint256 b, uint256 c) external {
        uint256[] memory numbers = new uint256[](ledger.MACHINES());
        for (uint256 i = 0; i < numbers.length; ++i) {
            numbers[i] = i;
        }
        for (uint256 i = 0; i < 1 + (a % 3); ++i) {
            _mine(1);
            _beat("work", world.actor(a), block.number - 1, numbers, type(uint256).max);
            _pass(spread(uint256(keccak256(abi.encode(b, i))), 10 minutes, 3 hours));
        }
        if (c % 2 == 0) _pass(1 hours);
    }

    /// @dev One in eight signatures is wrong, unless `faults` is the highest number.
    function _beat(
        string memory action,
        address caller,
        uint256 blockNumber,
        uint256[] memory numbers,
        uint256 faults
    ) private {
        Batch memory batch;
        (batch.blockNumber, batch.numbers) = (uint40(blockNumber), numbers);
        batch.workers = new address[](numbers.length);
        batch.expected = new IWorkerRewards.HeartbeatResult[](numbers.length);
        for (uint256 i = 0; i < numbers.length; ++i) {
            batch.workers[i] = ledger.addressOf(numbers[i]);
            bool isWrong = faults != type(uint256).max && uint256(keccak256(abi.encode(faults, i))) % 8 == 0;
            batch.signatures = bytes.concat(batch.signatures, _sign(batch, i, isWrong));
            batch.expected[i] = _expect(batch, i, isWrong);
            if (batch.expected[i] == IWorkerRewards.HeartbeatResult.Granted) batch.isGranted = true;
        }
        _send(action, caller, batch);
    }

    /// @dev Wrong: by another key, or of another block.
    function _sign(Batch memory batch, uint256 i, bool isWrong) private view returns (bytes memory) {
        uint256 key = ledger.keyOf(
            isWrong && i % 2 == 0 ? (batch.numbers[i] + 1) % ledger.MACHINES() : batch.numbers[i]
        );
        uint256 named = isWrong && i % 2 == 1 ? batch.blockNumber - 1 : batch.blockNumber;
        (bytes32 r, bytes32 vs) = vm.signCompact(key, rewards.heartbeatHash(batch.workers[i], named, blockhash(named)));
        return bytes.concat(r, vs);
    }

    function _expect(
        Batch memory batch,
        uint256 i,
        bool isWrong
    ) private view returns (IWorkerRewards.HeartbeatResult) {
        uint256 number = batch.numbers[i];
        if (isWrong) return IWorkerRewards.HeartbeatResult.BadSignature;
        if (batch.blockNumber <= hours_.lastBlock(number)) return IWorkerRewards.HeartbeatResult.Stale;
        for (uint256 j = 0; j < i; ++j) {
            bool isSame = batch.numbers[j] == number;
            if (isSame && batch.expected[j] == IWorkerRewards.HeartbeatResult.Granted) {
                return IWorkerRewards.HeartbeatResult.Stale;
            }
        }
        if (!ledger.isActive(number)) return IWorkerRewards.HeartbeatResult.NotActive;
        (, uint256 validUntil) = ledger.attestationOf(number);
        return
            hours_.endOfGrant(validUntil) <= block.timestamp / 3600 + 1
                ? IWorkerRewards.HeartbeatResult.Expiring
                : IWorkerRewards.HeartbeatResult.Granted;
    }

    function _send(string memory action, address caller, Batch memory batch) private {
        bool allowed = batch.isGranted && block.number <= uint256(batch.blockNumber) + 256;
        bytes memory data = abi.encodeCall(rewards.heartbeat, (batch.blockNumber, batch.workers, batch.signatures));
        (bool success, bytes memory result) = _doClosing(action, caller, address(rewards), data, allowed);
        _check(10, allowed || !success, "heartbeats were taken that grant nothing");
        if (!success) return;
        IWorkerRewards.HeartbeatResult[] memory results = abi.decode(result, (IWorkerRewards.HeartbeatResult[]));
        for (uint256 i = 0; i < results.length; ++i) {
            bool isGranted = results[i] == IWorkerRewards.HeartbeatResult.Granted;
            _check(isGranted ? 10 : 0, results[i] == batch.expected[i], "a heartbeat was judged wrongly");
            if (batch.expected[i] != IWorkerRewards.HeartbeatResult.Granted) continue;
            uint256 number = batch.numbers[i];
            (, uint256 validUntil) = ledger.attestationOf(number);
            hours_.grant(number, ledger.machine(number).weight, validUntil, batch.blockNumber);
        }
    }

    // REWARDS

    /// @notice An operator claims for all its workers, some twice.
    function claim(uint256 a, uint256 b, uint256) external {
        address operator = ledger.machine(a % ledger.MACHINES()).operator;
        if (operator == address(0)) return;
        Claim memory c = _claimOf(operator, b % 4 == 0 ? 2 : 1);
        c.receiver = world.actor(b);
        bool allowed = _vpha.previewDeposit(c.sum) != 0 && block.timestamp >= _vpha.depositsPausedUntil();
        (c.assetsBefore, c.sharesBefore) = (_vpha.totalAssets(), _vpha.balanceOf(c.receiver));
        bytes memory data = abi.encodeCall(rewards.claim, (c.workers, c.receiver));
        (bool success, bytes memory result) = _doClosing("claim", operator, address(rewards), data, allowed);
        if (success) _recordClaim(c, result);
    }

    function _recordClaim(Claim memory c, bytes memory result) private {
        (uint256 assets, uint256 shares) = abi.decode(result, (uint256, uint256));
        _check(9, assets == c.sum, "another amount was paid than was earned");
        _check(9, _vpha.totalAssets() == c.assetsBefore + c.sum, "another amount was deposited than was earned");
        _check(9, _vpha.balanceOf(c.receiver) == c.sharesBefore + shares, "other shares arrived");
        for (uint256 i = 0; i < c.amounts.length; ++i) {
            hours_.recordClaimed(ledger.numberOf(c.workers[i]), c.amounts[i]);
            _check(9, rewards.rewardsOf(c.workers[i]) == 0, "claimed rewards are still there");
        }
    }

    /// @dev The workers of `operator`, the list `times` over, and what they have earned.
    function _claimOf(address operator, uint256 times) private view returns (Claim memory c) {
        uint256 count;
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            if (ledger.machine(i).operator == operator) ++count;
        }
        c.workers = new address[](count * times);
        c.amounts = new uint256[](count);
        uint256 found;
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            if (ledger.machine(i).operator != operator) continue;
            for (uint256 j = 0; j < times; ++j) {
                c.workers[found + j * count] = ledger.addressOf(i);
            }
            c.amounts[found] = rewards.rewardsOf(ledger.addressOf(i));
            c.sum += c.amounts[found++];
        }
    }

    function closeHours(uint256 a, uint256, uint256) external {
        _doClosing("closeHours", world.actor(a), address(rewards), abi.encodeCall(rewards.closeHours, ()), true);
    }

    /// @notice It brings what is due, or reverts where nothing is left for a former sink.
    function pull(uint256 a, uint256, uint256) external {
        (, , , , uint256 received, ) = rewards.totals();
        bool allowed = hours_.isSink() || hours_.available() > received;
        bytes memory data = abi.encodeCall(rewards.pull, ());
        (bool success, ) = _do("pull", world.actor(a), address(rewards), data, allowed);
        _check(9, success == allowed, "what is due could not be pulled, or what is not was");
    }

    /// @notice Some hours, to the full hour or a second beside it.
    function waitForHours(uint256 a, uint256 b, uint256) external {
        _pass((1 + (a % 8)) * 1 hours - (block.timestamp % 1 hours) + (b % 3) - 1);
        world.countSuccess("waitForHours");
    }

    /// @notice PHA sent straight to the rewards, which must not matter.
    function donate(uint256 a, uint256 b, uint256) external {
        address from = world.actor(a);
        uint256 amount = spread(b, 1, _pha.balanceOf(from) / 1_000 + 1);
        (bool success, ) = _do(
            "donate",
            from,
            address(_pha),
            abi.encodeCall(_pha.transfer, (address(rewards), amount)),
            amount <= _pha.balanceOf(from)
        );
        if (success) hours_.recordDonated(amount);
    }

    // ATTACKS

    /// @notice Foreign rewards, another ceiling, signatures that are none, blocks that are not there.
    function attack(uint256 a, uint256 b, uint256 c) external {
        uint256 number = b % ledger.MACHINES();
        address thief = _stranger(a, number);
        address[] memory workers = new address[](1);
        workers[0] = ledger.addressOf(number);
        bytes memory junk = abi.encode(c, keccak256(abi.encode(c)));
        bytes[5] memory calls = [
            abi.encodeCall(rewards.claim, (workers, thief)),
            abi.encodeCall(rewards.setCeiling, (10e18)),
            abi.encodeCall(rewards.heartbeat, (uint40(block.number - 1), workers, junk)),
            abi.encodeCall(rewards.heartbeat, (uint40(block.number + (c % 2)), workers, junk)),
            abi.encodeCall(rewards.heartbeat, (uint40(block.number - 1), workers, ""))
        ];
        uint256 kind = (c >> 64) % calls.length;
        string memory reason = "a stranger claimed, or changed the ceiling";
        if (kind >= 2) reason = "a false heartbeat was taken";
        _mustFail(kind < 2 ? 9 : 10, reason, thief, address(rewards), calls[kind]);
        _lookAtLeases();
    }
}
