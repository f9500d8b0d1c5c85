import { CreateFlowLogsCommand, DeleteFlowLogsCommand, DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { permissionWorld, type Grant } from "../../../testing/permission-world.ts";

const ROLE = "arn:aws:iam::123456789012:role/flow";
const ec2 = (resource: string): string => `arn:aws:ec2:us-east-1:123456789012:${resource}`;
const grant = (Action: string, Resource: string, Condition: Grant["Condition"] = {}): Grant => ({ Action: [Action], Resource, Condition });
const passed = (service: string): Grant => grant("iam:PassRole", ROLE, { StringEquals: { "iam:PassedToService": service } });
const FLOW_LOGS = "vpc-flow-logs.amazonaws.com";
const Tags = [{ Key: "team", Value: "red" }];

interface Case {
  readonly tagged?: boolean;
  readonly grants: (vpc: string) => readonly Grant[];
}

const MADE = (vpc: string): readonly Grant[] => [
  grant("ec2:CreateFlowLogs", ec2("vpc-flow-log/*")),
  grant("ec2:CreateFlowLogs", ec2(`vpc/${vpc}`)),
];

test.each<[string, Case, boolean]>([
  ["both, and the role", { grants: (vpc) => [...MADE(vpc), passed(FLOW_LOGS)] }, true],
  ["both, and not the role", { grants: MADE }, false],
  ["both, and the role for others", { grants: (vpc) => [...MADE(vpc), passed("ecs.amazonaws.com")] }, false],
  ["not the VPC", { grants: (vpc) => [...MADE(vpc).slice(0, 1), passed(FLOW_LOGS)] }, false],
  ["not the flow log", { grants: (vpc) => [...MADE(vpc).slice(1), passed(FLOW_LOGS)] }, false],
  ["all but tags", { tagged: true, grants: (vpc) => [...MADE(vpc), passed(FLOW_LOGS)] }, false],
  [
    "all, and tags",
    { tagged: true, grants: (vpc) => [...MADE(vpc), passed(FLOW_LOGS), grant("ec2:CreateTags", ec2("vpc-flow-log/*"))] },
    true,
  ],
])("who may use %s", async (_name, { tagged = false, grants }, may) => {
  const world = await permissionWorld(EC2Client);
  await using _world = world;
  const vpc = (await world.root.send(new DescribeVpcsCommand({}))).Vpcs![0]!.VpcId!;
  const asked = new CreateFlowLogsCommand({
    ...{ ResourceType: "VPC", ResourceIds: [vpc], TrafficType: "ALL", LogGroupName: "flows", DeliverLogsPermissionArn: ROLE },
    ...(tagged && { TagSpecifications: [{ ResourceType: "vpc-flow-log", Tags }] }),
  });
  const made = world
    .as(...grants(vpc))
    .send(asked)
    .then(
      ({ FlowLogIds = [] }) => FlowLogIds.length,
      (cause: Error) => cause.name,
    );
  expect(await made).toBe(may ? 1 : "UnauthorizedOperation");
});

test("who deletes one must be allowed to on it", async () => {
  const world = await permissionWorld(EC2Client);
  await using _world = world;
  const vpc = (await world.root.send(new DescribeVpcsCommand({}))).Vpcs![0]!.VpcId!;
  const { FlowLogIds = [] } = await world.root.send(
    new CreateFlowLogsCommand({
      ...{ ResourceType: "VPC", ResourceIds: [vpc], TrafficType: "ALL", LogGroupName: "flows", DeliverLogsPermissionArn: ROLE },
    }),
  );
  const remove = new DeleteFlowLogsCommand({ FlowLogIds });
  await expect(world.as(grant("ec2:DeleteFlowLogs", ec2("vpc-flow-log/fl-1"))).send(remove)).rejects.toMatchObject({
    name: "UnauthorizedOperation",
  });
  await world.as(grant("ec2:DeleteFlowLogs", ec2(`vpc-flow-log/${FlowLogIds[0]}`))).send(remove);
});
