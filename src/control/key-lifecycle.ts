import { keys } from "../state/kms/keys.ts";
import { expireKey, nextEvent } from "../state/kms/lifecycle.ts";
import { loop, records, type Needs } from "./loop.ts";

/**
 * Lets time happen to KMS keys: rotations that are due, imported material that expires, and the end of keys whose deletion window is
 * over. Operations look at the time themselves; this is what takes key material off the disk.
 */
export const keyLifecycle = loop("key lifecycle", ({ state, secrets, clock, logger }: Needs<"secrets">) => ({
  watches: [records(keys)],
  step(arn, { wakeAt }) {
    const key = state.table(keys).get(arn);
    if (!key) return;
    expireKey({ state, secrets, now: clock.now() }, key);
    const left = state.table(keys).get(arn);
    if (!left) logger.info("a key has ended", { key: arn });
    const next = left && nextEvent(left, clock.now());
    if (next !== undefined) wakeAt(arn, next);
  },
}));
