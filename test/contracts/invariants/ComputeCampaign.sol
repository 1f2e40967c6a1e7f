// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AttestationState, SwitchKind} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {ITreasury} from "../../../contracts/interfaces/ITreasury.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {IWorkerRewards} from "../../../contracts/interfaces/IWorkerRewards.sol";
import {Stream} from "../../../contracts/types/Stream.sol";
import {Standing, WorkerState} from "../../../contracts/types/Worker.sol";
import {ComputeSuite} from "../harness/ComputeSuite.sol";
import {AttestationHandler} from "./AttestationHandler.sol";
import {AttestationLedger, Evidence} from "./AttestationLedger.sol";
import {Driver} from "./Driver.sol";
import {GovernanceHandler, Realm} from "./GovernanceHandler.sol";
import {Handler} from "./Handler.sol";
import {HourLedger} from "./HourLedger.sol";
import {Decision, OperationLedger} from "./OperationLedger.sol";
import {ShiftHandler} from "./ShiftHandler.sol";
import {SlashingHandler} from "./SlashingHandler.sol";
import {SystemGuardianHandler} from "./SystemGuardianHandler.sol";
import {TimeHandler} from "./TimeHandler.sol";
import {Life, Machine, WorkerLedger} from "./WorkerLedger.sol";
import {WorkerRegistryHandler} from "./WorkerRegistryHandler.sol";
import {WorkerRewardsHandler} from "./WorkerRewardsHandler.sol";
import {World} from "./World.sol";

/// @title The compute contracts with their handlers, and one check per invariant of the architecture
abstract contract ComputeCampaign is ComputeSuite, Driver {
    uint256 private constant ACTORS = 8;
    /// @dev Machines that work from the beginning.
    uint256 private constant WORKING = 6;

    /// @dev Whether checks look at every machine, or at one: after each action one is enough, at the end all are due.
    bool internal _looksAtAll;
    World internal world;
    AttestationLedger internal attestations;
    WorkerLedger internal ledger;
    HourLedger internal hours_;
    OperationLedger internal operations;
    AttestationHandler internal attestationHandler;
    GovernanceHandler internal governanceHandler;
    SystemGuardianHandler internal guardianHandler;
    SlashingHandler internal slashingHandler;
    WorkerRegistryHandler internal registryHandler;
    WorkerRewardsHandler internal rewardsHandler;

    /// @dev Carries out of {tryLater} what it found, and undoes all that it did.
    error ComputeCampaign_Done(uint256 exits);

    function setUp() public virtual {
        address[] memory actors = new address[](ACTORS);
        for (uint160 i = 0; i < ACTORS; ++i) {
            actors[i] = address(0xA000 + i);
        }
        _deployCompute(actors);
        world = new World(actors);
        bytes32[] memory images = new bytes32[](IMAGES);
        for (uint256 i = 0; i < IMAGES; ++i) {
            images[i] = attestation.imageOf(verifiers[0].measurementsOf(i));
        }
        attestations = new AttestationLedger(attestation.epoch(), images);
        ledger = new WorkerLedger(attestations);
        hours_ = new HourLedger(BUDGET, vault.startTime(), CEILING, ledger.MACHINES());
        operations = new OperationLedger();
        _createHandlers(_switchIds(actors, images));
        for (uint256 i = 0; i < WORKING; ++i) {
            registryHandler.register(i, i, i | (i << 26) | (1 << 64) | (1 << 80) | (1 << 96));
        }
    }

    function _createHandlers(bytes32[][] memory switchIds) private {
        registryHandler = new WorkerRegistryHandler(world, registry, ledger);
        rewardsHandler = new WorkerRewardsHandler(world, registry, ledger, rewards, hours_);
        slashingHandler = new SlashingHandler(world, registry, ledger, slashings);
        attestationHandler = new AttestationHandler(world, registry, ledger, verifiers, switchIds);
        guardianHandler = new SystemGuardianHandler(world, mandate, governance, switchIds, attestations);
        Realm memory realm = Realm({
            governance: governance,
            authority: authority,
            roles: roles,
            vault: vault,
            treasury: ITreasury(address(treasury)),
            mandate: mandate,
            slashings: slashings,
            verifiers: verifiers,
            operations: operations,
            slashingHandler: slashingHandler,
            guardianHandler: guardianHandler
        });
        governanceHandler = new GovernanceHandler(world, registry, ledger, rewards, hours_, realm, switchIds);
        _handlers = [
            Handler(registryHandler),
            rewardsHandler,
            slashingHandler,
            attestationHandler,
            governanceHandler,
            guardianHandler,
            new ShiftHandler(world, ledger, registryHandler, rewardsHandler),
            new TimeHandler(world)
        ];
    }

    /// @dev What a switch can name: by kind, some each.
    function _switchIds(
        address[] memory actors,
        bytes32[] memory images
    ) private view returns (bytes32[][] memory switchIds) {
        switchIds = new bytes32[][](5);
        for (uint256 kind = 0; kind < switchIds.length; ++kind) {
            switchIds[kind] = new bytes32[](2);
        }
        for (uint256 i = 0; i < 2; ++i) {
            switchIds[uint8(SwitchKind.Ppid)][i] = attestations.ppidOf(i);
            switchIds[uint8(SwitchKind.Fmspc)][i] = attestations.fmspcOf(i);
            switchIds[uint8(SwitchKind.TdxModule)][i] = attestations.tdxModuleOf(2 * i);
            switchIds[uint8(SwitchKind.Operator)][i] = bytes20(actors[i]);
        }
        switchIds[uint8(SwitchKind.Workload)] = images;
    }

    /// @dev Every decision several times, each with its delay: whatever chance has left out. Then switches are confirmed until
    /// workers are removed.
    function _decideEverything() internal {
        uint256 decisions = uint256(type(Decision).max) + 1;
        for (uint256 i = 0; i < 9 * decisions; ++i) {
            uint256 word = uint256(keccak256(abi.encode(i)));
            uint256 decision = i < 8 * decisions ? i % decisions : uint256(Decision.ConfirmSwitch);
            governanceHandler.decide(decision, word, word >> 64);
            if (i >= 8 * decisions) registryHandler.remove(i, 0, 0);
        }
    }

    // CHECKS

    function _oneMachine() private view returns (uint256) {
        return uint256(keccak256(abi.encode(block.timestamp, world.successes()))) % ledger.MACHINES();
    }

    /// @dev The machines that a check looks at: from the first to the one before the end.
    function _machines() private view returns (uint256 first, uint256 end) {
        if (_looksAtAll) return (0, ledger.MACHINES());
        first = _oneMachine();
        end = first + 1;
    }

    /// @notice 0. What the handlers expect besides: what is allowed succeeds, and what is not is refused.
    function checkExpectations() public view {
        world.requireNone(0);
    }

    /// @notice 7. vPHA held by the registry ≥ Σ collateral; here exactly, but for what was given without being asked for.
    function checkCollateral() public view {
        world.requireNone(7);
        (uint256 first, uint256 beyond) = _machines();
        for (uint256 i = first; i < beyond; ++i) {
            Machine memory m = ledger.machine(i);
            IWorkerRegistry.WorkerView memory found = registry.workerOf(m.worker);
            vm.assertEq(found.collateral, m.collateral, "another collateral");
            vm.assertEq(found.thawing, m.thawing, "another amount thaws");
            vm.assertEq(found.withdrawableAt, m.thawing == 0 ? 0 : m.thawStart + 21 days, "another end of a thaw");
            vm.assertEq(found.exitAt, m.exitStart == 0 ? 0 : m.exitStart + 21 days, "another end of an exit");
            vm.assertEq(found.operator, m.operator, "another operator");
            vm.assertTrue(_isState(found.state, m.life), "another state");
        }
        vm.assertEq(
            vpha.balanceOf(address(registry)),
            ledger.collateralOfAll() + ledger.donated(),
            "vPHA came or left on another way"
        );
    }

    function _isState(WorkerState state, Life life) private pure returns (bool) {
        if (life == Life.Staying) return state == WorkerState.Active || state == WorkerState.Lapsed;
        if (life == Life.Exiting) return state == WorkerState.Exiting;
        if (life == Life.Exited) return state == WorkerState.Exited;
        return state == (life == Life.Removed ? WorkerState.Removed : WorkerState.None);
    }

    /// @notice 8. An hour's total = Σ weights of the leases that cover it. The hours to come: {expectLater}.
    function checkWeight() public view {
        world.requireNone(8);
        _checkHourWeights();
        (uint256 first, uint256 beyond) = _machines();
        for (uint256 i = first; i < beyond; ++i) {
            uint256 end = hours_.endOf(i);
            if (end == 0) continue;
            IWorkerRewards.LeaseView memory lease = rewards.leaseOf(ledger.addressOf(i));
            vm.assertEq(lease.end.unwrap(), end, "another end of a lease");
            vm.assertEq(lease.weight, hours_.weightIn(end - 1, i), "another weight of a lease");
        }
    }

    function _checkHourWeights() private view {
        uint256 hour = block.timestamp / 3600;
        (uint256 weight, uint256 nextWeight, , , , ) = rewards.totals();
        vm.assertEq(weight, hours_.weightOf(hour), "this hour's weight is not that of its leases");
        vm.assertEq(nextWeight, hours_.weightOf(hour + 1), "the next hour's weight is not that of its leases");
    }

    /// @notice 9. Σ paid ≤ Σ pulled; no hour above the ceiling; nobody paid past a lease. One worker at a time: {expectLater}
    /// looks at all.
    function checkPay() public view {
        world.requireNone(9);
        uint256 number = _oneMachine();
        (HourLedger.Books memory books, ) = _checkWorker(number);
        (, , uint256 reserve, uint256 credited, uint256 received, uint256 paid) = rewards.totals();
        vm.assertEq(reserve, books.reserve, "another reserve");
        vm.assertEq(credited, books.credited, "more or less was credited than was emitted");
        vm.assertEq(credited, books.reserve + books.shared, "what was credited is neither paid nor in reserve");
        vm.assertEq(paid, hours_.paid(), "another amount was paid than workers got");
        vm.assertLe(paid, received, "more was paid than pulled");
        vm.assertLe(paid, books.shared, "more was paid than hours have shared");
        vm.assertEq(received + _owed(), hours_.available(), "another amount was pulled");
        vm.assertEq(pha.balanceOf(address(rewards)), received - paid + hours_.donated(), "PHA moved on another way");
    }

    /// @dev A worker's pay is the sum of its hours, but for the wei that are rounded down.
    function _checkWorker(uint256 number) private view returns (HourLedger.Books memory books, uint256 pay) {
        uint256 earned;
        uint256 count;
        (books, earned, count) = hours_.closedNow(number);
        pay = hours_.claimed(number) + rewards.rewardsOf(ledger.addressOf(number));
        vm.assertLe(pay, earned, "a worker is paid more than its hours");
        vm.assertGe(pay + 4 * count, earned, "a worker is paid less than its hours");
    }

    function _owed() private view returns (uint256) {
        return
            vault.sinkOf(Stream.Workers) == address(rewards)
                ? vault.due(Stream.Workers)
                : vault.settledOf(Stream.Workers, address(rewards));
    }

    /// @notice 10. No lease is granted or extended while the attestation is invalid. See {LeaseWatcher}; and what is valid is what the
    /// quotes that were taken, and all decisions, make so.
    function checkAttestation() public view {
        world.requireNone(10);
        vm.assertEq(uint256(attestation.epoch()), attestations.epoch(), "decisions were not counted");
        (uint256 first, uint256 beyond) = _machines();
        for (uint256 i = first; i < beyond; ++i) {
            _checkEvidence(i);
            address[] memory workers = new address[](1);
            workers[0] = ledger.addressOf(i);
            Standing standing = registry.standingsOf(workers)[0];
            bool isActive = ledger.isActive(i);
            vm.assertEq(
                standing.weight(),
                isActive ? ledger.machine(i).weight : 0,
                "another weight than an active worker's"
            );
            (, uint256 expected) = ledger.attestationOf(i);
            vm.assertEq(standing.validUntil(), isActive ? expected : 0, "another end of an attestation");
            (uint256 weight, uint256 validUntil) = registry.standingOf(workers[0]);
            vm.assertEq(weight, standing.weight(), "two weights of a worker");
            vm.assertEq(validUntil, standing.validUntil(), "two ends of an attestation");
            vm.assertTrue(registry.workerOf(workers[0]).isStamped == ledger.isStamped(i), "another stamp");
        }
    }

    function _checkEvidence(uint256 number) private view {
        Machine memory m = ledger.machine(number);
        Evidence memory evidence = attestations.evidenceOf(m.worker);
        bool holds = attestations.holds(m.worker);
        vm.assertTrue(attestation.isValid(m.worker) == holds, "valid is not what holds");
        bool holdsFor = holds && !attestations.isOperatorOff(m.operator);
        vm.assertTrue(attestation.isValidFor(m.worker, m.operator) == holdsFor, "valid for whom it is not");
        bool isValid = attestation.statusOf(m.worker).state == AttestationState.Valid;
        vm.assertTrue(isValid == holds, "another state of an attestation");
        vm.assertEq(uint256(attestation.blockOf(m.worker)), evidence.blockNumber, "another quote than was taken last");
        vm.assertTrue(attestation.subjectOf(m.worker) == evidence.subject, "another subject than was taken last");
        bool isConfirmed = attestations.isConfirmed(m.worker, m.operator);
        vm.assertTrue(attestation.isConfirmedOff(m.worker, m.operator) == isConfirmed, "confirmed is not what was");
    }

    /// @notice 11. Slashes: ≤ cap per window; never more than was at risk; nothing is held but what is reserved.
    function checkSlash() public view {
        world.requireNone(11);
        (uint256 first, uint256 beyond) = _machines();
        for (uint256 i = first; i < beyond; ++i) {
            Machine memory m = ledger.machine(i);
            uint256 reserved = registry.workerOf(m.worker).reserved;
            vm.assertEq(reserved, slashingHandler.heldOf(i), "reserved is not the sum of the open proposals");
            vm.assertLe(reserved, m.collateral, "more is reserved than there is");
            vm.assertEq(
                registry.atRisk(m.worker, uint40(block.timestamp)),
                ledger.atRisk(i, block.timestamp),
                "at risk"
            );
            for (uint256 book = 0; book < slashings.length; ++book) {
                SlashingHandler.Window memory window = slashingHandler.windowOf(book, i);
                (uint256 start, uint256 base, uint256 used) = slashings[book].windowOf(m.worker);
                vm.assertEq(start, window.start, "another window");
                vm.assertEq(base, window.base, "another cap");
                vm.assertLe(used, base, "more than the cap");
                uint256 expected = start == 0 ? 0 : slashingHandler.usedSince(book, i, start);
                vm.assertEq(used, expected, "the window does not count its proposals");
            }
        }
    }

    // LATER

    /// @notice Lets the hours of all leases pass, pays everybody, lets all workers leave and all proposals end; and undoes it.
    function expectLater() external {
        uint256 timestamp = block.timestamp;
        uint256 blockNumber = block.number;
        uint256 leaving;
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            Life life = ledger.machine(i).life;
            if (life == Life.Staying || ledger.machine(i).exitStart != 0) ++leaving;
        }
        try this.tryLater() {
            revert("unreachable");
        } catch (bytes memory reason) {
            vm.warp(timestamp);
            vm.roll(blockNumber);
            bytes memory wanted = abi.encodeWithSelector(ComputeCampaign_Done.selector, leaving);
            if (keccak256(reason) == keccak256(wanted)) return;
            assembly ("memory-safe") {
                revert(add(reason, 0x20), mload(reason))
            }
        }
    }

    /// @notice Always reverts: with {ComputeCampaign_Done} if all went well.
    function tryLater() external {
        for (uint256 i = 0; i < 8; ++i) {
            _checkHourWeights();
            vm.warp((block.timestamp / 3600 + 1) * 3600);
        }
        _checkEverybodysPay();
        _payEverybody();
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            Machine memory m = ledger.machine(i);
            if (m.life != Life.Staying) continue;
            vm.prank(m.operator);
            registry.requestExit(m.worker);
            ledger.recordLeft(i, Life.Exiting);
        }
        vm.warp(block.timestamp + 21 days);
        uint256 exits;
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            if (ledger.machine(i).exitStart != 0) exits += _leave(i);
        }
        _looksAtAll = true;
        checkCollateral();
        revert ComputeCampaign_Done(exits);
    }

    function _checkEverybodysPay() private view {
        uint256 total;
        HourLedger.Books memory books;
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            uint256 pay;
            (books, pay) = _checkWorker(i);
            total += pay;
        }
        vm.assertLe(total, books.shared, "workers earn more than the hours have shared");
    }

    /// @dev All claim all that is theirs: what was pulled is enough.
    function _payEverybody() private {
        uint256 pausedUntil = vpha.depositsPausedUntil();
        if (block.timestamp < pausedUntil) vm.warp(pausedUntil);
        for (uint256 i = 0; i < ledger.MACHINES(); ++i) {
            address[] memory workers = new address[](1);
            workers[0] = ledger.addressOf(i);
            uint256 owed = rewards.rewardsOf(workers[0]);
            if (vpha.previewDeposit(owed) == 0) continue;
            address operator = ledger.machine(i).operator;
            vm.prank(operator);
            (uint256 assets, ) = rewards.claim(workers, operator);
            vm.assertEq(assets, owed, "another amount than was earned");
        }
    }

    /// @dev What is not reserved leaves at once, and the rest when the proposals, which are all over, are executed.
    function _leave(uint256 number) private returns (uint256) {
        Machine memory m = ledger.machine(number);
        uint256 before = vpha.balanceOf(m.operator);
        (bool allowed, uint256 amount) = ledger.exitPayment(number);
        if (allowed) {
            vm.prank(m.operator);
            registry.finishExit(m.worker, m.operator);
            ledger.recordExitPaid(number, amount);
            vm.assertEq(vpha.balanceOf(m.operator), before + amount, "an exit paid another amount");
        }
        for (uint256 i = 0; i < slashingHandler.entriesLength(); ++i) {
            SlashingHandler.Entry memory e = slashingHandler.entry(i);
            if (e.number != number || uint8(e.state) < 1 || uint8(e.state) > 2) continue;
            slashings[e.book].execute(e.proposal);
            ledger.recordSlashed(number, e.proposal.amount);
        }
        IWorkerRegistry.WorkerView memory found = registry.workerOf(m.worker);
        vm.assertEq(found.collateral, 0, "something did not leave");
        vm.assertEq(found.reserved, 0, "something is reserved without a proposal");
        return 1;
    }
}
