// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EmissionVault} from "../../../contracts/emission/EmissionVault.sol";
import {IPHA} from "../../../contracts/interfaces/IPHA.sol";
import {IVPHA} from "../../../contracts/interfaces/IVPHA.sol";
import {VPHA} from "../../../contracts/staking/VPHA.sol";
import {PHA} from "../../../contracts/token/PHA.sol";
import {Stream} from "../../../contracts/types/Stream.sol";
import {Suite} from "../harness/Suite.sol";

/// @notice Token, vault and vPHA as one of the two ways of the compiler makes them.
struct House {
    IPHA pha;
    EmissionVault vault;
    VPHA vpha;
}

/// @title What is deployed does what the same sources do when the compiler makes them another way
/// @notice The artifacts come by way of the IR, optimised for a million runs; the contracts of the tests by the older generator,
/// which shares neither its intermediate language nor most of its optimiser. Whoever finds a bug in one finds a difference here.
contract CompilerTest is Suite {
    uint256 private constant STEPS = 40;

    address[] private _stakers;
    /// @dev By the older generator, and as deployed.
    House[2] private _houses;
    /// @dev Calls that were not refused, of both houses.
    uint256 private _done;

    function setUp() external {
        for (uint160 i = 0; i < 3; ++i) _stakers.push(address(0xC0 + i));
        _deploySuite(_stakers);
        _houses[0] = House(IPHA(address(pha)), vault, vpha);
        IPHA.Allocation[] memory allocations = new IPHA.Allocation[](_stakers.length + 1);
        for (uint256 i = 0; i < _stakers.length; ++i) {
            allocations[i] = IPHA.Allocation(_stakers[i], IERC20(address(pha)).balanceOf(_stakers[i]));
        }
        allocations[_stakers.length] = IPHA.Allocation(address(this), CAP);
        address token = _create("token", "PHA", abi.encode(allocations));
        address deployed = _create("emission", "EmissionVault", abi.encode(address(authority), token, BUDGET));
        IERC20(token).transfer(deployed, CAP);
        address shares = _create("staking", "VPHA", abi.encode(address(authority), deployed));
        _houses[1] = House(IPHA(token), EmissionVault(deployed), VPHA(shares));
        for (uint256 i = 0; i < _stakers.length; ++i) {
            vm.prank(_stakers[i]);
            IERC20(token).approve(shares, type(uint256).max);
        }
        _requireOther("token", "PHA", type(PHA).creationCode);
        _requireOther("emission", "EmissionVault", type(EmissionVault).creationCode);
        _requireOther("staking", "VPHA", type(VPHA).creationCode);
        for (uint256 i = 0; i < 2; ++i) {
            address[3] memory sinks = [address(_houses[i].vpha), workersSink, treasurySink];
            vm.prank(governance);
            _houses[i].vault.start(sinks);
        }
    }

    function _newPHA(IPHA.Allocation[] memory allocations) internal override returns (PHA) {
        return new PHA(allocations);
    }

    function _newVault() internal override returns (EmissionVault) {
        return new EmissionVault(address(authority), pha, BUDGET);
    }

    function _newVPHA() internal override returns (VPHA) {
        return new VPHA(address(authority), vault);
    }

    /// @dev The artifact's code has to be another than that of the tests: the same twice shows nothing.
    function _requireOther(string memory folder, string memory name, bytes memory code) private view {
        bytes memory artifact = vm.getCode(string.concat("contracts/", folder, "/", name, ".sol:", name));
        vm.assertTrue(keccak256(artifact) != keccak256(code), string.concat(name, " is compiled the same way twice"));
    }

    /// @notice The same calls at the same times, sensible or not: what they return, what they are refused with, and all that can be read
    /// afterwards is the same.
    function testFuzz_bothAgree(uint256 seed) external {
        for (uint256 i = 0; i < STEPS; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            vm.warp(block.timestamp + spread(word, 0, word % 8 == 0 ? 400 days : 12 days));
            address caller = _stakers[(word >> 32) % _stakers.length];
            bytes memory call = _call(word >> 40, caller);
            bytes32[2] memory outcomes;
            for (uint256 h = 0; h < 2; ++h) {
                vm.prank(caller);
                (bool isDone, bytes memory result) = address(_houses[h].vpha).call(call);
                if (isDone) ++_done;
                outcomes[h] = keccak256(abi.encode(isDone, _own(result, _houses[h])));
            }
            vm.assertTrue(outcomes[0] == outcomes[1], "another answer");
            vm.assertTrue(_stateOf(_houses[0]) == _stateOf(_houses[1]), "another state");
        }
        vm.assertGt(_done, STEPS / 4, "hardly anything succeeded");
    }

    /// @dev One of all functions, of any size and of any request.
    function _call(uint256 word, address caller) private view returns (bytes memory) {
        VPHA any = _houses[0].vpha;
        uint256 amount = spread(word >> 8, 0, 60_000_000e18);
        uint256 kind = word % 10;
        if (kind <= 2) return abi.encodeCall(any.deposit, (amount, caller));
        if (kind == 3) return abi.encodeCall(any.mint, (amount / 3, caller));
        if (kind == 4) return abi.encodeCall(IVPHA.fund, (amount));
        if (kind == 5) return abi.encodeCall(IVPHA.harvest, ());
        uint256 shares = spread(word >> 16, 0, any.balanceOf(caller) + 1);
        if (kind == 6) return abi.encodeCall(any.transfer, (_stakers[0], shares));
        if (kind <= 8) return abi.encodeCall(any.requestRedeem, (shares, caller, caller));
        return _callOnRequests(word >> 24, caller);
    }

    function _callOnRequests(uint256 word, address caller) private view returns (bytes memory) {
        VPHA any = _houses[0].vpha;
        uint256 id = (uint256(uint160(caller)) << 96) | ((word >> 8) % (any.requestCount(caller) + 1));
        uint256 kind = word % 5;
        if (kind == 0) return abi.encodeCall(IVPHA.cancelRedeem, (id));
        if (kind == 1) return abi.encodeCall(IVPHA.skipSettled, (caller, word >> 64));
        if (kind == 2) {
            uint256[] memory ids = new uint256[](1 + ((word >> 32) % 2));
            for (uint256 i = 0; i < ids.length; ++i) ids[i] = id + i;
            return abi.encodeCall(IVPHA.claim, (ids, caller));
        }
        if (kind == 3) {
            uint256 shares = spread(word >> 40, 0, any.maxRedeem(caller) + 1);
            return abi.encodeCall(any.redeem, (shares, caller, caller));
        }
        uint256 assets = spread(word >> 40, 0, any.maxWithdraw(caller) + 1);
        return abi.encodeCall(any.withdraw, (assets, caller, caller));
    }

    /// @dev An answer without the one thing in which both may differ: the houses' own addresses, in errors of the token.
    function _own(bytes memory answer, House storage house) private view returns (bytes memory) {
        for (uint256 place = 4; place + 32 <= answer.length; place += 32) {
            uint256 word;
            assembly ("memory-safe") {
                word := mload(add(add(answer, 0x20), place))
            }
            if (word == uint160(address(house.vpha))) word = 1;
            if (word == uint160(address(house.pha))) word = 2;
            if (word == uint160(address(house.vault))) word = 3;
            assembly ("memory-safe") {
                mstore(add(add(answer, 0x20), place), word)
            }
        }
        return answer;
    }

    /// @dev All that the three contracts say of themselves and of each staker.
    function _stateOf(House storage house) private view returns (bytes32 hash) {
        VPHA shares = house.vpha;
        hash = keccak256(abi.encode(shares.totalAssets(), shares.totalSupply(), shares.pendingRedemptions()));
        hash = keccak256(abi.encode(hash, shares.banked(), shares.apr(), shares.solvency()));
        hash = keccak256(abi.encode(hash, shares.convertToAssets(1e18), shares.convertToShares(1e18)));
        hash = keccak256(abi.encode(hash, shares.previewMint(1e18), house.vault.pulled(Stream.Stakers)));
        (uint256 unvested, uint256 secondsLeft) = shares.incomeStream();
        (uint256 curve, uint256 income) = shares.runway();
        hash = keccak256(abi.encode(hash, unvested, secondsLeft, curve, income));
        for (uint256 i = 0; i < _stakers.length; ++i) {
            address staker = _stakers[i];
            IVPHA.RedemptionRequest[] memory requests = shares.requestsOf(staker, 0, type(uint256).max);
            uint256 balance = IERC20(address(house.pha)).balanceOf(staker);
            hash = keccak256(abi.encode(hash, requests, balance, shares.balanceOf(staker), shares.maxRedeem(staker)));
        }
    }
}
