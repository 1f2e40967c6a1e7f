/** What an explorer has to be told to verify the sources of a deployment. */
import { type Address, type Hex, decodeAbiParameters, slice } from "viem";
import { constructorOf, creationCode } from "../artifacts.ts";
import type { ContractName } from "../modules/module.ts";
import { type Plan, sourceOf } from "../modules/suite.ts";

export interface Publication {
  readonly name: ContractName;
  readonly address: Address;
  /** Source and contract, as Hardhat names it. */
  readonly contract: string;
  readonly constructorArguments: readonly unknown[];
}

/** One for each contract of `plan`; the constructor's arguments are what follows the code that was compiled. */
export function publicationsOf({ deployments }: Plan): Publication[] {
  return deployments.map(({ name, address, initCode }) => {
    const source = sourceOf(name);
    const { length } = creationCode(source);
    const encoded: Hex = initCode.length === length ? "0x" : slice(initCode, (length - 2) / 2);
    const inputs = constructorOf(source);
    return {
      name,
      address,
      contract: `contracts/${source}.sol:${source.slice(source.lastIndexOf("/") + 1)}`,
      constructorArguments: inputs.length === 0 ? [] : decodeAbiParameters(inputs, encoded),
    };
  });
}
