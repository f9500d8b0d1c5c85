import { globalArn, parseArn } from "../domain/arn.ts";
import type { Scope } from "../domain/scope.ts";
import { roleKey, roles, type RoleRecord } from "../state/iam.ts";
import type { State } from "../state/state.ts";

/**
 * The role that an input names. What a decision is about and what is used afterwards both come from here, so that no text can mean one
 * role to the policies and another one to who takes it on.
 */
export type NamedRole =
  | { readonly kind: "role"; readonly role: RoleRecord }
  /** Well-formed, and there is no such role: policies are asked about this ARN, and nobody can take it on. */
  | { readonly kind: "absent"; readonly arn: string; readonly by: "arn" | "name" }
  /** Neither an ARN of a role nor a name. */
  | { readonly kind: "invalid" };

/** What follows `role` in an ARN: the path, and the name. Source: IAM API Reference, `CreateRole`. */
const PATH_AND_NAME = /^(?:\/|\/[!-~]+\/)([\w+=,.@-]{1,64})$/;

/**
 * Resolves an ARN or, within an account, a name. An ARN means the role whose ARN it is, to the letter; a name that comes with its path
 * (`/team/deploy`) means that one; a bare name the role that is written so, wherever its path leads. A name says nothing of the partition: the role has
 * its own, and one that is not there would have that of the region.
 * Source: ECS API Reference, `CreateService`, `role`, and `RegisterTaskDefinition`, `taskRoleArn`.
 */
export function namedRole(state: State, account: string, named: string, region = ""): NamedRole {
  const parsed = parseArn(named);
  if (!parsed) return byName(state, { account, region }, named);
  const { service, resource } = parsed;
  if (service !== "iam" || parsed.region !== "" || !/^\d{12}$/.test(parsed.account) || !resource.startsWith("role/")) return INVALID;
  return byArn(state, parsed.account, resource.slice("role".length), named);
}

const INVALID = { kind: "invalid" } as const;

function byName(state: State, scope: Scope, named: string): NamedRole {
  const { account } = scope;
  // What looks like an ARN is one, or nothing.
  if (named.includes(":")) return INVALID;
  const path = named.startsWith("/") ? named : `/${named}`;
  const name = PATH_AND_NAME.exec(path)?.[1];
  if (name === undefined) return INVALID;
  const role = state.table(roles).get(roleKey(account, name));
  const isMeant = role?.name === name && (!named.includes("/") || `${role.path}${name}` === path);
  return isMeant ? { kind: "role", role } : { kind: "absent", arn: globalArn("iam", scope, `role${path}`), by: "name" };
}

function byArn(state: State, account: string, path: string, roleArn: string): NamedRole {
  const name = PATH_AND_NAME.exec(path)?.[1];
  if (name === undefined) return INVALID;
  const role = state.table(roles).get(roleKey(account, name));
  return role?.arn === roleArn ? { kind: "role", role } : { kind: "absent", arn: roleArn, by: "arn" };
}
