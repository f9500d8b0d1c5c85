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
      return viewOf(
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

function viewOf<R extends object, I extends string>(
  table: Table<R, I>,
  { name, owner, key }: TableDefinition<R, I>,
  sees: (owner: string | undefined) => boolean,
): Table<R, I> {
  const seen = (record: R | undefined): R | undefined => (record !== undefined && sees(owner(record)) ? record : undefined);
  const mayWrite = (record: R): void => {
    const there = table.get(key(record));
    if (!sees(owner(record)) || (there !== undefined && !sees(owner(there))))
      throw new Error(`${name} ${key(record)} belongs to another account than the request's: nothing was written`);
  };
  return {
    get size() {
      return [...this.values()].length;
    },
    get: (at) => seen(table.get(at)),
    has: (at) => seen(table.get(at)) !== undefined,
    *values() {
      for (const record of table.values()) if (sees(owner(record))) yield record;
    },
    by: (index, value) => table.by(index, value).filter((record) => sees(owner(record))),
    // What others have under the same value is not told, also not as a number.
    count(index, value) {
      return this.by(index, value).length;
    },
    put(record) {
      mayWrite(record);
      return table.put(record);
    },
    insert(record) {
      mayWrite(record);
      return table.insert(record);
    },
    replace(before, after) {
      mayWrite(after);
      return table.replace(before, after);
    },
    update(at, change) {
      const before = seen(table.get(at));
      return before && this.put(change(before));
    },
    delete: (at) => seen(table.get(at)) !== undefined && table.delete(at),
  };
}
