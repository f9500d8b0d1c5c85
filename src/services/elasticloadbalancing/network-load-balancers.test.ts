import {
  CreateSecurityGroupCommand,
  EC2Client,
  DescribeNetworkInterfacesCommand,
  DescribeSubnetsCommand,
  type DescribeNetworkInterfacesCommandInput,
} from "@aws-sdk/client-ec2";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, test } from "vitest";
import { listeners } from "../../state/elb.ts";
import { apiWorld } from "../../testing/api-world.ts";
import { network } from "../../testing/load-balancer-stack.ts";

async function world(options: Parameters<typeof apiWorld>[0] = {}) {
  const api = await apiWorld(options);
  const net = network(api);
  const client = api.client(elb.ElasticLoadBalancingV2Client);
  const ec2 = api.client(EC2Client);
  const create = async (input: Partial<elb.CreateLoadBalancerCommandInput> = {}) => {
    const { LoadBalancers } = await client.send(
      new elb.CreateLoadBalancerCommand({ Name: "db", Type: "network", Subnets: [net.subnets[0]], ...input }),
    );
    return { arn: LoadBalancers?.[0]?.LoadBalancerArn ?? "", ...LoadBalancers?.[0] };
  };
  const group = async (input: Partial<elb.CreateTargetGroupCommandInput> = {}): Promise<string> => {
    const settings = { Name: "db-tg", Protocol: "TCP", Port: 5432, VpcId: net.vpc, TargetType: "ip", ...input } as const;
    const { TargetGroups } = await client.send(new elb.CreateTargetGroupCommand(settings));
    return TargetGroups?.[0]?.TargetGroupArn ?? "";
  };
  const listen = (LoadBalancerArn: string, TargetGroupArn: string, input: Partial<elb.CreateListenerCommandInput> = {}) =>
    client.send(
      new elb.CreateListenerCommand({
        LoadBalancerArn,
        Protocol: "TCP",
        Port: 5432,
        DefaultActions: [{ Type: "forward", TargetGroupArn }],
        ...input,
      }),
    );
  // Others have interfaces there, too.
  const interfaces = async (
    input: DescribeNetworkInterfacesCommandInput = { Filters: [{ Name: "requester-id", Values: ["amazon-elb"] }] },
  ) => (await ec2.send(new DescribeNetworkInterfacesCommand(input))).NetworkInterfaces ?? [];
  const free = async (subnet: string): Promise<number | undefined> =>
    (await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnet] }))).Subnets?.[0]?.AvailableIpAddressCount;
  return { api, net, client, create, group, listen, interfaces, free, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

describe("addresses", () => {
  test("a load balancer has an interface in each of its subnets, which EC2 shows and counts", async () => {
    await using at = await world();
    const [first, second] = at.net.subnets;
    const before = await at.free(first);
    const { arn, SecurityGroups } = await at.create({ Name: "web", Type: "application", Subnets: [first, second] });
    const description = `ELB ${arn.split(":loadbalancer/")[1]}`;
    const found = await at.interfaces({ Filters: [{ Name: "description", Values: [description] }] });
    expect(new Set(found.map(({ SubnetId }) => SubnetId))).toEqual(new Set([first, second]));
    expect(await at.interfaces({ Filters: [{ Name: "requester-id", Values: ["amazon-elb"] }] })).toEqual(found);
    const address = found[0]?.PrivateIpAddress;
    expect(found[0]).toMatchObject({
      NetworkInterfaceId: expect.stringMatching(/^eni-[0-9a-f]{17}$/),
      Description: description,
      InterfaceType: "interface",
      RequesterId: "amazon-elb",
      RequesterManaged: true,
      Status: "in-use",
      PrivateIpAddress: expect.stringMatching(/^172\.31\./),
      Attachment: {
        AttachmentId: expect.stringMatching(/^ela-attach-/),
        InstanceOwnerId: "amazon-elb",
        Status: "attached",
        DeviceIndex: 1,
      },
      Groups: [{ GroupId: SecurityGroups?.[0], GroupName: "default" }],
      Association: { IpOwnerId: "amazon-elb", PublicIp: address },
      MacAddress: expect.stringMatching(/^02:42:ac:1f:/),
      PrivateDnsName: `ip-${address?.replaceAll(".", "-")}.ec2.internal`,
      VpcId: at.net.vpc,
    });
    expect(await at.free(first)).toBe((before ?? 0) - 1);
    await at.client.send(new elb.DeleteLoadBalancerCommand({ LoadBalancerArn: arn }));
    expect(await at.interfaces()).toEqual([]);
    expect(await at.free(first)).toBe(before);
  });

  test("SetSubnets keeps the addresses of subnets that stay", async () => {
    await using at = await world();
    const { arn } = await at.create();
    const [kept] = await at.interfaces();
    await at.client.send(new elb.SetSubnetsCommand({ LoadBalancerArn: arn, Subnets: [...at.net.subnets] }));
    expect(await at.interfaces()).toHaveLength(2);
    expect(await at.interfaces()).toContainEqual(kept);
    const { AvailabilityZones } = await at.client.send(new elb.SetSubnetsCommand({ LoadBalancerArn: arn, Subnets: [at.net.subnets[0]] }));
    expect(AvailabilityZones).toHaveLength(1);
    await at.client.send(new elb.DeleteLoadBalancerCommand({ LoadBalancerArn: arn }));
    expect(await at.interfaces()).toEqual([]);
  });

  test("an internal network load balancer may choose its addresses, which it then tells", async () => {
    await using at = await world();
    const chosen = {
      Subnets: undefined,
      Scheme: "internal",
      SubnetMappings: [{ SubnetId: at.net.subnets[0], PrivateIPv4Address: "172.31.0.77" }],
    } as const;
    const made = await at.create(chosen as never);
    expect(made).toMatchObject({ DNSName: expect.stringMatching(/^db-[0-9a-f]{16}\./), Scheme: "internal", Type: "network" });
    expect(made.AvailabilityZones?.[0]?.LoadBalancerAddresses).toEqual([{ PrivateIPv4Address: "172.31.0.77" }]);
    expect(made).not.toHaveProperty("SecurityGroups");
    const [shown] = await at.interfaces();
    expect(shown).toMatchObject({ PrivateIpAddress: "172.31.0.77", InterfaceType: "network_load_balancer", Groups: [] });
    expect(shown).not.toHaveProperty("Association");
    expect((await at.create(chosen as never)).arn).toBe(made.arn);
    await expect(at.create({ Scheme: "internal" })).rejects.toThrow("exists, but with different settings");
    await expect(at.create({ ...chosen, Name: "two" } as never)).rejects.toThrow("'172.31.0.77' is already in use");
  });

  test.each([
    ["an address of an internet-facing one", { PrivateIPv4Address: "172.31.0.9" }, {}, "for internal load balancers only"],
    ["an address of elsewhere", { PrivateIPv4Address: "172.31.99.9" }, { Scheme: "internal" }, "is not within the IPv4 address range"],
    ["no address", { PrivateIPv4Address: "172.31.0" }, { Scheme: "internal" }, "is not within the IPv4 address range"],
    ["a reserved address", { PrivateIPv4Address: "172.31.0.3" }, { Scheme: "internal" }, "is reserved in the subnet"],
    ["the broadcast address", { PrivateIPv4Address: "172.31.15.255" }, { Scheme: "internal" }, "is reserved in the subnet"],
    ["an Elastic IP address that is none", { AllocationId: "eipalloc-0123" }, {}, "The allocation ID 'eipalloc-0123' does not exist"],
    ["an Elastic IP address inside", { AllocationId: "eipalloc-0123" }, { Scheme: "internal" }, "cannot be specified for internal"],
    ["an IPv6 address", { IPv6Address: "fd00::1" }, {}, "IPv6 addresses of load balancers"],
    [
      "addresses of an application load balancer",
      { PrivateIPv4Address: "172.31.0.9" },
      { Type: "application" },
      "You cannot specify addresses",
    ],
  ])("%s is refused", async (_what, mapping, input, message) => {
    await using at = await world();
    const asked = { Subnets: undefined, SubnetMappings: [{ SubnetId: at.net.subnets[0], ...mapping }], ...input };
    await expect(at.create(asked as never)).rejects.toThrow(message);
    expect(await at.interfaces()).toEqual([]);
  });

  test("an Elastic IP address is refused by name, and another account's is none", async () => {
    await using at = await world();
    const { elasticAddresses } = await import("../../state/ec2-gateways.ts");
    const AllocationId = "eipalloc-1";
    const asked = { Subnets: undefined, SubnetMappings: [{ SubnetId: at.net.subnets[0], AllocationId }] };
    const put = (account: string) =>
      at.api.state.commit(() =>
        at.api.state
          .table(elasticAddresses)
          .put({ account, region: "us-east-1", allocationId: AllocationId, publicIp: "127.130.0.1", tags: [] }),
      );
    put("210987654321");
    await expect(at.create(asked as never)).rejects.toThrow("The allocation ID 'eipalloc-1' does not exist");
    put("123456789012");
    await expect(at.create(asked as never)).rejects.toThrow("Airfield does not support Elastic IP addresses of load balancers yet");
  });

  test("one that faces the internet needs the VPC's gateway to it", async () => {
    await using at = await world();
    const { internetGateways } = await import("../../state/ec2-gateways.ts");
    const { state } = at.api;
    state.commit(() => {
      for (const { id } of state.table(internetGateways).values()) state.table(internetGateways).delete(id);
    });
    await expect(at.create({})).rejects.toMatchObject({
      name: "InvalidSubnetException",
      message: expect.stringMatching(/^VPC vpc-[0-9a-f]{17} has no internet gateway$/) as string,
    });
    await at.create({ Scheme: "internal" });
  });

  test("a subnet with fewer than eight free addresses is refused in AWS's words", async () => {
    await using at = await world();
    const { networkInterfaces } = await import("../../state/network-interfaces.ts");
    const { subnets } = await import("../../state/ec2.ts");
    // The endpoints of the default VPC are in the first subnet.
    const id = at.net.subnets[1];
    const subnet = at.api.state.table(subnets).get(id);
    at.api.state.commit(() => at.api.state.table(subnets).put({ ...subnet!, cidrBlock: "172.31.16.0/28" }));
    for (const name of ["a", "b", "c", "d"]) await at.create({ Name: name, Subnets: [id] });
    expect(at.api.state.table(networkInterfaces).count("subnet", id)).toBe(4);
    await expect(at.create({ Name: "e", Subnets: [id] })).rejects.toMatchObject({
      name: "InvalidSubnetException",
      message: `Not enough IP space available in ${id}. ELB requires at least 8 free IP addresses in each subnet.`,
    });
  });
});

describe("network load balancers", () => {
  test("a TCP listener forwards to a TCP group; its attributes are its own", async () => {
    await using at = await world();
    const { arn, CanonicalHostedZoneId } = await at.create();
    expect(CanonicalHostedZoneId).toBe("Z26RNL4JYFTOTI");
    const group = await at.group();
    const { Listeners } = await at.listen(arn, group);
    const listener = Listeners?.[0]?.ListenerArn ?? "";
    expect(listener).toContain(":listener/net/db/");
    expect(Listeners).toMatchObject([{ Port: 5432, Protocol: "TCP", DefaultActions: [{ Type: "forward", TargetGroupArn: group }] }]);
    const attributes = await at.client.send(
      new elb.ModifyListenerAttributesCommand({ ListenerArn: listener, Attributes: [{ Key: "tcp.idle_timeout.seconds", Value: "60" }] }),
    );
    expect(attributes.Attributes).toEqual([{ Key: "tcp.idle_timeout.seconds", Value: "60" }]);
    const ofBalancer = await at.client.send(new elb.DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: arn }));
    expect(ofBalancer.Attributes).toContainEqual({ Key: "load_balancing.cross_zone.enabled", Value: "false" });
    const { TargetGroups } = await at.client.send(new elb.DescribeTargetGroupsCommand({ LoadBalancerArn: arn }));
    expect(TargetGroups).toMatchObject([{ Protocol: "TCP", HealthCheckProtocol: "TCP", LoadBalancerArns: [arn] }]);
  });

  test("security groups are given at the beginning or never", async () => {
    await using at = await world();
    const { securityGroup } = (await import("../../state/default-vpc.ts")).defaultNetwork(
      at.api.state,
      (await import("../../drivers/system/ids.ts")).systemIds,
      { account: "123456789012", region: "us-east-1" },
      1,
    );
    const plain = await at.create();
    const set = (LoadBalancerArn: string) =>
      at.client.send(new elb.SetSecurityGroupsCommand({ LoadBalancerArn, SecurityGroups: [securityGroup.id] }));
    await expect(set(plain.arn)).rejects.toThrow("created without security groups");
    const guarded = await at.create({ Name: "guarded", SecurityGroups: [securityGroup.id] });
    expect(guarded).toMatchObject({ SecurityGroups: [securityGroup.id], EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: "on" });
    expect(await set(guarded.arn)).toMatchObject({ SecurityGroupIds: [securityGroup.id] });
  });

  type At = Awaited<ReturnType<typeof world>>;
  test.each<[string, (at: At, arn: string, group: string) => Promise<unknown>, string, string]>([
    [
      "UDP",
      (at, arn, group) => at.listen(arn, group, { Protocol: "UDP" }),
      "UnsupportedProtocolException",
      "carries connections, and no datagrams",
    ],
    ["HTTP", (at, arn, group) => at.listen(arn, group, { Protocol: "HTTP" }), "ValidationError", "must be one of 'TCP, TLS, UDP"],
    [
      "a redirect",
      (at, arn, group) => at.listen(arn, group, { DefaultActions: [{ Type: "redirect", RedirectConfig: { StatusCode: "HTTP_301" } }] }),
      "InvalidLoadBalancerActionException",
      "only 'forward' is",
    ],
    [
      "a group for requests",
      async (at, arn) => at.listen(arn, await at.group({ Name: "web", Protocol: "HTTP" })),
      "IncompatibleProtocolsException",
      "The protocol 'HTTP' of the target group",
    ],
    [
      "a group of another load balancer",
      async (at, arn, group) => {
        await at.listen((await at.create({ Name: "first" })).arn, group);
        return at.listen(arn, group);
      },
      "TargetGroupAssociationLimitException",
      "cannot be associated with more than one load balancer",
    ],
    [
      "a rule",
      async (at, arn, group) => {
        const { Listeners } = await at.listen(arn, group);
        const Conditions = [{ Field: "path-pattern", Values: ["/"] }];
        const Actions = [{ Type: "forward", TargetGroupArn: group } as const];
        return at.client.send(new elb.CreateRuleCommand({ ListenerArn: Listeners?.[0]?.ListenerArn, Priority: 1, Conditions, Actions }));
      },
      "InvalidConfigurationRequestException",
      "Rules are not supported",
    ],
    [
      "an idle timeout that is too short",
      async (at, arn, group) => {
        const { Listeners } = await at.listen(arn, group);
        const Attributes = [{ Key: "tcp.idle_timeout.seconds", Value: "59" }];
        return at.client.send(new elb.ModifyListenerAttributesCommand({ ListenerArn: Listeners?.[0]?.ListenerArn, Attributes }));
      },
      "ValidationError",
      "must be between '60-6000' inclusive",
    ],
    [
      "to keep the addresses of clients, which the proxy cannot",
      (at, _arn, TargetGroupArn) =>
        at.client.send(
          new elb.ModifyTargetGroupAttributesCommand({
            TargetGroupArn,
            Attributes: [{ Key: "preserve_client_ip.enabled", Value: "true" }],
          }),
        ),
      "InvalidConfigurationRequestException",
      "does not support the value 'true' of the attribute 'preserve_client_ip.enabled'",
    ],
  ])("%s is refused", async (_what, attempt, name, message) => {
    await using at = await world();
    const { arn } = await at.create();
    const refusal = await attempt(at, arn, await at.group()).catch((cause: unknown) => cause);
    expect(refusal).toMatchObject({ name, message: expect.stringContaining(message) });
    expect(at.api.defects).toEqual([]);
  });

  test("an application load balancer takes no group for connections", async () => {
    await using at = await world();
    const { arn } = await at.create({ Name: "web", Type: "application", Subnets: [...at.net.subnets] });
    await expect(at.listen(arn, await at.group(), { Protocol: "HTTP", Port: 80 })).rejects.toMatchObject({
      name: "IncompatibleProtocolsException",
    });
  });
});

test("an application load balancer forwards to a hundred groups at most", async () => {
  await using at = await world();
  const { arn } = await at.create({ Name: "web", Type: "application", Subnets: [...at.net.subnets] });
  const [first, more] = [await at.group({ Name: "first", Protocol: "HTTP" }), await at.group({ Name: "more", Protocol: "HTTP" })];
  const listed = await at.listen(arn, first, { Protocol: "HTTP", Port: 80 });
  const listener = at.api.state.table(listeners).get(listed.Listeners?.[0]?.ListenerArn ?? "");
  const TargetGroups = Array.from({ length: 99 }, (_, n) => ({ TargetGroupArn: `${first}${n}` }));
  const forwards = { Type: "forward" as const, ForwardConfig: { TargetGroups: [...TargetGroups, { TargetGroupArn: first }] } };
  at.api.state.commit(() => at.api.state.table(listeners).put({ ...listener!, defaultActions: [forwards] }));
  expect((await at.listen(arn, first, { Protocol: "HTTP", Port: 81 })).Listeners).toHaveLength(1);
  await expect(at.listen(arn, more, { Protocol: "HTTP", Port: 82 })).rejects.toMatchObject({
    name: "TooManyUniqueTargetGroupsPerLoadBalancerException",
  });
});

test("clients of a network load balancer are not kept at a target group, which is said", async () => {
  await using at = await world();
  const { arn } = await at.create();
  const group = await at.group();
  const forward = (Enabled: boolean): Partial<elb.CreateListenerCommandInput> => ({
    DefaultActions: [
      {
        Type: "forward",
        ForwardConfig: { TargetGroups: [{ TargetGroupArn: group }], TargetGroupStickinessConfig: { Enabled, DurationSeconds: 60 } },
      },
    ],
  });
  await expect(at.listen(arn, group, forward(true))).rejects.toThrow("does not support target group stickiness for network load balancers");
  await at.listen(arn, group, forward(false));
});

test("an internal load balancer denies what an internet gateway would bring by IPv6, as on AWS", async () => {
  await using at = await world();
  const key = "ipv6.deny_all_igw_traffic";
  const of = async (input: Parameters<typeof at.create>[0]): Promise<string | undefined> => {
    const { arn } = await at.create(input);
    const { Attributes = [] } = await at.client.send(new elb.DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: arn }));
    return Attributes.find(({ Key }) => Key === key)?.Value;
  };
  expect(await of({ Name: "in", Scheme: "internal" })).toBe("true");
  expect(await of({ Name: "out" })).toBe("false");
});

describe("where the kernel leads packets", () => {
  const leading = { leadsPackets: true };
  const set = (at: Awaited<ReturnType<typeof world>>, TargetGroupArn: string, attributes: Readonly<Record<string, string>>) =>
    at.client.send(
      new elb.ModifyTargetGroupAttributesCommand({
        TargetGroupArn,
        Attributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })),
      }),
    );
  const attributesOf = async (at: Awaited<ReturnType<typeof world>>, TargetGroupArn: string) => {
    const { Attributes = [] } = await at.client.send(new elb.DescribeTargetGroupAttributesCommand({ TargetGroupArn }));
    return Object.fromEntries(Attributes.map(({ Key = "", Value = "" }) => [Key, Value]));
  };

  test.each(["UDP", "TCP_UDP"] as const)(
    "a listener of %s forwards to a group that keeps clients' addresses, with AWS's defaults",
    async (Protocol) => {
      await using at = await world(leading);
      const { arn } = await at.create();
      const group = await at.group({ Protocol, Port: 53 });
      expect(await attributesOf(at, group)).toMatchObject({
        "preserve_client_ip.enabled": "true",
        "deregistration_delay.connection_termination.enabled": "true",
        "target_health_state.unhealthy.connection_termination.enabled": "false",
      });
      const { Listeners } = await at.listen(arn, group, { Protocol, Port: 53 });
      expect(Listeners?.[0]).toMatchObject({ Protocol, Port: 53 });
      await expect(set(at, group, { "preserve_client_ip.enabled": "false" })).rejects.toThrow(
        "Client IP preservation cannot be disabled for UDP and TCP_UDP target groups",
      );
      await expect(set(at, group, { "target_health_state.unhealthy.connection_termination.enabled": "true" })).rejects.toThrow(
        "does not support the value 'true'",
      );
    },
  );

  test("a group of TCP keeps clients' addresses where it is asked to, and sends no headers that tell of them", async () => {
    await using at = await world(leading);
    const { arn } = await at.create();
    const group = await at.group();
    expect(await attributesOf(at, group)).toMatchObject({ "preserve_client_ip.enabled": "false" });
    await at.listen(arn, group);
    await set(at, group, { "preserve_client_ip.enabled": "true" });
    await expect(set(at, group, { "proxy_protocol_v2.enabled": "true" })).rejects.toThrow("one of the two attributes must be 'false'");
    await set(at, group, { "preserve_client_ip.enabled": "false", "proxy_protocol_v2.enabled": "true" });
  });

  test.each<[string, Partial<elb.CreateTargetGroupCommandInput>, Partial<elb.CreateListenerCommandInput>, string]>([
    ["a listener of datagrams to a group of connections", {}, { Protocol: "UDP" }, "is not compatible with the listener protocol 'UDP'"],
    [
      "a listener of both to a group of one",
      { Protocol: "UDP" },
      { Protocol: "TCP_UDP" },
      "is not compatible with the listener protocol 'TCP_UDP'",
    ],
    ["a listener of connections to a group of datagrams", { Protocol: "UDP" }, {}, "is not compatible with the listener protocol 'TCP'"],
    ["QUIC", {}, { Protocol: "QUIC" }, "Airfield carries no QUIC"],
  ])("%s is refused", async (_, group, listener, message) => {
    await using at = await world(leading);
    const { arn } = await at.create();
    const made = await at.group(group);
    await expect(at.listen(arn, made, listener)).rejects.toThrow(message);
  });

  test("a load balancer with security groups has them, too", async () => {
    await using at = await world(leading);
    const { GroupId } = await at.api
      .client(EC2Client)
      .send(new CreateSecurityGroupCommand({ GroupName: "db", Description: "db", VpcId: at.net.vpc }));
    const { arn } = await at.create({ SecurityGroups: [GroupId ?? ""] });
    const { Listeners } = await at.listen(arn, await at.group({ Protocol: "UDP", Name: "udp" }), { Protocol: "UDP" });
    expect(Listeners).toMatchObject([{ Protocol: "UDP" }]);
    const group = await at.group();
    await at.listen(arn, group, { Port: 5433 });
    await set(at, group, { "preserve_client_ip.enabled": "true" });
  });

  test("a listener takes no other protocol that its group is not for", async () => {
    await using at = await world(leading);
    const { arn } = await at.create();
    const { Listeners } = await at.listen(arn, await at.group());
    const ListenerArn = Listeners?.[0]?.ListenerArn;
    await expect(at.client.send(new elb.ModifyListenerCommand({ ListenerArn, Protocol: "UDP" }))).rejects.toThrow(
      "is not compatible with the listener protocol 'UDP'",
    );
  });

  test("instances get no datagrams, and their clients' addresses are not kept", async () => {
    await using at = await world(leading);
    await expect(at.group({ Protocol: "UDP", TargetType: "instance" })).rejects.toThrow("have the target type 'ip'");
    const group = await at.group({ TargetType: "instance" });
    await expect(set(at, group, { "preserve_client_ip.enabled": "true" })).rejects.toThrow("does not support the value 'true'");
  });

  test("the groups of one listener keep addresses all alike", async () => {
    await using at = await world(leading);
    const { arn } = await at.create();
    const [one, other] = [await at.group(), await at.group({ Name: "other" })];
    await set(at, one, { "preserve_client_ip.enabled": "true" });
    const TargetGroups = [one, other].map((TargetGroupArn) => ({ TargetGroupArn, Weight: 1 }));
    const both = { DefaultActions: [{ Type: "forward", ForwardConfig: { TargetGroups } } as const] };
    const some = "for some of a listener's target groups and not for the others";
    await expect(at.listen(arn, one, both)).rejects.toThrow(some);
    await set(at, one, { "preserve_client_ip.enabled": "false" });
    await at.listen(arn, one, both);
    await expect(set(at, other, { "preserve_client_ip.enabled": "true" })).rejects.toThrow(some);
  });
});

test("where it does not, datagrams and clients' addresses are refused by name", async () => {
  await using at = await world();
  const { arn } = await at.create();
  const group = await at.group();
  await expect(at.listen(arn, group, { Protocol: "UDP" })).rejects.toThrow("does not support listeners with the protocol 'UDP'");
  await expect(at.group({ Protocol: "UDP", Name: "udp" })).rejects.toThrow("does not support target groups with the protocol 'UDP'");
  const Attributes = [{ Key: "preserve_client_ip.enabled", Value: "true" }];
  await expect(at.client.send(new elb.ModifyTargetGroupAttributesCommand({ TargetGroupArn: group, Attributes }))).rejects.toThrow(
    "does not support the value 'true' of the attribute 'preserve_client_ip.enabled'",
  );
});
