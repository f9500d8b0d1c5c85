import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { listeners, loadBalancers, targets } from "../../state/elb.ts";
import { localInstanceId } from "../../state/local-host.ts";
import { apiWorld, type ApiWorld } from "../../testing/api-world.ts";
import { network, SCOPE, stack, type Stack } from "../../testing/load-balancer-stack.ts";

/** A load balancer, a target group and a listener between them, made by the command line as the course writes it. */
async function stackByCommandLine(api: ApiWorld): Promise<Stack> {
  const net = network(api);
  const balancer = await text(
    api,
    "create-load-balancer",
    "--name",
    "web",
    "--subnets",
    ...net.subnets,
    "--query",
    "LoadBalancers[0].LoadBalancerArn",
  );
  const group = await text(
    api,
    ...["create-target-group", "--name", "web-tg", "--protocol", "HTTP", "--port", "8080", "--vpc-id", net.vpc, "--target-type", "ip"],
    ...["--query", "TargetGroups[0].TargetGroupArn"],
  );
  const listener = await text(
    api,
    ...["create-listener", "--load-balancer-arn", balancer, "--protocol", "HTTP", "--port", "80"],
    ...["--default-actions", `Type=forward,TargetGroupArn=${group}`, "--query", "Listeners[0].ListenerArn"],
  );
  return { balancer, group, listener, net };
}

async function text(api: ApiWorld, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await api.aws("elbv2", ...args, "--output", "text");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.trim();
}

test("the command line makes a load balancer, a target group and a listener, and reads them back", async () => {
  await using api = await apiWorld();
  const { balancer, group, listener, net } = await stackByCommandLine(api);
  expect(balancer).toMatch(/^arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer\/app\/web\/[0-9a-f]{16}$/);
  expect(group).toMatch(/^arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup\/web-tg\/[0-9a-f]{16}$/);
  expect(listener).toMatch(/^arn:aws:elasticloadbalancing:us-east-1:123456789012:listener\/app\/web\/[0-9a-f]{16}\/[0-9a-f]{16}$/);

  const client = api.client(ElasticLoadBalancingV2Client);
  const { LoadBalancers } = await client.send(new elb.DescribeLoadBalancersCommand({ Names: ["web"] }));
  expect(LoadBalancers).toEqual([
    {
      LoadBalancerArn: balancer,
      DNSName: expect.stringMatching(/^web-\d{10}\.us-east-1\.elb\.localhost$/),
      CanonicalHostedZoneId: "Z35SXDOTRQ7X7K",
      CreatedTime: expect.any(Date),
      LoadBalancerName: "web",
      Scheme: "internet-facing",
      VpcId: net.vpc,
      State: { Code: "provisioning" },
      Type: "application",
      AvailabilityZones: [
        { ZoneName: "us-east-1a", SubnetId: net.subnets[0], LoadBalancerAddresses: [] },
        { ZoneName: "us-east-1b", SubnetId: net.subnets[1], LoadBalancerAddresses: [] },
      ],
      SecurityGroups: [expect.stringMatching(/^sg-/)],
      IpAddressType: "ipv4",
    },
  ]);
  const { TargetGroups } = await client.send(new elb.DescribeTargetGroupsCommand({ LoadBalancerArn: balancer }));
  expect(TargetGroups).toEqual([
    {
      TargetGroupArn: group,
      TargetGroupName: "web-tg",
      Protocol: "HTTP",
      Port: 8080,
      VpcId: net.vpc,
      HealthCheckProtocol: "HTTP",
      HealthCheckPort: "traffic-port",
      HealthCheckEnabled: true,
      HealthCheckIntervalSeconds: 30,
      HealthCheckTimeoutSeconds: 5,
      HealthyThresholdCount: 5,
      UnhealthyThresholdCount: 2,
      HealthCheckPath: "/",
      Matcher: { HttpCode: "200" },
      LoadBalancerArns: [balancer],
      TargetType: "ip",
      ProtocolVersion: "HTTP1",
      IpAddressType: "ipv4",
    },
  ]);
  const { Listeners } = await client.send(new elb.DescribeListenersCommand({ ListenerArns: [listener] }));
  const forward = {
    Type: "forward",
    TargetGroupArn: group,
    ForwardConfig: { TargetGroups: [{ TargetGroupArn: group, Weight: 1 }], TargetGroupStickinessConfig: { Enabled: false } },
  };
  expect(Listeners).toEqual([{ ListenerArn: listener, LoadBalancerArn: balancer, Port: 80, Protocol: "HTTP", DefaultActions: [forward] }]);
  const { Rules } = await client.send(new elb.DescribeRulesCommand({ ListenerArn: listener }));
  expect(Rules).toEqual([
    {
      RuleArn: expect.stringContaining(":listener-rule/app/web/"),
      Priority: "default",
      Conditions: [],
      Actions: [forward],
      IsDefault: true,
      Transforms: [],
    },
  ]);
  const again = await client.send(new elb.DescribeRulesCommand({ RuleArns: [Rules?.[0]?.RuleArn ?? ""] }));
  expect(again.Rules).toEqual(Rules);
  expect(api.defects).toEqual([]);
});

test("making the same thing again returns it; with other settings its name is taken", async () => {
  await using api = await apiWorld();
  const { balancer, group, listener, net } = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const subnets = [...net.subnets];
  const twice = await client.send(new elb.CreateLoadBalancerCommand({ Name: "web", Subnets: subnets.toReversed() }));
  expect(twice.LoadBalancers?.[0]?.LoadBalancerArn).toBe(balancer);
  const otherGroup = { Name: "web-tg", Protocol: "HTTP", VpcId: net.vpc, TargetType: "ip" } as const;
  const groupTwice = await client.send(new elb.CreateTargetGroupCommand({ ...otherGroup, Port: 8080 }));
  expect(groupTwice.TargetGroups?.[0]?.TargetGroupArn).toBe(group);
  const sameListener = { LoadBalancerArn: balancer, Protocol: "HTTP", Port: 80 } as const;
  const listenerTwice = await client.send(
    new elb.CreateListenerCommand({ ...sameListener, DefaultActions: [{ Type: "forward", TargetGroupArn: group }] }),
  );
  expect(listenerTwice.Listeners?.[0]?.ListenerArn).toBe(listener);

  await expect(client.send(new elb.CreateLoadBalancerCommand({ Name: "web", Subnets: subnets, Scheme: "internal" }))).rejects.toMatchObject(
    {
      name: "DuplicateLoadBalancerNameException",
      message: "A load balancer with the same name 'web' exists, but with different settings",
    },
  );
  await expect(client.send(new elb.CreateTargetGroupCommand({ ...otherGroup, Port: 81 }))).rejects.toMatchObject({
    name: "DuplicateTargetGroupNameException",
    message: "A target group with the same name 'web-tg' exists, but with different settings",
  });
  const fixed = { Type: "fixed-response", FixedResponseConfig: { StatusCode: "404" } } as const;
  await expect(client.send(new elb.CreateListenerCommand({ ...sameListener, DefaultActions: [fixed] }))).rejects.toMatchObject({
    name: "DuplicateListenerException",
    message: `A listener already exists on this port for this load balancer '${balancer}'`,
  });
});

test("an account has fifty load balancers in a region, and no more", async () => {
  await using api = await apiWorld();
  const { net } = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const create = (Name: string) => client.send(new elb.CreateLoadBalancerCommand({ Name, Subnets: [...net.subnets] }));
  await Promise.all(Array.from({ length: 49 }, (_, at) => create(`lb-${at}`)));
  await expect(create("one-more")).rejects.toMatchObject({
    name: "TooManyLoadBalancersException",
    message: "The maximum number of load balancers has been reached",
  });
  expect((await create("lb-7")).LoadBalancers).toHaveLength(1);
});

test("targets are registered, described and deregistered by the command line", async () => {
  await using api = await apiWorld();
  const { group, net } = await stack(api);
  await text(
    api,
    "register-targets",
    "--target-group-arn",
    group,
    "--targets",
    `Id=${net.addressInVpc}`,
    `Id=${net.addressInVpc},Port=9090`,
  );
  const client = api.client(ElasticLoadBalancingV2Client);
  const asked = { TargetGroupArn: group, Targets: [{ Id: net.addressInVpc, Port: 8080 }, { Id: "172.31.0.99" }] };
  const { TargetHealthDescriptions } = await client.send(new elb.DescribeTargetHealthCommand(asked));
  expect(TargetHealthDescriptions).toEqual([
    {
      Target: { Id: net.addressInVpc, Port: 8080, AvailabilityZone: "us-east-1a" },
      HealthCheckPort: "8080",
      TargetHealth: { State: "initial", Reason: "Elb.RegistrationInProgress", Description: "Target registration is in progress" },
      AdministrativeOverride: {
        State: "no_override",
        Reason: "AdministrativeOverride.NoOverride",
        Description: "No override is currently active on target",
      },
    },
    {
      Target: { Id: "172.31.0.99", Port: 8080 },
      HealthCheckPort: "8080",
      TargetHealth: { State: "unused", Reason: "Target.NotRegistered", Description: "Target is not registered to the target group" },
    },
  ]);
  await text(api, "deregister-targets", "--target-group-arn", group, "--targets", `Id=${net.addressInVpc}`);
  const states = await text(
    api,
    "describe-target-health",
    "--target-group-arn",
    group,
    "--query",
    "TargetHealthDescriptions[].TargetHealth.[State,Reason]",
  );
  expect(states.split(/\s+/)).toEqual(["draining", "Target.DeregistrationInProgress", "draining", "Target.DeregistrationInProgress"]);
  const [record] = api.state.table(targets).by("targetGroup", group);
  expect((record?.drainingUntil ?? 0) - Date.now()).toBeGreaterThan(290_000);
});

test("in a group without a listener a target is unused, and gone at once when deregistered", async () => {
  await using api = await apiWorld();
  const net = network(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const created = await client.send(new elb.CreateTargetGroupCommand({ Name: "idle", Protocol: "HTTP", Port: 80, VpcId: net.vpc }));
  const TargetGroupArn = created.TargetGroups?.[0]?.TargetGroupArn ?? "";
  const Targets = [{ Id: localInstanceId(SCOPE), Port: 32_768 }];
  await client.send(new elb.RegisterTargetsCommand({ TargetGroupArn, Targets }));
  const health = await client.send(new elb.DescribeTargetHealthCommand({ TargetGroupArn }));
  expect(health.TargetHealthDescriptions?.[0]?.TargetHealth).toEqual({
    State: "unused",
    Reason: "Target.NotInUse",
    Description: "Target group is not configured to receive traffic from the load balancer",
  });
  expect(api.state.table(targets).by("targetGroup", TargetGroupArn)[0]).toMatchObject({ address: "127.0.0.1", addressPort: 32_768 });
  await client.send(new elb.DeregisterTargetsCommand({ TargetGroupArn, Targets }));
  expect(api.state.table(targets).size).toBe(0);
  const wait = await api.aws(
    "elbv2",
    "wait",
    "target-deregistered",
    "--target-group-arn",
    TargetGroupArn,
    "--targets",
    `Id=${localInstanceId(SCOPE)}`,
  );
  expect(wait).toMatchObject({ code: 0 });
});

test("deleting takes what depends along, and refuses what is in use", async () => {
  await using api = await apiWorld();
  const { balancer, group } = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  await expect(client.send(new elb.DeleteTargetGroupCommand({ TargetGroupArn: group }))).rejects.toMatchObject({
    name: "ResourceInUseException",
    message: `Target group '${group}' is currently in use by a listener or a rule`,
  });
  const protect = (Value: string): elb.ModifyLoadBalancerAttributesCommand =>
    new elb.ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: balancer, Attributes: [{ Key: "deletion_protection.enabled", Value }] });
  await client.send(protect("true"));
  await expect(client.send(new elb.DeleteLoadBalancerCommand({ LoadBalancerArn: balancer }))).rejects.toMatchObject({
    name: "OperationNotPermittedException",
  });
  await client.send(protect("false"));
  await client.send(new elb.DeleteLoadBalancerCommand({ LoadBalancerArn: balancer }));
  expect(api.state.table(loadBalancers).size + api.state.table(listeners).size).toBe(0);
  await client.send(new elb.DeleteTargetGroupCommand({ TargetGroupArn: group }));
  await client.send(new elb.DeleteLoadBalancerCommand({ LoadBalancerArn: balancer }));
  expect(await api.aws("elbv2", "wait", "load-balancers-deleted", "--load-balancer-arns", balancer)).toMatchObject({ code: 0 });
  await expect(client.send(new elb.DescribeLoadBalancersCommand({ Names: ["web"] }))).rejects.toMatchObject({
    name: "LoadBalancerNotFoundException",
    message: "Load balancers '[web]' not found",
  });
});

test("attributes and tags read back as they were written, unknown ones are refused", async () => {
  await using api = await apiWorld();
  const { balancer, group, listener } = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const delay = [{ Key: "deregistration_delay.timeout_seconds", Value: "5" }];
  await client.send(new elb.ModifyTargetGroupAttributesCommand({ TargetGroupArn: group, Attributes: delay }));
  const groupAttributes = await client.send(new elb.DescribeTargetGroupAttributesCommand({ TargetGroupArn: group }));
  expect(groupAttributes.Attributes).toContainEqual(delay[0]);
  expect(groupAttributes.Attributes).toContainEqual({ Key: "stickiness.type", Value: "lb_cookie" });
  const listenerAttributes = await client.send(new elb.DescribeListenerAttributesCommand({ ListenerArn: listener }));
  expect(listenerAttributes.Attributes).toContainEqual({ Key: "routing.http.response.server.enabled", Value: "true" });
  await expect(
    client.send(new elb.ModifyTargetGroupAttributesCommand({ TargetGroupArn: group, Attributes: [{ Key: "nope", Value: "1" }] })),
  ).rejects.toMatchObject({ name: "ValidationError", message: "Target group attribute key 'nope' is not recognized" });

  const tags = [{ Key: "team", Value: "web" }];
  await client.send(new elb.AddTagsCommand({ ResourceArns: [balancer, group, listener], Tags: tags }));
  await client.send(new elb.RemoveTagsCommand({ ResourceArns: [group], TagKeys: ["team"] }));
  const described = await client.send(new elb.DescribeTagsCommand({ ResourceArns: [balancer, group, listener] }));
  expect(described.TagDescriptions).toEqual([
    { ResourceArn: balancer, Tags: tags },
    { ResourceArn: group, Tags: [] },
    { ResourceArn: listener, Tags: tags },
  ]);
});

test("members that Terraform leaves empty are as if they were not there", async () => {
  await using api = await apiWorld();
  const { group, net } = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const empty = { ProtocolVersion: "", Matcher: { HttpCode: "" }, HealthCheckPath: "" } as const;
  const again = await client.send(
    new elb.CreateTargetGroupCommand({ Name: "web-tg", Protocol: "HTTP", Port: 8080, VpcId: net.vpc, TargetType: "ip", ...empty }),
  );
  expect(again.TargetGroups?.[0]?.TargetGroupArn).toBe(group);
});

test("lists are paged", async () => {
  await using api = await apiWorld();
  const net = network(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  for (const Name of ["a", "b", "c"])
    await client.send(new elb.CreateTargetGroupCommand({ Name, Protocol: "HTTP", Port: 80, VpcId: net.vpc }));
  const first = await client.send(new elb.DescribeTargetGroupsCommand({ PageSize: 2 }));
  const second = await client.send(new elb.DescribeTargetGroupsCommand({ PageSize: 2, Marker: first.NextMarker }));
  expect([first, second].map((page) => page.TargetGroups?.map((group) => group.TargetGroupName))).toEqual([["a", "b"], ["c"]]);
  expect(second.NextMarker).toBeUndefined();
});

test("a listener can be moved to another port and another action; a redirect to itself is refused", async () => {
  await using api = await apiWorld();
  const { listener } = await stack(api);
  api.state.commit(() => api.state.table(listeners).update(listener, (record) => ({ ...record, boundPort: 8080 })));
  const client = api.client(ElasticLoadBalancingV2Client);
  const RedirectConfig = { Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_301" } as const;
  const { Listeners } = await client.send(
    new elb.ModifyListenerCommand({ ListenerArn: listener, Port: 81, DefaultActions: [{ Type: "redirect", RedirectConfig }] }),
  );
  expect(Listeners?.[0]).toMatchObject({
    Port: 81,
    DefaultActions: [{ Type: "redirect", RedirectConfig: { ...RedirectConfig, Host: "#{host}", Path: "/#{path}", Query: "#{query}" } }],
  });
  expect(api.state.table(listeners).get(listener)).not.toHaveProperty("boundPort");
  const loop = { Type: "redirect", RedirectConfig: { StatusCode: "HTTP_302" } } as const;
  await expect(client.send(new elb.ModifyListenerCommand({ ListenerArn: listener, DefaultActions: [loop] }))).rejects.toMatchObject({
    name: "InvalidLoadBalancerActionException",
    message: "The redirect configuration is not valid because it creates a loop.",
  });
});

test("a target group serves one load balancer", async () => {
  await using api = await apiWorld();
  const { group, net } = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const { LoadBalancers } = await client.send(new elb.CreateLoadBalancerCommand({ Name: "second", Subnets: [...net.subnets] }));
  const DefaultActions = [{ Type: "forward", TargetGroupArn: group } as const];
  await expect(
    client.send(
      new elb.CreateListenerCommand({ LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn, Protocol: "HTTP", Port: 80, DefaultActions }),
    ),
  ).rejects.toMatchObject({
    name: "TargetGroupAssociationLimitException",
    message: `The following target groups cannot be associated with more than one load balancer: ${group}`,
  });
});

test("an address of this host is a target where the operator opens it, and says `all` for its zone", async () => {
  const surroundings = { ownBlocks: ["192.0.2.2/32"], bridgedBlocks: [], vpcs: [], openedBlocks: ["192.0.2.0/24"] };
  await using api = await apiWorld({ targetSurroundings: () => surroundings });
  const { group } = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const register = (Id: string, AvailabilityZone?: string) =>
    client.send(new elb.RegisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id, AvailabilityZone }] }));
  await expect(register("192.0.2.2")).rejects.toThrow("The Availability Zone is required for IP address '192.0.2.2'");
  await register("192.0.2.2", "all");
  await register("10.1.2.3", "all");
  expect(
    api.state
      .table(targets)
      .by("targetGroup", group)
      .map(({ id }) => id),
  ).toEqual(["192.0.2.2", "10.1.2.3"]);
});

test("a listener that moves to another port gives up its turn on the old one; any other change keeps it", async () => {
  await using api = await apiWorld();
  const { listener } = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const record = () => api.state.table(listeners).get(listener);
  api.state.commit(() => api.state.table(listeners).update(listener, (one) => ({ ...one, boundPort: 8080, turn: 7 })));
  const DefaultActions = [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "404" } } as const];
  await client.send(new elb.ModifyListenerCommand({ ListenerArn: listener, Port: 80, DefaultActions }));
  expect(record()).toMatchObject({ port: 80, boundPort: 8080, turn: 7 });
  await client.send(new elb.ModifyListenerCommand({ ListenerArn: listener, Port: 81 }));
  expect(record()).toMatchObject({ port: 81, defaultActions: [{ Type: "fixed-response" }] });
  expect(record()).not.toHaveProperty("boundPort");
  expect(record()).not.toHaveProperty("turn");
});
