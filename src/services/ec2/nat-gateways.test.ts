import {
  CreateNatGatewayCommand,
  DeleteNatGatewayCommand,
  DescribeNatGatewaysCommand,
  type CreateNatGatewayCommandInput,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { natGateways } from "../../state/ec2-gateways.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { networkWorld } from "../../testing/network-world.ts";
import { putVpc } from "../../testing/put-vpc.ts";

async function world() {
  const api = await networkWorld();
  const own = putVpc(api);
  const SubnetId = own.first.id;
  return {
    ...api,
    ...own,
    create: async (input: Partial<CreateNatGatewayCommandInput> = {}) =>
      (await api.client.send(new CreateNatGatewayCommand({ SubnetId, AllocationId: "eipalloc-1", ...input }))).NatGateway!,
  };
}

test("a NAT gateway begins as pending, with what was asked for, once for each client token, and is left for its loop to delete", async () => {
  await using api = await world();
  const { client, vpc, first } = api;
  const Tags = [{ Key: "Name", Value: "nat" }];
  const request = { ClientToken: "t", PrivateIpAddress: "10.20.0.77", TagSpecifications: [{ ResourceType: "natgateway" as const, Tags }] };
  const made = await api.create(request);
  expect(made).toEqual({
    NatGatewayId: expect.stringMatching(/^nat-[0-9a-f]{17}$/) as string,
    VpcId: vpc.id,
    SubnetId: first.id,
    State: "pending",
    ConnectivityType: "public",
    CreateTime: expect.any(Date) as Date,
    NatGatewayAddresses: [{ AllocationId: "eipalloc-1", PrivateIp: "10.20.0.77", IsPrimary: true, Status: "associating" }],
    Tags,
  });
  expect(await api.create(request)).toEqual(made);
  await expect(api.create({ ...request, AllocationId: "eipalloc-2" })).rejects.toMatchObject({ name: "IdempotentParameterMismatch" });
  const NatGatewayId = made.NatGatewayId!;
  for (const [Name, value] of [
    ["nat-gateway-id", NatGatewayId],
    ["state", "pending"],
    ["subnet-id", first.id],
    ["vpc-id", vpc.id],
    ["tag:Name", "nat"],
  ] as const)
    expect((await client.send(new DescribeNatGatewaysCommand({ Filter: [{ Name, Values: [value] }] }))).NatGateways).toEqual([made]);
  await client.send(new DeleteNatGatewayCommand({ NatGatewayId }));
  expect(api.state.table(natGateways).get(NatGatewayId)?.state).toBe("deleting");
  await client.send(new DeleteNatGatewayCommand({ NatGatewayId }));
  const missing = new DeleteNatGatewayCommand({ NatGatewayId: "nat-0" });
  await expect(client.send(missing)).rejects.toMatchObject({ name: "NatGatewayNotFound", message: "NAT gateway nat-0 was not found" });
  const elsewhere = api.clientIn("eu-west-1").send(new DeleteNatGatewayCommand({ NatGatewayId }));
  await expect(elsewhere).rejects.toMatchObject({ name: "NatGatewayNotFound" });
});

test.each<[string, Partial<CreateNatGatewayCommandInput>, string, string]>([
  ["a subnet that is not there", { SubnetId: "subnet-0" }, "InvalidSubnetID.NotFound", "subnet-0"],
  ["no subnet", { SubnetId: undefined }, "MissingParameter", "subnetId"],
  ["no address, to be public", { AllocationId: undefined }, "MissingParameter", "The request must include the AllocationId parameter."],
  ["a public address, to be private", { ConnectivityType: "private" }, "InvalidParameterCombination", "AllocationId"],
  ["another connectivity", { ConnectivityType: "none" as never }, "InvalidParameterValue", "none"],
  ["several zones", { AvailabilityMode: "regional" }, "UnsupportedOperation", "regional"],
  ["a VPC", { VpcId: "vpc-1" }, "UnsupportedOperation", "VpcId"],
  ["further public addresses", { SecondaryAllocationIds: ["eipalloc-2"] }, "UnsupportedOperation", "SecondaryAllocationIds"],
  ["further addresses", { SecondaryPrivateIpAddresses: ["10.20.0.8"] }, "UnsupportedOperation", "SecondaryPrivateIpAddresses"],
  ["a number of further addresses", { SecondaryPrivateIpAddressCount: 1 }, "UnsupportedOperation", "SecondaryPrivateIpAddressCount"],
  ["an address of another subnet", { PrivateIpAddress: "10.20.1.9" }, "InvalidParameterValue", "does not fall within"],
  ["the router's address", { PrivateIpAddress: "10.20.0.1" }, "InvalidParameterValue", "reserved"],
  ["what is no address", { PrivateIpAddress: "x" }, "InvalidParameterValue", "x"],
])("one with %s is refused", async (_, input, name, text) => {
  await using api = await world();
  await expect(api.create(input)).rejects.toMatchObject({ name, message: expect.stringContaining(text) as string });
  expect(api.state.table(natGateways).size).toBe(0);
});

test("an address that somebody has is refused, and a zone has five that are not gone", async () => {
  await using api = await world();
  const { state, first, vpc } = api;
  state.commit(() =>
    state.table(networkInterfaces).put({
      account: vpc.account,
      region: vpc.region,
      id: "eni-1",
      vpcId: vpc.id,
      subnetId: first.id,
      availabilityZone: first.availabilityZone,
      privateIpv4Address: "10.20.0.9",
      chosen: false,
      createdAt: 0,
    }),
  );
  await expect(api.create({ PrivateIpAddress: "10.20.0.9" })).rejects.toMatchObject({ name: "InvalidIPAddress.InUse" });
  const [gone] = [await api.create(), await api.create(), await api.create(), await api.create(), await api.create()];
  await expect(api.create()).rejects.toMatchObject({ name: "NatGatewayLimitExceeded" });
  state.commit(() => state.table(natGateways).update(gone.NatGatewayId!, (now) => ({ ...now, state: "deleted", deletedAt: 1 })));
  await api.create();
});
