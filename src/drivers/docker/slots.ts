/** Lets so many go on at a time; the rest wait in the order in which they came. */
export class Slots {
  readonly #count: number;
  #free: number;
  readonly #waiting: (() => void)[] = [];
  readonly #forIdle: (() => void)[] = [];

  constructor(count: number) {
    this.#count = count;
    this.#free = count;
  }

  /** Resolves when nobody has a turn. */
  async idle(): Promise<void> {
    if (this.#free < this.#count) await new Promise<void>((resolve) => this.#forIdle.push(resolve));
  }

  /** Resolves when there is a turn; the function gives it back, and must be called once. `again`: before all who have had none yet. */
  async take(turn: "first" | "again" = "first"): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => void (turn === "again" ? this.#waiting.unshift(resolve) : this.#waiting.push(resolve)));
    return () => {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
      if (this.#free === this.#count) for (const idle of this.#forIdle.splice(0)) idle();
    };
  }
}
