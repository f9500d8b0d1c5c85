import { describe, expect, test } from "vitest";
import { ACCOUNT, ANYBODY, OTHER, root, session, user } from "./cases/case.ts";
import { compileKeptPolicy, compilePolicyText } from "./compile-policy.ts";
import { decideAccess } from "./evaluate.ts";
import type { KeyValue } from "./policy-variables.ts";
import type { PolicyUse } from "./policy-document.ts";
import type { AccessView, Decision } from "./view.ts";
import type { PrincipalView } from "./principal-view.ts";

const KEYS: Readonly<Record<string, KeyValue>> = { "ecs:cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/a" };
const REQUEST = {
  action: "ecs:RunTask",
  resource: "arn:aws:ecs:us-east-1:123456789012:task/t",
  resourceAccount: ACCOUNT,
  context: (key: string) => KEYS[key],
};
const EVERYTHING = compileKeptPolicy(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, "identity");

function decide(principal: PrincipalView, policies: Partial<AccessView>): Decision {
  return decideAccess({ request: { ...REQUEST, principal }, identity: [EVERYTHING], ...policies });
}

function kept(statement: object, use: PolicyUse) {
  const text = JSON.stringify({ Version: "2012-10-17", Statement: statement });
  expect(compilePolicyText(text, use), "AWS refuses it today").toHaveProperty("refusal");
  return compileKeptPolicy(text, use);
}

describe("a policy that an earlier version took and AWS refuses", () => {
  test.each([
    ["resource", { Resource: "*" }],
    ["trust", {}],
  ] as const)("grants nothing by NotPrincipal: of kind %s", (use, more) => {
    const resource = kept({ Effect: "Allow", NotPrincipal: { AWS: OTHER }, Action: use === "trust" ? "sts:*" : "*", ...more }, use);
    const request = { ...REQUEST, action: use === "trust" ? "sts:AssumeRole" : REQUEST.action };
    for (const principal of [ANYBODY, user("Bob"), session("app"), root(), user("Zhang", OTHER)])
      expect(decideAccess({ request: { ...request, principal }, identity: [EVERYTHING], resource, resourceDecides: true })).toEqual({
        allowed: false,
        explicit: false,
        by: "resource-based policy",
      });
  });

  test("still denies by NotPrincipal in a trust policy", () => {
    const resource = kept({ Effect: "Deny", NotPrincipal: { AWS: "arn:aws:iam::123456789012:user/Ann" }, Action: "sts:*" }, "trust");
    const request = { ...REQUEST, action: "sts:AssumeRole", principal: user("Bob") };
    expect(decideAccess({ request, identity: [EVERYTHING], resource })).toMatchObject({ allowed: false, explicit: true });
  });

  test("never finds an ARN to be like a name, and keeps its other statements", () => {
    const condition = { Condition: { ArnEquals: { "ecs:cluster": "a" } } };
    const identity = [kept({ Effect: "Allow", Action: "ecs:*", Resource: "*", ...condition }, "identity")];
    expect(decide(user("Bob"), { identity })).toMatchObject({ allowed: false, explicit: false });
    const both = kept(
      [
        { Effect: "Allow", Action: "*", Resource: "*" },
        { Effect: "Deny", Action: "ecs:RunTask", Resource: "*", Condition: { ArnNotEquals: { "ecs:cluster": "a" } } },
      ],
      "identity",
    );
    expect(decide(user("Bob"), { identity: [both] })).toMatchObject({ allowed: false, explicit: true });
  });
});

describe.each(["", "{", "[]", '{"Version":"2012-10-17"}', '{"Version":"1999-01-01","Statement":[]}', "null"])(
  "text that is no policy, %j, denies everything",
  (text) => {
    test.each(["identity", "boundary", "session", "resource"] as const)("as one of kind %s", (kind) => {
      const policy = compileKeptPolicy(text, kind === "resource" ? "resource" : "identity");
      const policies = kind === "identity" ? { identity: [EVERYTHING, policy] } : { [kind]: kind === "session" ? [policy] : policy };
      expect(decide(user("Bob"), policies)).toMatchObject({ allowed: false, explicit: true });
    });

    test("as a trust policy, to everybody", () => {
      const resource = compileKeptPolicy(text, "trust");
      for (const principal of [ANYBODY, user("Bob"), root(), user("Zhang", OTHER)])
        expect(decide(principal, { resource })).toMatchObject({ allowed: false, explicit: true });
    });
  },
);
