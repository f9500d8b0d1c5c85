import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  CreateRepositoryCreationTemplateCommand,
  DescribeImageReplicationStatusCommand,
  DescribeImagesCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  PutReplicationConfigurationCommand,
} from "@aws-sdk/client-ecr";
import { CreateKeyCommand, DisableKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Blobs, BlobStore } from "../../ports/blob-store.ts";
import { blobDomain } from "../../state/ecr-encryption.ts";
import { replications, type ReplicationRecord } from "../../state/ecr-replication.ts";
import { changeRegistry } from "../../state/ecr-registries.ts";
import { layers, repositories, repositoryKey } from "../../state/ecr.ts";
import { FOREIGN_ACCOUNT } from "../../testing/api-world.ts";
import { HeldJournal } from "../../testing/held-journal.ts";
import { registryWorld, type RegistryWorld } from "../../testing/registry-world.ts";
import { OCI_INDEX, pushImageTo, pushManifestTo, smallImage, smallIndex } from "../../testing/small-image.ts";
import { replication } from "./replication.ts";

const HOME = "123456789012";
const FAR = "eu-west-1";
const HERE = "us-east-1";
const LOGGER = { info: () => undefined, warn: () => undefined, error: () => undefined };

let journal: HeldJournal;
let world: RegistryWorld;
let ecr: ECRClient;
let far: ECRClient;
let loop: AsyncDisposable;
beforeEach(async () => {
  journal = new HeldJournal();
  world = await registryWorld({ journal });
  ecr = world.client(ECRClient);
  far = world.client(ECRClient, FAR);
  loop = replication({ ...world.platform, logger: LOGGER });
});
afterEach(async () => {
  await loop[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const configure = (destinations: readonly { region: string; registryId: string }[], ...prefixes: readonly string[]): Promise<unknown> =>
  ecr.send(
    new PutReplicationConfigurationCommand({
      replicationConfiguration: {
        rules: [
          {
            destinations: [...destinations],
            ...(prefixes.length > 0 && { repositoryFilters: prefixes.map((filter) => ({ filter, filterType: "PREFIX_MATCH" as const })) }),
          },
        ],
      },
    }),
  );
const repository = (repositoryName: string, more: object = {}): Promise<unknown> =>
  ecr.send(new CreateRepositoryCommand({ repositoryName, ...more }));

/** Resolves when no replication is under way. */
async function settled(): Promise<readonly ReplicationRecord[]> {
  const { state } = world.platform;
  const table = state.table(replications);
  const busy = (): boolean => [...table.values()].some(({ status }) => status === "IN_PROGRESS");
  while (busy())
    await new Promise<void>((resolve) => {
      const watch = state.watch(replications, () => {
        watch[Symbol.dispose]();
        resolve();
      });
    });
  return [...table.values()];
}

async function tagsIn(client: ECRClient, repositoryName: string): Promise<readonly (readonly string[] | undefined)[]> {
  const { imageDetails = [] } = await client.send(new DescribeImagesCommand({ repositoryName }));
  return imageDetails.map(({ imageTags }) => imageTags);
}

describe("an image that is pushed after replication was configured", () => {
  test("is in the other region too, in a repository made for it, and its status says so", async () => {
    await repository("app");
    await configure([{ region: FAR, registryId: HOME }]);
    const image = smallImage();
    await pushImageTo(world, "app", "1", image);
    expect(await settled()).toMatchObject([{ status: "COMPLETE", region: FAR, registryId: HOME }]);
    const { images = [] } = await far.send(new BatchGetImageCommand({ repositoryName: "app", imageIds: [{ imageTag: "1" }] }));
    expect(images[0]).toMatchObject({ imageId: { imageDigest: image.digest }, imageManifest: image.text });
    for (const { digest, bytes } of image.blobs) {
      const answer = await world.fetch(`/v2/app/blobs/${digest}`, { headers: { authorization: world.authorization({ region: FAR }) } });
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
    }
    expect(await ecr.send(new DescribeImageReplicationStatusCommand({ repositoryName: "app", imageId: { imageTag: "1" } }))).toMatchObject({
      repositoryName: "app",
      imageId: { imageDigest: image.digest, imageTag: "1" },
      replicationStatuses: [{ region: FAR, registryId: HOME, status: "COMPLETE" }],
    });
    expect(world.defects).toEqual([]);
  });

  test("goes with the images that an index lists, whenever those were pushed", async () => {
    await repository("app");
    const [amd, arm] = [smallImage({ content: "amd" }), smallImage({ content: "arm" })];
    for (const image of [amd, arm]) await pushImageTo(world, "app", image.digest, image);
    await configure([{ region: FAR, registryId: HOME }]);
    const index = smallIndex([amd, arm], ["amd64", "arm64"]);
    await pushManifestTo(world, "app", "1", index.text, OCI_INDEX);
    await settled();
    const { imageDetails = [] } = await far.send(new DescribeImagesCommand({ repositoryName: "app" }));
    expect(new Set(imageDetails.map(({ imageDigest }) => imageDigest))).toEqual(new Set([amd.digest, arm.digest, index.digest]));
  });

  test.each([
    ["prod", "prod/web", true],
    ["prod", "production", true],
    ["prod", "test/web", false],
  ])("under the filter %s: %s goes is %s", async (filter, name, goes) => {
    await configure([{ region: FAR, registryId: HOME }], filter);
    await repository(name);
    await pushImageTo(world, name, "1", smallImage());
    await settled();
    const { repositories: found = [] } = await far.send(new DescribeRepositoriesCommand({}));
    expect(found.map(({ repositoryName }) => repositoryName)).toEqual(goes ? [name] : []);
  });

  test("gets a repository with the settings of the template over there", async () => {
    await far.send(
      new CreateRepositoryCreationTemplateCommand({ prefix: "ROOT", appliedFor: ["REPLICATION"], imageTagMutability: "IMMUTABLE" }),
    );
    await repository("app");
    await configure([{ region: FAR, registryId: HOME }]);
    await pushImageTo(world, "app", "1", smallImage());
    await settled();
    const { repositories: found } = await far.send(new DescribeRepositoriesCommand({}));
    expect(found).toMatchObject([{ repositoryName: "app", imageTagMutability: "IMMUTABLE" }]);
  });

  test("takes its tag along when the tag moves, and leaves it where the tag was taken meanwhile", async () => {
    await repository("app");
    await configure([{ region: FAR, registryId: HOME }]);
    await pushImageTo(world, "app", "latest", smallImage({ content: "a" }));
    await pushImageTo(world, "app", "latest", smallImage({ content: "b" }));
    await settled();
    const { images = [] } = await far.send(new BatchGetImageCommand({ repositoryName: "app", imageIds: [{ imageTag: "latest" }] }));
    expect(images[0]?.imageId?.imageDigest).toBe(smallImage({ content: "b" }).digest);
  });

  test("does not go on from where it came to", async () => {
    await far.send(
      new PutReplicationConfigurationCommand({
        replicationConfiguration: { rules: [{ destinations: [{ region: "ap-south-1", registryId: HOME }] }] },
      }),
    );
    await repository("app");
    await configure([{ region: FAR, registryId: HOME }]);
    await pushImageTo(world, "app", "1", smallImage());
    await settled();
    const farther = await world.client(ECRClient, "ap-south-1").send(new DescribeRepositoriesCommand({}));
    expect(farther.repositories).toEqual([]);
  });

  test("stays over there when it is deleted here", async () => {
    await repository("app");
    await configure([{ region: FAR, registryId: HOME }]);
    await pushImageTo(world, "app", "1", smallImage());
    await settled();
    await ecr.send(new BatchDeleteImageCommand({ repositoryName: "app", imageIds: [{ imageTag: "1" }] }));
    expect(await tagsIn(far, "app")).toEqual([["1"]]);
    expect([...world.platform.state.table(replications).values()]).toEqual([]);
  });
});

test("what was pushed before replication was configured stays where it is", async () => {
  await repository("app");
  await pushImageTo(world, "app", "1", smallImage());
  await configure([{ region: FAR, registryId: HOME }]);
  await settled();
  expect((await far.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([]);
});

test("bytes lie under the keys of each end: they are linked within one key, and written anew under another", async () => {
  await far.send(
    new CreateRepositoryCreationTemplateCommand({
      prefix: "secret",
      appliedFor: ["REPLICATION"],
      encryptionConfiguration: { encryptionType: "KMS" },
    }),
  );
  await repository("open");
  await repository("secret/app");
  await configure([{ region: FAR, registryId: HOME }]);
  const image = smallImage({ layers: [Buffer.alloc(300_000, 3)] });
  for (const name of ["open", "secret/app"]) await pushImageTo(world, name, "1", image);
  await settled();
  const { state, blobs } = world.platform;
  const domains = new Set<string>();
  for await (const domain of blobs.domains()) domains.add(domain);
  const secret = state.table(repositories).get(repositoryKey({ account: HOME, region: FAR }, "secret/app"));
  expect(secret && domains.has(blobDomain(secret))).toBe(true);
  expect(domains.size).toBe(2);
  const headers = { authorization: world.authorization({ region: FAR }) };
  for (const name of ["open", "secret/app"])
    expect((await (await world.fetch(`/v2/${name}/blobs/${image.blobs[1]?.digest}`, { headers })).arrayBuffer()).byteLength).toBe(300_000);
});

describe("to another account", () => {
  const allow = (...actions: readonly string[]): void =>
    changeRegistry(world.platform.state, { account: FOREIGN_ACCOUNT, region: HERE }, (registry) => ({
      ...registry,
      policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { AWS: `arn:aws:iam::${HOME}:root` },
            Action: actions,
            Resource: `arn:aws:ecr:${HERE}:${FOREIGN_ACCOUNT}:repository/*`,
          },
        ],
      }),
    }));
  const foreignKey = repositoryKey({ account: FOREIGN_ACCOUNT, region: HERE }, "app");

  test.each([
    ["nothing", [], "AccessDeniedException"],
    ["copies alone", ["ecr:ReplicateImage"], "AccessDeniedException"],
    ["copies and repositories", ["ecr:ReplicateImage", "ecr:CreateRepository"], undefined],
  ])("whose registry policy allows %s", async (_what, actions, failureCode) => {
    if (actions.length > 0) allow(...actions);
    await repository("app");
    await configure([{ region: HERE, registryId: FOREIGN_ACCOUNT }]);
    await pushImageTo(world, "app", "1", smallImage());
    await settled();
    const { replicationStatuses: [status] = [] } = await ecr.send(
      new DescribeImageReplicationStatusCommand({ repositoryName: "app", imageId: { imageTag: "1" } }),
    );
    expect([status?.status, status?.failureCode]).toEqual(failureCode === undefined ? ["COMPLETE", undefined] : ["FAILED", failureCode]);
    expect(world.platform.state.table(repositories).has(foreignKey)).toBe(failureCode === undefined);
  });
});

test("a tag that is immutable over there is not moved, and the status tells", async () => {
  await far.send(new CreateRepositoryCommand({ repositoryName: "app", imageTagMutability: "IMMUTABLE" }));
  await repository("app");
  await configure([{ region: FAR, registryId: HOME }]);
  await pushImageTo(world, "app", "1", smallImage({ content: "a" }));
  await settled();
  await pushImageTo(world, "app", "1", smallImage({ content: "b" }));
  expect((await settled()).map(({ status, failureCode }) => [status, failureCode])).toContainEqual([
    "FAILED",
    "ImageTagAlreadyExistsException",
  ]);
});

test("a key that cannot be used over there fails the replication, and leaves no repository", async () => {
  const kms = world.client(KMSClient, FAR);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  await far.send(
    new CreateRepositoryCreationTemplateCommand({
      prefix: "ROOT",
      appliedFor: ["REPLICATION"],
      encryptionConfiguration: { encryptionType: "KMS", kmsKey: KeyMetadata?.Arn },
    }),
  );
  await kms.send(new DisableKeyCommand({ KeyId: KeyMetadata?.KeyId }));
  await repository("app");
  await configure([{ region: FAR, registryId: HOME }]);
  await pushImageTo(world, "app", "1", smallImage());
  expect(await settled()).toMatchObject([{ status: "FAILED", failureCode: "KmsException" }]);
  expect((await far.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([]);
});

test.each([
  ["whose bytes are linked", "AES256"],
  ["whose bytes are written anew", "KMS"],
] as const)("a stop waits for none of thirty images %s, and the next start replicates them all", async (_how, encryptionType) => {
  await loop[Symbol.asyncDispose]();
  const template = { prefix: "ROOT", appliedFor: ["REPLICATION" as const], encryptionConfiguration: { encryptionType } };
  await far.send(new CreateRepositoryCreationTemplateCommand(template));
  await repository("app");
  await configure([{ region: FAR, registryId: HOME }]);
  for (let at = 0; at < 30; at += 1) await pushImageTo(world, "app", String(at), smallImage({ content: String(at) }));

  // A store of which every read waits for the test, and a stop that comes while the first ones do.
  let reads = 0;
  let readOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (readOn = resolve));
  let under: () => void = () => undefined;
  const underWay = new Promise<void>((resolve) => (under = resolve));
  const inner = world.platform.blobs;
  const slow: Pick<BlobStore, "in"> = {
    in(keys) {
      const blobs = inner.in(keys);
      const read: Blobs["read"] = async (...which) => {
        reads += 1;
        under();
        await held;
        return blobs.read(...which);
      };
      return Object.assign(Object.create(blobs) as Blobs, { read });
    },
  };
  const told: string[] = [];
  const logger = { ...LOGGER, error: (text: string) => void told.push(text) };
  const stopped = replication({ ...world.platform, blobs: Object.assign(Object.create(inner) as BlobStore, slow), logger });
  await underWay;
  const stop = stopped[Symbol.asyncDispose]();
  readOn();
  await stop;
  const table = world.platform.state.table(replications);
  expect([...table.values()].map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => "IN_PROGRESS"));
  expect(reads).toBeLessThanOrEqual(4);
  expect(told).toEqual([]);
  const arrived = [...world.platform.state.table(layers).values()].filter((layer) => layer.repository.includes(FAR));
  // What is linked costs nothing, and may stay.
  expect(encryptionType === "KMS" ? arrived : []).toEqual([]);

  loop = replication({ ...world.platform, logger: LOGGER });
  expect((await settled()).map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => "COMPLETE"));
  expect(await tagsIn(far, "app")).toHaveLength(30);
});

test("what a push queued while nobody replicated is done when somebody does", async () => {
  await loop[Symbol.asyncDispose]();
  await repository("app");
  await configure([{ region: FAR, registryId: HOME }]);
  await pushImageTo(world, "app", "1", smallImage());
  expect([...world.platform.state.table(replications).values()]).toMatchObject([{ status: "IN_PROGRESS" }]);
  loop = replication({ ...world.platform, logger: LOGGER });
  expect(await settled()).toMatchObject([{ status: "COMPLETE" }]);
  const here = [...world.platform.state.table(layers).values()].filter(({ repository: key }) => key.includes(FAR));
  expect(here).toHaveLength(2);
});

test("that an image was not replicated is told when it is on the disk, and a stop waits for that", async () => {
  await loop[Symbol.asyncDispose]();
  await repository("app");
  await configure([{ region: HERE, registryId: FOREIGN_ACCOUNT }]);
  const image = smallImage();
  await pushImageTo(world, "app", "1", image);
  const told: unknown[] = [];
  journal.hold();
  loop = replication({
    ...world.platform,
    logger: { ...LOGGER, warn: (text: string, fields?: unknown) => void told.push([text, fields]) },
  });
  const [record] = await settled();
  let stopped = false;
  const stop = Promise.resolve(loop[Symbol.asyncDispose]()).then(() => (stopped = true));
  // Whatever does not wait for the disk is over by then.
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  expect([told, stopped]).toEqual([[], false]);
  journal.letGo();
  await stop;
  expect(record && journal.durable(replications, replications.key(record))).toMatchObject({ status: "FAILED" });
  const { repository: key, digest, region, registryId } = record as ReplicationRecord;
  expect(told).toEqual([["an image was not replicated", { repository: key, digest, region, registryId, why: "AccessDeniedException" }]]);
});

describe("a configuration", () => {
  const destination = { region: FAR, registryId: HOME };

  test("is shown as it was put, and taken back by an empty one", async () => {
    await configure([destination], "prod", "test-");
    const shown = async (): Promise<unknown> => (await ecr.send(new DescribeRegistryCommand({}))).replicationConfiguration;
    expect(await shown()).toEqual({
      rules: [
        {
          destinations: [destination],
          repositoryFilters: [
            { filter: "prod", filterType: "PREFIX_MATCH" },
            { filter: "test-", filterType: "PREFIX_MATCH" },
          ],
        },
      ],
    });
    await ecr.send(new PutReplicationConfigurationCommand({ replicationConfiguration: { rules: [] } }));
    expect(await shown()).toEqual({ rules: [] });
  });

  test.each([
    ["a rule without destinations", () => configure([])],
    ["a filter that no name begins with", () => configure([destination], "Prod")],
    ["a region that is none", () => configure([{ region: "nowhere", registryId: HOME }])],
    ["an account that is none", () => configure([{ region: FAR, registryId: "1" }])],
    [
      "more than 25 destinations",
      () => configure(Array.from({ length: 26 }, (_, at) => ({ region: `eu-west-${at + 1}`, registryId: HOME }))),
    ],
  ])("with %s is refused", async (_what, put) => {
    await expect(put()).rejects.toMatchObject({ name: "InvalidParameterException" });
  });

  test("to the registry itself is refused", async () => {
    await expect(configure([{ region: HERE, registryId: HOME }])).rejects.toMatchObject({
      message:
        "Invalid parameter at 'replicationConfiguration' failed to satisfy constraint: 'Replication destination cannot be the same as the source registry'",
    });
  });

  test("of more than ten rules is refused", async () => {
    const rules = Array.from({ length: 11 }, () => ({ destinations: [destination] }));
    const put = ecr.send(new PutReplicationConfigurationCommand({ replicationConfiguration: { rules } }));
    await expect(put).rejects.toMatchObject({ name: "InvalidParameterException" });
  });
});

test("the command line configures replication and asks how far an image is", async () => {
  const rules = { rules: [{ destinations: [{ region: FAR, registryId: HOME }] }] };
  const put = await world.aws("ecr", "put-replication-configuration", "--replication-configuration", JSON.stringify(rules));
  expect([put.code, JSON.parse(put.stdout)]).toEqual([0, { replicationConfiguration: rules }]);
  await repository("app");
  await pushImageTo(world, "app", "1", smallImage());
  await settled();
  const asked = await world.aws("ecr", "describe-image-replication-status", "--repository-name", "app", "--image-id", "imageTag=1");
  expect(JSON.parse(asked.stdout)).toMatchObject({ replicationStatuses: [{ region: FAR, registryId: HOME, status: "COMPLETE" }] });
});
