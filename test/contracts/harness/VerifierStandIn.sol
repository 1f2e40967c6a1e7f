// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A verifier that has never seen anything: what an attestation registry asks of one before it takes it
contract VerifierStandIn {
    uint32 public constant revocationEpoch = 0;

    function isRevoked(bytes16) external pure returns (bool) {
        return false;
    }
}
