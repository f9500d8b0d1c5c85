import { errorText } from "../../domain/error-text.ts";
import type { ContainerSpec, RunnerPhase, TaskObservation, TaskSpec } from "../../ports/task-runner.ts";
import { createTaskContainer, startTaskContainer } from "./container-create.ts";
import { ContainerRun } from "./container-run.ts";
import { inspect, type Inspection, publishedPorts, startError, wasStarted } from "./container-start.ts";
import { dependencyState } from "./dependencies.ts";
import { EngineError, EngineUnavailableError } from "./engine.ts";
import { type EngineEvent, engineTime } from "./events.ts";
import { followLog } from "./log-follower.ts";
import { PauseContainer } from "./pause-container.ts";
import { ContainerFailure, ESSENTIAL_EXITED, FAILED_TO_START, NEVER_STARTED_EXIT_CODE, OUT_OF_MEMORY } from "./reasons.ts";
import { isRestarted } from "./restarts.ts";
import { Abandoned, persist, type TaskSurroundings } from "./surroundings.ts";
import { accountOf, LABELS, PAUSE, type TaskPlan } from "./task-plan.ts";

const PHASES: readonly RunnerPhase[] = ["pulling", "creating", "running", "stopping", "stopped"];
/** For what a container printed last, where the sink is slow. */
const LOG_PATIENCE = 30_000;

/** One task: brings its containers about, watches them, and stops them. */
export class TaskRun {
  readonly plan: TaskPlan;
  readonly containers: ReadonlyMap<string, ContainerRun>;
  readonly #at: TaskSurroundings;
  readonly #pause: PauseContainer;
  #phase: RunnerPhase = "pulling";
  #pulls: { startedAt: number; stoppedAt?: number } | undefined;
  #startedAt: number | undefined;
  #executionStoppedAt: number | undefined;
  #stop: TaskObservation["stop"];
  #stopping = false;
  /** What was told last. */
  #told = "";
  /** Woken whenever something changed that a container may wait for. */
  #waiting: (() => void)[] = [];
  readonly #abandon: Promise<never>;
  #abandonNow: (reason: Abandoned) => void = () => undefined;

  constructor(plan: TaskPlan, at: TaskSurroundings) {
    this.plan = plan;
    this.#at = at;
    this.#pause = new PauseContainer(at, plan);
    this.containers = new Map(plan.containers.map((container) => [container.name, new ContainerRun(container)]));
    this.#abandon = new Promise((_, reject) => (this.#abandonNow = reject));
    this.#abandon.catch(() => undefined);
  }

  get stopped(): boolean {
    return this.#phase === "stopped";
  }

  /** The engine's ids of all containers, the pause container included. */
  get ids(): readonly string[] {
    return [...[...this.containers.values()].flatMap(({ id }) => id ?? []), ...(this.#pause.id === undefined ? [] : [this.#pause.id])];
  }

  observe(): TaskObservation {
    const containers = [...this.containers.values()];
    return {
      taskArn: this.plan.taskArn,
      phase: this.#phase,
      containers: containers.map((container) => container.observe(this.plan)),
      ...(this.#pulls && { pullStartedAt: this.#pulls.startedAt }),
      ...(this.#pulls?.stoppedAt !== undefined && { pullStoppedAt: this.#pulls.stoppedAt }),
      ...(this.#startedAt !== undefined && { startedAt: this.#startedAt }),
      ...(this.#executionStoppedAt !== undefined && { executionStoppedAt: this.#executionStoppedAt }),
      ...(this.#stop && { stop: this.#stop }),
      endpoints: this.#stopping
        ? []
        : containers.flatMap((container) => container.endpoints(this.plan, this.#pause.ports, this.#at.settings.publishOn)),
    };
  }

  /** Brings about what is missing. A second call, or one for a task that stops, only tells how things are. */
  start(spec: TaskSpec, admitted?: Promise<void>): void {
    const missing = [...this.containers.values()].filter((container) => container.status === "PENDING" && !container.bringUp);
    if (this.#stopping || missing.length === 0) {
      this.#tell(true);
      return;
    }
    for (const container of missing) {
      const wanted = spec.containers.find(({ name }) => name === container.plan.name);
      if (wanted) container.bringUp = this.#bringUp(container, spec, wanted, admitted);
    }
  }

  /** Stops all containers. `stop` says why where nobody asked for it. */
  stop(stop?: TaskObservation["stop"]): void {
    if (this.#stopping) {
      if (this.stopped) this.#tell(true);
      return;
    }
    this.#stopping = true;
    this.#stop = stop;
    this.#move("stopping");
    this.#abandonNow(new Abandoned());
    this.#tell();
    this.#wake();
    void this.#stopAll().catch((error: unknown) => {
      if (!(error instanceof Abandoned)) this.#at.warn(`stopping ${this.plan.taskArn} failed: ${String(error)}`);
    });
  }

  /** Forgets all work under way; the containers are left as they are. */
  drop(): void {
    this.#abandonNow(new Abandoned());
    for (const { log } of this.containers.values()) log?.stop();
  }

  /** What the engine tells of one of the task's containers. */
  hear(event: EngineEvent): void {
    const name = event.attributes[LABELS.containerName];
    if (name === PAUSE) {
      if (event.kind === "die" && event.containerId === this.#pause.id) this.#pauseDied();
      return;
    }
    const container = this.containers.get(name ?? "");
    if (!container || (container.id !== undefined && container.id !== event.containerId)) return;
    if (event.kind === "oom") container.outOfMemory = true;
    else if (event.kind === "die") this.#died(container, { at: event.at, exitCode: Number(event.attributes["exitCode"] ?? 0) });
    else if (event.kind === "health") {
      container.health = event.health === "healthy" ? "HEALTHY" : event.health === "unhealthy" ? "UNHEALTHY" : "UNKNOWN";
      this.#wake();
      this.#tell();
    } else if (event.kind === "destroy" && container.id !== undefined) this.#vanished(container);
  }

  /** Takes over what an earlier life of this process left. Called once, before anything else. */
  adopt(found: readonly Inspection[]): void {
    for (const inspection of found) {
      for (const { Type, Source, RW } of inspection.Mounts ?? [])
        if (Type === "bind" && !this.#at.resolverFiles?.owns(Source))
          this.#at.hostMounts.hold(this.plan.taskArn, { path: Source, writable: RW });
      const name = inspection.Config.Labels[LABELS.containerName];
      const container = this.containers.get(name ?? "");
      if (container) this.#know(container, inspection, true);
      else if (name === PAUSE) {
        if (!this.#pause.adopt(inspection)) this.#pauseDied();
      }
    }
    this.#move("creating");
    this.#progress();
  }

  /** Compares with what the engine lists after a reconnection: by id, its state and the words of its status. */
  async resync(
    listed: ReadonlyMap<string, { readonly state: string; readonly status: string }>,
    known: ReadonlySet<string>,
  ): Promise<void> {
    for (const container of this.containers.values()) {
      if (container.id === undefined || !known.has(container.id) || container.isStopped || container.starting) continue;
      const now = listed.get(container.id);
      if (!now) this.#vanished(container);
      else if (now.state === "exited" || now.state === "dead") this.#know(container, await inspect(this.#at.engine, container.id), false);
      else if (/\((healthy|unhealthy)\)/.test(now.status)) {
        container.health = now.status.includes("(healthy)") ? "HEALTHY" : "UNHEALTHY";
        this.#wake();
        this.#tell();
      }
    }
    if (this.#pause.id !== undefined && this.#pause.ran && known.has(this.#pause.id) && listed.get(this.#pause.id)?.state !== "running")
      this.#pauseDied();
  }

  // ---- bringing a container about

  async #bringUp(container: ContainerRun, spec: TaskSpec, wanted: ContainerSpec, admitted: Promise<void> | undefined): Promise<void> {
    try {
      if (wanted.pullFailure !== undefined) {
        const [, failure = "CannotPullContainerError", words = ""] = /^(?:(CannotPull\w*Error): *)?(.*)$/s.exec(wanted.pullFailure) ?? [];
        throw new ContainerFailure(failure as "CannotPullContainerError" | "CannotPullECRContainerError", words);
      }
      const image = container.id === undefined ? await this.#image(container, wanted) : "";
      await this.#dependenciesMet(container);
      await this.#sourcesCreated(wanted);
      let free = await this.#at.slots.take();
      try {
        const { network } = this.plan;
        if (network.mode === "awsvpc") await this.#race(persist(this.#at, () => this.#at.networks.ensure(network)));
        if (this.plan.pause) await this.#race(this.#pause.bringUp(spec));
        else await this.#race(this.#at.sandboxes.vacate(spec));
        const existing = await this.#create(container, spec, wanted, image);
        if (admitted) {
          // Others go on meanwhile: it may take as long as the kernel cannot be told.
          free();
          free = () => undefined;
          await this.#race(admitted);
          free = await this.#at.slots.take("again");
        }
        await this.#run(container, existing);
      } finally {
        free();
      }
    } catch (error) {
      if (error instanceof Abandoned || this.#at.closed()) return;
      if (error instanceof ContainerFailure) this.#failed(container, error);
      else this.#failed(container, new ContainerFailure("CannotStartContainerError", errorText(error)));
    }
  }

  /** Makes the container where it is not there; gives what the engine knows of one that an earlier life made. */
  async #create(container: ContainerRun, spec: TaskSpec, wanted: ContainerSpec, image: string): Promise<Inspection | undefined> {
    if (container.id !== undefined) return undefined;
    const pull = (): Promise<string> => this.#pull(container, wanted);
    const { id, existing } = await createTaskContainer(this.#at, this.plan, spec, { ...wanted, pullReference: image }, pull);
    container.id = id;
    this.#wake();
    return existing;
  }

  /** Starts the container that was made, unless it ran before. */
  async #run(container: ContainerRun, existing: Inspection | undefined): Promise<void> {
    const at = this.#at;
    if (existing && (wasStarted(existing) || startError(existing) !== undefined)) {
      this.#know(container, existing, true);
      return;
    }
    const { id } = container;
    if (this.#stopping || id === undefined) throw new Abandoned();
    container.starting = true;
    let before: Inspection | undefined;
    try {
      before = await startTaskContainer(at, this.plan, id);
      this.#started(container, (before && engineTime(before.State.StartedAt)) ?? at.clock.now(), false);
      // A port that the engine chose is known only to it, and a task without its endpoints is not running yet.
      if (this.#hasDynamicPorts(container)) container.ports = publishedPorts(await persist(at, () => inspect(at.engine, id)));
    } finally {
      container.starting = false;
    }
    this.#progress();
    const exit = container.exitWhileStarting;
    if (exit) this.#died(container, exit);
    else if (before && before.State.Status !== "running") this.#know(container, before, false);
  }

  /** The engine's id of the image to make the container from. */
  async #image(container: ContainerRun, wanted: ContainerSpec): Promise<string> {
    const stored = await this.#race(persist(this.#at, () => this.#at.images.stored(wanted)));
    if (!stored) return this.#pull(container, wanted);
    this.#pulls ??= { startedAt: this.#at.clock.now(), stoppedAt: this.#at.clock.now() };
    container.imageDigest ??= stored.digest;
    return stored.id;
  }

  async #pull(container: ContainerRun, wanted: ContainerSpec): Promise<string> {
    if (this.#pulls?.stoppedAt !== undefined) this.#pulls = { startedAt: this.#pulls.startedAt };
    this.#pulls ??= { startedAt: this.#at.clock.now() };
    this.#tell();
    const pulled = await this.#race(persist(this.#at, () => this.#at.images.pull(wanted, accountOf(this.plan))));
    container.imageDigest ??= pulled.digest;
    this.#pulls = { startedAt: Math.min(this.#pulls.startedAt, pulled.startedAt), stoppedAt: pulled.stoppedAt };
    if (this.#phase === "pulling" && this.plan.containers.length === 1) this.#move("creating");
    this.#tell();
    return pulled.id;
  }

  async #dependenciesMet(container: ContainerRun): Promise<void> {
    for (;;) {
      const state = dependencyState(container, this.containers, this.#at.clock.now());
      if (state.kind === "met") return;
      if (state.kind === "failed") {
        container.exitCode = NEVER_STARTED_EXIT_CODE;
        throw state.failure;
      }
      await this.#change(state.until);
    }
  }

  async #sourcesCreated(wanted: ContainerSpec): Promise<void> {
    for (const { sourceContainer } of wanted.volumesFrom) {
      const source = this.containers.get(sourceContainer);
      while (source && source.id === undefined && source.status === "PENDING") await this.#change(undefined);
    }
  }

  #hasDynamicPorts(container: ContainerRun): boolean {
    if (this.plan.network.mode === "bridge") return container.plan.portMappings.some(({ hostPort }) => !hostPort);
    return this.plan.published && !this.plan.pause && container.plan.portMappings.length > 0;
  }

  // ---- what becomes of a container

  #started(container: ContainerRun, at: number, adopted: boolean): void {
    const { engine, clock, events, logSink, warn } = this.#at;
    container.status = "RUNNING";
    container.startedAt = at;
    if (container.plan.essential) this.#startedAt = Math.max(this.#startedAt ?? 0, at);
    if (container.plan.log && container.id !== undefined && !container.log) {
      const { log, terminal } = container.plan;
      container.log = followLog({
        engine,
        sink: logSink,
        clock,
        containerId: container.id,
        log,
        terminal,
        adopted,
        exited: container.stopped,
        events,
        warn,
      });
    }
    this.#wake();
  }

  /** Takes in what the engine says of a container that was there before. */
  #know(container: ContainerRun, inspection: Inspection, adopted: boolean): void {
    const { State } = inspection;
    container.id = inspection.Id;
    const failed = startError(inspection);
    if (failed !== undefined)
      this.#failed(container, new ContainerFailure("CannotStartContainerError", `Error response from daemon: ${failed}`));
    else if (wasStarted(inspection)) {
      if (container.startedAt === undefined) this.#started(container, engineTime(State.StartedAt) ?? this.#at.clock.now(), adopted);
      container.ports = publishedPorts(inspection);
      if (State.Health?.Status === "healthy") container.health = "HEALTHY";
      else if (State.Health?.Status === "unhealthy") container.health = "UNHEALTHY";
      container.outOfMemory ||= State.OOMKilled;
      if (State.Status === "exited" || State.Status === "dead")
        this.#exited(container, { at: engineTime(State.FinishedAt) ?? this.#at.clock.now(), exitCode: State.ExitCode });
      else this.#progress();
    }
  }

  #died(container: ContainerRun, exit: { readonly at: number; readonly exitCode: number }): void {
    if (container.isStopped || container.exiting) return;
    if (container.starting) {
      container.exitWhileStarting = exit;
      return;
    }
    if (container.outOfMemory || exit.exitCode !== 137 || container.id === undefined) {
      this.#exited(container, exit);
      return;
    }
    // Killed: the engine knows whether for want of memory. Its event for that may come late, or not at all.
    container.exiting = true;
    void inspect(this.#at.engine, container.id)
      .then(
        ({ State }) => (container.outOfMemory ||= State.OOMKilled),
        (error: unknown) => {
          if (!(error instanceof EngineError || error instanceof EngineUnavailableError)) throw error;
        },
      )
      .finally(() => this.#exited(container, exit));
  }

  #exited(container: ContainerRun, { at, exitCode }: { readonly at: number; readonly exitCode: number }): void {
    if (container.isStopped) return;
    container.exiting = false;
    if (!this.#stopping && container.id !== undefined && isRestarted(container.plan, container.startedAt, { at, exitCode })) {
      container.bringUp = this.#restart(container, container.id, { at, exitCode });
      return;
    }
    container.exitCode = exitCode;
    if (container.outOfMemory) container.reason = OUT_OF_MEMORY;
    container.startedAt ??= at;
    this.#ended(container, at);
  }

  /** The same container runs again, with what it wrote; where the engine cannot start it, it has ended as it exited. Never rejects. */
  async #restart(container: ContainerRun, id: string, exit: { readonly at: number; readonly exitCode: number }): Promise<void> {
    container.health = "UNKNOWN";
    container.outOfMemory = false;
    container.starting = true;
    this.#tell();
    let again: { readonly at: number; readonly exitCode: number } | undefined;
    try {
      await startTaskContainer(this.#at, this.plan, id);
      container.startedAt = this.#at.clock.now();
      if (this.#hasDynamicPorts(container)) container.ports = publishedPorts(await persist(this.#at, () => inspect(this.#at.engine, id)));
    } catch (error) {
      if (this.#at.closed()) return;
      this.#at.warn(`container ${id} cannot be restarted: ${String(error)}`);
      container.exitCode = exit.exitCode;
      this.#ended(container, exit.at);
    } finally {
      container.starting = false;
      again = container.exitWhileStarting;
      container.exitWhileStarting = undefined;
    }
    this.#tell();
    if (again) this.#died(container, again);
  }

  /** Somebody removed it. */
  #vanished(container: ContainerRun): void {
    if (!container.isStopped && !container.exiting) this.#ended(container, this.#at.clock.now());
  }

  #ended(container: ContainerRun, at: number): void {
    container.markStopped();
    this.#wake();
    if (container.plan.essential) {
      this.#executionStoppedAt ??= at;
      if (!this.#stopping) this.stop({ code: "EssentialContainerExited", reason: ESSENTIAL_EXITED });
    }
    this.#progress();
  }

  #failed(container: ContainerRun, failure: ContainerFailure): void {
    if (container.isStopped) return;
    const ofTask = failure.failure === "ResourceInitializationError";
    if (!ofTask) container.reason = failure.message;
    container.markStopped();
    this.#wake();
    if (this.#stopping) return;
    if (container.plan.essential || ofTask) {
      this.#executionStoppedAt ??= this.#at.clock.now();
      this.stop({ code: "TaskFailedToStart", reason: ofTask || this.plan.launchType === "FARGATE" ? failure.message : FAILED_TO_START });
    } else this.#progress();
  }

  #pauseDied(): void {
    if (this.#stopping) return;
    this.#executionStoppedAt ??= this.#at.clock.now();
    this.stop({ code: "EssentialContainerExited", reason: ESSENTIAL_EXITED });
  }

  /** Running, once no container is still to come. */
  #progress(): void {
    const statuses = [...this.containers.values()].map(({ status }) => status);
    if (!this.#stopping && !statuses.includes("PENDING")) {
      if (statuses.includes("RUNNING")) this.#move("running");
      else this.stop({ code: "EssentialContainerExited", reason: ESSENTIAL_EXITED });
    }
    if (!this.stopped) this.#tell();
  }

  // ---- stopping

  async #stopAll(): Promise<void> {
    const containers = [...this.containers.values()];
    await Promise.all(containers.map((container) => this.#stopContainer(container)));
    await this.#pause.stop();
    const patience = new Promise<void>((resolve) => this.#at.clock.after(LOG_PATIENCE, resolve));
    await Promise.race([Promise.all(containers.flatMap(({ log }) => log?.drained ?? [])), patience]);
    if (this.#at.closed()) return;
    this.#executionStoppedAt ??= this.#at.clock.now();
    this.#move("stopped");
    this.#tell();
  }

  async #stopContainer(container: ContainerRun): Promise<void> {
    await container.bringUp;
    if (this.#at.closed()) throw new Abandoned();
    // In the reverse order of the dependencies: first those that lean on it.
    const dependents = [...this.containers.values()].filter(({ plan }) =>
      plan.dependsOn.some(({ containerName: on }) => on === container.plan.name),
    );
    await Promise.all(dependents.map(({ stopped }) => stopped));
    if (container.isStopped) return;
    if (container.startedAt === undefined || container.id === undefined) {
      container.markStopped();
      return;
    }
    const { id } = container;
    for (let pause = 500; !container.isStopped; pause = Math.min(pause * 2, 30_000)) {
      try {
        await persist(this.#at, () => this.#at.engine.call("POST", `/containers/${id}/stop`, { query: { t: container.plan.stopTimeout } }));
        // The event is most often here already; where the stream of events is behind, the engine is asked.
        if (container.exiting) await container.stopped;
        else if (!container.isStopped) this.#know(container, await persist(this.#at, () => inspect(this.#at.engine, id)), false);
        if (!container.isStopped) throw new EngineError(500, "it still runs");
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        if (error.status === 404) this.#vanished(container);
        else {
          this.#at.warn(`container ${id} cannot be stopped: ${error.message}`);
          await Promise.race([container.stopped, new Promise<void>((resolve) => this.#at.clock.after(pause, resolve))]);
        }
      }
    }
  }

  // ---- small things

  /** Tells how things are, if that is news; `again` where somebody asked. */
  #tell(again = false): void {
    if (this.#at.closed()) return;
    const observation = this.observe();
    const told = JSON.stringify(observation);
    if (told === this.#told && !again) return;
    this.#told = told;
    this.#at.report(observation);
  }

  #move(phase: RunnerPhase): void {
    if (PHASES.indexOf(phase) > PHASES.indexOf(this.#phase)) this.#phase = phase;
    if (this.stopped) this.#at.hostMounts.release(this.plan.taskArn);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves at the next change, or at `until`. */
  async #change(until: number | undefined): Promise<void> {
    const { clock } = this.#at;
    let timer: Disposable | undefined;
    try {
      await this.#race(
        new Promise<void>((resolve) => {
          this.#waiting.push(resolve);
          if (until !== undefined) timer = clock.after(Math.max(0, until - clock.now()), resolve);
        }),
      );
    } finally {
      timer?.[Symbol.dispose]();
    }
  }

  #race<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#abandon]);
  }
}
