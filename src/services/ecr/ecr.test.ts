import { createHash } from "node:crypto";
import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  DescribeImageScanFindingsCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  ListImagesCommand,
  PutImageCommand,
  PutImageTagMutabilityCommand,
  type CreateRepositoryCommandInput,
} from "@aws-sdk/client-ecr";
import { expect, test } from "vitest";
import { registryWorld, type RegistryWorld } from "../../testing/registry-world.ts";

const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** A manifest whose layers the repository has. */
async function manifestOf(world: RegistryWorld, content: string, name = "app"): Promise<string> {
  const [config, layer] = [`{"of":"${content}"}`, content];
  for (const bytes of [config, layer])
    expect((await world.fetch(`/v2/${name}/blobs/uploads/?digest=${digestOf(bytes)}`, { method: "POST", body: bytes })).status).toBe(201);
  const descriptor = (mediaType: string, bytes: string): object => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: descriptor("application/vnd.docker.container.image.v1+json", config),
    layers: [descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", layer)],
  });
}

async function worldWithImages(
  ...tags: readonly string[]
): Promise<{ readonly world: RegistryWorld; readonly ecr: ECRClient } & AsyncDisposable> {
  const world = await registryWorld();
  const ecr = world.client(ECRClient);
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "app" }));
  for (const imageTag of tags)
    await ecr.send(new PutImageCommand({ repositoryName: "app", imageTag, imageManifest: await manifestOf(world, imageTag) }));
  return { world, ecr, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

const pattern = "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(\\/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*";

test.each<[string, CreateRepositoryCommandInput, string, string]>([
  [
    "a name in capitals",
    { repositoryName: "Bad_Name!" },
    "InvalidParameterException",
    `Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '${pattern}''`,
  ],
  [
    "a name of one letter",
    { repositoryName: "a" },
    "InvalidParameterException",
    "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'Member must have length greater than or equal to 2'",
  ],
  [
    "a mutability that is none",
    { repositoryName: "app", imageTagMutability: "SOMETIMES" as never },
    "InvalidParameterException",
    "Invalid parameter at 'imageTagMutability' failed to satisfy constraint: 'Member must satisfy enum value set: [MUTABLE, IMMUTABLE, IMMUTABLE_WITH_EXCLUSION, MUTABLE_WITH_EXCLUSION]'",
  ],
  [
    "a reserved tag",
    { repositoryName: "app", tags: [{ Key: "aws:x", Value: "" }] },
    "InvalidTagParameterException",
    "Tag keys must not begin with aws:",
  ],
])("CreateRepository refuses %s", async (_what, input, name, message) => {
  await using world = await registryWorld();
  await expect(world.client(ECRClient).send(new CreateRepositoryCommand(input))).rejects.toMatchObject({ name, message });
});

test("repositories are listed in pages, those of another region apart", async () => {
  await using world = await registryWorld();
  const ecr = world.client(ECRClient);
  for (const repositoryName of ["cc", "aa", "bb"]) await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  const names = async (nextToken?: string): Promise<[string[], string | undefined]> => {
    const page = await ecr.send(new DescribeRepositoriesCommand({ maxResults: 2, nextToken }));
    return [(page.repositories ?? []).map(({ repositoryName }) => repositoryName ?? ""), page.nextToken];
  };
  const [first, token] = await names();
  expect([first, await names(token)]).toEqual([
    ["aa", "bb"],
    [["cc"], undefined],
  ]);
  await expect(names("forged")).rejects.toMatchObject({ name: "InvalidParameterException" });
  expect((await world.client(ECRClient, "eu-west-1").send(new DescribeRepositoriesCommand({}))).repositories).toEqual([]);
});

test("a repository with images is deleted by force only", async () => {
  await using made = await worldWithImages("v1");
  await expect(made.ecr.send(new DeleteRepositoryCommand({ repositoryName: "app" }))).rejects.toMatchObject({
    name: "RepositoryNotEmptyException",
    message: "The repository with name 'app' in registry with id '123456789012' cannot be deleted because it still contains images",
  });
  await made.ecr.send(new DeleteRepositoryCommand({ repositoryName: "app", force: true }));
  await made.ecr.send(new CreateRepositoryCommand({ repositoryName: "app" }));
  expect((await made.ecr.send(new ListImagesCommand({ repositoryName: "app" }))).imageIds).toEqual([]);
});

test("PutImage: what is there already, what is missing, what does not match, what is fixed", async () => {
  await using made = await worldWithImages("v1");
  const { world, ecr } = made;
  const put = (input: object): Promise<unknown> => ecr.send(new PutImageCommand({ repositoryName: "app", imageManifest: "", ...input }));
  const one = await manifestOf(world, "v1");
  await expect(put({ imageManifest: one, imageTag: "v1" })).rejects.toMatchObject({
    name: "ImageAlreadyExistsException",
    message: `Image with digest '${digestOf(one)}' and tag 'v1' already exists in the repository with name 'app' in registry with id '123456789012'`,
  });
  expect(await put({ imageManifest: one, imageTag: "stable" })).toMatchObject({
    image: {
      imageId: { imageDigest: digestOf(one), imageTag: "stable" },
      imageManifest: one,
      imageManifestMediaType: MANIFEST,
      registryId: "123456789012",
    },
  });
  const { mediaType: _none, ...untyped } = JSON.parse(one) as { mediaType?: string };
  await expect(put({ imageManifest: JSON.stringify(untyped), imageTag: "untyped" })).rejects.toMatchObject({
    name: "InvalidParameterException",
    message: "image manifest mediatype not provided in manifest or parameter",
  });
  expect(await put({ imageManifest: JSON.stringify(untyped), imageTag: "untyped", imageManifestMediaType: MANIFEST })).toMatchObject({
    image: { imageManifestMediaType: MANIFEST },
  });
  await expect(put({ imageManifest: one, imageDigest: digestOf("other") })).rejects.toMatchObject({
    name: "ImageDigestDoesNotMatchException",
  });
  const missing = one.replaceAll(digestOf("v1"), digestOf("absent"));
  await expect(put({ imageManifest: missing })).rejects.toMatchObject({
    name: "LayersNotFoundException",
    message: expect.stringContaining(digestOf("absent")),
  });
  await expect(put({ imageManifest: "{}" })).rejects.toMatchObject({ name: "InvalidParameterException" });
  await ecr.send(
    new PutImageTagMutabilityCommand({
      repositoryName: "app",
      imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
      imageTagMutabilityExclusionFilters: [{ filterType: "WILDCARD", filter: "dev-*" }],
    }),
  );
  await expect(put({ imageManifest: await manifestOf(world, "two"), imageTag: "v1" })).rejects.toMatchObject({
    name: "ImageTagAlreadyExistsException",
    message: "The image tag 'v1' already exists in the 'app' repository and cannot be overwritten because the tag is immutable.",
  });
  for (const content of ["two", "three"]) await put({ imageManifest: await manifestOf(world, content), imageTag: "dev-1" });
});

test("images are listed and described by tag status, by identifier and in pages", async () => {
  await using made = await worldWithImages("v1", "v2");
  const { world, ecr } = made;
  await ecr.send(new PutImageCommand({ repositoryName: "app", imageManifest: await manifestOf(world, "untagged") }));
  const { imageIds = [] } = await ecr.send(new ListImagesCommand({ repositoryName: "app" }));
  expect(imageIds.map(({ imageTag }) => imageTag ?? "-").toSorted()).toEqual(["-", "v1", "v2"]);
  const untagged = await ecr.send(new ListImagesCommand({ repositoryName: "app", filter: { tagStatus: "UNTAGGED" } }));
  expect(untagged.imageIds).toEqual(imageIds.filter(({ imageTag }) => imageTag === undefined));
  const one = await ecr.send(new DescribeImagesCommand({ repositoryName: "app", imageIds: [{ imageTag: "v1" }] }));
  expect(one.imageDetails).toMatchObject([
    {
      repositoryName: "app",
      imageTags: ["v1"],
      imageSizeInBytes: `{"of":"v1"}`.length + 2,
      imageManifestMediaType: MANIFEST,
      artifactMediaType: "application/vnd.docker.container.image.v1+json",
    },
  ]);
  expect(one.imageDetails?.[0]?.imagePushedAt).toBeInstanceOf(Date);
  await expect(ecr.send(new DescribeImagesCommand({ repositoryName: "app", imageIds: [{ imageTag: "v9" }] }))).rejects.toMatchObject({
    name: "ImageNotFoundException",
    message:
      "The image with imageId {imageDigest:'null', imageTag:'v9'} does not exist within the repository with name 'app' in the registry with id '123456789012'",
  });
  const page = await ecr.send(new DescribeImagesCommand({ repositoryName: "app", maxResults: 2 }));
  const rest = await ecr.send(new DescribeImagesCommand({ repositoryName: "app", maxResults: 2, nextToken: page.nextToken }));
  expect([page.imageDetails?.length, rest.imageDetails?.length, rest.nextToken]).toEqual([2, 1, undefined]);
  expect((await ecr.send(new DescribeImagesCommand({ repositoryName: "app", filter: { tagStatus: "TAGGED" } }))).imageDetails).toHaveLength(
    2,
  );
});

test("BatchGetImage gives the manifest by any name of it, and tells what it lacks", async () => {
  await using made = await worldWithImages("v1");
  const manifest = await manifestOf(made.world, "v1");
  const got = await made.ecr.send(
    new BatchGetImageCommand({
      repositoryName: "app",
      imageIds: [
        { imageTag: "v1" },
        { imageDigest: digestOf(manifest) },
        { imageTag: "v9" },
        { imageTag: "v1", imageDigest: digestOf("x") },
      ],
    }),
  );
  expect(got.images?.map(({ imageId, imageManifest }) => [imageId?.imageTag, imageManifest])).toEqual([
    ["v1", manifest],
    [undefined, manifest],
  ]);
  expect(got.failures).toEqual([
    { imageId: { imageTag: "v9" }, failureCode: "ImageNotFound", failureReason: "Requested image not found" },
    { imageId: { imageTag: "v1", imageDigest: digestOf("x") }, failureCode: "ImageNotFound", failureReason: "Requested image not found" },
  ]);
});

test("BatchDeleteImage: a tag goes alone, the last one with its image, a digest with all tags", async () => {
  await using made = await worldWithImages("v1", "v2");
  const { world, ecr } = made;
  const [one, two] = [await manifestOf(world, "v1"), await manifestOf(world, "v2")];
  for (const imageManifest of [one, two])
    await ecr.send(new PutImageCommand({ repositoryName: "app", imageManifest, imageTag: imageManifest === one ? "one" : "two" }));
  const remove = (...imageIds: { imageTag?: string; imageDigest?: string }[]) =>
    ecr.send(new BatchDeleteImageCommand({ repositoryName: "app", imageIds }));
  expect(await remove({ imageTag: "v1" })).toMatchObject({ imageIds: [{ imageTag: "v1", imageDigest: digestOf(one) }], failures: [] });
  expect(await remove({ imageTag: "one" })).toMatchObject({ imageIds: [{ imageTag: "one", imageDigest: digestOf(one) }], failures: [] });
  const left = await ecr.send(new ListImagesCommand({ repositoryName: "app" }));
  expect(left.imageIds?.map(({ imageTag }) => imageTag)).toEqual(["two", "v2"].toSorted());
  const deleted = await remove({ imageDigest: digestOf(two) }, { imageTag: "gone" }, {}, { imageDigest: "short" });
  expect(deleted.imageIds?.map(({ imageTag }) => imageTag)).toEqual(["v2", "two"]);
  expect(deleted.failures?.map(({ failureCode }) => failureCode)).toEqual(["ImageNotFound", "MissingDigestAndTag", "InvalidImageDigest"]);
  expect((await ecr.send(new ListImagesCommand({ repositoryName: "app" }))).imageIds).toEqual([]);
});

test("layers are told by their availability; a scan there is not", async () => {
  await using made = await worldWithImages("v1");
  const { world, ecr } = made;
  const layers = await ecr.send(
    new BatchCheckLayerAvailabilityCommand({ repositoryName: "app", layerDigests: [digestOf("v1"), digestOf("no"), "bad"] }),
  );
  expect(layers.layers?.map(({ layerAvailability, layerSize }) => [layerAvailability, layerSize])).toEqual([
    ["AVAILABLE", 2],
    ["UNAVAILABLE", undefined],
  ]);
  expect(layers.failures).toMatchObject([{ failureCode: "InvalidLayerDigest" }]);
  await expect(
    ecr.send(new DescribeImageScanFindingsCommand({ repositoryName: "app", imageId: { imageTag: "v1" } })),
  ).rejects.toMatchObject({
    name: "ScanNotFoundException",
    message:
      "Image scan does not exist for the image with '{imageDigest:'null', imageTag:'v1'}' in the repository with name 'app' in the registry with id '123456789012'",
  });
  expect(world.defects).toEqual([]);
});
