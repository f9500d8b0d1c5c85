/**
 * The constraints of AWS's models that the SDK's schemas leave out: lengths, ranges, patterns, enums. Each function gives the words
 * for a value that breaks its constraint, or nothing; an absent value breaks none.
 */
export type Violation = string | undefined;

const violation = (member: string, value: string, constraint: string): Violation =>
  `Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`;

/** All that is broken in one sentence of AWS's, or nothing: `1 validation error detected: Value 'x' at 'name' failed …`. */
export function brokenConstraints(...violations: readonly Violation[]): string | undefined {
  const broken = violations.filter((text) => text !== undefined);
  if (broken.length === 0) return undefined;
  return `${broken.length} validation error${broken.length === 1 ? "" : "s"} detected: ${broken.join("; ")}`;
}

/** @param source the pattern as AWS's documentation writes it */
export function matches(member: string, value: string | undefined, pattern: RegExp, source = pattern.source): Violation {
  if (value === undefined || pattern.test(value)) return undefined;
  return violation(member, value, `Member must satisfy regular expression pattern: ${source}`);
}

export function lengthWithin(member: string, value: string | readonly unknown[] | undefined, least: number, most: number): Violation {
  if (value === undefined || (value.length >= least && value.length <= most)) return undefined;
  const shown = typeof value === "string" ? value : `[${value.map(shownItem).join(", ")}]`;
  return value.length < least
    ? violation(member, shown, `Member must have length greater than or equal to ${least}`)
    : violation(member, shown, `Member must have length less than or equal to ${most}`);
}

export function within(member: string, value: number | undefined, least: number, most: number): Violation {
  if (value === undefined || (value >= least && value <= most)) return undefined;
  return value < least
    ? violation(member, String(value), `Member must have value greater than or equal to ${least}`)
    : violation(member, String(value), `Member must have value less than or equal to ${most}`);
}

export function oneOf(member: string, value: string | number | undefined, allowed: readonly (string | number)[]): Violation {
  if (value === undefined || allowed.includes(value)) return undefined;
  return violation(member, String(value), `Member must satisfy enum value set: [${allowed.join(", ")}]`);
}

/** AWS prints lists whole, and what has members as `{Key=a, Value=b}`. */
function shownItem(item: unknown): string {
  if (typeof item !== "object" || item === null) return String(item);
  if (Array.isArray(item)) return `[${item.map(shownItem).join(", ")}]`;
  const members = Object.entries(item).filter(([, value]) => value !== undefined);
  return `{${members.map(([key, value]) => `${key}=${shownItem(value)}`).join(", ")}}`;
}
