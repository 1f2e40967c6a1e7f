/** Names for the numbers of the contracts' enums. */

/** The name of number `value`. Throws if the contract has more than the schema names. */
export function nameOf<const T extends string>(
  { enumValues }: { readonly enumValues: readonly T[] },
  value: number,
): T {
  const name = enumValues[value];
  if (name === undefined) throw new Error(`${value} is none of ${enumValues.join(", ")}`);
  return name;
}
