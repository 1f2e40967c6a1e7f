/** `@phala/dcap-qvl`, another verifier of the same quotes, in the reference's terms. */
import dcapQvl from "@phala/dcap-qvl";
import { Buffer } from "node:buffer";
import { type Hex, hexToBytes } from "viem";
import type { CollateralFile } from "../../scripts/attestation/collateral.ts";

export const REFUSED = "refused";

/** What two verifiers are compared by. */
export interface PlainVerdict {
  readonly status: string;
  readonly advisoryIds: readonly string[];
}

/** The package under a root certificate (DER); Intel's by default. */
export function createOtherVerifier(root?: Hex) {
  const verifier =
    root === undefined
      ? dcapQvl.QuoteVerifier.newProd()
      : dcapQvl.QuoteVerifier.newWithRootCa(Buffer.from(hexToBytes(root)));
  /** Its verdict at `time` (Unix seconds). It refuses what is Revoked. */
  return (quote: Uint8Array, collateral: CollateralFile, time: number): PlainVerdict | typeof REFUSED => {
    // The quote's own chain, as the reference takes it.
    const rest: CollateralFile = { ...collateral, pck_certificate_chain: "" };
    try {
      const report = verifier.verify(quote, rest, time);
      return { status: report.status, advisoryIds: [...report.advisory_ids].sort() };
    } catch {
      return REFUSED;
    }
  };
}
