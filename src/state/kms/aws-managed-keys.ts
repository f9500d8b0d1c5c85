import { arn } from "../../domain/arn.ts";
import type { Ids } from "../../ports/ids.ts";
import { aliases } from "./aliases.ts";
import type { KmsParts } from "./encryption.ts";
import { managedKeyPolicy } from "./key-policies.ts";
import { keys, type KeyRecord } from "./keys.ts";
import { newSymmetricMaterial } from "./material.ts";

/** The services that have a key of their own in each account and region, with the description that AWS gives it. */
const MANAGED = {
  "alias/aws/ecr": "Default key that protects my ECR data when no other key is defined",
  "alias/aws/secretsmanager": "Default key that protects my Secrets Manager data when no other key is defined",
  "alias/aws/ssm": "Default key that protects my SSM parameters when no other key is defined",
} as const;

export type AwsManagedAlias = keyof typeof MANAGED;
export const AWS_MANAGED_ALIASES = Object.keys(MANAGED) as readonly AwsManagedAlias[];

const YEAR_IN_DAYS = 365;
const DAY = 86_400_000;

export function isAwsManagedAlias(name: string): name is AwsManagedAlias {
  return Object.hasOwn(MANAGED, name);
}

/** The AWS managed key behind an alias, made when it is needed for the first time. AWS rotates these every year. */
export function ensureAwsManagedKey(parts: KmsParts & { readonly ids: Ids }, name: AwsManagedAlias): KeyRecord {
  const { state, secrets, scope, now, ids } = parts;
  const { account, region } = scope;
  const aliasArn = arn("kms", scope, name);
  const known = state.table(aliases).get(aliasArn);
  const found = known && state.table(keys).get(known.target);
  if (found) return found;
  const id = ids.uuid();
  const key: KeyRecord = {
    account,
    region,
    arn: arn("kms", scope, `key/${id}`),
    id,
    description: MANAGED[name],
    spec: "SYMMETRIC_DEFAULT",
    usage: "ENCRYPT_DECRYPT",
    origin: "AWS_KMS",
    manager: "AWS",
    enabled: true,
    policy: managedKeyPolicy(name.slice("alias/aws/".length), scope),
    tags: [],
    createdAt: now,
    material: [newSymmetricMaterial(secrets, { account, id }, now)],
    rotation: { periodInDays: YEAR_IN_DAYS, nextAt: now + YEAR_IN_DAYS * DAY },
  };
  return state.commit(() => {
    state.table(aliases).put({ account, region, arn: aliasArn, name, target: key.arn, createdAt: now, updatedAt: now });
    return state.table(keys).put(key);
  });
}
