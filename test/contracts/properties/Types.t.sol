// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Redemption, Redemptions} from "../../../contracts/types/Redemption.sol";
import {RequestId, RequestIds} from "../../../contracts/types/RequestId.sol";
import {Test} from "../harness/Test.sol";

/// @title What is packed comes out as it went in
contract TypesTest is Test {
    function testFuzz_redemption(uint96 assets, uint96 shares, uint64 maturity) external pure {
        Redemption redemption = Redemptions.pack(assets, shares, maturity);
        vm.assertEq(redemption.assets(), assets, "assets");
        vm.assertEq(redemption.shares(), shares, "shares");
        vm.assertEq(redemption.maturity(), maturity, "maturity");
        vm.assertTrue(redemption.isOpen() == (assets != 0), "open");
    }

    function testFuzz_requestId(address controller, uint96 index) external pure {
        RequestId id = RequestIds.pack(controller, index);
        vm.assertEq(id.controller(), controller, "controller");
        vm.assertEq(uint96(RequestId.unwrap(id)), index, "index");
    }

    /// @notice Every id belongs to exactly one controller and number.
    function testFuzz_requestIdIsUnique(uint256 id) external pure {
        RequestId requestId = RequestId.wrap(id);
        RequestId again = RequestIds.pack(requestId.controller(), uint96(id));
        vm.assertEq(RequestId.unwrap(again), id, "two ids for one request");
    }
}
