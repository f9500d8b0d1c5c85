import type { Operation } from "../operation.ts";
import { createAlias, deleteAlias, listAliases, updateAlias } from "./aliases.ts";
import { createKey } from "./create-key.ts";
import { generateDataKeyPair, generateDataKeyPairWithoutPlaintext } from "./data-key-pairs.ts";
import { generateDataKey, generateDataKeyWithoutPlaintext, generateRandom } from "./data-keys.ts";
import { describeKey, listKeys } from "./describe-key.ts";
import { decrypt, encrypt, reEncrypt } from "./encrypt.ts";
import { createGrant, listGrants, listRetirableGrants, retireGrant, revokeGrant } from "./grants.ts";
import { deleteImportedKeyMaterial, importKeyMaterial } from "./import-material.ts";
import { getParametersForImport } from "./import-parameters.ts";
import { cancelKeyDeletion, disableKey, enableKey, scheduleKeyDeletion, updateKeyDescription } from "./key-changes.ts";
import { generateMac, verifyMac } from "./macs.ts";
import { replicateKey, updatePrimaryRegion } from "./multi-region.ts";
import { getKeyPolicy, listKeyPolicies, putKeyPolicy } from "./policies.ts";
import { deriveSharedSecret, getPublicKey } from "./public-keys.ts";
import { disableKeyRotation, enableKeyRotation, getKeyRotationStatus, listKeyRotations, rotateKeyOnDemand } from "./rotation.ts";
import { sign, verify } from "./signatures.ts";
import { listResourceTags, tagResource, untagResource } from "./tags.ts";

export { constraints } from "./constraints.ts";
export { emptyValues } from "./empty-values.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [
  createKey,
  describeKey,
  listKeys,
  enableKey,
  disableKey,
  updateKeyDescription,
  scheduleKeyDeletion,
  cancelKeyDeletion,
  encrypt,
  decrypt,
  reEncrypt,
  generateDataKey,
  generateDataKeyWithoutPlaintext,
  generateDataKeyPair,
  generateDataKeyPairWithoutPlaintext,
  generateRandom,
  generateMac,
  verifyMac,
  sign,
  verify,
  getPublicKey,
  deriveSharedSecret,
  createAlias,
  updateAlias,
  deleteAlias,
  listAliases,
  createGrant,
  listGrants,
  listRetirableGrants,
  retireGrant,
  revokeGrant,
  getKeyPolicy,
  putKeyPolicy,
  listKeyPolicies,
  enableKeyRotation,
  disableKeyRotation,
  getKeyRotationStatus,
  rotateKeyOnDemand,
  listKeyRotations,
  getParametersForImport,
  importKeyMaterial,
  deleteImportedKeyMaterial,
  replicateKey,
  updatePrimaryRegion,
  tagResource,
  untagResource,
  listResourceTags,
];
