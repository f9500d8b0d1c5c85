import type { Tag } from "@aws-sdk/client-secrets-manager";
import { parseArn } from "../domain/arn.ts";
import type { Scope } from "../domain/scope.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import type { State } from "./state.ts";
import { defineTable } from "./table.ts";

// Times are milliseconds since the Unix epoch.

export interface SecretVersionRecord {
  readonly id: string;
  /** A version without a stage is deprecated: it can be read by its id until it is forgotten. */
  readonly stages: readonly string[];
  readonly kind: "string" | "binary";
  /** The value, sealed for this secret and this version. */
  readonly sealed: string;
  readonly createdAt: number;
}

export interface SecretRecord {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly description?: string;
  readonly kmsKeyId?: string;
  readonly tags: readonly Tag[];
  /** Oldest first. */
  readonly versions: readonly SecretVersionRecord[];
  readonly createdAt: number;
  readonly lastChangedAt: number;
  /** Midnight (UTC) of the day on which a value was read last. */
  readonly lastAccessedAt?: number;
  /** When the recovery window of a deleted secret ends; from then on it is gone. */
  readonly deletionDate?: number;
}

export const secrets = defineTable<SecretRecord>()("secretsmanager.secrets", (secret) => secret.arn, {
  scope: ({ account, region }) => `${account}/${region}`,
  name: ({ account, region, name }) => `${account}/${region}/${name}`,
});

/**
 * The secret of a name, an ARN, or an ARN without the six characters at its end; also one that waits for its deletion.
 * An ARN counts in its own account and region.
 */
export function findSecret(state: State, scope: Scope, id: string, now: number): SecretRecord | undefined {
  const table = state.table(secrets);
  const arn = parseArn(id);
  const found = table.get(id) ?? named(arn ?? scope, arn ? arn.resource.replace(/^secret:/, "") : id);
  return found && !isGone(found, now) ? found : undefined;

  function named({ account, region }: Scope, name: string): SecretRecord | undefined {
    // A name may be taken again while a secret that is gone still has its record.
    return table.by("name", `${account}/${region}/${name}`).find((secret) => !isGone(secret, now));
  }
}

export function isGone({ deletionDate }: SecretRecord, now: number): boolean {
  return deletionDate !== undefined && deletionDate <= now;
}

/** The version of an id, of a stage, or of both; AWSCURRENT where neither is given. */
export function versionOf(
  secret: SecretRecord,
  { id, stage }: { readonly id?: string | undefined; readonly stage?: string | undefined },
): SecretVersionRecord | undefined {
  const wanted = stage ?? (id === undefined ? "AWSCURRENT" : undefined);
  return secret.versions.find(
    (version) => (id === undefined || version.id === id) && (wanted === undefined || version.stages.includes(wanted)),
  );
}

const binding = (arn: string, versionId: string): string => `secretsmanager:${arn}:${versionId}`;

export function sealVersion(box: SecretBox, arn: string, versionId: string, value: Uint8Array): string {
  return box.seal(value, binding(arn, versionId));
}

export function openVersion(box: SecretBox, arn: string, version: SecretVersionRecord): Uint8Array {
  return box.open(version.sealed, binding(arn, version.id));
}
