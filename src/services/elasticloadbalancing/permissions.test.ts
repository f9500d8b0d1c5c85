import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  AddTagsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeleteLoadBalancerCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyTargetGroupCommand,
  RemoveTagsCommand,
  SetSecurityGroupsCommand,
  SetSubnetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { permissionWorld, type Grant } from "../../testing/permission-world.ts";

const elb = (resource: string): string => `arn:aws:elasticloadbalancing:us-east-1:123456789012:${resource}`;
const ID = "0123456789abcdef";
const TAGS = [{ Key: "team", Value: "red" }];
const may = (Action: string | string[], Resource = "*", Condition: Grant["Condition"] = {}): Grant => ({
  Action: [Action].flat().map((name) => `elasticloadbalancing:${name}`),
  Resource,
  Condition,
});
const equals = (key: string, value: string) => ({ StringEquals: { [key]: value } });

/** The load balancer `web` and the target group `web`, both tagged `team=red`. */
async function loadBalancingPermissions() {
  const world = await permissionWorld(ElasticLoadBalancingV2Client);
  const { Subnets = [] } = await world.api.client(EC2Client).send(new DescribeSubnetsCommand({}));
  const made = await world.root.send(
    new CreateLoadBalancerCommand({ Name: "web", Subnets: Subnets.map(({ SubnetId }) => SubnetId!), Tags: TAGS }),
  );
  const { TargetGroups } = await world.root.send(
    new CreateTargetGroupCommand({ Name: "web", Protocol: "HTTP", Port: 80, VpcId: Subnets[0]!.VpcId, TargetType: "ip", Tags: TAGS }),
  );
  return { ...world, LoadBalancerArn: made.LoadBalancers![0]!.LoadBalancerArn!, TargetGroupArn: TargetGroups![0]!.TargetGroupArn! };
}

type World = Awaited<ReturnType<typeof loadBalancingPermissions>>;
type Call = (world: World) => unknown;

async function verdict(call: Call, ...grants: readonly Grant[]): Promise<string> {
  const world = await loadBalancingPermissions();
  await using _world = world;
  const outcome = await world.verdict(world.as(...grants) as never, call(world));
  expect(world.api.defects).toEqual([]);
  return outcome;
}

const listener =
  (more: object = {}): Call =>
  ({ LoadBalancerArn, TargetGroupArn }) =>
    new CreateListenerCommand({
      LoadBalancerArn,
      Protocol: "HTTP",
      Port: 80,
      DefaultActions: [{ Type: "forward", TargetGroupArn }],
      ...more,
    });
const balancer = (more: object = {}) => new CreateLoadBalancerCommand({ Name: "api", Subnets: ["subnet-a", "subnet-b"], ...more });
const group = (more: object = {}) => new CreateTargetGroupCommand({ Name: "api", TargetType: "ip", ...more });
const unsafe = new ModifyListenerCommand({ ListenerArn: elb(`listener/app/web/${ID}/${ID}`), Protocol: "HTTPS", SslPolicy: "old" });

test.each<[string, Call, Grant[]]>([
  [
    "an internal load balancer",
    () => balancer({ Scheme: "internal" }),
    [may("CreateLoadBalancer", elb("loadbalancer/app/*"), equals("elasticloadbalancing:Scheme", "internal"))],
  ],
  ["a network load balancer", () => balancer({ Type: "network" }), [may("CreateLoadBalancer", elb("loadbalancer/net/api/*"))]],
  [
    "a load balancer in its subnets",
    () => balancer(),
    [may("CreateLoadBalancer", "*", { "ForAllValues:StringEquals": { "elasticloadbalancing:Subnet": ["subnet-a", "subnet-b"] } })],
  ],
  [
    "a load balancer with tags",
    () => balancer({ Tags: TAGS }),
    [
      may("CreateLoadBalancer", "*", equals("aws:RequestTag/team", "red")),
      may("AddTags", elb("loadbalancer/app/api/*"), equals("elasticloadbalancing:CreateAction", "CreateLoadBalancer")),
    ],
  ],
  ["a listener of a load balancer with a tag", listener(), [may("CreateListener", "*", equals("aws:ResourceTag/team", "red"))]],
  [
    "a listener of a protocol, with tags",
    listener({ Tags: TAGS }),
    [
      may("CreateListener", elb("loadbalancer/app/web/*"), equals("elasticloadbalancing:ListenerProtocol", "HTTP")),
      may("AddTags", elb("listener/app/web/*")),
    ],
  ],
  ["a target group", () => group(), [may("CreateTargetGroup", elb("targetgroup/api/*"))]],
  [
    "changes of target groups with a tag",
    ({ TargetGroupArn }) => new ModifyTargetGroupCommand({ TargetGroupArn }),
    [may("ModifyTargetGroup", "*", equals("elasticloadbalancing:ResourceTag/team", "red"))],
  ],
  [
    "tags",
    ({ LoadBalancerArn }) => new AddTagsCommand({ ResourceArns: [LoadBalancerArn], Tags: TAGS }),
    [may("AddTags", elb("loadbalancer/app/web/*"), equals("aws:RequestTag/team", "red"))],
  ],
  ["descriptions, of all", ({ LoadBalancerArn }) => new DescribeTagsCommand({ ResourceArns: [LoadBalancerArn] }), [may("DescribeTags")]],
])("who may have %s has it", async (_what, call, grants) => {
  expect(await verdict(call, ...grants)).toBe("allowed");
});

test.each<[string, Call, string, Grant[]]>([
  [
    "an internet-facing load balancer, which is the default",
    () => balancer(),
    `elasticloadbalancing:CreateLoadBalancer on resource: ${elb("loadbalancer/app/api/*")}`,
    [may("CreateLoadBalancer", "*", equals("elasticloadbalancing:Scheme", "internal"))],
  ],
  [
    "a load balancer in other subnets",
    () => balancer(),
    "CreateLoadBalancer",
    [may("CreateLoadBalancer", "*", { "ForAllValues:StringEquals": { "elasticloadbalancing:Subnet": ["subnet-a"] } })],
  ],
  [
    "other subnets",
    ({ LoadBalancerArn }) => new SetSubnetsCommand({ LoadBalancerArn, SubnetMappings: [{ SubnetId: "subnet-b" }] }),
    "SetSubnets",
    [may("SetSubnets", "*", { "ForAllValues:StringEquals": { "elasticloadbalancing:Subnet": ["subnet-a"] } })],
  ],
  [
    "other security groups",
    ({ LoadBalancerArn }) => new SetSecurityGroupsCommand({ LoadBalancerArn, SecurityGroups: ["sg-b"] }),
    "SetSecurityGroups",
    [may("SetSecurityGroups", "*", { "ForAllValues:StringEquals": { "elasticloadbalancing:SecurityGroup": ["sg-a"] } })],
  ],
  [
    "a load balancer with tags, without leave to tag",
    () => balancer({ Tags: TAGS }),
    `elasticloadbalancing:AddTags on resource: ${elb("loadbalancer/app/api/*")}`,
    [may("CreateLoadBalancer"), may("AddTags", "*", equals("elasticloadbalancing:CreateAction", "CreateTargetGroup"))],
  ],
  [
    "a listener of another load balancer",
    listener(),
    "elasticloadbalancing:CreateListener",
    [may("CreateListener", elb("loadbalancer/app/api/*"))],
  ],
  [
    "a listener without TLS",
    listener(),
    "elasticloadbalancing:CreateListener",
    [may("CreateListener", "*", equals("elasticloadbalancing:ListenerProtocol", "HTTPS"))],
  ],
  [
    "a listener with an old security policy",
    () => unsafe,
    "elasticloadbalancing:ModifyListener",
    [may("ModifyListener", "*", equals("elasticloadbalancing:SecurityPolicy", "ELBSecurityPolicy-TLS13-1-2-2021-06"))],
  ],
  ["another target group", () => group(), "CreateTargetGroup", [may("CreateTargetGroup", elb("targetgroup/web/*"))]],
  [
    "a load balancer with another tag",
    ({ LoadBalancerArn }) => new DeleteLoadBalancerCommand({ LoadBalancerArn }),
    "DeleteLoadBalancer",
    [may("DeleteLoadBalancer", "*", equals("aws:ResourceTag/team", "blue"))],
  ],
  [
    "other tags",
    ({ LoadBalancerArn }) => new RemoveTagsCommand({ ResourceArns: [LoadBalancerArn], TagKeys: ["team"] }),
    "RemoveTags",
    [may("RemoveTags", "*", { "ForAllValues:StringEquals": { "aws:TagKeys": "owner" } })],
  ],
  [
    "attributes of one group, since describing is for all",
    ({ TargetGroupArn }) => new DescribeTargetGroupAttributesCommand({ TargetGroupArn }),
    "DescribeTargetGroupAttributes on resource: *",
    [may("DescribeTargetGroupAttributes", elb("targetgroup/*"))],
  ],
])("who may not have %s is refused", async (_what, call, text, grants) => {
  expect(await verdict(call, ...grants)).toContain(text);
});
