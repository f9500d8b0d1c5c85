import { windowAfter } from "../../decide/secret-rotation/plan-rotation.ts";
import { holderOf } from "../../state/secret-stages.ts";
import type { SecretRecord } from "../../state/secrets.ts";

/**
 * A value that was made the current one by hand counts as a rotation where days from one to the next are counted.
 * Source: Secrets Manager API, RotationRulesType, `AutomaticallyAfterDays`.
 */
export function rescheduledByHand(secret: SecretRecord, before: SecretRecord, now: number): SecretRecord {
  const { rotation } = secret;
  if (!rotation?.enabled || rotation.run || rotation.rules.automaticallyAfterDays === undefined) return secret;
  if (holderOf(secret, "AWSCURRENT")?.id === holderOf(before, "AWSCURRENT")?.id) return secret;
  const window = windowAfter(rotation.rules, now, now);
  return window ? { ...secret, rotation: { ...rotation, window } } : secret;
}
