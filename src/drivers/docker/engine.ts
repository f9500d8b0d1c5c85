import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { Clock } from "../../ports/clock.ts";
import { systemClock } from "../system/clock.ts";
import { deadlineOf } from "./deadlines.ts";

/** The engine's answer to a call that it refused. `message` is the engine's own text. */
export class EngineError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = "EngineError";
    this.status = status;
  }
}

/** The engine could not be reached, or went away in the middle of a call. Whether the call had its effect is not known. */
export class EngineUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EngineUnavailableError";
  }
}

/** The engine took a call and did not answer it in time: it hangs, or is far too busy. Whether the call had its effect is not known. */
export class EngineTimeoutError extends EngineUnavailableError {
  constructor(method: string, path: string, ms: number) {
    super(`the Docker engine did not answer ${method} ${path} within ${ms / 1000} seconds`);
    this.name = "EngineTimeoutError";
  }
}

export interface EngineCall {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON; bytes are sent as a tar archive. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A client of one Docker engine. Every call rejects with `EngineError` or `EngineUnavailableError`, and none waits for ever: `deadlines.ts`. */
export interface DockerEngine {
  readonly socketPath: string;
  /** Rejects with `EngineUnavailableError` where the engine is away, or hangs. */
  ping(): Promise<void>;
  /** The version of the API that both sides speak, such as `1.41`. */
  apiVersion(): Promise<string>;
  /** The decoded answer; `undefined` where it has no body. */
  call<T>(method: "GET" | "POST" | "DELETE" | "HEAD", path: string, call?: EngineCall): Promise<T>;
  /** Answers that go on: events, logs, pulls. Abort the signal, or destroy the stream, to end it. */
  stream(method: "GET" | "POST", path: string, call?: EngineCall): Promise<Readable>;
  /** Lets go of idle connections. */
  close(): void;
}

/** The newest version of the API that this client was written against, and the oldest that has what it needs. */
const NEWEST = [1, 47] as const;
const OLDEST = [1, 40] as const;

export interface EngineOptions {
  readonly socketPath: string;
  readonly clock?: Clock;
  /** Hears of calls that the engine did not answer in time, besides who made them. */
  readonly timedOut?: (error: EngineTimeoutError) => void;
}

/** A client of the engine that listens on a Unix socket. Connects at the first call. */
export function dockerEngine({ socketPath, clock = systemClock, timedOut = () => undefined }: EngineOptions): DockerEngine {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
  let negotiated: Promise<string> | undefined;

  const apiVersion = (): Promise<string> => {
    negotiated ??= negotiate().catch((error: unknown) => {
      negotiated = undefined;
      throw error;
    });
    return negotiated;
  };

  async function negotiate(): Promise<string> {
    const { headers } = await ping();
    const offered = String(headers["api-version"] ?? "");
    const [major = 0, minor = 0] = offered.split(".").map(Number);
    if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
      throw new EngineUnavailableError(
        `the Docker engine speaks API ${offered || "of an unknown version"}; ${OLDEST.join(".")} or later is needed`,
      );
    }
    return major > NEWEST[0] || minor > NEWEST[1] ? NEWEST.join(".") : `${major}.${minor}`;
  }

  function ping(): Promise<IncomingMessage> {
    return inTime("GET", "/_ping", {}, async (signal) => {
      const response = await send({ socketPath, agent }, "GET", "/_ping", { signal });
      await text(response);
      return response;
    });
  }

  /** Gives a call up when its time is over. What it answered in time is not touched by the signal any more. */
  async function inTime<T>(method: string, path: string, call: EngineCall, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ms = deadlineOf(method, path, call.query);
    const late = new AbortController();
    const timer = ms === undefined ? undefined : clock.after(ms, () => late.abort());
    try {
      return await work(call.signal ? AbortSignal.any([call.signal, late.signal]) : late.signal);
    } catch (error) {
      if (!late.signal.aborted || ms === undefined || error instanceof EngineError) throw error;
      const timeout = new EngineTimeoutError(method, path, ms);
      timedOut(timeout);
      throw timeout;
    } finally {
      timer?.[Symbol.dispose]();
    }
  }

  return {
    socketPath,
    apiVersion,
    async ping() {
      await ping();
    },
    async call<T>(method: string, path: string, call: EngineCall = {}): Promise<T> {
      const version = await apiVersion();
      return await inTime(method, path, call, async (signal) => {
        const response = await send({ socketPath, agent }, method, `/v${version}${path}`, { ...call, signal });
        const body = await text(response);
        refuse(response, body);
        const json = String(response.headers["content-type"] ?? "").includes("json");
        return (body === "" ? undefined : json ? JSON.parse(body) : body) as T;
      });
    },
    async stream(method, path, call = {}) {
      const version = await apiVersion();
      return await inTime(method, path, call, async (signal) => {
        // A connection of its own: one that carries an endless answer must not come from, or go back to, the pool.
        const response = await send({ socketPath, agent: false }, method, `/v${version}${path}`, { ...call, signal });
        if ((response.statusCode ?? 500) >= 400) refuse(response, await text(response));
        return response;
      });
    },
    close: () => agent.destroy(),
  };
}

function send(
  to: { readonly socketPath: string; readonly agent: Agent | false },
  method: string,
  path: string,
  call: EngineCall,
): Promise<IncomingMessage> {
  const payload = call.body === undefined ? undefined : Buffer.isBuffer(call.body) ? call.body : Buffer.from(JSON.stringify(call.body));
  const query = new URLSearchParams(
    Object.entries(call.query ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as [string, string]])),
  ).toString();
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        ...to,
        method,
        path: query === "" ? path : `${path}?${query}`,
        headers: {
          host: "docker",
          ...(payload && {
            "content-type": Buffer.isBuffer(call.body) ? "application/x-tar" : "application/json",
            "content-length": payload.length,
          }),
          ...call.headers,
        },
        ...(call.signal && { signal: call.signal }),
      },
      resolve,
    );
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      // The engine closed a pooled connection while it was idle: the request never reached it.
      const stale = outgoing.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
      if (stale && !call.signal?.aborted) resolve(send(to, method, path, call));
      else
        reject(new EngineUnavailableError(`the Docker engine at ${to.socketPath} cannot be reached: ${error.message}`, { cause: error }));
    });
    outgoing.end(payload);
  });
}

function text(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    response.on("error", (error) =>
      reject(new EngineUnavailableError(`the Docker engine broke off its answer: ${error.message}`, { cause: error })),
    );
  });
}

function refuse(response: IncomingMessage, body: string): void {
  const status = response.statusCode ?? 500;
  if (status < 400) return;
  let message = body.trim();
  try {
    message = (JSON.parse(body) as { message?: string }).message ?? message;
  } catch {
    // Not JSON: the text itself is all that the engine says.
  }
  throw new EngineError(status, message === "" ? `the engine answered ${status}` : message);
}
