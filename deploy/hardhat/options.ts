/** Options that tasks have in common. Loaded with every run of Hardhat. */
import { ArgumentType } from "hardhat/types/arguments";

/** A file, and a text; neither has a default. */
export const file = { type: ArgumentType.FILE_WITHOUT_DEFAULT, defaultValue: undefined } as const;
export const text = { type: ArgumentType.STRING_WITHOUT_DEFAULT, defaultValue: undefined } as const;

export const dryRun = { name: "dryRun", description: "Say what would be sent, and send nothing" } as const;
export const json = { name: "json", description: "Print JSON" } as const;
export const rpcUrl = { ...text, name: "rpcUrl", description: "Endpoint in place of the network's own" } as const;
export const manifest = {
  ...file,
  name: "manifest",
  description: "Where the record of the deployment is (default: deployments/<network>.json)",
} as const;
