import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteJournal } from "../../src/drivers/sqlite/journal.ts";

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
