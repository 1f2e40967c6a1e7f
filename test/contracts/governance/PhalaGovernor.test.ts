/** The governor: a proposal's whole life through each class, its thresholds, and what an attacker of the vote gets for his pains. */
import { type Hex, encodeFunctionData, getAddress, keccak256, parseAbi, parseEventLogs, toHex } from "viem";
import { describe, expect, it } from "vitest";
import { phalaGovernorAbi } from "../../../deploy/generated/abis.ts";
import { ROLES } from "../../../deploy/roles.ts";
import { decodeRevert, expectRevert } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import {
  type Governance,
  type Operation,
  type Proposal,
  SUPPORT,
  VOTE,
  WINDOW,
  openGovernance,
  operationOf,
  pass,
} from "../../helpers/governance.ts";
import { DAY, fixture } from "../../helpers/stage.ts";
import { UNIT, units } from "../../helpers/suite.ts";

const MEMO: Hex = `0x${"33".repeat(32)}`;

/** Alice has 30 % of all vPHA as votes, and nobody else any. */
const load = fixture(async (stage) => {
  const g = await openGovernance(stage);
  await g.wrap(g.actors.alice, units(300_000));
  return g;
});

/** Nobody has votes. */
const loadEmpty = fixture(openGovernance);

const setCeiling = (g: Governance, ceiling = UNIT / 10n): Operation => operationOf(g.rewards, "setCeiling", [ceiling]);

const expectState = async (g: Governance, proposal: Proposal, state: string): Promise<void> => {
  expect(await g.stateOf(proposal)).toBe(state);
};

const UNEXPECTED = "GovernorUnexpectedProposalState";

describe("the whole life of a proposal", () => {
  const CLASSES = [
    {
      name: "parameters",
      days: 7,
      operation: (g: Governance) => setCeiling(g),
      isDone: async (g: Governance) => (await g.rewards.read.ceiling()) === UNIT / 10n,
    },
    {
      name: "tightening",
      days: 7,
      operation: (g: Governance) => operationOf(g.mandate, "dismiss", []),
      isDone: async (g: Governance) => BigInt(await g.mandate.read.end()) === g.stage.now(),
    },
    {
      name: "treasury",
      days: 14,
      operation: (g: Governance) => {
        const end = Number(g.stage.now() + 100n * DAY);
        return operationOf(g.treasury, "openStream", [MEMO, g.pha.address, g.actors.bob, 9n, 0, end, MEMO, MEMO]);
      },
      isDone: async (g: Governance) =>
        (await g.treasury.read.budgetOf([MEMO]).then(
          ({ total }) => total,
          () => 0n,
        )) === 9n,
    },
    {
      name: "periphery",
      days: 30,
      operation: (g: Governance) =>
        operationOf(g.attestation.registry, "setFloors", [{ minTcbDay: 7, minQeIsvSvn: 0, allowedStatuses: 0x22 }]),
      isDone: async (g: Governance) => (await g.attestation.registry.read.floors()).minTcbDay === 7,
    },
    {
      name: "core",
      days: 52,
      operation: (g: Governance) => operationOf(g.emission, "replaceSink", [1, g.actors.bob]),
      isDone: async (g: Governance) => (await g.emission.read.sinkOf([1])) === g.actors.bob,
    },
    {
      name: "admin",
      days: 52,
      operation: (g: Governance) =>
        operationOf(g.authority, "grantRole", [ROLES.parameters, g.actors.bob, Number(7n * DAY)]),
      isDone: async (g: Governance) => (await g.authority.read.hasRole([ROLES.parameters, g.actors.bob]))[0],
    },
  ] as const;

  it.each(CLASSES)(
    "goes through the class $name, $days days after it was queued",
    async ({ days, operation, isDone }) => {
      const g = await load();
      const { stage, governor, actors } = g;
      const call = operation(g);
      const proposal = await g.propose([call]);
      const { id } = proposal;
      const proposedAt = stage.now();
      expect(await governor.read.proposalSnapshot([id])).toBe(proposedAt + VOTE.delay);
      expect(await governor.read.proposalDeadline([id])).toBe(proposedAt + VOTE.delay + VOTE.period);
      expect(await governor.read.proposalNeedsQueuing([id])).toBe(true);
      await stage.travel(VOTE.delay);
      await expectState(g, proposal, "Pending");
      await expectRevert(g.vote(proposal), UNEXPECTED);
      await g.awaitVote(proposal);
      await expectState(g, proposal, "Active");
      await g.vote(proposal);
      await expectRevert(g.queue(proposal), UNEXPECTED);
      await stage.travelTo(proposedAt + VOTE.delay + VOTE.period);
      await expectState(g, proposal, "Active");
      await g.awaitResult(proposal);
      await expectState(g, proposal, "Succeeded");
      await expectRevert(g.enact(proposal), UNEXPECTED);

      const eta = stage.now() + BigInt(days) * DAY;
      await expectEvent(stage, g.queue(proposal), governor, "ProposalQueued", { proposalId: id, etaSeconds: eta });
      await expectState(g, proposal, "Queued");
      expect(await g.readyAt(call, governor.address)).toBe(eta);
      await stage.travelTo(eta - 1n);
      await expectRevert(g.enact(proposal), "GovernorUnmetDelay", [id, eta]);
      await expectRevert(g.execute(call, actors.mallory), "AccessManagerUnauthorizedCall");
      expect(await isDone(g)).toBe(false);
      await stage.travelTo(eta);
      await g.enact(proposal);
      await expectState(g, proposal, "Executed");
      expect(await isDone(g)).toBe(true);
      await expectRevert(g.enact(proposal), UNEXPECTED);
    },
  );

  it("waits for the slowest of its classes", async () => {
    const g = await load();
    const { stage, actors, governor } = g;
    const calls = [setCeiling(g), operationOf(g.emission, "replaceSink", [1, actors.bob])] as const;
    const proposal = await pass(g, calls);
    await g.queue(proposal);
    const eta = stage.now() + 52n * DAY;
    for (const call of calls) expect(await g.readyAt(call, governor.address)).toBe(eta);
    await stage.travelTo(eta);
    await g.enact(proposal);
    expect(await g.rewards.read.ceiling()).toBe(UNIT / 10n);
  });

  it("has no way to the guardian's powers", async () => {
    const g = await load();
    const proposal = await pass(g, [operationOf(g.vpha, "pauseDeposits", [g.stage.now() + 10n * DAY])]);
    await expectRevert(g.enact(proposal), "AccessManagedUnauthorized", [g.governor.address]);
  });

  it("is cancelled by its proposer until the vote begins, and by nobody else", async () => {
    const g = await load();
    const { governor, actors } = g;
    const [first, second] = [await g.propose([setCeiling(g)]), await g.propose([setCeiling(g)], { why: "again" })];
    for (const account of [actors.governance, actors.mallory]) {
      await expectRevert(governor.write.cancel(first.content, { account }), "GovernorUnableToCancel", [
        first.id,
        account,
      ]);
    }
    await governor.write.cancel(first.content, { account: actors.alice });
    await expectState(g, first, "Canceled");
    await g.awaitVote(second);
    await expectRevert(governor.write.cancel(second.content, { account: actors.alice }), "GovernorUnableToCancel");
  });

  it("is whoever's copy comes first, who may cancel it; the suffix #proposer= reserves it", async () => {
    const g = await load();
    const { governor, actors } = g;
    const { alice, bob } = actors;
    await g.wrap(bob, units(1_000));
    const open = await g.propose([setCeiling(g)], { account: bob });
    await expectState(g, open, "Pending");
    await expectRevert(g.propose([setCeiling(g)]), UNEXPECTED);
    await governor.write.cancel(open.content, { account: bob });
    // Nor can it be proposed again.
    await expectRevert(g.propose([setCeiling(g)]), UNEXPECTED);

    const why = `because#proposer=${alice}`;
    await expectRevert(g.propose([setCeiling(g)], { account: bob, why }), "GovernorRestrictedProposer", [bob]);
    const reserved = await g.propose([setCeiling(g)], { why });
    expect(await governor.read.proposalProposer([reserved.id])).toBe(getAddress(alice));
    await expectRevert(governor.write.cancel(reserved.content, { account: bob }), "GovernorUnableToCancel", [
      reserved.id,
      bob,
    ]);
  });

  it("ends where it was not queued for 14 days after the vote: nobody brings it back years later", async () => {
    const g = await load();
    const { stage } = g;
    const proposal = await pass(g, [setCeiling(g)]);
    await stage.travel(WINDOW - 2n);
    await expectState(g, proposal, "Succeeded");
    await stage.travel(1n);
    await expectState(g, proposal, "Expired");
    await expectRevert(g.queue(proposal), UNEXPECTED);
    await stage.travel(3_650n * DAY);
    await expectRevert(g.queue(proposal), UNEXPECTED);
    await expectRevert(g.enact(proposal), UNEXPECTED);
  });
});

describe("the threshold", () => {
  it("is 0.1 % of all vPHA, rounded up, held as votes the second before", async () => {
    const g = await loadEmpty();
    const { actors, governor, vpha } = g;
    const { carol } = actors;
    expect(await governor.read.proposalThreshold()).toBe(units(1_000));
    await g.wrap(carol, units(1_000) - 1n);
    await expectRevert(g.propose([setCeiling(g)], { account: carol }), "GovernorInsufficientProposerVotes", [
      carol,
      units(1_000) - 1n,
      units(1_000),
    ]);
    await g.wrap(carol, 1n);
    await g.propose([setCeiling(g)], { account: carol });
    // vPHA that is not wrapped is none.
    await expectRevert(g.propose([setCeiling(g)], { account: actors.alice }), "GovernorInsufficientProposerVotes");
    await g.request(actors.alice, 1n);
    expect(await vpha.read.totalSupply()).toBe(units(1_000_000) - 1n);
    expect(await governor.read.proposalThreshold()).toBe(units(1_000));
    await g.request(actors.alice, 999n);
    expect(await governor.read.proposalThreshold()).toBe(units(1_000) - 1n);
  });
});

describe("the quorum", () => {
  const quorumOf = async ({ governor }: Governance, { id }: Proposal) =>
    governor.read.quorum([await governor.read.proposalSnapshot([id])]);

  it("is 10 % of what is wrapped at the snapshot, where that is more", async () => {
    const g = await load();
    const { actors, stage } = g;
    const proposal = await g.propose([setCeiling(g)]);
    await g.wrap(actors.bob, units(100_000) + 1n);
    await g.awaitVote(proposal);
    expect(await quorumOf(g, proposal)).toBe(units(40_000) + 1n);
    // What is wrapped or unwrapped later changes nothing.
    await g.wrap(actors.carol, units(50_000));
    await g.votes.write.withdrawTo([actors.alice, units(300_000)], { account: actors.alice });
    await stage.travel(1n);
    expect(await quorumOf(g, proposal)).toBe(units(40_000) + 1n);
  });

  it("is 2 % of all vPHA at the proposal, where that is more, and is not lowered later", async () => {
    const g = await loadEmpty();
    const { actors, governor } = g;
    const { alice, bob, carol } = actors;
    await g.wrap(carol, units(20_000));
    await g.wrap(bob, units(100));
    const proposal = await g.propose([setCeiling(g)], { account: carol });
    const snapshot = await governor.read.proposalSnapshot([proposal.id]);
    expect(await governor.read.quorumFloor([snapshot])).toBe(units(20_000));
    // Less supply, and a second proposal of the same second, which would have a lower floor.
    await g.request(alice, units(500_000));
    await g.propose([setCeiling(g)], { account: carol, why: "again" });
    expect(await governor.read.quorumFloor([snapshot])).toBe(units(20_000));
    await g.awaitVote(proposal);
    expect(await quorumOf(g, proposal)).toBe(units(20_000));
    await g.vote(proposal, carol);
    await g.awaitResult(proposal);
    await expectState(g, proposal, "Succeeded");
    // From now on it is less.
    const next = await g.propose([setCeiling(g)], { account: carol, why: "later" });
    expect(await governor.read.quorumFloor([await governor.read.proposalSnapshot([next.id])])).toBe(units(10_000));
  });

  it("counts who abstains, and nobody who is against", async () => {
    const g = await loadEmpty();
    const { actors } = g;
    const { alice, bob, carol } = actors;
    await g.wrap(alice, units(15_000));
    await g.wrap(bob, units(5_000));
    await g.wrap(carol, units(6_000));
    const [first, second] = [
      await g.propose([setCeiling(g)]),
      await g.propose([setCeiling(g)], { why: "again" }),
    ] as const;
    await g.awaitVote(second);
    for (const proposal of [first, second]) {
      await g.vote(proposal, alice);
      await g.vote(proposal, carol, SUPPORT.against);
    }
    await g.vote(first, bob, SUPPORT.abstain);
    await g.vote(second, bob, SUPPORT.against);
    await g.awaitResult(second);
    await expectState(g, first, "Succeeded");
    await expectState(g, second, "Defeated");
    await expectRevert(g.queue(second), UNEXPECTED);
  });

  it("that comes late leaves 2 days to answer, once", async () => {
    const g = await load();
    const { actors, governor, stage } = g;
    const { alice, bob, carol } = actors;
    await g.wrap(bob, units(290_000));
    await g.wrap(carol, units(90_000));
    const proposal = await g.propose([setCeiling(g)]);
    await g.awaitVote(proposal);
    const deadline = await governor.read.proposalDeadline([proposal.id]);
    await stage.travelTo(deadline);
    const hash = await g.vote(proposal, alice);
    await expectEvent(stage, hash, governor, "ProposalExtended", {
      proposalId: proposal.id,
      extendedDeadline: deadline + VOTE.extension,
    });
    await stage.travelTo(deadline + VOTE.extension);
    await expectState(g, proposal, "Active");
    await g.vote(proposal, bob, SUPPORT.against);
    await g.vote(proposal, carol, SUPPORT.against);
    expect(await governor.read.proposalDeadline([proposal.id])).toBe(deadline + VOTE.extension);
    await g.awaitResult(proposal);
    await expectState(g, proposal, "Defeated");
  });

  it("that comes early extends nothing", async () => {
    const g = await load();
    const { governor, stage } = g;
    const proposal = await g.propose([setCeiling(g)]);
    await g.awaitVote(proposal);
    const deadline = await governor.read.proposalDeadline([proposal.id]);
    await stage.travelTo(deadline - VOTE.extension);
    await g.vote(proposal);
    expect(await governor.read.proposalDeadline([proposal.id])).toBe(deadline);
  });
});

const batchAbi = parseAbi([
  "struct Call { address target; bytes data; }",
  "function run(Call[] calls)",
  "event Called(bool isDone, bytes result)",
]);

/** A contract with `loan` of bob's vPHA, which makes calls with it and gives it back, all in one transaction. */
async function flash(g: Governance, loan: bigint) {
  const { stage, vpha, votes, actors } = g;
  const { bob, mallory } = actors;
  const batch = await stage.deploy("CallBatch", batchAbi, []);
  await vpha.write.approve([batch.address, 2n ** 256n - 1n], { account: bob });
  return {
    address: batch.address,
    /** What came of `calls`, each with all of the loan as votes. */
    run: async (...calls: readonly Operation[]) => {
      const all = [
        operationOf(vpha, "transferFrom", [bob, batch.address, loan]),
        operationOf(vpha, "approve", [votes.address, loan]),
        operationOf(votes, "depositFor", [batch.address, loan]),
        ...calls,
        operationOf(votes, "withdrawTo", [bob, loan]),
      ];
      const hash = await batch.write.run([all], { account: mallory });
      const { logs } = await stage.publicClient.getTransactionReceipt({ hash });
      const outcomes = parseEventLogs({ abi: batchAbi, logs }).map(({ args }) => args);
      for (const { isDone } of [...outcomes.slice(0, 3), ...outcomes.slice(-1)]) expect(isDone).toBe(true);
      return outcomes.slice(3, -1);
    },
  };
}

describe("flash-loaned votes", () => {
  it("propose nothing", async () => {
    const g = await load();
    const attacker = await flash(g, units(300_000));
    const { target, data } = setCeiling(g);
    const [proposed] = await attacker.run(operationOf(g.governor, "propose", [[target], [0n], [data], "mine"]));
    expect(proposed?.isDone).toBe(false);
    expect(decodeRevert(proposed?.result ?? "0x").name).toBe("GovernorInsufficientProposerVotes");
  });

  it("weigh nothing: neither during the vote, nor in the second of the snapshot", async () => {
    const g = await load();
    const { governor, votes, stage } = g;
    const attacker = await flash(g, units(300_000));
    const proposal = await g.propose([setCeiling(g)]);
    const snapshot = await governor.read.proposalSnapshot([proposal.id]);
    await stage.travelTo(snapshot);
    await attacker.run();
    await g.awaitVote(proposal);
    expect(await votes.read.getPastVotes([attacker.address, snapshot])).toBe(0n);
    expect(await votes.read.getPastTotalSupply([snapshot])).toBe(units(300_000));
    const [voted] = await attacker.run(operationOf(governor, "castVote", [proposal.id, SUPPORT.against]));
    expect(voted).toEqual({ isDone: true, result: `0x${"0".repeat(64)}` });
    expect(await governor.read.proposalVotes([proposal.id])).toEqual([0n, 0n, 0n]);
  });
});

describe("low turnout", () => {
  it("lets nobody with less than 2 % of all vPHA decide, though he has all votes", async () => {
    const g = await loadEmpty();
    const { actors, vpha } = g;
    const { mallory, carol } = actors;
    await vpha.write.transfer([mallory, units(20_000) - 1n], { account: carol });
    await g.wrap(mallory, units(20_000) - 1n);
    const proposal = await g.propose([setCeiling(g)], { account: mallory });
    await g.awaitVote(proposal);
    await g.vote(proposal, mallory);
    await g.awaitResult(proposal);
    await expectState(g, proposal, "Defeated");
  });
});

describe("double counting", () => {
  it("is in no transfer, no wrap and no delegation after the snapshot, and in no second vote", async () => {
    const g = await load();
    const { actors, votes, vpha, governor } = g;
    const { alice, bob, mallory } = actors;
    const proposal = await g.propose([setCeiling(g)]);
    await g.awaitVote(proposal);
    await g.vote(proposal);
    await expectRevert(g.vote(proposal), "GovernorAlreadyCastVote", [alice]);
    // A third is transferred, a third goes through vPHA to a third account, a third is delegated.
    await votes.write.transfer([mallory, units(100_000)], { account: alice });
    await votes.write.withdrawTo([bob, units(100_000)], { account: alice });
    await g.wrap(bob, units(100_000));
    await votes.write.delegate([actors.carol], { account: alice });
    await votes.write.delegate([mallory], { account: mallory });
    await g.stage.travel(1n);
    for (const account of [mallory, bob, actors.carol]) await g.vote(proposal, account, SUPPORT.against);
    expect(await governor.read.proposalVotes([proposal.id])).toEqual([0n, units(300_000), 0n]);
    expect(await vpha.read.balanceOf([votes.address])).toBe(units(300_000));
  });
});

describe("content that is swapped after the vote", () => {
  it("is another proposal, which does not exist", async () => {
    const g = await load();
    const { actors, governor, stage } = g;
    const { mallory } = actors;
    const proposal = await pass(g, [setCeiling(g)]);
    const [targets, values, datas, why] = proposal.content;
    const evil = operationOf(g.emission, "replaceSink", [1, mallory]);
    const swapped: readonly Proposal["content"][] = [
      [[evil.target], values, [evil.data], why],
      [targets, values, [setCeiling(g, UNIT).data], why],
      [targets, [1n], datas, why],
      [targets, values, datas, keccak256(toHex("for other reasons"))],
      [[...targets, evil.target], [0n, 0n], [...datas, evil.data], why],
    ];
    const refuse = async (send: (content: Proposal["content"]) => Promise<Hex>) => {
      for (const content of swapped) await expectRevert(send(content), "GovernorNonexistentProposal");
    };
    await refuse((content) => governor.write.queue(content, { account: mallory }));
    await g.queue(proposal);
    await stage.travel(7n * DAY);
    await refuse((content) => governor.write.execute(content, { account: mallory }));
    await g.enact(proposal);
  });
});

describe("executing around the veto", () => {
  /** A queued proposal of two operations of which the first was vetoed, and its time has come. */
  const loadVetoed = async () => {
    const g = await load();
    const { actors, governor, stage } = g;
    const operations = [setCeiling(g), operationOf(g.emission, "replaceSink", [1, actors.mallory])] as const;
    const proposal = await pass(g, operations);
    await g.queue(proposal);
    await g.lock(actors.bob, operations[0], await g.vetoLock.read.threshold(), governor.address);
    await expectState(g, proposal, "Canceled");
    await stage.travel(52n * DAY);
    return { ...g, proposal, operations };
  };

  it("does not work by executing, queuing or proposing the same again", async () => {
    const g = await loadVetoed();
    const { proposal, governor, rewards, emission, actors } = g;
    const before = [await rewards.read.ceiling(), await emission.read.sinkOf([1])];
    await expectRevert(g.enact(proposal), UNEXPECTED);
    await expectRevert(g.queue(proposal), UNEXPECTED);
    const [targets, values, datas] = proposal.content;
    await expectRevert(
      governor.write.propose([targets, values, datas, "because"], { account: actors.alice }),
      UNEXPECTED,
    );
    await g.stage.travel(WINDOW);
    await expectRevert(g.enact(proposal), UNEXPECTED);
    expect([await rewards.read.ceiling(), await emission.read.sinkOf([1])]).toEqual(before);
  });

  it("does not work past the governor: not even what was not vetoed", async () => {
    const g = await loadVetoed();
    const { actors, operations, rewards, emission } = g;
    for (const account of [actors.alice, actors.mallory]) {
      for (const operation of operations) {
        await expectRevert(g.execute(operation, account), "AccessManagerUnauthorizedCall");
      }
      await expectRevert(rewards.write.setCeiling([UNIT / 10n], { account }), "AccessManagedUnauthorized", [account]);
      await expectRevert(emission.write.replaceSink([1, actors.mallory], { account }), "AccessManagedUnauthorized", [
        account,
      ]);
    }
    // Governance's own operations are others, although the calls are the same.
    for (const operation of operations) await expectRevert(g.execute(operation), "AccessManagerNotScheduled");
  });

  it("does not work by a vote on executing it", async () => {
    const g = await loadVetoed();
    const { authority, governor, operations } = g;
    const [{ target, data }] = operations;
    const execution = operationOf(authority, "execute", [target, data]);
    const relayed = operationOf(governor, "relay", [execution.target, 0n, execution.data]);
    const proposal = await pass(g, [relayed], "after all");
    await expectRevert(g.enact(proposal), "AccessManagerNotScheduled");
  });
});

describe("an operation that expires while signatures are gathered", () => {
  it("the multisig's has to be scheduled again, and waits again", async () => {
    const g = await load();
    const { stage } = g;
    const operation = setCeiling(g);
    await g.schedule(operation);
    const [id] = await g.keyOf(operation);
    await stage.travel(7n * DAY + WINDOW);
    await expectRevert(g.execute(operation), "AccessManagerExpired", [id]);
    await g.schedule(operation);
    await expectRevert(g.execute(operation), "AccessManagerNotReady", [id]);
    await stage.travel(7n * DAY);
    await g.execute(operation);
  });

  it("the governor's is void: it takes another vote", async () => {
    const g = await load();
    const { stage } = g;
    const operation = setCeiling(g);
    const proposal = await pass(g, [operation]);
    await g.queue(proposal);
    await stage.travel(7n * DAY + WINDOW - 1n);
    await expectState(g, proposal, "Queued");
    await stage.travel(1n);
    await expectState(g, proposal, "Expired");
    await expectRevert(g.enact(proposal), UNEXPECTED);
    await expectRevert(g.queue(proposal), UNEXPECTED);
    const next = await pass(g, [operation], "again");
    await g.queue(next);
    await expectState(g, proposal, "Expired");
    await stage.travel(7n * DAY);
    await g.enact(next);
    await expectState(g, proposal, "Expired");
  });
});

describe("the same operation in two proposals", () => {
  const two = async (g: Governance): Promise<readonly [Proposal, Proposal]> => {
    const first = await g.propose([setCeiling(g)], { why: "one" });
    const second = await g.propose([setCeiling(g)], { why: "two" });
    await g.awaitVote(second);
    await g.vote(first);
    await g.vote(second);
    await g.awaitResult(second);
    return [first, second];
  };

  it("waits once: the second is queued when the first is through, and waits by itself", async () => {
    const g = await load();
    const { stage } = g;
    const [first, second] = await two(g);
    await g.queue(first);
    await expectRevert(g.queue(second), "AccessManagerAlreadyScheduled");
    await stage.travel(7n * DAY);
    await expectRevert(g.enact(second), UNEXPECTED);
    await g.enact(first);
    await g.queue(second);
    await expectState(g, first, "Executed");
    await expectRevert(g.enact(second), "GovernorUnmetDelay");
    await g.lock(g.actors.bob, setCeiling(g), await g.vetoLock.read.threshold(), g.governor.address);
    await expectState(g, first, "Executed");
    await expectState(g, second, "Canceled");
  });

  it("is not brought back by the second where the first was vetoed: it needs, and can have, another veto", async () => {
    const g = await load();
    const { stage, actors, governor } = g;
    const [first, second] = await two(g);
    await g.queue(first);
    await g.lock(actors.bob, setCeiling(g), await g.vetoLock.read.threshold(), governor.address);
    await g.queue(second);
    await expectState(g, first, "Canceled");
    await expectState(g, second, "Queued");
    await stage.travel(7n * DAY);
    await expectRevert(g.enact(first), UNEXPECTED);
    await g.lock(actors.carol, setCeiling(g), (await g.vetoLock.read.threshold()) - 1n, governor.address);
    await g.lock(actors.bob, setCeiling(g), 1n, governor.address);
    await expectState(g, second, "Canceled");
  });

  it("cannot be queued twice in one proposal", async () => {
    const g = await load();
    const proposal = await pass(g, [setCeiling(g), setCeiling(g)]);
    await expectRevert(g.queue(proposal), "AccessManagerAlreadyScheduled");
  });
});

describe("its settings", () => {
  const abi = phalaGovernorAbi;
  const SETTERS = [
    encodeFunctionData({ abi, functionName: "setLateQuorumVoteExtension", args: [0] }),
    encodeFunctionData({ abi, functionName: "setBaseDelaySeconds", args: [0] }),
    encodeFunctionData({ abi, functionName: "setAccessManagerIgnored", args: [`0x${"1".repeat(40)}`, [], true] }),
  ] as const;

  it("are constants, for everybody and for every vote", async () => {
    const g = await load();
    const { governor, actors, stage } = g;
    expect(await governor.read.votingDelay()).toBe(VOTE.delay);
    expect(await governor.read.votingPeriod()).toBe(VOTE.period);
    expect(await governor.read.lateQuorumVoteExtension()).toBe(Number(VOTE.extension));
    expect(await governor.read.baseDelaySeconds()).toBe(0);
    expect(await governor.read.CLOCK_MODE()).toBe("mode=timestamp");
    expect(await governor.read.clock()).toBe(Number(stage.now()));
    for (const account of [actors.governance, actors.mallory]) {
      for (const data of SETTERS) {
        const call = stage.wallet.sendTransaction({ account, to: governor.address, data });
        await expectRevert(call, "PhalaGovernor_FixedSetting", []);
      }
    }
    const proposals: Proposal[] = [];
    for (const [i, data] of SETTERS.entries()) {
      proposals.push(await g.propose([{ target: governor.address, data }], { why: `setting ${i}` }));
    }
    for (const proposal of proposals) {
      await g.awaitVote(proposal);
      await g.vote(proposal);
    }
    for (const proposal of proposals) await g.awaitResult(proposal);
    for (const proposal of proposals) await expectRevert(g.enact(proposal), "PhalaGovernor_FixedSetting", []);
  });
});

describe("relay", () => {
  const relay = (g: Governance, { target, data }: Operation): Operation =>
    operationOf(g.governor, "relay", [target, 0n, data]);

  it("is nobody's but a vote's", async () => {
    const g = await load();
    for (const account of [g.actors.governance, g.actors.alice, g.actors.mallory]) {
      const { target, data } = relay(g, setCeiling(g));
      await expectRevert(g.stage.wallet.sendTransaction({ account, to: target, data }), "GovernorOnlyExecutor", [
        account,
      ]);
    }
  });

  it("shortens no wait: what it calls waits in the authority as everything does", async () => {
    const g = await load();
    const { actors, authority, stage, governor, rewards } = g;
    const operation = setCeiling(g);
    const { target, data } = operation;
    const hurry = await pass(g, [relay(g, operation)]);
    await expectRevert(g.enact(hurry), "AccessManagerNotScheduled");
    const [schedule, execute]: readonly [Operation, Operation] = [
      operationOf(authority, "schedule", [target, data, 0]),
      operationOf(authority, "execute", [target, data]),
    ];
    const sooner = await pass(g, [relay(g, schedule), relay(g, execute)], "both");
    await expectRevert(g.enact(sooner), "AccessManagerNotReady");
    const scheduled = await pass(g, [relay(g, schedule)], "schedule");
    await g.enact(scheduled);
    expect(await g.readyAt(operation, governor.address)).toBe(stage.now() + 7n * DAY);
    // And it can be vetoed as everything can.
    await g.lock(actors.bob, operation, await g.vetoLock.read.threshold(), governor.address);
    expect(await g.readyAt(operation, governor.address)).toBe(0n);
    expect(await rewards.read.ceiling()).not.toBe(UNIT / 10n);
  });

  it("beside what waits is done with it, and not before", async () => {
    const g = await load();
    const { pha, actors, governor, stage, rewards } = g;
    await pha.write.transfer([governor.address, units(3)], { account: actors.holder });
    const before = await pha.read.balanceOf([actors.bob]);
    const payment = relay(g, operationOf(pha, "transfer", [actors.bob, units(3)]));
    const both = await pass(g, [payment, setCeiling(g)]);
    await g.queue(both);
    await expectRevert(g.enact(both), "GovernorUnmetDelay", [both.id, stage.now() + 7n * DAY]);
    await stage.travel(7n * DAY);
    await g.enact(both);
    expect(await pha.read.balanceOf([actors.bob])).toBe(before + units(3));
    expect(await rewards.read.ceiling()).toBe(UNIT / 10n);
  });

  it("is how the governor acts for itself: whatever else it calls, the authority calls, after 52 days", async () => {
    const g = await load();
    const { pha, actors, governor, authority, stage } = g;
    const { holder, bob } = actors;
    for (const { address } of [governor, authority]) {
      await pha.write.transfer([address, units(3)], { account: holder });
    }
    const before = await pha.read.balanceOf([bob]);
    const payment = operationOf(pha, "transfer", [bob, units(3)]);
    await g.enact(await pass(g, [relay(g, payment)]));
    expect(await pha.read.balanceOf([governor.address])).toBe(0n);
    expect(await pha.read.balanceOf([bob])).toBe(before + units(3));
    const plain = await pass(g, [payment], "by the authority");
    await g.queue(plain);
    await stage.travel(52n * DAY);
    await g.enact(plain);
    expect(await pha.read.balanceOf([authority.address])).toBe(0n);
    expect(await pha.read.balanceOf([bob])).toBe(before + units(6));
  });
});
