import type { Tag } from "@aws-sdk/client-secrets-manager";
import type { RotationRules, RotationWindow } from "../decide/secret-rotation/schedule.ts";
import type { RotationRun } from "../decide/secret-rotation/plan-rotation.ts";
import { parseArn } from "../domain/arn.ts";
import { keyInScope, type Scope, scopeKey } from "../domain/scope.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

// Times are milliseconds since the Unix epoch.

export interface SecretVersionRecord {
  readonly id: string;
  /** A version without a stage is deprecated: it can be read by its id until it is forgotten. */
  readonly stages: readonly string[];
  /** A rotation makes its version `empty`, with the stage AWSPENDING; the rotation function puts the value in. */
  readonly kind: "string" | "binary" | "empty";
  /** The value, sealed for this secret and this version; nothing where it is empty. See `secret-sealing.ts`. */
  readonly sealed: string;
  /** The customer's KMS key under which it is sealed; under the installation's own key where absent. */
  readonly keyArn?: string;
  readonly createdAt: number;
  /** Midnight (UTC) of the day on which it was read last. */
  readonly lastAccessedAt?: number;
}

/** How a secret rotates. It stays when rotation is turned off, as `DescribeSecret` goes on to show it. */
export interface SecretRotation {
  readonly enabled: boolean;
  /** What `RotationLambdaARN` names: a task definition, with a revision or without one. */
  readonly functionArn: string;
  readonly rules: RotationRules;
  readonly lastRotatedAt?: number;
  /** Days from the last rotation to the next one, as they were after it. */
  readonly intervalDays?: number;
  /** When the next rotation is due; only while rotation is enabled. */
  readonly window?: RotationWindow;
  /** The rotation under way. */
  readonly run?: RotationRun;
  /** Of the last rotation, where it came to nothing. */
  readonly failure?: { readonly at: number; readonly step: string; readonly reason: string };
}

/** A region that a primary secret is copied to. Where it failed, there is no copy. */
export interface SecretReplica {
  readonly region: string;
  readonly kmsKeyId?: string;
  readonly status: "InSync" | "Failed";
  readonly statusMessage?: string;
}

export interface SecretRecord {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly description?: string;
  readonly kmsKeyId?: string;
  readonly tags: readonly Tag[];
  /** Whether it ever had tags: from then on they are shown, also where none is left. */
  readonly tagged?: boolean;
  /** Oldest first. */
  readonly versions: readonly SecretVersionRecord[];
  readonly createdAt: number;
  readonly lastChangedAt: number;
  /** Midnight (UTC) of the day on which a value was read last. */
  readonly lastAccessedAt?: number;
  /** When the recovery window of a deleted secret ends; from then on it is gone. */
  readonly deletionDate?: number;
  /** Its resource policy, JSON text. */
  readonly policy?: string;
  readonly rotation?: SecretRotation;
  /** Of a replica: where the secret is that it copies. */
  readonly primaryRegion?: string;
  /** Of a primary secret. */
  readonly replicas?: readonly SecretReplica[];
}

export const secrets = defineTable<SecretRecord>()("secretsmanager.secrets", (secret) => secret.arn, ofAccount, {
  scope: scopeKey,
  name: (record) => keyInScope(record, record.name),
  rotationTask: ({ rotation }) => rotation?.run?.taskArn,
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
    return table.by("name", keyInScope({ account, region }, name)).find((secret) => !isGone(secret, now));
  }
}

export function isGone({ deletionDate }: SecretRecord, now: number): boolean {
  return deletionDate !== undefined && deletionDate <= now;
}

/** Whether it is the copy of a secret of another region, which alone changes it. */
export function isReplica({ primaryRegion }: SecretRecord): boolean {
  return primaryRegion !== undefined;
}

/** The version with a value of an id, of a stage, or of both; AWSCURRENT where neither is given. */
export function versionOf(
  secret: SecretRecord,
  { id, stage }: { readonly id?: string | undefined; readonly stage?: string | undefined },
): SecretVersionRecord | undefined {
  const wanted = stage ?? (id === undefined ? "AWSCURRENT" : undefined);
  return secret.versions.find(
    (version) =>
      version.kind !== "empty" && (id === undefined || version.id === id) && (wanted === undefined || version.stages.includes(wanted)),
  );
}
