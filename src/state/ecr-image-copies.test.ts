import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FilesystemBlobStore } from "../drivers/filesystem/blob-store.ts";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import { secretBox } from "../drivers/system/secret-box.ts";
import { BlobDigestError, type Blobs, type BlobStore } from "../ports/blob-store.ts";
import { digestOf } from "../testing/image-layers.ts";
import { keyOf, putImageRecord, putRepository } from "../testing/image-records.ts";
import { blobsOf } from "./ecr-encryption.ts";
import { copyImage, type CopyParts, type ImageCopy } from "./ecr-image-copies.ts";
import { linkLayer } from "./ecr-images.ts";
import { readManifestText, storeManifest } from "./ecr-manifests.ts";
import { replicationConfigurations, replications } from "./ecr-replication.ts";
import { imageKey, images, layers, repositories, type ImageRecord, type RepositoryRecord } from "./ecr.ts";
import { JournaledState } from "./journaled-state.ts";
import { ensureAwsManagedKey } from "./kms/aws-managed-keys.ts";
import { keys, type KeyRecord } from "./kms/keys.ts";
import type { WholeState } from "./state.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const secrets = secretBox(Buffer.alloc(32, 1));
const [FROM, TO] = [keyOf("from"), keyOf("to")];
const [CONFIG, LAYER] = ["{}", "layer"].map((text) => Buffer.from(text)) as [Buffer, Buffer];
const IMAGE_TYPE = "application/vnd.oci.image.manifest.v1+json";
const describeBlob = (bytes: Buffer) => ({ mediaType: "application/octet-stream", digest: digestOf(bytes), size: bytes.length });
const MANIFEST = Buffer.from(
  JSON.stringify({ schemaVersion: 2, mediaType: IMAGE_TYPE, config: describeBlob(CONFIG), layers: [describeBlob(LAYER)] }),
);
const IMAGE = digestOf(MANIFEST);
const BLOBS = [CONFIG, LAYER].map(digestOf);

let directory: string;
let store: BlobStore;
let state: WholeState;
let key: KeyRecord;
/** What was begun, read and given up in the store, in this order. */
let told: string[];
/** What happens at the next reading, and what is read then in the place of what was asked for. */
let meantime: (() => string | undefined) | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "airfield-copies-"));
  const real = await FilesystemBlobStore.open(directory);
  store = { in: (keys) => watched(real.in(keys)) } as BlobStore;
  told = [];
  meantime = undefined;
  state = new JournaledState(memoryJournal());
  // Any key will do; this one is quickly made.
  key = ensureAwsManagedKey({ state, secrets, scope, now: 1, ids }, "alias/aws/ssm");
});

afterEach(() => rm(directory, { recursive: true, force: true }));

function watched(blobs: Blobs): Blobs {
  return {
    ...blobs,
    startUpload(id) {
      told.push(`begins ${id.replace(/-.*/, "")}`);
      return blobs.startUpload(id);
    },
    async abort(id) {
      await blobs.abort(id);
      told.push(`gives up ${id.replace(/-.*/, "")}, which is ${(await blobs.upload(id)) ? "there" : "gone"}`);
    },
    read(digest, range, size) {
      told.push(`reads ${digest}`);
      const change = meantime;
      meantime = undefined;
      return blobs.read(change?.() ?? digest, range, size);
    },
  };
}

/** The first reading is the manifest's where blobs are only linked: after them, and before the last step. */
function meanwhile(change: () => unknown, instead?: string): void {
  meantime = () => {
    state.commit(change);
    return instead;
  };
}

const parts = (more: Partial<CopyParts> = {}): CopyParts => ({
  ...{ state, secrets, clock: { now: () => 7 }, blobs: store, ids },
  ...more,
});
const underKey = (): Pick<RepositoryRecord, "encryption"> => ({ encryption: { encryptionType: "KMS", kmsKey: key.arn } });
const refuse = (): Error => new Error("the key is refused");
const blobs = (repository: RepositoryRecord): Blobs => blobsOf(parts(), repository, refuse);
const copy = (changes: Partial<ImageCopy> = {}, more: Partial<CopyParts> = {}) =>
  copyImage(parts(more), { from: FROM, to: TO, digest: IMAGE, tags: ["1", "2"], pushed: true, ...changes });
const there = (digest = IMAGE): ImageRecord | undefined => state.table(images).get(imageKey(TO, digest));
const text = async (repository: RepositoryRecord, digest: string): Promise<string> =>
  (await readManifestText(blobs(repository), digest)).toString();

async function putBlob(repository: RepositoryRecord, bytes: Buffer): Promise<void> {
  await storeManifest({ blobs: blobs(repository), ids }, bytes, digestOf(bytes));
}

/** An image with the tags 1 and 3. */
async function putSource(changes: Partial<RepositoryRecord> = {}): Promise<RepositoryRecord> {
  const source = putRepository(state, "from", changes);
  for (const bytes of [CONFIG, LAYER, MANIFEST]) await putBlob(source, bytes);
  for (const bytes of [CONFIG, LAYER]) linkLayer(state, { repository: FROM, digest: digestOf(bytes), size: bytes.length, usedAt: 0 });
  putImageRecord(state, FROM, IMAGE, { blobs: BLOBS, manifestSize: MANIFEST.length, tags: ["1", "3"] });
  return source;
}

/** An index of that image and of one that is not here. */
async function putIndex(source: RepositoryRecord): Promise<string> {
  const manifests = [describeBlob(MANIFEST)];
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  await putBlob(source, bytes);
  const listed = [...manifests, { digest: "sha256:gone" }].map(({ digest }) => ({ digest }));
  putImageRecord(state, FROM, digestOf(bytes), { kind: "index", mediaType, blobs: [], manifests: listed, tags: ["1"] });
  return digestOf(bytes);
}

describe("an image is copied", () => {
  test("within a domain by links alone, with the tags that it has still", async () => {
    await putSource();
    putRepository(state, "to");
    told = [];
    expect(await copy()).toBeUndefined();
    expect(there()).toMatchObject({
      ...{ repository: TO, digest: IMAGE, kind: "image", mediaType: IMAGE_TYPE, blobs: BLOBS },
      ...{ manifestSize: MANIFEST.length, size: CONFIG.length + LAYER.length, tags: ["1"], pushedAt: 7 },
    });
    expect(BLOBS.map((digest) => state.table(layers).get(imageKey(TO, digest)))).toEqual(
      [CONFIG, LAYER].map((bytes) => ({ repository: TO, digest: digestOf(bytes), size: bytes.length, usedAt: 7 })),
    );
    expect(told).toEqual([`reads ${IMAGE}`]);
  });

  test("to another key with its bytes", async () => {
    await putSource();
    const target = putRepository(state, "to", underKey());
    expect(await copy()).toBeUndefined();
    expect(await Promise.all([...BLOBS, IMAGE].map((digest) => text(target, digest)))).toEqual([CONFIG, LAYER, MANIFEST].map(String));
    expect(there()?.tags).toEqual(["1"]);
    told = [];
    expect(await copy()).toBeUndefined();
    // The manifest is brought again, which tells that it is wanted.
    expect(told).toEqual([`reads ${IMAGE}`, "begins manifest"]);
  });

  test.each([
    [true, 1],
    [false, 0],
  ])("as a push: %s, which is then replicated", async (pushed, queued) => {
    await putSource();
    putRepository(state, "to");
    const destinations = [{ region: "eu-west-1", registryId: scope.account }];
    state.commit(() => state.table(replicationConfigurations).put({ ...scope, rules: [{ destinations, filters: [] }] }));
    await copy({ pushed });
    expect(state.table(replications).size).toBe(queued);
  });

  test("before the index that lists it, without tags of its own", async () => {
    const source = await putSource();
    const target = putRepository(state, "to", underKey());
    const index = await putIndex(source);
    // What it lists and is not here is passed over.
    expect(await copy({ digest: index })).toBeUndefined();
    expect([there()?.tags, there(index)?.tags, there(index)?.size]).toEqual([[], ["1"], CONFIG.length + LAYER.length]);
    expect(await text(target, index)).toContain(IMAGE);
  });
});

describe("an image is not copied", () => {
  test.each<[string, () => unknown, object]>([
    ["that is not there", () => putRepository(state, "to"), { failureCode: "ImageNotFoundException", digest: "sha256:none" }],
    ["to nowhere", () => undefined, { failureCode: "RepositoryNotFoundException" }],
  ])("%s", async (_, prepare, { failureCode, ...changes }: { failureCode?: string } & Partial<ImageCopy>) => {
    await putSource();
    prepare();
    expect(await copy(changes)).toEqual({ failureCode });
  });

  test("from a repository that is gone", async () => {
    await putSource();
    putRepository(state, "to");
    state.commit(() => state.table(repositories).delete(FROM));
    expect(await copy()).toEqual({ failureCode: "RepositoryNotFoundException" });
  });

  test("over an immutable tag", async () => {
    await putSource();
    putRepository(state, "to", { tagMutability: "IMMUTABLE" });
    putImageRecord(state, TO, "sha256:theirs", { tags: ["1"] });
    expect(await copy()).toEqual({ failureCode: "ImageTagAlreadyExistsException" });
    expect(there()).toBeUndefined();
    expect(await copy({ tags: ["2"] })).toBeUndefined();
  });

  test("under a key that cannot be used, and an index tells so of what it lists", async () => {
    const source = await putSource();
    const index = await putIndex(source);
    putRepository(state, "to", underKey());
    state.commit(() => state.table(keys).put({ ...key, enabled: false }));
    expect(await copy()).toEqual({ failureCode: "KmsException" });
    putRepository(state, "to", { tagMutability: "IMMUTABLE" });
    state.commit(() => state.table(layers).delete(imageKey(FROM, BLOBS[0] ?? "")));
    await expect(copy({ digest: index })).rejects.toThrow(`layers of ${IMAGE} were deleted while it was copied`);
    expect(state.table(images).by("repository", TO)).toEqual([]);
  });

  test("as an index whose images are gone before they are copied", async () => {
    const source = await putSource();
    const index = await putIndex(source);
    putRepository(state, "to");
    meanwhile(() => state.table(images).delete(imageKey(FROM, IMAGE)));
    expect(await copy({ digest: index })).toEqual({ failureCode: "ImageNotFoundException", listed: ["ImageNotFoundException"] });
    expect(there(index)).toBeUndefined();
  });
});

describe("what changes while it is copied", () => {
  test.each<[string, (target: RepositoryRecord) => unknown, string]>([
    ["the image is deleted", () => state.table(images).delete(imageKey(FROM, IMAGE)), "ImageNotFoundException"],
    ["its repository goes", () => state.table(repositories).delete(FROM), "RepositoryNotFoundException"],
    ["the other one goes", () => state.table(repositories).delete(TO), "RepositoryNotFoundException"],
    ["the other one is made anew", (to) => state.table(repositories).put({ ...to, ...underKey() }), "RepositoryNotFoundException"],
  ])("%s", async (_, change, failureCode) => {
    await putSource();
    const target = putRepository(state, "to");
    meanwhile(() => change(target));
    expect(await copy()).toEqual({ failureCode });
    expect(there()).toBeUndefined();
  });

  test("a tag that it loses is not on the copy", async () => {
    await putSource();
    putRepository(state, "to");
    meanwhile(() => state.table(images).update(imageKey(FROM, IMAGE), (image) => ({ ...image, tags: ["2"] })));
    expect(await copy()).toBeUndefined();
    expect(there()?.tags).toEqual(["2"]);
  });

  test("a manifest that is none any more is a defect", async () => {
    const source = await putSource();
    putRepository(state, "to");
    await putBlob(source, Buffer.from("[]"));
    meanwhile(() => undefined, digestOf("[]"));
    await expect(copy()).rejects.toThrow(`the manifest ${IMAGE} cannot be read any more`);
  });
});

describe("a copy is ended", () => {
  test("before it begins a blob", async () => {
    await putSource();
    putRepository(state, "to");
    const stopping = AbortSignal.abort(new Error("stop"));
    await expect(copy({}, { stopping })).rejects.toThrow("stop");
    expect(state.table(layers).by("repository", TO)).toEqual([]);
  });

  test("between two pieces of a blob, and what was received of it goes", async () => {
    await putSource();
    putRepository(state, "to", underKey());
    const stop = new AbortController();
    told = [];
    meanwhile(() => stop.abort(new Error("stop")));
    await expect(copy({}, { stopping: stop.signal })).rejects.toThrow("stop");
    expect(told).toEqual(["begins copy", `reads ${digestOf(CONFIG)}`, "gives up copy, which is gone"]);
    expect(state.table(layers).by("repository", TO)).toEqual([]);
  });

  test("before the last step", async () => {
    await putSource();
    putRepository(state, "to");
    const stop = new AbortController();
    meanwhile(() => stop.abort(new Error("stop")));
    await expect(copy({}, { stopping: stop.signal })).rejects.toThrow("stop");
    expect(there()).toBeUndefined();
  });
});

test("a manifest that is not what it says leaves no upload behind", async () => {
  const source = putRepository(state, "from");
  await expect(storeManifest({ blobs: blobs(source), ids }, MANIFEST, digestOf("other"))).rejects.toThrow(BlobDigestError);
  expect(told).toEqual(["begins manifest", "gives up manifest, which is gone"]);
});
