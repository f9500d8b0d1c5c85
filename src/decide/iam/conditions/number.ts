import type { ValueTest } from "./operator.ts";

export type Comparison = (value: number, expected: number) => boolean;

export const COMPARISONS = {
  Equals: (value, expected) => value === expected,
  LessThan: (value, expected) => value < expected,
  LessThanEquals: (value, expected) => value <= expected,
  GreaterThan: (value, expected) => value > expected,
  GreaterThanEquals: (value, expected) => value >= expected,
} satisfies Record<string, Comparison>;

/**
 * Compares values that a parser makes into numbers. Of what is none nothing can be told, as of what is no ARN: it neither equals a number
 * nor, with `NumericNotEquals`, differs from it.
 */
export function ordered(parse: (text: string) => number | undefined, comparison: Comparison) {
  return (expected: readonly string[]): ValueTest => {
    const numbers = expected.map(parse).filter((one) => one !== undefined);
    return (text) => {
      const value = parse(text);
      return value === undefined ? undefined : numbers.some((one) => comparison(value, one));
    };
  };
}

/** A whole or decimal number. */
export function parseNumber(text: string): number | undefined {
  return /^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\s*$/.test(text) ? Number(text) : undefined;
}
