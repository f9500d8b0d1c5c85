import * as ec2 from "@aws-sdk/client-ec2";
import { expect, test, vi } from "vitest";
import { ANY, machineOutside, networkWorld, prober } from "./network-world.ts";

const RANGE = "203.0.113.0/24";

test("another machine sees a NAT gateway's Elastic IP address, and a public task's own, where the block leads back to this host", async () => {
  await using at = await networkWorld("10.185.0.0/16", { AIRFIELD_PUBLIC_ADDRESSES: RANGE });
  const { client } = at;
  const [outer, inner] = [await at.subnet("10.185.0.0/24"), await at.subnet("10.185.1.0/24")];
  const { InternetGateway } = await client.send(new ec2.CreateInternetGatewayCommand());
  const GatewayId = InternetGateway?.InternetGatewayId ?? "";
  await client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId: GatewayId, VpcId: at.vpc }));
  const table = async (SubnetId: string, target: { readonly GatewayId: string } | { readonly NatGatewayId: string }): Promise<void> => {
    const { RouteTable } = await client.send(new ec2.CreateRouteTableCommand({ VpcId: at.vpc }));
    const RouteTableId = RouteTable?.RouteTableId;
    await client.send(new ec2.CreateRouteCommand({ RouteTableId, DestinationCidrBlock: ANY, ...target }));
    await client.send(new ec2.AssociateRouteTableCommand({ RouteTableId, SubnetId }));
  };
  await table(outer, { GatewayId });
  const { AllocationId, PublicIp = "" } = await client.send(new ec2.AllocateAddressCommand({ Domain: "vpc" }));
  const { NatGateway } = await client.send(new ec2.CreateNatGatewayCommand({ SubnetId: outer, AllocationId }));
  const NatGatewayId = NatGateway?.NatGatewayId ?? "";
  const stateOf = async () =>
    (await client.send(new ec2.DescribeNatGatewaysCommand({ NatGatewayIds: [NatGatewayId] }))).NatGateways?.[0]?.State;
  await vi.waitUntil(async () => (await stateOf()) === "available", { timeout: 20_000, interval: 100 });
  await table(inner, { NatGatewayId });
  const group = await at.group("out");
  await at.letOut(group, { IpProtocol: "-1", IpRanges: [{ CidrIp: ANY }] });
  const [hidden, shown] = await Promise.all([at.task(inner, [group], "private"), at.task(outer, [group], "public")]);
  const { NetworkInterfaces = [] } = await client.send(
    new ec2.DescribeNetworkInterfacesCommand({ Filters: [{ Name: "addresses.private-ip-address", Values: [shown.address] }] }),
  );
  const own = NetworkInterfaces[0]?.Association?.PublicIp ?? "";

  await using machine = await machineOutside([RANGE]);
  await using server = await prober(machine.pid, [9177], []);
  await using behindNat = await prober(hidden.pid, [], []);
  await using inPublic = await prober(shown.pid, [], []);
  const calls = { kind: "tcp", to: machine.address, port: 9177 } as const;
  const wasSeen = (address: string): Promise<boolean> => server.connects({ kind: "accepted", port: address });
  expect([await behindNat.connects(calls), await wasSeen(PublicIp), await wasSeen(own)]).toEqual([true, true, false]);
  expect([await inPublic.connects(calls), await wasSeen(own), await wasSeen(machine.hostAddress)]).toEqual([true, true, false]);
  // Within the VPC nobody's address is another one.
  expect(await server.connects({ kind: "accepted", port: hidden.address })).toBe(false);
});
