import type { ReactNode } from "react";
import { reasonOf } from "../chain/reasons.ts";

type Tone = "plain" | "good" | "warn" | "bad";

/** Something to know. What went wrong interrupts a screen reader, the rest waits. */
export function Note({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <div className={`note note-${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

export function Badge({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`badge badge-${tone}`}>{children}</span>;
}

/** What could not be read, and how to try again. */
export function Failure(props: { what: string; error: Error; onRetry?: () => void }) {
  return (
    <Note tone="bad">
      <strong>{props.what} cannot be shown.</strong>
      <span>{reasonOf(props.error)}</span>
      {props.onRetry === undefined ? null : (
        <div>
          <button type="button" className="button button-small" onClick={props.onRetry}>
            Try again
          </button>
        </div>
      )}
    </Note>
  );
}
