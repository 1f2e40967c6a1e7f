// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {VPHA} from "../../../contracts/staking/VPHA.sol";
import {Test} from "../harness/Test.sol";

/// @title What must hold of the vault's conversions
abstract contract RoundingChecks is Test {
    /// @dev None gains by rounding, whichever amount it is.
    function _checkConversions(VPHA vpha) internal view {
        uint256 shares = uint256(keccak256(abi.encode(block.timestamp))) % 1e24;
        vm.assertLe(vpha.convertToShares(vpha.convertToAssets(shares)), shares, "shares grow by conversion");
        vm.assertLe(vpha.convertToAssets(vpha.convertToShares(shares)), shares, "assets grow by conversion");
        vm.assertGe(vpha.convertToShares(vpha.previewMint(shares)), shares, "mint is cheaper than deposit");
    }
}
