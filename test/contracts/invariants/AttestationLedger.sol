// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SwitchKind} from "../../../contracts/interfaces/IAttestationRegistry.sol";
import {Platform} from "../harness/VerifierStandIn.sol";

/// @notice The last quote of a key that was taken. `blockNumber` is zero if there was none.
struct Evidence {
    uint256 blockNumber;
    bytes32 subject;
    uint256 validUntil;
    Platform platform;
}

/// @title An account of all attestations, and of all that was decided about them
/// @notice Kept by the handlers from what they did, in plain steps; it never asks the attestation registry.
contract AttestationLedger {
    uint256 public constant CONFIRMED = type(uint40).max;
    uint256 private constant _AGE = 604_800;
    /// @dev The registry counts in 32 bits.
    uint256 private constant _END = 4_294_967_295;

    /// @notice Decisions that the registry should have counted.
    uint256 public epoch;
    uint256 private _revocations;
    mapping(address key => Evidence) private _evidence;
    /// @dev Until when something is switched off; zero: it never was, or that was lifted or cleared.
    mapping(SwitchKind kind => mapping(bytes32 id => uint256)) private _offUntil;
    /// @notice Ids of the images that there are, by number.
    bytes32[] public imageIds;
    mapping(uint256 image => bool) public isImage;
    mapping(uint256 image => bool) public isShape;
    mapping(bytes16 serial => bool) public isRevoked;
    /// @dev How many certificates a machine has had before.
    mapping(uint256 number => uint256) private _renewals;
    /// @notice What is not UpToDate is taken, from this day on.
    bool public takesOutOfDate = true;
    uint256 public minTcbDay;
    /// @notice How long the certificates of every fourth quote to come last, in seconds. The others' outlast their attestations.
    uint256 public age = 30 days;

    /// @param imageIds_ All of them are listed.
    constructor(uint256 epoch_, bytes32[] memory imageIds_) {
        (epoch, imageIds) = (epoch_, imageIds_);
        for (uint256 i = 0; i < imageIds_.length; ++i) {
            (isImage[i], isShape[i]) = (true, true);
        }
    }

    // MACHINES

    function ppidOf(uint256 number) public pure returns (bytes8) {
        return bytes8(keccak256(abi.encode("platform", number)));
    }

    /// @notice There are two types of platform.
    function fmspcOf(uint256 number) public pure returns (bytes6) {
        return bytes6(keccak256(abi.encode("type", number % 2)));
    }

    /// @notice There are two TDX modules.
    function tdxModuleOf(uint256 number) public pure returns (bytes8) {
        return bytes8(keccak256(abi.encode("module", (number / 2) % 2)));
    }

    function serialOf(uint256 number) public view returns (bytes16) {
        return bytes16(keccak256(abi.encode("certificate", number, _renewals[number])));
    }

    /// @notice Where a quote of the machine is made now: mostly on its usual image, sometimes on another; sometimes OutOfDate.
    function platformOf(uint256 number, uint256 seed) external view returns (Platform memory platform) {
        platform.ppid = ppidOf(number);
        platform.fmspc = fmspcOf(number);
        platform.tdxModule = tdxModuleOf(number);
        platform.image = ((seed >> 64) % 8 == 0 ? seed >> 72 : number) % imageIds.length;
        platform.serial = serialOf(number);
        if ((seed >> 80) % 4 == 0) platform.tcbDay = uint16(block.timestamp / 1 days - ((seed >> 88) % 700));
        platform.until = uint40(block.timestamp + ((seed >> 96) % 4 == 0 ? age : 30 days));
    }

    // WHAT SHOULD HOLD

    /// @notice Whether a quote from there is taken now.
    function accepts(Platform memory p) external view returns (bool) {
        bool isListed = isImage[p.image] && isShape[p.image];
        return isListed && block.timestamp <= p.until && block.timestamp <= _END && _isTrusted(p);
    }

    /// @notice Whether the key's attestation holds.
    function holds(address key) public view returns (bool) {
        Evidence memory evidence = _evidence[key];
        return evidence.blockNumber != 0 && block.timestamp <= evidence.validUntil && _isTrusted(evidence.platform);
    }

    /// @notice Whether nothing is decided against the key's attestation or the operator, expired or not.
    function isOn(address key, address operator) external view returns (bool) {
        return _isTrusted(_evidence[key].platform) && !isOperatorOff(operator);
    }

    function isOperatorOff(address operator) public view returns (bool) {
        return isOff(SwitchKind.Operator, bytes20(operator));
    }

    function isOff(SwitchKind kind, bytes32 id) public view returns (bool) {
        return block.timestamp < offUntil(kind, id);
    }

    function offUntil(SwitchKind kind, bytes32 id) public view returns (uint256) {
        // Records keep 8 bytes of an image's id.
        return _offUntil[kind][kind == SwitchKind.Workload ? bytes32(bytes8(id)) : id];
    }

    /// @notice Whether governance has switched off anything that the key's quote shows, or the operator, for good.
    function isConfirmed(address key, address operator) external view returns (bool) {
        Platform memory p = _evidence[key].platform;
        return
            offUntil(SwitchKind.Ppid, p.ppid) == CONFIRMED ||
            offUntil(SwitchKind.Fmspc, p.fmspc) == CONFIRMED ||
            offUntil(SwitchKind.TdxModule, p.tdxModule) == CONFIRMED ||
            (_evidence[key].blockNumber != 0 && offUntil(SwitchKind.Workload, imageIds[p.image]) == CONFIRMED) ||
            offUntil(SwitchKind.Operator, bytes20(operator)) == CONFIRMED;
    }

    function evidenceOf(address key) external view returns (Evidence memory) {
        return _evidence[key];
    }

    /// @dev Neither switched off, nor revoked, nor below the floors.
    function _isTrusted(Platform memory p) private view returns (bool) {
        bool isPlatformOff = isOff(SwitchKind.Ppid, p.ppid) || isOff(SwitchKind.Fmspc, p.fmspc);
        bool isSoftwareOff = isOff(SwitchKind.TdxModule, p.tdxModule) || isOff(SwitchKind.Workload, imageIds[p.image]);
        bool isAbove = p.tcbDay == 0 || (takesOutOfDate && p.tcbDay >= minTcbDay);
        return !isPlatformOff && !isSoftwareOff && isAbove && !isRevoked[p.serial];
    }

    // RECORD

    function recordAttested(address key, bytes32 subject, uint256 blockNumber, Platform memory platform) external {
        uint256 validUntil = block.timestamp + _AGE;
        if (platform.until < validUntil) validUntil = platform.until;
        if (validUntil > _END) validUntil = _END;
        _evidence[key] = Evidence(blockNumber, subject, validUntil, platform);
    }

    /// @param until {CONFIRMED}: for good. Now or before: lifted.
    function recordSwitch(SwitchKind kind, bytes32 id, uint256 until) external {
        if (kind == SwitchKind.Workload) id = bytes8(id);
        _offUntil[kind][id] = until <= block.timestamp ? 0 : until;
        ++epoch;
    }

    /// @notice A switch that had lapsed is forgotten, which decides nothing.
    function recordCleared(SwitchKind kind, bytes32 id) external {
        if (kind == SwitchKind.Workload) id = bytes8(id);
        _offUntil[kind][id] = 0;
    }

    function recordImage(uint256 image, bool isListed) external {
        isImage[image] = isListed;
        // With an image, all of its shapes go.
        if (!isListed) isShape[image] = false;
        ++epoch;
    }

    function recordShape(uint256 image, bool isListed) external {
        isShape[image] = isListed;
        ++epoch;
    }

    function recordFloors(uint256 minTcbDay_, bool takesOutOfDate_) external {
        (minTcbDay, takesOutOfDate) = (minTcbDay_, takesOutOfDate_);
        ++epoch;
    }

    /// @notice A new verifier counts its revocations anew, above all that was.
    function recordVerifier() external {
        epoch += 1 + _revocations;
    }

    function recordRevoked(uint256 number) external {
        isRevoked[serialOf(number)] = true;
        ++_revocations;
        ++epoch;
    }

    /// @notice The machine gets another certificate.
    function renew(uint256 number) external {
        ++_renewals[number];
    }

    function setAge(uint256 age_) external {
        age = age_;
    }
}
