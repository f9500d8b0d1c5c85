import type { Obstruction } from "../../domain/task-explanation.ts";
import type { Ids } from "../../ports/ids.ts";
import { services, type TaskRecord } from "../../state/ecs.ts";
import { addServiceEvent } from "../../state/service-events.ts";
import type { WholeState } from "../../state/state.ts";

/** The same thing in the way is not told again for so long. */
const AGAIN_AFTER_MS = 3_600_000;

/**
 * Tells a service of what is in the way of one of its tasks, in an event beside those that AWS has; nothing where the task is of no service, or that was told within the hour. Costs a
 * look at the service's events.
 */
export function tellService(
  state: WholeState,
  task: TaskRecord,
  { code, component, text, remedy }: Obstruction,
  ids: Ids,
  now: number,
): void {
  const service = task.serviceArn === undefined ? undefined : state.table(services).get(task.serviceArn);
  if (!service) return;
  const what = `${code} at ${component}`;
  if (service.events.some(({ message, createdAt }) => createdAt > now - AGAIN_AFTER_MS && message.includes(what))) return;
  const mend = remedy === undefined ? "" : ` To mend it: ${remedy}.`;
  state.commit(() =>
    addServiceEvent(state, service.arn, `(service ${service.name}) (task ${task.id}) has in its way ${what}: ${text}.${mend}`, ids, now),
  );
}
