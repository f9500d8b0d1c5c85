import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { USUAL_HANDLING, type RequestHandling } from "../../src/domain/request-handling.ts";
import type { ProxyConfiguration, ProxyRoute } from "../../src/ports/traffic-proxy.ts";
import { backend, serverAt } from "../../src/testing/traffic-proxy-contract.ts";
import { send } from "./load.ts";
import { haproxyWorld, type HaproxyWorld } from "./traffic-world.ts";

/** A listener that forwards to a target which answers with the lines of the head that it got. */
async function echoing(world: HaproxyWorld, handling: Partial<RequestHandling> = {}, more: Partial<ProxyRoute> = {}) {
  const port = await world.freePort();
  const target = await world.target(200, ({ rawHeaders }, response) => {
    response.setHeader("X-Frame-Options", "SAMEORIGIN");
    response.end(JSON.stringify(rawHeaders));
  });
  const route: ProxyRoute = {
    hosts: [],
    action: { kind: "forward", backends: [{ id: "web", weight: 1 }] },
    idleTimeout: 60,
    handling: { ...USUAL_HANDLING, ...handling },
    ...more,
  };
  const listener: ProxyConfiguration["listeners"][number] = { id: "main", addresses: ["127.0.0.1"], port, routes: [route] };
  await world.proxy.apply({ listeners: [listener], backends: [backend("web", [serverAt("one", target, { health: "healthy" })])] });
  return {
    port,
    /** The values that the target got of a header, or the status of an answer that is not its. */
    got: async (name: string, headers: Readonly<Record<string, string>> = {}): Promise<readonly string[] | number> => {
      const { status, body } = await send(port, { headers });
      if (status !== 200) return status;
      const raw = JSON.parse(body) as string[];
      return raw.filter((_, at) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === name.toLowerCase());
    },
  };
}

describe("X-Forwarded-For", () => {
  test.each<[string, Partial<RequestHandling>, RegExp, RegExp]>([
    ["is appended to", {}, /^127\.0\.0\.1$/, /^203\.0\.113\.7, 127\.0\.0\.1$/],
    ["is appended to, with the client's port", { clientPort: true }, /^127\.0\.0\.1:\d+$/, /^203\.0\.113\.7, 127\.0\.0\.1:\d+$/],
    ["stays as it is", { forwardedFor: "preserve" }, /^$/, /^203\.0\.113\.7$/],
    ["is removed", { forwardedFor: "remove" }, /^$/, /^$/],
  ])("%s", async (_, handling, alone, behind) => {
    await using world = await haproxyWorld();
    const { got } = await echoing(world, handling);
    const seen = async (headers = {}): Promise<string> => String(await got("X-Forwarded-For", headers));
    expect(await seen()).toMatch(alone);
    expect(await seen({ "X-Forwarded-For": "203.0.113.7" })).toMatch(behind);
  });

  test("of more than thirty addresses is refused with 463", async () => {
    await using world = await haproxyWorld();
    const { got } = await echoing(world);
    const addresses = (count: number): string => Array.from({ length: count }, () => "203.0.113.7").join(", ");
    expect(await got("Host", { "X-Forwarded-For": addresses(31) })).toBe(463);
    expect(await got("Host", { "X-Forwarded-For": addresses(30) })).toHaveLength(1);
  });
});

test("each request has a trace: a new one, or its own with the load balancer's part", async () => {
  await using world = await haproxyWorld();
  const { got } = await echoing(world);
  const trace = async (sent?: string) => (await got("X-Amzn-Trace-Id", sent === undefined ? {} : { "X-Amzn-Trace-Id": sent })) as string[];
  const [made = ""] = await trace();
  expect(made).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
  expect(Math.abs(Number.parseInt(made.slice(7, 15), 16) - Date.now() / 1000)).toBeLessThan(5);
  expect((await trace())[0]).not.toBe(made);
  const own = "Root=1-67891233-abcdef012345678912345678;CalledFrom=app";
  expect(await trace(own)).toEqual([expect.stringMatching(new RegExp(`^Self=1-[0-9a-f]{8}-[0-9a-f]{24};${own}$`))]);
  const passed = await trace(`Self=1-67891234-12456789abcdef0123456789;${own}`);
  expect(passed).toEqual([expect.stringMatching(new RegExp(`^Self=1-[0-9a-f]{8}-[0-9a-f]{24};${own}$`))]);
  expect(passed[0]).not.toContain("67891234-");
  expect(await trace("CalledFrom=app")).toEqual([expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};CalledFrom=app$/)]);
});

test("Host names a port that is no default one, unless it is to stay as it is", async () => {
  await using world = await haproxyWorld();
  const usual = await echoing(world);
  expect(await usual.got("Host", { Host: "a.test" })).toEqual([`a.test:${usual.port}`]);
  expect(await usual.got("Host", { Host: "a.test:99" })).toEqual(["a.test:99"]);
  const kept = await echoing(world, { keepsHost: true });
  expect(await kept.got("Host", { Host: "a.test" })).toEqual(["a.test"]);
});

test("headers with strange names come through, or are dropped", async () => {
  await using world = await haproxyWorld();
  const sent = { a_b: "1", "c.d": "2", "e-f": "3" };
  const usual = await echoing(world);
  expect([await usual.got("a_b", sent), await usual.got("c.d", sent), await usual.got("e-f", sent)]).toEqual([["1"], ["2"], ["3"]]);
  const dropped = await echoing(world, { dropsInvalidHeaders: true });
  expect([await dropped.got("a_b", sent), await dropped.got("c.d", sent), await dropped.got("e-f", sent)]).toEqual([[], [], ["3"]]);
});

test("strictly, a GET with a body is refused; TRACE is so always", async () => {
  await using world = await haproxyWorld();
  const status = async (port: number, head: string): Promise<number | undefined> => (await world.ask(port, `${head}\r\n\r\n`))?.status;
  const get = "GET / HTTP/1.1\r\nHost: a.test";
  const usual = await echoing(world);
  expect(await status(usual.port, `${get}\r\nContent-Length: 0`)).toBe(200);
  expect(await status(usual.port, "TRACE / HTTP/1.1\r\nHost: a.test")).toBe(405);
  const strict = await echoing(world, { isStrict: true });
  expect(await status(strict.port, get)).toBe(200);
  expect(await status(strict.port, `${get}\r\nContent-Length: 0`)).toBe(400);
  expect(await status(strict.port, "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0")).toBe(200);
});

test("what is no HTTP reaches no action, and HTTP/1.0 may be without a host", async () => {
  await using world = await haproxyWorld();
  const { port } = await echoing(world, {}, { action: { kind: "fixed-response", status: 200, contentType: "text/plain", body: "here" } });
  const status = async (...lines: string[]): Promise<number | undefined> =>
    (await world.ask(port, `${lines.join("\r\n")}\r\n\r\n`))?.status;
  expect(await status("GET / HTTP/1.1", "Host: a.test", "X-One: a\0b")).toBe(400);
  expect(await status("GET / HTTP/1.1", "Host: a.test", "X-One: a\\x00b")).toBe(200);
  for (const version of ["9.9", "2.0", "1.2", "0.9"]) expect(await status(`GET / HTTP/${version}`, "Host: a.test"), version).toBe(400);
  expect(await status("GET / HTTP/1.1")).toBe(400);
  expect(await status("GET http://a.test/ HTTP/1.1")).toBe(400);
  expect(await status("GET / HTTP/1.0")).toBe(200);
});

test("only a web socket is asked of a target: what else a client would change to is dropped, so that all its requests meet the rules", async () => {
  await using world = await haproxyWorld();
  const { port } = await echoing(world);
  const upgrade = async (...words: string[]): Promise<string[]> => {
    const head = ["GET / HTTP/1.1", "Host: a.test", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Connection: Upgrade", ...words];
    return JSON.parse(String((await world.ask(port, `${head.join("\r\n")}\r\n\r\n`))?.body)) as string[];
  };
  for (const words of [
    ["Upgrade: h2c"],
    ["Upgrade: x", "Upgrade: h2c"],
    ["Upgrade: websocket", "Upgrade: h2c"],
    ["Upgrade: TLS/1.0, h2c"],
  ]) {
    const names = await upgrade(...words, "HTTP2-Settings: AAMAAABkAAQAAP__");
    expect(names, words.join()).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(?:upgrade|http2-settings|h2c)$/i)]));
  }
});

test("answers get a listener's headers, its own and a target's, and may not name the load balancer", async () => {
  await using world = await haproxyWorld();
  const headers = { "X-Frame-Options": "DENY", "Content-Security-Policy": "default-src 'self' 100%;" };
  const { port } = await echoing(world, {}, { answers: { headers, isNameless: true } });
  const asSent = { "x-frame-options": "DENY", "content-security-policy": "default-src 'self' 100%;" };
  expect(await send(port)).toMatchObject({ status: 200, headers: asSent });
  const fixed = await echoing(world, {}, { answers: { headers, isNameless: true }, action: { kind: "fixed-response", status: 404 } });
  const { headers: got, status } = await send(fixed.port);
  expect([status, got]).toEqual([404, expect.objectContaining(asSent)]);
  expect(got["server"]).toBeUndefined();
});

test("error pages tell the time", async () => {
  await using world = await haproxyWorld();
  const { port } = await echoing(world, {}, { action: { kind: "forward", backends: [{ id: "web", weight: 0 }] } });
  const { status, headers } = await send(port);
  expect(status).toBe(503);
  expect(Math.abs(Date.parse(String(headers["date"])) - Date.now())).toBeLessThan(5000);
});

test("a client's connection is closed with the first answer after its time", async () => {
  await using world = await haproxyWorld();
  const { port } = await echoing(world, { connectionAge: 2 });
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (some: Buffer) => (text += String(some)));
  const closed = new Promise<void>((resolve) => socket.on("end", resolve));
  const asked = Date.now();
  const timer = setInterval(() => socket.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"), 300);
  await closed;
  clearInterval(timer);
  socket.destroy();
  // HAProxy counts whole seconds: the first of them may have been nearly over.
  expect(Date.now() - asked).toBeGreaterThan(900);
  expect(text.match(/HTTP\/1\.1 200/g)?.length).toBeGreaterThan(1);
  expect(text.split("HTTP/1.1 200").at(-1)?.toLowerCase()).toContain("connection: close");
});
