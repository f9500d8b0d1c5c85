import type { Json, JsonObject } from "../json.ts";
import type { ConditionElement, PatternList, Position, PrincipalElement, Statement } from "../policy-document.ts";

const ELEMENTS = new Set(["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"]);
const PRINCIPAL_KINDS = { AWS: "aws", Service: "service", Federated: "federated", CanonicalUser: "canonicalUser" } as const;

/** A statement, and its effect as it was written: another case than `Allow` and `Deny` is refused, but later and in other words. */
export interface ReadStatement {
  readonly statement: Statement;
  readonly writtenEffect: string;
}

/** Reads the statements; `undefined` where one does not have the form of the grammar. */
export function readStatements(json: Json | undefined, text: string): readonly ReadStatement[] | undefined {
  if (json === undefined) return undefined;
  const items = json.kind === "list" ? json.items : [json];
  if (items.length === 0) return undefined;
  const position = positions(text);
  return all(items, (item) => (item.kind === "object" ? readStatement(item, position) : undefined));
}

function readStatement({ members, start, end }: JsonObject, position: (offset: number) => Position): ReadStatement | undefined {
  if ([...members.keys()].some((key) => !ELEMENTS.has(key))) return undefined;
  const sid = members.get("Sid");
  const effect = members.get("Effect");
  const action = eitherList(members, "Action", "NotAction");
  const resource = eitherList(members, "Resource", "NotResource");
  const principal = readPrincipal(members);
  const conditions = readConditions(members.get("Condition"));
  if (sid !== undefined && sid.kind !== "string") return undefined;
  if (effect?.kind !== "string" || !/^(allow|deny)$/i.test(effect.text)) return undefined;
  if (action === undefined || resource === undefined || principal === undefined || conditions === undefined) return undefined;
  const statement: Statement = {
    ...(sid ? { sid: sid.text } : {}),
    effect: effect.text.toLowerCase() === "allow" ? "Allow" : "Deny",
    ...(principal === "absent" ? {} : { principal }),
    action: action === "absent" ? { negated: false, patterns: [] } : action,
    ...(resource === "absent" ? {} : { resource }),
    conditions,
    span: { start: position(start), end: position(end) },
  };
  return { statement, writtenEffect: effect.text };
}

/** One of two elements that exclude each other, as a text or a list of texts. */
function eitherList(members: JsonObject["members"], plain: string, negation: string): PatternList | "absent" | undefined {
  const [is, not] = [members.get(plain), members.get(negation)];
  if (is !== undefined && not !== undefined) return undefined;
  const json = is ?? not;
  if (json === undefined) return "absent";
  const patterns = strings(json);
  return patterns && { negated: not !== undefined, patterns };
}

function readPrincipal(members: JsonObject["members"]): PrincipalElement | "absent" | undefined {
  const [is, not] = [members.get("Principal"), members.get("NotPrincipal")];
  if (is !== undefined && not !== undefined) return undefined;
  const json = is ?? not;
  if (json === undefined) return "absent";
  const lists = { aws: [] as readonly string[], service: [] as readonly string[], federated: [] as readonly string[], canonicalUser: [] };
  const element = { ...lists, negated: not !== undefined, everyone: false };
  if (json.kind === "string") return json.text === "*" ? { ...element, everyone: true } : undefined;
  if (json.kind !== "object") return undefined;
  const entries = all([...json.members], ([kind, value]) => {
    const names = strings(value);
    return isPrincipalKind(kind) && names ? ([PRINCIPAL_KINDS[kind], names] as const) : undefined;
  });
  return entries && { ...element, ...Object.fromEntries(entries) };
}

function readConditions(json: Json | undefined): readonly ConditionElement[] | undefined {
  if (json === undefined) return [];
  if (json.kind !== "object") return undefined;
  return all([...json.members], ([operator, keys]) => {
    if (keys.kind !== "object") return undefined;
    return all([...keys.members], ([key, value]) => {
      const values = scalars(value);
      return values && { operator, key, values };
    });
  })?.flat();
}

function strings(json: Json): readonly string[] | undefined {
  if (json.kind === "string") return [json.text];
  return json.kind === "list" ? all(json.items, (item) => (item.kind === "string" ? item.text : undefined)) : undefined;
}

/** The values of a condition: texts, and numbers and booleans without quotes. */
function scalars(json: Json): readonly string[] | undefined {
  return all(json.kind === "list" ? json.items : [json], (item) =>
    item.kind === "string" || item.kind === "number" || item.kind === "boolean" ? item.text : undefined,
  );
}

function isPrincipalKind(kind: string): kind is keyof typeof PRINCIPAL_KINDS {
  return Object.hasOwn(PRINCIPAL_KINDS, kind);
}

function all<T, R>(items: readonly T[], read: (item: T) => R | undefined): R[] | undefined {
  const results: R[] = [];
  for (const item of items) {
    const result = read(item);
    if (result === undefined) return undefined;
    results.push(result);
  }
  return results;
}

/** Tells lines and columns of offsets that are asked for in rising order. */
function positions(text: string): (offset: number) => Position {
  let line = 1;
  let lineStart = 0;
  return (offset) => {
    for (let next = text.indexOf("\n", lineStart); next >= 0 && next < offset; next = text.indexOf("\n", lineStart)) {
      line++;
      lineStart = next + 1;
    }
    return { line, column: offset - lineStart + 1 };
  };
}
