import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { secretBox } from "../drivers/system/secret-box.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import { archiveImage, restoreImage } from "../state/ecr-archive.ts";
import { imageKey, images, repositories, repositoryKey, type ImageRecord, type RepositoryRecord } from "../state/ecr.ts";
import { JournaledState } from "../state/journaled-state.ts";
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
  const state = new JournaledState(memoryJournal());
  const clock = new ManualClock();
  const left = new Set(missing);
  const told: unknown[] = [];
  const blobs = {
    in: () => ({ stat: (digest: string) => Promise.resolve(left.has(digest) ? undefined : { size: 1 }) }),
  } as unknown as BlobStore;
  const logger = { info: () => undefined, warn: () => undefined, error: (_: string, fields?: unknown) => void told.push(fields) };
  state.commit(() => {
    state.table(repositories).put(REPOSITORY);
    state.table(images).put(IMAGE);
  });
  archiveImage(state, IMAGE, clock.now());
  const image = (): ImageRecord | undefined => state.table(images).get(imageKey(IMAGE.repository, IMAGE.digest));
  const start = (): AsyncDisposable => imageActivation({ state, blobs, secrets: secretBox(Buffer.alloc(32, 1)), clock, logger });
  return { state, clock, left, told, image, start };
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
