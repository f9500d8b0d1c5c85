import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  ECRClient,
  ListImageReferrersCommand,
  UpdateImageStorageClassCommand,
  type ListImageReferrersCommandInput,
} from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, expect, test } from "vitest";
import { registryWorld, type RegistryWorld } from "../../testing/registry-world.ts";
import { digestOf, OCI_IMAGE, OCI_INDEX, pushImageTo, pushManifestTo, smallImage, smallIndex } from "../../testing/small-image.ts";

const repositoryName = "app";
const subject = smallImage();
let world: RegistryWorld;
let ecr: ECRClient;

beforeEach(async () => {
  world = await registryWorld();
  ecr = world.client(ECRClient);
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  await pushImageTo(world, repositoryName, "v1", subject);
});
afterEach(() => world[Symbol.asyncDispose]());

/** Pushes an artifact that refers to the image, such as a signature; gives its digest. */
async function refer(artifactType: string, annotations: Record<string, string> = {}): Promise<string> {
  const { text } = smallImage();
  const reference = { mediaType: OCI_IMAGE, digest: subject.digest, size: subject.text.length };
  const artifact = JSON.stringify({ ...(JSON.parse(text) as object), artifactType, subject: reference, annotations });
  await pushManifestTo(world, repositoryName, digestOf(artifact), artifact, OCI_IMAGE);
  return digestOf(artifact);
}

const list = (rest: Partial<ListImageReferrersCommandInput> = {}) =>
  ecr.send(new ListImageReferrersCommand({ repositoryName, subjectId: { imageDigest: subject.digest }, ...rest }));

test("what refers to an image is listed with its type, size, annotations and status", async () => {
  const digest = await refer("application/vnd.example.signature", { by: "ci" });
  const { referrers } = await list();
  const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest: digest }] }));
  expect(referrers).toEqual([
    {
      digest,
      mediaType: OCI_IMAGE,
      artifactType: "application/vnd.example.signature",
      size: expect.any(Number),
      annotations: { by: "ci" },
      artifactStatus: "ACTIVE",
    },
  ]);
  expect(imageDetails).toMatchObject([{ subjectManifestDigest: subject.digest, artifactMediaType: "application/vnd.example.signature" }]);
});

test("by type, by status and in pages", async () => {
  const digests: string[] = [];
  for (let at = 0; at < 21; at++) digests.push(await refer("application/vnd.example.sbom", { at: String(at) }));
  const signature = await refer("application/vnd.example.signature");
  await ecr.send(
    new UpdateImageStorageClassCommand({ repositoryName, imageId: { imageDigest: signature }, targetStorageClass: "ARCHIVE" }),
  );
  const first = await list();
  const rest = await list({ nextToken: first.nextToken });
  expect([first.referrers?.length, rest.referrers?.length, rest.nextToken]).toEqual([20, 1, undefined]);
  expect([...(first.referrers ?? []), ...(rest.referrers ?? [])].map(({ digest }) => digest)).toEqual(digests.toSorted());
  expect((await list({ filter: { artifactTypes: ["application/vnd.example.signature"] } })).referrers).toEqual([]);
  const archived = await list({ filter: { artifactStatus: "ARCHIVED" } });
  expect(archived.referrers).toMatchObject([{ digest: signature, artifactStatus: "ARCHIVED" }]);
  expect((await list({ filter: { artifactStatus: "ANY" }, maxResults: 50 })).referrers).toHaveLength(22);
});

test("an image that is not here may have referrers, or none", async () => {
  expect((await list({ subjectId: { imageDigest: digestOf("absent") } })).referrers).toEqual([]);
});

test.each<[string, Partial<ListImageReferrersCommandInput>]>([
  ["a subject that is no digest", { subjectId: { imageDigest: "v1" } }],
  ["pages of more than fifty", { maxResults: 51 }],
  ["pages of none", { maxResults: 0 }],
  ["a token that is none", { nextToken: "forged" }],
  ["no type among the types", { filter: { artifactTypes: [] } }],
  ["a status that is none", { filter: { artifactStatus: "LOST" as never } }],
])("%s: refused", async (_what, input) => {
  await expect(list(input)).rejects.toMatchObject({ name: "InvalidParameterException" });
});

test("BatchGetImage gives a manifest in the forms that are accepted, and no other", async () => {
  const index = smallIndex([subject], ["amd64"]);
  await pushManifestTo(world, repositoryName, "all", index.text, OCI_INDEX);
  const get = (...acceptedMediaTypes: readonly string[]) =>
    ecr.send(
      new BatchGetImageCommand({
        repositoryName,
        imageIds: [{ imageTag: "v1" }, { imageTag: "all" }],
        ...(acceptedMediaTypes.length > 0 && { acceptedMediaTypes: [...acceptedMediaTypes] }),
      }),
    );
  const types = async (...accepted: readonly string[]): Promise<unknown> => {
    const { images = [], failures = [] } = await get(...accepted);
    return [images.map(({ imageManifestMediaType }) => imageManifestMediaType), failures.map(({ failureCode }) => failureCode)];
  };
  expect(await types()).toEqual([[OCI_IMAGE, OCI_INDEX], []]);
  expect(await types(OCI_IMAGE)).toEqual([[OCI_IMAGE], ["ImageNotFound"]]);
  expect(await types(OCI_INDEX)).toEqual([[OCI_INDEX], ["ImageNotFound"]]);
  expect(await types("application/json")).toEqual([[], ["ImageNotFound", "ImageNotFound"]]);
});
