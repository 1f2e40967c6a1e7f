/**
 * What governance does in the history: the multisig opens two budgets, and payments are made by them; it would take the treasury's
 * emission, and the holders of vPHA veto that; it lets an operation expire; holders wrap, propose a third budget and vote it in; and
 * at the end something waits. Nothing of it leaves the suite another one than its parameters say: `deploy verify` passes.
 *
 * Plays along with the stakers' history ({@link HistoryScript}).
 */
import {
  type Abi,
  type Address,
  type Hex,
  encodeFunctionData,
  keccak256,
  maxUint256,
  parseEther,
  stringToHex,
  toHex,
} from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import {
  emissionVaultAbi,
  phaAbi,
  phalaAuthorityAbi,
  phalaGovernorAbi,
  treasuryAbi,
  vetoLockAbi,
  votingVphaAbi,
  vphaAbi,
  workerRegistryAbi,
} from "../../deploy/generated/abis.ts";
import type { Contracts } from "../../deploy/modules/module.ts";
import { STREAMS } from "../../model/emission.ts";
import { modelId } from "../compute/calls.ts";
import type { HistoryScript } from "./activity.ts";
import type { Order } from "./broadcast.ts";
import { chainClient, devAccounts } from "./chain.ts";
import type { Multisig } from "./multisig.ts";

const HOUR = 3_600n;
const DAY = 86_400n;

/** The citizens' places among the development accounts: who votes and vetoes. The first is also payee of the budgets. */
export const FIRST_CITIZEN = 50;
const CITIZENS = 3;

/** The days that all of it takes. */
const SPAN = 150n;

/** Days from the beginning of the history. */
const STORY = {
  budgets: { scheduled: 20n, executed: 34n, payments: [40n, 40n, 70n, 100n, 130n], releases: [64n, 94n, 124n] },
  vetoed: { scheduled: 58n, bought: 60n, locked: [61n, 63n], unlocked: 71n },
  expired: { scheduled: 75n },
  vote: { wrapped: 80n, proposed: 82n, voted: 85n, queued: 92n, executed: 106n },
} as const;

/** Days before the end of the history. */
const WAITING = 3n;

const DESCRIPTION = "A budget for the community: 90,000 PHA over 90 days";

interface Act {
  readonly at: bigint;
  readonly make: () => Promise<Order[]>;
}

/** The script of a history from `from` to `to`; none if that is too short for it. */
export function scriptGovernance(options: {
  readonly url: string;
  readonly manifest: {
    readonly contracts: Contracts;
    readonly parameters: { readonly accounts: { readonly governance: Address } };
  };
  readonly multisig: Multisig;
  readonly from: bigint;
  readonly to: bigint;
  /** Has the PHA that citizens buy, and pays for what the multisig signs. */
  readonly bank: PrivateKeyAccount;
}): HistoryScript | undefined {
  const { url, manifest, multisig, from, to, bank } = options;
  if (to - from < SPAN * DAY) return undefined;
  const { contracts } = manifest;
  const { governance } = manifest.parameters.accounts;
  const client = chainClient(url);
  const citizens = devAccounts(FIRST_CITIZEN, CITIZENS);
  const [payee, proposer] = citizens;
  if (payee === undefined || proposer === undefined) throw new Error("there are no citizens");

  const order = (by: PrivateKeyAccount, to: Address, abi: Abi, functionName: string, args: readonly unknown[]) => ({
    from: by,
    to,
    data: encodeFunctionData({ abi, functionName, args }),
    what: functionName,
    gas: 1_500_000n,
  });
  const sharesOf = (account: Address) =>
    client.readContract({ address: contracts.vpha, abi: vphaAbi, functionName: "balanceOf", args: [account] });

  /** The multisig's batch: schedules, or executes, all of `operations`. */
  const decide = async (step: "schedule" | "execute", operations: readonly (readonly [Address, Hex])[]) => [
    await multisig.order(
      bank,
      step,
      operations.map(([target, data]) => ({
        to: contracts.phalaAuthority,
        data:
          step === "schedule"
            ? encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "schedule", args: [target, data, 0] })
            : encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "execute", args: [target, data] }),
      })),
    ),
  ];
  const model = (name: string, collateral: string, weight: number) =>
    [
      contracts.workerRegistry,
      encodeFunctionData({
        abi: workerRegistryAbi,
        functionName: "setModel",
        args: [modelId(name), parseEther(collateral), weight],
      }),
    ] as const;

  const acts: Act[] = [];
  const on = (day: bigint, make: Act["make"], later = 0n) => acts.push({ at: from + day * DAY + later, make });

  // Budgets, and what is paid by them.
  const reason = (text: string) => [keccak256(toHex(`proposal: ${text}`)), keccak256(toHex(`memo: ${text}`))] as const;
  const [grants, development] = [stringToHex("grants", { size: 32 }), stringToHex("core-development", { size: 32 })];
  const [opens, ends] = [Number(from + STORY.budgets.executed * DAY), Number(to + 180n * DAY)];
  const budgets = [
    encodeFunctionData({
      abi: treasuryAbi,
      functionName: "openAllowance",
      args: [
        grants,
        contracts.pha,
        payee.address,
        parseEther("500000"),
        opens,
        ends,
        parseEther("100000"),
        Number(30n * DAY),
        ...reason("grants"),
      ],
    }),
    encodeFunctionData({
      abi: treasuryAbi,
      functionName: "openStream",
      args: [development, contracts.pha, proposer.address, parseEther("400000"), opens, ends, ...reason("development")],
    }),
  ].map((data) => [contracts.treasury, data] as const);
  on(STORY.budgets.scheduled, () => decide("schedule", budgets));
  on(STORY.budgets.executed, () => decide("execute", budgets), HOUR);
  // What is paid has to be there, whenever else it is brought in.
  const collect = () => order(bank, contracts.treasury, treasuryAbi, "collect", []);
  STORY.budgets.payments.forEach((day, i) =>
    on(
      day,
      () => {
        const args = [grants, devAccounts(FIRST_CITIZEN + CITIZENS, 1)[0]?.address, parseEther("25000")] as const;
        return Promise.resolve([
          collect(),
          order(payee, contracts.treasury, treasuryAbi, "pay", [...args, ...reason(`grant ${i + 1}`)]),
        ]);
      },
      BigInt(i) * HOUR,
    ),
  );
  for (const day of STORY.budgets.releases) {
    on(day, () => Promise.resolve([collect(), order(bank, contracts.treasury, treasuryAbi, "release", [development])]));
  }

  // What the holders veto.
  const taken = [
    [
      contracts.emissionVault,
      encodeFunctionData({
        abi: emissionVaultAbi,
        functionName: "replaceSink",
        args: [STREAMS.indexOf("treasury"), governance],
      }),
    ],
  ] as const;
  const [[target, data]] = taken;
  on(STORY.vetoed.scheduled, () => decide("schedule", taken));
  on(STORY.vetoed.bought, async () => {
    const staked = await client.readContract({ address: contracts.vpha, abi: vphaAbi, functionName: "totalAssets" });
    // Together a seventh of what is staked then, or what there is of it.
    const least = parseEther("10000");
    const each = staked / BigInt(6 * CITIZENS) > least ? staked / BigInt(6 * CITIZENS) : least;
    return citizens.flatMap((citizen) => [
      order(bank, contracts.pha, phaAbi, "transfer", [citizen.address, each]),
      order(citizen, contracts.pha, phaAbi, "approve", [contracts.vpha, maxUint256]),
      order(citizen, contracts.vpha, vphaAbi, "deposit", [each, citizen.address]),
      order(citizen, contracts.vpha, vphaAbi, "approve", [contracts.vetoLock, maxUint256]),
      order(citizen, contracts.vpha, vphaAbi, "approve", [contracts.votingVpha, maxUint256]),
    ]);
  });
  const veto = { address: contracts.vetoLock, abi: vetoLockAbi } as const;
  const authority = { address: contracts.phalaAuthority, abi: phalaAuthorityAbi } as const;
  const takenId = () =>
    client.readContract({ ...authority, functionName: "hashOperation", args: [governance, target, data] });
  STORY.vetoed.locked.forEach((day, i) =>
    on(day, async () => {
      const id = await takenId();
      if ((await client.readContract({ ...authority, functionName: "getSchedule", args: [id] })) === 0) return [];
      const locked = { ...veto, functionName: "lockedAgainst", args: [id, 1] } as const;
      let left = await client.readContract({ ...veto, functionName: "threshold" });
      left -= await client.readContract(locked);
      const lock = (citizen: PrivateKeyAccount, shares: bigint) =>
        order(citizen, contracts.vetoLock, vetoLockAbi, "lock", [governance, target, data, shares]);
      // The first alone, two days later the others, until it is vetoed: nobody can lock against what is gone.
      if (i === 0) return [lock(payee, await sharesOf(payee.address))];
      const orders: Order[] = [];
      for (const citizen of citizens.filter((each) => each !== payee)) {
        if (left <= 0n) return orders;
        const shares = await sharesOf(citizen.address);
        orders.push(lock(citizen, shares));
        left -= shares;
      }
      if (left <= 0n) return orders;
      // Others have staked much meanwhile: one citizen adds what is missing, and more, since it counts among all that is staked.
      const shares = (left * 5n) / 4n;
      const assets = await client.readContract({
        address: contracts.vpha,
        abi: vphaAbi,
        functionName: "convertToAssets",
        args: [(shares * 11n) / 10n],
      });
      return [
        ...orders,
        order(bank, contracts.pha, phaAbi, "transfer", [proposer.address, assets]),
        order(proposer, contracts.vpha, vphaAbi, "deposit", [assets, proposer.address]),
        lock(proposer, shares),
      ];
    }),
  );
  on(STORY.vetoed.unlocked, async () => {
    const id = await takenId();
    const held = await Promise.all(
      citizens.map(async (citizen) => ({
        citizen,
        locked: await client.readContract({ ...veto, functionName: "lockedBy", args: [id, 1, citizen.address] }),
      })),
    );
    return held
      .filter(({ locked }) => locked !== 0n)
      .map(({ citizen }) => order(citizen, contracts.vetoLock, vetoLockAbi, "unlock", [id, 1, citizen.address]));
  });

  on(STORY.expired.scheduled, () => decide("schedule", [model("A100", "800", 60)]));

  // What the holders vote in.
  const community = encodeFunctionData({
    abi: treasuryAbi,
    functionName: "openStream",
    args: [
      stringToHex("community", { size: 32 }),
      contracts.pha,
      payee.address,
      parseEther("90000"),
      Number(from + STORY.vote.executed * DAY),
      Number(from + (STORY.vote.executed + 90n) * DAY),
      ...reason("community"),
    ],
  });
  const proposal = [[contracts.treasury], [0n], [community]] as const;
  const passed = [...proposal, keccak256(toHex(DESCRIPTION))] as const;
  const governor = (by: PrivateKeyAccount, functionName: string, args: readonly unknown[]) =>
    order(by, contracts.phalaGovernor, phalaGovernorAbi, functionName, args);
  on(STORY.vote.wrapped, async () =>
    Promise.all(
      citizens.map(async (citizen) =>
        order(citizen, contracts.votingVpha, votingVphaAbi, "depositFor", [
          citizen.address,
          await sharesOf(citizen.address),
        ]),
      ),
    ),
  );
  on(STORY.vote.proposed, () => Promise.resolve([governor(proposer, "propose", [...proposal, DESCRIPTION])]));
  on(STORY.vote.voted, async () => {
    const id = await client.readContract({
      address: contracts.phalaGovernor,
      abi: phalaGovernorAbi,
      functionName: "getProposalId",
      args: passed,
    });
    return citizens.map((citizen, i) => governor(citizen, "castVote", [id, i === 2 ? 0 : 1]));
  });
  on(STORY.vote.queued, () => Promise.resolve([governor(bank, "queue", passed)]));
  on(STORY.vote.executed, () => Promise.resolve([governor(bank, "execute", passed)]), HOUR);

  // What waits when the history ends.
  on((to - from) / DAY - WAITING, () => decide("schedule", [model("GB200", "2400", 200)]));

  acts.sort((a, b) => (a.at < b.at ? -1 : 1));
  return {
    accounts: [bank.address, ...citizens.map(({ address }) => address)],
    times: acts.map(({ at }) => at),
    async orders(now) {
      const orders: Order[] = [];
      while (acts[0] !== undefined && acts[0].at <= now) orders.push(...((await acts.shift()?.make()) ?? []));
      return orders;
    },
  };
}
