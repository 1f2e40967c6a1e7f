// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice A second vault for the behaviour suites, as unlike VPHA as the standards allow: one day of waiting, requests
/// numbered across accounts, price by balance. With {Fault.None} it conforms; each other fault breaks one rule, so that a
/// suite that does not notice is worth nothing.
contract SpecimenVault is ERC4626, ERC20Permit {
    using SafeERC20 for IERC20;

    enum Fault {
        None,
        PreviewRedeemAnswers,
        DepositRoundsUp,
        MintRoundsDown,
        MaxDepositReverts,
        DepositEmitsNothing,
        PreviewIgnoresPrice,
        AnyoneRequests,
        AllowanceIsKept,
        AnyoneClaims,
        ClaimableAtOnce,
        MaxRedeemCountsPending,
        ForeignIdAnswers,
        RequestEmitsNothing,
        OperatorCannotBeDismissed,
        Erc165SaysYesToAll,
        PermitTwice,
        TransferCreatesShares,
        Erc165ForgetsOperators
    }

    struct Request {
        address controller;
        uint256 assets;
        uint256 shares;
        uint256 maturity;
    }

    event OperatorSet(address indexed controller, address indexed operator, bool approved);
    event RedeemRequest(
        address indexed controller,
        address indexed owner,
        uint256 indexed requestId,
        address sender,
        uint256 shares
    );

    error Specimen_Refused();

    uint256 public constant DELAY = 1 days;

    Fault private immutable _fault;
    uint256 private _reserved;
    Request[] private _requests;
    mapping(address controller => mapping(address operator => bool)) public isOperator;
    mapping(bytes32 digest => bool) private _oncePermitted;

    constructor(IERC20 asset_, Fault fault_) ERC4626(asset_) ERC20("Specimen", "SPC") ERC20Permit("Specimen") {
        _fault = fault_;
    }

    function decimals() public view override(ERC20, ERC4626) returns (uint8) {
        return super.decimals();
    }

    function share() external view returns (address) {
        return address(this);
    }

    function supportsInterface(bytes4 id) external view returns (bool) {
        if (_fault == Fault.Erc165SaysYesToAll) return true;
        if (_fault == Fault.Erc165ForgetsOperators && id == 0xe3bc4e65) return false;
        return id == 0x01ffc9a7 || id == 0xe3bc4e65 || id == 0x620ee8e4 || id == 0x2f0a18c5;
    }

    // ERC-20

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (_fault == Fault.TransferCreatesShares && from != address(0) && to != address(0))
            super._update(address(0), to, 1);
    }

    // ERC-2612

    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) public override {
        bytes32 id = keccak256(abi.encode(owner, spender, value, deadline, v, r, s));
        if (_fault == Fault.PermitTwice && _oncePermitted[id]) {
            _approve(owner, spender, value);
            return;
        }
        _oncePermitted[id] = true;
        super.permit(owner, spender, value, deadline, v, r, s);
    }

    // ERC-4626

    function totalAssets() public view override returns (uint256) {
        return super.totalAssets() - _reserved;
    }

    function _convertToShares(uint256 assets, Math.Rounding rounding) internal view override returns (uint256) {
        if (_fault == Fault.DepositRoundsUp) rounding = Math.Rounding.Ceil;
        return super._convertToShares(assets, rounding);
    }

    function _convertToAssets(uint256 shares, Math.Rounding rounding) internal view override returns (uint256) {
        if (_fault == Fault.MintRoundsDown) rounding = Math.Rounding.Floor;
        return super._convertToAssets(shares, rounding);
    }

    function previewDeposit(uint256 assets) public view override returns (uint256) {
        if (_fault == Fault.PreviewIgnoresPrice) return assets;
        return super.previewDeposit(assets);
    }

    function maxDeposit(address receiver) public view override returns (uint256) {
        if (_fault == Fault.MaxDepositReverts) revert Specimen_Refused();
        return super.maxDeposit(receiver);
    }

    function deposit(uint256 assets, address receiver) public override returns (uint256 shares) {
        shares =
            _fault == Fault.PreviewIgnoresPrice
                ? _convertToShares(assets, Math.Rounding.Floor)
                : previewDeposit(assets);
        if (_fault == Fault.DepositEmitsNothing) {
            IERC20(asset()).safeTransferFrom(msg.sender, address(this), assets);
            _mint(receiver, shares);
        } else {
            _deposit(msg.sender, receiver, assets, shares);
        }
    }

    function previewRedeem(uint256 shares) public view override returns (uint256) {
        if (_fault == Fault.PreviewRedeemAnswers) return shares;
        revert Specimen_Refused();
    }

    function previewWithdraw(uint256) public pure override returns (uint256) {
        revert Specimen_Refused();
    }

    // ERC-7540

    function setOperator(address operator, bool approved) external returns (bool) {
        isOperator[msg.sender][operator] = approved || _fault == Fault.OperatorCannotBeDismissed;
        emit OperatorSet(msg.sender, operator, approved);
        return true;
    }

    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 id) {
        if (_fault != Fault.AnyoneRequests && msg.sender != owner && !isOperator[owner][msg.sender]) {
            if (_fault == Fault.AllowanceIsKept) {
                if (allowance(owner, msg.sender) < shares) revert Specimen_Refused();
            } else {
                _spendAllowance(owner, msg.sender, shares);
            }
        }
        uint256 assets = convertToAssets(shares);
        _burn(owner, shares);
        _reserved += assets;
        id = _requests.length;
        _requests.push(Request(controller, assets, shares, block.timestamp + DELAY));
        if (_fault != Fault.RequestEmitsNothing) emit RedeemRequest(controller, owner, id, msg.sender, shares);
    }

    function pendingRedeemRequest(uint256 id, address controller) external view returns (uint256) {
        return _isClaimable(_requests[id]) || !_isOf(id, controller) ? 0 : _requests[id].shares;
    }

    function claimableRedeemRequest(uint256 id, address controller) external view returns (uint256) {
        return _isClaimable(_requests[id]) && _isOf(id, controller) ? _requests[id].shares : 0;
    }

    function maxRedeem(address controller) public view override returns (uint256 shares) {
        for (uint256 i = 0; i < _requests.length; ++i) {
            bool counts = _isClaimable(_requests[i]) || _fault == Fault.MaxRedeemCountsPending;
            if (counts && _requests[i].controller == controller) shares += _requests[i].shares;
        }
    }

    function maxWithdraw(address controller) public view override returns (uint256 assets) {
        for (uint256 i = 0; i < _requests.length; ++i) {
            if (_isClaimable(_requests[i]) && _requests[i].controller == controller) assets += _requests[i].assets;
        }
    }

    function redeem(uint256 shares, address receiver, address controller) public override returns (uint256 assets) {
        (assets, ) = _walk(receiver, controller, shares, true);
    }

    function withdraw(uint256 assets, address receiver, address controller) public override returns (uint256 shares) {
        (, shares) = _walk(receiver, controller, assets, false);
    }

    function _walk(
        address receiver,
        address controller,
        uint256 left,
        bool inShares
    ) private returns (uint256 assets, uint256 shares) {
        if (_fault != Fault.AnyoneClaims && msg.sender != controller && !isOperator[controller][msg.sender]) {
            revert Specimen_Refused();
        }
        for (uint256 i = 0; i < _requests.length && left != 0; ++i) {
            Request storage request = _requests[i];
            if (request.controller != controller || !_isClaimable(request) || request.shares == 0) continue;
            uint256 size = inShares ? request.shares : request.assets;
            uint256 part = Math.min(left, size);
            uint256 assetsPaid = (request.assets * part) / size;
            uint256 sharesPaid = Math.ceilDiv(request.shares * part, size);
            request.assets -= assetsPaid;
            request.shares -= sharesPaid;
            assets += assetsPaid;
            shares += sharesPaid;
            left -= part;
        }
        if (left != 0) revert Specimen_Refused();
        _reserved -= assets;
        emit Withdraw(msg.sender, receiver, controller, assets, shares);
        IERC20(asset()).safeTransfer(receiver, assets);
    }

    function _isClaimable(Request storage request) private view returns (bool) {
        return block.timestamp >= request.maturity || _fault == Fault.ClaimableAtOnce;
    }

    function _isOf(uint256 id, address controller) private view returns (bool) {
        return _requests[id].controller == controller || _fault == Fault.ForeignIdAnswers;
    }
}
