/** What the tasks share. */
import hre from "hardhat";
import { expect, it } from "vitest";
import { networkName } from "../../deploy/hardhat/command.ts";

it("without --network, the local chain is meant and never the one that ends with the command", () => {
  expect(networkName(hre)).toBe("local");
  for (const network of ["", "default"])
    expect(networkName({ globalOptions: { ...hre.globalOptions, network } })).toBe("local");
  expect(networkName({ globalOptions: { ...hre.globalOptions, network: "remote" } })).toBe("remote");
});
