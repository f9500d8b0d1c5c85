import type { FlowInterval } from "../domain/counted-flows.ts";

/**
 * Counts what some addresses send and get, in the kernel: nothing is done for a packet but there. What is counted outlives the control plane, and goes with the machine's next start. Nothing
 * is in the kernel while nobody is watched.
 */
export interface FlowCounts {
  /**
   * Watches these addresses, each of an account, and no others from now on. What is counted of an account has bounds of its own: of who fills them nobody else has less. Costs what changed; the first time a look at what an earlier life left. Rejects where the kernel cannot be told.
   */
  watch(addresses: ReadonlyMap<string, string>): Promise<void>;
  /**
   * Ends the interval that is counted, and begins the next one, without losing a packet between them. Tells all that have ended and were not forgotten, an earlier life's too.
   * Costs what was counted.
   */
  turn(now: number): Promise<readonly FlowInterval[]>;
  /** What was counted in it is dealt with. */
  forget(interval: Pick<FlowInterval, "startedAt">): Promise<void>;
}
