/** Attestation and compute on a local chain of their own process, for programs that talk to an endpoint. */
import { type Abi, type Address, type Hex, erc20Abi, getContract, http } from "viem";
import { creationCode } from "../../deploy/artifacts.ts";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  phaAbi,
  phalaAuthorityAbi,
  slashingAbi,
  tdxVerifierAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "../../deploy/generated/abis.ts";
import { createAuthority } from "../../scripts/attestation/factory.ts";
import { INTEL_ROOT, rootKey } from "../../scripts/attestation/files.ts";
import { readQuote } from "../../scripts/attestation/quote.ts";
import { uploadCollateral } from "../../scripts/attestation/upload.ts";
import { modelId } from "../../scripts/compute/calls.ts";
import { chainClient, devAccount, startChain } from "../../scripts/devnet/chain.ts";
import { CEILING, LIMITS, MODELS } from "./compute.ts";
import { BUDGETS, units } from "./suite.ts";

const DAY = 86_400;

export type LocalCompute = Awaited<ReturnType<typeof startLocalCompute>>;

/** The chain begins this long ago, so that a test's clock stays in the past. */
const AGO = 60 * DAY;

/**
 * Starts a chain with a block per second and deploys all of it. Account 0 has all PHA, 1 governs and judges, 2 proposes slashes,
 * 3 is the treasury.
 */
export async function startLocalCompute() {
  // Emissions start with a full hour.
  const now = Math.floor(Date.now() / 1000 / 3_600) * 3_600 - AGO;
  const chain = await startChain({ timestamp: now, blockTime: 1 });
  try {
    return await deploy(chain, now);
  } catch (error) {
    await chain.stop();
    throw error;
  }
}

async function deploy(chain: Awaited<ReturnType<typeof startChain>>, now: number) {
  const client = chainClient(chain.url);
  const account = (index: number): Address => devAccount(index).address;
  const [holder, governance, slasher, treasury] = [account(0), account(1), account(2), account(3)];
  const mined = async (hash: Promise<Hex>) => {
    const receipt = await client.waitForTransactionReceipt({ hash: await hash });
    if (receipt.status !== "success") throw new Error(`${receipt.transactionHash} was reverted`);
    return receipt;
  };
  const create = async <const abi extends Abi>(source: string, abi: abi, args: readonly unknown[]) => {
    const general: Abi = abi;
    const { contractAddress: address } = await mined(
      client.deployContract({ abi: general, bytecode: creationCode(source), args, account: holder }),
    );
    if (address == null) throw new Error(`${source} was not deployed`);
    return getContract({ abi, address, client });
  };
  /** With gas to spare: between estimate and block, an hour may end. */
  const by = (from: Address) => ({ account: from, chain: client.chain, gas: 8_000_000n });

  const authority = createAuthority({ seed: "local compute", now });
  const platform = authority.platform({ seed: "one" });
  const manager = await create("governance/PhalaAuthority", phalaAuthorityAbi, [governance]);
  const pha = await create("token/PHA", phaAbi, [[{ account: holder, amount: units(1_000_000_000) }]]);
  const budget = BUDGETS.current;
  const emission = await create("emission/EmissionVault", emissionVaultAbi, [manager.address, pha.address, budget]);
  const vpha = await create("staking/VPHA", vphaAbi, [manager.address, emission.address]);
  const verifier = await create("attestation/TdxVerifier", tdxVerifierAbi, [
    rootKey(authority.root.key.raw, INTEL_ROOT.notAfter),
  ]);
  const attestation = await create("attestation/AttestationRegistry", attestationRegistryAbi, [
    manager.address,
    verifier.address,
    { minTcbDay: 0, minQeIsvSvn: 0, allowedStatuses: 0 },
  ]);
  const registry = await create("compute/WorkerRegistry", workerRegistryAbi, [
    manager.address,
    vpha.address,
    attestation.address,
  ]);
  const rewards = await create("compute/WorkerRewards", workerRewardsAbi, [
    manager.address,
    emission.address,
    vpha.address,
    registry.address,
    CEILING,
  ]);
  const slashing = await create("compute/Slashing", slashingAbi, [
    manager.address,
    registry.address,
    slasher,
    governance,
    treasury,
    LIMITS,
  ]);

  await mined(pha.write.transfer([emission.address, 4n * budget], by(holder)));
  await mined(registry.write.setSlashing([slashing.address], by(governance)));
  for (const [name, { collateral, weight }] of Object.entries(MODELS)) {
    await mined(registry.write.setModel([modelId(name), collateral, weight], by(governance)));
  }
  const { measurements } = readQuote(platform.quote());
  const image = { ...measurements, rtMr3: "0x" } as const;
  const id = await attestation.read.imageOf([image]);
  await mined(attestation.write.allowImage([image], by(governance)));
  await mined(attestation.write.allowShape([id, measurements.rtMr0], by(governance)));
  const far = { nextUpdate: now + AGO + 30 * DAY };
  await uploadCollateral({
    transport: http(chain.url, { retryCount: 0 }),
    account: holder,
    verifier: verifier.address,
    file: authority.collateral({ ...far, pckCrl: far }),
  });
  await mined(emission.write.start([[vpha.address, rewards.address, treasury]], by(governance)));

  const travel = async (seconds: number): Promise<void> => {
    await client.increaseTime({ seconds });
    await client.mine({ blocks: 1 });
  };

  return {
    chain,
    client,
    accounts: { holder, governance, slasher, treasury },
    authority,
    platform,
    measurements,
    image: id,
    pha,
    emission,
    vpha,
    attestation,
    registry,
    rewards,
    slashing,
    by,
    mined,
    travel,

    /** Gives `account` Ether and `amount` wei of vPHA. */
    async fund(account: Address, amount: bigint): Promise<void> {
      await client.setBalance({ address: account, value: units(100) });
      // A share costs more with each hour.
      await mined(pha.write.approve([vpha.address, units(10_000_000)], by(holder)));
      await mined(vpha.write.mint([amount, account], by(holder)));
    },

    balanceOf: (token: Address, owner: Address) =>
      client.readContract({ abi: erc20Abi, address: token, functionName: "balanceOf", args: [owner] }),
  };
}
