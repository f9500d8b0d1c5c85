import { errorText } from "../../domain/error-text.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import { ListenerBindError, RefusedPartsError, type ProxyConfiguration, type TrafficProxy } from "../../ports/traffic-proxy.ts";
import { services, tasks, type TaskRecord } from "../../state/ecs.ts";
import {
  connectAddresses,
  connectServerKey,
  connectServers,
  endpointsOf,
  releaseConnectAddresses,
  type ConnectServerRecord,
} from "../../state/ecs-connect.ts";
import type { WholeState } from "../../state/state.ts";
import { keyedWorker } from "../keyed-worker.ts";
import type { HeldAddresses } from "../load-balancing/own-places.ts";
import { sameConfiguration } from "../load-balancing/same-configuration.ts";
import { ConnectViews, type ConnectView } from "./connect-views.ts";
import { ServerDoors } from "./server-doors.ts";

export interface ServiceConnectParts {
  readonly state: WholeState;
  readonly clock: Clock;
  readonly proxy: TrafficProxy;
  readonly logger: Logger;
  /** Whether security groups, network ACLs and routes count. */
  readonly isEnforced: boolean;
  /** Told that the proxy does not carry what it should, in words for an operator; with `undefined` that it does again. */
  readonly trouble?: (text: string | undefined) => void;
}

export interface ServiceConnect extends AsyncDisposable {
  /** This host has exactly these addresses from now on, and lacks others in these VPCs, for reasons in words for an operator. */
  hold(held: readonly HeldAddresses[], lacking: ReadonlyMap<string, string>): void;
  /**
   * Resolves when a task finds what its names lead to, and is served there and nowhere else; with a reason where it will not. `undefined` where it need not wait.
   */
  ready(task: TaskRecord): Promise<{ readonly failure: string } | undefined> | undefined;
}

/** How often a task that leaves is asked for its requests: the proxy has no event for the last one. */
const ASK_AGAIN_MS = 500;
/** Until a port that could not be had is tried anew: no event tells when another program lets go of it. */
const BIND_AGAIN_MS = 10_000;
/** How long a task that starts waits for the proxy. */
const PATIENCE_MS = 60_000;
/** It rests after a change for so many milliseconds an endpoint, so that it takes a small share of the time, however many there are. */
const REST_MS_PER_ENDPOINT = 0.02;

interface Waiter {
  readonly task: TaskRecord;
  readonly timer: Disposable;
  resolve(outcome: { readonly failure: string } | undefined): void;
}

/**
 * Starts the loop: what services offer, which tasks serve it and which may connect become a part of the proxy's configuration; what its checks find is noted. Disposing it stops the
 * loop and leaves the proxy as it is.
 *
 * No row of the table of loops: it is told from outside which addresses this host has, and tasks wait for it.
 */
export function serviceConnect({ state, clock, proxy, logger, isEnforced, trouble }: ServiceConnectParts): ServiceConnect {
  const doors = isEnforced ? new ServerDoors(state) : undefined;
  const views = new ConnectViews(state, doors);
  let held: readonly HeldAddresses[] = [];
  let lacking: ReadonlyMap<string, string> = new Map();
  let applied: ProxyConfiguration | undefined;
  /** What the proxy works by. */
  let view: ConnectView | undefined;
  const waiters = new Set<Waiter>();
  const emptied = new Set<string>();

  const rest = (key: string): number =>
    key === "routing" ? Math.floor((view?.configuration.backends.length ?? 0) * REST_MS_PER_ENDPOINT) : 0;
  const worker = keyedWorker("service connect", (key) => STEPS[key as keyof typeof STEPS](), clock, logger, { rest });
  const STEPS = { routing: route, drains: drain, binds: bindAnew, releases: release };

  async function route(): Promise<void> {
    const made = views.make(held);
    // What the proxy does must survive a crash of ours.
    await state.durable();
    if (!applied || !sameConfiguration(made.configuration, applied)) {
      await apply(made.configuration);
      applied = made.configuration;
    }
    view = { ...made, clients: new Map(made.clients) };
    letGo();
    worker.wake("drains");
  }

  /** What is refused of one service, or could not be bound, keeps nothing else from coming about. */
  async function apply(configuration: ProxyConfiguration): Promise<void> {
    try {
      await proxy.apply(configuration);
      trouble?.(undefined);
    } catch (cause) {
      applied = undefined;
      trouble?.(`changes of Service Connect do not come about: ${errorText(cause)}`);
      const isPart = cause instanceof ListenerBindError || cause instanceof RefusedPartsError;
      if (!isPart) throw cause;
      logger.warn("a part of Service Connect does not come about; the rest does", { why: cause.message });
      worker.wakeAt("binds", clock.now() + BIND_AGAIN_MS);
    }
  }

  function bindAnew(): void {
    applied = undefined;
    worker.wake("routing");
  }

  /** Tells those that wait what has become of it. */
  function letGo(): void {
    for (const waiter of waiters) {
      const outcome = outcomeFor(waiter.task);
      if (outcome !== "wait") waiter.resolve(outcome);
    }
  }

  function outcomeFor({ networkInterface, connect }: TaskRecord): { readonly failure: string } | "wait" | undefined {
    if (!networkInterface) return undefined;
    const { privateIpv4Address: address, vpcId } = networkInterface;
    // Whoever had this address before may be served still, as somebody whom this task is not.
    for (const [namespaceId, clients] of view?.clients ?? [])
      if (namespaceId !== connect?.namespaceId && clients.has(address)) return "wait";
    if (!connect) return undefined;
    const why = lacking.get(vpcId);
    if (connect.names.length > 0 && why !== undefined)
      return { failure: `ResourceInitializationError: Service Connect cannot work here: ${why}` };
    if (!view) return "wait";
    const isAwaited = connect.names.some(({ ipAddress }) => view?.awaited.has(ipAddress));
    const listens = connect.names.some(({ ipAddress }) => view?.listening.has(ipAddress));
    const isServed = view.clients.get(connect.namespaceId)?.has(address) ?? false;
    // Where nothing is offered any more there is nothing to be served.
    return isAwaited || (listens && !isServed) ? "wait" : undefined;
  }

  async function drain(): Promise<void> {
    const leaving = state.table(connectServers).by("draining", "draining");
    if (leaving.length === 0) return;
    const over = await Promise.all(leaving.map(isFinished));
    state.commit(() => {
      for (const [at, server] of leaving.entries())
        if (over[at] && state.table(connectServers).get(connectServerKey(server)) === server)
          state.table(connectServers).delete(connectServerKey(server));
    });
    if (over.includes(false)) worker.wakeAt("drains", clock.now() + ASK_AGAIN_MS);
  }

  async function isFinished({ discoveryServiceId, taskId, drainingUntil = 0 }: ConnectServerRecord): Promise<boolean> {
    if (drainingUntil <= clock.now()) return true;
    // Only once the proxy drains it, or has nothing to do with it, no request can come any more.
    const backend = view?.configuration.backends.find(({ id }) => id === discoveryServiceId);
    if (!view || backend?.servers.some(({ id, draining }) => id === taskId && !draining)) return false;
    return (await proxy.activeSessions(discoveryServiceId, taskId)) === 0;
  }

  function release(): void {
    for (const namespaceId of emptied) {
      emptied.delete(namespaceId);
      releaseConnectAddresses(state, namespaceId);
    }
  }

  const wakeRouting = (): void => worker.wake("routing");
  const noteEmptied = (namespaceId: string | undefined): void => {
    if (namespaceId === undefined) return;
    emptied.add(namespaceId);
    worker.wake("releases");
  };
  const watches: Disposable[] = [
    state.watch(services, ({ key, before, after }) => {
      if (!before?.deployments.some(({ connect }) => connect) && !after?.deployments.some(({ connect }) => connect)) return;
      const offered = (record: typeof before) => (record ? endpointsOf(record) : []);
      const [was, is] = [offered(before), offered(after)];
      if (was.length !== is.length || was.some((endpoint, at) => endpoint !== is[at])) {
        views.noteService(key);
        wakeRouting();
      }
      for (const { connect } of before?.deployments ?? []) noteEmptied(connect?.namespaceId);
    }),
    state.watch(tasks, ({ before, after }) => {
      const [was, is] = [before && tasks.indexes.connect(before), after && tasks.indexes.connect(after)];
      if (was !== is) {
        for (const namespaceId of [was, is]) if (typeof namespaceId === "string") views.noteClients(namespaceId);
        wakeRouting();
        if (typeof was === "string") noteEmptied(was);
      } else if (typeof is === "string" && before?.networkInterface !== after?.networkInterface) {
        // Its security groups may be others.
        views.noteClients(is);
        for (const { discoveryServiceId } of state.table(connectServers).by("task", after?.arn ?? "")) noteServers(discoveryServiceId);
        wakeRouting();
      }
      if (after?.connect && before?.healthStatus !== after.healthStatus)
        for (const { discoveryServiceId } of state.table(connectServers).by("task", after.arn)) noteServers(discoveryServiceId);
    }),
    state.watch(connectServers, ({ before, after }) => {
      for (const record of [before, after]) if (record) noteServers(record.discoveryServiceId);
    }),
    state.watch(connectAddresses, () => {
      views.noteAddresses();
      wakeRouting();
    }),
    proxy.onHealth(({ backend, server, health }) => {
      if (health !== "healthy") return;
      const key = connectServerKey({ discoveryServiceId: backend, taskId: server });
      const known = state.table(connectServers).get(key);
      if (known && !known.passed) state.record(() => state.table(connectServers).replace(known, { ...known, passed: true }));
    }),
  ];
  function noteServers(discoveryServiceId: string): void {
    views.noteServers(discoveryServiceId);
    wakeRouting();
  }
  if (doors)
    watches.push(
      doors.watch(() => {
        views.noteDoors();
        wakeRouting();
      }),
    );
  for (const { namespaceId } of state.table(connectAddresses).values()) noteEmptied(namespaceId);
  wakeRouting();

  return {
    hold(now, without) {
      held = now;
      lacking = without;
      letGo();
      wakeRouting();
    },
    ready(task) {
      if (outcomeFor(task) === undefined) return undefined;
      return new Promise((resolve) => {
        const timer = clock.after(PATIENCE_MS, () =>
          waiter.resolve({ failure: "ResourceInitializationError: Service Connect was not ready within a minute." }),
        );
        const waiter: Waiter = {
          task,
          timer,
          resolve(outcome) {
            waiters.delete(waiter);
            timer[Symbol.dispose]();
            resolve(outcome);
          },
        };
        waiters.add(waiter);
        letGo();
      });
    },
    async [Symbol.asyncDispose]() {
      for (const watch of watches) watch[Symbol.dispose]();
      for (const { timer } of waiters) timer[Symbol.dispose]();
      await worker[Symbol.asyncDispose]();
    },
  };
}
