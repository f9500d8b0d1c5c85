import {
  AttachInternetGatewayCommand,
  CreateEgressOnlyInternetGatewayCommand,
  CreateInternetGatewayCommand,
  DeleteEgressOnlyInternetGatewayCommand,
  DeleteInternetGatewayCommand,
  DescribeEgressOnlyInternetGatewaysCommand,
  DescribeInternetGatewaysCommand,
  DetachInternetGatewayCommand,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { elasticAddresses, internetGateways } from "../../state/ec2-gateways.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { loadBalancers, type LoadBalancerRecord } from "../../state/elb.ts";
import { networkInterfaces, type NetworkInterfaceRecord } from "../../state/network-interfaces.ts";
import { networkWorld } from "../../testing/network-world.ts";
import { putVpc } from "../../testing/put-vpc.ts";

async function world() {
  const api = await networkWorld();
  const { client } = api;
  const own = putVpc(api);
  const VpcId = own.vpc.id;
  return {
    ...api,
    ...own,
    create: async () => (await client.send(new CreateInternetGatewayCommand({}))).InternetGateway!.InternetGatewayId!,
    attach: (InternetGatewayId: string, vpc = VpcId) => client.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId: vpc })),
    detach: (InternetGatewayId: string, vpc = VpcId) => client.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId: vpc })),
    remove: (InternetGatewayId: string) => client.send(new DeleteInternetGatewayCommand({ InternetGatewayId })),
    found: async (Name: string, value: string) =>
      (await client.send(new DescribeInternetGatewaysCommand({ Filters: [{ Name, Values: [value] }] }))).InternetGateways?.map(
        ({ InternetGatewayId }) => InternetGatewayId,
      ),
  };
}

test("an internet gateway is made with tags, attached to one VPC, detached and deleted", async () => {
  await using api = await world();
  const { client, vpc } = api;
  const Tags = [{ Key: "Name", Value: "main" }];
  const { InternetGateway } = await client.send(
    new CreateInternetGatewayCommand({ TagSpecifications: [{ ResourceType: "internet-gateway", Tags }] }),
  );
  const id = InternetGateway!.InternetGatewayId!;
  expect(InternetGateway).toEqual({
    InternetGatewayId: expect.stringMatching(/^igw-[0-9a-f]{17}$/) as string,
    OwnerId: "123456789012",
    Attachments: [],
    Tags,
  });
  await api.attach(id);
  expect(await api.found("attachment.vpc-id", vpc.id)).toEqual([id]);
  expect(await api.found("tag:Name", "main")).toEqual([id]);
  expect(await api.json("describe-internet-gateways", "--internet-gateway-ids", id, "--query", "InternetGateways[0].Attachments")).toEqual([
    { State: "available", VpcId: vpc.id },
  ]);
  await expect(api.remove(id)).rejects.toMatchObject({
    name: "DependencyViolation",
    message: `The internetGateway '${id}' has dependencies and cannot be deleted.`,
  });
  await api.detach(id);
  expect(await api.found("attachment.vpc-id", vpc.id)).toEqual([]);
  await api.remove(id);
  await expect(api.remove(id)).rejects.toMatchObject({
    name: "InvalidInternetGatewayID.NotFound",
    message: `The internetGateway ID '${id}' does not exist`,
  });
});

test("a gateway is attached once, and a VPC has one", async () => {
  await using api = await world();
  const { vpc } = api;
  const [a, b] = [await api.create(), await api.create()];
  await api.attach(a);
  await expect(api.attach(a)).rejects.toMatchObject({
    name: "Resource.AlreadyAssociated",
    message: `resource ${a} is already attached to network ${vpc.id}`,
  });
  await expect(api.attach(b)).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: `Network ${vpc.id} already has an internet gateway attached`,
  });
  await expect(api.detach(b)).rejects.toMatchObject({
    name: "Gateway.NotAttached",
    message: `resource ${b} is not attached to network ${vpc.id}`,
  });
  await expect(api.attach(b, "vpc-0")).rejects.toMatchObject({ name: "InvalidVpcID.NotFound" });
  const elsewhere = new AttachInternetGatewayCommand({ InternetGatewayId: b, VpcId: vpc.id });
  await expect(api.clientIn("eu-west-1").send(elsewhere)).rejects.toMatchObject({ name: "InvalidInternetGatewayID.NotFound" });
});

test.each(["an Elastic IP", "a task", "a load balancer"])("a gateway stays while %s of its VPC has a public address", async (who) => {
  await using api = await world();
  const { state, vpc, first } = api;
  const scope = { account: vpc.account, region: vpc.region };
  const own: NetworkInterfaceRecord = {
    ...scope,
    id: "eni-1",
    vpcId: vpc.id,
    subnetId: first.id,
    availabilityZone: first.availabilityZone,
    privateIpv4Address: "10.20.0.9",
    chosen: false,
    createdAt: 0,
    ...(who === "a load balancer" && { loadBalancerArn: "arn:lb" }),
  };
  const task = {
    arn: "arn:task",
    ...scope,
    lastStatus: "RUNNING",
    targets: [],
    networkConfiguration: { awsvpcConfiguration: { subnets: [first.id], assignPublicIp: "ENABLED" } },
    networkInterface: { subnetId: first.id, privateIpv4Address: "10.20.0.10" },
  } as unknown as TaskRecord;
  const balancer = {
    ...scope,
    arn: "arn:lb",
    scheme: "internet-facing",
    dnsName: "x",
    securityGroups: [],
  } as unknown as LoadBalancerRecord;
  const association = { id: "eipassoc-1", networkInterfaceId: "eni-1", privateIp: "10.20.0.9" };
  state.commit(() => {
    if (who === "a task") state.table(tasks).put(task);
    else state.table(networkInterfaces).put(own);
    if (who === "a load balancer") state.table(loadBalancers).put(balancer);
    if (who === "an Elastic IP")
      state.table(elasticAddresses).put({ ...scope, allocationId: "eipalloc-1", publicIp: "127.128.0.1", association, tags: [] });
  });
  const id = await api.create();
  await api.attach(id);
  await expect(api.detach(id)).rejects.toMatchObject({
    name: "DependencyViolation",
    message: `Network ${vpc.id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
  });
  state.commit(() => {
    state.table(tasks).update("arn:task", (now) => ({ ...now, lastStatus: "STOPPED" }));
    state.table(elasticAddresses).update("eipalloc-1", ({ association: _gone, ...now }) => now);
    if (who === "a load balancer") state.table(networkInterfaces).put({ ...own, leavingUntil: 1 });
  });
  await api.detach(id);
});

test("a region has five internet gateways, the default VPC's among them", async () => {
  await using api = await world();
  for (let at = 1; at < 5; at += 1) await api.create();
  await expect(api.create()).rejects.toMatchObject({ name: "InternetGatewayLimitExceeded" });
  expect(api.state.table(internetGateways).size).toBe(5);
});

test("an egress-only internet gateway is made in a VPC, once for each client token, and deleted", async () => {
  await using api = await world();
  const { client, vpc } = api;
  const Tags = [{ Key: "Name", Value: "six" }];
  const request = {
    VpcId: vpc.id,
    ClientToken: "t",
    TagSpecifications: [{ ResourceType: "egress-only-internet-gateway" as const, Tags }],
  };
  const { EgressOnlyInternetGateway: made } = await client.send(new CreateEgressOnlyInternetGatewayCommand(request));
  expect(made).toEqual({
    EgressOnlyInternetGatewayId: expect.stringMatching(/^eigw-[0-9a-f]{17}$/) as string,
    Attachments: [{ State: "attached", VpcId: vpc.id }],
    Tags,
  });
  const again = await client.send(new CreateEgressOnlyInternetGatewayCommand(request));
  expect(again.EgressOnlyInternetGateway).toEqual(made);
  const other = new CreateEgressOnlyInternetGatewayCommand({ ...request, VpcId: api.network().vpc.id });
  await expect(client.send(other)).rejects.toMatchObject({ name: "IdempotentParameterMismatch" });
  const describe = () => client.send(new DescribeEgressOnlyInternetGatewaysCommand({ Filters: [{ Name: "tag:Name", Values: ["six"] }] }));
  expect((await describe()).EgressOnlyInternetGateways).toEqual([made]);
  const EgressOnlyInternetGatewayId = made!.EgressOnlyInternetGatewayId!;
  const remove = new DeleteEgressOnlyInternetGatewayCommand({ EgressOnlyInternetGatewayId });
  await expect(api.clientIn("eu-west-1").send(remove)).rejects.toMatchObject({ name: "InvalidGatewayID.NotFound" });
  expect(await client.send(remove)).toMatchObject({ ReturnCode: true });
  await expect(client.send(remove)).rejects.toMatchObject({ name: "InvalidGatewayID.NotFound" });
});
