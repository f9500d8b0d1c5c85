import type { Scope } from "../../domain/scope.ts";
import { roleKey, roles, type RoleRecord } from "../../state/iam.ts";
import { decideFor } from "../decide-for.ts";
import type { AuthorizeScope, OperationContext, Permission } from "../operation.ts";
import { iamArn } from "./iam-operation.ts";
import { LINKED_SERVICES, SERVICE_ROLE_PATH, type LinkedService } from "./service-linked-services.ts";
import { uniqueId } from "./unique-id.ts";

// Services make their roles in an account themselves, with the permissions of who makes their first resource there.

/** A service that does so here. */
export type RoleMaker = "ecs.amazonaws.com" | "elasticloadbalancing.amazonaws.com";

function serviceOf(maker: RoleMaker): LinkedService {
  const found = LINKED_SERVICES.find(({ principal }) => principal === maker);
  if (!found) throw new Error(`${maker} has no service-linked role`);
  return found;
}

/** What the caller must be allowed so that the service can make its role; nothing where the account has it. */
export function makingLinkedRole(at: AuthorizeScope, maker: RoleMaker): readonly Permission[] {
  const service = serviceOf(maker);
  return at.state.table(roles).has(roleKey(at.account, service.roleName)) ? [] : [making(at, service)];
}

/** The role of a service, made now where the account has none and the caller may have it made; `undefined` where the caller may not. */
export function ensureLinkedRole(maker: RoleMaker, context: OperationContext): RoleRecord | undefined {
  const { state, account } = context;
  const service = serviceOf(maker);
  const known = state.table(roles).get(roleKey(account, service.roleName));
  if (known) return known;
  if (!decideFor(context, making(context, service)).allowed) return undefined;
  return state.commit(() => state.table(roles).put(linkedRole(service, service.roleName, service.description, context)));
}

function making(at: Scope, service: LinkedService): Permission & { readonly resource: string } {
  const resource = linkedRoleArn(at, service, service.roleName);
  return { action: "iam:CreateServiceLinkedRole", resource, context: { "iam:AWSServiceName": service.principal } };
}

function linkedRoleArn(at: Scope, { principal }: LinkedService, name: string): string {
  return iamArn(at, `role${SERVICE_ROLE_PATH}${principal}/${name}`);
}

/** @param description what the caller says; a service that makes its role by itself has a text of its own for it */
export function linkedRole(service: LinkedService, name: string, description: string | undefined, context: OperationContext): RoleRecord {
  const { principal, policy } = service;
  return {
    id: uniqueId(context.ids, "AROA"),
    arn: linkedRoleArn(context, service, name),
    name,
    path: `${SERVICE_ROLE_PATH}${principal}/`,
    account: context.account,
    ...(description === undefined ? {} : { description }),
    maxSessionDuration: 3600,
    assumeRolePolicy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Action: ["sts:AssumeRole"], Effect: "Allow", Principal: { Service: [principal] } }],
    }),
    inlinePolicies: {},
    attachedPolicies: [iamArn({ ...context, account: "aws" }, `policy${SERVICE_ROLE_PATH}${policy}`)],
    tags: [],
    createdAt: context.now,
  };
}
