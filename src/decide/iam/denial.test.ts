import { expect, test } from "vitest";
import { denialText } from "./denial.ts";
import type { PolicyKind } from "./view.ts";

const principalArn = "arn:aws:iam::123456789012:user/JohnDoe";
const task = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1";

test.each<[string, string, boolean, PolicyKind, string]>([
  [
    "ecs:RunTask",
    task,
    false,
    "identity-based policy",
    `on resource: ${task} because no identity-based policy allows the ecs:RunTask action`,
  ],
  ["ecs:RunTask", task, true, "identity-based policy", `on resource: ${task} with an explicit deny in an identity-based policy`],
  [
    "ecs:RunTask",
    task,
    false,
    "resource-based policy",
    `on resource: ${task} because no resource-based policy allows the ecs:RunTask action`,
  ],
  ["ecs:RunTask", task, true, "resource-based policy", `on resource: ${task} with an explicit deny in a resource-based policy`],
  [
    "ecs:RunTask",
    task,
    false,
    "permissions boundary",
    `on resource: ${task} because no permissions boundary allows the ecs:RunTask action`,
  ],
  ["ecs:RunTask", task, true, "permissions boundary", `on resource: ${task} with an explicit deny in a permissions boundary`],
  ["ecs:RunTask", task, false, "session policy", `on resource: ${task} because no session policy allows the ecs:RunTask action`],
  ["ecs:RunTask", task, false, "VPC endpoint policy", `on resource: ${task} because no VPC endpoint policy allows the ecs:RunTask action`],
  ["ecs:RunTask", task, true, "VPC endpoint policy", `on resource: ${task} with an explicit deny in a VPC endpoint policy`],
  ["ecs:RunTask", task, true, "session policy", `on resource: ${task} with an explicit deny in a session policy`],
  [
    "ecr:GetAuthorizationToken",
    "*",
    false,
    "identity-based policy",
    "on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action",
  ],
  ["ec2:DescribeVpcs", "*", false, "identity-based policy", "because no identity-based policy allows the ec2:DescribeVpcs action"],
  ["sts:AssumeRole", "arn:aws:iam::123456789012:role/x", false, "resource-based policy", "on resource: arn:aws:iam::123456789012:role/x"],
])("%s on %s, explicit: %s, by %s", (action, resource, explicit, by, rest) => {
  expect(denialText({ principalArn, action, resource, decision: { allowed: false, explicit, by } })).toBe(
    `User: ${principalArn} is not authorized to perform: ${action} ${rest}`,
  );
});

test("who comes with a web identity is told nothing of the role", () => {
  const decision = { allowed: false, explicit: false, by: "resource-based policy" } as const;
  expect(
    denialText({ principalArn, action: "sts:AssumeRoleWithWebIdentity", resource: "arn:aws:iam::123456789012:role/x", decision }),
  ).toBe("Not authorized to perform sts:AssumeRoleWithWebIdentity");
});
