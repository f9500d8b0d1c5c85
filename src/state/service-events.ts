import type { Ids } from "../ports/ids.ts";
import { services, type ServiceRecord } from "./ecs.ts";
import type { State } from "./state.ts";

/** AWS shows the last hundred. */
const MOST_EVENTS = 100;

/** The service with one more event in front. */
export function withEvent(service: ServiceRecord, message: string, ids: Ids, now: number): ServiceRecord {
  const event = { id: ids.uuid(), createdAt: now, message };
  return { ...service, events: [event, ...service.events].slice(0, MOST_EVENTS) };
}

/** Tells something in a service's events; inside a commit. */
export function addServiceEvent(state: State, serviceArn: string, message: string, ids: Ids, now: number): void {
  state.table(services).update(serviceArn, (service) => withEvent(service, message, ids, now));
}
