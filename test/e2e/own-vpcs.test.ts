import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
} from "@aws-sdk/client-ecs";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import {
  AcceptVpcPeeringConnectionCommand,
  AssociateDhcpOptionsCommand,
  AssociateVpcCidrBlockCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateDhcpOptionsCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  CreateVpcPeeringConnectionCommand,
  DeleteInternetGatewayCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DeleteVpcPeeringConnectionCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DetachInternetGatewayCommand,
  DisassociateVpcCidrBlockCommand,
  EC2Client,
  ModifyVpcAttributeCommand,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";
import { ensureExecutionRole } from "../../src/testing/roles.ts";

/** A task that tells who asks, and whose shell is a client. */
const SERVER = 'httpd -p 8080 -h /www; trap "exit 0" TERM; sleep 2147483647 & wait';
const WHO = "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'; echo $REMOTE_ADDR\n";

async function world() {
  const airfield = await airfieldProcess();
  const local = `airfield-test-${airfield.port}/own:1`;
  await buildImage({ name: local, files: { "www/cgi-bin/who": WHO }, instructions: [`CMD ${JSON.stringify(["sh", "-c", SERVER])}`] });
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "own" }));
  const image = await pushImage(airfield, local, "own", "1");
  const ecs = airfield.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "own" }));
  const executionRoleArn = await ensureExecutionRole(airfield);
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...{ family: "own", networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"], cpu: "256", memory: "512", executionRoleArn },
      containerDefinitions: [{ name: "web", image, essential: true, stopTimeout: 2 }],
    }),
  );
  return {
    ...{ airfield, image, ecs, ec2: airfield.client(EC2Client) },
    async [Symbol.asyncDispose]() {
      await airfield[Symbol.asyncDispose]();
      for (const one of [local, image]) await removeImage(one);
    },
  };
}

type World = Awaited<ReturnType<typeof world>>;

/** A VPC with a public subnet, whose default group lets everybody ask. */
async function vpcWith({ ec2 }: World, block: string) {
  const VpcId = (await ec2.send(new CreateVpcCommand({ CidrBlock: `${block}.0.0/16` }))).Vpc!.VpcId!;
  const SubnetId = (await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: `${block}.1.0/24` }))).Subnet!.SubnetId!;
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
  const InternetGatewayId = InternetGateway!.InternetGatewayId!;
  await ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId }));
  const Filters = [{ Name: "vpc-id", Values: [VpcId] }];
  const RouteTableId = (await ec2.send(new DescribeRouteTablesCommand({ Filters }))).RouteTables![0]!.RouteTableId!;
  await ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId: InternetGatewayId }));
  const GroupId = (await ec2.send(new DescribeSecurityGroupsCommand({ Filters }))).SecurityGroups![0]!.GroupId!;
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({ GroupId, IpProtocol: "tcp", FromPort: 8080, ToPort: 8080, CidrIp: "0.0.0.0/0" }),
  );
  return { VpcId, SubnetId, InternetGatewayId, RouteTableId };
}

async function run({ ecs, image }: World, subnet: string) {
  const networkConfiguration = { awsvpcConfiguration: { subnets: [subnet], assignPublicIp: "ENABLED" as const } };
  const { tasks } = await ecs.send(
    new RunTaskCommand({ cluster: "own", taskDefinition: "own", launchType: "FARGATE", networkConfiguration }),
  );
  const task = tasks?.[0]?.taskArn ?? "";
  const describe = async () => (await ecs.send(new DescribeTasksCommand({ cluster: "own", tasks: [task] }))).tasks?.[0];
  const isUp = async (): Promise<string> => `${(await describe())?.lastStatus} ${(await describe())?.stoppedReason ?? ""}`;
  await expect.poll(isUp, { timeout: 30_000, interval: 100 }).toBe("RUNNING ");
  const found = await describe();
  const address = found?.attachments?.[0]?.details?.find(({ name }) => name === "privateIPv4Address")?.value ?? "";
  const { stdout } = await runCommand("docker", ["ps", "--quiet", "--filter", `ancestor=${image}`], process.env);
  const container = stdout.trim().split("\n")[0] ?? "";
  return {
    address,
    sh: async (line: string) => (await runCommand("docker", ["exec", container, "sh", "-c", line], process.env)).stdout.trim(),
    async stop() {
      await ecs.send(new StopTaskCommand({ cluster: "own", task }));
      await expect.poll(async () => (await describe())?.lastStatus, { timeout: 30_000, interval: 100 }).toBe("STOPPED");
    },
  };
}

test(
  "tasks run in VPCs of one's own, reach each other while those are peered, and leave nothing behind",
  { timeout: 120_000 },
  async () => {
    await using at = await world();
    const { ec2 } = at;
    const one = await vpcWith(at, "10.181");
    const other = await vpcWith(at, "10.182");
    const DhcpConfigurations = [
      { Key: "domain-name", Values: ["corp.test"] },
      { Key: "domain-name-servers", Values: ["AmazonProvidedDNS"] },
    ];
    const { DhcpOptions } = await ec2.send(new CreateDhcpOptionsCommand({ DhcpConfigurations }));
    await ec2.send(new AssociateDhcpOptionsCommand({ VpcId: one.VpcId, DhcpOptionsId: DhcpOptions?.DhcpOptionsId }));

    const server = await run(at, one.SubnetId);
    expect(server.address).toMatch(/^10\.181\.1\.\d+$/);
    expect(await (await fetch(`http://${server.address}:8080/cgi-bin/who`)).text()).toContain(":10.181.0.1]");
    // The VPC's resolver, as AWS tells it, and nobody else.
    expect(await server.sh("cat /etc/resolv.conf")).toBe("search corp.test\nnameserver 10.181.0.2");
    const ownName = `ip-${server.address.replaceAll(".", "-")}.ec2.internal`;
    for (const resolver of ["10.181.0.2", "169.254.169.253", "10.181.0.1"]) {
      expect(await server.sh(`nslookup -type=a ${ownName} ${resolver}`)).toContain(`Address: ${server.address}`);
      expect(await server.sh(`nslookup ${server.address} ${resolver}`)).toContain(`name = ${ownName}`);
    }

    // A block that the VPC gets later has tasks, too, which are reached and reach by routes and groups as the others do.
    const more = await ec2.send(new AssociateVpcCidrBlockCommand({ VpcId: one.VpcId, CidrBlock: "10.183.0.0/20" }));
    const AssociationId = more.CidrBlockAssociation!.AssociationId!;
    const later = (await ec2.send(new CreateSubnetCommand({ VpcId: one.VpcId, CidrBlock: "10.183.1.0/24" }))).Subnet!.SubnetId!;
    const further = await run(at, later);
    expect(further.address).toMatch(/^10\.183\.1\.\d+$/);
    expect(await (await fetch(`http://${further.address}:8080/cgi-bin/who`)).text()).toContain(":10.183.0.1]");
    const whoIs = (address: string): string => `printf 'GET /cgi-bin/who HTTP/1.0\\r\\n\\r\\n' | nc -w 2 ${address} 8080`;
    expect(await further.sh(whoIs(server.address))).toContain(`:${further.address}]`);
    expect(await server.sh(whoIs(further.address))).toContain(`:${server.address}]`);
    expect(await further.sh("cat /etc/resolv.conf")).toContain("nameserver 10.181.0.2");
    for (const resolver of ["10.181.0.2", "169.254.169.253"])
      expect(await further.sh(`nslookup -type=a ${ownName} ${resolver}`)).toContain(`Address: ${server.address}`);
    await expect(ec2.send(new DisassociateVpcCidrBlockCommand({ AssociationId }))).rejects.toThrow("currently has a subnet within");

    const client = await run(at, other.SubnetId);
    expect(await client.sh(`nslookup -type=a ${ownName} 169.254.169.253`)).toContain("NXDOMAIN");
    await ec2.send(new ModifyVpcAttributeCommand({ VpcId: one.VpcId, EnableDnsSupport: { Value: false } }));
    for (const resolver of ["10.181.0.2", "169.254.169.253", "10.181.0.1"])
      expect(await server.sh(`timeout 2 nslookup -type=a ${ownName} ${resolver} || echo silent`)).toMatch(/silent$/);
    await ec2.send(new ModifyVpcAttributeCommand({ VpcId: one.VpcId, EnableDnsSupport: { Value: true } }));
    // Not wget: busybox's, linked without libraries, does not work in an image that has nothing else.
    const request = "printf 'GET /cgi-bin/who HTTP/1.0\\r\\n\\r\\n'";
    const ask = () => client.sh(`${request} | nc -w 2 ${server.address} 8080`);
    expect(await ask()).toBe("");
    const { VpcPeeringConnection } = await ec2.send(new CreateVpcPeeringConnectionCommand({ VpcId: one.VpcId, PeerVpcId: other.VpcId }));
    const VpcPeeringConnectionId = VpcPeeringConnection!.VpcPeeringConnectionId!;
    await ec2.send(new AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId }));
    for (const [from, block] of [
      [one, "10.182.0.0/16"],
      [other, "10.181.0.0/16"],
    ] as const)
      await ec2.send(new CreateRouteCommand({ RouteTableId: from.RouteTableId, DestinationCidrBlock: block, VpcPeeringConnectionId }));
    // Under its own address: the group of the other side may name it.
    await expect.poll(ask, { timeout: 10_000, interval: 200 }).toContain(`:${client.address}]`);
    await ec2.send(new DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId }));
    await expect.poll(ask, { timeout: 10_000, interval: 200 }).toBe("");

    await Promise.all([server.stop(), client.stop(), further.stop()]);
    await ec2.send(new DeleteSubnetCommand({ SubnetId: later }));
    await ec2.send(new DisassociateVpcCidrBlockCommand({ AssociationId }));
    for (const { VpcId, SubnetId, InternetGatewayId } of [one, other]) {
      await ec2.send(new DetachInternetGatewayCommand({ VpcId, InternetGatewayId }));
      await ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId }));
      await ec2.send(new DeleteSubnetCommand({ SubnetId }));
      await ec2.send(new DeleteVpcCommand({ VpcId }));
      const networks = async () =>
        (await runCommand("docker", ["network", "ls", "--quiet", "--filter", `label=airfield.vpc=${VpcId}`], process.env)).stdout;
      await expect.poll(networks, { timeout: 20_000, interval: 200 }).toBe("");
    }
  },
);
