import type { ReplicationStatusType, RotationRulesType } from "@aws-sdk/client-secrets-manager";
import { DEFAULT_KEY } from "../../state/secret-sealing.ts";
import { replicaArn } from "../../state/secret-replicas.ts";
import { secrets, type SecretRecord, type SecretRotation } from "../../state/secrets.ts";
import type { State } from "../../state/state.ts";
import { defined } from "../../domain/defined.ts";

const date = (at: number | undefined): Date | undefined => (at === undefined ? undefined : new Date(at));

/** What DescribeSecret and ListSecrets both show. */
export function shown(secret: SecretRecord) {
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...defined({
      Description: secret.description,
      KmsKeyId: secret.kmsKeyId,
      LastAccessedDate: date(secret.lastAccessedAt),
      DeletedDate: date(secret.deletionDate),
      PrimaryRegion: secret.primaryRegion ?? (secret.replicas ? secret.region : undefined),
    }),
    ...(secret.rotation ? rotationShown(secret.rotation) : {}),
    LastChangedDate: new Date(secret.lastChangedAt),
    CreatedDate: new Date(secret.createdAt),
    ...((secret.tagged ?? secret.tags.length > 0) ? { Tags: [...secret.tags] } : {}),
  };
}

function rotationShown({ enabled, functionArn, rules, intervalDays, lastRotatedAt, window }: SecretRotation) {
  const shownRules: RotationRulesType = defined({
    AutomaticallyAfterDays: rules.automaticallyAfterDays ?? intervalDays,
    Duration: rules.duration,
    ScheduleExpression: rules.scheduleExpression,
  });
  return {
    RotationEnabled: enabled,
    RotationLambdaARN: functionArn,
    RotationRules: shownRules,
    ...defined({
      LastRotatedDate: date(lastRotatedAt),
      // The latest moment at which it will rotate: the last second of the window.
      NextRotationDate: enabled && window ? new Date(window.end - 1000) : undefined,
    }),
  };
}

/** The replicas of a primary secret as the API shows them; nothing for a secret that was never replicated. */
export function replicationStatus(state: State, secret: SecretRecord): ReplicationStatusType[] | undefined {
  return secret.replicas?.map(({ region, kmsKeyId, status, statusMessage }) => {
    const replica = status === "InSync" ? state.table(secrets).get(replicaArn(secret, region)) : undefined;
    return {
      Region: region,
      KmsKeyId: kmsKeyId ?? DEFAULT_KEY,
      Status: status,
      ...defined({ StatusMessage: statusMessage, LastAccessedDate: date(replica?.lastAccessedAt) }),
    };
  });
}
