// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Pausable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Pausable.sol";

/// @notice A PHA that exists already: a plain ERC-20 without permit, whose owner can pause all transfers.
contract AdoptedToken is ERC20Pausable, Ownable {
    constructor(address holder) ERC20("Phala", "PHA") Ownable(holder) {
        _mint(holder, 1_000_000_000e18);
    }

    function pause() external onlyOwner {
        _pause();
    }

    function unpause() external onlyOwner {
        _unpause();
    }
}
