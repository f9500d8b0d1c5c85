import type { ContainerFailure } from "./reasons.ts";
import { dependencyFailure } from "./reasons.ts";
import type { ContainerRun } from "./container-run.ts";

export type DependencyState =
  | { readonly kind: "met" }
  | { readonly kind: "waiting"; readonly until?: number }
  | { readonly kind: "failed"; readonly failure: ContainerFailure };

/**
 * Whether a container may start yet. `until` is when the wait is over for good: `startTimeout` seconds after the dependency started.
 * Source: Amazon ECS API, `ContainerDependency` and `startTimeout`.
 */
export function dependencyState(container: ContainerRun, all: ReadonlyMap<string, ContainerRun>, now: number): DependencyState {
  let until: number | undefined;
  let waiting = false;
  for (const { containerName, condition } of container.plan.dependsOn) {
    const dependency = all.get(containerName);
    if (!dependency) continue;
    const subject = { name: dependency.plan.name, image: dependency.plan.image, exitCode: dependency.exitCode };
    const failed = (why: Parameters<typeof dependencyFailure>[2]): DependencyState => ({
      kind: "failed",
      failure: dependencyFailure(subject, container.plan, why),
    });
    const stopped = dependency.status === "STOPPED";
    const started = dependency.startedAt !== undefined;
    const met = {
      START: started,
      COMPLETE: stopped && started,
      SUCCESS: stopped && dependency.exitCode === 0,
      HEALTHY: !stopped && dependency.health === "HEALTHY",
    }[condition];
    if (met) continue;
    if (stopped) return failed(condition === "SUCCESS" && dependency.exitCode !== undefined ? "did-not-succeed" : "stopped");
    waiting = true;
    if (condition === "START" || dependency.plan.startTimeout === undefined || dependency.startedAt === undefined) continue;
    const limit = dependency.startedAt + dependency.plan.startTimeout * 1000;
    if (now >= limit) return failed("timed-out");
    until = Math.min(until ?? limit, limit);
  }
  if (!waiting) return { kind: "met" };
  return until === undefined ? { kind: "waiting" } : { kind: "waiting", until };
}
