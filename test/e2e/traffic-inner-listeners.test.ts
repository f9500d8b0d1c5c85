import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { ProxyConfiguration } from "../../src/ports/traffic-proxy.ts";
import { backend, listener, serverAt, stream, watchHealth } from "../../src/testing/traffic-proxy-contract.ts";
import { haproxyWorld } from "./traffic-world.ts";

/** An HTTP request from an address of the loopback network. */
async function get(port: number, localAddress: string): Promise<string> {
  const asked = request({ host: "127.0.0.1", port, localAddress, agent: false }).end();
  const [answer] = (await once(asked, "response")) as [NodeJS.ReadableStream];
  return text(answer);
}

test("a stream leads to a listener, which checks and serves as if the client had come to it, and comes and goes without a reload", async () => {
  await using world = await haproxyWorld();
  const health = watchHealth(world.proxy);
  const target = await world.target(200, ({ headers }, response) =>
    response.end(`${headers["x-forwarded-for"] as string} ${headers["x-forwarded-port"] as string}`),
  );
  const port = await world.freePort();
  const inner = { ...listener("web-inner", 80), addresses: [] };
  const alb = serverAt("alb", { address: "arn:aws:alb", port: 80 }, { listener: "web-inner" });
  const to = (servers: readonly (typeof alb)[]): ProxyConfiguration => ({
    listeners: [inner],
    streams: [stream("db", port)],
    backends: [
      backend("web", [serverAt("one", target, { health: "healthy" })]),
      { ...backend("db", servers), stream: { proxyProtocol: true, cutsRemoved: false, cutsUnhealthy: false } },
    ],
  });
  await world.proxy.apply(to([]));
  // At run time, with checks of HTTP through the listener.
  await world.proxy.apply(to([alb]));
  await health.until(({ backend: id, health: now }) => id === "db" && now === "healthy");
  expect(await get(port, "127.0.0.7")).toBe("127.0.0.7 80");
  // In the configuration file, known to be healthy.
  await world.proxy.apply({
    ...to([{ ...alb, health: "healthy" }]),
    streams: [stream("db", port), stream("more", await world.freePort())],
  });
  expect(await get(port, "127.0.0.8")).toBe("127.0.0.8 80");
});

test("HTTP/2 is not spoken where no handshake agreed upon it", async () => {
  await using world = await haproxyWorld();
  const target = await world.target(200);
  const port = await world.freePort();
  await world.proxy.apply({
    listeners: [listener("web", port)],
    backends: [backend("web", [serverAt("one", target, { health: "healthy" })])],
  });
  expect(await get(port, "127.0.0.1")).toBeDefined();
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const asked = session.request({ ":path": "/" });
  const outcome = await Promise.race([
    once(asked, "response").then(() => "answered"),
    once(session, "error").then(() => "refused"),
    once(session, "close").then(() => "refused"),
  ]).catch(() => "refused");
  session.destroy();
  expect(outcome).toBe("refused");
  expect(target.requests).toBe(1);
});
