import { InvalidParameterException, InvalidRequestException, ResourceNotFoundException } from "@aws-sdk/client-secrets-manager";
import { openVersion, secrets as secretsTable, versionOf } from "../../state/secrets.ts";
import { because, defined } from "../operation.ts";
import { compareKeys, paginate } from "../pagination.ts";
import { within } from "../constraints.ts";
import { onSecret, operation, putSecret, refuse, refuseToken, requireLiveSecret, requireSecret } from "./secret.ts";
import { moveStage, valueIn, withVersion } from "./versions.ts";

const DAY = 86_400_000;

export const getSecretValue = operation("GetSecretValue", {
  authorize: onSecret("GetSecretValue"),
  run({ SecretId = "", VersionId: id, VersionStage: stage }, context) {
    const secret = requireLiveSecret(context, SecretId);
    const version = versionOf(secret, { id, stage });
    if (!version) {
      if (id !== undefined && stage !== undefined && versionOf(secret, { id }))
        throw new InvalidRequestException(because("You provided a VersionStage that is not associated to the provided VersionId."));
      const wanted = id === undefined ? `staging label: ${stage ?? "AWSCURRENT"}` : `VersionId: ${id}`;
      throw new ResourceNotFoundException(because(`Secrets Manager can't find the specified secret value for ${wanted}`));
    }
    const { state, now, secrets } = context;
    // AWS tells the day only; so one write a day, not one for each reading.
    const today = now - (now % DAY);
    if (secret.lastAccessedAt !== today) state.commit(() => state.table(secretsTable).put({ ...secret, lastAccessedAt: today }));
    const value = openVersion(secrets, secret.arn, version);
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.id,
      ...(version.kind === "string" ? { SecretString: Buffer.from(value).toString() } : { SecretBinary: value }),
      VersionStages: [...version.stages],
      CreatedDate: new Date(version.createdAt),
    };
  },
});

export const putSecretValue = operation("PutSecretValue", {
  authorize: onSecret("PutSecretValue"),
  run(input, context) {
    refuseToken(input.ClientRequestToken);
    const stages = input.VersionStages ?? ["AWSCURRENT"];
    if (stages.length < 1 || stages.length > 20)
      throw new InvalidParameterException(because("A version must have between 1 and 20 staging labels."));
    const value = valueIn(input);
    if (!value) throw new InvalidRequestException(because("You must provide either SecretString or SecretBinary."));
    const secret = requireLiveSecret(context, input.SecretId ?? "");
    const id = input.ClientRequestToken ?? context.ids.uuid();
    const changed = withVersion(secret, id, value, stages, context);
    putSecret(context, changed);
    return { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages: [...(versionOf(changed, { id })?.stages ?? [])] };
  },
});

export const updateSecretVersionStage = operation("UpdateSecretVersionStage", {
  authorize: onSecret("UpdateSecretVersionStage"),
  run({ SecretId = "", VersionStage: stage = "", RemoveFromVersionId: from, MoveToVersionId: to }, context) {
    const secret = requireLiveSecret(context, SecretId);
    for (const id of [from, to])
      if (id !== undefined && !versionOf(secret, { id }))
        throw new ResourceNotFoundException(because(`Secrets Manager can't find the specified secret value for VersionId: ${id}`));
    const holder = versionOf(secret, { stage });
    if (holder && holder.id !== from && holder.id !== to)
      throw new InvalidParameterException(
        because(`The parameter RemoveFromVersionId must be set to the version that has the staging label ${stage}: ${holder.id}.`),
      );
    if (stage === "AWSCURRENT" && to === undefined)
      throw new InvalidParameterException(
        because("You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed."),
      );
    putSecret(context, { ...secret, versions: moveStage(secret.versions, stage, to), lastChangedAt: context.now });
    return { ARN: secret.arn, Name: secret.name };
  },
});

export const listSecretVersionIds = operation("ListSecretVersionIds", {
  authorize: onSecret("ListSecretVersionIds"),
  run({ SecretId = "", MaxResults, NextToken, IncludeDeprecated = false }, context) {
    refuse(within("maxResults", MaxResults, 1, 100));
    const secret = requireSecret(context, SecretId);
    const versions = secret.versions
      .filter(({ stages }) => IncludeDeprecated || stages.length > 0)
      .map((version) => ({ version, key: `${String(version.createdAt).padStart(16, "0")}/${version.id}` }))
      .sort((a, b) => compareKeys(a.key, b.key));
    const page = paginate(versions, ({ key }) => key, { token: NextToken, limit: MaxResults ?? 100 }, context.secrets);
    if (!page) throw new InvalidParameterException(because("Invalid token."));
    return {
      ARN: secret.arn,
      Name: secret.name,
      Versions: page.items.map(({ version: { id, stages, createdAt } }) => ({
        VersionId: id,
        ...(stages.length > 0 ? { VersionStages: [...stages] } : {}),
        CreatedDate: new Date(createdAt),
      })),
      ...defined({ NextToken: page.nextToken }),
    };
  },
});
