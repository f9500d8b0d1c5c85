import {
  CreateSecretCommand,
  DescribeSecretCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, test } from "vitest";
import { findSecret, secrets, type SecretVersionRecord } from "../../state/secrets.ts";
import { HERE, secretsWorld, type SecretsWorld } from "../../testing/secrets-world.ts";

const [V1, V2, V3] = ["1", "2", "3"].map((digit) => digit.repeat(32)) as [string, string, string];
const DAY = 86_400_000;

/** A secret `s` with AWSPREVIOUS on V1, AWSCURRENT on V2, and BLUE on V3. */
async function threeVersions(): Promise<SecretsWorld> {
  const api = await secretsWorld();
  await api.root.send(new CreateSecretCommand({ Name: "s", SecretString: "1", ClientRequestToken: V1 }));
  await api.root.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "2", ClientRequestToken: V2 }));
  await api.root.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "3", ClientRequestToken: V3, VersionStages: ["BLUE"] }));
  return api;
}

const stagesOf = async (api: SecretsWorld) => (await api.root.send(new DescribeSecretCommand({ SecretId: "s" }))).VersionIdsToStages;
const move = (VersionStage: string, RemoveFromVersionId: string | undefined, MoveToVersionId: string | undefined) =>
  new UpdateSecretVersionStageCommand({ SecretId: "s", VersionStage, RemoveFromVersionId, MoveToVersionId });

describe("UpdateSecretVersionStage", () => {
  test.each<[string, string, string | undefined, string | undefined, object]>([
    ["moves AWSCURRENT, and AWSPREVIOUS behind it", "AWSCURRENT", V2, V3, { [V2]: ["AWSPREVIOUS"], [V3]: ["BLUE", "AWSCURRENT"] }],
    ["moves AWSCURRENT back", "AWSCURRENT", V2, V1, { [V1]: ["AWSCURRENT"], [V2]: ["AWSPREVIOUS"], [V3]: ["BLUE"] }],
    ["attaches a new label", "GREEN", undefined, V1, { [V1]: ["AWSPREVIOUS", "GREEN"], [V2]: ["AWSCURRENT"], [V3]: ["BLUE"] }],
    ["takes a label away", "BLUE", V3, undefined, { [V1]: ["AWSPREVIOUS"], [V2]: ["AWSCURRENT"] }],
    ["leaves a label where it is", "BLUE", undefined, V3, { [V1]: ["AWSPREVIOUS"], [V2]: ["AWSCURRENT"], [V3]: ["BLUE"] }],
  ])("%s", async (_what, stage, from, to, expected) => {
    await using api = await threeVersions();
    await api.root.send(move(stage, from, to));
    expect(await stagesOf(api)).toEqual(expected);
  });

  test.each<[string, string, string | undefined, string | undefined, string, string]>([
    [
      "a label that is elsewhere, without saying where",
      "AWSCURRENT",
      undefined,
      V3,
      "InvalidParameterException",
      `The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version ${V2}, so you must explicitly reference that version in RemoveFromVersionId.`,
    ],
    [
      "a label from where it is not",
      "AWSCURRENT",
      V1,
      V3,
      "InvalidParameterException",
      "it must be set to the version that currently has the staging label AWSCURRENT",
    ],
    ["AWSCURRENT to nowhere", "AWSCURRENT", V2, undefined, "InvalidParameterException", "It can't be completely removed."],
    [
      "to a version that there is not",
      "BLUE",
      V3,
      "9".repeat(32),
      "ResourceNotFoundException",
      "Secrets Manager can't find the specified secret value for VersionId",
    ],
    ["nothing", "BLUE", undefined, undefined, "InvalidParameterException", "You must specify"],
  ])("refuses to move %s", async (_what, stage, from, to, name, message) => {
    await using api = await threeVersions();
    const before = await stagesOf(api);
    await expect(api.root.send(move(stage, from, to))).rejects.toMatchObject({ name, message: expect.stringContaining(message) as string });
    expect(await stagesOf(api)).toEqual(before);
  });

  test("refuses more than 20 labels", async () => {
    await using api = await threeVersions();
    for (let at = 0; at < 17; at++) await api.root.send(move(`L${at}`, undefined, V1));
    await expect(api.root.send(move("ONE-MORE", undefined, V1))).rejects.toMatchObject({ name: "LimitExceededException" });
    await expect(
      api.root.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "4", VersionStages: ["ONE-MORE"] })),
    ).rejects.toMatchObject({ name: "LimitExceededException" });
  });
});

test("a hundred versions are kept, and all of the last day; those with a label are never forgotten", async () => {
  await using api = await threeVersions();
  const state = api.state;
  const now = Date.now();
  const made = (at: number, age: number): SecretVersionRecord => ({
    ...(findSecret(state, HERE, "s", now)?.versions[0] as SecretVersionRecord),
    id: `old-${String(at).padStart(29, "0")}`,
    stages: [],
    createdAt: now - age,
  });
  const old = Array.from({ length: 150 }, (_, at) => made(at, 2 * DAY));
  const fresh = Array.from({ length: 99 }, (_, at) => made(1000 + at, DAY / 2));
  const put = (versions: readonly SecretVersionRecord[]): void => {
    const secret = findSecret(state, HERE, "s", now);
    if (secret) state.commit(() => state.table(secrets).put({ ...secret, versions: [...versions, ...secret.versions.slice(-3)] }));
  };
  put(old);
  await api.root.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "4" }));
  expect(findSecret(state, HERE, "s", now)?.versions).toHaveLength(100);
  put([...old, ...fresh]);
  await api.root.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "5" }));
  const kept = findSecret(state, HERE, "s", now)?.versions ?? [];
  expect(kept.filter(({ createdAt }) => createdAt > now - DAY)).toHaveLength(kept.length);
  expect(kept.length).toBeGreaterThan(100);
  const listed = await api.root.send(new ListSecretVersionIdsCommand({ SecretId: "s", IncludeDeprecated: true, MaxResults: 100 }));
  expect(listed.Versions).toHaveLength(100);
  expect(listed.NextToken).toBeDefined();
});
