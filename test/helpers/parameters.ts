/** The local parameters as tests use them. */
import { type Parameters, type Preset, parametersFor } from "../../deploy/parameters/parameters.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";

/** Governed by one account, which a test can act as, in place of the Safe. */
export function accountGoverned(preset: Preset = "current"): Parameters {
  const local = parametersFor("local", preset);
  return { ...local, safe: null, accounts: { ...local.accounts, governance: devAccount(1).address } };
}
