import { randomBytes } from "node:crypto";
import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  CreateRepositoryCreationTemplateCommand,
  DescribeImageReplicationStatusCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetDownloadUrlForLayerCommand,
  PutReplicationConfigurationCommand,
} from "@aws-sdk/client-ecr";
import { afterAll, beforeAll, expect, test } from "vitest";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { digestOf, pushImageTo, smallImage, type SmallImage } from "../../src/testing/small-image.ts";

const [HOME, COPY] = ["us-east-1", "eu-west-1"];
const REPOSITORY = "shop";
/** Milliseconds between the last answer to a push and the kill. */
const MOMENTS = [0, 30, 100, 250];
const MEBIBYTE = 1024 * 1024;

let airfield: AirfieldProcess;
let authorization = "";

beforeAll(async () => {
  airfield = await airfieldProcess();
  const ecr = airfield.client(ECRClient, HOME);
  await ecr.send(new CreateRepositoryCommand({ repositoryName: REPOSITORY }));
  const rules = [{ destinations: [{ region: COPY, registryId: "123456789012" }] }];
  await ecr.send(new PutReplicationConfigurationCommand({ replicationConfiguration: { rules } }));
  // Under another key, layers are copied; under the same one they would be linked.
  const template = { prefix: "ROOT", appliedFor: ["REPLICATION" as const], encryptionConfiguration: { encryptionType: "KMS" as const } };
  await airfield.client(ECRClient, COPY).send(new CreateRepositoryCreationTemplateCommand(template));
  const { authorizationData = [] } = await ecr.send(new GetAuthorizationTokenCommand());
  authorization = `Basic ${authorizationData[0]?.authorizationToken ?? ""}`;
});
afterAll(() => airfield[Symbol.asyncDispose]());

async function push(image: SmallImage): Promise<void> {
  const world = { fetch: (path: string, init?: RequestInit) => fetch(airfield.url + path, init) };
  await pushImageTo(world, REPOSITORY, image.digest, image, { authorization });
}

async function status({ digest }: SmallImage): Promise<string | undefined> {
  const asked = new DescribeImageReplicationStatusCommand({ repositoryName: REPOSITORY, imageId: { imageDigest: digest } });
  const { replicationStatuses = [] } = await airfield.client(ECRClient, HOME).send(asked);
  return replicationStatuses[0]?.status;
}

test.each(MOMENTS)("what was pushed before a kill, %i ms ago, is replicated whole after the restart", async (moment) => {
  const pushed = Array.from({ length: 5 }, () => smallImage({ layers: [randomBytes(6 * MEBIBYTE), randomBytes(MEBIBYTE)] }));
  for (const image of pushed) await push(image);
  const before = await Promise.all(pushed.map(status));
  expect(moment > 0 || before.includes("IN_PROGRESS"), "the first kill is in the middle of it").toBe(true);
  await new Promise((resolve) => setTimeout(resolve, moment));
  await airfield.kill();
  airfield = await airfield.restart();
  for (const image of pushed) await expect.poll(() => status(image), { timeout: 60_000, interval: 200 }).toBe("COMPLETE");
  const there = airfield.client(ECRClient, COPY);
  for (const { digest, text, blobs } of pushed) {
    const { images = [] } = await there.send(new BatchGetImageCommand({ repositoryName: REPOSITORY, imageIds: [{ imageDigest: digest }] }));
    expect(images[0]?.imageManifest).toBe(text);
    for (const blob of blobs.slice(1)) {
      const { downloadUrl = "" } = await there.send(
        new GetDownloadUrlForLayerCommand({ repositoryName: REPOSITORY, layerDigest: blob.digest }),
      );
      expect(digestOf(Buffer.from(await (await fetch(downloadUrl)).arrayBuffer()))).toBe(blob.digest);
    }
  }
});
