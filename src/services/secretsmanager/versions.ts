import { InvalidParameterException, LimitExceededException, ResourceExistsException } from "@aws-sdk/client-secrets-manager";
import { moveStage } from "../../state/secret-stages.ts";
import type { SecretRecord, SecretVersionRecord } from "../../state/secrets.ts";
import { AwsError } from "../aws-error.ts";
import { because, type OperationContext } from "../operation.ts";
import { readValue, sealValue } from "./key-use.ts";

/** Source: Secrets Manager quotas: "Size of a secret value", "Staging labels attached across all versions". */
const MOST_BYTES = 65_536;
const MOST_STAGES = 20;
/** Versions that are kept whatever their age. Those of the last day are kept beyond that. Source: API, PutSecretValue. */
const KEPT_VERSIONS = 100;
const DAY = 86_400_000;

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
  const member = text === undefined ? "secretBinary" : "secretString";
  if (bytes.length > MOST_BYTES) throw lengthRefused(member, `less than or equal to ${MOST_BYTES}`);
  if (bytes.length === 0) throw lengthRefused(member, "greater than or equal to 1");
  return { kind: text === undefined ? "binary" : "string", bytes };
}

function lengthRefused(member: string, limit: string): AwsError {
  return new AwsError(
    "ValidationException",
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length ${limit}`,
  );
}

export function tokenInUse(token: string, { arn }: SecretRecord): string {
  return `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${arn}.`;
}

/**
 * The secret with one more version under `id`, or with the value that an empty version under `id` waited for. A repeated request, with the
 * same id and value, changes nothing.
 * @throws ResourceExistsException where the id stands for another value; LimitExceededException
 */
export function withVersion(
  secret: SecretRecord,
  id: string,
  value: SecretValue,
  stages: readonly string[],
  context: OperationContext,
): SecretRecord {
  const { now } = context;
  const known = secret.versions.find((version) => version.id === id);
  if (known && known.kind !== "empty") {
    if (known.kind === value.kind && Buffer.from(readValue(context, secret, known)).equals(value.bytes)) return secret;
    throw new ResourceExistsException(because(tokenInUse(id, secret)));
  }
  const added: SecretVersionRecord = {
    id,
    stages: known?.stages ?? [],
    kind: value.kind,
    ...sealValue(context, secret, id, value.bytes),
    createdAt: known?.createdAt ?? now,
  };
  // The first value is always the current one.
  const isFirst = secret.versions.every(({ kind }) => kind === "empty");
  const wanted = isFirst && !stages.includes("AWSCURRENT") ? [...stages, "AWSCURRENT"] : stages;
  const others = secret.versions.filter((version) => version !== known);
  const versions = wanted.reduce<readonly SecretVersionRecord[]>((moved, stage) => moveStage(moved, stage, id), [...others, added]);
  refuseStages(versions);
  return { ...secret, versions: withoutOldest(versions, now), lastChangedAt: now };
}

/** @throws LimitExceededException */
export function refuseStages(versions: readonly SecretVersionRecord[]): void {
  if (versions.flatMap(({ stages }) => stages).length > MOST_STAGES)
    throw new LimitExceededException(because(`You can't attach more than ${MOST_STAGES} staging labels across all versions of a secret.`));
}

/** Forgets deprecated versions, the oldest first, where there are too many of them. */
function withoutOldest(versions: readonly SecretVersionRecord[], now: number): readonly SecretVersionRecord[] {
  const surplus = Math.max(versions.length - KEPT_VERSIONS, 0);
  const old = versions.filter(({ stages, createdAt }) => stages.length === 0 && createdAt <= now - DAY);
  const dropped = new Set(old.slice(0, surplus));
  return dropped.size === 0 ? versions : versions.filter((version) => !dropped.has(version));
}

export function stagesByVersion({ versions }: SecretRecord): Record<string, string[]> {
  return Object.fromEntries(versions.filter(({ stages }) => stages.length > 0).map(({ id, stages }) => [id, [...stages]]));
}
