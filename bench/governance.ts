/**
 * Gas of the token, of an airdrop, and of governance: what holders, claimants, proposers and payees do. Amounts have 18 significant
 * decimals; proposals are of one call with a description as long as a short post. Nothing here costs more with more accounts, but
 * looking up votes of the past: with the logarithm of how many times votes have moved, as in OpenZeppelin.
 */
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { type Address, type Hex, getAddress, keccak256, pad, stringToHex, toHex } from "viem";
import { merkleDistributorAbi, phaAbi } from "../deploy/generated/abis.ts";
import { bytes32 } from "../deploy/parameters/validate.ts";
import { type Proposal, SUPPORT, openGovernance, operationOf } from "../test/helpers/governance.ts";
import { signPermit } from "../test/helpers/permit.ts";
import { DAY, openStage } from "../test/helpers/stage.ts";
import { UNIT, units } from "../test/helpers/suite.ts";
import type { Measured, Variant } from "./rows.ts";

/** An amount whose calldata is as dear as that of a wallet: few zero bytes. */
const ODD = 123_456_789_012_345_678n;
/** Of an airdrop: its proofs have 12 hashes. */
const LEAVES = 2 ** 12;
const DESCRIPTION = "# Raise the ceiling\n\n".padEnd(500, "Because machines wait. ");
const PROPOSAL = keccak256(toHex("proposal 7"));
const MEMO = keccak256(toHex("memo"));

const nameOf = (text: string): Hex => stringToHex(text, { size: 32 });

/** Gas of every action, where `crowd` others have votes, each since a second of his own. */
export async function measureGovernance(crowd: number): Promise<Measured> {
  const gas: Measured = new Map();
  const g = await openGovernance(await openStage());
  const { stage, actors, authority, governor, votes, vpha, treasury, vetoLock, rewards } = g;
  const { holder, governance, alice, bob, carol, mallory, operator, stranger } = actors;
  const pha = stage.at(phaAbi, g.pha.address);
  const record = async (action: string, variant: Variant, sent: Promise<Hex>): Promise<void> => {
    gas.set(`${action} ${variant}`, Number((await g.receiptOf(await sent)).gasUsed));
  };

  await vpha.write.approve([votes.address, units(1_000) + ODD], { account: carol });
  for (let i = 0; i < crowd; ++i) {
    const account = getAddress(pad(toHex(0x10000 + i), { size: 20 }));
    await votes.write.depositFor([account, UNIT / 100n], { account: carol });
    await stage.travel(1n);
  }

  // TOKEN
  for (const variant of ["first", "repeat"] as const) {
    await record("PHA, transfer", variant, pha.write.transfer([mallory, units(1_000) + ODD], { account: holder }));
    await record("PHA, approve", variant, pha.write.approve([stranger, units(500) + ODD], { account: mallory }));
    const permit = { owner: mallory, spender: operator, value: units(700) + ODD, deadline: stage.now() + DAY };
    const { deadline, v, r, s } = await signPermit(stage, pha.address, permit);
    const args = [permit.owner, permit.spender, permit.value, deadline, v, r, s] as const;
    await record("PHA, permit", variant, pha.write.permit(args, { account: operator }));
  }
  await record("PHA, transferFrom", "repeat", pha.write.transferFrom([mallory, holder, UNIT], { account: operator }));
  await record("PHA, burn", "repeat", pha.write.burn([units(1) + ODD], { account: mallory }));
  await record("PHA, burnFrom", "repeat", pha.write.burnFrom([mallory, units(1) + ODD], { account: operator }));

  // AIRDROP
  const claimant = (i: number): Address => getAddress(pad(toHex(0x20000 + i), { size: 20 }));
  const entries = Array.from({ length: LEAVES }, (_, i): [bigint, Address, bigint] => [BigInt(i), claimant(i), ODD]);
  const tree = StandardMerkleTree.of(entries, ["uint256", "address", "uint256"]);
  const distributor = await stage.deploy("MerkleDistributor", merkleDistributorAbi, [
    pha.address,
    bytes32(tree.root, "root"),
    stage.now() + DAY,
    treasury.address,
  ]);
  await pha.write.transfer([distributor.address, units(1_000)], { account: holder });
  const claim = (i: number) =>
    distributor.write.claim([BigInt(i), claimant(i), ODD, tree.getProof(i).map((node) => bytes32(node, "proof"))], {
      account: stranger,
    });
  await record("airdrop, claim", "first", claim(1_000));
  await record("airdrop, claim", "repeat", claim(1_001));
  await stage.travel(DAY);
  await record("airdrop, sweep", "repeat", distributor.write.sweep({ account: stranger }));

  // VOTES
  await vpha.write.approve([votes.address, units(400_000) + ODD], { account: alice });
  await vpha.write.approve([votes.address, units(200_000) + ODD], { account: bob });
  const wrap = (account: Address, amount: bigint) => votes.write.depositFor([account, amount], { account });
  await record("votes, wrap", "first", wrap(alice, units(300_000) + ODD));
  await stage.travel(DAY);
  await record("votes, wrap", "repeat", wrap(alice, units(1_000)));
  await wrap(bob, units(100_000) + ODD);
  await stage.travel(DAY);
  await record("votes, delegate", "first", votes.write.delegate([carol], { account: bob }));
  await record("votes, unwrap", "repeat", votes.write.withdrawTo([alice, units(1) + ODD], { account: alice }));
  await stage.travel(DAY);

  // PROPOSALS
  const setCeiling = (ceiling: bigint) => operationOf(rewards, "setCeiling", [ceiling]);
  const lifeOf = async (ceiling: bigint, variant: Variant): Promise<void> => {
    const { target, data } = setCeiling(ceiling);
    const why = `${DESCRIPTION}${ceiling}`;
    const content: Proposal["content"] = [[target], [0n], [data], keccak256(toHex(why))];
    const sent = governor.write.propose([[target], [0n], [data], why], { account: alice });
    await record("governor, propose", variant, sent);
    const id = await governor.read.getProposalId(content);
    const proposal: Proposal = { id, content };
    await g.awaitVote(proposal);
    const cast = (account: Address) => governor.write.castVote([id, SUPPORT.for], { account });
    await record("governor, vote", "first", cast(alice));
    await record("governor, vote", "repeat", cast(carol));
    await g.awaitResult(proposal);
    await record("governor, queue", variant, g.queue(proposal));
    await stage.travel(7n * DAY);
    await record("governor, execute", variant, g.enact(proposal));
  };
  await lifeOf(UNIT / 10n + 1n, "first");
  await lifeOf(UNIT / 10n + 2n, "repeat");

  // AUTHORITY
  const operation = setCeiling(UNIT / 10n + 3n);
  for (const variant of ["first", "repeat"] as const) {
    await record("authority, schedule", variant, g.schedule(operation));
    await stage.travel(7n * DAY);
    await record("authority, execute", variant, g.execute(operation));
    // What is set already is refused: in between it is something else.
    await g.act(setCeiling(UNIT / 10n));
  }
  await g.schedule(operation);
  const cancel = authority.write.cancel([governance, operation.target, operation.data], { account: governance });
  await record("authority, cancel", "repeat", cancel);

  // VETO
  const vetoed = setCeiling(UNIT / 10n + 4n);
  await g.schedule(vetoed);
  const [id, nonce] = await g.keyOf(vetoed);
  await vpha.write.approve([vetoLock.address, units(150_000) + ODD], { account: alice });
  const lock = (amount: bigint) =>
    vetoLock.write.lock([governance, vetoed.target, vetoed.data, amount], { account: alice });
  await record("veto, lock", "first", lock(units(1_000) + ODD));
  await record("veto, lock", "repeat", lock(units(1_000)));
  await record("veto, lock that cancels", "repeat", lock(units(110_000)));
  await stage.travel(7n * DAY);
  const unlock = vetoLock.write.unlock([id, nonce, alice], { account: alice });
  await record("veto, unlock", "repeat", unlock);

  // TREASURY
  await record("treasury, collect", "first", treasury.write.collect({ account: stranger }));
  await stage.travel(DAY);
  await record("treasury, collect", "repeat", treasury.write.collect({ account: stranger }));
  const opensAt = stage.now() + 14n * DAY;
  const [start, end] = [Number(opensAt), Number(opensAt + 365n * DAY)];
  const common = (name: string) => [nameOf(name), pha.address, bob, units(1_200) + ODD, start, end] as const;
  const stream = operationOf(treasury, "openStream", [...common("salary"), PROPOSAL, MEMO]);
  const limit = units(300) + ODD;
  const grants = [...common("grants"), limit, Number(30n * DAY), PROPOSAL, MEMO] as const;
  const allowance = operationOf(treasury, "openAllowance", grants);
  for (const call of [stream, allowance]) await g.schedule(call);
  await stage.travel(14n * DAY);
  await record("treasury, open a stream", "first", g.execute(stream));
  await record("treasury, open an allowance", "first", g.execute(allowance));
  for (const variant of ["first", "repeat"] as const) {
    await stage.travel(5n * DAY);
    await record("treasury, release", variant, treasury.write.release([nameOf("salary")], { account: stranger }));
    const payment = [nameOf("grants"), carol, units(50) + ODD, PROPOSAL, MEMO] as const;
    await record("treasury, pay", variant, treasury.write.pay(payment, { account: bob }));
  }
  return gas;
}
