import { accountView } from "./account-view.ts";
import type { Visit, WholeState } from "./state.ts";
import type { Table, TableDefinition } from "./table.ts";
import type { Unsettled } from "./unsettled.ts";

/** A definition of whatever records, of which only the name matters. */
type Named = Pick<TableDefinition<never, never>, "name">;

/**
 * The state as one request sees it. Each reading costs a look at what is not durable yet.
 * @param apart what others look into on behalf of the visit: it counts as seen, each table as a whole
 */
export function visit(whole: WholeState, unsettled: Unsettled, apart: readonly Named[]): Visit {
  const tables = new Map<string, Table<object, string>>();
  let latest = 0;
  const see = (commit: number): void => {
    if (commit > latest) latest = commit;
  };
  const seen = <T>(commit: () => T): T => {
    const before = unsettled.last;
    const result = commit();
    if (unsettled.last > before) see(unsettled.last);
    return result;
  };
  const visiting: Visit = {
    table<R extends object, I extends string>(definition: TableDefinition<R, I>): Table<R, I> {
      const known = tables.get(definition.name);
      if (known) return known as unknown as Table<R, I>;
      const seen = seenTable(whole.table(definition), definition, unsettled, see);
      tables.set(definition.name, seen as unknown as Table<object, string>);
      return seen;
    },
    of: (account) => accountView(visiting, account),
    commit: (change) => seen(() => whole.commit(change)),
    record: (change) => seen(() => whole.record(change)),
    note: (change) => seen(() => whole.note(change)),
    durable() {
      for (const { name } of apart) see(unsettled.anyOf(name));
      return unsettled.until(latest);
    },
    watch: (definition, watcher) => whole.watch(definition, watcher),
    visit: (further) => whole.visit(further),
  };
  return visiting;
}

/** A table that tells which commits made what it shows, or took away what it does not show. */
function seenTable<R extends object, I extends string>(
  table: Table<R, I>,
  { name, key: keyOf }: TableDefinition<R, I>,
  unsettled: Unsettled,
  see: (commit: number) => void,
): Table<R, I> {
  const seeRecord = (key: string): string => {
    see(unsettled.record(name, key));
    return key;
  };
  const seeAll = (): void => see(unsettled.anyOf(name));
  return {
    get size() {
      seeAll();
      return table.size;
    },
    get: (key) => table.get(seeRecord(key)),
    has: (key) => table.has(seeRecord(key)),
    *values() {
      for (const record of table.values()) {
        seeAll();
        yield record;
      }
      seeAll();
    },
    by(index, value) {
      see(unsettled.under(name, index, value));
      return table.by(index, value);
    },
    count(index, value) {
      see(unsettled.under(name, index, value));
      return table.count(index, value);
    },
    put: (record) => table.put(record),
    insert(record) {
      seeRecord(keyOf(record));
      return table.insert(record);
    },
    replace(before, after) {
      seeRecord(keyOf(after));
      return table.replace(before, after);
    },
    update: (key, change) => table.update(seeRecord(key), change),
    delete: (key) => table.delete(seeRecord(key)),
  };
}
