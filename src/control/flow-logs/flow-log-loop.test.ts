import { gunzipSync } from "node:zlib";
import { expect, test, vi } from "vitest";
import type { CountedFlow, FlowInterval } from "../../domain/counted-flows.ts";
import { DEFAULT_FLOW_FORMAT } from "../../domain/flow-log-format.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { sqliteLogStore } from "../../drivers/sqlite/log-store.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import type { FlowCounts } from "../../ports/flow-counts.ts";
import type { LogBuckets } from "../../ports/log-buckets.ts";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { flowLogs, type FlowLogRecord } from "../../state/ec2-flow-logs.ts";
import { networkAcls } from "../../state/ec2-network-acls.ts";
import { roles } from "../../state/iam.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { flowLogging, INTERVAL_MS } from "./flow-log-loop.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const ROLE = "arn:aws:iam::123456789012:role/flow";
const TRUST = { Effect: "Allow", Principal: { Service: "vpc-flow-logs.amazonaws.com" }, Action: "sts:AssumeRole" };
const policy = (...Statement: readonly object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
const logsMay = (...actions: readonly string[]): string =>
  policy({ Effect: "Allow", Action: actions.map((one) => `logs:${one}`), Resource: "*" });
const ALL = logsMay("CreateLogGroup", "CreateLogStream", "PutLogEvents");

/** Tells what it is given at the next turn, and who waits that it was dealt with. */
function fakeCounts() {
  let dealt: () => void = () => undefined;
  let looked: () => void = () => undefined;
  const fake = {
    watched: [] as (readonly string[])[],
    flows: [] as CountedFlow[],
    full: new Set<string>(),
    again: undefined as FlowInterval | undefined,
    forgotten: () => new Promise<void>((resolve) => (dealt = resolve)),
    changed: () => new Promise<void>((resolve) => (looked = resolve)),
  };
  const counts: FlowCounts = {
    watch(addresses) {
      fake.watched.push([...addresses.keys()].toSorted());
      looked();
      return Promise.resolve();
    },
    turn: (now) => Promise.resolve([fake.again ?? { startedAt: now - INTERVAL_MS, endedAt: now, flows: fake.flows, full: fake.full }]),
    forget() {
      dealt();
      return Promise.resolve();
    },
  };
  return { fake, counts };
}

function world({ trusts = true, may = ALL, counted = true } = {}) {
  const clock = new ManualClock();
  const state = new JournaledState(memoryJournal());
  const network = defaultNetwork(state, ids, scope, clock.now());
  const subnet = network.subnets[0]!;
  const logs = sqliteLogStore(":memory:");
  const { fake, counts } = fakeCounts();
  const objects = new Map<string, string>();
  const logBuckets: LogBuckets = {
    write(bucket, key, bytes) {
      objects.set(`${bucket}/${key}`, gunzipSync(bytes).toString());
      return Promise.resolve();
    },
  };
  const logger = { info: () => undefined, warn: () => undefined, error: (text: string) => expect.unreachable(text) };
  const letTrust = (isTrusting: boolean): void =>
    void state.commit(() =>
      state.table(roles).put({
        ...{ id: "AROAFLOW", arn: ROLE, name: "flow", path: "/", account: scope.account, maxSessionDuration: 3600, createdAt: 1 },
        assumeRolePolicy: policy(isTrusting ? TRUST : { ...TRUST, Principal: { Service: "ecs.amazonaws.com" } }),
        ...{ inlinePolicies: { p: may }, attachedPolicies: [], tags: [] },
      }),
    );
  letTrust(trusts);
  const putInterface = (id: string, privateIpv4Address: string): void =>
    void state.commit(() =>
      state.table(networkInterfaces).put({
        ...{ ...scope, id, vpcId: subnet.vpcId, subnetId: subnet.id, availabilityZone: subnet.availabilityZone, privateIpv4Address },
        ...{ chosen: false, groupIds: [], createdAt: 1 },
      }),
    );
  const putLog = (more: Partial<FlowLogRecord> = {}): void =>
    void state.commit(() =>
      state.table(flowLogs).put({
        ...{ ...scope, id: "fl-1", resourceType: "VPC", resourceId: subnet.vpcId, trafficType: "ALL", format: DEFAULT_FLOW_FORMAT },
        ...{ maxAggregationSeconds: 600, tags: [], createdAt: 1 },
        destination: { kind: "cloud-watch-logs", group: "flows", roleArn: ROLE },
        ...more,
      }),
    );
  putInterface("eni-1", "172.31.0.5");
  const seconds = () => Math.floor(clock.now() / 1000);
  return {
    ...{ clock, state, subnet, fake, objects, putInterface, putLog, letTrust, seconds },
    start: () => flowLogging({ state, clock, logger, ids, logs, logBuckets, flowCounts: counted ? counts : undefined }),
    lines: (stream?: string) =>
      logs
        .query({ ...scope, group: "flows", limit: 100, ...(stream !== undefined && { streams: [stream] }) })
        .map(({ message }) => message),
    log: () => state.table(flowLogs).get("fl-1"),
    async minute() {
      const dealt = fake.forgotten();
      await clock.pass(INTERVAL_MS);
      await dealt;
      await clock.settled();
    },
  };
}

const count = { packets: 3, bytes: 180 };
const none = { packets: 0, bytes: 0 };
const flow = (now: number, more: Partial<CountedFlow> = {}): CountedFlow => ({
  ...{ source: "192.0.2.7", destination: "172.31.0.5", protocol: 6, sourcePort: 40000, destinationPort: 80, firstAt: now, tcpFlags: 2 },
  ...{ sent: count, passedSender: count, passedReceiver: count },
  ...more,
});

test("nobody is watched without flow logs; with one, what it is about is, and what comes there later", async () => {
  const at = world();
  const first = at.fake.changed();
  await using _loop = at.start();
  await first;
  expect(at.fake.watched).toEqual([[]]);
  const next = at.fake.changed();
  at.putLog();
  await at.clock.pass(1000);
  await next;
  const watched = at.fake.watched.at(-1) ?? [];
  expect(watched).toContain("172.31.0.5");
  const later = at.fake.changed();
  at.putInterface("eni-2", "172.31.0.6");
  await at.clock.pass(1000);
  await later;
  expect(at.fake.watched.at(-1)).toEqual([...watched, "172.31.0.6"].toSorted());
  const last = at.fake.changed();
  at.state.commit(() => at.state.table(flowLogs).delete("fl-1"));
  await at.clock.pass(1000);
  await last;
  expect(at.fake.watched.at(-1)).toEqual([]);
});

test("an interface that comes is looked at by itself; one that goes is not counted any more, and has what was", async () => {
  const at = world();
  for (let one = 0; one < 50; one += 1) at.putInterface(`eni-other-${one}`, `172.31.1.${one}`);
  at.putLog();
  const first = at.fake.changed();
  await using _loop = at.start();
  await first;
  await at.clock.settled();
  const reads = vi.spyOn(at.state.table(networkInterfaces), "get");
  const later = at.fake.changed();
  at.putInterface("eni-2", "172.31.0.6");
  await at.clock.pass(1000);
  await later;
  expect(reads.mock.calls).toEqual([["eni-2"]]);
  reads.mockRestore();
  const last = at.fake.changed();
  at.state.commit(() => at.state.table(networkInterfaces).delete("eni-1"));
  await at.clock.pass(1000);
  await last;
  expect(at.fake.watched.at(-1)).not.toContain("172.31.0.5");
  expect(at.fake.watched.at(-1)).toContain("172.31.0.6");
  at.fake.flows = [flow(at.clock.now())];
  await at.minute();
  expect(at.lines("eni-1-all")).toEqual([expect.stringMatching(/ ACCEPT OK$/)]);
  await at.minute();
  expect(at.lines("eni-1-all")).toHaveLength(1);
});

test("each minute an interface has its records, once, or one that there were none", async () => {
  const at = world();
  at.putLog();
  const first = at.fake.changed();
  await using _loop = at.start();
  await first;
  const [start, end] = [at.seconds(), at.seconds() + 60];
  at.fake.flows = [flow(at.clock.now()), flow(at.clock.now(), { sourcePort: 40001, passedReceiver: none })];
  await at.minute();
  const expected = [
    `2 123456789012 eni-1 192.0.2.7 172.31.0.5 40000 80 6 3 180 ${start} ${end} ACCEPT OK`,
    `2 123456789012 eni-1 192.0.2.7 172.31.0.5 40001 80 6 3 180 ${start} ${end} REJECT OK`,
  ];
  expect(at.lines("eni-1-all")).toEqual(expected);
  expect(at.log()?.failure).toBeUndefined();
  // An earlier life that was killed before it forgot the interval tells it again.
  at.fake.again = { startedAt: start * 1000, endedAt: end * 1000, flows: at.fake.flows, full: new Set() };
  await at.minute();
  expect(at.lines("eni-1-all")).toEqual(expected);
  at.fake.again = undefined;
  at.fake.flows = [];
  // Another account's bounds are its own.
  at.fake.full.add("999999999999");
  await at.minute();
  expect(at.lines("eni-1-all").at(-1)).toMatch(/^2 123456789012 eni-1( -){7} \d+ \d+ - NODATA$/);
  at.fake.full.add(scope.account);
  await at.minute();
  expect(at.lines("eni-1-all").at(-1)).toMatch(/ - SKIPDATA$/);
});

test("a flow log of one interface, of rejected traffic, has that alone", async () => {
  const at = world();
  at.putInterface("eni-2", "172.31.0.6");
  at.putLog({ resourceType: "NetworkInterface", resourceId: "eni-2", trafficType: "REJECT", format: "${dstaddr} ${action}" });
  const first = at.fake.changed();
  await using _loop = at.start();
  await first;
  expect(at.fake.watched.at(-1)).toEqual(["172.31.0.6"]);
  at.fake.flows = [flow(0), flow(0, { destination: "172.31.0.6" }), flow(0, { destination: "172.31.0.6", passedReceiver: none })];
  await at.minute();
  expect(at.lines()).toEqual(["172.31.0.6 REJECT"]);
  expect(at.lines("eni-2-reject")).toHaveLength(1);
});

test("what the network ACL of its subnet stops on the way in is the receiver's", async () => {
  const at = world();
  at.putLog({ resourceType: "NetworkInterface", resourceId: "eni-1" });
  const acls = at.state.table(networkAcls);
  at.state.commit(() => {
    for (const { id } of [...acls.values()]) acls.update(id, (acl) => ({ ...acl, entries: [] }));
  });
  const first = at.fake.changed();
  await using _loop = at.start();
  await first;
  at.fake.flows = [flow(0, { passedSender: none, passedReceiver: none })];
  await at.minute();
  expect(at.lines("eni-1-all")).toEqual([expect.stringMatching(/ 80 6 3 180 \d+ \d+ REJECT OK$/)]);
});

test.each([
  ["does not trust flow logs", { trusts: false }],
  ["may not put events", { may: logsMay("CreateLogGroup", "CreateLogStream") }],
  ["may not make streams", { may: logsMay("CreateLogGroup", "PutLogEvents") }],
  ["may not make the group", { may: logsMay("CreateLogStream", "PutLogEvents") }],
])("where the role %s, nothing is delivered, and the flow log says so", async (_why, settings) => {
  const at = world(settings);
  at.putLog();
  const first = at.fake.changed();
  await using _loop = at.start();
  await first;
  await at.minute();
  expect(at.lines()).toEqual([]);
  expect(at.log()?.failure).toBe("Access error");
});

test("a role that comes to trust flow logs mends the delivery", async () => {
  const at = world({ trusts: false });
  at.putLog();
  const first = at.fake.changed();
  await using _loop = at.start();
  await first;
  await at.clock.settled();
  expect(at.log()?.failure).toBe("Access error");
  at.letTrust(true);
  await at.minute();
  expect(at.log()?.failure).toBeUndefined();
  expect(at.lines("eni-1-all")).toHaveLength(1);
});

test("a bucket gets one object an interval, with a first line that names the fields", async () => {
  const at = world();
  at.putLog({
    format: "${srcaddr} ${action}",
    destination: { kind: "s3", arn: "arn:aws:s3:::logs/flows", hiveCompatible: false, perHour: false },
    resourceType: "NetworkInterface",
    resourceId: "eni-1",
  });
  const first = at.fake.changed();
  await using _loop = at.start();
  await first;
  at.fake.flows = [flow(0)];
  await at.minute();
  const [object] = at.objects;
  expect(object?.[0]).toMatch(/^logs\/flows\/AWSLogs\/123456789012\/vpcflowlogs\/us-east-1\/.*_vpcflowlogs_us-east-1_fl-1_.*\.log\.gz$/);
  expect(object?.[1]).toBe("srcaddr action\n192.0.2.7 ACCEPT\n");
});

test("where nothing knows what is let through, a flow log says that it has nothing", async () => {
  const at = world({ counted: false });
  at.putLog();
  await using _loop = at.start();
  await at.clock.settled();
  expect(at.log()?.failure).toBe("Unknown error");
});
