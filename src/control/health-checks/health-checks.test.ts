import type { HealthCheckConfig } from "@aws-sdk/client-route-53";
import { describe, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import type { Probe, ProbeResult } from "../../ports/endpoint-prober.ts";
import { vpcs } from "../../state/ec2.ts";
import { listeners, loadBalancers, type ListenerRecord, type LoadBalancerRecord } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { healthStatuses } from "../../state/route53-health.ts";
import { healthChecks, hostedZones, recordSets, type RecordSetRecord } from "../../state/route53.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { healthChecking } from "./health-checks.ts";

const ACCOUNT = "123456789012";
const OK: ProbeResult = { healthy: true, text: "HTTP Status Code 200, OK" };
const REFUSED: ProbeResult = { healthy: false, text: "ECONNREFUSED" };
const HTTP: HealthCheckConfig = { Type: "HTTP", IPAddress: "10.9.0.1", Port: 80, RequestInterval: 10, FailureThreshold: 2 };

function world(config: HealthCheckConfig = HTTP, account = ACCOUNT) {
  const state = new JournaledState(memoryJournal());
  const clock = new ManualClock();
  const probes: Probe[] = [];
  const answer = { now: OK };
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const check = { id: "h", account, callerReference: "h", config, version: 1, tags: [], createdAt: 1 };
  state.commit(() => {
    state.table(healthChecks).insert(check);
    for (const [id, owner, octet] of [
      ["vpc-1", ACCOUNT, 0],
      ["vpc-2", "210987654321", 1],
    ] as const)
      state.table(vpcs).insert({ id, account: owner, region: "us-east-1", cidrBlock: `10.${octet}.0.0/16`, isDefault: true, tags: [] });
  });
  const start = () =>
    healthChecking({
      ...{ state, clock, logger },
      endpointProber: { probe: (probe) => Promise.resolve((probes.push(probe), answer.now)) },
      targetSurroundings: () => ({
        ownBlocks: ["10.0.0.1/32"],
        bridgedBlocks: [],
        openedBlocks: [],
        vpcs: [...state.table(vpcs).values()],
      }),
    });
  return { state, clock, probes, answer, check, start, status: () => state.table(healthStatuses).get("h") };
}

test("an endpoint is looked at once each interval, and its status turns when as many looks in a row say so", async () => {
  const { clock, probes, answer, start, status } = world();
  await using _loop = start();
  await clock.settled();
  expect(status()).toMatchObject({ healthy: true, text: `Success: ${OK.text}` });
  answer.now = REFUSED;
  await clock.pass(10_000);
  expect([probes.length, status()?.healthy]).toEqual([2, true]);
  answer.now = OK;
  await clock.pass(10_000);
  answer.now = REFUSED;
  await clock.pass(10_000);
  expect(status()?.healthy).toBe(true);
  await clock.pass(10_000);
  expect(status()).toMatchObject({ healthy: false, text: "Failure: ECONNREFUSED", lastFailure: { text: "Failure: ECONNREFUSED" } });
  expect(probes).toHaveLength(5);
});

test("what stays is written once a minute", async () => {
  const { clock, state, start, status } = world();
  await using _loop = start();
  await clock.settled();
  let written = 0;
  using _watch = state.watch(healthStatuses, () => void (written += 1));
  await clock.pass(60_000);
  expect(written).toBe(1);
  expect(status()?.checkedAt).toBe(clock.now());
});

test("one that goes takes its status along, one that is disabled is left alone, and one that changes is looked at in its turn", async () => {
  const { clock, state, check, probes, start, status } = world();
  await using _loop = start();
  await clock.settled();
  state.commit(() => state.table(healthChecks).put({ ...check, version: 2, config: { ...HTTP, Port: 81 } }));
  await clock.settled();
  expect(probes).toHaveLength(1);
  await clock.pass(10_000);
  expect(probes.at(-1)?.port).toBe(81);
  state.commit(() => state.table(healthChecks).put({ ...check, version: 3, config: { ...HTTP, Disabled: true } }));
  await clock.pass(60_000);
  expect(probes).toHaveLength(2);
  state.commit(() => state.table(healthChecks).delete("h"));
  await clock.settled();
  expect(status()).toBeUndefined();
  expect(clock.waiting).toBe(0);
});

const balancer: LoadBalancerRecord = {
  ...{ account: ACCOUNT, region: "us-east-1", arn: "lb", name: "web", type: "application", scheme: "internet-facing" },
  ...{ dnsName: "web-1.us-east-1.elb.localhost", canonicalHostedZoneId: "ZELB", vpcId: "vpc-1", ipAddressType: "ipv4" },
  ...{ availabilityZones: [], securityGroups: [], attributes: {}, state: { code: "active" }, tags: [], createdAt: 1 },
};
const listener: ListenerRecord = {
  ...{ account: ACCOUNT, region: "us-east-1", arn: "l", loadBalancerArn: "lb", protocol: "HTTP", port: 80, boundPort: 9080 },
  ...{ defaultActions: [], certificates: [], attributes: {}, tags: [], createdAt: 1 },
};
const set = (name: string, more: Partial<RecordSetRecord>): RecordSetRecord => ({
  zoneId: "Z1",
  account: ACCOUNT,
  name,
  type: "A",
  ...more,
});

describe("this host looks where the check's account may reach", () => {
  const named = (FullyQualifiedDomainName: string, more: HealthCheckConfig = { Type: "HTTP" }): HealthCheckConfig => ({
    FullyQualifiedDomainName,
    ...more,
  });
  const FORBIDDEN = "is no address that health checks of this account may reach";

  test.each<[string, HealthCheckConfig, Partial<Probe> | string, string?]>([
    ["an address of its VPC", { Type: "TCP", IPAddress: "10.0.0.9", Port: 5432 }, { kind: "TCP", address: "10.0.0.9", port: 5432 }],
    ["a private one elsewhere", HTTP, { kind: "HTTP", address: "10.9.0.1", port: 80, path: "/" }],
    ["a public one", { Type: "HTTPS", IPAddress: "192.0.2.1", ResourcePath: "health" }, { kind: "HTTPS", port: 443, path: "/health" }],
    ["not one of another account's VPC", { Type: "HTTP", IPAddress: "10.1.0.9" }, FORBIDDEN],
    ["not this host", { Type: "HTTP", IPAddress: "10.0.0.1" }, FORBIDDEN],
    ["not loopback", { Type: "HTTP", IPAddress: "127.0.0.1" }, FORBIDDEN],
    ["not private ones of IPv6", { Type: "HTTP", IPAddress: "fd00::1" }, FORBIDDEN],
    ["public ones of IPv6", { Type: "HTTP", IPAddress: "2001:db8::1" }, { address: "2001:db8::1" }],
    ["a name of its zones", named("www.example.com"), { address: "10.0.0.9", port: 80, host: "www.example.com" }],
    ["under a port of its own", named("www.example.com", { Type: "HTTP", Port: 8080 }), { port: 8080, host: "www.example.com:8080" }],
    ["with the name in TLS", named("www.example.com", { Type: "HTTPS" }), { serverName: "www.example.com", host: "www.example.com" }],
    ["without it", named("www.example.com", { Type: "HTTPS", EnableSNI: false }), { host: "www.example.com" }],
    ["not loopback by a name", named("loop.example.com"), FORBIDDEN],
    ["no name of others' zones", named("www.example.com"), "could not be resolved here", "210987654321"],
    ["its load balancer by its name, where that listens", named("web-1.us-east-1.elb.localhost"), { address: "127.0.0.1", port: 9080 }],
    ["and by an alias of it", named("alias.example.com"), { address: "127.0.0.1", port: 9080, host: "alias.example.com" }],
    ["not at a port where it does not", named("alias.example.com", { Type: "HTTP", Port: 4566 }), "could not be resolved here"],
    ["nor another account's", named("web-1.us-east-1.elb.localhost"), "could not be resolved here", "210987654321"],
    ["not loopback, where an alias stands beside it", named("either.example.com"), FORBIDDEN],
    ["searching what it is told to", named("www.example.com", { Type: "HTTP_STR_MATCH", SearchString: "up" }), { search: "up" }],
  ])("%s", async (_, config, expected, account = ACCOUNT) => {
    const { state, clock, probes, start, status } = world(config, account);
    const aliasTarget = { HostedZoneId: "ZELB", DNSName: "web-1.us-east-1.elb.localhost.", EvaluateTargetHealth: true };
    state.commit(() => {
      const more = { callerReference: "a", privateZone: false, vpcs: [], authorizedVpcs: [], nameServers: [], tags: [], createdAt: 1 };
      state.table(hostedZones).insert({ id: "Z1", account: ACCOUNT, name: "example.com.", ...more });
      state.table(loadBalancers).insert(balancer);
      state.table(listeners).insert(listener);
      for (const one of [
        set("www.example.com.", { ttl: 60, values: ["10.0.0.9"] }),
        set("loop.example.com.", { ttl: 60, values: ["127.0.0.1"] }),
        set("alias.example.com.", { aliasTarget }),
        set("either.example.com.", { aliasTarget, failover: "PRIMARY", setIdentifier: "1" }),
        set("either.example.com.", { ttl: 60, values: ["127.0.0.1"], failover: "SECONDARY", setIdentifier: "2" }),
      ])
        state.table(recordSets).insert(one);
    });
    await using _loop = start();
    await clock.settled();
    const isText = typeof expected === "string";
    expect(probes).toMatchObject(isText ? [] : [expected]);
    expect(status()?.text).toContain(isText ? expected : OK.text);
  });
});
