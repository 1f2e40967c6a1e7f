/** Nothing that a contract says is missed: every event of every contract has a handler, or a reason why it needs none. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import type { Abi } from "viem";
import { describe, expect, test } from "vitest";
import * as abis from "../../deploy/generated/abis.ts";
import { CONTRACT_NAMES } from "../../deploy/modules/module.ts";

const PONDER = path.join(import.meta.dirname, "../../ponder");

const ALLOWANCE = "an allowance cannot be followed: spending it says nothing, so what a log says is not what is left";
const DOMAIN = "is never said: the signing domain has neither a version nor a name that could change";
const OBEYS = "OpenZeppelin's signature, of any contract of the chain; these are followed by signature alone";

/** What is said and not written down, with the reason. */
const IGNORED: Readonly<Record<string, string>> = {
  "PHA:Approval": ALLOWANCE,
  "VPHA:Approval": ALLOWANCE,
  "VotingVPHA:Approval": ALLOWANCE,
  "PHA:EIP712DomainChanged": DOMAIN,
  "VPHA:EIP712DomainChanged": DOMAIN,
  "VotingVPHA:EIP712DomainChanged": DOMAIN,
  "WorkerRewards:EIP712DomainChanged": DOMAIN,
  "PhalaGovernor:EIP712DomainChanged": DOMAIN,
  "Slashing:AuthorityUpdated": OBEYS,
  "GuardianMandate:AuthorityUpdated": OBEYS,
};

/** Contracts of the manifest that are not indexed, with the reason. */
const SILENT: Readonly<Record<string, string>> = {
  stateAssertion: "has no state and says nothing: it compares, and reverts",
};

/** Contracts that are followed at any address: nobody else may have their signatures, or there would be no end of strangers. */
const ANY_ADDRESS = ["TdxVerifier", "Slashing", "GuardianMandate", "MerkleDistributor"];

/** The names that the sources give to `ponder.on`. */
function handlers(): string[] {
  const folder = path.join(PONDER, "src");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => {
      const file = ts.createSourceFile(
        name,
        readFileSync(path.join(folder, name), "utf8"),
        ts.ScriptTarget.Latest,
        true,
      );
      const found: string[] = [];
      const visit = (node: ts.Node): void => {
        if (ts.isCallExpression(node) && node.expression.getText() === "ponder.on") found.push(...namesOf(node));
        ts.forEachChild(node, visit);
      };
      visit(file);
      return found;
    });
}

/** The first argument: a name, or the variable of a loop over names. */
function namesOf(call: ts.CallExpression): string[] {
  const [name] = call.arguments;
  if (name !== undefined && ts.isStringLiteral(name)) return [name.text];
  let node: ts.Node = call;
  while (!ts.isForOfStatement(node)) node = node.parent;
  const list = ts.isAsExpression(node.expression) ? node.expression.expression : node.expression;
  if (!ts.isArrayLiteralExpression(list)) throw new Error(`${call.getText()} names nothing`);
  return list.elements.map((each) => {
    if (!ts.isStringLiteral(each)) throw new Error(`${each.getText()} is no name`);
    return each.text;
  });
}

/** The contracts of the configuration, with their ABIs. */
function configured(): ReadonlyMap<string, { abi: Abi; hasAddress: boolean }> {
  const text = readFileSync(path.join(PONDER, "ponder.config.ts"), "utf8");
  const lines = text.matchAll(/^ {4}(\w+): \{ \.\.\.at, abi: (\w+)(, address: contracts\.\w+)? \},$/gm);
  const all: Readonly<Record<string, Abi>> = abis;
  return new Map(
    [...lines].map(([, name = "", abiName = "", address]) => {
      const abi = all[abiName];
      if (abi === undefined) throw new Error(`there is no ${abiName}`);
      return [name, { abi, hasAddress: address !== undefined }];
    }),
  );
}

const contracts = configured();
const registered = handlers();
const eventsOf = (abi: Abi) => abi.flatMap((item) => (item.type === "event" ? [item.name] : []));
const said = [...contracts].flatMap(([name, { abi }]) => eventsOf(abi).map((event) => `${name}:${event}`));

describe("coverage", () => {
  test("every contract of the manifest is indexed, or says nothing", () => {
    const named = [...contracts.keys()].map((name) => name.toLowerCase());
    for (const name of CONTRACT_NAMES) {
      expect(named.includes(name.toLowerCase()), name).toBe(SILENT[name] === undefined);
    }
    expect(contracts.size).toBe(CONTRACT_NAMES.length - Object.keys(SILENT).length);
    expect(eventsOf(abis.stateAssertionAbi)).toEqual([]);
  });

  test.each(said)("%s is handled, or there is a reason not to", (name) => {
    expect([registered.includes(name), name in IGNORED]).toEqual([!(name in IGNORED), name in IGNORED]);
  });

  test("nothing is handled twice, or handled or excused without being said", () => {
    expect(registered).toHaveLength(new Set(registered).size);
    const events = registered.filter((name) => !name.endsWith(":setup") && name !== "Head:block");
    expect(events.filter((name) => !said.includes(name))).toEqual([]);
    expect(Object.keys(IGNORED).filter((name) => !said.includes(name))).toEqual([]);
  });

  test("what is followed at any address is only what the chain can name later", () => {
    const open = [...contracts].filter(([, { hasAddress }]) => !hasAddress).map(([name]) => name);
    expect(open.sort()).toEqual([...ANY_ADDRESS].sort());
  });
});
