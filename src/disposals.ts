/**
 * What must be let go of, last one first: for Node versions without `AsyncDisposableStack`. All is let go of, also where some of it throws; then
 * disposing throws the one error, or an `AggregateError` of several, in the order in which they came.
 */
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
    const errors: unknown[] = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0] as Error;
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} parts could not be let go of cleanly`);
  }
}
