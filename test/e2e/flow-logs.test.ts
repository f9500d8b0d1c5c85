import { setTimeout as pause } from "node:timers/promises";
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateFlowLogsCommand, DeleteFlowLogsCommand, DescribeFlowLogsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { flowTableOf } from "../../src/drivers/nftables/flow-counts.ts";
import { installationId } from "../../src/drivers/filesystem/installation.ts";
import { nftProgram } from "../../src/drivers/nftables/nft.ts";
import { ANY, networkWorld, prober } from "./network-world.ts";

const policy = (statement: object): string => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });

test(
  "what a task's groups let through and what they do not is in its flow log, also where the server was killed in between",
  { timeout: 240_000 },
  async () => {
    await using at = await networkWorld("10.176.0.0/16");
    const subnet = await at.subnet("10.176.0.0/24");
    const group = await at.group("web");
    await at.letIn(group, { IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "10.176.0.0/24" }] });
    await at.letOut(group, { IpProtocol: "tcp", FromPort: 80, ToPort: 81, IpRanges: [{ CidrIp: ANY }] });
    const [one, other] = await Promise.all([at.task(subnet, [group]), at.task(subnet, [group])]);
    await using client = await prober(one.pid, [], []);
    await using _server = await prober(other.pid, [80, 81], []);

    const iam = at.airfield.client(IAMClient);
    const trust = policy({ Principal: { Service: "vpc-flow-logs.amazonaws.com" }, Action: "sts:AssumeRole" });
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "flow", AssumeRolePolicyDocument: trust }));
    const may = policy({ Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" });
    await iam.send(new PutRolePolicyCommand({ RoleName: "flow", PolicyName: "deliver", PolicyDocument: may }));
    const table = flowTableOf(await installationId(at.airfield.dataDirectory));
    const watched = async (): Promise<string> => JSON.stringify((await nftProgram().read("inet", table)) ?? []);
    expect(await nftProgram().read("inet", table)).toBeUndefined();
    const { FlowLogIds = [] } = await at.client.send(
      new CreateFlowLogsCommand({
        ...{ ResourceType: "VPC", ResourceIds: [at.vpc], TrafficType: "ALL", MaxAggregationInterval: 60 },
        ...{ LogGroupName: "flows", DeliverLogsPermissionArn: Role?.Arn },
      }),
    );
    while (!(await watched()).includes(other.address)) await pause(50);

    expect(await client.connects({ kind: "tcp", to: other.address, port: 80 })).toBe(true);
    await at.airfield.kill();
    expect(await client.connects({ kind: "tcp", to: other.address, port: 81 }, 1000)).toBe(false);
    expect(await client.connects({ kind: "tcp", to: other.address, port: 82 }, 1000)).toBe(false);
    const airfield = await at.airfield.restart();
    try {
      // A minute, which is that of the records.
      let seen: readonly string[] = [];
      for (const until = Date.now() + 90_000; seen.length < 5 && Date.now() < until; await pause(500)) {
        const { stdout } = await airfield.aws("logs", "filter-log-events", "--log-group-name", "flows", "--output", "json");
        const events = stdout === "" ? [] : (JSON.parse(stdout) as { events: { message: string }[] }).events;
        seen = events
          .map(({ message }) => message.split(" "))
          .filter(([, , , from, to]) => from === one.address && to === other.address)
          .map(([version, account, , , , , port, protocol, , , , , action, status]) =>
            [version, account, port, protocol, action, status].join(" "),
          );
      }
      expect(seen.toSorted()).toEqual([
        "2 123456789012 80 6 ACCEPT OK",
        "2 123456789012 80 6 ACCEPT OK",
        "2 123456789012 81 6 ACCEPT OK",
        "2 123456789012 81 6 REJECT OK",
        "2 123456789012 82 6 REJECT OK",
      ]);
      const ec2 = airfield.client(EC2Client);
      const { FlowLogs = [] } = await ec2.send(new DescribeFlowLogsCommand({ FlowLogIds }));
      expect(FlowLogs.map(({ DeliverLogsStatus }) => DeliverLogsStatus)).toEqual(["SUCCESS"]);
      await ec2.send(new DeleteFlowLogsCommand({ FlowLogIds }));
      while ((await nftProgram().read("inet", table)) !== undefined) await pause(50);
    } finally {
      await airfield.stop();
    }
  },
);
