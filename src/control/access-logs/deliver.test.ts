import { gunzipSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import type { LoggedEntry, LoggedRequest, RequestLogPart } from "../../ports/request-log.ts";
import { loadBalancers, targetGroups, type LoadBalancerRecord, type TargetGroupRecord } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { logDelivery } from "./deliver.ts";
import { accessLogEntry } from "./access-log-entry.ts";

const PREFIX = "arn:aws:elasticloadbalancing:us-east-2:123456789012:";
const BALANCER = `${PREFIX}loadbalancer/app/my-loadbalancer/50dc6c495c0c9188`;
const GROUP = `${PREFIX}targetgroup/my-targets/73e2d6bc24d8a067`;
const AT = Date.parse("2018-07-02T22:23:00.186Z");

const REQUEST: LoggedRequest = {
  kind: "request",
  loadBalancer: BALANCER,
  priority: 0,
  action: "forward",
  answeredAt: AT * 1000 + 641,
  client: "192.168.131.39:2817",
  backend: "my-targets-73e2d6bc24d8a067",
  server: "10.0.0.1:80",
  took: 86,
  before: 0,
  waited: 1,
  after: 2,
  status: 200,
  isAborted: false,
  received: 34,
  sent: 366,
  method: "GET",
  target: "/a?b=c",
  version: "HTTP/1.1",
  host: "www.example.com",
  userAgent: "curl/7.46.0",
  trace: "Root=1-58337262-36d228ad5d99923122bbe354",
  location: "",
};

describe("an entry", () => {
  const written = (changes: Partial<LoggedRequest>): string =>
    accessLogEntry({ ...REQUEST, ...changes }, (backend) => (backend === REQUEST.backend ? GROUP : undefined));
  const { server: _server, backend: _backend, ...unsent } = REQUEST;

  test("reads as AWS's", () => {
    expect(written({})).toBe(
      `http 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.000 0.001 0.002 200 200 34 366 ` +
        `"GET http://www.example.com:80/a?b=c HTTP/1.1" "curl/7.46.0" - - ${GROUP} "Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 ` +
        `2018-07-02T22:23:00.100641Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" - "-" "-" "-"`,
    );
  });

  test("of a redirect over TLS tells where to, and how it was encrypted", () => {
    const tls = { cipher: "ECDHE-RSA-AES128-GCM-SHA256", version: "TLSv1.2", serverName: "a.test" };
    const changes = {
      action: "redirect",
      location: "https://b.test:443/",
      status: 301,
      before: -1,
      waited: -1,
      after: -1,
      tls,
      priority: 5,
    } as const;
    const text = accessLogEntry({ ...unsent, ...changes }, () => undefined);
    expect(text).toMatch(/^https .* - -1 -1 -1 301 - 34 366 "GET https:\/\/www\.example\.com:443\/a\?b=c HTTP\/1\.1"/);
    expect(text).toContain('"curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 - "Root');
    expect(text).toContain('"a.test" "-" 5 ');
    expect(text).toContain('"redirect" "https://b.test:443/" "-" "-" "-"');
  });

  test("of a request that was refused before a rule was asked names none, nor what could not be read", () => {
    const { priority: _priority, action: _action, ...refused } = { ...unsent, before: -1, waited: -1, after: -1, trace: "" };
    expect(accessLogEntry({ ...refused, status: 405 }, () => undefined)).toMatch(
      /"GET http:\S+ HTTP\/1\.1" "curl\/7\.46\.0" - - - "-" "-" "-" - \S+ "-" "-" "-" "-" "-" /,
    );
    const unread = { method: "", target: "", version: "", host: "", userAgent: "", status: 400 };
    expect(accessLogEntry({ ...refused, ...unread }, () => undefined)).toMatch(/ - -1 -1 -1 400 - 34 366 "- - -" "-" - - - /);
  });

  test.each<[string, Partial<LoggedRequest>, RegExp]>([
    ["whose client went away", { isAborted: true, waited: -1, status: 400 }, / 460 - 34 366 /],
    ["that no server answered", { waited: -1, status: 504 }, / 0\.000 -1 0\.002 504 - 34 366 /],
    ["of a web socket", { status: 101 }, /^ws /],
    ["by HTTP/2", { version: "HTTP/2.0" }, /^h2 /],
    ["with signs of its own", { userAgent: 'a"b\\c\nd' }, / "a\\x22b\\x5cc\\x0ad" /],
    ["over a connection that is logged", { connection: "0a-1b" }, / "-" "-" TID_0a1b "-" "-" "-"$/],
    ["of a group that is gone", { backend: "gone" }, / - - - "Root/],
  ])("%s", (_, changes, pattern) => expect(written(changes)).toMatch(pattern));
});

describe("delivery", () => {
  let state: JournaledState;
  beforeEach(() => {
    state = new JournaledState(memoryJournal());
    state.commit(() => state.table(targetGroups).put({ arn: GROUP, account: "123456789012", region: "us-east-2" } as TargetGroupRecord));
  });
  const enable = (attributes: Readonly<Record<string, string>>): void =>
    state.commit(
      () =>
        void state.table(loadBalancers).put({
          arn: BALANCER,
          account: "123456789012",
          region: "us-east-2",
          dnsName: "web-1",
          attributes,
        } as unknown as LoadBalancerRecord),
    );
  const ON = { "access_logs.s3.enabled": "true", "access_logs.s3.bucket": "logs", "access_logs.s3.prefix": "a/b" };

  function world(requests: readonly LoggedEntry[]) {
    const clock = new ManualClock(AT);
    const objects = new Map<string, string>();
    const at = { fails: false, removed: 0, complaints: 0 };
    let waiting: RequestLogPart[] = [
      {
        name: "1",
        closedAt: AT,
        async *read() {
          yield requests;
        },
        async remove() {
          at.removed += 1;
          waiting = [];
        },
      },
    ];
    const delivery = logDelivery({
      state,
      clock,
      logger: { info: () => undefined, warn: () => undefined, error: () => void (at.complaints += 1) },
      log: { parts: async () => waiting, [Symbol.asyncDispose]: async () => undefined },
      buckets: {
        write: async (bucket, key, bytes) => {
          if (at.fails) throw new Error("the bucket is gone");
          objects.set(`${bucket}: ${key}`, gunzipSync(bytes).toString());
        },
      },
    });
    return { clock, objects, at, delivery };
  }

  test("puts a part's requests into one object, under AWS's name, every five minutes", async () => {
    enable(ON);
    const { clock, objects, at, delivery } = world([REQUEST, { ...REQUEST, status: 201 }]);
    expect(objects.size).toBe(0);
    clock.advance(2 * 60_000);
    await delivery.deliverNow();
    const [[name, text] = ["", ""]] = objects;
    expect(name).toMatch(
      /^logs: a\/b\/AWSLogs\/123456789012\/elasticloadbalancing\/us-east-2\/2018\/07\/02\/123456789012_elasticloadbalancing_us-east-2_app\.my-loadbalancer\.50dc6c495c0c9188_20180702T2223Z_127\.0\.0\.1_[0-9a-f]{8}\.log\.gz$/,
    );
    expect(text.split("\n").map((line) => line.split(" ")[8])).toEqual(["200", "201", undefined]);
    expect(at.removed).toBe(1);
  });

  test("tries what could not be delivered again, under the same name, for an hour", async () => {
    enable(ON);
    const { clock, objects, at, delivery } = world([REQUEST]);
    at.fails = true;
    await delivery.deliverNow();
    expect([objects.size, at.removed, at.complaints]).toEqual([0, 0, 1]);
    at.fails = false;
    await delivery.deliverNow();
    expect([objects.size, at.removed]).toEqual([1, 1]);
    const late = world([REQUEST]);
    late.at.fails = true;
    late.clock.advance(61 * 60_000);
    await late.delivery.deliverNow();
    expect(late.at.removed).toBe(1);
    expect(clock.now()).toBe(AT);
  });

  test("puts connections into a log of their own, where that is switched on", async () => {
    const CONNECTIONS = { "connection_logs.s3.enabled": "true", "connection_logs.s3.bucket": "others", "connection_logs.s3.prefix": "" };
    enable({ ...ON, ...CONNECTIONS });
    const connection = {
      kind: "connection",
      loadBalancer: BALANCER,
      at: AT * 1000,
      client: "192.0.2.1",
      clientPort: "1",
      port: 80,
      id: "0a",
    } as const;
    const { objects, delivery } = world([connection, REQUEST]);
    await delivery.deliverNow();
    const names = [...objects.keys()].toSorted();
    expect(names[0]).toMatch(/^logs: a\/b\/AWSLogs/);
    expect(names[1]).toMatch(
      /^others: AWSLogs\/123456789012\/.*\/conn_log\.123456789012_elasticloadbalancing_us-east-2_app\.my-loadbalancer/,
    );
    expect(objects.get(names[1] ?? "")).toBe('2018-07-02T22:23:00.186000Z 192.0.2.1 1 80 - - - "-" - - - TID_0a\n');
    enable(ON);
    const off = world([connection]);
    await off.delivery.deliverNow();
    expect(off.objects.size).toBe(0);
  });

  test("leaves out load balancers that log no more, or are gone", async () => {
    enable({ ...ON, "access_logs.s3.enabled": "false" });
    const { objects, at, delivery } = world([REQUEST, { ...REQUEST, loadBalancer: `${BALANCER}0` }]);
    await delivery.deliverNow();
    expect([objects.size, at.removed]).toEqual([0, 1]);
  });
});
