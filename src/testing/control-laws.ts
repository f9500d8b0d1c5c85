import { isBefore } from "../domain/task-status.ts";
import type { TaskRunner } from "../ports/task-runner.ts";
import type { ProxyConfiguration, TrafficProxy } from "../ports/traffic-proxy.ts";
import { tasks, type TaskRecord } from "../state/ecs.ts";
import { connectServerKey, connectServers } from "../state/ecs-connect.ts";
import { listeners, targets, type ListenerRecord } from "../state/elb.ts";
import type { WholeState } from "../state/state.ts";
import type { FakeTaskEngine } from "./fake-task-runner.ts";
import type { FakeTrafficProxy } from "./fake-traffic-proxy.ts";
import type { HeldJournal } from "./held-journal.ts";

/** What there is of a control plane that runs, and of the world that goes on without it. */
export interface Watched {
  readonly state: WholeState;
  readonly journal: HeldJournal;
  readonly engine: FakeTaskEngine;
  readonly proxy: FakeTrafficProxy;
  readonly now: () => number;
}

/**
 * What holds at every moment, whoever dies, and however late the disk is. A law that is broken is noted, with how: a throw would only be one more
 * step that fails and is tried again.
 */
export class ControlLaws {
  readonly broken: string[] = [];
  /** Until when requests under way may keep a server, by backend and server. */
  readonly #drainingUntil = new Map<string, number>();
  #atLeast = 0;

  /** From now on at least so many servers get requests, and have a container that answers. */
  serving(atLeast: number): void {
    this.#atLeast = atLeast;
  }

  /** What the task loop tells the engine. */
  runner(runner: TaskRunner, watched: Watched): TaskRunner {
    const { state, journal } = watched;
    const recorded = (arn: string): TaskRecord | undefined => journal.durable<TaskRecord>(tasks, arn);
    return {
      ...runner,
      start: (spec, admitted) => {
        const { taskArn, network } = spec;
        const durable = recorded(taskArn);
        this.#law(durable !== undefined, `${taskArn} gets a container, and a crash would forget it`);
        if (network.mode === "awsvpc")
          this.#law(durable?.networkInterface?.privateIpv4Address === network.address, `the address of ${taskArn} is not durable`);
        this.#law(state.table(tasks).get(taskArn)?.desiredStatus === "RUNNING", `${taskArn} gets a container, and nobody wants it to run`);
        runner.start(spec, admitted);
      },
      stop: (arn) => {
        const durable = recorded(arn);
        const isOver = durable === undefined || durable.lastStatus === "STOPPED";
        if (!isOver) {
          this.#law(durable.desiredStatus === "STOPPED", `${arn} is told to stop, and a crash would forget that it should`);
          this.#law(!isBefore(durable.lastStatus, "STOPPING"), `${arn} is told to stop while it is on record as ${durable.lastStatus}`);
        }
        if (runs(watched.engine, arn)) this.#mayStop(state.table(tasks).get(arn), watched);
        runner.stop(arn);
      },
      forget: (arn) => {
        const durable = recorded(arn);
        this.#law(
          durable === undefined || !isBefore(durable.lastStatus, "DEPROVISIONING"),
          `${arn} is forgotten while it is on record as ${durable?.lastStatus}`,
        );
        return runner.forget(arn);
      },
    };
  }

  /** What load balancing tells the proxy. */
  proxy(proxy: TrafficProxy, { state, journal }: Watched): TrafficProxy {
    return {
      apply: (configuration) => {
        this.#isDurable(configuration, state, journal);
        return proxy.apply(configuration);
      },
      onHealth: (listener) => proxy.onHealth(listener),
      activeSessions: (backend, server) => proxy.activeSessions(backend, server),
      close: () => proxy.close(),
      stop: () => proxy.stop(),
    };
  }

  /** Whatever can be seen of the world at any moment. */
  check({ state, engine, proxy }: Pick<Watched, "state" | "engine" | "proxy">): void {
    for (const target of state.table(targets).values())
      if (target.drainingUntil !== undefined) this.#drainingUntil.set(`${target.address}:${target.addressPort}`, target.drainingUntil);
    for (const server of state.table(connectServers).values())
      if (server.drainingUntil !== undefined) this.#drainingUntil.set(connectServerKey(server), server.drainingUntil);
    const [told, running] = [new Set<string>(), new Set<string>()];
    for (const { spec, containers } of engine.tasks.values()) {
      if (spec.network.mode !== "awsvpc") continue;
      if (containers.some(({ termSent }) => termSent)) told.add(spec.network.address);
      else if (containers.every((container) => container.state === "running")) running.add(spec.network.address);
    }
    const served = proxy.inRotation();
    for (const { address } of served) this.#law(!told.has(address), `requests go to ${address}, which was told to stop`);
    const aliased = new Set(proxy.configuration.backends.flatMap(({ id, connect }) => (connect ? id : [])));
    const answering = served.filter(({ address, backend }) => running.has(address) && !aliased.has(backend)).length;
    this.#law(answering >= this.#atLeast, `requests find ${answering} servers, and at least ${this.#atLeast} should answer`);
    this.#law(new Set(engine.starts).size === engine.starts.length, `a container was started twice: ${engine.starts.at(-1)}`);
  }

  #mayStop(task: TaskRecord | undefined, { state, proxy, now }: Watched): void {
    const address = task?.networkInterface?.privateIpv4Address;
    if (!task || address === undefined) return;
    const registered = [...state.table(targets).values()].some((target) => target.address === address);
    this.#law(!registered, `${task.arn} is told to stop while it is registered`);
    this.#law(state.table(connectServers).count("task", task.arn) === 0, `${task.arn} is told to stop while it is offered`);
    this.#law(!proxy.inRotation().some((server) => server.address === address), `${task.arn} is told to stop while it gets requests`);
    for (const { id, servers, connect } of proxy.configuration.backends)
      for (const server of servers.filter((one) => one.address === address)) {
        const until = this.#drainingUntil.get(connect ? `${id}/${server.id}` : `${address}:${server.port}`) ?? 0;
        this.#law(proxy.sessionsOf(id, server.id) === 0 || now() >= until, `${task.arn} is told to stop while it answers a request`);
      }
  }

  #isDurable({ listeners: served, backends }: ProxyConfiguration, state: WholeState, journal: HeldJournal): void {
    const bound = new Set(journal.all<ListenerRecord>(listeners).map(({ boundPort }) => boundPort));
    for (const { port } of served) this.#law(bound.has(port), `the proxy listens on ${port}, and a crash would forget it`);
    const offered = new Set(
      backends.filter(({ connect }) => connect).flatMap(({ id, servers }) => servers.map((one) => `${id}/${one.id}`)),
    );
    for (const server of state.table(connectServers).values())
      if (offered.has(connectServerKey(server)))
        this.#law(
          journal.durable(connectServers, connectServerKey(server)) !== undefined,
          `the proxy gets ${server.taskId}, and a crash would forget it`,
        );
    const used = new Set(
      backends.filter(({ connect }) => !connect).flatMap(({ servers }) => servers.map(({ address, port }) => `${address}:${port}`)),
    );
    for (const target of state.table(targets).values())
      if (used.has(`${target.address}:${target.addressPort}`))
        this.#law(journal.durable(targets, targets.key(target)) !== undefined, `the proxy gets ${target.id}, and a crash would forget it`);
  }

  #law(holds: boolean, otherwise: string): void {
    if (!holds && !this.broken.includes(otherwise)) this.broken.push(otherwise);
  }
}

function runs(engine: FakeTaskEngine, arn: string): boolean {
  return engine.tasks.get(arn)?.containers.some(({ state, termSent }) => state === "running" && !termSent) === true;
}
