import { type Progress, type Step, WAYS } from "../chain/transaction.ts";
import { Note } from "./Note.tsx";
import { TransactionLink } from "./Links.tsx";

const NAMES: Readonly<Record<Step, string>> = {
  permit: "Sign the permit in your wallet (no gas)",
  approval: "Approve in your wallet",
  approving: "Approval sent: waiting for a block",
  sign: "Confirm the transaction in your wallet",
  sent: "Sent: waiting for a block",
  confirmed: "Confirmed",
};

/** Where a transaction stands, on the way that it goes. */
export function TransactionSteps(props: { progress: Progress; success: string }) {
  const { stage, way, hash, block, reason } = props.progress;
  if (stage === "idle") return null;
  if (stage === "rejected" || stage === "failed") {
    return (
      <Note tone={stage === "rejected" ? "warn" : "bad"}>
        <strong>{stage === "rejected" ? "Declined." : "It did not work."}</strong>
        <span>{reason}</span>
        {hash === null ? null : <TransactionLink hash={hash} />}
      </Note>
    );
  }
  const steps: readonly Step[] = WAYS[way];
  const now = stage === "preparing" ? -1 : steps.indexOf(stage);
  return (
    <div className="progress" aria-live="polite">
      {now === -1 ? (
        <p className="muted">Trying it on the chain first…</p>
      ) : (
        <ol className="steps">
          {steps.map((each, i) => (
            <li
              key={each}
              data-state={i < now || stage === "confirmed" ? "done" : i === now ? "now" : "next"}
              aria-current={i === now ? "step" : undefined}
            >
              {NAMES[each]}
            </li>
          ))}
        </ol>
      )}
      {hash === null ? null : (
        <p className="muted">
          <TransactionLink hash={hash} /> {block === null ? null : <>in block {block.toString()}</>}
        </p>
      )}
      {stage === "confirmed" ? <Note tone="good">{props.success}</Note> : null}
    </div>
  );
}
