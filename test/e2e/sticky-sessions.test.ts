import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { ProxyBackend, ProxyConfiguration, ProxyServer, ProxyStickiness } from "../../src/ports/traffic-proxy.ts";
import { backend, listener, serverAt, watchHealth } from "../../src/testing/traffic-proxy-contract.ts";
import { send, type Answer } from "./load.ts";
import { haproxyWorld, type HaproxyWorld } from "./traffic-world.ts";

const known = { health: "healthy" } as const;
const HOUR: ProxyStickiness = { kind: "lb-cookie", duration: 3600 };

test("a client that shows its cookie comes back to its target; one that does not goes on to the next", async () => {
  await using world = await haproxyWorld();
  const { port, servers, apply } = await stickyListener(world, 3);
  await apply(HOUR, servers);
  const first = await send(port);
  expect(namesOf(first)).toEqual(["AWSALB", "AWSALBCORS"]);
  const cookies = setCookies(first);
  expect(cookies[0]).toMatch(/^AWSALB=[0-9A-F]{40}-\d{10}; Expires=\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT; Path=\/$/);
  expect(cookies[1]).toMatch(/^AWSALBCORS=[0-9A-F]{40}-\d{10}; Expires=.* GMT; Path=\/; SameSite=None$/);
  for (const cookie of [cookieOf(first, "AWSALB"), cookieOf(first, "AWSALBCORS"), `a=b; ${cookieOf(first, "AWSALB")}; c=d`]) {
    const answers = await Promise.all(Array.from({ length: 6 }, () => send(port, { headers: { Cookie: cookie } })));
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set([first.body]));
    expect(namesOf(answers[0])).toEqual(["AWSALB", "AWSALBCORS"]);
  }
  const others = await Promise.all(Array.from({ length: 6 }, () => send(port)));
  expect(new Set(others.map(({ body }) => body)).size).toBe(3);
});

test("a target that drains, fails or is gone is left for another one, which the cookie means from then on", async () => {
  await using world = await haproxyWorld();
  const { port, servers, apply, targets } = await stickyListener(world, 2);
  const seen = watchHealth(world.proxy);
  await apply(HOUR, servers);
  const first = await send(port);
  const cookie = cookieOf(first, "AWSALB");
  const at = targets.findIndex((target) => String(target.port) === first.body);
  const other = String(targets[1 - at]?.port);
  const ask = async (shown: string): Promise<Answer> => send(port, { headers: { Cookie: shown } });

  await apply(
    HOUR,
    servers.map((server, index) => ({ ...server, draining: index === at })),
  );
  const drained = await ask(cookie);
  expect(drained.body).toBe(other);
  expect(cookieOf(drained, "AWSALB")).not.toBe(cookie);
  await apply(HOUR, servers);
  expect((await ask(cookie)).body).toBe(first.body);
  expect((await ask(cookieOf(drained, "AWSALB"))).body).toBe(other);

  targets[at]?.answer(500);
  await seen.until(({ health }) => health === "unhealthy");
  expect((await ask(cookie)).body).toBe(other);

  await apply(
    HOUR,
    servers.filter((_, index) => index !== at),
  );
  expect((await ask(cookie)).body).toBe(other);
});

test("cookies mean the same after a reload, a deploy beside them, and a proxy that was killed", async () => {
  await using world = await haproxyWorld();
  const { port, servers, apply } = await stickyListener(world, 3);
  const seen = watchHealth(world.proxy);
  await apply(HOUR, servers.slice(0, 2));
  const first = await send(port);
  const comesBack = async (): Promise<void> => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => send(port, { headers: { Cookie: cookieOf(first, "AWSALB") } })));
    expect(answers.map(({ body }) => body)).toEqual(answers.map(() => first.body));
  };
  await apply(HOUR, servers);
  await comesBack();
  await apply({ ...HOUR, duration: 7200 }, servers);
  await comesBack();
  const told = seen.reports.length;
  process.kill(Number(await readFile(`${world.directory}/haproxy.pid`, "utf8")), "SIGKILL");
  await seen.until((report) => seen.reports.indexOf(report) >= told);
  await comesBack();
  const next = await world.restarted();
  await next.apply(configured(port, HOUR, servers));
  await comesBack();
});

test("a cookie that is stale, forged, or of another group counts for nothing", async () => {
  await using world = await haproxyWorld();
  const { port, servers, apply } = await stickyListener(world, 2);
  await apply(HOUR, servers);
  const cookie = cookieOf(await send(port), "AWSALB");
  const [token = "", since = ""] = cookie.slice("AWSALB=".length).split("-");
  const spread = async (shown: string): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(port, { headers: { Cookie: `AWSALB=${shown}` } })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    return new Set(answers.map(({ body }) => body)).size;
  };
  expect(await spread(`${token}-${since}`)).toBe(1);
  for (const shown of [
    `${token}-${Number(since) - 3700}`,
    `${token}-${Number(since) + 3700}`,
    token,
    `${token}-x`,
    `${"0".repeat(40)}-${since}`,
    `${servers[0]?.id}:t:127.0.0.1:${servers[0]?.port}-${since}`,
    "",
    "-",
    "%[env(HOME)]-1",
  ])
    expect([shown, await spread(shown)]).toEqual([shown, 2]);
});

test("an application's cookie makes a client stick once a target has set it, and only beside it", async () => {
  await using world = await haproxyWorld();
  const APP: ProxyStickiness = { kind: "app-cookie", duration: 3600, cookie: "JSESSIONID" };
  const { port, servers, apply } = await stickyListener(world, 2);
  await apply(APP, servers);
  expect((await send(port)).headers["set-cookie"]).toBeUndefined();
  const login = await send(port, { path: "/login" });
  expect(login.headers["set-cookie"]).toEqual([
    "JSESSIONID=s1; Path=/",
    expect.stringMatching(/^AWSALBAPP-0=[0-9A-F]{40}-\d{10}; Expires=.* GMT; Path=\/$/),
  ]);
  const own = cookieOf(login, "AWSALBAPP-0");
  const bodies = async (cookie: string): Promise<ReadonlySet<string>> =>
    new Set((await Promise.all(Array.from({ length: 6 }, () => send(port, { headers: { Cookie: cookie } })))).map(({ body }) => body));
  expect(await bodies(`JSESSIONID=s1; ${own}`)).toEqual(new Set([login.body]));
  expect((await bodies(own)).size).toBe(2);
  expect((await bodies("JSESSIONID=s1")).size).toBe(2);
  const renewed = await send(port, { headers: { Cookie: `JSESSIONID=s1; ${own}` } });
  expect(namesOf(renewed)).toEqual(["AWSALBAPP-0"]);
});

/** Targets that answer with their ports, and set a cookie at `/login`. */
async function stickyListener(world: HaproxyWorld, count: number) {
  const targets = await Promise.all(
    Array.from({ length: count }, () =>
      world.target(200, (request, response) => {
        if (request.url === "/login") response.setHeader("Set-Cookie", "JSESSIONID=s1; Path=/");
        response.end(String(request.socket.localPort));
      }),
    ),
  );
  const port = await world.freePort();
  const servers = targets.map((target, at) => serverAt(`s${at}`, target, known));
  const apply = async (stickiness: ProxyStickiness, those: readonly ProxyServer[]): Promise<void> =>
    world.proxy.apply(configured(port, stickiness, those));
  return { port, servers, targets, apply };
}

function configured(port: number, stickiness: ProxyStickiness, servers: readonly ProxyServer[]): ProxyConfiguration {
  const web: ProxyBackend = { ...backend("web", servers), stickiness };
  return { listeners: [listener("main", port)], backends: [web] };
}

function setCookies(answer: Answer | undefined): readonly string[] {
  return [answer?.headers["set-cookie"] ?? []].flat();
}

function namesOf(answer: Answer | undefined): readonly string[] {
  return setCookies(answer).map((cookie) => cookie.slice(0, cookie.indexOf("=")));
}

/** As a client shows it. */
function cookieOf(answer: Answer, name: string): string {
  return (
    setCookies(answer)
      .find((cookie) => cookie.startsWith(`${name}=`))
      ?.split(";")[0] ?? ""
  );
}
