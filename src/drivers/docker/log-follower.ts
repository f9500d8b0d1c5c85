import type { Clock } from "../../ports/clock.ts";
import type { ContainerSpec, LogSink } from "../../ports/task-runner.ts";
import { EngineError, EngineUnavailableError, type DockerEngine } from "./engine.ts";
import type { EventWatch } from "./events.ts";
import { type LogLine, logLines, LogPosition } from "./log-lines.ts";

type LogDestination = NonNullable<ContainerSpec["log"]>;

export interface LogFollowing {
  /** Resolves when all that the container printed is stored, or given up with a word to the logger. Never rejects. */
  readonly drained: Promise<void>;
  /** Ends the following; lines under way are not waited for. */
  stop(): void;
}

interface Following {
  readonly engine: DockerEngine;
  readonly sink: LogSink;
  readonly clock: Clock;
  readonly containerId: string;
  readonly log: LogDestination;
  readonly terminal: boolean;
  /** Where the last life of this process may have come to already; a container started just now has nothing to resume. */
  readonly adopted: boolean;
  /** Resolves when the container is known to have exited. */
  readonly exited: Promise<void>;
  readonly events: Pick<EventWatch, "connected" | "generation">;
  readonly warn: (message: string) => void;
}

/** Lines that wait while the sink is busy; beyond it, reading pauses. */
const BATCH = 2_000;
const WRITE_ATTEMPTS = 6;

/**
 * Follows a container's output until it ends. Lines go to the sink as soon as it is free: a lone line at once, a burst in batches.
 * Where the engine goes away, following resumes at the last line.
 */
export function followLog(following: Following): LogFollowing {
  const abort = new AbortController();
  return { drained: follow(following, abort.signal), stop: () => abort.abort() };
}

async function follow(following: Following, signal: AbortSignal): Promise<void> {
  const { engine, sink, containerId, log, terminal, adopted, clock, exited, events, warn } = following;
  let position: LogPosition;
  try {
    const stored = adopted ? await sink.resumeFrom?.(log) : undefined;
    if (stored === undefined) await sink.begin?.(log);
    position = new LogPosition(stored ?? (adopted && !sink.resumeFrom ? fromNow(clock) : undefined));
  } catch (error) {
    warn(`the log ${log.group}/${log.stream} cannot be resumed: ${text(error)}`);
    return;
  }
  for (;;) {
    const generation = events.generation();
    try {
      const query = { follow: true, stdout: true, stderr: true, timestamps: true, since: position.since };
      const stream = await engine.stream("GET", `/containers/${containerId}/logs`, { query, signal });
      await deliver(logLines(stream, terminal), position, following, signal);
      stream.destroy();
      // An engine that shuts down ends its streams as if the containers had. The end counts where the same engine tells of the exit.
      const over = await Promise.race([exited.then(() => true), pause(clock, 1_000).then(() => false)]);
      if (signal.aborted || (over && events.generation() === generation)) return;
    } catch (error) {
      if (signal.aborted) return;
      // 404 and 409: the container is gone or about to be. Others the engine will not take back either.
      if (error instanceof EngineError) {
        if (error.status !== 404 && error.status !== 409) warn(`the output of container ${containerId} cannot be read: ${error.message}`);
        return;
      }
      if (!(error instanceof EngineUnavailableError) && !isBroken(error)) {
        warn(`the output of container ${containerId} is lost from here on: ${text(error)}`);
        return;
      }
    }
    // The container may run on. What was delivered is in the position: begin again after it.
    position = new LogPosition(position.toString());
    await pause(clock, 100);
    await events.connected();
    if (signal.aborted) return;
  }
}

/** Reads and writes side by side: one write at a time, with all that came in meanwhile. */
async function deliver(lines: AsyncIterable<LogLine>, position: LogPosition, following: Following, signal: AbortSignal): Promise<void> {
  let waiting: { timestamp: number; message: string }[] = [];
  let writing: Promise<void> | undefined;
  const write = async (): Promise<void> => {
    while (waiting.length > 0 && !signal.aborted) {
      const batch = waiting;
      const upTo = position.toString();
      waiting = [];
      await store(batch, upTo, following);
    }
    writing = undefined;
  };
  for await (const line of lines) {
    if (signal.aborted) return;
    if (!position.advance(line)) continue;
    // Like the awslogs driver: an empty line is no event.
    if (line.message === "") continue;
    waiting.push({ timestamp: Number(line.ns / 1_000_000n), message: line.message });
    writing ??= Promise.resolve().then(write);
    if (waiting.length >= BATCH) await writing;
  }
  await writing;
}

/** The sink may be out of order for a moment; for longer, the lines are given up and said so. */
async function store(
  batch: readonly { timestamp: number; message: string }[],
  position: string,
  { sink, log, clock, warn }: Following,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await sink.write(log, batch, position);
      return;
    } catch (error) {
      if (attempt === WRITE_ATTEMPTS) {
        warn(`${batch.length} lines of ${log.group}/${log.stream} could not be stored: ${text(error)}`);
        return;
      }
      await pause(clock, 50 * 2 ** attempt);
    }
  }
}

/** The position of a reader who wants nothing of what was printed so far. */
function fromNow(clock: Clock): string {
  const ns = BigInt(clock.now()) * 1_000_000n;
  return `${ns}.0-${ns}.0`;
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

function isBroken(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ECONNRESET" || code === "EPIPE" || code === "ERR_STREAM_PREMATURE_CLOSE";
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
