import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  ListSecretsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  RestoreSecretCommand,
  RotateSecretCommand,
  StopReplicationToReplicaCommand,
  TagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { keys } from "../../state/kms/keys.ts";
import { HERE, secretsWorld } from "../../testing/secrets-world.ts";

const ELSEWHERE = "eu-west-1";
const REPLICA = { AddReplicaRegions: [{ Region: ELSEWHERE }] };
const READ_ONLY = {
  name: "InvalidParameterException",
  message: "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
};

test("the command line replicates a secret, and reads the replica in its region", { timeout: 90_000 }, async () => {
  await using api = await secretsWorld();
  const arn = await api.secret("s", "1");
  const made = await api.aws(
    ...["secretsmanager", "replicate-secret-to-regions", "--secret-id", "s", "--add-replica-regions", `Region=${ELSEWHERE}`],
  );
  expect(JSON.parse(made.stdout)).toMatchObject({
    ARN: arn,
    ReplicationStatus: [{ Region: ELSEWHERE, Status: "InSync", KmsKeyId: "alias/aws/secretsmanager" }],
  });
  const read = await api.aws("secretsmanager", "get-secret-value", "--secret-id", "s", "--region", ELSEWHERE);
  expect(JSON.parse(read.stdout)).toMatchObject({ ARN: arn.replace("us-east-1", ELSEWHERE), SecretString: "1" });
});

test("a replica follows its primary in values, stages, tags, description and policy", async () => {
  await using api = await secretsWorld();
  await api.secret("s", "1", REPLICA);
  const there = api.elsewhere(ELSEWHERE);
  const both = async (command: ConstructorParameters<typeof DescribeSecretCommand>[0]) =>
    Promise.all([api.root, there].map((client) => client.send(new DescribeSecretCommand(command))));
  const { VersionId } = await api.root.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "2", VersionStages: ["NEXT"] }));
  expect(await api.value("s", { VersionStage: "NEXT" }, there)).toBe("2");
  const [primary] = await both({ SecretId: "s" });
  const current = Object.entries(primary?.VersionIdsToStages ?? {}).find(([, stages]) => stages.includes("AWSCURRENT"))?.[0];
  await api.root.send(
    new UpdateSecretVersionStageCommand({
      SecretId: "s",
      VersionStage: "AWSCURRENT",
      MoveToVersionId: VersionId,
      RemoveFromVersionId: current,
    }),
  );
  await api.root.send(new TagResourceCommand({ SecretId: "s", Tags: [{ Key: "team", Value: "a" }] }));
  await api.root.send(new UpdateSecretCommand({ SecretId: "s", Description: "d" }));
  expect(await api.value("s", {}, there)).toBe("2");
  expect(await api.value("s", { VersionStage: "AWSPREVIOUS" }, there)).toBe("1");
  const [here, copy] = await both({ SecretId: "s" });
  expect(copy).toMatchObject({
    Description: "d",
    Tags: [{ Key: "team", Value: "a" }],
    PrimaryRegion: "us-east-1",
    VersionIdsToStages: here?.VersionIdsToStages,
  });
  expect(here).toMatchObject({ PrimaryRegion: "us-east-1", ReplicationStatus: [{ Region: ELSEWHERE, Status: "InSync" }] });
  const listed = await there.send(new ListSecretsCommand({ Filters: [{ Key: "primary-region", Values: ["us-east"] }] }));
  expect(listed.SecretList?.map(({ Name }) => Name)).toEqual(["s"]);
});

test("a replica is changed at its primary only", async () => {
  await using api = await secretsWorld();
  await api.secret("s", "1", REPLICA);
  const there = api.elsewhere(ELSEWHERE);
  const SecretId = "s";
  const id = "a".repeat(32);
  const changes = [
    there.send(new PutSecretValueCommand({ SecretId, SecretString: "2" })),
    there.send(new UpdateSecretCommand({ SecretId, SecretString: "2" })),
    there.send(new UpdateSecretCommand({ SecretId, Description: "d" })),
    there.send(new TagResourceCommand({ SecretId, Tags: [{ Key: "a", Value: "b" }] })),
    there.send(new PutResourcePolicyCommand({ SecretId, ResourcePolicy: "{}" })),
    there.send(new DeleteSecretCommand({ SecretId })),
    there.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true })),
    there.send(new RestoreSecretCommand({ SecretId })),
    there.send(new RotateSecretCommand({ SecretId })),
    there.send(new ReplicateSecretToRegionsCommand({ SecretId, AddReplicaRegions: [{ Region: "eu-west-2" }] })),
    there.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: "A", MoveToVersionId: id })),
  ];
  for (const change of changes) await expect(change).rejects.toMatchObject(READ_ONLY);
  expect(await api.value("s", {}, there)).toBe("1");
});

test("a primary cannot be deleted before its replicas", async () => {
  await using api = await secretsWorld();
  const arn = await api.secret("s", "1", REPLICA);
  await expect(api.root.send(new DeleteSecretCommand({ SecretId: "s" }))).rejects.toMatchObject({
    name: "InvalidParameterException",
    message: `You can't delete secret ${arn} that still has replica regions [${ELSEWHERE}].`,
  });
  const removed = await api.root.send(new RemoveRegionsFromReplicationCommand({ SecretId: "s", RemoveReplicaRegions: [ELSEWHERE] }));
  expect(removed.ReplicationStatus).toEqual([]);
  await expect(api.value("s", {}, api.elsewhere(ELSEWHERE))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  await api.root.send(new DeleteSecretCommand({ SecretId: "s" }));
});

test("a replica that is promoted is a secret of its own", async () => {
  await using api = await secretsWorld();
  const arn = await api.secret("s", "1", REPLICA);
  const there = api.elsewhere(ELSEWHERE);
  const promoted = await there.send(new StopReplicationToReplicaCommand({ SecretId: "s" }));
  expect(promoted.ARN).toBe(arn.replace("us-east-1", ELSEWHERE));
  await there.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "theirs" }));
  await api.root.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "ours" }));
  expect([await api.value("s"), await api.value("s", {}, there)]).toEqual(["ours", "theirs"]);
  const described = await api.root.send(new DescribeSecretCommand({ SecretId: "s" }));
  expect([described.PrimaryRegion, described.ReplicationStatus]).toEqual([undefined, undefined]);
  await expect(there.send(new StopReplicationToReplicaCommand({ SecretId: "s" }))).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
});

test("a name that is taken in the other region makes replication fail, unless it is to be overwritten", async () => {
  await using api = await secretsWorld();
  const there = api.elsewhere(ELSEWHERE);
  await there.send(new CreateSecretCommand({ Name: "s", SecretString: "theirs" }));
  const made = await api.root.send(new CreateSecretCommand({ Name: "s", SecretString: "ours", ...REPLICA }));
  expect(made.ReplicationStatus).toMatchObject([
    {
      Status: "Failed",
      StatusMessage: `Replication failed: Secret name s already exists in region ${ELSEWHERE}.`,
    },
  ]);
  await api.root.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "newer" }));
  expect(await api.value("s", {}, there)).toBe("theirs");
  await api.root.send(new ReplicateSecretToRegionsCommand({ SecretId: "s", ...REPLICA, ForceOverwriteReplicaSecret: true }));
  expect(await api.value("s", {}, there)).toBe("newer");
});

test.each([
  ["its own region", "us-east-1"],
  ["what is no region", "nowhere"],
])("a secret is not replicated to %s", async (_what, Region) => {
  await using api = await secretsWorld();
  await api.secret("s", "1");
  await expect(
    api.root.send(new ReplicateSecretToRegionsCommand({ SecretId: "s", AddReplicaRegions: [{ Region }] })),
  ).rejects.toMatchObject({ name: "InvalidParameterException", message: "Invalid replica region." });
  await expect(
    api.root.send(new RemoveRegionsFromReplicationCommand({ SecretId: "s", RemoveReplicaRegions: [Region] })),
  ).rejects.toMatchObject({ name: "InvalidParameterException", message: "Invalid replica region." });
});

test("a replica has a key of its own; when that cannot encrypt any more, it stays as it was and says so", async () => {
  await using api = await secretsWorld();
  const key = api.key(undefined, { ...HERE, region: ELSEWHERE });
  const there = api.elsewhere(ELSEWHERE);
  await api.secret("s", "1", { AddReplicaRegions: [{ Region: ELSEWHERE, KmsKeyId: key.arn }] });
  expect(await api.value("s", {}, there)).toBe("1");
  api.state.commit(() => api.state.table(keys).put({ ...key, enabled: false }));
  await api.root.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "2" }));
  const { ReplicationStatus } = await api.root.send(new DescribeSecretCommand({ SecretId: "s" }));
  expect(ReplicationStatus).toMatchObject([{ Region: ELSEWHERE, KmsKeyId: key.arn, Status: "Failed" }]);
  await expect(api.value("s", {}, there)).rejects.toMatchObject({ name: "DecryptionFailure" });
  api.state.commit(() => api.state.table(keys).put(key));
  expect(await api.value("s", {}, there)).toBe("1");
  await api.root.send(
    new ReplicateSecretToRegionsCommand({ SecretId: "s", AddReplicaRegions: [{ Region: ELSEWHERE, KmsKeyId: key.arn }] }),
  );
  expect(await api.value("s", {}, there)).toBe("2");
});

test("the key is what a replica may change", async () => {
  await using api = await secretsWorld();
  const key = api.key(undefined, { ...HERE, region: ELSEWHERE });
  await api.secret("s", "1", REPLICA);
  const there = api.elsewhere(ELSEWHERE);
  await there.send(new UpdateSecretCommand({ SecretId: "s", KmsKeyId: key.arn }));
  await api.root.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "2" }));
  expect(await api.value("s", {}, there)).toBe("2");
  expect((await there.send(new DescribeSecretCommand({ SecretId: "s" }))).KmsKeyId).toBe(key.arn);
  const { ReplicationStatus } = await api.root.send(new DescribeSecretCommand({ SecretId: "s" }));
  expect(ReplicationStatus).toMatchObject([{ KmsKeyId: key.arn, Status: "InSync" }]);
});

test("a replica that failed goes with its region, and another secret of its name does not", async () => {
  await using api = await secretsWorld();
  const key = api.key(undefined, { ...HERE, region: ELSEWHERE });
  await api.secret("s", "1", { AddReplicaRegions: [{ Region: ELSEWHERE, KmsKeyId: key.arn }, { Region: "eu-west-2" }] });
  await api.elsewhere("eu-west-2").send(new StopReplicationToReplicaCommand({ SecretId: "s" }));
  await api.root.send(new ReplicateSecretToRegionsCommand({ SecretId: "s", AddReplicaRegions: [{ Region: "eu-west-2" }] }));
  api.state.commit(() => api.state.table(keys).put({ ...key, enabled: false }));
  await api.root.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "2" }));
  const status = (await api.root.send(new DescribeSecretCommand({ SecretId: "s" }))).ReplicationStatus;
  expect(status?.map(({ Status }) => Status)).toEqual(["Failed", "Failed"]);
  await api.root.send(new RemoveRegionsFromReplicationCommand({ SecretId: "s", RemoveReplicaRegions: [ELSEWHERE, "eu-west-2"] }));
  await expect(api.value("s", {}, api.elsewhere(ELSEWHERE))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  expect(await api.value("s", {}, api.elsewhere("eu-west-2"))).toBe("1");
});

test("who may not use the keys cannot copy a secret out from under them", async () => {
  await using api = await secretsWorld();
  const key = api.key();
  const there = api.key(undefined, { ...HERE, region: ELSEWHERE });
  await api.secret("s", "1", { KmsKeyId: key.arn });
  await api.secret("plain", "1");
  const service = { Effect: "Allow", Action: "secretsmanager:*", Resource: "*" };
  const decrypting = { Effect: "Allow", Action: "kms:Decrypt", Resource: key.arn };
  const copy = (SecretId: string, KmsKeyId?: string) =>
    new ReplicateSecretToRegionsCommand({ SecretId, AddReplicaRegions: [{ Region: ELSEWHERE, KmsKeyId }] });
  const refusal = { name: "AccessDeniedException", message: "Access to KMS is not allowed" };
  const caller = api.caller("caller", service);
  await expect(caller.send(copy("s"))).rejects.toMatchObject(refusal);
  await expect(caller.send(copy("plain", there.arn))).rejects.toMatchObject(refusal);
  await caller.send(copy("plain"));
  await expect(api.value("s", {}, api.elsewhere(ELSEWHERE))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  await api.caller("reader", service, decrypting).send(copy("s"));
  expect(await api.value("s", {}, api.elsewhere(ELSEWHERE))).toBe("1");
});
