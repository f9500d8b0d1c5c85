import { describe, expect, test } from "vitest";
import { ACCOUNT, user, type Case, type Outcome, type Situation } from "./cases/case.ts";
import { CROSS_ACCOUNT, SAME_ACCOUNT } from "./cases/combined-policies.ts";
import { CONTAINER_SERVICES } from "./cases/container-services.ts";
import { CONDITION_OPERATORS } from "./cases/condition-operators.ts";
import { IDENTITY_EXAMPLES } from "./cases/identity-examples.ts";
import { OLD_VERSION, POLICY_VARIABLES } from "./cases/policy-variables.ts";
import { PRINCIPALS, TRUST_POLICIES } from "./cases/principals.ts";
import { RESOURCE_PATTERNS } from "./cases/resource-patterns.ts";
import { SECRET_SERVICES } from "./cases/secret-services.ts";
import { compilePolicyText, type CompiledPolicy } from "./compile-policy.ts";
import { decideAccess } from "./evaluate.ts";
import type { PolicyUse } from "./policy-document.ts";

const THEMES: Readonly<Record<string, readonly Situation[]>> = {
  "identity policies of the IAM User Guide": IDENTITY_EXAMPLES,
  "condition operators": CONDITION_OPERATORS,
  "actions and resources": RESOURCE_PATTERNS,
  "policy variables": [...POLICY_VARIABLES, ...OLD_VERSION],
  "policies of several kinds in one account": SAME_ACCOUNT,
  "policies across accounts": CROSS_ACCOUNT,
  principals: PRINCIPALS,
  "trust policies": TRUST_POLICIES,
  "policies of the services' guides": [...CONTAINER_SERVICES, ...SECRET_SERVICES],
};

describe.each(Object.entries(THEMES))("%s", (_theme, situations) => {
  test.each(situations.flatMap((situation) => situation.cases.map((one) => [`${situation.about}: ${one.that}`, situation, one] as const)))(
    "%s",
    (_name, situation, one) => {
      expect(decide(situation, one)).toBe(one.so);
    },
  );
});

test("there are at least 300 cases", () => {
  const cases = Object.values(THEMES).flatMap((situations) => situations.flatMap((situation) => situation.cases));
  expect(cases.length).toBeGreaterThanOrEqual(300);
});

function decide(situation: Situation, { as = user("Bob"), does, on = "*", owner, with: keys = {} }: Case): Outcome {
  const context = new Map(Object.entries(keys).map(([key, value]) => [key.toLowerCase(), value]));
  const resource = situation.trust ?? situation.resource;
  const decision = decideAccess({
    request: {
      principal: as,
      action: does,
      resource: on,
      resourceAccount: owner ?? (as.account === "" ? ACCOUNT : as.account),
      context: (key) => context.get(key),
    },
    identity: (situation.identity ?? []).map((one) => compiled(one, "identity")),
    ...(situation.boundary ? { boundary: compiled(situation.boundary, "identity") } : {}),
    ...(situation.session ? { session: situation.session.map((one) => compiled(one, "identity")) } : {}),
    ...(resource ? { resource: compiled(resource, situation.trust ? "trust" : "resource") } : {}),
    resourceDecides: situation.resourceDecides ?? situation.trust !== undefined,
  });
  if (decision.allowed) return "allowed";
  return decision.explicit ? `deny: ${decision.by}` : `no ${decision.by}`;
}

function compiled(document: object, use: PolicyUse): CompiledPolicy {
  const made = compilePolicyText(JSON.stringify(document), use);
  if ("refusal" in made) throw new Error(`${made.refusal} ${JSON.stringify(document)}`);
  return made.policy;
}
