/** Fractions of integers, exact, for references that must not round; and one that rounds up. */

export interface Fraction {
  readonly numerator: bigint;
  /** Positive. */
  readonly denominator: bigint;
}

export const ZERO: Fraction = { numerator: 0n, denominator: 1n };

function commonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : commonDivisor(b, a % b);
}

/** The sum. Its denominator is the least that both have in common, so that long sums stay small. */
export function plus(a: Fraction, b: Fraction): Fraction {
  const divisor = commonDivisor(a.denominator, b.denominator);
  return {
    numerator: a.numerator * (b.denominator / divisor) + b.numerator * (a.denominator / divisor),
    denominator: (a.denominator / divisor) * b.denominator,
  };
}

/** The difference. */
export function minus(a: Fraction, b: Fraction): Fraction {
  return plus(a, { numerator: -b.numerator, denominator: b.denominator });
}

/** The greatest integer that is not above `a`, which must not be negative. */
export function floor(a: Fraction): bigint {
  return a.numerator / a.denominator;
}

/** `dividend` ÷ `divisor`, rounded up. Neither may be negative. */
export function ceilDiv(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}
