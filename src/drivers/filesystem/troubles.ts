import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What an operator should know of a server while it lasts, such as that its engine does not answer. */
export interface Trouble {
  /** Milliseconds since the Unix epoch. */
  readonly since: number;
  readonly text: string;
}

export interface Troubles {
  /** What is the trouble with this now; `undefined` where there is none any more. The first telling says since when. Gives what was told before. */
  tell(what: string, text: string | undefined): Trouble | undefined;
}

const fileIn = (dataDirectory: string): string => join(dataDirectory, "troubles.json");

/** Keeps the troubles of this run in a file of the data folder, for `airfield status`. Those of an earlier run are forgotten. */
export function openTroubles(dataDirectory: string, now: () => number): Troubles {
  const file = fileIn(dataDirectory);
  const current = new Map<string, Trouble>();
  rmSync(file, { force: true });
  return {
    tell(what, text) {
      const before = current.get(what);
      if (before?.text === text) return before;
      if (text === undefined) current.delete(what);
      else current.set(what, { since: before?.since ?? now(), text });
      try {
        writeFileSync(`${file}.new`, JSON.stringify([...current.values()]), { mode: 0o600 });
        renameSync(`${file}.new`, file);
      } catch {
        // A full disk is a trouble of its own, and told where it hurts. The log has this one.
      }
      return before;
    },
  };
}

/** Those of the server that works on this folder now, oldest first. */
export function readTroubles(dataDirectory: string): readonly Trouble[] {
  try {
    return JSON.parse(readFileSync(fileIn(dataDirectory), "utf8")) as readonly Trouble[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
