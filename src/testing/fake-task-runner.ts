import type { HealthStatus } from "../domain/task-status.ts";
import type { Clock } from "../ports/clock.ts";
import type {
  ContainerObservation,
  ContainerSpec,
  LogSink,
  RunnerPhase,
  TaskObservation,
  TaskRunner,
  TaskSpec,
} from "../ports/task-runner.ts";

/** How the containers of an image behave. All that is left out happens at once and well. Times are milliseconds. */
export interface FakeBehaviour {
  readonly pullMs?: number;
  /** The engine's text; the reason becomes `CannotPullContainerError: Error response from daemon: …`. */
  readonly pullError?: string;
  readonly startMs?: number;
  readonly startError?: string;
  /** Printed when it starts. */
  readonly prints?: readonly string[];
  /** Absent: it runs until it is told to stop. */
  readonly exits?: { readonly afterMs: number; readonly code: number; readonly outOfMemory?: boolean };
  /** What its health check comes to say, in time from its start. */
  readonly health?: readonly { readonly afterMs: number; readonly status: HealthStatus }[];
  /** How it takes SIGTERM: it ends so much later with this code. `ignores`: SIGKILL ends it after `stopTimeout`, with 137. */
  readonly onTerm?: { readonly afterMs: number; readonly code: number } | "ignores";
}

interface FakeContainer {
  readonly spec: ContainerSpec;
  /** What the engine has of it; outlives the runner. */
  state: "absent" | "running" | "exited" | "failed";
  id: string | undefined;
  startedAt: number | undefined;
  exitCode: number | undefined;
  reason: string | undefined;
  health: HealthStatus;
  readonly output: { readonly timestamp: number; readonly message: string }[];
  termSent: boolean;
}

/** What would be left on the engine after `kill -9` of the control plane. */
interface FakeTask {
  readonly spec: TaskSpec;
  readonly containers: readonly FakeContainer[];
}

/** The engine behind fake runners: it goes on when a runner is dropped, and the next runner adopts what it has. */
export class FakeTaskEngine {
  readonly tasks = new Map<string, FakeTask>();
  /** Every start of a container, as `<task ARN> <name>`. */
  readonly starts: string[] = [];
  readonly #clock: Clock;
  readonly #behaviours = new Map<string, FakeBehaviour>();
  readonly #watchers = new Set<(taskArn: string) => void>();
  #ids = 0;
  #startsFail: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sets how containers of `image` (a `pullReference`) behave from now on. */
  script(image: string, behaviour: FakeBehaviour): void {
    this.#behaviours.set(image, behaviour);
  }

  behaviour(image: string): FakeBehaviour {
    return this.#behaviours.get(image) ?? {};
  }

  /** From now on no container starts, and this is why; `undefined`: they start again. */
  failStarts(why: string | undefined): void {
    this.#startsFail = why;
  }

  watch(watcher: (taskArn: string) => void): Disposable {
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => void this.#watchers.delete(watcher) };
  }

  /** Ends a container from outside, as its own crash or an operator would. */
  exit(taskArn: string, name: string, code: number, outOfMemory = false): void {
    const container = this.#container(taskArn, name);
    if (container) this.#exited(taskArn, container, code, outOfMemory);
  }

  setHealth(taskArn: string, name: string, health: HealthStatus): void {
    const container = this.#container(taskArn, name);
    if (container?.state !== "running") return;
    container.health = health;
    this.#changed(taskArn);
  }

  print(taskArn: string, name: string, message: string): void {
    this.#container(taskArn, name)?.output.push({ timestamp: this.#clock.now(), message });
    this.#changed(taskArn);
  }

  start(taskArn: string, container: FakeContainer): void {
    const { startError = this.#startsFail, exits, prints = [], health = [] } = this.behaviour(container.spec.pullReference);
    if (startError !== undefined) {
      container.state = "failed";
      container.reason = `CannotStartContainerError: Error response from daemon: ${startError}`;
      this.#changed(taskArn);
      return;
    }
    this.#ids += 1;
    this.starts.push(`${taskArn} ${container.spec.name}`);
    container.id = this.#ids.toString(16).padStart(64, "0");
    container.state = "running";
    container.startedAt = this.#clock.now();
    for (const message of prints) container.output.push({ timestamp: this.#clock.now(), message });
    for (const { afterMs, status } of health) this.#clock.after(afterMs, () => this.setHealth(taskArn, container.spec.name, status));
    if (exits) this.#clock.after(exits.afterMs, () => this.#exited(taskArn, container, exits.code, exits.outOfMemory ?? false));
    this.#changed(taskArn);
  }

  terminate(taskArn: string, container: FakeContainer): void {
    if (container.termSent) return;
    container.termSent = true;
    const { onTerm = { afterMs: 0, code: 143 } } = this.behaviour(container.spec.pullReference);
    const timeout = (container.spec.stopTimeout ?? 30) * 1000;
    const ends = onTerm !== "ignores" && onTerm.afterMs < timeout ? onTerm : { afterMs: timeout, code: 137 };
    this.#clock.after(ends.afterMs, () => this.#exited(taskArn, container, ends.code, false));
  }

  #exited(taskArn: string, container: FakeContainer, code: number, outOfMemory: boolean): void {
    if (container.state !== "running") return;
    container.state = "exited";
    container.exitCode = code;
    if (outOfMemory) container.reason = "OutOfMemoryError: Container killed due to memory usage";
    this.#changed(taskArn);
  }

  #container(taskArn: string, name: string): FakeContainer | undefined {
    return this.tasks.get(taskArn)?.containers.find(({ spec }) => spec.name === name);
  }

  #changed(taskArn: string): void {
    for (const watcher of this.#watchers) watcher(taskArn);
  }
}

const PHASES: readonly RunnerPhase[] = ["pulling", "creating", "running", "stopping", "stopped"];

/** What a runner makes of a task: gone when the runner is. */
interface Handling {
  readonly task: FakeTask;
  phase: RunnerPhase;
  /** Its containers may start. */
  isAdmitted: boolean;
  stopping: boolean;
  stop: TaskObservation["stop"];
  pullStartedAt?: number;
  pullStoppedAt?: number;
  executionStoppedAt?: number;
  readonly pulls: Map<FakeContainer, "under way" | "done">;
  readonly starting: Set<FakeContainer>;
  /** How many lines of each container the sink has been given. */
  readonly delivered: Map<FakeContainer, number>;
  writing: Promise<void>;
  told: string;
}

export interface FakeTaskRunnerOptions {
  readonly engine: FakeTaskEngine;
  readonly clock: Clock;
  readonly logSink?: LogSink;
}

/** A task runner without containers. Everything happens through the clock, in one order: equal scripts give equal histories. */
export function fakeTaskRunner({ engine, clock, logSink }: FakeTaskRunnerOptions): TaskRunner {
  const handlings = new Map<string, Handling>();
  const listeners = new Set<(observation: TaskObservation) => void>();
  let closed = false;
  const watching = engine.watch((taskArn) => clock.after(0, () => step(taskArn)));

  const handle = (task: FakeTask): Handling => {
    const handling: Handling = {
      task,
      phase: "pulling",
      isAdmitted: false,
      stopping: false,
      stop: undefined,
      pulls: new Map(),
      starting: new Set(),
      delivered: new Map(),
      writing: Promise.resolve(),
      told: "",
    };
    handlings.set(task.spec.taskArn, handling);
    return handling;
  };

  const admit = (handling: Handling, admitted: Promise<void> | undefined): void => {
    if (admitted === undefined) handling.isAdmitted = true;
    void admitted?.then(() => {
      handling.isAdmitted = true;
      clock.after(0, () => step(handling.task.spec.taskArn));
    });
  };

  const tell = (handling: Handling, again = false): void => {
    const observation = observe(handling);
    const told = JSON.stringify(observation);
    if (told === handling.told && !again) return;
    handling.told = told;
    for (const listener of listeners) listener(observation);
  };

  const beginStop = (handling: Handling, stop?: TaskObservation["stop"]): void => {
    if (handling.stopping) return;
    handling.stopping = true;
    handling.stop = stop;
    if (stop) handling.executionStoppedAt ??= clock.now();
    handling.phase = "stopping";
  };

  const deliver = (handling: Handling): void => {
    for (const container of handling.task.containers) {
      const { log } = container.spec;
      const from = handling.delivered.get(container);
      if (!log || !logSink || from === undefined || container.output.length <= from) continue;
      const lines = container.output.slice(from);
      handling.delivered.set(container, container.output.length);
      const position = String(container.output.length);
      handling.writing = handling.writing.then(() => logSink.write(log, lines, position));
    }
  };

  const begin = (handling: Handling, { spec: { log } }: FakeContainer): void => {
    if (log) handling.writing = handling.writing.then(() => logSink?.begin?.(log));
  };

  /** Where the last runner had come to with each log. */
  const resume = async (handling: Handling): Promise<void> => {
    for (const container of handling.task.containers) {
      const stored = container.spec.log && (await logSink?.resumeFrom?.(container.spec.log));
      if (stored === undefined && container.state !== "absent") begin(handling, container);
      handling.delivered.set(container, Number(stored ?? 0));
    }
  };

  function step(taskArn: string): void {
    const handling = handlings.get(taskArn);
    if (!handling || closed || handling.phase === "stopped") return;
    const { containers } = handling.task;
    deliver(handling);
    const lost = containers.find(({ state, spec }) => spec.essential && (state === "exited" || state === "failed"));
    if (lost?.state === "exited") beginStop(handling, { code: "EssentialContainerExited", reason: "Essential container in task exited" });
    else if (lost) {
      const fargate = handling.task.spec.launchType === "FARGATE";
      beginStop(handling, { code: "TaskFailedToStart", reason: fargate ? (lost.reason ?? "") : "Task failed to start" });
    }
    if (handling.stopping) stepDown(handling);
    else {
      for (const container of containers) if (container.state === "absent") stepUp(handling, container);
      if (containers.every(({ state }) => state !== "absent")) handling.phase = "running";
    }
    tell(handling);
  }

  function stepUp(handling: Handling, container: FakeContainer): void {
    const { spec } = container;
    const { taskArn } = handling.task.spec;
    const behaviour = engine.behaviour(spec.pullReference);
    const again = (): Disposable => clock.after(0, () => step(taskArn));
    if (!handling.pulls.has(container)) {
      handling.pulls.set(container, "under way");
      handling.pullStartedAt ??= clock.now();
      clock.after(behaviour.pullMs ?? 0, () => {
        if (closed || handling.stopping) return;
        handling.pulls.set(container, "done");
        handling.pullStoppedAt = clock.now();
        const error =
          spec.pullFailure?.replace(/^(?!CannotPull\w*Error: )/, "CannotPullContainerError: ") ??
          (behaviour.pullError === undefined ? undefined : `CannotPullContainerError: Error response from daemon: ${behaviour.pullError}`);
        if (error !== undefined) fail(container, error);
        again();
      });
      return;
    }
    if ([...handling.pulls.values()].every((state) => state === "done") && handling.phase === "pulling") handling.phase = "creating";
    if (handling.pulls.get(container) !== "done" || !handling.isAdmitted || handling.starting.has(container)) return;
    const dependency = stateOfDependencies(container, handling.task.containers);
    if (dependency === "waiting") return;
    if (dependency !== "met") {
      container.exitCode = 143;
      fail(container, dependency.failure);
      again();
      return;
    }
    handling.starting.add(container);
    handling.delivered.set(container, 0);
    clock.after(behaviour.startMs ?? 0, () => {
      if (closed || handling.stopping || container.state !== "absent") return;
      begin(handling, container);
      engine.start(taskArn, container);
    });
  }

  function stepDown(handling: Handling): void {
    const { containers, spec } = handling.task;
    for (const container of containers) {
      const leaning = containers.some(
        (other) => other.state === "running" && other.spec.dependsOn.some(({ containerName }) => containerName === container.spec.name),
      );
      if (container.state === "running" && !leaning) engine.terminate(spec.taskArn, container);
    }
    if (containers.some(({ state }) => state === "running")) return;
    const finish = (): void => {
      if (closed || handling.phase === "stopped") return;
      handling.executionStoppedAt ??= clock.now();
      handling.phase = "stopped";
      tell(handling);
    };
    void handling.writing.then(finish, finish);
  }

  function observe(handling: Handling): TaskObservation {
    const { spec, containers } = handling.task;
    const started = containers.filter(({ spec: { essential } }) => essential).flatMap(({ startedAt }) => startedAt ?? []);
    return {
      taskArn: spec.taskArn,
      phase: handling.phase,
      containers: containers.map((container) => observeContainer(container, handling)),
      ...(handling.pullStartedAt !== undefined && { pullStartedAt: handling.pullStartedAt }),
      ...(handling.pullStoppedAt !== undefined && { pullStoppedAt: handling.pullStoppedAt }),
      ...(started.length > 0 && { startedAt: Math.max(...started) }),
      ...(handling.executionStoppedAt !== undefined && { executionStoppedAt: handling.executionStoppedAt }),
      ...(handling.stop && { stop: handling.stop }),
      endpoints: handling.stopping
        ? []
        : containers.filter(({ state }) => state === "running").flatMap((container) => endpointsOf(container, spec)),
    };
  }

  return {
    start(spec, admitted) {
      const known = handlings.get(spec.taskArn);
      if (known) admit(known, admitted);
      if (known && (known.stopping || known.pulls.size > 0)) {
        tell(known, true);
        return;
      }
      let task = engine.tasks.get(spec.taskArn);
      if (!task) {
        task = { spec, containers: spec.containers.map(freshContainer) };
        engine.tasks.set(spec.taskArn, task);
      }
      const handling = known ?? handle(task);
      if (!known) admit(handling, admitted);
      if (task.containers.every(({ state }) => state !== "absent")) tell(handling, true);
      clock.after(0, () => step(spec.taskArn));
    },
    // Nothing here takes time that could be saved.
    foresee: () => undefined,
    stop(taskArn) {
      const handling = handlings.get(taskArn);
      if (!handling) {
        clock.after(0, () => {
          if (!closed) for (const listener of listeners) listener({ taskArn, phase: "stopped", containers: [], endpoints: [] });
        });
        return;
      }
      if (handling.phase === "stopped") tell(handling, true);
      beginStop(handling);
      clock.after(0, () => step(taskArn));
    },
    forget(taskArn) {
      handlings.delete(taskArn);
      engine.tasks.delete(taskArn);
      return Promise.resolve();
    },
    addressesOf(taskArn) {
      const task = engine.tasks.get(taskArn);
      const lives = task?.containers.some(({ state }) => state === "running");
      return Promise.resolve(lives && task?.spec.network.mode === "awsvpc" ? [task.spec.network.address] : []);
    },
    isMadeHere: () => Promise.resolve(false),
    async adopt() {
      const found: Handling[] = [];
      for (const task of engine.tasks.values()) {
        if (handlings.has(task.spec.taskArn) || task.containers.every(({ state }) => state === "absent")) continue;
        const handling = handle(task);
        handling.phase = task.containers.some(({ state }) => state === "absent") ? "creating" : "running";
        await resume(handling);
        found.push(handling);
      }
      for (const { task } of found) step(task.spec.taskArn);
      return found.map(observe);
    },
    onChange(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    close() {
      closed = true;
      watching[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

function freshContainer(spec: ContainerSpec): FakeContainer {
  return {
    spec,
    state: "absent",
    id: undefined,
    startedAt: undefined,
    exitCode: undefined,
    reason: undefined,
    health: "UNKNOWN",
    output: [],
    termSent: false,
  };
}

function fail(container: FakeContainer, reason: string): void {
  container.state = "failed";
  container.reason = reason;
}

function stateOfDependencies(container: FakeContainer, all: readonly FakeContainer[]): "met" | "waiting" | { readonly failure: string } {
  let waiting = false;
  for (const { containerName, condition } of container.spec.dependsOn) {
    const on = all.find(({ spec }) => spec.name === containerName);
    if (!on) continue;
    const met = {
      START: on.startedAt !== undefined,
      COMPLETE: on.state === "exited",
      SUCCESS: on.state === "exited" && on.exitCode === 0,
      HEALTHY: on.state === "running" && on.health === "HEALTHY",
    }[condition];
    if (met) continue;
    if (on.state === "exited" || on.state === "failed") {
      return {
        failure: `CannotStartContainerError: dependency graph: failed to resolve container ordering dependency [${containerName}] for target [${container.spec.name}] as dependency did not exit successfully.`,
      };
    }
    waiting = true;
  }
  return waiting ? "waiting" : "met";
}

function observeContainer(container: FakeContainer, handling: Handling): ContainerObservation {
  const { spec, state } = container;
  const pending = state === "absent" && !(handling.stopping && PHASES.indexOf(handling.phase) >= PHASES.indexOf("stopping"));
  return {
    name: spec.name,
    status: state === "running" ? "RUNNING" : pending ? "PENDING" : "STOPPED",
    ...(container.id !== undefined && { runtimeId: container.id }),
    ...(spec.imageDigest !== undefined && { imageDigest: spec.imageDigest }),
    ...(container.exitCode !== undefined && { exitCode: container.exitCode }),
    ...(container.reason !== undefined && { reason: container.reason }),
    health: container.health,
    networkBindings:
      handling.task.spec.network.mode === "bridge" && container.startedAt !== undefined
        ? spec.portMappings.map(({ containerPort, hostPort, protocol }) => ({
            containerPort,
            hostPort: hostPort || 32_768 + (Number.parseInt(container.id ?? "0", 16) % 20_000),
            protocol,
            bindIP: "0.0.0.0",
          }))
        : [],
  };
}

function endpointsOf(container: FakeContainer, { network }: TaskSpec): TaskObservation["endpoints"] {
  return container.spec.portMappings.map(({ containerPort, hostPort }) => ({
    containerName: container.spec.name,
    containerPort,
    address: network.mode === "awsvpc" ? network.address : "127.0.0.1",
    port: network.mode === "bridge" ? hostPort || 32_768 + (Number.parseInt(container.id ?? "0", 16) % 20_000) : containerPort,
  }));
}
