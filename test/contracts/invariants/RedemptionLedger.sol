// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Ghost: every redemption request as it was when it was made, and what should be left of it
/// @notice Written by what the handler did, never by what the contract under test says later.
abstract contract RedemptionLedger {
    /// @param assets What is left to be paid; 0 when the request is settled.
    /// @param shares What is left of the shares that stood for it.
    struct Request {
        uint256 id;
        address controller;
        uint256 assets;
        uint256 shares;
        uint256 createdAt;
    }

    /// @dev Written out, so that a contract with another period is found out.
    uint256 internal constant UNBONDING = 1_814_400;
    uint256 internal constant WALK = 32;

    Request[] private _requests;
    mapping(address controller => uint256[]) private _numbersOf;

    /// @notice Ghost: PHA of all open requests.
    uint256 public pendingAssets;

    /// @notice How many requests were ever made.
    function ledgerLength() public view returns (uint256) {
        return _requests.length;
    }

    function ledgerEntry(uint256 number) public view returns (Request memory) {
        return _requests[number];
    }

    /// @notice Numbers, in this ledger, of the requests of `controller`, in order of creation.
    function ledgerOf(address controller) public view returns (uint256[] memory) {
        return _numbersOf[controller];
    }

    function isOpen(uint256 number) public view returns (bool) {
        return _requests[number].assets != 0;
    }

    /// @notice Whether the request can be claimed now.
    function isClaimable(uint256 number) public view returns (bool) {
        return isOpen(number) && hasMatured(number);
    }

    function hasMatured(uint256 number) public view returns (bool) {
        return block.timestamp >= _requests[number].createdAt + UNBONDING;
    }

    /// @notice What the oldest 32 matured requests of `controller` hold.
    function claimableOf(address controller) public view returns (uint256 assets, uint256 shares) {
        uint256[] storage numbers = _numbersOf[controller];
        uint256 seen;
        for (uint256 i = 0; i < numbers.length && seen < WALK; ++i) {
            if (!isClaimable(numbers[i])) continue;
            assets += _requests[numbers[i]].assets;
            shares += _requests[numbers[i]].shares;
            ++seen;
        }
    }

    function _recordRequest(uint256 id, address controller, uint256 assets, uint256 shares) internal {
        _numbersOf[controller].push(_requests.length);
        _requests.push(Request(id, controller, assets, shares, block.timestamp));
        pendingAssets += assets;
    }

    /// @dev The request was paid in full, or cancelled.
    function _recordSettled(uint256 number) internal {
        _recordPaid(number, _requests[number].assets, _requests[number].shares);
    }

    /// @dev What a payment of `amount` (shares or assets) takes from the matured requests, oldest first.
    function _recordWalk(address controller, uint256 amount, bool inShares) internal returns (uint256 paid) {
        uint256[] storage numbers = _numbersOf[controller];
        for (uint256 i = 0; i < numbers.length && amount != 0; ++i) {
            if (!isClaimable(numbers[i])) continue;
            Request storage request = _requests[numbers[i]];
            uint256 size = inShares ? request.shares : request.assets;
            if (amount >= size) {
                amount -= size;
                paid += request.assets;
                _recordSettled(numbers[i]);
            } else {
                uint256 part = inShares ? (amount * request.assets) / request.shares : amount;
                paid += part;
                _recordPaid(numbers[i], part, _sharesFor(request, amount, inShares));
                amount = 0;
            }
        }
    }

    /// @dev Rounded up, so that nobody keeps more shares of a request than its assets; but one stays with assets left.
    function _sharesFor(Request storage request, uint256 amount, bool inShares) private view returns (uint256 shares) {
        if (inShares) return amount;
        shares = (amount * request.shares) / request.assets;
        if (shares * request.assets < amount * request.shares) ++shares;
        if (shares == request.shares) --shares;
    }

    function _recordPaid(uint256 number, uint256 assets, uint256 shares) private {
        _requests[number].assets -= assets;
        _requests[number].shares -= shares;
        pendingAssets -= assets;
    }
}
