import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { keyOf, manifestOf, putImageRecord, putLayer, putRepository } from "../testing/image-records.ts";
import {
  awaitedBlob,
  beginImport,
  completeImport,
  dropImport,
  findImporting,
  imports,
  mayTake,
  missingBlobs,
  noteUpstreamTag,
  type ImportRecord,
} from "./ecr-imports.ts";
import {
  isGoodHere,
  pullThroughRuleFor,
  pullThroughRuleKey,
  pullThroughRules,
  REVALIDATE_AFTER_MS,
  upstreamRepository,
  upstreamTags,
  type PullThroughRuleRecord,
} from "./ecr-pull-through.ts";
import { imageKey, images, type RepositoryRecord } from "./ecr.ts";
import { JournaledState } from "./journaled-state.ts";
import type { WholeState } from "./state.ts";

const [APP, OTHER] = [keyOf("app"), keyOf("other")];
const [A, B, C, D] = ["sha256:a", "sha256:b", "sha256:c", "sha256:d"] as const;
const scope = { account: "123456789012", region: "us-east-1" };
let state: WholeState;
let app: RepositoryRecord;

beforeEach(() => {
  state = new JournaledState(memoryJournal());
  app = putRepository(state, "app");
});

const asked = (digest: string, tags: readonly string[], changes: Partial<ImportRecord> = {}): ImportRecord => ({
  ...{ repository: APP, digest, tags, manifest: manifestOf([B, C]), manifestSize: 3, startedAt: 5 },
  ...changes,
});
const importing = (digest: string, repository = APP) => state.table(imports).get(imageKey(repository, digest));
const image = (digest: string) => state.table(images).get(imageKey(APP, digest));
const upstream = (tag: string) => state.table(upstreamTags).get(`${APP}:${tag}`);

describe("an import", () => {
  test("is kept while blobs are missing, and its tags are noted as the upstream's", () => {
    beginImport(state, asked(A, ["1", "2"]));
    expect(importing(A)).toEqual(asked(A, ["1", "2"]));
    expect(["1", "2"].map(upstream)).toEqual(["1", "2"].map((tag) => ({ repository: APP, tag, digest: A, checkedAt: 5 })));
    expect(image(A)).toBeUndefined();
  });

  test("that is under way gets further tags, and was begun when it was", () => {
    beginImport(state, asked(A, ["1"]));
    beginImport(state, asked(A, ["2", "1"], { startedAt: 9 }));
    expect(importing(A)).toEqual(asked(A, ["1", "2"]));
    expect(upstream("1")?.checkedAt).toBe(9);
  });

  test("takes its tags from others of the repository", () => {
    beginImport(state, asked(A, ["1", "2"]));
    beginImport(state, asked(A, ["1"], { repository: OTHER }));
    beginImport(state, asked(D, ["1"]));
    expect([importing(A)?.tags, importing(D)?.tags, importing(A, OTHER)?.tags]).toEqual([["2"], ["1"], ["1"]]);
    expect(upstream("1")?.digest).toBe(D);
  });

  test("is an image at once where nothing is missing", () => {
    for (const blob of [B, C]) putLayer(state, APP, blob);
    beginImport(state, asked(A, ["1"]));
    expect(importing(A)).toBeUndefined();
    expect(image(A)).toMatchObject({ digest: A, tags: ["1"], size: 20, blobs: [B, C], pushedAt: 5 });
  });

  test("is served meanwhile, by tag and digest, as the image that it will be", () => {
    beginImport(state, asked(A, ["1"]));
    beginImport(state, asked(D, ["2"], { repository: OTHER }));
    const { mediaType } = manifestOf([]);
    const found = {
      ...{ repository: APP, digest: A, kind: "image", mediaType, manifestSize: 3, size: 20, tags: ["1"] },
      ...{ blobs: [B, C], manifests: [], pushedAt: 5 },
    };
    expect([findImporting(state, APP, "1"), findImporting(state, APP, A)]).toEqual([found, found]);
    expect(["2", D, "none"].map((reference) => findImporting(state, APP, reference))).toEqual([undefined, undefined, undefined]);
  });

  test("tells the sizes of what it waits for", () => {
    const [first, second] = manifestOf([B, C]).blobs;
    const manifest = { ...manifestOf([]), blobs: [first, { ...second, size: 70 }] } as ImportRecord["manifest"];
    beginImport(state, asked(A, [], { manifest }));
    expect([awaitedBlob(state, APP, C)?.size, awaitedBlob(state, APP, B)?.size]).toEqual([70, 10]);
    expect([awaitedBlob(state, APP, D), awaitedBlob(state, OTHER, C)]).toEqual([undefined, undefined]);
    putLayer(state, APP, B);
    putLayer(state, OTHER, C);
    expect(missingBlobs(state, asked(A, [], { manifest })).map(({ digest }) => digest)).toEqual([C]);
  });

  test("is given up without a trace in the repository", () => {
    beginImport(state, asked(A, ["1"]));
    beginImport(state, asked(D, ["2"]));
    dropImport(state, APP, A);
    expect([...state.table(imports).values()].map(({ digest }) => digest)).toEqual([D]);
    expect(state.table(images).size).toBe(0);
  });
});

describe("an import is completed", () => {
  const complete = (): boolean => completeImport(state, APP, A, 8);
  const arrive = (): void => {
    for (const blob of [B, C]) putLayer(state, APP, blob);
  };

  test("with its last blob, once", () => {
    beginImport(state, asked(A, ["1"]));
    putLayer(state, APP, B);
    expect(complete()).toBe(false);
    expect([importing(A)?.tags, image(A)]).toEqual([["1"], undefined]);
    putLayer(state, APP, C);
    expect(complete()).toBe(true);
    expect(importing(A)).toBeUndefined();
    expect(image(A)).toMatchObject({ tags: ["1"], manifestSize: 3, pushedAt: 8 });
    expect(complete()).toBe(false);
  });

  test("not in a repository that is gone", () => {
    beginImport(state, asked(A, [], { repository: OTHER }));
    for (const blob of [B, C]) putLayer(state, OTHER, blob);
    expect(completeImport(state, OTHER, A, 8)).toBe(false);
    expect(importing(A, OTHER)?.digest).toBe(A);
  });

  test("without a tag that is immutable and another image's by now", () => {
    app = putRepository(state, "app", { tagMutability: "IMMUTABLE" });
    beginImport(state, asked(A, ["1", "2"]));
    putImageRecord(state, APP, D, { tags: ["1"] });
    arrive();
    expect(complete()).toBe(true);
    expect([image(A)?.tags, image(D)?.tags]).toEqual([["2"], ["1"]]);
  });

  test("and indexes that list it are as large as it is, where they were smaller", () => {
    const manifests = [{ digest: A }];
    for (const [name, size] of [
      ["small", 1],
      ["large", 99],
    ] as const)
      putImageRecord(state, APP, `sha256:${name}`, { kind: "index", manifests, blobs: [], size });
    const large = image("sha256:large");
    putImageRecord(state, APP, "sha256:alien", { kind: "index", manifests: [{ digest: D }], blobs: [], size: 1 });
    beginImport(state, asked(A, []));
    arrive();
    complete();
    expect(["small", "alien"].map((name) => image(`sha256:${name}`)?.size)).toEqual([20, 1]);
    expect(image("sha256:large")).toBe(large);
  });

  test.each<[string, Partial<RepositoryRecord>, string, boolean]>([
    ["that is free", { tagMutability: "IMMUTABLE" }, "new", true],
    ["that it has", { tagMutability: "IMMUTABLE" }, "own", true],
    ["that another one has", { tagMutability: "IMMUTABLE" }, "theirs", false],
    ["that another one has and may lose", {}, "theirs", true],
  ])("a tag may be taken %s", (_, changes, tag, may) => {
    putImageRecord(state, APP, A, { tags: ["own"] });
    putImageRecord(state, APP, D, { tags: ["theirs"] });
    expect(mayTake(state, { ...app, ...changes }, APP, tag, A)).toBe(may);
  });
});

describe("a rule", () => {
  const rule = (prefix: string, changes: Partial<PullThroughRuleRecord> = {}): PullThroughRuleRecord => ({
    ...{ ...scope, prefix, upstreamUrl: "quay.io", upstreamPrefix: "ROOT", createdAt: 0, updatedAt: 0 },
    ...changes,
  });

  test("is the most exact one, in its account and region", () => {
    const there = [rule("ROOT"), rule("quay"), rule("quay/team"), rule("docker", { region: "eu-west-1" })];
    state.commit(() => {
      for (const one of there) state.table(pullThroughRules).put(one);
    });
    const found = (name: string, where = scope) => pullThroughRuleFor(state, where, name)?.prefix;
    expect(["quay/x", "quay/team/x", "docker/x"].map((name) => found(name))).toEqual(["quay", "quay/team", "ROOT"]);
    const europe = { ...scope, region: "eu-west-1" };
    expect([found("docker/x", europe), found("quay/x", europe)]).toEqual(["docker", undefined]);
    expect(found("docker/x", { ...europe, account: "210987654321" })).toBeUndefined();
    expect(state.table(pullThroughRules).get(pullThroughRuleKey(scope, "quay"))).toBe(there[1]);
  });

  test.each([
    ["quay", "ROOT", "quay/a/b", "a/b"],
    ["quay", "mirror", "quay/a/b", "mirror/a/b"],
    ["ROOT", "mirror", "a/b", "mirror/a/b"],
  ])("under %s, which is %s over there, %s is %s", (prefix, upstreamPrefix, name, there) => {
    expect(upstreamRepository(rule(prefix, { upstreamPrefix }), name)).toBe(there);
  });
});

describe("what is here is served without asking", () => {
  test.each<[string, string, string | undefined, number, boolean]>([
    ["under a digest", A, A, 1e12, true],
    ["not where it is not", "1", undefined, 5, false],
    ["not where a digest is not", A, undefined, 5, false],
    ["under a tag that was asked for lately", "1", A, 5 + REVALIDATE_AFTER_MS - 1, true],
    ["not under one that was asked for long ago", "1", A, 5 + REVALIDATE_AFTER_MS, false],
    ["under a tag that was pushed here over it", "1", D, 1e12, true],
    ["under a tag that was never upstream's", "mine", A, 1e12, true],
  ])("%s", (_, reference, here, now, good) => {
    noteUpstreamTag(state, APP, "1", A, 5);
    noteUpstreamTag(state, OTHER, "mine", A, 5);
    expect(isGoodHere(state, APP, reference, here === undefined ? undefined : { digest: here }, now)).toBe(good);
    expect(REVALIDATE_AFTER_MS).toBe(86_400_000);
  });

  test("and where the upstream's tags are is told by repository", () => {
    noteUpstreamTag(state, APP, "1", A, 5);
    noteUpstreamTag(state, OTHER, "1", D, 6);
    expect(state.table(upstreamTags).by("repository", APP)).toEqual([{ repository: APP, tag: "1", digest: A, checkedAt: 5 }]);
  });
});
