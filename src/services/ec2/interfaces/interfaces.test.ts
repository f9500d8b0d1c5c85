import {
  AssignPrivateIpAddressesCommand,
  AttachNetworkInterfaceCommand,
  CreateNetworkInterfaceCommand,
  CreateTagsCommand,
  DeleteNetworkInterfaceCommand,
  DeleteSecurityGroupCommand,
  DescribeNetworkInterfaceAttributeCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSubnetsCommand,
  ModifyNetworkInterfaceAttributeCommand,
  UnassignPrivateIpAddressesCommand,
  type CreateNetworkInterfaceCommandInput,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { networkInterfaces } from "../../../state/network-interfaces.ts";
import { networkWorld, putTask } from "../../../testing/network-world.ts";

async function world() {
  const api = await networkWorld();
  const { subnets, securityGroup } = api.network();
  const SubnetId = subnets[1]!.id;
  const create = async (input: Partial<CreateNetworkInterfaceCommandInput> = {}) =>
    (await api.client.send(new CreateNetworkInterfaceCommand({ SubnetId, ...input }))).NetworkInterface!;
  const read = async (id: string) =>
    (await api.client.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [id] }))).NetworkInterfaces![0]!;
  const free = async () =>
    (await api.client.send(new DescribeSubnetsCommand({ SubnetIds: [SubnetId] }))).Subnets![0]!.AvailableIpAddressCount;
  const made = () => [...api.state.table(networkInterfaces).values()].filter(({ vpcEndpointId }) => vpcEndpointId === undefined);
  return { ...api, SubnetId, securityGroup, create, read, free, made, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

describe("an interface that somebody makes", () => {
  test("has the address that was asked for, further ones, groups, a description and tags, and is attached to nothing", async () => {
    await using at = await world();
    const before = (await at.free())!;
    const GroupId = await at.group("web");
    const own = await at.create({
      PrivateIpAddress: "172.31.16.9",
      PrivateIpAddresses: [{ PrivateIpAddress: "172.31.16.10" }],
      Groups: [GroupId],
      Description: "mine",
      TagSpecifications: [{ ResourceType: "network-interface", Tags: [{ Key: "Name", Value: "a" }] }],
    });
    expect(own).toMatchObject({
      Status: "available",
      PrivateIpAddress: "172.31.16.9",
      PrivateDnsName: "ip-172-31-16-9.ec2.internal",
      PrivateIpAddresses: [
        { Primary: true, PrivateIpAddress: "172.31.16.9" },
        { Primary: false, PrivateIpAddress: "172.31.16.10" },
      ],
      Groups: [{ GroupId, GroupName: "web" }],
      Description: "mine",
      InterfaceType: "interface",
      RequesterManaged: false,
      SourceDestCheck: true,
      TagSet: [{ Key: "Name", Value: "a" }],
      OwnerId: "123456789012",
    });
    expect(own.Attachment).toBeUndefined();
    expect(await at.read(own.NetworkInterfaceId!)).toEqual(own);
    expect(await at.free()).toBe(before - 2);
    await expect(at.client.send(new DeleteSecurityGroupCommand({ GroupId }))).rejects.toMatchObject({ name: "DependencyViolation" });
    await at.client.send(new CreateTagsCommand({ Resources: [own.NetworkInterfaceId!], Tags: [{ Key: "team", Value: "b" }] }));
    const Filters = [{ Name: "tag:team", Values: ["b"] }];
    expect((await at.client.send(new DescribeNetworkInterfacesCommand({ Filters }))).NetworkInterfaces).toHaveLength(1);
    await at.client.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: own.NetworkInterfaceId }));
    await expect(at.read(own.NetworkInterfaceId!)).rejects.toMatchObject({
      name: "InvalidNetworkInterfaceID.NotFound",
      message: `The networkInterface ID '${own.NetworkInterfaceId}' does not exist`,
    });
    expect(await at.free()).toBe(before);
    await at.client.send(new DeleteSecurityGroupCommand({ GroupId }));
  });

  test("is made once for one token", async () => {
    await using at = await world();
    const first = await at.create({ ClientToken: "t" });
    expect((await at.create({ ClientToken: "t" })).NetworkInterfaceId).toBe(first.NetworkInterfaceId);
    expect(at.made()).toHaveLength(1);
  });

  test("gets and loses addresses, of which one moves only where that is asked for", async () => {
    await using at = await world();
    const [one, two] = [await at.create({ SecondaryPrivateIpAddressCount: 2 }), await at.create()];
    const [id, other] = [one.NetworkInterfaceId!, two.NetworkInterfaceId!];
    const further = one.PrivateIpAddresses!.slice(1).map(({ PrivateIpAddress }) => PrivateIpAddress!);
    expect(new Set([...further, one.PrivateIpAddress]).size).toBe(3);
    const assign = (AllowReassignment: boolean) =>
      at.client.send(
        new AssignPrivateIpAddressesCommand({ NetworkInterfaceId: other, PrivateIpAddresses: [further[0]!], AllowReassignment }),
      );
    await expect(assign(false)).rejects.toMatchObject({ name: "InvalidIPAddress.InUse", message: `Address ${further[0]!} is in use.` });
    expect((await assign(true)).AssignedPrivateIpAddresses).toEqual([{ PrivateIpAddress: further[0] }]);
    expect((await at.read(id)).PrivateIpAddresses).toHaveLength(2);
    expect((await at.read(other)).PrivateIpAddresses).toHaveLength(2);
    const unassign = (address: string) =>
      at.client.send(new UnassignPrivateIpAddressesCommand({ NetworkInterfaceId: id, PrivateIpAddresses: [address] }));
    await unassign(further[1]!);
    await expect(unassign(one.PrivateIpAddress!)).rejects.toMatchObject({ name: "InvalidParameterValue" });
    expect((await at.read(id)).PrivateIpAddresses).toHaveLength(1);
    const { AssignedPrivateIpAddresses } = await at.client.send(
      new AssignPrivateIpAddressesCommand({ NetworkInterfaceId: id, SecondaryPrivateIpAddressCount: 1 }),
    );
    expect(AssignedPrivateIpAddresses).toHaveLength(1);
  });

  test("has one attribute changed a call", async () => {
    await using at = await world();
    const { NetworkInterfaceId } = await at.create({ Description: "a" });
    const GroupId = await at.group("web");
    const modify = (more: object) => at.client.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, ...more }));
    await modify({ Groups: [GroupId] });
    await modify({ SourceDestCheck: { Value: false } });
    await modify({ Description: { Value: "b" } });
    expect(await at.read(NetworkInterfaceId!)).toMatchObject({ Groups: [{ GroupId }], SourceDestCheck: false, Description: "b" });
    const { Description } = await at.client.send(
      new DescribeNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Attribute: "description" }),
    );
    expect(Description).toEqual({ Value: "b" });
    await expect(modify({ Groups: [GroupId], Description: { Value: "c" } })).rejects.toMatchObject({ name: "InvalidParameterCombination" });
    await expect(modify({})).rejects.toMatchObject({ name: "MissingParameter" });
    await expect(modify({ AssociatePublicIpAddress: true })).rejects.toMatchObject({ name: "UnsupportedOperation" });
  });

  test("has no instance to be attached to", async () => {
    await using at = await world();
    const { NetworkInterfaceId } = await at.create();
    const attach = new AttachNetworkInterfaceCommand({ NetworkInterfaceId, InstanceId: "i-1", DeviceIndex: 1 });
    await expect(at.client.send(attach)).rejects.toMatchObject({
      name: "InvalidInstanceID.NotFound",
      message: "The instance ID 'i-1' does not exist",
    });
  });

  test.each<[string, Partial<CreateNetworkInterfaceCommandInput>, string, string]>([
    ["a subnet that is none", { SubnetId: "subnet-0" }, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-0' does not exist"],
    [
      "an address elsewhere",
      { PrivateIpAddress: "10.0.0.9" },
      "InvalidParameterValue",
      "Address does not fall within the subnet's address range",
    ],
    [
      "an address that is AWS's",
      { PrivateIpAddress: "172.31.16.2" },
      "InvalidParameterValue",
      "Address 172.31.16.2 is in subnet's reserved address range",
    ],
    [
      "two primary addresses",
      { PrivateIpAddress: "172.31.16.9", PrivateIpAddresses: [{ PrivateIpAddress: "172.31.16.10", Primary: true }] },
      "InvalidParameterCombination",
      "Only one primary private IP address can be specified.",
    ],
    ["a group that is none", { Groups: ["sg-0"] }, "InvalidGroup.NotFound", "The security group 'sg-0' does not exist"],
    ["IPv6", { Ipv6AddressCount: 1 }, "UnsupportedOperation", "The parameter Ipv6AddressCount is not supported."],
    ["prefixes", { Ipv4PrefixCount: 1 }, "UnsupportedOperation", "The parameter Ipv4PrefixCount is not supported."],
    ["another type", { InterfaceType: "efa" }, "UnsupportedOperation", "Network interfaces of the type efa are not supported."],
    ["a dry run", { DryRun: true }, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."],
  ])("is refused with %s", async (_what, input, name, message) => {
    await using at = await world();
    await expect(at.create(input)).rejects.toMatchObject({ name, message });
    expect(at.made()).toEqual([]);
  });

  test("has five groups at most", async () => {
    await using at = await world();
    const Groups: string[] = [];
    for (const name of ["a", "b", "c", "d", "e", "f"]) Groups.push(await at.group(name));
    await expect(at.create({ Groups })).rejects.toMatchObject({ name: "SecurityGroupsPerInterfaceLimitExceeded" });
    await at.create({ Groups: Groups.slice(1) });
  });

  test("is no other account's", async () => {
    await using at = await world();
    const { NetworkInterfaceId } = await at.create();
    const none = { name: "InvalidNetworkInterfaceID.NotFound" };
    await expect(at.foreign.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId }))).rejects.toMatchObject(none);
    await expect(at.foreign.send(new CreateNetworkInterfaceCommand({ SubnetId: at.SubnetId }))).rejects.toMatchObject({
      name: "InvalidSubnetID.NotFound",
    });
    expect(at.made()).toHaveLength(1);
  });
});

test("the interfaces of services and tasks are theirs to change", async () => {
  await using at = await world();
  putTask(at, at.securityGroup.id);
  const [endpoint] = [...at.state.table(networkInterfaces).values()];
  for (const NetworkInterfaceId of ["eni-0123456789abcdef0", endpoint!.id]) {
    await expect(at.client.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId }))).rejects.toMatchObject({
      name: "InvalidParameterValue",
      message: `Network interface '${NetworkInterfaceId}' is currently in use.`,
    });
    const modify = new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups: [at.securityGroup.id] });
    await expect(at.client.send(modify)).rejects.toMatchObject({ name: "AuthFailure" });
  }
});
