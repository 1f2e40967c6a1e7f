// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Der} from "./Der.sol";
import {Memory} from "./Memory.sol";

/// @notice What the verifier needs of a certificate. Positions are pointers in memory.
/// @param tbsStart Where the signed part begins. @param tbsEnd Where it ends.
/// @param issuer Keccak-256 of the issuer's name in DER. @param subject The same of the subject.
/// @param serial Keccak-256 of the serial number's contents octets.
/// @param notBefore Unix seconds. @param notAfter Unix seconds.
/// @param x Public key on P-256. @param y Public key on P-256.
/// @param extensionsStart Where the extensions begin. @param extensionsEnd Where they end.
/// @param r Signature. @param s Signature.
struct Certificate {
    uint256 tbsStart;
    uint256 tbsEnd;
    bytes32 issuer;
    bytes32 subject;
    bytes32 serial;
    uint256 notBefore;
    uint256 notAfter;
    bytes32 x;
    bytes32 y;
    uint256 extensionsStart;
    uint256 extensionsEnd;
    bytes32 r;
    bytes32 s;
}

/// @notice What the SGX extension of a PCK certificate says of its platform.
/// @param components The SVNs of the 16 TCB components, the first one in the highest byte.
struct SgxExtension {
    bytes16 ppid;
    uint128 components;
    uint16 pceSvn;
    bytes2 pceId;
    bytes6 fmspc;
}

/// @title X509
/// @notice X.509 v3 certificates (RFC 5280) as Intel's provisioning service issues them: ECDSA with SHA-256 on P-256.
library X509 {
    /// @notice An extension that this reader does not know: a critical one of a certificate (RFC 5280, 4.2), any of a list (see `Crl`).
    error X509_UnknownCriticalExtension(uint256 pointer);
    /// @notice Basic constraints, key usage or the SGX extension are missing, twice there or not as they have to be.
    error X509_InvalidExtension(uint256 pointer);

    /// @dev SEQUENCE { OID ecdsa-with-SHA256 }
    uint256 private constant _ECDSA_WITH_SHA256 = 0x300a06082a8648ce3d040302;
    /// @dev SEQUENCE { SEQUENCE { OID id-ecPublicKey, OID prime256v1 }, BIT STRING, uncompressed point …
    uint256 private constant _P256_KEY = 0x3059301306072a8648ce3d020106082a8648ce3d03010703420004;
    /// @dev [0] { INTEGER 2 }
    uint256 private constant _VERSION_3 = 0xa003020102;

    // Contents of OIDs. 2.5.29.15, 2.5.29.19; 1.2.840.113741.1.13.1, and the arcs below it, INTEL_OID.n and INTEL_OID.2.n.
    uint256 private constant _KEY_USAGE = 0x551d0f;
    uint256 private constant _BASIC_CONSTRAINTS = 0x551d13;
    uint256 private constant _SGX_EXTENSION = 0x2a864886f84d010d01;
    /// @dev SEQUENCE of 16 bytes { OID INTEL_OID.2.n, up to n, …
    uint256 private constant _COMPONENT = 0x3010060b2a864886f84d010d0102;

    /// @notice Reads the certificate between `start` and `end`; nothing may follow it.
    function parse(uint256 start, uint256 end) internal pure returns (Certificate memory c) {
        unchecked {
            (uint256 p, uint256 limit) = Der.readLast(start, end, Der.SEQUENCE);
            c.tbsStart = p;
            (p, c.tbsEnd) = Der.read(p, limit, Der.SEQUENCE);
            _parseSignature(c, limit);
            limit = c.tbsEnd;

            p = Der.expectBytes(p, limit, _VERSION_3, 5);
            uint256 from;
            (from, p) = Der.readInteger(p, limit);
            c.serial = Memory.hash(from, p);
            p = Der.expectBytes(p, limit, _ECDSA_WITH_SHA256, 12);
            from = p;
            (, p) = Der.read(p, limit, Der.SEQUENCE);
            c.issuer = Memory.hash(from, p);
            p = _parseValidity(c, p, limit);
            from = p;
            (, p) = Der.read(p, limit, Der.SEQUENCE);
            c.subject = Memory.hash(from, p);
            p = Der.expectBytes(p, limit, _P256_KEY, 27);
            c.x = bytes32(Memory.word(p));
            c.y = bytes32(Memory.word(p + 32));
            p += 64;
            // The key must end before the extensions begin; there are no unique identifiers.
            (p, from) = Der.readLast(p, limit, 0xa3);
            (c.extensionsStart, c.extensionsEnd) = Der.readLast(p, from, Der.SEQUENCE);
        }
    }

    /// @notice Requires basic constraints and key usage of a certificate authority, or of an end entity.
    function checkExtensions(Certificate memory c, bool isAuthority) internal pure {
        _walk(c, isAuthority, false);
    }

    /// @notice Requires the extensions of an end entity and reads the SGX extension.
    function parseSgxExtension(Certificate memory c) internal pure returns (SgxExtension memory sgx) {
        unchecked {
            (uint256 p, uint256 end) = _walk(c, false, true);
            if (p == 0) revert X509_InvalidExtension(c.extensionsStart);
            (p, end) = Der.readLast(p, end, Der.SEQUENCE);
            uint256 seen;
            while (p < end) {
                // SEQUENCE { OID INTEL_OID.n, value }
                (uint256 q, uint256 next) = Der.read(p, end, Der.SEQUENCE);
                uint256 arc = Memory.word(q);
                // Members with longer or other identifiers are none that a verifier needs.
                if (arc >> 168 == (0x060a << 72) | _SGX_EXTENSION) {
                    arc = (arc >> 160) & 0xff;
                    if (seen & (1 << arc) != 0) revert X509_InvalidExtension(q);
                    seen |= 1 << arc;
                    _parseMember(sgx, arc, q + 12, next);
                }
                p = next;
            }
            // PPID, TCB, PCEID, FMSPC and SGX type are in every PCK certificate.
            if (seen & 0x3e != 0x3e) revert X509_InvalidExtension(end);
        }
    }

    // PRIVATE

    function _parseSignature(Certificate memory c, uint256 limit) private pure {
        (c.r, c.s) = parseSignature(c.tbsEnd, limit);
    }

    /// @notice Reads signatureAlgorithm and signatureValue, which end a certificate and a CRL.
    function parseSignature(uint256 p, uint256 limit) internal pure returns (bytes32, bytes32) {
        unchecked {
            p = Der.expectBytes(p, limit, _ECDSA_WITH_SHA256, 12);
            (p, limit) = Der.readLast(p, limit, Der.BIT_STRING);
            if (Memory.octet(p) != 0) revert Der.Der_Unexpected(p);
            (p, limit) = Der.readLast(p + 1, limit, Der.SEQUENCE);
            uint256 r;
            uint256 s;
            (r, p) = Der.readScalar(p, limit);
            (s, p) = Der.readScalar(p, limit);
            if (p != limit) revert Der.Der_Unexpected(p);
            return (bytes32(r), bytes32(s));
        }
    }

    /// @notice Reads the signature algorithm inside of what is signed.
    function expectAlgorithm(uint256 p, uint256 limit) internal pure returns (uint256) {
        return Der.expectBytes(p, limit, _ECDSA_WITH_SHA256, 12);
    }

    function _parseValidity(Certificate memory c, uint256 p, uint256 limit) private pure returns (uint256 next) {
        (p, next) = Der.read(p, limit, Der.SEQUENCE);
        (c.notBefore, p) = Der.readTime(p, next);
        (c.notAfter, p) = Der.readTime(p, next);
        if (p != next) revert Der.Der_Unexpected(p);
    }

    /// @dev Each extension once; unknown ones must not be critical. Returns the SGX extension's value, or zeros.
    function _walk(
        Certificate memory c,
        bool isAuthority,
        bool isPck
    ) private pure returns (uint256 sgxStart, uint256 sgxEnd) {
        unchecked {
            uint256 p = c.extensionsStart;
            uint256 end = c.extensionsEnd;
            bool hasConstraints;
            bool hasUsage;
            while (p < end) {
                (uint256 q, uint256 next) = Der.read(p, end, Der.SEQUENCE);
                (uint256 oid, uint256 oidEnd) = Der.read(q, next, Der.OID);
                q = oidEnd;
                bool isCritical = Der.isAt(q, next, Der.BOOLEAN);
                // A BOOLEAN that is not true would be the default, which DER leaves out.
                if (isCritical) q = Der.expectBytes(q, next, 0x0101ff, 3);
                (uint256 value, uint256 valueEnd) = Der.readLast(q, next, Der.OCTET_STRING);
                uint256 length = oidEnd - oid;
                uint256 id = Memory.word(oid) >> (length < 32 ? 256 - 8 * length : 0);
                if (length == 3 && id == _BASIC_CONSTRAINTS) {
                    if (hasConstraints || _isAuthority(value, valueEnd) != isAuthority)
                        revert X509_InvalidExtension(value);
                    hasConstraints = true;
                } else if (length == 3 && id == _KEY_USAGE) {
                    if (hasUsage || !_mayBeUsed(value, valueEnd, isAuthority)) revert X509_InvalidExtension(value);
                    hasUsage = true;
                } else if (isPck && length == 9 && id == _SGX_EXTENSION) {
                    if (sgxStart != 0) revert X509_InvalidExtension(value);
                    (sgxStart, sgxEnd) = (value, valueEnd);
                } else if (isCritical) {
                    revert X509_UnknownCriticalExtension(oid);
                }
                p = next;
            }
            if (!hasConstraints || !hasUsage) revert X509_InvalidExtension(end);
        }
    }

    /// @dev BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }
    function _isAuthority(uint256 p, uint256 limit) private pure returns (bool isAuthority) {
        (p, limit) = Der.readLast(p, limit, Der.SEQUENCE);
        isAuthority = Der.isAt(p, limit, Der.BOOLEAN);
        if (isAuthority) p = Der.expectBytes(p, limit, 0x0101ff, 3);
        if (p < limit) (, p) = Der.readUint(p, limit, 255);
        if (p != limit) revert X509_InvalidExtension(p);
    }

    /// @dev KeyUsage ::= BIT STRING: keyCertSign and cRLSign (bits 5, 6) of an authority, digitalSignature (bit 0) of an end entity.
    function _mayBeUsed(uint256 p, uint256 limit, bool isAuthority) private pure returns (bool) {
        (p, limit) = Der.readLast(p, limit, Der.BIT_STRING);
        if (limit - p < 2) return false;
        uint256 wanted = isAuthority ? 0x06 : 0x80;
        return Memory.octet(p + 1) & wanted == wanted;
    }

    function _parseMember(SgxExtension memory sgx, uint256 arc, uint256 p, uint256 end) private pure {
        if (arc == 1) {
            sgx.ppid = bytes16(_octets(p, end, 16));
        } else if (arc == 2) {
            _parseTcb(sgx, p, end);
        } else if (arc == 3) {
            sgx.pceId = bytes2(_octets(p, end, 2));
        } else if (arc == 4) {
            sgx.fmspc = bytes6(_octets(p, end, 6));
        }
    }

    /// @dev The OCTET STRING of `length` bytes that fills the rest; bytes behind it in the word are not cleared.
    function _octets(uint256 p, uint256 limit, uint256 length) private pure returns (bytes32) {
        (uint256 start, uint256 end) = Der.readLast(p, limit, Der.OCTET_STRING);
        if (end - start != length) revert X509_InvalidExtension(p);
        return bytes32(Memory.word(start));
    }

    /// @dev TCB: 16 component SVNs (arcs 1 to 16), the PCE SVN (17) and the CPU SVN (18), each as SEQUENCE { OID, value }.
    function _parseTcb(SgxExtension memory sgx, uint256 p, uint256 limit) private pure {
        unchecked {
            (p, limit) = Der.readLast(p, limit, Der.SEQUENCE);
            uint256 seen;
            uint256 components;
            while (p < limit) {
                // A component SVN below 128, as most are, in 18 bytes.
                uint256 w = Memory.word(p);
                {
                    uint256 n = (w >> 136) & 0xff;
                    if (
                        w >> 144 == _COMPONENT &&
                        (w >> 112) & 0xffff80 == 0x020100 &&
                        n - 1 < 16 &&
                        seen & (1 << n) == 0 &&
                        limit - p > 17
                    ) {
                        seen |= 1 << n;
                        components |= ((w >> 112) & 0x7f) << (128 - 8 * n);
                        p += 18;
                        continue;
                    }
                }
                (uint256 q, uint256 next) = Der.read(p, limit, Der.SEQUENCE);
                // OID of 11 bytes: INTEL_OID.2.n
                w = Memory.word(q);
                if (w >> 160 != (0x060b << 80) | (_SGX_EXTENSION << 8) | 2) revert X509_InvalidExtension(q);
                uint256 arc = (w >> 152) & 0xff;
                if (arc == 0 || arc > 18 || seen & (1 << arc) != 0) revert X509_InvalidExtension(q);
                seen |= 1 << arc;
                q += 13;
                if (arc < 17) {
                    uint256 svn;
                    (svn, q) = Der.readUint(q, next, 255);
                    components |= svn << (128 - 8 * arc);
                } else if (arc == 17) {
                    uint256 svn;
                    (svn, q) = Der.readUint(q, next, 65535);
                    sgx.pceSvn = uint16(svn);
                } else {
                    _octets(q, next, 16);
                    q = next;
                }
                if (q != next) revert X509_InvalidExtension(q);
                p = next;
            }
            if (seen != 0x7fffe) revert X509_InvalidExtension(limit);
            sgx.components = uint128(components);
        }
    }
}
