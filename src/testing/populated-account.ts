import { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateRepositoryCommand,
  CompleteLayerUploadCommand,
  ECRClient,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UploadLayerPartCommand,
} from "@aws-sdk/client-ecr";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
} from "@aws-sdk/client-ecs";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreateInstanceProfileCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
} from "@aws-sdk/client-iam";
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../domain/scope.ts";
import type { NamedMember, Shape } from "../gateway/schema.ts";
import { defaultNetwork } from "../state/default-vpc.ts";
import { securityGroups } from "../state/ec2.ts";
import type { ApiWorld } from "./api-world.ts";
import { smallImage } from "./small-image.ts";
import { sampleValue } from "./sample-value.ts";

/** What everything in the populated account is called. */
export const NAME = "production";
/** Stands in descriptions, tags, values and events of the populated account: whoever is told it has been told something. */
export const PLANTED = "planted-in-production";

const arnOf = (service: string, resource: string): string => `arn:aws:${service}:${DEFAULT_REGION}:${DEFAULT_ACCOUNT}:${resource}`;
const iamArn = (resource: string): string => `arn:aws:iam::${DEFAULT_ACCOUNT}:${resource}`;
const allow = (Action: string) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
/** Of ECS, and of whom policies of the account allow it. */
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" },
    {
      Effect: "Allow",
      Principal: { AWS: DEFAULT_ACCOUNT },
      Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
    },
  ],
});

/** What a request to a service would have to say in a member of that name to mean something of the populated account. */
export type Aim = (member: string, service: string) => string;

/** Puts one of each kind into the default account, all named `production`, made by its root. */
export async function populate(api: ApiWorld): Promise<Aim> {
  const network = defaultNetwork(api.state, api.platform.ids, { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION });
  const Tags = [{ Key: PLANTED, Value: PLANTED }];
  const tags = [{ key: PLANTED, value: PLANTED }];
  const iam = api.client(IAMClient);
  await iam.send(new CreateRoleCommand({ RoleName: NAME, AssumeRolePolicyDocument: TRUST, Description: PLANTED, Tags }));
  await iam.send(new CreatePolicyCommand({ PolicyName: NAME, PolicyDocument: allow("ecs:*"), Description: PLANTED, Tags }));
  await iam.send(new CreateUserCommand({ UserName: NAME, Tags }));
  await iam.send(new CreateGroupCommand({ GroupName: NAME }));
  await iam.send(new CreateAccessKeyCommand({ UserName: NAME }));
  await iam.send(new AttachUserPolicyCommand({ UserName: NAME, PolicyArn: iamArn(`policy/${NAME}`) }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: NAME, Tags }));
  const provider = await iam.send(
    new CreateOpenIDConnectProviderCommand({
      Url: `https://${NAME}.example.com`,
      ClientIDList: [PLANTED],
      ThumbprintList: ["0".repeat(40)],
    }),
  );
  const ecs = api.client(ECSClient);
  const cluster = NAME;
  await ecs.send(new CreateClusterCommand({ clusterName: NAME, tags }));
  const container = { name: "web", image: "web", memory: 64, environment: [{ name: "A", value: PLANTED }] };
  const rotation = { key: "airfield:rotation-cluster", value: NAME };
  const roles = { taskRoleArn: iamArn(`role/${NAME}`), executionRoleArn: iamArn(`role/${NAME}`) };
  await ecs.send(
    new RegisterTaskDefinitionCommand({ family: NAME, containerDefinitions: [container], ...roles, tags: [...tags, rotation] }),
  );
  await ecs.send(new CreateServiceCommand({ cluster, serviceName: NAME, taskDefinition: NAME, desiredCount: 0, tags }));
  const { serviceDeployments } = await ecs.send(new ListServiceDeploymentsCommand({ cluster, service: NAME }));
  const { tasks: [task] = [] } = await ecs.send(new RunTaskCommand({ cluster, taskDefinition: NAME, tags }));
  const ecr = api.client(ECRClient);
  const repositoryName = NAME;
  await ecr.send(new CreateRepositoryCommand({ repositoryName, tags: Tags }));
  const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }));
  const image = smallImage({ content: PLANTED, layers: [] });
  const [{ digest: layerDigest, bytes: layerPartBlob } = { digest: "", bytes: Buffer.alloc(0) }] = image.blobs;
  const part = { partFirstByte: 0, partLastByte: layerPartBlob.length - 1, layerPartBlob };
  await ecr.send(new UploadLayerPartCommand({ repositoryName, uploadId, ...part }));
  await ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [layerDigest] }));
  await ecr.send(new PutImageCommand({ repositoryName, imageManifest: image.text, imageTag: PLANTED }));
  const logs = api.client(CloudWatchLogsClient);
  await logs.send(new CreateLogGroupCommand({ logGroupName: NAME, tags: { [PLANTED]: PLANTED } }));
  await logs.send(new CreateLogStreamCommand({ logGroupName: NAME, logStreamName: NAME }));
  const logEvents = [{ timestamp: api.platform.clock.now(), message: PLANTED }];
  await logs.send(new PutLogEventsCommand({ logGroupName: NAME, logStreamName: NAME, logEvents }));
  const secrets = api.client(SecretsManagerClient);
  const secret = await secrets.send(new CreateSecretCommand({ Name: NAME, SecretString: PLANTED, Description: PLANTED, Tags }));
  const parameter = { Name: NAME, Value: PLANTED, Type: "String", Description: PLANTED, Tags } as const;
  await api.client(SSMClient).send(new PutParameterCommand(parameter));
  const kms = api.client(KMSClient);
  const { KeyMetadata: key } = await kms.send(
    new CreateKeyCommand({ Description: PLANTED, Tags: [{ TagKey: PLANTED, TagValue: PLANTED }] }),
  );
  await kms.send(new CreateAliasCommand({ AliasName: `alias/${NAME}`, TargetKeyId: key?.KeyId }));
  const elb = api.client(ElasticLoadBalancingV2Client);
  const VpcId = network.vpc.id;
  const group = await elb.send(new CreateTargetGroupCommand({ Name: NAME, TargetType: "ip", Port: 80, Protocol: "HTTP", VpcId, Tags }));
  const TargetGroupArn = group.TargetGroups?.[0]?.TargetGroupArn;
  const Subnets = network.subnets.map(({ id }) => id);
  const balancer = await elb.send(new CreateLoadBalancerCommand({ Name: NAME, Subnets, Tags }));
  const LoadBalancerArn = balancer.LoadBalancers?.[0]?.LoadBalancerArn;
  const DefaultActions = [{ Type: "forward", TargetGroupArn } as const];
  const listener = await elb.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: "HTTP", Port: 80, DefaultActions, Tags }));
  const ListenerArn = listener.Listeners?.[0]?.ListenerArn;
  const rules = await elb.send(new DescribeRulesCommand({ ListenerArn }));
  const [rule] = api.state.table(securityGroups).get(network.securityGroup.id)?.rules ?? [];
  return aimAt([
    ...NAMES,
    [/^layerDigests?$/, layerDigest],
    [/^imageDigest$/, image.digest],
    [/^imageTag$/, PLANTED],
    [/^serviceDeploymentArns$/, serviceDeployments?.[0]?.serviceDeploymentArn],
    [/^serviceRevisionArns$/, serviceDeployments?.[0]?.targetServiceRevisionArn],
    [/^tasks?$/, task?.taskArn],
    [/^OpenIDConnectProviderArn$/, provider.OpenIDConnectProviderArn],
    [/^SecretIds?$|^SecretIdList$/, secret.ARN],
    [/^(KeyId|TargetKeyId|KmsKeyId|SourceKeyId|DestinationKeyId|kmsKeyId|kmsKey)$/, key?.Arn],
    [/^AliasName$/, `alias/${NAME}`],
    [/^TargetGroupArns?$|^targetGroupArn$/, TargetGroupArn],
    [/^(LoadBalancerArns?|ResourceArns)$/, LoadBalancerArn],
    [/^ListenerArns?$/, ListenerArn],
    [/^RuleArns?$/, rules.Rules?.[0]?.RuleArn],
    [/^VpcIds?$|^Resources$|^ec2 ResourceIds$/, VpcId],
    [/^(SubnetIds?|Subnets|subnets)$/, Subnets[0]],
    [/^(GroupId|GroupIds|SecurityGroups|securityGroups|ReferencedGroupId)$/, network.securityGroup.id],
    [/^SecurityGroupRuleIds?$/, rule?.id],
  ]);
}

/** The input of an operation with every member set, aimed at the populated account. */
export function aimedInput(shape: Shape | undefined, aim: Aim, service: string): unknown {
  return shape ? sampleValue(shape, 9, (member) => aim(member, service)) : {};
}

/**
 * Inputs aimed so, each small enough to get past the rules on what may stand together: what is required, alone and with each one of the
 * other members.
 */
export function smallAimedInputs(shape: Shape | undefined, aim: Aim, service: string): readonly object[] {
  if (shape?.kind !== "structure") return [{}];
  const valued = ({ name, shape: inner }: NamedMember): readonly [string, unknown] => [
    name,
    sampleValue(inner, 8, (member) => aim(member, service), name),
  ];
  const required = Object.fromEntries(shape.members.filter((member) => member.required).map(valued));
  const others = shape.members.filter((member) => !member.required);
  return [required, ...others.map((member) => Object.fromEntries([...Object.entries(required), valued(member)]))];
}

type Names = readonly (readonly [RegExp, string | undefined])[];

/** Patterns are of a member, or of a service, a space, and a member. */
function aimAt(names: Names): Aim {
  return (member, service) => {
    const found = names.find(([pattern]) => pattern.test(member) || pattern.test(`${service} ${member}`));
    if (found && found[1] === undefined) throw new Error(`nothing was made that ${service}'s ${member} could name`);
    return found?.[1] ?? NAME;
  };
}

/** What can be named before it is there. */
const NAMES: Names = [
  [/^registryIds?$/, DEFAULT_ACCOUNT],
  [/^cluster(Arn|s)?$/, arnOf("ecs", `cluster/${NAME}`)],
  [/^(taskDefinition|taskDefinitions)$/, arnOf("ecs", `task-definition/${NAME}:1`)],
  [/^ecs resourceArn$/, arnOf("ecs", `cluster/${NAME}`)],
  [/^ecr resourceArn$/, arnOf("ecr", `repository/${NAME}`)],
  [/^logs resourceArn$/, arnOf("logs", `log-group:${NAME}`)],
  [/^ssm ResourceArn$/, arnOf("ssm", `parameter/${NAME}`)],
  [/^ssm ResourceType$/, "Parameter"],
  [/^RotationLambdaARN$/, arnOf("ecs", `task-definition/${NAME}:1`)],
  [/^repositoryArn$/, arnOf("ecr", `repository/${NAME}`)],
  [/^PolicySourceArn$/, iamArn(`user/${NAME}`)],
  [/^(PolicyArn|PermissionsBoundary)$/, iamArn(`policy/${NAME}`)],
  [/^(RoleArn|RoleARN|taskRoleArn|executionRoleArn|roleArn|customRoleArn|role)$/, iamArn(`role/${NAME}`)],
  [/^iam (Path|NewPath)$/, "/"],
  [/^(ReplicaRegion|PrimaryRegion|Region)$/, "eu-west-1"],
  [/^(PolicyDocument|AssumeRolePolicyDocument|ResourcePolicy|policyText|policy|Policy)$/, allow("ecs:*")],
  [/^logGroupIdentifiers?$/, arnOf("logs", `log-group:${NAME}`)],
  [/^(effect)$/, "Allow"],
];
