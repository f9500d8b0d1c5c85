import { describe, expect, test } from "vitest";
import { memoryAuditLog } from "../../drivers/memory/audit-log.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds } from "../../drivers/system/ids.ts";
import type { Journal } from "../../ports/journal.ts";
import { archiveImage } from "../../state/ecr-archive.ts";
import { deleteImage, deleteRepository } from "../../state/ecr-images.ts";
import { lifecyclePolicies, lifecyclePreviews, putLifecyclePolicy, storedLifecyclePolicy } from "../../state/ecr-lifecycle.ts";
import { imageKey, images, repositories, repositoryKey, type ImageRecord } from "../../state/ecr.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { HeldJournal } from "../../testing/held-journal.ts";
import { repositoryRecord } from "../../testing/image-records.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { together } from "../loop.ts";
import { ARRIVAL_MS } from "./arrivals.ts";
import { lifecyclePolicyLoop, SETTLE_MS } from "./lifecycle-policy-loop.ts";
import { lifecyclePreviewLoop } from "./lifecycle-preview-loop.ts";

const DAY = 86_400_000;
const REPOSITORY = repositoryRecord("app");
const KEY = repositoryKey(REPOSITORY, REPOSITORY.name);

const EXPIRE = { type: "expire" };
const ARCHIVE = { type: "transition", targetStorageClass: "archive" };
const rule = (rulePriority: number, selection: object, action: object = EXPIRE) => ({ rulePriority, selection, action });
const keepAny = (countNumber: number) => ({ tagStatus: "any", countType: "imageCountMoreThan", countNumber });
const keepUntagged = (countNumber: number) => ({ ...keepAny(countNumber), tagStatus: "untagged" });
const anyDays = (countNumber: number) => ({ tagStatus: "any", countType: "sinceImagePushed", countUnit: "days", countNumber });
const policyText = (...rules: readonly object[]): string => JSON.stringify({ rules });

function lifecycleWorld(clock = new ManualClock(), journal: Journal = memoryJournal()) {
  const state = new JournaledState(journal);
  const audit = memoryAuditLog();
  const told: string[] = [];
  const logger = {
    info: (text: string) => void told.push(text),
    warn: () => undefined,
    error: (text: string, fields?: object) => expect.unreachable(`${text}: ${JSON.stringify(fields)}`),
  };
  const table = state.table(images);
  return {
    state,
    clock,
    audit,
    told,
    start: () => together(lifecyclePolicyLoop, lifecyclePreviewLoop)({ state, clock, ids: systemIds, audit, logger }),
    createRepository: () => state.commit(() => void state.table(repositories).put(REPOSITORY)),
    put: (...rules: readonly object[]) =>
      putLifecyclePolicy(state, { repository: KEY, id: "policy-1", policy: storedLifecyclePolicy(policyText(...rules)) }),
    push(digest: string, tags: readonly string[] = [], more: Partial<ImageRecord> = {}): void {
      const record = { repository: KEY, kind: "image", mediaType: "m", manifestSize: 1, size: 1, blobs: [], manifests: [] } as const;
      state.commit(() => {
        for (const tag of tags)
          for (const other of table.by("tag", `${KEY}:${tag}`)) table.put({ ...other, tags: other.tags.filter((each) => each !== tag) });
        table.put({ ...record, digest, tags, pushedAt: clock.now(), ...more });
      });
    },
    change: (digest: string, to: Partial<ImageRecord>) =>
      state.commit(() => void table.update(imageKey(KEY, digest), (current) => ({ ...current, ...to }))),
    image: (digest: string) => table.get(imageKey(KEY, digest)),
    digests: () =>
      table
        .by("repository", KEY)
        .map(({ digest, status }) => (status === "ARCHIVED" ? `${digest} archived` : digest))
        .toSorted()
        .join(" "),
    policy: () => state.table(lifecyclePolicies).get(KEY),
  };
}

function startedWorld() {
  const world = lifecycleWorld();
  world.createRepository();
  return world;
}

/** So that each image has an instant of its own. */
const pushed = async (
  world: ReturnType<typeof lifecycleWorld>,
  ...all: readonly (readonly [string, ...(readonly string[])])[]
): Promise<void> => {
  for (const [digest, ...tags] of all) {
    world.push(digest, tags);
    await world.clock.pass(1);
  }
};

describe("when a policy is put", () => {
  test("it is carried out at once", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    await pushed(world, ["a", "v1"], ["b", "v2"], ["c"]);
    world.put(rule(1, keepAny(1)));
    await world.clock.pass(0);
    expect(world.digests()).toBe("c");
    expect(world.policy()).toMatchObject({ version: 1, lastEvaluatedAt: world.clock.now() });
    expect(world.told).toEqual(["a lifecycle policy was carried out"]);
  });

  test("a policy in its place is carried out, too", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    await pushed(world, ["a", "v1"], ["b", "v2"], ["c", "v3"]);
    world.put(rule(1, keepAny(2)));
    await world.clock.pass(0);
    expect(world.digests()).toBe("b c");
    world.put(rule(1, keepAny(1)));
    await world.clock.pass(0);
    expect(world.digests()).toBe("c");
    expect(world.policy()).toMatchObject({ id: "policy-1", version: 2 });
  });

  test("an image in the archive stays until its time there is over", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    await pushed(world, ["a", "v1"]);
    world.put(
      rule(1, anyDays(30), ARCHIVE),
      rule(2, { tagStatus: "any", storageClass: "archive", countType: "sinceImageTransitioned", countUnit: "days", countNumber: 90 }),
    );
    await world.clock.pass(29 * DAY);
    expect(world.digests()).toBe("a");
    await world.clock.pass(DAY);
    expect(world.digests()).toBe("a archived");
    await world.clock.pass(90 * DAY - 1);
    expect(world.digests()).toBe("a archived");
    await world.clock.pass(DAY + 1);
    expect(world.digests()).toBe("");
  });

  test("a repository without images is evaluated, and nothing is recorded", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.put(rule(1, keepAny(1)));
    await world.clock.pass(0);
    expect(world.policy()?.lastEvaluatedAt).toBe(world.clock.now());
    expect(world.audit.records).toEqual([]);
  });
});

describe("when images are pushed", () => {
  test("the policy is carried out a second later, for all of them together", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.put(rule(1, keepAny(1)));
    await world.clock.pass(0);
    await pushed(world, ["a", "v1"], ["b", "v2"], ["c", "v3"]);
    expect(world.digests()).toBe("a b c");
    await world.clock.pass(SETTLE_MS);
    expect(world.digests()).toBe("c");
  });

  test("pushes without a pause do not put it off", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.put(rule(1, keepAny(3)));
    for (let at = 0; at < 40; at++) {
      world.push(`image-${String(at).padStart(2, "0")}`, [`v${at}`]);
      await world.clock.pass(SETTLE_MS / 4);
    }
    expect(world.state.table(images).by("repository", KEY).length).toBeLessThan(9);
  });

  test("an image that loses its tag to another is untagged from then on", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.put(rule(1, keepUntagged(1)));
    await pushed(world, ["a", "latest"], ["b", "latest"], ["c", "latest"]);
    await world.clock.pass(SETTLE_MS);
    expect(world.digests()).toBe("b c");
  });

  test("the images of an index that is on its way are left alone", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.put(rule(1, keepUntagged(1)));
    await pushed(world, ["arm64"], ["amd64"], ["riscv"]);
    await world.clock.pass(10 * 60_000);
    expect(world.digests()).toBe("amd64 arm64 riscv");
    world.push("index", ["v1"], { manifests: [{ digest: "arm64" }, { digest: "amd64" }] });
    await world.clock.pass(10 * 60_000);
    expect(world.digests()).toBe("amd64 arm64 index riscv");
  });

  test("an index that does not come is not waited for longer than an hour", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.put(rule(1, keepUntagged(1)));
    await pushed(world, ["a"], ["b"], ["c"]);
    await world.clock.pass(ARRIVAL_MS - 10);
    expect(world.digests()).toBe("a b c");
    await world.clock.pass(10);
    expect(world.digests()).toBe("c");
  });

  test("pulls are no reason to evaluate", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.put(rule(1, keepAny(9)));
    await pushed(world, ["a", "v1"]);
    await world.clock.pass(SETTLE_MS);
    const evaluated = world.policy()?.lastEvaluatedAt;
    world.change("a", { lastPulledAt: world.clock.now() });
    await world.clock.pass(2 * SETTLE_MS);
    expect(world.policy()?.lastEvaluatedAt).toBe(evaluated);
  });

  test("a repository without a policy keeps all, and no timer waits", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    await pushed(world, ["a", "v1"], ["b"]);
    expect(world.clock.waiting).toBe(0);
    expect(world.digests()).toBe("a b");
  });
});

describe("artifacts", () => {
  test("go when somebody deletes their subject", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.put(rule(1, keepAny(9)));
    await pushed(world, ["a", "v1"], ["b", "v2"]);
    world.push("signature", [], { subject: "a" });
    world.push("signature of the signature", [], { subject: "signature" });
    world.push("other", [], { subject: "b" });
    deleteImage(world.state, world.image("a") as ImageRecord);
    await world.clock.pass(SETTLE_MS);
    expect(world.digests()).toBe("b other");
    expect(world.told).toEqual(["artifacts went where their subjects went"]);
  });

  test("stay when the subject is pushed again at once", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.put(rule(1, keepAny(9)));
    await pushed(world, ["a", "v1"]);
    world.push("signature", [], { subject: "a" });
    deleteImage(world.state, world.image("a") as ImageRecord);
    await pushed(world, ["a", "v1"]);
    await world.clock.pass(SETTLE_MS);
    expect(world.digests()).toBe("a signature");
  });

  test("stay when an index lists them", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.put(rule(1, keepAny(9)));
    await pushed(world, ["a", "v1"]);
    world.push("signature", [], { subject: "a" });
    world.push("index", ["all"], { manifests: [{ digest: "signature" }] });
    deleteImage(world.state, world.image("a") as ImageRecord);
    await world.clock.pass(SETTLE_MS);
    expect(world.digests()).toBe("index signature");
  });

  test("are archived when somebody archives their subject", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.put(rule(1, keepAny(9)));
    await pushed(world, ["a", "v1"]);
    world.push("signature", [], { subject: "a" });
    archiveImage(world.state, world.image("a") as ImageRecord, world.clock.now());
    await world.clock.pass(SETTLE_MS);
    expect(world.digests()).toBe("a archived signature archived");
  });

  test("stay in a repository without a policy", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.push("signature", [], { subject: "a" });
    world.push("a", ["v1"]);
    deleteImage(world.state, world.image("a") as ImageRecord);
    await world.clock.pass(SETTLE_MS);
    expect(world.digests()).toBe("signature");
  });
});

describe("over time and restarts", () => {
  test("each policy is evaluated once a day", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.put(rule(1, anyDays(2)));
    world.push("a", ["v1"]);
    await world.clock.pass(2 * DAY);
    expect(world.digests()).toBe("a");
    await world.clock.pass(DAY);
    expect(world.digests()).toBe("");
  });

  test("what became due while nobody watched is done at the start", async () => {
    const journal = memoryJournal();
    const clock = new ManualClock();
    const before = lifecycleWorld(clock, journal);
    before.createRepository();
    before.put(rule(1, anyDays(2)));
    before.push("a", ["v1"]);
    clock.advance(10 * DAY);
    const world = lifecycleWorld(clock, journal);
    await using _loop = world.start();
    await world.clock.pass(0);
    expect(world.digests()).toBe("");
  });

  test("a policy that was deleted does nothing any more", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.put(rule(1, anyDays(2)));
    world.push("a", ["v1"]);
    await world.clock.pass(SETTLE_MS);
    world.state.commit(() => world.state.table(lifecyclePolicies).delete(KEY));
    await world.clock.pass(9 * DAY);
    expect(world.digests()).toBe("a");
    expect(world.clock.waiting).toBe(0);
  });

  test("a repository takes its policy and preview along", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.put(rule(1, keepAny(1)));
    world.state.commit(() =>
      world.state.table(lifecyclePreviews).put({ repository: KEY, text: policyText(rule(1, keepAny(1))), startedAt: world.clock.now() }),
    );
    await world.clock.pass(0);
    deleteRepository(world.state, REPOSITORY);
    expect(world.policy()).toBeUndefined();
    expect(world.state.table(lifecyclePreviews).size).toBe(0);
    world.createRepository();
    await pushed(world, ["a", "v1"], ["b", "v2"]);
    await world.clock.pass(2 * DAY);
    expect(world.digests()).toBe("a b");
  });

  test("what is committed is committed whole: images never go without the evaluation being noted", async () => {
    const world = startedWorld();
    const commits: string[][] = [];
    const journal = memoryJournal();
    const recording: Journal = {
      ...journal,
      append: (changes) => {
        commits.push(changes.map(({ table, value }) => (value === undefined ? `${table} gone` : table)));
        return journal.append(changes);
      },
    };
    const recorded = lifecycleWorld(world.clock, recording);
    recorded.createRepository();
    await using _loop = recorded.start();
    await pushed(recorded, ["a", "v1"], ["b", "v2"]);
    recorded.put(rule(1, keepAny(1)));
    await recorded.clock.pass(0);
    expect(commits.at(-1)).toEqual(["ecr.images gone", "ecr.lifecyclePolicies"]);
  });
});

describe("a preview", () => {
  const start = (world: ReturnType<typeof lifecycleWorld>, ...rules: readonly object[]) =>
    world.state.commit(() =>
      world.state.table(lifecyclePreviews).put({ repository: KEY, text: policyText(...rules), startedAt: world.clock.now() }),
    );

  test("tells what a policy would do, and does nothing", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    await pushed(world, ["a", "v1"], ["b"], ["c", "v2", "v3"]);
    start(world, rule(3, keepAny(1)));
    await world.clock.pass(0);
    expect(world.state.table(lifecyclePreviews).get(KEY)?.results).toMatchObject([
      { digest: "a", tags: ["v1"], storageClass: "standard", action: EXPIRE, rulePriority: 3 },
      { digest: "b", tags: [], storageClass: "standard", action: EXPIRE, rulePriority: 3 },
    ]);
    expect(world.digests()).toBe("a b c");
  });

  test("that was cut off is made at the next start", async () => {
    const world = startedWorld();
    await pushed(world, ["a", "v1"], ["b"]);
    start(world, rule(1, keepAny(1)));
    await using _loop = world.start();
    await world.clock.pass(0);
    expect(world.state.table(lifecyclePreviews).get(KEY)?.results).toHaveLength(1);
  });
});

describe("the audit log", () => {
  test("hears of what was carried out only once it is durable", async () => {
    const journal = new HeldJournal();
    const world = lifecycleWorld(new ManualClock(), journal);
    world.createRepository();
    await using _loop = world.start();
    await pushed(world, ["a", "v1"], ["b", "v2"]);
    world.put(rule(1, keepAny(1)));
    journal.hold();
    await world.clock.pass(0);
    expect([world.digests(), world.audit.records, world.told]).toEqual(["b", [], []]);
    journal.letGo();
    await world.clock.pass(0);
    expect([world.audit.records.length, world.told]).toEqual([1, ["a lifecycle policy was carried out"]]);
  });

  test("has what was done, as CloudTrail has it", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    world.push("a", ["v1"]);
    await world.clock.pass(1);
    world.push("b", ["v2"]);
    const pushedAt = world.image("a")?.pushedAt;
    world.put({ ...rule(1, keepAny(1)), description: "keep one" });
    await world.clock.pass(0);
    expect(world.audit.records).toMatchObject([
      {
        eventName: "PolicyExecutionEvent",
        eventSource: "ecr.amazonaws.com",
        eventType: "AwsServiceEvent",
        userIdentity: { accountId: "123456789012", invokedBy: "AWS Internal" },
        recipientAccountId: "123456789012",
        resources: [{ ARN: REPOSITORY.arn, accountId: "123456789012", type: "AWS::ECR::Repository" }],
        serviceEventDetails: {
          repositoryName: "app",
          lifecycleEventPolicy: {
            lifecycleEventRules: [
              {
                rulePriority: 1,
                description: "keep one",
                lifecycleEventSelection: { tagStatus: "Any", tagPrefixList: [], countType: "Image count more than", countNumber: 1 },
                action: "expire",
              },
            ],
            lastEvaluatedAt: 0,
            policyVersion: 1,
            policyId: "policy-1",
          },
          lifecycleEventImageActions: [
            { lifecycleEventImage: { digest: "a", tagStatus: "Tagged", tagList: ["v1"], pushedAt }, rulePriority: 1 },
          ],
        },
      },
    ]);
  });

  test("has records of a hundred images at most", async () => {
    const world = startedWorld();
    await using _loop = world.start();
    for (let at = 0; at < 251; at++) world.push(`image-${at}`, [`v${at}`]);
    world.put(rule(1, keepAny(1)));
    await world.clock.pass(0);
    const counts = world.audit.records.map(
      ({ serviceEventDetails }) => (serviceEventDetails as { lifecycleEventImageActions: unknown[] }).lifecycleEventImageActions.length,
    );
    expect(counts).toEqual([100, 100, 50]);
  });
});
