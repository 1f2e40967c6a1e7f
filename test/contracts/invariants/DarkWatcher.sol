// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttestationRegistry, SwitchKind} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {IVPHA} from "../../../contracts/interfaces/IVPHA.sol";
import {IWorkerRegistry} from "../../../contracts/interfaces/IWorkerRegistry.sol";
import {PauseReference} from "../properties/PauseReference.sol";
import {IWatcher, World} from "./World.sol";

/// @title Seconds in which something was dark
contract DarkTime is PauseReference {
    function add(uint256 start, uint256 end) external {
        uint256 count = _spans.length;
        if (count != 0 && _spans[count - 1].end == start) _spans[count - 1].end = end;
        else _spans.push(Span(start, end));
    }

    function inTheYearBefore(uint256 moment) external view returns (uint256) {
        return _pausedInTheYearBefore(moment);
    }
}

/// @title Watches for how long deposits and registrations are dark, and anything that a switch names
/// @notice By what the contracts say of themselves, whoever has called what. Reports expectation 0 as broken where any 365 days
/// have more dark seconds than the limits allow: 21 days of each pause, and four switches of 14 days.
contract DarkWatcher is IWatcher {
    uint256 private constant KINDS = 3;

    World private immutable _world;
    IVPHA private immutable _vpha;
    IWorkerRegistry private immutable _registry;
    IAttestationRegistry private immutable _attestation;
    /// @dev By kind: what there is to switch off.
    bytes32[][] private _switchIds;

    uint256[KINDS] private _budgets = [21 days, 21 days, 56 days];
    uint256[KINDS] private _until;
    DarkTime[KINDS] private _times;
    uint256 private _at = block.timestamp;

    constructor(
        World world,
        IVPHA vpha,
        IWorkerRegistry registry,
        IAttestationRegistry attestation,
        bytes32[][] memory switchIds
    ) {
        (_world, _vpha, _registry, _attestation) = (world, vpha, registry, attestation);
        _switchIds = switchIds;
        for (uint256 i = 0; i < KINDS; ++i) {
            _times[i] = new DarkTime();
        }
    }

    function observe() external {
        for (uint256 i = 0; i < KINDS; ++i) {
            uint256 end = _until[i] < block.timestamp ? _until[i] : block.timestamp;
            if (end <= _at) continue;
            _times[i].add(_at, end);
            if (_times[i].inTheYearBefore(end) > _budgets[i]) _world.report(0, "dark for longer than the limits say");
        }
        _until[0] = _vpha.depositsPausedUntil();
        _until[1] = _registry.registrationsPausedUntil();
        _until[2] = _lastSwitch();
        _at = block.timestamp;
    }

    /// @dev Until when anything is switched off.
    function _lastSwitch() private view returns (uint256 last) {
        for (uint256 kind = 0; kind < _switchIds.length; ++kind) {
            bytes32[] storage ids = _switchIds[kind];
            for (uint256 i = 0; i < ids.length; ++i) {
                uint256 until = _attestation.switchedOffUntil(SwitchKind(kind), ids[i]);
                if (until > last) last = until;
            }
        }
    }
}
