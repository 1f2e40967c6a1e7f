// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title TdReport
/// @notice Where things are in a quote's header, TD report, signature data and QE report: offsets in bytes.
/// Source: Intel TDX DCAP Quoting Library API, appendix 3; Intel SGX ECDSA Quote Library Reference, appendix A.
library TdReport {
    uint256 internal constant HEADER_SIZE = 48;
    uint256 internal constant SIZE_10 = 584;
    uint256 internal constant SIZE_15 = 648;

    uint256 internal constant TEE_TCB_SVN = 0;
    uint256 internal constant MR_SEAM = 16;
    uint256 internal constant MR_SIGNER_SEAM = 64;
    uint256 internal constant SEAM_ATTRIBUTES = 112;
    uint256 internal constant TD_ATTRIBUTES = 120;
    uint256 internal constant MR_CONFIG_ID = 184;
    uint256 internal constant RT_MR0 = 328;
    uint256 internal constant RT_MR1 = 376;
    uint256 internal constant RT_MR3 = 472;
    uint256 internal constant REPORT_DATA = 520;
    uint256 internal constant TEE_TCB_SVN_2 = 584;
    uint256 internal constant MR_SERVICE_TD = 600;

    /// @notice Signature data: r ‖ s ‖ x ‖ y of the attestation key; then, if the platform is not known, QE report ‖ r ‖ s ‖ size of the
    /// QE authentication data ‖ that ‖ PCK certificate.
    uint256 internal constant KEY = 64;
    uint256 internal constant KEY_SIZE = 64;
    uint256 internal constant CERTIFICATION = 128;
    uint256 internal constant QE_SIGNATURE = 512;
    uint256 internal constant QE_AUTH_SIZE = 576;
    uint256 internal constant QE_AUTH_DATA = 578;

    uint256 internal constant QE_MISC_SELECT = 16;
    uint256 internal constant QE_ATTRIBUTES = 48;
    uint256 internal constant QE_MR_SIGNER = 128;
    uint256 internal constant QE_ISV_PROD_ID = 256;
    uint256 internal constant QE_REPORT_DATA = 320;
}
