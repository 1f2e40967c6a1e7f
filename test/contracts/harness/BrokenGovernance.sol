// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AttestationState, SwitchKind} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {IVPHA} from "../../../contracts/interfaces/IVPHA.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {Front} from "./Front.sol";

// What a guardian acts on, wrong on purpose, each in one way: the checks of the guardian's campaign must find every one of them.

/// @notice Breaks nothing: so that no check fails for the front alone.
contract HonestFront is Front {
    constructor(address genuine) Front(genuine) {}
}

/// @notice Breaks invariant 5: nobody leaves while deposits are paused.
contract BrokenRequestVPHA is Front {
    constructor(address genuine) Front(genuine) {}

    function requestRedeem(uint256, address, address) external {
        require(block.timestamp >= IVPHA(address(this)).depositsPausedUntil(), "paused");
        _returnAs(_genuinely(msg.data));
    }
}

/// @notice Breaks invariant 5: no share moves while deposits are paused.
contract BrokenTransferVPHA is Front {
    constructor(address genuine) Front(genuine) {}

    function transfer(address, uint256) external {
        require(block.timestamp >= IVPHA(address(this)).depositsPausedUntil(), "paused");
        _returnAs(_genuinely(msg.data));
    }
}

/// @notice Breaks invariant 5: no worker leaves while registrations are paused.
contract BrokenRequestExitRegistry is Front {
    constructor(address genuine) Front(genuine) {}

    function requestExit(address) external {
        require(block.timestamp >= IWorkerRegistry(address(this)).registrationsPausedUntil(), "paused");
        _genuinely(msg.data);
    }
}

/// @notice Breaks invariant 5: no collateral leaves while anything that the worker's quote shows is switched off.
contract BrokenFinishExitRegistry is Front {
    constructor(address genuine) Front(genuine) {}

    function finishExit(address worker, address) external {
        AttestationState state = IWorkerRegistry(address(this)).attestation().statusOf(worker).state;
        require(state != AttestationState.SwitchedOff, "switched off");
        _returnAs(_genuinely(msg.data));
    }
}

/// @notice Breaks invariant 5: no withdrawal is paid while registrations are paused.
contract BrokenFinishWithdrawalRegistry is Front {
    constructor(address genuine) Front(genuine) {}

    function finishWithdrawal(address, address) external {
        require(block.timestamp >= IWorkerRegistry(address(this)).registrationsPausedUntil(), "paused");
        _returnAs(_genuinely(msg.data));
    }
}

/// @notice Breaks the budget: what was paused before is forgotten.
/// @dev Slot 11: the pauses; its value is their number.
contract BrokenPauseRegistry is Front {
    constructor(address genuine) Front(genuine) {}

    function pauseRegistrations(uint256) external {
        assembly ("memory-safe") {
            sstore(11, 0)
        }
        _genuinely(msg.data);
    }
}

/// @notice Breaks the budget: the guardian's switches are not counted.
/// @dev Slot 2: when the last four were set.
contract BrokenSwitchRegistry is Front {
    constructor(address genuine) Front(genuine) {}

    function switchOff(SwitchKind, bytes32, uint40) external {
        _genuinely(msg.data);
        assembly ("memory-safe") {
            sstore(2, 0)
        }
    }
}

/// @notice Breaks invariant 12: who resigns stays.
contract BrokenResignMandate is Front {
    constructor(address genuine) Front(genuine) {}

    function resign() external {}
}
