import {
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
} from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readRegistryToken } from "../../state/registry-token.ts";
import { apiWorld, FOREIGN_ACCOUNT, FOREIGN_KEYS, type ApiWorld } from "../../testing/api-world.ts";

const HOME = "123456789012";
const ARN = `arn:aws:ecr:us-east-1:${HOME}:repository/app`;
let api: ApiWorld;
let ecr: ECRClient;

beforeEach(async () => {
  api = await apiWorld();
  ecr = api.client(ECRClient);
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "app" }));
});
afterEach(() => api[Symbol.asyncDispose]());

const as = (name: string, Statement: readonly object[]): ECRClient =>
  api.client(ECRClient, "us-east-1", api.user(name, { Version: "2012-10-17", Statement }));
const statement = (Action: string, AWS = `arn:aws:iam::${FOREIGN_ACCOUNT}:root`): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS }, Action }] });

describe("a repository of another account", () => {
  const foreigner = (): ECRClient => api.client(ECRClient, "us-east-1", FOREIGN_KEYS);
  const ask = (): Promise<object> => foreigner().send(new DescribeImagesCommand({ registryId: HOME, repositoryName: "app" }));

  test("is closed where its policy says nothing of the account", async () => {
    await expect(ask()).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: `User: arn:aws:iam::${FOREIGN_ACCOUNT}:root is not authorized to perform: ecr:DescribeImages on resource: ${ARN} because no resource-based policy allows the ecr:DescribeImages action`,
    });
  });

  test("is open for what its policy allows the account", async () => {
    await ecr.send(new SetRepositoryPolicyCommand({ repositoryName: "app", policyText: statement("ecr:DescribeImages") }));
    expect(await ask()).toMatchObject({ imageDetails: [] });
    const all = foreigner().send(new DescribeRepositoriesCommand({ registryId: HOME }));
    await expect(all).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  test("a token for its registry carries who asked for it", async () => {
    const { authorizationData: [data] = [] } = await foreigner().send(new GetAuthorizationTokenCommand({ registryIds: [HOME] }));
    const [, password = ""] = Buffer.from(data?.authorizationToken ?? "", "base64")
      .toString()
      .split(":");
    expect(readRegistryToken(api.platform.secrets, password)).toMatchObject({
      account: HOME,
      region: "us-east-1",
      holder: { kind: "principal", principal: { kind: "root", account: FOREIGN_ACCOUNT } },
    });
  });
});

test.each([
  ["no JSON", "Version"],
  ["no statement", '{"Version":"2012-10-17","Statement":[]}'],
  ["a statement for nobody", '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:*"}]}'],
])("a policy with %s is refused, and none is stored", async (_what, policyText) => {
  await expect(ecr.send(new SetRepositoryPolicyCommand({ repositoryName: "app", policyText }))).rejects.toMatchObject({
    name: "InvalidParameterException",
    message: expect.stringContaining("Invalid repository policy provided"),
  });
  expect(await ecr.send(new DescribeImagesCommand({ repositoryName: "app" }))).toMatchObject({ imageDetails: [] });
});

describe("what a user's policy says of tags", () => {
  const tags = [{ Key: "team", Value: "shop" }];

  test("at creation they need the right to tag, with the tags of the request", async () => {
    const create = { Effect: "Allow", Action: "ecr:CreateRepository", Resource: "*" };
    const tag = {
      Effect: "Allow",
      Action: "ecr:TagResource",
      Resource: "*",
      Condition: { StringEquals: { "aws:RequestTag/team": "shop" } },
    };
    const may = (...Statement: readonly object[]): ECRClient => as(`user${Statement.length}`, Statement);
    const command = new CreateRepositoryCommand({ repositoryName: "tagged", tags });
    await expect(may(create).send(command)).rejects.toMatchObject({
      message: expect.stringContaining("perform: ecr:TagResource on resource"),
    });
    expect(await may(create, tag).send(command)).toMatchObject({ repository: { repositoryName: "tagged" } });
  });

  test("a repository cannot be named around a deny", async () => {
    const Statement = [
      { Effect: "Allow", Action: "ecr:*", Resource: "*" },
      { Effect: "Deny", Action: "ecr:TagResource", Resource: ARN },
    ];
    const user = as("tagger", Statement);
    await expect(user.send(new TagResourceCommand({ resourceArn: ARN, tags }))).rejects.toMatchObject({ name: "AccessDeniedException" });
    const disguised = ARN.replace("arn:aws:", "arn:aws-cn:");
    await expect(user.send(new TagResourceCommand({ resourceArn: disguised, tags }))).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
    const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand({}));
    expect(repositories).toHaveLength(1);
  });
});
