// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IWorkerRegistry} from "./IWorkerRegistry.sol";

/// @notice What a worker can be slashed for. Lapses are no faults: they cost the rewards, not the collateral.
/// `Unavailability`: accepted work that was not done. `Misreporting`: wrong results, or usage that was not. `Breach`: data or keys
/// of a customer were exposed.
enum FaultClass {
    Unavailability,
    Misreporting,
    Breach
}

enum ProposalState {
    None,
    Open,
    Rebutted,
    Executed,
    Rejected,
    Withdrawn
}

/// @notice A proposal; its id is the Keccak-256 of its ABI encoding, and only that is stored. All its windows are fixed here.
/// @param amount Wei of vPHA. @param bounty Part of it for `reporter`. @param faultAt When the fault was.
/// @param rebuttalUntil Until then the operator can rebut it; unrebutted it can be executed from then on.
/// @param judgementUntil Until then governance can reject it if it was rebutted; from then on it can be executed.
/// @param evidenceHash Keccak-256 of the evidence.
struct Proposal {
    address worker;
    FaultClass faultClass;
    uint96 amount;
    uint96 bounty;
    address reporter;
    uint40 faultAt;
    uint40 proposedAt;
    uint40 rebuttalUntil;
    uint40 judgementUntil;
    bytes32 evidenceHash;
}

/// @title Slashing of workers' collateral: proposal, rebuttal, judgement
/// @notice The slasher proposes; that reserves the amount and nothing else. The operator can rebut it. Unrebutted, anyone executes it after
/// the rebuttal window; rebutted, the judge rejects it at once or lets it stand until the judgement's end. What was taken goes to the
/// treasury, at most a tenth of it to who reported the fault; never into the price of a share.
interface ISlashing {
    /// @notice Limits: `caps` in bps of the most that was at risk in the worker's window, by {FaultClass}.
    struct Limits {
        uint32 rebuttalWindow;
        uint32 processWindow;
        uint16[3] caps;
    }

    // EVENTS

    event SlashProposed(bytes32 indexed id, address indexed worker, Proposal proposal, string evidenceUri);
    event SlashRebutted(bytes32 indexed id, address indexed worker, bytes32 rebuttalHash, string rebuttalUri);
    event SlashRejected(bytes32 indexed id, address indexed worker);
    event SlashWithdrawn(bytes32 indexed id, address indexed worker);
    event SlashExecuted(bytes32 indexed id, address indexed worker, uint96 amount, uint96 bounty);
    event SlasherChanged(address indexed slasher);
    event JudgeChanged(address indexed judge);
    event TreasuryChanged(address indexed treasury);
    event LimitsChanged(Limits limits);

    // ERRORS

    error Slashing_NotSlasher(address caller);
    error Slashing_NotJudge(address caller);
    error Slashing_NotOperator(address caller, address operator);
    error Slashing_WrongState(bytes32 id, ProposalState state);
    error Slashing_ZeroAmount();
    error Slashing_FutureFault(uint40 faultAt);
    /// @notice The fault is older than {MAX_FAULT_AGE}.
    error Slashing_OldFault(uint40 faultAt, uint40 earliest);
    error Slashing_ExceedsClassCap(uint256 amount, uint256 cap);
    /// @notice All proposals of {CAP_WINDOW}, this one included, take at most what its class allows of what was at risk.
    error Slashing_ExceedsWindowCap(uint256 amount, uint256 left);
    error Slashing_InvalidBounty(uint256 bounty, uint256 max);
    error Slashing_RebuttalClosed(uint40 rebuttalUntil);
    error Slashing_TooEarly(uint40 executableAt);
    error Slashing_InvalidLimits();
    error Slashing_InvalidAccount(address account);
    error Slashing_NothingChanges();

    // PROCESS

    /// @notice Proposes a slash. By the slasher.
    /// @param reporter Gets the bounty; zero if `bounty` is.
    function propose(
        address worker,
        FaultClass faultClass,
        uint96 amount,
        uint96 bounty,
        address reporter,
        uint40 faultAt,
        bytes32 evidenceHash,
        string calldata evidenceUri
    ) external returns (bytes32 id, Proposal memory proposal);

    /// @notice Contradicts, once. By the worker's operator, before `rebuttalUntil`.
    function rebut(Proposal calldata proposal, bytes32 rebuttalHash, string calldata rebuttalUri) external;

    /// @notice Ends the proposal for good. By the judge, before it is executed.
    function reject(Proposal calldata proposal) external;

    /// @notice Takes a proposal back. By the slasher, before it is executed.
    function withdraw(Proposal calldata proposal) external;

    /// @notice Takes the collateral. Open to all, once the windows are over.
    function execute(Proposal calldata proposal) external;

    // GOVERNANCE

    /// @notice Who proposes; zero: nobody. Class: core.
    function setSlasher(address slasher) external;
    /// @notice Who rejects. Class: core.
    function setJudge(address judge) external;
    /// @notice Where proceeds go. Class: core.
    function setTreasury(address treasury) external;
    /// @notice Windows and caps of proposals to come. Class: core.
    function setLimits(Limits calldata limits) external;

    // VIEWS

    /// @notice 14 days: the longest process. With the registry's DISCOVERY it fits into the thaw.
    function MAX_PROCESS() external view returns (uint32);
    function MIN_REBUTTAL() external view returns (uint32);
    function MAX_FAULT_AGE() external view returns (uint40);
    function CAP_WINDOW() external view returns (uint40);
    function MAX_BOUNTY_BPS() external view returns (uint256);
    function workerRegistry() external view returns (IWorkerRegistry);
    function slasher() external view returns (address);
    function judge() external view returns (address);
    function treasury() external view returns (address);
    function limits() external view returns (Limits memory);
    function stateOf(bytes32 id) external view returns (ProposalState);
    function idOf(Proposal calldata proposal) external pure returns (bytes32);

    /// @notice The worker's window: since when it counts, the most that was at risk in it, and what proposals have used of that.
    function windowOf(address worker) external view returns (uint40 start, uint96 base, uint96 used);
}
