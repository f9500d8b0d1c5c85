import { RECORD_TYPES, type RecordType } from "../../domain/dns/record-type.ts";
import { isProblem, readValue } from "../../domain/dns/value.ts";
import { readBranches } from "./read-branches.ts";
import { isObject, Reader, type Json } from "./reader.ts";
import { ENDPOINT_TYPES, RULE_TYPES, type PolicyEndpoint, type PolicyRule, type PolicyTarget, type TrafficPolicy } from "./policy.ts";

const VERSIONS = ["2015-10-01", "2023-05-09"];
const MEMBERS = ["AWSPolicyFormatVersion", "RecordType", "StartEndpoint", "StartRule", "Endpoints", "Rules"];

/**
 * Reads a traffic policy's document, or says all that is wrong with it. Costs what the document is long.
 * Source: Route 53 API Reference, "Traffic policy document format".
 */
export function readPolicy(text: string): { readonly policy: TrafficPolicy } | { readonly problems: readonly string[] } {
  const document = parsed(text);
  if (!document) return { problems: ["The document is no JSON object."] };
  const reader = new Reader();
  reader.onlyMembers(document, MEMBERS, "the document");
  const version = document["AWSPolicyFormatVersion"];
  if (!VERSIONS.some((one) => one === version)) reader.wrong(`AWSPolicyFormatVersion must be one of ${VERSIONS.join(", ")}.`);
  const recordType = reader.oneOf(document, "RecordType", TYPES, "the document") ?? "A";
  const start = reader.target(document, "Start", "the document");
  const endpoints = new Map(reader.entries(document, "Endpoints").map(([id, one]) => [id, readEndpoint(one, id, recordType, reader)]));
  const rules = new Map(reader.entries(document, "Rules").map(([id, one]) => [id, readRule(one, id, reader)]));
  const policy: TrafficPolicy = { recordType, start, endpoints, rules };
  if (reader.problems.length === 0) checkReferences(policy, reader);
  return reader.problems.length > 0 ? { problems: reader.problems } : { policy };
}

/** Those that a policy may be of. */
const TYPES: readonly RecordType[] = RECORD_TYPES.filter((type) => type !== "NS" && type !== "SOA");

function parsed(text: string): Json | undefined {
  try {
    const read: unknown = JSON.parse(text);
    return isObject(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function readEndpoint(given: Json, id: string, recordType: RecordType, reader: Reader): PolicyEndpoint {
  const where = `the endpoint ${id}`;
  reader.onlyMembers(given, ["Type", "Region", "Value"], where);
  const type = reader.oneOf(given, "Type", ENDPOINT_TYPES, where) ?? "value";
  const value = reader.text(given, "Value", where) ?? "";
  if (given["Region"] !== undefined && type !== "s3-website") reader.wrong(`Region in ${where} is for endpoints of type s3-website.`);
  const read = type === "value" ? readValue(recordType, value) : undefined;
  if (read && isProblem(read)) reader.wrong(`The value of ${where} is no ${recordType}: ${read.problem} encountered with '${value}'.`);
  if (type !== "value" && recordType !== "A" && recordType !== "AAAA")
    reader.wrong(`An endpoint of type ${type} needs the RecordType A or AAAA: ${where}.`);
  return { type, value };
}

function readRule(given: Json, id: string, reader: Reader): PolicyRule {
  const type = reader.oneOf(given, "RuleType", RULE_TYPES, `the rule ${id}`) ?? "failover";
  return { type, branches: readBranches(type, given, `the rule ${id}`, reader) };
}

/** Everything that is referred to is there, and there is an end to it. */
function checkReferences({ start, endpoints, rules, recordType }: TrafficPolicy, reader: Reader): void {
  const done = new Set<string>();
  const follow = ({ kind, id }: PolicyTarget, path: ReadonlySet<string>): void => {
    if (kind === "endpoint") {
      if (!endpoints.has(id)) reader.wrong(`There is no endpoint ${id}.`);
      return;
    }
    const rule = rules.get(id);
    if (!rule) return reader.wrong(`There is no rule ${id}.`);
    if (path.has(id)) return reader.wrong(`The rule ${id} leads to itself.`);
    if (done.has(id)) return;
    done.add(id);
    for (const { target } of rule.branches) follow(target, new Set([...path, id]));
  };
  follow(start, new Set());
  for (const [id, { type, branches }] of rules) {
    if (type !== "multivalue") continue;
    if (recordType === "CNAME") reader.wrong(`A multivalue rule cannot be of type CNAME: the rule ${id}.`);
    if (branches.some(({ target }) => endpoints.get(target.id)?.type !== "value"))
      reader.wrong(`The items of a multivalue rule must be endpoints of type value: the rule ${id}.`);
  }
  // What nobody comes to is looked at as well.
  for (const [id, { branches }] of rules) if (!done.has(id)) for (const { target } of branches) follow(target, new Set([id]));
}
