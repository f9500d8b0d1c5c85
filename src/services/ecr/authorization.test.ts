import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  DeleteRegistryPolicyCommand,
  DeregisterPullTimeUpdateExclusionCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAccountSettingCommand,
  GetAuthorizationTokenCommand,
  GetDownloadUrlForLayerCommand,
  GetRegistryPolicyCommand,
  InitiateLayerUploadCommand,
  ListImageReferrersCommand,
  ListPullTimeUpdateExclusionsCommand,
  PutAccountSettingCommand,
  PutImageTagMutabilityCommand,
  PutRegistryPolicyCommand,
  RegisterPullTimeUpdateExclusionCommand,
  SetRepositoryPolicyCommand,
  UpdateImageStorageClassCommand,
  UploadLayerPartCommand,
} from "@aws-sdk/client-ecr";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ServedNames } from "../../drivers/host-names/served-names.ts";
import { apiWorld } from "../../testing/api-world.ts";
import { permissionWorld, type Grant, type PermissionWorld } from "../../testing/permission-world.ts";

const APP = "arn:aws:ecr:us-east-1:123456789012:repository/app";
const app = { repositoryName: "app" };
const digest = `sha256:${"0".repeat(64)}`;
const id = { imageTag: "v1" };
const principalArn = "arn:aws:iam::123456789012:role/x";
const layerPartBlob = new Uint8Array(1);
interface Sender {
  send(command: object): Promise<unknown>;
}
let world: PermissionWorld<ECRClient>;

beforeAll(async () => {
  world = await permissionWorld(ECRClient);
});
afterAll(() => world[Symbol.asyncDispose]());

/** Source: Service Authorization Reference, "Amazon Elastic Container Registry". */
describe("each operation needs its action, on the repository where it has one", () => {
  test.each([
    ["ecr:BatchDeleteImage", APP, new BatchDeleteImageCommand({ ...app, imageIds: [id] })],
    ["ecr:BatchGetImage", APP, new BatchGetImageCommand({ ...app, imageIds: [id] })],
    ["ecr:BatchGetImage", APP, new ListImageReferrersCommand({ ...app, subjectId: { imageDigest: digest } })],
    ["ecr:InitiateLayerUpload", APP, new InitiateLayerUploadCommand(app)],
    [
      "ecr:UploadLayerPart",
      APP,
      new UploadLayerPartCommand({
        ...app,
        uploadId: "01234567-89ab-cdef-0123-456789abcdef",
        partFirstByte: 0,
        partLastByte: 0,
        layerPartBlob,
      }),
    ],
    [
      "ecr:CompleteLayerUpload",
      APP,
      new CompleteLayerUploadCommand({ ...app, uploadId: "01234567-89ab-cdef-0123-456789abcdef", layerDigests: [digest] }),
    ],
    ["ecr:GetDownloadUrlForLayer", APP, new GetDownloadUrlForLayerCommand({ ...app, layerDigest: digest })],
    ["ecr:UpdateImageStorageClass", APP, new UpdateImageStorageClassCommand({ ...app, imageId: id, targetStorageClass: "ARCHIVE" })],
    ["ecr:PutImageTagMutability", APP, new PutImageTagMutabilityCommand({ ...app, imageTagMutability: "MUTABLE" })],
    ["ecr:SetRepositoryPolicy", APP, new SetRepositoryPolicyCommand({ ...app, policyText: "{}" })],
    ["ecr:PutRegistryPolicy", "*", new PutRegistryPolicyCommand({ policyText: "{}" })],
    ["ecr:GetRegistryPolicy", "*", new GetRegistryPolicyCommand({})],
    ["ecr:DeleteRegistryPolicy", "*", new DeleteRegistryPolicyCommand({})],
    ["ecr:DescribeRegistry", "*", new DescribeRegistryCommand({})],
    ["ecr:GetAccountSetting", "*", new GetAccountSettingCommand({ name: "BLOB_MOUNTING" })],
    ["ecr:PutAccountSetting", "*", new PutAccountSettingCommand({ name: "BLOB_MOUNTING", value: "ENABLED" })],
    ["ecr:RegisterPullTimeUpdateExclusion", "*", new RegisterPullTimeUpdateExclusionCommand({ principalArn })],
    ["ecr:ListPullTimeUpdateExclusions", "*", new ListPullTimeUpdateExclusionsCommand({})],
    ["ecr:DeregisterPullTimeUpdateExclusion", "*", new DeregisterPullTimeUpdateExclusionCommand({ principalArn })],
  ])("%s on %s", async (Action, Resource, command) => {
    const send = (grant: Grant): Promise<string> => world.verdict(world.as(grant) as Sender, command);
    expect(await send({ Action: "sts:GetCallerIdentity", Resource: "*" })).toContain(
      `is not authorized to perform: ${Action} on resource: ${Resource}`,
    );
    expect(await send({ Action, Resource })).toBe("allowed");
    expect(await send({ Action: "ecr:*", Resource: `${APP}-other` })).not.toBe("allowed");
  });
});

test.each([
  [false, "http://localhost:4566"],
  [true, "https://localhost:4566"],
])("where docker logs in, over TLS: %s", async (registryOverTls, proxyEndpoint) => {
  await using api = await apiWorld({ registryOverTls });
  const { authorizationData } = await api.client(ECRClient).send(new GetAuthorizationTokenCommand({}));
  expect(authorizationData).toMatchObject([{ proxyEndpoint }]);
});

test("where ECR's own names lead here, they are what docker logs in to and what repositories are called, each account's and region's own", async () => {
  const served = new ServedNames();
  await using api = await apiWorld({ ecrHost: (scope) => served.hostOf(scope) });
  const here = api.client(ECRClient);
  const hostsOf = (region: string, end: string) =>
    ["123456789012", "210987654321"].map((account) => `${account}.dkr.ecr.${region}.amazonaws.${end}`);
  const [ours, others] = hostsOf("us-east-1", "com");
  const [elsewhere] = hostsOf("cn-north-1", "com.cn");
  const { repository } = await here.send(new CreateRepositoryCommand({ repositoryName: "team/app" }));
  expect(repository?.repositoryUri).toBe("localhost:4566/team/app");

  served.show([ours!, others!, elsewhere!]);
  const { authorizationData } = await here.send(
    new GetAuthorizationTokenCommand({ registryIds: ["123456789012", "210987654321", "333333333333"] }),
  );
  expect(authorizationData?.map(({ proxyEndpoint }) => proxyEndpoint)).toEqual([
    `https://${ours}`,
    `https://${others}`,
    "http://localhost:4566",
  ]);
  const { repositories } = await here.send(new DescribeRepositoriesCommand({}));
  expect(repositories?.map(({ repositoryUri }) => repositoryUri)).toEqual([`${ours}/team/app`]);
  const china = await api.client(ECRClient, "cn-north-1").send(new CreateRepositoryCommand({ repositoryName: "app" }));
  expect(china.repository?.repositoryUri).toBe(`${elsewhere}/app`);
  const london = await api.client(ECRClient, "eu-west-2").send(new GetAuthorizationTokenCommand({}));
  expect(london.authorizationData).toMatchObject([{ proxyEndpoint: "http://localhost:4566" }]);

  served.show([]);
  const again = await here.send(new DescribeRepositoriesCommand({ repositoryNames: ["team/app"] }));
  expect(again.repositories).toMatchObject([{ repositoryUri: "localhost:4566/team/app" }]);
});
