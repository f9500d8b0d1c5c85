/** Tells when what the kernel holds has an interface in it. */
export class InterfacesInPlace {
  readonly #placed = new Set<string>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Resolves once the filter knows the interface; `undefined` where it does. Waits as long as the kernel cannot be told. */
  wait(interfaceId: string): Promise<void> | undefined {
    if (this.#placed.has(interfaceId)) return undefined;
    return new Promise((resolve) => {
      const others = this.#waiting.get(interfaceId);
      if (others) others.push(resolve);
      else this.#waiting.set(interfaceId, [resolve]);
    });
  }

  placed(interfaceIds: Iterable<string>): void {
    for (const id of interfaceIds) {
      this.#placed.add(id);
      for (const resolve of this.#waiting.get(id) ?? []) resolve();
      this.#waiting.delete(id);
    }
  }

  /** It does not come back: who waited waits for nothing. */
  gone(interfaceId: string): void {
    this.#placed.delete(interfaceId);
    this.#waiting.delete(interfaceId);
  }
}
