import type { Clock } from "../../ports/clock.ts";
import { NoRoomError } from "../../ports/no-room.ts";
import { isFull } from "./database.ts";
import { leavesRoom, type DiskRoom } from "./disk-room.ts";

/** Room that ends a shortage is more than that whose lack begins one: or it would come and go with every write. */
const ENOUGH_AGAIN = 2;
/** How old what is known of the disk may be. What comes in between has the reserve. */
const LOOK_EVERY_MS = 100;
/** While the disk is full, it is looked after so often: it has no event. */
const RETRY_MS = 1000;

export interface JournalRoomParts {
  readonly clock: Clock;
  readonly disk: () => DiskRoom;
  /** Does what was put off for lack of room. @throws what `isFull` knows, where there still is none */
  readonly catchUp: () => Promise<void>;
  /** Told when there is no room any more, with why, and when there is again. */
  readonly changed: (room: boolean, cause?: unknown) => void;
}

/** Whether there is room on the disk for what is new. */
export class JournalRoom implements Disposable {
  readonly #parts: JournalRoomParts;
  #full = false;
  #over = false;
  #lookedAt = -Infinity;
  #timer: Disposable | undefined;

  constructor(parts: JournalRoomParts) {
    this.#parts = parts;
  }

  has(): boolean {
    const now = this.#parts.clock.now();
    if (!this.#full && now - this.#lookedAt >= LOOK_EVERY_MS) {
      this.#lookedAt = now;
      if (!leavesRoom(this.#parts.disk())) this.ended(new NoRoomError());
    }
    return !this.#full;
  }

  /** There is none: said once, and looked after until there is. */
  ended(cause: unknown): void {
    if (this.#full) return;
    this.#full = true;
    this.#parts.changed(false, cause);
    this.#wait();
  }

  [Symbol.dispose](): void {
    this.#over = true;
    this.#timer?.[Symbol.dispose]();
  }

  #wait(): void {
    if (!this.#over) this.#timer = this.#parts.clock.after(RETRY_MS, () => void this.#again());
  }

  async #again(): Promise<void> {
    try {
      await this.#parts.catchUp();
    } catch (cause) {
      if (!isFull(cause)) throw cause;
      return this.#wait();
    }
    if (!leavesRoom(this.#parts.disk(), ENOUGH_AGAIN)) return this.#wait();
    this.#full = false;
    if (!this.#over) this.#parts.changed(true);
  }
}
