import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { chainReader } from "../executors/account.ts";
import { planSuite } from "../modules/suite.ts";
import { readStatus } from "../status.ts";
import { deploySuite } from "../suite.ts";
import { type DeployArguments, blockNumber, command, connect, target } from "./command.ts";

export default function action(options: DeployArguments, hre: HardhatRuntimeEnvironment) {
  return command(async () => {
    const { parameters, manifestPath } = target(options, hre);
    const { transport, accounts } = await connect(options, hre);
    const [deployer, ...others] = await accounts();
    if (deployer === undefined) throw new Error("this network has no account to deploy from");
    const { governance } = parameters.accounts;
    const signers = [deployer, ...others];
    const manifest = await deploySuite({
      transport,
      parameters,
      deployer,
      governance: signers.find((account) => account.toLowerCase() === governance.toLowerCase()) ?? null,
      manifestPath,
      startBlock: blockNumber(options.startBlock),
      onStep: ({ blockNumber, description }) => console.log(`block ${blockNumber}: ${description}`),
    });
    for (const [name, address] of Object.entries(manifest.contracts)) {
      if (address !== null) console.log(`${name.padEnd(18)} ${address}`);
    }
    console.log(`manifest: ${manifestPath}`);

    const status = await readStatus(
      chainReader(transport),
      parameters,
      planSuite(parameters),
      BigInt(manifest.startBlock),
    );
    if (status.remaining.length === 0) return;
    console.log(`left for governance, ${governance}, which does not sign here:`);
    for (const step of status.remaining) console.log(`  ${step}`);
    if (parameters.safe === null) return;
    console.log("its owners sign what `npx hardhat deploy task build 0001` writes");
  });
}
