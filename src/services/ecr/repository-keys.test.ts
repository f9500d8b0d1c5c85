import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { expect, test } from "vitest";
import { apiWorld } from "../../testing/api-world.ts";

const allow = (Action: readonly string[], more: object = {}): object => ({ Effect: "Allow", Action, Resource: "*", ...more });
const THROUGH_ECR = {
  Condition: { StringEquals: { "kms:ViaService": "ecr.us-east-1.amazonaws.com" }, Bool: { "kms:GrantIsForAWSResource": "true" } },
};

test.each([
  ["nothing of KMS", [], "kms:DescribeKey"],
  ["to look at keys", [allow(["kms:DescribeKey"])], "kms:CreateGrant"],
  [
    "what ECR needs, by itself alone",
    [allow(["kms:DescribeKey"]), allow(["kms:CreateGrant"], { Condition: { Bool: { "kms:GrantIsForAWSResource": "false" } } })],
    "kms:CreateGrant",
  ],
])("who may do %s cannot give a repository a key", async (_what, statements, action) => {
  await using api = await apiWorld();
  const { KeyMetadata } = await api.client(KMSClient).send(new CreateKeyCommand({}));
  const kmsKey = KeyMetadata?.Arn ?? "";
  const ecr = api.client(ECRClient, "us-east-1", api.user("eve", { Version: "2012-10-17", Statement: [allow(["ecr:*"]), ...statements] }));
  const encryptionConfiguration = { encryptionType: "KMS", kmsKey } as const;
  await expect(ecr.send(new CreateRepositoryCommand({ repositoryName: "app", encryptionConfiguration }))).rejects.toMatchObject({
    name: "KmsException",
    kmsError: "AccessDeniedException",
    message: expect.stringContaining(`user/eve is not authorized to perform: ${action} on resource: ${kmsKey}`) as string,
  });
  // The key that AWS manages for ECR asks nothing.
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "app", encryptionConfiguration: { encryptionType: "KMS" } }));
});

test("who may use a key through ECR may give it to a repository", async () => {
  await using api = await apiWorld();
  const { KeyMetadata } = await api.client(KMSClient).send(new CreateKeyCommand({}));
  const statements = [allow(["ecr:CreateRepository", "kms:DescribeKey"]), allow(["kms:CreateGrant"], THROUGH_ECR)];
  const ecr = api.client(ECRClient, "us-east-1", api.user("ada", { Version: "2012-10-17", Statement: statements }));
  const kmsKey = KeyMetadata?.Arn ?? "";
  const made = await ecr.send(
    new CreateRepositoryCommand({ repositoryName: "app", encryptionConfiguration: { encryptionType: "KMS", kmsKey } }),
  );
  expect(made.repository?.encryptionConfiguration).toEqual({ encryptionType: "KMS", kmsKey });
});

test("an encryption that is offered nowhere but in GovCloud is refused, as is a key beside AES256", async () => {
  await using api = await apiWorld();
  const create = (encryptionConfiguration: object) =>
    api
      .client(ECRClient)
      .send(new CreateRepositoryCommand({ repositoryName: "app", encryptionConfiguration: encryptionConfiguration as never }));
  for (const asked of [{ encryptionType: "KMS_DSSE" }, { encryptionType: "AES256", kmsKey: "alias/aws/ecr" }, { encryptionType: "DES" }])
    await expect(create(asked)).rejects.toMatchObject({ name: "InvalidParameterException" });
});
