import { ConflictException, LimitExceededException, UnsupportedOperationException, type RotationsListEntry } from "@aws-sdk/client-kms";
import { currentMaterial, keys, materialIsThere, type KeyMaterialRecord, type KeyRecord } from "../../state/kms/keys.ts";
import { isReplica, relatedKeys, rotateKey as makeMaterial, settleKey } from "../../state/kms/lifecycle.ts";
import type { State } from "../../state/state.ts";
import { oneOf, within } from "../constraints.ts";
import { because } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import {
  DAY,
  NOT_USABLE,
  keyPermission,
  onKey,
  operation,
  page,
  refuse,
  refuseManaged,
  refuseStates,
  requireKeyById,
  requireOwnKey,
} from "./key.ts";

const USUAL_PERIOD = 365;
const MOST_ON_DEMAND = 25;

/** Only symmetric keys rotate, and by themselves only those whose material KMS makes. */
function refuseWithoutRotation(key: KeyRecord): void {
  if (key.spec !== "SYMMETRIC_DEFAULT")
    throw new UnsupportedOperationException(because(`${key.arn} is not a symmetric encryption KMS key.`));
}

function refuseExternal(key: KeyRecord): void {
  if (key.origin === "EXTERNAL")
    throw new UnsupportedOperationException(because(`${key.arn} origin is EXTERNAL which is not valid for this operation.`));
}

function refuseReplica(key: KeyRecord): void {
  if (isReplica(key)) throw new UnsupportedOperationException(because(`${key.arn} is a replica key: rotation is that of its primary key.`));
}

export const enableKeyRotation = operation("EnableKeyRotation", {
  authorize: ({ KeyId, RotationPeriodInDays = USUAL_PERIOD }, at) =>
    keyPermission("EnableKeyRotation", at, KeyId, { "kms:RotationPeriodInDays": String(RotationPeriodInDays) }),
  run({ KeyId, RotationPeriodInDays: periodInDays = USUAL_PERIOD }, context) {
    refuse(within("rotationPeriodInDays", periodInDays, 90, 2560));
    const { state, now } = context;
    const key = requireOwnKey(context, KeyId);
    refuseManaged(key);
    refuseWithoutRotation(key);
    refuseExternal(key);
    refuseReplica(key);
    refuseStates(key, now, ...NOT_USABLE);
    // Enabling anew with the same period changes nothing; with another one the period begins now.
    if (key.rotation?.periodInDays !== periodInDays)
      state.commit(() =>
        state.table(keys).put({ ...settleKey(context, key), rotation: { periodInDays, nextAt: now + periodInDays * DAY } }),
      );
    return {};
  },
});

export const disableKeyRotation = operation("DisableKeyRotation", {
  authorize: onKey("DisableKeyRotation"),
  run({ KeyId }, context) {
    const key = requireOwnKey(context, KeyId);
    refuseManaged(key);
    refuseWithoutRotation(key);
    refuseExternal(key);
    refuseReplica(key);
    refuseStates(key, context.now, ...NOT_USABLE);
    const { rotation: _, ...rest } = settleKey(context, key);
    context.state.commit(() => context.state.table(keys).put(rest));
    return {};
  },
});

export const getKeyRotationStatus = operation("GetKeyRotationStatus", {
  authorize: onKey("GetKeyRotationStatus"),
  run({ KeyId }, context) {
    // Of a key that cannot rotate, it is false. Source: KMS API Reference, "GetKeyRotationStatus".
    const key = requireKeyById(context, KeyId);
    // A key that is about to end does not rotate. Source: KMS Developer Guide, "Rotating keys".
    const rotation = key.deletion ? undefined : settleKey(context, primaryOf(context.state, key)).rotation;
    return {
      KeyId: key.arn,
      KeyRotationEnabled: rotation !== undefined,
      ...(rotation ? { RotationPeriodInDays: rotation.periodInDays, NextRotationDate: new Date(rotation.nextAt) } : {}),
    };
  },
});

/** The key whose schedule counts: that of a replica is its primary key's. */
function primaryOf(state: State, key: KeyRecord): KeyRecord {
  return isReplica(key) ? (relatedKeys(state, key).find((other) => !isReplica(other)) ?? key) : key;
}

export const rotateKeyOnDemand = operation("RotateKeyOnDemand", {
  authorize: onKey("RotateKeyOnDemand"),
  run({ KeyId }, context) {
    const { state, now } = context;
    const key = requireOwnKey(context, KeyId);
    refuseManaged(key);
    refuseWithoutRotation(key);
    refuseReplica(key);
    refuseStates(key, now, ...NOT_USABLE);
    if (key.material.filter(({ rotation }) => rotation === "ON_DEMAND").length >= MOST_ON_DEMAND)
      throw new LimitExceededException(because(`${key.arn} has been rotated on demand ${MOST_ON_DEMAND} times, which is the most.`));
    if (key.origin === "EXTERNAL") state.commit(() => state.table(keys).put(takeUpImported(key, now)));
    else makeMaterial(context, settleKey(context, key), "ON_DEMAND");
    return { KeyId: key.arn };
  },
});

/** A key with imported material takes up the one that waits. @throws ConflictException where none does */
function takeUpImported(key: KeyRecord, now: number): KeyRecord {
  const waiting = key.material.find((material) => material.since === undefined && materialIsThere(material, now));
  if (!waiting) throw new ConflictException(because(`${key.arn} has no imported key material that waits for a rotation.`));
  const rest = key.material.filter((material) => material !== waiting);
  return { ...key, material: [...rest, { ...waiting, since: now, rotation: "ON_DEMAND" }] };
}

export const listKeyRotations = operation("ListKeyRotations", {
  authorize: onKey("ListKeyRotations"),
  run(input, context) {
    refuse(oneOf("includeKeyMaterial", input.IncludeKeyMaterial, ["ALL_KEY_MATERIAL", "ROTATIONS_ONLY"]));
    const key = settleKey(context, requireOwnKey(context, input.KeyId));
    refuseWithoutRotation(key);
    const all = input.IncludeKeyMaterial === "ALL_KEY_MATERIAL";
    const shown = key.material.filter(({ rotation }) => all || rotation !== undefined);
    // Materials are in the order in which they came.
    const place = (material: KeyMaterialRecord): string => String(key.material.indexOf(material)).padStart(6, "0");
    const { items, mark } = page(input, shown, place, context);
    return { Rotations: items.map((material) => entryOf(key, material, context.now)), ...mark };
  },
});

function entryOf(key: KeyRecord, material: KeyMaterialRecord, now: number): RotationsListEntry {
  const { id, since, rotation, expiresAt, description } = material;
  const imported = key.origin === "EXTERNAL";
  const there = materialIsThere(material, now);
  return {
    KeyId: key.arn,
    KeyMaterialId: id,
    KeyMaterialState: since === undefined ? "PENDING_ROTATION" : id === currentMaterial(key)?.id ? "CURRENT" : "NON_CURRENT",
    ...defined({ RotationType: rotation, KeyMaterialDescription: description }),
    ...(since === undefined || rotation === undefined ? {} : { RotationDate: new Date(since) }),
    ...(imported ? { ImportState: there ? "IMPORTED" : "PENDING_IMPORT" } : {}),
    ...(imported && there ? { ExpirationModel: expiresAt === undefined ? "KEY_MATERIAL_DOES_NOT_EXPIRE" : "KEY_MATERIAL_EXPIRES" } : {}),
    ...(expiresAt === undefined ? {} : { ValidTo: new Date(expiresAt) }),
  };
}
