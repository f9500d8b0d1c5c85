/** Describes one table: how its records are keyed, and by what else they are looked up. */
export interface TableDefinition<R extends object, I extends string> {
  readonly name: string;
  readonly key: (record: R) => string;
  readonly indexes: Readonly<Record<I, (record: R) => string | readonly string[] | undefined>>;
}

/** Names a table of JSON records. The name is the table's place in the journal: it never changes. */
export function defineTable<R extends object>() {
  return <const I extends string = never>(
    name: string,
    key: (record: R) => string,
    indexes: Readonly<Record<I, (record: R) => string | readonly string[] | undefined>> = {} as Record<I, never>,
  ): TableDefinition<R, I> => ({ name, key, indexes });
}

/** A change of one record, as the change feed tells it. */
export interface Change<R> {
  readonly key: string;
  readonly before: R | undefined;
  readonly after: R | undefined;
}

/** What a table needs of the state that it belongs to. */
export interface TableOwner {
  /** Called before every write; throws where no commit is open. */
  recordChange(table: Table<object, string>, change: Change<object>): void;
}

/** The records of one kind. Reading is always allowed; writing only inside `state.commit`. */
export class Table<R extends object, I extends string> {
  readonly definition: TableDefinition<R, I>;
  readonly #owner: TableOwner;
  readonly #records = new Map<string, R>();
  readonly #indexes = new Map<string, Map<string, Set<string>>>();

  constructor(definition: TableDefinition<R, I>, owner: TableOwner, initial: Iterable<R>) {
    this.definition = definition;
    this.#owner = owner;
    for (const index of Object.keys(definition.indexes)) this.#indexes.set(index, new Map());
    for (const record of initial) this.restore(definition.key(record), record);
  }

  get size(): number {
    return this.#records.size;
  }

  get(key: string): R | undefined {
    return this.#records.get(key);
  }

  has(key: string): boolean {
    return this.#records.has(key);
  }

  /** All records, in the order of their first insertion since the start. */
  values(): IterableIterator<R> {
    return this.#records.values();
  }

  /** The records that an index files under `value`. */
  by(index: I, value: string): readonly R[] {
    const keys = this.#indexes.get(index)?.get(value);
    if (!keys) return [];
    const found: R[] = [];
    for (const key of keys) {
      const record = this.#records.get(key);
      if (record) found.push(record);
    }
    return found;
  }

  put(record: R): R {
    const key = this.definition.key(record);
    const before = this.#records.get(key);
    if (before === record) return record;
    this.#owner.recordChange(this as unknown as Table<object, string>, { key, before, after: record });
    this.restore(key, record);
    return record;
  }

  /** Replaces the record under `key` by what `change` makes of it; does nothing where there is none. */
  update(key: string, change: (record: R) => R): R | undefined {
    const before = this.#records.get(key);
    return before && this.put(change(before));
  }

  delete(key: string): boolean {
    const before = this.#records.get(key);
    if (!before) return false;
    this.#owner.recordChange(this as unknown as Table<object, string>, { key, before, after: undefined });
    this.restore(key, undefined);
    return true;
  }

  /** Sets or removes a record without recording a change: for loading and for undoing. */
  restore(key: string, record: R | undefined): void {
    const before = this.#records.get(key);
    if (before) this.#unfile(key, before);
    if (record) {
      this.#records.set(key, record);
      this.#file(key, record);
    } else this.#records.delete(key);
  }

  #file(key: string, record: R): void {
    for (const [index, value] of this.#entries(record)) {
      const keys = index.get(value);
      if (keys) keys.add(key);
      else index.set(value, new Set([key]));
    }
  }

  #unfile(key: string, record: R): void {
    for (const [index, value] of this.#entries(record)) {
      const keys = index.get(value);
      keys?.delete(key);
      if (keys?.size === 0) index.delete(value);
    }
  }

  *#entries(record: R): Iterable<readonly [Map<string, Set<string>>, string]> {
    for (const [name, index] of this.#indexes) {
      const values = this.definition.indexes[name as I](record);
      if (values === undefined) continue;
      for (const value of typeof values === "string" ? [values] : values) yield [index, value];
    }
  }
}
