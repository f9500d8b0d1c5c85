import { arnMatches, parseArnPattern, splitArn } from "../arn-pattern.ts";
import { NO_VALUES, parseTemplate, resolveGlob, resolveText } from "../policy-variables.ts";
import { globMatches } from "../../../domain/wildcard.ts";
import { anyOf, type ValueTest } from "./operator.ts";

type Prepare = (expected: readonly string[], variables: boolean) => ValueTest;

export const stringEquals: Prepare = (expected, variables) => {
  const templates = expected.map((text) => parseTemplate(text, variables));
  const fixed = new Set(templates.filter((one) => one.fixed).map((one) => resolveText(one, NO_VALUES)));
  const open = templates.filter((one) => !one.fixed);
  return (value, values) => fixed.has(value) || anyOf(open, (one) => compare(resolveText(one, values), (text) => text === value));
};

export const stringEqualsIgnoreCase: Prepare = (expected, variables) => {
  const templates = expected.map((text) => parseTemplate(text, variables));
  return (value, values) =>
    anyOf(templates, (one) => compare(resolveText(one, values), (text) => text.toLowerCase() === value.toLowerCase()));
};

export const stringLike: Prepare = (expected, variables) => {
  const templates = expected.map((text) => parseTemplate(text, variables));
  const fixed = templates.filter((one) => one.fixed).map((one) => resolveGlob(one, NO_VALUES));
  const open = templates.filter((one) => !one.fixed);
  return (value, values) =>
    anyOf([...fixed, ...open], (one) =>
      compare(one !== undefined && "parts" in one ? resolveGlob(one, values) : one, (glob) => globMatches(glob, value)),
    );
};

/**
 * `ArnEquals` and `ArnLike` are the same. They compare ARNs: of a value that is none nothing can be told, so that it neither is like an
 * ARN nor, with `ArnNotLike`, unlike one. The guide is silent on it, and independent evaluators agree.
 */
export const arnLike: Prepare = (expected, variables) => {
  const patterns = expected.map((text) => parseArnPattern(text, variables ? "all" : "none"));
  return (value, values) => {
    const parts = splitArn(value);
    return parts && anyOf(patterns, (pattern) => arnMatches(pattern, parts, values));
  };
};

/** Whether text may be compared with ARNs: an ARN, whole or cut short, or what a wildcard opens. */
export function isArnLike(text: string): boolean {
  return /^(arn:.|[*?])/.test(text);
}

function compare<T>(expected: T | undefined, test: (expected: T) => boolean): boolean | undefined {
  return expected === undefined ? undefined : test(expected);
}
