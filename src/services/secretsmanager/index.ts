import type { Operation } from "../operation.ts";
import { listSecrets } from "./list-secrets.ts";
import { getRandomPassword } from "./random-password.ts";
import { createSecret, deleteSecret, describeSecret, getResourcePolicy, restoreSecret, updateSecret } from "./secrets.ts";
import { tagResource, untagResource } from "./tags.ts";
import { getSecretValue, listSecretVersionIds, putSecretValue, updateSecretVersionStage } from "./values.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [
  createSecret,
  describeSecret,
  updateSecret,
  deleteSecret,
  restoreSecret,
  listSecrets,
  getSecretValue,
  putSecretValue,
  updateSecretVersionStage,
  listSecretVersionIds,
  getResourcePolicy,
  tagResource,
  untagResource,
  getRandomPassword,
];
