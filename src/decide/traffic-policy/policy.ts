import type { RecordType } from "../../domain/dns/record-type.ts";

/** Where a policy, or a branch of a rule, leads. */
export interface PolicyTarget {
  readonly kind: "endpoint" | "rule";
  /** As the document calls it. */
  readonly id: string;
}

/** `value`, or a kind of AWS's resources. */
export interface PolicyEndpoint {
  readonly type: (typeof ENDPOINT_TYPES)[number];
  readonly value: string;
}

export const ENDPOINT_TYPES = [
  "value",
  "cloudfront",
  "application-load-balancer",
  "elastic-load-balancer",
  "network-load-balancer",
  "elastic-beanstalk",
  "s3-website",
] as const;

export interface PolicyBranch {
  readonly target: PolicyTarget;
  readonly evaluateTargetHealth: boolean;
  readonly healthCheckId?: string;
  /** What its rule chooses it by: the members of a record set. */
  readonly by: {
    readonly failover?: "PRIMARY" | "SECONDARY";
    readonly weight?: number;
    readonly region?: string;
    readonly geoLocation?: { readonly ContinentCode?: string; readonly CountryCode?: string; readonly SubdivisionCode?: string };
    readonly multiValueAnswer?: true;
  };
}

export interface PolicyRule {
  readonly type: (typeof RULE_TYPES)[number];
  /** None of a geoproximity rule, which is read no further. */
  readonly branches: readonly PolicyBranch[];
}

export const RULE_TYPES = ["failover", "geo", "geoproximity", "latency", "multivalue", "weighted"] as const;

/** A traffic policy: whatever its rules and endpoints refer to is there, and no rule leads back to itself. */
export interface TrafficPolicy {
  readonly recordType: RecordType;
  readonly start: PolicyTarget;
  readonly endpoints: ReadonlyMap<string, PolicyEndpoint>;
  readonly rules: ReadonlyMap<string, PolicyRule>;
}
