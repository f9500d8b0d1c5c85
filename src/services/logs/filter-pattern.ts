import { regularExpression, type Matcher } from "./filter-comparison.ts";
import { jsonPattern } from "./json-pattern.ts";
import { columnPattern } from "./column-pattern.ts";
import { patternSize } from "../../domain/pattern-size.ts";
import { invalidCharacters, PatternError } from "./pattern-error.ts";

/** A pattern that can be asked about messages, or why it is none, in AWS's words. */
export type FilterPattern =
  | {
      readonly matches: (message: string) => boolean;
      /** How many times as much a character of a message costs as where nothing but terms are asked for. */
      readonly weight: number;
    }
  | { readonly refusal: string };

/** Instructions of RE2 that all regular expressions of a pattern may have: an event of 256 KB takes less than a second with as many. */
const MOST_INSTRUCTIONS = 200;

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
  const weight = instructionsIn(pattern);
  if (weight > MOST_INSTRUCTIONS) return { refusal: "Invalid filter pattern: its regular expressions are too large" };
  try {
    if (pattern.startsWith("{")) return { matches: jsonPattern(pattern), weight };
    if (pattern.startsWith("[")) return { matches: columnPattern(pattern), weight };
    return { matches: termPattern(pattern), weight };
  } catch (thrown) {
    if (thrown instanceof PatternError) return { refusal: thrown.message };
    throw thrown;
  }
}

/** What all regular expressions of a pattern have together, before any is made; 1 where there is none. */
function instructionsIn(pattern: string): number {
  return [...pattern.matchAll(/%([^%]+)%/g)].reduce((sum, [, expression = ""]) => sum + patternSize(expression), 1);
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
