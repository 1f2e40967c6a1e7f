// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {EmissionSchedule} from "../emission/EmissionSchedule.sol";
import {IEmissionVault} from "../interfaces/IEmissionVault.sol";
import {IERC7540Operator, IERC7540Redeem} from "../interfaces/IERC7540.sol";
import {IERC7575} from "../interfaces/IERC7575.sol";
import {IVPHA} from "../interfaces/IVPHA.sol";
import {EPOCH_COUNT, EPOCH_LENGTH, Epoch, epochAt} from "../types/Epoch.sol";
import {MAX_PAUSE_LENGTH, MIN_PAUSE_GAP, PAUSE_YEAR_BUDGET, PauseLog} from "../types/PauseLog.sol";
import {NO_REDEMPTION, Redemption, Redemptions} from "../types/Redemption.sol";
import {RequestId, RequestIds} from "../types/RequestId.sol";
import {Stream} from "../types/Stream.sol";

/// @title VPHA
/// @notice See {IVPHA}.
/// @dev What holds (each a stateful test):
/// 1. Solvency: PHA held + due from the emission vault ≥ assets + unvested + banked + pending. Every flow writes both
///    sides; accrual adds to the left (due) what it adds to the right.
/// 2. Price: (assets + 1) / (supply + 1) never falls while supply ≥ MIN_SUPPLY: accrual only adds assets, and entries
///    and exits round in favour of the pool.
/// 3. Between two interactions the price depends on time alone, and how many there are in between does not matter:
///    emission and income are both differences of closed forms.
/// 4. No loop runs over accounts. What flows of different accounts share is of fixed size: the pool and, where they
///    matter, the income and the bank.
///
/// Gas: with {MIN_SUPPLY} shares or more, a deposit writes one slot of the books beside the token balances (the pool); a
/// claim by id and a cancellation write that and each request's slot; a request writes that, its own and its controller's
/// queue; {redeem} and {withdraw} write what a claim does, and the queue.
contract VPHA is IVPHA, ERC20Permit, AccessManaged, ReentrancyGuardTransient {
    using Math for uint256;
    using PauseLog for PauseLog.Pause[];
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev What every flow touches. One slot: bits 0–95 assets, 96–191 pending, 192–223 accruedAt, 224–247 startHour,
    /// 248–255 hasIncomeOrPause.
    /// @param assets PHA of the holders at `accruedAt`.
    /// @param pending PHA of open requests.
    /// @param accruedAt Second, modulo 2^32, up to which emission and income are in `assets`. The modulus is no limit: it
    /// only has to exceed the time between two interactions.
    /// @param startHour Hour at which the emission starts, copied from its vault once it is known; 0 until then.
    /// @param hasIncomeOrPause False only if no income vests and no pause is in force, so that neither has to be read.
    struct Pool {
        uint96 assets;
        uint96 pending;
        uint32 accruedAt;
        uint24 startHour;
        bool hasIncomeOrPause;
    }

    /// @dev Other income. One slot with the pause: bits 0–95 amount, 96–135 start, 136–175 end, 176–215 pausedUntil.
    /// `amount` vests linearly from `start` to `end`. While it waits for supply, `start` is 0 and `end` is the number of
    /// seconds that are left.
    struct Income {
        uint96 amount;
        uint40 start;
        uint40 end;
        uint40 pausedUntil;
    }

    /// @dev A controller's requests have the numbers 0 … count − 1; none below `cursor` is open. One slot.
    /// The cursor is moved by {redeem} and {withdraw}, which walk from it, and by {skipSettled}, but not by {claim}, which needs
    /// none.
    struct Queue {
        uint96 count;
        uint96 cursor;
    }

    // CONSTANTS

    /// @inheritdoc IVPHA
    uint256 public constant UNBONDING_PERIOD = 21 days;
    /// @inheritdoc IVPHA
    uint256 public constant MIN_SUPPLY = 1_000e18;
    /// @inheritdoc IVPHA
    uint256 public constant MIN_FUNDING = 1_000e18;
    /// @inheritdoc IVPHA
    uint256 public constant VESTING_PERIOD = 7 days;
    /// @inheritdoc IVPHA
    uint256 public constant MAX_WALK = 32;
    /// @inheritdoc IVPHA
    uint256 public constant MAX_STEPS = 1_000;
    /// @inheritdoc IVPHA
    uint256 public constant MAX_PAUSE = MAX_PAUSE_LENGTH;
    /// @inheritdoc IVPHA
    uint256 public constant PAUSE_GAP = MIN_PAUSE_GAP;
    /// @inheritdoc IVPHA
    uint256 public constant MAX_PAUSE_PER_YEAR = PAUSE_YEAR_BUDGET;

    uint256 private constant _YEAR = 365 days;

    // IMMUTABLES

    IERC20 private immutable _asset;
    uint256 private immutable _budget;
    /// @inheritdoc IVPHA
    IEmissionVault public immutable emissionVault;

    // STORAGE

    Pool private _pool;
    Income private _income;
    /// @inheritdoc IVPHA
    uint256 public banked;
    mapping(RequestId id => Redemption) private _redemptions;
    mapping(address controller => Queue) private _queues;
    /// @inheritdoc IERC7540Operator
    mapping(address controller => mapping(address operator => bool)) public isOperator;
    PauseLog.Pause[] private _pauses;

    // CONSTRUCTOR

    /// @param authority The {PhalaAuthority} that names the guardian.
    /// @param emissionVault_ Names the asset and the emission curve.
    constructor(
        address authority,
        IEmissionVault emissionVault_
    ) ERC20("Vault PHA", "vPHA") ERC20Permit("Vault PHA") AccessManaged(authority) {
        emissionVault = emissionVault_;
        _asset = emissionVault_.token();
        _budget = emissionVault_.budget();
        // Every amount in the books is at most the supply, so that no flow or accrual can overflow its 96 bits.
        _asset.totalSupply().toUint96();
        _pool.accruedAt = uint32(block.timestamp);
    }

    // ERC-4626: STATE

    /// @notice PHA, the token that is staked.
    function asset() public view returns (address) {
        return address(_asset);
    }

    /// @notice The vault is its own share token.
    /// @inheritdoc IERC7575
    function share() external view returns (address) {
        return address(this);
    }

    /// @notice PHA of the holders at this second: without unvested income, banked emission and pending redemptions.
    function totalAssets() public view returns (uint256) {
        Pool memory pool = _pool;
        _accrueInMemory(pool);
        return pool.assets;
    }

    /// @notice Shares for `assets` at this second's price. Rounds down.
    function convertToShares(uint256 assets) public view returns (uint256) {
        Pool memory pool = _pool;
        (uint256 supply, ) = _accrueInMemory(pool);
        return _toShares(assets, pool.assets, supply);
    }

    /// @notice PHA for `shares` at this second's price. Rounds down.
    function convertToAssets(uint256 shares) external view returns (uint256) {
        Pool memory pool = _pool;
        (uint256 supply, ) = _accrueInMemory(pool);
        return _toAssets(shares, pool.assets, supply);
    }

    /// @notice What fits into the books; 0 while deposits are paused.
    function maxDeposit(address) public view returns (uint256) {
        if (block.timestamp < _income.pausedUntil) return 0;
        return type(uint96).max - totalAssets();
    }

    /// @notice {maxDeposit} in shares; 0 while deposits are paused. Rounds down.
    function maxMint(address receiver) external view returns (uint256) {
        return convertToShares(maxDeposit(receiver));
    }

    /// @notice The shares that a deposit of `assets` gets now. Rounds down.
    function previewDeposit(uint256 assets) external view returns (uint256) {
        return convertToShares(assets);
    }

    /// @notice The PHA that `shares` cost now. Rounds up.
    function previewMint(uint256 shares) external view returns (uint256) {
        Pool memory pool = _pool;
        (uint256 supply, ) = _accrueInMemory(pool);
        return _toAssetsUp(shares, pool.assets, supply);
    }

    /// @notice Reverts: redemptions are asynchronous.
    function previewWithdraw(uint256) external pure returns (uint256) {
        revert VPHA_AsynchronousRedemption();
    }

    /// @notice Reverts: redemptions are asynchronous.
    function previewRedeem(uint256) external pure returns (uint256) {
        revert VPHA_AsynchronousRedemption();
    }

    // ERC-4626: DEPOSIT

    /// @notice Stakes `assets` wei of PHA for `receiver`. Rounds the shares down.
    /// @dev Reverts with {VPHA_DepositsPaused}, {VPHA_ZeroShares}.
    function deposit(uint256 assets, address receiver) external nonReentrant returns (uint256 shares) {
        return _deposit(assets, receiver);
    }

    /// @inheritdoc IVPHA
    function depositWithPermit(
        uint256 assets,
        address receiver,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (uint256 shares) {
        // Whatever the permit does, the allowance decides: it may have been used already by somebody who saw it.
        try IERC20Permit(address(_asset)).permit(msg.sender, address(this), assets, deadline, v, r, s) {} catch {}
        uint256 allowed = _asset.allowance(msg.sender, address(this));
        if (allowed < assets) revert VPHA_InsufficientAllowance(allowed, assets);
        return _deposit(assets, receiver);
    }

    /// @notice Stakes as much PHA as `shares` cost, for `receiver`. Rounds the assets up.
    /// @dev Reverts with {VPHA_DepositsPaused}, {VPHA_ZeroShares}.
    function mint(uint256 shares, address receiver) external nonReentrant returns (uint256 assets) {
        Pool memory pool = _pool;
        uint256 supply = _accrue(pool);
        assets = _toAssetsUp(shares, pool.assets, supply);
        _enter(pool, supply, assets, shares, receiver);
        _take(assets, shares, receiver);
    }

    // ERC-7540: REQUEST

    /// @notice Burns `shares` of `owner` and opens a request of `controller`, whose assets are fixed at this second's
    /// price (rounded down) and can be claimed after {UNBONDING_PERIOD}. Never paused.
    /// @dev The caller is `owner`, its operator, or spends its allowance of `owner`; and the caller is `controller` or its
    /// operator, so that nobody can lengthen another's list. Reverts with {VPHA_NotController}, {VPHA_ZeroShares}, and as ERC-20.
    function requestRedeem(
        uint256 shares,
        address controller,
        address owner
    ) external nonReentrant returns (uint256 requestId) {
        _requireController(controller);
        if (shares == 0) revert VPHA_ZeroShares();
        if (msg.sender != owner && !isOperator[owner][msg.sender]) _spendAllowance(owner, msg.sender, shares);

        Pool memory pool = _pool;
        uint256 supply = _accrue(pool);
        uint256 assets = _toAssets(shares, pool.assets, supply);
        uint256 maturity;
        // Unchecked: seconds are far from the end of the type.
        unchecked {
            maturity = block.timestamp + UNBONDING_PERIOD;
        }
        requestId = _open(controller, assets, shares, maturity);
        _exit(pool, supply, assets, shares, owner);

        emit RedeemRequest(controller, owner, requestId, msg.sender, shares);
        emit RedemptionRequested(requestId, assets, maturity);
    }

    /// @inheritdoc IVPHA
    function cancelRedeem(uint256 requestId) external nonReentrant returns (uint256 shares) {
        RequestId id = RequestId.wrap(requestId);
        address controller = id.controller();
        _requireController(controller);
        Redemption redemption = _openRedemption(id);
        if (block.timestamp >= redemption.maturity()) revert VPHA_Matured(requestId, redemption.maturity());

        _redemptions[id] = NO_REDEMPTION;
        uint256 assets = redemption.assets();
        Pool memory pool = _pool;
        uint256 supply = _accrue(pool);
        pool.pending -= uint96(assets);
        shares = _toShares(assets, pool.assets, supply);
        _enter(pool, supply, assets, shares, controller);

        emit RedemptionCancelled(requestId, assets, shares);
    }

    // ERC-7540: CLAIM

    /// @inheritdoc IVPHA
    function claim(uint256[] calldata ids, address receiver) external nonReentrant returns (uint256 assets) {
        if (ids.length == 0) revert VPHA_NoRequests();
        address controller = RequestId.wrap(ids[0]).controller();
        _requireController(controller);

        uint256 shares;
        for (uint256 i = 0; i < ids.length; ++i) {
            RequestId id = RequestId.wrap(ids[i]);
            if (id.controller() != controller) revert VPHA_ForeignRequest(ids[i], controller);
            Redemption redemption = _openRedemption(id);
            if (block.timestamp < redemption.maturity()) revert VPHA_NotMatured(ids[i], redemption.maturity());

            _redemptions[id] = NO_REDEMPTION;
            // Unchecked: open redemptions are part of the asset's supply, which fits into 96 bits.
            unchecked {
                assets += redemption.assets();
                shares += redemption.shares();
            }
            emit RedemptionClaimed(ids[i], redemption.assets(), redemption.shares());
        }
        _pay(controller, receiver, assets, shares);
    }

    /// @notice Pays `shares` worth of `controller`'s matured requests, oldest first: each request in full but the last,
    /// which may be paid in part (rounded down, the rest stays open).
    /// @dev By the controller or its operator. Reverts with {VPHA_NotController}, {VPHA_ZeroShares}, {VPHA_ExceedsClaimable},
    /// {VPHA_MustSkip}.
    function redeem(
        uint256 shares,
        address receiver,
        address controller
    ) external nonReentrant returns (uint256 assets) {
        (assets, ) = _walk(controller, receiver, shares, true);
    }

    /// @notice Pays `assets` wei of `controller`'s matured requests, oldest first.
    /// @return shares The shares that stood for them. The last request may be paid in part: then rounded up, but to one less
    /// than the request has at most, so that {redeem} can reach the rest.
    /// @dev By the controller or its operator. Reverts with {VPHA_NotController}, {VPHA_ZeroShares}, {VPHA_ExceedsClaimable},
    /// {VPHA_MustSkip}.
    function withdraw(
        uint256 assets,
        address receiver,
        address controller
    ) external nonReentrant returns (uint256 shares) {
        (, shares) = _walk(controller, receiver, assets, false);
    }

    /// @notice PHA that {withdraw} can pay in one call: that of the oldest {MAX_WALK} matured requests within the next
    /// {MAX_STEPS} numbers.
    function maxWithdraw(address controller) external view returns (uint256 assets) {
        (assets, ) = _claimable(controller);
    }

    /// @notice Shares that {redeem} can pay in one call: those of the oldest {MAX_WALK} matured requests within the next
    /// {MAX_STEPS} numbers.
    function maxRedeem(address controller) external view returns (uint256 shares) {
        (, shares) = _claimable(controller);
    }

    /// @inheritdoc IVPHA
    function skipSettled(address controller, uint256 n) external nonReentrant returns (uint256 skipped) {
        skipped = _settledAhead(controller, n);
        _queues[controller].cursor += uint96(skipped);
    }

    /// @inheritdoc IERC7540Redeem
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        Redemption redemption = _redemptions[RequestId.wrap(requestId)];
        if (RequestId.wrap(requestId).controller() != controller || block.timestamp >= redemption.maturity()) return 0;
        return redemption.shares();
    }

    /// @inheritdoc IERC7540Redeem
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        Redemption redemption = _redemptions[RequestId.wrap(requestId)];
        if (RequestId.wrap(requestId).controller() != controller || block.timestamp < redemption.maturity()) return 0;
        return redemption.shares();
    }

    /// @inheritdoc IERC7540Operator
    function setOperator(address operator, bool approved) external returns (bool) {
        isOperator[msg.sender][operator] = approved;
        emit OperatorSet(msg.sender, operator, approved);
        return true;
    }

    /// @inheritdoc IVPHA
    function requestsOf(
        address owner,
        uint256 from,
        uint256 n
    ) external view returns (RedemptionRequest[] memory requests) {
        uint256 end = from.saturatingAdd(n).min(_queues[owner].count);
        requests = new RedemptionRequest[](end.saturatingSub(from));
        uint256 found;
        for (uint256 i = from; i < end; ++i) {
            RequestId id = RequestIds.pack(owner, i);
            Redemption redemption = _redemptions[id];
            if (!redemption.isOpen()) continue;
            requests[found++] = RedemptionRequest({
                requestId: RequestId.unwrap(id),
                assets: redemption.assets(),
                shares: redemption.shares(),
                maturity: redemption.maturity()
            });
        }
        // Shortens the array to what was found; it only ever gets smaller.
        assembly ("memory-safe") {
            mstore(requests, found)
        }
    }

    /// @inheritdoc IVPHA
    function requestCount(address owner) external view returns (uint256) {
        return _queues[owner].count;
    }

    // INCOME

    /// @inheritdoc IVPHA
    function harvest() public returns (uint256 amount) {
        // Reads and writes nothing here, so that it needs no guard, and {_pay} may call it under its own.
        return emissionVault.pull(Stream.Stakers);
    }

    /// @inheritdoc IVPHA
    function fund(uint256 amount) external nonReentrant {
        if (amount < MIN_FUNDING) revert VPHA_FundingTooSmall(amount, MIN_FUNDING);
        Pool memory pool = _pool;
        uint256 supply = _accrue(pool);
        _setIncome(pool, amount, supply >= MIN_SUPPLY);
        _store(pool, supply);
        emit IncomeFunded(msg.sender, amount);
        _asset.safeTransferFrom(msg.sender, address(this), amount);
    }

    // PAUSE

    /// @inheritdoc IVPHA
    function pauseDeposits(uint256 until) external restricted {
        _pauses.start(until);
        _income.pausedUntil = uint40(until);
        _pool.hasIncomeOrPause = true;
        emit DepositsPaused(msg.sender, until);
    }

    /// @inheritdoc IVPHA
    function resumeDeposits() external restricted {
        if (block.timestamp >= _income.pausedUntil) revert VPHA_NotPaused();
        _pauses.end();
        _income.pausedUntil = uint40(block.timestamp);
        emit DepositsResumed(msg.sender);
    }

    /// @inheritdoc IVPHA
    function depositsPausedUntil() external view returns (uint256) {
        return _income.pausedUntil;
    }

    // VIEWS FOR PEOPLE

    /// @inheritdoc IVPHA
    function apr() external view returns (uint256) {
        Pool memory pool = _pool;
        (uint256 supply, ) = _accrueInMemory(pool);
        uint256 start = _startOf(pool);
        if (supply < MIN_SUPPLY || start == 0 || block.timestamp < start) return 0;
        Epoch epoch = epochAt(block.timestamp - start);
        if (Epoch.unwrap(epoch) >= EPOCH_COUNT) return 0;
        // By the curve: {EmissionSchedule.emitted} at the end of the last epoch includes what is emitted at once then.
        uint256 perEpoch =
            EmissionSchedule.share(Stream.Stakers, EmissionSchedule.emittedBefore(_budget, epoch.next())) -
                EmissionSchedule.share(Stream.Stakers, EmissionSchedule.emittedBefore(_budget, epoch));
        return (perEpoch * _YEAR).mulDiv(1e18, EPOCH_LENGTH * (uint256(pool.assets) + 1));
    }

    /// @inheritdoc IVPHA
    function runway() external view returns (uint256 curve, uint256 income) {
        Pool memory pool = _pool;
        _accrueInMemory(pool);
        uint256 start = _startOf(pool);
        if (start != 0) curve = (start + EPOCH_COUNT * EPOCH_LENGTH).saturatingSub(block.timestamp);
        (, income) = incomeStream();
    }

    /// @inheritdoc IVPHA
    function solvency() external view returns (int256) {
        Pool memory pool = _pool;
        (, uint256 toBank) = _accrueInMemory(pool);
        (uint256 unvested, ) = incomeStream();
        uint256 has = _asset.balanceOf(address(this)) + emissionVault.due(Stream.Stakers);
        uint256 owes = uint256(pool.assets) + unvested + banked + toBank + pool.pending;
        return has.toInt256() - owes.toInt256();
    }

    /// @inheritdoc IVPHA
    function pendingRedemptions() external view returns (uint256) {
        return _pool.pending;
    }

    /// @inheritdoc IVPHA
    function incomeStream() public view returns (uint256 unvested, uint256 secondsLeft) {
        return _remaining(_income);
    }

    /// @notice ERC-165, ERC-7540 operators and asynchronous redemption, ERC-7575.
    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return
            interfaceId == type(IERC165).interfaceId ||
            interfaceId == 0xe3bc4e65 || // EIP-7540: operators
            interfaceId == 0x620ee8e4 || // EIP-7540: asynchronous redemption
            interfaceId == 0x2f0a18c5; // EIP-7575: vault
    }

    // INTERNAL: PRICE

    // The virtual share and the virtual asset cannot overflow what fits into 96 bits; the products are checked.

    function _toShares(uint256 assets, uint256 poolAssets, uint256 supply) private pure returns (uint256) {
        return (assets * _plusOne(supply)) / _plusOne(poolAssets);
    }

    function _toAssets(uint256 shares, uint256 poolAssets, uint256 supply) private pure returns (uint256) {
        return (shares * _plusOne(poolAssets)) / _plusOne(supply);
    }

    function _toAssetsUp(uint256 shares, uint256 poolAssets, uint256 supply) private pure returns (uint256) {
        return (shares * _plusOne(poolAssets)).ceilDiv(_plusOne(supply));
    }

    function _plusOne(uint256 amount) private pure returns (uint256) {
        unchecked {
            return amount + 1;
        }
    }

    // INTERNAL: ACCRUAL

    /// @dev Moves `pool` to this second. Returns the share supply, and the emission since `accruedAt` that has to be
    /// banked for want of it.
    function _accrueInMemory(Pool memory pool) private view returns (uint256 supply, uint256 toBank) {
        supply = totalSupply();
        if (pool.startHour == 0) pool.startHour = uint24(emissionVault.startTime() / 1 hours);
        // Unchecked: the difference is modulo 2^32 by intention; sums are of PHA that exist, which fit into 96 bits.
        unchecked {
            uint256 elapsed = uint32(block.timestamp) - pool.accruedAt;
            if (elapsed == 0) return (supply, 0);
            uint256 last = block.timestamp - elapsed;
            uint256 income = _emissionBetween(_startOf(pool), last, block.timestamp);
            if (supply < MIN_SUPPLY) {
                toBank = income;
            } else {
                if (pool.hasIncomeOrPause) income += _vestedSince(last);
                pool.assets += uint96(income);
            }
            pool.accruedAt = uint32(block.timestamp);
        }
    }

    /// @dev {_accrueInMemory}, with what belongs into another slot written. The caller writes the pool.
    function _accrue(Pool memory pool) private returns (uint256 supply) {
        uint256 toBank;
        (supply, toBank) = _accrueInMemory(pool);
        if (toBank != 0) _setBanked(banked + toBank);
    }

    /// @dev When the emission starts; 0 while that is not known.
    function _startOf(Pool memory pool) private pure returns (uint256) {
        // Unchecked: 24 bits times 12 bits.
        unchecked {
            return uint256(pool.startHour) * 1 hours;
        }
    }

    /// @dev What stakers receive from `from` to `to`, two moments, when the emission starts at `start` (0: unknown yet).
    function _emissionBetween(uint256 start, uint256 from, uint256 to) private view returns (uint256) {
        if (start == 0 || to <= start) return 0;
        // Unchecked: `to` is after `start`, and emission never falls.
        unchecked {
            (uint256 atFrom, uint256 atTo) = EmissionSchedule.emittedAtBoth(
                _budget,
                from < start ? 0 : from - start,
                to - start
            );
            return EmissionSchedule.share(Stream.Stakers, atTo) - EmissionSchedule.share(Stream.Stakers, atFrom);
        }
    }

    // INTERNAL: INCOME

    /// @dev The part of `income` that has vested until `timestamp`, which is not before its start. Rounds down.
    function _vested(Income memory income, uint256 timestamp) private pure returns (uint256) {
        if (timestamp >= income.end) return income.amount;
        return (uint256(income.amount) * (timestamp - income.start)) / (income.end - income.start);
    }

    /// @dev What has vested between `last`, the second of the last interaction, and now.
    function _vestedSince(uint256 last) private view returns (uint256) {
        Income memory income = _income;
        if (income.start == 0) return 0;
        return _vested(income, block.timestamp) - _vested(income, last);
    }

    /// @dev What has not vested yet, and the seconds until it has.
    function _remaining(Income memory income) private view returns (uint256 unvested, uint256 secondsLeft) {
        if (income.start == 0) return (income.amount, income.end);
        return (income.amount - _vested(income, block.timestamp), uint256(income.end).saturatingSub(block.timestamp));
    }

    /// @dev Adds `amount` to the income, and lets it vest or wait. The new end is the mean of what is left with its end
    /// and of `amount` with now + {VESTING_PERIOD}, weighted by amount and rounded up.
    function _setIncome(Pool memory pool, uint256 amount, bool vesting) private {
        Income memory income = _income;
        (uint256 unvested, uint256 secondsLeft) = _remaining(income);
        uint256 total = unvested + amount;
        if (total == 0) return;
        secondsLeft = (unvested * secondsLeft + amount * VESTING_PERIOD).ceilDiv(total);

        income.amount = total.toUint96();
        income.start = vesting ? uint40(block.timestamp) : 0;
        income.end = uint40(vesting ? block.timestamp + secondsLeft : secondsLeft);
        _income = income;
        pool.hasIncomeOrPause = true;
        emit IncomeUpdated(income.amount, income.start, income.end);
    }

    // INTERNAL: POOL

    function _deposit(uint256 assets, address receiver) private returns (uint256 shares) {
        Pool memory pool = _pool;
        uint256 supply = _accrue(pool);
        shares = _toShares(assets, pool.assets, supply);
        _enter(pool, supply, assets, shares, receiver);
        _take(assets, shares, receiver);
    }

    /// @dev Puts `assets` into the books and mints `shares` for them, unless deposits are paused.
    function _enter(Pool memory pool, uint256 supply, uint256 assets, uint256 shares, address receiver) private {
        if (pool.hasIncomeOrPause && block.timestamp < _income.pausedUntil) {
            revert VPHA_DepositsPaused(_income.pausedUntil);
        }
        if (shares == 0) revert VPHA_ZeroShares();
        uint256 assetsBefore = pool.assets;
        pool.assets = (assetsBefore + assets).toUint96();
        uint256 supplyAfter;
        // Unchecked: no more shares than assets, which have just been shown to fit.
        unchecked {
            supplyAfter = supply + shares;
        }
        if (supply < MIN_SUPPLY) {
            _holdPrice(pool, assetsBefore, supply, supplyAfter);
            if (supplyAfter >= MIN_SUPPLY) {
                _setIncome(pool, banked, true);
                if (banked != 0) _setBanked(0);
            }
        }
        _store(pool, supplyAfter);
        _mint(receiver, shares);
    }

    /// @dev Moves `assets` from the pool to the pending redemptions and burns `shares` for them.
    function _exit(Pool memory pool, uint256 supply, uint256 assets, uint256 shares, address owner) private {
        _burn(owner, shares);
        uint256 assetsBefore = pool.assets;
        uint256 supplyAfter;
        // Unchecked: the burn has shown that the supply has them.
        unchecked {
            supplyAfter = supply - shares;
        }
        // Both are parts of the asset's supply, which fits.
        pool.assets = uint96(assetsBefore - assets);
        pool.pending += uint96(assets);
        if (supplyAfter < MIN_SUPPLY) {
            _holdPrice(pool, assetsBefore, supply, supplyAfter);
            if (supply >= MIN_SUPPLY) _setIncome(pool, 0, false);
        }
        _store(pool, supplyAfter);
    }

    /// @dev With little supply, a wei of rounding dust per share could be turned into any price by repetition. There the
    /// dust goes to the bank instead: the price stays where it was, rounded down to what the books can express.
    function _holdPrice(Pool memory pool, uint256 assetsBefore, uint256 supplyBefore, uint256 supplyAfter) private {
        uint256 held = _toAssets(supplyAfter + 1, assetsBefore, supplyBefore) - 1;
        if (pool.assets <= held) return;
        _setBanked(banked + pool.assets - held);
        pool.assets = uint96(held);
    }

    function _setBanked(uint256 amount) private {
        banked = amount;
        emit Banked(amount);
    }

    function _store(Pool memory pool, uint256 supply) private {
        if (pool.hasIncomeOrPause) {
            Income memory income = _income;
            (uint256 unvested, ) = _remaining(income);
            pool.hasIncomeOrPause = unvested != 0 || block.timestamp < income.pausedUntil;
        }
        _pool = pool;
        emit PoolUpdated(pool.assets, supply);
    }

    // INTERNAL: REQUESTS

    function _open(
        address controller,
        uint256 assets,
        uint256 shares,
        uint256 maturity
    ) private returns (uint256 requestId) {
        uint96 index;
        // Unchecked: nobody lives to make 2^96 requests.
        unchecked {
            index = _queues[controller].count++;
        }
        RequestId id = RequestIds.pack(controller, index);
        // Both amounts are at most the pool's, which fit.
        _redemptions[id] = Redemptions.pack({assets_: assets, shares_: shares, maturity_: maturity});
        return RequestId.unwrap(id);
    }

    function _openRedemption(RequestId id) private view returns (Redemption redemption) {
        redemption = _redemptions[id];
        if (!redemption.isOpen()) revert VPHA_UnknownRequest(RequestId.unwrap(id));
    }

    /// @dev What the oldest {MAX_WALK} matured requests of `controller` hold, among the {MAX_STEPS} numbers from the cursor on.
    /// Requests mature in the order of their numbers, so the first that has not ends the walk. Settled ones in between are a
    /// controller's own doing, and limited so that their gas fits into any transaction.
    function _claimable(address controller) private view returns (uint256 assets, uint256 shares) {
        Queue memory queue = _queues[controller];
        uint256 end = uint256(queue.count).min(queue.cursor + MAX_STEPS);
        uint256 seen;
        for (uint256 i = queue.cursor; i < end && seen < MAX_WALK; ++i) {
            Redemption redemption = _redemptions[RequestIds.pack(controller, i)];
            if (!redemption.isOpen()) continue;
            if (block.timestamp < redemption.maturity()) break;
            assets += redemption.assets();
            shares += redemption.shares();
            ++seen;
        }
    }

    /// @dev How many requests of `controller` in a row, from the cursor on and at most `n`, are settled.
    function _settledAhead(address controller, uint256 n) private view returns (uint256 settled) {
        Queue memory queue = _queues[controller];
        uint256 most = n.min(queue.count - queue.cursor);
        while (settled < most && !_redemptions[RequestIds.pack(controller, queue.cursor + settled)].isOpen()) ++settled;
    }

    /// @dev Pays matured requests, oldest first, until `amount` (of shares, or of assets) is reached.
    function _walk(
        address controller,
        address receiver,
        uint256 amount,
        bool inShares
    ) private returns (uint256 assets, uint256 shares) {
        _requireController(controller);
        if (amount == 0) revert VPHA_ZeroShares();
        (uint256 claimableAssets, uint256 claimableShares) = _claimable(controller);
        uint256 claimable = inShares ? claimableShares : claimableAssets;
        if (amount > claimable) {
            if (_settledAhead(controller, MAX_STEPS) == MAX_STEPS) revert VPHA_MustSkip(controller);
            revert VPHA_ExceedsClaimable(amount, claimable);
        }

        uint256 cursor = _queues[controller].cursor;
        for (uint256 left = amount; left != 0;) {
            RequestId id = RequestIds.pack(controller, cursor);
            (uint256 assetsPaid, uint256 sharesPaid) = _settleUpTo(id, left, inShares);
            assets += assetsPaid;
            shares += sharesPaid;
            left -= inShares ? sharesPaid : assetsPaid;
            if (!_redemptions[id].isOpen()) ++cursor;
        }
        _queues[controller].cursor = uint96(cursor);
        _pay(controller, receiver, assets, shares);
    }

    /// @dev Takes at most `amount` (of shares, or of assets) off a redemption. Nothing where it is settled already.
    function _settleUpTo(RequestId id, uint256 amount, bool inShares) private returns (uint256 assets, uint256 shares) {
        Redemption redemption = _redemptions[id];
        if (!redemption.isOpen()) return (0, 0);
        assets = redemption.assets();
        shares = redemption.shares();
        if (inShares && amount < shares) {
            assets = (amount * assets) / shares;
            shares = amount;
        } else if (!inShares && amount < assets) {
            // At least one share stays with the assets that stay, so that {redeem} can reach them.
            shares = (amount * shares).ceilDiv(assets).min(shares - 1);
            assets = amount;
        }
        _redemptions[id] = redemption.without(assets, shares);
        emit RedemptionClaimed(RequestId.unwrap(id), assets, shares);
    }

    // INTERNAL: TOKENS

    /// @dev The books are written before the token is called.
    function _take(uint256 assets, uint256 shares, address receiver) private {
        _asset.safeTransferFrom(msg.sender, address(this), assets);
        emit Deposit(msg.sender, receiver, assets, shares);
    }

    function _pay(address controller, address receiver, uint256 assets, uint256 shares) private {
        _pool.pending -= uint96(assets);
        // The balance decides only where the tokens come from, never how many are paid.
        if (_asset.balanceOf(address(this)) < assets) harvest();
        emit Withdraw(msg.sender, receiver, controller, assets, shares);
        _asset.safeTransfer(receiver, assets);
    }

    // INTERNAL: CHECKS

    function _requireController(address controller) private view {
        if (msg.sender != controller && !isOperator[controller][msg.sender]) {
            revert VPHA_NotController(msg.sender, controller);
        }
    }
}
