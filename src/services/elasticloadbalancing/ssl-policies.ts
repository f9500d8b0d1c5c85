import { SSLPolicyNotFoundException } from "@aws-sdk/client-elastic-load-balancing-v2";
import { SSL_POLICIES, sslPolicy, type SslPolicy } from "../../domain/ssl-policies.ts";
import { because } from "../operation.ts";
import { invalid, operation, permission } from "./elb-operation.ts";
import { pageOf } from "./page.ts";

/** @throws SSLPolicyNotFoundException */
export function findSslPolicy(name: string): SslPolicy {
  const found = sslPolicy(name);
  if (!found) throw new SSLPolicyNotFoundException(because(`SSL policy '${name}' not found`));
  return found;
}

export const describeSSLPolicies = operation("DescribeSSLPolicies", {
  authorize: () => permission("DescribeSSLPolicies"),
  run(input, context) {
    const { Names, LoadBalancerType } = input;
    if (LoadBalancerType === "gateway") throw invalid("SSL policies are not supported for load balancers of type 'gateway'");
    const wanted = Names === undefined ? SSL_POLICIES : [...new Set(Names)].map(findSslPolicy);
    const { items, ...marker } = pageOf(wanted, ({ name }) => name, input, context);
    return {
      SslPolicies: items.map(({ name, protocols, ciphers }) => ({
        Name: name,
        SslProtocols: [...protocols],
        Ciphers: ciphers.map((cipher, at) => ({ Name: cipher, Priority: at + 1 })),
        SupportedLoadBalancerTypes: ["application", "network"],
      })),
      ...marker,
    };
  },
});
