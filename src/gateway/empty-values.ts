import type { EmptyMeaning, EmptyValues } from "../services/empty-values.ts";
import { MOST_TOLD, type Constraint, type Violation } from "./constraints/constraint.ts";
import { shownValue } from "./constraints/shown-value.ts";
import { brokenBy, isBrokenNumber, type ValueCheck, type ValueChecks } from "./constraints/value-checks.ts";
import { InvalidInputError, wrongType } from "./malformed.ts";
import type { NamedMember, Shape } from "./schema.ts";

type Structure = Shape & { kind: "structure" | "union" };

interface InputRules {
  readonly emptyValues: EmptyValues;
  readonly checks: ValueChecks;
}

/**
 * An input that holds to the rules of its service: required members are there, values are within the constraints of AWS's model, and each
 * empty value is absent from now on or one that the service has a use for. What does not hold is told of all at once. The work is
 * proportional to the input. @throws MalformedRequestError
 */
export function settleInput(shape: Shape | undefined, input: unknown, { emptyValues, checks }: InputRules): unknown {
  if (!shape) return input;
  const broken: Broken = { told: [], count: 0 };
  const settled = settle(shape, input, { rule: emptyValues, checks, broken, path: "", key: "" });
  if (broken.count > 0) throw new InvalidInputError(broken.told, broken.count);
  return settled;
}

/** Of all that is broken, as much as is told of, and how much there is: a body may hold tens of thousands. */
interface Broken {
  readonly told: Violation[];
  count: number;
}

interface Place {
  readonly rule: EmptyValues;
  readonly checks: ValueChecks;
  readonly broken: Broken;
  /** Where in the input, as AWS's messages write it: `containerDefinitions.1.member.name`. */
  readonly path: string;
  /** What the exceptions of the rule call it: `ContainerDefinition.name`. */
  readonly key: string;
}

function settle(shape: Shape, value: unknown, place: Place): unknown {
  switch (shape.kind) {
    case "structure":
    case "union":
      return settleStructure(shape, value as Readonly<Record<string, unknown>>, place);
    case "list":
      return (value as readonly unknown[]).map((item, at) => settleItem(shape.item.shape, item, place, at));
    case "map":
      // fromEntries defines properties, so that a key such as __proto__ is only a key.
      return Object.fromEntries(
        Object.entries(value as object).map(([key, item]: [string, unknown]) => [
          key,
          item === null || shape.value.shape.kind === "string"
            ? item
            : settle(shape.value.shape, item, { ...place, path: `${place.path}.${key}` }),
        ]),
      );
    default:
      return value;
  }
}

function settleStructure(shape: Structure, value: Readonly<Record<string, unknown>>, outer: Place): object {
  const settled: Record<string, unknown> = {};
  for (const member of shape.members) {
    const found = Object.hasOwn(value, member.name) ? value[member.name] : undefined;
    // Most members of most structures are not there.
    if (found === undefined && !member.required) continue;
    const name = camelCase(member.name);
    const place = { ...outer, path: outer.path === "" ? name : `${outer.path}.${name}`, key: `${shape.name}.${member.name}` };
    if (found === undefined) {
      report(place, member, { kind: "missing", shown: null }, [{ kind: "not-null" }]);
      continue;
    }
    const meaning = meaningOf(found, member, place);
    if (meaning === "absent") continue;
    const check = outer.checks(shape.name, member.name);
    if (check && isBrokenNumber(found, check)) throw wrongType(place.path, found, "an Integer");
    if (meaning === "refused") report(place, member, emptiness(found), whyRefused(found, check));
    else if (check && !isEmpty(found)) reportBroken(place, member, found, brokenBy(found, check));
    settled[member.name] = settle(member.shape, found, place);
  }
  return settled;
}

/** What is not empty is a value. */
function meaningOf(found: unknown, member: NamedMember, { rule, key }: Place): EmptyMeaning {
  if (!isEmpty(found)) return "value";
  const exception = rule.members[key] ?? rule.members[member.name];
  if (exception === "value" || exception === "answered") return exception;
  // Blank text says something, if nothing that a name can be.
  if (member.required || (typeof found === "string" && found !== "")) return "refused";
  return Array.isArray(found) ? "absent" : (exception ?? rule.text);
}

function settleItem(shape: Shape, item: unknown, place: Place, at: number): unknown {
  if (item === null) return item;
  const inner = { ...place, path: `${place.path}.${at + 1}.member` };
  if (isEmpty(item) && typeof item === "string" && place.rule.members[`${place.key}[]`] !== "value")
    report(inner, undefined, emptiness(item), whyRefused(item, undefined));
  return settle(shape, item, inner);
}

function isEmpty(value: unknown): boolean {
  return typeof value === "string" ? value.trim() === "" : Array.isArray(value) && value.length === 0;
}

function report(
  { broken, path, key }: Place,
  member: NamedMember | undefined,
  found: Pick<Violation, "kind" | "shown">,
  constraints: readonly Constraint[],
): void {
  broken.count += constraints.length;
  if (broken.told.length >= MOST_TOLD) return;
  const wireName = member?.ec2QueryName ?? member?.xmlName ?? key.slice(key.indexOf(".") + 1);
  for (const constraint of constraints) broken.told.push({ ...found, path, wireName, constraint });
}

/** Most values are not broken: what is not told of is not written. */
function reportBroken(place: Place, member: NamedMember, found: unknown, broken: readonly Constraint[]): void {
  if (broken.length > 0) report(place, member, { kind: "broken", shown: shownValue(member, found) }, broken);
}

function emptiness(found: unknown): Pick<Violation, "kind" | "shown"> {
  if (typeof found === "string") return { kind: found === "" ? "empty" : "blank", shown: found };
  return { kind: "empty", shown: "[]" };
}

/** What AWS's model has against an empty value; where it has nothing, that there is nothing in it. */
function whyRefused(found: unknown, check: ValueCheck | undefined): readonly Constraint[] {
  const broken = check ? brokenBy(found, check) : [];
  if (broken.length > 0) return broken;
  return typeof found === "string" && found !== ""
    ? [{ kind: "pattern", source: ".*\\S.*" }]
    : [{ kind: "length", bound: "least", limit: 1 }];
}

/** AWS's own checks write the members of all services in camel case. */
function camelCase(name: string): string {
  return /^[A-Z][a-z]/.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}
