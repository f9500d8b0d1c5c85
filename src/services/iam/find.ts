import {
  groups,
  instanceProfiles,
  policies,
  roleKey,
  roles,
  users,
  type GroupRecord,
  type InstanceProfileRecord,
  type PolicyRecord,
  type RoleRecord,
  type UserRecord,
} from "../../state/iam.ts";
import { serverCertificates, type ServerCertificateRecord } from "../../state/server-certificates.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { missing } from "./iam-operation.ts";

// Records by the names that requests give; what is not there is refused in AWS's words.

export function requireUser({ state, account }: OperationContext, name: string): UserRecord {
  const user = state.table(users).get(roleKey(account, name));
  if (!user) throw missing(`The user with name ${name} cannot be found.`);
  return user;
}

/** The named user, or the user who asks. Root and sessions are no users: they have to name one. */
export function userOrCaller(context: OperationContext, name: string | undefined): UserRecord {
  if (name !== undefined) return requireUser(context, name);
  if (context.principal.kind !== "user")
    throw new AwsError("ValidationError", "Must specify userName when calling with non-User credentials");
  return requireUser(context, context.principal.userName);
}

export function requireGroup({ state, account }: OperationContext, name: string): GroupRecord {
  const group = state.table(groups).get(roleKey(account, name));
  if (!group) throw missing(`The group with name ${name} cannot be found.`);
  return group;
}

export function requireRole({ state, account }: OperationContext, name: string): RoleRecord {
  const role = state.table(roles).get(roleKey(account, name));
  if (!role) throw missing(`The role with name ${name} cannot be found.`);
  return role;
}

export function requireInstanceProfile({ state, account }: OperationContext, name: string): InstanceProfileRecord {
  const profile = state.table(instanceProfiles).get(roleKey(account, name));
  if (!profile) throw missing(`Instance Profile ${name} cannot be found.`);
  return profile;
}

export function requireServerCertificate({ state, account }: OperationContext, name: string): ServerCertificateRecord {
  const certificate = state.table(serverCertificates).get(roleKey(account, name));
  if (!certificate) throw missing(`The Server Certificate with name ${name} cannot be found.`);
  return certificate;
}

/** A customer managed policy of the caller's account; those of others are not seen. */
export function requirePolicy({ state, account }: OperationContext, policyArn: string): PolicyRecord {
  const policy = state.table(policies).get(policyArn);
  if (policy?.account !== account) throw missing(`Policy ${policyArn} was not found.`);
  return policy;
}
