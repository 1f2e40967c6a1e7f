// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

/// @notice Whether (r, s) signs `digest` under the key (x, y) on P-256. Uses the precompile (RIP-7212, EIP-7951) where there is one.
/// @dev OpenZeppelin refuses the higher of the two s of a signature, which half of Intel's have: it is brought to the lower form.
/// Never reverts: keys off the curve, zeros and numbers out of range give false.
function isSignedBy(bytes32 digest, bytes32 r, bytes32 s, bytes32 x, bytes32 y) view returns (bool) {
    if (uint256(s) > P256.N / 2 && uint256(s) < P256.N) s = bytes32(P256.N - uint256(s));
    return P256.verify(digest, r, s, x, y);
}
