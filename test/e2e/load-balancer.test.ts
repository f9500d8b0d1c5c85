import { once } from "node:events";
import { request, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { loadBalancing } from "../../src/control/load-balancing/load-balancing.ts";
import { targetSurroundings } from "../../src/control/load-balancing/target-surroundings.ts";
import { Disposals } from "../../src/disposals.ts";
import { canBind } from "../../src/drivers/haproxy/can-bind.ts";
import { memoryJournal } from "../../src/drivers/memory/journal.ts";
import { systemClock } from "../../src/drivers/system/clock.ts";
import { hostNetworks } from "../../src/drivers/system/host-networks.ts";
import { systemIds } from "../../src/drivers/system/ids.ts";
import type { Logger } from "../../src/ports/logger.ts";
import type { TrafficProxy } from "../../src/ports/traffic-proxy.ts";
import { defaultNetwork } from "../../src/state/default-vpc.ts";
import { listeners, targets } from "../../src/state/elb.ts";
import { JournaledState } from "../../src/state/journaled-state.ts";
import { apiWorld } from "../../src/testing/api-world.ts";
import { haproxyWorld, type TestTarget } from "./traffic-world.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" } as const;

/** The ELB API, the control loop and a real HAProxy, driven by the `aws` command line. */
async function world() {
  await using stack = new Disposals();
  const failures: unknown[] = [];
  const logger: Logger = {
    info: () => undefined,
    warn: () => undefined,
    error: (message, fields) => void failures.push({ message, fields }),
  };
  const state = new JournaledState(memoryJournal());
  const surroundings = targetSurroundings({ state, host: hostNetworks, openedBlocks: ["127.0.0.0/8"] });
  const api = stack.use(await apiWorld({ state, targetSurroundings: surroundings }));
  const haproxy = stack.use(await haproxyWorld());
  const start = (proxy: TrafficProxy) => loadBalancing({ state, clock: systemClock, proxy, logger, surroundings, canBind });
  let loop = start(haproxy.proxy);
  stack.defer(() => loop[Symbol.asyncDispose]());
  const { vpc, subnets } = defaultNetwork(api.state, systemIds, SCOPE, 1);

  /** Runs `aws elbv2 …`; what it prints, which is text. */
  async function elbv2(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await api.aws("elbv2", ...args, "--output", "text");
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: "" });
    return stdout.trim();
  }

  async function balancer(name: string): Promise<{ readonly arn: string; readonly dnsName: string }> {
    const query = "LoadBalancers[0].[LoadBalancerArn,DNSName]";
    const made = await elbv2("create-load-balancer", "--name", name, "--subnets", ...subnets.map(({ id }) => id), "--query", query);
    const [arn = "", dnsName = ""] = made.split("\t");
    return { arn, dnsName };
  }

  function group(name: string): Promise<string> {
    return elbv2(
      ...["create-target-group", "--name", name, "--protocol", "HTTP", "--port", "80", "--vpc-id", vpc.id, "--target-type", "ip"],
      ...["--health-check-path", "/health", "--health-check-interval-seconds", "5", "--health-check-timeout-seconds", "2"],
      ...["--healthy-threshold-count", "2", "--query", "TargetGroups[0].TargetGroupArn"],
    );
  }

  function listener(arn: string, port: number, action: string): Promise<string> {
    return elbv2(
      ...["create-listener", "--load-balancer-arn", arn, "--protocol", "HTTP", "--port", String(port)],
      ...["--default-actions", action, "--query", "Listeners[0].ListenerArn"],
    );
  }

  const moved = stack.move();
  return {
    api,
    haproxy,
    /** What the control loop complained of. */
    failures,
    elbv2,
    balancer,
    group,
    listener,
    /** Listens at the gateways of VPCs, too. */
    bind: (gateways: Parameters<typeof loop.bind>[0]): void => loop.bind(gateways),
    vpc,
    /** Ends the loop and lets go of HAProxy, runs what should happen meanwhile, and starts both again over the same records. */
    async restart(meanwhile: () => Promise<void>): Promise<void> {
      await loop[Symbol.asyncDispose]();
      const proxy = await haproxy.restarted();
      await meanwhile();
      loop = start(proxy);
    },
    /** Resolves when the health on record of the group's targets is that. */
    health(groupArn: string, wanted: readonly string[]): Promise<void> {
      const table = api.state.table(targets);
      const met = (): boolean => {
        const found = table.by("targetGroup", groupArn).map(({ health }) => health.description ?? health.state);
        return JSON.stringify(found.sort()) === JSON.stringify([...wanted].sort());
      };
      return new Promise((resolve) => {
        if (met()) return resolve();
        const watch = api.state.watch(targets, () => {
          if (!met()) return;
          watch[Symbol.dispose]();
          resolve();
        });
      });
    },
    [Symbol.asyncDispose]: () => moved[Symbol.asyncDispose](),
  };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function get(port: number, host = "localhost", path = "/", address = "127.0.0.1"): Promise<Answer> {
  const asked = request({ host: address, port, path, headers: { host } }).end();
  const [response] = (await once(asked, "response")) as [import("node:http").IncomingMessage];
  let body = "";
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, headers: response.headers, body };
}

function ids(...those: readonly TestTarget[]): readonly string[] {
  return those.map(({ address, port }) => `Id=${address},Port=${port},AvailabilityZone=all`);
}

/** Asks until every one of these targets has answered, which round robin brings about at once. */
async function answerers(port: number, requests: number): Promise<ReadonlySet<string>> {
  const answers = await Promise.all(Array.from({ length: requests }, () => get(port)));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  return new Set(answers.map(({ body }) => body));
}

test("requests go to the healthy targets, and the command line's waiters tell when", async () => {
  await using at = await world();
  const [one, two] = [await at.haproxy.target(200), await at.haproxy.target(200)];
  const port = await at.haproxy.freePort();
  const { arn } = await at.balancer("web");
  const group = await at.group("web");
  await at.elbv2("wait", "load-balancer-available", "--load-balancer-arns", arn);
  await at.elbv2("register-targets", "--target-group-arn", group, "--targets", ...ids(one, two));
  await at.health(group, Array(2).fill("Target group is not configured to receive traffic from the load balancer"));

  await at.listener(arn, port, `Type=forward,TargetGroupArn=${group}`);
  await at.elbv2("wait", "target-in-service", "--target-group-arn", group);
  expect(await answerers(port, 10)).toEqual(new Set([String(one.port), String(two.port)]));

  two.answer(503);
  await at.health(group, ["Health checks failed with these codes: [503]", "healthy"]);
  expect(await answerers(port, 10)).toEqual(new Set([String(one.port)]));
  two.answer(200);
  await at.health(group, ["healthy", "healthy"]);
  expect(await answerers(port, 10)).toEqual(new Set([String(one.port), String(two.port)]));
  expect([at.api.defects, at.failures]).toEqual([[], []]);
});

test("a target that leaves finishes what it has, and gets nothing new", async () => {
  await using at = await world();
  let slow: ServerResponse | undefined;
  const arrived = withResolvers();
  const one = await at.haproxy.target(200, (asked, response) => {
    if (asked.url !== "/slow") return void response.end("one");
    slow = response;
    arrived.resolve();
  });
  const port = await at.haproxy.freePort();
  const { arn } = await at.balancer("drain");
  const group = await at.group("drain");
  await at.listener(arn, port, `Type=forward,TargetGroupArn=${group}`);
  await at.elbv2("register-targets", "--target-group-arn", group, "--targets", ...ids(one));
  await at.health(group, ["healthy"]);
  const underWay = get(port, "localhost", "/slow");
  await arrived.promise;

  const two = await at.haproxy.target(200);
  await at.elbv2("register-targets", "--target-group-arn", group, "--targets", ...ids(two));
  await at.health(group, ["healthy", "healthy"]);
  await at.elbv2("deregister-targets", "--target-group-arn", group, "--targets", ...ids(one));
  await at.health(group, ["Target deregistration is in progress", "healthy"]);
  // The control plane may even restart meanwhile.
  await at.restart(async () => expect(await answerers(port, 5)).toEqual(new Set([String(two.port)])));
  await at.health(group, ["Target deregistration is in progress", "healthy"]);
  slow?.end("done");
  expect(await underWay).toMatchObject({ status: 200, body: "done" });
  await at.elbv2("wait", "target-deregistered", "--target-group-arn", group, "--targets", ...ids(one));
  await at.health(group, ["healthy"]);
});

test("a restart of the control plane changes no health and loses no request", async () => {
  await using at = await world();
  const one = await at.haproxy.target(200);
  const port = await at.haproxy.freePort();
  const { arn } = await at.balancer("restart");
  const group = await at.group("restart");
  await at.listener(arn, port, `Type=forward,TargetGroupArn=${group}`);
  await at.elbv2("register-targets", "--target-group-arn", group, "--targets", ...ids(one));
  await at.health(group, ["healthy"]);
  const seen: string[] = [];
  using _watch = at.api.state.watch(targets, ({ after }) => void seen.push(after?.health.state ?? "gone"));
  await at.restart(async () => expect(await answerers(port, 3)).toEqual(new Set([String(one.port)])));

  const two = await at.haproxy.target(200);
  await at.elbv2("register-targets", "--target-group-arn", group, "--targets", ...ids(two));
  await at.health(group, ["healthy", "healthy"]);
  expect(await answerers(port, 10)).toEqual(new Set([String(one.port), String(two.port)]));
  // Only the second target's steps are among the changes.
  expect(seen).toEqual(["initial", "initial", "healthy"]);
});

test("load balancers share a port by name, and answer or redirect by themselves", async () => {
  await using at = await world();
  const port = await at.haproxy.freePort();
  const first = await at.balancer("first");
  const second = await at.balancer("Second");
  await at.listener(first.arn, port, "Type=fixed-response,FixedResponseConfig={StatusCode=404,MessageBody=nobody,ContentType=text/plain}");
  await at.listener(second.arn, port, "Type=redirect,RedirectConfig={Protocol=HTTPS,Port=443,StatusCode=HTTP_301}");
  await at.api.state.durable();
  await at.elbv2("wait", "load-balancer-available", "--load-balancer-arns", first.arn, second.arn);
  const bound = (): boolean => [...at.api.state.table(listeners).values()].every(({ boundPort }) => boundPort === port);
  expect(bound()).toBe(true);
  // That a listener works has no event and no status, here as on AWS.
  await expect.poll(() => get(port, second.dnsName).then(({ status }) => status, String)).toBe(301);
  expect(await get(port, `${first.dnsName}:${port}`)).toMatchObject({ status: 404, body: "nobody" });
  expect(await get(port, "stranger.example")).toMatchObject({ status: 404 });
  const redirect = await get(port, second.dnsName.toLowerCase(), "/a?b=c");
  expect(redirect.headers.location).toBe(`https://${second.dnsName.toLowerCase()}:443/a?b=c`);

  await at.elbv2("delete-load-balancer", "--load-balancer-arn", first.arn);
  await expect.poll(() => get(port, "stranger.example").then(({ status }) => status, String)).toBe(301);
  await at.elbv2("wait", "load-balancers-deleted", "--load-balancer-arns", first.arn);
});

test("who took a port first keeps it from an older load balancer, also over a restart, and the second is told", async () => {
  await using at = await world();
  const port = await at.haproxy.freePort();
  const answering = (body: string): string => `Type=fixed-response,FixedResponseConfig={StatusCode=200,MessageBody=${body}}`;
  const older = await at.balancer("older");
  const first = await at.balancer("first");
  await at.listener(first.arn, port, answering("first"));
  await at.listener(older.arn, port, answering("older"));
  await expect.poll(() => get(port, older.dnsName).then(({ body }) => body, String)).toBe("older");
  expect((await get(port, "shop.example.com")).body).toBe("first");
  const names = "TagDescriptions[0].Tags[].[Key,Value]";
  const told = await at.elbv2("describe-tags", "--resource-arns", older.arn, "--query", names);
  expect(told).toBe(`aws:airfield:listener-host:${port}\t${older.dnsName}`);

  await at.restart(async () => expect((await get(port, "shop.example.com")).body).toBe("first"));
  const listener = await at.listener(older.arn, await at.haproxy.freePort(), answering("older"));
  await expect.poll(() => at.api.state.table(listeners).get(listener)?.boundPort).toBeDefined();
  expect((await get(port, "shop.example.com")).body).toBe("first");
  await at.elbv2("delete-load-balancer", "--load-balancer-arn", first.arn);
  await expect.poll(() => get(port, "shop.example.com").then(({ body }) => body, String)).toBe("older");
});

test("at the gateway of a VPC its own load balancers alone answer, to its own clients alone", async () => {
  await using at = await world();
  const port = await at.haproxy.freePort();
  const { arn } = await at.balancer("inside");
  await at.listener(arn, port, "Type=fixed-response,FixedResponseConfig={StatusCode=200,MessageBody=inside}");
  const from = (address: string): Promise<string> =>
    get(port, "shop.example.com", "/", address).then(
      ({ body }) => body,
      (cause: NodeJS.ErrnoException) => cause.code ?? String(cause),
    );
  const [own, closed, foreign] = ["127.0.0.2", "127.0.0.3", "127.0.0.4"] as const;
  at.bind([{ vpcId: at.vpc.id, vpcCidr: "127.0.0.0/8", address: own }]);
  await expect.poll(() => from(own)).toBe("inside");
  at.bind([
    { vpcId: at.vpc.id, vpcCidr: "10.0.0.0/8", address: closed },
    { vpcId: "vpc-other", vpcCidr: "127.0.0.0/8", address: foreign },
  ]);
  await expect.poll(() => from(closed)).toBe("ECONNRESET");
  expect(await from(foreign)).toBe("ECONNREFUSED");
  expect(await from("127.0.0.1")).toBe("inside");
});

test("where the listener's port is taken it listens on another one, and a tag tells which", async () => {
  await using at = await world();
  await using taken = await at.haproxy.takenPort();
  const { arn } = await at.balancer("moved");
  await at.listener(arn, taken.port, "Type=fixed-response,FixedResponseConfig={StatusCode=200,MessageBody=here}");
  const key = `aws:airfield:listener-port:${taken.port}`;
  const tag = (): Promise<string> =>
    at.elbv2("describe-tags", "--resource-arns", arn, "--query", `TagDescriptions[0].Tags[?Key=='${key}'].Value`);
  await expect.poll(tag).toMatch(/^\d+$/);
  const port = Number(await tag());
  expect(port).not.toBe(taken.port);
  await expect.poll(() => get(port).then(({ body }) => body, String)).toBe("here");
});

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
