import { InvalidParameterException, InvalidRequestException, ResourceExistsException } from "@aws-sdk/client-secrets-manager";
import { findSecret, secrets as secretsTable, type SecretRecord } from "../../state/secrets.ts";
import { because, defined } from "../operation.ts";
import { onSecret, operation, putSecret, refuseName, refuseToken, requireLiveSecret, requireSecret } from "./secret.ts";
import { refuseTags } from "./tags.ts";
import { stagesByVersion, valueIn, withVersion } from "./versions.ts";

const DAY = 86_400_000;

const date = (at: number | undefined): Date | undefined => (at === undefined ? undefined : new Date(at));

export const createSecret = operation("CreateSecret", {
  authorize: ({ Name }, at) => ({
    action: "secretsmanager:CreateSecret",
    resource: at.arn("secretsmanager", `secret:${Name ?? ""}-??????`),
  }),
  run(input, context) {
    const { account, region, now, state, ids } = context;
    const name = input.Name ?? "";
    refuseName(name);
    refuseToken(input.ClientRequestToken);
    refuseTags(input.Tags ?? []);
    const value = valueIn(input);
    const known = findSecret(state, { account, region }, name, now);
    if (known) return repeated(known);
    // A name that looks like an ARN's end is still a name: the suffix keeps ARNs of secrets that follow each other apart.
    const fresh: SecretRecord = {
      arn: context.arn("secretsmanager", `secret:${name}-${ids.alphanumeric(6)}`),
      name,
      account,
      region,
      ...defined({ description: input.Description, kmsKeyId: input.KmsKeyId }),
      tags: input.Tags ?? [],
      versions: [],
      createdAt: now,
      lastChangedAt: now,
    };
    const version = input.ClientRequestToken ?? ids.uuid();
    const created = value ? withVersion(fresh, version, value, ["AWSCURRENT"], context) : fresh;
    putSecret(context, created);
    return { ARN: created.arn, Name: name, ...(value ? { VersionId: version } : {}) };

    function repeated(secret: SecretRecord) {
      if (secret.deletionDate !== undefined)
        throw new InvalidRequestException(
          because("You can't create this secret because a secret with this name is already scheduled for deletion."),
        );
      const token = input.ClientRequestToken;
      const [first] = secret.versions;
      if (value && token !== undefined && first?.id === token && secret.versions.length === 1) {
        withVersion(secret, token, value, [], context);
        return { ARN: secret.arn, Name: secret.name, VersionId: token };
      }
      throw new ResourceExistsException(because(`The operation failed because the secret ${name} already exists.`));
    }
  },
});

export const describeSecret = operation("DescribeSecret", {
  authorize: onSecret("DescribeSecret"),
  run({ SecretId = "" }, context) {
    const secret = requireSecret(context, SecretId);
    const stages = stagesByVersion(secret);
    return { ...shown(secret), ...(Object.keys(stages).length > 0 ? { VersionIdsToStages: stages } : {}) };
  },
});

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
    }),
    LastChangedDate: new Date(secret.lastChangedAt),
    CreatedDate: new Date(secret.createdAt),
    Tags: [...secret.tags],
  };
}

export const updateSecret = operation("UpdateSecret", {
  authorize: onSecret("UpdateSecret"),
  run(input, context) {
    refuseToken(input.ClientRequestToken);
    const value = valueIn(input);
    const secret = requireLiveSecret(context, input.SecretId ?? "");
    const described: SecretRecord = {
      ...secret,
      ...defined({ description: input.Description, kmsKeyId: input.KmsKeyId }),
      lastChangedAt: context.now,
    };
    const version = input.ClientRequestToken ?? context.ids.uuid();
    putSecret(context, value ? withVersion(described, version, value, ["AWSCURRENT"], context) : described);
    return { ARN: secret.arn, Name: secret.name, ...(value ? { VersionId: version } : {}) };
  },
});

export const deleteSecret = operation("DeleteSecret", {
  authorize: onSecret("DeleteSecret"),
  run({ SecretId = "", RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force = false }, context) {
    if (days !== undefined && force)
      throw new InvalidParameterException(because("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."));
    if (days !== undefined && (days < 7 || days > 30))
      throw new InvalidParameterException(because("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."));
    const { state, now, account, region } = context;
    if (force) {
      // Without recovery, a secret that is gone already is no error, so that a retry succeeds.
      const secret = findSecret(state, { account, region }, SecretId, now);
      if (secret) requireSecret(context, SecretId);
      state.commit(() => secret && state.table(secretsTable).delete(secret.arn));
      return {
        ARN: secret?.arn ?? context.arn("secretsmanager", `secret:${SecretId}`),
        Name: secret?.name ?? SecretId,
        DeletionDate: new Date(now),
      };
    }
    const secret = requireLiveSecret(context, SecretId);
    const deletionDate = now + (days ?? 30) * DAY;
    putSecret(context, { ...secret, deletionDate });
    return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(deletionDate) };
  },
});

export const restoreSecret = operation("RestoreSecret", {
  authorize: onSecret("RestoreSecret"),
  run({ SecretId = "" }, context) {
    const { deletionDate: _over, ...secret } = requireSecret(context, SecretId);
    putSecret(context, secret);
    return { ARN: secret.arn, Name: secret.name };
  },
});

/** Resource policies come with the identity service; until then no secret has one. */
export const getResourcePolicy = operation("GetResourcePolicy", {
  authorize: onSecret("GetResourcePolicy"),
  run({ SecretId = "" }, context) {
    const { arn, name } = requireSecret(context, SecretId);
    return { ARN: arn, Name: name };
  },
});
