import { describe, expect, test } from "vitest";
import { creationTemplates, type CreationTemplateRecord } from "../../state/ecr-creation-templates.ts";
import { changeRegistry } from "../../state/ecr-registries.ts";
import { replicationConfigurations, replications } from "../../state/ecr-replication.ts";
import { imageKey, images, repositories, repositoryKey } from "../../state/ecr.ts";
import { imageWorld, SOURCE } from "../../testing/image-world.ts";
import { replicateImage } from "./replicate-image.ts";

const FAR = { region: "eu-west-1", registryId: SOURCE.account };
const FOREIGN = { region: "us-east-1", registryId: "210987654321" };
const keyIn = ({ region, registryId }: typeof FAR, name = "app"): string => repositoryKey({ account: registryId, region }, name);

function world() {
  const made = imageWorld();
  const source = made.repository("app");
  const image = made.image(source, "one", ["1", "latest"]);
  const replicate = (tags: readonly string[], to = FAR) => replicateImage(made.parts, source, { digest: image.digest, tags }, to);
  const arrivedIn = (to: typeof FAR) => made.state.table(images).get(imageKey(keyIn(to), image.digest));
  /** The policy of the other account's registry. */
  const allow = (action: readonly string[], resource: string): void =>
    changeRegistry(made.state, { account: FOREIGN.registryId, region: FOREIGN.region }, (registry) => ({
      ...registry,
      policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${SOURCE.account}:root` }, Action: action, Resource: resource }],
      }),
    }));
  return { ...made, source, original: image, replicate, arrivedIn, allow };
}

test("an image arrives in a repository that is made for it, with the tags that are asked for and no others; nothing goes on from there", async () => {
  const { state, replicate, arrivedIn, clock } = world();
  const farther = { destinations: [{ region: "ap-south-1", registryId: SOURCE.account }], filters: [] };
  state.commit(() => state.table(replicationConfigurations).put({ account: SOURCE.account, region: FAR.region, rules: [farther] }));
  expect(await replicate(["1", "gone"])).toEqual({});
  expect(arrivedIn(FAR)).toMatchObject({ tags: ["1"] });
  expect(state.table(repositories).get(keyIn(FAR))).toMatchObject({
    arn: `arn:aws:ecr:eu-west-1:${SOURCE.account}:repository/app`,
    createdAt: clock.now(),
  });
  expect([...state.table(replications).values()]).toEqual([]);
  expect(await replicate(["latest"])).toEqual({});
  expect(arrivedIn(FAR)?.tags).toEqual(["1", "latest"]);
});

test("one that is gone meanwhile is told so", async () => {
  const { state, replicate, original } = world();
  state.commit(() => state.table(images).delete(images.key(original)));
  expect(await replicate([])).toEqual({ failureCode: "ImageNotFoundException" });
});

test("an index arrives with what it lists, as far as that is here", async () => {
  const { state, parts, repository, image, index } = imageWorld();
  const source = repository("app");
  image(source, "one");
  const both = index(source, ["one", "elsewhere"]);
  expect(await replicateImage(parts, source, { digest: both.digest, tags: [] }, FAR)).toEqual({});
  expect(state.table(images).by("repository", keyIn(FAR))).toHaveLength(2);
});

describe("to another account", () => {
  const all = `arn:aws:ecr:us-east-1:${FOREIGN.registryId}:repository/*`;
  test.each([
    ["nothing", [], all, false, "AccessDeniedException"],
    ["copies alone, without a repository", ["ecr:ReplicateImage"], all, false, "AccessDeniedException"],
    ["copies alone, with a repository", ["ecr:ReplicateImage"], all, true, undefined],
    ["repositories alone, with one", ["ecr:CreateRepository"], all, true, "AccessDeniedException"],
    ["both", ["ecr:ReplicateImage", "ecr:CreateRepository"], all, false, undefined],
    ["both of this repository", ["ecr:ReplicateImage", "ecr:CreateRepository"], all.replace("*", "app"), false, undefined],
    ["both of another repository", ["ecr:*"], all.replace("*", "other"), false, "AccessDeniedException"],
    ["both in another region", ["ecr:*"], all.replace("us-east-1", "eu-west-1"), false, "AccessDeniedException"],
  ])("that allows %s", async (_what, actions, resource, isThere, failureCode) => {
    const { state, repository, replicate, arrivedIn, allow } = world();
    if (actions.length > 0) allow(actions, resource);
    if (isThere) repository("app", { account: FOREIGN.registryId });
    expect(await replicate(["1"], FOREIGN)).toEqual(failureCode === undefined ? {} : { failureCode });
    expect(arrivedIn(FOREIGN) !== undefined).toBe(failureCode === undefined);
    expect(state.table(repositories).has(keyIn(FOREIGN))).toBe(isThere || failureCode === undefined);
  });

  test("that allows a third one", async () => {
    const { state, replicate, allow } = world();
    allow(["ecr:*"], all);
    changeRegistry(state, { account: FOREIGN.registryId, region: FOREIGN.region }, (registry) => ({
      ...registry,
      policy: registry.policy?.replaceAll(SOURCE.account, "333333333333") ?? "",
    }));
    expect(await replicate(["1"], FOREIGN)).toEqual({ failureCode: "AccessDeniedException" });
  });
});

test("a key that cannot be used over there fails it, of an index with what that lists, and nothing arrives", async () => {
  const { state, source, replicate, parts, repository, index } = world();
  repository("app", { region: FAR.region, encryption: { encryptionType: "KMS", kmsKey: "arn:aws:kms:eu-west-1:123456789012:key/none" } });
  expect(await replicate([])).toEqual({ failureCode: "KmsException" });
  const { digest } = index(source, ["one"]);
  expect(await replicateImage(parts, source, { digest, tags: [] }, FAR)).toMatchObject({ failureCode: "KmsException" });
  expect(state.table(images).by("repository", keyIn(FAR))).toEqual([]);
});

test("a template's key that cannot be used over there fails it, and leaves no repository", async () => {
  const { state, replicate } = world();
  const encryption = { encryptionType: "KMS", kmsKey: "arn:aws:kms:eu-west-1:123456789012:key/none" };
  const template = { account: SOURCE.account, region: FAR.region, prefix: "ROOT", appliedFor: ["REPLICATION"], encryption, createdAt: 0 };
  state.commit(() => state.table(creationTemplates).put(template as unknown as CreationTemplateRecord));
  expect(await replicate([])).toEqual({ failureCode: "KmsException" });
  expect(state.table(repositories).has(keyIn(FAR))).toBe(false);
});
