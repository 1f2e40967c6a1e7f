// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {CollateralPermit, Lapse, Standing, WorkerQuote, WorkerState, WorkerSubject} from "../types/Worker.sol";
import {IAttestationRegistry} from "./IAttestationRegistry.sol";

/// @title GPU workers: who they are, what they have posted, and how they leave
/// @notice A worker is a key that a genuine confidential VM holds; its id is the key's address. Anyone registers one with a quote
/// of a listed workload and the collateral, in one transaction.
///
/// What a worker weighs and must have posted is that of the catalog at its latest attestation: a change of the catalog reaches
/// it with its next one, within seven days, and never backwards.
///
/// A GPU belongs to the worker whose attestation names it last, and is free as soon as that worker is not Active. Who loses
/// one is Lapsed until it attests anew; who gets one from another worker is Lapsed for {GPU_MOVE}, in which the other's lease
/// ends: no GPU counts twice.
///
/// Collateral leaves after 21 days of thaw: what is more than required by {withdraw}, all of it by {requestExit}. A slash takes
/// what was reserved for it, and nothing else is ever held back. Nothing here pauses an exit.
///
/// Amounts are in wei of vPHA, weights in hundredths (100 is one H100), times in unix seconds.
interface IWorkerRegistry {
    /// @param collateral Per GPU. @param weight Per GPU. @param isListed Whether attestations can name it.
    struct Model {
        uint96 collateral;
        uint16 weight;
        bool isListed;
    }

    /// @notice A worker as it is now.
    /// @param collateral All that is held for it. @param required What its GPUs need. @param thawing Part of the collateral that
    /// leaves by {withdraw}, from `withdrawableAt` on. @param reserved Part of it that open proposals of slashes hold.
    /// @param exitAt From when {finishExit} pays: 0 while the worker stays. @param isStamped Whether its attestation was judged after
    /// the last decision; otherwise it is judged with every question, and {restamp} would save that.
    struct WorkerView {
        address operator;
        address proposedOperator;
        WorkerState state;
        Lapse lapse;
        bytes32 model;
        uint8 gpuCount;
        uint16 weight;
        uint40 attestedBlock;
        uint40 validUntil;
        uint96 collateral;
        uint96 required;
        uint96 thawing;
        uint40 withdrawableAt;
        uint96 reserved;
        uint40 exitAt;
        bool isStamped;
    }

    // EVENTS

    /// @notice `worker` is there. {WorkerAttested} and {CollateralAdded} follow.
    event WorkerRegistered(address indexed worker, address indexed operator, address indexed payer);
    /// @notice The worker's attestation was taken: from now on this is what it is.
    event WorkerAttested(
        address indexed worker,
        bytes32 indexed model,
        bytes32[] gpuIds,
        bytes32 evidenceHash,
        uint16 weight,
        uint96 required,
        uint40 blockNumber,
        uint40 validUntil
    );
    /// @notice The worker's attestation was judged again, and holds, at `epoch` of the attestation registry.
    event WorkerRestamped(address indexed worker, uint32 epoch);
    /// @notice A newer attestation named a GPU of `loser`, which is lapsed until it attests anew.
    event GpuTaken(bytes32 indexed gpuId, address indexed loser, address indexed taker);
    /// @notice `collateral` is the worker's after it.
    event CollateralAdded(address indexed worker, address indexed payer, uint96 amount, uint96 collateral);
    event WithdrawalRequested(address indexed worker, uint96 amount, uint40 availableAt);
    event WithdrawalCancelled(address indexed worker, uint96 amount);
    /// @notice `thawing` is what an open slash holds back of this withdrawal.
    event Withdrawn(address indexed worker, address indexed receiver, uint96 amount, uint96 collateral, uint96 thawing);
    event OperatorProposed(address indexed worker, address indexed operator, address indexed proposed);
    event OperatorChanged(address indexed worker, address indexed oldOperator, address indexed newOperator);
    event ExitRequested(address indexed worker, uint40 availableAt);
    /// @notice `collateral` is what an open slash holds back; 0: the worker has exited.
    event ExitPaid(address indexed worker, address indexed receiver, uint96 amount, uint96 collateral);
    /// @notice A confirmed switch ended the worker; its collateral thaws.
    event WorkerRemoved(address indexed worker, uint40 availableAt);
    event CollateralReserved(address indexed worker, uint96 amount, uint96 reserved);
    event CollateralReleased(address indexed worker, uint96 amount, uint96 reserved);
    /// @notice `collateral` and `thawing` are what is left.
    event WorkerSlashed(
        address indexed worker,
        uint96 amount,
        address receiver,
        uint96 bounty,
        address reporter,
        uint96 collateral,
        uint96 thawing,
        uint96 reserved
    );
    event ModelChanged(bytes32 indexed model, uint96 collateral, uint16 weight);
    event ModelRemoved(bytes32 indexed model);
    event SlashingChanged(address indexed oldSlashing, address indexed newSlashing);
    event RegistrationsPaused(address indexed by, uint256 until);
    event RegistrationsResumed(address indexed by);

    // ERRORS

    error WorkerRegistry_UnknownWorker(address worker);
    /// @notice The key was registered before; an exited or removed worker needs a new key.
    error WorkerRegistry_AlreadyRegistered(address worker);
    /// @notice What was asked is not open to a worker in this state.
    error WorkerRegistry_WrongState(address worker, WorkerState state);
    error WorkerRegistry_NotOperator(address caller, address operator);
    error WorkerRegistry_NotProposedOperator(address caller, address proposed);
    error WorkerRegistry_InvalidOperator(address operator);
    error WorkerRegistry_OperatorSwitchedOff(address operator);
    /// @notice The attestation must name the worker's operator of now.
    error WorkerRegistry_OtherOperator(address named, address operator);
    /// @notice The attestation registry knows the quote, but it does not hold (any more).
    error WorkerRegistry_AttestationNotValid(address worker);
    error WorkerRegistry_UnknownModel(bytes32 model);
    error WorkerRegistry_InvalidGpuCount(uint256 count);
    /// @notice The id is zero, or named twice.
    error WorkerRegistry_InvalidGpu(bytes32 gpuId);
    /// @notice An Active worker holds the GPU by an attestation that is as new.
    error WorkerRegistry_GpuHeld(bytes32 gpuId, address holder);
    error WorkerRegistry_InsufficientCollateral(uint256 collateral, uint256 required);
    /// @notice More than {MAX_COLLATERAL} for one worker.
    error WorkerRegistry_TooMuchCollateral(uint256 collateral);
    error WorkerRegistry_InsufficientAllowance(uint256 allowance, uint256 needed);
    error WorkerRegistry_ZeroAmount();
    /// @notice Only what is more than required can be withdrawn while the worker stays.
    error WorkerRegistry_ExceedsSurplus(uint256 amount, uint256 surplus);
    /// @notice One withdrawal at a time: finish or cancel the one that is open.
    error WorkerRegistry_WithdrawalOpen(uint96 amount, uint40 availableAt);
    error WorkerRegistry_NoWithdrawal(address worker);
    error WorkerRegistry_Thawing(uint40 availableAt);
    /// @notice All that is left waits for open proposals of slashes.
    error WorkerRegistry_AllReserved(uint96 reserved);
    /// @notice No switch of the worker has been confirmed by governance.
    error WorkerRegistry_NotConfirmedOff(address worker);
    error WorkerRegistry_NotSlashing(address caller);
    /// @notice The fault is later than the exit, or it was found too late, at `latest` at the latest.
    error WorkerRegistry_NotLiable(uint40 faultAt, uint40 latest);
    error WorkerRegistry_ExceedsAtRisk(uint256 amount, uint256 atRisk);
    error WorkerRegistry_ExceedsReserved(uint256 amount, uint256 reserved);
    error WorkerRegistry_InvalidModel(bytes32 model, uint96 collateral, uint16 weight);
    error WorkerRegistry_TooManyModels();
    error WorkerRegistry_NothingChanges();
    error WorkerRegistry_InvalidSlashing(address slashing);
    error WorkerRegistry_RegistrationsPaused(uint256 until);
    error WorkerRegistry_NotPaused();

    // REGISTERING AND ATTESTING

    /// @notice Verifies the quote, takes the collateral from the caller, and makes the key a worker of `subject.operator`. The quote
    /// is the authorisation: anyone may submit it and pay.
    /// @param collateral Wei of vPHA, at least what the GPUs need.
    /// @return worker The key's address.
    function register(
        WorkerSubject calldata subject,
        WorkerQuote calldata quote,
        uint96 collateral
    ) external returns (address worker);

    /// @notice {register} that takes an ERC-2612 permit along; if it was used already, the allowance decides.
    function registerWithPermit(
        WorkerSubject calldata subject,
        WorkerQuote calldata quote,
        uint96 collateral,
        CollateralPermit calldata permit
    ) external returns (address worker);

    /// @notice Attests a registered worker anew: its GPUs, weight and required collateral are those of this quote and of today's
    /// catalog. Open to all. The worker's last quote again changes nothing.
    function reattest(WorkerSubject calldata subject, WorkerQuote calldata quote) external returns (address worker);

    /// @notice Judges the attestations of workers again after governance or Intel have decided something, so that asking for their
    /// standing stays cheap. Whoever does not hold is left as it is. Open to all.
    function restamp(address[] calldata workers) external;

    // COLLATERAL

    /// @notice Adds to the collateral of a worker that stays. Open to all.
    function addCollateral(address worker, uint96 amount) external;

    /// @notice {addCollateral} that takes an ERC-2612 permit along.
    function addCollateralWithPermit(address worker, uint96 amount, CollateralPermit calldata permit) external;

    /// @notice Starts the thaw of collateral beyond what is required. By the operator.
    function withdraw(address worker, uint96 amount) external;

    /// @notice Takes back {withdraw}: what thaws is collateral again. By the operator.
    function cancelWithdrawal(address worker) external;

    /// @notice Pays what has thawed, but for what an open slash has reserved. By the operator, in any state.
    function finishWithdrawal(address worker, address receiver) external returns (uint96 amount);

    // OPERATOR

    /// @notice Names the next operator, or nobody (zero). By the operator.
    function proposeOperator(address worker, address proposed) external;

    /// @notice Becomes the operator, with all that the worker is owed. Its next attestation must name the new one.
    function acceptOperator(address worker) external;

    // EXIT

    /// @notice Leaves for good: the GPUs are free at once, the collateral in 21 days. By the operator; never paused.
    function requestExit(address worker) external;

    /// @notice Pays all collateral but what an open slash has reserved; that later, by the same call. By the operator.
    function finishExit(address worker, address receiver) external returns (uint96 amount);

    /// @notice Ends a worker of which governance has confirmed a kill switch. Its collateral thaws like after an exit. Open to all.
    function remove(address worker) external;

    // SLASHING

    /// @notice Sets `amount` aside for a slash. By the slashing contract.
    /// @param faultAt When the fault was; a worker that leaves is liable for earlier ones, for {DISCOVERY} from its request on.
    function reserve(address worker, uint96 amount, uint40 faultAt) external;

    /// @notice Gives back what was reserved. By the slashing contract, or a former one: each is trusted to know its own.
    function release(address worker, uint96 amount) external;

    /// @notice Takes what was reserved: `bounty` of it to `reporter`, the rest to `receiver`. By the slashing contract, or a
    /// former one.
    function slash(address worker, uint96 amount, address receiver, uint96 bounty, address reporter) external;

    // GOVERNANCE

    /// @notice Lists a model or changes it, for attestations to come. Class: parameters.
    function setModel(bytes32 model, uint96 collateral, uint16 weight) external;

    /// @notice Takes a model off the list: its workers lapse when their attestations end. Class: parameters.
    function removeModel(bytes32 model) external;

    /// @notice Names the contract that may slash. A former one can finish what it has begun. Class: core.
    function setSlashing(address slashing) external;

    /// @notice Stops new workers, within the limits of {PauseLog}. Class: guardian.
    function pauseRegistrations(uint256 until) external;

    /// @notice Ends the pause before its time. Class: guardian.
    function resumeRegistrations() external;

    // VIEWS

    /// @notice 21 days: from {withdraw}, {requestExit} and {remove} to the payment.
    function THAW() external view returns (uint40);
    /// @notice 7 days: how long after its exit request a worker can be proposed for a slash. The rest of the thaw is for the process.
    function DISCOVERY() external view returns (uint40);
    /// @notice 6 hours: how long who got a GPU from another worker gets no lease; as long as the other's can last.
    function GPU_MOVE() external view returns (uint40);
    function MAX_GPUS() external view returns (uint256);
    /// @notice The most that one worker can hold.
    function MAX_COLLATERAL() external view returns (uint96);
    function MIN_MODEL_COLLATERAL() external view returns (uint96);
    function MAX_MODEL_COLLATERAL() external view returns (uint96);
    function MIN_MODEL_WEIGHT() external view returns (uint16);
    function MAX_MODEL_WEIGHT() external view returns (uint16);
    function vpha() external view returns (IERC20);
    function attestation() external view returns (IAttestationRegistry);
    function slashing() external view returns (address);
    function registrationsPausedUntil() external view returns (uint256);

    /// @notice All of a worker.
    function workerOf(address worker) external view returns (WorkerView memory);

    /// @notice Who may claim and leave; zero for an unknown worker.
    function operatorOf(address worker) external view returns (address);

    /// @notice The weight that a lease may have now, 0 for whoever gets none, and until when the attestation holds, cut to the full hour.
    function standingOf(address worker) external view returns (uint16 weight, uint40 validUntil);

    /// @notice {standingOf} for each of `workers`, in one call.
    function standingsOf(address[] calldata workers) external view returns (Standing[] memory);

    /// @notice What a fault at `faultAt`, proposed now, could take; 0 if the worker is not liable.
    function atRisk(address worker, uint40 faultAt) external view returns (uint96);

    /// @notice The worker that named the GPU last, and whether it still counts as its holder.
    function holderOf(bytes32 gpuId) external view returns (address worker, uint40 blockNumber, bool isHeld);

    function modelOf(bytes32 model) external view returns (Model memory);
    function models() external view returns (bytes32[] memory);

    /// @notice What the attestation of such a worker must name.
    function subjectHash(WorkerSubject calldata subject) external pure returns (bytes32);
}
