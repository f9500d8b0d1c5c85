import { setImmediate } from "node:timers/promises";
import { errorText } from "../../domain/error-text.ts";
import type { Clock } from "../../ports/clock.ts";
import { NoRoomError } from "../../ports/no-room.ts";
import type { LogPlace, LogSink } from "../../ports/task-runner.ts";
import type { DockerEngine } from "./engine.ts";
import type { EventWatch } from "./events.ts";
import { EventJoiner, milliseconds, type PrintedEvent } from "./log-events.ts";
import { logLines, LogPosition } from "./log-lines.ts";

/** Events, and characters of theirs, that wait while the sink is busy; beyond it, reading pauses. */
const BATCH = 2_000;
const BATCH_LENGTH = 4 * 1024 * 1024;
/** Characters that are looked at for a pattern before others have their turn: the worst pattern takes some 30 ms for them. */
const TURN = 4_096;
const WRITE_ATTEMPTS = 6;
/** A disk has no event for room that it has again. */
const NO_ROOM_PAUSE = 2_000;
/** How long an event is held that may go on, in milliseconds. Source: the awslogs driver's frequency of publishing. */
const HELD = 5_000;

export interface Following {
  readonly engine: DockerEngine;
  readonly sink: LogSink;
  readonly clock: Clock;
  readonly containerId: string;
  readonly log: LogPlace;
  readonly terminal: boolean;
  /** Where the last life of this process may have come to already; a container started just now has nothing to resume. */
  readonly adopted: boolean;
  /** Resolves when the container is known to have exited. */
  readonly exited: Promise<void>;
  readonly events: Pick<EventWatch, "connected" | "generation">;
  readonly warn: (message: string) => void;
}

export interface Reading {
  readonly follow: boolean;
  /** Seconds before the last line from which the engine is asked to begin. */
  readonly margin: bigint;
}

/** The output of one container on its way to the sink. Reads and writes side by side: one write at a time, with all that came in meanwhile. */
export class LogDelivery {
  readonly #following: Following;
  readonly #signal: AbortSignal;
  readonly #joiner: EventJoiner | undefined;
  #position: LogPosition;
  #waiting: PrintedEvent[] = [];
  /** Characters of those that wait. */
  #length = 0;
  /** How far the output has come with the events that wait. */
  #upTo: string;
  #writing: Promise<void> | undefined;
  #timer: Disposable | undefined;

  constructor(following: Following, position: string | undefined, signal: AbortSignal) {
    const { multilinePattern } = following.log;
    this.#following = following;
    this.#signal = signal;
    this.#joiner = multilinePattern === undefined ? undefined : new EventJoiner(multilinePattern);
    this.#position = new LogPosition(position);
    this.#upTo = this.#position.toString();
    signal.addEventListener("abort", () => this.#timer?.[Symbol.dispose]());
  }

  /** Reads what the engine has, as long as it has more where it is followed. @returns whether there was a line that was not known */
  async read({ follow, margin }: Reading): Promise<boolean> {
    const { engine, containerId, terminal } = this.#following;
    // What was delivered is in the position: the engine gives some of it once more.
    this.#position = new LogPosition(this.#position.toString());
    const before = this.#position.toString();
    const query = { follow, stdout: true, stderr: true, timestamps: true, since: this.#position.since(margin) };
    const stream = await engine.stream("GET", `/containers/${containerId}/logs`, { query, signal: this.#signal });
    let looked = 0;
    for await (const line of logLines(stream, { terminal, whole: !follow })) {
      if (this.#signal.aborted) return false;
      const known = this.#joiner ? this.#position.toString() : "";
      if (!this.#position.advance(line)) continue;
      if (this.#joiner) {
        const isHeld = this.#joiner.held > 0;
        const ended = this.#joiner.add(line);
        if (ended) this.#hand(ended, known);
        if (ended || !isHeld) this.#hold();
        looked += line.message.length;
        if (looked >= TURN) {
          looked = 0;
          // What one container prints is not others' to wait for.
          await setImmediate();
        }
      } else if (line.message !== "") {
        // Like the awslogs driver: an empty line is no event.
        this.#hand({ timestamp: milliseconds(line), message: line.message }, undefined);
      }
      if (this.#waiting.length >= BATCH || this.#length >= BATCH_LENGTH) await this.#writing;
    }
    stream.destroy();
    await this.#writing;
    return this.#position.toString() !== before;
  }

  /** Nothing more comes: what was held is handed on. */
  async end(): Promise<void> {
    this.#release();
    await this.#writing;
  }

  /** What is held goes on its way when nothing was added for it for a while. */
  #hold(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#following.clock.after(HELD, () => this.#release());
  }

  #release(): void {
    this.#timer?.[Symbol.dispose]();
    const ended = this.#joiner?.end();
    if (ended && !this.#signal.aborted) this.#hand(ended, this.#position.toString());
  }

  /** @param upTo how far the output has come with this event; as far as was read where absent */
  #hand(event: PrintedEvent, upTo: string | undefined): void {
    this.#waiting.push(event);
    this.#length += event.message.length;
    if (upTo !== undefined) this.#upTo = upTo;
    this.#writing ??= Promise.resolve().then(() => this.#write());
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#signal.aborted) {
      const batch = this.#waiting;
      const upTo = this.#joiner ? this.#upTo : this.#position.toString();
      this.#waiting = [];
      this.#length = 0;
      await this.#store(batch, upTo);
    }
    this.#writing = undefined;
  }

  /**
   * The sink may be out of order for a moment; for longer, the lines are given up and said so. Where it has no room they wait, and all that the container
   * prints waits at the engine, until there is some.
   */
  async #store(batch: readonly PrintedEvent[], position: string): Promise<void> {
    const { sink, log, clock, warn } = this.#following;
    let told = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await sink.write(log, batch, position);
        return;
      } catch (error) {
        if (error instanceof NoRoomError) {
          if (!told) warn(`${log.group}/${log.stream} waits: ${errorText(error)}`);
          told = true;
          await pause(clock, NO_ROOM_PAUSE);
          if (this.#signal.aborted) return;
          continue;
        }
        if (attempt >= WRITE_ATTEMPTS) {
          warn(`${batch.length} lines of ${log.group}/${log.stream} could not be stored: ${errorText(error)}`);
          return;
        }
        await pause(clock, 50 * 2 ** attempt);
      }
    }
  }
}

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
