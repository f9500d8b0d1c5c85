import { InvalidParameterException, InvalidRequestException, ResourceNotFoundException } from "@aws-sdk/client-secrets-manager";
import { secrets as secretsTable, versionOf, type SecretRecord } from "../../state/secrets.ts";
import { lengthWithin } from "../constraints.ts";
import { because, type OperationContext } from "../operation.ts";
import { readValue } from "./key-use.ts";
import { rescheduledByHand } from "./rotation-state.ts";
import { onSecret, operation, putSecret, refuse, refuseToken, requireLiveSecret, requirePrimary } from "./secret.ts";
import { valueIn, withVersion } from "./versions.ts";

const DAY = 86_400_000;

export const getSecretValue = operation("GetSecretValue", {
  authorize: onSecret("GetSecretValue", ({ VersionId, VersionStage }) => ({
    "secretsmanager:VersionId": VersionId,
    // Who names neither asks for the current version.
    "secretsmanager:VersionStage": VersionStage ?? (VersionId === undefined ? "AWSCURRENT" : undefined),
  })),
  run({ SecretId = "", VersionId: id, VersionStage: stage }, context) {
    const secret = requireLiveSecret(context, SecretId);
    return { ...revealed(context, secret, { id, stage }) };
  },
});

/** One version's value; notes that it was read. */
export function revealed(
  context: OperationContext,
  secret: SecretRecord,
  { id, stage }: { readonly id?: string | undefined; readonly stage?: string | undefined } = {},
) {
  const version = versionOf(secret, { id, stage });
  if (!version) {
    if (id !== undefined && stage !== undefined && versionOf(secret, { id }))
      throw new InvalidRequestException(because("You provided a VersionStage that is not associated to the provided VersionId."));
    const wanted = id === undefined ? `staging label: ${stage ?? "AWSCURRENT"}` : `VersionId: ${id}`;
    throw new ResourceNotFoundException(because(`Secrets Manager can't find the specified secret value for ${wanted}`));
  }
  const value = readValue(context, secret, version);
  noteReading(context, secret, version.id);
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    ...(version.kind === "string" ? { SecretString: Buffer.from(value).toString() } : { SecretBinary: value }),
    VersionStages: [...version.stages],
    CreatedDate: new Date(version.createdAt),
  };
}

/** AWS tells the day only; so one write a day, not one for each reading. */
function noteReading({ state, now }: OperationContext, secret: SecretRecord, versionId: string): void {
  const today = now - (now % DAY);
  if (secret.lastAccessedAt === today && secret.versions.find(({ id }) => id === versionId)?.lastAccessedAt === today) return;
  const versions = secret.versions.map((version) => (version.id === versionId ? { ...version, lastAccessedAt: today } : version));
  state.note(() => void state.table(secretsTable).put({ ...secret, lastAccessedAt: today, versions }));
}

export const putSecretValue = operation("PutSecretValue", {
  authorize: onSecret("PutSecretValue"),
  run(input, context) {
    refuseToken(input.ClientRequestToken);
    const stages = [...new Set(input.VersionStages ?? ["AWSCURRENT"])];
    refuse(...stages.map((stage, at) => lengthWithin(`versionStages.${at + 1}.member`, stage, 1, 256)));
    if (stages.length < 1 || stages.length > 20)
      throw new InvalidParameterException(because("A version must have between 1 and 20 staging labels."));
    const value = valueIn(input);
    if (!value) throw new InvalidRequestException(because("You must provide either SecretString or SecretBinary."));
    const secret = requirePrimary(context, input.SecretId ?? "");
    const id = input.ClientRequestToken ?? context.ids.uuid();
    const changed = withVersion(secret, id, value, stages, context);
    putSecret(context, rescheduledByHand(changed, secret, context.now));
    return { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages: [...(versionOf(changed, { id })?.stages ?? [])] };
  },
});
