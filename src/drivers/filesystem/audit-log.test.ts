import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AuditLog } from "../../ports/audit-log.ts";
import { allPages, auditLogContract, auditRecordAt, T0 } from "../../testing/audit-log-contract.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { findInFiles } from "./audit-files.ts";
import { filesystemAuditLog, type AuditLogOptions } from "./audit-log.ts";

const DAY_MS = 86_400_000;

interface World extends AsyncDisposable {
  readonly log: AuditLog;
  readonly directory: string;
  readonly clock: ManualClock;
  readonly failures: readonly { readonly cause: unknown; readonly lost: number }[];
  /** Opens another log on the same folder. */
  reopen(options?: Partial<AuditLogOptions>): AuditLog;
}

async function world(options: Partial<AuditLogOptions> = {}): Promise<World> {
  const home = await mkdtemp(join(tmpdir(), "airfield-audit-"));
  const directory = join(home, "audit");
  const clock = new ManualClock(T0);
  const failures: { readonly cause: unknown; readonly lost: number }[] = [];
  const failed = (cause: unknown, lost: number): void => void failures.push({ cause, lost });
  const opened: AuditLog[] = [];
  const reopen = (more: Partial<AuditLogOptions> = {}): AuditLog => {
    const log = filesystemAuditLog({ directory, clock, days: 90, largestTotal: 1 << 30, failed, ...options, ...more });
    opened.push(log);
    return log;
  };
  return {
    log: reopen(),
    directory,
    clock,
    failures,
    reopen,
    async [Symbol.asyncDispose]() {
      for (const log of opened) await log.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

auditLogContract(() => world());

const ALL = { holding: [], wanted: () => true, limit: 1000 } as const;

describe("files", () => {
  test("are lines of JSON that only their owner may read, in a folder that only the owner may enter", async () => {
    await using opened = await world();
    opened.log.append(auditRecordAt(0));
    opened.log.append(auditRecordAt(1));
    await opened.log.flush();
    expect(await readdir(opened.directory)).toEqual(["2026-01-15.00001.jsonl"]);
    const file = join(opened.directory, "2026-01-15.00001.jsonl");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(opened.directory)).mode & 0o777).toBe(0o700);
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([auditRecordAt(0), auditRecordAt(1)]);
  });

  test("one that others may read is closed to them before more is written", async () => {
    await using opened = await world();
    await mkdir(opened.directory);
    const file = join(opened.directory, "2026-01-15.00001.jsonl");
    await writeFile(file, "");
    await chmod(file, 0o644);
    opened.log.append(auditRecordAt(0));
    await opened.log.flush();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test("are written by themselves after a moment", async () => {
    await using opened = await world();
    opened.log.append(auditRecordAt(0));
    expect(opened.clock.waiting).toBe(1);
    opened.clock.advance(1000);
    expect(opened.clock.waiting).toBe(0);
    await opened.log.flush();
    expect(await readdir(opened.directory)).toHaveLength(1);
  });

  test("begin anew with the day, and when one is large enough; a search goes through all of them", async () => {
    const size = JSON.stringify(auditRecordAt(0)).length + 1;
    await using opened = await world({ largestFile: 2 * size + 10 });
    for (let second = 0; second < 5; second += 1) {
      opened.log.append(auditRecordAt(second));
      await opened.log.flush();
    }
    opened.clock.advance(DAY_MS);
    opened.log.append(auditRecordAt(86_400));
    await opened.log.flush();
    expect((await readdir(opened.directory)).sort()).toEqual([
      "2026-01-15.00001.jsonl",
      "2026-01-15.00002.jsonl",
      "2026-01-15.00003.jsonl",
      "2026-01-16.00001.jsonl",
    ]);
    const pages = await allPages(opened.log, { ...ALL, limit: 4 });
    expect(pages.flat().map(({ eventID }) => eventID)).toEqual(["event-86400", "event-4", "event-3", "event-2", "event-1", "event-0"]);
  });

  test("go on where an earlier life ended, also where a crash has cut the last line", async () => {
    await using opened = await world();
    opened.log.append(auditRecordAt(0));
    await opened.log.close();
    const file = join(opened.directory, "2026-01-15.00001.jsonl");
    await writeFile(file, `${await readFile(file, "utf8")}{"eventID":"cut`);
    const next = opened.reopen();
    next.append(auditRecordAt(1));
    const { records } = await next.find(ALL);
    expect(records.map(({ eventID }) => eventID)).toEqual(["event-1", "event-0"]);
    expect(await readdir(opened.directory)).toHaveLength(1);
  });

  test("of days long ago are removed, those within are kept, and so is what is no file of records", async () => {
    await using opened = await world({ days: 2 });
    await mkdir(opened.directory);
    for (const name of ["2026-01-12.00001.jsonl", "2026-01-13.00001.jsonl", "2026-01-14.00001.jsonl", "notes.txt"])
      await writeFile(join(opened.directory, name), `${JSON.stringify(auditRecordAt(0))}\n`);
    opened.log.append(auditRecordAt(0));
    await opened.log.flush();
    expect((await readdir(opened.directory)).sort()).toEqual([
      "2026-01-13.00001.jsonl",
      "2026-01-14.00001.jsonl",
      "2026-01-15.00001.jsonl",
      "notes.txt",
    ]);
  });

  test("are removed, the oldest first, while all together are too large", async () => {
    await using opened = await world({ largestTotal: 250 });
    await mkdir(opened.directory);
    for (const name of ["2026-01-12.00001.jsonl", "2026-01-13.00001.jsonl", "2026-01-14.00001.jsonl"])
      await writeFile(join(opened.directory, name), "x".repeat(100));
    opened.log.append(auditRecordAt(0));
    await opened.log.flush();
    expect((await readdir(opened.directory)).sort()).toEqual([
      "2026-01-13.00001.jsonl",
      "2026-01-14.00001.jsonl",
      "2026-01-15.00001.jsonl",
    ]);
  });
});

describe("a disk that takes nothing", () => {
  test("is told once; what was taken is written when the disk takes it again", async () => {
    await using opened = await world();
    await writeFile(opened.directory, "in the way");
    opened.log.append(auditRecordAt(0));
    await opened.log.flush();
    opened.log.append(auditRecordAt(1));
    await opened.log.flush();
    expect(opened.failures).toHaveLength(1);
    await rm(opened.directory);
    opened.clock.advance(1000);
    const { records } = await opened.log.find(ALL);
    expect(records.map(({ eventID }) => eventID)).toEqual(["event-1", "event-0"]);
  });

  test("costs bounded memory: the surplus is let go of, and counted", async () => {
    await using opened = await world();
    await writeFile(opened.directory, "in the way");
    const large = auditRecordAt(0, { requestParameters: "x".repeat(1024 * 1024) });
    for (let at = 0; at < 12; at += 1) opened.log.append(large);
    await opened.log.flush();
    await rm(opened.directory);
    const { records } = await opened.log.find(ALL);
    expect(records.length).toBeLessThan(9);
    expect(opened.failures.at(-1)).toMatchObject({ lost: 12 - records.length });
  });

  test("is told at the end when records are lost for good", async () => {
    await using opened = await world();
    await writeFile(opened.directory, "in the way");
    opened.log.append(auditRecordAt(0));
    await opened.log.close();
    expect(opened.failures.at(-1)).toMatchObject({ lost: 1 });
  });
});

test("a search reads so much at a time and then lets the caller come again; lines may be longer than what is read at once", async () => {
  await using opened = await world();
  const long = "x".repeat(600 * 1024);
  for (let second = 0; second < 4; second += 1) opened.log.append(auditRecordAt(second, { requestParameters: long }));
  await opened.log.flush();
  const found: string[] = [];
  let pages = 0;
  for (let after: string | undefined; ;) {
    const page = await findInFiles(opened.directory, { ...ALL, ...(after === undefined ? {} : { after }) }, 700 * 1024);
    found.push(...page.records.map(({ eventID }) => eventID));
    pages += 1;
    if (page.next === undefined) break;
    after = page.next;
  }
  expect(found).toEqual(["event-3", "event-2", "event-1", "event-0"]);
  expect(pages).toBeGreaterThan(1);
});
