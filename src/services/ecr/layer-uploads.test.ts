import {
  BatchCheckLayerAvailabilityCommand,
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  ECRClient,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UploadLayerPartCommand,
  type InvalidLayerPartException,
} from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { beginLayerUpload, layerUploads } from "../../state/ecr-layer-uploads.ts";
import { registryWorld, type RegistryWorld } from "../../testing/registry-world.ts";
import { digestOf, smallImage } from "../../testing/small-image.ts";

const MEBIBYTE = 1024 * 1024;
const repositoryName = "app";
let world: RegistryWorld;
let ecr: ECRClient;

beforeEach(async () => {
  world = await registryWorld();
  ecr = world.client(ECRClient);
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
});
afterEach(() => world[Symbol.asyncDispose]());

async function begin(): Promise<string> {
  const { uploadId = "", partSize } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }));
  expect(partSize).toBe(10_485_760);
  return uploadId;
}

const part = (uploadId: string, first: number, bytes: Uint8Array, last = first + bytes.length - 1) =>
  ecr.send(new UploadLayerPartCommand({ repositoryName, uploadId, partFirstByte: first, partLastByte: last, layerPartBlob: bytes }));
const complete = (uploadId: string, ...layerDigests: readonly string[]) =>
  ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [...layerDigests] }));
/** Bytes that differ from one another. */
const bytesOf = (size: number, salt = 1): Buffer => Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, at) => at * salt)));

async function push(...parts: readonly Buffer[]): Promise<string> {
  const uploadId = await begin();
  let first = 0;
  for (const bytes of parts) {
    expect((await part(uploadId, first, bytes)).lastByteReceived).toBe(first + bytes.length - 1);
    first += bytes.length;
  }
  return uploadId;
}

test("a layer in parts of 5 MiB and more, but for the last, is what the parts make together", async () => {
  const [one, two, three] = [bytesOf(10 * MEBIBYTE), bytesOf(5 * MEBIBYTE, 3), bytesOf(7, 5)];
  const digest = digestOf(Buffer.concat([one, two, three]));
  const uploadId = await push(one, two, three);
  expect(await complete(uploadId, digest)).toMatchObject({ registryId: "123456789012", repositoryName, uploadId, layerDigest: digest });
  const { layers } = await ecr.send(new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [digest] }));
  expect(layers).toMatchObject([{ layerAvailability: "AVAILABLE", layerSize: 15 * MEBIBYTE + 7 }]);
  expect(digestOf(Buffer.from(await (await world.fetch(`/v2/app/blobs/${digest}`)).arrayBuffer()))).toBe(digest);
  expect([...world.platform.state.table(layerUploads).values()]).toEqual([]);
});

test("a whole image is pushed without docker, and pulled with the distribution API", async () => {
  const image = smallImage();
  for (const { bytes, digest } of image.blobs) await complete(await push(bytes), digest);
  await ecr.send(new PutImageCommand({ repositoryName, imageTag: "v1", imageManifest: image.text }));
  expect(await (await world.fetch("/v2/app/manifests/v1")).text()).toBe(image.text);
});

describe("a part that does not continue the upload is told where to go on", () => {
  test.each([
    ["leaves a gap", 4, bytesOf(3), 6],
    ["comes again", 0, bytesOf(3), 2],
    ["has fewer bytes than it says", 3, bytesOf(3), 9],
    ["has more bytes than it says", 3, bytesOf(3), 3],
    ["is empty", 3, bytesOf(0), 3],
  ])("one that %s", async (_what, first, bytes, last) => {
    const uploadId = await push(bytesOf(3));
    const refused = part(uploadId, first, bytes, last);
    await expect(refused).rejects.toMatchObject({ name: "InvalidLayerPartException" });
    const told = (await refused.catch((cause: unknown) => cause)) as InvalidLayerPartException;
    expect(told).toMatchObject({ registryId: "123456789012", repositoryName, uploadId, lastValidByteReceived: 2 });
    expect((await part(uploadId, 3, bytesOf(2))).lastByteReceived).toBe(4);
  });

  test("of two that come at once for the same bytes, one is taken", async () => {
    const uploadId = await begin();
    const outcomes = await Promise.allSettled([part(uploadId, 0, bytesOf(100)), part(uploadId, 0, bytesOf(100, 3))]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({ reason: { name: "InvalidLayerPartException" } });
    const taken = outcomes[0]?.status === "fulfilled" ? bytesOf(100) : bytesOf(100, 3);
    await complete(uploadId, digestOf(taken));
  });
});

describe("an upload that cannot be a layer", () => {
  test("of no parts", async () => {
    await expect(complete(await begin(), digestOf(""))).rejects.toMatchObject({ name: "EmptyUploadException" });
  });

  test("with a part below 5 MiB before the last one", async () => {
    const parts = [bytesOf(5 * MEBIBYTE - 1), bytesOf(10)];
    const uploadId = await push(...parts);
    await expect(complete(uploadId, digestOf(Buffer.concat(parts)))).rejects.toMatchObject({ name: "LayerPartTooSmallException" });
  });

  test("whose digest is another one: nothing is kept", async () => {
    const uploadId = await push(bytesOf(10));
    await expect(complete(uploadId, digestOf("other"))).rejects.toMatchObject({ name: "InvalidLayerException" });
    const check = new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [digestOf("other"), digestOf(bytesOf(10))] });
    expect((await ecr.send(check)).layers?.map(({ layerAvailability }) => layerAvailability)).toEqual(["UNAVAILABLE", "UNAVAILABLE"]);
    await expect(complete(uploadId, digestOf(bytesOf(10)))).rejects.toMatchObject({ name: "UploadNotFoundException" });
  });

  test("that the repository has already", async () => {
    const digest = digestOf(bytesOf(10));
    await complete(await push(bytesOf(10)), digest);
    await expect(complete(await push(bytesOf(10)), digest)).rejects.toMatchObject({
      name: "LayerAlreadyExistsException",
      message: `Layer with digest '${digest}' already exists in the repository with name 'app' in registry with id '123456789012'`,
    });
  });

  test.each([
    ["no digest", []],
    ["a digest of another algorithm", ["md5:0123"]],
    ["a text that is no digest", ["latest"]],
  ])("with %s", async (_what, digests) => {
    await expect(complete(await push(bytesOf(1)), ...digests)).rejects.toMatchObject({ name: "InvalidParameterException" });
  });
});

describe("an upload belongs to its repository", () => {
  test.each([
    ["of an id that is none", "../../etc", "InvalidParameterException"],
    ["that nobody began", "01234567-89ab-cdef-0123-456789abcdef", "UploadNotFoundException"],
  ])("one %s is not found", async (_what, uploadId, name) => {
    await expect(part(uploadId, 0, bytesOf(1))).rejects.toMatchObject({ name });
    await expect(complete(uploadId, digestOf("x"))).rejects.toMatchObject({ name });
  });

  test("another one does not get it", async () => {
    await ecr.send(new CreateRepositoryCommand({ repositoryName: "other" }));
    const uploadId = await push(bytesOf(1));
    const command = { repositoryName: "other", uploadId, layerDigests: [digestOf(bytesOf(1))] };
    await expect(ecr.send(new CompleteLayerUploadCommand(command))).rejects.toMatchObject({ name: "UploadNotFoundException" });
  });

  test("a request to `/v2/` does not get it, nor the other way round", async () => {
    const uploadId = await push(bytesOf(1));
    expect((await world.fetch(`/v2/app/blobs/uploads/${uploadId}`, { method: "PATCH", body: "x" })).status).toBe(404);
    const started = await world.fetch("/v2/app/blobs/uploads/", { method: "POST" });
    await expect(part(started.headers.get("docker-upload-uuid") ?? "", 0, bytesOf(1))).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
  });

  test("it ends with it", async () => {
    const uploadId = await push(bytesOf(1));
    await ecr.send(new DeleteRepositoryCommand({ repositoryName }));
    await expect(part(uploadId, 1, bytesOf(1))).rejects.toMatchObject({ name: "RepositoryNotFoundException" });
  });
});

test("an upload that nobody goes on with is forgotten when another one begins a day later", async () => {
  const { state } = world.platform;
  const hour = 3_600_000;
  const kept = await push(bytesOf(1));
  const now = Date.now();
  beginLayerUpload(state, "forgotten", "123456789012/us-east-1/app", now - 24 * hour);
  beginLayerUpload(state, "new", "123456789012/us-east-1/app", now + hour);
  expect([...state.table(layerUploads).values()].map(({ id }) => id)).toEqual([kept, "new"]);
});
