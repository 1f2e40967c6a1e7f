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

/** `deploy suite`, `deploy status`, `deploy verify`, `deploy explorer`, `merkle build`, `merkle proof`. */
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
