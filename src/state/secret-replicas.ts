import { arn, parseArn } from "../domain/arn.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import type { Refused } from "./kms/refusal.ts";
import { openVersion, sealVersion } from "./secret-sealing.ts";
import { secrets, type SecretRecord, type SecretReplica, type SecretVersionRecord } from "./secrets.ts";
import type { State } from "./state.ts";

interface ReplicaParts {
  readonly state: State;
  readonly secrets: SecretBox;
}

/**
 * Writes a secret together with its replicas, which are always what their primary is. A replica whose key does not encrypt any more stays
 * as it was, and is Failed. Inside of a commit.
 */
export function writeSecret({ state, secrets: box }: ReplicaParts, secret: SecretRecord, now: number): SecretRecord {
  const table = state.table(secrets);
  const { replicas } = secret;
  if (!replicas) return table.put(secret);
  return table.put({
    ...secret,
    replicas: replicas.map((replica): SecretReplica => {
      if (replica.status === "Failed") return replica;
      const copied = copy({ state, secrets: box, now }, secret, replica);
      if ("refusal" in copied) return { ...replica, status: "Failed", statusMessage: `Replication failed: ${copied.refusal.message}` };
      table.put(copied);
      return replica;
    }),
  });
}

/** A replica's ARN differs from its primary's in the region alone. */
export function replicaArn(secret: SecretRecord, region: string): string {
  return arn("secretsmanager", { account: secret.account, region }, parseArn(secret.arn)?.resource ?? "");
}

type CopyParts = ReplicaParts & { readonly now: number };

function copy(parts: CopyParts, primary: SecretRecord, { region, kmsKeyId }: SecretReplica): SecretRecord | Refused {
  const own = replicaArn(primary, region);
  const known = parts.state.table(secrets).get(own);
  // How a secret rotates, where it is copied to and when it was read belong to the one place.
  const { rotation: _rotation, replicas: _replicas, lastAccessedAt: _read, kmsKeyId: _key, ...shared } = primary;
  const replica: SecretRecord = {
    ...shared,
    arn: own,
    region,
    primaryRegion: primary.region,
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
    ...(known?.lastAccessedAt === undefined ? {} : { lastAccessedAt: known.lastAccessedAt }),
    createdAt: known?.createdAt ?? parts.now,
  };
  const versions: SecretVersionRecord[] = [];
  for (const version of primary.versions) {
    const copied = copyVersion(parts, primary, version, replica, known);
    if ("refusal" in copied) return copied;
    versions.push(copied);
  }
  return { ...replica, versions };
}

/** The value of a version never changes once it has one: what the copy has already is not sealed again. */
function copyVersion(
  parts: CopyParts,
  primary: SecretRecord,
  version: SecretVersionRecord,
  replica: SecretRecord,
  known: SecretRecord | undefined,
): SecretVersionRecord | Refused {
  const there = known?.versions.find(({ id }) => id === version.id);
  const { id, stages, kind, createdAt } = version;
  const read = there?.lastAccessedAt === undefined ? {} : { lastAccessedAt: there.lastAccessedAt };
  if (kind === "empty") return { id, stages, kind, createdAt, sealed: "" };
  if (there?.kind === kind && known?.kmsKeyId === replica.kmsKeyId) return { ...there, stages };
  const value = openVersion(parts, primary, version);
  if ("refusal" in value) return value;
  const sealed = sealVersion(parts, replica, id, value);
  return "refusal" in sealed ? sealed : { id, stages, kind, createdAt, ...read, ...sealed };
}
