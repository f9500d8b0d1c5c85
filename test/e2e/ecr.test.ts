import { expect, test } from "vitest";
import { registryWorld } from "../../src/testing/registry-world.ts";

const ARN = "arn:aws:ecr:us-east-1:123456789012:repository";

test("a repository is created, described, tagged and deleted with the command line", async () => {
  await using world = await registryWorld();
  const created = JSON.parse(
    (
      await world.aws(
        "ecr",
        "create-repository",
        "--repository-name",
        "team/app",
        "--image-scanning-configuration",
        "scanOnPush=true",
        "--tags",
        "Key=a,Value=1",
      )
    ).stdout,
  );
  expect(created.repository).toMatchObject({
    repositoryArn: `${ARN}/team/app`,
    registryId: "123456789012",
    repositoryName: "team/app",
    repositoryUri: `${world.host}/team/app`,
    imageTagMutability: "MUTABLE",
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfiguration: { encryptionType: "AES256" },
  });
  expect((await world.aws("ecr", "create-repository", "--repository-name", "team/app")).stderr).toContain(
    "An error occurred (RepositoryAlreadyExistsException) when calling the CreateRepository operation: The repository with name 'team/app' already exists in the registry with id '123456789012'",
  );
  expect((await world.aws("ecr", "describe-repositories", "--query", "repositories[].repositoryUri", "--output", "text")).stdout).toBe(
    `${world.host}/team/app\n`,
  );
  expect(
    (await world.aws("ecr", "tag-resource", "--resource-arn", `${ARN}/team/app`, "--tags", "Key=a,Value=2", "Key=b,Value=3")).code,
  ).toBe(0);
  expect((await world.aws("ecr", "untag-resource", "--resource-arn", `${ARN}/team/app`, "--tag-keys", "b")).code).toBe(0);
  expect(JSON.parse((await world.aws("ecr", "list-tags-for-resource", "--resource-arn", `${ARN}/team/app`)).stdout)).toEqual({
    tags: [{ Key: "a", Value: "2" }],
  });
  expect(
    (
      await world.aws(
        "ecr",
        "delete-repository",
        "--repository-name",
        "team/app",
        "--query",
        "repository.repositoryName",
        "--output",
        "text",
      )
    ).stdout,
  ).toBe("team/app\n");
  expect((await world.aws("ecr", "describe-repositories", "--repository-names", "team/app")).stderr).toContain(
    "(RepositoryNotFoundException) when calling the DescribeRepositories operation: The repository with name 'team/app' does not exist in the registry with id '123456789012'",
  );
  expect(world.defects).toEqual([]);
});

test("the registry, repository policies and other accounts", async () => {
  await using world = await registryWorld();
  await world.aws("ecr", "create-repository", "--repository-name", "app");
  expect(JSON.parse((await world.aws("ecr", "describe-registry")).stdout)).toEqual({
    registryId: "123456789012",
    replicationConfiguration: { rules: [] },
  });
  const policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"}]}';
  expect((await world.aws("ecr", "set-repository-policy", "--repository-name", "app", "--policy-text", policy)).code).toBe(0);
  expect(JSON.parse((await world.aws("ecr", "get-repository-policy", "--repository-name", "app")).stdout).policyText).toBe(policy);
  expect((await world.aws("ecr", "delete-repository-policy", "--repository-name", "app")).code).toBe(0);
  expect((await world.aws("ecr", "get-repository-policy", "--repository-name", "app")).stderr).toContain(
    "RepositoryPolicyNotFoundException",
  );
  expect((await world.aws("ecr", "describe-images", "--repository-name", "app", "--registry-id", "210987654321")).stderr).toContain(
    "AccessDeniedException",
  );
  expect(world.defects).toEqual([]);
});
