import { memoryJournal } from "../drivers/memory/journal.ts";
import type { Journal, JournalChange, JournalRecord } from "../ports/journal.ts";
import { NoRoomError } from "../ports/no-room.ts";

/** A journal in memory whose disk can be made full: of what is new, and of the reserve as well. */
export interface JournalOnFullDisk extends Journal {
  /** `reserve`: what is appended is kept, and nobody should append. `none`: it waits. */
  room: "enough" | "reserve" | "none";
  readonly records: ReadonlyMap<string, JournalRecord>;
}

export function journalOnFullDisk(): JournalOnFullDisk {
  const records = new Map<string, JournalRecord>();
  const memory = memoryJournal(records);
  const waiting: (readonly JournalChange[])[] = [];
  return {
    ...memory,
    room: "enough",
    records,
    hasRoom() {
      return this.room === "enough";
    },
    async append(changes) {
      waiting.push(changes);
      if (this.room === "none") throw new NoRoomError();
      for (const one of waiting.splice(0)) await memory.append(one);
    },
  };
}
