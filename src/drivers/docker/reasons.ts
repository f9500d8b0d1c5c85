import { EngineError } from "./engine.ts";

/**
 * AWS's words for what goes wrong with a container.
 * Source: Amazon ECS Developer Guide, "Stopped tasks error messages", and what the container agent reports.
 */
export type FailureName =
  | "CannotPullContainerError"
  | "CannotPullECRContainerError"
  | "CannotCreateContainerError"
  | "CannotStartContainerError"
  | "DockerTimeoutError"
  | "CannotCreateVolumeError"
  | "ResourceInitializationError";

export const OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage";
export const ESSENTIAL_EXITED = "Essential container in task exited";
export const FAILED_TO_START = "Task failed to start";

/** The exit code that the agent gives a container that it never let start. */
export const NEVER_STARTED_EXIT_CODE = 143;

/** Carries the words for the container on its way up to where the container is marked as stopped. */
export class ContainerFailure extends Error {
  readonly failure: FailureName;
  constructor(failure: FailureName, message: string) {
    super(`${failure}: ${message}`);
    this.name = "ContainerFailure";
    this.failure = failure;
  }
}

/** `CannotStartContainerError: Error response from daemon: …`, with the engine's own text. */
export function engineFailure(failure: FailureName, error: unknown): ContainerFailure {
  if (error instanceof ContainerFailure) return error;
  if (error instanceof EngineError) return new ContainerFailure(failure, `Error response from daemon: ${error.message}`);
  throw error;
}

/** As the agent tells of a dependency that can no longer be met. */
export function dependencyFailure(
  dependency: { readonly name: string; readonly image: string; readonly exitCode?: number | undefined },
  target: { readonly name: string; readonly image: string },
  why: "did-not-succeed" | "timed-out" | "stopped",
): ContainerFailure {
  const exit = dependency.exitCode === undefined ? "" : ` - Exit: ${dependency.exitCode}`;
  const state = why === "timed-out" ? "RUNNING->RUNNING" : "STOPPED->RUNNING";
  const subject = `container ordering dependency [${dependency.name}(${dependency.image}) (${state})${exit}] for target [${target.name}(${target.image}) (NONE->RUNNING)]`;
  const sentence = {
    "did-not-succeed": `failed to resolve ${subject} as dependency did not exit successfully.`,
    "timed-out": `${subject} has timed out.`,
    stopped: `failed to resolve the ${subject}`,
  }[why];
  return new ContainerFailure("CannotStartContainerError", `dependency graph: ${sentence}`);
}
