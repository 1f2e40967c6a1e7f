/** The command line of the deployment. Loaded with every run of Hardhat: an action is imported only when it runs. */
import { emptyTask, task } from "hardhat/config";
import { file, json, manifest, rpcUrl, text } from "./options.ts";

const preset = { ...text, name: "preset", description: "Emission preset: genesis, published or current" } as const;
const parameters = {
  ...file,
  name: "parameters",
  description: "Parameter file (default: deploy/parameters/<network>.json)",
} as const;

const startBlock = {
  ...text,
  name: "startBlock",
  description: "A block before the suite's first contract, where no manifest says it and the node keeps no past states",
} as const;

const governanceTask = {
  name: "task",
  description: "Number or name of the task: 0002, or 0002-catalog-change",
} as const;
const input = {
  ...file,
  name: "input",
  description: "Parameters of the task (default: parameters.json beside it)",
} as const;
const ownerKeys = {
  ...file,
  name: "ownerKeys",
  description: "File with owners' private keys, one in each line; without enough, the fork's Safe gets other owners",
} as const;
const batches = {
  ...file,
  name: "batches",
  description: "Folder that `deploy task build` wrote: what its files hold is run, whatever the task says",
} as const;

/** `deploy suite`, `deploy status`, `deploy verify`, `deploy explorer`, `deploy task …`, `merkle build`, `merkle proof`. */
export const deploymentTasks = [
  emptyTask("deploy", "Deploys the suite, or shows how far it is deployed (choose the chain with --network)").build(),
  task(["deploy", "suite"], "Deploys what is missing of the suite and brings it through genesis")
    .addOption(preset)
    .addOption(parameters)
    .addOption(manifest)
    .addOption(rpcUrl)
    .addOption(startBlock)
    .setAction(() => import("./suite.ts"))
    .build(),
  task(["deploy", "status"], "Shows what there is of the suite on the chain, and what is missing; sends nothing")
    .addOption(preset)
    .addOption(parameters)
    .addOption(manifest)
    .addOption(rpcUrl)
    .addOption(startBlock)
    .addFlag(json)
    .setAction(() => import("./status.ts"))
    .build(),
  task(["deploy", "verify"], "Verifies bytecode, roles and parameters on the chain; fails unless everything holds")
    .addOption(preset)
    .addOption(parameters)
    .addOption(manifest)
    .addOption(rpcUrl)
    .addOption(startBlock)
    .addFlag(json)
    .setAction(() => import("./verify.ts"))
    .build(),
  task(["deploy", "explorer"], "Publishes the sources of the suite on an explorer, which verifies them")
    .addOption(preset)
    .addOption(parameters)
    .addOption(manifest)
    .addOption({ ...text, name: "explorer", description: "etherscan, blockscout or sourcify (default)" })
    .setAction(() => import("./explorer.ts"))
    .build(),

  emptyTask(["deploy", "task"], "What governance decides, as batches for its Safe").build(),
  task(["deploy", "task", "build"], "Writes the batches of a task, and what signers compare them with")
    .addPositionalArgument(governanceTask)
    .addOption(input)
    .addOption({
      ...file,
      name: "out",
      description: "Folder for schedule.json, execute.json and VALIDATION.md (default: deploy/tasks/<task>/<network>)",
    })
    .addOption(manifest)
    .addOption(rpcUrl)
    .setAction(() => import("./taskBuild.ts"))
    .build(),
  task(["deploy", "task", "simulate"], "Runs a task on a fork of the chain: signed, scheduled, waited for, executed")
    .addPositionalArgument(governanceTask)
    .addOption(input)
    .addOption(ownerKeys)
    .addOption(batches)
    .addOption(manifest)
    .addOption(rpcUrl)
    .setAction(() => import("./taskSimulate.ts"))
    .build(),
  task(
    ["deploy", "task", "diff"],
    "Compares what a task changes in storage with what it may change; fails on any other",
  )
    .addPositionalArgument(governanceTask)
    .addOption(input)
    .addOption(ownerKeys)
    .addOption(batches)
    .addOption(manifest)
    .addOption(rpcUrl)
    .addFlag(json)
    .setAction(() => import("./taskDiff.ts"))
    .build(),
  task(["deploy", "task", "status"], "Shows how far the operations of a task are; sends nothing")
    .addPositionalArgument(governanceTask)
    .addOption(input)
    .addOption(manifest)
    .addOption(rpcUrl)
    .addFlag(json)
    .setAction(() => import("./taskStatus.ts"))
    .build(),

  emptyTask("merkle", "Trees of the MerkleDistributor").build(),
  task(["merkle", "build"], "Builds a tree from CSV with the header `account,amount`; amounts are PHA, not wei")
    .addOption({ ...file, name: "csv", description: "The CSV file" })
    .addOption({ ...file, name: "out", description: "Where to write the tree" })
    .setAction(() => import("./merkleBuild.ts"))
    .build(),
  task(["merkle", "proof"], "Prints what an account passes to MerkleDistributor.claim")
    .addOption({ ...file, name: "tree", description: "A tree that `merkle build` wrote" })
    .addOption({ ...text, name: "account", description: "The claimant" })
    .addFlag(json)
    .setAction(() => import("./merkleProof.ts"))
    .build(),
];
