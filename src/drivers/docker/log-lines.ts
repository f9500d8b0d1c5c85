import type { Readable } from "node:stream";

/** One line that a container printed. `ns` is the engine's time stamp: nanoseconds since the Unix epoch. */
export interface LogLine {
  readonly source: "stdout" | "stderr";
  readonly ns: bigint;
  readonly message: string;
}

/** The engine hands on a longer line in pieces of this size, each with a time stamp of its own, only the last with a line feed. */
const PIECE = 16 * 1024;
/** CloudWatch Logs takes no larger event; what is longer arrives as several lines. */
const LONGEST_LINE = 256 * 1024 - 26;
const HEADER = 8;
/** Multiplexed streams begin each frame with the number of the stream, three zeros and the length. */
const STDERR = 2;

/** Cuts an engine's multiplexed answer (a container without a terminal) into frames: the payloads of single writes. */
export async function* frames(stream: Readable): AsyncGenerator<{ readonly source: "stdout" | "stderr"; readonly payload: Buffer }> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= HEADER) {
      const length = rest.readUInt32BE(at + 4);
      if (rest.length - at - HEADER < length) break;
      yield { source: rest[at] === STDERR ? "stderr" : "stdout", payload: rest.subarray(at + HEADER, at + HEADER + length) };
      at += HEADER + length;
    }
    rest = rest.subarray(at);
  }
}

/** Cuts the raw answer of a container with a terminal into what would be frames, at line feeds and at full pieces. */
export async function* terminalFrames(stream: Readable): AsyncGenerator<{ readonly source: "stdout"; readonly payload: Buffer }> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const stamp = rest.indexOf(0x20) + 1;
      if (stamp === 0) break;
      const feed = rest.indexOf(0x0a);
      const full = stamp + PIECE;
      let end: number;
      if (feed >= 0 && feed < full) end = feed + 1;
      else if (rest.length > full) end = full + (rest[full] === 0x0a ? 1 : 0);
      else break;
      yield { source: "stdout", payload: rest.subarray(0, end) };
      rest = rest.subarray(end);
    }
  }
  if (rest.length > 0) yield { source: "stdout", payload: rest };
}

/** Joins frames to lines. A line takes the time stamp of its last piece, so that a resumption after it never splits a line. */
export async function* logLines(stream: Readable, terminal: boolean): AsyncGenerator<LogLine> {
  const open = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const size = { stdout: 0, stderr: 0 };
  const last = { stdout: 0n, stderr: 0n };
  const take = (source: "stdout" | "stderr"): LogLine => {
    const text = Buffer.concat(open[source]).toString("utf8");
    open[source] = [];
    size[source] = 0;
    return { source, ns: last[source], message: terminal && text.endsWith("\r") ? text.slice(0, -1) : text };
  };
  for await (const { source, payload } of terminal ? terminalFrames(stream) : frames(stream)) {
    const stamp = payload.indexOf(0x20);
    if (stamp < 0) continue;
    last[source] = nanoseconds(payload.toString("latin1", 0, stamp));
    const ended = payload.at(-1) === 0x0a;
    const content = payload.subarray(stamp + 1, ended ? -1 : undefined);
    if (size[source] + content.length > LONGEST_LINE && size[source] > 0) yield take(source);
    // A copy: the payload is a view of a larger chunk that must not be kept alive.
    open[source].push(ended && open[source].length === 0 ? content : Buffer.from(content));
    size[source] += content.length;
    if (ended) yield take(source);
  }
  for (const source of ["stdout", "stderr"] as const) if (open[source].length > 0) yield take(source);
}

/** Nanoseconds since the Unix epoch, from RFC 3339 with up to nine fractional digits, always UTC as the engine writes it. */
export function nanoseconds(text: string): bigint {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text);
  if (!match) return 0n;
  return BigInt(Date.parse(`${match[1]}Z`)) * 1_000_000n + BigInt((match[2] ?? "").padEnd(9, "0"));
}

/** How far the two streams of a container have been delivered: nanoseconds, and how many lines with just that time stamp. */
export class LogPosition {
  readonly #at = { stdout: { ns: 0n, count: 0 }, stderr: { ns: 0n, count: 0 } };
  readonly #skip: { readonly stdout: { ns: bigint; count: number }; readonly stderr: { ns: bigint; count: number } };

  /** `text` as `toString` gave it; anything else is the beginning. */
  constructor(text: string | undefined) {
    const match = /^(\d+)\.(\d+)-(\d+)\.(\d+)$/.exec(text ?? "");
    if (match) {
      this.#at.stdout = { ns: BigInt(match[1]!), count: Number(match[2]) };
      this.#at.stderr = { ns: BigInt(match[3]!), count: Number(match[4]) };
    }
    this.#skip = { stdout: { ...this.#at.stdout }, stderr: { ...this.#at.stderr } };
  }

  /**
   * What the engine's `since` takes. A minute before the last line: the engine may have written the two streams slightly out of
   * order, and `advance` tells what was delivered.
   */
  get since(): string {
    const last = this.#at.stdout.ns > this.#at.stderr.ns ? this.#at.stdout.ns : this.#at.stderr.ns;
    const seconds = last / 1_000_000_000n - 60n;
    return String(seconds > 0n ? seconds : 0n);
  }

  /** Notes a line; false where it was delivered before. Each stream comes in the order of its own time stamps. */
  advance({ source, ns }: LogLine): boolean {
    const skip = this.#skip[source];
    if (ns < skip.ns) return false;
    if (ns === skip.ns && skip.count > 0) {
      skip.count -= 1;
      return false;
    }
    const at = this.#at[source];
    if (at.ns === ns) at.count += 1;
    else this.#at[source] = { ns, count: 1 };
    return true;
  }

  toString(): string {
    return `${this.#at.stdout.ns}.${this.#at.stdout.count}-${this.#at.stderr.ns}.${this.#at.stderr.count}`;
  }
}
