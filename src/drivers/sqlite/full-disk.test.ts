import { appendFileSync, ftruncateSync, openSync, closeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { NoRoomError } from "../../ports/no-room.ts";
import { loaded } from "../../testing/journal-contract.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { writeAheadLog, type WriteAheadLog } from "./database.ts";
import { journalDatabase } from "./journal-database.ts";
import { sqliteJournal } from "./journal.ts";
import { sqliteLogStore } from "./log-store.ts";

const MIB = 1024 * 1024;
const full = (): Error => Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
const change = (key: string, value = "1") => ({ table: "t", key, value });

/** A journal on a disk that can be made full: for the database, for its log's reserve, and for transactions. */
async function journalOnSmallDisk() {
  const directory = await mkdtemp(join(tmpdir(), "airfield-full-journal-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const clock = new ManualClock();
  const told: boolean[] = [];
  const disk = { free: 100 * MIB, total: 1000 * MIB, database: true, reserve: true, transactions: true };
  const file = join(directory, "journal.db");
  const worker = () =>
    journalDatabase((database, of): WriteAheadLog => {
      const log = writeAheadLog(database, of);
      const exec = database.exec.bind(database);
      database.exec = (sql: string) => {
        if (sql === "COMMIT" && !disk.transactions) throw full();
        return exec(sql);
      };
      const unless = (room: () => boolean, step: () => void) => (): void => {
        if (!room()) throw full();
        step();
      };
      return {
        ...log,
        checkpoint: unless(
          () => disk.database,
          () => log.checkpoint(),
        ),
        reserve: unless(
          () => disk.reserve,
          () => log.reserve(),
        ),
      };
    });
  const open = () =>
    sqliteJournal(file, {
      clock,
      disk: () => disk,
      roomChanged: (room) => told.push(room),
      worker: worker(),
    });
  return { open, worker, file, disk, clock, told };
}

test("where little is left, there is no room for what is new; what is appended is kept all the same, and room that comes back is noticed", async () => {
  const { open, disk, clock, told } = await journalOnSmallDisk();
  const journal = await open();
  expect(journal.hasRoom()).toBe(true);
  disk.free = MIB - 1;
  clock.advance(100);
  expect(journal.hasRoom()).toBe(false);
  await journal.append([change("under way")]);
  // A little more is not enough: or it would come and go with every write.
  disk.free = MIB + 1;
  await clock.pass(5_000);
  expect(journal.hasRoom()).toBe(false);
  disk.free = 2 * MIB;
  await clock.pass(1_000);
  expect(journal.hasRoom()).toBe(true);
  expect(told).toEqual([false, true]);
  await journal.close();
  expect(await loaded(await open())).toEqual([change("under way")]);
});

test("a database that cannot grow takes nothing new; what comes meanwhile lies in its log", async () => {
  const { open, disk, clock, told } = await journalOnSmallDisk();
  const journal = await open();
  disk.database = false;
  await journal.append(Array.from({ length: 1_500 }, (_, at) => change(`k${at}`)));
  expect([journal.hasRoom(), told]).toEqual([false, [false]]);
  await journal.append([change("more")]);
  disk.database = true;
  await clock.pass(1_000);
  expect([journal.hasRoom(), told]).toEqual([true, [false, true]]);
  await journal.close();
  expect(await loaded(await open())).toHaveLength(1_501);
});

test("what not even the reserve has room for waits in order, and is written when there is room", async () => {
  const { open, disk, clock } = await journalOnSmallDisk();
  const journal = await open();
  await journal.append([change("a", "0")]);
  disk.transactions = false;
  const appended = [journal.append([change("a", "1")]), journal.append([change("b", "1")])];
  for (const one of appended) await expect(one).rejects.toThrow(NoRoomError);
  await expect(journal.append([change("a", "2")])).rejects.toThrow(NoRoomError);
  await expect(journal.append([])).rejects.toThrow(NoRoomError);
  await clock.pass(3_000);
  await expect(journal.append([])).rejects.toThrow(NoRoomError);
  expect(journal.hasRoom()).toBe(false);
  disk.transactions = true;
  await clock.pass(1_000);
  await journal.append([]);
  expect(journal.hasRoom()).toBe(true);
  await journal.append([change("c", "1")]);
  await journal.close();
  const found = (await loaded(await open())).map(({ key, value }) => `${key}${value}`);
  expect(found.toSorted()).toEqual(["a2", "b1", "c1"]);
});

test("of a transaction that was begun after one that was refused, nothing is written before that one", async () => {
  const { open, disk, clock } = await journalOnSmallDisk();
  const journal = await open();
  disk.transactions = false;
  const slow = (key: string, value: string) => ({
    table: "t",
    key,
    get value() {
      for (const began = performance.now(); performance.now() - began < 2;);
      return value;
    },
  });
  // Of the second append, a part is sent before it is known that the first one is refused.
  const appended = [
    journal.append(Array.from({ length: 250 }, (_, at) => change(`k${at}`))),
    journal.append([slow("a", "1"), slow("b", "1")]),
  ];
  for (const one of appended) await expect(one).rejects.toThrow(NoRoomError);
  const last = journal.append([{ table: "t", key: "a", value: undefined }]);
  await expect(last).rejects.toThrow(NoRoomError);
  disk.transactions = true;
  await clock.pass(1_000);
  await vi.waitFor(() => journal.append([]));
  await journal.close();
  const found = (await loaded(await open())).map(({ key }) => key);
  expect([found.length, found.includes("a"), found.includes("b")]).toEqual([251, false, true]);
});

test("who has the database refuses what follows a refused write until it is asked to catch up, and keeps no part of it", async () => {
  const { worker, file, disk } = await journalOnSmallDisk();
  const ask = worker();
  await ask({ kind: "open", file });
  disk.transactions = false;
  expect(await ask({ kind: "write", rows: ["t", "a", "1"] })).toHaveProperty("refused");
  disk.transactions = true;
  expect(await ask({ kind: "write", rows: ["t", "b", "1"] })).toHaveProperty("refused");
  await ask({ kind: "part", rows: ["t", "c", "1"] });
  expect(await ask({ kind: "catch-up", last: false })).toEqual({});
  expect(await ask({ kind: "write", rows: ["t", "d", "1"] })).toEqual({});
  expect(await ask({ kind: "load", anew: true })).toEqual({ rows: ["t", "d", "1"], more: false });
  await ask({ kind: "close" });
});

test("a close that loses what waited for room says so", async () => {
  const { open, disk } = await journalOnSmallDisk();
  const journal = await open();
  disk.transactions = false;
  await expect(journal.append([change("lost")])).rejects.toThrow(NoRoomError);
  await expect(journal.close()).rejects.toThrow(NoRoomError);
});

test("a start without room can read, and is taken over as soon as there is room", async () => {
  const { open, disk, clock, told } = await journalOnSmallDisk();
  const first = await open();
  const token = await first.takeOver();
  await first.append([change("k")]);
  await first.close();
  disk.reserve = disk.transactions = false;
  disk.free = 0;
  const journal = await open();
  expect(await journal.takeOver()).toBe(token + 1);
  expect([await loaded(journal), journal.hasRoom(), told]).toEqual([[change("k")], false, [false]]);
  disk.reserve = disk.transactions = true;
  disk.free = 10 * MIB;
  await clock.pass(1_000);
  expect([journal.hasRoom(), told]).toEqual([true, [false, true]]);
  await journal.append([change("k", "2")]);
  await journal.close();
  const next = await open();
  expect([await next.takeOver(), await loaded(next)]).toEqual([token + 2, [change("k", "2")]]);
  await next.close();
});

test("the log's reserve lies on the disk from the start, and what is behind the last transaction is nothing to who opens it", async () => {
  const directory = await mkdtemp(join(tmpdir(), "airfield-full-journal-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "journal.db");
  const journal = await sqliteJournal(file);
  await journal.append([change("k")]);
  const log = openSync(`${file}-wal`, "r+");
  appendFileSync(log, "");
  ftruncateSync(log, 8 * MIB);
  closeSync(log);
  await journal.append([change("k", "2")]);
  expect(await loaded(journal)).toEqual([change("k", "2")]);
  await journal.close();
});

test("log events leave room for the journal, and are refused as a whole", async () => {
  const disk = { free: 17 * MIB, total: 1000 * MIB };
  const directory = await mkdtemp(join(tmpdir(), "airfield-full-logs-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const logs = sqliteLogStore(join(directory, "logs.db"), () => disk);
  const key = { account: "123456789012", region: "us-east-1", group: "g", stream: "s" };
  const append = () => logs.append(key, [{ timestamp: 1, message: "m" }], 1, "1");
  await append();
  disk.free = 15 * MIB;
  await expect(append()).rejects.toThrow(NoRoomError);
  expect(logs.query({ ...key, limit: 10 })).toHaveLength(1);
  disk.free = 17 * MIB;
  await append();
  await logs.close();
});
