import { loadBalancers, type LoadBalancerRecord } from "../../state/elb.ts";
import {
  changeAttributes,
  fixedFlag,
  flag,
  initialAttributes,
  listAttributes,
  oneOf,
  onlyInitial,
  text,
  whole,
  type AttributeRules,
} from "./attributes.ts";
import { operation, permission } from "./elb-operation.ts";
import { checkLogs } from "./log-attributes.ts";
import { findLoadBalancer } from "./find.ts";

/**
 * The attributes of an Application Load Balancer. The proxy refuses malformed requests whatever the desync mitigation says: `monitor` is as `defensive`.
 * Source: Elastic Load Balancing API, `LoadBalancerAttribute`.
 */
const APPLICATION: AttributeRules = {
  "access_logs.s3.enabled": flag("false"),
  "access_logs.s3.bucket": text(),
  "access_logs.s3.prefix": text(),
  "connection_logs.s3.enabled": flag("false"),
  "connection_logs.s3.bucket": text(),
  "connection_logs.s3.prefix": text(),
  "health_check_logs.s3.enabled": fixedFlag("false"),
  "health_check_logs.s3.bucket": text(),
  "health_check_logs.s3.prefix": text(),
  "idle_timeout.timeout_seconds": whole(60, 1, 4000),
  "client_keep_alive.seconds": whole(3600, 60, 604_800),
  "deletion_protection.enabled": flag("false"),
  "load_balancing.cross_zone.enabled": fixedFlag("true"),
  "routing.http2.enabled": flag("true"),
  "routing.http.drop_invalid_header_fields.enabled": flag("false"),
  "routing.http.xff_client_port.enabled": flag("false"),
  "routing.http.xff_header_processing.mode": oneOf("append", ["append", "preserve", "remove"]),
  "routing.http.preserve_host_header.enabled": flag("false"),
  "routing.http.desync_mitigation_mode": oneOf("defensive", ["monitor", "defensive", "strictest"]),
  "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": flag("false"),
  "waf.fail_open.enabled": flag("false"),
  "zonal_shift.config.enabled": onlyInitial(flag("false")),
};

/** The attributes of a Network Load Balancer. */
const NETWORK: AttributeRules = {
  "access_logs.s3.enabled": flag("false"),
  "access_logs.s3.bucket": text(),
  "access_logs.s3.prefix": text(),
  "deletion_protection.enabled": flag("false"),
  "load_balancing.cross_zone.enabled": flag("false"),
  "dns_record.client_routing_policy": oneOf("any_availability_zone", [
    "any_availability_zone",
    "availability_zone_affinity",
    "partial_availability_zone_affinity",
  ]),
  "secondary_ips.auto_assigned.per_subnet": onlyInitial(whole(0, 0, 7)),
  "zonal_shift.config.enabled": onlyInitial(flag("false")),
};

type Kind = Pick<LoadBalancerRecord, "type" | "scheme">;

/** No load balancer here has an IPv6 address that an internet gateway could lead to. */
function rulesFor({ type, scheme }: Kind): AttributeRules {
  const fromInternet: AttributeRules = { "ipv6.deny_all_igw_traffic": fixedFlag(scheme === "internal" ? "true" : "false") };
  return { ...(type === "network" ? NETWORK : APPLICATION), ...fromInternet };
}

export function defaultLoadBalancerAttributes(kind: Kind): Readonly<Record<string, string>> {
  return initialAttributes(rulesFor(kind));
}

export const describeLoadBalancerAttributes = operation("DescribeLoadBalancerAttributes", {
  authorize: () => permission("DescribeLoadBalancerAttributes"),
  run({ LoadBalancerArn }, context) {
    const balancer = findLoadBalancer(LoadBalancerArn, context);
    return { Attributes: listAttributes(rulesFor(balancer), balancer.attributes) };
  },
});

export const modifyLoadBalancerAttributes = operation("ModifyLoadBalancerAttributes", {
  authorize: ({ LoadBalancerArn }) => permission("ModifyLoadBalancerAttributes", LoadBalancerArn ?? "*"),
  async run({ LoadBalancerArn, Attributes }, context) {
    const found = findLoadBalancer(LoadBalancerArn, context);
    const changed = (of: LoadBalancerRecord) => changeAttributes("Load balancer", rulesFor(of), of.attributes, Attributes);
    await checkLogs(found, changed(found), context);
    // Others may have changed it meanwhile.
    const balancer = findLoadBalancer(LoadBalancerArn, context);
    const attributes = changed(balancer);
    context.state.commit(() => context.state.table(loadBalancers).put({ ...balancer, attributes }));
    return { Attributes: listAttributes(rulesFor(balancer), attributes) };
  },
});
