import type { Tag } from "@aws-sdk/client-iam";
import type { SecretBox } from "../ports/secret-box.ts";
import { defineTable, ofAccount } from "./table.ts";

// IAM is global: records have an account and no region. Times are milliseconds since the Unix epoch. Policies are kept as they were
// sent, checked.

export interface RoleRecord {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly account: string;
  readonly description?: string;
  readonly maxSessionDuration: number;
  /** JSON text. */
  readonly assumeRolePolicy: string;
  readonly permissionsBoundary?: string;
  /** JSON texts by policy name. */
  readonly inlinePolicies: Readonly<Record<string, string>>;
  /** ARNs, in the order in which they were attached. */
  readonly attachedPolicies: readonly string[];
  readonly tags: readonly Tag[];
  readonly createdAt: number;
  /** When a session of the role last asked for something, to some minutes, and in which region. */
  readonly lastUsed?: { readonly at: number; readonly region: string };
}

/** The key of users, groups, roles and instance profiles: names are unique whatever their case. */
export function roleKey(account: string, name: string): string {
  return `${account}/${name.toLowerCase()}`;
}

export const roles = defineTable<RoleRecord>()("iam.roles", (role) => roleKey(role.account, role.name), ofAccount, {
  account: (role) => role.account,
  policy: (role) => role.attachedPolicies,
  boundary: (role) => role.permissionsBoundary,
});

export interface UserRecord {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly account: string;
  readonly permissionsBoundary?: string;
  /** JSON texts by policy name. */
  readonly inlinePolicies: Readonly<Record<string, string>>;
  /** ARNs, in the order in which they were attached. */
  readonly attachedPolicies: readonly string[];
  /** Names of groups as they are written in their records. */
  readonly groups: readonly string[];
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

export const users = defineTable<UserRecord>()("iam.users", (user) => roleKey(user.account, user.name), ofAccount, {
  account: (user) => user.account,
  group: (user) => user.groups.map((group) => roleKey(user.account, group)),
  policy: (user) => user.attachedPolicies,
  boundary: (user) => user.permissionsBoundary,
});

export interface GroupRecord {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly account: string;
  readonly inlinePolicies: Readonly<Record<string, string>>;
  readonly attachedPolicies: readonly string[];
  readonly createdAt: number;
}

export const groups = defineTable<GroupRecord>()("iam.groups", (group) => roleKey(group.account, group.name), ofAccount, {
  account: (group) => group.account,
  policy: (group) => group.attachedPolicies,
});

export interface AccessKeyRecord {
  readonly id: string;
  readonly account: string;
  /** The user's name; absent for a key of root. */
  readonly userName?: string;
  readonly status: "Active" | "Inactive";
  /** The secret access key, sealed for this key's id (`sealAccessKey`). */
  readonly sealed: string;
  readonly createdAt: number;
  readonly lastUsed?: { readonly at: number; readonly service: string; readonly region: string };
}

export const accessKeys = defineTable<AccessKeyRecord>()("iam.access-keys", (key) => key.id, ofAccount, {
  account: (key) => key.account,
  user: (key) => key.userName && roleKey(key.account, key.userName),
});

export function sealAccessKey(box: SecretBox, id: string, secretAccessKey: string): string {
  return box.seal(Buffer.from(secretAccessKey), `iam:access-key:${id}`);
}

export function openAccessKey(box: SecretBox, { id, sealed }: AccessKeyRecord): string {
  return Buffer.from(box.open(sealed, `iam:access-key:${id}`)).toString();
}

export interface InstanceProfileRecord {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly account: string;
  /** At most one, as on AWS. */
  readonly roleName?: string;
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

export const instanceProfiles = defineTable<InstanceProfileRecord>()(
  "iam.instance-profiles",
  (profile) => roleKey(profile.account, profile.name),
  ofAccount,
  {
    account: (profile) => profile.account,
    role: (profile) => profile.roleName && roleKey(profile.account, profile.roleName),
  },
);

export interface OidcProviderRecord {
  readonly arn: string;
  readonly account: string;
  /** The issuer without `https://`, as its ARN and its condition keys have it. A plain `http://` issuer on loopback keeps its scheme. */
  readonly url: string;
  readonly clientIds: readonly string[];
  /** Lower-case hexadecimal SHA-1 of the certificates that the issuer's server may show. */
  readonly thumbprints: readonly string[];
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

export const oidcProviders = defineTable<OidcProviderRecord>()("iam.oidc-providers", (provider) => provider.arn, ofAccount, {
  account: (provider) => provider.account,
});

export interface PolicyVersionRecord {
  /** Such as `v2`. */
  readonly id: string;
  /** JSON text. */
  readonly document: string;
  readonly createdAt: number;
}

export interface PolicyRecord {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly account: string;
  readonly description?: string;
  /** Oldest first; at most five. */
  readonly versions: readonly PolicyVersionRecord[];
  readonly defaultVersionId: string;
  /** The number that the next version gets: ids are not given twice. */
  readonly nextVersion: number;
  readonly tags: readonly Tag[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

export function defaultVersion({ arn, versions, defaultVersionId }: PolicyRecord): PolicyVersionRecord {
  const found = versions.find(({ id }) => id === defaultVersionId);
  if (!found) throw new Error(`the policy ${arn} has no version ${defaultVersionId}`);
  return found;
}

export const policies = defineTable<PolicyRecord>()("iam.policies", (policy) => policy.arn, ofAccount, {
  account: (policy) => policy.account,
});
