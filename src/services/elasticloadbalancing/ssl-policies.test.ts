import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { SSL_POLICIES } from "../../domain/ssl-policies.ts";
import { apiWorld } from "../../testing/api-world.ts";

test("policies are described with what they let in, all of them or those that are named", async () => {
  await using api = await apiWorld();
  const client = api.client(elb.ElasticLoadBalancingV2Client);
  const describe = (input: elb.DescribeSSLPoliciesCommandInput) => client.send(new elb.DescribeSSLPoliciesCommand(input));

  const { SslPolicies: named } = await describe({ Names: ["ELBSecurityPolicy-TLS13-1-3-2021-06"], LoadBalancerType: "network" });
  expect(named).toEqual([
    {
      Name: "ELBSecurityPolicy-TLS13-1-3-2021-06",
      SslProtocols: ["TLSv1.3"],
      Ciphers: [
        { Name: "TLS_AES_128_GCM_SHA256", Priority: 1 },
        { Name: "TLS_AES_256_GCM_SHA384", Priority: 2 },
        { Name: "TLS_CHACHA20_POLY1305_SHA256", Priority: 3 },
      ],
      SupportedLoadBalancerTypes: ["application", "network"],
    },
  ]);

  const first = await describe({ PageSize: 30 });
  const second = await describe({ PageSize: 30, Marker: first.NextMarker });
  expect([...(first.SslPolicies ?? []), ...(second.SslPolicies ?? [])].map(({ Name }) => Name)).toEqual(
    SSL_POLICIES.map(({ name }) => name).toSorted(),
  );
  expect(second.NextMarker).toBeUndefined();

  await expect(describe({ Names: ["ELBSecurityPolicy-2016-08", "ELBSecurityPolicy-1999-01"] })).rejects.toMatchObject({
    name: "SSLPolicyNotFoundException",
    message: "SSL policy 'ELBSecurityPolicy-1999-01' not found",
  });
});
