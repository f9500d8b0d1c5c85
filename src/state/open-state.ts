import type { Journal, JournalChange, JournalRecord } from "../ports/journal.ts";
import { JournaledState, type JournaledStateOptions } from "./journaled-state.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import type { Contents, Migration, Records } from "./migrations/migration.ts";

/** The data was written by a version of Airfield that is newer than this one. */
export class NewerStateError extends Error {
  override readonly name = "NewerStateError";
}

export interface OpenStateOptions extends Pick<JournaledStateOptions, "failed" | "watcherFailed"> {
  /** Keeps a copy of the data as it is, before anything of it is changed. */
  readonly backup?: (fromVersion: number) => Promise<void>;
  /** Told of each step that was done, when all are durable. */
  readonly migrated?: (step: { readonly to: number; readonly title: string }) => void;
  readonly migrations?: readonly Migration[];
}

/** The one record of this table tells the version of the whole state. */
const VERSION_TABLE = "state.version";
const VERSION_KEY = "version";
const FIRST_VERSION = 1;

/** Where a journal tells the version of its state. */
export const VERSION_RECORD = { table: VERSION_TABLE, key: VERSION_KEY } as const;

/** The latest version, to which data of all earlier ones is brought. */
export const STATE_VERSION = MIGRATIONS.at(-1)?.to ?? FIRST_VERSION;

/** @param text of the version's record; `undefined` where there is none */
export function versionOf(text: string | undefined): number {
  return text === undefined ? FIRST_VERSION : (JSON.parse(text) as { readonly version: number }).version;
}

/**
 * Takes a journal over, loads the state from it, and brings data of an earlier version to today's: all steps in one append, which happens whole or not at
 * all. Costs what there is to load.
 * @throws NewerStateError, before anything is changed
 */
export async function openState(journal: Journal, options: OpenStateOptions = {}): Promise<JournaledState> {
  const migrations = options.migrations ?? MIGRATIONS;
  const current = migrations.at(-1)?.to ?? FIRST_VERSION;
  await journal.takeOver();
  let records: JournalRecord[] = [];
  for await (const batch of journal.load()) for (const record of batch) records.push(record);
  const version = versionOf(records.find(({ table, key }) => table === VERSION_TABLE && key === VERSION_KEY)?.value);
  if (version > current)
    throw new NewerStateError(
      `the data is of version ${version}, and this Airfield knows versions up to ${current}: it was used by a later one. Use that one, or restore a backup that was made before.`,
    );
  if (version < current) {
    const steps = migrations.filter(({ to }) => to > version);
    const empty = records.length === 0;
    if (!empty) await options.backup?.(version);
    const changes = [...changesOf(records, steps), { table: VERSION_TABLE, key: VERSION_KEY, value: JSON.stringify({ version: current }) }];
    await journal.append(changes);
    records = applied(records, changes);
    if (!empty) for (const { to, title } of steps) options.migrated?.({ to, title });
  }
  const { failed, watcherFailed } = options;
  return new JournaledState(journal, { records, ...(failed && { failed }), ...(watcherFailed && { watcherFailed }) });
}

/** What the steps make different. Only tables that a step looks at are read. */
function changesOf(records: readonly JournalRecord[], steps: readonly Migration[]): readonly JournalChange[] {
  const texts = new Map<string, Map<string, string>>();
  for (const { table, key, value } of records) {
    const known = texts.get(table) ?? new Map<string, string>();
    known.set(key, value);
    texts.set(table, known);
  }
  const read = new Map<string, Records>();
  const contents: Contents = {
    table(name) {
      const known = read.get(name);
      if (known) return known;
      const found: Records = new Map(
        [...(texts.get(name) ?? [])].map(([key, value]) => [key, JSON.parse(value) as Record<string, unknown>]),
      );
      read.set(name, found);
      return found;
    },
  };
  for (const step of steps) step.migrate(contents);
  return [...read].flatMap(([table, after]) => {
    const before = texts.get(table) ?? new Map<string, string>();
    const gone = [...before.keys()].filter((key) => !after.has(key)).map((key) => ({ table, key, value: undefined }));
    const changed = [...after]
      .map(([key, value]) => ({ table, key, value: JSON.stringify(value) }))
      .filter(({ key, value }) => before.get(key) !== value);
    return [...gone, ...changed];
  });
}

function applied(records: readonly JournalRecord[], changes: readonly JournalChange[]): JournalRecord[] {
  const found = new Map(records.map((record) => [`${record.table}\n${record.key}`, record]));
  for (const { table, key, value } of changes)
    if (value === undefined) found.delete(`${table}\n${key}`);
    else found.set(`${table}\n${key}`, { table, key, value });
  return [...found.values()];
}
