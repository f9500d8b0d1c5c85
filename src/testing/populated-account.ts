import { CreateLogGroupCommand, CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { CreateClusterCommand, ECSClient, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { CreateTargetGroupCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreateInstanceProfileCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
} from "@aws-sdk/client-iam";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../domain/scope.ts";
import { defaultNetwork } from "../state/default-vpc.ts";
import type { ApiWorld } from "./api-world.ts";

const NAME = "production";
const arnOf = (service: string, resource: string): string => `arn:aws:${service}:${DEFAULT_REGION}:${DEFAULT_ACCOUNT}:${resource}`;
const iamArn = (resource: string): string => `arn:aws:iam::${DEFAULT_ACCOUNT}:${resource}`;
const allow = (Action: string) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** Puts one of each kind into the default account, all named `production`, made by its root. */
export async function populate(api: ApiWorld): Promise<void> {
  defaultNetwork(api.state, api.platform.ids, { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION });
  const ecs = api.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: NAME }));
  await ecs.send(new RegisterTaskDefinitionCommand({ family: NAME, containerDefinitions: [{ name: "web", image: "web", memory: 64 }] }));
  const iam = api.client(IAMClient);
  await iam.send(new CreateRoleCommand({ RoleName: NAME, AssumeRolePolicyDocument: TRUST }));
  await iam.send(new CreatePolicyCommand({ PolicyName: NAME, PolicyDocument: allow("ecs:*") }));
  await iam.send(new CreateUserCommand({ UserName: NAME }));
  await iam.send(new CreateGroupCommand({ GroupName: NAME }));
  await iam.send(new CreateAccessKeyCommand({ UserName: NAME }));
  await iam.send(new AttachUserPolicyCommand({ UserName: NAME, PolicyArn: iamArn(`policy/${NAME}`) }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: NAME }));
  await api.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: NAME }));
  await api.client(CloudWatchLogsClient).send(new CreateLogGroupCommand({ logGroupName: NAME }));
  await api.client(SecretsManagerClient).send(new CreateSecretCommand({ Name: NAME, SecretString: "a" }));
  await api.client(SSMClient).send(new PutParameterCommand({ Name: NAME, Value: "a", Type: "String" }));
  await api
    .client(ElasticLoadBalancingV2Client)
    .send(new CreateTargetGroupCommand({ Name: NAME, TargetType: "ip", Port: 80, Protocol: "HTTP" }));
}

/** What a request would have to say in a member of that name to mean something of the populated account. */
export function targetOf(member: string): string {
  const [, target] = TARGETS.find(([pattern]) => pattern.test(member)) ?? [];
  return target ?? NAME;
}

const TARGETS: readonly (readonly [RegExp, string])[] = [
  [/^registryIds?$/, DEFAULT_ACCOUNT],
  [/^cluster(Arn|s)?$/, arnOf("ecs", `cluster/${NAME}`)],
  [/^(taskDefinition|taskDefinitions)$/, arnOf("ecs", `task-definition/${NAME}:1`)],
  [/^resourceArn$/, arnOf("ecs", `cluster/${NAME}`)],
  [/^repositoryArn$/, arnOf("ecr", `repository/${NAME}`)],
  [/^(PolicyArn|PolicySourceArn|PermissionsBoundary)$/, iamArn(`policy/${NAME}`)],
  [/^(RoleArn|RoleARN|taskRoleArn|executionRoleArn|roleArn)$/, iamArn(`role/${NAME}`)],
  [/^(PolicyDocument|AssumeRolePolicyDocument|ResourcePolicy|policyText|policy|Policy)$/, allow("ecs:*")],
  [/^logGroupIdentifiers?$/, arnOf("logs", `log-group:${NAME}`)],
  [/^(effect)$/, "Allow"],
];
