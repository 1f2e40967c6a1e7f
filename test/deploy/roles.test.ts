/** Every function that changes something: in a class, or open by a decision that is written down here; and restricted on the chain if so. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type Abi,
  type AbiFunction,
  type Address,
  encodeFunctionData,
  toFunctionSelector,
  toFunctionSignature,
} from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  guardianMandateAbi,
  merkleDistributorAbi,
  phaAbi,
  phalaAuthorityAbi,
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
import { CONTRACT_NAMES, type ContractName, type Contracts } from "../../deploy/modules/module.ts";
import { GOVERNED, type RoleName } from "../../deploy/roles.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { type Chain, createChain } from "../helpers/chain.ts";
import { decodeRevert, revertData } from "../helpers/errors.ts";
import { accountGoverned } from "../helpers/parameters.ts";
import { zeroOf } from "../helpers/zero.ts";

const ABIS: Readonly<Record<ContractName, Abi>> = {
  phalaAuthority: phalaAuthorityAbi,
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

/** What a contract, and the authority itself, refuse with who has no role. */
const UNAUTHORIZED: readonly string[] = ["AccessManagedUnauthorized", "AccessManagerUnauthorizedAccount"];

/** What the authority restricts of itself. */
const ADMINISTRATION = [
  "grantRole(uint64,address,uint32)",
  "labelRole(uint64,string)",
  "revokeRole(uint64,address)",
  "seal()",
  "setGrantDelay(uint64,uint32)",
  "setRoleAdmin(uint64,uint64)",
  "setRoleGuardian(uint64,uint64)",
  "setTargetAdminDelay(address,uint32)",
  "setTargetClosed(address,bool)",
  "setTargetFunctionRole(address,bytes4[],uint64)",
];

/** Who may call: anyone, for himself or with a proof; the contract's owner; or the authority alone. */
const WITHOUT_CLASS: Readonly<Record<ContractName, readonly string[]>> = {
  // What waits, by who scheduled it or by the veto; by targets (`consumeScheduledOp`); a role is renounced by its holder until it is sealed.
  phalaAuthority: [
    "cancel(address,address,bytes)",
    "consumeScheduledOp(address,bytes)",
    "execute(address,bytes)",
    "multicall(bytes[])",
    "renounceRole(uint64,address)",
    "schedule(address,bytes,uint48)",
  ],
  // The team's beneficiary owns its vesting.
  teamVesting: ["release()", "release(address)", "renounceOwnership()", "transferOwnership(address)"],
  pha: [
    "approve(address,uint256)",
    "burn(uint256)",
    "burnFrom(address,uint256)",
    "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
    "transfer(address,uint256)",
    "transferFrom(address,address,uint256)",
  ],
  emissionVault: ["pull(uint8)", "setAuthority(address)"],
  vpha: [
    "approve(address,uint256)",
    "cancelRedeem(uint256)",
    "claim(uint256[],address)",
    "deposit(uint256,address)",
    "depositWithPermit(uint256,address,uint256,uint8,bytes32,bytes32)",
    "fund(uint256)",
    "harvest()",
    "mint(uint256,address)",
    "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
    "redeem(uint256,address,address)",
    "requestRedeem(uint256,address,address)",
    "setAuthority(address)",
    "setOperator(address,bool)",
    "skipSettled(address,uint256)",
    "transfer(address,uint256)",
    "transferFrom(address,address,uint256)",
    "withdraw(uint256,address,address)",
  ],
  merkleDistributor: ["claim(uint256,address,uint256,bytes32[])", "sweep()"],
  tdxVerifier: [
    "uploadPckCa(bytes)",
    "uploadPckCrl(bytes)",
    "uploadQeIdentity(bytes,(bytes32,bytes32))",
    "uploadRootCrl(bytes)",
    "uploadTcbInfo(bytes,(bytes32,bytes32))",
    "uploadTcbSigning(bytes)",
    "verify(bytes,bytes,uint40)",
  ],
  attestationRegistry: [
    "attest(bytes32,uint40,bytes,bytes)",
    "clearLapsed(uint8,bytes32)",
    "restamp(address)",
    "setAuthority(address)",
  ],
  // By anyone, by the worker's operator, or by the slashing contract.
  workerRegistry: [
    "acceptOperator(address)",
    "addCollateral(address,uint96)",
    "addCollateralWithPermit(address,uint96,(uint256,uint8,bytes32,bytes32))",
    "cancelWithdrawal(address)",
    "finishExit(address,address)",
    "finishWithdrawal(address,address)",
    "proposeOperator(address,address)",
    "reattest((address,bytes32,bytes32[],bytes32),(uint40,bytes,bytes))",
    "register((address,bytes32,bytes32[],bytes32),(uint40,bytes,bytes),uint96)",
    "registerWithPermit((address,bytes32,bytes32[],bytes32),(uint40,bytes,bytes),uint96,(uint256,uint8,bytes32,bytes32))",
    "release(address,uint96)",
    "remove(address)",
    "requestExit(address)",
    "reserve(address,uint96,uint40)",
    "restamp(address[])",
    "setAuthority(address)",
    "slash(address,uint96,address,uint96,address)",
    "withdraw(address,uint96)",
  ],
  workerRewards: [
    "claim(address[],address)",
    "closeHours()",
    "heartbeat(uint40,address[],bytes)",
    "pull()",
    "setAuthority(address)",
  ],
  // By the slasher, the operator, the judge, or anyone when it is time.
  slashing: [
    "execute((address,uint8,uint96,uint96,address,uint40,uint40,uint40,uint40,bytes32))",
    "propose(address,uint8,uint96,uint96,address,uint40,bytes32,string)",
    "rebut((address,uint8,uint96,uint96,address,uint40,uint40,uint40,uint40,bytes32),bytes32,string)",
    "reject((address,uint8,uint96,uint96,address,uint40,uint40,uint40,uint40,bytes32))",
    "setAuthority(address)",
    "withdraw((address,uint8,uint96,uint96,address,uint40,uint40,uint40,uint40,bytes32))",
  ],
  // By the guardian of the mandate in force.
  guardianMandate: [
    "liftOwnSwitch(uint8,bytes32)",
    "pauseDeposits(uint256)",
    "pauseRegistrations(uint256)",
    "resign()",
    "resumeDeposits()",
    "resumeRegistrations()",
    "setAuthority(address)",
    "switchOff(uint8,bytes32,uint40)",
  ],
  // By a budget's payee, or by anyone to whom it belongs.
  treasury: ["collect()", "pay(bytes32,address,uint256,bytes32,bytes32)", "release(bytes32)", "setAuthority(address)"],
  votingVpha: [
    "approve(address,uint256)",
    "delegate(address)",
    "delegateBySig(address,uint256,uint256,uint8,bytes32,bytes32)",
    "depositFor(address,uint256)",
    "depositForWithPermit(address,uint256,uint256,uint8,bytes32,bytes32)",
    "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
    "transfer(address,uint256)",
    "transferFrom(address,address,uint256)",
    "withdrawTo(address,uint256)",
  ],
  // By whoever has the votes, by anyone once it passed, or by itself; its settings are fixed.
  phalaGovernor: [
    "cancel(address[],uint256[],bytes[],bytes32)",
    "castVote(uint256,uint8)",
    "castVoteBySig(uint256,uint8,address,bytes)",
    "castVoteWithReason(uint256,uint8,string)",
    "castVoteWithReasonAndParams(uint256,uint8,string,bytes)",
    "castVoteWithReasonAndParamsBySig(uint256,uint8,address,string,bytes,bytes)",
    "execute(address[],uint256[],bytes[],bytes32)",
    "onERC1155BatchReceived(address,address,uint256[],uint256[],bytes)",
    "onERC1155Received(address,address,uint256,uint256,bytes)",
    "onERC721Received(address,address,uint256,bytes)",
    "propose(address[],uint256[],bytes[],string)",
    "queue(address[],uint256[],bytes[],bytes32)",
    "relay(address,uint256,bytes)",
  ],
  vetoLock: [
    "bar(address,address,bytes)",
    "end(bytes32,uint32)",
    "lock(address,address,bytes,uint256)",
    "lockWithPermit(address,address,bytes,uint256,uint256,uint8,bytes32,bytes32)",
    "unlock(bytes32,uint32,address)",
    "veto(address,address,bytes)",
  ],
  stateAssertion: [],
};

const CLASSES: Readonly<Partial<Record<ContractName, Readonly<Partial<Record<RoleName, readonly string[]>>>>>> = {
  phalaAuthority: { admin: ADMINISTRATION },
  emissionVault: { core: ["replaceSink(uint8,address)", "start(address[3])"] },
  vpha: { guardian: ["pauseDeposits(uint256)", "resumeDeposits()"] },
  attestationRegistry: {
    parameters: [
      "allowImage((bytes8,bytes8,bytes,bytes,bytes,bytes,bytes))",
      "allowShape(bytes32,bytes)",
      "liftSwitch(uint8,bytes32)",
    ],
    tightening: [
      "confirmSwitch(uint8,bytes32)",
      "raiseFloors((uint16,uint16,uint16))",
      "removeImage(bytes32)",
      "removeShape(bytes32,bytes)",
    ],
    guardian: ["liftOwnSwitch(uint8,bytes32)", "switchOff(uint8,bytes32,uint40)"],
    periphery: ["setFloors((uint16,uint16,uint16))", "setVerifier(address)"],
  },
  workerRegistry: {
    guardian: ["pauseRegistrations(uint256)", "resumeRegistrations()"],
    parameters: ["removeModel(bytes32)", "setModel(bytes32,uint96,uint16)"],
    core: ["setSlashing(address)"],
  },
  workerRewards: { parameters: ["setCeiling(uint256)"] },
  slashing: {
    core: ["setJudge(address)", "setLimits((uint32,uint32,uint16[3]))", "setSlasher(address)", "setTreasury(address)"],
  },
  guardianMandate: { core: ["appoint(address,uint40)"], tightening: ["dismiss()"] },
  treasury: {
    treasury: [
      "closeBudget(bytes32)",
      "openAllowance(bytes32,address,address,uint128,uint40,uint40,uint128,uint40,bytes32,bytes32)",
      "openStream(bytes32,address,address,uint128,uint40,uint40,bytes32,bytes32)",
    ],
  },
};

/** Refused as what is restricted is, but for everybody: the authority alone may call it, and never does. */
const SET_AUTHORITY = "setAuthority(address)";

/** The contract's functions that change something: overloads are functions of their own. */
const changingOf = (contract: ContractName): readonly AbiFunction[] =>
  ABIS[contract].filter(
    (item): item is AbiFunction => item.type === "function" && /payable/.test(item.stateMutability),
  );

function classOf(contract: ContractName, item: AbiFunction): RoleName | "none" {
  if (contract === "phalaAuthority") return ADMINISTRATION.includes(toFunctionSignature(item)) ? "admin" : "none";
  const governed = Object.values(GOVERNED).filter((entry) => entry.contract === contract);
  return governed.find(({ selector }) => selector === toFunctionSelector(item))?.role ?? "none";
}

it.each(CONTRACT_NAMES)("%s: each function has its class, or none on purpose", (contract) => {
  const found: Record<string, string[]> = {};
  for (const item of changingOf(contract)) (found[classOf(contract, item)] ??= []).push(toFunctionSignature(item));
  for (const signatures of Object.values(found)) signatures.sort();
  const open = WITHOUT_CLASS[contract];
  expect(found).toEqual({ ...(open.length === 0 ? {} : { none: open }), ...CLASSES[contract] });
});

describe("on a chain", () => {
  const stranger = devAccount(9).address;
  const folder = mkdtempSync(path.join(tmpdir(), "roles-"));
  let chain: Chain;
  let contracts: Contracts;

  beforeAll(async () => {
    chain = await createChain();
    const manifest = await deploySuite({
      transport: chain.transport,
      parameters: accountGoverned(),
      deployer: devAccount(0),
      governance: devAccount(1),
      manifestPath: path.join(folder, "manifest.json"),
    });
    contracts = manifest.contracts;
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** What a stranger's call with zeros is refused with; undefined if it is not. */
  async function refusalOf(to: Address, item: AbiFunction): Promise<ReturnType<typeof decodeRevert> | undefined> {
    const data = encodeFunctionData({ abi: [item], args: item.inputs.map(zeroOf) });
    try {
      await chain.publicClient.call({ account: stranger, to, data });
      return undefined;
    } catch (failure) {
      const reason = revertData(failure);
      if (reason === undefined) throw failure;
      return decodeRevert(reason);
    }
  }

  it.each(CONTRACT_NAMES)(
    "%s: a stranger is refused what is in a class, and nothing else, for having no role",
    async (contract) => {
      const to = contracts[contract];
      if (to === null) throw new Error(`the suite has no ${contract}`);
      const refused: string[] = [];
      for (const item of changingOf(contract)) {
        const refusal = await refusalOf(to, item);
        if (!UNAUTHORIZED.includes(refusal?.name ?? "")) continue;
        refused.push(toFunctionSignature(item));
        expect(refusal?.args[0]).toBe(stranger);
      }
      const restricted = changingOf(contract).filter(
        (item) => classOf(contract, item) !== "none" || toFunctionSignature(item) === SET_AUTHORITY,
      );
      expect(refused).toEqual(restricted.map((item) => toFunctionSignature(item)));
    },
  );
});
