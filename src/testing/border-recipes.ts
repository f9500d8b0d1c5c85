import { AUTHORITY_OBJECT } from "./memory-objects.ts";
import { NAME, POLICY, TRUST, type AccountNames } from "./furnished-account.ts";

/** A request that succeeds in the account whose names it is made of. */
export interface Recipe {
  /** `service:Operation` of the catalogue. */
  readonly operation: string;
  /** @param fresh a name that nothing has yet */
  readonly input: (names: AccountNames, fresh: string) => object;
}

const recipe = (operation: string, input: Recipe["input"]): Recipe => ({ operation, input });
const network = (n: AccountNames) => ({ awsvpcConfiguration: { subnets: [n.subnet], securityGroups: [n.securityGroup] } });
const balanced = (n: AccountNames) => [{ targetGroupArn: n.targetGroup, containerName: "web", containerPort: 80 }];
const forward = (n: AccountNames) => [{ Type: "forward", TargetGroupArn: n.targetGroup }];
const web = { name: "web", image: "web", memory: 64 };
const opened = (n: AccountNames) => ({ IpProtocol: "tcp", FromPort: 443, ToPort: 443, UserIdGroupPairs: [{ GroupId: n.securityGroup }] });

/** Where names hang together: each name in each of these is replaced, one after another, by that of another account. */
export const RECIPES: readonly Recipe[] = [
  recipe("ecs:RunTask", (n) => ({ cluster: n.cluster, taskDefinition: n.taskDefinition, networkConfiguration: network(n) })),
  recipe("ecs:RunTask", (n) => ({
    cluster: n.cluster,
    taskDefinition: n.taskDefinition,
    networkConfiguration: network(n),
    overrides: { taskRoleArn: n.role, executionRoleArn: n.role },
  })),
  recipe("ecs:CreateService", (n, serviceName) => ({
    cluster: n.cluster,
    serviceName,
    taskDefinition: n.taskDefinition,
    desiredCount: 1,
    networkConfiguration: network(n),
    loadBalancers: balanced(n),
  })),
  recipe("ecs:UpdateService", (n) => ({
    cluster: n.cluster,
    service: n.service,
    taskDefinition: n.taskDefinition,
    networkConfiguration: network(n),
    loadBalancers: balanced(n),
  })),
  recipe("ecs:RegisterTaskDefinition", (n, family) => ({
    family,
    taskRoleArn: n.role,
    executionRoleArn: n.role,
    containerDefinitions: [{ ...web, secrets: [{ name: "S", valueFrom: n.secret }] }],
  })),
  recipe("ecs:DescribeTasks", (n) => ({ cluster: n.cluster, tasks: [n.task, n.taskId] })),
  recipe("ecs:DescribeServices", (n) => ({ cluster: n.cluster, services: [n.service] })),
  recipe("ecs:DescribeClusters", (n) => ({ clusters: [n.cluster] })),
  recipe("ecs:DescribeTaskDefinition", (n) => ({ taskDefinition: n.taskDefinition })),
  recipe("ecs:ListTasks", (n) => ({ cluster: n.cluster })),
  recipe("ecs:ListTasks", (n) => ({ cluster: n.cluster, serviceName: n.service })),
  recipe("ecs:ListServices", (n) => ({ cluster: n.cluster })),
  recipe("ecs:ListContainerInstances", (n) => ({ cluster: n.cluster })),
  recipe("ecs:ListServiceDeployments", (n) => ({ cluster: n.cluster, service: n.service })),
  recipe("ecs:DescribeServiceDeployments", (n) => ({ serviceDeploymentArns: [n.serviceDeployment] })),
  recipe("ecs:ListTagsForResource", (n) => ({ resourceArn: n.service })),
  recipe("ecs:TagResource", (n) => ({ resourceArn: n.cluster, tags: [{ key: "k", value: "v" }] })),
  recipe("ecs:UntagResource", (n) => ({ resourceArn: n.task, tagKeys: ["k"] })),
  recipe("ecs:UpdateCluster", (n) => ({ cluster: n.cluster, settings: [] })),
  recipe("ecs:StopTask", (n) => ({ cluster: n.cluster, task: n.task })),
  recipe("ecs:StopTask", (n) => ({ cluster: n.cluster, task: n.taskId })),

  recipe("elasticloadbalancing:CreateLoadBalancer", (n, fresh) => ({
    Name: fresh,
    Subnets: [n.subnet, n.otherSubnet],
    SecurityGroups: [n.securityGroup],
  })),
  recipe("elasticloadbalancing:CreateTargetGroup", (n, fresh) => ({
    Name: fresh,
    TargetType: "ip",
    Port: 80,
    Protocol: "HTTP",
    VpcId: n.vpc,
  })),
  recipe("elasticloadbalancing:CreateListener", (n, fresh) => ({
    LoadBalancerArn: n.loadBalancer,
    Protocol: "HTTP",
    Port: 1000 + (Number.parseInt(fresh.replace(/\D/g, ""), 10) % 50_000),
    DefaultActions: forward(n),
  })),
  recipe("elasticloadbalancing:ModifyListener", (n) => ({ ListenerArn: n.listener, DefaultActions: forward(n) })),
  recipe("elasticloadbalancing:CreateRule", (n, fresh) => ({
    ListenerArn: n.listener,
    Priority: 1000 + (Number.parseInt(fresh.replace(/\D/g, ""), 10) % 40_000),
    Conditions: [{ Field: "path-pattern", Values: ["/"] }],
    Actions: forward(n),
  })),
  recipe("elasticloadbalancing:ModifyRule", (n) => ({ RuleArn: n.listenerRule, Actions: forward(n) })),
  recipe("elasticloadbalancing:SetRulePriorities", (n) => ({ RulePriorities: [{ RuleArn: n.listenerRule, Priority: 11 }] })),
  recipe("elasticloadbalancing:DescribeRules", (n) => ({ RuleArns: [n.listenerRule] })),
  recipe("elasticloadbalancing:DescribeRules", (n) => ({ ListenerArn: n.listener })),
  recipe("elasticloadbalancing:DescribeTrustStores", (n) => ({ TrustStoreArns: [n.trustStore] })),
  recipe("elasticloadbalancing:ModifyTrustStore", (n) => ({ TrustStoreArn: n.trustStore, ...AUTHORITY_OBJECT })),
  recipe("elasticloadbalancing:DescribeTrustStoreAssociations", (n) => ({ TrustStoreArn: n.trustStore })),
  recipe("elasticloadbalancing:DescribeTrustStoreRevocations", (n) => ({ TrustStoreArn: n.trustStore })),
  recipe("elasticloadbalancing:GetTrustStoreCaCertificatesBundle", (n) => ({ TrustStoreArn: n.trustStore })),
  recipe("elasticloadbalancing:DescribeListenerCertificates", (n) => ({ ListenerArn: n.listener })),
  recipe("elasticloadbalancing:DescribeTargetHealth", (n) => ({ TargetGroupArn: n.targetGroup })),
  recipe("elasticloadbalancing:DescribeListeners", (n) => ({ LoadBalancerArn: n.loadBalancer })),
  recipe("elasticloadbalancing:DescribeLoadBalancers", (n) => ({ LoadBalancerArns: [n.loadBalancer] })),
  recipe("elasticloadbalancing:DescribeTargetGroups", (n) => ({ LoadBalancerArn: n.loadBalancer })),
  recipe("elasticloadbalancing:DescribeTags", (n) => ({ ResourceArns: [n.targetGroup] })),
  recipe("elasticloadbalancing:AddTags", (n) => ({ ResourceArns: [n.loadBalancer], Tags: [{ Key: "k", Value: "v" }] })),
  recipe("elasticloadbalancing:ModifyTargetGroup", (n) => ({ TargetGroupArn: n.targetGroup, HealthCheckPath: "/" })),
  recipe("elasticloadbalancing:SetSubnets", (n) => ({ LoadBalancerArn: n.loadBalancer, Subnets: [n.subnet, n.otherSubnet] })),
  recipe("elasticloadbalancing:SetSecurityGroups", (n) => ({ LoadBalancerArn: n.loadBalancer, SecurityGroups: [n.securityGroup] })),

  recipe("ec2:CreateSecurityGroup", (n, GroupName) => ({ GroupName, Description: "d", VpcId: n.vpc })),
  recipe("ec2:AuthorizeSecurityGroupIngress", (n) => ({ GroupId: n.securityGroup, IpPermissions: [opened(n)] })),
  recipe("ec2:RevokeSecurityGroupIngress", (n) => ({ GroupId: n.securityGroup, IpPermissions: [opened(n)] })),
  recipe("ec2:DescribeSecurityGroups", (n) => ({ GroupIds: [n.securityGroup] })),
  recipe("ec2:DescribeSecurityGroupRules", (n) => ({ SecurityGroupRuleIds: [n.securityGroupRule] })),
  recipe("ec2:DescribeSubnets", (n) => ({ SubnetIds: [n.subnet] })),
  recipe("ec2:DescribeVpcs", (n) => ({ VpcIds: [n.vpc] })),
  recipe("ec2:DescribeVpcAttribute", (n) => ({ VpcId: n.vpc, Attribute: "enableDnsSupport" })),
  recipe("ec2:ModifyVpcAttribute", (n) => ({ VpcId: n.vpc, EnableDnsSupport: { Value: true } })),
  recipe("ec2:AssociateVpcCidrBlock", (n) => ({ VpcId: n.vpc, CidrBlock: "100.64.0.0/16" })),
  recipe("ec2:AssociateDhcpOptions", (n) => ({ VpcId: n.vpc, DhcpOptionsId: "default" })),
  recipe("ec2:ModifySubnetAttribute", (n) => ({ SubnetId: n.subnet, MapPublicIpOnLaunch: { Value: true } })),
  recipe("ec2:GetSubnetCidrReservations", (n) => ({ SubnetId: n.subnet })),
  recipe("ec2:CreateVpcPeeringConnection", (n) => ({ VpcId: n.vpc, PeerVpcId: "vpc-0" })),
  recipe("ec2:CreateTags", (n) => ({ Resources: [n.vpc], Tags: [{ Key: "k", Value: "v" }] })),
  recipe("ec2:DeleteTags", (n) => ({ Resources: [n.securityGroup], Tags: [{ Key: "k" }] })),

  recipe("iam:AttachRolePolicy", (n) => ({ RoleName: NAME, PolicyArn: n.policy })),
  recipe("iam:AttachUserPolicy", (n) => ({ UserName: NAME, PolicyArn: n.policy })),
  recipe("iam:PutUserPermissionsBoundary", (n) => ({ UserName: NAME, PermissionsBoundary: n.policy })),
  recipe("iam:CreateRole", (n, RoleName) => ({ RoleName, AssumeRolePolicyDocument: TRUST, PermissionsBoundary: n.policy })),
  recipe("iam:GetPolicy", (n) => ({ PolicyArn: n.policy })),
  recipe("iam:CreatePolicyVersion", (n) => ({ PolicyArn: n.policy, PolicyDocument: POLICY })),
  recipe("iam:ListEntitiesForPolicy", (n) => ({ PolicyArn: n.policy })),
  recipe("iam:GetOpenIDConnectProvider", (n) => ({ OpenIDConnectProviderArn: n.oidcProvider })),
  recipe("iam:AddClientIDToOpenIDConnectProvider", (n) => ({ OpenIDConnectProviderArn: n.oidcProvider, ClientID: "c" })),
  recipe("iam:GetAccessKeyLastUsed", (n) => ({ AccessKeyId: n.accessKeyId })),
  recipe("iam:UpdateAccessKey", (n) => ({ UserName: NAME, AccessKeyId: n.accessKeyId, Status: "Inactive" })),
  recipe("iam:SimulatePrincipalPolicy", (n) => ({ PolicySourceArn: n.user, ActionNames: ["ecs:RunTask"] })),

  recipe("kms:Encrypt", (n) => ({ KeyId: n.key, Plaintext: new Uint8Array([1]) })),
  recipe("kms:Encrypt", (n) => ({ KeyId: n.keyId, Plaintext: new Uint8Array([1]) })),
  recipe("kms:Encrypt", (n) => ({ KeyId: n.alias, Plaintext: new Uint8Array([1]) })),
  recipe("kms:GenerateDataKey", (n) => ({ KeyId: n.key, KeySpec: "AES_256" })),
  recipe("kms:DescribeKey", (n) => ({ KeyId: n.keyId })),
  recipe("kms:GetKeyPolicy", (n) => ({ KeyId: n.key })),
  recipe("kms:UpdateKeyDescription", (n) => ({ KeyId: n.key, Description: "d" })),
  recipe("kms:CreateAlias", (n, fresh) => ({ AliasName: `alias/${fresh}`, TargetKeyId: n.key })),
  recipe("kms:ListGrants", (n) => ({ KeyId: n.key, GrantId: n.grantId })),
  recipe("kms:RevokeGrant", (n) => ({ KeyId: n.key, GrantId: n.grantId, DryRun: false })),
  recipe("kms:TagResource", (n) => ({ KeyId: n.key, Tags: [{ TagKey: "k", TagValue: "v" }] })),

  recipe("route53:GetHostedZone", (n) => ({ Id: n.hostedZone })),
  recipe("route53:ListResourceRecordSets", (n) => ({ HostedZoneId: n.hostedZone })),
  recipe("route53:CreateHostedZone", (n, fresh) => ({
    ...{ Name: `${fresh}.example`, CallerReference: fresh },
    VPC: { VPCId: n.vpc, VPCRegion: "us-east-1" },
  })),
  recipe("route53:ChangeResourceRecordSets", (n, fresh) => ({
    HostedZoneId: n.hostedZone,
    ChangeBatch: {
      Changes: [
        {
          Action: "CREATE",
          ResourceRecordSet: {
            ...{ Name: `${fresh}.${NAME}.example`, Type: "A", TTL: 5, ResourceRecords: [{ Value: "192.0.2.1" }] },
            ...{ SetIdentifier: "a", Weight: 1, HealthCheckId: n.healthCheck },
          },
        },
      ],
    },
  })),
  recipe("route53:GetChange", (n) => ({ Id: n.change })),
  recipe("route53:CreateHealthCheck", (n, fresh) => ({
    CallerReference: fresh,
    HealthCheckConfig: { Type: "CALCULATED", ChildHealthChecks: [n.healthCheck], HealthThreshold: 1 },
  })),
  recipe("route53:GetHealthCheckStatus", (n) => ({ HealthCheckId: n.healthCheck })),
  recipe("route53:ListTagsForResource", (n) => ({ ResourceType: "hostedzone", ResourceId: n.hostedZone })),
  recipe("route53:ListHostedZonesByVPC", (n) => ({ VPCId: n.vpc, VPCRegion: "us-east-1" })),

  recipe("secretsmanager:GetSecretValue", (n) => ({ SecretId: n.secret })),
  recipe("secretsmanager:BatchGetSecretValue", (n) => ({ SecretIdList: [n.secret] })),
  recipe("secretsmanager:DescribeSecret", (n) => ({ SecretId: n.secret })),
  recipe("secretsmanager:PutSecretValue", (n) => ({ SecretId: n.secret, SecretString: "s" })),
  recipe("secretsmanager:CreateSecret", (n, Name) => ({ Name, SecretString: "s", KmsKeyId: n.key })),
  recipe("secretsmanager:UpdateSecret", (n) => ({ SecretId: n.secret, KmsKeyId: n.key })),
  recipe("secretsmanager:TagResource", (n) => ({ SecretId: n.secret, Tags: [{ Key: "k", Value: "v" }] })),

  recipe("ssm:GetParameter", (n) => ({ Name: n.parameter })),
  recipe("ssm:GetParameters", (n) => ({ Names: [n.parameter] })),
  recipe("ssm:PutParameter", (n, Name) => ({ Name, Value: "v", Type: "SecureString", KeyId: n.key })),
  recipe("ssm:GetResourcePolicies", (n) => ({ ResourceArn: n.parameter })),

  recipe("acm:DescribeCertificate", (n) => ({ CertificateArn: n.certificate })),
  recipe("acm:GetCertificate", (n) => ({ CertificateArn: n.certificate })),
  recipe("acm:ListTagsForCertificate", (n) => ({ CertificateArn: n.certificate })),
  recipe("acm:AddTagsToCertificate", (n) => ({ CertificateArn: n.certificate, Tags: [{ Key: "k", Value: "v" }] })),
  recipe("acm:RemoveTagsFromCertificate", (n) => ({ CertificateArn: n.certificate, Tags: [{ Key: "k" }] })),

  recipe("logs:CreateLogGroup", (_n, logGroupName) => ({ logGroupName })),
  recipe("logs:DescribeLogStreams", (n) => ({ logGroupIdentifier: n.logGroup })),
  recipe("logs:FilterLogEvents", (n) => ({ logGroupIdentifier: n.logGroup })),
  recipe("logs:ListTagsForResource", (n) => ({ resourceArn: n.logGroup })),
  recipe("logs:TagResource", (n) => ({ resourceArn: n.logGroup, tags: { k: "v" } })),

  recipe("ecr:DescribeRepositories", (n) => ({ registryId: n.account, repositoryNames: [NAME] })),
  recipe("ecr:ListImages", (n) => ({ registryId: n.account, repositoryName: NAME })),
  recipe("ecr:SetRepositoryPolicy", (n) => ({
    registryId: n.account,
    repositoryName: NAME,
    policyText: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Sid: "own", Effect: "Allow", Principal: "*", Action: "ecr:DescribeImages" }],
    }),
  })),
  recipe("ecr:ListTagsForResource", (n) => ({ resourceArn: n.repository })),
  recipe("ecr:TagResource", (n) => ({ resourceArn: n.repository, tags: [{ Key: "k", Value: "v" }] })),
  recipe("ecr:CreateRepository", (n, repositoryName) => ({
    repositoryName,
    encryptionConfiguration: { encryptionType: "KMS", kmsKey: n.key },
  })),
];
