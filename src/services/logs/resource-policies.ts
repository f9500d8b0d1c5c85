import {
  InvalidParameterException,
  LimitExceededException,
  PolicyScope,
  ResourceNotFoundException,
  type ResourcePolicy,
} from "@aws-sdk/client-cloudwatch-logs";
import { parsePolicy } from "../../decide/iam/parse-policy.ts";
import { defined } from "../../domain/defined.ts";
import { keyInScope, scopeKey } from "../../domain/scope.ts";
import { logResourcePolicies, type LogResourcePolicyRecord } from "../../state/log-resource-policies.ts";
import { lengthWithin, oneOf, within } from "../constraints.ts";
import { because, type Permission } from "../operation.ts";
import { compareKeys, paginate } from "../pagination.ts";
import { operation, refuse } from "./log-groups.ts";

/** In an account and region. Source: CloudWatch Logs User Guide, "Quotas". */
const MOST = 10;
const MOST_LISTED = 50;

const onAny = (action: string) => (): Permission => ({ action: `logs:${action}`, resource: "*" });

export const putResourcePolicy = operation("PutResourcePolicy", {
  authorize: onAny("PutResourcePolicy"),
  run({ policyName: name, policyDocument: document, resourceArn, expectedRevisionId }, { state, account, region, now }) {
    refuseOfGroups({ resourceArn, expectedRevisionId });
    if (name === undefined) throw invalid("The policy name is required.");
    if (document === undefined) throw invalid("The policy document is required.");
    refuse(lengthWithin("policyDocument", document, 1, 5120));
    checkPolicy(document);
    const table = state.table(logResourcePolicies);
    const record: LogResourcePolicyRecord = { account, region, name, document, updatedAt: now };
    if (!table.has(keyInScope(record, name)) && table.count("scope", scopeKey(record)) >= MOST)
      throw new LimitExceededException(because("Resource limit exceeded."));
    state.commit(() => table.put(record));
    return { resourcePolicy: shown(record) };
  },
});

export const describeResourcePolicies = operation("DescribeResourcePolicies", {
  authorize: onAny("DescribeResourcePolicies"),
  run({ limit, nextToken, resourceArn, policyScope }, { state, account, region, secrets }) {
    refuse(within("limit", limit, 1, MOST_LISTED), oneOf("policyScope", policyScope, Object.values(PolicyScope)));
    refuseOfGroups({ resourceArn });
    // None is of a group alone.
    const all = policyScope === PolicyScope.RESOURCE ? [] : state.table(logResourcePolicies).by("scope", scopeKey({ account, region }));
    const sorted = all.toSorted((a, b) => compareKeys(a.name, b.name));
    const page = paginate(sorted, ({ name }) => name, { token: nextToken, limit: limit ?? MOST_LISTED }, secrets);
    if (!page) throw invalid("The specified nextToken is invalid.");
    return { resourcePolicies: page.items.map(shown), ...defined({ nextToken: page.nextToken }) };
  },
});

export const deleteResourcePolicy = operation("DeleteResourcePolicy", {
  authorize: onAny("DeleteResourcePolicy"),
  run({ policyName: name = "", resourceArn, expectedRevisionId }, { state, account, region }) {
    refuseOfGroups({ resourceArn, expectedRevisionId });
    const key = keyInScope({ account, region }, name);
    if (!state.table(logResourcePolicies).has(key))
      throw new ResourceNotFoundException(because(`Policy with name [${name}] does not exist.`));
    state.commit(() => state.table(logResourcePolicies).delete(key));
    return {};
  },
});

/** @throws InvalidParameterException: only those of accounts are here */
function refuseOfGroups(members: Readonly<Record<string, string | undefined>>): void {
  const [given] = Object.entries(members).find(([, value]) => value !== undefined) ?? [];
  if (given !== undefined)
    throw invalid(`Airfield has resource policies of accounts, and none of single log groups yet: ${given} is refused.`);
}

/** They are for services, which alone are asked about by them. @throws InvalidParameterException */
function checkPolicy(document: string): void {
  const parsed = parsePolicy(document, "resource");
  if ("refusal" in parsed) throw invalid(`The resource policy document is invalid: ${parsed.refusal}`);
  for (const { principal, resource } of parsed.policy.statements) {
    if (!principal || principal.aws?.some((name) => name !== "*"))
      throw invalid("The principals of a resource policy must be services: it lets AWS services write logs into this account.");
    if (!resource) throw invalid("Each statement of a resource policy must name a resource.");
  }
}

function invalid(message: string): InvalidParameterException {
  return new InvalidParameterException(because(message));
}

function shown({ name, document, updatedAt }: LogResourcePolicyRecord): ResourcePolicy {
  return { policyName: name, policyDocument: document, lastUpdatedTime: updatedAt };
}
