/** What Ponder leaves on the global object, for parts of its own. */

/** Calls `take` with what Ponder sets `name` to, as soon as it does. */
export function whenSet(name: string, take: (value: unknown) => void): void {
  let current: unknown;
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get: () => current,
    set(value: unknown) {
      current = value;
      take(value);
    },
  });
}
