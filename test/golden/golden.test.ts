import { createReadStream } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import { pipeline } from "node:stream/promises";
import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { BatchGetImageCommand, ECRClient } from "@aws-sdk/client-ecr";
import { DescribeServicesCommand, DescribeTaskDefinitionCommand, ECSClient } from "@aws-sdk/client-ecs";
import { DescribeListenersCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetPolicyVersionCommand, IAMClient, ListGroupsForUserCommand } from "@aws-sdk/client-iam";
import { DecryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { unpackTar } from "modern-tar/fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FilesystemBlobStore } from "../../src/drivers/filesystem/blob-store.ts";
import { openInstallation } from "../../src/drivers/filesystem/installation.ts";
import { memoryJournal } from "../../src/drivers/memory/journal.ts";
import { sqliteJournal } from "../../src/drivers/sqlite/journal.ts";
import { sqliteLogStore } from "../../src/drivers/sqlite/log-store.ts";
import { secretBox } from "../../src/drivers/system/secret-box.ts";
import { NewerStateError, openState } from "../../src/state/open-state.ts";
import { apiWorld, type ApiWorld } from "../../src/testing/api-world.ts";
import { NAME, POLICY, type AccountNames } from "../../src/testing/furnished-account.ts";

const here = new URL(".", import.meta.url).pathname;
const RELEASES = (await readdir(here)).filter((file) => file.endsWith(".tar.gz")).map((file) => file.replace(".tar.gz", ""));

test("there is a data folder of each release before this one", async () => {
  const changelog = await readFile(join(here, "../../CHANGELOG.md"), "utf8");
  const [, ...before] = [...changelog.matchAll(/^## (\d+\.\d+\.\d+)/gm)].map(([, version = ""]) => version);
  expect(RELEASES.toSorted()).toEqual(before.toSorted());
});

/** What it takes to bring each to today's version. */
const STEPS: Readonly<Record<string, readonly string[]>> = {
  "0.1.0": [
    "managed policies have versions",
    "default VPCs have a subnet in each zone",
    "route tables, internet gateways and network ACLs are records",
    "default VPCs have endpoints",
  ],
};

describe.each(RELEASES)("the data folder of %s", (release) => {
  let folder = "";
  let api: ApiWorld;
  let names: AccountNames & { readonly ciphertext: string };
  const steps: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "airfield-golden-"));
    await pipeline(createReadStream(join(here, `${release}.tar.gz`)), createGunzip(), unpackTar(folder));
    names = JSON.parse(await readFile(join(here, `${release}.json`), "utf8")) as typeof names;
    const { rootKey } = await openInstallation(folder, { accessKeyId: undefined, secretAccessKey: undefined });
    const state = await openState(await sqliteJournal(join(folder, "state.db")), { migrated: ({ title }) => void steps.push(title) });
    api = await apiWorld({
      state,
      secrets: secretBox(rootKey),
      logs: sqliteLogStore(join(folder, "logs.db")),
      blobs: await FilesystemBlobStore.open(join(folder, "registry")),
    });
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test("was brought to today's version", () => {
    expect(steps).toEqual(STEPS[release]);
  });

  test("has its secrets, parameters and keys, which open", async () => {
    const secret = await api.client(SecretsManagerClient).send(new GetSecretValueCommand({ SecretId: names.secret }));
    expect(secret.SecretString).toBe("planted-in-123456789012");
    const sealed = await api.client(SSMClient).send(new GetParameterCommand({ Name: "/sealed", WithDecryption: true }));
    expect(sealed.Parameter?.Value).toBe("planted-sealed");
    const opened = await api.client(KMSClient).send(new DecryptCommand({ CiphertextBlob: Buffer.from(names.ciphertext, "base64") }));
    expect(Buffer.from(opened.Plaintext ?? []).toString()).toBe("planted-ciphertext");
  });

  test("has its image", async () => {
    const { images } = await api.client(ECRClient).send(new BatchGetImageCommand({ repositoryName: NAME, imageIds: [{ imageTag: "v1" }] }));
    expect(images).toHaveLength(1);
  });

  test("has its log lines", async () => {
    const { events } = await api.client(CloudWatchLogsClient).send(new GetLogEventsCommand({ logGroupName: NAME, logStreamName: NAME }));
    expect(events).toMatchObject([{ message: "planted-line" }]);
  });

  test("has its service, behind its load balancer", async () => {
    const ecs = api.client(ECSClient);
    const { services } = await ecs.send(new DescribeServicesCommand({ cluster: names.cluster, services: [names.service] }));
    expect(services).toMatchObject([{ status: "ACTIVE", loadBalancers: [{ targetGroupArn: names.targetGroup }] }]);
    const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: names.taskDefinition }));
    expect(taskDefinition).toMatchObject({ taskRoleArn: names.role, containerDefinitions: [{ name: "web" }] });
    const elb = api.client(ElasticLoadBalancingV2Client);
    const { Listeners } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn: names.loadBalancer }));
    expect(Listeners).toMatchObject([{ ListenerArn: names.listener, Port: 80 }]);
  });

  test("has its users and policies, and the keys of users count", async () => {
    const iam = api.client(IAMClient);
    expect(await iam.send(new ListGroupsForUserCommand({ UserName: NAME }))).toMatchObject({ Groups: [{ GroupName: NAME }] });
    const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn: names.policy, VersionId: "v1" }));
    expect(decodeURIComponent(PolicyVersion?.Document ?? "")).toBe(POLICY);
    expect(api.platform.credentials.find(names.accessKeyId, undefined, Date.now()).kind).toBe("found");
    expect(api.defects).toEqual([]);
  });

  test("is not opened by a version that knows less", async () => {
    const records = new Map([["state.version\nversion", { table: "state.version", key: "version", value: '{"version":2}' }]]);
    await expect(openState(memoryJournal(records), { migrations: [] })).rejects.toThrow(NewerStateError);
  });
});
