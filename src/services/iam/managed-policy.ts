import { PolicyNotAttachableException, type AttachedPolicy, type Policy } from "@aws-sdk/client-iam";
import { awsManagedPolicies, awsManagedPolicy, type KnownManagedPolicy } from "../../authorization/aws-managed-policies.ts";
import { groups, policies, roles, users, type PolicyRecord, type PolicyVersionRecord } from "../../state/iam.ts";
import { because, type OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { missing } from "./iam-operation.ts";
import { isServiceLinked } from "./protected-role.ts";

/** A managed policy, the account's or one of AWS's. Times are milliseconds since the Unix epoch. */
export interface ManagedPolicy {
  readonly owner: "customer" | "aws";
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly description?: string;
  /** AWS's policies show only their present version here. */
  readonly versions: readonly PolicyVersionRecord[];
  readonly defaultVersionId: string;
  readonly tags: PolicyRecord["tags"];
  readonly createdAt: number;
  readonly updatedAt: number;
}

export function ownPolicies({ state, account }: OperationContext): readonly ManagedPolicy[] {
  return state
    .table(policies)
    .by("account", account)
    .map((policy) => ({ owner: "customer", ...policy }));
}

export function policiesOfAws({ region }: Pick<OperationContext, "region">): readonly ManagedPolicy[] {
  return awsManagedPolicies(region).map(ofAws);
}

function ofAws({ id, arn, name, path, versionId, createdAt, updatedAt, text }: KnownManagedPolicy): ManagedPolicy {
  const updated = Date.parse(updatedAt);
  return {
    owner: "aws",
    id,
    arn,
    name,
    path,
    versions: [{ id: versionId, document: text, createdAt: updated }],
    defaultVersionId: versionId,
    tags: [],
    createdAt: Date.parse(createdAt),
    updatedAt: updated,
  };
}

export function findManagedPolicy({ state, account }: OperationContext, arn: string): ManagedPolicy | undefined {
  const own = state.table(policies).get(arn);
  if (own) return own.account === account ? { owner: "customer", ...own } : undefined;
  const known = awsManagedPolicy(arn);
  return known && ofAws(known);
}

export function requireManagedPolicy(context: OperationContext, arn: string): ManagedPolicy {
  const policy = findManagedPolicy(context, arn);
  if (!policy) throw missing(`Policy ${arn} was not found.`);
  return policy;
}

/** A policy that may be attached, or be somebody's boundary. */
export function requireAttachable(context: OperationContext, arn: string): ManagedPolicy {
  const policy = findManagedPolicy(context, arn);
  if (!policy) throw missing(`Policy ${arn} does not exist or is not attachable.`);
  if (isServiceLinked(policy)) throw new PolicyNotAttachableException(because("Cannot attach a Service Role Policy to a Customer Role."));
  return policy;
}

/** Everybody in the account who has a policy attached. */
export function bearersOf({ state, account }: OperationContext, arn: string) {
  const here = <T extends { readonly account: string }>(found: readonly T[]): readonly T[] =>
    found.filter((one) => one.account === account);
  return {
    users: here(state.table(users).by("policy", arn)),
    groups: here(state.table(groups).by("policy", arn)),
    roles: here(state.table(roles).by("policy", arn)),
  };
}

/** Everybody in the account whose permissions boundary a policy is. */
export function boundedBy({ state, account }: OperationContext, arn: string) {
  const here = <T extends { readonly account: string }>(found: readonly T[]): readonly T[] =>
    found.filter((one) => one.account === account);
  return { users: here(state.table(users).by("boundary", arn)), groups: [], roles: here(state.table(roles).by("boundary", arn)) };
}

export function attachmentCount(context: OperationContext, arn: string): number {
  return Object.values(bearersOf(context, arn)).flat().length;
}

export function boundaryCount(context: OperationContext, arn: string): number {
  return Object.values(boundedBy(context, arn)).flat().length;
}

/** As answers show it; lists leave out description and tags. */
export function shownPolicy(policy: ManagedPolicy, context: OperationContext): Policy {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: attachmentCount(context, policy.arn),
    PermissionsBoundaryUsageCount: boundaryCount(context, policy.arn),
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
  };
}

export function describedPolicy(policy: ManagedPolicy, context: OperationContext): Policy {
  return { ...shownPolicy(policy, context), ...defined({ Description: policy.description }), Tags: [...policy.tags] };
}

/** An attached policy by its name and ARN. Policies that are gone cannot be attached: they have to be detached first. */
export function attachedPolicies(context: OperationContext, arns: readonly string[]): AttachedPolicy[] {
  return arns.map((arn) => ({ PolicyName: findManagedPolicy(context, arn)?.name ?? arn.slice(arn.lastIndexOf("/") + 1), PolicyArn: arn }));
}
