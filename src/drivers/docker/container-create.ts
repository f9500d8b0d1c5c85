import { errorText } from "../../domain/error-text.ts";
import type { ContainerSpec, TaskSpec, TaskVolume } from "../../ports/task-runner.ts";
import { containerBody, volumeName } from "./container-body.ts";
import { discarded, unenforced } from "./hardening.ts";
import {
  createContainer,
  hasLostItsNetwork,
  type Inspection,
  isImageMissing,
  isNetworkMissing,
  startContainer,
  wasStarted,
} from "./container-start.ts";
import { EngineError } from "./engine.ts";
import { resolverText } from "./resolver-files.ts";
import { ContainerFailure, engineFailure } from "./reasons.ts";
import { engineBack, persist, type TaskSurroundings } from "./surroundings.ts";
import { accountOf, containerName, type TaskPlan } from "./task-plan.ts";

/** The engine's name of the network that the task's VPC is; empty for a task without one. */
export function vpcNetworkOf(at: TaskSurroundings, plan: TaskPlan): string {
  return plan.network.mode === "awsvpc" ? at.networks.nameOf(plan.network) : "";
}

/**
 * Creates a task's container, or finds the one that is there already and what the engine knows of it. `wanted.pullReference` is the engine's id of the
 * image; `pull` is called where the engine turns out not to have it any more, and gives the next. Rejects with `ContainerFailure`.
 */
export async function createTaskContainer(
  at: TaskSurroundings,
  plan: TaskPlan,
  spec: TaskSpec,
  wanted: ContainerSpec,
  pull: () => Promise<string>,
): Promise<{ readonly id: string; readonly existing?: Inspection }> {
  const lacking = unenforced(wanted, at.security);
  if (lacking !== undefined) throw new ContainerFailure("CannotCreateContainerError", lacking);
  await engineVolumesPresent(at, spec, wanted);
  const mounted = await mountHostPaths(at, spec, wanted);
  const name = containerName(at.settings.instance, spec.taskId, wanted.name);
  const create = async (pullReference: string): ReturnType<typeof createContainer> => {
    const text = resolverText(spec.network, wanted);
    const resolverFile = text === undefined ? undefined : await at.resolverFiles?.pathOf(text);
    const own = resolverFile === undefined ? {} : { resolverFile };
    const body = containerBody(mounted, { ...wanted, pullReference }, { ...at.settings, ...own, plan, vpcNetwork: vpcNetworkOf(at, plan) });
    const created = await persist(at, () => createContainer(at.engine, name, spec.taskArn, body));
    const { existing } = created;
    if (!existing || wasStarted(existing) || !(await persist(at, () => hasLostItsNetwork(at.engine, existing)))) return created;
    // An earlier life asked for it, and its sandbox was gone by the time it was there.
    await persist(at, () => at.engine.call("DELETE", `/containers/${created.id}`, { query: { force: true } }));
    return persist(at, () => createContainer(at.engine, name, spec.taskArn, body));
  };
  try {
    const created = await create(wanted.pullReference).catch(async (error: unknown) => {
      // An engine that sees other files than this program has its own in the file's place.
      if (error instanceof EngineError && at.resolverFiles?.unseen(error.message)) return create(wanted.pullReference);
      if (!isImageMissing(error)) throw error;
      at.images.gone(wanted.pullReference);
      return create(await pull());
    });
    const dropped = discarded(wanted, created.warnings);
    if (dropped === undefined) return created;
    // Nobody hears of this container, so nobody else would remove it.
    await persist(at, () => at.engine.call("DELETE", `/containers/${created.id}`, { query: { force: true } }));
    throw new ContainerFailure("CannotCreateContainerError", dropped);
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
  const vpc = plan.network;
  const start = (): Promise<Inspection | undefined> => startContainer(at.engine, id, () => engineBack(at), network);
  try {
    return await start().catch(async (error: unknown) => {
      if (vpc.mode !== "awsvpc" || !isNetworkMissing(error, network)) throw error;
      at.networks.lost(vpc);
      await persist(at, () => at.networks.ensure(vpc));
      return start();
    });
  } catch (error) {
    throw error instanceof EngineError ? engineFailure("CannotStartContainerError", error) : error;
  }
}

/** A volume that ECS must not make has to be there: the engine itself would make it silently. */
async function engineVolumesPresent(at: TaskSurroundings, spec: TaskSpec, wanted: ContainerSpec): Promise<void> {
  for (const volume of usedVolumes(spec, wanted)) {
    if ((volume.kind !== "engine" && volume.kind !== "account") || volume.autoprovision) continue;
    const name = volumeName(volume, spec, at.settings.instance);
    try {
      await persist(at, () => at.engine.call("GET", `/volumes/${encodeURIComponent(name)}`));
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const advice =
        volume.kind === "account"
          ? `; the operator opens the engine's own volume ${volume.name} with AIRFIELD_HOST_VOLUMES=${accountOf(spec)}=${volume.name}`
          : "";
      throw new ContainerFailure("CannotCreateVolumeError", `${error.message}${advice}`);
    }
  }
}

/** The specification with paths of the host as they may be mounted now. What was looked at before may have changed since. */
async function mountHostPaths(at: TaskSurroundings, spec: TaskSpec, wanted: ContainerSpec): Promise<TaskSpec> {
  const paths = new Map<string, string>();
  for (const volume of usedVolumes(spec, wanted)) {
    if (volume.kind !== "host") continue;
    const writable = wanted.mountPoints.some(({ sourceVolume, readOnly }) => sourceVolume === volume.name && !readOnly);
    const path = await hostPath(at, volume.path, spec);
    const inTheWay = at.hostMounts.claim(spec.taskArn, { path, writable });
    if (inTheWay !== undefined)
      throw new ContainerFailure(
        "CannotCreateContainerError",
        `the host path ${volume.path} cannot be mounted while a task has ${inTheWay} mounted, one lies in the other, and the outer one can be written to: mount the same path, or the outer one read-only`,
      );
    // Once it is claimed, no task can put a link there any more.
    if ((await hostPath(at, volume.path, spec)) !== path)
      throw new ContainerFailure("CannotCreateContainerError", `the host path ${volume.path} changed while it was looked at`);
    paths.set(volume.name, path);
  }
  const volumes = spec.volumes.map((volume) =>
    volume.kind === "host" ? { ...volume, path: paths.get(volume.name) ?? volume.path } : volume,
  );
  return { ...spec, volumes };
}

async function hostPath(at: TaskSurroundings, path: string, spec: TaskSpec): Promise<string> {
  try {
    return await at.hostPath(path, accountOf(spec));
  } catch (error) {
    throw new ContainerFailure("CannotCreateContainerError", errorText(error));
  }
}

function usedVolumes(spec: TaskSpec, { mountPoints }: ContainerSpec): readonly TaskVolume[] {
  return spec.volumes.filter(({ name }) => mountPoints.some(({ sourceVolume }) => sourceVolume === name));
}
