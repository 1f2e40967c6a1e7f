// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {FaultClass, ISlashing, Proposal, ProposalState} from "../interfaces/ISlashing.sol";
import {IWorkerRegistry} from "../interfaces/IWorkerRegistry.sol";

/// @title Slashing
/// @notice See {ISlashing}.
/// @dev What holds:
/// 1. A proposal is its hash: what was proposed is what is executed, with the windows of its first second.
/// 2. What is reserved in the registry by this contract is Σ of the proposals that are Open or Rebutted.
/// 3. Per worker and {CAP_WINDOW}, proposals that were not rejected or withdrawn sum to at most the cap of the last one's class, of what was
///    at risk in the window.
/// 4. DISCOVERY + process ≤ THAW: whoever leaves is free of all proposals when the thaw ends.
contract Slashing is ISlashing, AccessManaged {
    // TYPES

    /// @dev One slot: who proposes, and {Limits}.
    struct Config {
        address slasher;
        uint24 rebuttalWindow;
        uint24 processWindow;
        uint16 capOfUnavailability;
        uint16 capOfMisreporting;
        uint16 capOfBreach;
    }

    /// @dev One slot.
    struct Window {
        uint40 start;
        uint96 base;
        uint96 used;
    }

    // CONSTANTS

    /// @inheritdoc ISlashing
    uint32 public constant MAX_PROCESS = 14 days;
    /// @inheritdoc ISlashing
    uint32 public constant MIN_REBUTTAL = 3 days;
    /// @inheritdoc ISlashing
    uint40 public constant MAX_FAULT_AGE = 30 days;
    /// @inheritdoc ISlashing
    uint40 public constant CAP_WINDOW = 30 days;
    /// @inheritdoc ISlashing
    uint256 public constant MAX_BOUNTY_BPS = 1_000;

    uint256 private constant _BPS = 10_000;

    // IMMUTABLES

    /// @inheritdoc ISlashing
    IWorkerRegistry public immutable workerRegistry;

    // STORAGE

    Config private _config;
    /// @inheritdoc ISlashing
    address public judge;
    /// @inheritdoc ISlashing
    address public treasury;
    mapping(bytes32 id => ProposalState) private _states;
    mapping(address worker => Window) private _windows;

    // CONSTRUCTOR

    /// @param authority Decides by the classes of PhalaAuthority. @param workerRegistry_ Holds the collateral.
    /// @param slasher_ Proposes. @param judge_ Rejects. @param treasury_ Gets the proceeds. @param limits_ Windows and caps.
    constructor(
        address authority,
        IWorkerRegistry workerRegistry_,
        address slasher_,
        address judge_,
        address treasury_,
        Limits memory limits_
    ) AccessManaged(authority) {
        workerRegistry = workerRegistry_;
        _setSlasher(slasher_);
        _setJudge(judge_);
        _setTreasury(treasury_);
        _setLimits(limits_);
    }

    // MODIFIERS

    modifier onlySlasher() {
        if (msg.sender != _config.slasher) revert Slashing_NotSlasher(msg.sender);
        _;
    }

    // PROCESS

    /// @inheritdoc ISlashing
    function propose(
        address worker,
        FaultClass faultClass,
        uint96 amount,
        uint96 bounty,
        address reporter,
        uint40 faultAt,
        bytes32 evidenceHash,
        string calldata evidenceUri
    ) external onlySlasher returns (bytes32 id, Proposal memory proposal) {
        uint40 now_ = uint40(block.timestamp);
        if (amount == 0) revert Slashing_ZeroAmount();
        if (faultAt > now_) revert Slashing_FutureFault(faultAt);
        if (faultAt + MAX_FAULT_AGE < now_) revert Slashing_OldFault(faultAt, now_ - MAX_FAULT_AGE);
        if (bounty > (amount * MAX_BOUNTY_BPS) / _BPS) {
            revert Slashing_InvalidBounty(bounty, (amount * MAX_BOUNTY_BPS) / _BPS);
        }
        // In the registry it would look like collateral of nobody.
        if ((bounty == 0) != (reporter == address(0)) || reporter == address(workerRegistry))
            revert Slashing_InvalidAccount(reporter);
        Config memory config = _config;

        proposal = Proposal({
            worker: worker,
            faultClass: faultClass,
            amount: amount,
            bounty: bounty,
            reporter: reporter,
            faultAt: faultAt,
            proposedAt: now_,
            rebuttalUntil: now_ + config.rebuttalWindow,
            judgementUntil: now_ + config.processWindow,
            evidenceHash: evidenceHash
        });
        id = keccak256(abi.encode(proposal));
        // The same twice in one block has the same id.
        if (_states[id] != ProposalState.None) revert Slashing_WrongState(id, _states[id]);
        _states[id] = ProposalState.Open;
        emit SlashProposed(id, worker, proposal, evidenceUri);
        // First, since it says why where nothing is at risk.
        workerRegistry.reserve(worker, amount, faultAt);
        _use(worker, amount, faultAt, _capOf(config, faultClass));
    }

    /// @inheritdoc ISlashing
    function rebut(Proposal calldata proposal, bytes32 rebuttalHash, string calldata rebuttalUri) external {
        bytes32 id = idOf(proposal);
        ProposalState state = _states[id];
        if (state != ProposalState.Open) revert Slashing_WrongState(id, state);
        address operator = workerRegistry.operatorOf(proposal.worker);
        if (msg.sender != operator) revert Slashing_NotOperator(msg.sender, operator);
        if (block.timestamp >= proposal.rebuttalUntil) revert Slashing_RebuttalClosed(proposal.rebuttalUntil);
        _states[id] = ProposalState.Rebutted;
        emit SlashRebutted(id, proposal.worker, rebuttalHash, rebuttalUri);
    }

    /// @inheritdoc ISlashing
    function reject(Proposal calldata proposal) external {
        if (msg.sender != judge) revert Slashing_NotJudge(msg.sender);
        emit SlashRejected(_giveBack(proposal, ProposalState.Rejected), proposal.worker);
    }

    /// @inheritdoc ISlashing
    function withdraw(Proposal calldata proposal) external onlySlasher {
        emit SlashWithdrawn(_giveBack(proposal, ProposalState.Withdrawn), proposal.worker);
    }

    /// @inheritdoc ISlashing
    function execute(Proposal calldata proposal) external {
        bytes32 id = idOf(proposal);
        ProposalState state = _requirePending(id);
        uint40 executableAt = state == ProposalState.Open ? proposal.rebuttalUntil : proposal.judgementUntil;
        if (block.timestamp < executableAt) revert Slashing_TooEarly(executableAt);
        _states[id] = ProposalState.Executed;
        emit SlashExecuted(id, proposal.worker, proposal.amount, proposal.bounty);
        workerRegistry.slash(proposal.worker, proposal.amount, treasury, proposal.bounty, proposal.reporter);
    }

    // GOVERNANCE

    /// @inheritdoc ISlashing
    function setSlasher(address slasher_) external restricted {
        if (slasher_ == _config.slasher) revert Slashing_NothingChanges();
        _setSlasher(slasher_);
    }

    /// @inheritdoc ISlashing
    function setJudge(address judge_) external restricted {
        if (judge_ == judge) revert Slashing_NothingChanges();
        _setJudge(judge_);
    }

    /// @inheritdoc ISlashing
    function setTreasury(address treasury_) external restricted {
        if (treasury_ == treasury) revert Slashing_NothingChanges();
        _setTreasury(treasury_);
    }

    /// @inheritdoc ISlashing
    function setLimits(Limits calldata limits_) external restricted {
        if (keccak256(abi.encode(limits_)) == keccak256(abi.encode(limits()))) revert Slashing_NothingChanges();
        _setLimits(limits_);
    }

    // VIEWS

    /// @inheritdoc ISlashing
    function slasher() external view returns (address) {
        return _config.slasher;
    }

    /// @inheritdoc ISlashing
    function limits() public view returns (Limits memory) {
        Config memory config = _config;
        return
            Limits(
                config.rebuttalWindow,
                config.processWindow,
                [config.capOfUnavailability, config.capOfMisreporting, config.capOfBreach]
            );
    }

    /// @inheritdoc ISlashing
    function stateOf(bytes32 id) external view returns (ProposalState) {
        return _states[id];
    }

    /// @inheritdoc ISlashing
    function windowOf(address worker) external view returns (uint40 start, uint96 base, uint96 used) {
        Window memory window = _windows[worker];
        return (window.start, window.base, window.used);
    }

    /// @inheritdoc ISlashing
    function idOf(Proposal calldata proposal) public pure returns (bytes32) {
        return keccak256(abi.encode(proposal));
    }

    // PRIVATE

    function _requirePending(bytes32 id) private view returns (ProposalState state) {
        state = _states[id];
        if (state != ProposalState.Open && state != ProposalState.Rebutted) revert Slashing_WrongState(id, state);
    }

    function _capOf(Config memory config, FaultClass faultClass) private pure returns (uint256) {
        if (faultClass == FaultClass.Unavailability) return config.capOfUnavailability;
        return faultClass == FaultClass.Misreporting ? config.capOfMisreporting : config.capOfBreach;
    }

    /// @dev Counts `amount`, which is reserved, in the worker's window, which begins anew when the last one is over.
    function _use(address worker, uint96 amount, uint40 faultAt, uint256 capBps) private {
        Window memory window = _windows[worker];
        if (block.timestamp >= window.start + CAP_WINDOW) window = Window(uint40(block.timestamp), 0, 0);
        // What is at risk may grow, or be more for an older fault; what was taken of it counts.
        uint96 base = workerRegistry.atRisk(worker, faultAt) + amount + window.used;
        if (base > window.base) window.base = base;
        uint256 cap = (window.base * capBps) / _BPS;
        if (amount > cap) revert Slashing_ExceedsClassCap(amount, cap);
        // All that the window has seen counts, so that no fault costs more in parts than at once.
        if (window.used + amount > cap)
            revert Slashing_ExceedsWindowCap(amount, cap < window.used ? 0 : cap - window.used);
        window.used += amount;
        _windows[worker] = window;
    }

    function _giveBack(Proposal calldata proposal, ProposalState state) private returns (bytes32 id) {
        id = idOf(proposal);
        _requirePending(id);
        _states[id] = state;
        Window storage window = _windows[proposal.worker];
        if (proposal.proposedAt >= window.start) window.used -= proposal.amount;
        workerRegistry.release(proposal.worker, proposal.amount);
    }

    function _setSlasher(address slasher_) private {
        _config.slasher = slasher_;
        emit SlasherChanged(slasher_);
    }

    function _setJudge(address judge_) private {
        if (judge_ == address(0)) revert Slashing_InvalidAccount(judge_);
        judge = judge_;
        emit JudgeChanged(judge_);
    }

    function _setTreasury(address treasury_) private {
        // In the registry it would look like collateral of nobody.
        if (treasury_ == address(0) || treasury_ == address(workerRegistry)) {
            revert Slashing_InvalidAccount(treasury_);
        }
        treasury = treasury_;
        emit TreasuryChanged(treasury_);
    }

    function _setLimits(Limits memory limits_) private {
        uint256 process = limits_.processWindow;
        if (
            limits_.rebuttalWindow < MIN_REBUTTAL ||
            limits_.rebuttalWindow > process ||
            process > MAX_PROCESS ||
            process + workerRegistry.DISCOVERY() > workerRegistry.THAW()
        ) revert Slashing_InvalidLimits();
        for (uint256 i = 0; i < limits_.caps.length; ++i) {
            if (limits_.caps[i] > _BPS) revert Slashing_InvalidLimits();
        }
        _config = Config({
            slasher: _config.slasher,
            // At most MAX_PROCESS.
            rebuttalWindow: uint24(limits_.rebuttalWindow),
            processWindow: uint24(process),
            capOfUnavailability: limits_.caps[uint256(FaultClass.Unavailability)],
            capOfMisreporting: limits_.caps[uint256(FaultClass.Misreporting)],
            capOfBreach: limits_.caps[uint256(FaultClass.Breach)]
        });
        emit LimitsChanged(limits_);
    }
}
