import { expect, test } from "vitest";
import { secretBox } from "../drivers/system/secret-box.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import { archiveImage, restoreImage } from "../state/ecr-archive.ts";
import { imageKey, images, repositories, repositoryKey, type ImageRecord, type RepositoryRecord } from "../state/ecr.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { HeldJournal } from "../testing/held-journal.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { imageActivation } from "./image-activation.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const REPOSITORY: RepositoryRecord = {
  ...{ ...SCOPE, name: "app", arn: "arn:aws:ecr:us-east-1:123456789012:repository/app", tags: [], createdAt: 0 },
  ...{ tagMutability: "MUTABLE", tagMutabilityExclusions: [], scanOnPush: false, encryption: { encryptionType: "AES256" } },
};
const IMAGE: ImageRecord = {
  ...{ repository: repositoryKey(SCOPE, "app"), digest: "sha256:m", kind: "image", mediaType: "m", manifestSize: 1, size: 1 },
  ...{ blobs: ["sha256:a", "sha256:b"], manifests: [], tags: [], pushedAt: 0 },
};

function world(missing: readonly string[] = []) {
  const journal = new HeldJournal();
  const state = new JournaledState(journal);
  const clock = new ManualClock();
  const left = new Set(missing);
  const told: unknown[] = [];
  /** The digests that were looked for, and what happens while one is. */
  const looked: string[] = [];
  const meanwhile = new Map<string, () => Promise<unknown> | void>();
  const blobs = {
    in: () => ({
      async stat(digest: string) {
        looked.push(digest);
        await meanwhile.get(digest)?.();
        return left.has(digest) ? undefined : { size: 1 };
      },
    }),
  } as unknown as BlobStore;
  const logger = { info: () => undefined, warn: () => undefined, error: (_: string, fields?: unknown) => void told.push(fields) };
  state.commit(() => {
    state.table(repositories).put(REPOSITORY);
    state.table(images).put(IMAGE);
  });
  archiveImage(state, IMAGE, clock.now());
  const image = (): ImageRecord | undefined => state.table(images).get(imageKey(IMAGE.repository, IMAGE.digest));
  const start = (): AsyncDisposable => imageActivation({ state, blobs, secrets: secretBox(Buffer.alloc(32, 1)), clock, logger });
  return { journal, state, clock, left, told, looked, meanwhile, image, start };
}

test("an image that is asked back can be pulled when all of it was found, and one that is not, cannot", async () => {
  const { state, clock, image, start, told } = world();
  await using _loop = start();
  await clock.pass(60_000);
  expect(image()?.status).toBe("ARCHIVED");
  restoreImage(state, IMAGE);
  await clock.pass(0);
  expect(image()).toMatchObject({ lastActivatedAt: clock.now() });
  expect(image()).not.toHaveProperty("status");
  expect(told).toEqual([]);
});

test("what was asked back while nobody worked is brought back at the start", async () => {
  const { state, clock, image, start } = world();
  restoreImage(state, IMAGE);
  await using _loop = start();
  await clock.pass(0);
  expect(image()?.status).toBeUndefined();
});

test.each([IMAGE.digest, ...IMAGE.blobs])("without %s it stays where it is, which is told, and is looked for again", async (digest) => {
  const { state, clock, image, start, told, left } = world([digest]);
  restoreImage(state, IMAGE);
  await using _loop = start();
  await clock.pass(0);
  expect(image()?.status).toBe("ACTIVATING");
  expect(told).toMatchObject([{ cause: expect.stringContaining(`the blob ${digest} is not there`) }]);
  left.clear();
  await clock.pass(500);
  expect(image()?.status).toBeUndefined();
});

test("a stop is looked for between two blobs: nothing more is asked, nothing told, and the next start does it all", async () => {
  const { state, clock, image, start, told, looked, meanwhile } = world();
  restoreImage(state, IMAGE);
  const loop = start();
  let stopped: PromiseLike<void> | undefined;
  meanwhile.set("sha256:a", () => void (stopped = loop[Symbol.asyncDispose]()));
  await clock.pass(0);
  await stopped;
  expect([looked, told]).toEqual([[IMAGE.digest, "sha256:a"], []]);
  expect(image()?.status).toBe("ACTIVATING");
  meanwhile.clear();
  await using _next = start();
  await clock.pass(0);
  expect(image()?.status).toBeUndefined();
});

test("one that is archived anew while its last blob is looked for stays in the archive", async () => {
  const { state, clock, image, start, meanwhile } = world();
  restoreImage(state, IMAGE);
  meanwhile.set(
    "sha256:b",
    () =>
      void state.commit(() =>
        state.table(images).update(imageKey(IMAGE.repository, IMAGE.digest), (one) => ({ ...one, status: "ARCHIVED" })),
      ),
  );
  await using _loop = start();
  await clock.pass(0);
  expect(image()?.status).toBe("ARCHIVED");
});

test("a stop is over when what was done before it is on the disk", async () => {
  const { journal, state, clock, image, start } = world();
  restoreImage(state, IMAGE);
  await state.durable();
  const loop = start();
  journal.hold();
  await clock.pass(0);
  expect(image()?.status).toBeUndefined();
  let over = false;
  const stopped = Promise.resolve(loop[Symbol.asyncDispose]()).then(() => (over = true));
  await clock.settled();
  expect(over).toBe(false);
  journal.letGo();
  await stopped;
  expect(journal.durable<ImageRecord>(images, imageKey(IMAGE.repository, IMAGE.digest))).not.toHaveProperty("status");
});
