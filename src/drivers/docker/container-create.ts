import type { ContainerSpec, TaskSpec } from "../../ports/task-runner.ts";
import { containerBody } from "./container-body.ts";
import { createContainer, type Inspection, isImageMissing, isNetworkMissing, startContainer } from "./container-start.ts";
import { EngineError } from "./engine.ts";
import { ContainerFailure, engineFailure } from "./reasons.ts";
import { engineBack, persist, type TaskSurroundings } from "./surroundings.ts";
import { containerName, type TaskPlan } from "./task-plan.ts";

/** The engine's name of the network that the task's VPC is; empty for a task without one. */
export function vpcNetworkOf(at: TaskSurroundings, plan: TaskPlan): string {
  return plan.network.mode === "awsvpc" ? at.networks.nameOf(plan.network.vpcId) : "";
}

/**
 * Creates a task's container, or finds the one that is there already and what the engine knows of it. `pull` is called where the engine turns out not to
 * have the image. Rejects with `ContainerFailure`.
 */
export async function createTaskContainer(
  at: TaskSurroundings,
  plan: TaskPlan,
  spec: TaskSpec,
  wanted: ContainerSpec,
  pull: () => Promise<void>,
): Promise<{ readonly id: string; readonly existing?: Inspection }> {
  await engineVolumesPresent(at, spec, wanted);
  const name = containerName(at.settings.instance, spec.taskId, wanted.name);
  const body = containerBody(spec, wanted, { ...at.settings, plan, vpcNetwork: vpcNetworkOf(at, plan) });
  const create = (): Promise<{ id: string; existing?: Inspection }> =>
    persist(at, () => createContainer(at.engine, name, spec.taskArn, body));
  try {
    return await create().catch(async (error: unknown) => {
      if (!isImageMissing(error)) throw error;
      await pull();
      return create();
    });
  } catch (error) {
    throw error instanceof EngineError ? engineFailure("CannotCreateContainerError", error) : error;
  }
}

/**
 * Starts a created container; makes the VPC's network anew where somebody removed it. Gives what the engine knows of the container where it was started
 * before. Rejects with `CannotStartContainerError: …`.
 */
export async function startTaskContainer(at: TaskSurroundings, plan: TaskPlan, id: string): Promise<Inspection | undefined> {
  const network = vpcNetworkOf(at, plan);
  const start = (): Promise<Inspection | undefined> => startContainer(at.engine, id, () => engineBack(at), network);
  try {
    return await start().catch(async (error: unknown) => {
      if (plan.network.mode !== "awsvpc" || !isNetworkMissing(error, network)) throw error;
      at.networks.lost(plan.network.vpcId);
      await at.networks.ensure(plan.network);
      return start();
    });
  } catch (error) {
    throw error instanceof EngineError ? engineFailure("CannotStartContainerError", error) : error;
  }
}

/** A volume that ECS must not make has to be there: the engine itself would make it silently. */
async function engineVolumesPresent(at: TaskSurroundings, spec: TaskSpec, wanted: ContainerSpec): Promise<void> {
  for (const volume of spec.volumes) {
    const used = wanted.mountPoints.some(({ sourceVolume }) => sourceVolume === volume.name);
    if (volume.kind !== "engine" || volume.autoprovision || !used) continue;
    try {
      await persist(at, () => at.engine.call("GET", `/volumes/${encodeURIComponent(volume.engineName)}`));
    } catch (error) {
      throw error instanceof EngineError ? new ContainerFailure("CannotCreateVolumeError", error.message) : error;
    }
  }
}
