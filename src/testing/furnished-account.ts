import { ACMClient, ImportCertificateCommand } from "@aws-sdk/client-acm";
import { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateSecurityGroupCommand, DescribeSecurityGroupRulesCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
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
  CreateRuleCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  CreateTrustStoreCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  AddUserToGroupCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreateInstanceProfileCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
} from "@aws-sdk/client-iam";
import { CreateAliasCommand, CreateGrantCommand, CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import {
  ChangeResourceRecordSetsCommand,
  CreateHealthCheckCommand,
  CreateHostedZoneCommand,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import {
  CreateHttpNamespaceCommand,
  CreateServiceCommand as CreateDiscoveryServiceCommand,
  GetOperationCommand,
  RegisterInstanceCommand,
  ServiceDiscoveryClient,
} from "@aws-sdk/client-servicediscovery";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { localInstanceId } from "../state/local-host.ts";
import type { ApiWorld, Keys } from "./api-world.ts";
import { madeCertificate } from "./certificates.ts";
import { AUTHORITY_OBJECT } from "./memory-objects.ts";

/** What everything in a furnished account is called. */
export const NAME = "production";
export const REGION = "us-east-1";

/**
 * The names by which one account's things can be told from those of another: ARNs, and the ids that are unique in the whole installation.
 * A name that two accounts may both have, such as a role's, is not among them.
 */
export interface AccountNames {
  readonly account: string;
  readonly cluster: string;
  readonly taskDefinition: string;
  readonly task: string;
  readonly taskId: string;
  readonly service: string;
  readonly serviceDeployment: string;
  readonly loadBalancer: string;
  readonly listener: string;
  readonly listenerRule: string;
  readonly trustStore: string;
  readonly targetGroup: string;
  readonly vpc: string;
  readonly subnet: string;
  readonly otherSubnet: string;
  readonly securityGroup: string;
  readonly securityGroupRule: string;
  readonly instance: string;
  readonly role: string;
  readonly user: string;
  readonly policy: string;
  readonly instanceProfile: string;
  readonly oidcProvider: string;
  readonly accessKeyId: string;
  readonly key: string;
  readonly keyId: string;
  readonly alias: string;
  readonly grantId: string;
  readonly secret: string;
  readonly parameter: string;
  readonly logGroup: string;
  readonly repository: string;
  readonly certificate: string;
  readonly hostedZone: string;
  readonly change: string;
  readonly namespace: string;
  readonly discoveryService: string;
  readonly operation: string;
  readonly healthCheck: string;
}

/** What is written into the descriptions and tags of an account's things, and must not be seen by others. */
export function plantedIn(account: string): string {
  return `planted-in-${account}`;
}

export const POLICY = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "ecs:*", Resource: "*" }] });
export const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** Puts one of each kind into an account, made by its root. */
export async function furnish(api: Pick<ApiWorld, "client">, account: string, keys: Keys): Promise<AccountNames> {
  const client = <C>(constructor: Parameters<typeof api.client<C>>[0]): C => api.client(constructor, REGION, keys);
  const planted = plantedIn(account);
  const arn = (service: string, resource: string): string => `arn:aws:${service}:${REGION}:${account}:${resource}`;
  const iamArn = (resource: string): string => `arn:aws:iam::${account}:${resource}`;
  const Tags = [{ Key: "note", Value: planted }];
  const tags = [{ key: "note", value: planted }];

  const iam = client(IAMClient);
  await iam.send(new CreateRoleCommand({ RoleName: NAME, AssumeRolePolicyDocument: TRUST, Description: planted }));
  await iam.send(new CreateUserCommand({ UserName: NAME, Tags }));
  await iam.send(new CreateGroupCommand({ GroupName: NAME }));
  await iam.send(new AddUserToGroupCommand({ GroupName: NAME, UserName: NAME }));
  await iam.send(new CreatePolicyCommand({ PolicyName: NAME, PolicyDocument: POLICY, Description: planted }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: NAME, Tags }));
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: `https://${account}.example.com`, ClientIDList: [planted] }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: NAME }));

  const kms = client(KMSClient);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: planted }));
  const key = KeyMetadata?.Arn ?? "";
  await kms.send(new CreateAliasCommand({ AliasName: `alias/${NAME}`, TargetKeyId: key }));
  const grant = await kms.send(
    new CreateGrantCommand({ KeyId: key, GranteePrincipal: iamArn(`role/${NAME}`), Operations: ["Decrypt"], Name: planted }),
  );

  const secret = await client(SecretsManagerClient).send(
    new CreateSecretCommand({ Name: NAME, SecretString: planted, Description: planted }),
  );
  await client(SSMClient).send(new PutParameterCommand({ Name: NAME, Value: planted, Type: "String" }));
  const logs = client(CloudWatchLogsClient);
  await logs.send(new CreateLogGroupCommand({ logGroupName: NAME, tags: { note: planted } }));
  await logs.send(new CreateLogStreamCommand({ logGroupName: NAME, logStreamName: NAME }));
  await client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: NAME, tags: Tags }));

  const { pem, keyPem } = await madeCertificate({ commonName: `${planted}.example.com` });
  const imported = await client(ACMClient).send(
    new ImportCertificateCommand({ Certificate: Buffer.from(pem), PrivateKey: Buffer.from(keyPem), Tags }),
  );

  const ec2 = client(EC2Client);
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const [first, second] = Subnets;
  const vpc = first?.VpcId ?? "";
  const subnets = [first?.SubnetId ?? "", second?.SubnetId ?? ""];
  const group = await ec2.send(new CreateSecurityGroupCommand({ GroupName: NAME, Description: planted, VpcId: vpc }));
  const inGroup = [{ Name: "group-id", Values: [group.GroupId ?? ""] }];
  const rules = await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters: inGroup }));

  const elb = client(ElasticLoadBalancingV2Client);
  const balancers = await elb.send(new CreateLoadBalancerCommand({ Name: NAME, Subnets: subnets, Tags }));
  const loadBalancer = balancers.LoadBalancers?.[0]?.LoadBalancerArn ?? "";
  const groups = await elb.send(
    new CreateTargetGroupCommand({ Name: NAME, TargetType: "ip", Port: 80, Protocol: "HTTP", VpcId: vpc, Tags }),
  );
  const targetGroup = groups.TargetGroups?.[0]?.TargetGroupArn ?? "";
  const listeners = await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: loadBalancer,
      Protocol: "HTTP",
      Port: 80,
      DefaultActions: [{ Type: "forward", TargetGroupArn: targetGroup }],
    }),
  );
  const listener = listeners.Listeners?.[0]?.ListenerArn ?? "";
  const trustStores = await elb.send(new CreateTrustStoreCommand({ Name: NAME, ...AUTHORITY_OBJECT, Tags }));
  const listenerRules = await elb.send(
    new CreateRuleCommand({
      ListenerArn: listener,
      Priority: 10,
      Conditions: [{ Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "x-note", Values: [planted] } }],
      Actions: [{ Type: "forward", TargetGroupArn: targetGroup }],
      Tags,
    }),
  );

  const ecs = client(ECSClient);
  const cluster = arn("ecs", `cluster/${NAME}`);
  await ecs.send(new CreateClusterCommand({ clusterName: NAME, tags }));
  const environment = [{ name: "NOTE", value: planted }];
  const containerDefinitions = [{ name: "web", image: "web", memory: 64, portMappings: [{ containerPort: 80 }], environment }];
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: NAME,
      networkMode: "awsvpc",
      taskRoleArn: iamArn(`role/${NAME}`),
      containerDefinitions,
      tags,
    }),
  );
  const networkConfiguration = { awsvpcConfiguration: { subnets, securityGroups: [group.GroupId ?? ""] } };
  const run = await ecs.send(new RunTaskCommand({ cluster, taskDefinition: NAME, networkConfiguration, tags }));
  const task = run.tasks?.[0]?.taskArn ?? "";
  await ecs.send(
    new CreateServiceCommand({
      cluster,
      serviceName: NAME,
      taskDefinition: NAME,
      desiredCount: 1,
      networkConfiguration,
      loadBalancers: [{ targetGroupArn: targetGroup, containerName: "web", containerPort: 80 }],
      tags,
    }),
  );
  const deployments = await ecs.send(new ListServiceDeploymentsCommand({ cluster, service: NAME }));

  const route53 = client(Route53Client);
  const zone = await route53.send(
    new CreateHostedZoneCommand({
      Name: `${NAME}.example`,
      CallerReference: `${account}-${planted}`,
      HostedZoneConfig: { Comment: planted },
      VPC: { VPCId: vpc, VPCRegion: REGION },
    }),
  );
  const record = { Name: `www.${NAME}.example`, Type: "TXT" as const, TTL: 60, ResourceRecords: [{ Value: `"${planted}"` }] };
  const changed = await route53.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: zone.HostedZone?.Id,
      ChangeBatch: { Changes: [{ Action: "CREATE", ResourceRecordSet: record }], Comment: planted },
    }),
  );
  const checked = await route53.send(
    new CreateHealthCheckCommand({
      CallerReference: NAME,
      HealthCheckConfig: { Type: "HTTP", FullyQualifiedDomainName: `${planted}.example`, ResourcePath: `/${planted}` },
    }),
  );

  const cloudMap = client(ServiceDiscoveryClient);
  const described = { Name: NAME, Description: planted, Tags };
  const { OperationId = "" } = await cloudMap.send(new CreateHttpNamespaceCommand(described));
  const { Operation } = await cloudMap.send(new GetOperationCommand({ OperationId }));
  const namespace = Operation?.Targets?.NAMESPACE ?? "";
  const discovery = await cloudMap.send(
    new CreateDiscoveryServiceCommand({ ...described, NamespaceId: namespace, HealthCheckCustomConfig: {} }),
  );
  const discoveryService = discovery.Service?.Id ?? "";
  await cloudMap.send(new RegisterInstanceCommand({ ServiceId: discoveryService, InstanceId: NAME, Attributes: { planted } }));

  return {
    account,
    cluster,
    taskDefinition: arn("ecs", `task-definition/${NAME}:1`),
    task,
    taskId: task.slice(task.lastIndexOf("/") + 1),
    service: arn("ecs", `service/${NAME}/${NAME}`),
    serviceDeployment: deployments.serviceDeployments?.[0]?.serviceDeploymentArn ?? "",
    loadBalancer,
    listener,
    listenerRule: listenerRules.Rules?.[0]?.RuleArn ?? "",
    trustStore: trustStores.TrustStores?.[0]?.TrustStoreArn ?? "",
    targetGroup,
    vpc,
    subnet: subnets[0] ?? "",
    otherSubnet: subnets[1] ?? "",
    securityGroup: group.GroupId ?? "",
    securityGroupRule: rules.SecurityGroupRules?.[0]?.SecurityGroupRuleId ?? "",
    instance: localInstanceId({ account, region: REGION }),
    role: iamArn(`role/${NAME}`),
    user: iamArn(`user/${NAME}`),
    policy: iamArn(`policy/${NAME}`),
    instanceProfile: iamArn(`instance-profile/${NAME}`),
    oidcProvider: iamArn(`oidc-provider/${account}.example.com`),
    accessKeyId: AccessKey?.AccessKeyId ?? "",
    key,
    keyId: KeyMetadata?.KeyId ?? "",
    alias: arn("kms", `alias/${NAME}`),
    grantId: grant.GrantId ?? "",
    secret: secret.ARN ?? "",
    parameter: arn("ssm", `parameter/${NAME}`),
    logGroup: arn("logs", `log-group:${NAME}`),
    repository: arn("ecr", `repository/${NAME}`),
    certificate: imported.CertificateArn ?? "",
    hostedZone: (zone.HostedZone?.Id ?? "").replace("/hostedzone/", ""),
    ...{ namespace, discoveryService, operation: OperationId },
    healthCheck: checked.HealthCheck?.Id ?? "",
    change: (changed.ChangeInfo?.Id ?? "").replace("/change/", ""),
  };
}
