import {
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  DeleteSecurityGroupCommand,
  DeleteVpcEndpointsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcEndpointServicesCommand,
  DescribeVpcsCommand,
  ModifyVpcAttributeCommand,
  ModifyVpcEndpointCommand,
  type CreateVpcEndpointCommandInput,
  type ModifyVpcEndpointCommandInput,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { vpcEndpoints } from "../../../state/ec2-endpoints.ts";
import { subnets, type SubnetRecord } from "../../../state/ec2.ts";
import { networkWorld } from "../../../testing/network-world.ts";

const LOGS = "com.amazonaws.us-east-1.logs";
const S3 = "com.amazonaws.us-east-1.s3";

/** A VPC with two subnets in one zone and one in another, and names; the default VPC beside it. */
async function world() {
  const api = await networkWorld();
  const { Vpc } = await api.client.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
  const VpcId = Vpc!.VpcId!;
  await api.client.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }));
  const subnet = (id: string, at: number, zone: string): SubnetRecord => ({
    ...{ id, account: "123456789012", region: "us-east-1", vpcId: VpcId, cidrBlock: `10.0.${at}.0/28`, availabilityZone: zone },
    ...{ availabilityZoneId: zone, defaultForAz: false, mapPublicIpOnLaunch: false, tags: [] },
  });
  api.state.commit(() => {
    for (const one of [subnet("subnet-a", 0, "us-east-1a"), subnet("subnet-b", 1, "us-east-1b"), subnet("subnet-a2", 2, "us-east-1a")])
      api.state.table(subnets).put(one);
  });
  const create = async (input: Partial<CreateVpcEndpointCommandInput> = {}) =>
    (
      await api.client.send(
        new CreateVpcEndpointCommand({ VpcId, ServiceName: LOGS, VpcEndpointType: "Interface", SubnetIds: ["subnet-a"], ...input }),
      )
    ).VpcEndpoint!;
  const modify = (input: ModifyVpcEndpointCommandInput) => api.client.send(new ModifyVpcEndpointCommand(input));
  const read = async (id: string) => (await api.client.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] }))).VpcEndpoints![0]!;
  return { ...api, VpcId, create, modify, read, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

describe("an interface endpoint", () => {
  test("has an interface in each subnet, names of its own and the service's, and its VPC's default group", async () => {
    await using at = await world();
    const made = await at.create({
      SubnetIds: ["subnet-a", "subnet-b"],
      SubnetConfigurations: [{ SubnetId: "subnet-b", Ipv4: "10.0.1.9" }],
      TagSpecifications: [{ ResourceType: "vpc-endpoint", Tags: [{ Key: "Name", Value: "logs" }] }],
    });
    expect(made).toMatchObject({
      VpcEndpointType: "Interface",
      VpcId: at.VpcId,
      ServiceName: LOGS,
      State: "pending",
      SubnetIds: ["subnet-a", "subnet-b"],
      PrivateDnsEnabled: true,
      IpAddressType: "ipv4",
      Groups: [{ GroupName: "default" }],
      Tags: [{ Key: "Name", Value: "logs" }],
      OwnerId: "123456789012",
    });
    const label = `${made.VpcEndpointId!}-${made.VpcEndpointId!.slice(-8)}`;
    expect(made.DnsEntries?.map(({ DnsName }) => DnsName)).toEqual([
      `${label}.logs.us-east-1.vpce.amazonaws.com`,
      `${label}-us-east-1a.logs.us-east-1.vpce.amazonaws.com`,
      `${label}-us-east-1b.logs.us-east-1.vpce.amazonaws.com`,
      "logs.us-east-1.amazonaws.com",
    ]);
    expect(JSON.parse(made.PolicyDocument!)).toEqual({
      Statement: [{ Action: "*", Effect: "Allow", Principal: "*", Resource: "*" }],
    });
    const { NetworkInterfaces } = await at.client.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: made.NetworkInterfaceIds! }),
    );
    expect(NetworkInterfaces?.find(({ SubnetId }) => SubnetId === "subnet-b")).toMatchObject({
      PrivateIpAddress: "10.0.1.9",
      InterfaceType: "vpc_endpoint",
      Description: `VPC Endpoint Interface ${made.VpcEndpointId!}`,
      RequesterManaged: true,
      Groups: [{ GroupName: "default" }],
      Status: "in-use",
    });
  });

  test("gets and loses subnets, groups and a policy", async () => {
    await using at = await world();
    const { VpcEndpointId, NetworkInterfaceIds } = await at.create();
    const { GroupId } = await at.client.send(new CreateSecurityGroupCommand({ GroupName: "e", Description: "e", VpcId: at.VpcId }));
    const PolicyDocument = `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"logs:*","Resource":"*"}]}`;
    await at.modify({
      VpcEndpointId,
      AddSubnetIds: ["subnet-b"],
      RemoveSubnetIds: ["subnet-a"],
      AddSecurityGroupIds: [GroupId!],
      PolicyDocument,
    });
    const changed = await at.read(VpcEndpointId!);
    expect(changed).toMatchObject({ SubnetIds: ["subnet-b"], PolicyDocument, State: "pending" });
    expect(changed.Groups?.map(({ GroupName }) => GroupName)).toEqual(["default", "e"]);
    expect(changed.NetworkInterfaceIds).not.toEqual(NetworkInterfaceIds);
    expect(changed.NetworkInterfaceIds).toHaveLength(1);
    await expect(at.client.send(new DeleteSecurityGroupCommand({ GroupId }))).rejects.toMatchObject({ name: "DependencyViolation" });
    await at.modify({ VpcEndpointId, ResetPolicy: true, RemoveSecurityGroupIds: [GroupId!], PrivateDnsEnabled: false });
    const reset = await at.read(VpcEndpointId!);
    expect(reset.PolicyDocument).toContain(`"Effect":"Allow"`);
    expect(reset.PrivateDnsEnabled).toBe(false);
    expect(reset.DnsEntries).toHaveLength(2);
    await at.client.send(new DeleteSecurityGroupCommand({ GroupId }));
    await expect(at.modify({ VpcEndpointId, RemoveSecurityGroupIds: [GroupId!] })).rejects.toMatchObject({ name: "InvalidGroup.NotFound" });
  });

  test("is deleting until this host has let go of it; what is none is told beside it", async () => {
    await using at = await world();
    const { VpcEndpointId } = await at.create();
    const { Unsuccessful } = await at.client.send(
      new DeleteVpcEndpointsCommand({ VpcEndpointIds: ["vpce-0", "endpoint", VpcEndpointId!] }),
    );
    expect(Unsuccessful).toEqual([
      { ResourceId: "vpce-0", Error: { Code: "InvalidVpcEndpointId.NotFound", Message: "The Vpc Endpoint Id 'vpce-0' does not exist" } },
      {
        ResourceId: "endpoint",
        Error: { Code: "InvalidVpcEndpointId.Malformed", Message: "The Vpc Endpoint Id 'endpoint' is malformed" },
      },
    ]);
    expect((await at.read(VpcEndpointId!)).State).toBe("deleting");
  });

  test("is made once for one token", async () => {
    await using at = await world();
    const first = await at.create({ ClientToken: "t" });
    expect((await at.create({ ClientToken: "t" })).VpcEndpointId).toBe(first.VpcEndpointId);
    await expect(at.create({ ClientToken: "t", ServiceName: "com.amazonaws.us-east-1.kms" })).rejects.toMatchObject({
      name: "IdempotentParameterMismatch",
    });
  });
});

test("a gateway endpoint is a route in its tables, as long as it is there", async () => {
  await using at = await world();
  const Filters = [{ Name: "vpc-id", Values: [at.VpcId] }];
  const { RouteTables } = await at.client.send(new DescribeRouteTablesCommand({ Filters }));
  const RouteTableId = RouteTables![0]!.RouteTableId!;
  const gateway = { ServiceName: S3, VpcEndpointType: undefined, SubnetIds: undefined };
  const made = await at.create({ ...gateway, RouteTableIds: [RouteTableId] });
  expect(made).toMatchObject({ VpcEndpointType: "Gateway", State: "available", RouteTableIds: [RouteTableId], PrivateDnsEnabled: false });
  const routes = async () =>
    (await at.client.send(new DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] }))).RouteTables![0]!.Routes!;
  expect((await routes()).at(-1)).toMatchObject({ DestinationPrefixListId: "pl-63a5400a", GatewayId: made.VpcEndpointId, State: "active" });
  await expect(at.create({ ...gateway, RouteTableIds: [RouteTableId] })).rejects.toMatchObject({
    name: "RouteAlreadyExists",
    message: `route table ${RouteTableId} already has a route with destination-prefix-list-id pl-63a5400a`,
  });
  const { VpcEndpointId } = made;
  await at.modify({ VpcEndpointId, RemoveRouteTableIds: [RouteTableId] });
  expect(await routes()).toHaveLength(1);
  await at.modify({ VpcEndpointId, AddRouteTableIds: [RouteTableId] });
  expect(await routes()).toHaveLength(2);
  await at.client.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [VpcEndpointId!] }));
  expect(await routes()).toHaveLength(1);
  expect(at.state.table(vpcEndpoints).has(VpcEndpointId!)).toBe(false);
});

test.each<[string, Partial<CreateVpcEndpointCommandInput>, string, string]>([
  [
    "a service that is none",
    { ServiceName: "com.amazonaws.us-east-1.x" },
    "InvalidServiceName",
    "The Vpc Endpoint Service 'com.amazonaws.us-east-1.x' does not exist",
  ],
  ["no service", { ServiceName: undefined }, "MissingParameter", "The request must contain the parameter ServiceName"],
  [
    "another type than the service has",
    { VpcEndpointType: "Gateway", SubnetIds: [] },
    "InvalidParameter",
    "Endpoint type (Gateway) does not match available service types ([Interface]).",
  ],
  [
    "two subnets in a zone",
    { SubnetIds: ["subnet-a", "subnet-a2"] },
    "DuplicateSubnetsInSameZone",
    "Found another VPC endpoint subnet in the availability zone of subnet-a",
  ],
  ["a subnet that is none", { SubnetIds: ["subnet-0"] }, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-0' does not exist"],
  ["a VPC that is none", { VpcId: "vpc-0" }, "InvalidVpcID.NotFound", "The vpc ID 'vpc-0' does not exist"],
  ["a group that is none", { SecurityGroupIds: ["sg-0"] }, "InvalidGroup.NotFound", "The security group 'sg-0' does not exist"],
  ["a policy that is none", { PolicyDocument: "{" }, "InvalidPolicyDocument", "Syntax errors in policy."],
  [
    "a reserved address",
    { SubnetConfigurations: [{ SubnetId: "subnet-a", Ipv4: "10.0.0.1" }] },
    "InvalidParameterValue",
    "Address 10.0.0.1 is in subnet's reserved address range",
  ],
  [
    "a load balancer's type",
    { VpcEndpointType: "GatewayLoadBalancer" },
    "UnsupportedOperation",
    "Endpoints of the type GatewayLoadBalancer are not supported.",
  ],
  ["a resource", { ResourceConfigurationArn: "arn:x" }, "UnsupportedOperation", "The parameter ResourceConfigurationArn is not supported."],
  ["IPv6", { IpAddressType: "dualstack" }, "UnsupportedOperation", "The parameter IpAddressType is supported with ipv4 only."],
  [
    "another region",
    { ServiceRegion: "eu-west-1" },
    "UnsupportedOperation",
    "The parameter ServiceRegion is not supported: services are reached in the region of the VPC.",
  ],
  [
    "route tables of an interface",
    { RouteTableIds: ["rtb-1"] },
    "InvalidParameter",
    "Route table ids are not supported for Interface type VPC Endpoint.",
  ],
  [
    "tags of something else",
    { TagSpecifications: [{ ResourceType: "vpc", Tags: [] }] },
    "InvalidParameterValue",
    "'vpc' is not a valid taggable resource type for this operation.",
  ],
  [
    "names of S3 without a gateway",
    { ServiceName: S3 },
    "InvalidParameter",
    "To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC {vpc} must have a Gateway endpoint for the service.",
  ],
  ["a dry run", { DryRun: true }, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."],
])("%s is refused", async (_what, input, name, message) => {
  await using at = await world();
  const before = at.state.table(vpcEndpoints).size;
  await expect(at.create(input)).rejects.toMatchObject({ name, message: message.replace("{vpc}", at.VpcId) });
  expect(at.state.table(vpcEndpoints).size).toBe(before);
});

test("private DNS takes names in the VPC, and is one endpoint's alone", async () => {
  await using at = await world();
  await at.client.send(new ModifyVpcAttributeCommand({ VpcId: at.VpcId, EnableDnsHostnames: { Value: false } }));
  await expect(at.create()).rejects.toMatchObject({
    name: "InvalidParameter",
    message: `Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${at.VpcId}`,
  });
  const plain = await at.create({ PrivateDnsEnabled: false });
  await at.client.send(new ModifyVpcAttributeCommand({ VpcId: at.VpcId, EnableDnsHostnames: { Value: true } }));
  await at.create();
  const conflict = {
    name: "InvalidParameter",
    message: `private-dns-enabled cannot be set because there is already a conflicting DNS domain for logs.us-east-1.amazonaws.com in the VPC ${at.VpcId}`,
  };
  await expect(at.create()).rejects.toMatchObject(conflict);
  await expect(at.modify({ VpcEndpointId: plain.VpcEndpointId, PrivateDnsEnabled: true })).rejects.toMatchObject(conflict);
});

describe("an endpoint that a default VPC came with", () => {
  const own = async () => {
    const at = await networkWorld();
    const [vpc] = (await at.client.send(new DescribeVpcsCommand())).Vpcs!;
    const [subnet] = (await at.client.send(new DescribeSubnetsCommand())).Subnets!;
    const of = (service: string) =>
      at.state
        .table(vpcEndpoints)
        .by("service", `${vpc!.VpcId!}/${service}`)
        .map(({ id, state, privateDnsEnabled }) => ({ id, state, privateDnsEnabled }));
    const create = async (input: Partial<CreateVpcEndpointCommandInput>) => {
      const { VpcEndpoint } = await at.client.send(new CreateVpcEndpointCommand({ VpcId: vpc!.VpcId, ServiceName: LOGS, ...input }));
      return VpcEndpoint!.VpcEndpointId!;
    };
    return { ...at, vpc: vpc!, subnet: subnet!, of, create };
  };

  test("gives way to one that takes the service's names, and stays beside one that does not", async () => {
    const at = await own();
    await using _world = at;
    const [came] = at.of(LOGS);
    expect(came).toMatchObject({ state: "available", privateDnsEnabled: true });
    const interfaceType: Partial<CreateVpcEndpointCommandInput> = { VpcEndpointType: "Interface", SubnetIds: [at.subnet.SubnetId!] };
    const beside = await at.create({ ...interfaceType, PrivateDnsEnabled: false });
    expect(at.of(LOGS)).toContainEqual(came);
    await at.client.send(new ModifyVpcEndpointCommand({ VpcEndpointId: beside, PrivateDnsEnabled: true }));
    expect(at.of(LOGS)).toContainEqual({ id: came!.id, state: "deleting", privateDnsEnabled: false });
    await expect(at.create(interfaceType)).rejects.toThrow("conflicting DNS domain");
    const KMS = "com.amazonaws.us-east-1.kms";
    const made = await at.create({ ...interfaceType, ServiceName: KMS });
    expect(at.of(KMS).map(({ id, state }) => [id === made, state])).toEqual([
      [false, "deleting"],
      [true, "pending"],
    ]);
  });

  test("gives way to one that takes its route, and stays beside one in other tables", async () => {
    const at = await own();
    await using _world = at;
    const [came] = at.of(S3);
    const { RouteTables } = await at.client.send(new DescribeRouteTablesCommand());
    const other = await at.client.send(new CreateRouteTableCommand({ VpcId: at.vpc.VpcId }));
    const beside = await at.create({ ServiceName: S3, RouteTableIds: [other.RouteTable!.RouteTableId!] });
    expect(at.of(S3)).toContainEqual(came);
    await at.client.send(new ModifyVpcEndpointCommand({ VpcEndpointId: beside, AddRouteTableIds: [RouteTables![0]!.RouteTableId!] }));
    expect(at.of(S3).map(({ id }) => id)).toEqual([beside]);
    await expect(at.create({ ServiceName: S3, RouteTableIds: [RouteTables![0]!.RouteTableId!] })).rejects.toMatchObject({
      name: "RouteAlreadyExists",
    });
  });
});

test("another account's endpoints are none", async () => {
  await using at = await world();
  const { VpcEndpointId } = await at.create();
  const { Unsuccessful } = await at.foreign.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [VpcEndpointId!] }));
  expect(Unsuccessful?.[0]?.Error?.Code).toBe("InvalidVpcEndpointId.NotFound");
  await expect(at.foreign.send(new ModifyVpcEndpointCommand({ VpcEndpointId, ResetPolicy: true }))).rejects.toMatchObject({
    name: "InvalidVpcEndpointId.NotFound",
  });
  await expect(at.foreign.send(new CreateVpcEndpointCommand({ VpcId: at.VpcId, ServiceName: S3 }))).rejects.toMatchObject({
    name: "InvalidVpcID.NotFound",
  });
});

test("services are told with their types and names", async () => {
  await using at = await world();
  const { ServiceDetails } = await at.client.send(new DescribeVpcEndpointServicesCommand({ ServiceNames: [S3] }));
  expect(ServiceDetails?.map(({ ServiceType }) => ServiceType?.[0]?.ServiceType).toSorted()).toEqual(["Gateway", "Interface"]);
  const Filters = [{ Name: "service-name", Values: ["com.amazonaws.us-east-1.ecr.dkr"] }];
  const { ServiceDetails: ecr } = await at.client.send(new DescribeVpcEndpointServicesCommand({ Filters }));
  expect(ecr).toMatchObject([{ PrivateDnsName: "*.dkr.ecr.us-east-1.amazonaws.com", Owner: "amazon", AcceptanceRequired: false }]);
  await expect(at.client.send(new DescribeVpcEndpointServicesCommand({ ServiceNames: ["x"] }))).rejects.toMatchObject({
    name: "InvalidServiceName",
  });
});
