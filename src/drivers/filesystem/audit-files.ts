import { open, readdir, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { AuditPage, AuditQuery, AuditRecord } from "../../ports/audit-log.ts";

/** `2026-01-31.00001.jsonl`: in the order of their names, files are in the order of time. */
const NAME = /^(\d{4}-\d{2}-\d{2})\.(\d{5,})\.jsonl$/;

/** The day of a file of records, in UTC; `undefined` for another file. */
export function auditFileDay(name: string): string | undefined {
  return NAME.exec(name)?.[1];
}

/** The name of the file that follows another of the same day. */
export function auditFileName(day: string, before?: string): string {
  const number = before === undefined ? 0 : Number(NAME.exec(before)?.[2] ?? 0);
  return `${day}.${String(number + 1).padStart(5, "0")}.jsonl`;
}

/** A search reads so much and then lets the caller come again: nobody waits, or holds memory, for all that there is. */
const MOST_READ = 32 * 1024 * 1024;
const CHUNK = 256 * 1024;
const DAY_MS = 86_400_000;

/** Reads files backward, from the latest record on. */
export async function findInFiles(directory: string, query: AuditQuery, mostRead = MOST_READ): Promise<AuditPage> {
  const names = (await filesIn(directory)).sort().reverse();
  const after = query.after === undefined ? undefined : readPosition(query.after);
  const needles = query.holding.map((text) => Buffer.from(text));
  const records: AuditRecord[] = [];
  const positions: string[] = [];
  let read = 0;
  for (const name of names) {
    if (after && name > after.name) continue;
    if (!mayHold(name, query)) continue;
    await using handle = disposable(await open(join(directory, name), "r").catch(absent));
    // Removed meanwhile because of its age.
    if (!handle.file) continue;
    const { size } = await handle.file.stat();
    const end = after?.name === name ? Math.min(after.offset, size) : size;
    for await (const { line, start, chunk } of linesBackward(handle.file, end)) {
      read += chunk;
      const record = needles.every((needle) => line.includes(needle)) ? parsed(line) : undefined;
      if (record && isWithin(record, query) && query.wanted(record)) {
        records.push(record);
        positions.push(`${name}:${start}`);
      }
      if (records.length >= query.limit || read >= mostRead) return { records, positions, next: `${name}:${start}` };
    }
  }
  return { records, positions };
}

async function filesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((cause: unknown) => absent(cause) ?? []);
  return names.filter((name) => auditFileDay(name) !== undefined);
}

/** A record is written after its event, and no request takes a day. */
function mayHold(name: string, { from, until }: AuditQuery): boolean {
  const day = Date.parse(auditFileDay(name) ?? "");
  return (from === undefined || day + DAY_MS > from) && (until === undefined || day - DAY_MS <= until);
}

function isWithin({ eventTime }: AuditRecord, { from, until }: AuditQuery): boolean {
  const at = Date.parse(eventTime);
  return (from === undefined || at >= from) && (until === undefined || at <= until);
}

function readPosition(position: string): { readonly name: string; readonly offset: number } {
  const [, name = "", offset] = /^([^:]+):(\d+)$/.exec(position) ?? [];
  if (auditFileDay(name) === undefined) throw new RangeError(`${position} is no position in the audit log`);
  return { name, offset: Number(offset) };
}

interface Line {
  readonly line: Buffer;
  /** Where in the file it begins. */
  readonly start: number;
  /** Bytes that had to be read for it. */
  readonly chunk: number;
}

/** The lines before `end`, the last one first. */
async function* linesBackward(file: FileHandle, end: number): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0);
  let at = end;
  while (at > 0) {
    const size = Math.min(CHUNK, at);
    at -= size;
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(size), 0, size, at);
    const text = Buffer.concat([buffer.subarray(0, bytesRead), rest]);
    // What comes before the first line end belongs to a line that begins further ahead in the file.
    const first = at === 0 ? 0 : text.indexOf(NEW_LINE) + 1;
    let chunk = size;
    for (let stop = first === 0 && at > 0 ? 0 : text.length; stop > first;) {
      const start = Math.max(first, stop < 2 ? 0 : text.lastIndexOf(NEW_LINE, stop - 2) + 1);
      yield { line: text.subarray(start, stop), start: at + start, chunk };
      chunk = 0;
      stop = start;
    }
    rest = at === 0 || first > 0 ? text.subarray(0, first) : text;
  }
}

const NEW_LINE = 0x0a;

/** `undefined` for an empty line, and for one that a crash has cut. */
function parsed(line: Buffer): AuditRecord | undefined {
  try {
    return JSON.parse(line.toString()) as AuditRecord;
  } catch {
    return undefined;
  }
}

function absent(cause: unknown): undefined {
  if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
  return undefined;
}

function disposable(file: FileHandle | undefined): AsyncDisposable & { readonly file: FileHandle | undefined } {
  return { file, [Symbol.asyncDispose]: async () => file?.close() };
}
