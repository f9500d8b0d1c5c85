import type { KeyMetadata } from "@aws-sdk/client-kms";
import { arn } from "../../domain/arn.ts";
import { currentMaterial, keyState, type KeyRecord } from "../../state/kms/keys.ts";
import { isReplica, relatedKeys } from "../../state/kms/lifecycle.ts";
import type { State } from "../../state/state.ts";
import { defined } from "../../domain/defined.ts";
import { algorithmsOf } from "./key-specs.ts";

/** A key as CreateKey, DescribeKey and ReplicateKey show it. */
export function metadataOf(state: State, key: KeyRecord, now: number): KeyMetadata & { KeyId: string } {
  const current = currentMaterial(key);
  const status = keyState(key, now);
  const imported = key.origin === "EXTERNAL" && current?.sealed !== undefined && status !== "PendingImport";
  return {
    AWSAccountId: key.account,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: new Date(key.createdAt),
    Enabled: status === "Enabled",
    Description: key.description,
    KeyUsage: key.usage,
    KeySpec: key.spec,
    // The older name of the same, which older clients read.
    CustomerMasterKeySpec: key.spec as NonNullable<KeyMetadata["CustomerMasterKeySpec"]>,
    Origin: key.origin,
    KeyManager: key.manager,
    ...algorithmsOf(key),
    ...defined({ KeyState: status }),
    ...(key.deletion?.at === undefined ? {} : { DeletionDate: new Date(key.deletion.at) }),
    ...(key.deletion && key.deletion.at === undefined ? { PendingDeletionWindowInDays: key.deletion.windowInDays } : {}),
    ...(imported ? expirationOf(current.expiresAt) : {}),
    ...(key.spec === "SYMMETRIC_DEFAULT" && current?.sealed !== undefined ? { CurrentKeyMaterialId: current.id } : {}),
    MultiRegion: key.multiRegion !== undefined,
    ...(key.multiRegion ? { MultiRegionConfiguration: multiRegionOf(state, key, key.multiRegion.primaryRegion) } : {}),
  };
}

function expirationOf(expiresAt: number | undefined): Pick<KeyMetadata, "ExpirationModel" | "ValidTo"> {
  if (expiresAt === undefined) return { ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" };
  return { ExpirationModel: "KEY_MATERIAL_EXPIRES", ValidTo: new Date(expiresAt) };
}

function multiRegionOf(state: State, key: KeyRecord, primaryRegion: string): NonNullable<KeyMetadata["MultiRegionConfiguration"]> {
  const replicas = [key, ...relatedKeys(state, key)].filter(isReplica);
  return {
    MultiRegionKeyType: isReplica(key) ? "REPLICA" : "PRIMARY",
    PrimaryKey: { Arn: arn("kms", { account: key.account, region: primaryRegion }, `key/${key.id}`), Region: primaryRegion },
    ReplicaKeys: replicas.map((replica) => ({ Arn: replica.arn, Region: replica.region })),
  };
}
