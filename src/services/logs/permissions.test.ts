import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogStreamCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  ListTagsForResourceCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { expect, test } from "vitest";
import { sqliteLogStore } from "../../drivers/sqlite/log-store.ts";
import { permissionWorld, type Grant } from "../../testing/permission-world.ts";

const logs = (resource: string): string => `arn:aws:logs:us-east-1:123456789012:${resource}`;
const GROUP = logs("log-group:/ecs/web");
const logGroupName = "/ecs/web";
const may = (Action: string | string[], Resource = "*", Condition: Grant["Condition"] = {}): Grant => ({
  Action: [Action].flat().map((name) => `logs:${name}`),
  Resource,
  Condition,
});
const equals = (key: string, value: string) => ({ StringEquals: { [key]: value } });

/** A user with these grants asks, where the group `/ecs/web` is tagged `team=red`. */
async function verdict(command: unknown, ...grants: readonly Grant[]): Promise<string> {
  await using world = await permissionWorld(CloudWatchLogsClient, { logs: sqliteLogStore(":memory:") });
  await world.root.send(new CreateLogGroupCommand({ logGroupName, tags: { team: "red" } }));
  const outcome = await world.verdict(world.as(...grants) as never, command);
  expect(world.api.defects).toEqual([]);
  return outcome;
}

const retention = new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 7 });
const stream = new CreateLogStreamCommand({ logGroupName, logStreamName: "web/1" });
const tagging = new TagResourceCommand({ resourceArn: GROUP, tags: { team: "red" } });
const newGroup = (tags?: Record<string, string>) => new CreateLogGroupCommand({ logGroupName: "/ecs/api", ...(tags ? { tags } : {}) });

test.each<[string, unknown, Grant[]]>([
  ["a group by its ARN and :*", retention, [may("PutRetentionPolicy", `${GROUP}:*`)]],
  ["groups by a prefix", retention, [may("PutRetentionPolicy", logs("log-group:/ecs/*"))]],
  ["groups with a tag", retention, [may("PutRetentionPolicy", "*", equals("aws:ResourceTag/team", "red"))]],
  ["a stream by a prefix", stream, [may("CreateLogStream", `${GROUP}:log-stream:web/*`)]],
  ["streams of a group", new DescribeLogStreamsCommand({ logGroupName }), [may("DescribeLogStreams", `${GROUP}:*`)]],
  [
    "streams of a group by its ARN",
    new DescribeLogStreamsCommand({ logGroupIdentifier: GROUP }),
    [may("DescribeLogStreams", `${GROUP}:*`)],
  ],
  ["the list of groups", new DescribeLogGroupsCommand({}), [may("DescribeLogGroups", logs("log-group:*"))]],
  ["a new group", newGroup(), [may("CreateLogGroup", logs("log-group:/ecs/api:*"))]],
  [
    "a new group with tags",
    newGroup({ team: "red" }),
    [may("CreateLogGroup", "*", equals("aws:RequestTag/team", "red")), may("TagResource", logs("log-group:/ecs/api"))],
  ],
  ["tags by the ARN alone", tagging, [may("TagResource", GROUP, equals("aws:RequestTag/team", "red"))]],
])("who may have %s has it", async (_what, command, grants) => {
  expect(await verdict(command, ...grants)).toBe("allowed");
});

test.each<[string, unknown, string, Grant[]]>([
  [
    "a group by its ARN without :*",
    retention,
    `logs:PutRetentionPolicy on resource: ${GROUP}:log-stream:`,
    [may("PutRetentionPolicy", GROUP)],
  ],
  ["another group", retention, "logs:PutRetentionPolicy", [may("PutRetentionPolicy", logs("log-group:/ecs/api:*"))]],
  [
    "groups with another tag",
    retention,
    "logs:PutRetentionPolicy",
    [may("PutRetentionPolicy", "*", equals("aws:ResourceTag/team", "blue"))],
  ],
  [
    "another stream",
    stream,
    `logs:CreateLogStream on resource: ${GROUP}:log-stream:web/1`,
    [may("CreateLogStream", `${GROUP}:log-stream:api/*`)],
  ],
  [
    "a stream of another group gone",
    new DeleteLogStreamCommand({ logGroupName, logStreamName: "web/1" }),
    "logs:DeleteLogStream",
    [may("DeleteLogStream", logs("log-group:/ecs/api:*"))],
  ],
  [
    "the list of all groups",
    new DescribeLogGroupsCommand({}),
    `logs:DescribeLogGroups on resource: ${logs("log-group::log-stream:")}`,
    [may("DescribeLogGroups", logs("log-group:/ecs/*"))],
  ],
  [
    "a new group with tags, without leave to tag",
    newGroup({ team: "red" }),
    `logs:TagResource on resource: ${logs("log-group:/ecs/api")}`,
    [may("CreateLogGroup")],
  ],
  [
    "other tags gone",
    new UntagResourceCommand({ resourceArn: GROUP, tagKeys: ["team"] }),
    "logs:UntagResource",
    [may("UntagResource", GROUP, { "ForAllValues:StringEquals": { "aws:TagKeys": "owner" } })],
  ],
  [
    "tags by the ARN and :*",
    new ListTagsForResourceCommand({ resourceArn: GROUP }),
    "logs:ListTagsForResource",
    [may("ListTagsForResource", `${GROUP}:*`)],
  ],
])("who may not have %s is refused", async (_what, command, text, grants) => {
  expect(await verdict(command, ...grants)).toContain(text);
});
