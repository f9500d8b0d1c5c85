import { connect, type Socket } from "node:net";
import type { Hash } from "node:crypto";

export interface Sent {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: readonly Uint8Array[];
  /** Takes in the body of the answer, which is thrown away else. */
  readonly hash?: Hash;
  /** Keeps the body of the answer. */
  readonly keep?: boolean;
}

export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body. */
  readonly size: number;
  readonly body: Buffer;
}

const END_OF_HEAD = "\r\n\r\n";

/**
 * One kept-alive HTTP/1.1 connection with one request at a time, and as little work a byte as Node allows: all that comes is read into one
 * buffer. What a load generator needs and no more: answers must tell their length.
 */
export class Connection {
  readonly #host: string;
  readonly #common: Readonly<Record<string, string>>;
  readonly #socket: Socket;
  #waiting: { readonly take: (bytes: Buffer) => void; readonly fail: (cause: Error) => void } | undefined;
  /** Why nothing can be sent any more. */
  #over: Error | undefined;

  private constructor(host: string, common: Readonly<Record<string, string>>) {
    this.#host = host;
    this.#common = common;
    const [hostname = "", port] = host.split(":");
    const buffer = Buffer.allocUnsafeSlow(512 * 1024);
    const callback = (length: number): boolean => {
      this.#waiting?.take(buffer.subarray(0, length));
      return true;
    };
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true, onread: { buffer, callback } });
    const over = (cause: Error): void => {
      this.#over ??= cause;
      this.#waiting?.fail(cause);
    };
    this.#socket.on("error", over);
    this.#socket.on("close", () => over(new Error(`${host} closed the connection`)));
  }

  /** @param common headers of every request */
  static async open(host: string, common: Readonly<Record<string, string>>): Promise<Connection> {
    const connection = new Connection(host, common);
    await new Promise<void>((resolve, reject) => connection.#socket.once("connect", resolve).once("error", reject));
    return connection;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** @throws Error where the connection is over, also if it ended since the last answer */
  async send(sent: Sent): Promise<Received> {
    if (this.#over) throw this.#over;
    const answer = this.#answer(sent);
    const { method, path, body = [] } = sent;
    const length = body.reduce((sum, piece) => sum + piece.length, 0);
    const headers = { host: this.#host, ...this.#common, ...sent.headers, "content-length": String(length) };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    this.#socket.write(`${[`${method} ${path} HTTP/1.1`, ...lines].join("\r\n")}${END_OF_HEAD}`);
    for (const piece of body)
      if (!this.#socket.write(piece)) await Promise.race([new Promise((resolve) => this.#socket.once("drain", resolve)), answer]);
    return answer;
  }

  #answer({ method, hash, keep }: Sent): Promise<Received> {
    return new Promise((resolve, reject) => {
      let head: Buffer | undefined = Buffer.alloc(0);
      let status = 0;
      let headers: Record<string, string> = {};
      let [size, expected] = [0, 0];
      const kept: Buffer[] = [];
      const end = (act: () => void): void => {
        this.#waiting = undefined;
        act();
      };
      const take = (bytes: Buffer): void => {
        let rest = bytes;
        if (head) {
          head = Buffer.concat([head, bytes]);
          const at = head.indexOf(END_OF_HEAD);
          if (at < 0) return;
          ({ status, headers } = readHead(head.toString("latin1", 0, at)));
          rest = head.subarray(at + END_OF_HEAD.length);
          head = undefined;
          const length = headers["content-length"];
          if (length === undefined && method !== "HEAD" && status !== 204) {
            end(() => reject(new Error(`an answer with status ${status} that tells no length`)));
            return;
          }
          expected = method === "HEAD" ? 0 : Number(length ?? 0);
        }
        size += rest.length;
        hash?.update(rest);
        if (keep) kept.push(Buffer.from(rest));
        if (size >= expected) end(() => resolve({ status, headers, size, body: Buffer.concat(kept) }));
      };
      this.#waiting = { take, fail: (cause) => end(() => reject(cause)) };
    });
  }
}

function readHead(text: string): { readonly status: number; readonly headers: Record<string, string> } {
  const [first = "", ...lines] = text.split("\r\n");
  const fields = lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]);
  return { status: Number(first.split(" ")[1]), headers: Object.fromEntries(fields) as Record<string, string> };
}
