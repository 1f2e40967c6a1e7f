// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a redemption request holds, in one word: bits 0–95 assets, 96–191 shares, 192–255 maturity.
/// Packed by hand, since that is read and cleared with one access each. An open redemption has assets; 0 is none.
type Redemption is uint256;

using Redemptions for Redemption global;

/// @dev What is stored where there is no redemption, or none any more.
Redemption constant NO_REDEMPTION = Redemption.wrap(0);

library Redemptions {
    /// @notice The redemption of `shares_` for `assets_`, both below 2^96, that matures at `maturity_`.
    function pack(uint256 assets_, uint256 shares_, uint256 maturity_) internal pure returns (Redemption) {
        return Redemption.wrap(assets_ | (shares_ << 96) | (maturity_ << 192));
    }

    /// @notice What is left when `assets_` and `shares_`, at most its own, have been paid of it.
    function without(Redemption redemption, uint256 assets_, uint256 shares_) internal pure returns (Redemption) {
        if (assets_ == redemption.assets()) return NO_REDEMPTION;
        return pack(redemption.assets() - assets_, redemption.shares() - shares_, redemption.maturity());
    }

    /// @notice Whether there is anything to claim, now or later.
    function isOpen(Redemption redemption) internal pure returns (bool) {
        return redemption.assets() != 0;
    }

    /// @notice Wei of PHA that were fixed when it was requested, less what has been claimed of them.
    function assets(Redemption redemption) internal pure returns (uint256) {
        return uint96(Redemption.unwrap(redemption));
    }

    /// @notice Wei of vPHA that were burnt for these assets.
    function shares(Redemption redemption) internal pure returns (uint256) {
        return uint96(Redemption.unwrap(redemption) >> 96);
    }

    /// @notice Unix second from which it can be claimed.
    function maturity(Redemption redemption) internal pure returns (uint256) {
        return Redemption.unwrap(redemption) >> 192;
    }
}
