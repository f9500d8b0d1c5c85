import type { Clock } from "../../ports/clock.ts";
import type { Ids } from "../../ports/ids.ts";
import type { SecretBox } from "../../ports/secret-box.ts";
import type { TaskRecord } from "../../state/ecs.ts";
import { ensureLogStream } from "../../state/logs.ts";
import type { RegistryHolder } from "../../state/registry-token.ts";
import type { WholeState } from "../../state/state.ts";
import { secretValue } from "../secret-values.ts";
import { asker, executionOf, rolesOf, type Execution } from "./execution.ts";
import { logStreamDenial, mayWriteLogs } from "./log-permission.ts";
import type { FoundImage, Resolver } from "./task-spec.ts";

export interface ResolverParts {
  readonly state: WholeState;
  readonly secrets: SecretBox;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Finds an image by its reference, in the registry here or elsewhere; `holder` pulls it, where somebody does. */
  readonly image: (reference: string, task: TaskRecord, holder: RegistryHolder | undefined) => FoundImage;
  /** Waited for before a task is opened. */
  readonly ready?: () => Promise<void>;
  /** What every container of a task finds in its environment where its definition says nothing else. */
  readonly environment?: (task: TaskRecord, containerName: string, hasRole: boolean) => Readonly<Record<string, string>>;
}

/** Looks names up in the records, as the task's execution role may. */
export function resolver({ state, secrets, clock, ids, image, ready, environment = () => ({}) }: ResolverParts): Resolver {
  return {
    ...(ready ? { ready } : {}),
    open(task, definition) {
      const execution = executionOf({ state, clock, ids }, task, definition);
      if ("failure" in execution) return execution;
      const ask = asker({ state, clock, ids }, execution, task.region);
      const hasRole = rolesOf(task, definition).task !== undefined;
      return {
        image: (reference) => image(reference, task, holderOf(execution, task)),
        secret: (reference) => secretValue({ state, secrets, ask, now: clock.now() }, reference, task),
        logStream(log, createGroup) {
          const failure = logStreamDenial(state, ask, log, createGroup, task.launchType);
          if (failure !== undefined) return { failure };
          return ensureLogStream(state, log, { createGroup, now: clock.now() }) ?? { delivered: mayWriteLogs(ask, log) };
        },
        environment: (containerName) => environment(task, containerName, hasRole),
      };
    },
  };
}

function holderOf(execution: Execution, { account }: TaskRecord): RegistryHolder | undefined {
  switch (execution.kind) {
    case "role":
      return { kind: "principal", principal: execution.principal };
    case "container-instance":
      return { kind: "container-instance", account };
    case "nobody":
      return undefined;
  }
}
