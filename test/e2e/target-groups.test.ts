import { expect, test } from "vitest";
import type { ProxyBackend } from "../../src/ports/traffic-proxy.ts";
import { backend, listener, serverAt, watchHealth } from "../../src/testing/traffic-proxy-contract.ts";
import { send } from "./load.ts";
import { haproxyWorld, type HaproxyWorld } from "./traffic-world.ts";

const known = { health: "healthy" } as const;

test("a target that comes gets a growing share where its group starts slowly, its whole share where not", async () => {
  await using world = await haproxyWorld();
  const targets = [await world.target(200), await world.target(200)];
  const servers = targets.map((target, at) => serverAt(`s${at}`, target, known));
  const shareOfSecond = async (settings: Partial<ProxyBackend>): Promise<number> => {
    const apply = await group(world, settings);
    await apply(servers.slice(0, 1));
    const port = await apply(servers);
    const answers = await requests(port, 200);
    return answers.filter((body) => body === String(targets[1]?.port)).length / answers.length;
  };
  expect(await shareOfSecond({ slowStart: 900 })).toBeLessThan(0.1);
  expect(await shareOfSecond({})).toBeGreaterThan(0.4);
});

test("by weighted random, requests go to targets without an order", async () => {
  await using world = await haproxyWorld();
  const servers = await Promise.all([0, 1].map(async (at) => serverAt(`s${at}`, await world.target(200), known)));
  const apply = await group(world, { algorithm: "weighted_random" });
  const answers: string[] = [];
  const port = await apply(servers);
  for (let at = 0; at < 60; at++) answers.push((await send(port)).body);
  expect(new Set(answers).size).toBe(2);
  // In turns, no target would ever get two requests in a row.
  expect(answers.some((body, at) => body === answers[at + 1])).toBe(true);
});

test("with fewer healthy targets than asked for, unhealthy ones get requests, too, until enough are healthy", async () => {
  await using world = await haproxyWorld();
  const seen = watchHealth(world.proxy);
  const targets = await Promise.all([200, 200, 500].map((status) => world.target(status)));
  const servers = targets.map((target, at) => serverAt(`s${at}`, target, { health: at === 2 ? "unhealthy" : "healthy" }));
  const apply = await group(world, { minimumHealthy: { count: 2 } });
  const port = await apply(servers);
  expect(new Set(await requests(port, 12)).size).toBe(2);
  targets[1]?.answer(500);
  await seen.until(({ server, health }) => server === "s1" && health === "unhealthy");
  expect(new Set(await requests(port, 12)).size).toBe(3);
  targets[2]?.answer(200);
  await seen.until(({ server, health }) => server === "s2" && health === "healthy");
  expect(new Set(await requests(port, 12))).toEqual(new Set([0, 2].map((at) => String(targets[at]?.port))));
});

/** A listener with a group of its own; applies the group's servers, and resolves with the port. */
async function group(world: HaproxyWorld, settings: Partial<ProxyBackend>): Promise<(servers: ProxyBackend["servers"]) => Promise<number>> {
  const port = await world.freePort();
  return async (servers) => {
    await world.proxy.apply({ listeners: [listener("main", port)], backends: [{ ...backend("web", servers), ...settings }] });
    return port;
  };
}

/** The bodies of so many answers, which come one after another. */
async function requests(port: number, count: number): Promise<readonly string[]> {
  const bodies: string[] = [];
  for (let at = 0; at < count; at++) bodies.push((await send(port)).body);
  return bodies;
}
