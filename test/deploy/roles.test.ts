/** Every function that changes something: in a class, or open by a decision that is written down here. */
import type { Abi, AbiFunction } from "viem";
import { toFunctionSelector } from "viem";
import { expect, it } from "vitest";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  guardianMandateAbi,
  merkleDistributorAbi,
  phaAbi,
  phalaGovernorAbi,
  slashingAbi,
  stateAssertionAbi,
  tdxVerifierAbi,
  teamVestingAbi,
  treasuryAbi,
  vetoLockAbi,
  votingVphaAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "../../deploy/generated/abis.ts";
import { CONTRACT_NAMES, type ContractName } from "../../deploy/modules/module.ts";
import { GOVERNED, type RoleName } from "../../deploy/roles.ts";

/** PhalaAuthority itself is AccessManager's affair: what it restricts is admin's. */
const ABIS: Readonly<Record<Exclude<ContractName, "phalaAuthority">, Abi>> = {
  teamVesting: teamVestingAbi,
  pha: phaAbi,
  emissionVault: emissionVaultAbi,
  vpha: vphaAbi,
  merkleDistributor: merkleDistributorAbi,
  tdxVerifier: tdxVerifierAbi,
  attestationRegistry: attestationRegistryAbi,
  workerRegistry: workerRegistryAbi,
  workerRewards: workerRewardsAbi,
  slashing: slashingAbi,
  guardianMandate: guardianMandateAbi,
  treasury: treasuryAbi,
  votingVpha: votingVphaAbi,
  phalaGovernor: phalaGovernorAbi,
  vetoLock: vetoLockAbi,
  stateAssertion: stateAssertionAbi,
};

/** Who may call: anyone, for himself or with a proof; the contract's owner; or the authority alone. */
const WITHOUT_CLASS: Readonly<Record<keyof typeof ABIS, string>> = {
  // The team's beneficiary owns its vesting.
  teamVesting: "release renounceOwnership transferOwnership",
  pha: "approve burn burnFrom permit transfer transferFrom",
  emissionVault: "pull setAuthority",
  vpha:
    "approve cancelRedeem claim deposit depositWithPermit fund harvest mint permit redeem requestRedeem setAuthority " +
    "setOperator skipSettled transfer transferFrom withdraw",
  merkleDistributor: "claim sweep",
  tdxVerifier: "uploadPckCa uploadPckCrl uploadQeIdentity uploadRootCrl uploadTcbInfo uploadTcbSigning verify",
  attestationRegistry: "attest clearLapsed restamp setAuthority",
  // By anyone, by the worker's operator, or by the slashing contract.
  workerRegistry:
    "acceptOperator addCollateral addCollateralWithPermit cancelWithdrawal finishExit finishWithdrawal proposeOperator reattest " +
    "register registerWithPermit release remove requestExit reserve restamp setAuthority slash withdraw",
  workerRewards: "claim closeHours heartbeat pull setAuthority",
  // By the slasher, the operator, the judge, or anyone when it is time.
  slashing: "execute propose rebut reject setAuthority withdraw",
  // By the guardian of the mandate in force.
  guardianMandate:
    "liftOwnSwitch pauseDeposits pauseRegistrations resign resumeDeposits resumeRegistrations setAuthority switchOff",
  // By a budget's payee, or by anyone to whom it belongs.
  treasury: "collect pay release setAuthority",
  votingVpha: "approve delegate delegateBySig depositFor depositForWithPermit permit transfer transferFrom withdrawTo",
  // By whoever has the votes, by anyone once it passed, or by itself; its settings are fixed.
  phalaGovernor:
    "cancel castVote castVoteBySig castVoteWithReason castVoteWithReasonAndParams castVoteWithReasonAndParamsBySig " +
    "execute onERC1155BatchReceived onERC1155Received onERC721Received propose queue relay",
  vetoLock: "bar end lock lockWithPermit unlock veto",
  stateAssertion: "",
};

const CLASSES: Readonly<Partial<Record<keyof typeof ABIS, Readonly<Partial<Record<RoleName, string>>>>>> = {
  emissionVault: { core: "replaceSink start" },
  vpha: { guardian: "pauseDeposits resumeDeposits" },
  attestationRegistry: {
    guardian: "liftOwnSwitch switchOff",
    parameters: "allowImage allowShape liftSwitch",
    tightening: "confirmSwitch raiseFloors removeImage removeShape",
    periphery: "setFloors setVerifier",
  },
  workerRegistry: {
    guardian: "pauseRegistrations resumeRegistrations",
    parameters: "removeModel setModel",
    core: "setSlashing",
  },
  workerRewards: { parameters: "setCeiling" },
  slashing: { core: "setJudge setLimits setSlasher setTreasury" },
  guardianMandate: { core: "appoint", tightening: "dismiss" },
  treasury: { treasury: "closeBudget openAllowance openStream" },
};

const contracts = CONTRACT_NAMES.filter((name) => name !== "phalaAuthority");

it.each(contracts)("%s: each function has its class, or none on purpose", (contract) => {
  const changing = ABIS[contract].filter(
    (item): item is AbiFunction => item.type === "function" && /payable/.test(item.stateMutability),
  );
  const governed = Object.values(GOVERNED).filter((entry) => entry.contract === contract);
  const classOf = (item: AbiFunction) =>
    governed.find(({ selector }) => selector === toFunctionSelector(item))?.role ?? "none";
  const found: Record<string, string> = {};
  for (const role of new Set(changing.map(classOf))) {
    const names = changing.filter((item) => classOf(item) === role).map(({ name }) => name);
    found[role] = [...new Set(names)].sort().join(" ");
  }
  const open = WITHOUT_CLASS[contract];
  expect(found).toEqual({ ...(open === "" ? {} : { none: open }), ...CLASSES[contract] });
});
