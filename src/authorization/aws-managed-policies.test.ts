import { describe, expect, test } from "vitest";
import { parsePolicy } from "../decide/iam/parse-policy.ts";
import { awsManagedPolicies, awsManagedPolicy } from "./aws-managed-policies.ts";

const ALL = awsManagedPolicies();

describe.each(ALL.map((policy) => [policy.name, policy] as const))("%s", (_name, policy) => {
  test("is a policy that IAM would take", () => expect(parsePolicy(policy.text, "identity")).toHaveProperty("policy"));

  test("has a path, a version and times of AWS's form", () => {
    expect(policy.path).toMatch(/^\/((aws-)?service-role\/|job-function\/)?$/);
    expect(policy.versionId).toMatch(/^v[1-9]\d*$/);
    expect(policy.id).toMatch(/^ANPA[A-Z2-7]{17}$/);
    expect(Date.parse(policy.createdAt)).toBeLessThanOrEqual(Date.parse(policy.updatedAt));
    expect(awsManagedPolicy(policy.arn)).toBe(policy);
  });
});

test("no two have an ARN or an id in common", () => {
  expect(new Set(ALL.map(({ arn }) => arn)).size).toBe(ALL.length);
  expect(new Set(ALL.map(({ id }) => id)).size).toBe(ALL.length);
});

test.each([
  "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
  "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryFullAccess",
  "arn:aws:iam::aws:policy/AdministratorAccess",
])("%s is known, as people's scripts name it", (arn) => expect(awsManagedPolicy(arn)?.arn).toBe(arn));
