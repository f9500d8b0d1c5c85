import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesystemAuditLog } from "../drivers/filesystem/audit-log.ts";
import { memoryAuditLog } from "../drivers/memory/audit-log.ts";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds } from "../drivers/system/ids.ts";
import type { Principal } from "../domain/principal.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { auditor, type AuditedCall } from "./auditor.ts";
import { mergedLog } from "./merged-log.ts";
import { strangers } from "./strangers.ts";

const OWNER = "123456789012";
const OTHER = "210987654321";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TOTAL = 1024 * 1024;
const ALL = { holding: [], wanted: () => true, limit: 1000 } as const;

const root: Principal = { kind: "root", account: OWNER, arn: `arn:aws:iam::${OWNER}:root`, userId: OWNER, accessKeyId: "AKIAROOT" };

function call(changes: Partial<AuditedCall> = {}): AuditedCall {
  return {
    requestId: "r",
    at: 0,
    eventSource: "ecs.amazonaws.com",
    eventName: "CreateCluster",
    region: "us-east-1",
    proved: false,
    sourceIp: "::ffff:127.0.0.1",
    userAgent: "curl/8",
    parameters: null,
    response: null,
    resources: [],
    error: { code: "MissingAuthenticationTokenException", message: "Missing Authentication Token" },
    ...changes,
  };
}

/** A wrong secret for a key that an account has. */
const wrongSecret = (account: string): AuditedCall =>
  call({ claimedKey: `AKIA${account}ABCD`, account, error: { code: "InvalidSignatureException", message: "…" } });

function world() {
  const clock = new ManualClock();
  const log = memoryAuditLog();
  const filter = strangers({ log, clock, ids: systemIds });
  return { clock, log, filter, of: (account: string) => log.records.filter(({ recipientAccountId }) => recipientAccountId === account) };
}

test("100,000 strangers cost a small log no record of somebody known, and take little room themselves", async () => {
  const home = await mkdtemp(join(tmpdir(), "airfield-strangers-"));
  const clock = new ManualClock();
  const failed = (cause: unknown): never => {
    throw cause;
  };
  const files = { clock, days: 90, failed };
  const known = filesystemAuditLog({ ...files, directory: join(home, "audit"), largestTotal: TOTAL });
  const others = filesystemAuditLog({ ...files, directory: join(home, "audit", "strangers"), largestTotal: TOTAL });
  const log = mergedLog(known, others);
  try {
    using filter = strangers({ log: others, clock, ids: systemIds });
    const audit = auditor({ log: known, strangers: filter.record, state: new JournaledState(memoryJournal()), ids: systemIds });
    const { error: _, ...granted } = call();
    audit({ ...granted, proved: true, principal: root, eventName: "CreateUser" });
    const long = "x".repeat(50_000);
    for (let sent = 0; sent < 100_000; sent += 1) {
      audit(call({ userAgent: long, error: { code: "UnknownService", message: long } }));
      // Written as they come, over fifty days.
      if (sent % 1000 === 0) {
        await log.flush();
        clock.advance(12 * HOUR);
      }
    }
    filter[Symbol.dispose]();
    await log.flush();
    const { records } = await known.find(ALL);
    expect(records).toMatchObject([{ eventName: "CreateUser", userIdentity: { type: "Root" } }]);
    const folder = join(home, "audit", "strangers");
    const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1.25 * TOTAL);
  } finally {
    await log.close();
    await rm(home, { recursive: true, force: true });
  }
});

describe("of many strangers", () => {
  test("some are recorded, the others are counted, and each is one or the other", () => {
    const { clock, log, filter } = world();
    const began = clock.now();
    for (let sent = 0; sent < 1000; sent += 1) filter.record(call());
    expect(log.records).toHaveLength(200);
    clock.advance(10 * MINUTE);
    expect(log.records).toHaveLength(201);
    expect(log.records.at(-1)).toMatchObject({
      eventName: "UnrecordedRequests",
      eventType: "AwsServiceEvent",
      recipientAccountId: OWNER,
      serviceEventDetails: {
        requests: 800,
        since: new Date(began).toISOString().replace(".000", ""),
        reason: expect.any(String) as string,
      },
    });
    clock.advance(HOUR);
    expect(log.records).toHaveLength(201);
  });

  test("six more are recorded a minute, for as long as it goes on", () => {
    const { clock, log, filter } = world();
    for (let minute = 0; minute < 60; minute += 1) {
      for (let sent = 0; sent < 1000; sent += 1) filter.record(call());
      clock.advance(MINUTE);
    }
    const single = log.records.filter(({ eventName }) => eventName === "CreateCluster");
    expect(single).toHaveLength(200 + 59 * 6);
    filter[Symbol.dispose]();
    const counted = log.records.flatMap(({ serviceEventDetails }) => (serviceEventDetails as { requests: number } | undefined) ?? []);
    expect(counted.reduce((sum, { requests }) => sum + requests, single.length)).toBe(60_000);
  });

  test("the count is not forgotten at the end", () => {
    const { clock, log, filter } = world();
    for (let sent = 0; sent < 201; sent += 1) filter.record(call());
    filter[Symbol.dispose]();
    expect(log.records.at(-1)).toMatchObject({ serviceEventDetails: { requests: 1 } });
    expect(clock.waiting).toBe(0);
  });

  test("a flood hides no wrong secret for an account's key, nor one account's another's", () => {
    const { filter, of } = world();
    for (let sent = 0; sent < 1000; sent += 1) {
      filter.record(call());
      filter.record(wrongSecret(OWNER));
    }
    filter.record(wrongSecret(OTHER));
    expect(of(OTHER)).toMatchObject([{ errorCode: "InvalidSignatureException", userIdentity: { accessKeyId: `AKIA${OTHER}ABCD` } }]);
    expect(of(OWNER).filter(({ errorCode }) => errorCode === "InvalidSignatureException")).toHaveLength(200);
    filter[Symbol.dispose]();
    expect(of(OTHER)).toHaveLength(1);
  });

  test("accounts that are only claimed are not told apart: there are too many of them", () => {
    const { log, filter } = world();
    for (let sent = 0; sent < 1000; sent += 1) filter.record(call({ account: String(100_000_000_000 + sent) }));
    expect(log.records).toHaveLength(200);
  });
});

describe("a stranger's record", () => {
  test("says who asked for what, from where, and why it was refused", () => {
    const { log, filter } = world();
    filter.record(wrongSecret(OTHER));
    expect(log.records).toMatchObject([
      {
        userIdentity: { type: "Unknown", accessKeyId: `AKIA${OTHER}ABCD` },
        eventName: "CreateCluster",
        eventSource: "ecs.amazonaws.com",
        sourceIPAddress: "127.0.0.1",
        errorCode: "InvalidSignatureException",
        recipientAccountId: OTHER,
        requestParameters: null,
      },
    ]);
  });

  test("is short, whatever was sent", () => {
    const { log, filter } = world();
    const long = "x".repeat(60_000);
    const error = { code: "UnknownService", message: long };
    filter.record(call({ userAgent: long, claimedKey: `AKIA${long}`, region: `us-${"a".repeat(60_000)}-1`, parameters: { long }, error }));
    filter.record(call({ resources: [long], response: long, tls: { tlsVersion: "", cipherSuite: "", clientProvidedHostHeader: long } }));
    for (const record of log.records) expect(JSON.stringify(record).length).toBeLessThan(1000);
  });
});
