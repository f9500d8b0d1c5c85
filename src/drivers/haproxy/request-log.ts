import { createReadStream, createWriteStream, type WriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { LoggedEntry, RequestLog, RequestLogPart } from "../../ports/request-log.ts";
import { openOwnFolder } from "../filesystem/own-folder.ts";
import { REQUEST_LOG_SOCKET } from "./render-request-log.ts";
import { readLogLine } from "./log-line.ts";

export interface RequestLogOptions {
  /** The folder in which HAProxy runs. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger?: Logger;
  /** Bytes of all that waits together; what comes beyond is dropped, and told. */
  readonly most?: number;
}

/** So begin the names of files that are written, or were when a control plane ended; those of parts are the times at which they were closed. */
const OPEN = "open-";
/** What an earlier version wrote. */
const FORMER_OPEN = "current";
const MOST = 1024 * 1024 * 1024;
/** Bytes that Node reads at once where there are as many. */
const CHUNK = 64 * 1024;
/**
 * Milliseconds between two looks at what came. The socket and HAProxy's ring keep it meanwhile; where the socket was full (`FULL`, what Linux lets wait in one),
 * the ring may hold more than it can for long, so that the next look comes sooner.
 */
const REST_MS = 100;
const SHORT_REST_MS = 2;
const FULL = 128 * 1024;
/** Milliseconds within which HAProxy notices that we end. */
const PATIENCE_MS = 1000;
/** Requests that are read at a time. */
const SLICE = 200;

/**
 * Takes what HAProxy writes of requests into files as it comes, unread: a request costs the copying of its line. Lines are in the operating system's hands
 * at once, not on the disk; each connection is one worker's. Lost is what a worker has not sent when it ends, and what its ring could not keep meanwhile.
 */
export async function requestLog(options: RequestLogOptions): Promise<RequestLog> {
  const folder = await openOwnFolder(options.directory);
  const log = new FiledRequestLog(options, folder.path);
  await log.open();
  return {
    parts: () => log.parts(),
    async [Symbol.asyncDispose]() {
      await log.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

class FiledRequestLog {
  readonly #options: RequestLogOptions;
  readonly #files: string;
  readonly #socket: string;
  readonly #server = createServer((connection) => this.#take(connection));
  readonly #connections = new Set<Socket>();
  #current: { readonly stream: WriteStream; readonly name: string } | undefined;
  #opened = 0;
  #lastPart = 0;
  #waiting = 0;
  #dropped = 0;
  #isClosing = false;

  constructor(options: RequestLogOptions, folder: string) {
    this.#options = options;
    this.#files = `${folder}/requests`;
    this.#socket = `${folder}/${REQUEST_LOG_SOCKET}`;
  }

  async open(): Promise<void> {
    await mkdir(this.#files, { recursive: true, mode: 0o700 });
    const names = await readdir(this.#files);
    this.#lastPart = Math.max(0, ...names.filter((name) => /^\d+$/.test(name)).map(Number));
    // Of a control plane that ended without closing it.
    for (const name of names) if (name.startsWith(OPEN) || name === FORMER_OPEN) await this.#makePart(name);
    await rm(this.#socket, { force: true });
    this.#server.listen(this.#socket);
    await once(this.#server, "listening");
  }

  /** What HAProxy has sent already is read: it would not send it again. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#server.close();
    const late = this.#options.clock.after(PATIENCE_MS, () => this.#connections.forEach((connection) => connection.destroy()));
    await Promise.all(
      [...this.#connections].map((connection) => {
        const closed = once(connection, "close");
        connection.end();
        connection.resume();
        return closed;
      }),
    );
    late[Symbol.dispose]();
    await this.#endCurrent();
  }

  async parts(): Promise<readonly RequestLogPart[]> {
    await this.#closeCurrent();
    if (this.#dropped > 0)
      this.#options.logger?.warn("lines of access logs were dropped: too much waits for delivery", { bytes: this.#dropped });
    this.#dropped = 0;
    const names = (await readdir(this.#files)).filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b));
    const sizes = await Promise.all(names.map(async (name) => (await stat(`${this.#files}/${name}`)).size));
    this.#waiting = sizes.reduce((sum, size) => sum + size, 0);
    return names.map((name) => ({
      name,
      closedAt: Number(name),
      read: () => read(`${this.#files}/${name}`),
      remove: () => rm(`${this.#files}/${name}`),
    }));
  }

  #take(connection: Socket): void {
    this.#connections.add(connection);
    connection.on("close", () => this.#connections.delete(connection));
    // A worker that ends closes its connection, however it ends.
    connection.on("error", () => undefined);
    // A line is written whole: those of several workers would mix otherwise.
    let rest: Buffer = Buffer.alloc(0);
    let sinceRest = 0;
    connection.on("data", (some: Buffer) => {
      sinceRest += some.length;
      if (some.length < CHUNK) {
        this.#rest(connection, sinceRest < FULL ? REST_MS : SHORT_REST_MS);
        sinceRest = 0;
      }
      const end = some.lastIndexOf("\n") + 1;
      if (end === 0) return void (rest = Buffer.concat([rest, some]));
      this.#write(rest.length === 0 ? some.subarray(0, end) : Buffer.concat([rest, some.subarray(0, end)]), connection);
      rest = Buffer.from(some.subarray(end));
    });
  }

  /** Read as they come, lines would come one by one, which costs more than the request: what came meanwhile is read together. */
  #rest(connection: Socket, milliseconds: number): void {
    if (this.#isClosing) return;
    connection.pause();
    this.#options.clock.after(milliseconds, () => connection.resume());
  }

  #write(lines: Buffer, from: Socket): void {
    if (this.#waiting + lines.length > (this.#options.most ?? MOST)) return void (this.#dropped += lines.length);
    this.#waiting += lines.length;
    this.#current ??= this.#openFile();
    const { stream } = this.#current;
    if (stream.write(lines)) return;
    // The disk is slower than the requests: HAProxy's ring waits.
    from.pause();
    stream.once("drain", () => from.resume());
  }

  /** Each file has a name of its own: one that is being closed is not written any more, whatever comes meanwhile. */
  #openFile(): { readonly stream: WriteStream; readonly name: string } {
    const name = `${OPEN}${(this.#opened += 1)}`;
    const stream = createWriteStream(`${this.#files}/${name}`, { flags: "a", mode: 0o600 }).on("error", (error) => {
      this.#options.logger?.error("lines of access logs are lost", { error: String(error) });
      if (this.#current?.stream === stream) this.#current = undefined;
    });
    return { stream, name };
  }

  async #closeCurrent(): Promise<void> {
    const name = await this.#endCurrent();
    if (name !== undefined) await this.#makePart(name);
  }

  async #makePart(name: string): Promise<void> {
    this.#lastPart = Math.max(this.#lastPart + 1, this.#options.clock.now());
    await rename(`${this.#files}/${name}`, `${this.#files}/${this.#lastPart}`);
  }

  /** Returns the name of the file that was written, where one was. */
  async #endCurrent(): Promise<string | undefined> {
    const current = this.#current;
    this.#current = undefined;
    if (!current) return undefined;
    current.stream.end();
    await once(current.stream, "close");
    // Whoever waited for it to drain.
    for (const connection of this.#connections) connection.resume();
    return current.name;
  }
}

async function* read(path: string): AsyncIterable<readonly LoggedEntry[]> {
  let slice: LoggedEntry[] = [];
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    slice.push(...readLogLine(line));
    if (slice.length < SLICE) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}
