/** A PHA that exists already, plain and pausable: the suite is deployed around it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import hre from "hardhat";
import { type Hex, getAddress, parseAbi, parseEther } from "viem";
import { expect, it } from "vitest";
import { vphaAbi } from "../../deploy/generated/abis.ts";
import { type Parameters } from "../../deploy/parameters/parameters.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { createChain } from "../helpers/chain.ts";
import { accountGoverned } from "../helpers/parameters.ts";

const erc20 = parseAbi([
  "function transfer(address to, uint256 amount) returns (bool)",
  "function approve(address spender, uint256 amount) returns (bool)",
  "function balanceOf(address account) view returns (uint256)",
]);

it("governance pays the emission from what it holds, and stakers stake", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "adopted-"));
  const chain = await createChain();
  const [deployer, governance, staker] = [devAccount(0), devAccount(1), devAccount(2)];
  const { bytecode } = await hre.artifacts.readArtifact("AdoptedToken");
  const hash = await chain.wallet.deployContract({
    account: staker.address,
    abi: parseAbi(["constructor(address holder)"]),
    bytecode: bytecode as Hex,
    args: [staker.address],
  });
  const { contractAddress } = await chain.publicClient.getTransactionReceipt({ hash });
  if (!contractAddress) throw new Error("the token was not deployed");
  const token = getAddress(contractAddress);

  const local = accountGoverned();
  const parameters: Parameters = { ...local, token: { adopt: token }, team: null, distributor: null };
  const deploy = () =>
    deploySuite({
      transport: chain.transport,
      parameters,
      deployer,
      governance,
      manifestPath: path.join(folder, "manifest.json"),
    });
  await expect(deploy()).rejects.toThrow(/holds 0 PHA, but genesis needs 97200000: send it 97200000 more/);

  const write = (to: Hex, functionName: "transfer" | "approve", amount: bigint) =>
    chain.wallet.writeContract({
      account: staker.address,
      abi: erc20,
      address: token,
      functionName,
      args: [to, amount],
    });
  await write(governance.address, "transfer", parseEther("97200000"));
  const { contracts } = await deploy();
  expect(contracts.pha).toBe(token);
  expect(contracts.teamVesting).toBeNull();

  await write(contracts.vpha, "approve", parseEther("5000"));
  await chain.wallet.writeContract({
    account: staker.address,
    abi: vphaAbi,
    address: contracts.vpha,
    functionName: "deposit",
    args: [parseEther("5000"), staker.address],
  });
  const assets = await chain.publicClient.readContract({
    abi: vphaAbi,
    address: contracts.vpha,
    functionName: "totalAssets",
  });
  expect(assets).toBeGreaterThanOrEqual(parseEther("5000"));
  rmSync(folder, { recursive: true });
});
