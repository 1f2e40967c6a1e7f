// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITreasury} from "../../../contracts/interfaces/ITreasury.sol";
import {STREAM_COUNT, Stream} from "../../../contracts/types/Stream.sol";
import {EmissionReference} from "../harness/EmissionReference.sol";
import {ComputeCampaign} from "./ComputeCampaign.sol";
import {Handler} from "./Handler.sol";
import {IntruderHandler} from "./IntruderHandler.sol";
import {PHAHandler} from "./PHAHandler.sol";
import {RedemptionChecks} from "./RedemptionChecks.sol";
import {RoundingChecks} from "./RoundingChecks.sol";
import {SystemStakerHandler} from "./SystemStakerHandler.sol";
import {VoteHandler} from "./VoteHandler.sol";

/// @title The whole house at once: one set of accounts stakes, operates machines, slashes, governs, and attacks all of it
/// @notice Adds stakers, the token's holders, votes and vetoes, payments and intruders to {ComputeCampaign}, whose checks of the invariants 7 to
/// 11 go on holding, and checks the other eight. What a deposit of rewards does to stakers, or a redemption to collateral, happens here.
abstract contract SystemCampaign is ComputeCampaign, RedemptionChecks, RoundingChecks {
    /// @dev Of all budgets of the treasury.
    address private constant PAYEE = address(0x70);

    PHAHandler internal phaHandler;
    SystemStakerHandler internal stakerHandler;
    IntruderHandler internal intruderHandler;
    VoteHandler internal voteHandler;

    uint256 private _start;
    /// @dev PHA of the vPHA before anything happened.
    uint256 private _staked;

    function setUp() public virtual override {
        super.setUp();
        _start = vault.startTime();
        (uint40 start, uint40 end) = (uint40(block.timestamp + 1), uint40(block.timestamp + 5 * 365 days));
        _govern(
            address(treasury),
            abi.encodeCall(treasury.openStream, ("salaries", pha, PAYEE, 10_000_000e18, start, end, "p", "m"))
        );
        _govern(
            address(treasury),
            abi.encodeCall(
                treasury.openAllowance,
                ("grants", pha, PAYEE, 1_000_000e18, start, end, 1_000e18, 30 days, "p", "m")
            )
        );
        registryHandler.reattestEverybody(0, 0, (1 << 64) | (1 << 80));

        address[] memory donees = new address[](2);
        (donees[0], donees[1]) = (address(vpha), address(vault));
        phaHandler = new PHAHandler(world, pha, donees);
        world.watch(phaHandler);
        stakerHandler = new SystemStakerHandler(world, vpha, pha, address(mandate));
        intruderHandler = new IntruderHandler(
            world,
            IntruderHandler.Targets({
                governance: governance,
                authority: authority,
                governor: governor,
                mandate: mandate,
                vault: vault,
                attestation: attestation,
                registry: registry,
                rewards: rewards,
                slashing: slashings[0],
                treasury: ITreasury(address(treasury)),
                roles: roles,
                operations: operations
            })
        );
        voteHandler = new VoteHandler(
            world,
            VoteHandler.Tools({
                authority: authority,
                governor: governor,
                vetoLock: vetoLock,
                voting: voting,
                vpha: vpha,
                registry: registry,
                operations: operations
            })
        );
        address[] memory actors = world.actors();
        for (uint256 i = 0; i < actors.length; ++i) {
            vm.startPrank(actors[i]);
            vpha.approve(address(voting), type(uint256).max);
            vpha.approve(address(vetoLock), type(uint256).max);
            vm.stopPrank();
        }
        _handlers.push(Handler(phaHandler));
        _handlers.push(stakerHandler);
        _handlers.push(intruderHandler);
        _handlers.push(voteHandler);
        _staked = pha.balanceOf(address(vpha)) - vault.pulled(Stream.Stakers);
    }

    // CHECKS

    /// @notice 1. Total PHA only falls, by burns.
    function checkSupply() public view {
        world.requireNone(1);
        vm.assertEq(
            pha.totalSupply(),
            SUPPLY - phaHandler.burnt(),
            "supply is not what was minted less what was burnt"
        );
    }

    /// @notice 2. pulled_i ≤ E_i(t), Σ ≤ E(t) ≤ 4B; the curve depends on time only; and nothing else leaves the vault.
    function checkEmission() public view {
        world.requireNone(2);
        vm.assertEq(vault.startTime(), _start, "the start moved");
        uint256 elapsed = block.timestamp < _start ? 0 : block.timestamp - _start;
        uint256 emitted = EmissionReference.emitted(BUDGET, elapsed);
        vm.assertEq(vault.emitted(block.timestamp), emitted, "the curve is not the one of the start");
        vm.assertLe(emitted, CAP, "more than the cap");
        uint256 sum;
        for (uint256 i = 0; i < STREAM_COUNT; ++i) {
            uint256 pulled = vault.pulled(Stream(i));
            uint256 limit = EmissionReference.streamOf(i, emitted);
            vm.assertLe(pulled, limit, "a stream was pulled beyond the curve");
            vm.assertEq(pulled + vault.due(Stream(i)), limit, "pulled and due are not what was emitted");
            sum += pulled;
        }
        vm.assertLe(sum, emitted, "all streams together were pulled beyond the curve");
        uint256 left = CAP + phaHandler.donated(address(vault)) - pha.balanceOf(address(vault));
        vm.assertEq(left, _receivedBySinks(), "tokens left the vault on another way");
    }

    /// @dev Former sinks never pull here: what is reserved for them stays.
    function _receivedBySinks() private view returns (uint256) {
        (, , , , uint256 toWorkers, ) = rewards.totals();
        uint256 toTreasury = pha.balanceOf(address(treasury)) + pha.balanceOf(PAYEE);
        return vault.pulled(Stream.Stakers) + toWorkers + toTreasury;
    }

    /// @notice 3. What the vPHA has and is owed covers all that it owes; here the difference is what was given to it.
    function checkSolvency() public view {
        world.requireNone(3);
        uint256 gifts = phaHandler.donated(address(vpha));
        vm.assertEq(vpha.solvency(), int256(gifts), "solvency is not what was donated");
        vm.assertEq(pha.balanceOf(address(vpha)), _came() - stakerHandler.paidOut(), "tokens came or left otherwise");
        uint256 pending = stakerHandler.pendingAssets();
        vm.assertEq(vpha.pendingRedemptions(), pending, "pending is not the sum of the open requests");
    }

    /// @dev All PHA that entered the vPHA: by stakers, as income, as gifts, as emission, as workers' rewards.
    function _came() private view returns (uint256) {
        uint256 byStakers = _staked + stakerHandler.depositedIn() + stakerHandler.fundedIn();
        return byStakers + phaHandler.donated(address(vpha)) + vault.pulled(Stream.Stakers) + hours_.paid();
    }

    /// @notice 4. Assets per share never falls while supply ≥ 1,000 vPHA. See {PriceWatcher}.
    function checkPrice() public view {
        world.requireNone(4);
    }

    /// @notice 5. A matured request can always be claimed, whatever is paused: now, and when all have matured.
    function checkExit() public {
        world.requireNone(5);
        _checkExits(stakerHandler);
    }

    /// @notice 6. Nobody gets PHA out in less than 21 days; no request changes another's maturity.
    function checkClock() public view {
        world.requireNone(6);
        _checkRequests(stakerHandler);
        uint256 left = _came() - pha.balanceOf(address(vpha));
        vm.assertEq(left, stakerHandler.paidOut(), "PHA left on another way than by matured claims");
    }

    /// @notice 12. No sequence of calls by accounts without a role gives anyone a role, a target or a shorter delay; nor does
    /// governance itself do anything before its time.
    function checkRoles() public view {
        world.requireNone(12);
        intruderHandler.checkGraph();
        governanceHandler.checkOperations();
        voteHandler.checkLocks();
    }

    /// @notice 13. Rounding favours the pool.
    function checkRounding() public view {
        world.requireNone(13);
        _checkConversions(vpha);
    }
}
