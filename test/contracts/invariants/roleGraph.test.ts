/** The roles of the campaigns are those of the deployment: what the harness lists is what deploy/role-graph.json says. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { DELAYS, GOVERNED, GOVERNED_NAMES, ROLE_NAMES } from "../../../deploy/roles.ts";

const HARNESS = path.join(import.meta.dirname, "../harness");
const suite = readFileSync(path.join(HARNESS, "ComputeSuite.sol"), "utf8");

/** What the harness calls a contract of the suite. */
const CONTRACTS: Readonly<Record<string, string>> = {
  vault: "emissionVault",
  attestation: "attestationRegistry",
  registry: "workerRegistry",
  rewards: "workerRewards",
  mandate: "guardianMandate",
  governor: "phalaGovernor",
};

const nameOf = (variable: string): string => CONTRACTS[variable] ?? variable;
const roleOf = (constant: string): string => constant.replace("_ROLE_ID", "").toLowerCase();

describe("roles of the invariants' campaigns", () => {
  it("has each function in the class of the deployment", () => {
    const listed = [...suite.matchAll(/addFunction\(address\((\w+)(?:\[i\])?\), I\w+\.(\w+)\.selector, (\w+)\)/g)].map(
      ([, contract = "", name = "", role = ""]) =>
        `${nameOf(contract === "slashings" ? "slashing" : contract)}.${name}: ${roleOf(role)}`,
    );
    const deployed = GOVERNED_NAMES.map(
      (key) => `${GOVERNED[key].contract}.${GOVERNED[key].name}: ${GOVERNED[key].role}`,
    );
    expect(listed.sort()).toEqual(deployed.sort());
  });

  it("has the delays of the deployment", () => {
    const graph = readFileSync(path.join(HARNESS, "RoleGraph.sol"), "utf8");
    const [, list = ""] = /return \[(.*)\]\[role\];/.exec(graph) ?? [];
    const days = list.split(",").map((delay) => Number(/\d+(?= days)|^\s*0/.exec(delay.replace("uint256(", ""))?.[0]));
    expect(days).toEqual(ROLE_NAMES.map((role) => DELAYS[role] / 86_400));
  });

  it("gives each role to the holders of the deployment", () => {
    const graph = JSON.parse(
      readFileSync(path.join(import.meta.dirname, "../../../deploy/role-graph.json"), "utf8"),
    ) as { readonly roles: Readonly<Record<string, Readonly<Record<string, number>>>> };
    const listed = [...suite.matchAll(/roles\.addHolder\((\w+), (?:address\((\w+)\)|(\w+))\)/g)].flatMap(
      ([, role = "", contract, account]) => {
        const names = role === "role" ? ["parameters", "treasury", "periphery", "core", "tightening"] : [roleOf(role)];
        return names.map((name) => `${name}: ${contract === undefined ? String(account) : nameOf(contract)}`);
      },
    );
    const deployed = Object.entries(graph.roles).flatMap(([role, holders]) =>
      Object.keys(holders).map((holder) => `${role}: ${holder}`),
    );
    expect(listed.sort()).toEqual(deployed.sort());
  });
});
