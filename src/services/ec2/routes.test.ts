import {
  CreateRouteCommand,
  DeleteRouteCommand,
  DescribeRouteTablesCommand,
  ReplaceRouteCommand,
  type CreateRouteCommandInput,
  type ReplaceRouteCommandInput,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { egressOnlyInternetGateways, internetGateways, natGateways, type NatGatewayRecord } from "../../state/ec2-gateways.ts";
import { vpcPeerings, type PeeringStatus } from "../../state/ec2-peering.ts";
import { prefixLists } from "../../state/ec2-prefix-lists.ts";
import { routeTableOf, routeTables } from "../../state/ec2-routing.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { networkWorld } from "../../testing/network-world.ts";
import { putVpc } from "../../testing/put-vpc.ts";

const IGW = "igw-1";
const NAT = "nat-1";

/** A VPC with an internet gateway, an egress-only one, a NAT gateway and an interface that somebody made; its main table is `table`. */
async function world() {
  const api = await networkWorld();
  const own = putVpc(api);
  const { vpc, first } = own;
  const scope = { account: vpc.account, region: vpc.region };
  const nat: NatGatewayRecord = {
    ...scope,
    id: NAT,
    vpcId: vpc.id,
    subnetId: first.id,
    connectivityType: "private",
    asked: {},
    addresses: [],
    state: "available",
    createdAt: 0,
    tags: [],
  };
  const { state } = api;
  state.commit(() => {
    state.table(internetGateways).put({ ...scope, id: IGW, vpcId: vpc.id, tags: [] });
    state.table(egressOnlyInternetGateways).put({ ...scope, id: "eigw-1", vpcId: vpc.id, tags: [] });
    state.table(natGateways).put(nat);
    state.table(networkInterfaces).put({
      ...scope,
      id: "eni-1",
      vpcId: vpc.id,
      subnetId: first.id,
      availabilityZone: first.availabilityZone,
      privateIpv4Address: "10.20.0.9",
      chosen: false,
      createdAt: 0,
    });
  });
  const RouteTableId = routeTableOf(state, first)!.id;
  const create = (input: Partial<CreateRouteCommandInput>) =>
    api.client.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", ...input }));
  const replace = (input: Partial<ReplaceRouteCommandInput>) =>
    api.client.send(new ReplaceRouteCommand({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", ...input }));
  const remove = (DestinationCidrBlock = "0.0.0.0/0") => api.client.send(new DeleteRouteCommand({ RouteTableId, DestinationCidrBlock }));
  const routes = async () =>
    (await api.client.send(new DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] }))).RouteTables![0]!.Routes!.slice(1);
  return { ...api, ...own, nat, RouteTableId, create, replace, remove, routes };
}

const made = { Origin: "CreateRoute", State: "active" };

test.each<[string, Partial<CreateRouteCommandInput>, object]>([
  ["an internet gateway", { GatewayId: IGW }, { DestinationCidrBlock: "0.0.0.0/0", GatewayId: IGW, ...made }],
  ["a NAT gateway", { NatGatewayId: NAT }, { DestinationCidrBlock: "0.0.0.0/0", NatGatewayId: NAT, ...made }],
  [
    "an interface that is attached to nothing, which leads nowhere",
    { NetworkInterfaceId: "eni-1" },
    { DestinationCidrBlock: "0.0.0.0/0", NetworkInterfaceId: "eni-1", ...made, State: "blackhole" },
  ],
  [
    "an egress-only internet gateway, of IPv6",
    { DestinationCidrBlock: undefined, DestinationIpv6CidrBlock: "::/0", EgressOnlyInternetGatewayId: "eigw-1" },
    { DestinationIpv6CidrBlock: "::/0", EgressOnlyInternetGatewayId: "eigw-1", ...made },
  ],
  [
    "a block, whose host bits are cleared",
    { DestinationCidrBlock: "100.68.0.18/18", GatewayId: IGW },
    { DestinationCidrBlock: "100.68.0.0/18", GatewayId: IGW, ...made },
  ],
  [
    "a whole subnet, more specific than the local route, to an appliance",
    { DestinationCidrBlock: "10.20.1.0/24", NatGatewayId: NAT },
    { DestinationCidrBlock: "10.20.1.0/24", NatGatewayId: NAT, ...made },
  ],
])("a route to %s is made", async (_, input, expected) => {
  await using api = await world();
  expect(await api.create(input)).toMatchObject({ Return: true });
  expect(await api.routes()).toEqual([expected]);
});

const INSIDE = "is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.";

test.each<[string, Partial<CreateRouteCommandInput>, string, string]>([
  [
    "the VPC's own block",
    { DestinationCidrBlock: "10.20.0.0/16", GatewayId: IGW },
    "RouteAlreadyExists",
    "The route identified by 10.20.0.0/16 already exists.",
  ],
  [
    "a part of it, to a gateway",
    { DestinationCidrBlock: "10.20.1.0/24", GatewayId: IGW },
    "InvalidParameterValue",
    `The destination CIDR block 10.20.1.0/24 ${INSIDE}`,
  ],
  [
    "a part of it that is no subnet",
    { DestinationCidrBlock: "10.20.1.0/25", NatGatewayId: NAT },
    "InvalidParameterValue",
    "not the whole block of a subnet",
  ],
  [
    "no block",
    { DestinationCidrBlock: "10.0.0.0/33", GatewayId: IGW },
    "InvalidParameterValue",
    "Value (10.0.0.0/33) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.",
  ],
  [
    "no block of IPv6",
    { DestinationCidrBlock: undefined, DestinationIpv6CidrBlock: "::/129", GatewayId: IGW },
    "InvalidParameterValue",
    "destinationIpv6CidrBlock",
  ],
  ["no destination", { DestinationCidrBlock: undefined, GatewayId: IGW }, "MissingParameter", "exactly one of destinationCidrBlock"],
  [
    "two destinations",
    { DestinationIpv6CidrBlock: "::/0", GatewayId: IGW },
    "InvalidParameterCombination",
    "exactly one of destinationCidrBlock",
  ],
  ["no target", {}, "MissingParameter", "exactly one of gatewayId"],
  ["two targets", { GatewayId: IGW, NatGatewayId: NAT }, "InvalidParameterCombination", "exactly one of gatewayId"],
  [
    "a list that is not there",
    { DestinationCidrBlock: undefined, DestinationPrefixListId: "pl-0", GatewayId: IGW },
    "InvalidPrefixListID.NotFound",
    "pl-0",
  ],
  ["a gateway that is not there", { GatewayId: "igw-0" }, "InvalidGatewayID.NotFound", "The gateway ID 'igw-0' does not exist"],
  [
    "a NAT gateway that is not there",
    { NatGatewayId: "nat-0" },
    "InvalidNatGatewayID.NotFound",
    "The natGateway ID 'nat-0' does not exist",
  ],
  [
    "an interface that is not there",
    { NetworkInterfaceId: "eni-0" },
    "InvalidNetworkInterfaceID.NotFound",
    "The networkInterface ID 'eni-0' does not exist",
  ],
  [
    "a peering that is not there",
    { VpcPeeringConnectionId: "pcx-0" },
    "InvalidVpcPeeringConnectionID.NotFound",
    "The vpcPeeringConnection ID 'pcx-0' does not exist",
  ],
  ["an egress-only gateway that is not there", { EgressOnlyInternetGatewayId: "eigw-0" }, "InvalidGatewayID.NotFound", "eigw-0"],
  ["an egress-only gateway, of IPv4", { EgressOnlyInternetGatewayId: "eigw-1" }, "InvalidParameterValue", "IPv6"],
  ["an instance", { InstanceId: "i-1" }, "UnsupportedOperation", "InstanceId"],
  ["a transit gateway", { TransitGatewayId: "tgw-1" }, "UnsupportedOperation", "TransitGatewayId"],
  ["a local gateway", { LocalGatewayId: "lgw-1" }, "UnsupportedOperation", "LocalGatewayId"],
  ["a carrier gateway", { CarrierGatewayId: "cagw-1" }, "UnsupportedOperation", "CarrierGatewayId"],
  ["a core network", { CoreNetworkArn: "arn:x" }, "UnsupportedOperation", "CoreNetworkArn"],
  ["an Oracle network", { OdbNetworkArn: "arn:x" }, "UnsupportedOperation", "OdbNetworkArn"],
  ["a virtual private gateway", { GatewayId: "vgw-1" }, "UnsupportedOperation", "vgw-1"],
  ["a Gateway Load Balancer's endpoint", { VpcEndpointId: "vpce-1" }, "UnsupportedOperation", "vpce-1"],
])("a route to or for %s is refused", async (_, input, name, text) => {
  await using api = await world();
  await expect(api.create(input)).rejects.toMatchObject({ name, message: expect.stringContaining(text) as string });
  expect(await api.routes()).toEqual([]);
});

test.each<[string, Partial<CreateRouteCommandInput>, string]>([
  ["internet gateway", { GatewayId: "igw-2" }, "network gateway igw-2"],
  ["NAT gateway", { NatGatewayId: "nat-2" }, "NAT gateway nat-2"],
])("an %s of another VPC is refused, and of another region is not there", async (_, input, what) => {
  await using api = await world();
  const { state, nat } = api;
  const vpcId = api.network().vpc.id;
  const scope = { account: nat.account, region: nat.region };
  const put = (region: string) =>
    state.commit(() => {
      state.table(internetGateways).put({ ...scope, region, id: "igw-2", vpcId, tags: [] });
      state.table(natGateways).put({ ...nat, region, id: "nat-2", vpcId });
    });
  put("us-east-1");
  await expect(api.create(input)).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: `route table ${api.RouteTableId} and ${what} belong to different networks`,
  });
  put("eu-west-1");
  await expect(api.create(input)).rejects.toMatchObject({ name: expect.stringMatching(/NotFound$/) as string });
});

test("a route that is there is not made again with another target, is replaced, and is deleted", async () => {
  await using api = await world();
  await api.create({ GatewayId: IGW });
  await api.create({ GatewayId: IGW });
  await expect(api.create({ NatGatewayId: NAT })).rejects.toMatchObject({
    name: "RouteAlreadyExists",
    message: "The route identified by 0.0.0.0/0 already exists.",
  });
  await api.replace({ NatGatewayId: NAT });
  expect(await api.routes()).toEqual([{ DestinationCidrBlock: "0.0.0.0/0", NatGatewayId: NAT, ...made }]);
  await api.remove();
  expect(await api.routes()).toEqual([]);
  await expect(api.remove()).rejects.toMatchObject({
    name: "InvalidRoute.NotFound",
    message: `no route with destination-cidr-block 0.0.0.0/0 in route table ${api.RouteTableId}`,
  });
  await expect(api.replace({ NatGatewayId: NAT })).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: "There is no route defined for '0.0.0.0/0' in the route table. Use CreateRoute instead.",
  });
});

test.each<[string, Partial<ReplaceRouteCommandInput>, string]>([
  ["an instance", { InstanceId: "i-1" }, "UnsupportedOperation"],
  ["a NAT gateway that is not there", { NatGatewayId: "nat-0" }, "InvalidNatGatewayID.NotFound"],
  ["nothing", {}, "MissingParameter"],
  ["an egress-only gateway", { EgressOnlyInternetGatewayId: "eigw-1" }, "InvalidParameterValue"],
])("a route is not replaced by one to %s", async (_, input, name) => {
  await using api = await world();
  await api.create({ GatewayId: IGW });
  await expect(api.replace(input)).rejects.toMatchObject({ name });
  expect(await api.routes()).toMatchObject([{ GatewayId: IGW }]);
});

test("the local route is not deleted, but may lead to an appliance and back", async () => {
  await using api = await world();
  const local = { DestinationCidrBlock: "10.20.0.0/16" };
  await expect(api.remove("10.20.0.0/16")).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: `cannot remove local route 10.20.0.0/16 in route table ${api.RouteTableId}`,
  });
  await expect(api.replace({ ...local, GatewayId: IGW })).rejects.toMatchObject({ message: expect.stringContaining(INSIDE) as string });
  const all = async () =>
    (await api.client.send(new DescribeRouteTablesCommand({ RouteTableIds: [api.RouteTableId] }))).RouteTables![0]!.Routes;
  await api.replace({ ...local, NatGatewayId: NAT });
  expect(await all()).toEqual([{ ...local, NatGatewayId: NAT, Origin: "CreateRouteTable", State: "active" }]);
  await api.replace({ ...local, LocalTarget: true });
  expect(await all()).toEqual([{ ...local, GatewayId: "local", Origin: "CreateRouteTable", State: "active" }]);
  await api.create({ GatewayId: IGW });
  await expect(api.replace({ LocalTarget: true })).rejects.toMatchObject({ name: "InvalidParameterValue" });
});

test("the route of a gateway endpoint is neither deleted nor replaced", async () => {
  await using api = await world();
  await api.create({ GatewayId: IGW });
  api.state.commit(() =>
    api.state.table(routeTables).update(api.RouteTableId, (table) => ({
      ...table,
      routes: table.routes.map((route) => ({ ...route, target: { kind: "vpc-endpoint", id: "vpce-1" } })),
    })),
  );
  const text = `cannot remove VPC endpoint route 0.0.0.0/0 in route table ${api.RouteTableId}`;
  await expect(api.remove()).rejects.toMatchObject({ name: "InvalidParameterValue", message: text });
  await expect(api.replace({ GatewayId: IGW })).rejects.toMatchObject({ name: "InvalidParameterValue", message: text });
});

test("a route to a prefix list is one for all that is in it, and counts as its most entries", async () => {
  await using api = await world();
  const { state, vpc } = api;
  const scope = { account: vpc.account, region: vpc.region };
  const list = {
    ...scope,
    name: "l",
    addressFamily: "IPv4",
    version: 1,
    entries: [],
    earlier: [],
    state: "create-complete",
    tags: [],
  } as const;
  state.commit(() => {
    for (const [id, maxEntries] of [
      ["pl-1", 49],
      ["pl-2", 2],
    ] as const)
      state.table(prefixLists).put({ ...list, id, maxEntries });
    state.table(prefixLists).put({ ...list, id: "pl-3", region: "eu-west-1", maxEntries: 1 });
  });
  const to = (DestinationPrefixListId: string) => api.create({ DestinationCidrBlock: undefined, DestinationPrefixListId, GatewayId: IGW });
  await to("pl-1");
  expect(await api.routes()).toEqual([{ DestinationPrefixListId: "pl-1", GatewayId: IGW, ...made }]);
  await expect(to("pl-2")).rejects.toMatchObject({ name: "RouteLimitExceeded" });
  await expect(to("pl-3")).rejects.toMatchObject({ name: "InvalidPrefixListID.NotFound" });
  await api.create({ GatewayId: IGW });
  const gone = { RouteTableId: api.RouteTableId, DestinationPrefixListId: "pl-1" };
  await api.client.send(new DeleteRouteCommand(gone));
  await expect(api.client.send(new DeleteRouteCommand(gone))).rejects.toMatchObject({
    name: "InvalidRoute.NotFound",
    message: `no route with destination-prefix-list-id pl-1 in route table ${api.RouteTableId}`,
  });
});

test("a route to a peering leads nowhere until that is active, and one of others is refused", async () => {
  await using api = await world();
  const { state, vpc, network } = api;
  const scope = { account: vpc.account, region: vpc.region };
  const side = (vpcId: string) => ({ ...scope, vpcId, cidrBlocks: [] });
  const peering = (id: string, from: string, status: PeeringStatus) => ({
    ...scope,
    id,
    requester: side(from),
    accepter: side(network().vpc.id),
    status,
    statusMessage: "",
    expiresAt: 0,
    tags: [],
  });
  const put = (id: string, from: string, status: PeeringStatus) =>
    state.commit(() => state.table(vpcPeerings).put(peering(id, from, status)));
  put("pcx-1", vpc.id, "pending-acceptance");
  put("pcx-2", "vpc-other", "active");
  put("pcx-3", vpc.id, "deleted");
  const to = (VpcPeeringConnectionId: string) => api.create({ DestinationCidrBlock: "172.31.0.0/16", VpcPeeringConnectionId });
  await to("pcx-1");
  expect(await api.routes()).toMatchObject([{ VpcPeeringConnectionId: "pcx-1", State: "blackhole" }]);
  put("pcx-1", vpc.id, "active");
  expect(await api.routes()).toMatchObject([{ State: "active" }]);
  await expect(to("pcx-2")).rejects.toMatchObject({ name: "InvalidParameterValue" });
  await expect(to("pcx-3")).rejects.toMatchObject({ name: "InvalidVpcPeeringConnectionID.NotFound" });
});

test("a table has 50 routes at most beside the local one", async () => {
  await using api = await world();
  api.state.commit(() =>
    api.state.table(routeTables).update(api.RouteTableId, (table) => ({
      ...table,
      routes: Array.from({ length: 49 }, (_, at) => ({
        destination: `11.${at}.0.0/16`,
        target: { kind: "internet-gateway", id: IGW },
        origin: "CreateRoute",
      })),
    })),
  );
  await api.create({ GatewayId: IGW });
  await expect(api.create({ DestinationCidrBlock: "12.0.0.0/8", GatewayId: IGW })).rejects.toMatchObject({
    name: "RouteLimitExceeded",
    message: "The maximum number of routes has been reached.",
  });
});

test("a route leads nowhere while its target is gone, and leads again when it is back", async () => {
  await using api = await world();
  const { state, nat, vpc } = api;
  await api.create({ GatewayId: IGW });
  await api.create({ DestinationCidrBlock: "8.0.0.0/8", NatGatewayId: NAT });
  const states = async () => (await api.routes()).map(({ State }) => State);
  expect(await states()).toEqual(["active", "active"]);
  const gateway = { account: vpc.account, region: vpc.region, id: IGW, tags: [] };
  state.commit(() => state.table(internetGateways).put(gateway));
  state.commit(() => state.table(natGateways).put({ ...nat, state: "deleting" }));
  expect(await states()).toEqual(["blackhole", "blackhole"]);
  state.commit(() => state.table(internetGateways).put({ ...gateway, vpcId: vpc.id }));
  state.commit(() => state.table(natGateways).delete(NAT));
  expect(await states()).toEqual(["active", "blackhole"]);
});
