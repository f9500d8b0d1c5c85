import { InvalidParameterException, ResourceExistsException } from "@aws-sdk/client-secrets-manager";
import { openVersion, sealVersion, type SecretRecord, type SecretVersionRecord } from "../../state/secrets.ts";
import { AwsError } from "../aws-error.ts";
import { because, type OperationContext } from "../operation.ts";

/** Source: Secrets Manager quotas, "Size of a secret value". */
const MOST_BYTES = 65_536;
/** Deprecated versions that are kept. */
const MOST_DEPRECATED = 100;

export interface SecretValue {
  readonly kind: "string" | "binary";
  readonly bytes: Uint8Array;
}

/** The value that a request brings, if any. Its text never gets into an error. */
export function valueIn(input: { SecretString?: string | undefined; SecretBinary?: Uint8Array | undefined }): SecretValue | undefined {
  const { SecretString: text, SecretBinary: binary } = input;
  if (text !== undefined && binary !== undefined)
    throw new InvalidParameterException(
      because("You can't specify both a binary secret value and a string secret value in the same secret."),
    );
  const bytes = text === undefined ? binary : Buffer.from(text);
  if (!bytes) return undefined;
  if (bytes.length > MOST_BYTES) {
    const member = text === undefined ? "secretBinary" : "secretString";
    throw new AwsError(
      "ValidationException",
      `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${MOST_BYTES}`,
    );
  }
  return { kind: text === undefined ? "binary" : "string", bytes };
}

/**
 * The secret with one more version under `id`. A repeated request, with the same id and value, changes nothing.
 * @throws ResourceExistsException where the id stands for another value
 */
export function withVersion(
  secret: SecretRecord,
  id: string,
  value: SecretValue,
  stages: readonly string[],
  { secrets, now }: OperationContext,
): SecretRecord {
  const known = secret.versions.find((version) => version.id === id);
  if (known) {
    if (known.kind === value.kind && Buffer.from(openVersion(secrets, secret.arn, known)).equals(value.bytes)) return secret;
    throw new ResourceExistsException(
      because(`You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`),
    );
  }
  const added: SecretVersionRecord = {
    id,
    stages: [],
    kind: value.kind,
    sealed: sealVersion(secrets, secret.arn, id, value.bytes),
    createdAt: now,
  };
  // The first version is always the current one.
  const wanted = secret.versions.length === 0 && !stages.includes("AWSCURRENT") ? [...stages, "AWSCURRENT"] : stages;
  const grown = { ...secret, versions: [...secret.versions, added], lastChangedAt: now };
  return {
    ...grown,
    versions: withoutOldest(
      wanted.reduce<readonly SecretVersionRecord[]>((versions, stage) => moveStage(versions, stage, id), grown.versions),
    ),
  };
}

/** Moves a stage to a version. The version that AWSCURRENT leaves gets AWSPREVIOUS. */
export function moveStage(versions: readonly SecretVersionRecord[], stage: string, to: string | undefined): readonly SecretVersionRecord[] {
  const from = versions.find((version) => version.stages.includes(stage));
  if (from?.id === to) return versions;
  const moved = versions.map((version) => {
    const others = version.stages.filter((other) => other !== stage);
    return { ...version, stages: version.id === to ? [...others, stage] : others };
  });
  return stage === "AWSCURRENT" && from ? moveStage(moved, "AWSPREVIOUS", from.id) : moved;
}

function withoutOldest(versions: readonly SecretVersionRecord[]): readonly SecretVersionRecord[] {
  const deprecated = versions.filter(({ stages }) => stages.length === 0);
  const dropped = new Set(deprecated.slice(0, Math.max(deprecated.length - MOST_DEPRECATED, 0)));
  return versions.filter((version) => !dropped.has(version));
}

export function stagesByVersion({ versions }: SecretRecord): Record<string, string[]> {
  return Object.fromEntries(versions.filter(({ stages }) => stages.length > 0).map(({ id, stages }) => [id, [...stages]]));
}
