import {
  BatchCheckLayerAvailabilityCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  ECRClient,
  ListImagesCommand,
  PutImageCommand,
  UpdateImageStorageClassCommand,
  type ImageDetail,
  type TargetStorageClass,
} from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { imageActivation } from "../../control/image-activation.ts";
import { images } from "../../state/ecr.ts";
import { registryWorld, type RegistryWorld } from "../../testing/registry-world.ts";
import { OCI_INDEX, pushImageTo, pushManifestTo, smallImage, smallIndex } from "../../testing/small-image.ts";

const repositoryName = "app";
const image = smallImage();
let world: RegistryWorld;
let ecr: ECRClient;

beforeEach(async () => {
  world = await registryWorld();
  ecr = world.client(ECRClient);
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  await pushImageTo(world, repositoryName, "v1", image);
});
afterEach(() => world[Symbol.asyncDispose]());

const move = (targetStorageClass: TargetStorageClass, imageId: object = { imageTag: "v1" }) =>
  ecr.send(new UpdateImageStorageClassCommand({ repositoryName, imageId, targetStorageClass }));
async function detail(): Promise<ImageDetail> {
  const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest: image.digest }] }));
  return imageDetails?.[0] ?? {};
}
const listed = async (imageStatus?: "ACTIVE" | "ARCHIVED" | "ACTIVATING" | "ANY"): Promise<number> => {
  const filter = imageStatus ? { filter: { imageStatus } } : {};
  const [{ imageDetails = [] }, { imageIds = [] }] = [
    await ecr.send(new DescribeImagesCommand({ repositoryName, ...filter })),
    await ecr.send(new ListImagesCommand({ repositoryName, ...filter })),
  ];
  expect(imageIds).toHaveLength(imageDetails.length);
  return imageDetails.length;
};

/** Lets images come back, as the running product does, until this one has. */
async function activation(): Promise<void> {
  const { state, blobs, secrets, clock } = world.platform;
  const back = new Promise<void>((resolve) => {
    const watch = state.watch(images, ({ after }) => {
      if (after?.digest !== image.digest || after.status !== undefined) return;
      watch[Symbol.dispose]();
      resolve();
    });
  });
  const loop = imageActivation({ state, blobs, secrets, clock, logger: { info: () => {}, warn: () => {}, error: () => {} } });
  await back;
  await loop[Symbol.asyncDispose]();
}

test("an archived image is described and listed as such, and cannot be pulled", async () => {
  expect(await move("ARCHIVE")).toMatchObject({ imageId: { imageDigest: image.digest, imageTag: "v1" }, imageStatus: "ARCHIVED" });
  expect(await detail()).toMatchObject({ imageStatus: "ARCHIVED", imageTags: ["v1"], lastArchivedAt: expect.any(Date) });
  expect([await listed(), await listed("ACTIVE"), await listed("ARCHIVED"), await listed("ANY")]).toEqual([0, 0, 1, 1]);
  for (const method of ["GET", "HEAD"]) expect((await world.fetch("/v2/app/manifests/v1", { method })).status).toBe(404);
  expect(await (await world.fetch(`/v2/app/manifests/${image.digest}`)).json()).toMatchObject({
    errors: [{ code: "MANIFEST_UNKNOWN", message: expect.stringMatching(/^Requested image not found: it is archived/) }],
  });
  const { images: got, failures } = await ecr.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: "v1" }] }));
  expect([got, failures]).toMatchObject([[], [{ failureCode: "ImageNotFound" }]]);
  const layerDigests = image.blobs.map(({ digest }) => digest);
  const { layers } = await ecr.send(new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests }));
  expect(layers?.map(({ layerAvailability }) => layerAvailability)).toEqual(["ARCHIVED", "ARCHIVED"]);
});

test("a layer that an active image needs too is available", async () => {
  await pushImageTo(world, repositoryName, "v2", smallImage({ platform: { os: "linux", architecture: "arm64" } }));
  await move("ARCHIVE");
  const layerDigests = image.blobs.map(({ digest }) => digest);
  const { layers } = await ecr.send(new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests }));
  expect(layers?.map(({ layerAvailability }) => layerAvailability)).toEqual(["ARCHIVED", "AVAILABLE"]);
});

test("an image asked back is activating until its blobs were found, and then as before", async () => {
  await move("ARCHIVE");
  expect((await move("STANDARD")).imageStatus).toBe("ACTIVATING");
  expect([await listed(), await listed("ACTIVATING")]).toEqual([0, 1]);
  expect((await world.fetch("/v2/app/manifests/v1")).status).toBe(404);
  expect(world.defects).toEqual([]);
  await expect(move("ARCHIVE")).rejects.toMatchObject({ name: "ImageStorageClassUpdateNotSupportedException" });
  await activation();
  expect(await detail()).toMatchObject({ imageStatus: "ACTIVE", lastArchivedAt: expect.any(Date), lastActivatedAt: expect.any(Date) });
  expect(await (await world.fetch("/v2/app/manifests/v1")).text()).toBe(image.text);
});

test("asked again, it says what is so already", async () => {
  expect((await move("STANDARD")).imageStatus).toBe("ACTIVE");
  expect([(await move("ARCHIVE")).imageStatus, (await move("ARCHIVE")).imageStatus]).toEqual(["ARCHIVED", "ARCHIVED"]);
  expect([(await move("STANDARD")).imageStatus, (await move("STANDARD")).imageStatus]).toEqual(["ACTIVATING", "ACTIVATING"]);
});

describe("pushing an archived image restores it at once", () => {
  test("with docker's API", async () => {
    await move("ARCHIVE");
    await pushImageTo(world, repositoryName, "v1", image);
    expect(await detail()).toMatchObject({ imageStatus: "ACTIVE", lastActivatedAt: expect.any(Date) });
  });

  test("with PutImage, which does not say that it exists already", async () => {
    await move("ARCHIVE");
    await ecr.send(new PutImageCommand({ repositoryName, imageTag: "v1", imageManifest: image.text }));
    expect((await detail()).imageStatus).toBe("ACTIVE");
  });
});

test("what an index that can be pulled lists is not archived before it", async () => {
  const index = smallIndex([image], ["amd64"]);
  await pushManifestTo(world, repositoryName, "all", index.text, OCI_INDEX);
  await expect(move("ARCHIVE")).rejects.toMatchObject({
    name: "ImageStorageClassUpdateNotSupportedException",
    message: expect.stringContaining(index.digest),
  });
  await move("ARCHIVE", { imageTag: "all" });
  expect((await move("ARCHIVE")).imageStatus).toBe("ARCHIVED");
});

test.each([
  ["an image that is not there", { imageTag: "v9" }, "ARCHIVE", "ImageNotFoundException"],
  ["no image at all", {}, "ARCHIVE", "ImageNotFoundException"],
  ["a class that is none", { imageTag: "v1" }, "GLACIER", "InvalidParameterException"],
])("%s is refused", async (_what, imageId, target, name) => {
  await expect(move(target as TargetStorageClass, imageId)).rejects.toMatchObject({ name });
});
