import type { Ids } from "../../ports/ids.ts";
import type { RotationRun, RotationTask } from "../../decide/secret-rotation/plan-rotation.ts";
import { NoDefaultVpcError } from "../../state/default-vpc.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { newTask } from "../../state/new-task.ts";
import { findRotationFunction, rotationNetwork, type RotationFunction } from "../../state/rotation-function.ts";
import type { SecretRecord } from "../../state/secrets.ts";
import type { WholeState } from "../../state/state.ts";

/** What `startedBy` of rotation tasks says. */
export const STARTED_BY = "secretsmanager.amazonaws.com";

/**
 * Asks for the task that does one step. Its containers get what a Lambda function gets as its event, as the environment variables
 * `SecretId`, `ClientRequestToken` and `Step`. Inside of a commit.
 */
export function startRotationTask(
  state: WholeState,
  ids: Ids,
  secret: SecretRecord,
  run: RotationRun,
  now: number,
): TaskRecord | { readonly failure: string } {
  // What the tags of a task definition name counts in the secret's account alone.
  const own = state.of(secret.account);
  const found = findRotationFunction(own, secret, secret.rotation?.functionArn ?? "");
  if ("failure" in found) return found;
  const { definition, cluster, launchType } = found;
  const environment = [
    { name: "SecretId", value: secret.arn },
    { name: "ClientRequestToken", value: run.token },
    { name: "Step", value: run.step },
  ];
  const networkConfiguration = networkOf(state, ids, found, now);
  if (networkConfiguration && "failure" in networkConfiguration) return networkConfiguration;
  const task = newTask(
    {
      cluster,
      definition,
      launchType,
      startedBy: STARTED_BY,
      ...(networkConfiguration ? { networkConfiguration } : {}),
      overrides: {
        containerOverrides: (definition.definition.containerDefinitions ?? []).map(({ name = "" }) => ({ name, environment })),
      },
    },
    ids,
    now,
  );
  return own.table(tasks).insert(task);
}

/** Wants a rotation's task stopped; control stops it. Inside of a commit. */
export function stopRotationTask(state: WholeState, taskArn: string, reason: string, now: number): void {
  state.table(tasks).update(taskArn, (task) =>
    task.desiredStatus === "STOPPED"
      ? task
      : {
          ...task,
          desiredStatus: "STOPPED",
          stopCode: "UserInitiated",
          stoppedReason: reason,
          stoppingAt: now,
          version: task.version + 1,
        },
  );
}

/** How the task of a run is. */
export function rotationTask(state: WholeState, taskArn: string): RotationTask | "lost" {
  const task = state.table(tasks).get(taskArn);
  if (!task) return "lost";
  return {
    stopped: task.lastStatus === "STOPPED",
    ...(task.stoppedReason === undefined ? {} : { stoppedReason: task.stoppedReason }),
    containers: task.containers.map(({ name, essential, exitCode, reason }) => ({
      name,
      essential,
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(reason === undefined ? {} : { reason }),
    })),
  };
}

function networkOf(
  state: WholeState,
  ids: Ids,
  found: RotationFunction,
  now: number,
): ReturnType<typeof rotationNetwork> | { readonly failure: string } {
  try {
    return rotationNetwork(state, ids, found, now);
  } catch (cause) {
    if (!(cause instanceof NoDefaultVpcError)) throw cause;
    return { failure: `The rotation task has no network: ${cause.message}, and the task definition's tags name no subnets.` };
  }
}
