import { CreateLogGroupCommand, CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { CreateClusterCommand, ECSClient, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import {
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
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
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
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

/** What a request would have to say in a member of that name to mean something of the populated account. */
export type Aim = (member: string) => string;

/** Puts one of each kind into the default account, all named `production`, made by its root. */
export async function populate(api: ApiWorld): Promise<Aim> {
  const network = defaultNetwork(api.state, api.platform.ids, { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION });
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
  const secret = await api.client(SecretsManagerClient).send(new CreateSecretCommand({ Name: NAME, SecretString: "a" }));
  await api.client(SSMClient).send(new PutParameterCommand({ Name: NAME, Value: "a", Type: "String" }));
  const kms = api.client(KMSClient);
  const { KeyMetadata: key } = await kms.send(new CreateKeyCommand({}));
  await kms.send(new CreateAliasCommand({ AliasName: `alias/${NAME}`, TargetKeyId: key?.KeyId }));
  const elb = api.client(ElasticLoadBalancingV2Client);
  const VpcId = network.vpc.id;
  const group = await elb.send(new CreateTargetGroupCommand({ Name: NAME, TargetType: "ip", Port: 80, Protocol: "HTTP", VpcId }));
  const Subnets = network.subnets.map(({ id }) => id);
  const balancer = await elb.send(new CreateLoadBalancerCommand({ Name: NAME, Subnets }));
  return aimAt([
    ...NAMES,
    [/^SecretIds?$|^SecretIdList$/, secret.ARN ?? ""],
    [/^(KeyId|TargetKeyId|KmsKeyId|SourceKeyId|DestinationKeyId)$/, key?.Arn ?? ""],
    [/^AliasName$/, `alias/${NAME}`],
    [/^TargetGroupArns?$/, group.TargetGroups?.[0]?.TargetGroupArn ?? ""],
    [/^(LoadBalancerArns?|ResourceArns)$/, balancer.LoadBalancers?.[0]?.LoadBalancerArn ?? ""],
    [/^VpcIds?$/, VpcId],
    [/^(SubnetIds?|Subnets|subnets)$/, Subnets[0] ?? ""],
    [/^(GroupId|GroupIds|SecurityGroups|securityGroups)$/, network.securityGroup.id],
  ]);
}

type Names = readonly (readonly [RegExp, string])[];

function aimAt(names: Names): Aim {
  return (member) => names.find(([pattern]) => pattern.test(member))?.[1] ?? NAME;
}

/** What can be named before it is there. */
const NAMES: Names = [
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
