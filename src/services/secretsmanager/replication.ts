import { InvalidParameterException } from "@aws-sdk/client-secrets-manager";
import { replicaArn } from "../../state/secret-replicas.ts";
import { isReplica, secrets, type SecretRecord, type SecretReplica } from "../../state/secrets.ts";
import { because, type OperationContext } from "../operation.ts";
import { addReplicaKeys, isCopyOf, refuseRegions, withReplicas } from "./replicas.ts";
import { keyText, onSecret, operation, putSecret, requireLiveSecret, requirePrimary } from "./secret.ts";
import { replicationStatus } from "./shown.ts";

/** Replicas are there when this answers: what AWS calls InProgress never shows. */
export const replicateSecretToRegions = operation("ReplicateSecretToRegions", {
  authorize: onSecret("ReplicateSecretToRegions", ({ AddReplicaRegions, ForceOverwriteReplicaSecret }) => ({
    ...addReplicaKeys(AddReplicaRegions),
    "secretsmanager:ForceOverwriteReplicaSecret": keyText(ForceOverwriteReplicaSecret),
  })),
  run({ SecretId = "", AddReplicaRegions = [], ForceOverwriteReplicaSecret: force = false }, context) {
    const secret = requirePrimary(context, SecretId);
    refuseRegions(AddReplicaRegions, secret.region);
    const written = context.state.commit(() => putSecret(context, withReplicas(context, secret, AddReplicaRegions, force)));
    return { ARN: written.arn, ReplicationStatus: replicationStatus(context.state, written) };
  },
});

export const removeRegionsFromReplication = operation("RemoveRegionsFromReplication", {
  authorize: onSecret("RemoveRegionsFromReplication"),
  run({ SecretId = "", RemoveReplicaRegions = [] }, context) {
    const secret = requirePrimary(context, SecretId);
    const leaving = (secret.replicas ?? []).filter(({ region }) => RemoveReplicaRegions.includes(region));
    if (leaving.length < new Set(RemoveReplicaRegions).size) throw new InvalidParameterException(because("Invalid replica region."));
    const written = context.state.commit(() => {
      const table = context.state.table(secrets);
      for (const { region } of leaving) {
        const replica = table.get(replicaArn(secret, region));
        if (replica && isCopyOf(replica, secret)) table.delete(replica.arn);
      }
      return putSecret(context, withoutReplicas(secret, leaving));
    });
    return { ARN: written.arn, ReplicationStatus: replicationStatus(context.state, written) ?? [] };
  },
});

/** Makes of a replica a secret of its own. */
export const stopReplicationToReplica = operation("StopReplicationToReplica", {
  authorize: onSecret("StopReplicationToReplica"),
  run({ SecretId = "" }, context) {
    const replica = requireLiveSecret(context, SecretId);
    if (!isReplica(replica))
      throw new InvalidParameterException(
        because("Operation not permitted on a primary secret. Call must be made in replica secret's region."),
      );
    const { primaryRegion = replica.region, ...own } = replica;
    context.state.commit(() => {
      putSecret(context, own);
      leavePrimary(context, replicaArn(replica, primaryRegion), replica.region);
    });
    return { ARN: replica.arn };
  },
});

function leavePrimary({ state }: OperationContext, primaryArn: string, region: string): void {
  state.table(secrets).update(primaryArn, (primary) =>
    withoutReplicas(
      primary,
      (primary.replicas ?? []).filter((replica) => replica.region === region),
    ),
  );
}

function withoutReplicas(secret: SecretRecord, leaving: readonly SecretReplica[]): SecretRecord {
  const { replicas = [], ...rest } = secret;
  const left = replicas.filter((replica) => !leaving.includes(replica));
  return left.length > 0 ? { ...rest, replicas: left } : rest;
}
