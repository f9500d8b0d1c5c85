import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import { secretBox } from "../drivers/system/secret-box.ts";
import type { Principal } from "../domain/principal.ts";
import { createRepositoryFor } from "./ecr-created-repositories.ts";
import { creationTemplateFor, creationTemplates, type CreationTemplateRecord } from "./ecr-creation-templates.ts";
import { deleteLifecycle, lifecyclePolicies, lifecyclePreviews, putLifecyclePolicy, storedLifecyclePolicy } from "./ecr-lifecycle.ts";
import { notePull } from "./ecr-pulls.ts";
import { accountSetting, changeRegistry, isExcluded, pullTimeExclusions, registries } from "./ecr-registries.ts";
import { images, imageKey, repositories, repositoryKey, type ImageRecord, type RepositoryRecord } from "./ecr.ts";
import { JournaledState } from "./journaled-state.ts";
import type { WholeState } from "./state.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const POLICY =
  '{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":5},"action":{"type":"expire"}}]}';
let state: WholeState;

beforeEach(() => {
  state = new JournaledState(memoryJournal());
});

describe("a lifecycle policy", () => {
  const repository = repositoryKey(scope, "app");
  const policy = storedLifecyclePolicy(POLICY);

  test("counts its versions under one id", () => {
    const first = putLifecyclePolicy(state, { repository, id: "one", policy });
    expect(first).toEqual({ repository, id: "one", version: 1, text: JSON.stringify(policy) });
    expect(putLifecyclePolicy(state, { repository, id: "two", policy })).toEqual({ ...first, version: 2 });
    expect(state.table(lifecyclePolicies).get(repository)).toMatchObject({ id: "one", version: 2 });
  });

  test("goes with its preview, and leaves the others'", () => {
    const other = repositoryKey(scope, "other");
    for (const key of [repository, other]) {
      putLifecyclePolicy(state, { repository: key, id: "i", policy });
      state.commit(() => state.table(lifecyclePreviews).put({ repository: key, text: POLICY, startedAt: 0 }));
    }
    deleteLifecycle(state, repository);
    expect(
      [lifecyclePolicies, lifecyclePreviews].map((table) =>
        [...state.table(table as typeof lifecyclePolicies).values()].map((one) => one.repository),
      ),
    ).toEqual([[other], [other]]);
  });

  test("that cannot be read is a defect", () => {
    expect(() => storedLifecyclePolicy("{}")).toThrow(/^a stored lifecycle policy cannot be read: .+/);
  });
});

const template = (prefix: string, changes: Partial<CreationTemplateRecord> = {}): CreationTemplateRecord =>
  state.commit(() =>
    state.table(creationTemplates).put({
      ...scope,
      prefix,
      appliedFor: ["REPLICATION"],
      resourceTags: [{ Key: "from", Value: prefix }],
      tagMutability: "IMMUTABLE",
      tagMutabilityExclusions: [{ filterType: "WILDCARD", filter: "v*" }],
      createdAt: 0,
      updatedAt: 0,
      ...changes,
    }),
  );

describe("a template", () => {
  test("is the most exact that applies, in its account and region", () => {
    template("ROOT");
    template("team");
    template("team/app", { appliedFor: ["PULL_THROUGH_CACHE"] });
    template("team/app", { region: "eu-west-1" });
    const found = (name: string, reason: "REPLICATION" | "PULL_THROUGH_CACHE") => creationTemplateFor(state, scope, name, reason)?.prefix;
    expect([
      found("team/app/x", "REPLICATION"),
      found("team/app/x", "PULL_THROUGH_CACHE"),
      found("other", "REPLICATION"),
      found("other", "PULL_THROUGH_CACHE"),
    ]).toEqual(["team", "team/app", "ROOT", undefined]);
  });
});

describe("a repository that nobody asked for", () => {
  const make = (name: string) =>
    createRepositoryFor({ state, secrets: secretBox(Buffer.alloc(32, 1)), scope, now: 5, ids }, name, "REPLICATION");
  const plain = {
    ...scope,
    arn: "arn:aws:ecr:us-east-1:123456789012:repository/team/app",
    name: "team/app",
    tagMutability: "MUTABLE",
    tagMutabilityExclusions: [],
    scanOnPush: false,
    encryption: expect.objectContaining({}) as unknown,
    tags: [],
    createdAt: 5,
  };

  test("has ECR's settings where no template covers it, and stays the one it is", () => {
    const made = make("team/app");
    expect(made).toEqual(plain);
    template("team");
    expect(make("team/app")).toBe(made);
    expect(state.table(lifecyclePolicies).size).toBe(0);
  });

  test("has those of its template", () => {
    template("team", { repositoryPolicy: "{}", lifecyclePolicy: POLICY });
    expect(make("team/app")).toEqual({
      ...plain,
      tagMutability: "IMMUTABLE",
      tagMutabilityExclusions: [{ filterType: "WILDCARD", filter: "v*" }],
      policy: "{}",
      tags: [{ Key: "from", Value: "team" }],
    });
    expect(state.table(lifecyclePolicies).get(repositoryKey(scope, "team/app"))).toMatchObject({
      version: 1,
      id: expect.any(String) as string,
    });
  });

  test("is not made where the template's key cannot be used", () => {
    template("team", { encryption: { encryptionType: "KMS", kmsKey: "alias/none" } });
    expect(make("team/app")).toHaveProperty("refusal");
    expect(state.table(repositories).size).toBe(0);
  });
});

describe("a registry", () => {
  test("has defaults until something is set, and keeps what it has", () => {
    expect(accountSetting(state, scope, "BLOB_MOUNTING")).toBe("ENABLED");
    changeRegistry(state, { ...scope, more: "not kept" } as never, (registry) => ({ ...registry, policy: "{}" }));
    changeRegistry(state, scope, (registry) => ({ ...registry, settings: { BLOB_MOUNTING: "DISABLED" } }));
    expect([...state.table(registries).values()]).toEqual([{ ...scope, policy: "{}", settings: { BLOB_MOUNTING: "DISABLED" } }]);
    expect([accountSetting(state, scope, "BLOB_MOUNTING"), accountSetting(state, scope, "REGISTRY_POLICY_SCOPE")]).toEqual([
      "DISABLED",
      "V2",
    ]);
    expect(accountSetting(state, { ...scope, region: "eu-west-1" }, "BLOB_MOUNTING")).toBe("ENABLED");
  });

  const user = { kind: "user", arn: "arn:user" } as Principal;
  const session = { kind: "role-session", arn: "arn:session", roleArn: "arn:role" } as Principal;
  const exclude = (principalArn: string): void =>
    state.commit(() => void state.table(pullTimeExclusions).put({ ...scope, principalArn, createdAt: 0 }));

  test("does not record pulls of whom it excludes: users, and roles whatever the session", () => {
    exclude("arn:user");
    exclude("arn:role");
    expect([isExcluded(state, scope, user), isExcluded(state, scope, session)]).toEqual([true, true]);
    expect(isExcluded(state, scope, { kind: "role-session", arn: "arn:role", roleArn: "other" } as Principal)).toBe(false);
    expect(isExcluded(state, { ...scope, region: "eu-west-1" }, user)).toBe(false);
  });

  test("records pulls at most once an hour", () => {
    const repository = { ...scope, name: "app" } as RepositoryRecord;
    const image = {
      repository: repositoryKey(scope, "app"),
      digest: "sha256:1",
      tags: [],
      blobs: [],
      manifests: [],
    } as unknown as ImageRecord;
    state.commit(() => state.table(images).put(image));
    const at = (): ImageRecord => state.table(images).get(imageKey(image.repository, image.digest)) ?? image;
    exclude("arn:user");
    notePull(state, repository, at(), user, 1);
    expect(at()).not.toHaveProperty("lastPulledAt");
    notePull(state, repository, at(), session, 1);
    expect(at().lastPulledAt).toBe(1);
    notePull(state, repository, at(), undefined, 3_600_000);
    expect(at().lastPulledAt).toBe(1);
    notePull(state, repository, at(), undefined, 3_600_001);
    expect(at().lastPulledAt).toBe(3_600_001);
  });
});
