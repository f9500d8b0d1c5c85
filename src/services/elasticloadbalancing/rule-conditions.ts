import type { RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { isIPv4, isIPv6 } from "node:net";
import { defined } from "../../domain/defined.ts";
import { invalid } from "./elb-operation.ts";

/** Quotas of a rule. Source: Elastic Load Balancing User Guide, "Quotas for your Application Load Balancers". */
const MOST_VALUES = 5;
const MOST_WILDCARDS = 5;

const HOST = /^[A-Za-z0-9.*?-]{1,128}$/;
const PATH = /^[A-Za-z0-9_\-.$/~"'@:+&*?]{1,128}$/;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}$/;
const METHOD = /^[A-Z_-]{1,40}$/;
/** Printable ASCII. */
const TEXT = /^[\x20-\x7e]{1,128}$/;

/** The members that hold a condition's values, by its field. */
const CONFIGS = {
  "host-header": "HostHeaderConfig",
  "path-pattern": "PathPatternConfig",
  "http-header": "HttpHeaderConfig",
  "http-request-method": "HttpRequestMethodConfig",
  "query-string": "QueryStringConfig",
  "source-ip": "SourceIpConfig",
} as const satisfies Record<string, keyof RuleCondition>;
type Field = keyof typeof CONFIGS;

/** These may stand in a rule more than once. */
const REPEATED = new Set<Field>(["http-header", "query-string"]);

/** Checks the conditions of a rule, and returns them as AWS describes them. Source: Elastic Load Balancing, "Condition types for listener rules". */
export function checkConditions(conditions: readonly RuleCondition[] | undefined): readonly RuleCondition[] {
  if (!conditions || conditions.length === 0) throw invalid("A condition must be specified");
  const checked = conditions.map(checkCondition);
  for (const field of Object.keys(CONFIGS) as Field[])
    if (!REPEATED.has(field) && checked.filter(({ Field }) => Field === field).length > 1)
      throw invalid(`A rule can only have one '${field}' condition`);
  const values = checked.flatMap(textsOf);
  if (values.length > MOST_VALUES) throw invalid(`A rule can only have '${MOST_VALUES}' condition values`);
  const wildcards = checked.filter(({ Field }) => Field !== "http-request-method" && Field !== "source-ip").flatMap(textsOf);
  if (wildcards.join("").replace(/[^*?]/g, "").length > MOST_WILDCARDS)
    throw invalid(`A rule can only have '${MOST_WILDCARDS}' condition wildcards`);
  return checked;
}

function textsOf(condition: RuleCondition): readonly string[] {
  if (condition.Field === "query-string") return (condition.QueryStringConfig?.Values ?? []).map(({ Key = "", Value = "" }) => Key + Value);
  return valuesOf(condition);
}

function valuesOf(condition: RuleCondition): readonly string[] {
  const { HostHeaderConfig, PathPatternConfig, HttpHeaderConfig, HttpRequestMethodConfig, SourceIpConfig } = condition;
  const config = HostHeaderConfig ?? PathPatternConfig ?? HttpHeaderConfig ?? HttpRequestMethodConfig ?? SourceIpConfig;
  return config?.Values ?? condition.Values ?? [];
}

function checkCondition(condition: RuleCondition): RuleCondition {
  const field = fieldOf(condition);
  const others = Object.values(CONFIGS).filter((config) => config !== CONFIGS[field] && condition[config] !== undefined);
  if (others.length > 0) throw invalid(`You cannot provide '${others[0]}' for a condition of type '${field}'`);
  if (condition.RegexValues !== undefined || hasRegex(condition))
    throw invalid("Airfield does not support regular expressions in conditions yet");
  if (condition.Values !== undefined && condition[CONFIGS[field]] !== undefined)
    throw invalid(`You cannot provide both Values and '${CONFIGS[field]}' for a condition of type '${field}'`);
  if (field === "query-string") return checkQuery(condition);
  const Values = [...valuesOf(condition)];
  if (Values.length === 0) throw invalid(`A condition of type '${field}' must have at least one value`);
  switch (field) {
    case "host-header":
      must(Values, HOST, field);
      return { Field: field, Values, HostHeaderConfig: { Values } };
    case "path-pattern":
      must(Values, PATH, field);
      return { Field: field, Values, PathPatternConfig: { Values } };
    case "http-request-method":
      must(Values, METHOD, field);
      return { Field: field, HttpRequestMethodConfig: { Values } };
    case "source-ip":
      for (const value of Values) if (!isBlock(value)) throw unfit(field, value);
      return { Field: field, SourceIpConfig: { Values } };
    case "http-header": {
      const HttpHeaderName = condition.HttpHeaderConfig?.HttpHeaderName ?? "";
      if (!HEADER_NAME.test(HttpHeaderName)) throw unfit("http-header", HttpHeaderName);
      if (HttpHeaderName.toLowerCase() === "host") throw invalid("You cannot specify the host header; use a host-header condition");
      must(Values, TEXT, field);
      return { Field: field, HttpHeaderConfig: { HttpHeaderName, Values } };
    }
  }
}

function fieldOf({ Field }: RuleCondition): Field {
  if (Field === undefined) throw invalid("A condition field must be specified");
  if (Object.hasOwn(CONFIGS, Field)) return Field as Field;
  throw invalid(`Condition field '${Field}' must be one of '[${Object.keys(CONFIGS).join(", ")}]'`);
}

function hasRegex({ HostHeaderConfig, PathPatternConfig, HttpHeaderConfig }: RuleCondition): boolean {
  return [HostHeaderConfig, PathPatternConfig, HttpHeaderConfig].some((config) => config?.RegexValues !== undefined);
}

function checkQuery({ QueryStringConfig, Values: legacy }: RuleCondition): RuleCondition {
  const pairs = QueryStringConfig?.Values ?? [];
  if (pairs.length === 0 || legacy !== undefined) throw invalid("A condition of type 'query-string' must have at least one value");
  for (const { Key, Value = "" } of pairs) {
    if (Key !== undefined && !TEXT.test(Key)) throw unfit("query-string", Key);
    if (!TEXT.test(Value)) throw unfit("query-string", Value);
  }
  return { Field: "query-string", QueryStringConfig: { Values: pairs.map(({ Key, Value }) => defined({ Key, Value })) } };
}

function must(values: readonly string[], pattern: RegExp, field: Field): void {
  const wrong = values.find((value) => !pattern.test(value));
  if (wrong !== undefined) throw unfit(field, wrong);
}

function unfit(field: Field, value: string): Error {
  return invalid(`The value '${value}' is not valid for a condition of type '${field}'`);
}

function isBlock(text: string): boolean {
  const [address = "", bits = "", ...more] = text.split("/");
  const longest = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  return more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= longest;
}
