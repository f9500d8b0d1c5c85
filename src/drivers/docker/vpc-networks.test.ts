import { createServer, type ServerResponse } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { overlap, parseCidr } from "../../domain/cidr.ts";
import type { SeenNetworks } from "../../ports/vpc-networks.ts";
import { systemClock } from "../system/clock.ts";
import { dockerVpcNetworks } from "./vpc-networks.ts";

interface FakeNetwork {
  Id: string;
  Name: string;
  Labels: Record<string, string>;
  IPAM: { Config: { Subnet: string; Gateway?: string }[] };
}

/** An engine as far as its networks go, with the words of the real one. */
async function fakeEngine({ operatingSystem = "Debian" } = {}) {
  const networks = new Map<string, FakeNetwork>();
  const busy = new Set<string>();
  const streams = new Set<ServerResponse>();
  const asked: string[] = [];
  /** What happens while nobody watches: before the next who does is heard. */
  const meanwhile: (() => void)[] = [];
  let count = 0;
  const happen = (Action: string): void => {
    for (const stream of streams) stream.write(`${JSON.stringify({ Type: "network", Action, Actor: { ID: "n", Attributes: {} } })}\n`);
  };
  const make = (network: Omit<FakeNetwork, "Id">): { status: number; body: unknown } => {
    const block = parseCidr(network.IPAM.Config[0]!.Subnet)!;
    if ([...networks.values()].some(({ Name }) => Name === network.Name))
      return { status: 409, body: { message: `network with name ${network.Name} already exists` } };
    if ([...networks.values()].some(({ IPAM }) => overlap(parseCidr(IPAM.Config[0]!.Subnet)!, block)))
      return { status: 403, body: { message: "Pool overlaps with other one on this address space" } };
    count += 1;
    networks.set(`n${count}`, { ...network, Id: `n${count}` });
    happen("create");
    return { status: 201, body: { Id: `n${count}` } };
  };
  const remove = (id: string): { status: number; body: unknown } => {
    if (busy.has(id) || on.size > 0)
      return { status: 403, body: { message: `error while removing network: network ${id} has active endpoints` } };
    networks.delete(id);
    happen("destroy");
    return { status: 204, body: undefined };
  };
  /** The containers on all networks. */
  const on = new Map<string, { Name: string }>();
  const end = (id: string): { status: number; body: unknown } => (on.delete(id), { status: 204, body: undefined });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = (request.url ?? "").replace(/^\/v[\d.]+|\?.*$/g, "");
      const answer = ({ status, body }: { status: number; body: unknown }): void => {
        response.writeHead(status, { "content-type": "application/json", "api-version": "1.47" });
        response.end(body === undefined ? "" : JSON.stringify(body));
      };
      asked.push(`${request.method} ${path}`);
      if (path === "/events") {
        meanwhile.splice(0).forEach((happens) => happens());
        streams.add(response);
        response.on("close", () => streams.delete(response));
        response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
      } else if (path === "/info") answer({ status: 200, body: { OperatingSystem: operatingSystem, SecurityOptions: [] } });
      else if (path === "/networks/create") answer(make(JSON.parse(Buffer.concat(chunks).toString()) as FakeNetwork));
      else if (request.method === "DELETE" && path.startsWith("/containers/")) answer(end(path.split("/")[2]!));
      else if (request.method === "DELETE") answer(remove(path.split("/")[2]!));
      else if (path.startsWith("/networks/")) answer({ status: 200, body: { Containers: Object.fromEntries(on) } });
      else answer({ status: 200, body: path === "/networks" ? [...networks.values()] : {} });
    });
  });
  const folder = await mkdtemp(join(tmpdir(), "airfield-networks-"));
  const socketPath = join(folder, "engine.sock");
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  const others = (Name: string, Subnet: string): string => (make({ Name, Labels: {}, IPAM: { Config: [{ Subnet }] } }), `n${count}`);
  return {
    socketPath,
    networks,
    asked,
    meanwhile,
    others,
    remove,
    busy,
    on,
    breakEvents: () => streams.forEach((stream) => stream.destroy()),
  };
}

/** What the driver tells of an engine, and a way to wait until it tells something. */
async function following(engine: Awaited<ReturnType<typeof fakeEngine>>, hostBlocks: () => readonly string[] = () => []) {
  const warn = (): void => undefined;
  const networks = await dockerVpcNetworks({ socketPath: engine.socketPath, instance: "i", clock: systemClock, hostBlocks, warn });
  let seen: SeenNetworks = { networks: [], foreignBlocks: [] };
  let woken = (): void => undefined;
  networks.follow((now) => {
    seen = now;
    woken();
  });
  onTestFinished(() => networks.close());
  return {
    networks,
    seen: () => seen,
    until: async (condition: (now: SeenNetworks) => boolean) => {
      while (!condition(seen)) await new Promise<void>((resolve) => (woken = resolve));
      return seen;
    },
  };
}

const wanted = { vpcId: "vpc-1", vpcCidr: "10.200.0.0/16" };

test("a network is made once, with this host at the router's address, and is told; others' are told as foreign", async () => {
  const engine = await fakeEngine();
  engine.others("bridge", "172.17.0.0/16");
  const { networks, seen, until } = await following(engine, () => ["192.168.1.0/24", "10.200.0.0/16", "fe80::/64"]);
  // The route of the bridge that is ours is no stranger's, once it is ours.
  expect(seen().foreignBlocks).toEqual(["172.17.0.0/16", "192.168.1.0/24", "10.200.0.0/16"]);
  expect(networks.has({ ...wanted, vpcCidr: "10.7.0.0/16" })).toBe(false);
  expect(await networks.ensure(wanted)).toMatchObject({ kind: "taken", reason: expect.stringContaining("10.200.0.0/16") });
  const other = { ...wanted, vpcCidr: "10.201.0.0/16" };
  expect(await Promise.all([networks.ensure(other), networks.ensure(other)])).toEqual([{ kind: "there" }, { kind: "there" }]);
  expect(networks.has(other)).toBe(true);
  expect(engine.asked.filter((call) => call === "POST /networks/create")).toHaveLength(1);
  expect([...engine.networks.values()].at(-1)).toMatchObject({
    Name: "airfield-i-vpc-1",
    Labels: { "airfield.instance": "i", "airfield.vpc": "vpc-1" },
    IPAM: { Config: [{ Subnet: "10.201.0.0/16", Gateway: "10.201.0.1" }] },
  });
  const { networks: told, foreignBlocks } = await until((now) => now.networks.length === 1);
  expect(told).toEqual([{ ...other, id: "n2", address: "10.201.0.1", bridge: "br-n2" }]);
  expect(foreignBlocks).not.toContain("10.201.0.0/16");
});

test("what others make and remove is told as it happens, also over a break of the engine's events", async () => {
  const engine = await fakeEngine();
  const { networks, until } = await following(engine);
  await networks.ensure(wanted);
  engine.remove("n1");
  await until((now) => now.networks.length === 0);
  expect(networks.has(wanted)).toBe(false);
  engine.others("compose", "10.200.0.0/16");
  await until((now) => now.foreignBlocks.includes("10.200.0.0/16"));
  engine.meanwhile.push(() => void engine.others("late", "10.9.0.0/16"));
  engine.breakEvents();
  await until((now) => now.foreignBlocks.includes("10.9.0.0/16"));
});

test("of two installations that want the same addresses one has them", async () => {
  const engine = await fakeEngine();
  const make = (instance: string) =>
    dockerVpcNetworks({ socketPath: engine.socketPath, instance, clock: systemClock, hostBlocks: () => [], warn: () => undefined });
  const both = await Promise.all([make("one"), make("two")]);
  const outcomes = await Promise.all(both.map((networks) => networks.ensure(wanted)));
  expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(["taken", "there"]);
  for (const networks of both) await networks.close();
});

test("a network with another block of the same VPC goes where nobody is on it, and is left where somebody is", async () => {
  const engine = await fakeEngine();
  const { networks } = await following(engine);
  await networks.ensure({ ...wanted, vpcCidr: "10.3.0.0/16" });
  engine.busy.add("n1");
  expect(await networks.ensure(wanted)).toMatchObject({ kind: "refused", reason: expect.stringContaining("has active endpoints") });
  engine.busy.clear();
  expect(await networks.ensure(wanted)).toEqual({ kind: "there" });
  expect([...engine.networks.keys()]).toEqual(["n2"]);
});

test("an engine whose networks are not on this host has no gateways here", async () => {
  const engine = await fakeEngine({ operatingSystem: "Docker Desktop" });
  const { networks, seen } = await following(engine);
  await networks.ensure(wanted);
  expect(seen().networks).toEqual([{ ...wanted, id: "n1" }]);
});

test("the network of a VPC that is gone goes with what waited there for a task, and not while anything else is on it", async () => {
  const engine = await fakeEngine();
  const { networks, until } = await following(engine);
  await networks.ensure(wanted);
  engine.on.set("c1", { Name: "airfield-i-_sandbox-vpc-1-10-200-0-4" });
  engine.on.set("c2", { Name: "airfield-i-task-1-web" });
  expect(await networks.remove("vpc-1", [])).toEqual({
    kind: "in-use",
    reason: expect.stringContaining(
      "the network airfield-i-vpc-1 of a block that its VPC has no more cannot be removed: error while removing network",
    ),
  });
  expect([...engine.on.keys()]).toEqual(["c2"]);
  engine.on.clear();
  expect(await networks.remove("vpc-1", [])).toEqual({ kind: "gone" });
  await until((now) => now.networks.length === 0);
  expect(await networks.remove("vpc-1", [])).toEqual({ kind: "gone" });
});

test("a block that a VPC got later has a network of its own, which goes alone when the VPC has the block no more", async () => {
  const engine = await fakeEngine();
  const { networks, seen } = await following(engine);
  const further = { vpcId: "vpc-1", vpcCidr: "10.201.0.0/20", isFurther: true };
  await Promise.all([networks.ensure(wanted), networks.ensure(further)]);
  await networks.ensure({ vpcId: "vpc-2", vpcCidr: "10.7.0.0/16" });
  expect([...engine.networks.values()].map(({ Name }) => Name).toSorted()).toEqual([
    "airfield-i-vpc-1",
    "airfield-i-vpc-1-10.201.0.0-20",
    "airfield-i-vpc-2",
  ]);
  expect([networks.has(wanted), networks.has(further)]).toEqual([true, true]);
  expect(seen().networks.find(({ vpcCidr }) => vpcCidr === "10.201.0.0/20")).toMatchObject({ vpcId: "vpc-1", address: "10.201.0.1" });
  expect(await networks.remove("vpc-1", ["10.200.0.0/16"])).toEqual({ kind: "gone" });
  expect([networks.has(wanted), networks.has(further)]).toEqual([true, false]);
  expect([...engine.networks.values()].map(({ Name }) => Name).toSorted()).toEqual(["airfield-i-vpc-1", "airfield-i-vpc-2"]);
});
