/** Genesis as a task: governance makes its calls itself, all of them in one batch. */
import { type SuiteState, readState } from "../../state.ts";
import { contractAt } from "../../modules/module.ts";
import { members } from "../../parameters/validate.ts";
import type { Task } from "../task.ts";
import { genesis } from "./genesis.ts";

export function genesisTask(input: unknown): Task<SuiteState> {
  members(input, "", []);
  return {
    name: "0001-genesis",
    title: "Bring the suite through genesis",
    isDelayed: false,
    read: (client, { parameters, contracts, startBlock }) =>
      readState(client, parameters, { deployments: [], contracts }, startBlock),
    operations: (state, { parameters, contracts }) =>
      genesis(state, parameters).map((call) => {
        const contract = contractAt(contracts, call.to);
        if (contract === undefined) throw new Error(`${call.description}: ${call.to} is no contract of the suite`);
        // Nothing is in use yet; that it ends as it should is for the check of the whole suite after it.
        return { call, changes: [{ contract, path: null }], isInEffect: false };
      }),
  };
}
