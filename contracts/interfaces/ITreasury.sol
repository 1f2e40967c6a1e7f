// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IEmissionVault} from "./IEmissionVault.sol";

/// @notice How a budget is spent.
enum BudgetKind {
    None,
    /// @dev The payee pays out, by hand, within total and rate.
    Allowance,
    /// @dev Anyone pays the payee what has accrued.
    Stream
}

/// @notice A named budget.
/// @param payee Who spends an allowance; who receives a stream. @param total Wei of `token` that it is worth. @param paid Wei that have left by it.
/// @param start Unix seconds. @param end Unix seconds: an allowance can be spent before; a stream has wholly accrued then.
/// @param rateLimit Wei that may leave in any `rateWindow` seconds; an allowance only.
struct Budget {
    BudgetKind kind;
    IERC20 token;
    address payee;
    uint128 total;
    uint128 paid;
    uint40 start;
    uint40 end;
    uint128 rateLimit;
    uint40 rateWindow;
}

/// @title The treasury
/// @notice What it holds leaves by named budgets only, each payment with the proposal that it stands on and the hash of a memo. It is the sink of the
/// treasury's stream of the emission. It accepts any ERC-20, by transfer, and no native currency.
///
/// A budget is no claim: budgets may come to more than there is, and then wait.
interface ITreasury {
    // EVENTS

    /// @notice Class treasury opened a budget.
    event BudgetOpened(bytes32 indexed name, Budget budget, bytes32 indexed proposalId, bytes32 memoHash);
    /// @notice The budget was closed: `total` is what has been paid, or has accrued to a stream's payee until now.
    event BudgetClosed(bytes32 indexed name, uint128 total);
    /// @notice `amount` wei left by the budget; `paid` by now. Payments are numbered from 1.
    event Paid(
        bytes32 indexed name,
        uint256 indexed paymentId,
        address indexed to,
        IERC20 token,
        uint256 amount,
        uint128 paid,
        bytes32 proposalId,
        bytes32 memoHash
    );

    // ERRORS

    /// @notice Names are not empty.
    error Treasury_EmptyName();
    /// @notice A name is used once, so that a payment's budget is never in doubt.
    error Treasury_NameTaken(bytes32 name);
    error Treasury_UnknownBudget(bytes32 name);
    error Treasury_WrongKind(bytes32 name, BudgetKind kind);
    /// @notice A field of the budget makes no sense: zero token, payee, total, rate limit or window, or times that are not in order.
    error Treasury_InvalidBudget();
    error Treasury_NotPayee(bytes32 name, address caller);
    /// @notice The budget can be spent from `start` on and before `end`.
    error Treasury_NotOpen(bytes32 name, uint40 start, uint40 end);
    error Treasury_ZeroAmount();
    /// @notice A payment names its proposal and the hash of its memo.
    error Treasury_Unexplained();
    error Treasury_InvalidReceiver(address to);
    error Treasury_ExceedsBudget(bytes32 name, uint256 amount, uint256 left);
    error Treasury_ExceedsRate(bytes32 name, uint256 amount, uint256 left);

    // BUDGETS

    /// @notice Opens a budget by which `payee` may pay whom it wants: `total` in all, `rateLimit` in any `rateWindow` seconds, from `start` on and
    /// before `end`. Class treasury.
    /// @param name Short text; never used again. @param proposalId Where it was decided. @param memoHash Keccak-256 of the memo.
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
    ) external;

    /// @notice Opens a budget that accrues to `payee` by the second, from nothing at `start` to `total` at `end`. Class treasury.
    function openStream(
        bytes32 name,
        IERC20 token,
        address payee,
        uint128 total,
        uint40 start,
        uint40 end,
        bytes32 proposalId,
        bytes32 memoHash
    ) external;

    /// @notice Closes a budget. What has accrued to a stream's payee remains his. Class treasury.
    function closeBudget(bytes32 name) external;

    // PAYMENTS

    /// @notice Pays `amount` wei of an allowance's token. By its payee. Equal payments are as many payments.
    function pay(
        bytes32 name,
        address to,
        uint256 amount,
        bytes32 proposalId,
        bytes32 memoHash
    ) external returns (uint256 paymentId);

    /// @notice Pays a stream's payee what is {due}. By anyone. With less in the treasury it pays that; the rest waits.
    function release(bytes32 name) external returns (uint256 amount);

    /// @notice Takes what the emission owes to the treasury, also once it is no longer the sink. By anyone.
    function collect() external returns (uint256 amount);

    // VIEWS

    function emissionVault() external view returns (IEmissionVault);

    /// @notice Payments so far.
    function paymentCount() external view returns (uint256);

    /// @notice Reverts with {Treasury_UnknownBudget}.
    function budgetOf(bytes32 name) external view returns (Budget memory);

    /// @notice Wei that can be paid by the budget now, as far as the treasury holds them: accrued and not paid, or left of total and rate.
    function due(bytes32 name) external view returns (uint256);
}
