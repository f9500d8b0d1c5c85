import { expect, test } from "vitest";
import { JournalFencedError, type Journal, type JournalChange, type JournalRecord } from "../ports/journal.ts";

/**
 * What every journal must do.
 * @param open opens the journal again over what it held before; `fresh` empties it first
 * @param usurp leaves in the store of the journal that was opened last what another process leaves that takes it over
 */
export function journalContract(open: (fresh: boolean) => Journal | Promise<Journal>, usurp: () => unknown): void {
  const change = (key: string, value: string | undefined, table = "t"): JournalChange => ({ table, key, value });

  /** What a successor finds after `write` and a clean close. */
  async function kept(write: (journal: Journal) => Promise<void>): Promise<Record<string, string>> {
    const journal = await open(true);
    expect(await loaded(journal)).toEqual([]);
    await write(journal);
    await journal.close();
    return reload();
  }
  async function reload(): Promise<Record<string, string>> {
    const journal = await open(false);
    const found = Object.fromEntries((await loaded(journal)).map(({ table, key, value }) => [`${table}/${key}`, value]));
    await journal.close();
    return found;
  }

  test("what was appended is found again, in each table by its own key", async () => {
    expect(await kept((journal) => journal.append([change("k", "1"), change("k", "2", "other")]))).toEqual({ "t/k": "1", "other/k": "2" });
  });

  test("the last change of a record counts, within an append and over several", async () => {
    const found = await kept(async (journal) => {
      await journal.append([change("a", "1"), change("a", "2"), change("b", "1"), change("b", undefined)]);
      await journal.append([change("c", "1")]);
      await journal.append([change("c", undefined), change("d", "1")]);
      await journal.append([change("d", "2")]);
    });
    expect(found).toEqual({ "t/a": "2", "t/d": "2" });
  });

  test("appends that do not wait for each other keep the order of the calls", async () => {
    const found = await kept(async (journal) => {
      await Promise.all(Array.from({ length: 200 }, (_, at) => journal.append([change("last", String(at)), change(`k${at}`, "x")])));
    });
    expect(found["t/last"]).toBe("199");
    expect(Object.keys(found)).toHaveLength(201);
  });

  test("removing what is not there is no error", async () => {
    expect(await kept((journal) => journal.append([change("none", undefined)]))).toEqual({});
  });

  test("keys and values keep every character that JSON text has", async () => {
    const key = "arn:aws:ecs:us-east-1:1:task/ü 'quoted' \"double\"\nnewline|🛩";
    const value = JSON.stringify({ text: "\u0000\u0001 \u2028 🛩", long: "x".repeat(200_000) });
    expect(await kept((journal) => journal.append([change(key, value)]))).toEqual({ [`t/${key}`]: value });
  });

  test("closing waits for what was appended", async () => {
    const found = await kept(async (journal) => {
      void journal.append([change("k", "1")]);
    });
    expect(found).toEqual({ "t/k": "1" });
  });

  test("what may wait goes along with the next append, in order, also with one of nothing, and with the close", async () => {
    const found = await kept(async (journal) => {
      const waited = journal.append([change("a", "1"), change("b", "1")], "whenever");
      await journal.append([change("b", "2")]);
      await waited;
      const again = journal.append([change("c", "1")], "whenever");
      await journal.append([]);
      await again;
      void journal.append([change("d", "1")], "whenever");
    });
    expect(found).toEqual({ "t/a": "1", "t/b": "2", "t/c": "1", "t/d": "1" });
  });

  test("each who takes it over gets a larger token, which is none of the records", async () => {
    const tokens: number[] = [];
    for (const fresh of [true, false, false]) {
      const journal = await open(fresh);
      tokens.push(await journal.takeOver());
      expect(await loaded(journal)).toEqual([]);
      await journal.append([change("none", undefined)]);
      await journal.close();
    }
    expect(tokens).toEqual([...new Set(tokens)].toSorted((a, b) => a - b));
  });

  test("who had it before another took it over appends nothing more", async () => {
    const found = await kept(async (journal) => {
      await journal.takeOver();
      await journal.append([change("k", "1")]);
      await usurp();
      await expect(journal.append([change("k", "2")])).rejects.toThrow(JournalFencedError);
      await expect(journal.append([change("other", "1")])).rejects.toThrow(JournalFencedError);
    });
    expect(found).toEqual({ "t/k": "1" });
  });

  test("there is room on a disk that is not full", async () => {
    const journal = await open(true);
    expect(journal.hasRoom()).toBe(true);
    await journal.close();
  });

  test("closing twice is closing once", async () => {
    const journal = await open(true);
    await journal.close();
    await expect(journal.close()).resolves.toBeUndefined();
  });
}

/** All that a journal has. */
export async function loaded(journal: Journal): Promise<readonly JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const batch of journal.load()) records.push(...batch);
  return records;
}
