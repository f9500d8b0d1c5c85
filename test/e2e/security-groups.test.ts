import { expect, test } from "vitest";
import * as ec2 from "@aws-sdk/client-ec2";
import { Disposals } from "../../src/disposals.ts";
import { ANY, machineOutside, networkWorld, prober, type NetworkTestWorld, type Prober, type RunningTask } from "./network-world.ts";

const BLOCK = "10.177.0.0/16";
const TCP = [22, 80, 443, 5432, 8080, 8091];
const UDP = [53, 5000, 5001];
const SLOW = { timeout: 180_000 };

const tcp = (from: number, to = from, ...peers: readonly string[]): ec2.IpPermission => permission("tcp", from, to, peers);
const udp = (from: number, ...peers: readonly string[]): ec2.IpPermission => permission("udp", from, from, peers);
const icmp = (type: number, ...peers: readonly string[]): ec2.IpPermission => permission("icmp", type, -1, peers);
const all = (...peers: readonly string[]): ec2.IpPermission => permission("-1", -1, -1, peers);

/** @param peers blocks, and groups by their ids */
function permission(IpProtocol: string, FromPort: number, ToPort: number, peers: readonly string[]): ec2.IpPermission {
  return {
    ...{ IpProtocol, FromPort, ToPort },
    IpRanges: peers.filter((peer) => !peer.startsWith("sg-")).map((CidrIp) => ({ CidrIp })),
    UserIdGroupPairs: peers.filter((peer) => peer.startsWith("sg-")).map((GroupId) => ({ GroupId })),
  };
}

/** A public subnet, a private one, and one with a network ACL of its own; AWS's examples of groups for web, application and database servers. */
async function tiers(at: NetworkTestWorld) {
  const [a, b, c] = [await at.subnet("10.177.0.0/24"), await at.subnet("10.177.1.0/24"), await at.subnet("10.177.2.0/24")];
  const { InternetGateway } = await at.client.send(new ec2.CreateInternetGatewayCommand());
  const GatewayId = InternetGateway?.InternetGatewayId ?? "";
  await at.client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId: GatewayId, VpcId: at.vpc }));
  const RouteTableId = (await at.client.send(new ec2.CreateRouteTableCommand({ VpcId: at.vpc }))).RouteTable?.RouteTableId ?? "";
  await at.client.send(new ec2.CreateRouteCommand({ RouteTableId, DestinationCidrBlock: ANY, GatewayId }));
  await at.client.send(new ec2.AssociateRouteTableCommand({ RouteTableId, SubnetId: a }));
  const groups = {
    open: await at.group("open"),
    web: await at.group("web"),
    app: await at.group("app"),
    db: await at.group("db"),
    client: await at.group("client"),
  };
  const { open, web, app, db, client } = groups;
  await at.letIn(open, all(ANY));
  await at.letOut(open, all(ANY));
  await at.letIn(web, tcp(80, 80, ANY), tcp(443, 443, ANY));
  await at.letOut(web, all(ANY));
  await at.letIn(app, tcp(8080, 8090, web), udp(5000, web), icmp(8, BLOCK));
  await at.letOut(app, all(ANY));
  await at.letIn(db, tcp(5432, 5432, app));
  await at.letOut(client, tcp(80, 80, ANY), udp(53, ANY), icmp(-1, web), tcp(443, 443, web));
  const acl = await ownAcl(at, c);
  return { subnets: { a, b, c }, groups, RouteTableId, acl };
}

async function ownAcl(at: NetworkTestWorld, subnet: string): Promise<string> {
  const acl = (await at.client.send(new ec2.CreateNetworkAclCommand({ VpcId: at.vpc }))).NetworkAcl?.NetworkAclId ?? "";
  const entry = (
    RuleNumber: number,
    Egress: boolean,
    Protocol: string,
    CidrBlock: string,
    ports?: readonly [number, number],
    RuleAction: "allow" | "deny" = "allow",
  ) =>
    at.client.send(
      new ec2.CreateNetworkAclEntryCommand({
        ...{ NetworkAclId: acl, RuleNumber, Egress, Protocol, CidrBlock, RuleAction },
        ...(ports && { PortRange: { From: ports[0], To: ports[1] } }),
        ...(Protocol === "1" && { IcmpTypeCode: { Type: -1, Code: -1 } }),
      }),
    );
  const ephemeral = [32768, 65535] as const;
  await entry(90, false, "6", "10.177.0.0/24", [80, 80], "deny");
  await entry(100, false, "6", ANY, [80, 80]);
  await entry(110, false, "6", BLOCK, [8080, 8080]);
  await entry(120, false, "6", ANY, ephemeral);
  await entry(130, false, "1", ANY);
  await entry(140, false, "17", "10.177.1.0/24", [5000, 5000]);
  await entry(100, true, "6", ANY, ephemeral);
  await entry(110, true, "6", BLOCK, [443, 443]);
  await entry(120, true, "1", ANY);
  await entry(130, true, "17", "10.177.1.0/24", ephemeral);
  const { NetworkAcls = [] } = await at.client.send(
    new ec2.DescribeNetworkAclsCommand({ Filters: [{ Name: "association.subnet-id", Values: [subnet] }] }),
  );
  const AssociationId = NetworkAcls[0]?.Associations?.find(({ SubnetId }) => SubnetId === subnet)?.NetworkAclAssociationId ?? "";
  await at.client.send(new ec2.ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId: acl }));
  return acl;
}

const EVERYTHING = "22 80 443 5432 8080 8091 u53 u5000 u5001 ping";
/**
 * Who reaches whom at what; nothing else. Read from AWS's rules by hand: `open`, `web` and `client` are in the public subnet, `app`, `db` and `both` (the groups web and db) in the private
 * one, `acl1` and `acl2` (the group open) in the one with an ACL; `host` is this machine.
 */
const REACHES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  open: { web: "80 443", app: "ping", both: "80 443", acl1: "8080 ping", acl2: "8080 ping" },
  web: { open: EVERYTHING, app: "8080 u5000 ping", both: "80 443", acl1: "8080 ping", acl2: "8080 ping" },
  app: { open: EVERYTHING, web: "80 443", db: "5432", both: "80 443 5432", acl1: "80 8080 u5000 ping", acl2: "80 8080 u5000 ping" },
  // Without a rule for what goes out.
  db: {},
  client: { open: "80 u53", web: "80 443", both: "80 443" },
  both: { open: EVERYTHING, web: "80 443", app: "8080 u5000 ping", acl1: "80 8080 u5000 ping", acl2: "80 8080 u5000 ping" },
  acl1: { open: "443 ping", web: "443", app: "ping", both: "443", acl2: EVERYTHING },
  acl2: { open: "443 ping", web: "443", app: "ping", both: "443", acl1: EVERYTHING },
  host: { open: EVERYTHING, web: "80 443", both: "80 443", acl1: "80 ping", acl2: "80 ping" },
};

test("who reaches whom at which port is what groups, ACLs and routes say, and what runs follows what is changed", SLOW, async () => {
  await using at = await networkWorld(BLOCK);
  const { subnets, groups, RouteTableId, acl } = await tiers(at);
  const { open, web, app, db, client } = groups;
  const places: Readonly<Record<string, () => Promise<RunningTask>>> = {
    open: () => at.task(subnets.a, [open], "public"),
    web: () => at.task(subnets.a, [web], "public"),
    client: () => at.task(subnets.a, [client]),
    app: () => at.task(subnets.b, [app]),
    db: () => at.task(subnets.b, [db]),
    both: () => at.task(subnets.b, [web, db]),
    acl1: () => at.task(subnets.c, [open]),
    acl2: () => at.task(subnets.c, [open]),
  };
  const tasks = new Map(await Promise.all(Object.entries(places).map(async ([name, run]) => [name, await run()] as const)));
  await using probers = new Disposals();
  const byName = new Map<string, Prober>([["host", probers.use(await prober(undefined, [9177], [], "0.0.0.0"))]]);
  for (const [name, { pid }] of tasks) byName.set(name, probers.use(await prober(pid, TCP, UDP)));
  const addressOf = (name: string): string => tasks.get(name)?.address ?? "";

  const expected: string[] = [];
  const found: string[] = [];
  let cases = 0;
  await Promise.all(
    [...byName].flatMap(([from, one]) =>
      [...tasks.keys()]
        .filter((to) => to !== from)
        .flatMap((to) => {
          const reaches = new Set((REACHES[from]?.[to] ?? "").split(" "));
          const probes = [
            ...TCP.map((port) => ({ name: `${port}`, kind: "tcp", port }) as const),
            ...UDP.map((port) => ({ name: `u${port}`, kind: "udp", port }) as const),
            { name: "ping", kind: "icmp" } as const,
          ];
          cases += probes.length;
          return probes.map(async ({ name, ...probe }) => {
            const text = `${from} → ${to} ${name}`;
            if (reaches.has(name)) expected.push(text);
            if (await one.connects({ ...probe, to: addressOf(to) }, 4000)) found.push(text);
          });
        }),
    ),
  );
  expect(cases).toBe(640);
  expect(found.toSorted()).toEqual(expected.toSorted());

  const connects = (from: string, to: string, port: number, keep?: string): Promise<boolean> =>
    byName.get(from)!.connects({ kind: "tcp", to: tasks.get(to)?.address ?? to, port, ...(keep !== undefined && { keep }) });
  const carries = (from: string, keep: string): Promise<boolean> => byName.get(from)!.connects({ kind: "echo", keep });

  // A way out of the VPC leads to other machines, and not to this one.
  await using machine = await machineOutside();
  await using _server = await prober(machine.pid, [9177], []);
  const OUTSIDE = machine.address;
  expect([
    await connects("open", OUTSIDE, 9177, "outside"),
    await connects("app", OUTSIDE, 9177),
    await connects("client", OUTSIDE, 9177),
    await connects("open", machine.hostAddress, 9177),
    await byName.get("host")!.connects({ kind: "tcp", to: machine.hostAddress, port: 9177 }),
  ]).toEqual([true, false, false, false, true]);
  await at.client.send(new ec2.DeleteRouteCommand({ RouteTableId, DestinationCidrBlock: ANY }));
  await until(async () => !(await connects("open", OUTSIDE, 9177)));
  expect(await carries("open", "outside")).toBe(false);

  // A connection that is tracked outlives its rule, one that is not does not.
  expect(await connects("app", "db", 5432, "tracked")).toBe(true);
  await at.client.send(new ec2.RevokeSecurityGroupIngressCommand({ GroupId: db, IpPermissions: [tcp(5432, 5432, app)] }));
  await until(async () => !(await connects("app", "db", 5432)));
  expect(await carries("app", "tracked")).toBe(true);
  expect([await connects("web", "open", 22, "open"), await carries("web", "open")]).toEqual([true, true]);
  await at.client.send(new ec2.RevokeSecurityGroupIngressCommand({ GroupId: open, IpPermissions: [all(ANY)] }));
  await until(async () => !(await connects("web", "open", 22)));
  expect(await carries("web", "open")).toBe(false);

  // A rule that is made is there for who runs already, and follows the members of the group that it names.
  await at.letIn(open, tcp(8091, 8091, client));
  await at.letOut(client, tcp(8091, 8091, open));
  await until(() => connects("client", "open", 8091));
  expect(await connects("web", "open", 8091)).toBe(false);
  // An ACL knows no connections.
  expect([await connects("acl1", "acl2", 22), await connects("app", "acl1", 8080, "acl")]).toEqual([false, false]);
  await at.letIn(open, tcp(8080, 8080, BLOCK));
  await until(() => connects("app", "acl1", 8080, "acl"));
  await at.client.send(new ec2.DeleteNetworkAclEntryCommand({ NetworkAclId: acl, RuleNumber: 100, Egress: true }));
  await until(async () => !(await connects("app", "acl1", 8080)));
  expect(await carries("app", "acl")).toBe(false);
});

/** Resolves when it is so: nothing tells a client when the kernel has heard of a change. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()));
}
