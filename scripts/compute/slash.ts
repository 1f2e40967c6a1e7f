/** Proposals of slashes: made, contradicted, ended. */
import {
  type Address,
  type ContractFunctionArgs,
  type Hex,
  decodeFunctionResult,
  encodeFunctionData,
  parseEventLogs,
} from "viem";
import { chainReader } from "../../deploy/executors/account.ts";
import { slashingAbi } from "../../deploy/generated/abis.ts";
import { nameOf } from "../attestation/names.ts";
import { invalidInput } from "../attestation/refusal.ts";
import { FAULT_CLASSES, PROPOSAL_STATES } from "./calls.ts";
import { type Actor, type Performed, perform, plain } from "./perform.ts";

/** `Proposal` of the contract. */
export type Proposal = ContractFunctionArgs<typeof slashingAbi, "pure", "idOf">[0];

export interface Proposed extends Performed {
  readonly id: Hex;
  readonly proposal: Proposal;
}

/** Proposes a slash. Amounts in wei of vPHA, `faultAt` in unix seconds. @throws Refusal */
export async function proposeSlash(
  actor: Actor,
  slashing: Address,
  of: {
    readonly worker: Address;
    readonly faultClass: (typeof FAULT_CLASSES)[number];
    readonly amount: bigint;
    readonly bounty: bigint;
    readonly reporter: Address;
    readonly faultAt: number;
    readonly evidenceHash: Hex;
    readonly evidenceUri: string;
  },
): Promise<Proposed> {
  const { worker, faultClass, amount, bounty, reporter, faultAt, evidenceHash, evidenceUri } = of;
  const index = FAULT_CLASSES.indexOf(faultClass);
  const args = [worker, index, amount, bounty, reporter, faultAt, evidenceHash, evidenceUri] as const;
  const data = encodeFunctionData({ abi: slashingAbi, functionName: "propose", args });
  const done = await perform(actor, [{ to: slashing, data, what: "propose" }]);
  if (done.receipt === null) {
    const [id, proposal] = decodeFunctionResult({ abi: slashingAbi, functionName: "propose", data: done.returned });
    return { ...plain(done), id, proposal };
  }
  const [event] = parseEventLogs({ abi: slashingAbi, eventName: "SlashProposed", logs: done.receipt.logs });
  if (event === undefined) throw new Error("propose: no proposal in the receipt");
  return { ...plain(done), id: event.args.id, proposal: event.args.proposal };
}

/** The proposal `id`, from its event. @param fromBlock A block before it. */
export async function findProposal(
  transport: Actor["transport"],
  slashing: Address,
  id: Hex,
  fromBlock: bigint,
): Promise<Proposal> {
  const [event] = await chainReader(transport).getContractEvents({
    address: slashing,
    abi: slashingAbi,
    eventName: "SlashProposed",
    args: { id },
    fromBlock,
    strict: true,
  });
  if (event !== undefined) return event.args.proposal;
  throw invalidInput(`There is no proposal ${id} from block ${fromBlock} on (--from-block names an earlier one).`);
}

/** What can be done with a proposal. */
export type SlashAction =
  | { readonly name: "rebut"; readonly rebuttalHash: Hex; readonly rebuttalUri: string }
  | { readonly name: "reject" | "withdraw" | "execute" };

function dataOf(action: SlashAction, proposal: Proposal): Hex {
  if (action.name !== "rebut") {
    return encodeFunctionData({ abi: slashingAbi, functionName: action.name, args: [proposal] });
  }
  const args = [proposal, action.rebuttalHash, action.rebuttalUri] as const;
  return encodeFunctionData({ abi: slashingAbi, functionName: "rebut", args });
}

/** Contradicts, ends or executes a proposal. `state` is that after it. @throws Refusal */
export async function actOnProposal(
  actor: Actor,
  slashing: Address,
  of: { readonly id: Hex; readonly fromBlock: bigint; readonly action: SlashAction },
): Promise<Proposed & { readonly action: SlashAction["name"]; readonly state: (typeof PROPOSAL_STATES)[number] }> {
  const { id, action } = of;
  const proposal = await findProposal(actor.transport, slashing, id, of.fromBlock);
  const done = await perform(actor, [{ to: slashing, data: dataOf(action, proposal), what: action.name }]);
  const state = await chainReader(actor.transport).readContract({
    address: slashing,
    abi: slashingAbi,
    functionName: "stateOf",
    args: [id],
  });
  return { ...plain(done), id, proposal, action: action.name, state: nameOf(PROPOSAL_STATES, state) };
}
