import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ListenerRecord, LoadBalancerRecord, TargetGroupRecord } from "../state/elb.ts";

/** The account that has the records below. */
export const BALANCER_SCOPE = { account: "123456789012", region: "us-east-1" } as const;

/** @param path such as `targetgroup/web` */
export function balancerArn(path: string): string {
  return `arn:aws:elasticloadbalancing:us-east-1:123456789012:${path}/0123456789abcdef`;
}

export const FIXED: Action = { Type: "fixed-response", FixedResponseConfig: { StatusCode: "404" } };

const balancer: LoadBalancerRecord = {
  ...BALANCER_SCOPE,
  arn: balancerArn("loadbalancer/app/web"),
  name: "web",
  type: "application",
  scheme: "internet-facing",
  dnsName: "web-1.us-east-1.elb.localhost",
  canonicalHostedZoneId: "Z",
  vpcId: "vpc-1",
  ipAddressType: "ipv4",
  availabilityZones: [],
  securityGroups: [],
  attributes: {},
  state: { code: "provisioning" },
  tags: [],
  createdAt: 1,
};

/** An Application Load Balancer as it is by default. */
export function balancerRecord(changes: Partial<LoadBalancerRecord> = {}): LoadBalancerRecord {
  return { ...balancer, ...changes };
}

const listener: ListenerRecord = {
  ...BALANCER_SCOPE,
  arn: `${balancerArn("listener/app/web")}/0123456789abcdef`,
  loadBalancerArn: balancer.arn,
  protocol: "HTTP",
  port: 80,
  defaultActions: [FIXED],
  certificates: [],
  attributes: {},
  tags: [],
  createdAt: 1,
};

/** Its listener, which has no port yet. @param changes may take members away, too */
export function listenerRecord(
  changes: { readonly [name in keyof ListenerRecord]?: ListenerRecord[name] | undefined } = {},
): ListenerRecord {
  return { ...listener, ...(changes as Partial<ListenerRecord>) };
}

const group: TargetGroupRecord = {
  ...BALANCER_SCOPE,
  arn: balancerArn("targetgroup/web"),
  name: "web",
  targetType: "ip",
  protocol: "HTTP",
  ipAddressType: "ipv4",
  healthCheck: {
    enabled: true,
    protocol: "HTTP",
    port: "traffic-port",
    interval: 5,
    timeout: 2,
    healthyThreshold: 3,
    unhealthyThreshold: 4,
  },
  attributes: {},
  tags: [],
  createdAt: 1,
};

export function groupRecord(
  changes: Partial<TargetGroupRecord> = {},
  healthCheck: Partial<TargetGroupRecord["healthCheck"]> = {},
): TargetGroupRecord {
  return { ...group, ...changes, healthCheck: { ...group.healthCheck, ...healthCheck } };
}
