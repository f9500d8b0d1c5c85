/** `empty` and `blank`: text or a list with nothing in it, and text of white space, where the operation cannot do without. */
type Malformation = "syntax" | "type" | "missing" | "empty" | "blank";

/** A request that does not fit its operation's schema. Each protocol words it as AWS does. */
export class MalformedRequestError extends Error {
  readonly kind: Malformation;
  /** Where in the input: `containerDefinitions.0.cpu`. */
  readonly path: string;

  constructor(kind: Malformation, path: string, message: string) {
    super(message);
    this.kind = kind;
    this.path = path;
  }
}

/** The refusal of a value of the wrong type, in the words of AWS's JSON services. */
export function wrongType(path: string, found: unknown, wanted: string): MalformedRequestError {
  return new MalformedRequestError("type", path, `${foundName(found)} can not be converted to ${wanted}`);
}

function foundName(found: unknown): string {
  if (typeof found === "string") return "STRING_VALUE";
  if (typeof found === "number") return Number.isInteger(found) ? "NUMBER_VALUE" : "DECIMAL_VALUE";
  if (typeof found === "boolean") return found ? "TRUE_VALUE" : "FALSE_VALUE";
  return Array.isArray(found) ? "START_ARRAY" : "START_OBJECT";
}

export function missingMember(path: string): MalformedRequestError {
  return new MalformedRequestError(
    "missing",
    path,
    `1 validation error detected: Value null at '${path}' failed to satisfy constraint: Member must not be null`,
  );
}
