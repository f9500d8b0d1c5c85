import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  ECRClient,
  PutImageCommand,
  PutImageTagMutabilityCommand,
  type ImageTagMutability,
} from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { registryWorld, type RegistryWorld } from "../../testing/registry-world.ts";
import { OCI_IMAGE, OCI_INDEX, pushImageTo, pushManifestTo, smallImage, smallIndex, type SmallImage } from "../../testing/small-image.ts";

const repositoryName = "repo";
let world: RegistryWorld;
let ecr: ECRClient;

beforeEach(async () => {
  world = await registryWorld();
  ecr = world.client(ECRClient);
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
});
afterEach(() => world[Symbol.asyncDispose]());

const set = (imageTagMutability: ImageTagMutability, ...filters: readonly string[]) =>
  ecr.send(
    new PutImageTagMutabilityCommand({
      repositoryName,
      imageTagMutability,
      ...(filters.length > 0 && {
        imageTagMutabilityExclusionFilters: filters.map((filter) => ({ filterType: "WILDCARD" as const, filter })),
      }),
    }),
  );
const imageOf = (content: string): SmallImage => smallImage({ content });
const push = (tag: string, content: string): Promise<void> => pushImageTo(world, repositoryName, tag, imageOf(content));
const refusal = (tag: string): string =>
  `The image tag '${tag}' already exists in the 'repo' repository and cannot be overwritten because the tag is immutable.`;

const outcome = (move: Promise<unknown>): Promise<string> =>
  move.then(
    () => "moved",
    (cause: Error) => `${cause.name}: ${cause.message}`,
  );

/** What each tag is on, by the contents of images. */
async function tags(...contents: readonly string[]): Promise<Record<string, string>> {
  const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName }));
  return Object.fromEntries(
    imageDetails.flatMap(({ imageTags = [], imageDigest }) =>
      imageTags.map((tag) => [tag, contents.find((content) => imageOf(content).digest === imageDigest) ?? "another"]),
    ),
  );
}

describe("which tags a push may move", () => {
  test.each<[ImageTagMutability, readonly string[], string, boolean]>([
    ["MUTABLE", [], "v1", true],
    ["IMMUTABLE", [], "v1", false],
    ["IMMUTABLE_WITH_EXCLUSION", ["dev-*"], "dev-1", true],
    ["IMMUTABLE_WITH_EXCLUSION", ["dev-*"], "v1", false],
    ["IMMUTABLE_WITH_EXCLUSION", ["dev-*"], "a-dev-1", false],
    ["IMMUTABLE_WITH_EXCLUSION", ["latest"], "latest", true],
    ["IMMUTABLE_WITH_EXCLUSION", ["latest"], "latest-2", false],
    ["IMMUTABLE_WITH_EXCLUSION", ["*-rc-*", "nightly*"], "1.0-rc-2", true],
    ["IMMUTABLE_WITH_EXCLUSION", ["v1.0"], "v1x0", false],
    ["MUTABLE_WITH_EXCLUSION", ["release-*"], "release-1", false],
    ["MUTABLE_WITH_EXCLUSION", ["release-*"], "dev", true],
    ["MUTABLE_WITH_EXCLUSION", ["*"], "dev", false],
  ])("%s %j: %s, %s", async (mutability, filters, tag, moves) => {
    await set(mutability, ...filters);
    await push(tag, "one");
    const pushed = await outcome(push(tag, "two"));
    const between = await tags("one", "two");
    const third = imageOf("three");
    for (const { bytes, digest } of third.blobs)
      await world.fetch(`/v2/${repositoryName}/blobs/uploads/?digest=${digest}`, { method: "POST", body: bytes });
    const put = await outcome(ecr.send(new PutImageCommand({ repositoryName, imageTag: tag, imageManifest: third.text })));
    const after = await tags("one", "two", "three");
    expect([pushed.includes(refusal(tag)), pushed === "moved"]).toEqual([!moves, moves]);
    expect(put).toBe(moves ? "moved" : `ImageTagAlreadyExistsException: ${refusal(tag)}`);
    expect([between, after]).toEqual(moves ? [{ [tag]: "two" }, { [tag]: "three" }] : [{ [tag]: "one" }, { [tag]: "one" }]);
  });
});

describe("an immutable tag stays, whoever tries", () => {
  beforeEach(() => set("IMMUTABLE"));

  test("fifty pushes at once: one wins, and is what everybody sees", async () => {
    const contents = Array.from({ length: 50 }, (_, at) => `image ${at}`);
    for (const content of contents) await pushImageTo(world, repositoryName, imageOf(content).digest, imageOf(content));
    const outcomes = await Promise.allSettled(
      contents.map((content) => pushManifestTo(world, repositoryName, "1.0.2", imageOf(content).text, OCI_IMAGE)),
    );
    const winners = contents.filter((_content, at) => outcomes[at]?.status === "fulfilled");
    expect(winners).toHaveLength(1);
    const refused = outcomes.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
    expect(refused.filter((reason) => reason.includes(refusal("1.0.2")))).toHaveLength(49);
    expect(await tags(...contents)).toEqual({ "1.0.2": winners[0] });
    expect(world.defects).toEqual([]);
  });

  test("docker's API and PutImage at once: one wins", async () => {
    const contents = Array.from({ length: 20 }, (_, at) => `image ${at}`);
    for (const content of contents) await pushImageTo(world, repositoryName, imageOf(content).digest, imageOf(content));
    const outcomes = await Promise.allSettled(
      contents.map((content, at) =>
        at % 2 === 0
          ? push("v1", content)
          : ecr.send(new PutImageCommand({ repositoryName, imageTag: "v1", imageManifest: imageOf(content).text })),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("a push by digest makes an image without a tag, and moves none", async () => {
    await push("v1", "one");
    await push(imageOf("two").digest, "two");
    expect(await tags("one", "two")).toEqual({ v1: "one" });
  });

  test("an index does not take the tag of an image, nor an image that of an index", async () => {
    await push("v1", "one");
    const index = smallIndex([imageOf("one")], ["amd64"]);
    await expect(pushManifestTo(world, repositoryName, "v1", index.text, OCI_INDEX)).rejects.toThrow(refusal("v1"));
    await pushManifestTo(world, repositoryName, "all", index.text, OCI_INDEX);
    await expect(push("all", "one")).rejects.toThrow(refusal("all"));
  });

  test("a push that is repeated is no overwriting", async () => {
    await push("v1", "one");
    await push("v1", "one");
    const put = new PutImageCommand({ repositoryName, imageTag: "v1", imageManifest: imageOf("one").text });
    await expect(ecr.send(put)).rejects.toMatchObject({ name: "ImageAlreadyExistsException" });
  });

  test("another tag may be put on the same image", async () => {
    await push("v1", "one");
    await push("v2", "one");
    expect(await tags("one")).toEqual({ v1: "one", v2: "one" });
  });

  test("what was deleted may be pushed anew, as something else", async () => {
    await push("v1", "one");
    await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag: "v1" }] }));
    await push("v1", "two");
    await expect(push("v1", "one")).rejects.toThrow(refusal("v1"));
    expect(await tags("one", "two")).toEqual({ v1: "two" });
  });

  test("what was pushed before the setting is held too, and let go with it", async () => {
    await set("MUTABLE");
    await push("v1", "one");
    await set("IMMUTABLE");
    await expect(push("v1", "two")).rejects.toThrow(refusal("v1"));
    await set("MUTABLE");
    await push("v1", "two");
    expect(await tags("one", "two")).toEqual({ v1: "two" });
  });
});

test("of fifty pushes at once of a mutable tag the last one holds it, and no other", async () => {
  const contents = Array.from({ length: 50 }, (_, at) => `image ${at}`);
  await Promise.all(contents.map((content) => push("latest", content)));
  expect(Object.keys(await tags(...contents))).toEqual(["latest"]);
});

describe("a setting is refused", () => {
  const five = ["a*", "b*", "c*", "d*", "e*"];
  test.each<[string, ImageTagMutability, readonly string[]]>([
    ["with exclusions that its mode has not", "IMMUTABLE", ["dev-*"]],
    ["without exclusions that its mode needs", "MUTABLE_WITH_EXCLUSION", []],
    ["with six filters", "IMMUTABLE_WITH_EXCLUSION", [...five, "f*"]],
    ["with three wildcards in a filter", "IMMUTABLE_WITH_EXCLUSION", ["a*b*c*"]],
    ["with a filter of what no tag has", "IMMUTABLE_WITH_EXCLUSION", ["dev/*"]],
    ["with a filter of 129 characters", "IMMUTABLE_WITH_EXCLUSION", ["x".repeat(129)]],
    ["with an empty filter", "IMMUTABLE_WITH_EXCLUSION", [""]],
    ["of a mode that is none", "FROZEN" as ImageTagMutability, []],
  ])("%s, and leaves what was set", async (_what, mutability, filters) => {
    await set("IMMUTABLE_WITH_EXCLUSION", ...five);
    await expect(set(mutability, ...filters)).rejects.toMatchObject({ name: "InvalidParameterException" });
    await push("a1", "one");
    await push("a1", "two");
    await push("v1", "one");
    await expect(push("v1", "two")).rejects.toThrow(refusal("v1"));
  });
});
