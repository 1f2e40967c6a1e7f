// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {RateLimiter} from "@openzeppelin/contracts/utils/RateLimiter.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEmissionVault} from "../interfaces/IEmissionVault.sol";
import {Budget, BudgetKind, ITreasury} from "../interfaces/ITreasury.sol";
import {Stream} from "../types/Stream.sol";

/// @title Treasury
/// @notice See {ITreasury}.
/// @dev What holds: a token leaves in {_pay} alone, by a budget that governance opened, never more than its total; and by an allowance never
/// more than its limit in any window, since the limiter remembers every payment of the window.
contract Treasury is ITreasury, AccessManaged {
    using RateLimiter for RateLimiter.SlidingWindow;
    using SafeERC20 for IERC20;

    // CONSTANTS

    /// @dev Each budget has a limiter of its own; this is its only key.
    bytes32 private constant _KEY = 0;

    // IMMUTABLES

    /// @inheritdoc ITreasury
    IEmissionVault public immutable emissionVault;

    // STORAGE

    /// @inheritdoc ITreasury
    uint256 public paymentCount;
    mapping(bytes32 name => Budget) private _budgets;
    /// @dev Why a stream is paid.
    mapping(bytes32 name => bytes32[2]) private _reasons;
    mapping(bytes32 name => RateLimiter.SlidingWindow) private _limiters;

    // CONSTRUCTOR

    /// @param authority The {PhalaAuthority} that decides who opens and closes budgets.
    constructor(address authority, IEmissionVault emissionVault_) AccessManaged(authority) {
        emissionVault = emissionVault_;
    }

    // VIEWS

    /// @inheritdoc ITreasury
    function budgetOf(bytes32 name) external view returns (Budget memory) {
        return _known(name);
    }

    /// @inheritdoc ITreasury
    function due(bytes32 name) external view returns (uint256) {
        Budget storage budget = _known(name);
        uint256 held = budget.token.balanceOf(address(this));
        if (budget.kind == BudgetKind.Stream) return Math.min(_accrued(budget) - budget.paid, held);
        if (block.timestamp < budget.start || block.timestamp >= budget.end) return 0;
        return Math.min(Math.min(budget.total - budget.paid, _limiters[name].available(_KEY)), held);
    }

    // BUDGETS

    /// @inheritdoc ITreasury
    function openAllowance(
        bytes32 name,
        IERC20 token,
        address payee,
        uint128 total,
        uint40 start,
        uint40 end,
        uint128 rateLimit,
        uint40 rateWindow,
        bytes32 proposalId,
        bytes32 memoHash
    ) external restricted {
        if (rateLimit == 0 || rateWindow == 0) revert Treasury_InvalidBudget();
        _open(
            name,
            Budget(BudgetKind.Allowance, token, payee, total, 0, start, end, rateLimit, rateWindow),
            proposalId,
            memoHash
        );
        _limiters[name].updateSettings(rateWindow, rateLimit);
    }

    /// @inheritdoc ITreasury
    function openStream(
        bytes32 name,
        IERC20 token,
        address payee,
        uint128 total,
        uint40 start,
        uint40 end,
        bytes32 proposalId,
        bytes32 memoHash
    ) external restricted {
        _open(name, Budget(BudgetKind.Stream, token, payee, total, 0, start, end, 0, 0), proposalId, memoHash);
        _reasons[name] = [proposalId, memoHash];
    }

    /// @inheritdoc ITreasury
    function closeBudget(bytes32 name) external restricted {
        Budget storage budget = _known(name);
        if (block.timestamp >= budget.end) revert Treasury_NotOpen(name, budget.start, budget.end);
        uint128 total = budget.kind == BudgetKind.Stream ? uint128(_accrued(budget)) : budget.paid;
        budget.total = total;
        budget.end = uint40(block.timestamp);
        if (budget.start > budget.end) budget.start = budget.end;
        emit BudgetClosed(name, total);
    }

    // PAYMENTS

    /// @inheritdoc ITreasury
    function pay(
        bytes32 name,
        address to,
        uint256 amount,
        bytes32 proposalId,
        bytes32 memoHash
    ) external returns (uint256 paymentId) {
        Budget storage budget = _known(name);
        if (budget.kind != BudgetKind.Allowance) revert Treasury_WrongKind(name, budget.kind);
        if (msg.sender != budget.payee) revert Treasury_NotPayee(name, msg.sender);
        if (block.timestamp < budget.start || block.timestamp >= budget.end) {
            revert Treasury_NotOpen(name, budget.start, budget.end);
        }
        if (amount == 0) revert Treasury_ZeroAmount();
        if (to == address(0) || to == address(this)) revert Treasury_InvalidReceiver(to);
        if (proposalId == 0 || memoHash == 0) revert Treasury_Unexplained();
        uint256 left = budget.total - budget.paid;
        if (amount > left) revert Treasury_ExceedsBudget(name, amount, left);
        RateLimiter.SlidingWindow storage limiter = _limiters[name];
        if (!limiter.tryConsume(_KEY, amount)) revert Treasury_ExceedsRate(name, amount, limiter.available(_KEY));
        return _pay(name, budget, to, amount, proposalId, memoHash);
    }

    /// @inheritdoc ITreasury
    function release(bytes32 name) external returns (uint256 amount) {
        Budget storage budget = _known(name);
        if (budget.kind != BudgetKind.Stream) revert Treasury_WrongKind(name, budget.kind);
        amount = Math.min(_accrued(budget) - budget.paid, budget.token.balanceOf(address(this)));
        if (amount == 0) revert Treasury_ZeroAmount();
        bytes32[2] memory reason = _reasons[name];
        _pay(name, budget, budget.payee, amount, reason[0], reason[1]);
    }

    /// @inheritdoc ITreasury
    function collect() external returns (uint256 amount) {
        return emissionVault.pull(Stream.Treasury);
    }

    // INTERNAL

    function _open(bytes32 name, Budget memory budget, bytes32 proposalId, bytes32 memoHash) private {
        if (name == 0) revert Treasury_EmptyName();
        if (_budgets[name].kind != BudgetKind.None) revert Treasury_NameTaken(name);
        if (proposalId == 0 || memoHash == 0) revert Treasury_Unexplained();
        bool isComplete = address(budget.token) != address(0) && budget.payee != address(0) && budget.total != 0;
        if (
            !isComplete || budget.payee == address(this) || budget.start >= budget.end || budget.end <= block.timestamp
        ) {
            revert Treasury_InvalidBudget();
        }
        _budgets[name] = budget;
        emit BudgetOpened(name, budget, proposalId, memoHash);
    }

    /// @dev Books before it sends: a token that calls back finds nothing left to take.
    function _pay(
        bytes32 name,
        Budget storage budget,
        address to,
        uint256 amount,
        bytes32 proposalId,
        bytes32 memoHash
    ) private returns (uint256 paymentId) {
        uint128 paid = budget.paid + uint128(amount);
        budget.paid = paid;
        paymentId = ++paymentCount;
        IERC20 token = budget.token;
        emit Paid(name, paymentId, to, token, amount, paid, proposalId, memoHash);
        token.safeTransfer(to, amount);
    }

    /// @dev Wei that a stream has earned its payee, rounded down.
    function _accrued(Budget storage budget) private view returns (uint256) {
        (uint256 start, uint256 end) = (budget.start, budget.end);
        if (block.timestamp >= end) return budget.total;
        if (block.timestamp <= start) return 0;
        return (uint256(budget.total) * (block.timestamp - start)) / (end - start);
    }

    function _known(bytes32 name) private view returns (Budget storage budget) {
        budget = _budgets[name];
        if (budget.kind == BudgetKind.None) revert Treasury_UnknownBudget(name);
    }
}
