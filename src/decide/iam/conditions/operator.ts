import type { KeyValues } from "../policy-variables.ts";

/**
 * Tells whether one value of a request is one of a condition's values; `undefined` where that cannot be told: where the value is not of the
 * operator's type, or where no value is, and one has a variable that the request lacks.
 */
export type ValueTest = (value: string, values: KeyValues) => boolean | undefined;

export interface Operator {
  /** `StringNotEquals` is `StringEquals` negated: none of the values may match. */
  readonly negated: boolean;
  /** Prepares the values of a policy; `variables` tells whether its version knows variables. */
  readonly prepare: (expected: readonly string[], variables: boolean) => ValueTest;
  /** Whether a policy may have this as a value. Text with a variable is not asked about where the operator knows variables. */
  readonly accepts: (expected: string) => boolean;
  readonly variables: boolean;
}

/** True where one test is; `undefined` where none is and one could not be told. */
export function anyOf<T>(tests: readonly T[], test: (one: T) => boolean | undefined): boolean | undefined {
  let answer: boolean | undefined = false;
  for (const one of tests) {
    const told = test(one);
    if (told === true) return true;
    if (told === undefined) answer = undefined;
  }
  return answer;
}
