import type { GatewayView } from "../decide/routing/view.ts";
import { parseCidr, routerOf } from "../domain/cidr.ts";
import { isBefore } from "../domain/task-status.ts";
import { tasks, type TaskRecord } from "../state/ecs.ts";
import type { WholeState } from "../state/state.ts";

/**
 * Tells the addresses that this host has in the networks of VPCs, now and whenever there is another one. A VPC's network, and with it the
 * address, is there from its first running task on, and stays.
 */
export function vpcGateways(state: WholeState, tell: (gateways: readonly GatewayView[]) => void): Disposable {
  const known = new Map<string, GatewayView>();

  function note(task: TaskRecord | undefined): boolean {
    const gateway = task && gatewayOf(task);
    if (gateway === undefined || known.has(gateway.vpcId)) return false;
    known.set(gateway.vpcId, gateway);
    return true;
  }

  const watching = state.watch(tasks, ({ after }) => {
    if (note(after)) tell([...known.values()]);
  });
  for (const task of state.table(tasks).values()) note(task);
  if (known.size > 0) tell([...known.values()]);
  return watching;
}

function gatewayOf({ lastStatus, networkInterface }: TaskRecord): GatewayView | undefined {
  if (!networkInterface || isBefore(lastStatus, "RUNNING") || lastStatus === "STOPPED") return undefined;
  const { vpcId, vpcCidr } = networkInterface;
  const block = parseCidr(vpcCidr);
  return block && { vpcId, vpcCidr, address: routerOf(block) };
}
