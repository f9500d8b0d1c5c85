import { serverIdOf } from "./server-names.ts";
import type { ServerRow } from "./stat-table.ts";

/** The key of a server, named as the contract names it, in a backend, named as HAProxy names it. */
export function sessionKey(backend: string, server: string): string {
  return `${backend} ${server}`;
}

/**
 * How many requests each server has under way. All who ask before a look began share it, however many they are: a hundred targets that drain
 * are one look at HAProxy's table, and looks follow each other.
 */
export class SessionCounts {
  readonly #look: () => Promise<readonly ServerRow[]>;
  #last: Promise<unknown> = Promise.resolve();
  #waiting: Promise<ReadonlyMap<string, number>> | undefined;

  constructor(look: () => Promise<readonly ServerRow[]>) {
    this.#look = look;
  }

  /** What there is after the call, by `sessionKey`. */
  count(): Promise<ReadonlyMap<string, number>> {
    if (this.#waiting) return this.#waiting;
    const counting = this.#last.then(async () => {
      this.#waiting = undefined;
      return countsOf(await this.#look());
    });
    this.#waiting = counting;
    this.#last = counting.catch(() => undefined);
    return counting;
  }
}

function countsOf(rows: readonly ServerRow[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { backend, name, sessions } of rows) {
    const key = sessionKey(backend, serverIdOf(name));
    counts.set(key, (counts.get(key) ?? 0) + sessions);
  }
  return counts;
}
