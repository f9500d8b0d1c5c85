import { parseCidr, routerOf } from "../domain/cidr.ts";
import { isBefore } from "../domain/task-status.ts";
import { tasks, type TaskRecord } from "../state/ecs.ts";
import type { WholeState } from "../state/state.ts";

/**
 * Tells the addresses that this host has in the networks of VPCs, now and whenever there is another one. A VPC's network, and with it the
 * address, is there from its first running task on, and stays.
 */
export function vpcGateways(state: WholeState, tell: (addresses: readonly string[]) => void): Disposable {
  const known = new Set<string>();

  function note(task: TaskRecord | undefined): boolean {
    const address = task && gatewayOf(task);
    if (address === undefined || known.has(address)) return false;
    known.add(address);
    return true;
  }

  const watching = state.watch(tasks, ({ after }) => {
    if (note(after)) tell([...known]);
  });
  for (const task of state.table(tasks).values()) note(task);
  if (known.size > 0) tell([...known]);
  return watching;
}

function gatewayOf({ lastStatus, networkInterface }: TaskRecord): string | undefined {
  if (!networkInterface || isBefore(lastStatus, "RUNNING") || lastStatus === "STOPPED") return undefined;
  const block = parseCidr(networkInterface.vpcCidr);
  return block && routerOf(block);
}
