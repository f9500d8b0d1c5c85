import type { LogPlace, PullableImage } from "../../ports/task-runner.ts";
import type { TaskDefinitionRecord, TaskRecord } from "../../state/ecs.ts";
import type { SecretValue } from "../secret-values.ts";

/** In AWS's words; becomes the task's `stoppedReason`. */
export interface Failure {
  readonly failure: string;
}

/** Looks up what a task definition only names. */
export interface Resolver {
  /** Resolves when what tasks lean on is there on this host. */
  ready?(): Promise<void>;
  /** Takes on the task's roles; a failure where they cannot be. */
  open(task: TaskRecord, definition: TaskDefinitionRecord): TaskResources | Failure;
}

/** What one task may have of what its definition names. */
export interface TaskResources {
  image(reference: string): PullableImage;
  secret(reference: string): SecretValue;
  /** Whether the log stream may be made when the container starts, its group now where it is missing; else a `failure`. Output is `delivered`, or lost as on AWS. */
  logStream(log: LogPlace, createGroup: boolean): { readonly delivered: boolean } | Failure;
  /** Whether the operator has opened the engine's own volume of this name to the task's account. */
  opensVolume?(name: string): boolean;
  /** What the platform itself puts into a container's environment; the definition's own values stand before it. */
  environment(containerName: string): Readonly<Record<string, string>>;
}
