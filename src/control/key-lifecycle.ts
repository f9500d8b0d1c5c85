import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import { keys } from "../state/kms/keys.ts";
import { expireKey, nextEvent } from "../state/kms/lifecycle.ts";
import type { WholeState } from "../state/state.ts";
import { keyedWorker } from "./keyed-worker.ts";

export interface KeyLifecycleParts {
  readonly state: WholeState;
  readonly secrets: SecretBox;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Lets time happen to KMS keys: rotations that are due, imported material that expires, and the end of keys whose deletion window is
 * over. Operations look at the time themselves; this is what takes key material off the disk.
 */
export function keyLifecycle({ state, secrets, clock, logger }: KeyLifecycleParts): AsyncDisposable {
  const worker = keyedWorker("key lifecycle", step, clock, logger);

  async function step(arn: string): Promise<void> {
    const key = state.table(keys).get(arn);
    if (!key) return;
    expireKey({ state, secrets, now: clock.now() }, key);
    const left = state.table(keys).get(arn);
    if (!left) logger.info("a key has ended", { key: arn });
    const next = left && nextEvent(left, clock.now());
    if (next !== undefined) worker.wakeAt(arn, next);
  }

  const watch = state.watch(keys, ({ key }) => worker.wake(key));
  for (const { arn } of state.table(keys).values()) worker.wake(arn);

  return {
    async [Symbol.asyncDispose]() {
      watch[Symbol.dispose]();
      await worker[Symbol.asyncDispose]();
    },
  };
}
