import { describe, expect, test } from "vitest";
import { replications, type ReplicationRecord } from "../../state/ecr-replication.ts";
import { images, repositories, repositoryKey } from "../../state/ecr.ts";
import { HeldJournal } from "../../testing/held-journal.ts";
import { imageWorld, SOURCE } from "../../testing/image-world.ts";
import { replication } from "./replication.ts";

const FAR = { region: "eu-west-1", registryId: SOURCE.account };
const FOREIGN = { region: "us-east-1", registryId: "210987654321" };

function world(journal?: HeldJournal) {
  const made = imageWorld(journal);
  const source = made.repository("app");
  const table = made.state.table(replications);
  const queue = (digest: string, changes: Partial<ReplicationRecord> = {}): ReplicationRecord =>
    made.state.commit(() =>
      table.put({ ...FAR, repository: repositoryKey(source, "app"), digest, status: "IN_PROGRESS", tags: ["1"], queuedAt: 0, ...changes }),
    );
  return { ...made, source, table, queue, all: () => [...table.values()] };
}

test("what is queued at the start, and what comes later, is carried out; what it still had to bring is over", async () => {
  const { parts, clock, source, image, queue, all, logged } = world();
  const [one, two] = [image(source, "one", ["1"]), image(source, "two", ["2"])];
  queue(one.digest, { failureCode: "AccessDeniedException" });
  await using _loop = replication(parts);
  await clock.settled();
  queue(two.digest);
  await clock.settled();
  const over = { ...FAR, repository: one.repository, status: "COMPLETE", tags: [], queuedAt: 0 };
  expect(all()).toEqual([one, two].map(({ digest }) => ({ ...over, digest })));
  expect(logged).toEqual([]);
});

test.each(["COMPLETE", "FAILED"] as const)("one that is %s is left alone", async (status) => {
  const { parts, clock, state, source, image, queue, all } = world();
  const record = queue(image(source, "one", ["1"]).digest, { status });
  await using _loop = replication(parts);
  await clock.settled();
  expect(all()).toEqual([record]);
  expect(state.table(repositories).size).toBe(1);
});

test.each(["over", "gone"])("one that is %s before its turn comes is left alone", async (what) => {
  const { parts, clock, state, table, source, image, queue, all, logged } = world();
  const record = queue(image(source, "one", ["1"]).digest);
  await using _loop = replication(parts);
  state.commit(() => (what === "gone" ? table.delete(replications.key(record)) : table.put({ ...record, status: "COMPLETE" })));
  await clock.settled();
  expect(all()).toEqual(what === "gone" ? [] : [{ ...record, status: "COMPLETE" }]);
  expect([state.table(repositories).size, logged]).toEqual([1, []]);
});

test("one that is refused has failed, says why, and is not tried again", async () => {
  const { parts, clock, source, image, queue, all, logged } = world();
  const record = queue(image(source, "one", ["1"]).digest, FOREIGN);
  await using _loop = replication(parts);
  await clock.pass(3_600_000);
  expect(all()).toEqual([{ ...record, status: "FAILED", failureCode: "AccessDeniedException" }]);
  const { repository, digest } = record;
  expect(logged).toEqual([["an image was not replicated", { repository, digest, ...FOREIGN, why: "AccessDeniedException" }]]);
});

describe("of an image that is gone, nobody asks how far it is:", () => {
  test.each([
    ["the image", false],
    ["its repository", true],
  ])("%s was gone before", async (_what, repositoryToo) => {
    const { parts, clock, state, queue, all, source, logged } = world();
    queue("sha256:none");
    if (repositoryToo) state.commit(() => state.table(repositories).delete(repositories.key(source)));
    await using _loop = replication(parts);
    await clock.settled();
    expect(all()).toEqual([]);
    expect(logged).toMatchObject([["an image was not replicated", { why: "ImageNotFoundException" }]]);
  });

  test("it goes afterwards, and others' records stay", async () => {
    const { parts, clock, state, source, image, queue, all } = world();
    const [one, two] = [image(source, "one", ["1"]), image(source, "two", ["2"])];
    for (const { digest } of [one, two]) queue(digest);
    await using _loop = replication(parts);
    await clock.settled();
    state.commit(() => state.table(images).update(images.key(one), (known) => ({ ...known, tags: [] })));
    await clock.settled();
    expect(all()).toHaveLength(2);
    state.commit(() => state.table(images).delete(images.key(one)));
    await clock.settled();
    expect(all().map(({ digest }) => digest)).toEqual([two.digest]);
  });

  test("it goes and comes again in one commit: then it is there", async () => {
    const { parts, clock, state, source, image, queue, all } = world();
    const one = image(source, "one", ["1"]);
    queue(one.digest);
    await using _loop = replication(parts);
    await clock.settled();
    state.commit(() => {
      state.table(images).delete(images.key(one));
      state.table(images).put(one);
    });
    await clock.settled();
    expect(all()).toHaveLength(1);
  });
});

test("a push that comes while one is carried out is another round", async () => {
  const { parts, clock, source, image, queue, all, state } = world();
  const one = image(source, "one", ["1", "2"]);
  queue(one.digest);
  let again: (() => void) | undefined = () => void queue(one.digest, { tags: ["2"], queuedAt: 5 });
  const blobs: typeof parts.blobs = Object.assign(Object.create(parts.blobs) as typeof parts.blobs, {
    in: (keys: Parameters<typeof parts.blobs.in>[0]) => {
      again?.();
      again = undefined;
      return parts.blobs.in(keys);
    },
  });
  await using _loop = replication({ ...parts, blobs });
  await clock.settled();
  expect(all()).toMatchObject([{ status: "COMPLETE", queuedAt: 5 }]);
  const copies = state.table(images).by("repository", repositoryKey({ account: SOURCE.account, region: FAR.region }, "app"));
  expect(copies.map(({ tags }) => tags)).toEqual([["1", "2"]]);
});

test("that it failed is told when it is on the disk", async () => {
  const journal = new HeldJournal();
  const { parts, clock, source, image, queue, all, logged } = world(journal);
  queue(image(source, "one", ["1"]).digest, FOREIGN);
  journal.hold();
  await using _loop = replication(parts);
  await clock.settled();
  expect([all()[0]?.status, logged]).toEqual(["FAILED", []]);
  journal.letGo();
  await clock.settled();
  expect(logged).toHaveLength(1);
});
