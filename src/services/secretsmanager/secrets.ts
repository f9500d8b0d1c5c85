import { InvalidParameterException } from "@aws-sdk/client-secrets-manager";
import { findSecret, isReplica, secrets as secretsTable, type SecretRecord } from "../../state/secrets.ts";
import { lengthWithin } from "../constraints.ts";
import { because } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { withOtherKey } from "./key-use.ts";
import { withReplicaKey } from "./replicas.ts";
import { rescheduledByHand } from "./rotation-state.ts";
import { keyText, onSecret, operation, putSecret, refuse, refuseReplica, refuseToken, requireLiveSecret, requireSecret } from "./secret.ts";
import { replicationStatus, shown } from "./shown.ts";
import { stagesByVersion, valueIn, withVersion } from "./versions.ts";

const DAY = 86_400_000;

export const describeSecret = operation("DescribeSecret", {
  authorize: onSecret("DescribeSecret"),
  run({ SecretId = "" }, context) {
    const secret = requireSecret(context, SecretId);
    const stages = stagesByVersion(secret);
    return {
      ...shown(secret),
      ...(Object.keys(stages).length > 0 ? { VersionIdsToStages: stages } : {}),
      ...defined({ ReplicationStatus: replicationStatus(context.state, secret) }),
    };
  },
});

export const updateSecret = operation("UpdateSecret", {
  authorize: onSecret("UpdateSecret", ({ Description, KmsKeyId }) => ({
    "secretsmanager:Description": Description,
    "secretsmanager:KmsKeyId": KmsKeyId,
  })),
  run(input, context) {
    refuseToken(input.ClientRequestToken);
    refuse(lengthWithin("description", input.Description, 0, 2048), lengthWithin("kmsKeyId", input.KmsKeyId, 0, 2048));
    const value = valueIn(input);
    const secret = requireLiveSecret(context, input.SecretId ?? "");
    // Its key is all that a replica has of its own.
    if (value || input.Description !== undefined || input.KmsKeyId === undefined) refuseReplica(secret);
    const changed: SecretRecord = {
      ...secret,
      ...defined({ description: input.Description, kmsKeyId: input.KmsKeyId }),
      lastChangedAt: context.now,
    };
    const described = input.KmsKeyId === undefined || input.KmsKeyId === secret.kmsKeyId ? changed : withOtherKey(context, secret, changed);
    if (isReplica(secret)) {
      context.state.commit(() => {
        putSecret(context, described);
        withReplicaKey(context, described);
      });
      return { ARN: secret.arn, Name: secret.name };
    }
    const version = input.ClientRequestToken ?? context.ids.uuid();
    putSecret(
      context,
      value ? rescheduledByHand(withVersion(described, version, value, ["AWSCURRENT"], context), secret, context.now) : described,
    );
    return { ARN: secret.arn, Name: secret.name, ...(value ? { VersionId: version } : {}) };
  },
});

export const deleteSecret = operation("DeleteSecret", {
  authorize: onSecret("DeleteSecret", ({ RecoveryWindowInDays, ForceDeleteWithoutRecovery }) => ({
    "secretsmanager:RecoveryWindowInDays": keyText(RecoveryWindowInDays),
    "secretsmanager:ForceDeleteWithoutRecovery": keyText(ForceDeleteWithoutRecovery),
  })),
  run({ SecretId = "", RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force = false }, context) {
    if (days !== undefined && force)
      throw new InvalidParameterException(because("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."));
    if (days !== undefined && (days < 7 || days > 30))
      throw new InvalidParameterException(because("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."));
    const { state, now, account, region } = context;
    if (force && !findSecret(state, { account, region }, SecretId, now))
      // Without recovery, a secret that is gone already is no error, so that a retry succeeds.
      return {
        ARN: SecretId.startsWith("arn:") ? SecretId : context.arn("secretsmanager", `secret:${SecretId}`),
        Name: SecretId,
        DeletionDate: new Date(now),
      };
    const secret = force ? requireSecret(context, SecretId) : requireLiveSecret(context, SecretId);
    refuseReplica(secret);
    if (secret.replicas?.length)
      throw new InvalidParameterException(
        because(
          `You can't delete secret ${secret.arn} that still has replica regions [${secret.replicas.map((replica) => replica.region).join(", ")}].`,
        ),
      );
    const deletionDate = force ? now : now + (days ?? 30) * DAY;
    if (force) state.commit(() => state.table(secretsTable).delete(secret.arn));
    else putSecret(context, { ...secret, deletionDate });
    return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(deletionDate) };
  },
});

export const restoreSecret = operation("RestoreSecret", {
  authorize: onSecret("RestoreSecret"),
  run({ SecretId = "" }, context) {
    const { deletionDate: _over, ...secret } = requireSecret(context, SecretId);
    refuseReplica(secret);
    putSecret(context, secret);
    return { ARN: secret.arn, Name: secret.name };
  },
});
