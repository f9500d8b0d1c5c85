import type { Journal, JournalChange, JournalRecord } from "../ports/journal.ts";
import { accountView } from "./account-view.ts";
import type { AccountView } from "./state.ts";
import { commonValues } from "./common-values.ts";
import { NoRoomError, type Visit, type WholeState } from "./state.ts";
import { StoredTable, type Change, type TableDefinition, type TableOwner } from "./table.ts";
import { Unsettled, type SettlingChange } from "./unsettled.ts";
import { visit } from "./visit.ts";

interface OpenCommit {
  /** Whether it is taken also where there is no room. */
  readonly happened: boolean;
  /** Whether nobody counts on it, so that it may wait for others. */
  readonly mayWait: boolean;
  readonly changes: { readonly table: StoredTable<object, string>; readonly change: Change<object> }[];
}

type Watcher = (change: Change<object>) => void;

export interface JournaledStateOptions {
  readonly records?: Iterable<JournalRecord>;
  /** Told once that the journal failed. */
  readonly failed?: (cause: unknown) => void;
  /** Told of each watcher that threw, and at which record. The others hear of it, and of all else, nevertheless. */
  readonly watcherFailed?: (cause: unknown, at: { readonly table: string; readonly key: string }) => void;
}

/** Nobody listens: an error that nobody hears of must not be lost, and must not keep others from being told. */
function unheard(cause: unknown): void {
  queueMicrotask(() => {
    throw cause;
  });
}

/** The state over a journal, from which it is loaded. */
export class JournaledState implements WholeState, TableOwner {
  readonly #journal: Journal;
  readonly #loaded = new Map<string, Map<string, string>>();
  readonly #tables = new Map<string, StoredTable<object, string>>();
  readonly #watchers = new Map<string, Set<Watcher>>();
  /** Whether what had no room has it now, is asked with an append of nothing. */
  readonly #unsettled = new Unsettled(
    () => this.durable(),
    (commit) => {
      if (this.#waitsFrom !== undefined && commit >= this.#waitsFrom) this.#bringAlong();
    },
  );
  /** The first of the commits, counted from 1, that wait for others in the journal; `undefined` where none does. */
  #waitsFrom: number | undefined;
  #open: OpenCommit | undefined;
  #pending: Promise<void> = Promise.resolve();
  /** Whether something that was appended waits for room. */
  #stalled = false;
  /** While watchers are called: what they commit follows from a commit that was taken. */
  #telling = false;
  #failed: ((cause: unknown) => void) | undefined;
  readonly #watcherFailed: (cause: unknown, at: { readonly table: string; readonly key: string }) => void;

  /** @param options.records what was loaded from the journal, see `openState` */
  constructor(journal: Journal, options: JournaledStateOptions = {}) {
    this.#journal = journal;
    this.#failed = options.failed;
    this.#watcherFailed = options.watcherFailed ?? unheard;
    for (const { table, key, value } of options.records ?? []) {
      const records = this.#loaded.get(table);
      if (records) records.set(key, value);
      else this.#loaded.set(table, new Map([[key, value]]));
    }
  }

  table<R extends object, I extends string>(definition: TableDefinition<R, I>): StoredTable<R, I> {
    const known = this.#tables.get(definition.name);
    if (known) return known as unknown as StoredTable<R, I>;
    const loaded = this.#loaded.get(definition.name);
    this.#loaded.delete(definition.name);
    const table = new StoredTable(definition, this, read<R>(loaded?.values() ?? []));
    this.#tables.set(definition.name, table as unknown as StoredTable<object, string>);
    return table;
  }

  of(account: string): AccountView {
    return accountView(this, account);
  }

  visit(apart: readonly Pick<TableDefinition<never, never>, "name">[] = []): Visit {
    return visit(this, this.#unsettled, apart);
  }

  commit<T>(change: () => T): T {
    return this.#commit(change, { happened: this.#telling, mayWait: false });
  }

  record<T>(change: () => T): T {
    return this.#commit(change, { happened: true, mayWait: false });
  }

  note(change: () => void): void {
    if (this.#open || this.#journal.hasRoom()) this.#commit(change, { happened: this.#telling, mayWait: true });
  }

  #commit<T>(change: () => T, how: Pick<OpenCommit, "happened" | "mayWait">): T {
    if (this.#open) return change();
    const open: OpenCommit = { ...how, changes: [] };
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

  durable(): Promise<void> {
    if (this.#stalled || this.#waitsFrom !== undefined) this.#bringAlong();
    return this.#pending;
  }

  /** What waits in the journal, for room or for others, is tried now. */
  #bringAlong(): void {
    this.#stalled = false;
    this.#waitsFrom = undefined;
    this.#follow(this.#journal.append([]), []);
  }

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

  recordChange(table: StoredTable<object, string>, change: Change<object>): void {
    if (!this.#open) throw new Error(`table ${table.definition.name} was written outside of a commit`);
    if (!this.#open.happened && !this.#journal.hasRoom()) throw new NoRoomError();
    this.#open.changes.push({ table, change });
  }

  #publish(commit: OpenCommit): void {
    const changes = commit.changes.map(({ table, change }) => journalChange(table.definition.name, change));
    // Appends become durable in their order: with the last one all are.
    this.#follow(
      this.#journal.append(changes, commit.mayWait ? "whenever" : undefined),
      commit.changes.map(({ table, change }) => ({ table: table.definition, change })),
    );
    this.#waitsFrom = commit.mayWait ? (this.#waitsFrom ?? this.#unsettled.last) : undefined;
    // Watchers run after the current step, so that one that commits again never does so in the middle of another's work.
    queueMicrotask(() => {
      this.#telling = true;
      for (const { table, change } of commit.changes)
        for (const watcher of this.#watchers.get(table.definition.name) ?? []) this.#tell(watcher, table.definition.name, change);
      this.#telling = false;
    });
  }

  /** What has no room yet keeps its place in the journal: it is durable when a later append is. */
  #follow(appended: Promise<void>, changes: readonly SettlingChange[]): void {
    this.#pending = appended;
    this.#unsettled.add(changes, appended);
    appended.catch((cause: unknown) => {
      if (cause instanceof NoRoomError) {
        this.#stalled = true;
        return;
      }
      this.#failed?.(cause);
      this.#failed = undefined;
    });
  }

  #tell(watcher: Watcher, table: string, change: Change<object>): void {
    try {
      watcher(change);
    } catch (cause) {
      this.#watcherFailed(cause, { table, key: change.key });
    }
  }
}

/** Records that were made of each other shared what they have in common, and texts do not tell: it is found again. */
function* read<R extends object>(texts: Iterable<string>): Iterable<R> {
  const common = commonValues();
  for (const text of texts) yield common(JSON.parse(text) as R);
}

/** Written as text when the journal asks: of a record that changes again before it is written, only the last text is made. */
function journalChange(table: string, { key, after }: Change<object>): JournalChange {
  return {
    table,
    key,
    get value() {
      return after && JSON.stringify(after);
    },
  };
}
