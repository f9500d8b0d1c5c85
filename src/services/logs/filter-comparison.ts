import { RE2JS, RE2JSException } from "re2js";
import { globMatches, parseStars } from "../../domain/wildcard.ts";
import { invalidCharacters, PatternError } from "./pattern-error.ts";

export type Matcher = (message: string) => boolean;
export type Operator = "=" | "!=" | "<" | ">" | "<=" | ">=";
/** A literal on the right of an operator. */
export type Literal = { readonly kind: "text"; readonly text: string } | { readonly kind: "regex"; readonly expression: string };
/** What a pattern's field holds; only these can be compared. */
export type Scalar = string | number | boolean | null;

/** A scanner over the text of a pattern. White space between tokens does not count. */
export class PatternScanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The match of a sticky expression here, passed over; or nothing, and nothing passed over. */
  take(expression: RegExp): RegExpExecArray | undefined {
    const space = /\s*/y;
    space.lastIndex = this.#at;
    space.exec(this.#text);
    const sticky = new RegExp(expression.source, `${expression.flags.replace("y", "")}y`);
    sticky.lastIndex = space.lastIndex;
    const match = sticky.exec(this.#text) ?? undefined;
    if (match) this.#at = sticky.lastIndex;
    return match;
  }

  /** @throws PatternError where something else stands here */
  expect(expression: RegExp): RegExpExecArray {
    const match = this.take(expression);
    if (!match) throw this.unexpected();
    return match;
  }

  unexpected(): PatternError {
    const rest = this.#text.slice(this.#at).trim();
    return rest === "" ? new PatternError("Invalid filter pattern: it ends too early") : invalidCharacters(rest.slice(0, 1));
  }

  operator(): Operator {
    return this.expect(/!=|<=|>=|=|<|>/)[0] as Operator;
  }

  literal(): Literal {
    const quoted = this.take(/"((?:[^"\\]|\\.)*)"/);
    if (quoted) return { kind: "text", text: (quoted[1] ?? "").replace(/\\(.)/g, "$1") };
    const expression = this.take(/%([^%]+)%/);
    if (expression) return { kind: "regex", expression: expression[1] ?? "" };
    return { kind: "text", text: this.expect(/[^\s"(){}[\],|&=<>!%]+/)[0] };
  }
}

/** `left && right || other`, with parentheses; `&&` binds closer. `primary` reads one condition. */
export function disjunction<T>(scanner: PatternScanner, primary: () => (value: T) => boolean): (value: T) => boolean {
  const operand = (): ((value: T) => boolean) => {
    if (!scanner.take(/\(/)) return primary();
    const inner = disjunction(scanner, primary);
    scanner.expect(/\)/);
    return inner;
  };
  const conjunction = (): ((value: T) => boolean) => {
    const parts = [operand()];
    while (scanner.take(/&&/)) parts.push(operand());
    return (value) => parts.every((holds) => holds(value));
  };
  const parts = [conjunction()];
  while (scanner.take(/\|\|/)) parts.push(conjunction());
  return (value) => parts.some((holds) => holds(value));
}

/** The test `operator literal` for one value. Numbers compare as numbers, texts with `*` as a wildcard. */
export function comparison(operator: Operator, literal: Literal): (value: Scalar) => boolean {
  if (literal.kind === "regex") {
    const matches = regularExpression(literal.expression);
    if (operator !== "=" && operator !== "!=") throw invalidCharacters("%");
    return (value) => matches(String(value)) === (operator === "=");
  }
  const number = Number(literal.text);
  const numeric = literal.text.trim() !== "" && !Number.isNaN(number);
  if (operator === "=" || operator === "!=") {
    const wildcard = parseStars(literal.text);
    return (value) =>
      (typeof value === "number" && numeric ? value === number : globMatches(wildcard, String(value))) === (operator === "=");
  }
  if (!numeric) throw invalidCharacters(literal.text);
  return (value) => {
    const left = typeof value === "number" ? value : typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
    if (operator === "<") return left < number;
    if (operator === ">") return left > number;
    return operator === "<=" ? left <= number : left >= number;
  };
}

/** `%expression%`, in the alphabet that AWS allows. By RE2: JavaScript's own engine would take an age for `a*a*a*b`, and hold up all accounts. */
export function regularExpression(expression: string): Matcher {
  const bad = /[^A-Za-z0-9:_#=@/;,\-^$?[\]{}|\\*+.\s]/.exec(expression);
  if (bad) throw invalidCharacters(bad[0]);
  try {
    const compiled = RE2JS.compile(expression);
    return (message) => compiled.test(message);
  } catch (thrown) {
    if (!(thrown instanceof RE2JSException)) throw thrown;
    throw new PatternError(`Invalid regular expression '${expression}' in filter pattern`);
  }
}
