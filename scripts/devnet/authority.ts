/** The test authority of local chains: whoever has this file can sign anything in its name, so no other chain may trust it. */
import type { Address } from "viem";
import { type Authority, createAuthority } from "../attestation/factory.ts";

/** What all of its keys and measurements are derived from. */
export const DEVNET_SEED = "devnet";

/** The authority, with collateral and certificates as of `now` (unix seconds). The keys do not depend on it. */
export const devnetAuthority = (now: number): Authority => createAuthority({ seed: DEVNET_SEED, now });
