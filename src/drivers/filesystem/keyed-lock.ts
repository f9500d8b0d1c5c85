/** Runs what concerns the same key one after the other, in the order of the calls; what concerns different keys side by side. */
export class KeyedLock {
  readonly #last = new Map<string, Promise<unknown>>();

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const mine = before ? before.then(work, work) : work();
    this.#last.set(key, mine);
    const forget = (): void => {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    };
    mine.then(forget, forget);
    return mine;
  }

  /** Resolves when what runs for that key, or waits to, is over, however it ends. */
  async idle(key: string): Promise<void> {
    await this.#last.get(key)?.catch(() => undefined);
  }
}
