import type { ConditionElement } from "../policy-document.ts";
import type { KeyValue, KeyValues } from "../policy-variables.ts";
import type { ValueTest } from "./operator.ts";
import { OPERATORS, parseOperator, type OperatorName } from "./operators.ts";

/** Whether a condition holds for a request. */
export type Condition = (values: KeyValues) => boolean;

/**
 * Prepares a condition. Several values of a policy are alternatives, of a negated operator none of them may match. A key that the request
 * does not have matches nothing, so that a negated operator holds; with `IfExists` every operator does. A variable that the request does
 * not have makes a negated condition not hold either: AWS calls the statement invalid then.
 * Source: IAM User Guide, "Conditions with multiple context keys or values", "Set operators for multivalued context keys".
 */
export function compileCondition({ operator: written, key, values: expected }: ConditionElement, variables: boolean): Condition {
  const name = parseOperator(written);
  const lower = key.toLowerCase();
  // AWS accepts an operator that it does not know where no key stands below it, so that there is no condition then.
  if (!name) return () => false;
  if (name.name === "Null") return nullCondition(lower, expected);
  const operator = OPERATORS.get(name.name);
  if (!operator) return () => false;
  const test = operator.prepare(expected, variables && operator.variables);
  const holds = operator.negated ? negation(test) : test;
  return (values) => {
    const found = listed(values(lower));
    if (name.set !== undefined) return holdsOfSet(name, holds, found, values);
    if (found === undefined || found.length === 0) return name.ifExists || operator.negated;
    return operator.negated ? found.every((value) => holds(value, values) === true) : found.some((value) => holds(value, values) === true);
  };
}

/** An empty set, as of a key that has nothing but empty text, holds for `ForAllValues` and not for `ForAnyValue`. */
function holdsOfSet({ set, ifExists }: OperatorName, holds: ValueTest, found: readonly string[] | undefined, values: KeyValues): boolean {
  if (found === undefined) return ifExists || set === "all";
  const members = isEmpty(found) ? [] : found;
  return set === "all" ? members.every((value) => holds(value, values) === true) : members.some((value) => holds(value, values) === true);
}

/**
 * `true` asks for the key's absence, `false` for its presence. A key with an empty value is null: that is what makes it the guard of
 * `ForAllValues`. Source: IAM User Guide, "Condition operator to check existence of condition keys", "Examples of multivalued context keys".
 */
function nullCondition(key: string, expected: readonly string[]): Condition {
  const wanted = expected.map((value) => value.toLowerCase());
  return (values) => wanted.includes(String(isEmpty(listed(values(key)) ?? [])));
}

function listed(value: KeyValue | undefined): readonly string[] | undefined {
  return typeof value === "string" ? [value] : value;
}

/** Whether a key has no value but empty text. */
function isEmpty(values: readonly string[]): boolean {
  return values.every((value) => value === "");
}

function negation(test: ValueTest): ValueTest {
  return (value, values) => {
    const matched = test(value, values);
    return matched === undefined ? undefined : !matched;
  };
}
