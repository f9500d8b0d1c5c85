import { expect, test } from "vitest";
import { requestLog } from "../../src/drivers/haproxy/request-log.ts";
import type { LoggedRequest, RequestLog } from "../../src/ports/request-log.ts";
import type { ProxyRoute } from "../../src/ports/traffic-proxy.ts";
import { backend, serverAt } from "../../src/testing/traffic-proxy-contract.ts";
import { send } from "./load.ts";
import { clock, haproxyWorld } from "./traffic-world.ts";

const OWNER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188";

async function all(log: RequestLog, count: number): Promise<readonly LoggedRequest[]> {
  const found: LoggedRequest[] = [];
  // HAProxy tells nobody when it has written all.
  for (let tries = 0; found.length < count && tries < 100; tries += 1) {
    for (const part of await log.parts()) {
      for await (const some of part.read()) found.push(...some);
      await part.remove();
    }
    if (found.length < count) await new Promise((resolve) => clock.after(50, () => resolve(undefined)));
  }
  return found;
}

test("requests of routes that are logged are noted, also those that come while nobody reads", async () => {
  await using world = await haproxyWorld();
  const target = await world.target(200);
  const port = await world.freePort();
  const route = (path: string, more: Partial<ProxyRoute>): ProxyRoute => ({
    hosts: [],
    conditions: [{ kind: "path", patterns: [path] }],
    action: { kind: "forward", backends: [{ id: "web", weight: 1 }] },
    idleTimeout: 60,
    owner: OWNER,
    ...more,
  });
  const routes = [
    route("/app", { logged: 3 }),
    route("/moved", { logged: 5, action: { kind: "redirect", status: 301, location: "https://#{host}:443/#{path}?#{query}" } }),
    route("/quiet", {}),
  ];
  const configuration = {
    listeners: [{ id: "main", addresses: ["127.0.0.1"], port, routes }],
    backends: [backend("web", [serverAt("one", target, { health: "healthy" })])],
  };
  {
    await using log = await requestLog({ directory: world.directory, clock });
    await world.proxy.apply(configuration);
    const headers = { Host: "a.test", "User-Agent": 'a\tb "c"' };
    for (const path of ["/app?x=1", "/quiet", "/moved"]) await send(port, { path, headers });
    const [app, moved, ...more] = await all(log, 2);
    expect(more).toEqual([]);
    expect(app).toMatchObject({
      loadBalancer: OWNER,
      priority: 3,
      action: "forward",
      backend: "web",
      server: `127.0.0.1:${target.port}`,
      status: 200,
      method: "GET",
      target: "/app?x=1",
      version: "HTTP/1.1",
      host: "a.test",
      userAgent: 'a\tb "c"',
      trace: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/) as string,
      isAborted: false,
    });
    expect(Math.abs((app?.answeredAt ?? 0) / 1000 - Date.now())).toBeLessThan(5000);
    expect(app?.received).toBeGreaterThan(40);
    expect(moved).toMatchObject({ priority: 5, action: "redirect", status: 301, location: "https://a.test:443/moved" });
    expect(moved).not.toHaveProperty("server");
  }
  // Nobody reads now, such as while the control plane is started anew.
  await send(port, { path: "/app?later" });
  await using log = await requestLog({ directory: world.directory, clock });
  expect((await all(log, 1)).map((request) => request.target)).toEqual(["/app?later"]);
});
