/**
 * Gas of what operators of GPU workers do. The machines' quotes are of the lengths of genuine ones; collateral comes by an
 * allowance that is spent in part, amounts have 18 significant decimals, and whoever receives vPHA holds some.
 */
import { type Address, type Hex, keccak256, parseEventLogs, toHex } from "viem";
import { slashingAbi } from "../deploy/generated/abis.ts";
import { type Compute, MODELS, gpuOf, machineOf, openCompute } from "../test/helpers/compute.ts";
import { DAY, HOUR, MINUTE, openStage } from "../test/helpers/stage.ts";
import { units } from "../test/helpers/suite.ts";
import type { Measured, Target, Variant } from "./rows.ts";

/** Heartbeats come in batches of so many. */
const BATCH = 50;
const MANY_GPUS = 8;
/** An amount whose calldata is as dear as that of a wallet: few zero bytes. */
const ODD = 123_456_789_012_345_678n;
const SURPLUS = units(100) + ODD;
/** As long as those of IPFS are. */
const EVIDENCE_URI = "ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
const NO_ONE: Address = "0x0000000000000000000000000000000000000000";
const BREACH = 2;

/** Costs of the same elsewhere, what must be beaten, and what we aim at. */
export const COMPUTE: Readonly<Record<string, Target>> = {
  "register, new platform first": { of: "ZK proof alone", reference: 493_000, bar: 430_000, aim: 405_000 },
  "register, known platform first": { of: "ZK proof alone", reference: 493_000, bar: 300_000, aim: 275_000 },
  "register, each further GPU first": { of: null, reference: null, bar: 25_000, aim: 23_000 },
  "heartbeat, each of 50 repeat": { of: null, reference: null, bar: 25_000, aim: 15_000 },
  "claim, fresh hour repeat": { of: null, reference: null, bar: 140_000, aim: 110_000 },
  "claim, same hour repeat": { of: null, reference: null, bar: 140_000, aim: 110_000 },
  "slash, propose and execute first": { of: "Symbiotic", reference: 212_700 + 285_654, bar: 200_000, aim: 160_000 },
  "request exit first": { of: "Bittensor", reference: 105_959, aim: 80_000 },
  "finish exit first": { of: null, reference: null, bar: 75_000, aim: 60_000 },
};

/** Collateral of a test authority's platforms as it is at the stage's time, for all that has expired. */
async function refreshCollateral({ attestation, stage }: Compute): Promise<void> {
  const issued = Number(stage.now() - HOUR);
  const crl = { thisUpdate: issued, nextUpdate: issued + 30 * Number(DAY) };
  await attestation.verifier.upload(attestation.authority.collateral({ issued, rootCrl: crl, pckCrl: crl }), [
    "uploadRootCrl",
    "uploadPckCrl",
    "uploadTcbInfo",
    "uploadQeIdentity",
  ]);
}

/**
 * Gas of every action, in a system with `crowd` other workers that all have a lease.
 *
 * @param silence Seconds without any call between the crowd's last heartbeat and the first action; at least as long as leases.
 */
export async function measureCompute(crowd: number, silence = 8n * HOUR): Promise<Measured> {
  const gas: Measured = new Map();
  const record = (action: string, variant: Variant, used: number | bigint) =>
    gas.set(`${action} ${variant}`, Math.round(Number(used)));
  const compute = await openCompute(await openStage());
  const { stage, registry, rewards, slashing, vpha, actors, attestation } = compute;
  const { operator, alice, bob, carol, treasury, stranger } = actors;
  const as = { account: operator };
  const gasOf = async (hash: Hex) => Number((await compute.receiptOf(hash)).gasUsed);

  /** A worker of `by` with GPUs of its own. */
  const workerOf = (seed: string, gpus = 1, by = operator) => {
    const gpuIds = Array.from({ length: gpus }, (_, i) => gpuOf(`${seed} ${i}`));
    return { machine: machineOf(seed), of: compute.subject({ operator: by, gpuIds }) };
  };
  type Worker = ReturnType<typeof workerOf>;
  const register = async ({ machine, of }: Worker, on = attestation.platform) =>
    compute.register(machine, { of, on, collateral: compute.required(of) + SURPLUS });
  const heartbeat = async (workers: readonly Worker[]) => {
    const batch = await compute.heartbeatOf(workers.map(({ machine }) => machine));
    return gasOf(await rewards.write.heartbeat(batch, { account: stranger }));
  };

  // Others stake, so that a share costs about as much after a year.
  await compute.stake(carol, units(100_000_000));
  // The crowd is another operator's.
  await compute.fundCollateral(alice, BigInt(crowd + 1) * (MODELS.H100.collateral + SURPLUS));
  const others = Array.from({ length: crowd }, (_, i) => workerOf(`crowd ${i}`, 1, alice));
  for (const worker of others) await register(worker);
  for (let i = 0; i < crowd; i += BATCH) await heartbeat(others.slice(i, i + BATCH));

  await stage.travel(silence);
  record("close the hours after silence", "repeat", await gasOf(await rewards.write.closeHours({ account: stranger })));
  if (silence > DAY) await refreshCollateral(compute);

  // REGISTERING
  await compute.fundCollateral(operator, units(500_000));
  await vpha.write.approve([registry.address, units(400_000) + ODD], as);
  for (const account of [treasury, bob]) await compute.stake(account, units(1));
  const team = Array.from({ length: BATCH }, (_, i) => workerOf(`team ${i}`));
  const [first, second, third] = team as [Worker, Worker, Worker];
  const platform = attestation.authority.platform({ seed: "two" });
  record("register, new platform", "first", await register(first, platform));
  const one = await register(second, platform);
  record("register, known platform", "first", one);
  const eight = await register(workerOf("large", MANY_GPUS), platform);
  record("register, 8 GPUs", "first", eight);
  record("register, each further GPU", "first", Number(eight - one) / (MANY_GPUS - 1));
  for (const worker of team.slice(2)) await register(worker, platform);
  await stage.travel(HOUR);
  const again = await compute.quote(second.machine, second.of, { on: platform });
  record("reattest", "repeat", await gasOf(await registry.write.reattest([second.of, again], as)));

  // EARNING
  record("heartbeat, each of 50", "first", (await heartbeat(team)) / BATCH);
  for (let hour = 0; hour < 4; hour++) {
    await stage.travel(HOUR);
    record("heartbeat, each of 50", "repeat", (await heartbeat(team)) / BATCH);
  }
  // Alone it pays for the transaction and for closing the hour.
  await stage.travel(HOUR);
  record("heartbeat, one alone", "repeat", await heartbeat([first]));
  const claim = async (workers: readonly Worker[]) =>
    gasOf(await rewards.write.claim([workers.map(({ machine }) => machine.address), operator], as));
  record("claim, brings in the emission", "first", await claim([first]));
  await stage.travel(HOUR);
  record("claim, fresh hour", "repeat", await claim([first]));
  record("claim, same hour", "first", await claim([second]));
  await stage.travel(HOUR);
  await heartbeat(team);
  record("claim, same hour", "repeat", await claim([first]));
  await stage.travel(HOUR);
  record("claim, 10 workers", "first", await claim(team.slice(5, 15)));
  await stage.travel(HOUR);
  record("claim, 10 workers", "repeat", await claim(team.slice(5, 15)));

  // COLLATERAL
  record(
    "add collateral",
    "repeat",
    await gasOf(await registry.write.addCollateral([second.machine.address, SURPLUS], as)),
  );
  record("withdraw", "first", await gasOf(await registry.write.withdraw([second.machine.address, SURPLUS], as)));

  // SLASHING
  const slash = async ({ machine }: Worker, bounty = 0n) => {
    const reporter = bounty === 0n ? NO_ONE : bob;
    const fault = Number(stage.now() - 5n * MINUTE);
    const hash = await slashing.write.propose(
      [machine.address, BREACH, units(300) + ODD, bounty, reporter, fault, keccak256(toHex("evidence")), EVIDENCE_URI],
      { account: compute.slasher },
    );
    const { gasUsed, logs } = await compute.receiptOf(hash);
    const [event] = parseEventLogs({ abi: slashingAbi, eventName: "SlashProposed", logs });
    if (event === undefined) throw new Error("no proposal");
    await stage.travel(7n * DAY);
    const executed = await gasOf(await slashing.write.execute([event.args.proposal], { account: stranger }));
    return { proposed: Number(gasUsed), executed };
  };
  const { proposed, executed } = await slash(third);
  record("slash, propose", "first", proposed);
  record("slash, execute", "first", executed);
  record("slash, propose and execute", "first", proposed + executed);
  const bountied = await slash(third, units(30));
  record("slash, with a bounty", "repeat", bountied.proposed + bountied.executed);

  // LEAVING
  record("request exit", "first", await gasOf(await registry.write.requestExit([first.machine.address], as)));
  await stage.travel(21n * DAY);
  record("finish exit", "first", await gasOf(await registry.write.finishExit([first.machine.address, operator], as)));
  record(
    "finish withdrawal",
    "first",
    await gasOf(await registry.write.finishWithdrawal([second.machine.address, operator], as)),
  );
  return gas;
}
