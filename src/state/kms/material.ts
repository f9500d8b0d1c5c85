import { createHmac, randomBytes } from "node:crypto";
import type { SecretBox } from "../../ports/secret-box.ts";
import type { KeyMaterialRecord, KeyRecord } from "./keys.ts";

/** 256 bits, of AES. */
export const SYMMETRIC_BYTES = 32;

interface KeyNames {
  readonly account: string;
  readonly id: string;
}

// Without the region: the replicas of a key have its material.
const binding = ({ account, id }: KeyNames, materialId: string): string => `kms:key-material:${account}/${id}/${materialId}`;

/** Wraps key material under the root key. Bound to its key: sealed material that is moved to another key does not open. */
export function sealMaterial(box: SecretBox, key: KeyNames, materialId: string, material: Uint8Array): string {
  return box.seal(material, binding(key, materialId));
}

/** @throws where the material is not there: callers have looked at the key's state */
export function openMaterial(box: SecretBox, key: KeyRecord, { id, sealed }: KeyMaterialRecord): Uint8Array {
  if (sealed === undefined) throw new Error(`the key material ${id} of ${key.arn} is not there`);
  return box.open(sealed, binding(key, id));
}

/** The id of a material: the same material of the same key has the same one, and it tells nothing about it. */
export function materialId(box: SecretBox, key: KeyNames, material: Uint8Array): string {
  return createHmac("sha256", box.derive("kms:key-material-id")).update(`${key.account}/${key.id}/`).update(material).digest("hex");
}

/**
 * New material for symmetric encryption. Straight from the machine's random number generator: of all things, keys must not be
 * repeatable.
 */
export function newSymmetricMaterial(box: SecretBox, key: KeyNames, since: number): KeyMaterialRecord {
  return wrapMaterial(box, key, randomBytes(SYMMETRIC_BYTES), { since });
}

export function wrapMaterial(
  box: SecretBox,
  key: KeyNames,
  material: Uint8Array,
  more: Omit<KeyMaterialRecord, "id" | "sealed">,
): KeyMaterialRecord {
  const id = materialId(box, key, material);
  return { id, sealed: sealMaterial(box, key, id, material), ...more };
}
