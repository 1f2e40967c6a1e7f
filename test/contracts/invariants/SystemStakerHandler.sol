// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {VPHA} from "../../../contracts/staking/VPHA.sol";
import {PHA} from "../../../contracts/token/PHA.sol";
import {VPHAHandler} from "./VPHAHandler.sol";
import {World} from "./World.sol";

/// @title Stakers who are not alone: their vPHA is collateral, too, and others pause deposits
contract SystemStakerHandler is VPHAHandler {
    constructor(World world_, VPHA vpha_, PHA pha_, address guardian_) VPHAHandler(world_, vpha_, pha_, guardian_) {}

    /// @notice All of {VPHAHandler} but the pauses, and {massExit}, after which it expects nobody to have shares.
    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](16);
        list[0] = this.deposit.selector;
        list[1] = this.mint.selector;
        list[2] = this.requestRedeem.selector;
        list[3] = this.requestRedeemByOperator.selector;
        list[4] = this.cancelRedeem.selector;
        list[5] = this.claim.selector;
        list[6] = this.redeem.selector;
        list[7] = this.withdraw.selector;
        list[8] = this.waitForMaturity.selector;
        list[9] = this.roundTrip.selector;
        list[10] = this.transferShares.selector;
        list[11] = this.setOperator.selector;
        list[12] = this.harvest.selector;
        list[13] = this.fund.selector;
        list[14] = this.skipSettled.selector;
        list[15] = this.attack.selector;
    }

    /// @dev Whoever paused them.
    function _isPaused() internal view override returns (bool) {
        return block.timestamp < vpha.depositsPausedUntil();
    }
}
