import { InvalidParameterException, type ReplicaRegionType } from "@aws-sdk/client-secrets-manager";
import { isRegion } from "../../domain/scope.ts";
import { replicaArn } from "../../state/secret-replicas.ts";
import { findSecret, secrets, type SecretRecord, type SecretReplica } from "../../state/secrets.ts";
import { because, type ConditionContext, type OperationContext } from "../operation.ts";
import { requireCopying } from "./key-use.ts";

/** `secretsmanager:AddReplicaRegions`: the regions of the list. */
export function addReplicaKeys(regions: readonly ReplicaRegionType[] | undefined): ConditionContext {
  return regions?.length ? { "secretsmanager:AddReplicaRegions": regions.flatMap(({ Region }) => Region ?? []) } : {};
}

/** @throws InvalidParameterException for what is no region, and for the secret's own */
export function refuseRegions(replicas: readonly ReplicaRegionType[], own: string): void {
  const names = replicas.map(({ Region = "" }) => Region);
  if (names.some((name) => !isRegion(name) || name === own) || new Set(names).size < names.length)
    throw new InvalidParameterException(because("Invalid replica region."));
}

/**
 * The secret with more replicas; writing it makes them. Where another secret has the name in a region, there is no replica, and its status
 * says so, unless that one is to be overwritten. Inside of a commit.
 */
export function withReplicas(
  context: OperationContext,
  secret: SecretRecord,
  wanted: readonly ReplicaRegionType[],
  force: boolean,
): SecretRecord {
  if (wanted.length === 0) return secret;
  const asked = wanted.map(({ Region: region = "", KmsKeyId }): SecretReplica => ({
    region,
    ...(KmsKeyId ? { kmsKeyId: KmsKeyId } : {}),
    status: "InSync",
  }));
  requireCopying(context, secret, asked);
  const added = asked.map((replica): SecretReplica => {
    if (makeRoom(context, secret, replica.region, force)) return replica;
    const statusMessage = `Replication failed: Secret name ${secret.name} already exists in region ${replica.region}.`;
    return { ...replica, status: "Failed", statusMessage };
  });
  const regions = new Set(added.map(({ region }) => region));
  return { ...secret, replicas: [...(secret.replicas ?? []).filter(({ region }) => !regions.has(region)), ...added] };
}

/** Whether a replica can have its name in a region; what may be overwritten is removed. */
function makeRoom({ state, now }: OperationContext, secret: SecretRecord, region: string, force: boolean): boolean {
  const there = findSecret(state, { account: secret.account, region }, secret.name, now);
  if (!there || isCopyOf(there, secret)) return true;
  // A secret that others depend on, as their primary or as a copy, is not in the way of anybody by chance.
  if (!force || there.replicas?.length || there.primaryRegion !== undefined) return false;
  state.table(secrets).delete(there.arn);
  return true;
}

/** Whether a record is a replica of this very secret, and not one that was, or has its name. */
export function isCopyOf(record: SecretRecord | undefined, secret: SecretRecord): boolean {
  return record !== undefined && record.primaryRegion === secret.region && record.arn === replicaArn(secret, record.region);
}

/** Notes at the primary that a replica has another key. Inside of a commit. */
export function withReplicaKey({ state }: OperationContext, replica: SecretRecord): void {
  const primary = replicaArn(replica, replica.primaryRegion ?? replica.region);
  state.table(secrets).update(primary, (secret) => ({
    ...secret,
    replicas: (secret.replicas ?? []).map((known) => {
      const { kmsKeyId: _before, ...rest } = known;
      return known.region === replica.region ? { ...rest, ...(replica.kmsKeyId ? { kmsKeyId: replica.kmsKeyId } : {}) } : known;
    }),
  }));
}
