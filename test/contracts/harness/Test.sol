// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm} from "./Vm.sol";

/// @title What every Solidity test and handler has: cheatcodes, and ways to turn a random word into a useful number
abstract contract Test {
    /// @dev The address at which the test chain answers cheatcodes.
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @notice `word` brought into `low` … `high`, evenly.
    function bound(uint256 word, uint256 low, uint256 high) internal pure returns (uint256) {
        if (word >= low && word <= high) return word;
        uint256 size = high - low + 1;
        return size == 0 ? word : low + (word % size);
    }

    /// @notice `word` brought into `low` … `high` with every order of magnitude (in powers of two) equally likely: dust,
    /// seconds and single wei are met as often as whole balances and years. Both ends are hit as such.
    function spread(uint256 word, uint256 low, uint256 high) internal pure returns (uint256) {
        uint256 range = high - low;
        uint256 mode = word % 16;
        if (range == 0 || mode == 0) return low;
        if (mode == 1) return high;
        uint256 bits;
        while (bits < 255 && range >> bits != 0) ++bits;
        word = uint256(keccak256(abi.encode(word)));
        uint256 size = 1 << (1 + (word % bits));
        return low + ((word >> 8) % (range < size ? range + 1 : size));
    }
}
