import {
  AssociateRouteTableCommand,
  CreateRouteTableCommand,
  CreateVpcEndpointCommand,
  DeleteRouteCommand,
  DeleteRouteTableCommand,
  DeleteSubnetCommand,
  DescribeRouteTablesCommand,
  DescribeTagsCommand,
  DisassociateRouteTableCommand,
  ReplaceRouteTableAssociationCommand,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { vpcEndpoints } from "../../state/ec2-endpoints.ts";
import { routeTableOf, routeTables } from "../../state/ec2-routing.ts";
import { networkWorld } from "../../testing/network-world.ts";
import { putVpc } from "../../testing/put-vpc.ts";

async function routedWorld() {
  const api = await networkWorld();
  const own = putVpc(api);
  const main = routeTableOf(api.state, own.first)!;
  const make = async (VpcId = own.vpc.id) => (await api.client.send(new CreateRouteTableCommand({ VpcId }))).RouteTable!.RouteTableId!;
  const associate = async (RouteTableId: string, SubnetId = own.first.id) =>
    (await api.client.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }))).AssociationId!;
  const described = async (id: string) => (await api.client.send(new DescribeRouteTablesCommand({ RouteTableIds: [id] }))).RouteTables![0]!;
  return { ...api, ...own, main, make, associate, described };
}

test("a route table is made with the local route and its tags, and once for each client token", async () => {
  await using world = await routedWorld();
  const { client, vpc } = world;
  const request = {
    VpcId: vpc.id,
    ClientToken: "t",
    TagSpecifications: [{ ResourceType: "route-table" as const, Tags: [{ Key: "Name", Value: "private" }] }],
  };
  const { RouteTable, ClientToken } = await client.send(new CreateRouteTableCommand(request));
  expect(ClientToken).toBe("t");
  expect(RouteTable).toEqual({
    RouteTableId: expect.stringMatching(/^rtb-[0-9a-f]{17}$/) as string,
    VpcId: vpc.id,
    OwnerId: "123456789012",
    Associations: [],
    PropagatingVgws: [],
    Routes: [{ DestinationCidrBlock: "10.20.0.0/16", GatewayId: "local", Origin: "CreateRouteTable", State: "active" }],
    Tags: [{ Key: "Name", Value: "private" }],
  });
  expect((await client.send(new CreateRouteTableCommand(request))).RouteTable?.RouteTableId).toBe(RouteTable?.RouteTableId);
  const other = new CreateRouteTableCommand({ ...request, VpcId: world.network().vpc.id });
  await expect(client.send(other)).rejects.toMatchObject({ name: "IdempotentParameterMismatch" });
  expect(await world.described(RouteTable!.RouteTableId!)).toEqual(RouteTable);
  const { Tags } = await client.send(new DescribeTagsCommand({ Filters: [{ Name: "resource-type", Values: ["route-table"] }] }));
  expect(Tags).toEqual([{ ResourceId: RouteTable?.RouteTableId, ResourceType: "route-table", Key: "Name", Value: "private" }]);
});

test("a table leads a subnet that is associated with it, and the main one the others", async () => {
  await using world = await routedWorld();
  const { client, state, first, second } = world;
  const table = await world.make();
  const AssociationId = await world.associate(table);
  expect(await world.associate(table)).toBe(AssociationId);
  expect(routeTableOf(state, first)?.id).toBe(table);
  expect(routeTableOf(state, second)?.id).toBe(world.main.id);
  expect((await world.described(table)).Associations).toEqual([
    {
      Main: false,
      RouteTableAssociationId: AssociationId,
      RouteTableId: table,
      SubnetId: first.id,
      AssociationState: { State: "associated" },
    },
  ]);
  const other = await world.make();
  await expect(world.associate(other)).rejects.toMatchObject({
    name: "Resource.AlreadyAssociated",
    message: `the specified association for route table ${other} conflicts with an existing association`,
  });
  await expect(client.send(new DeleteRouteTableCommand({ RouteTableId: table }))).rejects.toMatchObject({
    name: "DependencyViolation",
    message: `The routeTable '${table}' has dependencies and cannot be deleted.`,
  });
  await client.send(new DisassociateRouteTableCommand({ AssociationId }));
  expect(routeTableOf(state, first)?.id).toBe(world.main.id);
  await client.send(new DeleteRouteTableCommand({ RouteTableId: table }));
  expect(state.table(routeTables).has(table)).toBe(false);
});

test("an association is moved to another table, the main one too, and has another id then", async () => {
  await using world = await routedWorld();
  const { client, state, first, second, main } = world;
  const [a, b] = [await world.make(), await world.make()];
  const AssociationId = await world.associate(a);
  const moved = await client.send(new ReplaceRouteTableAssociationCommand({ AssociationId, RouteTableId: b }));
  expect(moved.NewAssociationId).toMatch(/^rtbassoc-[0-9a-f]{17}$/);
  expect(moved.NewAssociationId).not.toBe(AssociationId);
  expect(routeTableOf(state, first)?.id).toBe(b);
  const mainId = main.associations[0]!.id;
  const replaced = await client.send(new ReplaceRouteTableAssociationCommand({ AssociationId: mainId, RouteTableId: a }));
  expect(routeTableOf(state, second)?.id).toBe(a);
  expect((await world.described(a)).Associations).toMatchObject([{ Main: true, RouteTableAssociationId: replaced.NewAssociationId }]);
  expect((await world.described(main.id)).Associations).toEqual([]);
  const gone = client.send(new ReplaceRouteTableAssociationCommand({ AssociationId: mainId, RouteTableId: a }));
  await expect(gone).rejects.toMatchObject({
    name: "InvalidAssociationID.NotFound",
    message: `The association ID '${mainId}' does not exist`,
  });
  await expect(client.send(new DisassociateRouteTableCommand({ AssociationId: replaced.NewAssociationId! }))).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: `cannot disassociate the main route table association ${replaced.NewAssociationId}`,
  });
  await expect(client.send(new DeleteRouteTableCommand({ RouteTableId: a }))).rejects.toMatchObject({ name: "DependencyViolation" });
});

test("a subnet that goes leaves nothing behind in its table", async () => {
  await using world = await routedWorld();
  const table = await world.make();
  await world.associate(table);
  await world.client.send(new DeleteSubnetCommand({ SubnetId: world.first.id }));
  expect((await world.described(table)).Associations).toEqual([]);
});

test("the route of a gateway endpoint is no one's to delete, and goes with its table", async () => {
  await using world = await routedWorld();
  const { client, state, vpc } = world;
  const table = await world.make();
  const request = { VpcId: vpc.id, ServiceName: "com.amazonaws.us-east-1.s3", RouteTableIds: [table] };
  const { VpcEndpoint } = await client.send(new CreateVpcEndpointCommand(request));
  const id = VpcEndpoint!.VpcEndpointId!;
  const [, route] = (await world.described(table)).Routes!;
  expect(route).toMatchObject({ GatewayId: id, State: "active" });
  const DestinationPrefixListId = route!.DestinationPrefixListId!;
  await expect(client.send(new DeleteRouteCommand({ RouteTableId: table, DestinationPrefixListId }))).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: `cannot remove VPC endpoint route ${DestinationPrefixListId} in route table ${table}`,
  });
  await client.send(new DeleteRouteTableCommand({ RouteTableId: table }));
  expect(state.table(vpcEndpoints).get(id)?.routeTableIds).toEqual([]);
});

test("what is of another VPC, region or account is refused", async () => {
  await using world = await routedWorld();
  const { client, first } = world;
  const table = await world.make();
  const other = await world.make(world.network().vpc.id);
  await expect(world.associate(other)).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: `route table ${other} and subnet ${first.id} belong to different networks`,
  });
  const AssociationId = await world.associate(table);
  await expect(client.send(new ReplaceRouteTableAssociationCommand({ AssociationId, RouteTableId: other }))).rejects.toMatchObject({
    name: "InvalidParameterValue",
  });
  const elsewhere = world.clientIn("eu-west-1");
  await expect(elsewhere.send(new DeleteRouteTableCommand({ RouteTableId: table }))).rejects.toMatchObject({
    name: "InvalidRouteTableID.NotFound",
    message: `The routeTable ID '${table}' does not exist`,
  });
  await expect(elsewhere.send(new DisassociateRouteTableCommand({ AssociationId }))).rejects.toMatchObject({
    name: "InvalidAssociationID.NotFound",
  });
  await expect(elsewhere.send(new CreateRouteTableCommand({ VpcId: world.vpc.id }))).rejects.toMatchObject({
    name: "InvalidVpcID.NotFound",
  });
  await expect(client.send(new AssociateRouteTableCommand({ RouteTableId: table, GatewayId: "igw-1" }))).rejects.toMatchObject({
    name: "UnsupportedOperation",
    message: expect.stringContaining("GatewayId") as string,
  });
  await expect(client.send(new AssociateRouteTableCommand({ RouteTableId: table }))).rejects.toMatchObject({ name: "MissingParameter" });
});

test("a VPC has 200 tables at most", async () => {
  await using world = await routedWorld();
  const { state, main, vpc } = world;
  state.commit(() => {
    for (let at = 1; at < 200; at += 1) state.table(routeTables).put({ ...main, id: `rtb-${at}`, associations: [] });
  });
  await expect(world.make()).rejects.toMatchObject({ name: "RouteTableLimitExceeded" });
  state.commit(() => state.table(routeTables).delete("rtb-1"));
  await world.make(vpc.id);
});

test.each([
  ["association.main", "true", ["main"]],
  ["association.subnet-id", "first", ["own"]],
  ["association.route-table-id", "own", ["own"]],
  ["route.gateway-id", "local", ["main", "own", "default"]],
  ["route.destination-cidr-block", "0.0.0.0/0", ["default"]],
  ["route.state", "blackhole", []],
  ["tag:Name", "x", []],
])("tables are found by %s=%s", async (Name, value, expected) => {
  await using world = await routedWorld();
  const own = await world.make();
  await world.associate(own);
  const fallback = routeTableOf(world.state, world.network().subnets[0]!)!.id;
  const names: Record<string, string> = { [own]: "own", [world.main.id]: "main", [fallback]: "default" };
  const values: Record<string, string> = { first: world.first.id, own };
  const Filters = [
    { Name, Values: [values[value] ?? value] },
    ...(Name === "association.main" ? [{ Name: "vpc-id", Values: [world.vpc.id] }] : []),
  ];
  const { RouteTables } = await world.client.send(new DescribeRouteTablesCommand({ Filters }));
  expect(RouteTables?.map(({ RouteTableId }) => names[RouteTableId!]).toSorted()).toEqual(expected.toSorted());
});
