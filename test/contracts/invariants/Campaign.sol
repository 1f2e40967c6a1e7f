// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVPHA} from "../../../contracts/interfaces/IVPHA.sol";
import {STREAM_COUNT, Stream} from "../../../contracts/types/Stream.sol";
import {EmissionReference} from "../harness/EmissionReference.sol";
import {Suite} from "../harness/Suite.sol";
import {Driver} from "./Driver.sol";
import {EmissionVaultHandler} from "./EmissionVaultHandler.sol";
import {Handler} from "./Handler.sol";
import {PHAHandler} from "./PHAHandler.sol";
import {RedemptionLedger} from "./RedemptionLedger.sol";
import {TimeHandler} from "./TimeHandler.sol";
import {VPHAHandler} from "./VPHAHandler.sol";
import {World} from "./World.sol";

/// @title The suite with its handlers, and one check per invariant of the architecture
/// @notice The runner calls the checks as invariants; {_drive} runs the same handlers in a loop, so that a test can show
/// that they succeed, and that a broken contract is found out. A later contract adds its handler to `_handlers`.
abstract contract Campaign is Suite, Driver {
    uint256 private constant ACTORS = 8;
    uint256 private constant MIN_SUPPLY = 1_000e18;

    World internal world;
    PHAHandler internal phaHandler;
    EmissionVaultHandler internal vaultHandler;
    VPHAHandler internal vphaHandler;

    /// @dev Carries out of {tryToClaimEverything} what it found, and undoes all that it did.
    error Campaign_Claimed(uint256 requests);

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
        this.expectClaims(0);
        this.expectClaims(21 days);
    }

    /// @notice Claims everything that is matured after `delay`, each by its id, and undoes it.
    function expectClaims(uint256 delay) external {
        uint256 expected;
        for (uint256 i = 0; i < vphaHandler.ledgerLength(); ++i) {
            RedemptionLedger.Request memory request = vphaHandler.ledgerEntry(i);
            if (request.assets != 0 && block.timestamp + delay >= request.createdAt + 21 days) ++expected;
        }
        uint256 timestamp = block.timestamp;
        try this.tryToClaimEverything(delay) {
            revert("unreachable");
        } catch (bytes memory reason) {
            vm.warp(timestamp);
            bytes memory wanted = abi.encodeWithSelector(Campaign_Claimed.selector, expected);
            vm.assertTrue(keccak256(reason) == keccak256(wanted), "a matured request could not be claimed");
        }
    }

    /// @notice Always reverts: with {Campaign_Claimed} if all went well.
    function tryToClaimEverything(uint256 delay) external {
        vm.warp(block.timestamp + delay);
        // Under pause, if the guardian has one left.
        vm.prank(guardian);
        try vpha.pauseDeposits(block.timestamp + 1) {} catch {}
        uint256 claimed;
        for (uint256 i = 0; i < vphaHandler.ledgerLength(); ++i) {
            if (!vphaHandler.isClaimable(i)) continue;
            RedemptionLedger.Request memory request = vphaHandler.ledgerEntry(i);
            uint256[] memory ids = new uint256[](1);
            ids[0] = request.id;
            uint256 before = pha.balanceOf(request.controller);
            vm.prank(request.controller);
            uint256 paid = vpha.claim(ids, request.controller);
            vm.assertEq(paid, request.assets, "another amount than was fixed");
            vm.assertEq(pha.balanceOf(request.controller), before + paid, "less arrived than was paid");
            ++claimed;
        }
        revert Campaign_Claimed(claimed);
    }

    /// @notice 6. Nobody gets PHA out in less than 21 days; no request changes another's maturity.
    function checkClock() public view {
        world.requireNone(6);
        address[] memory actors = world.actors();
        for (uint256 i = 0; i < actors.length; ++i) {
            uint256[] memory numbers = vphaHandler.ledgerOf(actors[i]);
            vm.assertEq(vpha.requestCount(actors[i]), numbers.length, "a list is longer than its controller made it");
            IVPHA.RedemptionRequest[] memory open = vpha.requestsOf(actors[i], 0, type(uint256).max);
            uint256 found;
            for (uint256 j = 0; j < numbers.length; ++j) {
                RedemptionLedger.Request memory request = vphaHandler.ledgerEntry(numbers[j]);
                if (request.assets == 0) continue;
                vm.assertTrue(found < open.length, "a request is gone");
                _checkRequest(open[found++], request);
            }
            vm.assertEq(found, open.length, "a settled request is open");
        }
        // Whatever left, left by claims of matured requests.
        uint256 came = vphaHandler.depositedIn() + vphaHandler.fundedIn() + phaHandler.donated(address(vpha));
        uint256 left = came + vault.pulled(Stream.Stakers) - pha.balanceOf(address(vpha));
        vm.assertEq(left, vphaHandler.paidOut(), "PHA left on another way than by matured claims");
    }

    function _checkRequest(IVPHA.RedemptionRequest memory open, RedemptionLedger.Request memory request) private pure {
        vm.assertEq(open.requestId, request.id, "another id");
        vm.assertEq(open.assets, request.assets, "another amount");
        vm.assertEq(open.shares, request.shares, "other shares");
        vm.assertEq(open.maturity, request.createdAt + 21 days, "another maturity");
    }

    /// @notice 13. Rounding favours the pool.
    function checkRounding() public view {
        world.requireNone(13);
        uint256 shares = uint256(keccak256(abi.encode(block.timestamp))) % 1e24;
        vm.assertLe(vpha.convertToShares(vpha.convertToAssets(shares)), shares, "shares grow by conversion");
        vm.assertLe(vpha.convertToAssets(vpha.convertToShares(shares)), shares, "assets grow by conversion");
        vm.assertGe(vpha.convertToShares(vpha.previewMint(shares)), shares, "mint is cheaper than deposit");
    }
}
