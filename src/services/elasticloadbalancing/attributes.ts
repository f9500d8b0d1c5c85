import { InvalidConfigurationRequestException } from "@aws-sdk/client-elastic-load-balancing-v2";
import { because } from "../operation.ts";
import { invalid } from "./elb-operation.ts";

/** One attribute that AWS has: its default, and which values it takes. */
export interface AttributeRule {
  readonly initial: string;
  /** What is wrong with a value, as AWS ends its sentence after `… value 'x' `; `undefined` if nothing is. */
  readonly refusal: (value: string) => string | undefined;
  /** False for a value that AWS takes and that would have no effect here. Absent: all have. */
  readonly supported?: (value: string) => boolean;
}

export type AttributeRules = Readonly<Record<string, AttributeRule>>;

interface Attribute {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

export function initialAttributes(rules: AttributeRules): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(rules).map(([key, rule]) => [key, rule.initial]));
}

/** All attributes of a record, those that came after it was made at their default. */
export function listAttributes(rules: AttributeRules, values: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries({ ...initialAttributes(rules), ...values }).map(([Key, Value]) => ({ Key, Value }));
}

/** The values with the changes of a request. @param what as AWS begins its sentences: `Load balancer`, `Target group`, `Listener` */
export function changeAttributes(
  what: string,
  rules: AttributeRules,
  values: Readonly<Record<string, string>>,
  changes: readonly Attribute[] | undefined,
): Readonly<Record<string, string>> {
  if (!changes || changes.length === 0) throw invalid(`At least one ${what.toLowerCase()} attribute must be specified`);
  const changed: Record<string, string> = {};
  for (const { Key = "", Value = "" } of changes) {
    const rule = Object.hasOwn(rules, Key) ? rules[Key] : undefined;
    if (!rule) throw invalid(`${what} attribute key '${Key}' is not recognized`);
    if (Object.hasOwn(changed, Key)) throw invalid(`${what} attribute key '${Key}' was specified more than once`);
    const refusal = rule.refusal(Value);
    if (refusal !== undefined) throw invalid(`'${Key}' value '${Value}' ${refusal}`);
    if (rule.supported && !rule.supported(Value))
      throw new InvalidConfigurationRequestException(
        because(`Airfield does not support the value '${Value}' of the attribute '${Key}' yet`),
      );
    changed[Key] = Value;
  }
  return { ...values, ...changed };
}

export function flag(initial: "true" | "false"): AttributeRule {
  return oneOf(initial, ["true", "false"]);
}

/** A flag that has only one value here. */
export function fixedFlag(initial: "true" | "false"): AttributeRule {
  return { ...flag(initial), supported: (value) => value === initial };
}

export function oneOf(initial: string, values: readonly string[], supported: readonly string[] = values): AttributeRule {
  return {
    initial,
    refusal: (value) => (values.includes(value) ? undefined : `must be one of [${values.join(", ")}]`),
    supported: (value) => supported.includes(value),
  };
}

export function whole(initial: number, least: number, most: number): AttributeRule {
  return {
    initial: String(initial),
    refusal: (value) =>
      /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most ? undefined : `must be between '${least}-${most}' inclusive`,
  };
}

export function text(): AttributeRule {
  return { initial: "", refusal: () => undefined };
}

/** An attribute that must stay as it is until it has an effect here. */
export function onlyInitial(rule: AttributeRule): AttributeRule {
  return { ...rule, supported: (value) => value === rule.initial };
}
