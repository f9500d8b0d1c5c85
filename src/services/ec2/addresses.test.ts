import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  DescribeAddressesAttributeCommand,
  DescribeAddressesCommand,
  DisassociateAddressCommand,
  ReleaseAddressCommand,
  type AllocateAddressCommandInput,
  type AssociateAddressCommandInput,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { elasticAddresses, internetGateways } from "../../state/ec2-gateways.ts";
import { networkInterfaces, type NetworkInterfaceRecord } from "../../state/network-interfaces.ts";
import { notePublicRange, publicAddresses } from "../../state/public-addresses.ts";
import { networkWorld, putTask } from "../../testing/network-world.ts";
import { putVpc } from "../../testing/put-vpc.ts";

/** A VPC with an internet gateway and the interface `eni-1`, which somebody made, with a second address. */
async function world() {
  const api = await networkWorld();
  const { client, state } = api;
  notePublicRange(state, { cidr: "127.130.0.0/24", reachable: true });
  const { vpc, first } = putVpc(api);
  const scope = { account: vpc.account, region: vpc.region };
  const own: NetworkInterfaceRecord = {
    ...scope,
    id: "eni-1",
    vpcId: vpc.id,
    subnetId: first.id,
    availabilityZone: first.availabilityZone,
    privateIpv4Address: "10.20.0.9",
    secondaryAddresses: ["10.20.0.10"],
    chosen: false,
    createdAt: 0,
  };
  state.commit(() => {
    state.table(networkInterfaces).put(own);
    state.table(internetGateways).put({ ...scope, id: "igw-1", vpcId: vpc.id, tags: [] });
  });
  const allocate = (input: AllocateAddressCommandInput = {}) => client.send(new AllocateAddressCommand(input));
  return {
    ...api,
    vpc,
    own,
    allocate,
    id: async () => (await allocate()).AllocationId!,
    associate: async (AllocationId: string, input: Partial<AssociateAddressCommandInput> = {}) =>
      (await client.send(new AssociateAddressCommand({ AllocationId, NetworkInterfaceId: "eni-1", ...input }))).AssociationId!,
    disassociate: (AssociationId: string) => client.send(new DisassociateAddressCommand({ AssociationId })),
    release: (AllocationId: string) => client.send(new ReleaseAddressCommand({ AllocationId })),
    described: async (AllocationId: string) =>
      (await client.send(new DescribeAddressesCommand({ AllocationIds: [AllocationId] }))).Addresses![0]!,
  };
}

test("an address is drawn from the operator's range, kept with its tags, and given back", async () => {
  await using api = await world();
  const Tags = [{ Key: "Name", Value: "nat" }];
  const made = await api.allocate({ Domain: "vpc", PublicIpv4Pool: "amazon", TagSpecifications: [{ ResourceType: "elastic-ip", Tags }] });
  expect(made).toMatchObject({
    AllocationId: expect.stringMatching(/^eipalloc-[0-9a-f]{17}$/) as string,
    PublicIp: expect.stringMatching(/^127\.130\.0\.\d+$/) as string,
    PublicIpv4Pool: "amazon",
    NetworkBorderGroup: "us-east-1",
    Domain: "vpc",
  });
  const id = made.AllocationId!;
  expect(await api.described(id)).toEqual({
    AllocationId: id,
    PublicIp: made.PublicIp,
    PublicIpv4Pool: "amazon",
    NetworkBorderGroup: "us-east-1",
    Domain: "vpc",
    Tags,
  });
  const { Addresses } = await api.client.send(new DescribeAddressesAttributeCommand({ AllocationIds: [id], Attribute: "domain-name" }));
  expect(Addresses).toEqual([{ AllocationId: id, PublicIp: made.PublicIp }]);
  await api.release(id);
  expect(api.state.table(publicAddresses).size).toBe(0);
  await expect(api.release(id)).rejects.toMatchObject({
    name: "InvalidAllocationID.NotFound",
    message: `The allocation ID '${id}' does not exist`,
  });
});

test.each<[AllocateAddressCommandInput, string, string]>([
  [{ Address: "1.2.3.4" }, "UnsupportedOperation", "Address"],
  [{ CustomerOwnedIpv4Pool: "x" }, "UnsupportedOperation", "CustomerOwnedIpv4Pool"],
  [{ IpamPoolId: "x" }, "UnsupportedOperation", "IpamPoolId"],
  [{ PublicIpv4Pool: "ipv4pool-ec2-1" }, "InvalidPublicIpv4PoolID.NotFound", "ipv4pool-ec2-1"],
  [{ Domain: "standard" }, "InvalidParameterValue", "standard"],
  [{ NetworkBorderGroup: "eu-west-1" }, "InvalidParameterValue", "eu-west-1"],
])("an address with %j is refused", async (input, name, text) => {
  await using api = await world();
  await expect(api.allocate(input)).rejects.toMatchObject({ name, message: expect.stringContaining(text) as string });
});

test("a region has five, and where no address is left that is said", async () => {
  await using api = await world();
  for (let at = 0; at < 5; at += 1) await api.allocate();
  await expect(api.allocate()).rejects.toMatchObject({
    name: "AddressLimitExceeded",
    message: "The maximum number of addresses has been reached.",
  });
  notePublicRange(api.state, { cidr: "not a block", reachable: true });
  await expect(api.clientIn("eu-west-1").send(new AllocateAddressCommand({}))).rejects.toMatchObject({
    name: "InsufficientAddressCapacity",
  });
  expect(api.state.table(elasticAddresses).size).toBe(5);
});

test("an address is associated with an interface, moved, and not given back before it is free", async () => {
  await using api = await world();
  const [a, b] = [await api.id(), await api.id()];
  const first = await api.associate(a);
  expect(first).toMatch(/^eipassoc-[0-9a-f]{17}$/);
  expect(await api.associate(a)).toBe(first);
  expect(await api.described(a)).toMatchObject({
    AssociationId: first,
    NetworkInterfaceId: "eni-1",
    NetworkInterfaceOwnerId: "123456789012",
    PrivateIpAddress: "10.20.0.9",
  });
  const { PublicIp } = await api.described(a);
  await expect(api.release(a)).rejects.toMatchObject({ name: "InvalidIPAddress.InUse", message: `Address ${PublicIp} is in use.` });
  await expect(api.associate(a, { PrivateIpAddress: "10.20.0.10", AllowReassociation: false })).rejects.toMatchObject({
    name: "Resource.AlreadyAssociated",
    message: `resource ${a} is already associated with associate-id ${first}`,
  });
  const moved = await api.associate(a, { PrivateIpAddress: "10.20.0.10" });
  expect(moved).not.toBe(first);
  await expect(api.associate(b, { PrivateIpAddress: "10.20.0.10", AllowReassociation: false })).rejects.toMatchObject({
    name: "Resource.AlreadyAssociated",
  });
  const taken = await api.associate(b, { PrivateIpAddress: "10.20.0.10" });
  expect((await api.described(a)).AssociationId).toBeUndefined();
  await expect(api.disassociate(moved)).rejects.toMatchObject({
    name: "InvalidAssociationID.NotFound",
    message: `The association ID '${moved}' does not exist`,
  });
  const elsewhere = api.clientIn("eu-west-1");
  await expect(elsewhere.send(new DisassociateAddressCommand({ AssociationId: taken }))).rejects.toMatchObject({
    name: "InvalidAssociationID.NotFound",
  });
  await expect(elsewhere.send(new ReleaseAddressCommand({ AllocationId: a }))).rejects.toMatchObject({
    name: "InvalidAllocationID.NotFound",
  });
  await api.disassociate(taken);
  await api.release(b);
});

test.each<[string, Partial<AssociateAddressCommandInput>, string, string]>([
  ["an instance", { InstanceId: "i-1" }, "UnsupportedOperation", "InstanceId"],
  ["nothing", { NetworkInterfaceId: undefined }, "MissingParameter", "networkInterfaceId"],
  [
    "an interface that is not there",
    { NetworkInterfaceId: "eni-0" },
    "InvalidNetworkInterfaceID.NotFound",
    "The networkInterface ID 'eni-0' does not exist",
  ],
  ["an address that is not the interface's", { PrivateIpAddress: "10.20.0.11" }, "InvalidParameterValue", "10.20.0.11"],
  ["a task's interface", { NetworkInterfaceId: "eni-0123456789abcdef0" }, "AuthFailure", "permission"],
  ["an address beside an allocation", { PublicIp: "1.2.3.4" }, "InvalidParameterCombination", "not both"],
  ["no allocation", { AllocationId: undefined }, "MissingParameter", "allocationId"],
])("an address is not associated with %s", async (_, input, name, text) => {
  await using api = await world();
  putTask(api, api.network().securityGroup.id);
  await expect(api.associate(await api.id(), input)).rejects.toMatchObject({ name, message: expect.stringContaining(text) as string });
});

test("what belongs to a service keeps and gets no address by hand, and a VPC without a gateway has none", async () => {
  await using api = await world();
  const { state, own } = api;
  const [a, b] = [await api.id(), await api.id()];
  const association = await api.associate(a);
  state.commit(() => state.table(networkInterfaces).put({ ...own, natGatewayId: "nat-1" }));
  const refused = { name: "AuthFailure", message: "You do not have permission to access the specified resource." };
  await expect(api.disassociate(association)).rejects.toMatchObject(refused);
  await expect(api.associate(b)).rejects.toMatchObject(refused);
  await expect(api.release(a)).rejects.toMatchObject(refused);
  state.commit(() => {
    state.table(networkInterfaces).put(own);
    state.table(internetGateways).delete("igw-1");
  });
  await expect(api.associate(b)).rejects.toMatchObject({
    name: "Gateway.NotAttached",
    message: `Network ${own.vpcId} is not attached to any internet gateway`,
  });
});

test("an address is not given back by itself alone, as those of EC2-Classic were", async () => {
  await using api = await world();
  const { PublicIp } = await api.allocate();
  await expect(api.client.send(new ReleaseAddressCommand({ PublicIp }))).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: "You must specify an allocation id when releasing a VPC elastic IP address",
  });
});

test("addresses are found by what they are and whom they lead to", async () => {
  await using api = await world();
  const [a] = [await api.id(), await api.id()];
  const association = await api.associate(a);
  const { PublicIp } = await api.described(a);
  for (const [Name, value] of [
    ["association-id", association],
    ["network-interface-id", "eni-1"],
    ["private-ip-address", "10.20.0.9"],
    ["public-ip", PublicIp!],
    ["allocation-id", a],
  ] as const)
    expect((await api.client.send(new DescribeAddressesCommand({ Filters: [{ Name, Values: [value] }] }))).Addresses).toMatchObject([
      { AllocationId: a },
    ]);
  await expect(api.client.send(new DescribeAddressesCommand({ PublicIps: ["9.9.9.9"] }))).rejects.toMatchObject({
    name: "InvalidAddress.NotFound",
  });
});
