/** Switching off costs the same however many keys it hits, and so does reading. */
import { type Hex, encodeFunctionData, getAddress, pad } from "viem";
import { expect, it } from "vitest";
import { attestationRegistryAbi } from "../../deploy/generated/abis.ts";
import { SWITCH, openRegistry } from "../helpers/registry.ts";
import { DAY, fixture } from "../helpers/stage.ts";

const load = fixture(openRegistry);
const FEW = 10;
const MANY = 300;
const keyOf = (index: number) => getAddress(pad(`0x${(0x1000 + index).toString(16)}`, { size: 20, dir: "right" }));

it(`one write switches off ${FEW} keys, or ${MANY}, for the same gas`, async () => {
  const { stage, registry, attest, quoteOf, guardian, id } = await load();
  const gasOf = async (hash: Hex): Promise<bigint> =>
    (await stage.publicClient.getTransactionReceipt({ hash })).gasUsed;
  const reading = (index: number) =>
    stage.publicClient.estimateGas({
      to: registry.address,
      data: encodeFunctionData({ abi: attestationRegistryAbi, functionName: "isValid", args: [keyOf(index)] }),
    });
  const validOf = async (count: number): Promise<number> => {
    const states = Array.from({ length: count }, (_, index) => registry.read.isValid([keyOf(index)]));
    return (await Promise.all(states)).filter((isValid) => isValid).length;
  };
  /** Gas of switching off, and of reading one key before and after; then everything is as before. */
  const measure = async (count: number) => {
    const restore = await stage.remember();
    expect(await validOf(count)).toBe(count);
    const before = await reading(FEW - 1);
    const until = Number(stage.now() + DAY);
    const switching = await gasOf(await registry.write.switchOff([SWITCH.workload, id, until], { account: guardian }));
    expect(await validOf(count)).toBe(0);
    const after = await reading(FEW - 1);
    await restore();
    return { switching, before, after };
  };
  const attestUpTo = async (from: number, to: number): Promise<void> => {
    for (let index = from; index < to; index++) {
      await attest(await quoteOf({ key: keyOf(index) }), { isKnown: index > 0 });
    }
  };
  await attestUpTo(0, FEW);
  const few = await measure(FEW);
  await attestUpTo(FEW, MANY);
  expect(await measure(MANY)).toEqual(few);
}, 120_000);
