/** Parameter files: what is right is read, what is wrong is refused by the name of its field. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { parseEther } from "viem";
import { describe, expect, it } from "vitest";
import { distributorFunding, emissionFunding, parseParameters, PRESETS } from "../../deploy/parameters/parameters.ts";

const file = path.join(import.meta.dirname, "../../deploy/parameters/local.json");

/** The local network's file with `value` at `field` (dots separate members); undefined removes it. */
function changed(field: string, value: unknown): unknown {
  const content: unknown = JSON.parse(readFileSync(file, "utf8"));
  const keys = field.split(".");
  const last = keys.pop() ?? "";
  let at = content as object;
  for (const key of keys) at = Reflect.get(at, key) as object;
  if (value === undefined) Reflect.deleteProperty(at, last);
  else Reflect.set(at, last, value);
  return content;
}

describe("presets", () => {
  it.each([
    ["genesis", "700000000"],
    ["published", "518400000"],
    ["current", "97200000"],
  ])("%s emits %s PHA", (preset, cap) => {
    const parameters = parseParameters(changed("network.name", "local"), preset);
    expect(emissionFunding(parameters)).toBe(parseEther(cap));
    expect(distributorFunding(parameters)).toBe(parseEther("90000000"));
  });

  it("are all of them", () => {
    expect(Object.keys(PRESETS).sort()).toEqual(["current", "genesis", "published"]);
  });
});

describe("a wrong field is named", () => {
  it.each<[string, unknown, RegExp]>([
    ["network.chainId", "1", /network\.chainId/],
    ["network.chainId", 0, /network\.chainId/],
    ["network.name", "../etc", /network\.name/],
    ["network.nmae", "local", /network\.nmae: is not a known field/],
    ["accounts.governance", undefined, /accounts\.governance: is missing/],
    ["accounts.governance", "0x0000000000000000000000000000000000000000", /accounts\.governance/],
    ["accounts.treasury", "0x90F79bf6EB2c4f870365E785982E1f101E93b9", /accounts\.treasury/],
    ["accounts.workers", "0x15d34aAf54267DB7D7c367839AAf71A00a2C6A65", /accounts\.workers/],
    ["accounts.guardian", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", /accounts\.guardian/],
    ["token.allocation.team", 501, /token\.allocation/],
    ["token.allocation.mining", -1, /token\.allocation\.mining/],
    ["token.allocation.mining", 70.5, /token\.allocation\.mining/],
    ["token.allocation.miners", 0, /token\.allocation\.miners/],
    ["token.adopt", "0x90F79bf6EB2c4f870365E785982E1f101E93b906", /token/],
    ["team", null, /team/],
    ["team.durationDays", 0, /team\.durationDays/],
    ["team.start", "yesterday", /team\.start/],
    ["distributor.root", "0x12", /distributor\.root/],
    ["distributor.deadline", "2100-13-01T00:00:00Z", /distributor\.deadline/],
    ["distributor.amount", "89999999", /distributor\.amount/],
    ["distributor.amount", "-1", /distributor\.amount/],
    ["distributor.amount", 90000000, /distributor\.amount/],
  ])("%s = %j", (field, value, message) => {
    expect(() => parseParameters(changed(field, value), "current")).toThrow(message);
  });

  it("the preset", () => {
    expect(() => parseParameters(changed("network.name", "local"), "fastest")).toThrow(/preset/);
  });

  it("an allocation that is smaller than what the preset emits", () => {
    const content = changed("token.allocation", {
      mining: 100,
      privateSale: 8400,
      airdrop: 900,
      team: 500,
      other: 100,
    });
    expect(() => parseParameters(content, "genesis")).toThrow(/token\.allocation\.mining: is 690000000 PHA less/);
  });
});
