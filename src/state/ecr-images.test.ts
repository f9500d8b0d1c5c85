import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { keyOf, manifestOf, putImageRecord, putLayer, putRepository } from "../testing/image-records.ts";
import { activated, archiveImage, ARCHIVED_IMAGE, imageStatus, isArchivedLayer, restoreImage } from "./ecr-archive.ts";
import {
  deleteImage,
  deleteRepository,
  findImage,
  findTagged,
  isImmutable,
  linkLayer,
  listedBy,
  putImage,
  refuseImage,
  removeTag,
  touchLayer,
  untagImage,
  type ImageRefusal,
  type NewImage,
} from "./ecr-images.ts";
import { lifecyclePolicies } from "./ecr-lifecycle.ts";
import { replicationConfigurations, replications } from "./ecr-replication.ts";
import { imageKey, images, layers, repositories, repositoryNameOf, type ImageRecord, type RepositoryRecord } from "./ecr.ts";
import { JournaledState } from "./journaled-state.ts";
import type { WholeState } from "./state.ts";

const APP = keyOf("app");
const [A, B, C, D] = ["sha256:a", "sha256:b", "sha256:c", "sha256:d"] as const;
const HOUR = 3_600_000;
let state: WholeState;
let app: RepositoryRecord;

beforeEach(() => {
  state = new JournaledState(memoryJournal());
  app = putRepository(state, "app");
});

const image = (digest: string, repository = APP): ImageRecord | undefined => state.table(images).get(imageKey(repository, digest));
const put = (digest: string, changes: Partial<NewImage> = {}): ImageRecord =>
  putImage(state, app, { digest, manifest: manifestOf([B, C, B]), manifestSize: 3, now: 5, ...changes });

describe("a manifest is refused", () => {
  beforeEach(() => {
    putLayer(state, APP, B);
    putLayer(state, keyOf("other"), C);
    putImageRecord(state, APP, A, { tags: ["taken"] });
    putImageRecord(state, keyOf("other"), D, { tags: ["free"] });
  });
  const of = (digest: string, manifest = manifestOf([B]), tags: object = {}): Omit<NewImage, "now" | "manifestSize"> => ({
    digest,
    manifest,
    ...tags,
  });

  test.each<[string, Partial<RepositoryRecord>, Omit<NewImage, "now" | "manifestSize">, ImageRefusal | undefined]>([
    ["with all that it needs: not", {}, of(D), undefined],
    ["for blobs that the repository has not", {}, of(D, manifestOf([B, C, D, C])), { kind: "layers-missing", digests: [C, D] }],
    ["for images that it has not", {}, of("sha256:i", manifestOf([], [A, D, C, D])), { kind: "images-missing", digests: [D, C] }],
    ["with all images that it lists: not", {}, of(D, manifestOf([], [A])), undefined],
    ["for an immutable tag", { tagMutability: "IMMUTABLE" }, of(D, undefined, { tag: "taken" }), { kind: "tag-immutable", tag: "taken" }],
    [
      "for a further one",
      { tagMutability: "IMMUTABLE" },
      of(D, undefined, { tag: "free", moreTags: ["too", "taken"] }),
      { kind: "tag-immutable", tag: "taken" },
    ],
    ["for its own tag: not", { tagMutability: "IMMUTABLE" }, of(A, undefined, { tag: "taken" }), undefined],
    ["for a tag of another repository: not", { tagMutability: "IMMUTABLE" }, of(D, undefined, { tag: "free" }), undefined],
    ["where tags may move: not", {}, of(D, undefined, { tag: "taken" }), undefined],
  ])("%s", (_, changes, asked, refusal) => {
    expect(refuseImage(state, { ...app, ...changes }, asked)).toEqual(refusal);
  });
});

test.each<[RepositoryRecord["tagMutability"], boolean, boolean]>([
  ["MUTABLE", false, false],
  ["IMMUTABLE", true, true],
  ["IMMUTABLE_WITH_EXCLUSION", false, true],
  ["MUTABLE_WITH_EXCLUSION", true, false],
])("in a repository that is %s, a tag that a filter matches is immutable: %s, another one: %s", (tagMutability, matched, other) => {
  const tagMutabilityExclusions = [
    { filterType: "WILDCARD", filter: "v*" },
    { filterType: "WILDCARD", filter: "rc" },
  ] as const;
  const setting = { ...app, tagMutability, tagMutabilityExclusions };
  expect(["v1", "rc", "latest", "rc1", ""].map((tag) => isImmutable(setting, tag))).toEqual([matched, matched, other, other, other]);
});

test("a filter that is none matches nothing but the empty text", () => {
  const setting = { ...app, tagMutability: "MUTABLE_WITH_EXCLUSION" as const, tagMutabilityExclusions: [{} as never] };
  expect([isImmutable(setting, "latest"), isImmutable(setting, "")]).toEqual([false, true]);
});

describe("an image comes", () => {
  test("as its manifest says", () => {
    const manifest = manifestOf([B, C, B], [], { artifactType: "t", annotations: { not: "kept" }, size: 30 });
    const record = {
      repository: APP,
      digest: A,
      kind: "image",
      mediaType: manifest.mediaType,
      manifestSize: 3,
      size: 30,
      artifactType: "t",
      blobs: [B, C],
      manifests: [],
      tags: ["1", "2"],
      pushedAt: 5,
    };
    expect(put(A, { manifest, tag: "1", moreTags: ["2", "1"] })).toEqual(record);
    expect(image(A)).toEqual(record);
    const subject = put(D, { manifest: manifestOf([B], [], { subject: A, annotations: { are: "kept" } }) });
    expect(subject).toMatchObject({ subject: A, annotations: { are: "kept" }, tags: [] });
    expect(subject).not.toHaveProperty("artifactType");
    expect(put(C, { manifest: manifestOf([B], [], { subject: A }) })).not.toHaveProperty("annotations");
    expect(state.table(images).by("subject", imageKey(APP, A))).toHaveLength(2);
  });

  test("as an index as large as the largest that it lists, with their platforms", () => {
    putImageRecord(state, APP, A, { size: 20 });
    putImageRecord(state, APP, B, { size: 70 });
    putImageRecord(state, APP, C, { size: 30 });
    const platform = { os: "linux", architecture: "arm64" };
    const listed = manifestOf([], [A, B, C, D]).manifests.map((one) => (one.digest === A ? { ...one, platform } : one));
    expect(put("sha256:i", { manifest: manifestOf([], [A], { manifests: listed, size: 1 }) })).toMatchObject({
      kind: "index",
      size: 70,
      blobs: [],
      manifests: [{ digest: A, ...platform }, { digest: B }, { digest: C }, { digest: D }],
    });
    expect(put("sha256:j", { manifest: manifestOf([], [D]) }).size).toBe(0);
    const index = image(B);
    expect(index && listedBy(state, index)).toEqual(["sha256:i"]);
  });

  test("with its tags, which leave the others", () => {
    put(A, { tag: "1", moreTags: ["2", "3"] });
    put(B, { tag: "2", moreTags: ["4"] });
    expect([image(A)?.tags, image(B)?.tags]).toEqual([
      ["1", "3"],
      ["2", "4"],
    ]);
    const elsewhere = putImageRecord(state, keyOf("other"), A, { tags: ["2"] });
    put(A, { tag: "2" });
    expect([image(A)?.tags, image(B)?.tags, image(A, keyOf("other"))]).toEqual([["1", "3", "2"], ["4"], elsewhere]);
  });

  test("a second time as what it was, and active again where it was archived", () => {
    const first = put(A, { tag: "1" });
    expect(put(A, { tag: "2", now: 9, manifestSize: 99 })).toEqual({ ...first, tags: ["1", "2"] });
    state.commit(() => state.table(images).put({ ...first, status: "ARCHIVED", lastArchivedAt: 6 }));
    const again = put(A, { now: 9 });
    expect(again).toEqual({ ...first, lastArchivedAt: 6, lastActivatedAt: 9 });
    expect(again).not.toHaveProperty("status");
  });

  test("and goes on to other registries, unless it came from one", () => {
    const destinations = [{ region: "eu-west-1", registryId: app.account }];
    state.commit(() =>
      state.table(replicationConfigurations).put({ account: app.account, region: app.region, rules: [{ destinations, filters: [] }] }),
    );
    put(A, { tag: "1", replicated: true });
    expect(state.table(replications).size).toBe(0);
    put(B, { tag: "2", moreTags: ["3"], replicated: false });
    expect([...state.table(replications).values()]).toEqual([
      { ...destinations[0], repository: APP, digest: B, status: "IN_PROGRESS", tags: ["2", "3"], queuedAt: 5 },
    ]);
  });
});

test("an image is found by tag or digest, in its repository", () => {
  const [one] = [putImageRecord(state, APP, A, { tags: ["1"] }), putImageRecord(state, keyOf("other"), B, { tags: ["2"] })];
  expect(["1", A, "2", B, ""].map((reference) => findImage(state, APP, reference))).toEqual([one, one, undefined, undefined, undefined]);
  expect([findTagged(state, APP, "1"), findTagged(state, APP, "2")]).toEqual([one, undefined]);
  expect(repositoryNameOf(keyOf("team/app"))).toBe("team/app");
});

describe("an image goes", () => {
  test("with its last tag, where ECR's API takes it", () => {
    removeTag(state, putImageRecord(state, APP, A, { tags: ["1", "2"] }), "1");
    const left = image(A);
    expect(left?.tags).toEqual(["2"]);
    if (left) removeTag(state, left, "2");
    expect(image(A)).toBeUndefined();
  });

  test("and not, where the distribution API takes it", () => {
    untagImage(state, putImageRecord(state, APP, A, { tags: ["1", "2"] }), "2");
    expect(image(A)?.tags).toEqual(["1"]);
    untagImage(state, putImageRecord(state, APP, A, { tags: ["1"] }), "1");
    expect(image(A)?.tags).toEqual([]);
  });

  test("alone", () => {
    const other = putImageRecord(state, APP, B);
    deleteImage(state, putImageRecord(state, APP, A));
    expect([...state.table(images).values()]).toEqual([other]);
  });

  test("with its repository, as its layers and its policy do, and nothing of another one", () => {
    const other = putRepository(state, "other");
    for (const name of ["app", "other"]) {
      const repository = keyOf(name);
      for (const digest of [A, B]) {
        putImageRecord(state, repository, digest);
        putLayer(state, repository, digest);
      }
      state.commit(() => state.table(lifecyclePolicies).put({ repository, id: "i", version: 1, text: "{}" }));
    }
    deleteRepository(state, app);
    expect([...state.table(repositories).values()]).toEqual([other]);
    for (const table of [images, layers, lifecyclePolicies] as unknown as readonly (typeof layers)[])
      expect(new Set([...state.table(table).values()].map(({ repository }) => repository))).toEqual(new Set([keyOf("other")]));
    expect([state.table(images).size, state.table(layers).size, state.table(lifecyclePolicies).size]).toEqual([2, 2, 1]);
  });
});

test("a layer is linked, and that it is counted on is noted once an hour", () => {
  const at = (): number | undefined => state.table(layers).get(imageKey(APP, B))?.usedAt;
  const layer = { repository: APP, digest: B, size: 10, usedAt: 1 };
  touchLayer(state, layer, HOUR + 1);
  expect(at()).toBeUndefined();
  linkLayer(state, layer);
  expect(state.table(layers).get(imageKey(APP, B))).toEqual(layer);
  touchLayer(state, layer, HOUR);
  expect(at()).toBe(1);
  touchLayer(state, layer, HOUR + 1);
  expect(state.table(layers).get(imageKey(APP, B))).toEqual({ ...layer, usedAt: HOUR + 1 });
});

describe("the archive", () => {
  test("takes an image, and gives it back", () => {
    const active = putImageRecord(state, APP, A, { tags: ["1"] });
    expect(imageStatus(active)).toBe("ACTIVE");
    archiveImage(state, active, 7);
    const archived = image(A);
    expect(archived).toEqual({ ...active, status: "ARCHIVED", lastArchivedAt: 7 });
    expect(archived && imageStatus(archived)).toBe("ARCHIVED");
    restoreImage(state, active);
    const activating = image(A);
    expect(activating).toEqual({ ...active, status: "ACTIVATING", lastArchivedAt: 7 });
    expect(activating && activated(activating, 8)).toEqual({ ...active, lastArchivedAt: 7, lastActivatedAt: 8 });
    expect(activating && activated(activating, 8)).not.toHaveProperty("status");
    expect(ARCHIVED_IMAGE).toBe("Requested image not found: it is archived, and can be pulled once it was restored or pushed again");
  });

  test("has nothing of what is gone", () => {
    const gone = { ...putImageRecord(state, APP, A), digest: D };
    archiveImage(state, gone, 7);
    restoreImage(state, gone);
    expect([image(D), image(A)?.status]).toEqual([undefined, undefined]);
  });

  test.each<[string, readonly (ImageRecord["status"] | "ACTIVE")[], boolean]>([
    ["that no image has", [], false],
    ["of an active image", ["ACTIVE"], false],
    ["of an archived one", ["ARCHIVED"], true],
    ["of one that comes back", ["ACTIVATING"], true],
    ["of both", ["ARCHIVED", "ACTIVE"], false],
  ])("has a layer %s alone: %s", (_, statuses, archived) => {
    for (const [at, status] of statuses.entries())
      putImageRecord(state, APP, `sha256:${at}`, status === undefined || status === "ACTIVE" ? {} : { status });
    putImageRecord(state, keyOf("other"), A, { status: "ARCHIVED" });
    expect(isArchivedLayer(state, APP, B)).toBe(archived);
  });
});
