import { describe, expect, test } from "vitest";
import { backfillItems, backfills, KEPT_MS, type BackfillItemRecord, type BackfillRecord } from "../../state/ecr-replication-backfills.ts";
import { replicationConfigurations, type ReplicationDestination } from "../../state/ecr-replication.ts";
import { images, repositories, repositoryKey } from "../../state/ecr.ts";
import { imageWorld, SOURCE } from "../../testing/image-world.ts";
import { replicationBackfills } from "./backfill.ts";

const FAR = { region: "eu-west-1", registryId: SOURCE.account };
const FOREIGN = { region: "eu-west-1", registryId: "210987654321" };
const DENIED = { status: "FAILED", failureCode: "AccessDeniedException" } as const;

function world() {
  const made = imageWorld();
  const { state } = made;
  const configure = (destinations: readonly ReplicationDestination[], ...filters: readonly string[]): void =>
    state.commit(() => void state.table(replicationConfigurations).put({ ...SOURCE, rules: [{ destinations, filters }] }));
  const start = (changes: Partial<BackfillRecord> = {}): void =>
    state.commit(
      () => void state.table(backfills).put({ ...SOURCE, id: "b", destination: FAR, status: "PREPARING", startedAt: 1, ...changes }),
    );
  const put = (digest: string, changes: Partial<BackfillItemRecord> = {}): void => {
    const repository = repositoryKey(SOURCE, "app");
    state.commit(() => void state.table(backfillItems).put({ backfill: "b", repository, digest, status: "WAITING", ...changes }));
  };
  const items = () => state.table(backfillItems).by("backfill", "b");
  const told = () => items().map(({ repository, tag, status }) => `${repository.split("/").at(-1)}:${tag ?? ""} ${status}`);
  return { ...made, configure, start, put, items, told, backfill: () => state.table(backfills).get("b") };
}

describe("what is to be replicated", () => {
  test("is each tag, and each image without one, of the repositories that go there", async () => {
    const { parts, clock, repository, image, configure, start, told, backfill } = world();
    const [web, shop] = [repository("prod-web"), repository("test-web")];
    image(web, "one", ["1", "latest"]);
    image(web, "two");
    image(shop, "one", ["1"]);
    image(repository("prod-far", { region: FAR.region }), "one", ["1"]);
    configure([FOREIGN, FAR], "prod");
    start();
    await using _loop = replicationBackfills(parts);
    await clock.settled();
    expect(told()).toEqual(["prod-web:1 COMPLETE", "prod-web:latest COMPLETE", "prod-web: COMPLETE"]);
    expect(backfill()).toEqual({ ...SOURCE, id: "b", destination: FAR, status: "COMPLETE", startedAt: 1, endedAt: clock.now() });
  });

  test.each([
    ["another region", { ...FAR, region: "ap-south-1" }],
    ["another account", FOREIGN],
  ])("is nothing where the rules lead to %s", async (_what, destination) => {
    const { parts, clock, repository, image, configure, start, told, backfill } = world();
    image(repository("app"), "one", ["1"]);
    configure([destination]);
    start();
    await using _loop = replicationBackfills(parts);
    await clock.settled();
    expect([told(), backfill()?.status]).toEqual([[], "COMPLETE"]);
  });

  test("is an image that an index names once: with the index, unless it has a tag of its own", async () => {
    const { parts, clock, repository, image, index, configure, start, items } = world();
    const app = repository("app");
    image(app, "one");
    const two = image(app, "two", ["2"]);
    const both = index(app, ["one", "two"]);
    configure([FAR]);
    start();
    await using _loop = replicationBackfills(parts);
    await clock.settled();
    expect(items().map(({ digest, tag, status }) => [digest, tag, status])).toEqual([
      [two.digest, "2", "COMPLETE"],
      [both.digest, undefined, "COMPLETE"],
    ]);
  });

  test("is settled once: a start goes on with what waits, and finds nothing more", async () => {
    const { parts, clock, repository, image, configure, start, put, told } = world();
    const app = repository("app");
    const one = image(app, "one", ["1"]);
    image(app, "two", ["2"]);
    configure([FAR]);
    put(one.digest, { tag: "1" });
    put("sha256:done", { status: "COMPLETE" });
    start({ status: "IN_PROGRESS" });
    await using _loop = replicationBackfills(parts);
    await clock.settled();
    expect(told()).toEqual(["app:1 COMPLETE", "app: COMPLETE"]);
  });
});

describe("an image that does not arrive", () => {
  test.each([
    ["that is gone", false, "ImageNotFoundException"],
    ["whose repository is gone", true, "RepositoryNotFoundException"],
  ])("%s has failed, and the others go on", async (_what, repositoryToo, failureCode) => {
    const { parts, clock, state, repository, image, start, put, items, backfill } = world();
    const app = repository("app");
    put("sha256:none");
    if (repositoryToo) state.commit(() => state.table(repositories).delete(repositories.key(app)));
    else put(image(app, "one", ["1"]).digest);
    start({ status: "IN_PROGRESS" });
    await using _loop = replicationBackfills(parts);
    await clock.settled();
    expect(items()[0]).toMatchObject({ status: "FAILED", failureCode });
    expect(items().map((item) => item.status)).toEqual(["FAILED", ...(repositoryToo ? [] : ["COMPLETE"])]);
    expect(backfill()?.status).toBe("COMPLETE");
  });

  test("is no index where it has no more to tell", async () => {
    const { parts, clock, repository, image, start, put, items } = world();
    put(image(repository("app"), "one", ["1"]).digest);
    start({ status: "IN_PROGRESS", destination: FOREIGN });
    await using _loop = replicationBackfills(parts);
    await clock.settled();
    const { digest, repository: key } = items()[0]!;
    expect(items()).toEqual([{ backfill: "b", repository: key, digest, ...DENIED }]);
  });
});

test("of an index, what became of the images that it lists is kept", async () => {
  const { parts, clock, state, repository, image, index, start, put, items } = world();
  const app = repository("app");
  const one = image(app, "one");
  const { digest } = index(app, ["one"], ["both"]);
  put(digest, { tag: "both" });
  start({ status: "IN_PROGRESS" });
  const blobs: typeof parts.blobs = Object.assign(Object.create(parts.blobs) as typeof parts.blobs, {
    in: (...keys: Parameters<typeof parts.blobs.in>) => {
      const inner = parts.blobs.in(...keys);
      // Somebody deletes it while it is copied.
      const read: typeof inner.read = (...which) => {
        state.commit(() => state.table(images).delete(images.key(one)));
        return inner.read(...which);
      };
      return { ...inner, read };
    },
  });
  await using _loop = replicationBackfills({ ...parts, blobs });
  await clock.settled();
  expect(items()).toEqual([
    {
      ...{ backfill: "b", repository: one.repository, digest, tag: "both", status: "FAILED" },
      ...{ failureCode: "ImageNotFoundException", listed: ["ImageNotFoundException"] },
    },
  ]);
});

describe("half of a hundred failures end it,", () => {
  test.each([
    ["the hundredth of a hundred", 99, 0, "FAILED", 1],
    ["the ninety-ninth not yet", 98, 0, "COMPLETE", 0],
    ["with fifty that arrived before", 49, 50, "FAILED", 1],
    ["not with fifty-one that arrived before", 48, 51, "COMPLETE", 0],
  ])("%s", async (_what, failed, arrived, status, waiting) => {
    const { parts, clock, repository, image, start, put, items, backfill } = world();
    for (let at = 0; at < failed; at += 1) put(`sha256:f${at}`, { status: "FAILED" });
    for (let at = 0; at < arrived; at += 1) put(`sha256:c${at}`, { status: "COMPLETE" });
    const { digest } = image(repository("app"), "one", ["1"]);
    put(digest, { tag: "1" });
    if (waiting > 0) put(digest, { tag: "2" });
    start({ status: "IN_PROGRESS", destination: FOREIGN });
    await using _loop = replicationBackfills(parts);
    await clock.settled();
    expect(items().filter((item) => item.status === "WAITING")).toHaveLength(waiting);
    const failure = status === "FAILED" ? { failureCode: "TooManyFailures" } : {};
    expect(backfill()).toEqual({ ...SOURCE, id: "b", destination: FOREIGN, startedAt: 1, status, endedAt: clock.now(), ...failure });
  });
});

test("one that is asked to stop ends as STOPPED, and begins nothing", async () => {
  const { parts, clock, repository, image, start, put, told, backfill } = world();
  put(image(repository("app"), "one", ["1"]).digest, { tag: "1" });
  start({ status: "STOPPING" });
  await using _loop = replicationBackfills(parts);
  await clock.settled();
  expect(told()).toEqual(["app:1 WAITING"]);
  expect(backfill()).toMatchObject({ status: "STOPPED", endedAt: clock.now() });
});

test("one that is over is left as it is for 90 days, and then forgotten with all that it had; others stay", async () => {
  const { parts, clock, state, start, put, items, backfill } = world();
  put("sha256:a", { status: "COMPLETE" });
  put("sha256:b");
  put("sha256:c", { backfill: "other" });
  start({ status: "COMPLETE", endedAt: clock.now() - 1000 });
  await using _loop = replicationBackfills(parts);
  await clock.pass(KEPT_MS - 1001);
  expect([items().map(({ status }) => status), backfill()?.status]).toEqual([["COMPLETE", "WAITING"], "COMPLETE"]);
  await clock.pass(1);
  expect([items(), backfill()]).toEqual([[], undefined]);
  expect(state.table(backfillItems).size).toBe(1);
  expect(state.table(images).size).toBe(0);
});
