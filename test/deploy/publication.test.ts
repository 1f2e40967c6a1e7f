/** What explorers are told: the source, and the constructor's arguments, of which the creation code is made. */
import hre from "hardhat";
import { type Hex, encodeDeployData } from "viem";
import { expect, it } from "vitest";
import { planSuite } from "../../deploy/modules/suite.ts";
import { publicationsOf } from "../../deploy/verify/publication.ts";
import { accountGoverned } from "../helpers/parameters.ts";

const plan = planSuite(accountGoverned());

it.each(publicationsOf(plan).map((each) => [each.name, each] as const))(
  "%s: the named source with these arguments is what was deployed",
  async (name, { address, contract, constructorArguments }) => {
    const { abi, bytecode } = await hre.artifacts.readArtifact(contract);
    const deployment = plan.deployments.find((each) => each.name === name);
    expect(deployment?.address).toBe(address);
    const args = constructorArguments.length === 0 ? undefined : [...constructorArguments];
    expect(encodeDeployData({ abi, bytecode: bytecode as Hex, args })).toBe(deployment?.initCode);
  },
);

it("the networks that the suite is meant for are there, with their explorers", () => {
  const { networks, chainDescriptors } = hre.config;
  expect(networks["ethereum"]).toMatchObject({ type: "http", chainId: 1 });
  expect(networks["sepolia"]).toMatchObject({ type: "http", chainId: 11_155_111 });
  expect(networks["phala"]).toMatchObject({ type: "http", chainId: 2035, chainType: "op" });
  const explorersOf = (chainId: bigint) => chainDescriptors.get(chainId)?.blockExplorers;
  expect(explorersOf(1n)?.etherscan?.url).toMatch(/^https:/);
  expect(explorersOf(11_155_111n)?.etherscan?.url).toMatch(/^https:/);
  expect(explorersOf(2035n)?.blockscout?.url).toMatch(/^https:/);
});
