import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import {
  AttachRolePolicyCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteRoleCommand,
  DetachRolePolicyCommand,
  GetOpenIDConnectProviderCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesForRoleCommand,
  ListPolicyVersionsCommand,
  ListRolePoliciesCommand,
  SimulateCustomPolicyCommand,
  SimulatePrincipalPolicyCommand,
} from "@aws-sdk/client-iam";
import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, test } from "vitest";
import { apiWorld, type ApiWorld, type Keys } from "../../testing/api-world.ts";
import { fakeIdentityProviders } from "../../testing/fake-identity-providers.ts";
import { issuerKey, signToken } from "../../testing/oidc-issuer.ts";

// The roles and policies of a guide to ECS with Terraform, made, read, changed and taken down by the calls that Terraform's AWS provider
// makes for `aws_iam_role`, `aws_iam_policy`, `aws_iam_role_policy_attachment` and `aws_iam_openid_connect_provider`.

const APP = "enterprise-app";
const EXECUTION_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
const TASK_POLICY = `arn:aws:iam::123456789012:policy/${APP}-task-policy`;

/** `jsonencode` sorts keys, and writes no spaces. */
const TASKS_TRUST =
  '{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"}}],"Version":"2012-10-17"}';
const policy = (...statements: readonly object[]): string => JSON.stringify({ Statement: statements, Version: "2012-10-17" });
const READS_S3 = policy({ Action: ["s3:GetObject", "s3:ListBucket"], Effect: "Allow", Resource: "*" });

async function applyRole(iam: IAMClient, RoleName: string, AssumeRolePolicyDocument: string, policyArns: readonly string[]): Promise<void> {
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument, Path: "/", MaxSessionDuration: 3600 }));
  for (const PolicyArn of policyArns) await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
}

/** Reading a role, as every plan does; the provider then compares the documents as JSON. */
async function planned(iam: IAMClient, RoleName: string) {
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
  const inline = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const attached = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
  return {
    trust: JSON.parse(decodeURIComponent(Role!.AssumeRolePolicyDocument!)) as unknown,
    inline: inline.PolicyNames,
    attached: attached.AttachedPolicies?.map(({ PolicyArn }) => PolicyArn),
  };
}

async function destroyRole(iam: IAMClient, RoleName: string): Promise<void> {
  expect((await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName }))).InstanceProfiles).toEqual([]);
  await iam.send(new DeleteRoleCommand({ RoleName }));
}

async function infrastructure(): Promise<ApiWorld & { readonly iam: IAMClient }> {
  const api = await apiWorld();
  const iam = api.client(IAMClient);
  await iam.send(
    new CreatePolicyCommand({
      PolicyName: `${APP}-task-policy`,
      Path: "/",
      Description: "Permissions required by application containers at runtime",
      PolicyDocument: READS_S3,
    }),
  );
  await applyRole(iam, `${APP}-execution-role`, TASKS_TRUST, [EXECUTION_POLICY]);
  await applyRole(iam, `${APP}-task-role`, TASKS_TRUST, [TASK_POLICY]);
  return { ...api, iam };
}

describe("apply, plan and destroy", () => {
  test("find everything as it was written", async () => {
    await using api = await infrastructure();
    const { iam } = api;
    for (const [role, attached] of [
      [`${APP}-execution-role`, EXECUTION_POLICY],
      [`${APP}-task-role`, TASK_POLICY],
    ] as const)
      expect(await planned(iam, role)).toEqual({ trust: JSON.parse(TASKS_TRUST), inline: [], attached: [attached] });
    const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn: TASK_POLICY }));
    expect(Policy).toMatchObject({ DefaultVersionId: "v1", AttachmentCount: 1, Path: "/" });
    const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn: TASK_POLICY, VersionId: "v1" }));
    expect(decodeURIComponent(PolicyVersion!.Document!)).toBe(READS_S3);
  });

  test("change a policy again and again: the oldest of five versions makes room", async () => {
    await using api = await infrastructure();
    const { iam } = api;
    for (let change = 2; change <= 7; change++) {
      const { Versions = [] } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn: TASK_POLICY }));
      const oldest = Versions.filter(({ IsDefaultVersion }) => !IsDefaultVersion).at(-1);
      if (Versions.length === 5) await iam.send(new DeletePolicyVersionCommand({ PolicyArn: TASK_POLICY, VersionId: oldest!.VersionId }));
      const PolicyDocument = policy({ Action: "s3:GetObject", Effect: "Allow", Resource: `arn:aws:s3:::bucket-${change}/*` });
      await iam.send(new CreatePolicyVersionCommand({ PolicyArn: TASK_POLICY, PolicyDocument, SetAsDefault: true }));
    }
    const { Versions = [] } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn: TASK_POLICY }));
    expect(new Set(Versions.map(({ VersionId }) => VersionId))).toEqual(new Set(["v3", "v4", "v5", "v6", "v7"]));
    expect(await simulated(iam, `${APP}-task-role`, "s3:GetObject", "arn:aws:s3:::bucket-7/a")).toBe("allowed");
    expect(await simulated(iam, `${APP}-task-role`, "s3:GetObject", "arn:aws:s3:::bucket-6/a")).toBe("implicitDeny");
  });

  test("take everything down, attachments first", async () => {
    await using api = await infrastructure();
    const { iam } = api;
    await expect(iam.send(new DeletePolicyCommand({ PolicyArn: TASK_POLICY }))).rejects.toMatchObject({ name: "DeleteConflictException" });
    await expect(iam.send(new DeleteRoleCommand({ RoleName: `${APP}-task-role` }))).rejects.toMatchObject({
      name: "DeleteConflictException",
    });
    await iam.send(new DetachRolePolicyCommand({ RoleName: `${APP}-execution-role`, PolicyArn: EXECUTION_POLICY }));
    await iam.send(new DetachRolePolicyCommand({ RoleName: `${APP}-task-role`, PolicyArn: TASK_POLICY }));
    await destroyRole(iam, `${APP}-execution-role`);
    await destroyRole(iam, `${APP}-task-role`);
    const { Versions = [] } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn: TASK_POLICY }));
    expect(Versions).toHaveLength(1);
    await iam.send(new DeletePolicyCommand({ PolicyArn: TASK_POLICY }));
    await expect(iam.send(new GetRoleCommand({ RoleName: `${APP}-task-role` }))).rejects.toMatchObject({ name: "NoSuchEntityException" });
    await expect(iam.send(new GetPolicyCommand({ PolicyArn: TASK_POLICY }))).rejects.toMatchObject({ name: "NoSuchEntityException" });
    expect(api.defects).toEqual([]);
  });
});

describe("the roles of tasks", () => {
  test.each([
    ["execution-role", "ecr:GetAuthorizationToken", "*", "allowed"],
    ["execution-role", "ecr:BatchGetImage", `arn:aws:ecr:us-east-1:123456789012:repository/${APP}`, "allowed"],
    ["execution-role", "logs:PutLogEvents", `arn:aws:logs:us-east-1:123456789012:log-group:/ecs/${APP}:log-stream:a`, "allowed"],
    ["execution-role", "logs:CreateLogGroup", `arn:aws:logs:us-east-1:123456789012:log-group:/ecs/${APP}:log-stream:`, "implicitDeny"],
    ["execution-role", "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-abcdef", "implicitDeny"],
    ["execution-role", "s3:GetObject", "arn:aws:s3:::bucket/a", "implicitDeny"],
    ["task-role", "s3:GetObject", "arn:aws:s3:::bucket/a", "allowed"],
    ["task-role", "s3:ListBucket", "arn:aws:s3:::bucket", "allowed"],
    ["task-role", "s3:PutObject", "arn:aws:s3:::bucket/a", "implicitDeny"],
    ["task-role", "ecr:BatchGetImage", `arn:aws:ecr:us-east-1:123456789012:repository/${APP}`, "implicitDeny"],
  ])("%s: %s on %s is %s", async (role, action, resource, expected) => {
    await using api = await infrastructure();
    expect(await simulated(api.iam, `${APP}-${role}`, action, resource)).toBe(expected);
  });

  test("are for tasks: nobody else assumes them, whatever they are allowed", async () => {
    await using api = await infrastructure();
    const admin = api.user("admin", { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
    const RoleArn = `arn:aws:iam::123456789012:role/${APP}-task-role`;
    const assume = api.client(STSClient, "us-east-1", admin).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "admin" }));
    await expect(assume).rejects.toMatchObject({
      name: "AccessDenied",
      message: `User: arn:aws:iam::123456789012:user/admin is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
    });
  });
});

describe("least privilege", () => {
  const ORDERS = "arn:aws:dynamodb:us-east-1:123456789012:table/orders";
  const SCOPED = policy({ Effect: "Allow", Action: ["dynamodb:GetItem", "dynamodb:PutItem"], Resource: ORDERS });

  test.each([
    ["dynamodb:GetItem", ORDERS, "allowed"],
    ["dynamodb:PutItem", ORDERS, "allowed"],
    ["dynamodb:DeleteItem", ORDERS, "implicitDeny"],
    ["dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:123456789012:table/customers", "implicitDeny"],
    ["dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:123456789012:table/orders", "implicitDeny"],
  ])("%s on %s is %s", async (action, resource, expected) => {
    await using api = await apiWorld();
    const { EvaluationResults } = await api
      .client(IAMClient)
      .send(new SimulateCustomPolicyCommand({ PolicyInputList: [SCOPED], ActionNames: [action], ResourceArns: [resource] }));
    expect(EvaluationResults?.[0]?.EvalDecision).toBe(expected);
  });

  test("is a policy that can be made; a statement alone is none", async () => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    await iam.send(new CreatePolicyCommand({ PolicyName: "orders", PolicyDocument: SCOPED }));
    const bare = new CreatePolicyCommand({ PolicyName: "everything", PolicyDocument: '{"Action": "*", "Resource": "*"}' });
    await expect(iam.send(bare)).rejects.toMatchObject({ name: "MalformedPolicyDocumentException" });
  });
});

describe("a deployment from a workflow", () => {
  test("does what its role may, and hands over only the roles that it may", async () => {
    await using api = await deployment();
    const { keys } = api;
    const ecr = api.client(ECRClient, "us-east-1", keys);
    const ecs = api.client(ECSClient, "us-east-1", keys);
    expect((await ecr.send(new GetAuthorizationTokenCommand())).authorizationData).toHaveLength(1);
    const { taskDefinition } = await ecs.send(registered(`${APP}-execution-role`, `${APP}-task-role`));
    const update = { cluster: `${APP}-cluster`, service: APP, taskDefinition: taskDefinition!.taskDefinitionArn };
    expect((await ecs.send(new UpdateServiceCommand(update))).service?.deployments).toHaveLength(2);
    await ecs.send(new DescribeServicesCommand({ cluster: update.cluster, services: [APP] }));

    await expect(ecs.send(registered(`${APP}-execution-role`, "administrator"))).rejects.toThrow(
      "is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/administrator because no identity-based policy allows the iam:PassRole action",
    );
    await expect(ecs.send(new DeleteServiceCommand({ cluster: update.cluster, service: APP, force: true }))).rejects.toThrow(
      `assumed-role/github-actions-ecs-deploy-role/GitHubActions is not authorized to perform: ecs:DeleteService`,
    );
    await expect(ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ["other"] }))).rejects.toThrow(
      "is not authorized to perform: ecr:DescribeRepositories on resource: arn:aws:ecr:us-east-1:123456789012:repository/other",
    );
    expect(api.defects).toEqual([]);
  });

  test("is for the main branch of one repository", async () => {
    await using api = await deployment();
    for (const subject of ["repo:acme/enterprise-app:ref:refs/heads/feature", "repo:mallory/enterprise-app:ref:refs/heads/main"])
      await expect(api.assume(subject)).rejects.toMatchObject({
        name: "AccessDenied",
        message: "Not authorized to perform sts:AssumeRoleWithWebIdentity",
      });
  });
});

function registered(executionRole: string, taskRole: string): RegisterTaskDefinitionCommand {
  return new RegisterTaskDefinitionCommand({
    family: APP,
    executionRoleArn: `arn:aws:iam::123456789012:role/${executionRole}`,
    taskRoleArn: `arn:aws:iam::123456789012:role/${taskRole}`,
    containerDefinitions: [{ name: APP, image: `123456789012.dkr.ecr.us-east-1.amazonaws.com/${APP}:1`, memory: 64 }],
  });
}

const ISSUER = "token.actions.githubusercontent.com";
const DEPLOY_ROLE = "arn:aws:iam::123456789012:role/github-actions-ecs-deploy-role";

/** The service that is deployed to, GitHub as an identity provider, and the role of the workflow. */
async function deployment() {
  const key = await issuerKey("key-1");
  const api = await apiWorld({ identityProviders: fakeIdentityProviders(new Map([[`https://${ISSUER}`, [key.published]]])) });
  const iam = api.client(IAMClient);
  const ecs = api.client(ECSClient);
  await api.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: APP }));
  const { OpenIDConnectProviderArn } = await iam.send(
    new CreateOpenIDConnectProviderCommand({ Url: `https://${ISSUER}`, ClientIDList: ["sts.amazonaws.com"] }),
  );
  expect(await iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }))).toMatchObject({ Url: ISSUER });
  for (const role of [`${APP}-execution-role`, `${APP}-task-role`, "administrator"]) await applyRole(iam, role, TASKS_TRUST, []);
  const trust = {
    Effect: "Allow",
    Principal: { Federated: OpenIDConnectProviderArn },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: {
      StringEquals: { [`${ISSUER}:aud`]: "sts.amazonaws.com", [`${ISSUER}:sub`]: "repo:acme/enterprise-app:ref:refs/heads/main" },
    },
  };
  await applyRole(iam, "github-actions-ecs-deploy-role", policy(trust), [await deployPolicy(iam)]);
  await ecs.send(new CreateClusterCommand({ clusterName: `${APP}-cluster` }));
  await ecs.send(registered(`${APP}-execution-role`, `${APP}-task-role`));
  await ecs.send(new CreateServiceCommand({ cluster: `${APP}-cluster`, serviceName: APP, taskDefinition: APP, desiredCount: 1 }));

  async function assume(sub: string): Promise<Keys> {
    const now = Math.floor(Date.now() / 1000);
    const WebIdentityToken = await signToken(key, { iss: `https://${ISSUER}`, aud: "sts.amazonaws.com", sub, iat: now, exp: now + 300 });
    const input = { RoleArn: DEPLOY_ROLE, RoleSessionName: "GitHubActions", WebIdentityToken };
    const { Credentials } = await api.client(STSClient).send(new AssumeRoleWithWebIdentityCommand(input));
    return {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    };
  }
  return { ...api, assume, keys: await assume("repo:acme/enterprise-app:ref:refs/heads/main") };
}

/** What the workflow's actions call, and not more. */
async function deployPolicy(iam: IAMClient): Promise<string> {
  const PolicyDocument = policy(
    { Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
    { Effect: "Allow", Action: "ecr:*", Resource: `arn:aws:ecr:us-east-1:123456789012:repository/${APP}` },
    { Effect: "Allow", Action: ["ecs:RegisterTaskDefinition", "ecs:DescribeTaskDefinition"], Resource: "*" },
    {
      Effect: "Allow",
      Action: ["ecs:UpdateService", "ecs:DescribeServices"],
      Resource: `arn:aws:ecs:us-east-1:123456789012:service/${APP}-cluster/${APP}`,
    },
    {
      Effect: "Allow",
      Action: "iam:PassRole",
      Resource: [`arn:aws:iam::123456789012:role/${APP}-execution-role`, `arn:aws:iam::123456789012:role/${APP}-task-role`],
      Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    },
  );
  return (await iam.send(new CreatePolicyCommand({ PolicyName: "deploy", PolicyDocument }))).Policy!.Arn!;
}

async function simulated(iam: IAMClient, role: string, action: string, resource: string): Promise<string | undefined> {
  const PolicySourceArn = `arn:aws:iam::123456789012:role/${role}`;
  const { EvaluationResults } = await iam.send(
    new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames: [action], ResourceArns: [resource] }),
  );
  return EvaluationResults?.[0]?.EvalDecision;
}
