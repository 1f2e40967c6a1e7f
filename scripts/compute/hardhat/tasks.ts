/** The command line of workers and slashes. Loaded with every run of Hardhat: an action is imported only when it runs. */
import { emptyTask, task } from "hardhat/config";
import { file, json, manifest, rpcUrl, text } from "../../../deploy/hardhat/options.ts";

const registry = { ...text, name: "registry", description: "The worker registry (default: the manifest's)" } as const;
const rewards = { ...text, name: "rewards", description: "WorkerRewards (default: the manifest's)" } as const;
const slashing = { ...text, name: "slashing", description: "The slashing contract (default: the manifest's)" } as const;
const from = { ...text, name: "from", description: "Who sends (default: the network's first account)" } as const;
const dryRun = { name: "dryRun", description: "Only tries it, and says what it would be refused with" } as const;
const worker = { ...text, name: "worker", description: "The worker's address" } as const;
const receiver = { ...text, name: "receiver", description: "Who is paid (default: the sender)" } as const;
const proposal = { ...text, name: "proposal", description: "The proposal's id" } as const;
const fromBlock = {
  ...text,
  name: "fromBlock",
  description: "A block before the proposal (default: the deployment's first)",
} as const;

/** A task that sends something: with all that says from whom, and whether. */
const sending = (name: string[], description: string, contract: typeof registry | typeof rewards | typeof slashing) =>
  task(name, description)
    .addOption(contract)
    .addOption(from)
    .addOption(manifest)
    .addOption(rpcUrl)
    .addFlag(dryRun)
    .addFlag(json);

/** A task that does something with a proposal. */
const deciding = (name: string, description: string) =>
  sending(["slash", name], description, slashing).addOption(proposal).addOption(fromBlock);

/** `worker …` and `slash …`. */
export const computeTasks = [
  emptyTask("worker", "GPU workers: register, show, claim, leave (choose the chain with --network)").build(),
  sending(["worker", "register"], "Registers a worker by its quote, or attests a registered one anew", registry)
    .addOption({ ...file, name: "quote", description: "The raw quote: hex, base64 or binary" })
    .addOption({ ...text, name: "block", description: "The number of the block that it names" })
    .addOption({ ...text, name: "operator", description: "Whose worker it is" })
    .addOption({ ...text, name: "model", description: "The GPUs' model, such as H100" })
    .addOption({ ...text, name: "gpus", description: "The GPUs' ids, separated by commas" })
    .addOption({ ...text, name: "evidence", description: "The hash of the GPUs' evidence" })
    .addOption({ ...text, name: "collateral", description: "vPHA (default: what the catalog asks for)" })
    .setAction(() => import("./register.ts"))
    .build(),
  sending(["worker", "heartbeat"], "Sends heartbeats that workers have signed, those of a block together", rewards)
    .addOption({ ...file, name: "signed", description: "JSON: { worker, blockNumber, signature }, or a list of them" })
    .addOption({ ...text, name: "agents", description: "Endpoints of agents, separated by commas, in place of a file" })
    .setAction(() => import("./heartbeat.ts"))
    .build(),
  task(["worker", "status"], "Shows what the contracts say of a worker")
    .addOption(worker)
    .addOption(registry)
    .addOption(rewards)
    .addOption(manifest)
    .addOption(rpcUrl)
    .addFlag(json)
    .setAction(() => import("./status.ts"))
    .build(),
  sending(["worker", "claim"], "Claims the rewards of an operator's workers, as vPHA", rewards)
    .addOption({ ...text, name: "workers", description: "The workers, separated by commas" })
    .addOption(receiver)
    .setAction(() => import("./claim.ts"))
    .build(),
  sending(["worker", "exit"], "Requests a worker's exit; once the collateral has thawed, pays it", registry)
    .addOption(worker)
    .addOption(receiver)
    .setAction(() => import("./exit.ts"))
    .build(),
  emptyTask(["worker", "collateral"], "A worker's collateral").build(),
  sending(["worker", "collateral", "add"], "Adds to a worker's collateral", registry)
    .addOption(worker)
    .addOption({ ...text, name: "amount", description: "vPHA" })
    .setAction(() => import("./collateralAdd.ts"))
    .build(),
  sending(
    ["worker", "collateral", "withdraw"],
    "Withdraws what is not required: begins with --amount, later pays",
    registry,
  )
    .addOption(worker)
    .addOption({ ...text, name: "amount", description: "vPHA; without it, the open withdrawal is paid" })
    .addOption(receiver)
    .addFlag({ name: "cancel", description: "Takes the open withdrawal back" })
    .setAction(() => import("./collateralWithdraw.ts"))
    .build(),

  emptyTask("slash", "Slashes of workers' collateral (choose the chain with --network)").build(),
  sending(["slash", "propose"], "Proposes a slash; by the slasher", slashing)
    .addOption(worker)
    .addOption({ ...text, name: "fault", description: "Unavailability, Misreporting or Breach" })
    .addOption({ ...text, name: "amount", description: "vPHA" })
    .addOption({ ...text, name: "bounty", description: "Part of it for the reporter, vPHA (default: none)" })
    .addOption({ ...text, name: "reporter", description: "Who reported the fault" })
    .addOption({ ...text, name: "faultAt", description: "When the fault was: unix seconds" })
    .addOption({ ...file, name: "evidence", description: "The evidence, which is hashed" })
    .addOption({ ...text, name: "evidenceHash", description: "Its Keccak-256, in place of the file" })
    .addOption({ ...text, name: "uri", description: "Where the evidence is" })
    .setAction(() => import("./propose.ts"))
    .build(),
  deciding("rebut", "Contradicts a proposal, once; by the worker's operator")
    .addOption({ ...file, name: "rebuttal", description: "The rebuttal, which is hashed" })
    .addOption({ ...text, name: "rebuttalHash", description: "Its Keccak-256, in place of the file" })
    .addOption({ ...text, name: "uri", description: "Where the rebuttal is" })
    .setAction(() => import("./rebut.ts"))
    .build(),
  deciding("execute", "Takes the collateral once the windows are over; open to all")
    .setAction(() => import("./execute.ts"))
    .build(),
  deciding("reject", "Ends a proposal for good; by the judge")
    .setAction(() => import("./reject.ts"))
    .build(),
  deciding("withdraw", "Takes a proposal back; by the slasher")
    .setAction(() => import("./withdraw.ts"))
    .build(),
];
