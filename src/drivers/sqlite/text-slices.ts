import type { JournalChange } from "../../ports/journal.ts";
import type { Rows } from "./journal-jobs.ts";

/** How long texts are made before others have a turn of this thread. */
const SLICE_MS = 1;

/** The rows of one transaction, in which the last change of each record counts, some at a time: making a record's text takes some hundredths of a millisecond. */
export class TextSlices {
  /** Records that are written. */
  readonly size: number;
  readonly #changes: Iterator<JournalChange>;

  /** @param appends in their order */
  constructor(appends: readonly (readonly JournalChange[])[]) {
    const last = lastOf(appends);
    this.size = last.length;
    this.#changes = last.values();
  }

  /** The next ones. @param ms how long that may take, more or less */
  next(ms = SLICE_MS): { readonly rows: Rows; readonly more: boolean } {
    const until = performance.now() + ms;
    const rows: (string | undefined)[] = [];
    for (;;) {
      const { value: change, done } = this.#changes.next() as IteratorResult<JournalChange, undefined>;
      if (done === true || !change) return { rows, more: false };
      rows.push(change.table, change.key, change.value);
      if (performance.now() > until) return { rows, more: true };
    }
  }
}

/** The last change of each record. */
function lastOf(appends: readonly (readonly JournalChange[])[]): readonly JournalChange[] {
  const tables = new Map<string, Map<string, JournalChange>>();
  for (const changes of appends)
    for (const change of changes) {
      const known = tables.get(change.table);
      if (known) known.set(change.key, change);
      else tables.set(change.table, new Map([[change.key, change]]));
    }
  return [...tables.values()].flatMap((records) => [...records.values()]);
}
