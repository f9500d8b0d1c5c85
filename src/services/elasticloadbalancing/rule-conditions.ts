import type { RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { isIPv4, isIPv6 } from "node:net";
import { defined } from "../../domain/defined.ts";
import { regexRefusal } from "../../domain/rule-regex.ts";
import { invalid } from "./elb-operation.ts";

/** Quotas of a rule. Source: Elastic Load Balancing User Guide, "Quotas for your Application Load Balancers". */
const MOST_VALUES = 5;
const MOST_WILDCARDS = 5;
/** Characters of a regular expression. */
const LONGEST_REGEX = 128;

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

/** These may be compared by regular expressions, too. */
const BY_REGEX = ["HostHeaderConfig", "PathPatternConfig", "HttpHeaderConfig"] as const;

/** These may stand in a rule more than once. */
const REPEATED = new Set<Field>(["http-header", "query-string"]);

/** Checks the conditions of a rule, and returns them as AWS describes them. Source: Elastic Load Balancing, "Condition types for listener rules". */
export function checkConditions(conditions: readonly RuleCondition[] | undefined): readonly RuleCondition[] {
  if (!conditions || conditions.length === 0) throw invalid("A condition must be specified");
  const checked = conditions.map(checkCondition);
  for (const field of Object.keys(CONFIGS) as Field[])
    if (!REPEATED.has(field) && checked.filter(({ Field }) => Field === field).length > 1)
      throw invalid(`A rule can only have one '${field}' condition`);
  const values = [...checked.flatMap(textsOf), ...checked.flatMap((condition) => regexesOf(condition) ?? [])];
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
  const regexes = checkRegexes(condition, field);
  if (condition.Values !== undefined && condition[CONFIGS[field]] !== undefined)
    throw invalid(`You cannot provide both Values and '${CONFIGS[field]}' for a condition of type '${field}'`);
  if (field === "query-string") return checkQuery(condition);
  if (regexes) return byRegex(condition, field, regexes);
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
    case "http-header":
      must(Values, TEXT, field);
      return { Field: field, HttpHeaderConfig: { HttpHeaderName: checkHeaderName(condition), Values } };
  }
}

function checkHeaderName({ HttpHeaderConfig: { HttpHeaderName = "" } = {} }: RuleCondition): string {
  if (!HEADER_NAME.test(HttpHeaderName)) throw unfit("http-header", HttpHeaderName);
  if (HttpHeaderName.toLowerCase() === "host") throw invalid("You cannot specify the host header; use a host-header condition");
  return HttpHeaderName;
}

/** The expressions of a condition, where it has any instead of values. */
function checkRegexes(condition: RuleCondition, field: Field): string[] | undefined {
  const regexes = regexesOf(condition);
  if (!regexes) return undefined;
  const config = CONFIGS[field];
  if (!BY_REGEX.some((name) => name === config)) throw invalid(`You cannot provide RegexValues for a condition of type '${field}'`);
  if (condition.RegexValues !== undefined && condition[config] !== undefined)
    throw invalid(`You cannot provide both RegexValues and '${config}' for a condition of type '${field}'`);
  if (valuesOf(condition).length > 0) throw invalid(`You cannot provide both Values and RegexValues for a condition of type '${field}'`);
  if (regexes.length === 0) throw invalid(`A condition of type '${field}' must have at least one value`);
  for (const regex of regexes) {
    const refusal = regex.length > LONGEST_REGEX ? `cannot be longer than '${LONGEST_REGEX}' characters` : regexRefusal(regex);
    if (refusal !== undefined) throw invalid(`The regular expression '${regex}' of a condition of type '${field}' ${refusal}`);
  }
  return [...regexes];
}

function regexesOf(condition: RuleCondition): readonly string[] | undefined {
  return condition.RegexValues ?? BY_REGEX.map((name) => condition[name]?.RegexValues).find((regexes) => regexes !== undefined);
}

function byRegex(condition: RuleCondition, field: Field, RegexValues: string[]): RuleCondition {
  switch (field) {
    case "http-header":
      return { Field: field, HttpHeaderConfig: { HttpHeaderName: checkHeaderName(condition), RegexValues } };
    case "host-header":
      return { Field: field, RegexValues, HostHeaderConfig: { RegexValues } };
    default:
      return { Field: field, RegexValues, PathPatternConfig: { RegexValues } };
  }
}

function fieldOf({ Field }: RuleCondition): Field {
  if (Field === undefined) throw invalid("A condition field must be specified");
  if (Object.hasOwn(CONFIGS, Field)) return Field as Field;
  throw invalid(`Condition field '${Field}' must be one of '[${Object.keys(CONFIGS).join(", ")}]'`);
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

/** Source: Application Load Balancers guide, "Source IP address conditions", which leaves out the address of broadcasts. */
function isBlock(text: string): boolean {
  if (text === "255.255.255.255/32") return false;
  const [address = "", bits = "", ...more] = text.split("/");
  const longest = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  return more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= longest;
}
