/** A body had to go, for the room that it took. */
export class BodyCrowdedOutError extends Error {}

/** A body under way, as the room sees it. */
export interface BodyPlace {
  /** It takes up so many bytes more. */
  grow(bytes: number): void;
  /** It takes up none any more, here: it is whole, or given up. */
  leave(): void;
}

interface Guest {
  readonly address: string;
  readonly since: number;
  readonly giveUp: () => void;
  bytes: number;
}

/**
 * The memory that all bodies under way share. Nobody can have signed what is not whole, so that here all are strangers. Where it is full, the
 * address that takes up most gives up a body: the one that took up most for longest. Honest bodies are small or quick; what is held open to
 * fill the memory is neither. The cost of finding it is proportional to the bodies under way.
 */
export class BodyRoom {
  readonly #most: number;
  readonly #now: () => number;
  readonly #guests = new Set<Guest>();
  #bytes = 0;

  /** @param most bytes of all bodies together @param now milliseconds, from whenever */
  constructor(most: number, now = (): number => performance.now()) {
    this.#most = most;
    this.#now = now;
  }

  /** Bytes that are taken up. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param giveUp called once where the body must go; what it took up is free then */
  enter(address: string, giveUp: () => void): BodyPlace {
    const guest: Guest = { address, since: this.#now(), giveUp, bytes: 0 };
    this.#guests.add(guest);
    return {
      grow: (bytes) => {
        if (!this.#guests.has(guest)) return;
        guest.bytes += bytes;
        this.#bytes += bytes;
        while (this.#bytes > this.#most) this.#turnOut();
      },
      leave: () => this.#leave(guest),
    };
  }

  #leave(guest: Guest): void {
    if (this.#guests.delete(guest)) this.#bytes -= guest.bytes;
  }

  #turnOut(): void {
    const held = new Map<string, number>();
    for (const { address, bytes } of this.#guests) held.set(address, (held.get(address) ?? 0) + bytes);
    const most = Math.max(...held.values());
    const now = this.#now();
    const rent = ({ bytes, since }: Guest): number => bytes * (now - since + 1);
    let worst: Guest | undefined;
    for (const guest of this.#guests) if (held.get(guest.address) === most && (!worst || rent(guest) > rent(worst))) worst = guest;
    if (!worst) return;
    this.#leave(worst);
    worst.giveUp();
  }
}
