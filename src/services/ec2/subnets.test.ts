import {
  CreateDefaultSubnetCommand,
  CreateSubnetCidrReservationCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  AssociateVpcCidrBlockCommand,
  DeleteSubnetCidrReservationCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeSubnetsCommand,
  DescribeVpcClassicLinkCommand,
  GetSubnetCidrReservationsCommand,
  ModifySubnetAttributeCommand,
  ModifyVpcTenancyCommand,
  type CreateSubnetCommandInput,
  type ModifySubnetAttributeCommandInput,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { systemIds } from "../../drivers/system/ids.ts";
import { newInterface } from "../../state/new-interface.ts";
import { networkAcls } from "../../state/ec2-network-acls.ts";
import { routeTables } from "../../state/ec2-routing.ts";
import { subnets } from "../../state/ec2.ts";
import { tasks } from "../../state/ecs.ts";
import { emptyVpc, networkWorld, putTask } from "../../testing/network-world.ts";

type World = Awaited<ReturnType<typeof networkWorld>>;

/** A world with the VPC 10.0.0.0/16. */
async function worldWithVpc() {
  const api = await networkWorld();
  const { Vpc } = await api.client.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
  return { ...api, VpcId: Vpc!.VpcId! };
}

const make = async (
  { client }: Pick<World, "client">,
  VpcId: string,
  CidrBlock = "10.0.1.0/24",
  more: Partial<CreateSubnetCommandInput> = {},
) => (await client.send(new CreateSubnetCommand({ VpcId, CidrBlock, ...more }))).Subnet!;

describe("a subnet that is made", () => {
  test("has its block without host bits, its zone, its tags and its addresses", async () => {
    await using api = await worldWithVpc();
    const Tags = [{ Key: "Name", Value: "private" }];
    const made = await make(api, api.VpcId, "10.0.1.9/24", {
      AvailabilityZone: "us-east-1b",
      TagSpecifications: [{ ResourceType: "subnet", Tags }],
    });
    expect(made).toMatchObject({
      SubnetId: expect.stringMatching(/^subnet-[0-9a-f]{17}$/),
      VpcId: api.VpcId,
      CidrBlock: "10.0.1.0/24",
      AvailabilityZone: "us-east-1b",
      AvailabilityZoneId: "use1-az2",
      AvailableIpAddressCount: 251,
      State: "available",
      DefaultForAz: false,
      MapPublicIpOnLaunch: false,
      PrivateDnsNameOptionsOnLaunch: { HostnameType: "ip-name", EnableResourceNameDnsARecord: false },
      Tags,
    });
    expect((await api.client.send(new DescribeSubnetsCommand({ SubnetIds: [made.SubnetId!] }))).Subnets).toEqual([made]);
    expect((await make(api, api.VpcId, "10.0.2.0/24", { AvailabilityZoneId: "use1-az6" })).AvailabilityZone).toBe("us-east-1f");
    expect((await make(api, api.VpcId, "10.0.3.0/24")).AvailabilityZone).toBe("us-east-1a");
    expect((await make(api, api.VpcId, "10.0.4.0/24")).AvailabilityZone).toBe("us-east-1c");
  });

  test("may be of a block that the VPC was given later", async () => {
    await using api = await worldWithVpc();
    await expect(make(api, api.VpcId, "10.1.1.0/24")).rejects.toMatchObject({ name: "InvalidSubnet.Range" });
    await api.client.send(new AssociateVpcCidrBlockCommand({ VpcId: api.VpcId, CidrBlock: "10.1.0.0/20" }));
    expect((await make(api, api.VpcId, "10.1.1.0/24")).CidrBlock).toBe("10.1.1.0/24");
  });

  test.each<[string, Partial<CreateSubnetCommandInput>, string, string]>([
    ["no block", { CidrBlock: undefined }, "MissingParameter", "'cidrBlock'"],
    [
      "what is no block",
      { CidrBlock: "10.0.1" },
      "InvalidParameterValue",
      "Value (10.0.1) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
    ],
    ["a block outside of the VPC", { CidrBlock: "10.2.0.0/24" }, "InvalidSubnet.Range", "The CIDR '10.2.0.0/24' is invalid."],
    ["too small a block", { CidrBlock: "10.0.2.0/29" }, "InvalidSubnet.Range", "The CIDR '10.0.2.0/29' is invalid."],
    ["a block around the VPC's", { CidrBlock: "10.0.0.0/15" }, "InvalidSubnet.Range", "The CIDR '10.0.0.0/15' is invalid."],
    [
      "another subnet's addresses",
      { CidrBlock: "10.0.0.0/20" },
      "InvalidSubnet.Conflict",
      "The CIDR '10.0.0.0/20' conflicts with another subnet",
    ],
    [
      "a zone that is none",
      { AvailabilityZone: "us-east-1z" },
      "InvalidParameterValue",
      "Value (us-east-1z) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: us-east-1a, us-east-1b, us-east-1c, us-east-1d, us-east-1e, us-east-1f.",
    ],
    [
      "a zone by both names",
      { AvailabilityZone: "us-east-1a", AvailabilityZoneId: "use1-az1" },
      "InvalidParameterCombination",
      "AvailabilityZoneId",
    ],
    ["IPv6", { Ipv6Native: true }, "UnsupportedOperation", "Ipv6Native"],
    ["an Outpost", { OutpostArn: "arn:aws:outposts:us-east-1:123456789012:outpost/op-1" }, "UnsupportedOperation", "OutpostArn"],
    ["a VPC that is none", { VpcId: "vpc-1" }, "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"],
  ])("is refused with %s", async (_what, input, name, message) => {
    await using api = await worldWithVpc();
    await make(api, api.VpcId);
    const asked = new CreateSubnetCommand({ VpcId: api.VpcId, CidrBlock: "10.0.2.0/24", ...input });
    await expect(api.client.send(asked)).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
  });

  test("is never in another account's VPC", async () => {
    await using api = await worldWithVpc();
    await expect(api.foreign.send(new CreateSubnetCommand({ VpcId: api.VpcId, CidrBlock: "10.0.9.0/24" }))).rejects.toMatchObject({
      name: "InvalidVpcID.NotFound",
    });
  });
});

describe("a subnet that is deleted", () => {
  test("goes with its associations and reservations, when no interface is in it", async () => {
    await using api = await worldWithVpc();
    const { state, VpcId } = api;
    const { SubnetId } = await make(api, VpcId);
    await api.client.send(new CreateSubnetCidrReservationCommand({ SubnetId, Cidr: "10.0.1.16/28", ReservationType: "explicit" }));
    const [table] = state.table(routeTables).by("vpc", VpcId);
    const [acl] = state.table(networkAcls).by("vpc", VpcId);
    state.commit(() => {
      state
        .table(routeTables)
        .put({ ...table!, associations: [...table!.associations, { id: "rtbassoc-1", main: false, subnetId: SubnetId! }] });
      state.table(networkAcls).put({ ...acl!, associations: [{ id: "aclassoc-1", subnetId: SubnetId! }] });
    });
    const made = state.commit(() => newInterface(state, systemIds, { subnet: state.table(subnets).get(SubnetId!)!, now: 0 }));
    await expect(api.client.send(new DeleteSubnetCommand({ SubnetId }))).rejects.toMatchObject({
      name: "DependencyViolation",
      message: `The subnet '${SubnetId}' has dependencies and cannot be deleted.`,
    });
    await expect(api.client.send(new DeleteVpcCommand({ VpcId }))).rejects.toMatchObject({ name: "DependencyViolation" });
    const { networkInterfaces } = await import("../../state/network-interfaces.ts");
    state.commit(() => state.table(networkInterfaces).delete(made.id));
    await api.client.send(new DeleteSubnetCommand({ SubnetId }));
    expect(state.table(routeTables).by("subnet", SubnetId!)).toEqual([]);
    expect(state.table(networkAcls).by("subnet", SubnetId!)).toEqual([]);
    await expect(api.client.send(new DeleteSubnetCommand({ SubnetId }))).rejects.toMatchObject({ name: "InvalidSubnetID.NotFound" });
    await api.client.send(new DeleteVpcCommand({ VpcId }));
  });

  test("stays while a task has an address there", async () => {
    await using api = await networkWorld();
    emptyVpc(api.state, api.network().vpc.id, { keep: "subnets" });
    putTask(api, "sg-1");
    const SubnetId = api.network().subnets[0]!.id;
    const task = api.state.table(tasks).values().next().value!;
    await expect(api.client.send(new DeleteSubnetCommand({ SubnetId }))).rejects.toMatchObject({ name: "DependencyViolation" });
    api.state.commit(() => api.state.table(tasks).put({ ...task, lastStatus: "STOPPED" }));
    await api.client.send(new DeleteSubnetCommand({ SubnetId }));
  });
});

describe("a default subnet", () => {
  test("is made anew in its zone, in the first free block", async () => {
    await using api = await networkWorld();
    emptyVpc(api.state, api.network().vpc.id, { keep: "subnets" });
    const again = (AvailabilityZone?: string) => api.client.send(new CreateDefaultSubnetCommand({ AvailabilityZone }));
    const [first] = api.network().subnets;
    await expect(again("us-east-1a")).rejects.toMatchObject({
      name: "DefaultSubnetAlreadyExistsInAvailabilityZone",
      message: `'${first!.id}' is already the default subnet in us-east-1a.`,
    });
    await api.client.send(new DeleteSubnetCommand({ SubnetId: first!.id }));
    await make(api, first!.vpcId, "172.31.0.0/24");
    const { Subnet } = await again("us-east-1a");
    expect(Subnet).toMatchObject({
      CidrBlock: "172.31.96.0/20",
      DefaultForAz: true,
      MapPublicIpOnLaunch: true,
      AvailabilityZone: "us-east-1a",
    });
    await expect(again()).rejects.toMatchObject({ name: "MissingParameter" });
    await expect(again("us-east-1z")).rejects.toMatchObject({ name: "InvalidParameterValue" });
  });
});

describe("attributes of a subnet", () => {
  test("are what was set last", async () => {
    await using api = await worldWithVpc();
    const { SubnetId } = await make(api, api.VpcId);
    const set = (input: Partial<ModifySubnetAttributeCommandInput>) =>
      api.client.send(new ModifySubnetAttributeCommand({ SubnetId, ...input }));
    const read = async () => {
      const { Subnets } = await api.client.send(new DescribeSubnetsCommand({ SubnetIds: [SubnetId!] }));
      const { MapPublicIpOnLaunch, PrivateDnsNameOptionsOnLaunch: names } = Subnets![0]!;
      return [MapPublicIpOnLaunch, names?.HostnameType, names?.EnableResourceNameDnsARecord];
    };
    await set({ MapPublicIpOnLaunch: { Value: true } });
    await set({ PrivateDnsHostnameTypeOnLaunch: "resource-name" });
    await set({ EnableResourceNameDnsARecordOnLaunch: { Value: true } });
    await set({ AssignIpv6AddressOnCreation: { Value: false } });
    expect(await read()).toEqual([true, "resource-name", true]);
    await set({ MapPublicIpOnLaunch: { Value: false } });
    await set({ PrivateDnsHostnameTypeOnLaunch: "ip-name" });
    await set({ EnableResourceNameDnsARecordOnLaunch: { Value: false } });
    expect(await read()).toEqual([false, "ip-name", false]);
  });

  test.each<[Partial<ModifySubnetAttributeCommandInput>, string, string]>([
    [{}, "MissingParameter", "attribute"],
    [{ MapPublicIpOnLaunch: { Value: true }, PrivateDnsHostnameTypeOnLaunch: "ip-name" }, "InvalidParameterCombination", "multiple"],
    [{ PrivateDnsHostnameTypeOnLaunch: "name" as never }, "InvalidParameterValue", "Value (name)"],
    [{ AssignIpv6AddressOnCreation: { Value: true } }, "UnsupportedOperation", "AssignIpv6AddressOnCreation"],
    [{ EnableDns64: { Value: true } }, "UnsupportedOperation", "EnableDns64"],
    [{ EnableResourceNameDnsAAAARecordOnLaunch: { Value: true } }, "UnsupportedOperation", "EnableResourceNameDnsAAAARecordOnLaunch"],
    [{ MapCustomerOwnedIpOnLaunch: { Value: true }, CustomerOwnedIpv4Pool: "p" }, "UnsupportedOperation", "MapCustomerOwnedIpOnLaunch"],
    [{ CustomerOwnedIpv4Pool: "p" }, "UnsupportedOperation", "CustomerOwnedIpv4Pool"],
    [{ EnableLniAtDeviceIndex: 1 }, "UnsupportedOperation", "EnableLniAtDeviceIndex"],
    [{ DisableLniAtDeviceIndex: { Value: true } }, "UnsupportedOperation", "DisableLniAtDeviceIndex"],
  ])("%o is refused", async (input, name, message) => {
    await using api = await networkWorld();
    const SubnetId = api.network().subnets[0]!.id;
    await expect(api.client.send(new ModifySubnetAttributeCommand({ SubnetId, ...input }))).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
  });
});

describe("reservations in a subnet", () => {
  test("are shown, found by their kind, taken away, and their addresses are drawn by nobody", async () => {
    await using api = await worldWithVpc();
    const { state } = api;
    const { SubnetId } = await make(api, api.VpcId, "10.0.1.0/28");
    const reserve = async (Cidr: string, ReservationType: "prefix" | "explicit") =>
      (await api.client.send(new CreateSubnetCidrReservationCommand({ SubnetId, Cidr, ReservationType, Description: "kept" })))
        .SubnetCidrReservation!;
    const one = await reserve("10.0.1.4/30", "explicit");
    const other = await reserve("10.0.1.8/30", "prefix");
    expect(one).toMatchObject({ SubnetId, Cidr: "10.0.1.4/30", ReservationType: "explicit", OwnerId: "123456789012", Description: "kept" });
    const list = async (Filters?: { Name: string; Values: string[] }[]) =>
      (await api.client.send(new GetSubnetCidrReservationsCommand({ SubnetId, Filters }))).SubnetIpv4CidrReservations;
    expect(new Set(await list())).toEqual(new Set([one, other]));
    expect(await list([{ Name: "reservationType", Values: ["prefix"] }])).toEqual([other]);
    const subnet = state.table(subnets).get(SubnetId!)!;
    const drawn = () => state.commit(() => newInterface(state, systemIds, { subnet, now: 0 }).privateIpv4Address);
    expect(new Set([drawn(), drawn(), drawn()])).toEqual(new Set(["10.0.1.12", "10.0.1.13", "10.0.1.14"]));
    expect(drawn).toThrow("no address of the subnet");
    const { DeletedSubnetCidrReservation } = await api.client.send(
      new DeleteSubnetCidrReservationCommand({ SubnetCidrReservationId: one.SubnetCidrReservationId }),
    );
    expect(DeletedSubnetCidrReservation).toEqual(one);
    expect(drawn()).toMatch(/^10\.0\.1\.[4-7]$/);
  });

  test.each([
    ["addresses of another subnet", { Cidr: "10.0.2.0/28", ReservationType: "explicit" as const }, "InvalidSubnet.Range"],
    ["what is no block", { Cidr: "10.0.1.4", ReservationType: "explicit" as const }, "InvalidParameterValue"],
    ["another kind", { Cidr: "10.0.1.16/28", ReservationType: "mine" as never }, "InvalidParameterValue"],
    ["addresses that are reserved", { Cidr: "10.0.1.128/26", ReservationType: "prefix" as const }, "InvalidSubnetCidrReservation.Conflict"],
  ])("are refused: %s", async (_what, input, name) => {
    await using api = await worldWithVpc();
    const { SubnetId } = await make(api, api.VpcId);
    await api.client.send(new CreateSubnetCidrReservationCommand({ SubnetId, Cidr: "10.0.1.128/25", ReservationType: "prefix" }));
    await expect(api.client.send(new CreateSubnetCidrReservationCommand({ SubnetId, ...input }))).rejects.toMatchObject({ name });
    await expect(api.client.send(new DeleteSubnetCidrReservationCommand({ SubnetCidrReservationId: "scr-1" }))).rejects.toMatchObject({
      name: "InvalidSubnetCidrReservationID.NotFound",
    });
  });
});

test("tenancy goes back to default, and ClassicLink is gone", async () => {
  await using api = await networkWorld();
  const { Vpc } = await api.client.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16", InstanceTenancy: "dedicated" }));
  const VpcId = Vpc?.VpcId;
  await api.client.send(new ModifyVpcTenancyCommand({ VpcId, InstanceTenancy: "default" }));
  expect(await api.json("describe-vpcs", "--vpc-ids", VpcId!, "--query", "Vpcs[0].InstanceTenancy")).toBe("default");
  await expect(api.client.send(new ModifyVpcTenancyCommand({ VpcId, InstanceTenancy: "dedicated" as never }))).rejects.toMatchObject({
    name: "InvalidParameterValue",
  });
  await expect(api.client.send(new DescribeVpcClassicLinkCommand({}))).rejects.toMatchObject({ name: "UnsupportedOperation" });
});
