import { describe, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import type { Gateway } from "./follow-networks.ts";
import { gatewayNameServers, type NameServerParts } from "./gateway-name-servers.ts";

const gateway = (id: string, octet = 0): Gateway => ({
  id,
  vpcId: `vpc-${octet}`,
  vpcCidr: `10.${octet}.0.0/16`,
  address: `10.${octet}.0.1`,
});

/** Addresses that cannot be had answer with their error codes; one that is bound cannot be bound again. */
function world() {
  const clock = new ManualClock();
  const refused = new Map<string, string>();
  const bound = new Set<string>();
  const tries: string[] = [];
  const told: string[] = [];
  const note = (message: string, fields: object = {}): void => void told.push(`${message} ${JSON.stringify(fields)}`);
  const answers = new Map<string, Parameters<NameServerParts["open"]>[1]>();
  const open: NameServerParts["open"] = async (address, answering) => {
    tries.push(address);
    answers.set(address, answering);
    await Promise.resolve();
    const code = bound.has(address) ? "EADDRINUSE" : refused.get(address);
    if (code !== undefined) throw Object.assign(new Error(`listen ${code}: ${address}:53`), { code });
    bound.add(address);
    return { [Symbol.asyncDispose]: () => new Promise((resolve) => setImmediate(() => resolve(void bound.delete(address)))) };
  };
  const logger = { info: note, warn: note, error: note };
  const troubles: (string | undefined)[] = [];
  const trouble = (text: string | undefined): void => void troubles.push(text);
  const servers = gatewayNameServers({ state: new JournaledState(memoryJournal()), clock, logger, chance: () => 0, open, trouble });
  return { troubles, answers, clock, refused, bound, tries, told, servers };
}

test("a name server that cannot be opened is told once, tried again with a growing pause, and told when it is there", async () => {
  const { clock, refused, bound, tries, told, servers } = world();
  await using _servers = servers;
  refused.set("10.0.0.1", "EADDRNOTAVAIL");
  servers.listen([gateway("a"), gateway("b", 1)]);
  await clock.settled();
  expect(bound).toEqual(new Set(["10.1.0.1"]));
  await clock.pass(10 * 60_000);
  const failed = tries.filter((address) => address === "10.0.0.1").length;
  expect(failed).toBeGreaterThan(20);
  expect(failed).toBeLessThan(30);
  expect(told).toEqual([
    'tasks cannot look up load balancers by name; trying again {"vpc":"vpc-0","address":"10.0.0.1","why":"listen EADDRNOTAVAIL: 10.0.0.1:53"}',
  ]);

  refused.clear();
  await clock.pass(30_000);
  expect(bound).toContain("10.0.0.1");
  expect(told.slice(1)).toEqual(['tasks can look up load balancers by name {"vpc":"vpc-0","address":"10.0.0.1"}']);
  await clock.pass(60_000);
  expect(clock.waiting).toBe(0);
});

test("a user that may not open port 53 is told where the remedy is", async () => {
  const { clock, refused, told, troubles, servers } = world();
  await using _servers = servers;
  refused.set("10.0.0.1", "EACCES");
  servers.listen([gateway("a")]);
  await clock.settled();
  const text = /: listen EACCES: 10.0.0.1:53: this user may not open port 53; `sudo sysctl -w net.ipv4.ip_unprivileged_port_start=53` lets/;
  expect(troubles).toEqual([expect.stringMatching(text)]);
  expect(told[0]).toContain("`sudo sysctl -w net.ipv4.ip_unprivileged_port_start=53`");
  await clock.pass(60_000);
  expect(troubles).toHaveLength(1);
  refused.clear();
  await clock.pass(60_000);
  expect(troubles.slice(1)).toEqual([undefined]);
});

test("a name server goes with its network, and comes back with one that is made anew at the same address", async () => {
  const { clock, bound, tries, told, servers } = world();
  servers.listen([gateway("a")]);
  await clock.settled();
  servers.listen([gateway("a")]);
  for (let turn = 0; turn < 3; turn += 1) await clock.settled();
  expect(tries).toHaveLength(1);
  servers.listen([gateway("made anew")]);
  await clock.settled();
  await clock.settled();
  expect(tries).toHaveLength(2);
  expect(bound).toEqual(new Set(["10.0.0.1"]));
  servers.listen([]);
  await clock.settled();
  await clock.settled();
  expect(bound.size).toBe(0);
  expect(told).toEqual([]);
  await servers[Symbol.asyncDispose]();
});

test("nothing is tried any more once it is disposed of", async () => {
  const { clock, refused, tries, servers } = world();
  refused.set("10.0.0.1", "EACCES");
  servers.listen([gateway("a")]);
  await clock.settled();
  await servers[Symbol.asyncDispose]();
  await clock.pass(60_000);
  expect(tries).toHaveLength(1);
});

test("one that is not wanted any more before it could be opened is not told of, and not tried again", async () => {
  const { clock, refused, tries, told, troubles, servers } = world();
  refused.set("10.0.0.1", "EACCES");
  servers.listen([gateway("a")]);
  await Promise.resolve();
  expect(tries).toHaveLength(1);
  await servers[Symbol.asyncDispose]();
  await clock.pass(60_000);
  expect([tries.length, told, troubles]).toEqual([1, [], []]);
});

test("one that is wanted no more before its turn is never opened", async () => {
  const { clock, tries, servers } = world();
  servers.listen([gateway("a")]);
  await servers[Symbol.asyncDispose]();
  await clock.settled();
  expect(tries).toEqual([]);
});

test("of several that cannot be had one is told of at a time, and the next when that one can", async () => {
  const { clock, refused, troubles, servers } = world();
  await using _servers = servers;
  for (const address of ["10.0.0.1", "10.1.0.1"]) refused.set(address, "EADDRINUSE");
  servers.listen([gateway("a"), gateway("b", 1)]);
  await clock.settled();
  const text = (address: string): string => `tasks cannot look up load balancers by name: listen EADDRINUSE: ${address}:53`;
  expect(troubles.at(-1)).toBe(text("10.0.0.1"));
  refused.delete("10.0.0.1");
  await clock.pass(250);
  expect(troubles.at(-1)).toBe(text("10.1.0.1"));
  servers.listen([gateway("a")]);
  expect(troubles.at(-1)).toBeUndefined();
});

test("it answers for its own VPC, and a question that it fails at is told with where that was", async () => {
  const { clock, answers, told, servers } = world();
  await using _servers = servers;
  servers.listen([gateway("a")]);
  await clock.settled();
  const { resolve, failed } = answers.get("10.0.0.1") ?? {};
  const question = { name: "web-1.us-east-1.elb.localhost.", type: "A" };
  expect(resolve?.(question, "10.0.0.9")).toMatchObject({ kind: "reply", code: "NXDOMAIN" });
  failed?.(new Error("no reply"));
  failed?.("torn");
  expect(told).toEqual(
    ["no reply", "torn"].map((why) => `a name server of a VPC failed ${JSON.stringify({ vpc: "vpc-0", address: "10.0.0.1", why })}`),
  );
});

test.each([
  ["nobody is told of troubles", undefined],
  ["what was thrown has no code", "torn"],
])("where %s, a name server is tried again all the same", async (_what, cause) => {
  const clock = new ManualClock();
  let tries = 0;
  const open = async (): Promise<AsyncDisposable> => {
    tries += 1;
    await Promise.reject(cause === undefined ? new Error("no") : (cause as unknown as Error));
    throw new Error("unreachable");
  };
  const told: unknown[] = [];
  const logger = { info: () => undefined, warn: (_text: string, fields?: object) => void told.push(fields), error: () => undefined };
  await using servers = gatewayNameServers({ state: new JournaledState(memoryJournal()), clock, logger, chance: () => 0, open });
  servers.listen([gateway("a")]);
  await clock.pass(250);
  expect(tries).toBe(2);
  expect(told).toEqual([{ vpc: "vpc-0", address: "10.0.0.1", why: cause ?? "no" }]);
});

describe("the resolver at base+2", () => {
  const none = new Map<string, string>();
  const held = (octet = 0) => ({
    vpcId: `vpc-${octet}`,
    vpcCidr: `10.${octet}.0.0/16`,
    addresses: new Set([`10.${octet}.0.2`, `10.${octet}.0.77`]),
  });

  test("answers where this host has the address, besides the gateway, and goes with it", async () => {
    const { clock, bound, servers } = world();
    await using _servers = servers;
    servers.listen([gateway("a"), gateway("b", 1)]);
    await clock.settled();
    expect(servers.resolverIn("vpc-0")).toBeUndefined();
    servers.hold([held()], none);
    await clock.settled();
    expect(bound).toEqual(new Set(["10.0.0.1", "10.1.0.1", "10.0.0.2"]));
    expect([servers.resolverIn("vpc-0"), servers.resolverIn("vpc-1"), servers.resolverIn("vpc-9")]).toEqual([
      "10.0.0.2",
      undefined,
      undefined,
    ]);
    servers.hold([], none);
    await clock.settled();
    await clock.settled();
    expect(bound).toEqual(new Set(["10.0.0.1", "10.1.0.1"]));
    expect(servers.resolverIn("vpc-0")).toBeUndefined();
  });

  test("is waited for by who starts in a VPC, until it answers, or cannot, or for some seconds", async () => {
    const { clock, refused, servers } = world();
    await using _servers = servers;
    expect(servers.ready("vpc-0")).toBeUndefined();
    servers.listen([gateway("a"), gateway("b", 1), gateway("c", 2), gateway("d", 3)]);
    const over: string[] = [];
    const wait = (vpcId: string): void => void servers.ready(vpcId)?.then(() => over.push(vpcId));
    for (const octet of [0, 1, 2, 3]) wait(`vpc-${octet}`);
    await clock.settled();
    expect(over).toEqual([]);
    refused.set("10.1.0.2", "EACCES");
    servers.hold([held(), held(1)], new Map([["vpc-2", "no right"]]));
    await clock.settled();
    expect(over.toSorted()).toEqual(["vpc-0", "vpc-1", "vpc-2"]);
    expect([servers.resolverIn("vpc-1"), servers.ready("vpc-0"), servers.ready("vpc-1")]).toEqual([undefined, undefined, undefined]);
    await clock.pass(3_000);
    expect(over).toContain("vpc-3");
  });
});
