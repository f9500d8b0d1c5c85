import { Agent, request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";

export interface RawRequest {
  readonly method: string;
  /** Sent as it is: unlike `fetch`, nothing resolves dots or encodes anything. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Uint8Array | undefined;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** No answer for so long is a hang. */
const HANG_MS = 20_000;

export interface RawClient extends Disposable {
  send(request: RawRequest): Promise<RawAnswer>;
}

/** Speaks to `localhost:<port>` over connections that it keeps. */
export function rawClient(host: string): RawClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  return {
    send: ({ method, path, headers, body }) =>
      new Promise((resolve, reject) => {
        // Node frames the body of a GET or DELETE only where it is told its length.
        const framed = body === undefined ? headers : { ...headers, "content-length": body.length };
        const sent = request(
          { agent, host: "127.0.0.1", port: Number(host.split(":")[1]), method, path, headers: framed, timeout: HANG_MS },
          (answer) => {
            const chunks: Buffer[] = [];
            answer.on("data", (chunk: Buffer) => chunks.push(chunk));
            answer.on("error", reject);
            answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }));
          },
        );
        sent.on("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer within ${HANG_MS} ms`)));
        sent.on("error", reject);
        sent.end(body);
      }),
    [Symbol.dispose]: () => agent.destroy(),
  };
}
