import type { SecretRecord, SecretVersionRecord } from "./secrets.ts";

/** The version that has a stage, also an empty one. A stage is on one version at most. */
export function holderOf({ versions }: SecretRecord, stage: string): SecretVersionRecord | undefined {
  return versions.find(({ stages }) => stages.includes(stage));
}

/** Moves a stage to a version, or takes it away. The version that AWSCURRENT leaves gets AWSPREVIOUS. */
export function moveStage(versions: readonly SecretVersionRecord[], stage: string, to: string | undefined): readonly SecretVersionRecord[] {
  const from = versions.find((version) => version.stages.includes(stage));
  if (from?.id === to) return versions;
  const moved = versions.map((version) => {
    const others = version.stages.filter((other) => other !== stage);
    return { ...version, stages: version.id === to ? [...others, stage] : others };
  });
  return stage === "AWSCURRENT" && from ? moveStage(moved, "AWSPREVIOUS", from.id) : moved;
}

/** The secret with an empty version under `id`, which a rotation is about to fill: it has AWSPENDING. */
export function withPendingVersion(secret: SecretRecord, id: string, now: number): SecretRecord {
  if (secret.versions.some((version) => version.id === id)) return secret;
  const added: SecretVersionRecord = { id, stages: [], kind: "empty", sealed: "", createdAt: now };
  return { ...secret, versions: moveStage([...secret.versions, added], "AWSPENDING", id) };
}

/**
 * The version of a rotation that was begun and not brought to its end: AWSPENDING is on it and AWSCURRENT is not.
 * Source: Secrets Manager API, RotateSecret.
 */
export function unfinishedVersion(secret: SecretRecord): SecretVersionRecord | undefined {
  const pending = holderOf(secret, "AWSPENDING");
  return pending && !pending.stages.includes("AWSCURRENT") ? pending : undefined;
}
