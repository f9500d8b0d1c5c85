import { RE2JS } from "re2js";
import { LONGEST_EVENT, type LogLine } from "./log-lines.ts";

/** What the log takes as one. */
export interface PrintedEvent {
  /** Milliseconds since the Unix epoch. */
  readonly timestamp: number;
  readonly message: string;
}

/** How much of a line is looked at for the pattern: what begins an event stands at the beginning, and lines may be of 256 KB. */
const LOOKED_AT = 4_096;

/**
 * Joins lines to events as the awslogs driver does where it is given a pattern: a line that matches begins an event, and the lines after it
 * that do not are its further ones; each ends with a line feed. The pattern is one of RE2, which takes time proportional to the text: it comes from
 * a task definition, and must not hold up others. Source: Docker, "Amazon CloudWatch Logs logging driver", `awslogs-multiline-pattern`.
 */
export class EventJoiner {
  readonly #pattern: RE2JS;
  #timestamp = 0;
  #lines: string[] = [];
  #bytes = 0;

  /** @throws RE2JSSyntaxException for what is no pattern */
  constructor(pattern: string) {
    this.#pattern = RE2JS.compile(pattern);
  }

  /** The lines that are held for an event that may go on. */
  get held(): number {
    return this.#lines.length;
  }

  /** Takes a line, and gives the event that ends before it. */
  add(line: LogLine): PrintedEvent | undefined {
    const bytes = Buffer.byteLength(line.message) + 1;
    const ended = this.#bytes + bytes > LONGEST_EVENT || this.#begins(line.message) ? this.end() : undefined;
    if (this.#lines.length === 0) this.#timestamp = milliseconds(line);
    this.#lines.push(bytes <= LONGEST_EVENT ? `${line.message}\n` : line.message);
    this.#bytes += bytes;
    return ended;
  }

  /** Whether, not where: RE2 answers that with fewer states. */
  #begins(message: string): boolean {
    return this.#pattern.test(message.length > LOOKED_AT ? message.slice(0, LOOKED_AT) : message);
  }

  /** The event that is held, as far as it is known; nothing where none is. */
  end(): PrintedEvent | undefined {
    if (this.#lines.length === 0) return undefined;
    const event = { timestamp: this.#timestamp, message: this.#lines.join("") };
    this.#lines = [];
    this.#bytes = 0;
    return event;
  }
}

export function milliseconds({ ns }: LogLine): number {
  return Number(ns / 1_000_000n);
}
