import type { Module } from "./module.ts";

export const stateAssertion: Module = {
  source: "governance/StateAssertion",
  initCode: ({ bytecode }) => bytecode,
};
