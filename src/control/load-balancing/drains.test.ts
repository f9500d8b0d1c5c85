import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import type { TrafficProxy } from "../../ports/traffic-proxy.ts";
import { listeners, targetKey, targets, type TargetRecord } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { finishDrains } from "./drains.ts";
import type { HealthReports } from "./target-health.ts";

const GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef";
const BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/0123456789abcdef";

let state: JournaledState;
let clock: ManualClock;
/** Requests under way, by server; an error where the proxy cannot say. */
let sessions: Map<string, number | Error>;
/** Servers to which the proxy still sends new requests. */
let open: Set<string>;
/** What happens while the proxy is asked. */
let meanwhile: () => void;
beforeEach(() => {
  state = new JournaledState(memoryJournal());
  clock = new ManualClock();
  [sessions, open, meanwhile] = [new Map(), new Set(), () => undefined];
  state.commit(() =>
    state.table(listeners).put({
      ...{
        account: "123456789012",
        region: "us-east-1",
        arn: `${BALANCER}/listener`,
        loadBalancerArn: BALANCER,
        protocol: "HTTP",
        port: 80,
      },
      ...{ defaultActions: [{ Type: "forward", TargetGroupArn: GROUP }], certificates: [], attributes: {}, tags: [], createdAt: 1 },
    }),
  );
});

function put(id: string, drainingUntil?: number, targetGroupArn = GROUP): void {
  const record: TargetRecord = {
    ...{ targetGroupArn, id, port: 80, address: id, addressPort: 80, registeredAt: clock.now() },
    health: { state: drainingUntil === undefined ? "initial" : "draining" },
    ...(drainingUntil === undefined ? {} : { drainingUntil }),
  };
  state.commit(() => state.table(targets).put(record));
}

const left = (): readonly string[] => [...state.table(targets).values()].map(({ id }) => id);

function finish(): Promise<number | undefined> {
  const proxy = {
    activeSessions(backend: string, server: string) {
      meanwhile();
      const found = sessions.get(backend === "whole" ? server : `${backend}/${server}`) ?? 0;
      return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
    },
  } as TrafficProxy;
  const reports = {
    serverOf: ({ id }: TargetRecord) => ({ draining: !open.has(id) }),
    backendsOf: () => ["whole", "part"],
  } as unknown as HealthReports;
  return finishDrains(state, proxy, reports, clock);
}

test("one without requests goes; one with requests, and one that does not drain, stay", async () => {
  for (const id of ["10.0.0.1", "10.0.0.2"]) put(id, clock.now() + 60_000);
  put("10.0.0.3");
  sessions.set("10.0.0.2-80", 1);
  expect(await finish()).toBe(clock.now() + 500);
  expect(left()).toEqual(["10.0.0.2", "10.0.0.3"]);
});

test("one with requests by a zone's address stays, too", async () => {
  put("10.0.0.1", clock.now() + 60_000);
  sessions.set("part/10.0.0.1-80", 1);
  await finish();
  expect(left()).toEqual(["10.0.0.1"]);
  sessions.clear();
  await finish();
  expect(left()).toEqual([]);
});

test("one to which the proxy still sends requests stays, also where it has none just now", async () => {
  put("10.0.0.1", clock.now() + 60_000);
  open.add("10.0.0.1");
  await finish();
  expect(left()).toEqual(["10.0.0.1"]);
});

test("one whose time is over goes with the requests that it has, and is looked at exactly then", async () => {
  put("10.0.0.1", clock.now() + 100);
  sessions.set("10.0.0.1-80", 3);
  expect(await finish()).toBe(clock.now() + 100);
  clock.advance(100);
  expect(await finish()).toBeUndefined();
  expect(left()).toEqual([]);
});

test("one whose group no load balancer uses goes at once", async () => {
  put("10.0.0.1", clock.now() + 60_000, `${GROUP}0`);
  sessions.set("10.0.0.1-80", 3);
  expect(await finish()).toBeUndefined();
  expect(left()).toEqual([]);
});

describe("while the proxy is asked,", () => {
  test("one that is registered again stays", async () => {
    put("10.0.0.1", clock.now() + 60_000);
    meanwhile = () => put("10.0.0.1");
    expect(await finish()).toBeUndefined();
    expect(left()).toEqual(["10.0.0.1"]);
  });

  test("one that is registered and drains again begins anew", async () => {
    put("10.0.0.1", clock.now() + 60_000);
    meanwhile = () => put("10.0.0.1", clock.now() + 90_000);
    await finish();
    expect(state.table(targets).get(targetKey(GROUP, "10.0.0.1", 80))?.drainingUntil).toBe(clock.now() + 90_000);
  });
});

test("one of which the proxy cannot say keeps no other, and is told", async () => {
  for (const id of ["10.0.0.1", "10.0.0.2"]) put(id, clock.now() + 60_000);
  sessions.set("10.0.0.1-80", new Error("no socket"));
  await expect(finish()).rejects.toThrow("no socket");
  expect(left()).toEqual(["10.0.0.1"]);
});
