import { parseArn } from "../domain/arn.ts";

/** Describes one table: how its records are keyed, to whom they belong, and by what else they are looked up. */
export interface TableDefinition<R extends object, I extends string> {
  readonly name: string;
  readonly key: (record: R) => string;
  /** The account that a record belongs to; `undefined` for what all accounts of the installation share. It never changes. */
  readonly owner: (record: R) => string | undefined;
  readonly indexes: Readonly<Record<I, (record: R) => string | readonly string[] | undefined>>;
}

/** Names a table of JSON records. The name is the table's place in the journal: it never changes. A table without an owner does not compile. */
export function defineTable<R extends object>() {
  return <const I extends string = never>(
    name: string,
    key: (record: R) => string,
    owner: (record: R) => string | undefined,
    indexes: Readonly<Record<I, (record: R) => string | readonly string[] | undefined>> = {} as Record<I, never>,
  ): TableDefinition<R, I> => ({ name, key, owner, indexes });
}

/** The owner of records that name their account. */
export const ofAccount = ({ account }: { readonly account: string }): string => account;

/** The owner of records whose key, or whose parent's key, begins with the account: `123456789012/us-east-1/shop`. */
export function accountOfKey(key: string): string {
  return key.slice(0, key.indexOf("/"));
}

/** The owner of records that are named by an ARN alone. @throws Error where the text is no ARN */
export function accountOfArn(text: string): string {
  const found = parseArn(text);
  if (!found) throw new Error(`a record's owner cannot be told from ${text}`);
  return found.account;
}

/** The owner of what all accounts share. */
export const shared = (): undefined => undefined;

/** A change of one record, as the change feed tells it. */
export interface Change<R> {
  readonly key: string;
  readonly before: R | undefined;
  readonly after: R | undefined;
}

/** What a table needs of the state that it belongs to. */
export interface TableOwner {
  /** Called before every write; throws where no commit is open. */
  recordChange(table: StoredTable<object, string>, change: Change<object>): void;
}

/** The records of one kind. Reading is always allowed; writing only inside `state.commit`. */
export interface Table<R extends object, I extends string> {
  readonly size: number;
  get(key: string): R | undefined;
  has(key: string): boolean;
  /** All records, in the order of their first insertion since the start. */
  values(): IterableIterator<R>;
  /** The records that an index files under `value`. */
  by(index: I, value: string): readonly R[];
  /** How many an index files under `value`. Costs nothing more where there are many. */
  count(index: I, value: string): number;
  /** Writes the record whatever is there. Not for loops, which `await` between reading and writing: see decision 30. */
  put(record: R): R;
  /** Writes a record that is new. @throws Error where its key is taken */
  insert(record: R): R;
  /** Writes `after` where `before` is still what is there. @throws StaleRecordError where it is not: somebody was quicker */
  replace(before: R, after: R): R;
  /** Replaces the record under `key`, as it is now, by what `change` makes of it; does nothing where there is none. */
  update(key: string, change: (record: R) => R): R | undefined;
  delete(key: string): boolean;
}

/** A record was to be replaced that is not there any more as it was read. Nothing was written; who reads it again may. */
export class StaleRecordError extends Error {
  override readonly name = "StaleRecordError";
  constructor(table: string, key: string) {
    super(`${table} ${key} has changed since it was read: nothing was written`);
  }
}

/** A table as the state keeps it, with the records of all accounts. */
export class StoredTable<R extends object, I extends string> implements Table<R, I> {
  readonly definition: TableDefinition<R, I>;
  readonly #owner: TableOwner;
  readonly #records = new Map<string, R>();
  readonly #indexes = new Map<string, Index>();

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

  values(): IterableIterator<R> {
    return this.#records.values();
  }

  by(index: I, value: string): readonly R[] {
    const found: R[] = [];
    for (const key of keysOf(this.#indexes.get(index)?.get(value))) {
      const record = this.#records.get(key);
      if (record) found.push(record);
    }
    return found;
  }

  count(index: I, value: string): number {
    const keys = this.#indexes.get(index)?.get(value);
    return keys === undefined ? 0 : typeof keys === "string" ? 1 : keys.size;
  }

  put(record: R): R {
    const key = this.definition.key(record);
    const before = this.#records.get(key);
    if (before === record) return record;
    this.#owner.recordChange(this as unknown as StoredTable<object, string>, { key, before, after: record });
    this.restore(key, record);
    return record;
  }

  insert(record: R): R {
    const key = this.definition.key(record);
    if (this.#records.has(key)) throw new Error(`${this.definition.name} ${key} is there already: nothing was written`);
    return this.put(record);
  }

  replace(before: R, after: R): R {
    const key = this.definition.key(after);
    if (this.#records.get(key) !== before) throw new StaleRecordError(this.definition.name, key);
    return this.put(after);
  }

  update(key: string, change: (record: R) => R): R | undefined {
    const before = this.#records.get(key);
    return before && this.put(change(before));
  }

  delete(key: string): boolean {
    const before = this.#records.get(key);
    if (!before) return false;
    this.#owner.recordChange(this as unknown as StoredTable<object, string>, { key, before, after: undefined });
    this.restore(key, undefined);
    return true;
  }

  /** Sets or removes a record without recording a change: for loading and for undoing. */
  restore(key: string, record: R | undefined): void {
    const before = this.#records.get(key);
    for (const [name, index] of this.#indexes) {
      const valuesOf = this.definition.indexes[name as I];
      const old = before && valuesOf(before);
      const fresh = record && valuesOf(record);
      // Most changes leave most indexes as they are.
      if (old === fresh) continue;
      for (const value of listed(old)) unfile(index, value, key);
      for (const value of listed(fresh)) file(index, value, key);
    }
    if (record) this.#records.set(key, record);
    else this.#records.delete(key);
  }
}

/** The keys that are filed under each value. Many values have one record only, and a set for each would weigh more than what it files. */
type Index = Map<string, string | Set<string>>;

function keysOf(filed: string | Set<string> | undefined): Iterable<string> {
  return filed === undefined ? [] : typeof filed === "string" ? [filed] : filed;
}

function listed(values: string | readonly string[] | undefined): readonly string[] {
  return values === undefined ? [] : typeof values === "string" ? [values] : values;
}

function file(index: Index, value: string, key: string): void {
  const filed = index.get(value);
  if (filed === undefined) index.set(value, key);
  else if (typeof filed !== "string") filed.add(key);
  else if (filed !== key) index.set(value, new Set([filed, key]));
}

function unfile(index: Index, value: string, key: string): void {
  const filed = index.get(value);
  if (typeof filed === "object") filed.delete(key);
  if (filed === key || (typeof filed === "object" && filed.size === 0)) index.delete(value);
}
