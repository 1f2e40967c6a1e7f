// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IPHA} from "../interfaces/IPHA.sol";

/// @title PHA
/// @notice See {IPHA}.
contract PHA is IPHA, ERC20, ERC20Burnable, ERC20Permit {
    /// @inheritdoc IPHA
    uint256 public constant INITIAL_SUPPLY = 1_000_000_000e18;

    /// @param allocations Who receives how many wei; the amounts sum to exactly {INITIAL_SUPPLY}.
    constructor(Allocation[] memory allocations) ERC20("Phala", "PHA") ERC20Permit("Phala") {
        for (uint256 i = 0; i < allocations.length; ++i) {
            _mint(allocations[i].account, allocations[i].amount);
        }
        if (totalSupply() != INITIAL_SUPPLY) revert PHA_InvalidAllocation(totalSupply(), INITIAL_SUPPLY);
    }
}
