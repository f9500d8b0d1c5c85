import { namedRole } from "../../authorization/named-role.ts";
import type { AuthorizeScope, Permission } from "../operation.ts";

/**
 * The permission for an action on a registry's own settings, which have no ARN. Naming another account's registry asks for that account's
 * repositories, which a policy over there would have to open.
 * Source: Service Authorization Reference, "Amazon Elastic Container Registry".
 */
export function onRegistry(action: string) {
  return ({ registryId }: { readonly registryId?: string | undefined }, at: AuthorizeScope): Permission => ({
    action: `ecr:${action}`,
    resource:
      registryId === undefined || registryId === at.account
        ? "*"
        : at.arn("ecr", "repository/*").replace(`:${at.account}:`, () => `:${registryId}:`),
  });
}

/** The right to hand a role to ECR, which uses it for what a rule or a template asks. What names no role, the operation refuses. */
export function passesRole({ state, account }: AuthorizeScope, roleArn: string | undefined): readonly Permission[] {
  const named = roleArn === undefined ? undefined : namedRole(state, account, roleArn);
  if (named === undefined || named.kind === "invalid") return [];
  const resource = named.kind === "role" ? named.role.arn : named.arn;
  return [{ action: "iam:PassRole", resource, context: { "iam:PassedToService": "ecr.amazonaws.com" } }];
}
