import { NO_VALUES, parseTemplate, resolveGlob, type KeyValues, type Template } from "./policy-variables.ts";
import { globMatches, type Glob } from "../../domain/wildcard.ts";

/**
 * The pattern of an ARN, compared part by part. A wildcard goes across `/`, and in the resource across `:`, but never out of one of the
 * five parts before it: each is compared with its counterpart. `*` alone takes everything, also what is not an ARN.
 * Source: IAM User Guide, "Amazon Resource Name (ARN) condition operators".
 */
export type ArnPattern = "everything" | { readonly parts: readonly Template[]; readonly fixed?: readonly Glob[] };

/** An ARN's six parts; `undefined` of what is not an ARN. */
export type ArnParts = readonly string[] | undefined;

/**
 * Which part of a pattern may hold variables: all of them in a condition, only the resource in a statement's `Resource`, where AWS takes
 * them as text in the other parts.
 */
export type VariableParts = "none" | "resource" | "all";

export function parseArnPattern(text: string, variables: VariableParts): ArnPattern {
  if (text === "*") return "everything";
  const split = splitPattern(text, variables === "all");
  // AWS fills up what is cut short: `arn:aws:s3` is every resource of S3.
  while (split.length < 6) split.push("*");
  const parts = split.map((part, index) => parseTemplate(part, variables === "all" || (variables === "resource" && index === 5)));
  if (!parts.every((part) => part.fixed)) return { parts };
  const fixed = parts.map((part) => resolveGlob(part, NO_VALUES) as Glob);
  return { parts, fixed };
}

/** Whether a pattern says the same of every request. */
export function isFixed(pattern: ArnPattern): boolean {
  return pattern === "everything" || pattern.fixed !== undefined;
}

/** Whether a pattern takes an ARN; `undefined` where it has a variable that the request does not have. */
export function arnMatches(pattern: ArnPattern, parts: ArnParts, values: KeyValues): boolean | undefined {
  if (pattern === "everything") return true;
  if (pattern.fixed) return allMatch(pattern.fixed, parts);
  const globs = pattern.parts.map((template) => resolveGlob(template, values)).filter((glob) => glob !== undefined);
  return globs.length < pattern.parts.length ? undefined : allMatch(globs, parts);
}

/** Compared from the end: what comes last tells resources apart best. */
function allMatch(globs: readonly Glob[], parts: ArnParts): boolean {
  if (parts === undefined) return false;
  for (let index = 5; index >= 0; index--) {
    if (!globMatches(globs[index] as Glob, parts[index] as string)) return false;
  }
  return true;
}

/** Takes an ARN apart. */
export function splitArn(text: string): ArnParts {
  const parts = splitAtFive(text);
  return parts.length === 6 && parts[0] === "arn" ? parts : undefined;
}

function splitAtFive(text: string): string[] {
  const parts: string[] = [];
  let at = 0;
  for (let colon = text.indexOf(":"); colon >= 0 && parts.length < 5; colon = text.indexOf(":", at)) {
    parts.push(text.slice(at, colon));
    at = colon + 1;
  }
  return [...parts, text.slice(at)];
}

/** Like `splitAtFive`; colons within `${…}` do not separate where variables are meant. */
function splitPattern(text: string, variables: boolean): string[] {
  if (!variables) return splitAtFive(text);
  const parts: string[] = [];
  let at = 0;
  for (const match of text.matchAll(/\$\{[^{}]*\}|:/g)) {
    if (match[0] !== ":" || parts.length === 5) continue;
    parts.push(text.slice(at, match.index));
    at = match.index + 1;
  }
  return [...parts, text.slice(at)];
}
