// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {WorkerQuote, WorkerSubject} from "../../../contracts/types/Worker.sol";
import {ComputeHandler} from "./ComputeHandler.sol";
import {Life, Machine, WorkerLedger} from "./WorkerLedger.sol";
import {World} from "./World.sol";

/// @title Registers and attests workers, moves their collateral, and lets them leave; tries what nobody may do
contract WorkerRegistryHandler is ComputeHandler {
    uint256 private constant _MAX_COLLATERAL = type(uint80).max;

    IERC20 public immutable vpha;

    constructor(
        World world_,
        IWorkerRegistry registry_,
        WorkerLedger ledger_
    ) ComputeHandler(world_, registry_, ledger_) {
        vpha = registry_.vpha();
    }

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](17);
        list[0] = this.register.selector;
        list[1] = this.reattest.selector;
        list[2] = this.reattestEverybody.selector;
        list[3] = this.addCollateral.selector;
        list[4] = this.withdraw.selector;
        list[5] = this.cancelWithdrawal.selector;
        list[6] = this.finishWithdrawal.selector;
        list[7] = this.proposeOperator.selector;
        list[8] = this.acceptOperator.selector;
        list[9] = this.requestExit.selector;
        list[10] = this.finishExit.selector;
        list[11] = this.remove.selector;
        list[12] = this.waitForThaw.selector;
        list[13] = this.donate.selector;
        list[14] = this.attackWorker.selector;
        list[15] = this.attackQuote.selector;
        list[16] = this.restamp.selector;
    }

    // REGISTERING AND ATTESTING

    function register(uint256 a, uint256 b, uint256 c) external {
        (bool found, uint256 number) = ledger.find(a, Life.None);
        if (!found) return;
        WorkerSubject memory subject = _subject(world.actor(b), c);
        IWorkerRegistry.Model memory model = registry.modelOf(subject.model);
        uint256 required = subject.gpuIds.length * model.collateral;
        // Sometimes a little less than is required, sometimes twice as much.
        uint256 collateral = required + spread(c >> 128, 0, required);
        if ((c >> 96) % 8 == 0) collateral = required - 1;
        address payer = (c >> 100) % 4 == 0 ? world.actorAfter(b, 1) : subject.operator;
        WorkerQuote memory quote = _quote(number, subject);
        bool allowed =
            model.isListed &&
                collateral >= required &&
                collateral <= _MAX_COLLATERAL &&
                collateral <= vpha.balanceOf(payer) &&
                block.timestamp >= registry.registrationsPausedUntil() &&
                _isTaken(number, subject) &&
                ledger.canTake(number, subject.gpuIds, quote.blockNumber);
        bytes memory data = abi.encodeCall(registry.register, (subject, quote, uint96(collateral)));
        (bool success, ) = _do("register", payer, address(registry), data, allowed);
        if (!success) return;
        ledger.recordRegistered(number, subject.operator, collateral);
        _recordAttested(number, subject, quote.blockNumber);
    }

    /// @notice The same GPUs or others, the operator or another, a new quote or the last one again.
    function reattest(uint256 a, uint256 b, uint256 c) external {
        (bool found, uint256 number) = ledger.find(a, Life.Staying);
        if (!found) return;
        address operator = ledger.machine(number).operator;
        WorkerSubject memory subject = _subject(b % 8 == 0 ? world.actor(b >> 8) : operator, c);
        if (b % 4 != 1) subject.gpuIds = ledger.gpuIdsOf(number);
        _reattest(world.actor(a >> 8), number, subject);
    }

    /// @notice Every machine that stays attests anew: life comes back after a long time.
    function reattestEverybody(uint256, uint256 b, uint256 c) external {
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            Machine memory m = ledger.machine(i);
            if (m.life != Life.Staying) continue;
            WorkerSubject memory subject = _subject(m.operator, c);
            subject.gpuIds = ledger.gpuIdsOf(i);
            _reattest(world.actor(b), i, subject);
        }
    }

    function _reattest(address caller, uint256 number, WorkerSubject memory subject) private {
        WorkerQuote memory quote = _quote(number, subject);
        bool allowed =
            registry.modelOf(subject.model).isListed &&
                subject.operator == ledger.machine(number).operator &&
                _isTaken(number, subject) &&
                ledger.canTake(number, subject.gpuIds, quote.blockNumber);
        bytes memory data = abi.encodeCall(registry.reattest, (subject, quote));
        (bool success, ) = _do("reattest", caller, address(registry), data, allowed);
        if (!success) return;
        _recordAttested(number, subject, quote.blockNumber);
        // A copy of it changes nothing.
        _do("replay", caller, address(registry), data, true);
    }

    /// @notice By anybody: any machines, some twice, some that are not there or gone.
    function restamp(uint256 a, uint256 b, uint256) external {
        address[] memory workers = new address[](1 + (b % ledger.MACHINES()));
        for (uint256 i = 0; i < workers.length; ++i) {
            workers[i] = ledger.addressOf(uint256(keccak256(abi.encode(b, i))) % ledger.MACHINES());
        }
        (bool success, ) = _do(
            "restamp",
            world.actor(a),
            address(registry),
            abi.encodeCall(registry.restamp, (workers)),
            true
        );
        for (uint256 i = 0; i < workers.length && success; ++i) {
            ledger.recordRestamped(ledger.numberOf(workers[i]));
        }
    }

    // COLLATERAL

    function addCollateral(uint256 a, uint256 b, uint256 c) external {
        (bool found, uint256 number) = ledger.find(a, Life.Staying);
        if (!found) return;
        Machine memory m = ledger.machine(number);
        // As likely what is missing as any amount.
        uint256 amount = spread(c, 0, 5_000e18);
        if (b % 2 == 0 && m.collateral < m.required + m.thawing) amount = m.required + m.thawing - m.collateral;
        address payer = world.actor(b);
        bool allowed = amount != 0 && m.collateral + amount <= _MAX_COLLATERAL && amount <= vpha.balanceOf(payer);
        bytes memory data = abi.encodeCall(registry.addCollateral, (m.worker, uint96(amount)));
        (bool success, ) = _do("addCollateral", payer, address(registry), data, allowed);
        _check(7, success == allowed, "collateral was refused without reason, or taken despite one");
        if (success) ledger.recordAdded(number, amount);
    }

    function withdraw(uint256 a, uint256 b, uint256) external {
        (bool found, uint256 number) = ledger.find(a, Life.Staying);
        if (!found) return;
        Machine memory m = ledger.machine(number);
        uint256 surplus = m.collateral > m.required ? m.collateral - m.required : 0;
        uint256 amount = spread(b, 0, surplus + 1);
        bytes memory data = abi.encodeCall(registry.withdraw, (m.worker, uint96(amount)));
        bool allowed = m.thawing == 0 && amount != 0 && amount <= surplus;
        (bool success, ) = _do("withdraw", m.operator, address(registry), data, allowed);
        _check(7, success == allowed, "a withdrawal was refused without reason, or begun despite one");
        if (success) ledger.recordThaw(number, amount);
    }

    function cancelWithdrawal(uint256 a, uint256 b, uint256) external {
        uint256 number = _findThawing(a);
        Machine memory m = ledger.machine(number);
        // Not always, so that withdrawals thaw.
        if (m.life != Life.Staying || b % 3 != 0) return;
        bytes memory data = abi.encodeCall(registry.cancelWithdrawal, (m.worker));
        (bool success, ) = _do("cancelWithdrawal", m.operator, address(registry), data, m.thawing != 0);
        _check(7, success == (m.thawing != 0), "a withdrawal could not be cancelled, or there was none");
        if (success) ledger.recordThaw(number, 0);
    }

    /// @notice In any state. What no slash has reserved is paid, at the second it is due.
    function finishWithdrawal(uint256 a, uint256 b, uint256) external {
        uint256 number = _findThawing(a);
        Machine memory m = ledger.machine(number);
        if (m.life == Life.None) return;
        (bool allowed, uint256 amount) = ledger.withdrawalPayment(number);
        address receiver = world.actor(b);
        uint256 before = vpha.balanceOf(receiver);
        bytes memory data = abi.encodeCall(registry.finishWithdrawal, (m.worker, receiver));
        (bool success, ) = _do("finishWithdrawal", m.operator, address(registry), data, allowed);
        _check(11, success || !allowed, "a slash delayed what it had not reserved");
        _check(7, allowed || !success, "collateral left before its time");
        if (!success) return;
        ledger.recordWithdrawn(number, amount);
        _check(7, vpha.balanceOf(receiver) == before + amount, "another amount was paid than had thawed");
    }

    // OPERATOR

    function proposeOperator(uint256 a, uint256 b, uint256) external {
        (bool found, uint256 number) = ledger.find(a, Life.Staying);
        if (!found) return;
        Machine memory m = ledger.machine(number);
        address proposed = b % 8 == 0 ? address(0) : world.actor(b >> 8);
        bytes memory data = abi.encodeCall(registry.proposeOperator, (m.worker, proposed));
        bool allowed = proposed != m.operator && proposed != m.proposed;
        (bool success, ) = _do("proposeOperator", m.operator, address(registry), data, allowed);
        if (success) ledger.recordProposedOperator(number, proposed);
    }

    function acceptOperator(uint256 a, uint256, uint256) external {
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            uint256 number = ((a % ledger.MACHINES()) + i) % ledger.MACHINES();
            Machine memory m = ledger.machine(number);
            if (m.life != Life.Staying || m.proposed == address(0)) continue;
            bytes memory data = abi.encodeCall(registry.acceptOperator, (m.worker));
            // Nobody shakes a switch off.
            bool isOff = attestations.isOperatorOff(m.operator) || attestations.isOperatorOff(m.proposed);
            (bool success, ) = _do("acceptOperator", m.proposed, address(registry), data, !isOff);
            if (success) ledger.recordOperator(number);
            return;
        }
    }

    // EXIT

    function requestExit(uint256 a, uint256 b, uint256) external {
        (bool found, uint256 number) = ledger.find(a, Life.Staying);
        // Not always: a key that has left does not come back.
        if (!found || b % 6 != 0) return;
        Machine memory m = ledger.machine(number);
        bytes memory data = abi.encodeCall(registry.requestExit, (m.worker));
        (bool success, ) = _do("requestExit", m.operator, address(registry), data, true);
        _check(11, success, "an exit was refused");
        if (success) ledger.recordLeft(number, Life.Exiting);
    }

    /// @notice All that no slash has reserved is paid, at the second it is due.
    function finishExit(uint256 a, uint256 b, uint256) external {
        (bool found, uint256 number) = _findLeaving(a);
        if (!found) return;
        Machine memory m = ledger.machine(number);
        (bool allowed, uint256 amount) = ledger.exitPayment(number);
        address receiver = world.actor(b);
        uint256 before = vpha.balanceOf(receiver);
        bytes memory data = abi.encodeCall(registry.finishExit, (m.worker, receiver));
        (bool success, ) = _do("finishExit", m.operator, address(registry), data, allowed);
        _check(11, success || !allowed, "a slash delayed what it had not reserved");
        _check(7, allowed || !success, "collateral left before its time");
        if (!success) return;
        ledger.recordExitPaid(number, amount);
        _check(7, vpha.balanceOf(receiver) == before + amount, "another amount was paid than was due");
    }

    function remove(uint256 a, uint256 b, uint256) external {
        (bool found, uint256 number) = ledger.find(a, Life.Staying);
        if (!found) return;
        Machine memory m = ledger.machine(number);
        bytes memory data = abi.encodeCall(registry.remove, (m.worker));
        bool allowed = attestations.isConfirmed(m.worker, m.operator);
        (bool success, ) = _do("remove", world.actor(b), address(registry), data, allowed);
        if (success) ledger.recordLeft(number, Life.Removed);
    }

    /// @notice To the end of a thaw, or a second beside it.
    function waitForThaw(uint256 a, uint256 b, uint256) external {
        Machine memory m = ledger.machine(_findThawing(a));
        (bool found, uint256 number) = _findLeaving(a);
        uint256 end = (b % 2 == 0 && found ? ledger.machine(number).exitStart : m.thawStart) + 21 days;
        end = end + (b % 3) - 1;
        if (end <= block.timestamp) return;
        _pass(end - block.timestamp);
        world.countSuccess("waitForThaw");
    }

    /// @notice vPHA sent straight to the registry, which belongs to nobody then.
    function donate(uint256 a, uint256 b, uint256) external {
        address from = world.actor(a);
        uint256 amount = spread(b, 1, vpha.balanceOf(from) / 1_000 + 1);
        bytes memory data = abi.encodeCall(vpha.transfer, (address(registry), amount));
        (bool success, ) = _do("donate", from, address(vpha), data, amount <= vpha.balanceOf(from));
        if (success) ledger.recordDonated(amount);
    }

    // ATTACKS

    /// @notice What only the operator, the slashing contract or governance may do with a worker, by somebody else.
    function attackWorker(uint256 a, uint256 b, uint256 c) external {
        uint256 number = b % ledger.MACHINES();
        address worker = ledger.machine(number).worker;
        address thief = _stranger(a, number);
        if (thief == ledger.machine(number).proposed) return;
        uint96 amount = uint96(spread(c, 0, 10_000e18));
        bytes[13] memory calls = [
            abi.encodeCall(registry.withdraw, (worker, amount)),
            abi.encodeCall(registry.cancelWithdrawal, (worker)),
            abi.encodeCall(registry.finishWithdrawal, (worker, thief)),
            abi.encodeCall(registry.proposeOperator, (worker, thief)),
            abi.encodeCall(registry.acceptOperator, (worker)),
            abi.encodeCall(registry.requestExit, (worker)),
            abi.encodeCall(registry.finishExit, (worker, thief)),
            abi.encodeCall(registry.reserve, (worker, amount, uint40(block.timestamp))),
            abi.encodeCall(registry.release, (worker, amount)),
            abi.encodeCall(registry.slash, (worker, amount, thief, 0, thief)),
            abi.encodeCall(registry.setModel, ("H100", 100e18, 1_000)),
            abi.encodeCall(registry.setSlashing, (address(registry))),
            abi.encodeCall(registry.pauseRegistrations, (block.timestamp + 1))
        ];
        _mustFail(
            7,
            "a stranger moved a worker's collateral",
            thief,
            address(registry),
            calls[(c >> 64) % calls.length]
        );
    }

    /// @notice Quotes that nobody gave out, of another subject, or for a worker that is there or gone.
    function attackQuote(uint256 a, uint256 b, uint256 c) external {
        uint256 number = b % ledger.MACHINES();
        Machine memory m = ledger.machine(number);
        address thief = _stranger(a, number);
        WorkerSubject memory subject = _subject(thief, c);
        WorkerQuote memory quote = _quote(number, subject);
        uint256 kind = (c >> 64) % 4;
        if (kind == 0) subject.gpuIds[0] = bytes32(c);
        else if (kind == 1) quote.signedData[0] = 0x01;
        else if (kind == 2) quote.blockNumber -= 1;
        bytes memory data =
            m.life == Life.None || c % 2 == 0
                ? abi.encodeCall(registry.register, (subject, quote, uint96(m.life == Life.None ? 0 : 1e23)))
                : abi.encodeCall(registry.reattest, (subject, quote));
        _mustFail(10, "a false quote was taken", thief, address(registry), data);
    }

    // PRIVATE

    /// @dev The first machine with a withdrawal open, from a random one on; the random one if there is none.
    function _findThawing(uint256 seed) private view returns (uint256) {
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            uint256 number = ((seed % ledger.MACHINES()) + i) % ledger.MACHINES();
            if (ledger.machine(number).thawing != 0) return number;
        }
        return seed % ledger.MACHINES();
    }

    function _findLeaving(uint256 seed) private view returns (bool, uint256) {
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            uint256 number = ((seed % ledger.MACHINES()) + i) % ledger.MACHINES();
            if (ledger.machine(number).exitStart != 0) return (true, number);
        }
        return (false, 0);
    }
}
