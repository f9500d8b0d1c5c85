import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { ElasticLoadBalancingV2Client, type RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, test } from "vitest";
import { apiWorld, type ApiWorld } from "../../testing/api-world.ts";
import { stack } from "../../testing/load-balancer-stack.ts";

const PATH: RuleCondition = { Field: "path-pattern", Values: ["/api/*"] };
const FIXED = { Type: "fixed-response", FixedResponseConfig: { StatusCode: "404" } } as const;

async function world(api: ApiWorld) {
  const made = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const create = async (Priority: number, conditions: readonly RuleCondition[] = [PATH], actions: readonly elb.Action[] = [FIXED]) => {
    const input = { ListenerArn: made.listener, Priority, Conditions: [...conditions], Actions: [...actions] };
    return (await client.send(new elb.CreateRuleCommand(input))).Rules?.[0];
  };
  const priorities = async () =>
    (await client.send(new elb.DescribeRulesCommand({ ListenerArn: made.listener }))).Rules?.map(({ Priority }) => Priority);
  return { ...made, client, create, priorities };
}

test("rules are described in the order of their priorities, the default one last, over pages", async () => {
  await using api = await apiWorld();
  const { client, create, priorities, listener } = await world(api);
  for (const priority of [300, 20, 1000]) await create(priority);
  expect(await priorities()).toEqual(["20", "300", "1000", "default"]);
  const first = await client.send(new elb.DescribeRulesCommand({ ListenerArn: listener, PageSize: 3 }));
  expect(first.Rules).toHaveLength(3);
  const second = await client.send(new elb.DescribeRulesCommand({ ListenerArn: listener, PageSize: 3, Marker: first.NextMarker }));
  expect(second.Rules?.map(({ IsDefault }) => IsDefault)).toEqual([true]);
});

test("a rule is made, changed, tagged and deleted; its target group is in use meanwhile", async () => {
  await using api = await apiWorld();
  const { client, create, group, net, balancer } = await world(api);
  const other = await client.send(
    new elb.CreateTargetGroupCommand({ Name: "other", Protocol: "HTTP", Port: 80, VpcId: net.vpc, TargetType: "ip" }),
  );
  const otherArn = other.TargetGroups?.[0]?.TargetGroupArn ?? "";
  const rule = await create(
    5,
    [PATH, { Field: "source-ip", SourceIpConfig: { Values: ["10.0.0.0/8"] } }],
    [{ Type: "forward", TargetGroupArn: otherArn }],
  );
  expect(rule).toMatchObject({
    Priority: "5",
    IsDefault: false,
    Conditions: [
      { Field: "path-pattern", Values: ["/api/*"], PathPatternConfig: { Values: ["/api/*"] } },
      { Field: "source-ip", SourceIpConfig: { Values: ["10.0.0.0/8"] } },
    ],
    Actions: [{ Type: "forward", TargetGroupArn: otherArn }],
  });
  const { TargetGroups } = await client.send(new elb.DescribeTargetGroupsCommand({ LoadBalancerArn: balancer }));
  expect(TargetGroups?.map(({ TargetGroupArn, LoadBalancerArns }) => [TargetGroupArn, LoadBalancerArns])).toEqual(
    [group, otherArn].toSorted().map((arn) => [arn, [balancer]]),
  );
  await expect(client.send(new elb.DeleteTargetGroupCommand({ TargetGroupArn: otherArn }))).rejects.toMatchObject({
    name: "ResourceInUseException",
  });
  const RuleArn = rule?.RuleArn ?? "";
  await client.send(new elb.AddTagsCommand({ ResourceArns: [RuleArn], Tags: [{ Key: "k", Value: "v" }] }));
  const tags = await client.send(new elb.DescribeTagsCommand({ ResourceArns: [RuleArn] }));
  expect(tags.TagDescriptions?.[0]?.Tags).toEqual([{ Key: "k", Value: "v" }]);
  const { Rules } = await client.send(new elb.ModifyRuleCommand({ RuleArn, Actions: [FIXED] }));
  expect(Rules?.[0]).toMatchObject({ RuleArn, Priority: "5", Conditions: rule?.Conditions, Actions: [{ Type: "fixed-response" }] });
  await client.send(new elb.DeleteTargetGroupCommand({ TargetGroupArn: otherArn }));
  await client.send(new elb.DeleteRuleCommand({ RuleArn }));
  await expect(client.send(new elb.DescribeRulesCommand({ RuleArns: [RuleArn] }))).rejects.toMatchObject({ name: "RuleNotFoundException" });
});

test("priorities are set all or none, and may be exchanged", async () => {
  await using api = await apiWorld();
  const { client, create, priorities } = await world(api);
  const [one, two, three] = [await create(1), await create(2), await create(3)];
  const set = (...wanted: readonly (readonly [string | undefined, number])[]) =>
    client.send(new elb.SetRulePrioritiesCommand({ RulePriorities: wanted.map(([RuleArn, Priority]) => ({ RuleArn, Priority })) }));
  await set([one?.RuleArn, 2], [two?.RuleArn, 1]);
  const { Rules } = await client.send(new elb.DescribeRulesCommand({ RuleArns: [one?.RuleArn ?? "", two?.RuleArn ?? ""] }));
  expect(Rules?.map(({ RuleArn }) => RuleArn)).toEqual([two?.RuleArn, one?.RuleArn]);
  await expect(set([one?.RuleArn, 7], [two?.RuleArn, 3])).rejects.toMatchObject({
    name: "PriorityInUseException",
    message: "Priority '3' is currently in use",
  });
  await expect(set([one?.RuleArn, 8], [three?.RuleArn, 8])).rejects.toMatchObject({ name: "PriorityInUseException" });
  expect(await priorities()).toEqual(["1", "2", "3", "default"]);
});

test("transforms are described, kept by other changes, changed and reset", async () => {
  await using api = await apiWorld();
  const { client, listener } = await world(api);
  const rewrite = (Regex: string, Replace: string) => ({ Rewrites: [{ Regex, Replace }] });
  const url = { Type: "url-rewrite", UrlRewriteConfig: rewrite("^/a/(.*)$", "/b/$1") } as const;
  const host = { Type: "host-header-rewrite", HostHeaderRewriteConfig: rewrite("^x", "y") } as const;
  const input = { ListenerArn: listener, Priority: 1, Conditions: [PATH], Actions: [FIXED], Transforms: [url, host] };
  const { Rules } = await client.send(new elb.CreateRuleCommand(input));
  expect(Rules?.[0]?.Transforms).toEqual([url, host]);
  const RuleArn = Rules?.[0]?.RuleArn ?? "";
  const modified = async (more: object) => (await client.send(new elb.ModifyRuleCommand({ RuleArn, ...more }))).Rules?.[0]?.Transforms;
  expect(await modified({ Actions: [FIXED] })).toEqual([url, host]);
  expect(await modified({ Transforms: [url] })).toEqual([url]);
  await expect(modified({ Transforms: [url], ResetTransforms: true })).rejects.toMatchObject({ name: "ValidationError" });
  expect(await modified({ ResetTransforms: true })).toEqual([]);
  const shown = await client.send(new elb.DescribeRulesCommand({ ListenerArn: listener }));
  expect(shown.Rules?.map(({ Transforms }) => Transforms)).toEqual([[], []]);
});

describe("transforms are refused", () => {
  const url = (Regex: string, Replace: string, ...more: readonly object[]) => ({
    Type: "url-rewrite",
    UrlRewriteConfig: { Rewrites: [{ Regex, Replace }, ...more] },
  });
  const host = (Regex: string, Replace: string) => ({
    Type: "host-header-rewrite",
    HostHeaderRewriteConfig: { Rewrites: [{ Regex, Replace }] },
  });
  test.each<[string, readonly object[]]>([
    ["Value null at 'transforms.1.member.type'", [{ UrlRewriteConfig: { Rewrites: [] } }]],
    ["Member must satisfy enum value set", [{ Type: "upper-case" }]],
    ["A rule can only have one 'url-rewrite' transform", [url("a", "b"), url("c", "d")]],
    ["You cannot provide 'HostHeaderRewriteConfig' for a transform of type 'url-rewrite'", [{ ...host("a", "b"), ...url("a", "b") }]],
    ["must have exactly one rewrite", [{ Type: "url-rewrite" }]],
    ["must have exactly one rewrite", [url("a", "b", { Regex: "c", Replace: "d" })]],
    ["uses a lookaround", [url("a(?=b)", "c")]],
    ["cannot be longer than '1024' characters", [url("a".repeat(1025), "b")]],
    ["cannot be longer than '1024' characters", [url("a", "b".repeat(1025))]],
    ["cannot have more than '6' capture groups", [url("(.)(.)(.)(.)(.)(.)(.)", "$1")]],
    ["refers to a capture group that the regex does not have", [url("(a)", "$2")]],
    ["contains a character that is not allowed", [url("a", "/b c")]],
    ["contains a character that is not allowed", [url("a", "/b#c")]],
    ["is not a valid host name", [host("a", "b/c")]],
  ])("%s", async (message, Transforms) => {
    await using api = await apiWorld();
    const { client, listener, priorities } = await world(api);
    const input = { ListenerArn: listener, Priority: 1, Conditions: [PATH], Actions: [FIXED], Transforms: [...Transforms] };
    await expect(client.send(new elb.CreateRuleCommand(input as elb.CreateRuleInput))).rejects.toMatchObject({
      name: "ValidationError",
      message: expect.stringContaining(message) as string,
    });
    expect(await priorities()).toEqual(["default"]);
  });
});

test("regular expressions stand where values do", async () => {
  await using api = await apiWorld();
  const { create } = await world(api);
  const header = { HttpHeaderName: "X-A", RegexValues: ["^a+$"] };
  const rule = await create(1, [
    { Field: "host-header", RegexValues: ["^a\\.b$"] },
    { Field: "path-pattern", PathPatternConfig: { RegexValues: ["^/(x|y)"] } },
    { Field: "http-header", HttpHeaderConfig: header },
  ]);
  expect(rule?.Conditions).toEqual([
    { Field: "host-header", RegexValues: ["^a\\.b$"], HostHeaderConfig: { RegexValues: ["^a\\.b$"] } },
    { Field: "path-pattern", RegexValues: ["^/(x|y)"], PathPatternConfig: { RegexValues: ["^/(x|y)"] } },
    { Field: "http-header", HttpHeaderConfig: header },
  ]);
});

test("a forward is sticky for as long as it says", async () => {
  await using api = await apiWorld();
  const { create, group } = await world(api);
  const forward = (TargetGroupStickinessConfig: elb.TargetGroupStickinessConfig): elb.Action => ({
    Type: "forward",
    ForwardConfig: { TargetGroups: [{ TargetGroupArn: group, Weight: 1 }], TargetGroupStickinessConfig },
  });
  const made = await create(1, [PATH], [forward({ Enabled: true, DurationSeconds: 60 })]);
  expect(made?.Actions?.[0]?.ForwardConfig?.TargetGroupStickinessConfig).toEqual({ Enabled: true, DurationSeconds: 60 });
  for (const wrong of [{ Enabled: true }, { Enabled: true, DurationSeconds: 0 }, { Enabled: true, DurationSeconds: 604_801 }])
    await expect(create(2, [PATH], [forward(wrong)])).rejects.toMatchObject({ name: "ValidationError" });
});

test.each([
  ["Redirect path '/#{query}' cannot contain '#{query}'", { Path: "/#{query}" }],
  ["Redirect host '#{port}' cannot contain '#{port}'", { Host: "#{port}" }],
  ["Redirect query '#{user}' cannot contain '#{user}'", { Query: "#{user}" }],
])("%s", async (message, config) => {
  await using api = await apiWorld();
  const { create } = await world(api);
  const action = { Type: "redirect", RedirectConfig: { StatusCode: "HTTP_301", ...config } } as const;
  await expect(create(1, [PATH], [action])).rejects.toMatchObject({ name: "ValidationError", message });
});

test("a listener takes its rules with it, and so does a load balancer", async () => {
  await using api = await apiWorld();
  const { client, create, listener, group } = await world(api);
  await create(1, [PATH], [{ Type: "forward", TargetGroupArn: group }]);
  await client.send(new elb.DeleteListenerCommand({ ListenerArn: listener }));
  await client.send(new elb.DeleteTargetGroupCommand({ TargetGroupArn: group }));
  expect(api.defects).toEqual([]);
});

test("the default rule is the listener's own", async () => {
  await using api = await apiWorld();
  const { client, listener } = await world(api);
  const { Rules } = await client.send(new elb.DescribeRulesCommand({ ListenerArn: listener }));
  const RuleArn = Rules?.[0]?.RuleArn ?? "";
  const done = { name: "OperationNotPermittedException" };
  await expect(client.send(new elb.DeleteRuleCommand({ RuleArn }))).rejects.toMatchObject(done);
  await expect(client.send(new elb.ModifyRuleCommand({ RuleArn, Actions: [FIXED] }))).rejects.toMatchObject(done);
});

describe("conditions are refused", () => {
  const header = (HttpHeaderName: string, ...Values: string[]): RuleCondition => ({
    Field: "http-header",
    HttpHeaderConfig: { HttpHeaderName, Values },
  });
  test.each<[string, readonly RuleCondition[]]>([
    ["Value '[]' at 'conditions' failed to satisfy constraint: Member must have length greater than or equal to 1", []],
    ["A condition field must be specified", [{ Values: ["/"] }]],
    ["Condition field 'cookie' must be one of", [{ Field: "cookie", Values: ["x"] }]],
    ["A rule can only have '5' condition values", [{ Field: "path-pattern", Values: ["/1", "/2", "/3", "/4", "/5", "/6"] }]],
    ["A rule can only have '5' condition wildcards", [{ Field: "path-pattern", Values: ["/*/*/*", "/*?*"] }]],
    ["A rule can only have one 'path-pattern' condition", [PATH, PATH]],
    [
      "You cannot provide both Values and 'HostHeaderConfig' for a condition of type 'host-header'",
      [{ Field: "host-header", Values: ["a"], HostHeaderConfig: { Values: ["a"] } }],
    ],
    ["You cannot provide 'HostHeaderConfig' for a condition of type", [{ Field: "path-pattern", HostHeaderConfig: { Values: ["a"] } }]],
    ["is not valid for a condition of type 'host-header'", [{ Field: "host-header", Values: ["a b"] }]],
    ["is not valid for a condition of type 'path-pattern'", [{ Field: "path-pattern", Values: ["/ä"] }]],
    [
      "is not valid for a condition of type 'http-request-method'",
      [{ Field: "http-request-method", HttpRequestMethodConfig: { Values: ["get"] } }],
    ],
    ["is not valid for a condition of type 'source-ip'", [{ Field: "source-ip", SourceIpConfig: { Values: ["10.0.0.0/33"] } }]],
    ["is not valid for a condition of type 'source-ip'", [{ Field: "source-ip", SourceIpConfig: { Values: ["10.0.0.1"] } }]],
    ["is not valid for a condition of type 'source-ip'", [{ Field: "source-ip", SourceIpConfig: { Values: ["255.255.255.255/32"] } }]],
    ["is not valid for a condition of type 'http-header'", [header("x y", "1")]],
    ["is not valid for a condition of type 'http-header'", [header("x", "a\nb")]],
    ["use a host-header condition", [header("Host", "a")]],
    ["must have at least one value", [{ Field: "query-string", QueryStringConfig: { Values: [] } }]],
    ["uses a backreference", [{ Field: "path-pattern", PathPatternConfig: { RegexValues: ["(a)\\1"] } }]],
    ["cannot be longer than '128' characters", [{ Field: "path-pattern", RegexValues: ["a".repeat(129)] }]],
    ["must have at least one value", [{ Field: "path-pattern", RegexValues: [] }]],
    ["You cannot provide both Values and RegexValues", [{ Field: "path-pattern", Values: ["/a"], RegexValues: ["/a"] }]],
    [
      "You cannot provide both RegexValues and 'PathPatternConfig'",
      [{ Field: "path-pattern", RegexValues: ["/a"], PathPatternConfig: { RegexValues: ["/b"] } }],
    ],
    ["You cannot provide RegexValues for a condition of type 'source-ip'", [{ Field: "source-ip", RegexValues: ["1"] }]],
    ["A rule can only have '5' condition values", [{ Field: "path-pattern", RegexValues: ["1", "2", "3", "4", "5", "6"] }]],
  ])("%s", async (message, conditions) => {
    await using api = await apiWorld();
    const { create } = await world(api);
    await expect(create(1, conditions)).rejects.toMatchObject({
      name: "ValidationError",
      message: expect.stringContaining(message) as string,
    });
  });

  test("and so are a priority that is taken, and a hundred and first rule", async () => {
    await using api = await apiWorld();
    const { create } = await world(api);
    for (let priority = 1; priority <= 100; priority += 1) await create(priority);
    await expect(create(1)).rejects.toMatchObject({ name: "PriorityInUseException", message: "Priority '1' is currently in use" });
    await expect(create(101)).rejects.toMatchObject({ name: "TooManyRulesException" });
  });
});
