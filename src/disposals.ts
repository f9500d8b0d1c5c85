/** What must be let go of, last one first: for Node versions without `AsyncDisposableStack`. */
export class Disposals implements AsyncDisposable {
  #steps: (() => unknown)[] = [];

  defer(step: () => unknown): void {
    this.#steps.push(step);
  }

  use<T extends AsyncDisposable | Disposable>(part: T): T {
    this.defer(() => (Symbol.asyncDispose in part ? part[Symbol.asyncDispose]() : part[Symbol.dispose]()));
    return part;
  }

  /** Hands everything to a new owner, so that leaving this scope lets go of nothing. */
  move(): Disposals {
    const moved = new Disposals();
    moved.#steps = this.#steps;
    this.#steps = [];
    return moved;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) await step();
  }
}
