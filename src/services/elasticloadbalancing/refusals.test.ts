import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { targets } from "../../state/elb.ts";
import { apiWorld } from "../../testing/api-world.ts";
import { stack, type Stack } from "../../testing/load-balancer-stack.ts";

const refusals: readonly (readonly [
  what: string,
  command: (world: Stack, client: ElasticLoadBalancingV2Client) => Promise<unknown>,
  name: string,
  message: string,
])[] = [
  [
    "a name with an underscore",
    ({ net }, client) => client.send(new elb.CreateLoadBalancerCommand({ Name: "a_b", Subnets: [...net.subnets] })),
    "ValidationError",
    "alphanumeric characters or hyphens(-)",
  ],
  [
    "anomalies, which nobody looks for",
    ({ group }, client) => client.send(new elb.DescribeTargetHealthCommand({ TargetGroupArn: group, Include: ["AnomalyDetection"] })),
    "InvalidConfigurationRequestException",
    "does not detect anomalies",
  ],
  [
    "a QUIC server",
    ({ group }, client) =>
      client.send(new elb.RegisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id: "10.0.0.1", QuicServerId: "0x01" }] })),
    "ValidationError",
    "A QUIC server ID cannot be specified for target groups with protocol 'HTTP'",
  ],
  [
    "a name that is too long",
    ({ net }, client) => client.send(new elb.CreateLoadBalancerCommand({ Name: "a".repeat(33), Subnets: [...net.subnets] })),
    "ValidationError",
    "cannot be longer than '32' characters",
  ],
  [
    "an unknown scheme",
    ({ net }, client) =>
      client.send(new elb.CreateLoadBalancerCommand({ Name: "x", Scheme: "public" as never, Subnets: [...net.subnets] })),
    "ValidationError",
    "Member must satisfy enum value set: [internet-facing, internal]",
  ],
  [
    "one subnet",
    ({ net }, client) => client.send(new elb.CreateLoadBalancerCommand({ Name: "x", Subnets: [net.subnets[0]] })),
    "ValidationError",
    "At least two subnets in two different Availability Zones must be specified",
  ],
  [
    "an unknown subnet",
    (_, client) => client.send(new elb.CreateLoadBalancerCommand({ Name: "x", Subnets: ["subnet-1", "subnet-2"] })),
    "SubnetNotFoundException",
    "The subnet ID 'subnet-1' does not exist",
  ],
  [
    "an unknown security group",
    ({ net }, client) => client.send(new elb.CreateLoadBalancerCommand({ Name: "x", Subnets: [...net.subnets], SecurityGroups: ["sg-1"] })),
    "InvalidConfigurationRequestException",
    "One or more security groups are invalid",
  ],
  [
    "a gateway load balancer",
    ({ net }, client) => client.send(new elb.CreateLoadBalancerCommand({ Name: "x", Type: "gateway", Subnets: [...net.subnets] })),
    "InvalidConfigurationRequestException",
    "load balancers of type 'gateway'",
  ],
  [
    "a fixed response with a zero byte",
    ({ listener }, client) =>
      client.send(
        new elb.ModifyListenerCommand({
          ListenerArn: listener,
          DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200", MessageBody: "\0" } }],
        }),
      ),
    "ValidationError",
    "contains a character that is not allowed",
  ],
  [
    "an unknown VPC",
    (_, client) => client.send(new elb.CreateTargetGroupCommand({ Name: "x", Protocol: "HTTP", Port: 80, VpcId: "vpc-1" })),
    "ValidationError",
    "The VPC ID 'vpc-1' is not found",
  ],
  [
    "no protocol",
    ({ net }, client) => client.send(new elb.CreateTargetGroupCommand({ Name: "x", Port: 80, VpcId: net.vpc })),
    "ValidationError",
    "A protocol must be specified",
  ],
  [
    "a timeout as long as the interval",
    ({ group }, client) => client.send(new elb.ModifyTargetGroupCommand({ TargetGroupArn: group, HealthCheckIntervalSeconds: 5 })),
    "ValidationError",
    "Health check interval must be greater than the timeout.",
  ],
  [
    "a timeout and an interval that do not fit",
    ({ group }, client) =>
      client.send(
        new elb.ModifyTargetGroupCommand({ TargetGroupArn: group, HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 10 }),
      ),
    "ValidationError",
    "Health check timeout '10' must be smaller than the interval '10'",
  ],
  [
    "a threshold of 1",
    ({ group }, client) => client.send(new elb.ModifyTargetGroupCommand({ TargetGroupArn: group, HealthyThresholdCount: 1 })),
    "ValidationError",
    "Value '1' at 'healthyThresholdCount' failed to satisfy constraint: Member must have value greater than or equal to 2",
  ],
  [
    "a matcher out of range",
    ({ group }, client) => client.send(new elb.ModifyTargetGroupCommand({ TargetGroupArn: group, Matcher: { HttpCode: "500" } })),
    "ValidationError",
    "must be within '200-499' inclusive",
  ],
  [
    "a path that is none",
    ({ group }, client) => client.send(new elb.ModifyTargetGroupCommand({ TargetGroupArn: group, HealthCheckPath: "health" })),
    "ValidationError",
    "must begin with '/'",
  ],
  [
    "an HTTPS listener with a certificate of nobody",
    ({ balancer, group }, client) =>
      client.send(
        new elb.CreateListenerCommand({
          LoadBalancerArn: balancer,
          Protocol: "HTTPS",
          Port: 443,
          Certificates: [{ CertificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/x" }],
          DefaultActions: [{ Type: "forward", TargetGroupArn: group }],
        }),
      ),
    "CertificateNotFoundException",
    "Certificate 'arn:aws:acm:us-east-1:123456789012:certificate/x' not found",
  ],
  [
    "a TCP listener",
    ({ balancer, group }, client) =>
      client.send(
        new elb.CreateListenerCommand({
          LoadBalancerArn: balancer,
          Protocol: "TCP",
          Port: 81,
          DefaultActions: [{ Type: "forward", TargetGroupArn: group }],
        }),
      ),
    "ValidationError",
    "Listener protocol 'TCP' must be one of 'HTTP, HTTPS'",
  ],
  [
    "a listener without a port",
    ({ balancer, group }, client) =>
      client.send(
        new elb.CreateListenerCommand({
          LoadBalancerArn: balancer,
          Protocol: "HTTP",
          DefaultActions: [{ Type: "forward", TargetGroupArn: group }],
        }),
      ),
    "ValidationError",
    "A listener port must be specified",
  ],
  [
    "a target group that is not there",
    ({ balancer, group }, client) =>
      client.send(
        new elb.CreateListenerCommand({
          LoadBalancerArn: balancer,
          Protocol: "HTTP",
          Port: 81,
          DefaultActions: [{ Type: "forward", TargetGroupArn: `${group.slice(0, -4)}0000` }],
        }),
      ),
    "TargetGroupNotFoundException",
    "not found",
  ],
  [
    "a load balancer that is not there",
    ({ balancer }, client) => client.send(new elb.DescribeListenersCommand({ LoadBalancerArn: `${balancer.slice(0, -4)}0000` })),
    "LoadBalancerNotFoundException",
    "not found",
  ],
  [
    "an ARN that is none",
    (_, client) => client.send(new elb.DescribeTargetHealthCommand({ TargetGroupArn: "nope" })),
    "ValidationError",
    "'nope' is not a valid target group ARN",
  ],
  [
    "a name as a target",
    ({ group }, client) => client.send(new elb.RegisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id: "web" }] })),
    "ValidationError",
    "The IP address 'web' is not a valid IPv4 address",
  ],
  [
    "an address outside of the VPC",
    ({ group }, client) => client.send(new elb.RegisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id: "10.1.2.3" }] })),
    "ValidationError",
    "The Availability Zone is required for IP address '10.1.2.3' because it is not in the VPC",
  ],
  ...(
    [
      ["loopback", "127.0.0.1", "InvalidTargetException", "is not within the VPC"],
      ["link-local", "169.254.170.2", "InvalidTargetException", "is not within the VPC"],
      ["this host to a socket", "0.0.0.0", "InvalidTargetException", "is not within the VPC"],
      ["the VPC's router", "172.31.0.1", "InvalidTargetException", "is not within the VPC"],
      ["multicast", "224.0.0.1", "InvalidTargetException", "is not within the VPC"],
      ["a public address", "8.8.8.8", "ValidationError", "is not within the VPC and is publicly routable"],
      ["IPv6", "::1", "ValidationError", "is not a valid IPv4 address"],
      ["IPv4 in IPv6", "::ffff:10.1.2.3", "ValidationError", "is not a valid IPv4 address"],
      ["octal", "0177.0.0.1", "ValidationError", "is not a valid IPv4 address"],
      ["a short form", "127.1", "ValidationError", "is not a valid IPv4 address"],
    ] as const
  ).map(
    ([what, Id, name, message]) =>
      [
        `${what} as a target`,
        ({ group }: Stack, client: ElasticLoadBalancingV2Client) =>
          client.send(new elb.RegisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id, AvailabilityZone: "all" }] })),
        name,
        message,
      ] as const,
  ),
  [
    "one bad target among good ones",
    ({ group, net }, client) =>
      client.send(new elb.RegisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id: net.addressInVpc }, { Id: "127.0.0.1" }] })),
    "InvalidTargetException",
    "The IP address '127.0.0.1'",
  ],
  [
    "names and ARNs at once",
    ({ group }, client) => client.send(new elb.DescribeTargetGroupsCommand({ Names: ["web-tg"], TargetGroupArns: [group] })),
    "ValidationError",
    "cannot be specified at the same time",
  ],
  [
    "a marker that we did not make",
    (_, client) => client.send(new elb.DescribeTargetGroupsCommand({ Marker: "x" })),
    "ValidationError",
    "The marker 'x' is not valid",
  ],
  [
    "a tag twice",
    ({ group }, client) => client.send(new elb.AddTagsCommand({ ResourceArns: [group], Tags: [{ Key: "a" }, { Key: "a" }] })),
    "DuplicateTagKeysException",
    "Tag key was specified more than once: a",
  ],
];

test("requests that AWS refuses are refused in its words", async () => {
  await using api = await apiWorld();
  const world = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  for (const [what, command, name, message] of refusals) {
    const refusal: unknown = await command(world, client).then(
      () => "it was let in",
      (cause: unknown) => cause,
    );
    expect({ what, refusal }).toMatchObject({ what, refusal: { name, message: expect.stringContaining(message) } });
  }
  const { stderr } = await api.aws("elbv2", "describe-target-health", "--target-group-arn", "nope");
  expect(stderr).toContain(
    "An error occurred (ValidationError) when calling the DescribeTargetHealth operation: 'nope' is not a valid target group ARN",
  );
  expect(api.state.table(targets).size).toBe(0);
  expect(api.defects).toEqual([]);
});
