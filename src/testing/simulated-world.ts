import { newDeployment } from "../decide/rollout/new-deployment.ts";
import type { RolloutPlan } from "../decide/rollout/plan.ts";
import { planRollout } from "../decide/rollout/plan-rollout.ts";
import type { RolloutView, ServiceView, TargetView, TaskView } from "../decide/rollout/view.ts";
import { isBefore } from "../domain/task-status.ts";
import { carryOut } from "./rollout-view.ts";
import { type Random, seededRandom } from "./seeded-random.ts";
import { type EngineFaults, type EngineTask, NO_ENGINE_FAULTS, SimulatedEngine } from "./simulated-engine.ts";

export interface WorldFaults extends EngineFaults {
  /** The control plane dies while it carries out a plan: what it has not done is lost, what happens meanwhile it learns at restart. */
  readonly controlPlaneDies: number;
  /** A call to the engine, or what it tells, is lost; both are repeated later. */
  readonly messageLost: number;
  /** No place is found for a task. */
  readonly placementFails: number;
}

export const NO_FAULTS: WorldFaults = { ...NO_ENGINE_FAULTS, controlPlaneDies: 0, messageLost: 0, placementFails: 0 };

export interface WorldOptions {
  readonly seed: number;
  readonly service: ServiceView;
  /** What tells whether a task is well. */
  readonly checks: "target" | "container" | "none";
  readonly faults: WorldFaults;
  /** Sees each plan before it is carried out. */
  readonly onPlan: (view: RolloutView, plan: RolloutPlan) => void;
}

/** The engine tells anything that was lost again within this time. */
const REDELIVERY = 60_000;
/** Records of stopped tasks are kept for five minutes: less than on AWS, so that a crash loop does not weigh a world down. */
const RETENTION = 300_000;

/**
 * A world in which the service scheduler drives a service: records, an engine whose truth they learn late, a control plane that may die
 * at any step, and a clock that jumps to whatever happens next. The scheduler is asked only when a record has changed or at its own
 * `wake-at`, as in the product: one that forgets to say when to be woken does not come to rest here.
 */
export class SimulatedWorld {
  readonly random: Random;
  /** What happened, for a seed that fails. */
  readonly trace: string[] = [];
  now = 1_800_000_000_000;
  #view: RolloutView;
  faults: WorldFaults;
  readonly #engine: SimulatedEngine;
  readonly #options: WorldOptions;
  /** Revisions of which no task works. */
  readonly #broken = new Set<string>();
  #names = 0;
  #wakeAt = Infinity;
  #downUntil = 0;
  #lost = false;
  #redeliverAt = Infinity;
  #changed = true;

  constructor(options: WorldOptions) {
    this.random = seededRandom(options.seed);
    this.faults = options.faults;
    this.#options = options;
    this.#engine = new SimulatedEngine(this.random, (arn) => this.#faultsOf(arn));
    this.#view = { now: this.now, service: options.service, deployments: [], tasks: [] };
  }

  get view(): RolloutView {
    return { ...this.#view, now: this.now };
  }

  get primary() {
    return this.#view.deployments.find(({ status }) => status === "PRIMARY");
  }

  // What users do.

  /** A new deployment; of a broken revision no task ever works. */
  deploy(broken = false): string {
    const id = `ecs-svc/${(this.#names += 1)}`;
    if (broken) this.#broken.add(id);
    const superseded = this.#view.deployments.map((one) => ({ ...one, status: "ACTIVE" as const }));
    const deployment = newDeployment(id, `web:${id}`, this.#view.service.desiredCount, this.now);
    this.#record(`deploy ${id}${broken ? " (broken)" : ""}`, { deployments: [...superseded, deployment] });
    return id;
  }

  configure(changes: Partial<ServiceView>): void {
    this.#record(`configure ${JSON.stringify(changes)}`, { service: { ...this.#view.service, ...changes } });
  }

  stopTask(arn: string): void {
    this.#record(`user stops ${arn}`, {
      tasks: this.#view.tasks.map((task) =>
        task.arn === arn && task.lastStatus !== "STOPPED"
          ? { ...task, desiredStatus: "STOPPED", stopCode: task.stopCode ?? "UserInitiated" }
          : task,
      ),
    });
  }

  /** From now on nothing goes wrong, save that broken revisions stay broken. */
  heal(): void {
    this.trace.push(`${this.now} faults end`);
    this.faults = NO_FAULTS;
    for (const task of this.#engine.tasks.values()) {
      if (task.health === "unhealthy" && !this.#isBroken(task.arn)) task.health = "healthy";
    }
    this.#engine.shake(this.now);
    this.#redeliverAt = this.now;
  }

  /** Lets time pass until the next thing happens, at most until `limit`. */
  tick(limit: number): void {
    this.#control();
    const isUp = this.now >= this.#downUntil;
    const next = Math.min(this.#engine.nextAt, isUp ? Math.min(this.#wakeAt, this.#redeliverAt) : this.#downUntil, limit);
    this.now = Math.max(this.now, next);
    const changed = this.#engine.advance(this.now);
    if (this.now < this.#downUntil) this.#lost = true;
    else if (this.#lost || this.now >= this.#redeliverAt) this.#learnAll();
    else for (const arn of changed) this.#learn(arn);
    this.#control();
  }

  /** True when nothing is left to happen, but for what the scheduler wants to look at later than `horizon` from now. */
  isAtRest(horizon: number): boolean {
    return (
      !this.#changed && Math.min(this.#engine.nextAt, this.#wakeAt, this.#redeliverAt) > this.now + horizon && this.now >= this.#downUntil
    );
  }

  #control(): void {
    if (this.now < this.#downUntil) return;
    // A plan changes records, so the scheduler is asked again; a plan that never comes to an end is a defect.
    for (let rounds = 0; this.#changed || this.now >= this.#wakeAt; rounds += 1) {
      if (rounds > 20) throw new Error("the scheduler plans on and on without time passing");
      this.#changed = false;
      this.#wakeAt = Infinity;
      this.#prune();
      const view = this.view;
      const plan = planRollout(view);
      this.#options.onPlan(view, plan);
      if (!this.#carryOut(plan)) return;
    }
    this.#apply();
  }

  /** False where the control plane died on the way. */
  #carryOut(plan: RolloutPlan): boolean {
    const diesAt = this.random.chance(this.faults.controlPlaneDies) ? this.random.between(0, plan.length) : Infinity;
    for (const [index, step] of plan.entries()) {
      if (index === diesAt) {
        this.#downUntil = this.now + this.random.between(100, 300_000);
        this.#lost = true;
        this.trace.push(`${this.now} control plane dies before ${JSON.stringify(step)}`);
        return false;
      }
      if (step.kind === "wake-at") {
        this.#wakeAt = step.at;
        continue;
      }
      this.trace.push(`${this.now} ${JSON.stringify(step)}`);
      if (step.kind !== "event") this.#changed = true;
      if (step.kind === "start-task" && this.random.chance(this.faults.placementFails)) {
        const placementFailure = { at: this.now, reason: "RESOURCE:ENI." };
        this.#view = {
          ...this.#view,
          deployments: this.#view.deployments.map((one) => (one.id === step.deploymentId ? { ...one, placementFailure } : one)),
        };
        continue;
      }
      this.#view = carryOut(this.view, [step], () => `task-${(this.#names += 1)}`);
    }
    return true;
  }

  /** Tells the engine what is desired; whatever is lost is told again. */
  #apply(): void {
    for (const task of this.#view.tasks) {
      const known = this.#engine.tasks.get(task.arn);
      const isDue = task.desiredStatus === "RUNNING" ? !known : known?.stopping !== true && known?.status !== "STOPPED";
      if (!isDue || task.lastStatus === "STOPPED") continue;
      if (this.random.chance(this.faults.messageLost)) this.#redeliver();
      else if (task.desiredStatus === "RUNNING") this.#engine.start(task.arn, this.now);
      else {
        this.#engine.stop(task.arn, this.now);
        if (!known) this.#learn(task.arn);
      }
    }
  }

  #learnAll(): void {
    this.#lost = false;
    this.#redeliverAt = Infinity;
    this.#changed = true;
    for (const arn of this.#engine.tasks.keys()) this.#learn(arn);
  }

  #learn(arn: string): void {
    const truth = this.#engine.tasks.get(arn);
    if (!truth) return;
    if (this.random.chance(this.faults.messageLost)) return this.#redeliver();
    this.#view = { ...this.#view, tasks: this.#view.tasks.map((task) => (task.arn === arn ? this.#learnt(task, truth) : task)) };
    this.#changed = true;
  }

  #learnt(task: TaskView, truth: EngineTask): TaskView {
    const ended = truth.stopCode !== undefined;
    return {
      ...task,
      lastStatus: isBefore(truth.status, task.lastStatus) ? task.lastStatus : truth.status,
      ...(truth.startedAt === undefined ? {} : { startedAt: truth.startedAt }),
      ...(truth.stoppedAt === undefined ? {} : { stoppedAt: truth.stoppedAt }),
      ...(ended ? { desiredStatus: "STOPPED" as const, stopCode: task.stopCode ?? truth.stopCode } : {}),
      ...(this.#options.checks === "container" ? { containerHealth: CONTAINER_HEALTH[truth.health] } : {}),
      targets: this.#options.checks === "target" && truth.status === "RUNNING" ? this.#targets(truth) : [],
    };
  }

  #targets(truth: EngineTask): readonly TargetView[] {
    return this.#options.service.targetGroupArns.map((targetGroupArn) => ({ targetGroupArn, port: 80, state: TARGET_STATE[truth.health] }));
  }

  #redeliver(): void {
    this.#redeliverAt = Math.min(this.#redeliverAt, this.now + REDELIVERY);
  }

  #prune(): void {
    const over = (task: TaskView) => task.lastStatus === "STOPPED" && (task.stoppedAt ?? task.createdAt) < this.now - RETENTION;
    for (const task of this.#view.tasks.filter(over)) this.#engine.tasks.delete(task.arn);
    this.#view = { ...this.#view, tasks: this.#view.tasks.filter((task) => !over(task)) };
  }

  #record(what: string, changes: Partial<RolloutView>): void {
    this.trace.push(`${this.now} ${what}`);
    this.#view = { ...this.#view, ...changes };
    this.#changed = true;
  }

  #faultsOf(arn: string): EngineFaults {
    if (!this.#isBroken(arn)) return this.faults;
    // A broken revision without health checks shows itself by ending.
    return this.#options.checks === "none" ? { ...this.faults, crashes: 1 } : { ...this.faults, neverHealthy: 1, turnsUnhealthy: 0 };
  }

  #isBroken(arn: string): boolean {
    const task = this.#view.tasks.find((one) => one.arn === arn);
    return task !== undefined && this.#broken.has(task.deploymentId);
  }
}

const CONTAINER_HEALTH = { unknown: "UNKNOWN", healthy: "HEALTHY", unhealthy: "UNHEALTHY" } as const;
const TARGET_STATE = { unknown: "initial", healthy: "healthy", unhealthy: "unhealthy" } as const;
