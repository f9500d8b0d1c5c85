import { candidatePorts } from "../../decide/routing/candidate-ports.ts";
import { listeners, loadBalancers, type ListenerRecord, type LoadBalancerRecord } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";
import { sharedAs } from "./shared-ports.ts";

/*
 * The reserved prefix keeps tools that manage tags, such as Terraform, from taking these away: a port that another program has is nothing
 * unusual, nor are two load balancers on port 80.
 */

/** Marks the tags that tell where a listener really listens: `aws:airfield:listener-port:80` = `8080`. */
export const LISTENER_PORT_TAG = "aws:airfield:listener-port:";

/** As 0.1.0 wrote it. */
const FORMER_PORT_TAG = "airfield:listener-port:";

/**
 * Marks the tags that tell that a listener's port was taken by another load balancer first, so that only requests for this one's own name reach it:
 * `aws:airfield:listener-host:80` = `web-1.us-east-1.elb.localhost`.
 */
export const LISTENER_HOST_TAG = "aws:airfield:listener-host:";

const OURS = [LISTENER_PORT_TAG, FORMER_PORT_TAG, LISTENER_HOST_TAG];

/** Gives every listener that has none its turn, behind those that have one. What a listener has it keeps, also over restarts. */
export function giveTurns(state: WholeState): void {
  const all = [...state.table(listeners).values()];
  const waiting = all.filter(({ turn }) => turn === undefined);
  if (waiting.length === 0) return;
  waiting.sort((a, b) => a.createdAt - b.createdAt || (a.arn < b.arn ? -1 : 1));
  const last = all.reduce((most, { turn = 0 }) => Math.max(most, turn), 0);
  state.commit(() => waiting.forEach((listener, at) => state.table(listeners).replace(listener, { ...listener, turn: last + 1 + at })));
}

/**
 * Gives every listener that has none a port to bind: its own where that can be had, else a free one, which a tag of the load balancer then
 * tells. Listeners of the same port share one where they can (`shared-ports.ts`). What a listener has it keeps, also over restarts.
 */
export async function assignPorts(state: WholeState, canBind: (port: number) => Promise<boolean>): Promise<void> {
  for (const [kind, { port }] of withoutBinding(state)) {
    const chosen = sharedPort(state, kind) ?? (await freePort(state, port, canBind));
    state.commit(() => {
      for (const listener of state.table(listeners).values())
        if (kindOf(listener) === kind && listener.boundPort === undefined)
          state.table(listeners).replace(listener, { ...listener, boundPort: chosen });
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
        state.table(listeners).replace(listener, rest);
      }
  });
}

/** True where a listener came while ports were being looked for. */
export function someListenerLacksPort(state: WholeState): boolean {
  return withoutBinding(state).size > 0;
}

/** One of each kind that has no port, by kind: the lowest port first, and on one port who came first. */
function withoutBinding(state: WholeState): ReadonlyMap<string, ListenerRecord> {
  // What carries datagrams is at its load balancer's own addresses alone.
  const waiting = [...state.table(listeners).values()].filter(({ boundPort, protocol }) => boundPort === undefined && protocol !== "UDP");
  waiting.sort((a, b) => a.port - b.port || turnOf(a) - turnOf(b));
  return new Map(waiting.map((listener) => [kindOf(listener), listener]));
}

/** Listeners of one kind share a port. */
function kindOf(listener: ListenerRecord): string {
  const shared = sharedAs(listener);
  return shared === undefined ? listener.arn : `${shared} ${listener.port}`;
}

function sharedPort(state: WholeState, kind: string): number | undefined {
  return [...state.table(listeners).values()].find((listener) => kindOf(listener) === kind && listener.boundPort !== undefined)?.boundPort;
}

async function freePort(state: WholeState, port: number, canBind: (port: number) => Promise<boolean>): Promise<number> {
  const all = [...state.table(listeners).values()];
  const bound = new Set(all.map((listener) => listener.boundPort).filter((taken) => taken !== undefined));
  const wanted = new Set(all.map((listener) => listener.port));
  for (const candidate of candidatePorts(port, bound, wanted)) if (await canBind(candidate)) return candidate;
  throw new Error(`no port of this host is free for a listener on port ${port}`);
}

/** Tags each load balancer with the ports that differ from what was asked for, and with those where it comes second. */
function tellPorts(state: WholeState): void {
  const firsts = new Map<string, ListenerRecord>();
  for (const listener of state.table(listeners).values()) {
    const known = firsts.get(doorOf(listener));
    if (listener.boundPort !== undefined && (!known || turnOf(listener) < turnOf(known))) firsts.set(doorOf(listener), listener);
  }
  state.commit(() => {
    for (const balancer of [...state.table(loadBalancers).values()]) {
      const tags = tagsWithPorts(balancer, state.table(listeners).by("loadBalancer", balancer.arn), firsts);
      if (JSON.stringify(tags) !== JSON.stringify(balancer.tags)) state.table(loadBalancers).replace(balancer, { ...balancer, tags });
    }
  });
}

/** Who comes in plain text and who begins with TLS are told apart before any name is read: each kind has a first listener on a port. */
function doorOf({ protocol, boundPort }: Pick<ListenerRecord, "protocol" | "boundPort">): string {
  return `${protocol} ${boundPort}`;
}

function turnOf({ turn = Infinity }: ListenerRecord): number {
  return turn;
}

function tagsWithPorts(
  balancer: LoadBalancerRecord,
  own: readonly ListenerRecord[],
  firsts: ReadonlyMap<string, ListenerRecord>,
): LoadBalancerRecord["tags"] {
  const bound = own.filter((listener): listener is ListenerRecord & { readonly boundPort: number } => listener.boundPort !== undefined);
  const moved = bound.filter(({ port, boundPort }) => boundPort !== port);
  const second = bound.filter((listener) => firsts.get(doorOf(listener))?.arn !== listener.arn);
  const told = [
    ...moved.map(({ port, boundPort }) => ({ Key: `${LISTENER_PORT_TAG}${port}`, Value: String(boundPort) })),
    ...second.map(({ port }) => ({ Key: `${LISTENER_HOST_TAG}${port}`, Value: balancer.dnsName })),
  ];
  const others = balancer.tags.filter(({ Key = "" }) => !OURS.some((prefix) => Key.startsWith(prefix)));
  return [...others, ...told.sort((a, b) => (a.Key < b.Key ? -1 : 1))];
}
