import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Limits } from "./limits.ts";

/** Milliseconds that a stranger's request waits at most; what would have to wait longer is not answered. */
const LONGEST_WAIT_MS = 2000;
/** Addresses beyond which those that owe nothing are forgotten. */
const MOST_ADDRESSES = 10_000;

/**
 * The turns of requests that nobody signed. They are answered at a rate, each address its own; what comes faster waits, which costs the server
 * nothing and whoever floods it the connection that waits. Requests with a good signature do not come here.
 */
export class Strangers {
  readonly #interval: number;
  readonly #credit: number;
  readonly #now: () => number;
  /** When the next request of an address would be in time, were there no bursts. */
  readonly #due = new Map<string, number>();
  #forgetAt = MOST_ADDRESSES;

  /** @param now milliseconds, from whenever */
  constructor({ rate, burst }: Limits["strangers"], now = (): number => performance.now()) {
    this.#interval = 1000 / rate;
    this.#credit = (burst - 1) * this.#interval;
    this.#now = now;
  }

  /** Takes a turn. @returns milliseconds until it comes; `undefined` where too many wait already, and none was taken */
  turn(address: string): number | undefined {
    const now = this.#now();
    const due = Math.max(this.#due.get(address) ?? 0, now);
    const wait = Math.max(0, due - this.#credit - now);
    if (wait > LONGEST_WAIT_MS) return undefined;
    this.#due.set(address, due + this.#interval);
    if (this.#due.size > this.#forgetAt) this.#forget(now);
    return wait;
  }

  #forget(now: number): void {
    for (const [address, due] of this.#due) if (due <= now) this.#due.delete(address);
    // Looked through again only once it has grown by as much: the cost stays constant a request.
    this.#forgetAt = this.#due.size + MOST_ADDRESSES;
  }
}

/** Waits for the turn of a request. @returns false where its client is gone, or was sent away since too many wait already */
export async function isInTurn(strangers: Strangers, socket: Socket): Promise<boolean> {
  const wait = strangers.turn(socket.remoteAddress ?? "");
  if (wait === undefined) socket.destroy();
  else if (wait > 0) await sleep(wait);
  return !socket.destroyed;
}
