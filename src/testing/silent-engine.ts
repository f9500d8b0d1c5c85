import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Docker engine on a socket of its own that answers as it is told to, and can hang: then it takes calls, and answers none. */
export interface SilentEngine extends AsyncDisposable {
  readonly socketPath: string;
  /** From now on, until `answer`, nothing is answered. */
  hang(): void;
  /** What waits is left unanswered, as by a process that was restarted; what comes from now on is answered. */
  answer(): void;
  /** Resolves with the next request of this method and path, with its query left away, that came since the last look. */
  asked(call: string): Promise<void>;
  readonly calls: readonly string[];
}

/** `answers` says what to do with a request, such as `GET /containers/json`; what is not in it is answered with an empty object. */
export async function silentEngine(
  answers: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {},
): Promise<SilentEngine> {
  const folder = await mkdtemp(join(tmpdir(), "silent-engine-"));
  const socketPath = join(folder, "engine.sock");
  let hangs = false;
  const calls: string[] = [];
  let looked = 0;
  let heard: () => void = () => undefined;
  const listener: RequestListener = (request, response) => {
    const path = new URL(request.url ?? "", "http://engine").pathname.replace(/^\/v\d+\.\d+/, "");
    const call = `${request.method} ${path}`;
    calls.push(call);
    heard();
    if (hangs) return;
    if (path === "/_ping") response.setHeader("api-version", "1.47");
    const own = answers[call];
    if (own) own(request, response);
    else response.setHeader("content-type", "application/json").end("{}");
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    calls,
    hang: () => void (hangs = true),
    answer: () => void (hangs = false),
    async asked(call) {
      for (;;) {
        const at = calls.indexOf(call, looked);
        if (at >= 0) {
          looked = at + 1;
          return;
        }
        await new Promise<void>((resolve) => (heard = resolve));
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}
