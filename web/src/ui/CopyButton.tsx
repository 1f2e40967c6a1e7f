import { useEffect, useState } from "react";

const SHOWN_MS = 2_000;

/** Puts a text on the clipboard, and says whether that worked. */
export function CopyButton(props: { name: string; text: () => string }) {
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => setSaid(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.text());
      setSaid("Copied");
    } catch {
      setSaid("The browser did not allow it");
    }
  };
  return (
    <button type="button" className="button button-small" onClick={() => void copy()}>
      <span aria-live="polite">{said ?? props.name}</span>
    </button>
  );
}
