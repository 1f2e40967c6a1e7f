/** Deploys the suite to the chain at the first argument, with its manifest at the second: a process to be killed. */
import { http } from "viem";
import { parametersFor } from "../../deploy/parameters/parameters.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";

const [url = "", manifestPath = ""] = process.argv.slice(2);
await deploySuite({
  transport: http(url),
  parameters: parametersFor("local", "current"),
  deployer: devAccount(0),
  governance: devAccount(1),
  manifestPath,
});
