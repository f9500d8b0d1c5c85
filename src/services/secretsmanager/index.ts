import type { Operation } from "../operation.ts";
import { batchGetSecretValue } from "./batch-get-secret-value.ts";
import { createSecret } from "./create-secret.ts";
import { listSecrets } from "./list-secrets.ts";
import { getRandomPassword } from "./random-password.ts";
import { removeRegionsFromReplication, replicateSecretToRegions, stopReplicationToReplica } from "./replication.ts";
import { deleteResourcePolicy, getResourcePolicy, putResourcePolicy, validateResourcePolicy } from "./resource-policies.ts";
import { cancelRotateSecret, rotateSecret } from "./rotation.ts";
import { deleteSecret, describeSecret, restoreSecret, updateSecret } from "./secrets.ts";
import { tagResource, untagResource } from "./tags.ts";
import { getSecretValue, putSecretValue } from "./values.ts";
import { listSecretVersionIds, updateSecretVersionStage } from "./version-stages.ts";

export { constraints } from "./constraints.ts";
export { emptyValues } from "./empty-values.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [
  createSecret,
  describeSecret,
  updateSecret,
  deleteSecret,
  restoreSecret,
  listSecrets,
  getSecretValue,
  batchGetSecretValue,
  putSecretValue,
  updateSecretVersionStage,
  listSecretVersionIds,
  rotateSecret,
  cancelRotateSecret,
  putResourcePolicy,
  getResourcePolicy,
  deleteResourcePolicy,
  validateResourcePolicy,
  replicateSecretToRegions,
  removeRegionsFromReplication,
  stopReplicationToReplica,
  tagResource,
  untagResource,
  getRandomPassword,
];
