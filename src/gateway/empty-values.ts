import type { EmptyMeaning, EmptyValues } from "../services/empty-values.ts";
import { MalformedRequestError } from "./malformed.ts";
import type { NamedMember, Shape } from "./schema.ts";

type Structure = Shape & { kind: "structure" | "union" };

/**
 * An input with its empty values settled: each is absent from now on, a value that the service has a use for, or the end of the request.
 * The work is proportional to the input. @throws MalformedRequestError
 */
export function settleEmptyValues(shape: Shape | undefined, input: unknown, rule: EmptyValues): unknown {
  return shape ? settle(shape, input, { rule, path: "", key: "" }) : input;
}

interface Place {
  readonly rule: EmptyValues;
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

function settleStructure(shape: Structure, value: Readonly<Record<string, unknown>>, { rule, path }: Place): object {
  const settled: Record<string, unknown> = {};
  for (const member of shape.members) {
    const found = Object.hasOwn(value, member.name) ? value[member.name] : undefined;
    if (found === undefined) continue;
    const place = { rule, path: path === "" ? member.name : `${path}.${member.name}`, key: `${shape.name}.${member.name}` };
    const meaning = meaningOf(found, member, place);
    if (meaning === "refused") throw tooShort(found, place.path);
    if (meaning !== "absent") settled[member.name] = settle(member.shape, found, place);
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
  const path = `${place.path}.${at + 1}.member`;
  if (isEmpty(item) && typeof item === "string" && place.rule.members[`${place.key}[]`] !== "value") throw tooShort(item, path);
  return settle(shape, item, { ...place, path });
}

function isEmpty(value: unknown): boolean {
  return typeof value === "string" ? value.trim() === "" : Array.isArray(value) && value.length === 0;
}

/** In the words of AWS's own checks, which write the members of all services in camel case. */
function tooShort(found: unknown, path: string): MalformedRequestError {
  const [shown, constraint] =
    typeof found === "string" && found !== ""
      ? [found, "Member must satisfy regular expression pattern: .*\\S.*"]
      : [Array.isArray(found) ? "[]" : "", "Member must have length greater than or equal to 1"];
  const at = path.replaceAll(/(?<=^|\.)[A-Z](?=[a-z])/g, (letter) => letter.toLowerCase());
  const message = `1 validation error detected: Value '${shown}' at '${at}' failed to satisfy constraint: ${constraint}`;
  return new MalformedRequestError(found === "" ? "empty" : "blank", path, message);
}
