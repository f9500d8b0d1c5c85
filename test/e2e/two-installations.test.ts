import * as ec2 from "@aws-sdk/client-ec2";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { installationId } from "../../src/drivers/filesystem/installation.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { buildImage } from "../../src/testing/images.ts";
import { differences } from "./kernel-and-records.ts";
import { changes, kernelState } from "./kernel-state.ts";
import { ANY, networkWorld, prober, type NetworkTestWorld } from "./network-world.ts";

const tcp = (port: number, ...blocks: readonly string[]): ec2.IpPermission => ({
  ...{ IpProtocol: "tcp", FromPort: port, ToPort: port },
  IpRanges: blocks.map((CidrIp) => ({ CidrIp })),
});
const all: ec2.IpPermission = { IpProtocol: "-1", IpRanges: [{ CidrIp: ANY }] };

/** Two tasks that reach each other at port 80, and of which one has a public address. */
async function pair(at: NetworkTestWorld, block: string) {
  const subnet = await at.subnet(block);
  const { InternetGateway } = await at.client.send(new ec2.CreateInternetGatewayCommand());
  const GatewayId = InternetGateway?.InternetGatewayId ?? "";
  await at.client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId: GatewayId, VpcId: at.vpc }));
  const { RouteTables = [] } = await at.client.send(
    new ec2.DescribeRouteTablesCommand({ Filters: [{ Name: "vpc-id", Values: [at.vpc] }] }),
  );
  await at.client.send(new ec2.CreateRouteCommand({ RouteTableId: RouteTables[0]?.RouteTableId, DestinationCidrBlock: ANY, GatewayId }));
  const group = await at.group("app");
  await at.letIn(group, tcp(80, ANY));
  await at.letOut(group, all);
  const [one, other] = await Promise.all([at.task(subnet, [group], "public"), at.task(subnet, [group])]);
  return { subnet, group, one, other };
}

/** What the kernel holds of an installation. */
async function tablesOf(installation: string): Promise<string> {
  const { stdout } = await runCommand("nft", ["--stateless", "list", "ruleset"], process.env);
  const sorted = (table: string) => table.split("\n").toSorted().join("\n");
  return stdout
    .split(/^(?=table )/m)
    .filter((table) => table.includes(installation))
    .map(sorted)
    .join("\n");
}

/** What more an installation asks the kernel for: links to another block of its VPC, counts for a flow log. */
async function more(at: NetworkTestWorld, further: string, group: string) {
  await at.client.send(new ec2.AssociateVpcCidrBlockCommand({ VpcId: at.vpc, CidrBlock: further }));
  // Without a way out: its image was made here.
  await at.task(await at.subnet(further), [group], "private");
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "vpc-flow-logs.amazonaws.com" }, Action: "sts:AssumeRole" }],
  });
  const { Role } = await at.airfield.client(IAMClient).send(new CreateRoleCommand({ RoleName: "flow", AssumeRolePolicyDocument }));
  await at.client.send(
    new ec2.CreateFlowLogsCommand({
      ...{ ResourceType: "VPC", ResourceIds: [at.vpc], TrafficType: "ALL", LogGroupName: "flows" },
      DeliverLogsPermissionArn: Role?.Arn,
    }),
  );
}

test("two installations on one host do not see each other's rules, and one that is cleaned leaves the kernel as it was", async () => {
  // So that the engine's own bridge has been used before.
  await buildImage({ name: "airfield-test/before:1" });
  const before = await kernelState();
  const ours: string[] = [];
  {
    await using first = await networkWorld("10.181.0.0/16");
    const firstId = await installationId(first.airfield.dataDirectory);
    ours.push(firstId);
    const staying = await pair(first, "10.181.0.0/24");
    await using client = await prober(staying.one.pid, [], []);
    await using _server = await prober(staying.other.pid, [80, 81], []);
    const alone = await kernelState();
    const connects = (to: string, port: number, keep?: string): Promise<boolean> =>
      client.connects({ kind: "tcp", to, port, ...(keep !== undefined && { keep }) }, 1500);
    expect(await connects(staying.other.address, 80, "long")).toBe(true);

    let cut = 0;
    let isOver = false;
    const goesOn = async (): Promise<void> => {
      while (!isOver) {
        if (!(await client.connects({ kind: "echo", keep: "long" }, 5000))) cut += 1;
        if (!(await client.connects({ kind: "tcp", to: staying.other.address, port: 80 }, 5000))) cut += 1;
        if (await client.connects({ kind: "tcp", to: staying.other.address, port: 81 }, 100)) throw new Error("port 81 was open");
      }
    };
    const watching = goesOn();
    try {
      const own = await tablesOf(firstId);
      expect(own).toContain(staying.one.address);
      await using second = await networkWorld("10.182.0.0/16");
      const secondId = await installationId(second.airfield.dataDirectory);
      ours.push(secondId);
      const leaving = await pair(second, "10.182.0.0/24");
      {
        await using _other = await prober(leaving.other.pid, [80, 81], []);
        await using inside = await prober(leaving.one.pid, [], []);
        // Each has its own, and what one lets in from everywhere is let in from nobody of the other.
        expect(await inside.connects({ kind: "tcp", to: leaving.other.address, port: 80 })).toBe(true);
        expect([
          await connects(leaving.other.address, 80),
          await inside.connects({ kind: "tcp", to: staying.other.address, port: 80 }, 1500),
        ]).toEqual([false, false]);
        // A rule of one is the other's neither where the addresses are those of the other's tasks.
        await second.letIn(leaving.group, tcp(81, "10.181.0.0/16", "10.182.0.0/16"));
        while (!(await inside.connects({ kind: "tcp", to: leaving.other.address, port: 81 }, 500)));
        await more(second, "10.183.0.0/16", leaving.group);
        for (const table of [`links-${secondId}`, `${secondId}-flows`, `${secondId}-public`, `${secondId}-resolver`])
          while (!(await tablesOf(secondId)).includes(`airfield-${table} {`));
      }
      expect(await tablesOf(firstId)).toBe(own);
      await second.airfield.stop();
      expect(await tablesOf(firstId)).toBe(own);
    } finally {
      isOver = true;
      await watching;
    }
    expect(cut).toBe(0);
    expect(await differences(first.airfield.dataDirectory)).toEqual([]);
    expect(changes(alone, await kernelState(), ours)).toEqual([]);
  }
  expect(changes(before, await kernelState(), ours)).toEqual([]);
});
