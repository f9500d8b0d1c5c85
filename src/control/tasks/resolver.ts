import type { PullableImage } from "../../ports/task-runner.ts";
import { hostRefusal } from "../../decide/host-rights/host-refusal.ts";
import { NO_HOST_GRANTS, opensVolume, type HostGrants } from "../../domain/host-grants.ts";
import { taskRoles } from "../../authorization/task-roles.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Ids } from "../../ports/ids.ts";
import type { SecretBox } from "../../ports/secret-box.ts";
import type { TaskRecord } from "../../state/ecs.ts";
import { ensureLogGroup, ensureLogStream } from "../../state/logs.ts";
import type { RegistryHolder } from "../../state/registry-token.ts";
import type { WholeState } from "../../state/state.ts";
import { secretValue } from "../secret-values.ts";
import { asker, executionOf, type Execution } from "./execution.ts";
import { logStreamDenial, mayWriteLogs } from "./log-permission.ts";
import type { Resolver } from "./task-resources.ts";

export interface ResolverParts {
  readonly state: WholeState;
  readonly secrets: SecretBox;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Finds an image by its reference, in the registry here or elsewhere; `holder` pulls it, where somebody does. */
  readonly image: (reference: string, task: TaskRecord, holder: RegistryHolder | undefined) => PullableImage;
  /** What of the host tasks may reach; nothing where absent. */
  readonly hostGrants?: HostGrants;
  /** Waited for before a task is opened. */
  readonly ready?: () => Promise<void>;
  /** What every container of a task finds in its environment where its definition says nothing else. */
  readonly environment?: (task: TaskRecord, containerName: string, hasRole: boolean) => Readonly<Record<string, string>>;
}

/** Looks names up in the records, as the task's execution role may. */
export function resolver(parts: ResolverParts): Resolver {
  const { state, secrets, clock, ids, image, ready, environment = () => ({}), hostGrants = NO_HOST_GRANTS } = parts;
  return {
    ...(ready ? { ready } : {}),
    open(task, definition) {
      // The last door: the definition may be older than the rule, and a grant may have been taken back since the task was wanted.
      const refused = hostRefusal(definition.definition, task.account, hostGrants);
      if (refused !== undefined) return { failure: `ResourceInitializationError: ${refused}` };
      const execution = executionOf({ state, clock, ids }, task, definition);
      if ("failure" in execution) return execution;
      const ask = asker({ state, clock, ids }, execution, task);
      const hasRole = taskRoles(task.overrides, definition.definition).taskRoleArn !== undefined;
      return {
        image: (reference) => image(reference, task, holderOf(execution, task)),
        secret: (reference) => secretValue({ state, secrets, ask, now: clock.now() }, reference, task),
        logStream(log, createGroup) {
          const failure = logStreamDenial(state, ask, log, createGroup, task.launchType);
          if (failure !== undefined) return { failure };
          const noGroup = ensureLogGroup(state, log, { createGroup, now: clock.now() });
          if (noGroup) return noGroup;
          const delivered = mayWriteLogs(ask, log);
          // Nobody will tell of the start of a container whose lines are not delivered.
          if (!delivered) ensureLogStream(state, log, clock.now());
          return { delivered };
        },
        opensVolume: (name) => opensVolume(name, task.account, hostGrants),
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
