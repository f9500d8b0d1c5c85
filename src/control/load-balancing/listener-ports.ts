import { candidatePorts } from "../../decide/routing/candidate-ports.ts";
import { listeners, loadBalancers, type ListenerRecord, type LoadBalancerRecord } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";

/** Marks the tags that tell where a listener really listens: `airfield:listener-port:80` = `8080`. */
export const LISTENER_PORT_TAG = "airfield:listener-port:";

/**
 * Gives every listener that has none a port to bind: its own where that can be had, else a free one, which a tag of the load balancer then
 * tells. Listeners of the same port share one. What a listener has it keeps, also over restarts.
 */
export async function assignPorts(state: WholeState, canBind: (port: number) => Promise<boolean>): Promise<void> {
  for (const port of portsWithoutBinding(state)) {
    const chosen = sharedPort(state, port) ?? (await freePort(state, port, canBind));
    state.commit(() => {
      for (const listener of state.table(listeners).values())
        if (listener.port === port && listener.boundPort === undefined) state.table(listeners).put({ ...listener, boundPort: chosen });
    });
  }
  tellPorts(state);
}

/** Takes the ports away from the listeners that were bound to them, so that they are assigned anew. */
export function releasePorts(state: WholeState, ports: readonly number[]): void {
  state.commit(() => {
    for (const listener of [...state.table(listeners).values()])
      if (listener.boundPort !== undefined && ports.includes(listener.boundPort)) {
        const { boundPort: _released, ...rest } = listener;
        state.table(listeners).put(rest);
      }
  });
}

/** True where a listener came while ports were being looked for. */
export function someListenerLacksPort(state: WholeState): boolean {
  return portsWithoutBinding(state).length > 0;
}

function portsWithoutBinding(state: WholeState): readonly number[] {
  const waiting = [...state.table(listeners).values()].filter((listener) => listener.boundPort === undefined);
  return [...new Set(waiting.map((listener) => listener.port))].sort((a, b) => a - b);
}

function sharedPort(state: WholeState, port: number): number | undefined {
  return [...state.table(listeners).values()].find((listener) => listener.port === port && listener.boundPort !== undefined)?.boundPort;
}

async function freePort(state: WholeState, port: number, canBind: (port: number) => Promise<boolean>): Promise<number> {
  const all = [...state.table(listeners).values()];
  const bound = new Set(all.map((listener) => listener.boundPort).filter((taken) => taken !== undefined));
  const wanted = new Set(all.map((listener) => listener.port));
  for (const candidate of candidatePorts(port, bound, wanted)) if (await canBind(candidate)) return candidate;
  throw new Error(`no port of this host is free for a listener on port ${port}`);
}

/** Tags each load balancer with the ports that differ from what was asked for. */
function tellPorts(state: WholeState): void {
  state.commit(() => {
    for (const balancer of [...state.table(loadBalancers).values()]) {
      const tags = tagsWithPorts(balancer, state.table(listeners).by("loadBalancer", balancer.arn));
      if (JSON.stringify(tags) !== JSON.stringify(balancer.tags)) state.table(loadBalancers).put({ ...balancer, tags });
    }
  });
}

function tagsWithPorts(balancer: LoadBalancerRecord, own: readonly ListenerRecord[]): LoadBalancerRecord["tags"] {
  const moved = own.filter(({ port, boundPort }) => boundPort !== undefined && boundPort !== port);
  const told = moved.map(({ port, boundPort }) => ({ Key: `${LISTENER_PORT_TAG}${port}`, Value: String(boundPort) }));
  const others = balancer.tags.filter((tag) => !tag.Key?.startsWith(LISTENER_PORT_TAG));
  return [...others, ...told.sort((a, b) => (a.Key < b.Key ? -1 : 1))];
}
