// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SwitchKind} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {IGuardianMandate} from "../../../contracts/interfaces/IGuardianMandate.sol";
import {AttestationLedger} from "./AttestationLedger.sol";
import {GuardianHandler} from "./GuardianHandler.sol";
import {PauseLedger} from "./PauseLedger.sol";
import {World} from "./World.sol";

/// @title A guardian who is not alone: governance confirms and lifts switches, too, and appoints after the delay of its class
contract SystemGuardianHandler is GuardianHandler {
    AttestationLedger private immutable _attestations;

    constructor(
        World world_,
        IGuardianMandate mandate,
        address governance,
        bytes32[][] memory switchIds,
        AttestationLedger attestations
    ) GuardianHandler(world_, mandate, governance, switchIds, [new PauseLedger(), new PauseLedger()]) {
        _attestations = attestations;
    }

    /// @notice All of {GuardianHandler} but what governance does.
    function selectors() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](9);
        list[0] = this.pauseDeposits.selector;
        list[1] = this.resumeDeposits.selector;
        list[2] = this.pauseRegistrations.selector;
        list[3] = this.resumeRegistrations.selector;
        list[4] = this.switchOff.selector;
        list[5] = this.liftOwnSwitch.selector;
        list[6] = this.resign.selector;
        list[7] = this.intrude.selector;
        list[8] = this.linger.selector;
    }

    /// @notice Governance has appointed or dismissed.
    function recordMandate(address guardian_, uint256 end_) external {
        _setMandate(guardian_, end_);
    }

    function _offUntil(SwitchKind kind, bytes32 id) internal view override returns (uint256) {
        return _attestations.offUntil(kind, id);
    }

    function _recordSwitch(SwitchKind kind, bytes32 id, uint256 until) internal override {
        _attestations.recordSwitch(kind, id, until);
    }
}
