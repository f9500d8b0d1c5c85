import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import * as ec2 from "@aws-sdk/client-ec2";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  UpdateServiceCommand,
  waitUntilTasksRunning,
  type NetworkConfiguration,
} from "@aws-sdk/client-ecs";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, test } from "vitest";
import { installationId } from "../../src/drivers/filesystem/installation.ts";
import { balancerTable } from "../../src/drivers/nftables/packet-balancer.ts";
import { whyNotLed } from "../../src/drivers/nftables/why-not-led.ts";
import { airfieldProcess, freePort, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { distributionImage } from "../../src/testing/distribution-image.ts";
import { openGroup } from "../../src/testing/open-group.ts";
import { pushImage, removeImage } from "../../src/testing/images.ts";
import { ensureExecutionRole } from "../../src/testing/roles.ts";
import { send } from "./load.ts";

const DATAGRAMS = 9000;
/** Both servers tell who they are, and who asks. */
const SERVER = `
const own = Object.values(require("os").networkInterfaces()).flat().find((one) => one.family === "IPv4" && !one.internal).address;
const told = (address) => own + " " + address.replace("::ffff:", "");
require("http").createServer((request, response) => response.end(told(request.socket.remoteAddress))).listen(8080);
const socket = require("dgram").createSocket("udp4");
socket.on("message", (_, from) => socket.send(told(from.address), from.port, from.address)).bind(${DATAGRAMS});
process.on("SIGTERM", () => process.exit(0));
`;
/** Asks once over each, and says what both answered. */
const CLIENT = `
const [address, tcp, udp] = process.argv.slice(1);
const socket = require("dgram").createSocket("udp4");
socket.send("who", Number(udp), address);
socket.on("message", (answer) => {
  require("http").get({ host: address, port: Number(tcp), agent: false }, (response) =>
    response.on("data", (text) => { console.log(text + ", " + answer); process.exit(0); }));
});
setTimeout(() => process.exit(1), 5000);
`;

async function run(command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(command, args, process.env);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

/** A network load balancer with a listener of each kind, before one task. */
async function world() {
  const airfield = await airfieldProcess();
  const local = `airfield-test-${airfield.port}/who:1`;
  await distributionImage(local, { "/usr/local/bin/node": process.execPath }, []);
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "who" }));
  const image = await pushImage(airfield, local, "who", "1");
  const { Subnets = [] } = await airfield.client(ec2.EC2Client).send(new ec2.DescribeSubnetsCommand());
  const [subnet = ""] = Subnets.map(({ SubnetId = "" }) => SubnetId);
  const network = airfield.client(ec2.EC2Client);
  const { GroupId = "" } = await network.send(
    new ec2.CreateSecurityGroupCommand({ GroupName: "who", Description: "open", VpcId: Subnets[0]?.VpcId ?? "" }),
  );
  // Targets let in what comes by the load balancer, whoever it is from, and what its checks are.
  const front = await openGroup(airfield, "front");
  const named = [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: front }] }];
  await network.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: named }));
  const networkConfiguration = { awsvpcConfiguration: { subnets: [subnet], securityGroups: [GroupId] } };
  const client = airfield.client(elb.ElasticLoadBalancingV2Client);
  const { LoadBalancers } = await client.send(
    new elb.CreateLoadBalancerCommand({ Name: "who", Type: "network", Subnets: [subnet], SecurityGroups: [front] }),
  );
  const balancer = LoadBalancers?.[0]?.LoadBalancerArn ?? "";
  const ports = { TCP: await freePort(), UDP: await freePort() };
  const groups: Record<string, string> = {};
  for (const [Protocol, Port] of [
    ["TCP", 8080],
    ["UDP", DATAGRAMS],
  ] as const) {
    const { TargetGroups } = await client.send(
      new elb.CreateTargetGroupCommand({
        ...{ Name: `who-${Protocol}`, TargetType: "ip", Protocol, Port, VpcId: Subnets[0]?.VpcId },
        ...{
          HealthCheckPort: "8080",
          HealthCheckProtocol: "TCP",
          HealthCheckIntervalSeconds: 5,
          HealthyThresholdCount: 2,
          HealthCheckTimeoutSeconds: 2,
        },
      }),
    );
    const group = (groups[Protocol] = TargetGroups?.[0]?.TargetGroupArn ?? "");
    if (Protocol === "TCP") {
      const Attributes = [{ Key: "preserve_client_ip.enabled", Value: "true" }];
      await client.send(new elb.ModifyTargetGroupAttributesCommand({ TargetGroupArn: group, Attributes }));
    }
    const DefaultActions = [{ Type: "forward", TargetGroupArn: group } as const];
    await client.send(new elb.CreateListenerCommand({ LoadBalancerArn: balancer, Protocol, Port: ports[Protocol], DefaultActions }));
  }
  const ecs = airfield.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "who" }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...{ family: "who", networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"], cpu: "256", memory: "512" },
      executionRoleArn: await ensureExecutionRole(airfield),
      containerDefinitions: [
        {
          ...{ name: "web", image, command: ["/usr/local/bin/node", "-e", SERVER], essential: true, stopTimeout: 5 },
          portMappings: [{ containerPort: 8080 }, { containerPort: DATAGRAMS, protocol: "udp" }],
        },
      ],
    }),
  );
  // It was made on the engine: it may be where nothing leads out.
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...{ family: "asking", networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"], cpu: "256", memory: "512" },
      containerDefinitions: [
        { name: "web", image: local, command: ["/usr/local/bin/node", "-e", SERVER], essential: true, stopTimeout: 5 },
      ],
    }),
  );
  await ecs.send(
    new CreateServiceCommand({
      ...{ cluster: "who", serviceName: "who", taskDefinition: "who", desiredCount: 1, launchType: "FARGATE" },
      networkConfiguration,
      loadBalancers: [
        { targetGroupArn: groups["TCP"], containerName: "web", containerPort: 8080 },
        { targetGroupArn: groups["UDP"], containerName: "web", containerPort: DATAGRAMS },
      ],
    }),
  );
  const { NetworkInterfaces } = JSON.parse(
    (
      await airfield.aws(
        "ec2",
        "describe-network-interfaces",
        "--filters",
        `Name=description,Values=ELB ${balancer.split(":loadbalancer/")[1]}`,
      )
    ).stdout,
  ) as { NetworkInterfaces: { PrivateIpAddress: string }[] };
  return {
    airfield,
    groups,
    ports,
    image,
    front,
    vpc: Subnets[0]?.VpcId ?? "",
    address: NetworkInterfaces[0]?.PrivateIpAddress ?? "",
    networkConfiguration,
    async [Symbol.asyncDispose]() {
      await airfield[Symbol.asyncDispose]();
      for (const one of [local, image]) await removeImage(one);
    },
  };
}

/** The addresses of a group's healthy targets, once there are as many. */
async function healthy(airfield: AirfieldProcess, TargetGroupArn: string | undefined, count = 1): Promise<string[]> {
  for (;;) {
    const { TargetHealthDescriptions = [] } = await airfield
      .client(elb.ElasticLoadBalancingV2Client)
      .send(new elb.DescribeTargetHealthCommand({ TargetGroupArn }));
    const found = TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State === "healthy").map(
      ({ Target }) => Target?.Id ?? "",
    );
    if (found.length === count) return found.toSorted();
    // DescribeTargetHealth is all that a client has to look at.
    await pause(50);
  }
}

/** What a datagram is answered with, from a port of its own. */
async function answerTo(host: string, port: number): Promise<string> {
  const socket = createSocket("udp4");
  try {
    for (let tries = 0; tries < 20; tries += 1) {
      socket.send("who\n", port, host);
      const answer = await Promise.race([once(socket, "message"), pause(500)]);
      // A server that just begins to listen again loses one: nobody repeats datagrams but who sends them.
      if (answer) return String((answer as [Buffer])[0]);
    }
    return "";
  } finally {
    socket.close();
  }
}

const hindrance = await whyNotLed();

describe.skipIf(hindrance !== undefined)(`clients' addresses${hindrance === undefined ? "" : ` (${hindrance})`}`, () => {
  test("are seen by targets, over connections and datagrams, also while no control plane runs", { timeout: 120_000 }, async () => {
    const table = await throughItsLife();
    // What an installation leaves is taken away with the rest of it.
    expect(await run("nft", "list", "tables")).not.toContain(table);
  });
});

/** Returns the name of its table of the kernel's. */
async function throughItsLife(): Promise<string> {
  await using at = await world();
  const { airfield, address, ports, groups } = at;
  const table = balancerTable(await installationId(airfield.dataDirectory));
  const [target = ""] = await healthy(airfield, groups["TCP"]);
  await healthy(airfield, groups["UDP"]);
  const { container, address: own } = await client(at);
  const askedFrom = (from: string) =>
    run("docker", "exec", from, "/usr/local/bin/node", "-e", CLIENT, address, String(ports.TCP), String(ports.UDP));
  const asked = () => askedFrom(container);
  expect(await asked()).toBe(`${target} ${own}, ${target} ${own}`);
  // So it is for who is in another block of the VPC, or in a VPC that is peered with it.
  for (const subnets of [[await furtherSubnet(at)], [await peeredSubnet(at)]]) {
    const further = await client(at, { awsvpcConfiguration: { subnets } });
    while ((await askedFrom(further.container).catch(() => "")) !== `${target} ${further.address}, ${target} ${further.address}`);
  }
  // This host comes as the load balancer's address, which is its own, and over loopback as before.
  expect((await send(ports.TCP, { host: address })).body).toBe(`${target} ${address}`);
  expect((await send(ports.TCP)).body).toBe(`${target} ${address}`);
  expect(await answerTo(address, ports.UDP)).toBe(`${target} ${address}`);

  expect(await run("nft", "list", "tables")).toContain(table);

  // The kernel goes on by itself, and the next control plane finds it as it is.
  await airfield.kill();
  expect(await asked()).toBe(`${target} ${own}, ${target} ${own}`);
  await using again = await airfield.restart();
  expect(await asked()).toBe(`${target} ${own}, ${target} ${own}`);

  // More targets share, and one that leaves gets nothing new.
  const ecs = again.client(ECSClient);
  await ecs.send(new UpdateServiceCommand({ cluster: "who", service: "who", desiredCount: 2 }));
  const both = await healthy(again, groups["TCP"], 2);
  await healthy(again, groups["UDP"], 2);
  const [overTcp, overUdp] = [new Set<string>(), new Set<string>()];
  while (overTcp.size + overUdp.size < 4) {
    const [tcp = "", udp = ""] = (await asked()).split(", ");
    overTcp.add(tcp.split(" ")[0] ?? "");
    overUdp.add(udp.split(" ")[0] ?? "");
  }
  expect([[...overTcp].toSorted(), [...overUdp].toSorted()]).toEqual([both, both]);
  await ecs.send(new UpdateServiceCommand({ cluster: "who", service: "who", desiredCount: 1 }));
  const [left = ""] = await healthy(again, groups["TCP"]);
  await healthy(again, groups["UDP"]);
  for (let count = 0; count < 5; count += 1) expect(await asked()).toBe(`${left} ${own}, ${left} ${own}`);

  // The load balancer's own groups are asked before anybody is led.
  const network = again.client(ec2.EC2Client);
  const IpPermissions = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
  await network.send(new ec2.RevokeSecurityGroupIngressCommand({ GroupId: at.front, IpPermissions }));
  const isAnswered = (): Promise<boolean> =>
    asked().then(
      () => true,
      () => false,
    );
  while (await isAnswered());
  const udp = [{ IpProtocol: "udp", FromPort: ports.UDP, ToPort: ports.UDP, IpRanges: [{ CidrIp: `${own}/32` }] }];
  const tcp = [{ IpProtocol: "tcp", FromPort: ports.TCP, ToPort: ports.TCP, IpRanges: [{ CidrIp: `${own}/32` }] }];
  await network.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: at.front, IpPermissions: [...udp, ...tcp] }));
  while (!(await isAnswered()));
  return table;
}

async function furtherSubnet({ airfield, vpc }: Awaited<ReturnType<typeof world>>): Promise<string> {
  const client = airfield.client(ec2.EC2Client);
  await client.send(new ec2.AssociateVpcCidrBlockCommand({ VpcId: vpc, CidrBlock: "100.66.0.0/20" }));
  return (await client.send(new ec2.CreateSubnetCommand({ VpcId: vpc, CidrBlock: "100.66.0.0/24" }))).Subnet?.SubnetId ?? "";
}

async function peeredSubnet({ airfield, vpc }: Awaited<ReturnType<typeof world>>): Promise<string> {
  const client = airfield.client(ec2.EC2Client);
  const VpcId = (await client.send(new ec2.CreateVpcCommand({ CidrBlock: "10.187.0.0/16" }))).Vpc?.VpcId ?? "";
  const { VpcPeeringConnection } = await client.send(new ec2.CreateVpcPeeringConnectionCommand({ VpcId, PeerVpcId: vpc }));
  const { Vpcs = [] } = await client.send(new ec2.DescribeVpcsCommand({ VpcIds: [vpc] }));
  const { VpcPeeringConnectionId = "" } = VpcPeeringConnection ?? {};
  await client.send(new ec2.AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId }));
  for (const [id, DestinationCidrBlock] of [
    [VpcId, Vpcs[0]?.CidrBlock],
    [vpc, "10.187.0.0/16"],
  ] as const) {
    const Filters = [{ Name: "vpc-id", Values: [id] }];
    const { RouteTables = [] } = await client.send(new ec2.DescribeRouteTablesCommand({ Filters }));
    await client.send(
      new ec2.CreateRouteCommand({ RouteTableId: RouteTables[0]?.RouteTableId, DestinationCidrBlock, VpcPeeringConnectionId }),
    );
  }
  return (await client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock: "10.187.0.0/24" }))).Subnet?.SubnetId ?? "";
}

/** A task of its own, from whose container somebody may ask. */
async function client(
  { airfield, networkConfiguration: usual }: Awaited<ReturnType<typeof world>>,
  networkConfiguration: NetworkConfiguration = usual,
): Promise<{ container: string; address: string }> {
  const ecs = airfield.client(ECSClient);
  const { tasks: started = [] } = await ecs.send(
    new RunTaskCommand({ cluster: "who", taskDefinition: "asking", launchType: "FARGATE", networkConfiguration }),
  );
  const arn = started[0]?.taskArn ?? "";
  await waitUntilTasksRunning({ client: ecs, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { cluster: "who", tasks: [arn] });
  const { tasks: running = [] } = await ecs.send(new DescribeTasksCommand({ cluster: "who", tasks: [arn] }));
  const address = running[0]?.attachments?.[0]?.details?.find(({ name }) => name === "privateIPv4Address")?.value ?? "";
  return { container: await run("docker", "ps", "--quiet", "--filter", `name=${arn.split("/").at(-1)}-web`), address };
}
