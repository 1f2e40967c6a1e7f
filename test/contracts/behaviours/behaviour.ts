/** A behaviour: named checks that any contract of a kind must pass, and that can be seen to fail for one that does not. */
import { describe, it } from "vitest";

/** Checks by name; each gets a fresh subject. */
export type Checks<Subject> = Readonly<Record<string, (subject: Subject) => Promise<void>>>;

/** Registers every check of a behaviour as a test of what `load` returns. */
export function registerChecks<Subject>(title: string, checks: Checks<Subject>, load: () => Promise<Subject>): void {
  describe(title, () => {
    for (const [name, check] of Object.entries(checks)) {
      it(name, async () => check(await load()));
    }
  });
}
