import {
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeReplicationBackfillResultsCommand,
  ECRClient,
  ListReplicationBackfillsCommand,
  PutReplicationConfigurationCommand,
  StartReplicationBackfillCommand,
  StopReplicationBackfillCommand,
} from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, expect, test } from "vitest";
import { backfillItems, backfills, KEPT_MS, UNDER_WAY } from "../../state/ecr-replication-backfills.ts";
import { images, repositories, repositoryKey } from "../../state/ecr.ts";
import { HeldJournal } from "../../testing/held-journal.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { registryWorld, type RegistryWorld } from "../../testing/registry-world.ts";
import { OCI_INDEX, pushImageTo, pushManifestTo, smallImage, smallIndex } from "../../testing/small-image.ts";
import { replicationBackfills } from "./backfill.ts";

const HOME = "123456789012";
const FAR = { region: "eu-west-1", registryId: HOME };
const LOGGER = { info: () => undefined, warn: () => undefined, error: () => undefined };

let clock: ManualClock;
let journal: HeldJournal;
let world: RegistryWorld;
let ecr: ECRClient;
let loop: AsyncDisposable | undefined;
beforeEach(async () => {
  clock = new ManualClock(Date.now());
  journal = new HeldJournal();
  world = await registryWorld({ clock, journal });
  ecr = world.client(ECRClient);
  for (const repositoryName of ["prod/web", "test/web"]) await ecr.send(new CreateRepositoryCommand({ repositoryName }));
});
afterEach(async () => {
  await loop?.[Symbol.asyncDispose]();
  loop = undefined;
  await world[Symbol.asyncDispose]();
});

const run = (): void => void (loop = replicationBackfills({ ...world.platform, logger: LOGGER }));
const configure = (destinations = [FAR]): Promise<unknown> =>
  ecr.send(
    new PutReplicationConfigurationCommand({
      replicationConfiguration: { rules: [{ destinations, repositoryFilters: [{ filter: "prod", filterType: "PREFIX_MATCH" }] }] },
    }),
  );
const start = async (): Promise<string> =>
  (await ecr.send(new StartReplicationBackfillCommand({ destination: FAR }))).replicationBackfillId ?? "";
const results = (replicationBackfillId: string, more: object = {}) =>
  ecr.send(new DescribeReplicationBackfillResultsCommand({ replicationBackfillId, ...more }));

/** Resolves when no backfill is under way. */
async function over(): Promise<void> {
  const { state } = world.platform;
  while ([...state.table(backfills).values()].some(({ status }) => UNDER_WAY.includes(status)))
    await new Promise<void>((resolve) => {
      const watch = state.watch(backfills, () => {
        watch[Symbol.dispose]();
        resolve();
      });
    });
}

test("what was there before replication was configured is replicated, as far as the rules cover it; each tag is counted", async () => {
  const [one, amd, arm] = [smallImage({ content: "one" }), smallImage({ content: "amd" }), smallImage({ content: "arm" })];
  for (const tag of ["1", "latest"]) await pushImageTo(world, "prod/web", tag, one);
  for (const image of [amd, arm]) await pushImageTo(world, "prod/web", image.digest, image);
  const index = smallIndex([amd, arm], ["amd64", "arm64"]);
  await pushManifestTo(world, "prod/web", "both", index.text, OCI_INDEX);
  await pushImageTo(world, "test/web", "1", one);
  await configure();
  run();
  const id = await start();
  await over();
  const told = await results(id);
  expect(told).toMatchObject({
    registryId: HOME,
    destination: FAR,
    status: "COMPLETE",
    progress: { totalReplicationCount: 3, completedReplicationCount: 3, failedReplicationCount: 0, failureCodes: [] },
  });
  expect(told.results?.map(({ repositoryName, imageId, status }) => [repositoryName, imageId?.imageTag, status])).toEqual(
    expect.arrayContaining([
      ["prod/web", "1", "COMPLETE"],
      ["prod/web", "latest", "COMPLETE"],
      ["prod/web", "both", "COMPLETE"],
    ]),
  );
  const { imageDetails = [] } = await world.client(ECRClient, FAR.region).send(new DescribeImagesCommand({ repositoryName: "prod/web" }));
  expect(imageDetails).toHaveLength(4);
  expect(world.defects).toEqual([]);
});

test("a backfill goes on where a restart cut it off, and tells of images only when it is over", async () => {
  await pushImageTo(world, "prod/web", "1", smallImage());
  await configure();
  const id = await start();
  expect(await results(id)).toMatchObject({ status: "PREPARING", results: [] });
  run();
  await over();
  expect(await results(id)).toMatchObject({ status: "COMPLETE", results: [{ imageId: { imageTag: "1" }, status: "COMPLETE" }] });
});

test("one that is stopped ends as STOPPED, and one that is over cannot be stopped", async () => {
  await pushImageTo(world, "prod/web", "1", smallImage());
  await configure();
  const id = await start();
  const { status } = await ecr.send(new StopReplicationBackfillCommand({ replicationBackfillId: id }));
  expect(status).toBe("STOPPING");
  run();
  await over();
  expect(await results(id)).toMatchObject({ status: "STOPPED" });
  await expect(ecr.send(new StopReplicationBackfillCommand({ replicationBackfillId: id }))).rejects.toMatchObject({
    name: "ReplicationBackfillInvalidStatusException",
  });
});

test("failures are counted by their codes, and can be asked for alone", async () => {
  const far = world.client(ECRClient, FAR.region);
  await far.send(new CreateRepositoryCommand({ repositoryName: "prod/web", imageTagMutability: "IMMUTABLE" }));
  const authorization = world.authorization({ region: FAR.region });
  await pushImageTo(world, "prod/web", "1", smallImage({ content: "theirs" }), { authorization });
  for (const content of ["1", "2"]) await pushImageTo(world, "prod/web", content, smallImage({ content }));
  await configure();
  run();
  const id = await start();
  await over();
  expect(await results(id, { resultStatusFilter: "FAILED" })).toMatchObject({
    status: "COMPLETE",
    progress: {
      totalReplicationCount: 2,
      completedReplicationCount: 1,
      failedReplicationCount: 1,
      failureCodes: ["ImageTagAlreadyExistsException"],
    },
    results: [{ imageId: { imageTag: "1" }, status: "FAILED", failureCode: "ImageTagAlreadyExistsException" }],
  });
});

test("half of a hundred failures end it", async () => {
  await pushImageTo(world, "prod/web", "a", smallImage());
  await configure([{ region: "eu-west-1", registryId: "210987654321" }]);
  const { state } = world.platform;
  const key = repositoryKey({ account: HOME, region: "us-east-1" }, "prod/web");
  const [image] = state.table(images).by("repository", key);
  state.commit(() => image && state.table(images).put({ ...image, tags: Array.from({ length: 150 }, (_, at) => `t${at}`) }));
  run();
  const { replicationBackfillId: id = "" } = await ecr.send(
    new StartReplicationBackfillCommand({ destination: { region: "eu-west-1", registryId: "210987654321" } }),
  );
  await over();
  expect(await results(id)).toMatchObject({
    status: "FAILED",
    failureCode: "TooManyFailures",
    progress: { totalReplicationCount: 150, failedReplicationCount: 100, failureCodes: ["AccessDeniedException"] },
  });
  expect(state.table(repositories).by("account", "210987654321")).toEqual([]);
});

test("it is forgotten 90 days after its end", async () => {
  await configure();
  run();
  const id = await start();
  await over();
  await clock.pass(KEPT_MS);
  const { state } = world.platform;
  expect([state.table(backfills).has(id), state.table(backfillItems).size]).toEqual([false, 0]);
});

test("only one goes to a region at a time, and only to where the configuration leads", async () => {
  await expect(start()).rejects.toMatchObject({ name: "InvalidParameterException" });
  await configure();
  const id = await start();
  await expect(start()).rejects.toMatchObject({ name: "ReplicationBackfillInProgressException" });
  const { backfills: listed } = await ecr.send(new ListReplicationBackfillsCommand({}));
  expect(listed).toMatchObject([{ replicationBackfillId: id, status: "PREPARING", destination: FAR }]);
  await expect(results("none")).rejects.toMatchObject({ name: "ReplicationBackfillNotFoundException" });
});

/** A backfill to an account that allows nothing, so that each of the image's tags fails at once. */
async function startRefused(...tags: readonly string[]): Promise<string> {
  const destination = { region: "eu-west-1", registryId: "210987654321" };
  const image = smallImage();
  for (const tag of tags) await pushImageTo(world, "prod/web", tag, image);
  await configure([destination]);
  return (await ecr.send(new StartReplicationBackfillCommand({ destination }))).replicationBackfillId ?? "";
}

const itemsOf = (id: string): readonly string[] =>
  world.platform.state
    .table(backfillItems)
    .by("backfill", id)
    .map(({ status }) => status);

test("an image is begun when the one before is on the disk, and a stop between two of them leaves the others for the next start", async () => {
  const id = await startRefused("1", "2", "3");
  journal.hold();
  run();
  await clock.settled();
  expect(itemsOf(id)).toEqual(["FAILED", "WAITING", "WAITING"]);
  const stopped = loop?.[Symbol.asyncDispose]();
  journal.letGo();
  await stopped;
  expect(itemsOf(id)).toEqual(["FAILED", "WAITING", "WAITING"]);
  expect(world.platform.state.table(backfills).get(id)?.status).toBe("IN_PROGRESS");
  run();
  await over();
  expect(itemsOf(id)).toEqual(["FAILED", "FAILED", "FAILED"]);
  expect(await results(id)).toMatchObject({ status: "COMPLETE", progress: { totalReplicationCount: 3, failedReplicationCount: 3 } });
});

test("one that is asked to stop between two images ends as STOPPED, with the others left where they are", async () => {
  const id = await startRefused("1", "2");
  journal.hold();
  run();
  await clock.settled();
  const { state } = world.platform;
  state.commit(() => state.table(backfills).update(id, (one) => ({ ...one, status: "STOPPING" })));
  journal.letGo();
  await over();
  expect(itemsOf(id)).toEqual(["FAILED", "WAITING"]);
  expect(state.table(backfills).get(id)).toMatchObject({ status: "STOPPED", endedAt: clock.now() });
});

test("a stop of the server is over when the end of a backfill is on the disk", async () => {
  await configure();
  const id = await start();
  journal.hold();
  run();
  await clock.settled();
  expect(world.platform.state.table(backfills).get(id)?.status).toBe("COMPLETE");
  let stopped = false;
  const stop = Promise.resolve(loop?.[Symbol.asyncDispose]()).then(() => (stopped = true));
  await clock.settled();
  expect(stopped).toBe(false);
  journal.letGo();
  await stop;
  expect(journal.durable(backfills, id)).toMatchObject({ status: "COMPLETE" });
});
