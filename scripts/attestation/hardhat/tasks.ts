/** The command line of attestation. Loaded with every run of Hardhat: an action is imported only when it runs. */
import { emptyTask, task } from "hardhat/config";
import { file, json, manifest, rpcUrl, text } from "../../../deploy/hardhat/options.ts";

const quote = { ...file, name: "quote", description: "The raw quote: hex, base64 or binary" } as const;
const registry = { ...text, name: "registry", description: "The registry (default: the manifest's)" } as const;

/** `attestation verify`, `collateral`, `submit` and `status`. */
export const attestationTasks = [
  emptyTask(
    "attestation",
    "TDX quotes: verify, upload collateral, attest, show (choose the chain with --network)",
  ).build(),
  task(["attestation", "verify"], "Verifies a quote by the contract, on a fresh chain inside this process")
    .addOption(quote)
    .addOption({ ...file, name: "collateral", description: "The collateral (JSON) of the quote's platform type" })
    .addOption({ ...text, name: "time", description: "Unix seconds at which to verify (default: now)" })
    .addOption({ ...text, name: "root", description: "`intel` (default), or a root certificate in PEM or DER" })
    .addFlag(json)
    .setAction(() => import("./verify.ts"))
    .build(),
  task(["attestation", "collateral"], "Uploads collateral that the chain does not have yet")
    .addOption({ ...file, name: "file", description: "The collateral (JSON)" })
    .addOption({ ...text, name: "verifier", description: "The verifier (default: that of the manifest's registry)" })
    .addOption(manifest)
    .addOption(rpcUrl)
    .addFlag(json)
    .setAction(() => import("./collateral.ts"))
    .build(),
  task(["attestation", "submit"], "Submits a quote to the registry, in its short form where the platform is known")
    .addOption(quote)
    .addOption({ ...text, name: "subject", description: "The 32 bytes that the quote's commit names" })
    .addOption({ ...text, name: "block", description: "The number of the block that it names" })
    .addOption(registry)
    .addOption(manifest)
    .addOption(rpcUrl)
    .addFlag(json)
    .setAction(() => import("./submit.ts"))
    .build(),
  task(["attestation", "status"], "Shows what has come of a key's attestation")
    .addOption({ ...text, name: "key", description: "The key's address" })
    .addOption(registry)
    .addOption(manifest)
    .addOption(rpcUrl)
    .addFlag(json)
    .setAction(() => import("./status.ts"))
    .build(),
];
