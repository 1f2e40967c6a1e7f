import { Component, type ReactNode } from "react";
import { Failure } from "../ui/Note.tsx";

/** What fails while a part of the page is drawn or loaded is said there, below `heading`; all around it goes on. */
export class ErrorBoundary extends Component<
  { what: string; heading?: string; children: ReactNode },
  { error: Error | null }
> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    const { what, heading } = this.props;
    return (
      <>
        {heading === undefined ? null : <h1>{heading}</h1>}
        <Failure what={what} error={error} onRetry={() => location.reload()} />
      </>
    );
  }
}
