import { binaryEquals, isBase64 } from "./binary.ts";
import { parseMoment } from "./date.ts";
import { ipAddress, parseBlock } from "./ip-address.ts";
import { COMPARISONS, ordered, parseNumber, type Comparison } from "./number.ts";
import type { Operator } from "./operator.ts";
import { arnLike, isArnLike, stringEquals, stringEqualsIgnoreCase, stringLike } from "./text.ts";

// Source: IAM User Guide, "IAM JSON policy elements: Condition operators". `Null` asks whether a key is there, and stands apart.

const anyText = (): boolean => true;
const text = { accepts: anyText, variables: true };
const arn = { accepts: isArnLike, variables: true };
const isNumber = (value: string): boolean => parseNumber(value) !== undefined;
const isMoment = (value: string): boolean => parseMoment(value) !== undefined;

/** All operators by the name that a policy gives them, without set prefix and `IfExists`. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["StringEquals", { ...text, negated: false, prepare: stringEquals }],
  ["StringNotEquals", { ...text, negated: true, prepare: stringEquals }],
  ["StringEqualsIgnoreCase", { ...text, negated: false, prepare: stringEqualsIgnoreCase }],
  ["StringNotEqualsIgnoreCase", { ...text, negated: true, prepare: stringEqualsIgnoreCase }],
  ["StringLike", { ...text, negated: false, prepare: stringLike }],
  ["StringNotLike", { ...text, negated: true, prepare: stringLike }],
  ["ArnEquals", { ...arn, negated: false, prepare: arnLike }],
  ["ArnLike", { ...arn, negated: false, prepare: arnLike }],
  ["ArnNotEquals", { ...arn, negated: true, prepare: arnLike }],
  ["ArnNotLike", { ...arn, negated: true, prepare: arnLike }],
  ...comparisons("Numeric", parseNumber, isNumber),
  ...comparisons("Date", parseMoment, isMoment),
  ["Bool", { negated: false, prepare: stringEqualsIgnoreCase, accepts: (value) => /^(true|false)$/i.test(value), variables: true }],
  ["BinaryEquals", { negated: false, prepare: binaryEquals, accepts: isBase64, variables: false }],
  ["IpAddress", { negated: false, prepare: ipAddress, accepts: isBlock, variables: false }],
  ["NotIpAddress", { negated: true, prepare: ipAddress, accepts: isBlock, variables: false }],
]);

/** An operator's name taken apart. */
export interface OperatorName {
  /** `ForAllValues:` and `ForAnyValue:` compare each value of the request by itself. */
  readonly set?: "all" | "any";
  /** `Null`, or a name of `OPERATORS`. */
  readonly name: string;
  readonly ifExists: boolean;
}

const NAME = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/;

/** Takes an operator's name apart; `undefined` where there is no such operator. */
export function parseOperator(written: string): OperatorName | undefined {
  const [, set, name = "", ifExists] = NAME.exec(written) ?? [];
  if (name === "Null" ? ifExists !== undefined : !OPERATORS.has(name)) return undefined;
  return {
    ...(set === undefined ? {} : { set: set === "ForAllValues" ? ("all" as const) : ("any" as const) }),
    name,
    ifExists: ifExists !== undefined,
  };
}

function comparisons(
  family: "Numeric" | "Date",
  parse: (value: string) => number | undefined,
  accepts: (value: string) => boolean,
): readonly (readonly [string, Operator])[] {
  const made = (comparison: Comparison, negated: boolean): Operator => ({
    negated,
    prepare: ordered(parse, comparison),
    accepts,
    variables: false,
  });
  return [
    ...Object.entries(COMPARISONS).map(([name, comparison]) => [`${family}${name}`, made(comparison, false)] as const),
    [`${family}NotEquals`, made(COMPARISONS.Equals, true)],
  ];
}

function isBlock(value: string): boolean {
  return parseBlock(value) !== undefined;
}
