// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IERC7540Redeem} from "./IERC7540.sol";
import {IERC7575} from "./IERC7575.sol";
import {IEmissionVault} from "./IEmissionVault.sol";

/// @title vPHA: the liquid share of staked PHA
/// @notice ERC-4626 for deposits, ERC-7540 for redemptions that take 21 days, ERC-7575, ERC-2612, ERC-165.
///
/// The price of a share is a function of time and of nothing else that a caller can choose: the stakers' emission accrues
/// to it by the second from the closed form of {EmissionSchedule}, other income vests into it linearly, and every flow
/// in or out happens at that price, rounded in favour of the pool. Tokens held by accident never count.
///
/// A redemption request burns its shares and fixes its assets and its maturity. Requests are independent: none changes
/// another's clock, and nobody can open one for an account that has not approved him. Exits are never paused.
///
/// While fewer than {MIN_SUPPLY} shares exist the price does not rise: emission and rounding dust are banked, the income
/// stream waits, and all of it vests once there is supply again. Entries and exits can lower it there by what a wei of the
/// pool is worth to a share, in rounding. So neither a first nor a last holder can drive the price.
///
/// All amounts are in wei (1e-18 PHA or vPHA), all times in unix seconds.
interface IVPHA is IERC4626, IERC7540Redeem, IERC7575, IERC165 {
    /// @notice An open redemption request.
    struct RedemptionRequest {
        uint256 requestId;
        uint256 assets;
        uint256 shares;
        uint256 maturity;
    }

    // EVENTS

    /// @notice The pool after an interaction that moved it: `assets` PHA belong to the holders of `shares` vPHA.
    /// With {IncomeUpdated}, {Banked} and the closed form of the emission, this determines the price at every later
    /// second until the next such event.
    event PoolUpdated(uint256 assets, uint256 shares);

    /// @notice `amount` of other income vests linearly from `start` to `end` (unix seconds). While it waits for supply,
    /// `start` is 0 and `end` is the number of seconds that it will take.
    event IncomeUpdated(uint256 amount, uint256 start, uint256 end);

    /// @notice What {RedeemRequest} of ERC-7540 does not say: the assets that the request fixed, and its maturity.
    event RedemptionRequested(uint256 indexed requestId, uint256 assets, uint256 maturity);

    /// @notice `assets` of the request were paid, `shares` is the part of its shares that stood for them.
    /// The request is gone when nothing is left of its assets.
    event RedemptionClaimed(uint256 indexed requestId, uint256 assets, uint256 shares);

    /// @notice The request's `assets` were deposited again, for `shares` at the price of that moment.
    event RedemptionCancelled(uint256 indexed requestId, uint256 assets, uint256 shares);

    /// @notice `amount` of other income came in; {IncomeUpdated} tells how it vests.
    event IncomeFunded(address indexed from, uint256 amount);

    /// @notice `banked` is what waits for supply after the change: emission and dust of the time with too little of it.
    event Banked(uint256 banked);

    /// @notice Nobody can deposit until `until`.
    event DepositsPaused(address indexed by, uint256 until);

    /// @notice The pause ended before its time.
    event DepositsResumed(address indexed by);

    // ERRORS

    /// @notice The amount is so small that it buys no share, or it is zero.
    error VPHA_ZeroShares();
    /// @notice Deposits are paused until `until`; exits are not.
    error VPHA_DepositsPaused(uint256 until);
    /// @notice The caller is neither `controller` nor its operator. `controller` can approve it by {setOperator}.
    error VPHA_NotController(address caller, address controller);
    /// @notice The request does not belong to the controller of the call's first request.
    error VPHA_ForeignRequest(uint256 requestId, address controller);
    /// @notice There is no open request of this id: it was claimed, cancelled or never made.
    error VPHA_UnknownRequest(uint256 requestId);
    /// @notice The request can be claimed from `maturity` on.
    error VPHA_NotMatured(uint256 requestId, uint256 maturity);
    /// @notice The request has matured: it can be claimed, and no longer cancelled.
    error VPHA_Matured(uint256 requestId, uint256 maturity);
    /// @notice No request was named.
    error VPHA_NoRequests();
    /// @notice The next {MAX_STEPS} requests that {redeem} and {withdraw} would come to are all settled. Call {skipSettled} for
    /// `controller` first, or {claim} by id.
    error VPHA_MustSkip(address controller);
    /// @notice More than what {maxWithdraw} or {maxRedeem} says can be claimed in one call.
    error VPHA_ExceedsClaimable(uint256 requested, uint256 claimable);
    /// @notice Redemptions are asynchronous: ERC-7540 demands that this preview reverts. Ask {convertToAssets} instead.
    error VPHA_AsynchronousRedemption();
    /// @notice Income below {MIN_FUNDING} is refused, so that nobody can stretch the stream with dust.
    error VPHA_FundingTooSmall(uint256 amount, uint256 minimum);
    /// @notice The allowance does not cover the amount, and the permit did not help.
    error VPHA_InsufficientAllowance(uint256 allowance, uint256 needed);
    /// @notice Deposits are not paused.
    error VPHA_NotPaused();

    // CONSTANTS

    /// @notice 21 days from request to claim.
    function UNBONDING_PERIOD() external view returns (uint256);

    /// @notice 1,000 vPHA: below this supply the price does not rise.
    function MIN_SUPPLY() external view returns (uint256);

    /// @notice 1,000 PHA: the smallest income that {fund} takes.
    function MIN_FUNDING() external view returns (uint256);

    /// @notice 7 days: how long new income takes to vest.
    function VESTING_PERIOD() external view returns (uint256);

    /// @notice 32: how many matured requests {redeem}, {withdraw}, {maxRedeem} and {maxWithdraw} reach in one call.
    function MAX_WALK() external view returns (uint256);

    /// @notice 1,000: how many request numbers, settled or not, they look at in one call. See {skipSettled}.
    function MAX_STEPS() external view returns (uint256);

    /// @notice 7 days: the longest single pause of deposits.
    function MAX_PAUSE() external view returns (uint256);

    /// @notice 21 days: the shortest time between the end of a pause and the start of the next.
    function PAUSE_GAP() external view returns (uint256);

    /// @notice 21 days: the longest time that deposits can be paused in any 365 days.
    function MAX_PAUSE_PER_YEAR() external view returns (uint256);

    /// @notice Where the stakers' emission comes from.
    function emissionVault() external view returns (IEmissionVault);

    // DEPOSIT

    /// @notice {deposit} that takes an ERC-2612 permit along. A permit that somebody else has submitted already, or a
    /// token without permit, is no obstacle as long as the allowance is there.
    /// @dev Reverts with {VPHA_InsufficientAllowance} and like {deposit}.
    function depositWithPermit(
        uint256 assets,
        address receiver,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 shares);

    // REDEMPTION

    /// @notice Pays matured requests of one controller, in full and in any order.
    /// @param ids Requests that all have the same controller.
    /// @param receiver Who gets the PHA.
    /// @return assets Wei of PHA paid.
    /// @dev By the controller or its operator. Reverts with {VPHA_NoRequests}, {VPHA_NotController},
    /// {VPHA_ForeignRequest}, {VPHA_UnknownRequest}, {VPHA_NotMatured}.
    function claim(uint256[] calldata ids, address receiver) external returns (uint256 assets);

    /// @notice Moves the place from which {redeem} and {withdraw} walk `controller`'s requests over those that are settled
    /// (claimed by id, or cancelled), at most `n`, up to the oldest open one. Pays nothing and changes no request. Needed
    /// only where {MAX_STEPS} settled ones lie in their way: until then {maxRedeem} and {maxWithdraw} are 0.
    /// @return skipped How many it has moved over.
    /// @dev Open to all.
    function skipSettled(address controller, uint256 n) external returns (uint256 skipped);

    /// @notice Deposits a request's assets again at today's price, before its maturity. The price never falls (from
    /// {MIN_SUPPLY} on), so this is never worth more than not having asked. Not ERC-7887.
    /// @return shares vPHA minted to the controller. Rounds down.
    /// @dev By the controller or its operator; follows the pause of deposits. Reverts with {VPHA_DepositsPaused},
    /// {VPHA_NotController}, {VPHA_UnknownRequest}, {VPHA_Matured}, {VPHA_ZeroShares}.
    function cancelRedeem(uint256 requestId) external returns (uint256 shares);

    /// @notice The open requests among numbers `from` … `from + n − 1` of `owner`, oldest first.
    function requestsOf(
        address owner,
        uint256 from,
        uint256 n
    ) external view returns (RedemptionRequest[] memory requests);

    /// @notice How many requests `owner` has ever made: the next one gets this number.
    function requestCount(address owner) external view returns (uint256);

    // INCOME

    /// @notice Brings in the stakers' emission that is due. Open to all; moves tokens and never the price. The emission
    /// vault's `Pulled` event tells of it.
    /// @return amount Wei of PHA that arrived.
    function harvest() external returns (uint256 amount);

    /// @notice Brings in other income, which vests linearly. The end of the stream becomes the mean of what is left with
    /// its end and the new amount with now + {VESTING_PERIOD}, weighted by amount and rounded up to the second.
    /// @dev Open to all. Reverts with {VPHA_FundingTooSmall}.
    function fund(uint256 amount) external;

    // PAUSE

    /// @notice Stops deposits (and cancellations, which are deposits) until `until`, within limits that are counted here:
    /// {MAX_PAUSE}, {PAUSE_GAP}, {MAX_PAUSE_PER_YEAR}. Exits go on.
    /// @dev By the guardian. Reverts with {PauseLog_InvalidPause}, {PauseLog_PauseTooSoon}, {PauseLog_PauseBudgetExceeded}.
    function pauseDeposits(uint256 until) external;

    /// @notice Ends a pause now. The time not used is not counted.
    /// @dev By the guardian. Reverts with {VPHA_NotPaused}.
    function resumeDeposits() external;

    /// @notice When the last pause ends or ended; 0 if there was none.
    function depositsPausedUntil() external view returns (uint256);

    // VIEWS FOR PEOPLE

    /// @notice What the emission of this second adds to the assets per year of 365 days, without compounding, times 1e18.
    /// Not in it are income from {fund}, and what is emitted at once when the last epoch ends. 0 while there is too little
    /// supply, before the emission has started and after it has ended. Rounds down.
    function apr() external view returns (uint256);

    /// @notice Seconds until the emission curve ends (0 while {IEmissionVault-start} has not been called), and until the
    /// income has vested (while it waits for supply: how long it will take from then).
    function runway() external view returns (uint256 curve, uint256 income);

    /// @notice PHA held here, plus what the emission vault owes this second, less all that is owed to holders, to the
    /// income stream, to the bank and to requests. Never negative; positive by gifts sent without {fund}.
    function solvency() external view returns (int256);

    /// @notice PHA of open redemption requests.
    function pendingRedemptions() external view returns (uint256);

    /// @notice PHA of other income that have not vested at this second, and the seconds until they have.
    function incomeStream() external view returns (uint256 unvested, uint256 secondsLeft);

    /// @notice PHA that wait for the supply to reach {MIN_SUPPLY} again.
    function banked() external view returns (uint256);
}
