import { parseArn } from "../domain/arn.ts";
import type { AuditResource } from "../ports/audit-log.ts";

/** The resources of a record, as far as the request's permissions name them. */
export function auditResources(arns: readonly string[]): readonly AuditResource[] {
  const named = [...new Set(arns)].filter((one) => one.startsWith("arn:") && !one.endsWith("*"));
  return named.slice(0, MOST).map((ARN) => {
    const accountId = parseArn(ARN)?.account;
    const type = resourceType(ARN);
    return { ARN, ...(accountId ? { accountId } : {}), ...(type === undefined ? {} : { type }) };
  });
}

/** A call may name a hundred tasks; a record is no inventory. */
const MOST = 20;

/** The CloudFormation name of a resource's type, which CloudTrail uses; `undefined` for one that has none here. */
export function resourceType(arn: string): string | undefined {
  const parsed = parseArn(arn);
  if (!parsed) return undefined;
  const kind = /^[^:/]+/.exec(parsed.resource)?.[0] ?? "";
  return TYPES[`${parsed.service}:${kind}`];
}

const TYPES: Readonly<Record<string, string>> = {
  "acm:certificate": "AWS::CertificateManager::Certificate",
  "ec2:instance": "AWS::EC2::Instance",
  "ec2:internet-gateway": "AWS::EC2::InternetGateway",
  "ec2:network-interface": "AWS::EC2::NetworkInterface",
  "ec2:route-table": "AWS::EC2::RouteTable",
  "ec2:security-group": "AWS::EC2::SecurityGroup",
  "ec2:subnet": "AWS::EC2::Subnet",
  "ec2:vpc": "AWS::EC2::VPC",
  "ecr:repository": "AWS::ECR::Repository",
  "ecs:capacity-provider": "AWS::ECS::CapacityProvider",
  "ecs:cluster": "AWS::ECS::Cluster",
  "ecs:container-instance": "AWS::ECS::ContainerInstance",
  "ecs:service": "AWS::ECS::Service",
  "ecs:task": "AWS::ECS::Task",
  "ecs:task-definition": "AWS::ECS::TaskDefinition",
  "elasticloadbalancing:listener": "AWS::ElasticLoadBalancingV2::Listener",
  "elasticloadbalancing:listener-rule": "AWS::ElasticLoadBalancingV2::ListenerRule",
  "elasticloadbalancing:loadbalancer": "AWS::ElasticLoadBalancingV2::LoadBalancer",
  "elasticloadbalancing:targetgroup": "AWS::ElasticLoadBalancingV2::TargetGroup",
  "iam:group": "AWS::IAM::Group",
  "iam:instance-profile": "AWS::IAM::InstanceProfile",
  "iam:oidc-provider": "AWS::IAM::OIDCProvider",
  "iam:policy": "AWS::IAM::Policy",
  "iam:role": "AWS::IAM::Role",
  "iam:server-certificate": "AWS::IAM::ServerCertificate",
  "iam:user": "AWS::IAM::User",
  "kms:alias": "AWS::KMS::Alias",
  "kms:key": "AWS::KMS::Key",
  "logs:log-group": "AWS::Logs::LogGroup",
  "route53:healthcheck": "AWS::Route53::HealthCheck",
  "route53:hostedzone": "AWS::Route53::HostedZone",
  "secretsmanager:secret": "AWS::SecretsManager::Secret",
  "servicediscovery:namespace": "AWS::ServiceDiscovery::Namespace",
  "servicediscovery:service": "AWS::ServiceDiscovery::Service",
  "ssm:parameter": "AWS::SSM::Parameter",
};
