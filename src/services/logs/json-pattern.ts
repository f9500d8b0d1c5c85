import { comparison, disjunction, PatternScanner, type Matcher, type Scalar } from "./filter-comparison.ts";

/** A step into a JSON document: a member's name, an index, or all of an array or object. */
type Step =
  | { readonly kind: "member"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "all" };

/** `{ ($.level = "error" || $.status >= 500) && $.user.id NOT EXISTS }`. @throws PatternError */
export function jsonPattern(pattern: string): Matcher {
  const scanner = new PatternScanner(pattern);
  scanner.expect(/\{/);
  const holds = disjunction<unknown>(scanner, () => condition(scanner));
  scanner.expect(/\}$/);
  return (message) => {
    const document = parsed(message);
    return document !== undefined && holds(document);
  };
}

function parsed(message: string): unknown {
  // Most lines are no JSON: tell that without an exception.
  if (!/^\s*[{[]/.test(message)) return undefined;
  try {
    return JSON.parse(message) as unknown;
  } catch {
    return undefined;
  }
}

function condition(scanner: PatternScanner): (document: unknown) => boolean {
  const steps = selector(scanner);
  const values = (document: unknown): readonly unknown[] => select(document, steps);
  if (scanner.take(/NOT\s+EXISTS\b/i)) return (document) => values(document).length === 0;
  if (scanner.take(/EXISTS\b/i)) return (document) => values(document).length > 0;
  const is = scanner.take(/IS\s+(TRUE|FALSE|NULL)\b/i);
  if (is) {
    const wanted = JSON.parse((is[1] ?? "null").toLowerCase()) as Scalar;
    return (document) => values(document).includes(wanted);
  }
  const test = comparison(scanner.operator(), scanner.literal());
  return (document) => values(document).some((value) => isScalar(value) && test(value));
}

function selector(scanner: PatternScanner): readonly Step[] {
  scanner.expect(/\$/);
  const steps: Step[] = [];
  for (;;) {
    const step = scanner.take(/\.?\[\s*(?:(\d+)|(\*)|"([^"]+)"|'([^']+)')\s*\]|\.([\w-]+)|\.(\*)/);
    if (!step) return steps;
    const [, index, all, quoted, single, name, allMembers] = step;
    if (index !== undefined) steps.push({ kind: "index", index: Number(index) });
    else if (all ?? allMembers) steps.push({ kind: "all" });
    else steps.push({ kind: "member", name: quoted ?? single ?? name ?? "" });
  }
}

function select(document: unknown, steps: readonly Step[]): readonly unknown[] {
  let found: readonly unknown[] = [document];
  for (const step of steps) found = found.flatMap((value) => inside(value, step));
  return found;
}

function inside(value: unknown, step: Step): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if (step.kind === "all") return Object.values(value);
  const key = step.kind === "index" ? String(step.index) : step.name;
  if (step.kind === "index" && !Array.isArray(value)) return [];
  return Object.hasOwn(value, key) ? [(value as Readonly<Record<string, unknown>>)[key]] : [];
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
