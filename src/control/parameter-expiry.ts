import { latest, parameters, policyDue, type ParameterRecord } from "../state/parameters.ts";
import { loop, records, type Needs, type Waking } from "./loop.ts";

/**
 * Carries out the policies of parameters: deletes one when it expires, and tells the log what AWS tells EventBridge, which there is not
 * here: that one is about to expire, or has not changed for as long as its policy says. What became due before the
 * start is done, and told once more, at the start.
 */
export const parameterExpiry = loop("parameter expiry", ({ state, clock, logger }: Needs) => {
  /** Until when notifications were told, by parameter. */
  const told = new Map<string, number>();

  async function step(key: string, { wakeAt }: Waking): Promise<void> {
    const parameter = state.table(parameters).get(key);
    if (!parameter) return void told.delete(key);
    const now = clock.now();
    const pending: number[] = [];
    const version = latest(parameter);
    for (const policy of version.policies ?? []) {
      const due = policyDue(policy, version);
      if (due === undefined) continue;
      if (due > now) pending.push(due);
      else if (policy.type === "Expiration") return expire(key, parameter);
      else if (due > (told.get(key) ?? version.modifiedAt))
        logger.info("a parameter's policy is due", { parameter: parameter.name, policy: policy.type });
    }
    told.set(key, now);
    if (pending.length > 0) wakeAt(key, Math.min(...pending));
  }

  async function expire(key: string, { name, account, region }: ParameterRecord): Promise<void> {
    told.delete(key);
    state.commit(() => state.table(parameters).delete(key));
    await state.durable();
    logger.info("a parameter expired", { parameter: name, account, region });
  }

  return {
    watches: [records(parameters, ({ before, after }) => !!after && after.versions !== before?.versions && !!latest(after).policies)],
    step,
  };
});
