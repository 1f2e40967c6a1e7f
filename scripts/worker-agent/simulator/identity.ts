/** What follows from the seed of a simulated guest: its keys, its instance, its GPUs. */
import { createHash } from "node:crypto";
import { type Hex, keccak256, toHex } from "viem";

const secretOf = (seed: string, what: string): Hex => keccak256(toHex(`${seed} ${what}`));

/** What dstack derives for `path`. */
export const derivedKey = (seed: string, path: string): Hex => secretOf(seed, `key ${path}`);

export const applicationId = (seed: string): string => secretOf(seed, "application").slice(2, 42);
export const instanceId = (seed: string): string => secretOf(seed, "instance").slice(2, 42);

/** The key that an agent in the guest takes for `path` of its settings. */
export const agentKey = (seed: string, path: string): Hex => derivedKey(seed, `${path}/${instanceId(seed)}`);

/** The identity (`ueid`) of the guest's GPU number `index`. */
export const gpuIdentity = (seed: string, index: number): string =>
  BigInt(`0x${createHash("sha256").update(`${seed} GPU ${index}`).digest("hex").slice(0, 40)}`).toString();
