import type { CircuitBreaker } from "../circuit-breaker/failure-threshold.ts";
import type { Place } from "../placement/spread.ts";
import type { RestartState } from "../throttle/restart-throttle.ts";
import type { TargetState } from "../../domain/target-health.ts";
import type { DesiredTaskStatus, HealthStatus, StopCode, TaskStatus } from "../../domain/task-status.ts";

/**
 * All that the service scheduler looks at to decide: one service, its deployments, its tasks, and the time. Times are
 * milliseconds since the Unix epoch. The order of the lists carries no meaning.
 */
export interface RolloutView {
  readonly now: number;
  readonly service: ServiceView;
  /**
   * The deployments as `DescribeServices` shows them; exactly one is `PRIMARY`, unless the service drains. To begin a deployment,
   * UpdateService turns the PRIMARY into `ACTIVE` (its `rolloutState` stays), and adds a `PRIMARY` made by `newDeployment`.
   */
  readonly deployments: readonly DeploymentView[];
  /** Every task of the service that the records still have, the stopped ones too: their ends are counted here. */
  readonly tasks: readonly TaskView[];
}

export interface ServiceView {
  readonly name: string;
  /** `DRAINING`: DeleteService was called; every task is stopped, then `complete-deletion` is planned. */
  readonly status: "ACTIVE" | "DRAINING";
  /** For a `DAEMON` service: the number of hosts that should have a task. */
  readonly desiredCount: number;
  /** Percent of `desiredCount` that stays healthy while tasks are replaced; rounded up. */
  readonly minimumHealthyPercent: number;
  /** Percent of `desiredCount` that may be PROVISIONING to RUNNING at once; rounded down. */
  readonly maximumPercent: number;
  readonly circuitBreaker: CircuitBreaker;
  /** How long after a task's start failing health checks are ignored. */
  readonly healthCheckGracePeriodSeconds: number;
  /** Target groups in which each task of the service must be healthy; empty without a load balancer. */
  readonly targetGroupArns: readonly string[];
  /**
   * How long a task that nothing checks (no container health check, no target group) must have run before it counts as healthy.
   * AWS waits 40 seconds: `SETTLE_SECONDS`.
   */
  readonly settleSeconds: number;
  /** Where tasks may be placed. Empty: `start-task` gives no hint. */
  readonly subnets: readonly Place[];
  /** What was told in events, and when: see the `update-told` step. Empty at creation. */
  readonly told: Told;
}

/** Conditions that were told in an event, by key, with the time of the telling. A condition that ended has no entry. */
export type Told = Readonly<Record<string, number>>;

export type RolloutState = "IN_PROGRESS" | "COMPLETED" | "FAILED";

/** A deployment's own record; every member but `id`, `taskDefinitionArn` and `createdAt` is changed by `update-deployment` alone. */
export interface DeploymentView {
  /** Such as `ecs-svc/1234567890123456789`. */
  readonly id: string;
  readonly taskDefinitionArn: string;
  readonly createdAt: number;
  readonly status: "PRIMARY" | "ACTIVE";
  /** What `DescribeServices` shows; decided here. */
  readonly desiredCount: number;
  readonly rolloutState: RolloutState;
  readonly rolloutStateReason: string;
  /** Consecutive failures, as the circuit breaker counts them. */
  readonly failedTasks: number;
  readonly restarts: RestartState;
  /** Set by who carries out `start-task` where no task could be placed; removed never, replaced by the next. */
  /** `refused` where the task was not even tried to be placed: then the reason is an error. */
  readonly placementFailure?: { readonly at: number; readonly reason: string; readonly refused?: boolean };
}

export interface TaskView {
  readonly arn: string;
  readonly deploymentId: string;
  readonly lastStatus: TaskStatus;
  readonly desiredStatus: DesiredTaskStatus;
  readonly createdAt: number;
  /** When it came to RUNNING; absent while it has not. */
  readonly startedAt?: number;
  /** When its first essential container ended (`executionStoppedAt`); absent while it runs. */
  readonly stoppedAt?: number;
  readonly stopCode?: StopCode;
  /** Health over its essential containers that define a check; absent where none does. */
  readonly containerHealth?: HealthStatus;
  /** One entry for each target group in which it is registered. */
  readonly targets: readonly TargetView[];
  readonly subnetId?: string;
  /** Notes of the scheduler on this task: set by `mark-task`, false at first. */
  readonly healthySeen: boolean;
  readonly failureCounted: boolean;
}

export interface TargetView {
  readonly targetGroupArn: string;
  readonly port: number;
  readonly state: TargetState;
  /** AWS's sentence, such as `Health checks failed with these codes: [503]`. */
  readonly description?: string;
}
