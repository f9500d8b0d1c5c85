import {
  CreateFlowLogsCommand,
  CreateTagsCommand,
  DeleteFlowLogsCommand,
  DescribeFlowLogsCommand,
  type CreateFlowLogsCommandInput,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { DEFAULT_FLOW_FORMAT } from "../../../domain/flow-log-format.ts";
import { networkWorld } from "../../../testing/network-world.ts";

const ROLE = "arn:aws:iam::123456789012:role/flow";

async function world() {
  const api = await networkWorld();
  const { vpc, subnets } = api.network();
  const create = (more: Partial<CreateFlowLogsCommandInput> = {}, client = api.client) =>
    client.send(
      new CreateFlowLogsCommand({
        ...{ ResourceType: "VPC", ResourceIds: [vpc.id], TrafficType: "ALL", LogGroupName: "flows", DeliverLogsPermissionArn: ROLE },
        ...more,
      }),
    );
  const shown = async (input = {}, client = api.client) => (await client.send(new DescribeFlowLogsCommand(input))).FlowLogs ?? [];
  return { ...api, vpc, subnets, create, shown };
}

test("a flow log is made with tags, shown, found by filters, tagged and deleted", async () => {
  await using api = await world();
  const Tags = [{ Key: "Name", Value: "all" }];
  const made = await api.create({ TagSpecifications: [{ ResourceType: "vpc-flow-log", Tags }], MaxAggregationInterval: 60 });
  expect(made).toMatchObject({ FlowLogIds: [expect.stringMatching(/^fl-[0-9a-f]{17}$/)], Unsuccessful: [] });
  const id = made.FlowLogIds![0]!;
  expect(await api.shown()).toEqual([
    {
      FlowLogId: id,
      FlowLogStatus: "ACTIVE",
      CreationTime: expect.any(Date) as Date,
      ResourceId: api.vpc.id,
      TrafficType: "ALL",
      LogFormat: DEFAULT_FLOW_FORMAT,
      MaxAggregationInterval: 60,
      LogDestinationType: "cloud-watch-logs",
      DeliverLogsStatus: "SUCCESS",
      LogGroupName: "flows",
      DeliverLogsPermissionArn: ROLE,
      Tags,
    },
  ]);
  for (const [Name, value, other] of [
    ["flow-log-id", id, "fl-1"],
    ["resource-id", api.vpc.id, "vpc-1"],
    ["traffic-type", "ALL", "REJECT"],
    ["log-destination-type", "cloud-watch-logs", "s3"],
    ["log-group-name", "flows", "other"],
    ["deliver-log-status", "SUCCESS", "FAILED"],
    ["tag:Name", "all", "none"],
  ] as const) {
    expect(await api.shown({ Filter: [{ Name, Values: [value] }] })).toHaveLength(1);
    expect(await api.shown({ Filter: [{ Name, Values: [other] }] })).toEqual([]);
  }
  await api.client.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: "step", Value: "2" }] }));
  expect((await api.shown({ FlowLogIds: [id] }))[0]?.Tags).toHaveLength(2);
  await api.client.send(new DeleteFlowLogsCommand({ FlowLogIds: [id] }));
  expect(await api.shown()).toEqual([]);
});

test.each([
  [{ TrafficType: undefined }, "MissingParameter", "TrafficType"],
  [
    { DeliverLogsPermissionArn: undefined },
    "InvalidParameter",
    "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.",
  ],
  [{ DeliverLogsPermissionArn: "flow" }, "InvalidParameter", "Invalid DeliverLogsPermissionArn"],
  [{ DeliverLogsPermissionArn: "arn:aws:iam::210987654321:role/flow" }, "UnauthorizedOperation", "iam:PassRole"],
  [{ LogGroupName: undefined }, "InvalidParameter", "LogDestination can't be empty if LogGroupName is not provided."],
  [{ LogGroupName: "a:b" }, "InvalidParameter", "a:b"],
  [
    { LogGroupName: undefined, LogDestination: "arn:aws:logs:us-east-1:210987654321:log-group:flows" },
    "UnsupportedOperation",
    "another account",
  ],
  [{ LogDestinationType: "kinesis-data-firehose" as const }, "UnsupportedOperation", "kinesis-data-firehose"],
  [{ LogDestinationType: "s3" as const }, "InvalidParameter", "LogDestination type must be cloud-watch-logs if LogGroupName is provided."],
  [{ MaxAggregationInterval: 61 }, "InvalidParameter", "Invalid Flow Log Max Aggregation Interval"],
  [{ LogFormat: "${version} ${colour}" }, "InvalidParameter", "colour"],
  [{ LogFormat: "version" }, "InvalidParameter", "version"],
  [{ ResourceIds: ["vpc-0123456789abcdef0"] }, "InvalidVpcID.NotFound", "vpc-0123456789abcdef0"],
  [{ ResourceType: "Subnet" as const }, "InvalidSubnetID.NotFound", "does not exist"],
  [{ ResourceType: "TransitGateway" as const }, "UnsupportedOperation", "TransitGateway"],
  [{ DeliverCrossAccountRole: ROLE }, "UnsupportedOperation", "DeliverCrossAccountRole"],
] satisfies [Partial<Record<keyof CreateFlowLogsCommandInput, unknown>>, string, string][])(
  "%o is refused: %s",
  async (more, name, text) => {
    await using api = await world();
    await expect(api.create(more as Partial<CreateFlowLogsCommandInput>)).rejects.toMatchObject({
      name,
      message: expect.stringContaining(text) as string,
    });
    expect(await api.shown()).toEqual([]);
  },
);

test("a group that was named by its ARN is shown by both", async () => {
  await using api = await world();
  const LogDestination = "arn:aws:logs:us-east-1:123456789012:log-group:flows";
  await api.create({ LogGroupName: undefined, LogDestination });
  expect(await api.shown()).toMatchObject([{ LogGroupName: "flows", LogDestination }]);
  await expect(api.create()).rejects.toMatchObject({ name: "FlowLogAlreadyExists" });
});

test("a bucket that nobody has named is told at once", async () => {
  await using api = await world();
  const asked = { LogGroupName: undefined, DeliverLogsPermissionArn: undefined, LogDestinationType: "s3" as const };
  await expect(api.create({ ...asked, LogDestination: "arn:aws:s3:::logs/flows" })).rejects.toMatchObject({
    name: "InvalidParameter",
    message: expect.stringContaining("Access Denied for LogDestination: logs") as string,
  });
  await expect(api.create({ ...asked, LogDestination: "arn:aws:s3:::logs/../x" })).rejects.toMatchObject({ name: "InvalidParameter" });
  await expect(api.create({ ...asked, LogDestination: "arn:aws:s3:::logs/AWSLogs" })).rejects.toMatchObject({ name: "InvalidParameter" });
});

test("the same again is refused, by the same token it is the same one, and another traffic type is another one", async () => {
  await using api = await world();
  const first = await api.create({ ClientToken: "once" });
  expect(await api.create({ ClientToken: "once" })).toMatchObject({ FlowLogIds: first.FlowLogIds, ClientToken: "once" });
  await expect(api.create({ ClientToken: "once", TrafficType: "REJECT" })).rejects.toMatchObject({ name: "IdempotentParameterMismatch" });
  await expect(api.create()).rejects.toMatchObject({
    name: "FlowLogAlreadyExists",
    message: "Error. There is an existing Flow Log with the same configuration and log destination.",
  });
  await api.create({ TrafficType: "REJECT" });
  await expect(api.create({ TrafficType: "ACCEPT" })).rejects.toMatchObject({ name: "FlowLogsLimitExceeded" });
  const subnet = api.subnets[0]!.id;
  expect(await api.create({ ResourceType: "Subnet", ResourceIds: [subnet, "subnet-0123456789abcdef0"] })).toMatchObject({
    FlowLogIds: [expect.any(String)],
    Unsuccessful: [{ ResourceId: "subnet-0123456789abcdef0", Error: { Code: "InvalidSubnetID.NotFound" } }],
  });
});

test("another account has nothing of it", async () => {
  await using api = await world();
  const [id = ""] = (await api.create()).FlowLogIds ?? [];
  expect(await api.shown({}, api.foreign)).toEqual([]);
  await expect(api.shown({ FlowLogIds: [id] }, api.foreign)).rejects.toMatchObject({ name: "InvalidFlowLogId.NotFound" });
  await expect(api.foreign.send(new DeleteFlowLogsCommand({ FlowLogIds: [id] }))).rejects.toMatchObject({
    name: "InvalidFlowLogId.NotFound",
    message: `These flow log ids in the input list are not found: [TotalCount: 1] ${id}`,
  });
  await expect(api.create({ DeliverLogsPermissionArn: "arn:aws:iam::210987654321:role/flow" }, api.foreign)).rejects.toMatchObject({
    name: expect.stringMatching(/NotFound|UnsupportedOperation/) as string,
  });
  expect(await api.shown()).toHaveLength(1);
});
