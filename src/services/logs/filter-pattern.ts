import { regularExpression, type Matcher } from "./filter-comparison.ts";
import { jsonPattern } from "./json-pattern.ts";
import { columnPattern } from "./column-pattern.ts";
import { invalidCharacters, PatternError } from "./pattern-error.ts";

/** A pattern that can be asked about messages, or why it is none, in AWS's words. */
export type FilterPattern = { readonly matches: (message: string) => boolean } | { readonly refusal: string };

/**
 * Reads a filter pattern of CloudWatch Logs: terms, `{ $.json = conditions }` or `[columns]`.
 * Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax".
 */
export function filterPattern(text: string): FilterPattern {
  const pattern = text.trim();
  if (pattern.length > 1024)
    return {
      refusal:
        "1 validation error detected: Value at 'filterPattern' failed to satisfy constraint: Member must have length less than or equal to 1024",
    };
  try {
    if (pattern.startsWith("{")) return { matches: jsonPattern(pattern) };
    if (pattern.startsWith("[")) return { matches: columnPattern(pattern) };
    return { matches: termPattern(pattern) };
  } catch (thrown) {
    if (thrown instanceof PatternError) return { refusal: thrown.message };
    throw thrown;
  }
}

/** Terms that must be there, `-terms` that must not, `?terms` of which one must be there where nothing else is asked. */
function termPattern(pattern: string): Matcher {
  const required: Matcher[] = [];
  const excluded: Matcher[] = [];
  const optional: Matcher[] = [];
  const term = /\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|([\p{L}\p{N}_]+))(?=\s|$)/uy;
  while (term.lastIndex < pattern.length) {
    const start = term.lastIndex;
    const match = term.exec(pattern);
    if (!match) throw invalidCharacters(offender(pattern.slice(start)));
    const [, prefix, phrase, expression, word] = match;
    const wanted = phrase?.replace(/\\(.)/g, "$1") ?? word ?? "";
    const matches = expression === undefined ? (message: string) => message.includes(wanted) : regularExpression(expression);
    (prefix === "-" ? excluded : prefix === "?" ? optional : required).push(matches);
  }
  // Beside terms that must or must not be there, AWS passes over the optional ones.
  const any = required.length + excluded.length === 0 ? optional : [];
  return (message) =>
    required.every((matches) => matches(message)) &&
    !excluded.some((matches) => matches(message)) &&
    (any.length === 0 || any.some((matches) => matches(message)));
}

/** The first character of what is left that no term may have. */
function offender(rest: string): string {
  return /[^\p{L}\p{N}_\s?-]/u.exec(rest)?.[0] ?? rest.trim();
}
