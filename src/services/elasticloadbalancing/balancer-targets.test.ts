import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { systemIds } from "../../drivers/system/ids.ts";
import { loadBalancers } from "../../state/elb.ts";
import { apiWorld, FOREIGN_ACCOUNT, FOREIGN_KEYS } from "../../testing/api-world.ts";
import { network } from "../../testing/load-balancer-stack.ts";

/** An Application Load Balancer that listens on port 80, and a group for it behind a Network Load Balancer. */
async function world() {
  const api = await apiWorld();
  const net = network(api);
  const client = api.client(elb.ElasticLoadBalancingV2Client);
  const balancer = async (Name: string, Type: "application" | "network"): Promise<string> => {
    const { LoadBalancers } = await client.send(new elb.CreateLoadBalancerCommand({ Name, Type, Subnets: [...net.subnets] }));
    return LoadBalancers?.[0]?.LoadBalancerArn ?? "";
  };
  const group = async (input: Partial<elb.CreateTargetGroupCommandInput> = {}): Promise<elb.TargetGroup | undefined> => {
    const settings = { Name: "web-alb", Protocol: "TCP", Port: 80, VpcId: net.vpc, TargetType: "alb", ...input } as const;
    return (await client.send(new elb.CreateTargetGroupCommand(settings))).TargetGroups?.[0];
  };
  const alb = await balancer("web", "application");
  const { Listeners } = await client.send(
    new elb.CreateListenerCommand({
      LoadBalancerArn: alb,
      Protocol: "HTTP",
      Port: 80,
      DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200" } }],
    }),
  );
  const TargetGroupArn = (await group())?.TargetGroupArn ?? "";
  const register = (...Targets: elb.TargetDescription[]) => client.send(new elb.RegisterTargetsCommand({ TargetGroupArn, Targets }));
  const health = async () => (await client.send(new elb.DescribeTargetHealthCommand({ TargetGroupArn }))).TargetHealthDescriptions ?? [];
  const listener = Listeners?.[0]?.ListenerArn ?? "";
  return {
    api,
    net,
    client,
    balancer,
    group,
    alb,
    listener,
    TargetGroupArn,
    register,
    health,
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}

type World = Awaited<ReturnType<typeof world>>;

test("a group of the type has checks of HTTP and keeps the addresses of clients", async () => {
  await using at = await world();
  expect(await at.group()).toMatchObject({
    TargetType: "alb",
    Protocol: "TCP",
    HealthCheckProtocol: "HTTP",
    Matcher: { HttpCode: "200-399" },
  });
  const { Attributes } = await at.client.send(new elb.DescribeTargetGroupAttributesCommand({ TargetGroupArn: at.TargetGroupArn }));
  expect(Attributes).toContainEqual({ Key: "preserve_client_ip.enabled", Value: "true" });
});

test("while a load balancer is registered, neither it nor the port of its listener goes away", async () => {
  await using at = await world();
  const { client, alb, listener } = at;
  await at.register({ Id: alb });
  await at.register({ Id: alb });
  expect(await at.health()).toMatchObject([{ Target: { Id: alb, Port: 80 }, HealthCheckPort: "80", TargetHealth: { State: "unused" } }]);
  const inUse = { name: "ResourceInUseException" };
  await expect(client.send(new elb.DeleteListenerCommand({ ListenerArn: listener }))).rejects.toMatchObject({
    ...inUse,
    message: `Listener port '80' is in use by registered target '${alb}' and cannot be removed.`,
  });
  await expect(client.send(new elb.ModifyListenerCommand({ ListenerArn: listener, Port: 81 }))).rejects.toMatchObject(inUse);
  await expect(client.send(new elb.DeleteLoadBalancerCommand({ LoadBalancerArn: alb }))).rejects.toMatchObject(inUse);
  await client.send(new elb.DeregisterTargetsCommand({ TargetGroupArn: at.TargetGroupArn, Targets: [{ Id: alb }] }));
  await client.send(new elb.DeleteLoadBalancerCommand({ LoadBalancerArn: alb }));
  expect(at.api.state.table(loadBalancers).get(alb)).toBeUndefined();
});

test.each<readonly [what: string, attempt: (at: World) => Promise<unknown>, name: string, message: string]>([
  [
    "a port without a listener",
    (at) => at.register({ Id: at.alb, Port: 81 }),
    "ValidationError",
    "must have at least one listener that matches",
  ],
  ["an address", (at) => at.register({ Id: "172.31.0.9" }), "ValidationError", "is not a valid load balancer ARN"],
  ["nothing", (at) => at.register({ Id: "" }), "ValidationError", "Member must have length greater than or equal to 1"],
  ["a zone", (at) => at.register({ Id: at.alb, AvailabilityZone: "all" }), "ValidationError", "An Availability Zone cannot be specified"],
  [
    "a network load balancer",
    async (at) => at.register({ Id: await at.balancer("net", "network") }),
    "ValidationError",
    "is not an Application Load Balancer",
  ],
  [
    "one that is gone",
    async (at) => {
      await at.client.send(new elb.DeleteLoadBalancerCommand({ LoadBalancerArn: at.alb }));
      return at.register({ Id: at.alb });
    },
    "InvalidTargetException",
    "were not found",
  ],
  [
    "one of another account",
    async (at) => {
      const { subnets } = defaultNetwork(at.api.state, systemIds, { account: FOREIGN_ACCOUNT, region: "us-east-1" }, 1);
      const theirs = at.api.client(elb.ElasticLoadBalancingV2Client, "us-east-1", FOREIGN_KEYS);
      const { LoadBalancers } = await theirs.send(
        new elb.CreateLoadBalancerCommand({ Name: "mine", Subnets: subnets.map(({ id }) => id) }),
      );
      return at.register({ Id: LoadBalancers?.[0]?.LoadBalancerArn });
    },
    "InvalidTargetException",
    "were not found",
  ],
  [
    "a second one",
    async (at) => {
      const other = await at.balancer("other", "application");
      const DefaultActions: elb.Action[] = [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200" } }];
      await at.client.send(new elb.CreateListenerCommand({ LoadBalancerArn: other, Protocol: "HTTP", Port: 80, DefaultActions }));
      await at.register({ Id: at.alb });
      return at.register({ Id: other });
    },
    "TooManyTargetsException",
    "limit on the number of targets",
  ],
  ["a group of TLS", (at) => at.group({ Name: "tls", Protocol: "TLS" }), "ValidationError", "Protocol 'TLS' is not supported"],
  ["checks of TCP", (at) => at.group({ Name: "tcp", HealthCheckProtocol: "TCP" }), "ValidationError", "must be one of 'HTTP, HTTPS'"],
  [
    "checks on another port",
    (at) => at.group({ Name: "other", HealthCheckPort: "8080" }),
    "InvalidConfigurationRequestException",
    "must be 'traffic-port'",
  ],
])("%s is refused", async (_what, attempt, name, message) => {
  await using at = await world();
  await expect(attempt(at)).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
  expect(at.api.defects).toEqual([]);
});
