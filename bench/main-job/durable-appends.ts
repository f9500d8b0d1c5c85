import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteJournal } from "../../src/drivers/sqlite/journal.ts";
import { median } from "../figure.ts";

const MS = 2_000;
/** Characters: a task definition of one container. */
const VALUE = "x".repeat(1_500);

/** Appends of a record that the journal makes durable in a second on this disk, where so many wait for theirs at the same time and do nothing else. */
export async function durableAppends(atOnce: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const folder = await mkdtemp(join(tmpdir(), "airfield-bench-journal-"));
  const journal = await sqliteJournal(join(folder, "journal.db"));
  try {
    const rates = new Map<number, number>();
    for (const count of atOnce) {
      let appends = 0;
      const began = performance.now();
      const until = began + MS;
      const client = async (own: number): Promise<void> => {
        while (performance.now() < until) {
          await journal.append([{ table: "bench", key: `${own}-${(appends += 1)}`, value: VALUE }]);
        }
      };
      await Promise.all(Array.from({ length: count }, (_, own) => client(own)));
      rates.set(count, (appends / (performance.now() - began)) * 1000);
    }
    return rates;
  } finally {
    await journal.close();
    await rm(folder, { recursive: true });
  }
}

const PAGE = Buffer.alloc(4096, 1);
const PAGES = 256;

/** Milliseconds that this disk takes to make one page durable, which lies in a file that has its size already, as the journal's log does. The median of a second. */
export async function syncTime(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "airfield-bench-sync-"));
  const file = openSync(join(folder, "log"), "w+");
  try {
    for (let page = 0; page < PAGES; page += 1) writeSync(file, PAGE, 0, PAGE.length, page * PAGE.length);
    fdatasyncSync(file);
    const times: number[] = [];
    const until = performance.now() + MS / 2;
    for (let page = 0; performance.now() < until; page = (page + 1) % PAGES) {
      writeSync(file, PAGE, 0, PAGE.length, page * PAGE.length);
      const began = performance.now();
      fdatasyncSync(file);
      times.push(performance.now() - began);
    }
    return median(times);
  } finally {
    closeSync(file);
    await rm(folder, { recursive: true });
  }
}
