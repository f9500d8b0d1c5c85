/** One thing that AWS's model asks of a value. */
export type Constraint =
  | { readonly kind: "not-null" }
  | { readonly kind: "length" | "value"; readonly bound: "least" | "most"; readonly limit: number }
  | { readonly kind: "pattern"; readonly source: string }
  | { readonly kind: "one-of"; readonly values: readonly (string | number)[] }
  /** What is asked of each item of a list, or each key or value of a map: told whole wherever one breaks any of it. */
  | { readonly kind: "each"; readonly of: "item" | "key" | "value"; readonly constraints: readonly Constraint[] };

const EACH = { item: "Member", key: "Map keys", value: "Map value" } as const;

/** The constraint in the words of AWS's own checks. */
export function constraintText(constraint: Constraint): string {
  switch (constraint.kind) {
    case "not-null":
      return "Member must not be null";
    case "length":
    case "value":
      return `Member must have ${constraint.kind} ${boundText(constraint)}`;
    case "pattern":
      return `Member must satisfy regular expression pattern: ${constraint.source}`;
    case "one-of":
      return `Member must satisfy enum value set: [${constraint.values.join(", ")}]`;
    case "each":
      return `${EACH[constraint.of]} must satisfy constraint: [${constraint.constraints.map(constraintText).join(", ")}]`;
  }
}

export function boundText({ bound, limit }: Constraint & { kind: "length" | "value" }): string {
  return `${bound === "least" ? "greater" : "less"} than or equal to ${limit}`;
}

/** A value that breaks a constraint, or is missing. */
export interface Violation {
  /** `empty` and `blank`: text or a list with nothing in it, and text of white space. */
  readonly kind: "missing" | "empty" | "blank" | "broken";
  /** Where in the input, as AWS's messages write it: `containerDefinitions.1.member.name`. */
  readonly path: string;
  /** The name of the member on the wire. */
  readonly wireName: string;
  /** The value as messages print it; `undefined` where it must not be shown, `null` where there is none. */
  readonly shown: string | null | undefined;
  readonly constraint: Constraint;
}

/** How many are told of one by one: a body may hold a quarter of a million. */
export const MOST_TOLD = 100;
/** How much of a value or a path is told, in characters: AWS's messages hold whole lists and policies, and it says nowhere where they end. A body may have 32 MB. */
const MOST_SHOWN = 10_000;

/** All that is broken in one sentence of AWS's: `2 validation errors detected: Value 'x' at 'name' failed …; …`. Of more than `MOST_TOLD`, the first are told, and how many there are. @param count of all, the first of which are given */
export function violationsText(violations: readonly Violation[], count = violations.length): string {
  const texts = violations.slice(0, MOST_TOLD).map(({ path, shown, constraint }) => {
    const value = shown === undefined ? "Value" : shown === null ? "Value null" : `Value '${cut(shown)}'`;
    return `${value} at '${cut(path)}' failed to satisfy constraint: ${constraintText(constraint)}`;
  });
  return `${count} validation error${count === 1 ? "" : "s"} detected: ${texts.join("; ")}${count > texts.length ? "; ..." : ""}`;
}

function cut(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text;
}
