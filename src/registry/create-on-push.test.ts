import {
  CreateRepositoryCreationTemplateCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
} from "@aws-sdk/client-ecr";
import { CreateKeyCommand, DisableKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { registryWorld, type RegistryWorld } from "../testing/registry-world.ts";
import { passwordIn, pushImageTo, smallImage } from "../testing/small-image.ts";

let world: RegistryWorld;
let ecr: ECRClient;
beforeEach(async () => {
  world = await registryWorld();
  ecr = world.client(ECRClient);
});
afterEach(() => world[Symbol.asyncDispose]());

const template = (input: object): Promise<unknown> =>
  ecr.send(new CreateRepositoryCreationTemplateCommand({ prefix: "team", appliedFor: ["CREATE_ON_PUSH"], ...input }));
const start = (name: string): Promise<Response> => world.fetch(`/v2/${name}/blobs/uploads/`, { method: "POST" });

async function errorOf(answer: Response): Promise<string> {
  const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] };
  return `${answer.status} ${errors[0]?.code}: ${errors[0]?.message}`;
}

describe("a push to a repository that there is not", () => {
  test("makes it with the settings of the template that covers it", async () => {
    const repositoryPolicy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: "*", Action: "ecr:BatchGetImage" }],
    });
    await template({ imageTagMutability: "IMMUTABLE", resourceTags: [{ Key: "team", Value: "a" }], repositoryPolicy });
    await pushImageTo(world, "team/web", "1", smallImage());
    const { repositories: [made] = [] } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ["team/web"] }));
    expect(made).toMatchObject({ imageTagMutability: "IMMUTABLE", encryptionConfiguration: { encryptionType: "AES256" } });
    expect(await ecr.send(new GetRepositoryPolicyCommand({ repositoryName: "team/web" }))).toMatchObject({ policyText: repositoryPolicy });
    const { tags } = await ecr.send(new ListTagsForResourceCommand({ resourceArn: made?.repositoryArn }));
    expect(tags).toEqual([{ Key: "team", Value: "a" }]);
    expect(world.defects).toEqual([]);
  });

  test.each([
    ["no template covers it", { prefix: "other" }],
    ["the template that covers it is for something else", { appliedFor: ["REPLICATION"] }],
  ])("is told that there is none where %s", async (_why, input) => {
    await template(input);
    expect(await errorOf(await start("team/web"))).toBe(
      "404 NAME_UNKNOWN: The repository with name 'team/web' does not exist in the registry with id '123456789012'",
    );
  });

  test("takes the most exact template of those that apply", async () => {
    await template({ prefix: "ROOT", imageTagMutability: "IMMUTABLE" });
    await template({ prefix: "team/a", appliedFor: ["REPLICATION"] });
    await template({ prefix: "team" });
    for (const name of ["team/a/web", "web"]) expect((await start(name)).status).toBe(202);
    const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand({}));
    expect(repositories.map(({ repositoryName, imageTagMutability }) => [repositoryName, imageTagMutability])).toEqual([
      ["team/a/web", "MUTABLE"],
      ["web", "IMMUTABLE"],
    ]);
  });

  test("is refused where the template's key cannot be used, and leaves no repository", async () => {
    const kms = world.client(KMSClient);
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    await template({ encryptionConfiguration: { encryptionType: "KMS", kmsKey: KeyMetadata?.Arn } });
    await kms.send(new DisableKeyCommand({ KeyId: KeyMetadata?.KeyId }));
    expect(await errorOf(await start("team/web"))).toMatch(/^403 DENIED: KmsException: .*disabled/);
    expect((await ecr.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([]);
  });
});

test("docker's twin skopeo pushes to a repository that a template makes, and not to one that none does", async () => {
  await template({});
  await pushImageTo(world, "team/first", "1", smallImage());
  const credentials = `AWS:${passwordIn(world.authorization())}`;
  const flags = ["--src-tls-verify=false", "--dest-tls-verify=false", "--src-creds", credentials, "--dest-creds", credentials];
  const copy = (to: string) =>
    world.run("skopeo", ["copy", ...flags, `docker://${world.host}/team/first:1`, `docker://${world.host}/${to}:1`]);
  expect(await copy("team/second")).toMatchObject({ code: 0 });
  expect((await copy("alone")).stderr).toContain("The repository with name 'alone' does not exist");
});
