/** An attestation registry under a test authority. */
import { type Address, type Hex, pad, toFunctionSelector } from "viem";
import { attestationRegistryAbi, phalaAuthorityAbi } from "../../deploy/generated/abis.ts";
import { commitOf, quoteArguments, reportDataOf } from "../../scripts/attestation/calls.ts";
import { type QuoteOptions, createAuthority } from "../../scripts/attestation/factory.ts";
import { readQuote } from "../../scripts/attestation/quote.ts";
import { deployVerifier } from "./attestation.ts";
import { STAGE_START, type Stage } from "./stage.ts";
import { ROLE } from "./suite.ts";

const NOW = STAGE_START.getTime() / 1000;
/** Keys that quotes bind. */
export const KEY: Address = "0x1111111111111111111111111111111111111111";
export const OTHER_KEY: Address = "0x2222222222222222222222222222222222222222";
export const SUBJECT = pad("0x5b", { size: 32 });
/** `SwitchKind`. */
export const SWITCH = { ppid: 0, fmspc: 1, tdxModule: 2, workload: 3, operator: 4 } as const;
/** `AttestationState`. */
export const STATE = { never: 0, valid: 1, expired: 2, switchedOff: 3, belowFloor: 4, revoked: 5 } as const;

const GUARDIAN = ["switchOff(uint8,bytes32,uint40)", "liftOwnSwitch(uint8,bytes32)"];

/**
 * A registry with a verifier, one listed image in one shape, and a platform of a test authority.
 *
 * @param at The PhalaAuthority that decides; one of its own by default.
 */
export async function openRegistry(stage: Stage, at?: Address) {
  const account = (index: number): Address => {
    const address = stage.accounts[index];
    if (address === undefined) throw new Error(`no account ${index}`);
    return address;
  };
  const [governance, guardian, stranger] = [account(1), account(2), account(3)];
  const authority = createAuthority({ seed: "registry", now: NOW });
  const verifier = await deployVerifier(stage, authority.root.key.raw);
  await verifier.upload(authority.collateral({}));
  const manager =
    at === undefined
      ? await stage.deploy("PhalaAuthority", phalaAuthorityAbi, [governance])
      : stage.at(phalaAuthorityAbi, at);
  const registry = await stage.deploy("AttestationRegistry", attestationRegistryAbi, [
    manager.address,
    verifier.contract.address,
    { minTcbDay: 0, minQeIsvSvn: 0, allowedStatuses: 0 },
  ]);
  await manager.write.setTargetFunctionRole(
    [registry.address, GUARDIAN.map((signature) => toFunctionSelector(signature)), ROLE.guardian],
    { account: governance },
  );
  await manager.write.grantRole([ROLE.guardian, guardian, 0], { account: governance });

  const platform = authority.platform({ seed: "one" });
  /** A quote that binds `key` now; with its block. */
  const quoteOf = async (
    options: { key?: Address; subject?: Hex; blockNumber?: bigint; on?: typeof platform } & QuoteOptions = {},
  ) => {
    const { key = KEY, subject = SUBJECT, on = platform, measurements, ...rest } = options;
    const blockNumber = options.blockNumber ?? (await stage.publicClient.getBlockNumber());
    const { hash } = await stage.publicClient.getBlock({ blockNumber });
    const chainId = await stage.publicClient.getChainId();
    const commit = commitOf({ chainId, registry: registry.address, subject, blockNumber, blockHash: hash });
    const raw = on.quote({ ...rest, measurements: { reportData: reportDataOf(key, commit), ...measurements } });
    return { quote: readQuote(raw), blockNumber: Number(blockNumber), subject };
  };
  type Bound = Awaited<ReturnType<typeof quoteOf>>;
  const attest = async ({ quote, blockNumber, subject }: Bound, options: { isKnown?: boolean } = {}) => {
    const hash = await registry.write.attest([subject, blockNumber, ...quoteArguments(quote, options)], {
      account: stranger,
    });
    return Number((await stage.publicClient.getTransactionReceipt({ hash })).gasUsed);
  };
  const asGovernance = { account: governance };
  const measured = (await quoteOf()).quote.measurements;
  const image = {
    tdAttributes: measured.tdAttributes,
    xfam: measured.xfam,
    mrTd: measured.mrTd,
    mrConfigId: measured.mrConfigId,
    rtMr1: measured.rtMr1,
    rtMr2: measured.rtMr2,
    rtMr3: "0x",
  } as const;
  const id = await registry.read.imageOf([image]);
  await registry.write.allowImage([image], asGovernance);
  await registry.write.allowShape([id, measured.rtMr0], asGovernance);
  const state = async (key: Address = KEY): Promise<number> => (await registry.read.statusOf([key])).state;
  return {
    stage,
    authority,
    verifier,
    manager,
    registry,
    platform,
    quoteOf,
    attest,
    image,
    id,
    governance,
    guardian,
    stranger,
    asGovernance,
    state,
  };
}
