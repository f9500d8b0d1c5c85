import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateRepositoryCommand,
  CreateRepositoryCreationTemplateCommand,
  DeleteLifecyclePolicyCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  ECRClient,
  GetLifecyclePolicyCommand,
  GetLifecyclePolicyPreviewCommand,
  PutLifecyclePolicyCommand,
  StartLifecyclePolicyPreviewCommand,
  waitUntilLifecyclePolicyPreviewComplete,
} from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lifecyclePolicyLoop } from "../../control/lifecycle/lifecycle-policy-loop.ts";
import { lifecyclePreviewLoop } from "../../control/lifecycle/lifecycle-preview-loop.ts";
import { together } from "../../control/loop.ts";
import { createRepositoryFor } from "../../state/ecr-created-repositories.ts";
import { lifecyclePolicies } from "../../state/ecr-lifecycle.ts";
import { images, type ImageRecord } from "../../state/ecr.ts";
import { apiWorld, FOREIGN_KEYS, type ApiWorld } from "../../testing/api-world.ts";

const HOME = "123456789012";
const ARN = `arn:aws:ecr:us-east-1:${HOME}:repository/app`;
const DAY = 86_400_000;
const app = { repositoryName: "app" };

let api: ApiWorld;
let ecr: ECRClient;

beforeEach(async () => {
  api = await apiWorld();
  ecr = api.client(ECRClient);
  await ecr.send(new CreateRepositoryCommand(app));
});
afterEach(() => api[Symbol.asyncDispose]());

const startLoop = (): AsyncDisposable => {
  const { state, clock, ids, audit } = api.platform;
  return together(
    lifecyclePolicyLoop,
    lifecyclePreviewLoop,
  )({
    state,
    clock,
    ids,
    audit,
    logger: { info: () => undefined, warn: () => undefined, error: (text) => expect.unreachable(text) },
  });
};

const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;

/** Images that were pushed so many days ago. */
function pushed(
  ...all: readonly (readonly [letter: string, daysAgo: number, tags?: readonly string[], more?: Partial<ImageRecord>])[]
): void {
  const record = {
    repository: `${HOME}/us-east-1/app`,
    kind: "image",
    mediaType: "m",
    manifestSize: 1,
    size: 1,
    blobs: [],
    manifests: [],
  } as const;
  api.state.commit(() => {
    for (const [letter, daysAgo, tags = [], more = {}] of all)
      api.state.table(images).put({ ...record, digest: digestOf(letter), tags, pushedAt: Date.now() - daysAgo * DAY, ...more });
  });
}

/** Resolves when a policy was evaluated: at once, or with the change that says so. */
function evaluated(): Promise<void> {
  const { state } = api;
  return new Promise((resolve) => {
    const isDone = (): boolean =>
      [...state.table(lifecyclePolicies).values()].every(({ lastEvaluatedAt }) => lastEvaluatedAt !== undefined);
    if (isDone()) return resolve();
    const watch = state.watch(lifecyclePolicies, () => {
      if (!isDone()) return;
      watch[Symbol.dispose]();
      resolve();
    });
  });
}

async function left(): Promise<string> {
  const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ ...app, filter: { imageStatus: "ANY" } as never }));
  return imageDetails
    .map(({ imageDigest = "", imageStatus }) => imageDigest.slice(7, 8) + (imageStatus === "ARCHIVED" ? " archived" : ""))
    .toSorted()
    .join(", ");
}

const keepAny = (countNumber: number) => ({
  rulePriority: 1,
  selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber },
  action: { type: "expire" },
});
const policyOf = (...rules: readonly object[]): string => JSON.stringify({ rules }, undefined, 2);
const refused = (name: string, message: string) => expect.objectContaining({ name, message });

describe("a policy", () => {
  test("is kept without white space, in the order of its priorities, and comes back", async () => {
    const second = {
      action: { type: "expire" },
      selection: { countNumber: 9, countType: "imageCountMoreThan", tagStatus: "any" },
      rulePriority: 7,
    };
    const first = { ...keepAny(3), selection: { ...keepAny(3).selection, tagStatus: "untagged" }, description: "few" };
    const lifecyclePolicyText =
      `{"rules":[{"rulePriority":1,"description":"few","selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":3},"action":{"type":"expire"}},` +
      `{"rulePriority":7,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":9},"action":{"type":"expire"}}]}`;
    const answer = { registryId: HOME, ...app, lifecyclePolicyText };
    const put = await ecr.send(new PutLifecyclePolicyCommand({ ...app, lifecyclePolicyText: policyOf(second, first) }));
    expect(put).toMatchObject(answer);
    expect(await ecr.send(new GetLifecyclePolicyCommand(app))).toMatchObject({ ...answer, lastEvaluatedAt: new Date(0) });
    expect(await ecr.send(new DeleteLifecyclePolicyCommand(app))).toMatchObject({ ...answer, lastEvaluatedAt: new Date(0) });
    await expect(ecr.send(new GetLifecyclePolicyCommand(app))).rejects.toThrow(
      refused(
        "LifecyclePolicyNotFoundException",
        `Lifecycle policy does not exist for the repository with name 'app' in the registry with id '${HOME}'`,
      ),
    );
  });

  test("that is deleted must be there", async () => {
    await expect(ecr.send(new DeleteLifecyclePolicyCommand(app))).rejects.toMatchObject({ name: "LifecyclePolicyNotFoundException" });
  });

  test.each([
    [
      "too short",
      `{"rules":[]}`,
      "'lifecyclePolicyText' failed to satisfy constraint: 'Member must have length greater than or equal to 100'",
    ],
    [
      "too long",
      policyOf({ ...keepAny(1), description: "x".repeat(30_720) }),
      "'lifecyclePolicyText' failed to satisfy constraint: 'Member must have length less than or equal to 30720'",
    ],
    [
      "no JSON",
      "x".repeat(100),
      "'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: Could not map policyString into LifecyclePolicy.'",
    ],
    [
      "two rules for untagged images",
      policyOf(
        ...[1, 2].map((rulePriority) => ({ ...keepAny(1), rulePriority, selection: { ...keepAny(1).selection, tagStatus: "untagged" } })),
      ),
      "'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: Only one rule can select Untagged images per storage class.'",
    ],
  ])("that is %s is refused, and leaves the one before alone", async (_why, lifecyclePolicyText, constraint) => {
    await ecr.send(new PutLifecyclePolicyCommand({ ...app, lifecyclePolicyText: policyOf(keepAny(5)) }));
    const before = await ecr.send(new GetLifecyclePolicyCommand(app));
    await expect(ecr.send(new PutLifecyclePolicyCommand({ ...app, lifecyclePolicyText }))).rejects.toThrow(
      refused("InvalidParameterException", `Invalid parameter at ${constraint}`),
    );
    const { lifecyclePolicyText: after } = await ecr.send(new GetLifecyclePolicyCommand(app));
    expect(after).toBe(before.lifecyclePolicyText);
  });

  test("needs its repository", async () => {
    const gone = { repositoryName: "other", lifecyclePolicyText: policyOf(keepAny(1)) };
    for (const command of [
      new PutLifecyclePolicyCommand(gone),
      new GetLifecyclePolicyCommand(gone),
      new DeleteLifecyclePolicyCommand(gone),
      new StartLifecyclePolicyPreviewCommand(gone),
      new GetLifecyclePolicyPreviewCommand(gone),
    ])
      await expect(ecr.send(command as PutLifecyclePolicyCommand)).rejects.toMatchObject({ name: "RepositoryNotFoundException" });
  });

  test("ends with its repository", async () => {
    await ecr.send(new PutLifecyclePolicyCommand({ ...app, lifecyclePolicyText: policyOf(keepAny(1)) }));
    await ecr.send(new DeleteRepositoryCommand(app));
    await ecr.send(new CreateRepositoryCommand(app));
    await expect(ecr.send(new GetLifecyclePolicyCommand(app))).rejects.toMatchObject({ name: "LifecyclePolicyNotFoundException" });
  });

  test("comes with a repository that a template makes", async () => {
    const lifecyclePolicy = policyOf(keepAny(7));
    await ecr.send(new CreateRepositoryCreationTemplateCommand({ prefix: "team", appliedFor: ["CREATE_ON_PUSH"], lifecyclePolicy }));
    const { state, secrets, ids, clock } = api.platform;
    createRepositoryFor(
      { state, secrets, ids, scope: { account: HOME, region: "us-east-1" }, now: clock.now() },
      "team/app",
      "CREATE_ON_PUSH",
    );
    const { lifecyclePolicyText = "" } = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName: "team/app" }));
    expect(lifecyclePolicyText).toBe(JSON.stringify(JSON.parse(lifecyclePolicy)));
  });

  test("takes the images that it is for, and says when it was evaluated", async () => {
    await using _loop = startLoop();
    pushed(["a", 10, ["beta-1", "prod-1"]], ["b", 9, ["beta-2", "prod-2"]], ["c", 8, ["beta-3"]]);
    const keepOne = (rulePriority: number, prefix: string) => ({
      rulePriority,
      selection: { tagStatus: "tagged", tagPrefixList: [prefix], countType: "imageCountMoreThan", countNumber: 1 },
      action: { type: "expire" },
    });
    await ecr.send(new PutLifecyclePolicyCommand({ ...app, lifecyclePolicyText: policyOf(keepOne(1, "prod"), keepOne(2, "beta")) }));
    await evaluated();
    expect(await left()).toBe("b, c");
    const { lastEvaluatedAt } = await ecr.send(new GetLifecyclePolicyCommand(app));
    expect(lastEvaluatedAt?.getTime()).toBeGreaterThan(Date.now() - 60_000);
    await ecr.send(new PutLifecyclePolicyCommand({ ...app, lifecyclePolicyText: policyOf(keepOne(1, "beta"), keepOne(2, "prod")) }));
    await evaluated();
    expect(await left()).toBe("c");
  });

  test("moves images to the archive", async () => {
    await using _loop = startLoop();
    pushed(["a", 40, ["v1"]], ["b", 40, ["v2"], { lastPulledAt: Date.now() - DAY }], ["c", 40, [], { subject: digestOf("a") }]);
    const unused = {
      rulePriority: 1,
      selection: { tagStatus: "any", countType: "sinceImagePulled", countUnit: "days", countNumber: 30 },
      action: { type: "transition", targetStorageClass: "archive" },
    };
    await ecr.send(new PutLifecyclePolicyCommand({ ...app, lifecyclePolicyText: policyOf(unused) }));
    await evaluated();
    expect(await left()).toBe("a archived, b, c archived");
  });
});

describe("a preview", () => {
  const archiveOld = {
    rulePriority: 2,
    selection: { tagStatus: "tagged", tagPatternList: ["v*"], countType: "sinceImagePushed", countUnit: "days", countNumber: 5 },
    action: { type: "transition", targetStorageClass: "archive" },
  };
  const expireUntagged = { ...keepAny(1), selection: { ...keepAny(1).selection, tagStatus: "untagged" } };

  async function previewed(): Promise<AsyncDisposable> {
    const loop = startLoop();
    pushed(["a", 9], ["b", 8], ["c", 7, ["v1", "x"]], ["d", 6, ["v2"]], ["e", 4, ["v3"]], ["f", 3]);
    await ecr.send(new StartLifecyclePolicyPreviewCommand({ ...app, lifecyclePolicyText: policyOf(expireUntagged, archiveOld) }));
    await waitUntilLifecyclePolicyPreviewComplete({ client: ecr, maxWaitTime: 10 }, app);
    return loop;
  }
  const digests = async (input: object = {}): Promise<string> => {
    const { previewResults = [] } = await ecr.send(new GetLifecyclePolicyPreviewCommand({ ...app, ...input }));
    return previewResults.map(({ imageDigest = "" }) => imageDigest.slice(7, 8)).join("");
  };

  test("is in progress until it is made", async () => {
    const text = policyOf(expireUntagged);
    const started = await ecr.send(new StartLifecyclePolicyPreviewCommand({ ...app, lifecyclePolicyText: text }));
    expect(started).toMatchObject({
      registryId: HOME,
      ...app,
      lifecyclePolicyText: JSON.stringify(JSON.parse(text)),
      status: "IN_PROGRESS",
    });
    const shown = await ecr.send(new GetLifecyclePolicyPreviewCommand(app));
    expect(shown).toMatchObject({ status: "IN_PROGRESS" });
    expect(shown.previewResults ?? []).toEqual([]);
    await expect(ecr.send(new StartLifecyclePolicyPreviewCommand({ ...app, lifecyclePolicyText: text }))).rejects.toMatchObject({
      name: "LifecyclePolicyPreviewInProgressException",
    });
  });

  test("tells each image, by which rule, and how many; and touches none", async () => {
    await using _loop = await previewed();
    const { previewResults, summary, status } = await ecr.send(new GetLifecyclePolicyPreviewCommand(app));
    expect(status).toBe("COMPLETE");
    const expired = { action: { type: "EXPIRE" }, appliedRulePriority: 1, storageClass: "STANDARD" };
    const archived = { action: { type: "TRANSITION", targetStorageClass: "ARCHIVE" }, appliedRulePriority: 2, storageClass: "STANDARD" };
    const pushedAt = expect.any(Date) as Date;
    expect(previewResults).toEqual([
      { imageDigest: digestOf("a"), imagePushedAt: pushedAt, ...expired },
      { imageDigest: digestOf("b"), imagePushedAt: pushedAt, ...expired },
      { imageTags: ["v1", "x"], imageDigest: digestOf("c"), imagePushedAt: pushedAt, ...archived },
      { imageTags: ["v2"], imageDigest: digestOf("d"), imagePushedAt: pushedAt, ...archived },
    ]);
    expect(summary).toEqual({
      expiringImageTotalCount: 2,
      transitioningImageTotalCounts: [{ targetStorageClass: "ARCHIVE", imageTotalCount: 2 }],
    });
    expect(await left()).toBe("a, b, c, d, e, f");
  });

  test("is shown in part", async () => {
    await using _loop = await previewed();
    expect(await digests({ filter: { tagStatus: "TAGGED" } })).toBe("cd");
    expect(await digests({ filter: { tagStatus: "UNTAGGED" } })).toBe("ab");
    expect(await digests({ imageIds: [{ imageTag: "v2" }, { imageDigest: digestOf("a") }, { imageDigest: digestOf("f") }] })).toBe("ad");
    expect(await digests({ imageIds: [{ imageTag: "v2", imageDigest: digestOf("c") }] })).toBe("");
  });

  test("is shown in pages", async () => {
    await using _loop = await previewed();
    const pages: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await ecr.send(new GetLifecyclePolicyPreviewCommand({ ...app, maxResults: 3, nextToken }));
      pages.push((page.previewResults ?? []).map(({ imageDigest = "" }) => imageDigest.slice(7, 8)).join(""));
      ({ nextToken } = page);
    } while (nextToken !== undefined);
    expect(pages).toEqual(["abc", "d"]);
  });

  test.each([
    [
      { maxResults: 101 },
      "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to 100'",
    ],
    [
      { maxResults: 1, imageIds: [{ imageTag: "x" }] },
      "Invalid parameter at 'maxResults' failed to satisfy constraint: 'cannot be used when images are specified with imageIds'",
    ],
    [{ nextToken: "forged" }, "Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'"],
  ])("is not shown for %j", async (input, message) => {
    await using _loop = await previewed();
    await expect(ecr.send(new GetLifecyclePolicyPreviewCommand({ ...app, ...input }))).rejects.toThrow(
      refused("InvalidParameterException", message),
    );
  });

  test("is of the repository's own policy where none is given", async () => {
    await expect(ecr.send(new StartLifecyclePolicyPreviewCommand(app))).rejects.toMatchObject({ name: "LifecyclePolicyNotFoundException" });
    await ecr.send(new PutLifecyclePolicyCommand({ ...app, lifecyclePolicyText: policyOf(keepAny(4)) }));
    const started = await ecr.send(new StartLifecyclePolicyPreviewCommand(app));
    expect(started.lifecyclePolicyText).toContain(`"countNumber":4`);
  });

  test("must have been asked for", async () => {
    await expect(ecr.send(new GetLifecyclePolicyPreviewCommand(app))).rejects.toMatchObject({
      name: "LifecyclePolicyPreviewNotFoundException",
    });
  });
});

describe("who may", () => {
  const commands = {
    PutLifecyclePolicy: new PutLifecyclePolicyCommand({ ...app, lifecyclePolicyText: policyOf(keepAny(1)) }),
    GetLifecyclePolicy: new GetLifecyclePolicyCommand(app),
    StartLifecyclePolicyPreview: new StartLifecyclePolicyPreviewCommand({ ...app, lifecyclePolicyText: policyOf(keepAny(1)) }),
    GetLifecyclePolicyPreview: new GetLifecyclePolicyPreviewCommand(app),
    DeleteLifecyclePolicy: new DeleteLifecyclePolicyCommand(app),
  };
  const as = (name: string, ...Action: readonly string[]): ECRClient =>
    api.client(ECRClient, "us-east-1", api.user(name, { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: ARN }] }));

  test("each operation needs its own permission on the repository", async () => {
    const names = Object.keys(commands);
    for (const [name, command] of Object.entries(commands)) {
      const others = names.filter((other) => other !== name).map((other) => `ecr:${other}`);
      await expect(as(`not-${name}`, ...others).send(command as PutLifecyclePolicyCommand)).rejects.toMatchObject({
        name: "AccessDeniedException",
        message: expect.stringContaining(`is not authorized to perform: ecr:${name} on resource: ${ARN}`) as string,
      });
    }
    for (const [name, command] of Object.entries(commands))
      expect(await as(name, `ecr:${name}`).send(command as PutLifecyclePolicyCommand)).toMatchObject({ registryId: HOME });
  });

  test("another account needs the repository's policy", async () => {
    const foreigner = api.client(ECRClient, "us-east-1", FOREIGN_KEYS);
    await expect(foreigner.send(new GetLifecyclePolicyCommand({ ...app, registryId: HOME }))).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
  });
});

describe("the command line", () => {
  const seed = {
    rules: [
      {
        rulePriority: 1,
        description: "Expire untagged images older than 7 days",
        selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 7 },
        action: { type: "expire" },
      },
      {
        rulePriority: 2,
        description: "Keep only the last 30 release images",
        selection: { tagStatus: "tagged", tagPrefixList: ["release-"], countType: "imageCountMoreThan", countNumber: 30 },
        action: { type: "expire" },
      },
    ],
  };

  test("puts, previews, shows and deletes a policy of a file", async () => {
    await using _loop = startLoop();
    const folder = await mkdtemp(join(tmpdir(), "airfield-lifecycle-"));
    try {
      const file = join(folder, "policy.json");
      await writeFile(file, JSON.stringify(seed, undefined, 2));
      pushed(["a", 8], ["b", 6], ["c", 90, ["main"]]);
      const ofApp = ["--repository-name", "app"];
      const text = ["--lifecycle-policy-text", `file://${file}`];
      expect(await api.aws("ecr", "start-lifecycle-policy-preview", ...ofApp, ...text)).toMatchObject({ code: 0 });
      expect(await api.aws("ecr", "wait", "lifecycle-policy-preview-complete", ...ofApp)).toMatchObject({ code: 0 });
      const preview = await api.aws(
        "ecr",
        "get-lifecycle-policy-preview",
        ...ofApp,
        "--query",
        "previewResults[].imageDigest",
        "--output",
        "text",
      );
      expect(preview.stdout.trim()).toBe(digestOf("a"));
      expect(await left()).toBe("a, b, c");
      expect(await api.aws("ecr", "put-lifecycle-policy", ...ofApp, ...text)).toMatchObject({ code: 0 });
      await evaluated();
      expect(await left()).toBe("b, c");
      const shown = await api.aws("ecr", "get-lifecycle-policy", ...ofApp, "--query", "lifecyclePolicyText", "--output", "text");
      expect(JSON.parse(shown.stdout)).toEqual(JSON.parse(await readFile(file, "utf8")));
      expect(await api.aws("ecr", "delete-lifecycle-policy", ...ofApp)).toMatchObject({ code: 0 });
      const gone = await api.aws("ecr", "get-lifecycle-policy", ...ofApp);
      expect(gone.stderr).toContain("An error occurred (LifecyclePolicyNotFoundException) when calling the GetLifecyclePolicy operation");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
