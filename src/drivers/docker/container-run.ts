import type { HealthStatus } from "../../domain/task-status.ts";
import type { ContainerObservation, TaskEndpoint } from "../../ports/task-runner.ts";
import type { LogFollowing } from "./log-follower.ts";
import type { PlannedContainer, TaskPlan } from "./task-plan.ts";

/** What is known of one container of a task. Only its task changes it. */
export class ContainerRun {
  readonly plan: PlannedContainer;
  status: "PENDING" | "RUNNING" | "STOPPED" = "PENDING";
  id: string | undefined;
  imageDigest: string | undefined;
  startedAt: number | undefined;
  exitCode: number | undefined;
  reason: string | undefined;
  health: HealthStatus = "UNKNOWN";
  outOfMemory = false;
  /** The engine is being asked to start it: an exit that is told meanwhile waits until the answer is here. */
  starting = false;
  exitWhileStarting: { readonly at: number; readonly exitCode: number } | undefined;
  /** Its exit is being looked into. */
  exiting = false;
  ports: ReadonlyMap<string, number> = new Map();
  log: LogFollowing | undefined;
  /** Settles when the work of bringing it about is over, one way or the other. Never rejects. */
  bringUp: Promise<void> | undefined;
  readonly stopped: Promise<void>;
  #stop: () => void = () => undefined;

  constructor(plan: PlannedContainer) {
    this.plan = plan;
    this.imageDigest = plan.imageDigest;
    this.stopped = new Promise((resolve) => (this.#stop = resolve));
  }

  get isStopped(): boolean {
    return this.status === "STOPPED";
  }

  markStopped(): void {
    this.status = "STOPPED";
    this.#stop();
  }

  observe(task: TaskPlan): ContainerObservation {
    return {
      name: this.plan.name,
      status: this.status,
      ...(this.id !== undefined && { runtimeId: this.id }),
      ...(this.imageDigest !== undefined && { imageDigest: this.imageDigest }),
      ...(this.exitCode !== undefined && { exitCode: this.exitCode }),
      ...(this.reason !== undefined && { reason: this.reason }),
      health: this.health,
      networkBindings: this.#hostPorts(task).map(({ containerPort, hostPort, protocol }) => ({
        containerPort,
        hostPort,
        protocol,
        bindIP: "0.0.0.0",
      })),
    };
  }

  /** `taskPorts` are those that the pause container publishes. */
  endpoints(task: TaskPlan, taskPorts: ReadonlyMap<string, number>, publishedOn: string): readonly TaskEndpoint[] {
    if (this.status !== "RUNNING") return [];
    const of = { containerName: this.plan.name };
    if (task.network.mode !== "awsvpc") {
      const address = task.network.mode === "host" || publishedOn === "0.0.0.0" ? "127.0.0.1" : publishedOn;
      return this.#hostPorts(task).map(({ containerPort, hostPort }) => ({ ...of, containerPort, address, port: hostPort }));
    }
    const { address } = task.network;
    return this.plan.portMappings.flatMap(({ containerPort, protocol }) => {
      if (!task.published) return [{ ...of, containerPort, address, port: containerPort }];
      const port = (task.pause ? taskPorts : this.ports).get(`${containerPort}/${protocol}`);
      return port === undefined ? [] : [{ ...of, containerPort, address: "127.0.0.1", port }];
    });
  }

  #hostPorts(task: TaskPlan): readonly { readonly containerPort: number; readonly hostPort: number; readonly protocol: "tcp" | "udp" }[] {
    if (task.network.mode === "host")
      return this.plan.portMappings.map(({ containerPort, protocol }) => ({ containerPort, hostPort: containerPort, protocol }));
    if (task.network.mode !== "bridge" || this.startedAt === undefined) return [];
    return this.plan.portMappings.flatMap(({ containerPort, hostPort, protocol }) => {
      const bound = hostPort || this.ports.get(`${containerPort}/${protocol}`);
      return bound ? [{ containerPort, hostPort: bound, protocol }] : [];
    });
  }
}
