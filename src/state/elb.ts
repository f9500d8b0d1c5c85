import { scopeKey } from "../domain/scope.ts";
import type { Action, RuleCondition, RuleTransform, Tag } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { TargetHealth } from "../domain/target-health.ts";
import { signingKeysOf } from "./elb-signing-keys.ts";
import { accountOfArn, defineTable, ofAccount } from "./table.ts";

// Times are milliseconds since the Unix epoch.

export interface LoadBalancerRecord {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly type: "application" | "network";
  readonly scheme: "internet-facing" | "internal";
  /** Resolves on this host and inside tasks. */
  readonly dnsName: string;
  readonly canonicalHostedZoneId: string;
  readonly vpcId: string;
  readonly ipAddressType: "ipv4" | "dualstack";
  readonly availabilityZones: readonly { readonly zoneName: string; readonly subnetId: string }[];
  readonly securityGroups: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  /** `failed` where the proxy could not take it up; the reason says why. */
  readonly state: { readonly code: "provisioning" | "active" | "active_impaired" | "failed"; readonly reason?: string };
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

export const loadBalancers = defineTable<LoadBalancerRecord>()("elb.load-balancers", (balancer) => balancer.arn, ofAccount, {
  scope: scopeKey,
  dnsName: ({ dnsName }) => dnsName.toLowerCase(),
  securityGroup: ({ securityGroups }) => securityGroups,
});

export interface ListenerRecord {
  readonly arn: string;
  readonly loadBalancerArn: string;
  readonly account: string;
  readonly region: string;
  readonly protocol: "HTTP" | "HTTPS" | "TCP" | "TLS" | "UDP" | "TCP_UDP";
  readonly port: number;
  /** The port that is really bound: `port` unless that could not be had. */
  readonly boundPort?: number;
  /** Of two listeners on one port, the one with the lower number took it first. Given when the change feed tells of the listener, kept from then on. */
  readonly turn?: number;
  readonly defaultActions: readonly Action[];
  readonly certificates: readonly { readonly certificateArn: string; readonly isDefault: boolean }[];
  readonly sslPolicy?: string;
  /** Of TLS listeners. */
  readonly alpnPolicy?: string;
  /** Of HTTPS listeners; off where absent. */
  readonly mutualAuthentication?: MutualAuthentication;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

/** What a listener asks of the certificates of its clients. */
export type MutualAuthentication =
  | { readonly mode: "off" }
  | { readonly mode: "passthrough" }
  | {
      readonly mode: "verify";
      readonly trustStoreArn: string;
      readonly ignoreClientCertificateExpiry: boolean;
      readonly advertiseTrustStoreCaNames: boolean;
    };

export const listeners = defineTable<ListenerRecord>()("elb.listeners", (listener) => listener.arn, ofAccount, {
  loadBalancer: (listener) => listener.loadBalancerArn,
  targetGroup: (listener) => targetGroupsOf(listener.defaultActions),
  certificate: (listener) => listener.certificates.map(({ certificateArn }) => certificateArn),
  trustStore: ({ mutualAuthentication }) => (mutualAuthentication?.mode === "verify" ? mutualAuthentication.trustStoreArn : undefined),
  /** Whose keys tell good tokens. */
  signingKeys: ({ account, defaultActions }) => signingKeysOf(account, defaultActions),
});

/** Whether a listener ends TLS. */
export function isEncrypted({ protocol }: Pick<ListenerRecord, "protocol">): boolean {
  return protocol === "HTTPS" || protocol === "TLS";
}

/** A rule of a listener besides its default one, which is in the listener's own record. */
export interface RuleRecord {
  readonly arn: string;
  readonly listenerArn: string;
  readonly loadBalancerArn: string;
  readonly account: string;
  readonly region: string;
  /** Unique within the listener; lower ones are tried first. */
  readonly priority: number;
  /** As AWS describes them, all of which have to hold. */
  readonly conditions: readonly RuleCondition[];
  readonly actions: readonly Action[];
  /** What becomes of a request before it is forwarded; absent where nothing does. */
  readonly transforms?: readonly RuleTransform[];
  readonly tags: readonly Tag[];
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

export const rules = defineTable<RuleRecord>()("elb.rules", (rule) => rule.arn, ofAccount, {
  listener: (rule) => rule.listenerArn,
  loadBalancer: (rule) => rule.loadBalancerArn,
  targetGroup: (rule) => targetGroupsOf(rule.actions),
  signingKeys: ({ account, actions }) => signingKeysOf(account, actions),
});

/** The target groups that actions forward to, each once. */
export function targetGroupsOf(actions: readonly Action[]): readonly string[] {
  const arns = actions.flatMap(({ TargetGroupArn, ForwardConfig }) => [
    TargetGroupArn,
    ...(ForwardConfig?.TargetGroups ?? []).map((group) => group.TargetGroupArn),
  ]);
  return [...new Set(arns.filter((arn) => arn !== undefined))];
}

export interface HealthCheckSettings {
  readonly enabled: boolean;
  readonly protocol: "HTTP" | "HTTPS" | "TCP";
  /** `traffic-port` or a number. */
  readonly port: string;
  readonly path?: string;
  /** Seconds. */
  readonly interval: number;
  readonly timeout: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** HTTP codes: `200`, `200,202`, `200-299`. */
  readonly matcher?: string;
  /** gRPC codes, written alike: `12`, `0-5`. */
  readonly grpcMatcher?: string;
}

export interface TargetGroupRecord {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly targetType: "instance" | "ip" | "lambda" | "alb";
  readonly protocol?: "HTTP" | "HTTPS" | "TCP" | "TLS" | "UDP" | "TCP_UDP";
  readonly protocolVersion?: string;
  readonly port?: number;
  readonly vpcId?: string;
  readonly ipAddressType: "ipv4" | "ipv6";
  readonly healthCheck: HealthCheckSettings;
  /** Such as `deregistration_delay.timeout_seconds`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

export const targetGroups = defineTable<TargetGroupRecord>()("elb.target-groups", (group) => group.arn, ofAccount, {
  scope: scopeKey,
});

/** A target in a target group; it stays, draining, until its deregistration delay is over. */
export interface TargetRecord {
  readonly targetGroupArn: string;
  /** An address, an instance id or the ARN of a load balancer, as registered. */
  readonly id: string;
  readonly port: number;
  readonly availabilityZone?: string;
  /** Where this host reaches it; equal to `id` and `port` unless ports are published. */
  readonly address: string;
  readonly addressPort: number;
  readonly health: TargetHealth;
  readonly registeredAt: number;
  /** Set while it drains: when the deregistration delay ends. */
  readonly drainingUntil?: number;
}

export function targetKey(targetGroupArn: string, id: string, port: number): string {
  return `${targetGroupArn}|${id}|${port}`;
}

/** Names a group's targets of one zone, or those that are in none and there for all. */
export function zoneOfTargets(targetGroupArn: string, zone = "all"): string {
  return `${targetGroupArn}|${zone}`;
}

export const targets = defineTable<TargetRecord>()(
  "elb.targets",
  (target) => targetKey(target.targetGroupArn, target.id, target.port),
  ({ targetGroupArn }) => accountOfArn(targetGroupArn),
  {
    targetGroup: (target) => target.targetGroupArn,
    healthy: ({ targetGroupArn, health }) => (health.state === "healthy" ? targetGroupArn : undefined),
    healthyIn: ({ targetGroupArn, health, availabilityZone }) =>
      health.state === "healthy" ? zoneOfTargets(targetGroupArn, availabilityZone) : undefined,
    loadBalancer: ({ id }) => (id.startsWith("arn:") ? id : undefined),
    draining: ({ drainingUntil }) => (drainingUntil === undefined ? undefined : "draining"),
  },
);
