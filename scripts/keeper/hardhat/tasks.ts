/** The command line of the keeper. Loaded with every run of Hardhat: an action is imported only when it runs. */
import { task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import { dryRun, json, manifest, rpcUrl, text } from "../../../deploy/hardhat/options.ts";

/** `keeper`. */
export const keeperTasks = [
  task(
    "keeper",
    "Does what anybody may do and somebody must, for ever: collateral, restamps, slashes that are due, pulls",
  )
    .addOption({ ...text, name: "duties", description: "Some of them, with commas between (default: all)" })
    .addOption({ ...text, name: "collateral", description: "Collateral: a file, a folder of files, or a URL" })
    .addOption({
      name: "minimum",
      description: "PHA that a stream must owe to be brought in",
      type: ArgumentType.STRING,
      defaultValue: "1000",
    })
    .addOption({
      name: "interval",
      description: "Seconds between two rounds",
      type: ArgumentType.INT,
      defaultValue: 60,
    })
    .addFlag({ name: "once", description: "One round, then end; exit code 1 if something failed" })
    .addOption(manifest)
    .addOption(rpcUrl)
    .addFlag(dryRun)
    .addFlag(json)
    .setAction(() => import("./keeper.ts"))
    .build(),
];
