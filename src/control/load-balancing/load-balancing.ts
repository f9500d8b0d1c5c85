import { planRouting } from "../../decide/routing/plan-routing.ts";
import type { TargetSurroundings } from "../../decide/routing/target-place.ts";
import type { GatewayView } from "../../decide/routing/view.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import { ListenerBindError, type ProxyConfiguration, type TrafficProxy } from "../../ports/traffic-proxy.ts";
import { vpcs } from "../../state/ec2.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { listeners, loadBalancers, targetGroups, targets } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";
import { keyedWorker } from "../keyed-worker.ts";
import { finishDrains } from "./drains.ts";
import { assignPorts, giveTurns, releasePorts, someListenerLacksPort } from "./listener-ports.ts";
import { portsOfTask } from "./published-ports.ts";
import { routingView } from "./routing-view.ts";
import { HealthReports, recordHealth } from "./target-health.ts";

export interface LoadBalancingParts {
  readonly state: WholeState;
  readonly clock: Clock;
  readonly proxy: TrafficProxy;
  readonly logger: Logger;
  /** Asked at each change of what is routed: what decides which targets may get requests. */
  readonly surroundings: () => TargetSurroundings;
  /**
   * Where all listeners listen; loopback where absent. A listener gets a port that can be had on the first address; where another one, or its
   * VPC's gateway, does not have it (the network is gone, the port taken there), it goes without that address.
   */
  readonly bindAddresses?: readonly string[];
  /** Tells whether a port is free there. Absent: the proxy finds out. */
  readonly canBind?: (address: string, port: number) => Promise<boolean>;
}

export interface LoadBalancing extends AsyncDisposable {
  /** Listens at exactly these gateways from now on, besides the addresses that all share; at each of them for the load balancers of that VPC. */
  bind(gateways: readonly GatewayView[]): void;
}

/**
 * Starts the loop: changes of load balancers, listeners, target groups and targets become one configuration of the proxy; what its health
 * checks see becomes the health on record. Disposing it stops the loop and leaves the proxy as it is.
 */
export function loadBalancing(parts: LoadBalancingParts): LoadBalancing {
  const { state, clock, proxy, logger, surroundings, bindAddresses: addresses = ["127.0.0.1"], canBind } = parts;
  let gateways: readonly GatewayView[] = [];
  let applied: string | undefined;
  let routed = false;
  const refused = new Set<number>();
  const reports = new HealthReports();

  const worker = keyedWorker("load balancing", (key) => (key === "drains" ? drain() : route()), clock, logger);

  async function route(): Promise<void> {
    do await assignPorts(state, bindable);
    while (someListenerLacksPort(state));
    const { view, turnedAway } = routingView(state, { addresses, gateways, surroundings: surroundings() });
    const configuration = planRouting(view);
    const carried = [...state.table(loadBalancers).values()].map((balancer) => balancer.arn);
    // What the proxy does must survive a crash of ours.
    await state.durable();
    const wanted = fingerprint(configuration);
    if (wanted !== applied) {
      // Ports that could not be had are no failure: others are assigned and tried at once. Each is tried once, so that this ends.
      if ((await apply(configuration, carried)) === "lost ports") return worker.wake("routing");
      applied = wanted;
    }
    routed = true;
    refused.clear();
    reports.applied(configuration, turnedAway);
    state.commit(() => {
      for (const arn of carried)
        state
          .table(loadBalancers)
          .update(arn, (balancer) => (balancer.state.code === "active" ? balancer : { ...balancer, state: { code: "active" } }));
      recordHealth(state, reports);
    });
    worker.wake("drains");
  }

  async function apply(configuration: ProxyConfiguration, carried: readonly string[]): Promise<"carried out" | "lost ports"> {
    try {
      await proxy.apply(configuration);
    } catch (cause) {
      const isAboutPorts = cause instanceof ListenerBindError;
      if (isAboutPorts) logger.warn(cause.message);
      if (isAboutPorts && !lostPorts(cause)) return "carried out";
      // The proxy may have taken up a part of it.
      applied = undefined;
      if (isAboutPorts) return "lost ports";
      fail(carried, cause);
      throw cause;
    }
    return "carried out";
  }

  /** Takes away the ports that could not be had, so that others are assigned; false where they could on the address that counts. */
  function lostPorts({ failures }: ListenerBindError): boolean {
    const ports = failures.filter(({ address }) => address === addresses[0]).map(({ port }) => port);
    for (const port of ports) refused.add(port);
    releasePorts(state, ports);
    return ports.length > 0;
  }

  function fail(carried: readonly string[], cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    state.commit(() => {
      for (const arn of carried)
        state
          .table(loadBalancers)
          .update(arn, (balancer) =>
            balancer.state.code === "provisioning" ? { ...balancer, state: { code: "failed", reason } } : balancer,
          );
    });
  }

  async function bindable(port: number): Promise<boolean> {
    const [address] = addresses;
    return !refused.has(port) && (!canBind || address === undefined || (await canBind(address, port)));
  }

  async function drain(): Promise<void> {
    const next = await finishDrains(state, proxy, reports, clock);
    if (next !== undefined) worker.wakeAt("drains", next);
  }

  const wakeRouting = (): void => worker.wake("routing");
  const watches: Disposable[] = [
    state.watch(loadBalancers, wakeRouting),
    state.watch(listeners, ({ after }) => {
      // At once, so that turns follow the order of the commits however long a step takes.
      if (after && after.turn === undefined) giveTurns(state);
      wakeRouting();
    }),
    state.watch(targetGroups, wakeRouting),
    state.watch(targets, wakeRouting),
    // What may get requests depends on these, too.
    state.watch(vpcs, wakeRouting),
    state.watch(tasks, ({ before, after }) => {
      if (portsOf(before) !== portsOf(after)) wakeRouting();
    }),
    proxy.onHealth((report) => {
      reports.note(report);
      if (routed) recordHealth(state, reports);
    }),
  ];
  giveTurns(state);
  wakeRouting();

  return {
    bind(wanted) {
      gateways = [...wanted];
      // A port that could not be had on one of them is tried anew, also where they are the same ones.
      applied = undefined;
      wakeRouting();
    },
    async [Symbol.asyncDispose]() {
      for (const watch of watches) watch[Symbol.dispose]();
      await worker[Symbol.asyncDispose]();
    },
  };
}

function portsOf(task: TaskRecord | undefined): string {
  return task ? portsOfTask(task).join() : "";
}

/** Two configurations of the same fingerprint differ at most in known health, which only matters to a proxy that starts afresh. */
function fingerprint(configuration: ProxyConfiguration): string {
  return JSON.stringify(configuration, (key, value: unknown) => (key === "health" ? undefined : value));
}
