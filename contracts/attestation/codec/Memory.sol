// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Memory
/// @notice Reading bytes at a pointer, for the codecs. A pointer is a position in memory; the codecs keep it in bounds.
library Memory {
    /// @notice Where the bytes of `data` begin and end.
    function bounds(bytes memory data) internal pure returns (uint256 start, uint256 end) {
        assembly ("memory-safe") {
            start := add(data, 32)
            end := add(start, mload(data))
        }
    }

    /// @notice A copy of `data` with a word of zeros behind it, so that a reader that looks one word ahead sees no chance bytes.
    function load(bytes calldata data) internal pure returns (uint256 start, uint256 end) {
        assembly ("memory-safe") {
            start := mload(0x40)
            end := add(start, data.length)
            calldatacopy(start, data.offset, data.length)
            mstore(end, 0)
            mstore(0x40, and(add(end, 63), not(31)))
        }
    }

    /// @notice The code of `account` but for its first byte (a STOP, where code is data), with zeros behind it.
    function loadCode(address account) internal view returns (uint256 start, uint256 end) {
        assembly ("memory-safe") {
            let size := sub(extcodesize(account), 1)
            start := mload(0x40)
            end := add(start, size)
            extcodecopy(account, start, 1, size)
            mstore(end, 0)
            mstore(0x40, and(add(end, 63), not(31)))
        }
    }

    /// @notice The 32 bytes at `pointer`.
    function word(uint256 pointer) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(pointer)
        }
    }

    /// @notice The byte at `pointer`.
    function octet(uint256 pointer) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := byte(0, mload(pointer))
        }
    }

    /// @notice Writes the `size` (at most 32) lowest bytes of `value` at `pointer`, and zeros in the rest of that word.
    function put(uint256 pointer, uint256 value, uint256 size) internal pure returns (uint256 next) {
        assembly ("memory-safe") {
            mstore(pointer, shl(sub(256, shl(3, size)), value))
            next := add(pointer, size)
        }
    }

    /// @notice Copies `size` bytes; the regions may overlap.
    function copy(uint256 from, uint256 to, uint256 size) internal pure {
        assembly ("memory-safe") {
            mcopy(to, from, size)
        }
    }

    /// @notice Keccak-256 of the bytes from `start` to `end`.
    function hash(uint256 start, uint256 end) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            digest := keccak256(start, sub(end, start))
        }
    }

    /// @notice SHA-256 (FIPS 180-4) of the bytes from `start` to `end`.
    function sha256Of(uint256 start, uint256 end) internal view returns (bytes32 digest) {
        assembly ("memory-safe") {
            if iszero(staticcall(gas(), 2, start, sub(end, start), 0, 32)) {
                revert(0, 0)
            }
            digest := mload(0)
        }
    }
}
