import type { KeySpec, KeyUsageType, RotationType, Tag } from "@aws-sdk/client-kms";
import { type Scope, scopeKey } from "../../domain/scope.ts";
import { defineTable, ofAccount } from "../table.ts";

// Times are milliseconds since the Unix epoch.

/** One key material of a key. What it encrypted can be decrypted for as long as it is there. */
export interface KeyMaterialRecord {
  /** 64 hexadecimal digits, as AWS's `KeyMaterialId`. */
  readonly id: string;
  /** The secret part, sealed for the key and this id (`material.ts`). Absent where imported material was deleted or has expired. */
  readonly sealed?: string;
  /** SubjectPublicKeyInfo in base64, of asymmetric keys. */
  readonly publicKey?: string;
  /** When it became the current one; absent while imported material waits for its rotation. */
  readonly since?: number;
  /** How it became the current one; absent for the first. */
  readonly rotation?: RotationType;
  /** When imported material expires; absent where it does not. */
  readonly expiresAt?: number;
  readonly description?: string;
}

/** A key that is about to be deleted. */
export interface KeyDeletion {
  readonly windowInDays: number;
  /** When the key ends. A primary key with replicas has none: its window begins when the last replica is gone. */
  readonly at?: number;
}

export interface KeyRecord extends Scope {
  readonly arn: string;
  /** A UUID, or `mrk-` and 32 hexadecimal digits for a multi-Region key, which has the same id in all its regions. */
  readonly id: string;
  readonly description: string;
  readonly spec: KeySpec;
  readonly usage: KeyUsageType;
  readonly origin: "AWS_KMS" | "EXTERNAL";
  readonly manager: "AWS" | "CUSTOMER";
  readonly enabled: boolean;
  /** The key policy as it was set. */
  readonly policy: string;
  readonly tags: readonly Tag[];
  readonly createdAt: number;
  /** Oldest first. */
  readonly material: readonly KeyMaterialRecord[];
  readonly deletion?: KeyDeletion;
  /** Of automatic rotation, where it is enabled. */
  readonly rotation?: { readonly periodInDays: number; readonly nextAt: number };
  readonly multiRegion?: { readonly primaryRegion: string };
}

export const keys = defineTable<KeyRecord>()("kms.keys", (key) => key.arn, ofAccount, {
  scope: scopeKey,
  id: ({ id }) => id,
});

export type LiveKeyState = "Enabled" | "Disabled" | "PendingImport" | "PendingDeletion" | "PendingReplicaDeletion";

/** The state of a key as DescribeKey shows it; `undefined` for one whose deletion window is over. */
export function keyState(key: KeyRecord, now: number): LiveKeyState | undefined {
  if (key.deletion) {
    if (key.deletion.at === undefined) return "PendingReplicaDeletion";
    return key.deletion.at <= now ? undefined : "PendingDeletion";
  }
  if (key.origin === "EXTERNAL" && !hasAllMaterial(key, now)) return "PendingImport";
  return key.enabled ? "Enabled" : "Disabled";
}

/** The material under which a key encrypts; `undefined` for an external key that got none yet. */
export function currentMaterial(key: KeyRecord): KeyMaterialRecord | undefined {
  return key.material.findLast(({ since }) => since !== undefined);
}

export function materialIsThere({ sealed, expiresAt }: KeyMaterialRecord, now: number): boolean {
  return sealed !== undefined && (expiresAt === undefined || expiresAt > now);
}

/** Imported material that was in use may not be missing, however old: what it encrypted could not be read. */
function hasAllMaterial(key: KeyRecord, now: number): boolean {
  const used = key.material.filter(({ since }) => since !== undefined);
  return used.length > 0 && used.every((material) => materialIsThere(material, now));
}
