// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title StateAssertion
/// @notice The last call of a batch: reverts, and all of the batch with it, unless the chain answers as the batch's author said it would.
/// Stateless, with no power over anything.
contract StateAssertion {
    /// @notice `target`, called with `data`, answers `result`. @param result ABI-encoded, as the call returns it.
    struct Expectation {
        address target;
        bytes data;
        bytes result;
    }

    /// @notice `target` answered `found` to `data`: the `index`-th expectation does not hold.
    error StateAssertion_Unexpected(uint256 index, address target, bytes data, bytes found);

    /// @notice Reverts with {StateAssertion_Unexpected} at the first expectation that does not hold; a call that fails, or an
    /// account without code, is none that holds.
    function check(Expectation[] calldata expectations) external view {
        for (uint256 i = 0; i < expectations.length; ++i) {
            Expectation calldata expected = expectations[i];
            (bool success, bytes memory found) = expected.target.staticcall(expected.data);
            // Without code, every call succeeds and answers nothing.
            bool isAnswer = success && expected.target.code.length != 0;
            if (!isAnswer || keccak256(found) != keccak256(expected.result)) {
                revert StateAssertion_Unexpected(i, expected.target, expected.data, found);
            }
        }
    }
}
