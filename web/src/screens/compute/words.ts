/** States of workers and attestations in words. */

type Tone = "good" | "warn" | "bad" | "plain";

const LAPSES: Readonly<Record<string, string>> = {
  gpu_taken: "a GPU was named by another worker",
  collateral: "too little collateral",
  attestation: "the attestation does not hold",
  heartbeat: "no heartbeat",
  gpu_moved: "a GPU came from another worker whose lease may still run",
};

const ENDS: Readonly<Record<string, string>> = {
  expired: "expired",
  switched_off: "switched off",
  below_floor: "below the floor",
  revoked: "platform revoked",
  operator_switched_off: "operator switched off",
  superseded: "the key attested to something else",
};

export interface Standing {
  readonly isAttested: boolean;
  readonly attestation: string | null;
  readonly switchKind: string | null;
  readonly floor: string | null;
}

export function stateTone(state: string): Tone {
  if (state === "active") return "good";
  if (state === "lapsed" || state === "exiting") return "warn";
  return state === "removed" ? "bad" : "plain";
}

/** Why a worker is what it is; null where there is nothing to say. */
export function lapseReason(lapse: string | null): string | null {
  return lapse === null ? null : (LAPSES[lapse] ?? lapse);
}

const REMEDIES: Readonly<Record<string, string>> = {
  gpu_taken: "Attest anew with the GPUs that the machine has.",
  collateral: "Add collateral.",
  attestation: "Attest anew.",
  heartbeat: "Start the agent, or send a heartbeat.",
  gpu_moved: "Wait for six hours, then send a heartbeat.",
};

/** What puts a lapsed worker right. */
export function remedyOf(lapse: string | null): string {
  return lapse === null ? "" : (REMEDIES[lapse] ?? "");
}

/** What the badge of an attestation says. */
export function attestationWords({ isAttested, attestation, switchKind, floor }: Standing): {
  tone: Tone;
  text: string;
} {
  if (isAttested) return { tone: "good", text: "attested" };
  const end = attestation === null ? "not attested" : (ENDS[attestation] ?? attestation);
  const which = switchKind ?? floor;
  return {
    tone: attestation === "expired" ? "warn" : "bad",
    text: which === null ? end : `${end}: ${which.replaceAll("_", " ")}`,
  };
}
