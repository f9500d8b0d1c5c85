/** What was made, to be unmade in the opposite order. */
export class CleanUp {
  readonly #steps: { readonly what: string; readonly undo: () => Promise<unknown> }[] = [];

  /** To be called as soon as the thing exists. */
  later(what: string, undo: () => Promise<unknown>): void {
    this.#steps.push({ what, undo });
  }

  /** The same, for what other things may still use: undone after all of them. */
  atLast(what: string, undo: () => Promise<unknown>): void {
    this.#steps.unshift({ what, undo });
  }

  /** Undoes everything, also where some of it fails; tells what could not be undone. */
  async run(): Promise<readonly string[]> {
    const left: string[] = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step.undo();
      } catch (error) {
        left.push(`${step.what}: ${(error as Error).message}`);
      }
    }
    return left;
  }
}
