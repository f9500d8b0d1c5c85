import { CreatePullThroughCacheRuleCommand, CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fakeUpstream, type FakeUpstream } from "../testing/fake-upstream.ts";
import { askHeld, HeldJournal } from "../testing/held-journal.ts";
import { registryWorld, type RegistryWorld } from "../testing/registry-world.ts";
import { digestOf, OCI_IMAGE, pushImageTo, smallImage, type SmallImage } from "../testing/small-image.ts";

// What the registry acknowledges is there after a crash. The disk is slow here, or gone.

const BLOB = Buffer.from("a blob that no image has");
let journal: HeldJournal;
let world: RegistryWorld;
let image: SmallImage;

beforeEach(async () => {
  journal = new HeldJournal();
  world = await registryWorld({ journal });
  image = smallImage();
  const ecr = world.client(ECRClient);
  for (const repositoryName of ["app", "other"]) await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  await pushImageTo(world, "app", "v1", image);
});
afterEach(() => world[Symbol.asyncDispose]());

/** Requests that change nothing, one after the other: they pass by every answer that waits for nothing. */
async function passBy(): Promise<void> {
  for (let count = 0; count < 40; count += 1) await (await world.fetch("/v2/")).text();
}

const putManifest = (path: string): Promise<Response> =>
  world.fetch(`/v2/app/manifests/${path}`, { method: "PUT", body: image.text, headers: { "content-type": OCI_IMAGE } });
const putBlob = (repository: string): Promise<Response> =>
  world.fetch(`/v2/${repository}/blobs/uploads/?digest=${digestOf(BLOB)}`, { method: "POST", body: BLOB });

const CHANGES: readonly (readonly [string, number, () => Promise<Response>])[] = [
  ["a manifest that is pushed by tag", 201, () => putManifest("v2")],
  ["a manifest that is pushed by digest, with tags", 201, () => putManifest(`${image.digest}?tag=v3`)],
  ["a tag that is deleted", 202, () => world.fetch("/v2/app/manifests/v1", { method: "DELETE" })],
  ["an image that is deleted", 202, () => world.fetch(`/v2/app/manifests/${image.digest}`, { method: "DELETE" })],
  ["a blob that is pushed in one request", 201, () => putBlob("app")],
  [
    "a blob that is pushed in pieces",
    201,
    async () => {
      const begun = await world.fetch("/v2/app/blobs/uploads/", { method: "POST" });
      const location = begun.headers.get("location") ?? "";
      await world.fetch(location, { method: "PATCH", body: BLOB });
      return world.fetch(`${location}?digest=${digestOf(BLOB)}`, { method: "PUT" });
    },
  ],
  [
    "a blob that is mounted from another repository",
    201,
    () => world.fetch(`/v2/other/blobs/uploads/?mount=${image.blobs[0]?.digest}&from=app`, { method: "POST" }),
  ],
];

describe("is acknowledged only once it is durable:", () => {
  test.each(CHANGES)("%s", async (_what, status, ask) => {
    const { early, answer } = await askHeld(journal, ask, passBy);
    expect([early, answer.status]).toEqual([false, status]);
    expect(world.defects).toEqual([]);
  });

  test("a blob that is deleted", async () => {
    await putBlob("app");
    const { early, answer } = await askHeld(journal, () => world.fetch(`/v2/app/blobs/${digestOf(BLOB)}`, { method: "DELETE" }), passBy);
    expect([early, answer.status]).toEqual([false, 202]);
  });
});

describe("of an upstream registry, is served only once it is durable:", () => {
  let upstream: FakeUpstream;
  beforeEach(async () => {
    upstream = await fakeUpstream();
    await world[Symbol.asyncDispose]();
    world = await registryWorld({ journal, allowedUpstreams: [`http://${upstream.host}`] });
    await world
      .client(ECRClient)
      .send(new CreatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: "hub", upstreamRegistryUrl: upstream.host }));
    upstream.put("app", "1", image);
  });
  afterEach(() => upstream[Symbol.asyncDispose]());

  test("a manifest", async () => {
    // The repository is made by the first pull: what waits then is the image alone.
    upstream.put("app", "2", smallImage());
    await world.fetch("/v2/hub/app/manifests/2");
    const { early, answer } = await askHeld(journal, () => world.fetch("/v2/hub/app/manifests/1"), passBy);
    expect([early, answer.status]).toEqual([false, 200]);
  });

  test("the end of a blob", async () => {
    await world.fetch("/v2/hub/app/manifests/1");
    const { digest, bytes } = image.blobs[0] ?? { digest: "", bytes: Buffer.of() };
    const whole = async (): Promise<ArrayBuffer> => (await world.fetch(`/v2/hub/app/blobs/${digest}`)).arrayBuffer();
    const { early, answer } = await askHeld(journal, whole, passBy);
    expect([early, Buffer.from(answer)]).toEqual([false, Buffer.from(bytes)]);
  });
});

test("what the disk refuses is no push", async () => {
  journal.fail(new Error("the disk is gone"));
  expect((await putManifest("v2")).status).toBe(500);
});
