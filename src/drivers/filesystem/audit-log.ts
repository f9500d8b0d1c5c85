import { mkdir, open, readdir, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { AuditLog, AuditPage, AuditQuery, AuditRecord } from "../../ports/audit-log.ts";
import type { Clock } from "../../ports/clock.ts";
import { auditFileDay, auditFileName, findInFiles } from "./audit-files.ts";

export interface AuditLogOptions {
  /** Made where it is absent. */
  readonly directory: string;
  readonly clock: Clock;
  /** Files whose day is longer ago are removed. */
  readonly days: number;
  /** The oldest files are removed while all together are larger. */
  readonly largestTotal: number;
  /** A file that is larger is followed by another. 64 MiB, or an eighth of all where that is less: the oldest eighth goes, not everything. */
  readonly largestFile?: number;
  /** Told once when records cannot be written, and again with their number when some had to be let go of. */
  readonly failed: (cause: unknown, lost: number) => void;
}

const LARGEST_FILE = 64 * 1024 * 1024;
/** A crash of the process loses the records of this time at most. */
const FLUSH_MS = 100;
/** Written before its time once so much has gathered. */
const BATCH_BYTES = 256 * 1024;
/** More than this is not kept in memory for a disk that does not take it. */
const MOST_PENDING_BYTES = 8 * 1024 * 1024;
const RETRY_MS = 1000;
const DAY_MS = 86_400_000;

/** Records as JSON lines, in files by day and size, which only their owner may read. `docs/decisions/0010-audit.md` tells why so. */
export function filesystemAuditLog(options: AuditLogOptions): AuditLog {
  const { directory, clock, failed } = options;
  const largestFile = options.largestFile ?? Math.min(LARGEST_FILE, options.largestTotal / 8);
  let pending: string[] = [];
  let pendingBytes = 0;
  let lost = 0;
  let failing = false;
  let closed = false;
  let due: Disposable | undefined;
  let file: { readonly name: string; readonly handle: FileHandle; size: number } | undefined;
  let last: Promise<void> = Promise.resolve();

  function append(record: AuditRecord): void {
    const line = `${JSON.stringify(record)}\n`;
    if (closed || pendingBytes + line.length > MOST_PENDING_BYTES) {
      lost += 1;
      return;
    }
    pending.push(line);
    pendingBytes += line.length;
    if (pendingBytes >= BATCH_BYTES && !failing) void flush();
    else due ??= clock.after(failing ? RETRY_MS : FLUSH_MS, () => void flush());
  }

  function flush(): Promise<void> {
    due?.[Symbol.dispose]();
    due = undefined;
    last = last.then(write);
    return last;
  }

  /** One batch after the other. Never rejects: what could not be written stays for the next time. */
  async function write(): Promise<void> {
    if (pending.length === 0) return;
    const batch = pending;
    const bytes = pendingBytes;
    pending = [];
    pendingBytes = 0;
    try {
      const text = Buffer.from(batch.join(""));
      const current = await fileFor(text.length);
      await current.handle.appendFile(text);
      current.size += text.length;
      if (lost > 0) failed(new Error("audit records were lost while the disk did not take them"), lost);
      lost = 0;
      failing = false;
    } catch (cause) {
      pending = [...batch, ...pending];
      pendingBytes += bytes;
      if (!failing) failed(cause, 0);
      failing = true;
      // What was begun is finished with a line end when the file is opened again.
      await leave().catch(() => undefined);
      if (!closed) due ??= clock.after(RETRY_MS, () => void flush());
    }
  }

  async function fileFor(bytes: number): Promise<NonNullable<typeof file>> {
    const day = new Date(clock.now()).toISOString().slice(0, 10);
    if (file && auditFileDay(file.name) === day && (file.size === 0 || file.size + bytes <= largestFile)) return file;
    const before = file?.name;
    await leave();
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await removeOld();
    const names = (await readdir(directory)).filter((name) => auditFileDay(name) === day).sort();
    const latest = names.at(-1);
    const name = latest === undefined || latest === before ? auditFileName(day, names.length === 0 ? undefined : latest) : latest;
    const handle = await open(join(directory, name), "a+", 0o600);
    try {
      await handle.chmod(0o600);
      file = { name, handle, size: await endLine(handle) };
    } catch (cause) {
      await handle.close();
      throw cause;
    }
    return file;
  }

  async function leave(): Promise<void> {
    const left = file;
    file = undefined;
    if (!left) return;
    try {
      await left.handle.sync();
    } finally {
      await left.handle.close();
    }
  }

  async function removeOld(): Promise<void> {
    const names = (await readdir(directory)).filter((name) => auditFileDay(name) !== undefined).sort();
    const oldest = new Date(clock.now() - options.days * DAY_MS).toISOString().slice(0, 10);
    let total = 0;
    for (const name of names.reverse()) {
      total += (await stat(join(directory, name))).size;
      if (total > options.largestTotal || (auditFileDay(name) ?? "") < oldest) await rm(join(directory, name), { force: true });
    }
  }

  return {
    append,
    flush,
    async find(query: AuditQuery): Promise<AuditPage> {
      await flush();
      return findInFiles(directory, query);
    },
    async close() {
      await flush();
      closed = true;
      due?.[Symbol.dispose]();
      if (pending.length + lost > 0) failed(new Error("audit records could not be written before the end"), pending.length + lost);
      await leave();
    },
  };
}

/** Ends the line that a crash has cut, so that what follows is whole. Gives the size. */
async function endLine(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  if (size === 0) return 0;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer[0] === NEW_LINE) return size;
  await handle.appendFile("\n");
  return size + 1;
}

const NEW_LINE = 0x0a;
