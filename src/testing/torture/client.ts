import { createHash } from "node:crypto";
import { Agent, request, type IncomingHttpHeaders } from "node:http";
import { authorization } from "./installation.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Requests to one life of the registry. Rejects where the connection breaks. */
export class RegistryClient implements Disposable {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #authorization = authorization(Date.now());
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  send(method: string, path: string, body?: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          port: this.#port,
          host: "127.0.0.1",
          agent: this.#agent,
          method,
          path,
          headers: { authorization: this.#authorization, ...(body ? { "content-length": body.length } : {}), ...headers },
        },
        (response) => {
          const pieces: Buffer[] = [];
          response.on("data", (piece: Buffer) => pieces.push(piece));
          response.once("error", reject);
          response.once("close", () => {
            if (response.complete) resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) });
            else reject(new Error("the answer was cut off"));
          });
        },
      );
      sent.once("error", reject);
      sent.end(body);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
