import type { StopCode, TaskStatus } from "../domain/task-status.ts";
import type { Random } from "./seeded-random.ts";

/** How likely things go wrong, each between 0 and 1. */
export interface EngineFaults {
  /** A task does not come to RUNNING. */
  readonly startFails: number;
  /** A task ends by itself while it runs. */
  readonly crashes: number;
  /** A task never passes its health checks. */
  readonly neverHealthy: number;
  /** A healthy task fails its health checks later. */
  readonly turnsUnhealthy: number;
  /** A step takes up to a hundred times as long. */
  readonly slow: number;
}

export const NO_ENGINE_FAULTS: EngineFaults = { startFails: 0, crashes: 0, neverHealthy: 0, turnsUnhealthy: 0, slow: 0 };

/** What the engine has of a task: the truth, of which the records learn. */
export interface EngineTask {
  readonly arn: string;
  status: TaskStatus;
  health: "unknown" | "healthy" | "unhealthy";
  startedAt?: number;
  stoppedAt?: number;
  /** Set where it ended by itself. */
  stopCode?: StopCode;
  stopping: boolean;
  /** When something happens to it next; Infinity where nothing does by itself. */
  nextAt: number;
}

/** An engine that runs tasks in simulated time, with faults. Idempotent by ARN, as a task runner is. */
export class SimulatedEngine {
  readonly tasks = new Map<string, EngineTask>();
  readonly #random: Random;
  readonly #faultsOf: (arn: string) => EngineFaults;

  constructor(random: Random, faultsOf: (arn: string) => EngineFaults) {
    this.#random = random;
    this.#faultsOf = faultsOf;
  }

  start(arn: string, now: number): void {
    if (this.tasks.has(arn)) return;
    this.tasks.set(arn, { arn, status: "PROVISIONING", health: "unknown", stopping: false, nextAt: this.#soon(arn, now) });
  }

  stop(arn: string, now: number): void {
    const task = this.tasks.get(arn) ?? { arn, status: "STOPPED", health: "unknown", stopping: true, nextAt: Infinity };
    this.tasks.set(arn, task);
    if (task.stopping) return;
    task.stopping = true;
    if (task.status !== "STOPPED") task.nextAt = this.#soon(arn, now);
  }

  get nextAt(): number {
    return Math.min(...[...this.tasks.values()].map((task) => task.nextAt), Infinity);
  }

  /** Lets happen what is due; tells which tasks changed. */
  advance(now: number): readonly string[] {
    const due = [...this.tasks.values()].filter((task) => task.nextAt <= now);
    for (const task of due) this.#step(task, now);
    return due.map(({ arn }) => arn);
  }

  #step(task: EngineTask, now: number): void {
    const faults = this.#faultsOf(task.arn);
    const random = this.#random;
    task.nextAt = this.#soon(task.arn, now);
    if (task.stopping || task.stopCode !== undefined) return this.#wind(task, now);
    switch (task.status) {
      case "PROVISIONING":
        task.status = "PENDING";
        return;
      case "PENDING":
        if (random.chance(faults.startFails)) return this.#end(task, "TaskFailedToStart", now);
        task.status = "RUNNING";
        task.startedAt = now;
        return;
      case "RUNNING":
        if (random.chance(faults.crashes)) return this.#end(task, "EssentialContainerExited", now);
        if (task.health === "unknown") task.health = random.chance(faults.neverHealthy) ? "unhealthy" : "healthy";
        else if (random.chance(faults.turnsUnhealthy)) task.health = task.health === "healthy" ? "unhealthy" : "healthy";
        // A task that nothing can befall any more is left in peace, so that a world without faults comes to rest.
        if (faults.crashes === 0 && faults.turnsUnhealthy === 0) task.nextAt = Infinity;
        else task.nextAt = now + random.between(5_000, 600_000);
        return;
      default:
        throw new Error(`task ${task.arn} is ${task.status} without having been stopped`);
    }
  }

  #end(task: EngineTask, code: StopCode, now: number): void {
    task.stopCode = code;
    this.#wind(task, now);
  }

  #wind(task: EngineTask, now: number): void {
    const next: Partial<Record<TaskStatus, TaskStatus>> = {
      PROVISIONING: "DEPROVISIONING",
      PENDING: "DEPROVISIONING",
      RUNNING: task.stopCode === undefined ? "DEACTIVATING" : "DEPROVISIONING",
      DEACTIVATING: "STOPPING",
      STOPPING: "DEPROVISIONING",
    };
    task.status = next[task.status] ?? "STOPPED";
    task.stoppedAt ??= now;
    if (task.status === "STOPPED") task.nextAt = Infinity;
  }

  /** Awakens tasks left in peace, since faults may befall them again; or settles those whose faults are over. */
  shake(now: number): void {
    for (const task of this.tasks.values()) if (task.status !== "STOPPED") task.nextAt = Math.min(task.nextAt, this.#soon(task.arn, now));
  }

  #soon(arn: string, now: number): number {
    const slow = this.#random.chance(this.#faultsOf(arn).slow) ? this.#random.between(1, 100) : 1;
    return now + this.#random.between(50, 3_000) * slow;
  }
}
