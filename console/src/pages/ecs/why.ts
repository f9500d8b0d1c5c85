import type { Service, Task } from "@aws-sdk/client-ecs";

/** Ends that a task comes to by itself; who stopped one knows why. */
const FAILURES = new Set<string | undefined>(["TaskFailedToStart", "EssentialContainerExited"]);

export function hasFailed({ stopCode, containers = [] }: Task): boolean {
  return FAILURES.has(stopCode) && (stopCode !== "EssentialContainerExited" || containers.some(({ exitCode }) => exitCode !== 0));
}

/** The task of a service that failed last, where the service lacks tasks. */
export function lastFailure({ runningCount = 0, desiredCount = 0, deployments = [] }: Service, tasks: readonly Task[]): Task | undefined {
  const suffers =
    runningCount < desiredCount || deployments.some(({ rolloutState, failedTasks = 0 }) => rolloutState === "FAILED" || failedTasks > 0);
  if (!suffers) return undefined;
  return tasks.filter(hasFailed).toSorted((a, b) => (b.stoppedAt?.getTime() ?? 0) - (a.stoppedAt?.getTime() ?? 0))[0];
}

/**
 * The statement that would have allowed what a refusal in a reason tells of: "… is not authorized to perform: ecr:BatchGetImage on resource: arn:… because …".
 * Shown, never applied: who grants it should know why.
 */
export function statementFor(reason: string): string | undefined {
  const [, action, resource] = /not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+))?/.exec(reason) ?? [];
  if (action === undefined) return undefined;
  return JSON.stringify({ Effect: "Allow", Action: action, Resource: resource ?? "*" }, undefined, 2);
}

/** A step of a task's way, as `airfield explain task` tells it. */
interface ExplainedStep {
  readonly what: string;
  readonly outcome: "passes" | "barred" | "not yet";
  readonly obstruction?: Obstruction;
}

export interface Obstruction {
  readonly code: string;
  readonly component: string;
  readonly text: string;
  readonly remedy?: string;
}

export interface TaskExplanation {
  readonly steps: readonly ExplainedStep[];
  readonly inTheWay?: Obstruction;
}
