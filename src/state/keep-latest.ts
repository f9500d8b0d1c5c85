import type { State } from "./state.ts";
import type { TableDefinition } from "./table.ts";

/** Which records are of one kind, and how many of them stay. */
export interface Latest<R, I> {
  readonly index: I;
  readonly value: string;
  readonly most: number;
  /** When a record was made. */
  readonly at: (record: R) => number;
}

/** Forgets the oldest where there are too many, inside a commit: a tenth at a time, so that few of those who add one look through all. */
export function keepLatest<R extends object, I extends string>(
  state: State,
  definition: TableDefinition<R, I>,
  { index, value, most, at }: Latest<R, I>,
): void {
  const table = state.table(definition);
  if (table.count(index, value) <= most) return;
  const oldest = table.by(index, value).toSorted((a, b) => at(a) - at(b));
  for (const one of oldest.slice(0, most / 10)) table.delete(definition.key(one));
}
