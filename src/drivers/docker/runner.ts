import type { Clock } from "../../ports/clock.ts";
import type { PortGuard } from "../../ports/port-guard.ts";
import type { LogSink, TaskObservation, TaskRunner } from "../../ports/task-runner.ts";
import { inspect, type Inspection } from "./container-start.ts";
import { dockerEngine, EngineError, type DockerEngine } from "./engine.ts";
import { engineInfo } from "./engine-info.ts";
import { type EngineEvent, watchEvents } from "./events.ts";
import { HostMounts } from "./host-mounts.ts";
import { Images } from "./images.ts";
import { Networks } from "./networks.ts";
import { ensurePauseImage } from "./pause-image.ts";
import { PulledImages } from "./pulled-images.ts";
import { ResolverFiles } from "./resolver-files.ts";
import { Sandboxes } from "./sandboxes.ts";
import { Slots } from "./slots.ts";
import type { TaskSurroundings } from "./surroundings.ts";
import { containerName, LABELS, PAUSE, planTask, readPlan, SANDBOX } from "./task-plan.ts";
import { TaskRun } from "./task-run.ts";

export interface DockerTaskRunnerOptions {
  readonly socketPath: string;
  /** Names this installation: what it makes on the engine is labelled with it, and nothing else is ever touched. `[a-zA-Z0-9_.-]+`. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logSink: LogSink;
  /**
   * How this host reaches `awsvpc` tasks: at their own addresses, or through ports published on loopback. `auto` asks the
   * engine: Docker Desktop and rootless engines do not let the host reach containers.
   */
  readonly reach?: "direct" | "published" | "auto";
  /** Where `bridge` ports listen: loopback unless told otherwise. */
  readonly publishOn?: string;
  /** For every container that does not name its own. */
  readonly dnsServers?: readonly string[];
  /** Set where a name server listens at the gateway of each VPC: `awsvpc` tasks ask it first. Without effect where ports are published. */
  readonly gatewayNames?: boolean;
  /** A folder of this host, which the engine sees, too, for what containers have as `/etc/resolv.conf`. Without it they have the engine's own. */
  readonly resolverFolder?: string;
  readonly extraHosts?: readonly { readonly hostname: string; readonly ipAddress: string }[];
  /** Gives the path of the host to mount for what an account names; rejects where it may not. Without it no path of the host is mounted. */
  readonly hostPath?: (path: string, account: string) => Promise<string>;
  /** A file in which to remember what came from other registries, and for whom. Without it that is forgotten with the process. */
  readonly pulledImagesFile?: string;
  /** Binds tasks that could send in others' names to their own. Without it they are not. */
  readonly guard?: PortGuard;
  /** Whether every account may have images that were made on this engine and came from no registry, under their own tags. Set where absent. */
  readonly imagesMadeHere?: boolean;
  /** Hears what an operator should know. Never told anything secret. */
  readonly logger?: (message: string) => void;
  /** Hears that the engine does not answer, and why; then, with `undefined`, that it does again. */
  readonly engineAway?: (why: string | undefined) => void;
  /** How many containers are created and started at a time. */
  readonly concurrency?: number;
}

interface Listed {
  readonly Id: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly State: string;
  readonly Status: string;
}

const CONCURRENCY = 50;

/** Runs tasks on a Docker engine. Rejects with `EngineUnavailableError` where there is none. */
export async function dockerTaskRunner(options: DockerTaskRunnerOptions): Promise<TaskRunner> {
  const { instance, clock } = options;
  const warn = options.logger ?? (() => undefined);
  const engine = dockerEngine({ ...options, timedOut: ({ message }) => warn(`${message}; what it was for waits and is tried again`) });
  const info = await engineInfo(engine);
  const published = options.reach === "published" || (options.reach !== "direct" && !info.reachable);
  const label = `${LABELS.instance}=${instance}`;
  const tasks = new Map<string, TaskRun>();
  const listeners = new Set<(observation: TaskObservation) => void>();
  let closed = false;
  let pauseImage: Promise<string> | undefined;
  const waiting: { sandboxes?: Sandboxes } = {};

  const report = (observation: TaskObservation): void => {
    for (const listener of listeners) {
      try {
        listener(observation);
      } catch (error) {
        warn(`a listener failed on what became of ${observation.taskArn}: ${String(error)}`);
      }
    }
  };
  const hear = (event: EngineEvent): void => {
    waiting.sandboxes?.hear(event);
    tasks.get(event.attributes[LABELS.taskArn] ?? waiting.sandboxes?.ownerOf(event.containerId) ?? "")?.hear(event);
  };
  const list = (filters: readonly string[]): Promise<readonly Listed[]> =>
    engine.call<readonly Listed[]>("GET", "/containers/json", { query: { all: true, filters: JSON.stringify({ label: filters }) } });

  const resync = async (): Promise<void> => {
    // The image may have gone with the engine's data.
    pauseImage = undefined;
    const known = new Set([...tasks.values()].flatMap(({ ids }) => ids));
    const listed = new Map((await list([label])).map(({ Id, State, Status }) => [Id, { state: State, status: Status }]));
    waiting.sandboxes?.resync((id) => listed.get(id)?.state === "running");
    await Promise.all([...tasks.values()].filter(({ stopped }) => !stopped).map((task) => task.resync(listed, known)));
  };

  const pulled = options.pulledImagesFile === undefined ? new PulledImages() : await PulledImages.open(options.pulledImagesFile);
  const away = options.engineAway ?? (() => undefined);
  const events = await watchEvents({ engine, clock, label, onEvent: hear, resync, warn, away });
  const parts: Omit<TaskSurroundings, "sandboxes"> = {
    engine,
    events,
    images: new Images(engine, clock, pulled, options.imagesMadeHere ?? true),
    hostMounts: new HostMounts(),
    hostPath: options.hostPath ?? (() => Promise.reject(new Error("no path of the host may be mounted here"))),
    networks: new Networks(engine, instance),
    // A label or another user's identity may keep containers from reading what lies on this host.
    ...(options.resolverFolder !== undefined &&
      !published &&
      !info.security.some((one) => one === "selinux" || one === "userns") && { resolverFiles: new ResolverFiles(options.resolverFolder) }),
    ...(options.guard && !published && { guard: options.guard }),
    slots: new Slots(options.concurrency ?? CONCURRENCY),
    clock,
    logSink: options.logSink,
    settings: {
      instance,
      publishOn: options.publishOn ?? "127.0.0.1",
      dnsServers: options.dnsServers ?? [],
      gatewayNames: (options.gatewayNames ?? false) && !published,
      extraHosts: options.extraHosts ?? [],
    },
    security: info.security,
    pauseImage: () =>
      (pauseImage ??= ensurePauseImage(engine, info.architecture).catch((error: unknown) => {
        pauseImage = undefined;
        throw error;
      })),
    report,
    warn,
    closed: () => closed,
  };
  const ready = new Sandboxes(parts);
  waiting.sandboxes = ready;
  const surroundings: TaskSurroundings = { ...parts, sandboxes: ready };

  return {
    start(spec, admitted): void {
      let task = tasks.get(spec.taskArn);
      if (!task) {
        const sandboxed = ready.reserve(spec);
        task = new TaskRun(planTask(spec, { instance, published, sandboxed, guarded: parts.guard !== undefined }), surroundings);
        tasks.set(spec.taskArn, task);
      }
      task.start(spec, admitted);
    },

    foresee(place, network): void {
      if (!published && !closed && network.mode === "awsvpc") ready.foresee(place, network);
    },

    stop(taskArn: string): void {
      const task = tasks.get(taskArn);
      if (task) task.stop();
      // Told later, like every change: the caller is not ready to hear it in the middle of its own call.
      else queueMicrotask(() => report({ taskArn, phase: "stopped", containers: [], endpoints: [] }));
    },

    async forget(taskArn: string): Promise<void> {
      const task = tasks.get(taskArn);
      tasks.delete(taskArn);
      ready.forget(taskArn);
      task?.drop();
      const ids = task ? task.ids : (await list([label, `${LABELS.taskArn}=${taskArn}`])).map(({ Id }) => Id);
      await Promise.all(ids.map((id) => gone(engine, `/containers/${id}`, { v: true, force: true })));
      const volumes = task ? task.plan.volumes : await labelledVolumes(engine, [label, `${LABELS.taskArn}=${taskArn}`]);
      await Promise.all(volumes.map((name) => gone(engine, `/volumes/${encodeURIComponent(name)}`, {})));
    },

    isMadeHere: (image) => parts.images.isMadeHere(image),

    async adopt(): Promise<readonly TaskObservation[]> {
      const listed = (await list([label])).filter(({ Labels }) => !tasks.has(Labels[LABELS.taskArn] ?? ""));
      const inspected = (await Promise.all(listed.map(({ Id }) => inspect(engine, Id).catch(unlessGone)))).filter(
        (found) => found !== undefined,
      );
      const byTask = new Map<string, Inspection[]>();
      const made = inspected.filter(({ Config }) => Config.Labels[LABELS.role] === SANDBOX);
      for (const found of inspected) {
        if (made.includes(found)) continue;
        const arn = found.Config.Labels[LABELS.taskArn] ?? "";
        byTask.set(arn, [...(byTask.get(arn) ?? []), found]);
      }
      const stray = new Set(made);
      const adopted = [...byTask.entries()].flatMap(([taskArn, found]) => {
        const plan = readPlan(found[0]?.Config.Labels[LABELS.plan]);
        if (plan?.taskArn !== taskArn) {
          warn(`container ${found[0]?.Name} carries the label ${label}, but no plan of a task: left alone`);
          return [];
        }
        const task = new TaskRun(plan, surroundings);
        tasks.set(taskArn, task);
        const sandbox = made.find(({ Name }) => Name === `/${containerName(instance, plan.taskId, PAUSE)}`);
        if (sandbox) {
          stray.delete(sandbox);
          ready.adopted(sandbox.Id, taskArn);
        }
        task.adopt([...found, ...(sandbox ? [sandbox] : [])]);
        return [task.observe()];
      });
      await ready.removeStray([...stray].map(({ Id }) => Id));
      return adopted;
    },

    async addressesOf(taskArn): Promise<readonly string[]> {
      const inspected = await Promise.all((tasks.get(taskArn)?.ids ?? []).map((id) => inspect(engine, id).catch(unlessGone)));
      const networks = inspected.flatMap((found) => Object.values(found?.NetworkSettings.Networks ?? {}));
      return networks.flatMap(({ IPAddress }) => (IPAddress === "" ? [] : IPAddress));
    },

    onChange(listener): Disposable {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },

    async close(): Promise<void> {
      closed = true;
      for (const task of tasks.values()) task.drop();
      await ready.close();
      events.close();
      engine.close();
    },
  };
}

/** Removes something that may be gone already. */
async function gone(engine: DockerEngine, path: string, query: Readonly<Record<string, boolean>>): Promise<void> {
  try {
    await engine.call("DELETE", path, { query });
  } catch (error) {
    // 409: its removal is under way.
    if (
      !(error instanceof EngineError && (error.status === 404 || (error.status === 409 && error.message.includes("already in progress"))))
    )
      throw error;
  }
}

function unlessGone(error: unknown): undefined {
  if (error instanceof EngineError && error.status === 404) return undefined;
  throw error;
}

async function labelledVolumes(engine: DockerEngine, labels: readonly string[]): Promise<readonly string[]> {
  const answer = await engine.call<{ Volumes: readonly { Name: string }[] | null }>("GET", "/volumes", {
    query: { filters: JSON.stringify({ label: labels }) },
  });
  return (answer.Volumes ?? []).map(({ Name }) => Name);
}
