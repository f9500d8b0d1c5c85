import { errorText } from "../../domain/error-text.ts";
import type { Clock } from "../../ports/clock.ts";
import { EngineError, EngineUnavailableError } from "./engine.ts";
import { LogDelivery, pause, type Following } from "./log-delivery.ts";

export interface LogFollowing {
  /** Resolves when all that the container printed is stored, or given up with a word to the logger. Never rejects. */
  readonly drained: Promise<void>;
  /** Ends the following; lines under way are not waited for. */
  stop(): void;
}

/**
 * Follows a container's output until it ends. Lines go to the sink as soon as it is free: a lone line at once, a burst in batches.
 * Where the engine goes away, following resumes at the last line.
 */
export function followLog(following: Following): LogFollowing {
  const abort = new AbortController();
  return { drained: follow(following, abort.signal), stop: () => abort.abort() };
}

/** Seconds that are read once more where the engine went away: the two streams may be that far apart. */
const RESUMED = 60n;
/** The same for the last reading, which is of a container that exited just now. */
const LAST = 5n;

async function follow(following: Following, signal: AbortSignal): Promise<void> {
  const { sink, containerId, log, adopted, clock, exited, events, warn } = following;
  let delivery: LogDelivery;
  try {
    const stored = adopted ? await sink.resumeFrom?.(log) : undefined;
    if (stored === undefined) await sink.begin?.(log);
    delivery = new LogDelivery(following, stored ?? (adopted && !sink.resumeFrom ? fromNow(clock) : undefined), signal);
  } catch (error) {
    warn(`the log ${log.group}/${log.stream} cannot be resumed: ${errorText(error)}`);
    return;
  }
  for (;;) {
    const generation = events.generation();
    try {
      await delivery.read({ follow: true, margin: RESUMED });
      // An engine that shuts down ends its streams as if the containers had. The end counts where the same engine tells of the exit.
      const over = await Promise.race([exited.then(() => true), pause(clock, 1_000).then(() => false)]);
      if (signal.aborted) return;
      if (over && events.generation() === generation) {
        // An engine that follows may stop before what was printed last, such as a line without a line feed.
        let margin = LAST;
        while (await delivery.read({ follow: false, margin })) margin = 1n;
        await delivery.end();
        return;
      }
    } catch (error) {
      if (signal.aborted) return;
      // 404 and 409: the container is gone or about to be. Others the engine will not take back either.
      if (error instanceof EngineError) {
        if (error.status !== 404 && error.status !== 409) warn(`the output of container ${containerId} cannot be read: ${error.message}`);
        await delivery.end();
        return;
      }
      if (!(error instanceof EngineUnavailableError) && !isBroken(error)) {
        warn(`the output of container ${containerId} is lost from here on: ${errorText(error)}`);
        await delivery.end();
        return;
      }
    }
    // The container may run on.
    await pause(clock, 100);
    await events.connected();
    if (signal.aborted) return;
  }
}

/** The position of a reader who wants nothing of what was printed so far. */
function fromNow(clock: Clock): string {
  const ns = BigInt(clock.now()) * 1_000_000n;
  return `${ns}.0-${ns}.0`;
}

function isBroken(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ECONNRESET" || code === "EPIPE" || code === "ERR_STREAM_PREMATURE_CLOSE";
}
