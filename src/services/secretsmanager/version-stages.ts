import { InvalidNextTokenException, InvalidParameterException, ResourceNotFoundException } from "@aws-sdk/client-secrets-manager";
import { holderOf, moveStage } from "../../state/secret-stages.ts";
import type { SecretRecord } from "../../state/secrets.ts";
import { lengthWithin, within } from "../constraints.ts";
import { because } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { compareKeys, paginate } from "../pagination.ts";
import { onSecret, operation, putSecret, refuse, requirePrimary, requireSecret } from "./secret.ts";
import { refuseStages } from "./versions.ts";

interface StageMove {
  readonly stage: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export const updateSecretVersionStage = operation("UpdateSecretVersionStage", {
  authorize: onSecret("UpdateSecretVersionStage", ({ VersionStage }) => ({ "secretsmanager:VersionStage": VersionStage })),
  run({ SecretId = "", VersionStage: stage = "", RemoveFromVersionId: from, MoveToVersionId: to }, context) {
    refuse(
      lengthWithin("versionStage", stage, 1, 256),
      lengthWithin("removeFromVersionId", from, 32, 64),
      lengthWithin("moveToVersionId", to, 32, 64),
    );
    const secret = requirePrimary(context, SecretId);
    refuseMove(secret, { stage, from, to });
    const versions = moveStage(secret.versions, stage, to);
    refuseStages(versions);
    putSecret(context, { ...secret, versions, lastChangedAt: context.now });
    return { ARN: secret.arn, Name: secret.name };
  },
});

/**
 * A label that is on a version moves only when the request says from where; AWSCURRENT is never without a version.
 * Source: Secrets Manager API, UpdateSecretVersionStage.
 */
function refuseMove(secret: SecretRecord, { stage, from, to }: StageMove): void {
  for (const id of [from, to])
    if (id !== undefined && !secret.versions.some((version) => version.id === id))
      throw new ResourceNotFoundException(because(`Secrets Manager can't find the specified secret value for VersionId: ${id}`));
  const invalid = (text: string): InvalidParameterException => new InvalidParameterException(because(text));
  const holder = holderOf(secret, stage);
  if (stage === "AWSCURRENT") {
    if (to === undefined)
      throw invalid("You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.");
    if (secret.versions.some(({ id, kind }) => id === to && kind === "empty"))
      throw invalid(`You can't move staging label AWSCURRENT to version ${to} because it has no value.`);
  }
  if (from === undefined && to === undefined) throw invalid("You must specify MoveToVersionId, RemoveFromVersionId, or both.");
  if (holder?.id === to && to !== undefined && (from === undefined || from === to)) return;
  if (holder && from === undefined)
    throw invalid(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  if (from !== undefined && holder?.id !== from)
    throw invalid(
      `When you move staging label ${stage}, if you specify RemoveFromVersionId, it must be set to the version that currently has the staging label ${stage}.`,
    );
}

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
    if (!page) throw new InvalidNextTokenException(because("Invalid token."));
    return {
      ARN: secret.arn,
      Name: secret.name,
      Versions: page.items.map(({ version: { id, stages, kind, createdAt, keyArn, lastAccessedAt } }) => ({
        VersionId: id,
        ...(stages.length > 0 ? { VersionStages: [...stages] } : {}),
        ...defined({ LastAccessedDate: lastAccessedAt === undefined ? undefined : new Date(lastAccessedAt) }),
        CreatedDate: new Date(createdAt),
        ...(kind === "empty" ? {} : { KmsKeyIds: [keyArn ?? "DefaultEncryptionKey"] }),
      })),
      ...defined({ NextToken: page.nextToken }),
    };
  },
});
