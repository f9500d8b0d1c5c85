import { setTimeout as wait } from "node:timers/promises";
import type { Service } from "@aws-sdk/client-ecs";
import { CliError } from "../cli-error.ts";
import { deploymentLines } from "../status/render.ts";
import { deploymentOverview } from "../status/survey-ecs.ts";

/** The AWS APIs have no event for a client to wait on: `aws ecs wait` asks again and again too. */
const ASK_EVERY_MS = 400;
const LONGEST_ROLLOUT_MS = 5 * 60_000;

export interface RolloutWatch {
  readonly describe: () => Promise<Service>;
  /** Told when the picture changes: the deployments side by side, a line each. */
  readonly onChange: (lines: readonly string[]) => void;
  readonly signal: AbortSignal;
}

/**
 * Resolves when the only deployment left is complete: the state that `aws ecs wait services-stable` waits for.
 * @throws CliError where the deployment failed, or takes longer than five minutes
 */
export async function watchRollout({ describe, onChange, signal }: RolloutWatch): Promise<Service> {
  const deadline = performance.now() + LONGEST_ROLLOUT_MS;
  let shown = "";
  for (;;) {
    const service = await describe();
    const deployments = (service.deployments ?? []).map(deploymentOverview);
    const lines = deploymentLines(deployments);
    if (lines.join("\n") !== shown) onChange(lines);
    shown = lines.join("\n");
    const failed = deployments.find(({ rolloutState }) => rolloutState === "FAILED");
    if (failed)
      throw new CliError(`the deployment of ${failed.taskDefinition} failed: ${failed.reason ?? ""}`, service.events?.[0]?.message);
    const [only, ...others] = deployments;
    if (only?.rolloutState === "COMPLETED" && others.length === 0 && only.running === only.desired) return service;
    if (performance.now() > deadline) throw new CliError("the service is not stable after five minutes", service.events?.[0]?.message);
    await wait(ASK_EVERY_MS, undefined, { signal });
  }
}
