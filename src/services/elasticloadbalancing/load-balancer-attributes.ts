import { loadBalancers } from "../../state/elb.ts";
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
import { findLoadBalancer } from "./find.ts";

/**
 * The attributes of an Application Load Balancer. The proxy refuses malformed requests whatever the desync mitigation says, keeps the Host header,
 * and speaks HTTP/2 only over TLS, so that these settings may have any value.
 * Source: Elastic Load Balancing API, `LoadBalancerAttribute`.
 */
const RULES: AttributeRules = {
  "access_logs.s3.enabled": fixedFlag("false"),
  "access_logs.s3.bucket": text(),
  "access_logs.s3.prefix": text(),
  "connection_logs.s3.enabled": fixedFlag("false"),
  "connection_logs.s3.bucket": text(),
  "connection_logs.s3.prefix": text(),
  "health_check_logs.s3.enabled": fixedFlag("false"),
  "health_check_logs.s3.bucket": text(),
  "health_check_logs.s3.prefix": text(),
  "idle_timeout.timeout_seconds": whole(60, 1, 4000),
  "client_keep_alive.seconds": whole(3600, 60, 604_800),
  "deletion_protection.enabled": flag("false"),
  "load_balancing.cross_zone.enabled": fixedFlag("true"),
  "ipv6.deny_all_igw_traffic": fixedFlag("false"),
  "routing.http2.enabled": flag("true"),
  "routing.http.drop_invalid_header_fields.enabled": flag("false"),
  "routing.http.xff_client_port.enabled": fixedFlag("false"),
  "routing.http.xff_header_processing.mode": oneOf("append", ["append", "preserve", "remove"], ["append"]),
  "routing.http.preserve_host_header.enabled": flag("false"),
  "routing.http.desync_mitigation_mode": oneOf("defensive", ["monitor", "defensive", "strictest"]),
  "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": flag("false"),
  "waf.fail_open.enabled": flag("false"),
  "zonal_shift.config.enabled": onlyInitial(flag("false")),
};

export function defaultLoadBalancerAttributes(): Readonly<Record<string, string>> {
  return initialAttributes(RULES);
}

export const describeLoadBalancerAttributes = operation("DescribeLoadBalancerAttributes", {
  authorize: () => permission("DescribeLoadBalancerAttributes"),
  run: ({ LoadBalancerArn }, context) => ({ Attributes: listAttributes(RULES, findLoadBalancer(LoadBalancerArn, context).attributes) }),
});

export const modifyLoadBalancerAttributes = operation("ModifyLoadBalancerAttributes", {
  authorize: ({ LoadBalancerArn }) => permission("ModifyLoadBalancerAttributes", LoadBalancerArn ?? "*"),
  run({ LoadBalancerArn, Attributes }, context) {
    const balancer = findLoadBalancer(LoadBalancerArn, context);
    const attributes = changeAttributes("Load balancer", RULES, balancer.attributes, Attributes);
    context.state.commit(() => context.state.table(loadBalancers).put({ ...balancer, attributes }));
    return { Attributes: listAttributes(RULES, attributes) };
  },
});
