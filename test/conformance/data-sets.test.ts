import { expect, test } from "vitest";
import type { RegistryWorld } from "../../src/testing/registry-world.ts";
import { BILL, DataSet, IMAGE, INDEX, SIGNATURE, type Manifest } from "./data-set.ts";
import {
  conformanceWorld,
  digestOf,
  expectBlob,
  expectCreated,
  expectDeleted,
  FIRST,
  locationOf,
  pushBlob,
  randomBlob,
} from "./distribution-client.ts";

const ANNOTATIONS = { "org.example.said": "hello", "org.example.unique": "ünique" };

/** One image, tagged with the case's name, where the case changes nothing else. */
function tagged(make: (set: DataSet) => Manifest): (name: string) => DataSet {
  return (name) => {
    const set = new DataSet();
    set.tag(name, make(set));
    return set;
  };
}

const DATA_SETS: Readonly<Record<string, (name: string) => DataSet>> = {
  image: tagged((set) => set.image()),
  "image-uncompressed": tagged((set) => set.image({ layers: [set.layer({ compressed: false })] })),
  "large-manifest": tagged((set) =>
    set.image({ annotations: Object.fromEntries(Array.from({ length: 390 }, (_, at) => [`large-${at}`, "A".repeat(10_000)])) }),
  ),
  index: tagged((set) => set.platforms()),
  "nested-index": tagged((set) => set.index([set.platforms(), set.platforms()])),
  "empty-index": tagged((set) => set.index([])),
  artifact: tagged((set) => set.artifact(SIGNATURE)),
  "artifact-index": tagged((set) => set.index([set.artifact(SIGNATURE), set.artifact(SIGNATURE)], { artifactType: SIGNATURE })),
  "artifact-without-layers": tagged((set) => set.artifact(SIGNATURE, { layers: [set.emptyConfig()] })),
  "artifacts-with-subject": tagged((set) => {
    const image = set.image();
    const subject = image.descriptor;
    set.image({ subject });
    set.tag("signature", set.artifact(SIGNATURE, { subject, annotations: ANNOTATIONS }));
    set.tag("bill", set.artifact(BILL, { subject, annotations: ANNOTATIONS }));
    return image;
  }),
  "index-with-subject": tagged((set) => {
    const index = set.platforms();
    const subject = index.descriptor;
    set.tag("signed", set.index([set.artifact(SIGNATURE, { subject })], { artifactType: SIGNATURE, subject, annotations: ANNOTATIONS }));
    set.tag("typeless", set.index([], { subject }));
    return index;
  }),
  "missing-subject": tagged((set) =>
    set.artifact(SIGNATURE, { subject: { mediaType: IMAGE, digest: digestOf("missing"), size: 123 }, annotations: ANNOTATIONS }),
  ),
  "data-field": tagged((set) => set.image({ config: set.config("amd64", { withData: true }), layers: [set.layer({ withData: true })] })),
  "non-distributable-layers": tagged((set) => set.image({ layers: [set.foreignLayer("+gzip"), set.foreignLayer(""), set.layer()] })),
  "custom-fields": tagged((set) => set.platforms({ extra: { "org.example.field": { of: ["nobody's"] } } })),
  "no-layers": tagged((set) => set.image({ layers: [] })),
  sha512: () => {
    const set = new DataSet("sha512");
    set.platforms();
    return set;
  },
};

test.each(Object.entries(DATA_SETS))("%s: pushed, listed, found, pulled, referred to, deleted", async (name, make) => {
  await using world = await conformanceWorld();
  const set = make(name);
  await pushBlobs(world, set);
  for (const manifest of set.manifests) await push(world, manifest, manifest.descriptor.digest);
  for (const [tag, manifest] of set.tags) await push(world, manifest, tag);
  await expectWhole(world, set);
  await expectGone(world, set);
  expect(world.defects).toEqual([]);
});

test.each(["sha256", "sha512"] as const)("tag-param-%s: pushed by digest, with several tags at once", async (algorithm) => {
  await using world = await conformanceWorld();
  const set = new DataSet(algorithm);
  const index = set.platforms();
  for (const [at, manifest] of set.manifests.entries()) set.tag(`one-${at}`, manifest);
  set.tag("top", index);
  await pushBlobs(world, set);
  for (const manifest of set.manifests) {
    const tags = [...set.tags].flatMap(([tag, of]) => (of === manifest ? tag : []));
    const query = tags.map((tag) => `tag=${tag}`).join("&");
    const answer = await push(world, manifest, `${manifest.descriptor.digest}?${query}`);
    expect(answer.headers.get("oci-tag")?.split(", ")).toEqual(tags);
  }
  await expectWhole(world, set);
  await expectGone(world, set);
  expect(world.defects).toEqual([]);
});

async function pushBlobs(world: RegistryWorld, set: DataSet): Promise<void> {
  for (const [digest, bytes] of set.blobs) await pushBlob({ world, repository: FIRST, bytes, digest });
}

async function push(world: RegistryWorld, manifest: Manifest, reference: string): Promise<Response> {
  const { descriptor, text, subject } = manifest;
  const headers = { "content-type": descriptor.mediaType };
  const answer = await world.fetch(`/v2/${FIRST}/manifests/${reference}`, { method: "PUT", body: text, headers });
  expectCreated(answer, descriptor.digest);
  expect(answer.headers.get("oci-subject")).toBe(subject ?? null);
  await expectManifest(world, locationOf(answer), manifest);
  return answer;
}

async function expectManifest(world: RegistryWorld, path: string, { descriptor, text }: Manifest): Promise<void> {
  for (const method of ["HEAD", "GET"]) {
    const answer = await world.fetch(path, { method, headers: { accept: `${INDEX}, ${IMAGE}` } });
    const told = ["content-type", "content-length", "docker-content-digest"].map((header) => answer.headers.get(header));
    expect([answer.status, ...told]).toEqual([200, descriptor.mediaType, String(descriptor.size), descriptor.digest]);
    expect(await answer.text()).toBe(method === "HEAD" ? "" : text);
  }
}

async function expectWhole(world: RegistryWorld, set: DataSet): Promise<void> {
  const tags = [...set.tags.keys()].toSorted();
  expect(await listTags(world, "")).toEqual(tags);
  const middle = tags[Math.floor(tags.length / 2) - 1] ?? "";
  expect(await listTags(world, `?last=${middle}`)).toEqual(tags.filter((tag) => tag > middle));
  for (const [tag, manifest] of set.tags) await expectManifest(world, `/v2/${FIRST}/manifests/${tag}`, manifest);
  for (const manifest of set.manifests) await expectManifest(world, `/v2/${FIRST}/manifests/${manifest.descriptor.digest}`, manifest);
  for (const [digest, bytes] of set.blobs) await expectBlob({ world, repository: FIRST, bytes, digest });
  for (const [subject, referrers] of set.referrers) {
    const inOrder = referrers.toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
    expect(await listReferrers(world, subject)).toEqual({ filters: null, manifests: inOrder });
    for (const type of new Set(referrers.flatMap(({ artifactType }) => artifactType ?? [])))
      expect(await listReferrers(world, subject, type)).toEqual({
        filters: "artifactType",
        manifests: inOrder.filter(({ artifactType }) => artifactType === type),
      });
  }
}

async function listTags(world: RegistryWorld, query: string): Promise<readonly string[]> {
  const answer = await world.fetch(`/v2/${FIRST}/tags/list${query}`);
  expect(answer.status).toBe(200);
  const { name, tags } = (await answer.json()) as { name: string; tags: string[] };
  expect(name).toBe(FIRST);
  return tags;
}

async function listReferrers(world: RegistryWorld, subject: string, artifactType?: string): Promise<object> {
  const query = artifactType === undefined ? "" : `?${new URLSearchParams({ artifactType }).toString()}`;
  const answer = await world.fetch(`/v2/${FIRST}/referrers/${subject}${query}`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, INDEX]);
  const { schemaVersion, mediaType, manifests } = (await answer.json()) as Record<string, unknown>;
  expect([schemaVersion, mediaType]).toEqual([2, INDEX]);
  return { filters: answer.headers.get("oci-filters-applied"), manifests };
}

/** Tags first, then what lists before what is listed, then blobs: each must be gone at once. */
async function expectGone(world: RegistryWorld, set: DataSet): Promise<void> {
  for (const [tag, manifest] of set.tags) {
    await expectDeleted(world, `/v2/${FIRST}/manifests/${tag}`);
    await expectManifest(world, `/v2/${FIRST}/manifests/${manifest.descriptor.digest}`, manifest);
  }
  for (const { descriptor } of set.manifests.toReversed()) await expectDeleted(world, `/v2/${FIRST}/manifests/${descriptor.digest}`);
  for (const digest of set.blobs.keys()) await expectDeleted(world, `/v2/${FIRST}/blobs/${digest}`);
  for (const subject of set.referrers.keys()) expect(await listReferrers(world, subject)).toEqual({ filters: null, manifests: [] });
}

test("an empty repository: no tags, no referrers, and the answer to a ping", async () => {
  await using world = await conformanceWorld();
  expect((await world.fetch("/v2/")).status).toBe(200);
  expect(await listTags(world, "")).toEqual([]);
  expect(await listReferrers(world, digestOf("nothing"))).toEqual({ filters: null, manifests: [] });
});

test("bad-digest-image: a manifest under another digest is refused, and none is there", async () => {
  await using world = await conformanceWorld();
  const set = new DataSet();
  const { descriptor, text } = set.image();
  await pushBlobs(world, set);
  const path = `/v2/${FIRST}/manifests/${descriptor.digest}`;
  const answer = await world.fetch(path, { method: "PUT", body: `${text}  `, headers: { "content-type": IMAGE } });
  expect([answer.status, await answer.json()]).toMatchObject([400, { errors: [{ code: "DIGEST_INVALID" }] }]);
  expect((await world.fetch(path)).status).toBe(404);
});

test("invalid-digest-format: refused on push, not found on pull", async () => {
  await using world = await conformanceWorld();
  const set = new DataSet();
  const { text } = set.image();
  await pushBlobs(world, set);
  const path = `/v2/${FIRST}/manifests/sha256:baddigeststring`;
  const answer = await world.fetch(path, { method: "PUT", body: text, headers: { "content-type": IMAGE } });
  expect([answer.status, await answer.json()]).toMatchObject([400, { errors: [{ code: "DIGEST_INVALID" }] }]);
  for (const method of ["GET", "HEAD", "DELETE"]) expect((await world.fetch(path, { method })).status).toBe(404);
});

test.each([["missing-tag"], [digestOf("missing")], [digestOf("missing", "sha512")]])("missing-manifest %s: 404", async (reference) => {
  await using world = await conformanceWorld();
  for (const method of ["GET", "HEAD", "DELETE"])
    expect((await world.fetch(`/v2/${FIRST}/manifests/${reference}`, { method })).status).toBe(404);
});

test("a sparse manifest is refused, as the specification allows: what it names must be there", async () => {
  await using world = await conformanceWorld();
  const set = new DataSet();
  const image = set.image({ layers: [{ mediaType: "application/octet-stream", digest: digestOf(randomBlob(8)), size: 8 }] });
  const index = set.index([image]);
  await pushBlobs(world, set);
  for (const { descriptor, text } of [image, index]) {
    const headers = { "content-type": descriptor.mediaType };
    const answer = await world.fetch(`/v2/${FIRST}/manifests/sparse`, { method: "PUT", body: text, headers });
    expect([answer.status, await answer.json()]).toMatchObject([404, { errors: [{ code: "MANIFEST_BLOB_UNKNOWN" }] }]);
  }
});
