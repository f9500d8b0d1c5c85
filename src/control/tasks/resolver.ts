import type { Clock } from "../../ports/clock.ts";
import type { SecretBox } from "../../ports/secret-box.ts";
import type { ContainerSpec } from "../../ports/task-runner.ts";
import type { TaskRecord } from "../../state/ecs.ts";
import { ensureLogStream } from "../../state/logs.ts";
import type { State } from "../../state/state.ts";
import { secretValue } from "../secret-values.ts";
import type { Resolver } from "./task-spec.ts";

export interface ResolverParts {
  readonly state: State;
  readonly secrets: SecretBox;
  readonly clock: Clock;
  /** Finds an image by its reference: in the registry here, or elsewhere. */
  readonly image: (
    reference: string,
    task: TaskRecord,
  ) => Pick<ContainerSpec, "pullReference" | "registryAuth" | "imageDigest" | "pullFailure">;
}

/** Looks names up in the records. */
export function resolver({ state, secrets, clock, image }: ResolverParts): Resolver {
  return {
    image,
    secret: (reference, scope) => secretValue({ state, secrets }, reference, scope),
    logStream: (log, createGroup) => ensureLogStream(state, log, { createGroup, now: clock.now() }),
  };
}
