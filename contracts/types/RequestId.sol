// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Id of a redemption request: bits 96–255 the controller's address, bits 0–95 the number of the request among
/// that controller's. Whose request it is, and how to enumerate an account's, therefore cost no storage.
type RequestId is uint256;

using RequestIds for RequestId global;

library RequestIds {
    /// @notice The id of request number `index_` of `controller_`.
    function pack(address controller_, uint256 index_) internal pure returns (RequestId) {
        return RequestId.wrap((uint256(uint160(controller_)) << 96) | index_);
    }

    /// @notice Who may claim, cancel and redirect the request.
    function controller(RequestId id) internal pure returns (address) {
        return address(uint160(RequestId.unwrap(id) >> 96));
    }
}
