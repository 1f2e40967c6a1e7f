// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Redemption requests of {VPHA} as state machines; {RedemptionModelsTest} walks them beside it.

/// @notice The money of one request, from its making to its end: what was fixed is paid, no more and no less.
abstract contract Payments {
    uint256 internal _fixed;
    uint256 internal _assets;
    uint256 internal _shares;
    uint256 internal _paid;

    function request(uint256 assets, uint256 shares) external {
        require(_fixed == 0 && 0 < assets && assets < 2 ** 96 && 0 < shares && shares < 2 ** 96);
        (_fixed, _assets, _shares) = (assets, assets, shares);
    }

    /// @dev By shares, or by id when it is all of them. `paid` is what {PartsInSharesProof} bounds.
    function redeem(uint256 amount, uint256 paid) external virtual {
        require(0 < amount && amount <= _shares);
        require(amount == _shares ? paid == _assets : paid < _assets);
        (_assets, _shares, _paid) = (_assets - paid, _shares - amount, _paid + paid);
    }

    /// @dev By assets. `taken` is what {PartsInAssetsProof} bounds.
    function withdraw(uint256 amount, uint256 taken) external {
        require(0 < amount && amount <= _assets);
        require(amount == _assets ? taken == _shares : taken < _shares);
        (_assets, _shares, _paid) = (_assets - amount, _shares - taken, _paid + amount);
    }

    /// @dev Before its maturity: all of it goes back into the pool, which is what it is paid into.
    function cancel() external {
        require(0 < _assets);
        (_assets, _shares, _paid) = (0, 0, _paid + _assets);
    }

    function check() external view {
        assert(_paid + _assets == _fixed);
        assert((_assets == 0) == (_shares == 0));
    }
}

contract PaymentsProof is Payments {}

/// @notice The time of one request: nothing is paid in less than 21 days, and no call moves its maturity.
abstract contract Clock {
    uint256 internal constant UNBONDING = 21 days;

    uint256 internal _now = 1;
    uint256 internal _requestedAt;
    uint256 internal _maturity;
    bool internal _isPaidEarly;

    function wait(uint256 seconds_) external {
        require(seconds_ < 2 ** 40 && _now < 2 ** 41);
        _now += seconds_;
    }

    function request() external {
        require(_maturity == 0);
        (_requestedAt, _maturity) = (_now, _now + UNBONDING);
    }

    function claim() external {
        require(_maturity != 0 && _isMature());
        if (_now < _requestedAt + UNBONDING) _isPaidEarly = true;
    }

    function _isMature() internal view virtual returns (bool) {
        return _now >= _maturity;
    }

    function check() external view {
        assert(_maturity == 0 || _maturity == _requestedAt + UNBONDING);
        assert(!_isPaidEarly);
    }
}

contract ClockProof is Clock {}

/// @notice Requests mature in the order of their numbers: the first that has not ends a walk.
abstract contract Order {
    uint256 internal constant UNBONDING = 21 days;

    uint256 internal _now = 1;
    uint256 internal _lastMaturity;
    bool internal _isOutOfOrder;

    function wait(uint256 seconds_) external {
        require(seconds_ < 2 ** 40 && _now < 2 ** 41);
        _now += seconds_;
    }

    function request() external {
        uint256 maturity = _now + _unbonding();
        if (maturity < _lastMaturity) _isOutOfOrder = true;
        _lastMaturity = maturity;
    }

    function _unbonding() internal view virtual returns (uint256) {
        return UNBONDING;
    }

    function check() external view {
        assert(_lastMaturity <= _now + UNBONDING);
        assert(!_isOutOfOrder);
    }
}

contract OrderProof is Order {}

/// @notice The cursor of a controller's list never passes its end.
abstract contract Cursor {
    uint256 internal _count;
    uint256 internal _cursor;

    function request() external {
        require(_count < 2 ** 96 - 1);
        ++_count;
    }

    /// @dev `skipSettled`, and a walk: by as many as are settled in a row, at most to the end.
    function move(uint256 settledAhead) external virtual {
        uint256 most = _count - _cursor;
        _cursor += settledAhead < most ? settledAhead : most;
    }

    function check() external view {
        assert(_cursor <= _count);
    }
}

contract CursorProof is Cursor {}

// WRONG ON PURPOSE

/// @notice Forgets a wei of what it has paid in parts.
contract PaymentsWrong is Payments {
    function redeem(uint256 amount, uint256 paid) external override {
        require(0 < amount && amount <= _shares);
        require(amount == _shares ? paid == _assets : 0 < paid && paid < _assets);
        (_assets, _shares, _paid) = (_assets - paid, _shares - amount, _paid + paid - 1);
    }
}

/// @notice Pays a second before the time.
contract ClockWrong is Clock {
    function _isMature() internal view override returns (bool) {
        return _now + 1 >= _maturity;
    }
}

/// @notice Has a period that somebody can shorten: who asks later may go first.
contract OrderWrong is Order {
    uint256 private _period = UNBONDING;

    function shorten(uint256 period) external {
        require(period < _period);
        _period = period;
    }

    function _unbonding() internal view override returns (uint256) {
        return _period;
    }
}

/// @notice Steps over the end.
contract CursorWrong is Cursor {
    function move(uint256 settledAhead) external override {
        require(settledAhead < 2 ** 96);
        _cursor += settledAhead;
    }
}
