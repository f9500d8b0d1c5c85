import {
  CreateRepositoryCreationTemplateCommand,
  DeleteRepositoryCreationTemplateCommand,
  DescribeRepositoryCreationTemplatesCommand,
  ECRClient,
  UpdateRepositoryCreationTemplateCommand,
  type CreateRepositoryCreationTemplateCommandInput,
} from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, expect, test } from "vitest";
import { apiWorld, type ApiWorld } from "../../testing/api-world.ts";

const POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: "*", Action: "ecr:BatchGetImage" }],
});
const LIFECYCLE = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: "untagged", countType: "imageCountMoreThan", countNumber: 1 },
      action: { type: "expire" },
    },
  ],
});
const ROLE = "arn:aws:iam::123456789012:role/ecr-templates";

let api: ApiWorld;
let ecr: ECRClient;
beforeEach(async () => {
  api = await apiWorld();
  ecr = api.client(ECRClient);
});
afterEach(() => api[Symbol.asyncDispose]());

const create = (input: Partial<CreateRepositoryCreationTemplateCommandInput>) =>
  ecr.send(new CreateRepositoryCreationTemplateCommand({ prefix: "team", appliedFor: ["CREATE_ON_PUSH"], ...input }));

test("a template is shown as it was made, changed member by member, and gone when it is deleted", async () => {
  const whole = {
    prefix: "team",
    description: "what the team needs",
    encryptionConfiguration: {
      encryptionType: "KMS",
      kmsKey: "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
    },
    resourceTags: [{ Key: "team", Value: "a" }],
    imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
    imageTagMutabilityExclusionFilters: [{ filterType: "WILDCARD", filter: "latest*" }],
    repositoryPolicy: POLICY,
    lifecyclePolicy: LIFECYCLE,
    appliedFor: ["PULL_THROUGH_CACHE", "REPLICATION"],
    customRoleArn: ROLE,
  } satisfies CreateRepositoryCreationTemplateCommandInput;
  const { registryId, repositoryCreationTemplate } = await create(whole);
  expect(registryId).toBe("123456789012");
  expect(repositoryCreationTemplate).toMatchObject(whole);
  const { repositoryCreationTemplate: changed } = await ecr.send(
    new UpdateRepositoryCreationTemplateCommand({ prefix: "team/", imageTagMutability: "MUTABLE", repositoryPolicy: "" }),
  );
  const { imageTagMutabilityExclusionFilters: _filters, repositoryPolicy: _policy, ...left } = whole;
  expect(changed).toMatchObject({ ...left, imageTagMutability: "MUTABLE" });
  expect(changed).not.toHaveProperty("repositoryPolicy");
  expect(changed).not.toHaveProperty("imageTagMutabilityExclusionFilters");
  const { repositoryCreationTemplates } = await ecr.send(new DescribeRepositoryCreationTemplatesCommand({}));
  expect(repositoryCreationTemplates).toEqual([changed]);
  await ecr.send(new DeleteRepositoryCreationTemplateCommand({ prefix: "team" }));
  await expect(ecr.send(new DescribeRepositoryCreationTemplatesCommand({ prefixes: ["team"] }))).rejects.toMatchObject({
    name: "TemplateNotFoundException",
  });
});

test("what is not said of a template is ECR's default", async () => {
  const { repositoryCreationTemplate } = await create({ prefix: "ROOT" });
  expect(repositoryCreationTemplate).toMatchObject({
    prefix: "ROOT",
    encryptionConfiguration: { encryptionType: "AES256" },
    imageTagMutability: "MUTABLE",
    resourceTags: [],
  });
});

test("templates come in pages, in the order of their prefixes", async () => {
  for (const prefix of ["c", "a", "b"]) await create({ prefix });
  const first = await ecr.send(new DescribeRepositoryCreationTemplatesCommand({ maxResults: 2 }));
  const second = await ecr.send(new DescribeRepositoryCreationTemplatesCommand({ maxResults: 2, nextToken: first.nextToken }));
  const prefixes = [first, second].map(({ repositoryCreationTemplates = [] }) => repositoryCreationTemplates.map(({ prefix }) => prefix));
  expect(prefixes).toEqual([["a", "b"], ["c"]]);
});

test.each<[string, Partial<CreateRepositoryCreationTemplateCommandInput>, string]>([
  ["a prefix that no repository can have", { prefix: "Team" }, "InvalidParameterException"],
  ["no reason to apply", { appliedFor: [] }, "InvalidParameterException"],
  ["a reason that there is not", { appliedFor: ["ON_SUNDAYS" as never] }, "InvalidParameterException"],
  ["a policy that is none", { repositoryPolicy: "{}" }, "InvalidParameterException"],
  ["a lifecycle policy that is none", { lifecyclePolicy: "{}" }, "InvalidParameterException"],
  ["a key for AES256", { encryptionConfiguration: { encryptionType: "AES256", kmsKey: "alias/a" } }, "InvalidParameterException"],
  ["exclusions of nothing", { imageTagMutabilityExclusionFilters: [{ filterType: "WILDCARD", filter: "a" }] }, "InvalidParameterException"],
  ["a role of another account", { customRoleArn: ROLE.replace("123456789012", "210987654321") }, "AccessDeniedException"],
  ["a role that is none", { customRoleArn: "arn:aws:iam::123456789012:user/ann" }, "InvalidParameterException"],
  ["a tag of AWS's own", { resourceTags: [{ Key: "aws:a", Value: "" }] }, "InvalidTagParameterException"],
])("%s is refused", async (_what, input, name) => {
  await expect(create(input)).rejects.toMatchObject({ name });
});

test("a prefix has one template", async () => {
  await create({});
  await expect(create({ prefix: "team/" })).rejects.toMatchObject({
    name: "TemplateAlreadyExistsException",
    message: "The repository creation template with prefix 'team' already exists in the registry with id '123456789012'",
  });
});

test("who names a role must be allowed to pass it to ECR", async () => {
  const keys = api.user("ann", {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "ecr:CreateRepositoryCreationTemplate", Resource: "*" }],
  });
  const ann = api.client(ECRClient, "us-east-1", keys);
  await ann.send(new CreateRepositoryCreationTemplateCommand({ prefix: "a", appliedFor: ["REPLICATION"] }));
  const withRole = new CreateRepositoryCreationTemplateCommand({ prefix: "b", appliedFor: ["REPLICATION"], customRoleArn: ROLE });
  await expect(ann.send(withRole)).rejects.toMatchObject({
    name: "AccessDeniedException",
    message: expect.stringContaining("iam:PassRole") as string,
  });
});

test("the command line makes, shows and deletes one", async () => {
  const made = await api.aws("ecr", "create-repository-creation-template", "--prefix", "team", "--applied-for", "PULL_THROUGH_CACHE");
  expect([made.code, made.stderr]).toEqual([0, ""]);
  const shown = await api.aws("ecr", "describe-repository-creation-templates", "--prefixes", "team");
  expect(JSON.parse(shown.stdout)).toMatchObject({ repositoryCreationTemplates: [{ prefix: "team", appliedFor: ["PULL_THROUGH_CACHE"] }] });
  expect((await api.aws("ecr", "delete-repository-creation-template", "--prefix", "team")).code).toBe(0);
});
