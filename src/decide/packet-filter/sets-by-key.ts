const NONE: ReadonlySet<string> = new Set();

/** Which names are filed under a key. Each step costs the same, however many there are. */
export class SetsByKey {
  readonly #sets = new Map<string, Set<string>>();

  add(key: string, name: string): void {
    const known = this.#sets.get(key);
    if (known) known.add(name);
    else this.#sets.set(key, new Set([name]));
  }

  remove(key: string, name: string): void {
    const known = this.#sets.get(key);
    known?.delete(name);
    if (known?.size === 0) this.#sets.delete(key);
  }

  of(key: string): ReadonlySet<string> {
    return this.#sets.get(key) ?? NONE;
  }

  has(key: string): boolean {
    return this.#sets.has(key);
  }
}
