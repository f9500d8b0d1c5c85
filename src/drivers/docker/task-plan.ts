import type { ContainerSpec, TaskNetwork, TaskSpec } from "../../ports/task-runner.ts";
import { mayForge } from "./hardening.ts";

/**
 * What must be known of a task to watch it, stop it and report on it, without its specification: it is written on every
 * container, so that a restarted control plane can adopt a task by itself. It has nothing of the environment in it.
 */
export interface TaskPlan {
  readonly taskArn: string;
  readonly taskId: string;
  readonly launchType?: TaskSpec["launchType"];
  readonly network: TaskNetwork;
  /** Whether the ports of an `awsvpc` task are published on loopback, because this host cannot reach the task's address. */
  readonly published: boolean;
  /** Whether a pause container holds the namespaces that the containers share. */
  readonly pause: boolean;
  readonly containers: readonly PlannedContainer[];
  /** The engine's names of the volumes that end with the task. */
  readonly volumes: readonly string[];
}

export interface PlannedContainer {
  readonly name: string;
  readonly image: string;
  readonly imageDigest?: string;
  readonly essential: boolean;
  readonly stopTimeout: number;
  readonly startTimeout?: number;
  readonly restartPolicy?: NonNullable<ContainerSpec["restartPolicy"]>;
  readonly terminal: boolean;
  readonly dependsOn: ContainerSpec["dependsOn"];
  readonly portMappings: ContainerSpec["portMappings"];
  readonly log?: ContainerSpec["log"];
}

export const LABELS = {
  instance: "airfield.instance",
  taskArn: "airfield.task-arn",
  containerName: "airfield.container-name",
  plan: "airfield.task",
  role: "airfield.role",
} as const;

/** The name that labels the pause container: no container of a task definition can have it, for the tilde. */
export const PAUSE = "~pause";
/** The role of a pause container that was made before there was a task for it. */
export const SANDBOX = "sandbox";
const DEFAULT_STOP_TIMEOUT = 30;

export function planTask(
  spec: TaskSpec,
  at: {
    readonly instance: string;
    readonly published: boolean;
    readonly sandboxed?: boolean;
    /** Whether who could send in others' names is bound to its own: its namespace has to be there before it is. */
    readonly guarded?: boolean;
  },
): TaskPlan {
  const several = spec.containers.length > 1;
  return {
    taskArn: spec.taskArn,
    taskId: spec.taskId,
    ...(spec.launchType && { launchType: spec.launchType }),
    network: spec.network,
    published: at.published && spec.network.mode === "awsvpc",
    pause:
      at.sandboxed === true ||
      (at.guarded === true && spec.network.mode === "awsvpc" && mayForge(spec)) ||
      (several && (spec.network.mode === "awsvpc" || spec.pidMode === "task" || spec.ipcMode === "task")),
    containers: spec.containers.map((container) => ({
      name: container.name,
      image: container.image,
      ...(container.imageDigest !== undefined && { imageDigest: container.imageDigest }),
      essential: container.essential,
      stopTimeout: container.stopTimeout ?? DEFAULT_STOP_TIMEOUT,
      ...(container.startTimeout !== undefined && { startTimeout: container.startTimeout }),
      ...(container.restartPolicy && { restartPolicy: container.restartPolicy }),
      terminal: container.pseudoTerminal ?? false,
      dependsOn: container.dependsOn,
      portMappings: container.portMappings,
      ...(container.log && { log: container.log }),
    })),
    volumes: spec.volumes.flatMap((volume) => (volume.kind === "task" ? [taskVolumeName(at.instance, spec.taskId, volume.name)] : [])),
  };
}

/** Whose task it is. */
export function accountOf({ taskArn }: Pick<TaskPlan, "taskArn">): string {
  return taskArn.split(":")[4] ?? "";
}

/** Equal for equal tasks, so that creating a container twice is told by the engine as a conflict. */
export function containerName(instance: string, taskId: string, container: string): string {
  return `airfield-${instance}-${taskId}-${container === PAUSE ? "_pause" : container}`;
}

/** A volume that the tasks of an account share: another account's of the same name is another one. */
export function accountVolumeName(instance: string, account: string, volume: string): string {
  return `airfield-${instance}-${account}-${volume}`;
}

export function taskVolumeName(instance: string, taskId: string, volume: string): string {
  return `airfield-${instance}-${taskId}-${volume}`;
}

/** `undefined` where the label is not one that this version wrote. */
export function readPlan(label: string | undefined): TaskPlan | undefined {
  try {
    const plan = JSON.parse(label ?? "") as TaskPlan;
    return typeof plan.taskArn === "string" && Array.isArray(plan.containers) ? plan : undefined;
  } catch {
    return undefined;
  }
}
