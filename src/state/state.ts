import type { Journal, JournalChange } from "../ports/journal.ts";
import { Table, type Change, type TableDefinition, type TableOwner } from "./table.ts";

interface OpenCommit {
  readonly changes: { readonly table: Table<object, string>; readonly change: Change<object> }[];
}

type Watcher = (change: Change<object>) => void;

/**
 * The control plane's memory. Changes are made in synchronous commits: a commit happens whole or, where it throws, not at all.
 * It shows in the tables at once; `durable()` tells when it is on disk. Who answers a client or acts on the outside world awaits
 * that first.
 */
export class State implements TableOwner {
  readonly #journal: Journal;
  readonly #loaded = new Map<string, Map<string, string>>();
  readonly #tables = new Map<string, Table<object, string>>();
  readonly #watchers = new Map<string, Set<Watcher>>();
  #open: OpenCommit | undefined;
  #pending: Promise<void> = Promise.resolve();
  #failed: ((cause: unknown) => void) | undefined;

  constructor(journal: Journal, failed?: (cause: unknown) => void) {
    this.#journal = journal;
    this.#failed = failed;
    for (const { table, key, value } of journal.load()) {
      const records = this.#loaded.get(table);
      if (records) records.set(key, value);
      else this.#loaded.set(table, new Map([[key, value]]));
    }
  }

  /** The table of that definition, filled with what the journal held. */
  table<R extends object, I extends string>(definition: TableDefinition<R, I>): Table<R, I> {
    const known = this.#tables.get(definition.name);
    if (known) return known as unknown as Table<R, I>;
    const loaded = this.#loaded.get(definition.name);
    this.#loaded.delete(definition.name);
    const records = [...(loaded?.values() ?? [])].map((text) => JSON.parse(text) as R);
    const table = new Table(definition, this, records);
    this.#tables.set(definition.name, table as unknown as Table<object, string>);
    return table;
  }

  /**
   * Runs `change`, in which tables may be written. What it wrote becomes durable together; if it throws, nothing was written.
   * A commit inside a commit joins it.
   */
  commit<T>(change: () => T): T {
    if (this.#open) return change();
    const open: OpenCommit = { changes: [] };
    this.#open = open;
    let result: T;
    try {
      result = change();
    } catch (cause) {
      for (const { table, change: made } of open.changes.reverse()) table.restore(made.key, made.before);
      throw cause;
    } finally {
      this.#open = undefined;
    }
    if (open.changes.length > 0) this.#publish(open);
    return result;
  }

  /** Resolves when every commit made so far would survive a crash; rejects where the journal failed. */
  durable(): Promise<void> {
    return this.#pending;
  }

  /** Calls `watcher` after each commit for each changed record of the table, in the order of the commits. */
  watch<R extends object, I extends string>(definition: TableDefinition<R, I>, watcher: (change: Change<R>) => void): Disposable {
    const watchers = this.#watchers.get(definition.name) ?? new Set<Watcher>();
    this.#watchers.set(definition.name, watchers);
    const added = watcher as Watcher;
    watchers.add(added);
    return { [Symbol.dispose]: () => void watchers.delete(added) };
  }

  async close(): Promise<void> {
    await this.#journal.close();
  }

  recordChange(table: Table<object, string>, change: Change<object>): void {
    if (!this.#open) throw new Error(`table ${table.definition.name} was written outside of a commit`);
    this.#open.changes.push({ table, change });
  }

  #publish(commit: OpenCommit): void {
    const changes = commit.changes.map(({ table, change }): JournalChange => ({
      table: table.definition.name,
      key: change.key,
      value: change.after && JSON.stringify(change.after),
    }));
    const written = this.#journal.append(changes);
    const pending = Promise.all([this.#pending, written]).then(() => undefined);
    this.#pending = pending;
    pending.catch((cause: unknown) => {
      this.#failed?.(cause);
      this.#failed = undefined;
    });
    // Watchers run after the current step, so that one that commits again never does so in the middle of another's work.
    queueMicrotask(() => {
      for (const { table, change } of commit.changes)
        for (const watcher of this.#watchers.get(table.definition.name) ?? []) watcher(change);
    });
  }
}
