import { DescribeSecurityGroupsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { listeners, loadBalancers, targetGroups, targets } from "../../state/elb.ts";
import { localInstanceId } from "../../state/local-host.ts";
import { systemIds } from "../../drivers/system/ids.ts";
import { apiWorld, FOREIGN_ACCOUNT, FOREIGN_KEYS } from "../../testing/api-world.ts";
import { SCOPE, stack } from "../../testing/load-balancer-stack.ts";

const REGION = SCOPE.region;
const forwardTo = (TargetGroupArn: string) => [{ Type: "forward", TargetGroupArn } as const];

/** A world with what the default account has, and the other account with a load balancer, a listener and a group of its own. */
async function twoAccounts() {
  const api = await apiWorld();
  const theirs = await stack(api);
  const { vpc, subnets } = defaultNetwork(api.state, systemIds, { account: FOREIGN_ACCOUNT, region: REGION }, 1);
  const client = api.client(ElasticLoadBalancingV2Client, REGION, FOREIGN_KEYS);
  const Subnets = subnets.map(({ id }) => id);
  const { LoadBalancers } = await client.send(new elb.CreateLoadBalancerCommand({ Name: "mine", Subnets }));
  const { TargetGroups } = await client.send(
    new elb.CreateTargetGroupCommand({ Name: "mine", Protocol: "HTTP", Port: 80, VpcId: vpc.id, TargetType: "ip" }),
  );
  const balancer = LoadBalancers?.[0]?.LoadBalancerArn ?? "";
  const group = TargetGroups?.[0]?.TargetGroupArn ?? "";
  const { Listeners } = await client.send(
    new elb.CreateListenerCommand({ LoadBalancerArn: balancer, Protocol: "HTTP", Port: 80, DefaultActions: forwardTo(group) }),
  );
  const groups = await api.client(EC2Client).send(new DescribeSecurityGroupsCommand());
  const mine = { balancer, group, listener: Listeners?.[0]?.ListenerArn ?? "", vpc: vpc.id, subnets: Subnets };
  return { api, client, theirs: { ...theirs, securityGroup: groups.SecurityGroups?.[0]?.GroupId ?? "" }, mine };
}

type World = Awaited<ReturnType<typeof twoAccounts>>;

/** Every way to name something of another account, and how it is refused. */
const WAYS: readonly (readonly [what: string, code: RegExp, ask: (world: World) => Promise<unknown>])[] = [
  ...(
    [
      ["DescribeListeners", /NotFound/, ({ LoadBalancerArn }) => new elb.DescribeListenersCommand({ LoadBalancerArn })],
      ["DescribeListeners by ARN", /NotFound/, ({ ListenerArn }) => new elb.DescribeListenersCommand({ ListenerArns: [ListenerArn] })],
      ["DescribeRules", /NotFound/, ({ ListenerArn }) => new elb.DescribeRulesCommand({ ListenerArn })],
      ["DescribeRules by ARN", /NotFound/, ({ RuleArn }) => new elb.DescribeRulesCommand({ RuleArns: [RuleArn] })],
      ["DescribeTargetHealth", /NotFound/, ({ TargetGroupArn }) => new elb.DescribeTargetHealthCommand({ TargetGroupArn })],
      [
        "DescribeTargetGroups",
        /NotFound/,
        ({ TargetGroupArn }) => new elb.DescribeTargetGroupsCommand({ TargetGroupArns: [TargetGroupArn] }),
      ],
      ["DescribeTargetGroups of one", /NotFound/, ({ LoadBalancerArn }) => new elb.DescribeTargetGroupsCommand({ LoadBalancerArn })],
      ["DescribeTargetGroups by name", /NotFound/, () => new elb.DescribeTargetGroupsCommand({ Names: ["web-tg"] })],
      [
        "DescribeLoadBalancers",
        /NotFound/,
        ({ LoadBalancerArn }) => new elb.DescribeLoadBalancersCommand({ LoadBalancerArns: [LoadBalancerArn] }),
      ],
      ["DescribeLoadBalancers by name", /NotFound/, () => new elb.DescribeLoadBalancersCommand({ Names: ["web"] })],
      [
        "DescribeLoadBalancerAttributes",
        /NotFound/,
        ({ LoadBalancerArn }) => new elb.DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }),
      ],
      ["DescribeListenerAttributes", /NotFound/, ({ ListenerArn }) => new elb.DescribeListenerAttributesCommand({ ListenerArn })],
      [
        "DescribeTargetGroupAttributes",
        /NotFound/,
        ({ TargetGroupArn }) => new elb.DescribeTargetGroupAttributesCommand({ TargetGroupArn }),
      ],
      ["DescribeTags", /NotFound/, ({ LoadBalancerArn }) => new elb.DescribeTagsCommand({ ResourceArns: [LoadBalancerArn] })],
      [
        "CreateListener",
        /AccessDenied/,
        ({ LoadBalancerArn, own }) =>
          new elb.CreateListenerCommand({ LoadBalancerArn, Protocol: "HTTP", Port: 81, DefaultActions: forwardTo(own.group) }),
      ],
      [
        "CreateListener to a group",
        /NotFound/,
        ({ TargetGroupArn, own }) =>
          new elb.CreateListenerCommand({
            LoadBalancerArn: own.balancer,
            Protocol: "HTTP",
            Port: 81,
            DefaultActions: forwardTo(TargetGroupArn),
          }),
      ],
      [
        "CreateListener to groups, one of them",
        /NotFound/,
        ({ TargetGroupArn, own }) =>
          new elb.CreateListenerCommand({
            LoadBalancerArn: own.balancer,
            Protocol: "HTTP",
            Port: 81,
            DefaultActions: [{ Type: "forward", ForwardConfig: { TargetGroups: [{ TargetGroupArn: own.group }, { TargetGroupArn }] } }],
          }),
      ],
      ["ModifyListener", /AccessDenied/, ({ ListenerArn }) => new elb.ModifyListenerCommand({ ListenerArn, Port: 82 })],
      [
        "ModifyListener to a group",
        /NotFound/,
        ({ TargetGroupArn, own }) =>
          new elb.ModifyListenerCommand({ ListenerArn: own.listener, DefaultActions: forwardTo(TargetGroupArn) }),
      ],
      ["DeleteListener", /AccessDenied/, ({ ListenerArn }) => new elb.DeleteListenerCommand({ ListenerArn })],
      ["DeleteLoadBalancer", /AccessDenied/, ({ LoadBalancerArn }) => new elb.DeleteLoadBalancerCommand({ LoadBalancerArn })],
      ["DeleteTargetGroup", /AccessDenied/, ({ TargetGroupArn }) => new elb.DeleteTargetGroupCommand({ TargetGroupArn })],
      [
        "ModifyTargetGroup",
        /AccessDenied/,
        ({ TargetGroupArn }) => new elb.ModifyTargetGroupCommand({ TargetGroupArn, HealthCheckPath: "/x" }),
      ],
      [
        "RegisterTargets",
        /AccessDenied/,
        ({ TargetGroupArn }) => new elb.RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: "172.31.0.10" }] }),
      ],
      [
        "DeregisterTargets",
        /AccessDenied/,
        ({ TargetGroupArn }) => new elb.DeregisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: "172.31.0.10" }] }),
      ],
      [
        "SetSubnets of one",
        /AccessDenied/,
        ({ LoadBalancerArn, own }) => new elb.SetSubnetsCommand({ LoadBalancerArn, Subnets: own.subnets }),
      ],
      [
        "AddTags",
        /AccessDenied/,
        ({ LoadBalancerArn }) => new elb.AddTagsCommand({ ResourceArns: [LoadBalancerArn], Tags: [{ Key: "a" }] }),
      ],
    ] as readonly (readonly [string, RegExp, (named: Named) => elb.DescribeTagsCommand])[]
  ).map(([what, code, command]) => [what, code, ({ client, theirs, mine }: World) => client.send(command(namedIn(theirs, mine)))] as const),
  [
    "CreateLoadBalancer in subnets",
    /SubnetNotFound/,
    ({ client, theirs }) => client.send(new elb.CreateLoadBalancerCommand({ Name: "x", Subnets: [...theirs.net.subnets] })),
  ],
  [
    "SetSubnets to some",
    /SubnetNotFound/,
    ({ client, theirs, mine }) =>
      client.send(new elb.SetSubnetsCommand({ LoadBalancerArn: mine.balancer, Subnets: [...theirs.net.subnets] })),
  ],
  [
    "CreateLoadBalancer with a security group",
    /InvalidConfigurationRequest/,
    ({ client, theirs, mine }) =>
      client.send(new elb.CreateLoadBalancerCommand({ Name: "x", Subnets: mine.subnets, SecurityGroups: [theirs.securityGroup] })),
  ],
  [
    "SetSecurityGroups",
    /InvalidConfigurationRequest/,
    ({ client, theirs, mine }) =>
      client.send(new elb.SetSecurityGroupsCommand({ LoadBalancerArn: mine.balancer, SecurityGroups: [theirs.securityGroup] })),
  ],
  [
    "CreateTargetGroup in a VPC",
    /ValidationError/,
    ({ client, theirs }) => client.send(new elb.CreateTargetGroupCommand({ Name: "x", Protocol: "HTTP", Port: 80, VpcId: theirs.net.vpc })),
  ],
  [
    "RegisterTargets of an address",
    /InvalidTarget/,
    ({ client, theirs, mine }) =>
      client.send(
        new elb.RegisterTargetsCommand({
          TargetGroupArn: mine.group,
          Targets: [{ Id: theirs.net.addressInVpc, AvailabilityZone: "all" }],
        }),
      ),
  ],
  [
    "RegisterTargets of an instance",
    /InvalidTarget/,
    async ({ client, mine }) => {
      const { TargetGroups } = await client.send(
        new elb.CreateTargetGroupCommand({ Name: "instances", Protocol: "HTTP", Port: 80, VpcId: mine.vpc }),
      );
      const Targets = [{ Id: localInstanceId(SCOPE) }];
      return client.send(new elb.RegisterTargetsCommand({ TargetGroupArn: TargetGroups?.[0]?.TargetGroupArn, Targets }));
    },
  ],
];

interface Named {
  readonly LoadBalancerArn: string;
  readonly ListenerArn: string;
  readonly RuleArn: string;
  readonly TargetGroupArn: string;
  readonly own: World["mine"];
}

function namedIn({ balancer, listener, group }: World["theirs"], own: World["mine"]): Named {
  const RuleArn = `${listener.replace(":listener/", ":listener-rule/")}/0123456789abcdef`;
  return { LoadBalancerArn: balancer, ListenerArn: listener, RuleArn, TargetGroupArn: group, own };
}

test("whatever names something of another account is refused, and nothing is changed there", async () => {
  const world = await twoAccounts();
  await using api = world.api;
  const before = recordsOf(world);
  const answers: unknown[] = [];
  for (const [what, code, ask] of WAYS) {
    const name = await ask(world).then(
      () => "let in",
      (cause: unknown) => (cause as Error).name,
    );
    answers.push([what, code.test(name) ? "refused" : name]);
  }
  expect(answers).toEqual(WAYS.map(([what]) => [what, "refused"]));
  expect(recordsOf(world)).toEqual(before);
  expect(api.defects).toEqual([]);
});

function recordsOf({ api: { state } }: World): unknown {
  const theirs = ({ account }: { readonly account: string }): boolean => account === SCOPE.account;
  return [
    [...state.table(loadBalancers).values()].filter(theirs),
    [...state.table(listeners).values()].filter(theirs),
    [...state.table(targetGroups).values()].filter(theirs),
    [...state.table(targets).values()],
  ];
}
