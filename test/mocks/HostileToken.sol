// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice An asset that refuses receivers, and that calls back whenever it is moved. It can itself be a holder and a
/// staker, so that what it calls back into is open to it.
contract HostileToken is ERC20 {
    struct Attempt {
        bool done;
        bool success;
        bytes result;
    }

    error HostileToken_Refused(address receiver);

    mapping(address receiver => bool) public refused;
    address private _target;
    bytes private _data;
    Attempt private _attempt;

    constructor(address holder, uint256 supply) ERC20("Hostile", "BAD") {
        _mint(holder, supply);
    }

    /// @notice What the last armed call did: whether it happened, whether it succeeded, and what it returned.
    function attempt() external view returns (bool done, bool success, bytes memory result) {
        return (_attempt.done, _attempt.success, _attempt.result);
    }

    function refuse(address receiver, bool refused_) external {
        refused[receiver] = refused_;
    }

    /// @notice Calls `target` now, as this contract.
    function run(address target, bytes calldata data) external returns (bytes memory) {
        (bool success, bytes memory result) = target.call(data);
        if (success) return result;
        assembly ("memory-safe") {
            revert(add(result, 32), mload(result))
        }
    }

    /// @notice Calls `target` once, as this contract, in the middle of the next movement of tokens.
    function arm(address target, bytes calldata data) external {
        _target = target;
        _data = data;
        delete _attempt;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (refused[to]) revert HostileToken_Refused(to);
        address target = _target;
        if (target != address(0)) {
            _target = address(0);
            (bool success, bytes memory result) = target.call(_data);
            _attempt = Attempt({done: true, success: success, result: result});
        }
        super._update(from, to, value);
    }
}
