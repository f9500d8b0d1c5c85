import { errorText } from "../../domain/error-text.ts";
import type { Readable } from "node:stream";
import type { Clock } from "../../ports/clock.ts";
import { EngineUnavailableError, type DockerEngine } from "./engine.ts";
import { nanoseconds } from "./log-lines.ts";

/** What the engine tells of a container of ours. */
export interface EngineEvent {
  readonly kind: "start" | "die" | "oom" | "destroy" | "health";
  readonly containerId: string;
  /** The container's labels, and what the engine adds: `exitCode`, `name`, `image`. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly health?: "healthy" | "unhealthy" | "starting";
}

export interface EventWatch {
  /** Resolves while the engine answers at once, else when it does again and what was missed has been looked up. */
  connected(): Promise<void>;
  /** Grows with every reconnection. */
  generation(): number;
  close(): void;
}

/** As the engine writes it. */
export interface EventMessage {
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly timeNano: number;
  readonly time: number;
}

const KINDS: Readonly<Record<string, EngineEvent["kind"]>> = { start: "start", die: "die", oom: "oom", destroy: "destroy" };
const LONGEST_PAUSE = 2_000;
/** How often the engine is asked whether it is there. A stream of events that is silent looks like one of an engine that hangs: there is no event for it. */
const PING_EVERY = 10_000;

export interface EventWatchParts {
  readonly engine: DockerEngine;
  readonly clock: Clock;
  readonly resync: () => Promise<void>;
  readonly warn: (message: string) => void;
  /** Hears that the engine does not answer, and why; then, with `undefined`, that it does again. */
  readonly away?: (why: string | undefined) => void;
}

/** Watches the events of containers that carry `label`. */
export function watchEvents(
  parts: EventWatchParts & { readonly label: string; readonly onEvent: (event: EngineEvent) => void },
): Promise<EventWatch> {
  const onMessage = (message: EventMessage): void => {
    const event = parse(message);
    if (event) parts.onEvent(event);
  };
  return watchMessages({ ...parts, filters: { type: ["container"], label: [parts.label] }, onMessage });
}

/**
 * Watches the events that pass `filters`. After each reconnection `resync` runs before any event of the new
 * connection is told, so that nothing that happened in between is missed. An engine that is away, or that takes calls and answers none, is tried
 * again, with growing pauses up to two seconds: there is no event for its return.
 */
export async function watchMessages(
  parts: EventWatchParts & {
    readonly filters: Readonly<Record<string, readonly string[]>>;
    readonly onMessage: (message: EventMessage) => void;
  },
): Promise<EventWatch> {
  const { engine, clock, filters, onMessage, resync, warn, away = () => undefined } = parts;
  const abort = new AbortController();
  let reopen: () => void = () => undefined;
  let connected: Promise<void> = Promise.resolve();
  const query = { filters: JSON.stringify(filters) };

  let generation = 0;
  const open = (): Promise<Readable> => engine.stream("GET", "/events", { query, signal: abort.signal });

  /** Tells the events of one connection; returns when it ends, however it ends. */
  const tell = async (stream: Readable): Promise<void> => {
    using _asking = keepAsking(engine, clock, (cause) => stream.destroy(cause));
    try {
      for await (const line of textLines(stream)) if (line.trim() !== "") onMessage(JSON.parse(line) as EventMessage);
    } catch (error) {
      if (abort.signal.aborted) return;
      warn(`the Docker engine's event stream broke: ${String(error)}`);
      if (error instanceof EngineUnavailableError) away(error.message);
    }
  };

  const reconnect = async (): Promise<Readable | undefined> => {
    for (let pause = 50; !abort.signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      let stream: Readable | undefined;
      try {
        // First the stream, then the list: what happens between the two is told by both, and nothing by neither.
        stream = await open();
        await resync();
        return stream;
      } catch (error) {
        stream?.destroy();
        if (!abort.signal.aborted) {
          if (!(error instanceof EngineUnavailableError)) warn(`the Docker engine does not tell what it runs: ${String(error)}`);
          away(errorText(error));
        }
        await new Promise<void>((resolve) => clock.after(pause, resolve));
      }
    }
    return undefined;
  };

  let stream: Readable | undefined = await open();
  void (async () => {
    while (stream) {
      await tell(stream);
      if (abort.signal.aborted) return;
      warn("the Docker engine's event stream ended; connecting again");
      generation += 1;
      connected = new Promise((resolve) => (reopen = resolve));
      stream = await reconnect();
      if (stream) away(undefined);
      reopen();
    }
  })();

  return {
    connected: () => connected,
    generation: () => generation,
    close() {
      abort.abort();
      reopen();
    },
  };
}

/** Asks the engine again and again whether it is there, until it is not, or the asking is disposed of. */
function keepAsking(engine: DockerEngine, clock: Clock, gone: (cause: EngineUnavailableError) => void): Disposable {
  let over = false;
  let next: Disposable;
  const ask = (): void => {
    engine.ping().then(
      () => {
        if (!over) next = clock.after(PING_EVERY, ask);
      },
      (cause: unknown) => {
        if (!over) gone(cause as EngineUnavailableError);
      },
    );
  };
  next = clock.after(PING_EVERY, ask);
  return {
    [Symbol.dispose]() {
      over = true;
      next[Symbol.dispose]();
    },
  };
}

async function* textLines(stream: Readable): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

function parse(message: EventMessage): EngineEvent | undefined {
  const [action, detail] = message.Action.split(": ");
  const told = {
    containerId: message.Actor.ID,
    attributes: message.Actor.Attributes,
    at: message.timeNano > 0 ? Math.floor(message.timeNano / 1e6) : message.time * 1000,
  };
  if (action === "health_status")
    return { ...told, kind: "health", health: detail === "healthy" || detail === "unhealthy" ? detail : "starting" };
  const kind = KINDS[action ?? ""];
  return kind && { ...told, kind };
}

/** Milliseconds since the epoch of a time as `inspect` gives it; `undefined` for the engine's zero time. */
export function engineTime(text: string): number | undefined {
  const ns = nanoseconds(text);
  return ns > 0n ? Number(ns / 1_000_000n) : undefined;
}
