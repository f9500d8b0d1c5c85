import { NoRoomError } from "../ports/no-room.ts";
import type { Change, TableDefinition } from "./table.ts";

/** One change of a commit, with what its table is looked up by. */
export interface SettlingChange {
  readonly table: TableDefinition<object, string>;
  readonly change: Change<object>;
}

/** Which commit last touched what. Commits count from 1; 0 is before all of them. */
interface Touched {
  any: number;
  readonly records: Map<string, number>;
  readonly indexes: Map<string, Map<string, number>>;
}

interface Generation {
  last: number;
  size: number;
  readonly tables: Map<string, Touched>;
}

/** Marks after which a new generation begins: old ones are dropped as a whole, which costs nothing for each mark. */
const MOST_MARKS = 2_000;

/**
 * Tells what was committed and would not survive a crash yet. Commits become durable in their order. A commit costs a mark for each record, and
 * one for each value that an index files it under, before or after; what is durable is forgotten some thousand marks at a time.
 */
export class Unsettled {
  #last = 0;
  #settled = 0;
  readonly #again: () => Promise<void>;
  readonly #hurry: (commit: number) => void;
  readonly #promises = new Map<number, Promise<void>>();
  #generations: Generation[] = [];

  /**
   * @param again asks once more whether all is durable, where some had no room: resolves when it is, which is a commit of its own
   * @param hurry told which commit somebody waits for
   */
  constructor(again: () => Promise<void> = () => Promise.resolve(), hurry: (commit: number) => void = () => undefined) {
    this.#again = again;
    this.#hurry = hurry;
  }

  /** The last commit. */
  get last(): number {
    return this.#last;
  }

  /** How many marks are kept: of no more commits than are under way, and some thousand. */
  get marks(): number {
    return this.#generations.reduce((sum, { size }) => sum + size, 0);
  }

  /** @param durable resolves when the changes, and those of all commits before, would survive a crash */
  add(changes: readonly SettlingChange[], durable: Promise<void>): void {
    const commit = (this.#last += 1);
    this.#promises.set(commit, durable);
    this.#mark(changes, commit);
    // One that fails stays: whoever asks for it, or for a later one, is told.
    durable.then(
      () => this.#settle(commit),
      () => undefined,
    );
  }

  /** The last commit that touched the record; 0 where it is durable. */
  record(table: string, key: string): number {
    return this.#latest(table, (touched) => touched.records.get(key));
  }

  /** The last commit that touched a record which the index files under `value`, or filed there before. */
  under(table: string, index: string, value: string): number {
    return this.#latest(table, (touched) => touched.indexes.get(index)?.get(value));
  }

  /** The last commit that touched the table. */
  anyOf(table: string): number {
    return this.#latest(table, (touched) => touched.any);
  }

  /** Resolves when that commit would survive a crash; rejects where the journal failed before, and with `NoRoomError` where there is none for it yet. */
  async until(commit: number): Promise<void> {
    if (commit <= this.#settled) return;
    this.#hurry(commit);
    try {
      await this.#promises.get(commit);
    } catch (cause) {
      if (!(cause instanceof NoRoomError)) throw cause;
      await this.#again();
    }
  }

  #latest(table: string, of: (touched: Touched) => number | undefined): number {
    for (let at = this.#generations.length - 1; at >= 0; at -= 1) {
      const touched = this.#generations[at]?.tables.get(table);
      const commit = touched && of(touched);
      if (commit !== undefined) return commit > this.#settled ? commit : 0;
    }
    return 0;
  }

  #mark(changes: readonly SettlingChange[], commit: number): void {
    let generation = this.#generations.at(-1);
    if (!generation || generation.size >= MOST_MARKS) this.#generations.push((generation = { last: 0, size: 0, tables: new Map() }));
    generation.last = commit;
    for (const { table, change } of changes) {
      const touched = touchedOf(generation, table);
      touched.any = commit;
      touched.records.set(change.key, commit);
      generation.size += 1;
      for (const [index, values] of touched.indexes) {
        const valuesOf = table.indexes[index];
        generation.size += markValues(values, change.before && valuesOf?.(change.before), commit);
        generation.size += markValues(values, change.after && valuesOf?.(change.after), commit);
      }
    }
  }

  #settle(commit: number): void {
    // With them those that had no room when they were made.
    for (let at = this.#settled + 1; at <= commit; at += 1) this.#promises.delete(at);
    this.#settled = commit;
    const pending = this.#generations.findIndex(({ last }) => last > commit);
    if (pending !== 0) this.#generations = pending < 0 ? [] : this.#generations.slice(pending);
  }
}

function touchedOf({ tables }: Generation, { name, indexes }: TableDefinition<object, string>): Touched {
  const known = tables.get(name);
  if (known) return known;
  const fresh: Touched = { any: 0, records: new Map(), indexes: new Map(Object.keys(indexes).map((index) => [index, new Map()])) };
  tables.set(name, fresh);
  return fresh;
}

function markValues(marks: Map<string, number>, values: string | readonly string[] | undefined, commit: number): number {
  if (values === undefined) return 0;
  if (typeof values === "string") {
    marks.set(values, commit);
    return 1;
  }
  for (const value of values) marks.set(value, commit);
  return values.length;
}
