// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EmissionVault} from "../../../contracts/emission/EmissionVault.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {IWorkerRewards} from "../../../contracts/interfaces/IWorkerRewards.sol";
import {VPHA} from "../../../contracts/staking/VPHA.sol";
import {Stream} from "../../../contracts/types/Stream.sol";
import {ComputeHandler} from "./ComputeHandler.sol";
import {HourLedger} from "./HourLedger.sol";
import {HourWatcher} from "./HourWatcher.sol";
import {WorkerLedger} from "./WorkerLedger.sol";
import {World} from "./World.sol";

/// @title Changes the catalog, the ceiling and the sink, and pauses what may be paused
contract ComputeGovernanceHandler is HourWatcher {
    EmissionVault private immutable _vault;
    VPHA private immutable _vpha;
    address private immutable _governance;
    address private immutable _guardian;

    constructor(
        World world_,
        IWorkerRegistry registry_,
        WorkerLedger ledger_,
        IWorkerRewards rewards_,
        HourLedger hourLedger,
        address governance,
        address guardian
    ) ComputeHandler(world_, registry_, ledger_) HourWatcher(rewards_, hourLedger) {
        _vault = EmissionVault(address(rewards_.emissionVault()));
        _vpha = VPHA(address(rewards_.vpha()));
        (_governance, _guardian) = (governance, guardian);
    }

    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](6);
        list[0] = this.setModel.selector;
        list[1] = this.removeModel.selector;
        list[2] = this.setCeiling.selector;
        list[3] = this.replaceSink.selector;
        list[4] = this.pause.selector;
        list[5] = this.resume.selector;
    }

    /// @notice One of the models, or a new one, sometimes beyond the bounds.
    function setModel(uint256 a, uint256 b, uint256 c) external {
        bytes32 model = bytes32(bytes.concat("M", bytes1(uint8(48 + (a % 4)))));
        if (a % 2 == 0) model = registry.models()[(a >> 8) % 3];
        uint256 collateral = spread(b, 99e18, c % 16 == 0 ? 100_001e18 : 5_000e18);
        uint256 weight = spread(c >> 8, 9, 1_001);
        bytes memory data = abi.encodeCall(registry.setModel, (model, uint96(collateral), uint16(weight)));
        (bool success, ) = _do("setModel", _governance, address(registry), data);
        bool isValid = collateral >= 100e18 && collateral <= 100_000e18 && weight >= 10 && weight <= 1_000;
        _check(0, isValid || !success, "a model beyond the bounds was listed");
    }

    function removeModel(uint256 a, uint256 b, uint256) external {
        if (b % 4 != 0) return;
        bytes32[] memory models = registry.models();
        bytes memory data = abi.encodeCall(registry.removeModel, (models[a % models.length]));
        _do("removeModel", _governance, address(registry), data);
    }

    /// @notice What is over was earned under the old one: the ledger closes its hours before.
    function setCeiling(uint256 a, uint256, uint256) external {
        uint256 ceiling = spread(a, 0.0001e18, 10e18);
        bytes memory data = abi.encodeCall(rewards.setCeiling, (ceiling));
        (bool success, ) = _doClosing("setCeiling", _governance, data);
        if (success) hours_.setCeiling(ceiling);
        _check(9, rewards.ceiling() == hours_.ceiling(), "another ceiling");
    }

    /// @notice The workers' stream goes elsewhere, and comes back.
    function replaceSink(uint256 a, uint256 b, uint256) external {
        bool isSink = hours_.isSink();
        // Mostly it is here.
        if (isSink && a % 2 == 0) return;
        address other = address(uint160(0x5200 + (b % 2)));
        bytes memory data = abi.encodeCall(_vault.replaceSink, (Stream.Workers, isSink ? other : address(rewards)));
        (bool success, ) = _do(isSink ? "replaceSink" : "restoreSink", _governance, address(_vault), data);
        _check(0, success, "the sink could not be replaced");
        if (success) hours_.setSink(!isSink);
    }

    /// @notice Registrations, or the deposits that claims need.
    function pause(uint256 a, uint256 b, uint256) external {
        uint256 until = block.timestamp + spread(b, 1, 7 days);
        if (a % 2 == 0) {
            bytes memory data = abi.encodeCall(registry.pauseRegistrations, (until));
            _do("pauseRegistrations", _guardian, address(registry), data);
        } else {
            _do("pauseDeposits", _guardian, address(_vpha), abi.encodeCall(_vpha.pauseDeposits, (until)));
        }
    }

    function resume(uint256 a, uint256, uint256) external {
        _do("resume", _guardian, address(registry), abi.encodeCall(registry.resumeRegistrations, ()));
        if (a % 2 == 0) _do("resume", _guardian, address(_vpha), abi.encodeCall(_vpha.resumeDeposits, ()));
    }
}
