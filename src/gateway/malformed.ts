import { violationsText, type Violation } from "./constraints/constraint.ts";

/** `invalid`: of the right types, but beyond what AWS's model allows. `unknown`: a member that the operation has not, where a protocol refuses such. */
type Malformation = "syntax" | "type" | "invalid" | "unknown";

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

/** An input that lacks what it needs or holds what it must not; what is wrong with it, the first of it where there is much. */
export class InvalidInputError extends MalformedRequestError {
  readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[], count = violations.length) {
    super("invalid", violations[0]?.path ?? "", violationsText(violations, count));
    this.violations = violations;
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

/** What a codec cannot do without. Members that are missing are told of later, all at once. */
export function missingMember(path: string): InvalidInputError {
  return new InvalidInputError([{ kind: "missing", path, wireName: path, shown: null, constraint: { kind: "not-null" } }]);
}
