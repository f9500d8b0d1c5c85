import type { Readable } from "node:stream";

/** One line that a container printed. `ns` is the engine's time stamp: nanoseconds since the Unix epoch. */
export interface LogLine {
  readonly source: "stdout" | "stderr";
  readonly ns: bigint;
  readonly message: string;
}

/** The engine hands on a longer line in pieces of this size, each with a time stamp of its own, only the last with a line feed. */
const PIECE = 16 * 1024;
/** Bytes in UTF-8. CloudWatch Logs takes no larger event; what is longer arrives as several. */
export const LONGEST_EVENT = 256 * 1024 - 26;
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

export interface LineSettings {
  /** Whether the answer is that of a terminal, without frames. */
  readonly terminal: boolean;
  /**
   * Whether what stands at the end without a line feed is a line. Not so where the engine follows: it may end in the middle of what was
   * printed, and the rest is read after it.
   */
  readonly whole: boolean;
}

/**
 * Joins frames to lines. A line takes the time stamp of its last piece, so that a resumption after it never splits a line. One that is longer than an
 * event may be arrives as several, cut between characters; bytes that are no UTF-8 become U+FFFD, as the awslogs driver has it.
 */
export async function* logLines(stream: Readable, { terminal, whole }: LineSettings): AsyncGenerator<LogLine> {
  const open = { stdout: new OpenLine("stdout", terminal), stderr: new OpenLine("stderr", terminal) };
  for await (const { source, payload } of terminal ? terminalFrames(stream) : frames(stream)) {
    const stamp = payload.indexOf(0x20);
    if (stamp < 0) continue;
    const ended = payload.at(-1) === 0x0a;
    const line = open[source];
    line.add(payload.subarray(stamp + 1, ended ? -1 : undefined), nanoseconds(payload.toString("latin1", 0, stamp)));
    if (ended) yield* line.end();
    else if (line.size > LONGEST_EVENT) yield* line.begin();
  }
  if (whole) for (const line of Object.values(open)) if (line.size > 0) yield* line.end();
}

/** The pieces of a line that has no end yet. */
class OpenLine {
  readonly #source: LogLine["source"];
  readonly #terminal: boolean;
  #pieces: Buffer[] = [];
  #ns = 0n;
  size = 0;

  constructor(source: LogLine["source"], terminal: boolean) {
    this.#source = source;
    this.#terminal = terminal;
  }

  add(content: Buffer, ns: bigint): void {
    // A copy: it is a view of a larger chunk that must not be kept alive.
    this.#pieces.push(Buffer.from(content));
    this.size += content.length;
    this.#ns = ns;
  }

  *end(): Generator<LogLine> {
    const text = this.#take(0).toString("utf8");
    yield* this.#lines(this.#terminal && text.endsWith("\r") ? text.slice(0, -1) : text);
  }

  /** What of it is certain, where it is too long to wait for its end. The bytes of a character that is not whole stay. */
  *begin(): Generator<LogLine> {
    const last = this.#pieces.at(-1);
    yield* this.#lines(this.#take(last ? unfinished(last) : 0).toString("utf8"));
  }

  #take(left: number): Buffer {
    const all = Buffer.concat(this.#pieces);
    const rest = all.subarray(all.length - left);
    this.#pieces = left > 0 ? [Buffer.from(rest)] : [];
    this.size = left;
    return all.subarray(0, all.length - left);
  }

  *#lines(text: string): Generator<LogLine> {
    for (const message of parts(text)) yield { source: this.#source, ns: this.#ns, message };
  }
}

/** How many bytes at the end begin a character of UTF-8 that goes on after them. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

const encoder = new TextEncoder();

/** A text in parts that fit an event, cut between characters. */
function* parts(text: string): Generator<string> {
  // A character of a string is at most three bytes.
  if (text.length * 3 <= LONGEST_EVENT || Buffer.byteLength(text) <= LONGEST_EVENT) {
    yield text;
    return;
  }
  const room = new Uint8Array(LONGEST_EVENT);
  for (let at = 0; at < text.length;) {
    const { read } = encoder.encodeInto(text.slice(at, at + LONGEST_EVENT), room);
    yield text.slice(at, at + read);
    at += read;
  }
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
   * What the engine's `since` takes: some seconds before the last line, since the engine may have written the two streams slightly out of order, and
   * `advance` tells what was delivered.
   */
  since(margin: bigint): string {
    const last = this.#at.stdout.ns > this.#at.stderr.ns ? this.#at.stdout.ns : this.#at.stderr.ns;
    const seconds = last / 1_000_000_000n - margin;
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
