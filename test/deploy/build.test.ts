/** What is deployed is what the default build makes; Hardhat's production profile must make the same. */
import hre from "hardhat";
import { expect, it } from "vitest";

it("the production profile compiles with the settings and overrides of the default one", () => {
  const { default: standard, production } = hre.config.solidity.profiles;
  expect(production?.compilers).toEqual(standard?.compilers);
  expect(production?.overrides).toEqual(standard?.overrides);
  expect(production?.overrides).not.toEqual({});
});
