// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {STREAM_COUNT, Stream} from "../../../contracts/types/Stream.sol";
import {EmissionReference} from "../harness/EmissionReference.sol";
import {Suite} from "../harness/Suite.sol";
import {Driver} from "./Driver.sol";
import {EmissionVaultHandler} from "./EmissionVaultHandler.sol";
import {Handler} from "./Handler.sol";
import {PHAHandler} from "./PHAHandler.sol";
import {RedemptionChecks} from "./RedemptionChecks.sol";
import {RoundingChecks} from "./RoundingChecks.sol";
import {TimeHandler} from "./TimeHandler.sol";
import {VPHAHandler} from "./VPHAHandler.sol";
import {World} from "./World.sol";

/// @title The suite with its handlers, and one check per invariant of the architecture
/// @notice The runner calls the checks as invariants; {_drive} runs the same handlers in a loop, so that a test can show
/// that they succeed, and that a broken contract is found out. A later contract adds its handler to `_handlers`.
abstract contract Campaign is Suite, Driver, RedemptionChecks, RoundingChecks {
    uint256 private constant ACTORS = 8;
    uint256 private constant MIN_SUPPLY = 1_000e18;

    World internal world;
    PHAHandler internal phaHandler;
    EmissionVaultHandler internal vaultHandler;
    VPHAHandler internal vphaHandler;

    function setUp() public virtual {
        address[] memory actors = new address[](ACTORS);
        for (uint160 i = 0; i < ACTORS; ++i) {
            actors[i] = address(0xA000 + i);
        }
        _deploySuite(actors);
        world = new World(actors);
        address[] memory donees = new address[](2);
        (donees[0], donees[1]) = (address(vpha), address(vault));
        phaHandler = new PHAHandler(world, pha, donees);
        world.watch(phaHandler);
        vaultHandler = new EmissionVaultHandler(world, vault, governance, address(vpha));
        vphaHandler = new VPHAHandler(world, vpha, pha, guardian);
        _handlers = [Handler(phaHandler), vaultHandler, vphaHandler, new TimeHandler(world)];
    }

    // CHECKS

    /// @notice 0. What the handlers expect besides: a deposit succeeds unless it is paused, worthless or not covered;
    /// who has no right cannot pause, and nobody beyond the limits.
    function checkExpectations() public view {
        world.requireNone(0);
    }

    /// @notice 1. Total PHA only falls, by burns.
    function checkSupply() public view {
        world.requireNone(1);
        vm.assertEq(
            pha.totalSupply(),
            SUPPLY - phaHandler.burnt(),
            "supply is not what was minted less what was burnt"
        );
    }

    /// @notice 2. pulled_i ≤ E_i(t), Σ ≤ E(t) ≤ 4B; the curve depends on time only.
    function checkEmission() public view {
        world.requireNone(2);
        vm.assertEq(vault.startTime(), vaultHandler.startTime(), "the start moved");
        _checkCurve(block.timestamp);
        _checkCurve(uint256(keccak256(abi.encode(block.timestamp))) % (GENESIS + 60 * 365 days));
        uint256 emitted = vaultHandler.expectedEmission(block.timestamp);
        vm.assertLe(emitted, CAP, "more than the cap");
        uint256 sum;
        uint256 left;
        for (uint256 i = 0; i < STREAM_COUNT; ++i) {
            uint256 pulled = vault.pulled(Stream(i));
            uint256 limit = vaultHandler.expectedEmissionTo(i, block.timestamp);
            vm.assertLe(pulled, limit, "a stream was pulled beyond the curve");
            vm.assertEq(pulled + vault.due(Stream(i)), limit, "pulled and due are not what was emitted");
            if (i != 0) _checkBooks(i, pulled);
            sum += pulled;
            left += i == 0 ? pulled : vaultHandler.received(i);
        }
        vm.assertLe(sum, emitted, "all streams together were pulled beyond the curve");
        uint256 had = CAP + phaHandler.donated(address(vault));
        vm.assertEq(pha.balanceOf(address(vault)), had - left, "tokens left the vault on another way");
    }

    function _checkCurve(uint256 timestamp) private view {
        uint256 expected = vaultHandler.expectedEmission(timestamp);
        vm.assertEq(vault.emitted(timestamp), expected, "the curve is not the one of the start");
        for (uint256 i = 0; i < STREAM_COUNT; ++i) {
            uint256 expectedTo = EmissionReference.streamOf(i, expected);
            vm.assertEq(vault.emittedTo(Stream(i), timestamp), expectedTo, "a stream is not its part of the curve");
        }
    }

    /// @dev A stream with replaceable sinks: what it was charged is with its sinks, or reserved for them.
    function _checkBooks(uint256 stream, uint256 pulled) private view {
        uint256 accounted = vaultHandler.received(stream) + vaultHandler.reserved(stream);
        vm.assertEq(pulled, accounted, "pulled is neither paid nor reserved");
        address sink = vault.sinkOf(Stream(stream));
        vm.assertEq(sink, vaultHandler.sinkOf(stream), "another sink");
    }

    /// @notice 3. PHA held + owed by the emission vault ≥ assets + unvested + banked + pending. Here exactly: the
    /// difference is what was given without being asked for.
    function checkSolvency() public view {
        world.requireNone(3);
        uint256 gifts = phaHandler.donated(address(vpha));
        vm.assertGe(vpha.solvency(), int256(0), "insolvent");
        vm.assertEq(vpha.solvency(), int256(gifts), "solvency is not what was donated");

        // The same from tokens and ghosts alone.
        uint256 pulled = vault.pulled(Stream.Stakers);
        uint256 came = vphaHandler.depositedIn() + vphaHandler.fundedIn() + gifts + pulled;
        uint256 held = pha.balanceOf(address(vpha));
        vm.assertEq(held, came - vphaHandler.paidOut(), "tokens came or left on another way");

        uint256 emitted = vaultHandler.expectedEmissionTo(0, block.timestamp);
        uint256 owed = vphaHandler.depositedIn() + vphaHandler.fundedIn() + emitted - vphaHandler.paidOut();
        uint256 pending = vphaHandler.pendingAssets();
        vm.assertEq(vpha.pendingRedemptions(), pending, "pending is not the sum of the open requests");
        (uint256 unvested, ) = vpha.incomeStream();
        uint256 booked = vpha.totalAssets() + unvested + vpha.banked() + pending;
        // Emission of a time with too little supply gets into the bank's books at the next interaction.
        if (vpha.totalSupply() >= MIN_SUPPLY) vm.assertEq(booked, owed, "the books do not hold what is owed");
        else vm.assertLe(booked, owed, "the books hold more than is owed");
        _checkHolders();
    }

    /// @dev All shares are with the actors, and worth no more than the pool.
    function _checkHolders() private view {
        address[] memory actors = world.actors();
        uint256 shares;
        uint256 worth;
        for (uint256 i = 0; i < actors.length; ++i) {
            uint256 held = vpha.balanceOf(actors[i]);
            shares += held;
            worth += vpha.convertToAssets(held);
        }
        vm.assertEq(shares, vpha.totalSupply(), "shares that nobody holds");
        vm.assertLe(worth, vpha.totalAssets(), "holders own more than there is");
    }

    /// @notice 4. Assets per share never falls while supply ≥ 1,000 vPHA. See {PriceWatcher}.
    function checkPrice() public view {
        world.requireNone(4);
    }

    /// @notice 5. A matured request can always be claimed, whatever is paused: now, and when all have matured.
    function checkExit() public {
        world.requireNone(5);
        _checkExits(vphaHandler);
    }

    /// @notice 6. Nobody gets PHA out in less than 21 days; no request changes another's maturity.
    function checkClock() public view {
        world.requireNone(6);
        _checkRequests(vphaHandler);
        // Whatever left, left by claims of matured requests.
        uint256 came = vphaHandler.depositedIn() + vphaHandler.fundedIn() + phaHandler.donated(address(vpha));
        uint256 left = came + vault.pulled(Stream.Stakers) - pha.balanceOf(address(vpha));
        vm.assertEq(left, vphaHandler.paidOut(), "PHA left on another way than by matured claims");
    }

    /// @notice 13. Rounding favours the pool.
    function checkRounding() public view {
        world.requireNone(13);
        _checkConversions(vpha);
    }
}
