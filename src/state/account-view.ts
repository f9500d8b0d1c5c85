import { parseArn } from "../domain/arn.ts";
import { isAccount } from "../domain/scope.ts";
import type { AccountView, WholeState } from "./state.ts";
import type { Table, TableDefinition } from "./table.ts";

export function accountView(whole: WholeState, account: string): AccountView {
  const opened = new Set<string>();
  return {
    account,
    whole,
    open(resource) {
      const named = parseArn(resource);
      if (named && isAccount(named.account) && named.account !== account) opened.add(`${named.service}/${named.account}`);
    },
    table(definition) {
      const service = SERVICE_OF_TABLES[prefixOf(definition.name)] ?? prefixOf(definition.name);
      return new TableOfAccount(
        whole.table(definition),
        definition,
        (owner) => owner === undefined || owner === account || opened.has(`${service}/${owner}`),
      );
    },
    commit: (change) => whole.commit(change),
    note: (change) => whole.note(change),
    durable: () => whole.durable(),
  };
}

/** The service in ARNs, where tables are not named after it. */
const SERVICE_OF_TABLES: Readonly<Record<string, string>> = { elb: "elasticloadbalancing" };

function prefixOf(name: string): string {
  return name.slice(0, Math.max(name.indexOf("."), 0));
}

/** As a class: views are made for each request and each task, and what they have in common is made once. */
class TableOfAccount<R extends object, I extends string> implements Table<R, I> {
  readonly #table: Table<R, I>;
  readonly #definition: TableDefinition<R, I>;
  readonly #seesOwner: (owner: string | undefined) => boolean;

  constructor(table: Table<R, I>, definition: TableDefinition<R, I>, seesOwner: (owner: string | undefined) => boolean) {
    this.#table = table;
    this.#definition = definition;
    this.#seesOwner = seesOwner;
  }

  get size(): number {
    return [...this.values()].length;
  }

  get(key: string): R | undefined {
    const record = this.#table.get(key);
    return record !== undefined && this.#sees(record) ? record : undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  *values(): IterableIterator<R> {
    for (const record of this.#table.values()) if (this.#sees(record)) yield record;
  }

  by(index: I, value: string): readonly R[] {
    return this.#table.by(index, value).filter((record) => this.#sees(record));
  }

  /** What others have under the same value is not told, also not as a number. */
  count(index: I, value: string): number {
    return this.by(index, value).length;
  }

  put(record: R): R {
    this.#mayWrite(record);
    return this.#table.put(record);
  }

  insert(record: R): R {
    this.#mayWrite(record);
    return this.#table.insert(record);
  }

  replace(before: R, after: R): R {
    this.#mayWrite(after);
    return this.#table.replace(before, after);
  }

  update(key: string, change: (record: R) => R): R | undefined {
    const before = this.get(key);
    return before && this.put(change(before));
  }

  delete(key: string): boolean {
    return this.has(key) && this.#table.delete(key);
  }

  #sees(record: R): boolean {
    return this.#seesOwner(this.#definition.owner(record));
  }

  #mayWrite(record: R): void {
    const key = this.#definition.key(record);
    const there = this.#table.get(key);
    if (!this.#sees(record) || (there !== undefined && !this.#sees(there)))
      throw new Error(`${this.#definition.name} ${key} belongs to another account than the request's: nothing was written`);
  }
}
