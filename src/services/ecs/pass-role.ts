import type { Permission, RequestScope } from "../operation.ts";

/** The right to hand roles to ECS, one permission a role. Roles may be named by name or ARN. */
export function passRole(at: RequestScope, ...roles: readonly (string | undefined)[]): readonly Permission[] {
  return roles.flatMap((role) => (role ? [{ action: "iam:PassRole", resource: roleArn(at, role) }] : []));
}

export function roleArn(at: RequestScope, role: string): string {
  // IAM has no regions: its ARNs leave that field empty.
  return role.startsWith("arn:") ? role : at.arn("iam", `role/${role}`).replace(`:${at.region}:`, "::");
}
