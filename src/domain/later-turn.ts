/** Resolves in a later turn of the event loop, for work that would hold it for long in one piece. @param clock as `ports/clock.ts` has it */
export function laterTurn(clock: { readonly soon: (run: () => void) => unknown }): Promise<void> {
  return new Promise((resolve) => void clock.soon(resolve));
}
