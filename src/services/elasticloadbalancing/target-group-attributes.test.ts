import {
  DeregisterTargetsCommand,
  DescribeTargetGroupAttributesCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
  type TargetGroupAttribute,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { apiWorld } from "../../testing/api-world.ts";
import { stack } from "../../testing/load-balancer-stack.ts";

type Attributes = Readonly<Record<string, string>>;

const APP = { "stickiness.enabled": "true", "stickiness.type": "app_cookie" };
const COOKIE = "stickiness.app_cookie.cookie_name";
const MINIMUM = "target_group_health.unhealthy_state_routing.minimum_healthy_targets";
const IN_NAMES = "target_group_health.dns_failover.minimum_healthy_targets";
const ALGORITHM = "load_balancing.algorithm.type";
const SLOW = "slow_start.duration_seconds";

test("attributes are taken as AWS takes them, and refused in its words", async () => {
  await using api = await apiWorld();
  const { group: TargetGroupArn } = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const described = async (): Promise<Attributes> =>
    attributesOf((await client.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }))).Attributes);
  const modify = async (changes: Attributes): Promise<string> => {
    const Attributes = Object.entries(changes).map(([Key, Value]) => ({ Key, Value }));
    return client.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes })).then(
      () => "taken",
      ({ name, message }: Error) => `${name}: ${message}`,
    );
  };
  const initial = await described();
  const taken: readonly Attributes[] = [
    { "stickiness.enabled": "true", "stickiness.lb_cookie.duration_seconds": "604800" },
    { ...APP, [COOKIE]: "JSESSIONID", "stickiness.app_cookie.duration_seconds": "1" },
    { "stickiness.enabled": "false", [COOKIE]: "" },
    { [SLOW]: "30" },
    { [SLOW]: "0", [ALGORITHM]: "weighted_random" },
    { [ALGORITHM]: "round_robin", [SLOW]: "900" },
    { [`${MINIMUM}.count`]: "3", [`${IN_NAMES}.count`]: "3", [`${MINIMUM}.percentage`]: "100" },
    { [`${IN_NAMES}.percentage`]: "100" },
    { [`${IN_NAMES}.count`]: "off" },
  ];
  for (const changes of taken) {
    expect([changes, await modify(changes)]).toEqual([changes, "taken"]);
    expect(await described()).toMatchObject(changes);
  }
  await modify(initial);

  const refused: readonly (readonly [Attributes, string])[] = [
    [APP, "InvalidConfigurationRequestException: You must set an application cookie name to enable stickiness of type 'app_cookie'"],
    [
      { [COOKIE]: "AWSALBTG2" },
      "ValidationError: 'stickiness.app_cookie.cookie_name' value 'AWSALBTG2' cannot begin with a prefix that is reserved",
    ],
    [{ [COOKIE]: "a;b" }, "contains a character that is not allowed"],
    [{ [COOKIE]: "a\u00e9" }, "contains a character that is not allowed"],
    [{ "stickiness.type": "source_ip" }, "must be one of [app_cookie, lb_cookie]"],
    [{ "stickiness.lb_cookie.duration_seconds": "604801" }, "must be between '1-604800' inclusive"],
    [{ [SLOW]: "29" }, "must be '0' or between '30-900' inclusive"],
    [
      { [SLOW]: "30", [ALGORITHM]: "weighted_random" },
      "InvalidConfigurationRequestException: You cannot enable both slow start and weighted random algorithm on a target group",
    ],
    [{ [SLOW]: "30", [ALGORITHM]: "least_outstanding_requests" }, "both slow start and least outstanding requests algorithm"],
    [{ [`${MINIMUM}.percentage`]: "101" }, "must be 'off' or between '1-100' inclusive"],
    [{ [`${MINIMUM}.count`]: "off" }, "must be between '1-1000' inclusive"],
    [
      { [`${MINIMUM}.count`]: "2" },
      `InvalidConfigurationRequestException: The value of '${IN_NAMES}.count' must be greater than or equal to the value of '${MINIMUM}.count'`,
    ],
    [{ [`${MINIMUM}.percentage`]: "50", [`${IN_NAMES}.percentage`]: "49" }, `The value of '${IN_NAMES}.percentage' must be`],
    [{ "load_balancing.algorithm.anomaly_mitigation": "on" }, "Airfield does not support the value 'on'"],
    [{ "load_balancing.cross_zone.enabled": "off" }, "must be one of [true, false, use_load_balancer_configuration]"],
    [
      { "load_balancing.cross_zone.enabled": "false", "stickiness.enabled": "true" },
      "InvalidConfigurationRequestException: You cannot enable stickiness on a target group while cross-zone load balancing is turned off",
    ],
    [{ "proxy_protocol_v2.enabled": "true" }, "Target group attribute key 'proxy_protocol_v2.enabled' is not recognized"],
  ];
  for (const [changes, message] of refused) expect([changes, await modify(changes)]).toEqual([changes, expect.stringContaining(message)]);
  expect(await described()).toEqual(initial);
});

test("a group that does not cross zones has targets in a zone each", async () => {
  const surroundings = { ownBlocks: [], bridgedBlocks: [], vpcs: [], openedBlocks: ["192.0.2.0/24"] };
  await using api = await apiWorld({ targetSurroundings: () => surroundings });
  const { group: TargetGroupArn } = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const register = (Id: string, AvailabilityZone?: string) =>
    client.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id, AvailabilityZone }] }));
  const turn = (Value: string) =>
    client.send(
      new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes: [{ Key: "load_balancing.cross_zone.enabled", Value }] }),
    );
  await register("192.0.2.2", "all");
  await expect(turn("false")).rejects.toThrow("the Availability Zone of the target '192.0.2.2' is 'all'");
  await client.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: "192.0.2.2" }] }));
  await turn("false");
  await expect(register("192.0.2.3", "all")).rejects.toThrow("The Availability Zone 'all' of the IP address '192.0.2.3' is not valid");
  await expect(register("192.0.2.3", "us-west-2a")).rejects.toThrow("'us-west-2a'");
  await register("192.0.2.3", "us-east-1b");
  await turn("use_load_balancer_configuration");
  await expect(register("192.0.2.4", "us-east-1b")).rejects.toThrow("is outside the VPC");
});

function attributesOf(listed: readonly TargetGroupAttribute[] = []): Attributes {
  return Object.fromEntries(listed.map(({ Key = "", Value = "" }) => [Key, Value]));
}
