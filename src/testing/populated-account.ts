import { CloudWatchLogsClient, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CompleteLayerUploadCommand,
  ECRClient,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UploadLayerPartCommand,
} from "@aws-sdk/client-ecr";
import { DescribeServiceDeploymentsCommand, ECSClient, TagResourceCommand } from "@aws-sdk/client-ecs";
import { AttachUserPolicyCommand, IAMClient, UpdateAssumeRolePolicyCommand } from "@aws-sdk/client-iam";
import { DEFAULT_ACCOUNT } from "../domain/scope.ts";
import type { LoadedService } from "../gateway/loaded-service.ts";
import type { NamedMember } from "../gateway/schema.ts";
import { TEST_KEYS, type ApiWorld } from "./api-world.ts";
import { fitted } from "./fitting-input.ts";
import { furnish, NAME, plantedIn, POLICY, TRUST, type AccountNames } from "./furnished-account.ts";
import { sampleValue } from "./sample-value.ts";
import { smallImage } from "./small-image.ts";

/** Stands in descriptions, tags, values and events of the populated account: whoever is told it has been told something. */
export const PLANTED = plantedIn(DEFAULT_ACCOUNT);

/** What a request to a service would have to say in a member of that name to mean something of the populated account. */
export type Aim = (member: string, service: string) => string;

/** Furnishes the default account, and adds what an image, a rotation and a session need. The world has to have a blob store and a log store. */
export async function populate(api: ApiWorld): Promise<Aim> {
  const names = await furnish(api, DEFAULT_ACCOUNT, TEST_KEYS);
  const iam = api.client(IAMClient);
  await iam.send(new AttachUserPolicyCommand({ UserName: NAME, PolicyArn: names.policy }));
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: NAME, PolicyDocument: trustOfTheAccount() }));
  const ecs = api.client(ECSClient);
  const tags = [{ key: "airfield:rotation-cluster", value: NAME }];
  await ecs.send(new TagResourceCommand({ resourceArn: names.taskDefinition, tags }));
  const deployments = await ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [names.serviceDeployment] }));
  const logEvents = [{ timestamp: api.platform.clock.now(), message: PLANTED }];
  await api.client(CloudWatchLogsClient).send(new PutLogEventsCommand({ logGroupName: NAME, logStreamName: NAME, logEvents }));
  return aimAt([
    ...(await imageIn(api.client(ECRClient))),
    [/^serviceRevisionArns$/, deployments.serviceDeployments?.[0]?.targetServiceRevision?.arn],
    [/^RuleArns?$/, names.listenerRule],
    [/^TrustStoreArns?$/, names.trustStore],
    [/^elasticloadbalancing ResourceArn$/, names.trustStore],
    ...namesOf(names),
  ]);
}

/** An image of one blob, pushed through the API. */
async function imageIn(ecr: ECRClient): Promise<Names> {
  const repositoryName = NAME;
  const image = smallImage({ content: PLANTED, layers: [] });
  const [blob] = image.blobs;
  if (!blob) throw new Error("the image has no blob");
  const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }));
  const part = { partFirstByte: 0, partLastByte: blob.bytes.length - 1, layerPartBlob: blob.bytes };
  await ecr.send(new UploadLayerPartCommand({ repositoryName, uploadId, ...part }));
  await ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [blob.digest] }));
  await ecr.send(new PutImageCommand({ repositoryName, imageManifest: image.text, imageTag: PLANTED }));
  return [
    [/^layerDigests?$/, blob.digest],
    [/^imageDigest$/, image.digest],
    [/^imageTag$/, PLANTED],
  ];
}

/** Whom policies of the account allow it may assume the role, too. */
function trustOfTheAccount(): string {
  const { Version, Statement } = JSON.parse(TRUST) as { readonly Version: string; readonly Statement: readonly object[] };
  const Action = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];
  return JSON.stringify({ Version, Statement: [...Statement, { Effect: "Allow", Principal: { AWS: DEFAULT_ACCOUNT }, Action }] });
}

/** The input of an operation with every member set, aimed at the populated account. */
export function aimedInput(service: LoadedService, operation: string, aim: Aim): unknown {
  const { checks, descriptor } = service;
  const shape = service.schema(operation)?.input;
  const input = shape ? sampleValue(shape, 9, (member) => aim(member, descriptor.id)) : {};
  return shape ? fitted(shape, input, checks) : input;
}

/**
 * Inputs aimed so, each small enough to get past the rules on what may stand together: what is required, alone and with each one of the
 * other members.
 */
export function smallAimedInputs(service: LoadedService, operation: string, aim: Aim): readonly object[] {
  const { checks, descriptor } = service;
  const shape = service.schema(operation)?.input;
  if (shape?.kind !== "structure") return [{}];
  const valued = ({ name, shape: inner }: NamedMember): readonly [string, unknown] => [
    name,
    sampleValue(inner, 8, (member) => aim(member, descriptor.id), name),
  ];
  const required = Object.fromEntries(shape.members.filter((member) => member.required).map(valued));
  const others = shape.members.filter((member) => !member.required);
  const inputs = [required, ...others.map((member) => Object.fromEntries([...Object.entries(required), valued(member)]))];
  return inputs.map((input) => fitted(shape, input, checks) as object);
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

function namesOf(names: AccountNames): Names {
  return [
    [/^registryIds?$/, names.account],
    [/^cluster(Arn|s)?$|^ecs resourceArn$/, names.cluster],
    [/^taskDefinitions?$|^RotationLambdaARN$/, names.taskDefinition],
    [/^tasks?$/, names.task],
    [/^serviceDeploymentArns$/, names.serviceDeployment],
    [/^CertificateArn$/, names.certificate],
    [/^repositoryArn$|^ecr resourceArn$/, names.repository],
    [/^logGroupIdentifiers?$|^logs resourceArn$/, names.logGroup],
    [/^ssm ResourceArn$/, names.parameter],
    [/^ssm ResourceType$/, "Parameter"],
    [/^SecretIds?$|^SecretIdList$|^credentialArn$/, names.secret],
    [/^(KeyId|TargetKeyId|KmsKeyId|SourceKeyId|DestinationKeyId|kmsKeyId|kmsKey)$/, names.key],
    [/^GrantId$/, names.grantId],
    [/^AliasName$/, `alias/${NAME}`],
    [/^TargetGroupArns?$|^targetGroupArn$/, names.targetGroup],
    [/^(LoadBalancerArns?|ResourceArns)$/, names.loadBalancer],
    [/^ListenerArns?$/, names.listener],
    [/^VpcIds?$|^ec2 Resources$|^route53 VPCId$/, names.vpc],
    [/^route53 VPCRegion$/, "us-east-1"],
    [/^route53 (Id|HostedZoneId|ResourceIds?)$/, names.hostedZone],
    [/^route53 (HealthCheckId|ChildHealthChecks)$/, names.healthCheck],
    [/^route53 ResourceType$/, "hostedzone"],
    [/^route53 (Name|StartRecordName|DNSName)$/, `www.${NAME}.example`],
    [/^NamespaceId$/, names.namespace],
    [/^ServiceId$/, names.discoveryService],
    [/^OperationId$/, names.operation],
    [/^servicediscovery ResourceARN$/, `arn:aws:servicediscovery:us-east-1:${names.account}:service/${names.discoveryService}`],
    [/^(SubnetIds?|Subnets|subnets)$/, names.subnet],
    [/^(GroupId|GroupIds|SecurityGroups|securityGroups|ReferencedGroupId)$/, names.securityGroup],
    [/^SecurityGroupRuleIds?$/, names.securityGroupRule],
    [/^OpenIDConnectProviderArn$/, names.oidcProvider],
    [/^AccessKeyId$/, names.accessKeyId],
    [/^PolicySourceArn$/, names.user],
    [/^(PolicyArn|PermissionsBoundary)$/, names.policy],
    [/^(RoleArn|RoleARN|taskRoleArn|executionRoleArn|roleArn|customRoleArn|role)$/, names.role],
    [/^(PolicyDocument|AssumeRolePolicyDocument|ResourcePolicy|policyText|policy|Policy)$/, POLICY],
    [/^iam (Path|NewPath)$/, "/"],
    [/^(ReplicaRegion|PrimaryRegion|Region)$/, "eu-west-1"],
    [/^effect$/, "Allow"],
  ];
}
