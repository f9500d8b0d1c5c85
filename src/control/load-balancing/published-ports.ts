import { type Scope, scopeKey } from "../../domain/scope.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import type { WholeState } from "../../state/state.ts";

/**
 * Looks up which ports of this host the tasks of an account have in a region, as `address port`. The tasks are looked through at the first
 * question.
 */
export function publishedPorts(state: WholeState): (scope: Scope) => ReadonlySet<string> {
  const scopes = new Map<string, Set<string>>();
  let looked = false;
  return ({ account, region }) => {
    if (!looked) for (const task of state.table(tasks).by("live", "live")) note(task);
    looked = true;
    return scopes.get(scopeKey({ account, region })) ?? NONE;
  };

  function note(task: TaskRecord): void {
    const ports = portsOfTask(task);
    if (ports.length === 0) return;
    const key = scopeKey(task);
    const known = scopes.get(key) ?? new Set();
    scopes.set(key, known);
    for (const port of ports) known.add(port);
  }
}

const NONE: ReadonlySet<string> = new Set();

/** The ports of this host that containers of the task have now, as `address port`. A container's own address is none of this host's. */
export function portsOfTask(task: TaskRecord): readonly string[] {
  if (task.lastStatus === "STOPPED") return [];
  return task.endpoints.flatMap(({ containerName, address, port }) => {
    const container = task.containers.find(({ name }) => name === containerName);
    if (container?.lastStatus !== "RUNNING" || address === task.networkInterface?.privateIpv4Address) return [];
    // A UDP port may be somebody else's for TCP, which is what load balancers speak.
    const isUdp = container.networkBindings.some(({ hostPort, protocol }) => hostPort === port && protocol === "udp");
    const isTcp = container.networkBindings.some(({ hostPort, protocol }) => hostPort === port && protocol === "tcp");
    return isUdp && !isTcp ? [] : [`${address} ${port}`];
  });
}
