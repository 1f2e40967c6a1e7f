// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Der} from "./Der.sol";
import {Memory} from "./Memory.sol";
import {X509} from "./X509.sol";

/// @notice What the store needs of a revocation list. Positions are pointers in memory.
/// @param issuer Keccak-256 of the issuer's name in DER.
/// @param thisUpdate Unix seconds. @param nextUpdate Unix seconds.
/// @param entriesStart Where the revoked certificates begin. @param entriesEnd Where they end.
struct RevocationList {
    uint256 tbsStart;
    uint256 tbsEnd;
    bytes32 issuer;
    uint256 thisUpdate;
    uint256 nextUpdate;
    uint256 entriesStart;
    uint256 entriesEnd;
    bytes32 r;
    bytes32 s;
}

/// @title Crl
/// @notice X.509 v2 certificate revocation lists (RFC 5280, 5) as Intel's provisioning service issues them.
library Crl {
    /// @dev cRLNumber and authorityKeyIdentifier: 2.5.29.20, 2.5.29.35. Any other extension may change what the list means.
    uint256 private constant _CRL_NUMBER = 0x0603551d14;
    uint256 private constant _AUTHORITY_KEY_ID = 0x0603551d23;

    /// @notice Reads the list between `start` and `end`; nothing may follow it.
    function parse(uint256 start, uint256 end) internal pure returns (RevocationList memory list) {
        (uint256 p, uint256 limit) = Der.readLast(start, end, Der.SEQUENCE);
        list.tbsStart = p;
        (p, list.tbsEnd) = Der.read(p, limit, Der.SEQUENCE);
        (list.r, list.s) = X509.parseSignature(list.tbsEnd, limit);
        limit = list.tbsEnd;
        p = Der.expectBytes(p, limit, 0x020101, 3);
        p = X509.expectAlgorithm(p, limit);
        uint256 from = p;
        (, p) = Der.read(p, limit, Der.SEQUENCE);
        list.issuer = Memory.hash(from, p);
        (list.thisUpdate, p) = Der.readTime(p, limit);
        (list.nextUpdate, p) = Der.readTime(p, limit);
        if (Der.isAt(p, limit, Der.SEQUENCE)) {
            (list.entriesStart, p) = Der.read(p, limit, Der.SEQUENCE);
            list.entriesEnd = p;
        }
        if (p < limit) {
            (p, from) = Der.readLast(p, limit, 0xa0);
            (p, from) = Der.readLast(p, from, Der.SEQUENCE);
            while (p < from) {
                uint256 next;
                (p, next) = Der.read(p, from, Der.SEQUENCE);
                uint256 id = Memory.word(p) >> 216;
                if (id != _CRL_NUMBER && id != _AUTHORITY_KEY_ID) revert X509.X509_UnknownCriticalExtension(p);
                p = next;
            }
        }
    }

    /// @notice Keccak-256 of the serial number of the entry at `p`, as in {Certificate}, and where the next entry begins.
    function readEntry(uint256 p, uint256 limit) internal pure returns (bytes32 serial, uint256 next) {
        (p, next) = Der.read(p, limit, Der.SEQUENCE);
        uint256 from;
        (from, p) = Der.readInteger(p, next);
        serial = Memory.hash(from, p);
        (, p) = Der.read(p, next, Der.isAt(p, next, Der.UTC_TIME) ? Der.UTC_TIME : Der.GENERALIZED_TIME);
        // Reason code and the like: whatever it says, the certificate counts as revoked.
        if (p < next) Der.readLast(p, next, Der.SEQUENCE);
    }
}
