import { InvalidInputException, type PolicySourceType } from "@aws-sdk/client-iam";
import { parseArn } from "../../domain/arn.ts";
import { defaultVersion, groups, policies, roleKey, type GroupRecord, type RoleRecord, type UserRecord } from "../../state/iam.ts";
import { awsManagedPolicy } from "../../authorization/aws-managed-policies.ts";
import { because, type OperationContext } from "../operation.ts";
import { requireGroup, requireRole, requireUser } from "./find.ts";
import { missing } from "./iam-operation.ts";

/** A policy that a simulation looks at, with what its statements are told to come from. */
export interface SourcePolicy {
  readonly id: string;
  readonly type: PolicySourceType;
  /** JSON text. */
  readonly document: string;
}

/** Whose policies are tried, found by its ARN. */
export type PolicySource =
  | { readonly kind: "user"; readonly record: UserRecord }
  | { readonly kind: "group"; readonly record: GroupRecord }
  | { readonly kind: "role"; readonly record: RoleRecord };

const KINDS = { user: requireUser, group: requireGroup, role: requireRole } as const;

export function requireSource(context: OperationContext, arn: string): PolicySource {
  const { service, account, resource = "" } = parseArn(arn) ?? {};
  const kind = resource.split("/")[0];
  if (service !== "iam" || (kind !== "user" && kind !== "group" && kind !== "role"))
    throw new InvalidInputException(because(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`));
  const name = resource.slice(resource.lastIndexOf("/") + 1);
  const source = { kind, record: KINDS[kind](context, name) } as PolicySource;
  if (account !== context.account || source.record.arn !== arn) throw missing(`The ${kind} with name ${name} cannot be found.`);
  return source;
}

/** The policies of a user with those of the user's groups, of a group, or of a role. */
export function policiesOfSource(context: OperationContext, { kind, record }: PolicySource): readonly SourcePolicy[] {
  if (kind !== "user") return policiesOfHolder(context, kind, record);
  const memberOf = record.groups.flatMap((name) => context.state.table(groups).get(roleKey(record.account, name)) ?? []);
  return [...policiesOfHolder(context, kind, record), ...memberOf.flatMap((group) => policiesOfHolder(context, "group", group))];
}

function policiesOfHolder(
  context: OperationContext,
  type: "user" | "group" | "role",
  { inlinePolicies, attachedPolicies }: Pick<UserRecord, "inlinePolicies" | "attachedPolicies">,
): readonly SourcePolicy[] {
  const inline = Object.entries(inlinePolicies).map(([id, document]) => ({ id, type, document }));
  return [...inline, ...attachedPolicies.flatMap((arn) => managedSource(context, arn) ?? [])];
}

/** A managed policy as what it is at this moment. */
export function managedSource({ state }: OperationContext, arn: string): SourcePolicy | undefined {
  const own = state.table(policies).get(arn);
  if (own) return { id: own.name, type: "user-managed", document: defaultVersion(own).document };
  const known = awsManagedPolicy(arn);
  return known && { id: known.name, type: "aws-managed", document: known.text };
}

/** The condition keys that are known of a user, group or role by itself. Source: IAM User Guide, "principal key values". */
export function keysOfSource({ kind, record }: PolicySource): Readonly<Record<string, string>> {
  if (kind === "group") return {};
  const tags = record.tags.map(({ Key = "", Value = "" }) => [`aws:PrincipalTag/${Key}`, Value]);
  return {
    "aws:PrincipalArn": record.arn,
    "aws:PrincipalAccount": record.account,
    "aws:PrincipalType": kind === "user" ? "User" : "AssumedRole",
    "aws:PrincipalIsAWSService": "false",
    ...(kind === "user" ? { "aws:username": record.name, "aws:userid": record.id } : {}),
    ...Object.fromEntries(tags),
  };
}

/** The user that a simulation is told to take for the caller. Only users can be that. Source: IAM API, "SimulateCustomPolicy". */
export function requireCaller(context: OperationContext, arn: string): PolicySource {
  const caller = requireSource(context, arn);
  if (caller.kind !== "user") throw new InvalidInputException(because(`Invalid CallerArn: ${arn} is not an IAM user.`));
  return caller;
}
