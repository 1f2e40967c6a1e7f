// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVPHA} from "../../../contracts/interfaces/IVPHA.sol";
import {Test} from "../harness/Test.sol";
import {RedemptionLedger} from "./RedemptionLedger.sol";
import {VPHAHandler} from "./VPHAHandler.sol";

/// @title What must hold of the requests that a {VPHAHandler} has made
abstract contract RedemptionChecks is Test {
    /// @dev Carries out of {tryToClaimEverything} what it found, and undoes all that it did.
    error RedemptionChecks_Claimed(uint256 requests);

    /// @dev Each matured request can be claimed: now, and when all have matured.
    function _checkExits(VPHAHandler handler) internal {
        _expectClaims(handler, 0);
        _expectClaims(handler, 21 days);
    }

    /// @dev Claims everything that is matured after `delay`, each by its id, and undoes it.
    function _expectClaims(VPHAHandler handler, uint256 delay) private {
        uint256 expected;
        for (uint256 i = 0; i < handler.ledgerLength(); ++i) {
            RedemptionLedger.Request memory request = handler.ledgerEntry(i);
            if (request.assets != 0 && block.timestamp + delay >= request.createdAt + 21 days) ++expected;
        }
        uint256 timestamp = block.timestamp;
        try this.tryToClaimEverything(handler, delay) {
            revert("unreachable");
        } catch (bytes memory reason) {
            vm.warp(timestamp);
            bytes memory wanted = abi.encodeWithSelector(RedemptionChecks_Claimed.selector, expected);
            vm.assertTrue(keccak256(reason) == keccak256(wanted), "a matured request could not be claimed");
        }
    }

    /// @notice Always reverts: with {RedemptionChecks_Claimed} if all went well.
    function tryToClaimEverything(VPHAHandler handler, uint256 delay) external {
        IVPHA vpha = handler.vpha();
        vm.warp(block.timestamp + delay);
        // Under pause, if the guardian has one left.
        vm.prank(handler.guardian());
        try vpha.pauseDeposits(block.timestamp + 1) {} catch {}
        uint256 claimed;
        for (uint256 i = 0; i < handler.ledgerLength(); ++i) {
            if (!handler.isClaimable(i)) continue;
            RedemptionLedger.Request memory request = handler.ledgerEntry(i);
            uint256[] memory ids = new uint256[](1);
            ids[0] = request.id;
            uint256 before = handler.pha().balanceOf(request.controller);
            vm.prank(request.controller);
            uint256 paid = vpha.claim(ids, request.controller);
            vm.assertEq(paid, request.assets, "another amount than was fixed");
            uint256 received = handler.pha().balanceOf(request.controller) - before;
            vm.assertEq(received, paid, "less arrived than was paid");
            ++claimed;
        }
        revert RedemptionChecks_Claimed(claimed);
    }

    /// @dev Each open request is what it was when it was made, and no other is there.
    function _checkRequests(VPHAHandler handler) internal view {
        IVPHA vpha = handler.vpha();
        address[] memory actors = handler.world().actors();
        for (uint256 i = 0; i < actors.length; ++i) {
            uint256[] memory numbers = handler.ledgerOf(actors[i]);
            vm.assertEq(vpha.requestCount(actors[i]), numbers.length, "a list is longer than its controller made it");
            IVPHA.RedemptionRequest[] memory open = vpha.requestsOf(actors[i], 0, type(uint256).max);
            uint256 found;
            for (uint256 j = 0; j < numbers.length; ++j) {
                RedemptionLedger.Request memory request = handler.ledgerEntry(numbers[j]);
                if (request.assets == 0) continue;
                vm.assertTrue(found < open.length, "a request is gone");
                _checkRequest(open[found++], request);
            }
            vm.assertEq(found, open.length, "a settled request is open");
        }
    }

    function _checkRequest(IVPHA.RedemptionRequest memory open, RedemptionLedger.Request memory request) private pure {
        vm.assertEq(open.requestId, request.id, "another id");
        vm.assertEq(open.assets, request.assets, "another amount");
        vm.assertEq(open.shares, request.shares, "other shares");
        vm.assertEq(open.maturity, request.createdAt + 21 days, "another maturity");
    }
}
