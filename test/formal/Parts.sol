// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The arithmetic of {VPHA}'s redemptions once more: `_settleUpTo`, without the storage around it. {RedemptionArithmeticTest}
/// shows that `VPHA` pays as much.
library RedemptionArithmetic {
    /// @notice What `amount` shares, fewer than `shares`, are paid.
    function assetsOf(uint256 amount, uint256 assets, uint256 shares) internal pure returns (uint256) {
        return (amount * assets) / shares;
    }

    /// @notice What `amount` assets, fewer than `assets`, take of the shares: rounded up, and never the last one.
    function sharesOf(uint256 amount, uint256 assets, uint256 shares) internal pure returns (uint256) {
        uint256 product = amount * shares;
        uint256 rounded = product == 0 ? 0 : (product - 1) / assets + 1;
        return rounded < shares - 1 ? rounded : shares - 1;
    }
}

/// @notice A part of a redemption in shares leaves assets for the shares that are left: nothing is overpaid.
contract PartsInSharesProof {
    function leaveAssets(uint256 amount, uint256 assets, uint256 shares) external pure {
        require(amount < shares && shares < 2 ** 96 && 0 < assets && assets < 2 ** 96);
        assert(RedemptionArithmetic.assetsOf(amount, assets, shares) < assets);
    }
}

/// @notice A part in assets leaves a share for the assets that are left: nothing is stuck.
contract PartsInAssetsProof {
    function leaveAShare(uint256 amount, uint256 assets, uint256 shares) external pure {
        require(amount < assets && 0 < shares && shares < 2 ** 96 && assets < 2 ** 96);
        assert(RedemptionArithmetic.sharesOf(amount, assets, shares) < shares);
    }
}

// WRONG ON PURPOSE

/// @notice Rounds up what a part in shares is paid: the last wei goes before the last share.
contract PartsInSharesWrong {
    function leaveAssets(uint256 amount, uint256 assets, uint256 shares) external pure {
        require(amount < shares && shares < 2 ** 96 && 0 < assets && assets < 2 ** 96);
        uint256 product = amount * assets;
        assert((product == 0 ? 0 : (product - 1) / shares + 1) < assets);
    }
}

/// @notice A part in assets may take the last share: {redeem} would never reach the assets that are left.
contract PartsInAssetsWrong {
    function leaveAShare(uint256 amount, uint256 assets, uint256 shares) external pure {
        require(amount < assets && 0 < shares && shares < 2 ** 96 && assets < 2 ** 96);
        uint256 product = amount * shares;
        assert((product == 0 ? 0 : (product - 1) / assets + 1) < shares);
    }
}
