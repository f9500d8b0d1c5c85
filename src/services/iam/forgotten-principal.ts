import { jsonPolicy } from "../../authorization/facts/joint-policy.ts";
import { vpcEndpoints } from "../../state/ec2-endpoints.ts";
import { repositories } from "../../state/ecr.ts";
import { creationTemplates } from "../../state/ecr-creation-templates.ts";
import { pullTimeExclusions, registries } from "../../state/ecr-registries.ts";
import { accountSettings } from "../../state/ecs-account-settings.ts";
import { roles, type RoleRecord, type UserRecord } from "../../state/iam.ts";
import { grants } from "../../state/kms/grants.ts";
import { keys } from "../../state/kms/keys.ts";
import { parameters } from "../../state/parameters.ts";
import { secrets } from "../../state/secrets.ts";
import type { WholeState } from "../../state/state.ts";
import type { TableDefinition } from "../../state/table.ts";

/**
 * Puts a principal's unique id in the place of its ARN wherever others trust it, as AWS does when the principal is deleted: another that
 * is made later under the same name is somebody else, and inherits nothing. So it is with the sessions of a role, which policies may name
 * one by one. To be called within the commit that deletes.
 * Source: IAM User Guide, "AWS JSON policy elements: Principal".
 */
export function forgetPrincipal(state: WholeState, { arn, id, name, account }: UserRecord | RoleRecord): void {
  const sessions = arn.includes(":role/") ? `:sts::${account}:assumed-role/${name}/` : undefined;
  rewriteAll(state, (named) => {
    if (named === arn) return id;
    const at = sessions === undefined ? -1 : named.indexOf(sessions);
    return at < 0 ? named : `${id}:${named.slice(at + (sessions?.length ?? 0))}`;
  });
}

/** Puts a principal's new ARN in the place of its old one wherever others trust it: AWS keeps ids there, and shows what bears them. */
export function renamePrincipal(state: WholeState, from: string, to: string): void {
  rewriteAll(state, (name) => (name === from ? to : name));
}

function rewriteAll(state: WholeState, rename: (name: string) => string): void {
  for (const rewrite of NAMING) rewrite(state, rename);
}

/** Renames the principals that the records of one table name. */
type Rewrite = (state: WholeState, rename: (name: string) => string) => void;

/** Every table whose records name principals, but for those that only tell who did something. */
const NAMING: readonly Rewrite[] = [
  inPolicies(
    roles,
    (role) => role.assumeRolePolicy,
    (role, assumeRolePolicy) => ({ ...role, assumeRolePolicy }),
  ),
  inPolicies(
    repositories,
    (repository) => repository.policy,
    (repository, policy) => ({ ...repository, policy }),
  ),
  inPolicies(
    registries,
    (registry) => registry.policy,
    (registry, policy) => ({ ...registry, policy }),
  ),
  inPolicies(
    creationTemplates,
    (template) => template.repositoryPolicy,
    (template, repositoryPolicy) => ({ ...template, repositoryPolicy }),
  ),
  inPolicies(
    secrets,
    (secret) => secret.policy,
    (secret, policy) => ({ ...secret, policy }),
  ),
  inPolicies(
    parameters,
    (parameter) => parameter.sharing?.document,
    (parameter, document) => (parameter.sharing ? { ...parameter, sharing: { ...parameter.sharing, document } } : parameter),
  ),
  inPolicies(
    keys,
    (key) => key.policy,
    (key, policy) => ({ ...key, policy }),
  ),
  inPolicies(
    vpcEndpoints,
    (endpoint) => endpoint.policy,
    (endpoint, policy) => ({ ...endpoint, policy }),
  ),
  inRecords(grants, (grant, rename) => {
    const { retiringPrincipal } = grant;
    return {
      ...grant,
      granteePrincipal: rename(grant.granteePrincipal),
      ...(retiringPrincipal === undefined ? {} : { retiringPrincipal: rename(retiringPrincipal) }),
    };
  }),
  inKeys(accountSettings),
  inKeys(pullTimeExclusions),
];

/** Settings of a principal have its ARN in their key. They follow it, and go with it. */
function inKeys<R extends { readonly principalArn: string }, I extends string>(definition: TableDefinition<R, I>): Rewrite {
  return (state, rename) => {
    const table = state.table(definition);
    for (const record of [...table.values()]) {
      const principalArn = rename(record.principalArn);
      if (principalArn === record.principalArn) continue;
      table.delete(definition.key(record));
      if (principalArn.startsWith("arn:")) table.put({ ...record, principalArn });
    }
  };
}

function inPolicies<R extends object, I extends string>(
  definition: TableDefinition<R, I>,
  policyOf: (record: R) => string | undefined,
  withPolicy: (record: R, policy: string) => R,
): Rewrite {
  return inRecords(definition, (record, rename) => {
    const policy = policyOf(record);
    return policy === undefined || policy === "" ? record : withPolicy(record, rewritten(policy, rename));
  });
}

/** Only records that change are written. */
function inRecords<R extends object, I extends string>(
  definition: TableDefinition<R, I>,
  renamed: (record: R, rename: (name: string) => string) => R,
): Rewrite {
  return (state, rename) => {
    let found = false;
    const noted = (name: string): string => {
      const other = rename(name);
      found ||= other !== name;
      return other;
    };
    const table = state.table(definition);
    for (const record of [...table.values()]) {
      found = false;
      const next = renamed(record, noted);
      if (found) table.put(next);
    }
  };
}

/** The policy with its principals renamed; as it is where it is none, which names nobody and denies everything. */
function rewritten(policy: string, rename: (name: string) => string): string {
  if (!jsonPolicy(policy)) return policy;
  return JSON.stringify(
    JSON.parse(policy, (key, value: unknown) => {
      if (key !== "Principal" && key !== "NotPrincipal") return value;
      if (typeof value !== "object" || value === null || !("AWS" in value)) return value;
      const names = [value.AWS].flat().map((name: unknown) => (typeof name === "string" ? rename(name) : name));
      return { ...value, AWS: names.length === 1 ? names[0] : names };
    }),
  );
}
