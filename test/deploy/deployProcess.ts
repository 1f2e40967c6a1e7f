/** Deploys the suite to the chain at the first argument, with its manifest at the second: a process to be killed. */
import { http } from "viem";
import { deploySuite } from "../../deploy/suite.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { accountGoverned } from "../helpers/parameters.ts";

const [url = "", manifestPath = ""] = process.argv.slice(2);
await deploySuite({
  transport: http(url),
  parameters: accountGoverned(),
  deployer: devAccount(0),
  governance: devAccount(1),
  manifestPath,
});
