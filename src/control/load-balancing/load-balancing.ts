import { errorText } from "../../domain/error-text.ts";
import { wholeBackendId } from "../../domain/zonal-backend.ts";
import { backendId } from "../../decide/routing/names-in-proxy.ts";
import { planRouting } from "../../decide/routing/plan-routing.ts";
import type { TargetSurroundings } from "../../decide/routing/target-place.ts";
import type { GatewayView } from "../../decide/routing/view.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { PacketBalancer } from "../../ports/packet-balancer.ts";
import {
  ListenerBindError,
  RefusedPartsError,
  type RefusedPart,
  type ProxyConfiguration,
  type TrafficProxy,
} from "../../ports/traffic-proxy.ts";
import { certificates } from "../../state/acm.ts";
import { certificateUsers } from "../../state/certificate-users.ts";
import { vpcPeerings } from "../../state/ec2-peering.ts";
import { vpcs } from "../../state/ec2.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import {
  listeners,
  loadBalancers,
  rules,
  targetGroups,
  targetGroupsOf,
  targetKey,
  targets,
  type LoadBalancerRecord,
} from "../../state/elb.ts";
import { signingKeys } from "../../state/elb-signing-keys.ts";
import { trustStores } from "../../state/elb-trust-stores.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { loadBalancersOfTargetGroup } from "../../state/elb-targets.ts";
import type { WholeState } from "../../state/state.ts";
import { inSlices } from "../in-slices.ts";
import type { LoginOf } from "../logins/gates.ts";
import { keyedWorker } from "../keyed-worker.ts";
import { finishDrains } from "./drains.ts";
import { assignPorts, giveTurns, releasePorts, someListenerLacksPort } from "./listener-ports.ts";
import { HostDoors } from "./host-doors.ts";
import type { HeldAddresses } from "./own-places.ts";
import { PacketCarrier } from "./packet-carrier.ts";
import { portsOfTask } from "./published-ports.ts";
import { RoutingViews, type Routing } from "./routing-view.ts";
import { sameConfiguration } from "./same-configuration.ts";
import type { Material } from "./tls-view.ts";
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
  /** Opens the private keys of certificates; where absent, no listener is encrypted. */
  readonly material?: Material;
  /** Says who gets to the actions of listeners; where absent, none may ask for a login. */
  readonly loginOf?: LoginOf;
  /** Leads packets that the proxy cannot carry; where absent, no listener asks for that. */
  readonly packets?: PacketBalancer;
  /** Whether groups and ACLs are enforced on this host; then those of load balancers are asked about its own programs, too. */
  readonly isEnforced?: boolean;
  /** Told that the proxy does not carry what it should, in words for an operator; with `undefined` that it does again. */
  readonly trouble?: (text: string | undefined) => void;
}

export interface LoadBalancing extends AsyncDisposable {
  /** Listens at exactly these gateways from now on, besides the addresses that all share; at each of them for the load balancers of that VPC. */
  bind(gateways: readonly GatewayView[]): void;
  /** Listens at exactly these addresses of load balancers from now on, each for its own, and connects to targets from there. */
  hold(held: readonly HeldAddresses[]): void;
}

/**
 * Routing looks at each target of a group that changed, a few microseconds each. It rests after that for so many milliseconds a target that it takes
 * a small share of the time, however many there are; for fewer than a hundred it does not rest.
 */
const REST_MS_PER_TARGET = 0.01;

/** How long until a port that could not be had is tried anew, at first and at most: no event tells when another program lets go of it. */
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

/** No event tells when what keeps the kernel from doing as it is told is gone. */
const LEAD_AGAIN_MS = 5000;
const NOT_HELD =
  "This host does not have the addresses of the load balancer, at which alone datagrams, and connections with their clients' addresses, are led";
const NOBODY_LEADS = "Nothing leads datagrams, and connections with their clients' addresses, on this host any more";

/**
 * Starts the loop: changes of load balancers, listeners, target groups and targets become one configuration of the proxy; what its health
 * checks see becomes the health on record. Disposing it stops the loop and leaves the proxy as it is.
 *
 * No row of the table of loops: it is told from outside where gateways are, and one configuration is made of all records, so that its keys name none.
 */
export function loadBalancing(parts: LoadBalancingParts): LoadBalancing {
  const {
    state,
    clock,
    proxy,
    logger,
    surroundings,
    bindAddresses: addresses = ["127.0.0.1"],
    canBind,
    material,
    loginOf,
    packets,
    isEnforced = false,
    trouble,
  } = parts;
  const hostDoors = isEnforced ? new HostDoors(state) : undefined;
  const carrier = packets && new PacketCarrier(packets);
  let gateways: readonly GatewayView[] = [];
  let held: readonly HeldAddresses[] = [];
  let applied: ProxyConfiguration | undefined;
  const refused = new Set<number>();
  /** Load balancers of which the proxy refuses a part, with its words. */
  let refusedBackends: readonly string[] = [];
  let impaired: ReadonlyMap<string, string> = new Map();
  /** What could not be bound and is gone without, in the proxy's words, and how often it was tried. */
  let unbound: { readonly message: string; readonly tries: number } | undefined;
  const reports = new HealthReports();
  const views = new RoutingViews(state, material, loginOf);
  /** Targets whose health may be another than what is on record, by their keys. */
  const unassessed = new Set<string>();

  const size = (): number => state.table(targets).size + state.table(listeners).size;
  const rest = (key: string): number => (key === "routing" ? Math.floor(size() * REST_MS_PER_TARGET) : 0);
  const worker = keyedWorker("load balancing", (key) => STEPS[key as keyof typeof STEPS](), clock, logger, { rest });
  const STEPS = { routing: route, packets: carryPackets, health: hear, drains: drain, binds: bindAnew };
  /** Targets of which the proxy's checks told something that is not on record, by their keys. */
  const heard = new Set<string>();
  /** Targets whose health is another since the kernel was told, by their keys. */
  const ledOtherwise = new Set<string>();
  /** Why what the kernel was told last did not come about, where it did not. */
  let misled: string | undefined;
  const troubles: { proxy?: string | undefined; packets?: string | undefined } = {};
  const tell = (of: keyof typeof troubles, text: string | undefined): void => {
    troubles[of] = text;
    trouble?.(troubles.proxy ?? troubles.packets);
  };

  async function route(): Promise<void> {
    try {
      do await assignPorts(state, bindable);
      while (someListenerLacksPort(state));
    } catch (cause) {
      // What was refused may be free when this is tried again.
      refused.clear();
      throw cause;
    }
    const routing = views.make({
      ...{ addresses, gateways, held, surroundings: surroundings() },
      ...(hostDoors && { isShutToHost: (listener) => hostDoors.isShut(listener) }),
    });
    for (const key of routing.changed) unassessed.add(key);
    // Both look at many targets where there are many: each has a turn of its own.
    await new Promise<void>((resolve) => void clock.soon(resolve));
    const configuration = planRouting(routing.view, routing.backendsOf);
    const carried = [...state.table(loadBalancers).values()].map((balancer) => balancer.arn);
    // What the proxy does must survive a crash of ours.
    await state.durable();
    await lead((by) => by.prepare(routing, reports));
    if (!applied || !sameConfiguration(configuration, applied)) {
      // Ports that could not be had are no failure: others are assigned and tried at once. Each is tried once, so that this ends.
      if ((await apply(configuration, carried)) === "lost ports") return worker.wake("routing");
      applied = configuration;
    }
    refused.clear();
    for (const key of reports.applied(configuration, routing)) unassessed.add(key);
    if (await lead((by) => by.settle(reports, routing))) for (const key of ledOtherwise) unassessed.add(key);
    const unled = unledBy(routing);
    state.commit(() => {
      for (const arn of carried)
        state.table(loadBalancers).update(arn, (balancer) => inState(balancer, impaired.get(arn) ?? unled.get(arn)));
    });
    await assess(unassessed);
    worker.wake("drains");
  }

  /** A proxy tells of all that it saw at once: of thousands where thousands came up together. */
  async function hear(): Promise<void> {
    await assess(heard);
  }

  async function assess(dirty: Set<string>): Promise<void> {
    await inSlices(clock, [...dirty], (keys) => {
      for (const key of keys) dirty.delete(key);
      recordHealth(state, reports, keys);
    });
  }

  /** What the kernel refuses keeps nothing from the proxy: it is told, and tried again. Resolves with whether it did as it was told. */
  async function lead(work: (by: PacketCarrier) => Promise<void>): Promise<boolean> {
    if (!carrier) return true;
    try {
      await work(carrier);
      if (misled !== undefined) tell("packets", undefined);
      misled = undefined;
    } catch (cause) {
      if (misled === undefined) logger.error("the kernel does not lead packets as load balancers ask for", { cause: errorText(cause) });
      misled = `The kernel does not lead packets: ${errorText(cause)}`;
      tell("packets", misled);
      worker.wakeAt("routing", clock.now() + LEAD_AGAIN_MS);
    }
    return misled === undefined;
  }

  /** What a check finds is on record once the kernel does as it says. */
  async function carryPackets(): Promise<void> {
    const keys = [...ledOtherwise];
    if (!(await lead((by) => by.settle(reports)))) return;
    for (const key of keys) ledOtherwise.delete(key);
    recordHealth(state, reports, keys);
  }

  /** Load balancers whose packets nobody leads, with the reason. */
  function unledBy({ view }: Routing): ReadonlyMap<string, string> {
    const why = carrier ? misled : NOBODY_LEADS;
    return new Map(
      (view.streams ?? []).flatMap(({ packets: asked, own, balancer }) => {
        const reason = own ? why : NOT_HELD;
        return asked && reason !== undefined ? [[balancer.arn, reason] as const] : [];
      }),
    );
  }

  async function apply(configuration: ProxyConfiguration, carried: readonly string[]): Promise<"carried out" | "lost ports"> {
    try {
      await proxy.apply(configuration);
    } catch (cause) {
      const isAboutPorts = cause instanceof ListenerBindError;
      if (isAboutPorts) tellUnbound(cause.message);
      if (isAboutPorts) tell("proxy", undefined);
      if (isAboutPorts && !lostPorts(cause)) return "carried out";
      if (cause instanceof RefusedPartsError) return refusedParts(cause);
      // The proxy may have taken up a part of it.
      applied = undefined;
      if (isAboutPorts) return "lost ports";
      fail(carried, cause);
      tell("proxy", `changes of load balancers do not come about: ${errorText(cause)}`);
      throw cause;
    }
    unbound = undefined;
    impaired = new Map();
    refuse([]);
    tell("proxy", undefined);
    return "carried out";
  }

  /** @param backends that the proxy would not have; the health of their targets, and of those of former ones, is assessed anew */
  function refuse(backends: readonly string[]): void {
    const concerned = new Set([...refusedBackends, ...backends]);
    if (concerned.size === 0) return;
    refusedBackends = backends;
    reports.refuse(backends);
    assessGroups([...state.table(targetGroups).values()].map(({ arn }) => arn).filter((arn) => concerned.has(backendId(arn))));
  }

  function assessGroups(targetGroupArns: readonly string[]): void {
    for (const arn of targetGroupArns)
      for (const { targetGroupArn, id, port } of state.table(targets).by("targetGroup", arn))
        unassessed.add(targetKey(targetGroupArn, id, port));
  }

  /** Everybody else's changes have come about. Told once for as long as it is the same. */
  function refusedParts({ parts, message }: RefusedPartsError): "carried out" {
    const before = [...impaired.values()].join();
    refuse(parts.flatMap((part) => (part.kind === "backend" ? wholeBackendId(part.id) : [])));
    impaired = impairedBy(state, parts);
    if ([...impaired.values()].join() !== before) logger.error("the proxy refuses a part of a load balancer; the others go on", { parts });
    tell("proxy", `HAProxy refuses a part of ${[...impaired.keys()].join(", ")}: ${message}`);
    return "carried out";
  }

  /** Tells what could not be bound, once for as long as it is the same, and has it tried anew. */
  function tellUnbound(message: string): void {
    const tries = unbound?.message === message ? unbound.tries + 1 : 0;
    if (tries === 0) logger.warn(message);
    unbound = { message, tries };
    worker.wakeAt("binds", clock.now() + Math.min(FIRST_RETRY_MS * 2 ** tries, LONGEST_RETRY_MS));
  }

  /** The proxy tries each port anew whenever it is told a configuration. */
  function bindAnew(): void {
    if (unbound === undefined) return;
    applied = undefined;
    worker.wake("routing");
  }

  /** Takes away the ports that could not be had, so that others are assigned; false where they could on the address that counts. */
  function lostPorts({ failures }: ListenerBindError): boolean {
    const ports = failures.filter(({ address }) => address === addresses[0]).map(({ port }) => port);
    for (const port of ports) refused.add(port);
    releasePorts(state, ports);
    return ports.length > 0;
  }

  function fail(carried: readonly string[], cause: unknown): void {
    const reason = errorText(cause);
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
    const next = await finishDrains(state, proxy, reports, clock, carrier);
    if (next !== undefined) worker.wakeAt("drains", next);
  }

  const wakeRouting = (): void => worker.wake("routing");
  const letInAnew = (): void => {
    views.noteAll();
    wakeRouting();
  };
  const watches: Disposable[] = [
    ...(hostDoors ? [hostDoors.watch(wakeRouting)] : []),
    state.watch(loadBalancers, wakeRouting),
    state.watch(listeners, ({ before, after }) => {
      // At once, so that turns follow the order of the commits however long a step takes.
      if (after && after.turn === undefined) giveTurns(state);
      // Whether a group is in use tells in the health of its targets.
      for (const listener of [before, after]) if (listener) assessGroups(targetGroupsOf(listener.defaultActions));
      wakeRouting();
    }),
    state.watch(rules, ({ before, after }) => {
      for (const rule of [before, after]) if (rule) assessGroups(targetGroupsOf(rule.actions));
      wakeRouting();
    }),
    state.watch(networkInterfaces, wakeRouting),
    state.watch(targetGroups, wakeRouting),
    state.watch(certificates, ({ key }) => {
      if (certificateUsers(state, key).length > 0) wakeRouting();
    }),
    state.watch(trustStores, wakeRouting),
    state.watch(signingKeys, ({ before, after }) => {
      if (before?.keys !== after?.keys) wakeRouting();
    }),
    state.watch(targets, ({ key, before, after }) => {
      const target = after ?? before;
      if (target) views.note(target.targetGroupArn, key);
      unassessed.add(key);
      wakeRouting();
    }),
    // What may get requests depends on these, too.
    state.watch(vpcs, letInAnew),
    state.watch(vpcPeerings, wakeRouting),
    state.watch(tasks, ({ before, after }) => {
      if (portsOf(before) !== portsOf(after)) letInAnew();
    }),
    proxy.onHealth((report) => {
      const target = reports.note(report);
      if (target === undefined) return;
      const { targetGroupArn = "" } = state.table(targets).get(target) ?? {};
      const isLed = carrier !== undefined && carrier.protocolsOf(targetGroupArn).length > 0;
      (isLed ? ledOtherwise : heard).add(target);
      worker.wake(isLed ? "packets" : "health");
    }),
  ];
  giveTurns(state);
  for (const { targetGroupArn, id, port } of state.table(targets).values()) unassessed.add(targetKey(targetGroupArn, id, port));
  wakeRouting();

  return {
    bind(wanted) {
      gateways = [...wanted];
      // A port that could not be had on one of them is tried anew, also where they are the same ones.
      applied = undefined;
      wakeRouting();
    },
    hold(wanted) {
      held = wanted;
      applied = undefined;
      wakeRouting();
    },
    async [Symbol.asyncDispose]() {
      for (const watch of watches) watch[Symbol.dispose]();
      await worker[Symbol.asyncDispose]();
    },
  };
}

function inState(balancer: LoadBalancerRecord, reason: string | undefined): LoadBalancerRecord {
  const now: LoadBalancerRecord["state"] = reason === undefined ? { code: "active" } : { code: "active_impaired", reason };
  return balancer.state.code === now.code && balancer.state.reason === now.reason ? balancer : { ...balancer, state: now };
}

/** The load balancers that a refused part belongs to: whose route it is, or who forwards to its target group. */
function impairedBy(state: WholeState, parts: readonly RefusedPart[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of parts) {
    if (part.kind !== "backend" && part.owner !== undefined) found.set(part.owner, part.reason);
    if (part.kind === "backend")
      for (const group of state.table(targetGroups).values())
        if (backendId(group.arn) === wholeBackendId(part.id))
          for (const balancer of loadBalancersOfTargetGroup(state, group.arn)) found.set(balancer, part.reason);
  }
  return found;
}

function portsOf(task: TaskRecord | undefined): string {
  return task ? portsOfTask(task).join() : "";
}
