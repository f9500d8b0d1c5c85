import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { journalContract, loaded } from "../../testing/journal-contract.ts";
import type { Clock } from "../../ports/clock.ts";
import { systemClock } from "../system/clock.ts";
import { DatabaseInUseError, writeAheadLog, type SqliteDatabase, type WriteAheadLog } from "./database.ts";
import { journalDatabase } from "./journal-database.ts";
import { sqliteJournal } from "./journal.ts";
import { leaseIn } from "./lease.ts";

const nothing = (): void => undefined;
const logWith = (sync: WriteAheadLog["sync"]): WriteAheadLog => ({
  sync,
  checkpoint: nothing,
  beginAnew: nothing,
  reserve: nothing,
  close: nothing,
});

describe("the journal in SQLite", () => {
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "airfield-journal-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  let opened: SqliteDatabase;
  journalContract(
    (fresh) => {
      const file = join(directory, "journal.db");
      if (fresh) for (const suffix of ["", "-wal", "-journal"]) rmSync(file + suffix, { force: true });
      return sqliteJournal(file, { worker: journalDatabase((database, of) => writeAheadLog((opened = database), of)) });
    },
    // The lock keeps other processes away: what one would leave is written for it.
    () => leaseIn(opened).write(1_000),
  );

  test("an append after the close is refused", async () => {
    const journal = await sqliteJournal(join(directory, "closed.db"));
    await journal.close();
    await expect(journal.append([])).rejects.toThrow("closed");
  });

  test("a failed append fails every later one", async () => {
    const journal = await sqliteJournal(join(directory, "failing.db"));
    await expect(journal.append([{ table: "t", key: null as unknown as string, value: "1" }])).rejects.toThrow("NOT NULL");
    await expect(journal.append([{ table: "t", key: "k", value: "1" }])).rejects.toThrow("NOT NULL");
    await journal.close();
  });

  test("a disk that cannot sync fails what waited for it, and every later append", async () => {
    const log = logWith(() => Promise.reject(new Error("the disk is gone")));
    const journal = await sqliteJournal(join(directory, "unsynced.db"), { worker: journalDatabase(() => log) });
    const change = { table: "t", key: "k", value: "1" };
    for (let count = 0; count < 2; count += 1) await expect(journal.append([change])).rejects.toThrow("the disk is gone");
    await journal.close();
  });

  test("what is appended while the disk is at work waits for a sync that begins later, all of it for one", async () => {
    const syncs: (() => void)[] = [];
    const log = logWith(() => new Promise((resolve) => syncs.push(resolve)));
    const journal = await sqliteJournal(join(directory, "syncs.db"), { worker: journalDatabase(() => log) });
    const acknowledged: string[] = [];
    const append = (key: string): void =>
      void journal.append([{ table: "t", key, value: "1" }]).then(
        () => acknowledged.push(key),
        () => undefined,
      );
    append("a");
    await vi.waitFor(() => expect(syncs.length).toBe(1));
    for (const key of ["b", "c"]) {
      append(key);
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    }
    expect(acknowledged).toEqual([]);
    syncs[0]?.();
    await vi.waitFor(() => expect(syncs.length).toBe(2));
    expect(acknowledged).toEqual(["a"]);
    const closed = journal.close();
    syncs[1]?.();
    await closed;
    expect([acknowledged, syncs.length]).toEqual([["a", "b", "c"], 2]);
  });

  test("what is there to be written when a sync could begin shares it", async () => {
    let syncs = 0;
    const log = logWith(() => {
      syncs += 1;
      return Promise.resolve();
    });
    const database = journalDatabase(() => log);
    await database({ kind: "open", file: join(directory, "shared-sync.db") });
    const answers = await Promise.all(["a", "b", "c"].map((key) => database({ kind: "write", rows: ["t", key, "1"] })));
    expect([answers, syncs]).toEqual([[{}, {}, {}], 1]);
    await database({ kind: "close" });
  });

  test("what nobody counts on shares a transaction with all that comes in its second, also where others are written meanwhile", async () => {
    const written: unknown[] = [];
    const database = journalDatabase();
    const timers: { readonly ms: number; readonly run: () => void; over: boolean }[] = [];
    const clock: Clock = {
      ...systemClock,
      after(ms, run) {
        const timer = { ms, run, over: false };
        timers.push(timer);
        return { [Symbol.dispose]: () => void (timer.over = true) };
      },
    };
    const worker: typeof database = (job) => {
      if (job.kind === "write") written.push(job.rows.filter((_, at) => at % 3 === 1));
      return database(job);
    };
    const journal = await sqliteJournal(join(directory, "whenever.db"), { worker, clock });
    const append = (key: string, when?: "whenever"): Promise<void> => journal.append([{ table: "t", key, value: "1" }], when);
    const one = append("a", "whenever");
    await append("b");
    await one;
    expect(written).toEqual([["a", "b"]]);
    const asked = append("c");
    const others = [asked.then(() => append("d", "whenever")), asked.then(() => append("e", "whenever"))];
    await asked;
    for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
    expect(written).toEqual([["a", "b"], ["c"]]);
    const due = timers.filter(({ over }) => !over);
    expect(due.map(({ ms }) => ms)).toEqual([1000]);
    due[0]?.run();
    await Promise.all(others);
    expect(written).toEqual([["a", "b"], ["c"], ["d", "e"]]);
    await journal.close();
  });

  test("of a record that changes again in the same turn, only the last text is made", async () => {
    const journal = await sqliteJournal(join(directory, "lazy.db"));
    const made: string[] = [];
    const change = (key: string, text: string) => ({
      table: "t",
      key,
      get value() {
        made.push(text);
        return text;
      },
    });
    await Promise.all(["1", "2", "3"].map((text) => journal.append([change("a", text), change(`b${text}`, text)])));
    expect(made.toSorted()).toEqual(["1", "2", "3", "3"]);
    await journal.close();
  });

  test("many appends do not hold the thread at once, and a close writes all of them", async () => {
    const file = join(directory, "many.db");
    const journal = await sqliteJournal(file);
    let turn = 0;
    let over = false;
    const next = (): void => {
      turn += 1;
      if (!over) setImmediate(next);
    };
    next();
    const appendMany = (name: string): readonly Promise<number>[] =>
      Array.from({ length: 40 }, async (_, append) => {
        await journal.append(Array.from({ length: 100 }, (_one, at) => ({ table: "t", key: `${name} ${append} ${at}`, value: "1" })));
        return turn;
      });
    expect(new Set(await Promise.all(appendMany("first"))).size).toBeGreaterThan(1);
    over = true;
    const last = appendMany("last");
    await journal.close();
    await Promise.all(last);
    const again = await sqliteJournal(file);
    expect(await loaded(again)).toHaveLength(8000);
    await again.close();
  });

  test("texts are made some at a time, with a turn for others between, and are one transaction", async () => {
    const jobs: string[] = [];
    const database = journalDatabase();
    const file = join(directory, "slices.db");
    const journal = await sqliteJournal(file, {
      worker: (job) => {
        jobs.push(job.kind);
        return database(job);
      },
    });
    const change = (at: number) => ({
      table: "t",
      key: String(at),
      get value() {
        jobs.push("text");
        // Longer than a slice.
        for (const began = performance.now(); performance.now() - began < 2;);
        return "1";
      },
    });
    const appended = journal.append([change(0), change(1), change(2)]);
    await new Promise((resolve) => setImmediate(resolve));
    setImmediate(() => jobs.push("another's turn"));
    await appended;
    expect(jobs.filter((job) => !job.startsWith("another"))).toEqual(["open", "text", "part", "text", "part", "text", "part", "write"]);
    expect(jobs.indexOf("another's turn")).toBeLessThan(jobs.lastIndexOf("text"));
    await journal.close();
    const again = await sqliteJournal(file);
    expect(await loaded(again)).toHaveLength(3);
    await again.close();
  });

  test("a thread that ended fails what waited for it, and every later append", async () => {
    const database = journalDatabase();
    let over = false;
    const worker: typeof database = (job) => (over ? Promise.reject(new Error("the thread ended")) : database(job));
    const journal = await sqliteJournal(join(directory, "over.db"), { worker });
    over = true;
    const change = { table: "t", key: "k", value: "1" };
    for (let count = 0; count < 2; count += 1) await expect(journal.append([change])).rejects.toThrow("the thread ended");
    over = false;
    await expect(journal.append([change])).rejects.toThrow("the thread ended");
    await journal.close();
  });

  test("SQLite works while this thread is held", async () => {
    const journal = await sqliteJournal(join(directory, "held.db"));
    await journal.append([{ table: "t", key: "k", value: "1" }]);
    const copy = join(directory, "copied-meanwhile.db");
    const copied = journal.copyTo(copy);
    for (const began = performance.now(); !existsSync(copy) && performance.now() - began < 30_000;);
    expect(existsSync(copy)).toBe(true);
    await copied;
    await journal.close();
  });

  test("a file that is open cannot be opened again", async () => {
    const file = join(directory, "open.db");
    const journal = await sqliteJournal(file);
    await expect(sqliteJournal(file)).rejects.toThrow(DatabaseInUseError);
    await journal.close();
  });

  test("a copy has what was committed, and is a journal itself", async () => {
    const journal = await sqliteJournal(join(directory, "copied.db"));
    await journal.append([{ table: "t", key: "k", value: "1" }]);
    await journal.copyTo(join(directory, "the copy's name.db"));
    await journal.append([{ table: "t", key: "k", value: "2" }]);
    await expect(journal.copyTo(join(directory, "the copy's name.db"))).rejects.toThrow("already exists");
    await journal.close();
    const copy = await sqliteJournal(join(directory, "the copy's name.db"));
    expect(await loaded(copy)).toEqual([{ table: "t", key: "k", value: "1" }]);
    await copy.close();
  });

  test.each([1, 2, 3])("SIGKILL amid appends loses nothing that was acknowledged, and tears no append apart (%i)", async (round) => {
    const file = join(directory, `killed-${round}.db`);
    const acknowledged = await killedAmidAppends(file, round * 150);
    const journal = await sqliteJournal(file);
    const found = new Map((await loaded(journal)).map(({ key, value }) => [key, value]));
    await journal.close();
    expect(acknowledged).toBeGreaterThanOrEqual(round * 150);
    for (let append = 0; append <= acknowledged; append++)
      expect([found.get(`${append}/first`), found.get(`${append}/second`)]).toEqual([String(append), String(append)]);
    // Whatever else is there is whole, and without a gap.
    const appends = [...found.keys()].filter((key) => key.endsWith("/first")).length;
    expect(found.size).toBe(2 * appends);
    for (let append = 0; append < appends; append++) expect(found.has(`${append}/first`) && found.has(`${append}/second`)).toBe(true);
  });
});

const WRITER = `
  const { sqliteJournal } = await import(process.env.JOURNAL_MODULE);
  const journal = await sqliteJournal(process.env.JOURNAL_FILE);
  let next = 0;
  // Each acknowledgement is written before the next turn: the pipe has it when the process is killed.
  const one = async () => {
    const at = next++;
    await journal.append([{ table: "t", key: at + "/first", value: String(at) }, { table: "t", key: at + "/second", value: String(at) }]);
    process.stdout.write(at + "\\n");
    void one();
  };
  for (let lane = 0; lane < 4; lane++) void one();
`;

/** Runs a process that appends without end, kills it once `enough` appends were acknowledged, and tells the last one's number. */
async function killedAmidAppends(file: string, enough: number): Promise<number> {
  const module = fileURLToPath(new URL("./journal.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", WRITER], {
    env: { ...process.env, JOURNAL_MODULE: module, JOURNAL_FILE: file },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (bytes: Buffer) => (complaint += bytes.toString()));
  const exited = new Promise<NodeJS.Signals | null>((resolve) => child.once("close", (_code, signal) => resolve(signal)));
  let last = -1;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Math.max(last, Number(line));
    if (last >= enough) child.kill("SIGKILL");
  }
  expect({ signal: await exited, complaint }).toEqual({ signal: "SIGKILL", complaint: "" });
  return last;
}
